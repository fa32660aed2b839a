"""The generator of reports: exact gold, the same bytes for the same seed, every category and subtype."""

import json
from collections import Counter
from random import Random

import pytest

from corpora.generate import noise, word_leaves
from corpora.generate.__main__ import main
from corpora.generate.layout import fill, schema
from corpora.generate.report import compose, row
from corpora.generate.stream import chunks, reports
from corpora.generate.writer import Writer
from corpora.markup import CATEGORIES
from jmid_nlp.deid.book import book

ROWS = 2000
SUBTYPES = {
    "PERSON": "patient radiologist referrer doctor staff family other alias",
    "DATE": "birth exam prior date",
    "AGE": "age90",
    "ID": "patient accession examination order specimen insurance mynumber license passport residence_card serial dicom_uid room case login ip plate",
    "PHONE": "phone fax extension",
    "EMAIL": "email",
    "URL": "url sns",
    "ADDRESS": "full partial postcode",
    "FACILITY": "hospital school workplace police fire care_home office",
    "OCCUPATION": "job",
}


@pytest.fixture(scope="module")
def rows():
    return list(reports(ROWS, seed=11))


@pytest.fixture(scope="module")
def findings():
    return list(reports(ROWS, seed=11, kind="findings"))


def _undo(text, edits):
    """The text before the edits, where nothing but insertions was made; deletions leave a hole."""
    out, at = [], 0
    for offset, deleted, inserted in edits:
        keep = offset - sum(d for o, d, _ in edits if o < offset) + sum(len(i) for o, _, i in edits if o < offset)
        out.append(text[at:keep])
        assert text[keep : keep + len(inserted)] == inserted
        out.append("\0" * deleted)
        at = keep + len(inserted)
    out.append(text[at:])
    return "".join(out)


def test_spans_are_what_was_written(monkeypatch):
    written = []
    put = Writer.mark

    def mark(self, text, category, subtype):
        if text:
            written.append((text, category, subtype))
        put(self, text, category, subtype)

    monkeypatch.setattr(Writer, "mark", mark)
    monkeypatch.setattr(noise, "plan", lambda w: "")
    random = Random("exact")
    for _ in range(ROWS):
        written.clear()
        w, text, _ = compose(3, random)
        if w.memo["full"]:
            continue  # the whole text may be in full width
        got = Counter((text[s:e], c, d) for s, e, c, d in w.spans)
        assert not Counter(written) - got


@pytest.mark.parametrize("kind", ["wrap", "blanks", "bare"])
def test_damage_carries_marks(monkeypatch, kind):
    monkeypatch.setattr(noise, "plan", lambda w: "")
    random = Random(kind)
    for _ in range(200):
        w, text, _ = compose(3, random)
        before = [text[s:e] for s, e, *_ in w.spans]
        damaged, edits = noise.damage(w, text, kind)
        carry = noise.Carry(edits)
        moved = [(carry.start(s), carry.end(e)) for s, e, *_ in w.spans]
        removed = "、。" if kind == "bare" else ""
        inserted = {i for _, _, i in edits} - {""}
        for whole, (s, e) in zip(before, moved, strict=True):
            after = damaged[s:e]
            for c in removed:
                whole = whole.replace(c, "")
            assert after[:1] not in inserted or whole[:1] == after[:1]
            rest = list(whole)
            for c in after:
                if rest and c == rest[0]:
                    rest.pop(0)
                else:
                    assert c in inserted
            assert not rest
        assert noise.apply(text, edits) == damaged


def test_rows_are_sound(rows):
    for r in rows:
        at = 0
        for s in r["spans"]:
            assert at <= s["start"] < s["end"] <= len(r["text"])
            at = s["end"]
            value = r["text"][s["start"] : s["end"]]
            assert value == value.strip()
            assert s["category"] in CATEGORIES
        for k in r["keep"]:
            assert 0 <= k["start"] < k["end"] <= len(r["text"])
            assert not any(k["start"] < s["end"] and s["start"] < k["end"] for s in r["spans"])


def test_no_title_and_no_label_in_a_person(rows):
    titles = ("様", "先生", "殿", "氏名", "さん", "医師", "看護師", "技師", "教授", "ちゃん")
    surnames = book().surnames
    for r in rows:
        for s in r["spans"]:
            if s["category"] == "PERSON" and s["subtype"] != "alias":  # a nickname is whole with its ちゃん
                value = "".join(r["text"][s["start"] : s["end"]].split())
                assert not value.endswith(titles) or value in surnames, r["id"]
                assert "：" not in value


