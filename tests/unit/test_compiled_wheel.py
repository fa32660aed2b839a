"""The build hook of the compiled wheel. `make compiled` builds all of it, and compares its outputs with those of the sources."""

import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

import hatch_build

ROOT = Path(__file__).parents[2]

_LOAD = """
import importlib.util, sys
from pathlib import Path
library = Path(sys.argv[1])
sys.path.insert(0, str(library))
file = next(library.glob("jmid_nlp/offsets.*"))
spec = importlib.util.spec_from_file_location("jmid_nlp.offsets", file)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
folded = module.fold("ＣＴ ①㎜")
print(type(module.fold).__name__, folded.text, folded.map.to_source(0, 2))
"""


@pytest.fixture(scope="module")
def settings():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]


def test_the_hook_is_off_unless_asked_for(settings):
    assert settings["enable-by-default"] is False


def test_modules_are_those_of_the_reading_rooms_without_the_plain_ones(settings):
    modules = hatch_build.modules(ROOT, settings)
    assert {"jmid_nlp/findings/assemble.py", "jmid_nlp/text/tokens.py", "jmid_nlp/deid/merge.py"} <= set(modules)
    assert not set(modules) & set(settings["plain"])
    assert not any(m.endswith("__init__.py") for m in modules)


def test_a_plain_module_that_is_not_there_is_named(settings):
    with pytest.raises(ValueError, match=r"names modules that are not there: jmid_nlp/gone\.py"):
        hatch_build.modules(ROOT, {**settings, "plain": ["jmid_nlp/gone.py"]})


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("gcc") is None or not Path(sysconfig.get_path("include"), "Python.h").is_file(),
    reason="compiling needs a C compiler and the headers of Python",
)
def test_a_compiled_module_gives_what_its_source_gives(tmp_path):
    from jmid_nlp.offsets import fold

    library = hatch_build.compiled(ROOT, ["jmid_nlp/offsets.py", "jmid_nlp/text/scan.py"], tmp_path)
    ran = subprocess.run([sys.executable, "-c", _LOAD, str(library)], capture_output=True, text=True, check=True)
    folded = fold("ＣＴ ①㎜")
    assert ran.stdout.split("\n")[0] == f"builtin_function_or_method {folded.text} {folded.map.to_source(0, 2)}"
