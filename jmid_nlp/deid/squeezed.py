"""A text without blanks and separators, in which a name is found however it is spaced, also with one slip in it.

No pattern is compiled for a name: records hold a new one in every row. A name with one slip holds its first or its second
half unharmed, so that plain searches for the halves find every place worth a look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jmid_nlp.offsets import Span

_BARE = re.compile(r"[^\s・･^=,、.／/]+")
_WILD = re.compile(r"[\w|]")
_MOST = 3  # separators between two characters of a name
_LONG = 5  # from here on a name may also miss a character, have one too many or two exchanged


def bare(text: str) -> str:
    """The text without blanks and separators."""
    return "".join(_BARE.findall(text))


class Squeezed:
    """A text without blanks and separators, with the position of each character.

    Args:
        text: The text that all spans given back refer to.
    """

    def __init__(self, text: str) -> None:
        pieces = [m.span() for m in _BARE.finditer(text)]
        self.text = "".join([text[s:e] for s, e in pieces])
        self.at = [i for s, e in pieces for i in range(s, e)]

    def find(self, form: str, most: int) -> Iterator[Span]:
        """Where a string stands with at most `most` separators between two characters; one where most is 1 is a blank."""
        i = self.text.find(form)
        while i >= 0:
            if span := self._span(i, i + len(form), most):
                yield span
            i = self.text.find(form, i + 1)

    def find_near(self, form: str, exact: Iterable[Span] = ()) -> list[Span]:
        """Where a string stands with one slip; places that touch a span of `exact` are left out."""
        taken = list(exact)
        found = []
        for _, i, j in sorted(set(self._near(form))):
            span = self._span(i, j, _MOST)
            if span and not any(s < span[1] and span[0] < e for s, e in taken):
                taken.append(span)
                found.append(span)
        return sorted(found)

    def _span(self, i: int, j: int, most: int) -> Span | None:
        at = self.at
        if at[j - 1] - at[i] != j - 1 - i and any(at[k + 1] - at[k] - 1 > most for k in range(i, j - 1)):
            return None
        return at[i], at[j - 1] + 1

    def _near(self, form: str) -> Iterator[tuple[int, int, int]]:
        """Places with one slip, as (sort of slip, start, end): an exchanged character first."""
        half, size, s = len(form) // 2, len(form), self.text
        left, right = form[:half], form[half:]
        for i in _places(s, left):
            for sort, n in _slips(right, s[i + half : i + size + 1], size):
                yield sort, i, i + half + n
        for i in _places(s, right):
            before = s[max(0, i - half - 1) : i]
            for sort, n in _slips(left[::-1], before[::-1], size):
                yield sort, i - n, i + len(right)
        if size >= _LONG:
            crossed = form[: half - 1] + form[half] + form[half - 1] + form[half + 1 :]
            for i in _places(s, crossed):
                yield 1, i, i + size


def _places(text: str, form: str) -> Iterator[int]:
    i = text.find(form)
    while i >= 0:
        yield i
        i = text.find(form, i + 1)


def _slips(want: str, have: str, size: int) -> Iterator[tuple[int, int]]:
    """Whether `have` begins with `want` but for one slip: (sort of slip, length in `have`)."""
    n = len(want)
    k = 0
    while k < n and k < len(have) and want[k] == have[k]:
        k += 1
    if k < n <= len(have) and want[k + 1 :] == have[k + 1 : n] and _WILD.match(have[k]):
        yield 0, n
    if size < _LONG:
        return
    if k + 1 < n <= len(have) and want[k : k + 2] == have[k : k + 2][::-1] and want[k + 2 :] == have[k + 2 : n]:
        yield 1, n
    if k < n and want[k + 1 :] == have[k : n - 1]:
        yield 2, n - 1
    if k < n < len(have) and want[k:] == have[k + 1 : n + 1] and _WILD.match(have[k]):
        yield 3, n + 1
