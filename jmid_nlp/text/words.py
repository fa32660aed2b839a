"""Whether a cut goes through a word: words of the lexicons that stand across it, and words that end or begin at it."""

from __future__ import annotations

from functools import cache

from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.text.whole_terms import forms

_LONGEST = 7  # characters of a word on one side of the cut


@cache
def _words() -> frozenset[str]:
    """Common nouns of unidic and the terms of the lexicons, of two characters or more."""
    words = {row["form"] for row in read_table("phi/words.tsv", ("form",))}
    for table in ("anatomy.tsv", "observation.tsv"):
        for row in read_table(table, ("ja",)):
            words.update(split_forms(row["ja"]))
    words.update(forms())
    return frozenset(word for word in words if len(word) > 1)


@cache
def _pairs() -> frozenset[str]:
    """Every two characters that touch inside a word: no other cut goes through one."""
    return frozenset(word[i : i + 2] for word in _words() for i in range(len(word) - 1))


def cut_through(left: str, right: str) -> bool:
    """Whether the place between two pieces of text lies inside a word.

    So it is where a word stands across the place: three characters or more, unless a whole word ends and another begins
    there (術後|胸水), or two that stand between no further kanji (胸|水あり, but not 五反田|令和).

    Args:
        left: Text before the place; only its last few characters matter.
        right: Text after it.
    """
    words = _words()
    if left[-1:] + right[:1] not in _pairs():
        return False
    left, right = left[-_LONGEST:], right[:_LONGEST]
    lefts = [left[-n:] for n in range(1, len(left) + 1)]
    rights = [right[:n] for n in range(1, len(right) + 1)]
    across = max((len(a + b) for a in lefts for b in rights if a + b in words), default=0)
    if across == 2:
        return not (_kanji(left[-2:-1]) or _kanji(right[1:2]))
    return across > 2 and not (any(a in words for a in lefts) and any(b in words for b in rights))


def _kanji(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"
