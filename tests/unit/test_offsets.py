"""The offset map and folding: exact both ways for any string."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jmid_nlp.lexicon import read_pairs
from jmid_nlp.offsets import _DROP, Block, OffsetMap, fold

RADICALS = dict(read_pairs("unicode/radicals.tsv"))
HARD = (
    "⻑⻘⼤⾻⼆⽬⾓ｶﾞｷﾞﾊﾟﾊﾞｱｧー㎜㎝㎎㌘㍉㍻㍼㍽㍾㋿①⑩⑴⒈Ⅳ½％＋（）：．　\u200b\u200d\ufeff\u00ad\ufe0f\U000e0100"
    "\u3099\u309a\u302a\u0301\u0323\u1100\u1161\u11a8각가ﬁﬀ…‥ﷺÅ\u212bΩ𠮷𝟏\U0001f468\ud800\udfff\x00\r\n\t 0aAzあがア気支髙﨑"
)
TEXTS = st.one_of(st.text(), st.text(alphabet=HARD, max_size=24), st.text(alphabet=st.characters(), max_size=12))


def expected(text: str) -> str:
    """What folding must give: ignorable characters out, radicals unified, then NFKC of the whole."""
    kept = _DROP.sub("", text)
    return unicodedata.normalize("NFKC", "".join(RADICALS.get(c, "令和" if c == "\u32ff" else c) for c in kept))


@settings(max_examples=600, deadline=None)
@given(TEXTS)
@example("")
@example("\ufeff右肺\r\n")
@example("か\u302a\u3099")
@example("e\u200d\u0301")
@example("\u1100\u200b\u1161\u11a8")
@example("ｶﾞﾊﾟ")
@example("㍻3年⻑径1２㎜")
@example("\ud800\udfffa")
@example("a\u0323\u0301")
def test_fold_is_nfkc_of_the_whole(text: str) -> None:
    folded = fold(text)
    assert folded.text == expected(text)
    rebuild(text, folded.text, folded.map)


def rebuild(source: str, target: str, by: OffsetMap) -> None:
    """The blocks tile both texts: the stretches between them have one length, and both ends are reached."""
    src = tgt = 0
    for s0, s1, t0, t1 in by.blocks:
        assert s0 - src == t0 - tgt
        src, tgt = s1, t1
    assert len(source) - src == len(target) - tgt


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.data())
def test_spans_map_back_and_forth_without_loss(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    check_round_trip(folded.map, start, end, len(folded.text))
    check_round_trip(folded.map.inverse(), *sorted(data.draw(pair(len(folded.text)))), len(text))


@settings(max_examples=600, deadline=None)
@given(TEXTS)
@example("00⑩\u200b")
@example("\u1100\u1161\u200b")
def test_what_a_folded_character_came_from_folds_to_it(text: str) -> None:
    folded = fold(text)
    for i, char in enumerate(folded.text):
        start, end = folded.source(i, i + 1)
        assert char in fold(text[start:end]).text


def pair(size: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(0, size), st.integers(0, size))


def check_round_trip(by: OffsetMap, start: int, end: int, size: int) -> None:
    t0, t1 = by.to_target(start, end)
    assert 0 <= t0 <= t1 <= size
    if t0 == t1:
        # all characters of the span were deleted (or it was empty)
        assert all(any(s0 <= i < s1 for s0, s1, _, _ in by.blocks) for i in range(start, end))
        return
    s0, s1 = by.to_source(t0, t1)
    kept = [i for i in range(start, end) if not any(a <= i < b and c == d for a, b, c, d in by.blocks)]
    assert all(s0 <= i < s1 for i in kept)
    assert by.to_target(s0, s1) == (t0, t1)
    assert by.inverse().to_target(t0, t1) == (s0, s1)


@st.composite
def maps(draw: st.DrawFn, source: int | None = None) -> tuple[int, OffsetMap, int]:
    """A random map with the lengths of its source and target."""
    blocks: list[Block] = []
    src = tgt = 0
    limit = source if source is not None else 40
    for _ in range(draw(st.integers(0, 6))):
        gap = draw(st.integers(0, 4))
        old = draw(st.integers(0, 3))
        if src + gap + old > limit:
            break
        new = draw(st.integers(0, 3))
        if old == new == 0:
            continue
        blocks.append((src + gap, src + gap + old, tgt + gap, tgt + gap + new))
        src, tgt = blocks[-1][1], blocks[-1][3]
    tail = limit - src if source is not None else draw(st.integers(0, 4))
    return src + tail, OffsetMap(blocks), tgt + tail


@settings(max_examples=800, deadline=None)
@given(st.data())
def test_then_agrees_with_one_map_after_the_other(data: st.DataObject) -> None:
    size, first, middle = data.draw(maps())
    _, second, last = data.draw(maps(middle))
    both = first.then(second)
    rebuild("x" * size, "y" * last, both)
    start, end = sorted(data.draw(pair(size)))
    # composing may join edits that touch, so the direct span is inside the composed one and never loses a character
    m0, m1 = first.to_target(start, end)
    t0, t1 = second.to_target(m0, m1)
    c0, c1 = both.to_target(start, end)
    if t0 < t1:
        assert c0 <= t0 <= t1 <= c1
    assert 0 <= c0 <= c1 <= last
    b0, b1 = sorted(data.draw(pair(last)))
    n0, n1 = second.to_source(b0, b1)
    s0, s1 = first.to_source(n0, n1)
    d0, d1 = both.to_source(b0, b1)
    if s0 < s1:
        assert d0 <= s0 <= s1 <= d1
    assert 0 <= d0 <= d1 <= size


@settings(max_examples=300, deadline=None)
@given(maps())
def test_inverse_twice_is_the_map(made: tuple[int, OffsetMap, int]) -> None:
    size, by, last = made
    assert by.inverse().inverse() == by
    for start in range(size + 1):
        for end in range(start, size + 1):
            assert by.to_target(start, end) == by.inverse().to_source(start, end)
            assert 0 <= by.to_target(start, end)[0] <= by.to_target(start, end)[1] <= last


@pytest.mark.parametrize(
    ("text", "folded", "span", "source"),
    [
        ("⻑径１２㎜", "長径12mm", (2, 6), "１２㎜"),
        ("ｶﾞｽ像", "ガス像", (0, 1), "ｶﾞ"),
        ("㍻３年", "平成3年", (1, 3), "㍻３"),
        ("気\u200b管", "気管", (0, 2), "気\u200b管"),
        ("右\ufeff肺", "右肺", (1, 2), "肺"),
        ("⼆⾻", "二骨", (1, 2), "⾻"),
        ("か\u3099ん", "がん", (0, 1), "か\u3099"),
        ("𠮷田", "𠮷田", (1, 2), "田"),
    ],
)
def test_fold_cases(text: str, folded: str, span: tuple[int, int], source: str) -> None:
    got = fold(text)
    assert got.text == folded
    start, end = got.source(*span)
    assert text[start:end] == source


@pytest.mark.parametrize("blocks", [[(2, 1, 2, 3)], [(0, 2, 0, 1), (1, 3, 1, 2)], [(1, 2, 2, 3)], [(3, 3, 3, 2)]])
def test_blocks_that_do_not_fit_are_refused(blocks: list[Block]) -> None:
    with pytest.raises(ValueError, match="blocks"):
        OffsetMap(blocks)


@pytest.mark.parametrize("unit", ["\u0301", "ﾞ", "①", "\u200b", "あ\u3099", "㍻", "\u1100\u1161", "ア", "⾻", "\ud800"])
def test_folding_takes_linear_time(unit: str) -> None:
    """One kind of character, a hundred thousand times: seconds would mean quadratic behaviour."""
    text = unit * (100_000 // len(unit))
    before = time.process_time()
    folded = fold(text)
    folded.source(0, len(folded.text))
    assert time.process_time() - before < 3


def test_nothing_of_the_text_shows_in_the_repr() -> None:
    assert "田" not in repr(fold("山⽥").map)
