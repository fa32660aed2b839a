"""What the documentation shows is true: every code block of README and docs/ runs, the site builds without a warning.

Blocks run page by page, in order, in a folder with the first reports of the sample. `python` blocks share one namespace a
page; of `sh` blocks `jmid-nlp` runs in this process, anything else in bash; `text` is what the block before it prints, with
`...` for what is left out; `json`, `jsonl` and `toml` must parse. A block that cannot run has the line
`<!-- not run: REASON -->` before it and is counted in NOT_RUN, so that none escapes unseen; its commands are still parsed.
"""

import doctest
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from typer.main import get_command
from typer.testing import CliRunner

import jmid_nlp
from jmid_nlp.cli import app

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.ja.md")
PAGES = (*READMES, *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md")))
#: Their code is that of the other page, but for comments (a test compares), so it runs once.
TRANSLATIONS = {
    "README.ja.md": "README.md",
    "docs/index.ja.md": "docs/index.md",
    "docs/tutorial.ja.md": "docs/tutorial.md",
}
ROOT_COMMAND = get_command(app)
VERBS = ROOT_COMMAND.commands
#: Blocks a page marks as not run.
NOT_RUN: dict[str, int] = {
    "docs/findings.md": 2,
    "docs/howto/scale.md": 1,
    "docs/reference/cli.md": 1,
    "docs/scale.md": 1,
    "docs/spark.md": 6,
    "docs/transformers.md": 4,
    "docs/tutorial.ja.md": 1,
    "docs/tutorial.md": 1,
}
#: Verbs that take long and have a test of their own; here they are parsed only.
ELSEWHERE = {"demo": "tests/integration/test_demo.py"}
#: Verbs that are run, but not to the end.
SHORTENED = {"train": ["--max-steps", "2"]}
MAY_END_WITH_1 = ("risk", "--check-findings")  # something was found
KEY = bytes(range(32)).hex()
_REASON = re.compile(r"<!-- not run: (.+?) -->")


@dataclass(frozen=True)
class Block:
    language: str
    code: str
    line: int
    reason: str | None


def blocks(name):
    found, reason = [], None
    for token in MarkdownIt().parse((ROOT / name).read_text(encoding="utf-8")):
        if token.type in ("fence", "code_block"):  # an indented block has no language, which no test can run
            found.append(Block(token.info.strip(), token.content, token.map[0] + 1, reason))
        if token.type in ("fence", "html_block"):
            marked = _REASON.search(token.content) if token.type == "html_block" else None
            reason = marked and marked[1]
    return found


def commands(code):
    """The commands of a shell block, lines that end in a backslash joined, without comments."""
    lines = code.replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def verbs_of(name):
    shown = (c for block in blocks(name) if block.language == "sh" for c in commands(block.code))
    return [shlex.split(c, comments=True)[1:] for c in shown if c.startswith("jmid-nlp ")]


def parse(words):
    """As the program would: an unknown verb or option, or a missing argument, is an error."""
    if words[0].startswith("-"):
        assert words[0] in {option for p in ROOT_COMMAND.params for option in p.opts}, words[0]
        return
    VERBS[words[0]].make_context(words[0], list(words[1 : words.index(">") if ">" in words else None]))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """What the pages take for granted: some reports, their marks, lists and keys, made from the sample."""
    folder, sample = tmp_path_factory.mktemp("template"), ROOT / "corpora" / "sample"
    place = folder / "corpora" / "sample"
    place.mkdir(parents=True)
    rows = [json.loads(line) for line in (sample / "reports.jsonl").read_text(encoding="utf-8").splitlines()[:8]]
    write(place / "reports.jsonl", rows)
    write(folder / "reports.jsonl", rows)
    jmid_nlp.read_reports(rows).to_parquet(folder / "reports.parquet")
    for name in ("gold_align.jsonl", "gold_identifiers.jsonl", "gold_findings.jsonl"):
        kept = (sample / name).read_text(encoding="utf-8").splitlines(keepends=True)[:8]
        (place / name).write_text("".join(kept), encoding="utf-8")
    shutil.copy(place / "gold_align.jsonl", folder / "studies.jsonl")
    shutil.copy(place / "gold_identifiers.jsonl", folder / "gold.jsonl")
    (folder / "marks").mkdir()
    shutil.copy(sample / "annotations" / "annotations.csv", folder / "marks")
    shutil.copy(sample / "opt_out.txt", folder)
    (folder / "key.txt").write_text(KEY, encoding="utf-8")
    (folder / "vault.txt").write_text(KEY[::-1], encoding="utf-8")
    shutil.copy(folder / "opt_out.txt", folder / "later.txt")
    for name in ("decisions.jsonl", "decided.jsonl"):
        write(folder / name, [{"id": rows[0]["id"], "decision": "done"}])
    return folder


@pytest.fixture
def folder(template, tmp_path, monkeypatch):
    import datasets

    datasets.disable_progress_bars()  # as the program does where it writes to no terminal
    place = tmp_path / "work"
    shutil.copytree(template, place)
    monkeypatch.chdir(place)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MPLBACKEND", "agg")
    return place


def write(path, rows):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")


def run_verb(words):
    words, target = (words[: words.index(">")], words[-1]) if ">" in words else (words, None)
    parse(words)
    if words[0] in ELSEWHERE:
        return ""
    one_process = ["--workers", "1"] if "--workers" in words else []  # more are tested elsewhere, and take their time
    done = CliRunner().invoke(app, words + SHORTENED.get(words[0], []) + one_process)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    allowed = {0, 1} if any(word in words for word in MAY_END_WITH_1) else {0}
    assert done.exit_code in allowed, f"jmid-nlp {shlex.join(words)}: {done.output}"
    if target:
        Path(target).write_text(done.stdout, encoding="utf-8")
    return done.output


def run_shell(code):
    printed = ""
    for command in commands(code):
        if command.startswith("jmid-nlp "):
            printed += run_verb(shlex.split(command, comments=True)[1:])
        elif command.startswith("make "):
            makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
            for target in shlex.split(command, comments=True)[1:]:
                assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"no make target {target}"
        else:
            done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{command}: {done.stderr}"
            printed += done.stdout
    return printed


def run_python(code, names, place):
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, place, "exec"), names)
    return printed.getvalue()


