"""Cheap looks at a text that decide which patterns run at all.

All words and shapes that any module looks for are found in one pass of an automaton, once a text. The shape of a text has
digits as 0, capital letters as A, small ones as a, and all else as it is: `0-0000` stands for [0-9]-[0-9]{4}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from jmid_nlp.lexicon import Automaton

Look = Callable[[str], bool]
# of UTF-8: the bytes of letters and digits of ASCII are parts of no other character
_CLASSES = bytes.maketrans(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", b"0" * 10 + b"A" * 26 + b"a" * 26
)


class _Forms:
    """The strings that are looked for, and which of them stand in a text."""

    def __init__(self) -> None:
        self._forms: dict[str, None] = {}
        self._automaton: Automaton | None = None
        self._order: tuple[str, ...] = ()
        self.present = lru_cache(maxsize=8)(self._present)

    def add(self, forms: Iterable[str]) -> frozenset[str]:
        """Register strings; those of modules that are imported later are found from then on."""
        kept = frozenset(forms)
        self._forms |= dict.fromkeys(sorted(kept))
        self._automaton = None
        self.present.cache_clear()
        return kept

    def _present(self, text: str) -> frozenset[str]:
        if self._automaton is None:
            self._order = tuple(self._forms)
            self._automaton = Automaton(self._order, overlapping=True)
        return frozenset(self._order[number] for _, _, number in self._automaton.find_by_end(text))


_WORDS, _SHAPES = _Forms(), _Forms()


def shape(text: str) -> str:
    """The shape of a text; positions keep their meaning."""
    return text.encode("utf-8", "surrogatepass").translate(_CLASSES).decode("utf-8", "surrogatepass")


def ascii_lower(text: str) -> str:
    """The text with Latin capitals of ASCII as small letters, all else as it is; far faster than `str.translate`."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


@lru_cache(maxsize=8)
def _shapes_in(text: str) -> frozenset[str]:
    return _SHAPES.present(shape(text))


def words(*forms: str) -> Look:
    """A look for any of the words."""
    kept, present = _WORDS.add(forms), _WORDS.present
    return lambda text: not kept.isdisjoint(present(text))


class RareForms(Automaton):
    """An automaton of forms that most texts lack: the pass for all words tells whether its own pass is needed."""

    def __init__(self, forms: Iterable[str]) -> None:
        super().__init__(forms)
        self._look = words(*self.forms)

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """See `Automaton.find`."""
        return super().find(text) if self._look(text) else []

    def __reduce__(self) -> tuple[type[RareForms], tuple[list[str]]]:
        return RareForms, (self.forms,)


def shapes(*forms: str) -> Look:
    """A look for any of the shapes."""
    kept = _SHAPES.add(forms)
    _shapes_in.cache_clear()
    return lambda text: not kept.isdisjoint(_shapes_in(text))
