"""`jmid-nlp train` on files."""

import json
from itertools import islice

import pytest
import spacy
from typer.testing import CliRunner

from corpora.deid_rows import rows as deid_rows
from jmid_nlp.cli import app
from jmid_nlp.training import spacy_engine


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setattr(spacy_engine, "_EVERY", 10)


def call(*args):
    return CliRunner().invoke(app, ["train", *map(str, args)])


def rows(path, extra=()):
    good = [
        {
            "id": str(n),
            "text": f"{n}号室の山田様",
            "spans": [{"start": len(str(n)) + 3, "end": len(str(n)) + 5, "category": "PERSON"}],
        }
        for n in range(10, 30)
    ]
    path.write_text("".join(json.dumps(r) + "\n" for r in [*good, *extra]))
    return path


def test_a_bad_row_is_listed_and_ends_with_1(tmp_path):
    data = rows(tmp_path / "x.jsonl", [{"id": "bad", "text": "山田", "spans": [{"start": 0, "end": 9}]}])
    done = call(data, "-o", tmp_path / "m", "--layer", "identifiers", "--max-steps", "20", "--seed", "1")
    assert done.exit_code == 1
    (failed,) = map(json.loads, (tmp_path / "m.failed.jsonl").read_text().splitlines())
    assert (failed["row"], failed["field"], failed["id"]) == (20, "spans[0]", "bad")
    assert (tmp_path / "m" / "meta.json").exists()
    assert "PERSON" in done.output
    assert "山田" not in done.output


def test_unusable_input_ends_with_2(tmp_path):
    (tmp_path / "m").mkdir()
    for args in (
        (tmp_path / "no",),
        (rows(tmp_path / "x.jsonl"), "--layer", "entities"),
        (rows(tmp_path / "x.jsonl"),),
    ):
        done = call(*args, "-o", tmp_path / "m")
        assert done.exit_code == 2
        assert not done.output.startswith("Traceback")


def test_a_brat_export_of_the_corpus(tmp_path):
    """A small version of what the docs promise of 200 reports: exported by the rules, read back, trained on."""
    data = tmp_path / "r.jsonl"
    data.write_text(
        "".join(json.dumps({"id": r["id"], "text": r["text"]}) + "\n" for r in islice(deid_rows("train"), 12))
    )
    done = CliRunner().invoke(app, ["export", str(data), "-o", str(tmp_path / "brat"), "--to", "brat"])
    assert done.exit_code == 0
    done = call(tmp_path / "brat", "-o", tmp_path / "m", "--max-steps", "10")
    assert done.exit_code == 0, done.output
    assert {"a", "d"} <= set(spacy.load(tmp_path / "m").get_pipe("entities").labels)
