"""The same as in a notebook, printed: marks that need no colour, columns that line up, nothing that a terminal would obey."""

from __future__ import annotations

import io
import json
import unicodedata

import pytest
from rich.console import Console
from typer.testing import CliRunner

import jmid_nlp
from jmid_nlp.schema import Alignment, Link, Report
from jmid_nlp.terminal import in_notebook, print_content
from jmid_nlp.view import Content, View, content_of

TEXT = "患者 山本花子様。右肺下葉S6に12mm大の結節を認め、前回8mmより増大しています。転移疑い。胸水は認めません。"
REPORT = Report("r1", TEXT, patient_name="山本花子")


def printed(source, width=100, color=None):
    console = Console(file=io.StringIO(), width=width, color_system=color, force_terminal=bool(color), highlight=False)
    print_content(source if isinstance(source, Content) else content_of(source), console)
    return console.file.getvalue()


def cells(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def test_marks_are_told_without_colour():
    out = printed(REPORT)
    assert "患者 [-山本花子-]様。右肺下葉S6に12mm大の結節[1]を認め、" in out.replace("\n", "")
    assert "転移[2?]疑い。胸水[3−]は認めません。" in out.replace("\n", "")
    assert "\x1b" not in out
    assert "\x1b[" in printed(REPORT, color="truecolor")


def test_what_was_put_in_is_marked():
    safe = jmid_nlp.deidentify([{"id": "r1", "text": TEXT, "patient_name": "山本花子"}], policy="tokumei")
    assert "{+〔氏名1〕+}様" in printed(safe[0])
    assert "{+〔氏名1〕+}様" in printed(safe)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_fit_and_columns_line_up(width):
    lines = printed(jmid_nlp.findings(REPORT), width).splitlines()
    assert max(map(cells, lines)) <= width
    head = next(n for n, line in enumerate(lines) if set(line) == {"─"})
    at = cells(lines[head - 1][: lines[head - 1].index("certainty")])
    for line in lines[head + 1 :]:
        if line[:1].isdigit():
            before = ""
            while cells(before) < at:
                before += line[len(before)]
            assert cells(before) == at
            assert line[len(before) :].startswith(("positive", "suspicious", "negative"))


def test_rows_say_what_is_known():
    out = " ".join(printed(REPORT, 160).split())
    assert "1 結節 positive 右肺下葉S6 right 12 mm increased (8 mm)" in out
    assert "所見" in out


def test_control_characters_are_not_sent_to_the_terminal():
    evil = "右肺に結節。\x1b]0;owned\x07\x1b[2J\x9b31m\r胸水なし。"
    out = printed(Report("\x1b[31mid", evil))
    assert not [c for c in out if c in "\x1b\x07\x9b\r"]
    assert "�" in out
    assert "\x1b" not in printed(Content("\x1b[1m", rows=[{"a\x1b": "\x1b"}]))


def test_markup_of_rich_is_text():
    assert "[bold]結節" in printed(Content(views=[("[red]", View("[bold]結節[/bold]"))], total=1))


def test_alignments_and_tables_are_printed():
    alignment = Alignment("s", (Link(0, 2, "A1", 0.9, ("size",)),), ("A2",), ((3, 4),), {"A2": "another study"})
    out = printed(alignment)
    assert "A1" in out
    assert "0.90" in out
    assert "another study" in out
    assert "finding without annotation" in out
    reports = jmid_nlp.read_reports([{"id": str(n), "text": TEXT} for n in range(60)])
    assert "characters" in printed(reports)
    assert "山本" not in printed(reports)
    assert "40 more reports" in printed(jmid_nlp.extract(reports))


def test_show_prints_outside_notebooks_and_returns_html(capsys):
    assert not in_notebook()
    shown = jmid_nlp.show(TEXT, identifiers=False)
    out = capsys.readouterr().out
    assert "結節[1]" in out
    assert "[-" not in out
    assert "<mark" in shown.html
    assert "結節" not in repr(shown)


def test_show_prints_nothing_in_a_notebook(capsys, monkeypatch):
    class Shell:
        kernel = object()

    class IPython:
        get_ipython = Shell

    monkeypatch.setitem(__import__("sys").modules, "IPython", IPython)
    assert "<mark" in jmid_nlp.show(TEXT)._repr_html_()
    assert capsys.readouterr().out == ""


def run(*arguments):
    from jmid_nlp.cli import app

    return CliRunner().invoke(app, ["show", *map(str, arguments)])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "reports.jsonl"
    rows = [{"id": "a", "text": TEXT}, {"id": "b", "text": "胸水なし。"}]
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return path


def test_the_verb_shows_the_first_report_or_the_one_asked_for(file):
    first = run(file)
    assert first.exit_code == 0
    assert "山本花子" in first.stdout
    assert "the first of 2 reports" in first.stderr
    other = run(file, "--id", "b", "--no-identifiers")
    assert "胸水[1−]なし。" in other.stdout
    assert "山本" not in other.stdout


def test_the_verb_says_what_is_wrong(file, tmp_path):
    missing = run(file, "--id", "山本", "--id", "a")
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "1 of the ids given" in missing.stderr
    assert "山本" not in missing.stderr
    assert run(tmp_path / "none.jsonl").exit_code == 2
    with file.open("a", encoding="utf-8") as stream:
        stream.write('{"id": "c"}\n')
    broken = run(file)
    assert broken.exit_code == 1
    assert "row 2, field 'text'" in broken.stderr
