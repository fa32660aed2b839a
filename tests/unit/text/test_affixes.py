"""Words at the beginning and the end of a text."""

from __future__ import annotations

import pytest

from jmid_nlp.text.affixes import Affixes

WORDS = ("病", "症候群", "分類", "")


@pytest.mark.parametrize("text", ["", "病", "病変", "症候", "症候群", "大症候群", "群", "分類法", "再分類", "病分"])
def test_affixes_are_those_of_the_words(text: str) -> None:
    words = Affixes(WORDS)
    given = tuple(w for w in WORDS if w)
    assert words.begins(text) is text.startswith(given)
    assert words.ends(text) is text.endswith(given)
    assert (text in words) is (text in given)
    for at in range(len(text) + 1):
        assert words.begins(text, at) is text.startswith(given, at)
