"""Errors that a newcomer meets: one line that says what to do, no traceback, no output, and a row on docs/errors.md."""

import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jmid_nlp.cli import app

PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
ROWS = "id,text\n1,胸水なし\n"
CASES = {
    "no such file": "detect missing.csv",
    "there is no file or folder of that name": "detect missing.xlsx",
    ".parquet; open it in Excel": "detect book.xlsx",
    "the suffix is not one of .jsonl, .ndjson, .csv, .tsv, .parquet": "detect reports.docx",
    "is a workbook or an archive, whatever its name says": "detect renamed.csv",
    "the file is empty": "detect empty.csv",
    "the file holds no rows": "detect heading.csv",
    "field 'id' is missing": "detect number.csv",
    "field 'text' is missing": "detect shoken.csv",
    "holds bytes that are not": "detect sjis.csv --encoding utf-8",
    "has 3 cells where the header has 2": "detect comma.csv",
    "no such folder; make it first": "detect good.csv -o nowhere/out.jsonl",
    "no key:": "deid good.csv",
    "the key is too short": "deid good.csv --key-file password.txt",
    "no policy '": "deid good.csv --policy kamie",
    "': its name says that it identifies": "deid phone.csv --policy tokumei",
    "No such command 'detct'. Did you mean 'detect'": "detct good.csv",
    "Missing option '--output' / '-o'": "detect good.csv -o",
}
FILES = {
    "book.xlsx": b"PK\x03\x04",
    "reports.docx": b"PK\x03\x04",
    "renamed.csv": b"PK\x03\x04rest",
    "empty.csv": b"",
    "heading.csv": b"id,text\n",
    "number.csv": "番号,text\n1,胸水なし\n".encode(),
    "shoken.csv": "id,所見\n1,胸水なし\n".encode(),
    "sjis.csv": ROWS.encode("cp932"),
    "comma.csv": b"id,text\n1,a,b\n",
    "phone.csv": "id,text,phone\n1,胸水なし,090-1234-5678\n".encode(),
    "good.csv": ROWS.encode(),
    "password.txt": b"secret",
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JMID_KEY", raising=False)
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)


@pytest.mark.parametrize("message", CASES)
def test_the_message_says_what_to_do(message):
    words = CASES[message].split()
    if words[-1] == "-o":
        words.pop()
    elif "-o" not in words:
        words += ["-o", "out.jsonl"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2, done.output
    assert message in done.output
    assert "Traceback" not in done.output
    assert "胸水" not in done.output
    assert not Path("out.jsonl").exists()
    assert message in PAGE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written():
    Path("closed").mkdir(mode=0o500)
    done = CliRunner().invoke(app, ["detect", "good.csv", "-o", "closed/out.jsonl"])
    assert done.exit_code == 2
    assert "Permission denied" in done.output


def test_a_key_is_made_once_for_its_owner_alone():
    first = CliRunner().invoke(app, ["new-key", "key.txt"])
    assert first.exit_code == 0, first.output
    assert Path("key.txt").stat().st_mode & 0o777 == 0o600
    assert Path("key.txt").read_text() not in first.output
    again = CliRunner().invoke(app, ["new-key", "key.txt"])
    assert again.exit_code == 2
    assert "not overwritten" in again.output


def test_info_names_dictionary_models_and_policies():
    told = CliRunner().invoke(app, ["info"]).output
    assert re.search(r"^dictionary: unidic-lite \d", told, re.MULTILINE)
    assert re.search(r"^model identifiers: .* MB, sha256 [0-9a-f]{12}$", told, re.MULTILINE)
    assert all(f"{name}/1 (" in told for name in ("kamei", "tokumei", "jisedai-kamei", "hipaa"))
