"""`matches_from` against `finditer`: the same matches, in the same order."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmid_nlp.findings import imagerefs, staging_clauses, staging_stated
from jmid_nlp.text import measures
from jmid_nlp.text.scan import matches_from

PATTERNS = {
    "measure": (measures._DIGIT, measures._MEASURE),
    "size": (staging_clauses._DIGIT, staging_clauses._SIZE),
    "stated": (staging_stated._STARTS, staging_stated._STATED),
    "series": (imagerefs._FULL_STARTS, imagerefs._FULL),
    "image": (imagerefs._IMAGE_STARTS, imagerefs._IMAGE),
}
PIECES = (
    "12", "3.5", "mm", "cm", "×", "x", "から", "~", " ", "、", "T2a", "N1", "M0", "c", "yp", "T因子は", "Se", "Series ", "S", "Im",
    "IMA", "スライス", "画像", "シリーズ番号", ":", "/", "-", "(", ")", "の", "結節", "\n", "#", "3", "45",
)  # fmt: skip


@pytest.mark.parametrize("name", PATTERNS)
@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
def test_same_matches_as_finditer(name: str, text: str) -> None:
    starts, pattern = PATTERNS[name]
    assert [m.span() for m in matches_from(starts, pattern, text)] == [m.span() for m in pattern.finditer(text)]


def test_a_failed_start_does_not_hide_the_next() -> None:
    found = matches_from(re.compile("a"), re.compile("ab"), "aabab")
    assert [m.start() for m in found] == [1, 3]