def test_every_category_and_subtype(rows):
    seen = {(s["category"], s["subtype"]) for r in rows for s in r["spans"]}
    seen |= {(s["category"], s["subtype"]) for r in reports(6000, seed=12) for s in r["spans"]}
    assert {(c, sub) for c, subs in SUBTYPES.items() for sub in subs.split()} == seen


def test_most_kinds_of_traps_are_there(rows):
    seen = {k["why"] for r in rows for k in r["keep"]}
    assert {"measure", "plain", "latin", "english", "japanese", "word"} | seen >= set(word_leaves.keep_words())


def test_same_seed_same_bytes():
    one = "".join(chunks(2100, 5, "both", 1))
    assert one == "".join(chunks(2100, 5, "both", 2))
    assert one != "".join(chunks(2100, 6, "both", 1))
    assert one.startswith("".join(chunks(1000, 5, "both", 1)))


def test_an_institution_has_one_split(rows):
    split = {}
    for r in rows:
        assert split.setdefault(r["institution_id"], r["split"]) == r["split"]
    assert set(split.values()) == {"train", "dev", "test"}


def test_many_layouts(rows):
    assert len({r["layout"] for r in rows}) > 35


def test_command(tmp_path):
    import pyarrow.parquet

    assert main(["--count", "30", "--seed", "2", "--output", str(tmp_path / "a.jsonl")]) == 0
    assert main(["--count", "30", "--seed", "2", "--output", str(tmp_path / "a.parquet")]) == 0
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert [r["text"] for r in table] == [r["text"] for r in lines]
    assert [r["spans"] for r in table] == [r["spans"] for r in lines]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl", "a.parquet"]


def test_row_has_the_layout():
    w, text, _ = compose(1, Random(1), "findings")
    r = row("x", w, text)
    assert set(r) <= set(schema().names)
    assert list(fill(r)) == schema().names
    assert fill(r)["ignore"] == []


def test_findings_are_sound(findings):
    for r in findings:
        text = r["text"]
        for f in r["findings"]:
            assert f["text"] == text[f["start"] : f["end"]] != ""
            assert f["text"] == f["text"].strip("、。 　")
            assert f["certainty"] in ("positive", "suspicious", "negative", "general")
            for place in f["locations"]:
                assert place["site"] == text[place["start"] : place["end"]] != ""
                assert not (place["start"] < f["end"] and f["start"] < place["end"])
            assert f["change"] != "resolved" or f["certainty"] == "negative"
            assert not (f["multiple"] and f["certainty"] == "negative")
            for size in f["sizes_mm"] + f["prior_sizes_mm"]:
                assert all(0 < x < 1000 for x in size)
        for e in r["entities"]:
            assert e["type"] in ("a", "d", "f", "c", "timex3", "t-test")
            assert (e["attr"] is not None) == (e["type"] == "d")


def test_findings_have_every_attribute(findings):
    every = [f for r in findings for f in r["findings"]]
    assert len(every) > 2 * ROWS
    assert {f["certainty"] for f in every} == {"positive", "suspicious", "negative", "general"}
    assert {f["laterality"] for f in every} == {"left", "right", "bilateral", "midline", None}
    assert {f["change"] for f in every} == {"increased", "decreased", "stable", "new", "resolved", None}
    for key in ("sizes_mm", "prior_sizes_mm", "multiple", "historical", "image_refs", "locations"):
        assert sum(bool(f[key]) for f in every) > ROWS // 100, key


def test_change_agrees_with_the_sizes(findings):
    for r in findings:
        for f in r["findings"]:
            if f["sizes_mm"] and f["prior_sizes_mm"] and f["change"] in ("increased", "decreased"):
                now, before = f["sizes_mm"][0][0], f["prior_sizes_mm"][0][0]
                assert now >= before if f["change"] == "increased" else now <= before


def test_findings_only_where_all_are_marked(rows):
    for r in rows:
        assert r["layers"] in (["identifiers"], ["identifiers", "findings", "entities"])
        assert "findings" in r["layers"] or not r["findings"]
    assert {"findings" in r["layers"] for r in rows} == {True, False}
