# The two commands of the README: `make demo` and `make test`. Both build .venv from nothing.
PYTHON ?= python3.11
ifeq (,$(shell command -v $(PYTHON) 2>/dev/null))
PYTHON := python3
endif
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
OUT ?= demo-out
SITE ?= site

.PHONY: demo test check lint fix bench scaling quality evaluate compiled docs system clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# Installed once for each state of the package's metadata and of the pins.
$(VENV)/.demo: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) install --constraint constraints.txt --editable .
	touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/jmid-nlp demo --output $(OUT)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

fix: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist worksteal
	$(BIN)/python -m pytest --nbmake examples -n 0

test: lint check

quality: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks.quality

# Systems against data, with confidence intervals; figures of `quality` know a record's own identifiers, these the text alone.
evaluate: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks.evaluate

docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir $(SITE)

# Debian packages of tests that are skipped without them: the review page in a browser, Spark.
system:
	apt-get update --quiet --quiet
	DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends $$(cat packages.txt)

# What a user would take instead, measured beside us; in an environment of their own.
.venv-peers/.made: tests/benchmarks/peers.txt | $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks.peers --install
	touch $@

bench: $(VENV)/.dev .venv-peers/.made
	$(BIN)/python tests/benchmarks/bench_chain.py
	$(BIN)/python -m tests.benchmarks.peers

# A wheel for this platform whose hot modules are compiled to C, and the proof that it gives what the sources give.
COMPILED := PYTHONPATH=$(CURDIR)/build/compiled:$(CURDIR) $(BIN)/python -P
compiled: $(VENV)/.dev
	rm -rf dist/compiled build/compiled
	HATCH_BUILD_HOOKS_ENABLE=1 $(PIP) wheel --no-deps --wheel-dir dist/compiled .
	$(BIN)/python -m zipfile -e dist/compiled/*.whl build/compiled
	$(BIN)/python -m tests.benchmarks.outputs > build/sources.txt
	$(COMPILED) -m tests.benchmarks.outputs | diff build/sources.txt -
	$(COMPILED) -m pytest -n auto -o pythonpath="build/compiled ." tests/unit/text tests/unit/deid tests/unit/findings tests/unit/batch
	$(COMPILED) tests/benchmarks/bench_chain.py
	ls dist/compiled

scaling: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks.scaling

clean:
	rm -rf $(VENV) .venv-peers build dist $(OUT) $(SITE) .pytest_cache .mypy_cache .ruff_cache .hypothesis
