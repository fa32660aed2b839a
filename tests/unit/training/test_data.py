"""Labelled texts from every format; bad rows named, the others kept."""

import json

import pytest

from jmid_nlp.annotations.text import TextDocument, TextSpan
from jmid_nlp.errors import InputError, RowError
from jmid_nlp.export import _write
from jmid_nlp.training.data import LabelledSpan, LabelledText, from_row, read_labelled, split

TEXT = "右肺に結節を認め、𠮷野病院で経過観察。"
DOCUMENT = TextDocument(
    "r1", TEXT, (TextSpan(0, 2, "a", "T1"), TextSpan(3, 5, "d", "T2", (("certainty", "positive"),)))
)
GOLD = (LabelledSpan(0, 2, "a"), LabelledSpan(3, 5, "d", "positive"))


def lines(path, *rows):
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r, ensure_ascii=False)) + "\n" for r in rows))
    return path


@pytest.mark.parametrize("form", ["brat", "prism", "conll", "docbin"])
def test_formats_that_we_write(tmp_path, form):
    if form == "brat":
        from jmid_nlp.annotations.brat import write_brat

        target = tmp_path / "brat"
        write_brat([DOCUMENT], target)
    else:
        target = tmp_path / ("x" + {"prism": ".xml", "conll": ".conll", "docbin": ".spacy"}[form])
        _write(iter([DOCUMENT]), target, form)
    found = read_labelled(target)
    assert found.problems == ()
    without = tuple(LabelledSpan(s.start, s.end, s.label) for s in GOLD)
    assert found.examples == (LabelledText("r1", TEXT, without if form == "conll" else GOLD),)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "r1", "text": TEXT, "label": [[0, 2, "a"], [3, 5, "d"]]},
        {"id": "r1", "text": TEXT, "labels": [[3, 5, "d"], [0, 2, "a"]]},
        {
            "id": "r1",
            "text": TEXT,
            "entities": [
                {"id": 1, "start_offset": 0, "end_offset": 2, "label": "a"},
                {"id": 2, "start_offset": 3, "end_offset": 5, "label": "d"},
            ],
        },
    ],
)
def test_doccano(tmp_path, row):
    for layer in ("entities", "identifiers"):
        (found,) = read_labelled(lines(tmp_path / "x.jsonl", row), layer).examples
        assert found.spans == (LabelledSpan(0, 2, "a"), LabelledSpan(3, 5, "d"))


def test_layers_of_our_rows(tmp_path):
    row = {
        "id": "r1", "text": TEXT, "spans": [{"start": 9, "end": 13, "category": "FACILITY"}],
        "entities": [{"start": 3, "end": 5, "type": "d", "attr": "positive"}],
        "findings": [{"start": 3, "end": 5, "certainty": "suspicious"}],
        "ignore": [{"start": 14, "end": 16, "layer": "findings"}, {"start": 16, "end": 18, "layer": "entities"}],
    }  # fmt: skip
    path = lines(tmp_path / "x.jsonl", row)
    spans = {name: read_labelled(path, name).examples[0] for name in ("identifiers", "entities", "findings")}
    assert spans["identifiers"].spans == (LabelledSpan(9, 13, "FACILITY"),)
    assert spans["entities"].spans == (LabelledSpan(3, 5, "d", "positive"),)
    assert spans["entities"].ignore == ((16, 18),)
    assert spans["findings"].spans == (LabelledSpan(3, 5, "finding", "suspicious"),)


def test_bad_rows_are_named_and_the_others_kept(tmp_path):
    good = {"id": "g", "text": TEXT, "entities": []}
    bad = [
        "{broken",
        [1],
        {"id": "secret", "entities": []},
        {"id": "b", "text": TEXT},
        {"id": "b", "text": TEXT, "entities": [{"start": 3, "end": 99, "type": "d"}]},
        {"id": "b", "text": TEXT, "entities": [{"start": True, "end": 2, "type": "d"}]},
        {"id": "b", "text": TEXT, "entities": [{"start": 3, "end": 5}]},
        {"id": "b", "text": TEXT, "label": [[0, 2]]},
        {"id": "b", "text": TEXT, "entities": "x"},
        {"id": "b", "text": TEXT, "entities": [], "ignore": [{"start": "x"}]},
    ]
    found = read_labelled(lines(tmp_path / "x.jsonl", *bad, good))
    assert [e.id for e in found.examples] == ["g"]
    assert all(isinstance(p, RowError) for p in found.problems)
    assert [(p.row, p.field) for p in found.problems] == [
        (0, "row"), (1, "row"), (2, "text"), (3, "entities"), (4, "entities[0]"), (5, "entities[0]"), (6, "entities[0]"),
        (7, "label[0]"), (8, "entities"), (9, "ignore"),
    ]  # fmt: skip
    assert TEXT[:4] not in "".join(map(str, found.problems))


def test_a_folder_of_several_formats_and_a_broken_one(tmp_path):
    lines(tmp_path / "a.jsonl", {"id": "r1", "text": TEXT, "entities": []})
    _write(iter([DOCUMENT]), tmp_path / "b.xml", "prism")
    (tmp_path / "c.xml").write_text("<article>" + TEXT)
    found = read_labelled(tmp_path)
    assert len(found.examples) == 2
    assert [str(p) for p in found.problems] == ["c.xml, line 1: broken XML"]


def test_nothing_usable(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_labelled(tmp_path / "no")
    with pytest.raises(InputError, match="field 'text'"):
        read_labelled(lines(tmp_path / "x.jsonl", {"id": "a"}))
    with pytest.raises(InputError, match="layer"):
        read_labelled(tmp_path, "words")


def test_split_keeps_equal_texts_together():
    examples = [LabelledText(str(n), f"文{n // 2}") for n in range(200)]
    train, dev = split(examples, 0.2)
    assert len(train) == 160
    assert len(dev) == 40
    assert not {e.text for e in train} & {e.text for e in dev}
    assert split(examples[:4], 0.0)[1]
    assert split(examples[:4], 1.0)[0]
    with pytest.raises(InputError, match="two different"):
        split(examples[:2], 0.5)


def test_text_is_not_in_the_representation():
    assert TEXT not in repr(from_row({"text": TEXT, "spans": []}, 0, "identifiers"))