def run_block(block, names, printed, place):
    match block.language:
        case "python":
            return run_python(block.code, names, place)
        case "sh":
            return run_shell(block.code)
        case "text":
            same = doctest.OutputChecker().check_output(
                block.code, printed, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            )
            assert same, f"{place}: the page shows\n{block.code}\nbut this is printed:\n{printed}"
        case "json" | "jsonl":
            json.loads("[" + ",".join(block.code.splitlines()) + "]" if block.language == "jsonl" else block.code)
        case "toml":
            tomllib.loads(block.code)
        case "tsv" | "csv":
            pass
        case other:
            pytest.fail(f"{place}: no way to check a block of language {other!r}; fence it and name one of these")
    return printed


@pytest.mark.parametrize("name", [name for name in PAGES if name not in TRANSLATIONS])
def test_every_block_runs(name, folder):
    names, printed = {"__name__": "__main__"}, ""
    for block in blocks(name):
        if block.reason is None:
            printed = run_block(block, names, printed, f"{name}:{block.line}")
        elif block.language == "sh":
            for command in commands(block.code):
                if command.startswith("jmid-nlp "):
                    parse(shlex.split(command, comments=True)[1:])
        elif block.language == "python":
            compile(block.code, name, "exec")


def test_blocks_that_do_not_run_are_counted():
    marked = {name: sum(b.reason is not None for b in blocks(name)) for name in PAGES}
    assert {name: count for name, count in marked.items() if count} == NOT_RUN
    assert sum(map(len, map(blocks, PAGES))) > 5 * sum(NOT_RUN.values())


def test_every_verb_is_shown():
    assert {words[0] for name in PAGES for words in verbs_of(name)} >= set(VERBS)


@pytest.mark.parametrize("name", TRANSLATIONS)
def test_a_translation_shows_the_same_code(name):
    def code(page):
        lines = (re.sub(r"\s*#.*", "", line) for b in blocks(page) for line in b.code.splitlines())
        return [" ".join(line.split()) for line in lines if line]

    assert code(name) == code(TRANSLATIONS[name])


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_help_of_a_verb_ends_with_an_example_that_parses(verb):
    text = CliRunner().invoke(app, [verb, "--help"]).output
    example = re.search(r"Example: jmid-nlp (.+?)\n\s*\n", text + "\n\n", re.DOTALL)
    assert example, text
    words = shlex.split(" ".join(example[1].split()))
    assert words[0] == verb
    parse(words)


def test_the_shell_completes_verbs_and_options():
    def complete(line):
        told = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_JMID_NLP_COMPLETE": "complete_bash"}
        program = [sys.executable, "-c", "from jmid_nlp.cli import app; app(prog_name='jmid-nlp')"]
        done = subprocess.run(program, env=os.environ | told, capture_output=True, text=True, check=False)
        return done.stdout.split()

    assert {"detect", "deid"} <= set(complete("jmid-nlp de"))
    assert complete("jmid-nlp deid --pol") == ["--policy"]
    assert "--install-completion" in CliRunner().invoke(app, ["--help"]).output


@pytest.mark.parametrize("name", READMES)
def test_links_lead_somewhere(name):
    targets = re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    assert targets
    assert all((ROOT / target).exists() for target in targets)


def test_the_site_builds_without_a_warning_and_loads_nothing(tmp_path, monkeypatch):
    pytest.importorskip("material", reason="the docs extra is not installed")
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(tmp_path), strict=True))
    pages = {p.relative_to(tmp_path).as_posix(): p.read_text(encoding="utf-8") for p in tmp_path.rglob("*.html")}
    loaded = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//[^\s>]*")
    assert not {name: found for name, page in pages.items() if (found := loaded.findall(page))}
    told = pages["reference/api.html"]
    assert not [n for n in jmid_nlp.__all__ if f'.{n}"' not in told]
    assert not [verb for verb in VERBS if f'id="{verb}"' not in pages["reference/cli.html"]]
