"""What holds for the package as a whole: quick import, no heavy or forbidden modules, public names, sizes."""

import subprocess
import sys
from pathlib import Path

import pytest

import jmid_nlp

PACKAGE = Path(jmid_nlp.__file__).parent
HEAVY = (
    "spacy",
    "numpy",
    "pyarrow",
    "datasets",
    "transformers",
    "torch",
    "pydicom",
    "scipy",
    "pandas",
    "fugashi",
    "typer",
)


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_import_is_quick_and_loads_nothing_heavy():
    code = "import time, sys; t = time.perf_counter(); import jmid_nlp; print(time.perf_counter() - t, *sys.modules)"
    runs = [run(code).split() for _ in range(3)]
    assert min(float(r[0]) for r in runs) < 0.3
    assert not set(runs[0][1:]) & set(HEAVY)


@pytest.mark.parametrize("name", jmid_nlp.__all__)
def test_public_names_exist_and_are_documented(name):
    assert getattr(jmid_nlp, name).__doc__


def test_unknown_names_are_told_the_known_ones():
    with pytest.raises(AttributeError, match="read_reports"):
        _ = jmid_nlp.read_report


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_is_one_sittings_reading(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_chain_runs_without_network():
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise OSError('no network')\n"
        "socket.socket.connect = refuse\n"
        "import jmid_nlp\n"
        "print(len(jmid_nlp.extract(['右肺下葉に結節を認めます。'])), len(jmid_nlp.detect('患者 山本花子様')))"
    )
    assert run(code) == "1 1"


def test_verbs_work_whatever_was_imported_before():
    code = (
        "import jmid_nlp, jmid_nlp.findings.extract, jmid_nlp.align.match\n"
        "print(len(jmid_nlp.findings('右肺に結節を認めます。')), len(jmid_nlp.align([], [], [])))"
    )
    assert run(code) == "1 0"
