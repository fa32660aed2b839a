"""What a tokenizer does to a text before it cuts it, step by step, each with the exact map back to the text."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from jmid_nlp.offsets import OffsetMap, Span

#: Characters that NFKC keeps one by one and that never melt into the character before them; all others are looked at.
_STABLE = r"\x00-\x7f\u3000-\u3029\u3030-\u3096\u309d\u309e\u30a0-\u30fe\u4e00-\u9fff\uff01-\uff9d"
LOOK = re.compile(f"[^{_STABLE}]")
EVERY = re.compile(".", re.DOTALL)
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")


def readable(text: str) -> str:
    """The text, character for character, without what tokenizers stop at: NUL and halves of surrogate pairs."""
    return _UNREADABLE.sub("\ufffd", text)


def nfkc(text: str) -> str:
    """The text in Unicode's form NFKC."""
    return unicodedata.normalize("NFKC", text)


def clusters(text: str) -> list[Span]:
    """The runs of two and more characters that belong together: a letter and its marks, the parts of a syllable.

    Between them NFKC of the whole text is NFKC of its parts, and no span may end inside of them.

    Args:
        text: Any string without halves of surrogate pairs.

    Returns:
        Spans, ascending and apart.
    """
    out: list[Span] = []
    for found in LOOK.finditer(text):
        at = found.start()
        start = out[-1][0] if out and out[-1][1] == at else at - 1
        if at and _joins(text[start:at], found.group()):
            if start == at - 1:
                out.append((start, at + 1))
            else:
                out[-1] = (start, at + 1)
    return out


def _joins(before: str, char: str) -> bool:
    if unicodedata.combining(unicodedata.normalize("NFKD", char)[0]):
        return True
    return nfkc(before + char) != nfkc(before) + nfkc(char)


def grow(span: Span, joined: Sequence[Span], starts: Sequence[int]) -> Span:
    """The span with the whole of each cluster that it cuts.

    Args:
        span: Any span that is not empty.
        joined: What `clusters` gave.
        starts: The starts of `joined`.
    """
    start, end = span
    i = bisect_right(starts, start) - 1
    if i >= 0 and joined[i][1] > start:
        start = joined[i][0]
    i = bisect_right(starts, end - 1) - 1
    if i >= 0 and joined[i][1] > end:
        end = joined[i][1]
    return start, end


def rewrite(text: str, change: Callable[[str], str], look: re.Pattern[str]) -> tuple[str, OffsetMap]:
    """The text changed cluster by cluster, with the exact map.

    Args:
        text: Any string without halves of surrogate pairs.
        change: Gives what a part of the text becomes; for whole clusters side by side the changed parts side by side.
        look: Finds the characters that may change their number; all others must come out as one character each.

    Returns:
        The changed text and the map whose source is `text`.
    """
    if not look.search(text):
        return change(text), OffsetMap()
    out: list[str] = []
    blocks: list[tuple[int, int, int, int]] = []
    at, to = 0, 0
    for start, end in _units(text, look):
        new = change(text[start:end])
        if end - start == len(new) == 1:
            continue
        out.append(change(text[at:start]))
        to += start - at
        out.append(new)
        blocks.append((start, end, to, to + len(new)))
        at, to = end, to + len(new)
    out.append(change(text[at:]))
    return "".join(out), OffsetMap(blocks)


def _units(text: str, look: re.Pattern[str]) -> Iterator[Span]:
    """Clusters, and single characters that `look` finds outside of them."""
    joined = clusters(text)
    singles = [(m.start(), m.end()) for m in look.finditer(text)]
    inside = {i for start, end in joined for i in range(start, end)}
    return iter(sorted(joined + [s for s in singles if s[0] not in inside]))


@dataclass(frozen=True, slots=True)
class Seen:
    """A text as a tokenizer sees it after some steps, with the map of each.

    Spans are led back step by step: one joined map would take changes that touch each other for one.
    """

    text: str
    maps: tuple[OffsetMap, ...] = ()

    def then(self, change: Callable[[str], str], look: re.Pattern[str] = LOOK) -> Seen:
        """One more step, as `rewrite` does it."""
        text, offsets = rewrite(self.text, change, look)
        return Seen(text, (*self.maps, offsets) if offsets else self.maps)

    def source(self, start: int, end: int) -> Span:
        """The span of the first text that `[start, end)` of this one came from."""
        for offsets in reversed(self.maps):
            start, end = offsets.to_source(start, end)
        return start, end
