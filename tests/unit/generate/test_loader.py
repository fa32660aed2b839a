"""One layout for all corpora: columns, splits, offsets, layers."""

import json

import pytest

from corpora import loader


@pytest.fixture(scope="module")
def rows():
    return list(loader.rows(generated=300))


def test_every_corpus_has_the_columns(rows):
    assert {r["corpus"] for r in rows} == set(loader.DATASHEETS)
    columns = loader.schema().names
    assert all(list(r) == columns for r in rows)


def test_marks_stand_in_the_text(rows):
    for r in rows:
        for column in ("spans", "keep", "findings", "entities", "ignore"):
            for mark in r[column]:
                assert 0 <= mark["start"] < mark["end"] <= len(r["text"]), r["id"]


def test_layers_name_what_is_marked(rows):
    for r in rows:
        assert r["layers"]
        assert not r["spans"] or "identifiers" in r["layers"]
        assert not r["findings"] or "findings" in r["layers"]
        assert not r["entities"] or "entities" in r["layers"]
        assert ("align" in r["layers"]) == (r["study"] is not None)


def test_blind_sheets_are_the_split_test(rows):
    for r in rows:
        if r["corpus"] in ("identifiers", "findings"):
            assert ("test" in r["id"].split("-") or r["split"] != "test") or r["corpus"] == "findings"
    assert {r["split"] for r in rows} == {"train", "dev", "test", "sample"}


def test_ids_are_of_one_row(rows):
    names = [(r["corpus"], r["id"]) for r in rows]
    assert len(names) == len(set(names))


def test_records_and_studies_are_json(rows):
    for r in rows:
        for column in ("record", "study"):
            assert r[column] is None or isinstance(json.loads(r[column]), dict)


def test_as_datasets():
    found = loader.load("identifiers", "generated", splits=("dev",), generated=200)
    assert list(found) == ["dev"]
    assert found["dev"].info.license == "MIT"
    assert set(found["dev"]["corpus"]) == {"identifiers", "generated"}
    first = next(iter(loader.stream("findings", splits=("dev",))))
    assert first["layers"] == ["findings"]


def test_leave_one_out():
    dev = loader.load("identifiers", splits=("dev",))["dev"]
    folds = list(loader.held_out(dev, "author_style"))
    assert len(folds) > 2
    for name, others, mine in folds:
        assert set(mine["author_style"]) == {name}
        assert name not in others["author_style"]
        assert len(others) + len(mine) == len(dev)


def test_every_corpus_has_a_datasheet():
    for sheet in loader.DATASHEETS.values():
        assert (loader.HERE / sheet).is_file()


def test_an_unknown_corpus_is_named():
    with pytest.raises(KeyError):
        list(loader.rows("nothing"))
