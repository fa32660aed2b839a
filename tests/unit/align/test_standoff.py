"""Spans carried through edits in either direction, by the stated rule, with everything counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmid_nlp.align.standoff import carry
from jmid_nlp.offsets import OffsetMap, fold
from jmid_nlp.schema import Edit


def edit(start, end, new_start, new_end):
    return Edit(start, end, new_start, new_end, "PERSON", "name", "replace", "test", 1.0)


# 患者山田太郎の右肺に結節 -> 患者[氏名]の右肺に結節 : 4 characters became 4; then one that shrinks and an insertion
ORIGINAL, EDITED = "患者山田太郎の右肺に結節。2024年5月3日", "患者佐藤の右肺に結節。2023年12月13日"
EDITS = [edit(2, 6, 2, 4), edit(13, 22, 11, 22)]


@pytest.mark.parametrize(
    ("span", "fate", "surface"),
    [
        ((7, 9), "kept", "右肺"),
        ((10, 12), "kept", "結節"),
        ((2, 6), "dropped", None),
        ((3, 5), "dropped", None),
        ((4, 9), "trimmed", "の右肺"),
        ((0, 4), "trimmed", "患者"),
        ((0, 9), "around", "患者佐藤の右肺"),
        ((0, 6), "around", "患者佐藤"),
        ((13, 18), "dropped", None),
        ((10, 15), "trimmed", "結節。"),
    ],
)
def test_the_rule(span, fate, surface):
    (got,) = carry([span], EDITS).spans
    assert got.fate == fate
    assert (EDITED[slice(*got.target)] if got.target else None) == surface


def test_the_way_back():
    found = carry([(5, 7), (2, 4), (0, 7), (3, 7)], EDITS, back=True)
    assert [c.fate for c in found.spans] == ["kept", "dropped", "around", "trimmed"]
    assert [ORIGINAL[slice(*c.target)] for c in found.spans if c.target] == ["右肺", "患者山田太郎の右肺", "の右肺"]
    assert found.counts == {"kept": 1, "around": 1, "trimmed": 1, "dropped": 1}


def test_edits_of_equal_length_are_seen():
    assert carry([(2, 4)], [edit(2, 4, 2, 4)]).spans[0].fate == "dropped"
    assert carry([(0, 6)], [edit(2, 4, 2, 4)]).spans[0].fate == "around"


@pytest.mark.parametrize("span", [(3, 3), (4, 2), (-1, 2)])
def test_a_turned_span_is_refused(span):
    with pytest.raises(ValueError, match="empty or turned round"):
        carry([span], EDITS)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.text("かな漢字", max_size=4), st.text("ABC", max_size=5)), max_size=8),
    st.data(),
)
def test_kept_spans_have_the_same_surface_on_both_sides(pieces, data):
    source = target = ""
    edits = []
    for gap, old, new in pieces:
        source += "。" * gap + old
        target += "。" * gap
        edits.append((len(source) - len(old), len(source), len(target), len(target) + len(new)))
        target += new
    source += "終わり"
    target += "終わり"
    edits = [e for e in edits if e[0] < e[1]] if all(e[0] < e[1] or e[2] == e[3] for e in edits) else edits
    table = OffsetMap(e for e in edits if e[0] < e[1] or e[2] < e[3])
    start = data.draw(st.integers(0, len(source) - 1))
    end = data.draw(st.integers(start + 1, len(source)))
    (got,) = carry([(start, end)], table).spans
    if got.fate == "kept":
        assert source[start:end] == target[slice(*got.target)]
        assert carry([got.target], table, back=True).spans[0].target == (start, end)
    if got.fate == "dropped":
        assert got.target is None


def test_folding_is_carried_too():
    text = "１０㎜の結節"
    folded = fold(text)
    (got,) = carry([(4, 6)], folded.map).spans
    assert folded.text[slice(*got.target)] == "結節"
