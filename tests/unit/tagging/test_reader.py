"""The second reader of detection's mode `accurate`."""

import pytest

from jmid_nlp.deid import learned
from jmid_nlp.deid.detect import DetectOptions, Detector
from jmid_nlp.deid.evidence import WEAK
from jmid_nlp.tagging.reader import _LONGEST, _parts, read

TEXT = "担当医：山田太郎。右肺下葉に結節を認めます。"


def test_it_reads_names():
    assert [(TEXT[s:e], c) for s, e, c, _ in read(TEXT)] == [("山田太郎", "PERSON")]


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "\x00", "\ud800山田", "𠮷野" * 3, "あ" * (3 * _LONGEST), "結節。" * 5000]
)
def test_any_text_is_read_within_its_bounds(text):
    assert all(0 <= s < e <= len(text) for s, e, *_ in read(text))


@pytest.mark.parametrize("text", ["あ" * (2 * _LONGEST + 5), "結節。" * 5000, "a\n" * 9000 + "b" * 9000 + "\nc"])
def test_parts_cover_a_long_text_and_are_bounded(text):
    parts = list(_parts(text))
    assert "".join(text[s:e] for s, e in parts) == text
    assert max(e - s for s, e in parts) <= _LONGEST


def test_a_find_counts_only_where_the_tagger_agrees():
    def reader(text):
        for word, category in (("山田太郎", "PERSON"), ("結節", "PERSON")):
            at = text.index(word)
            yield at, at + len(word), category, 0.99

    found = [h for h in learned.weigh(TEXT, [], reader) if h.detector == "spacy"]
    assert [(TEXT[h.start : h.end], h.rank) for h in found] == [("山田太郎", WEAK)]


def test_a_doubtful_find_does_not_count():
    at = TEXT.index("山田太郎")
    assert not [h for h in learned.weigh(TEXT, [], lambda _: [(at, at + 4, "PERSON", 0.6)]) if h.detector == "spacy"]


def test_nothing_is_read_where_the_tagger_sees_nobody():
    def reader(text):
        raise AssertionError("read")

    assert learned.weigh("右肺に結節を認めます。", [], reader) == []


def test_accurate_keeps_what_balanced_finds():
    balanced, both = (Detector(DetectOptions(mode=m)) for m in ("balanced", "accurate"))
    for text in (TEXT, "患者：佐藤花子（1950/1/2）", "紹介元の鈴木先生へ。"):
        covered = {k for i in both(text) for k in range(i.start, i.end)}
        assert {k for i in balanced(text) for k in range(i.start, i.end)} <= covered
