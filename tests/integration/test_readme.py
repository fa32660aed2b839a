"""What the READMEs show runs as written: the Python block, and every verb with its options."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.main import get_command

from jmid_nlp.cli import app

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.ja.md")
VERBS = get_command(app).commands


def blocks(name, language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)


def shown(name):
    lines = [line for block in blocks(name, "sh") for line in block.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("jmid-nlp ")]


@pytest.mark.parametrize("name", READMES)
def test_the_python_block_runs(name, tmp_path, monkeypatch):
    (block,) = blocks(name, "python")
    (tmp_path / "corpora").mkdir()
    shutil.copytree(ROOT / "corpora" / "sample", tmp_path / "corpora" / "sample")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(block, name, "exec"), names)
    assert len(names["found"]) == len(names["safe"]) > 0
    assert (tmp_path / "dataset" / "README.md").exists()


@pytest.mark.parametrize("name", READMES)
def test_every_verb_is_shown_and_takes_the_options_shown(name):
    assert {words[0] for words in shown(name)} == set(VERBS)
    for verb, *words in shown(name):
        # parses as the program would: an unknown option, or a missing argument, is an error
        VERBS[verb].make_context(verb, list(words), resilient_parsing=False)


@pytest.mark.parametrize("name", READMES)
def test_the_make_targets_exist(name):
    wanted = set(re.findall(r"^make (\w+)", "\n".join(blocks(name, "sh")), re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"demo", "test"} <= wanted
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in wanted)


@pytest.mark.parametrize("name", READMES)
def test_links_lead_somewhere(name):
    targets = re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    assert targets
    assert all((ROOT / target).exists() for target in targets)
