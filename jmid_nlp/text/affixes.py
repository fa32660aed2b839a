"""Whether a text begins or ends with one of many words: a look-up for each length instead of a comparison with each word."""

from __future__ import annotations

from collections.abc import Iterable


class Affixes:
    """Words that may stand at the beginning or the end of a text."""

    __slots__ = ("_lengths", "_words")

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(w for w in words if w)
        self._lengths = tuple(sorted({len(w) for w in self._words}))

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def begins(self, text: str, at: int = 0) -> bool:
        """Whether one of the words stands at a place of the text."""
        return not self._words.isdisjoint([text[at : at + n] for n in self._lengths])

    def ends(self, text: str) -> bool:
        """Whether the text ends with one of the words."""
        return not self._words.isdisjoint([text[-n:] for n in self._lengths])
