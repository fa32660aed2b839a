"""`OffsetMap`: exact positions in both directions between a text and an edited copy of it.

Folding is for looking, never for writing: matchers look at the folded copy, every span that leaves this library is in the
original's indices. De-identification reuses the same map for its replacements, and maps compose.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from jmid_nlp.lexicon import read_pairs

Span = tuple[int, int]
Block = tuple[int, int, int, int]


class OffsetMap:
    """Edits between a source and a target text; what lies between two edits is the same on both sides.

    Args:
        blocks: `(source_start, source_end, target_start, target_end)`, ascending, not overlapping. Only edits that change
            the length need to be named; a one-to-one exchange of characters keeps its offsets.

    Raises:
        ValueError: The blocks are not ascending or do not fit each other.
    """

    __slots__ = ("_src_ends", "_src_starts", "_tgt_ends", "_tgt_starts", "blocks")

    def __init__(self, blocks: Iterable[Block] = ()) -> None:
        self.blocks: tuple[Block, ...] = tuple(blocks)
        src, tgt = 0, 0
        for s0, s1, t0, t1 in self.blocks:
            if s0 < src or s1 < s0 or t1 < t0 or t0 - tgt != s0 - src:
                raise ValueError(
                    "blocks must ascend, and the text between two blocks must have one length on both sides"
                )
            src, tgt = s1, t1
        self._src_starts = [b[0] for b in self.blocks]
        self._src_ends = [b[1] for b in self.blocks]
        self._tgt_starts = [b[2] for b in self.blocks]
        self._tgt_ends = [b[3] for b in self.blocks]

    def __bool__(self) -> bool:
        return bool(self.blocks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OffsetMap) and self.blocks == other.blocks

    def __hash__(self) -> int:
        return hash(self.blocks)

    def __repr__(self) -> str:
        return f"OffsetMap({len(self.blocks)} edits)"

    def to_target(self, start: int, end: int) -> Span:
        """The span of the target that holds all that `[start, end)` of the source became.

        A span that cuts an edit grows to the whole edit; a span of deleted characters only becomes an empty span.
        """
        if not self.blocks:
            return start, end
        return _map(start, end, self._src_starts, self._src_ends, self._tgt_starts, self._tgt_ends)

    def to_source(self, start: int, end: int) -> Span:
        """The span of the source that `[start, end)` of the target came from, without deleted characters at its rim."""
        if not self.blocks:
            return start, end
        return _map(start, end, self._tgt_starts, self._tgt_ends, self._src_starts, self._src_ends)

    def inverse(self) -> OffsetMap:
        """The same map read from target to source."""
        return OffsetMap((t0, t1, s0, s1) for s0, s1, t0, t1 in self.blocks)

    def then(self, after: OffsetMap) -> OffsetMap:
        """This map followed by `after`, whose source is this map's target: one map from first source to last target."""
        if not after.blocks:
            return self
        if not self.blocks:
            return after
        return OffsetMap(_compose(self.blocks, after.blocks))


def _map(start: int, end: int, a0: list[int], a1: list[int], b0: list[int], b1: list[int]) -> Span:
    low = _edge(start, a0, a1, b0, b1, low=True)
    if start == end:
        return low, low
    return low, max(low, _edge(end, a0, a1, b0, b1, low=False))


def _edge(at: int, a0: list[int], a1: list[int], b0: list[int], b1: list[int], *, low: bool) -> int:
    """One edge of a span. At the rim of a deletion or insertion a start moves right of it and an end stays left of it."""
    if low:
        i = bisect_right(a1, at)  # the first edit that ends right of `at`
        if i < len(a0) and a0[i] < at:
            return b0[i]
        # a zero-length edit that begins at `at` is behind a start
        return at - a1[i - 1] + b1[i - 1] if i else at
    i = bisect_left(a0, at)  # the edits 0..i-1 begin left of `at`
    if i and a1[i - 1] > at:
        return b1[i - 1]
    return at - a1[i - 1] + b1[i - 1] if i else at


def _compose(first: tuple[Block, ...], second: tuple[Block, ...]) -> list[Block]:
    """Blocks of both maps over the middle text, joined where they touch or overlap there."""
    middle = sorted([(t0, t1) for _, _, t0, t1 in first] + [(s0, s1) for s0, s1, _, _ in second])
    groups: list[list[int]] = []
    for m0, m1 in middle:
        if groups and m0 <= groups[-1][1]:
            groups[-1][1] = max(groups[-1][1], m1)
        else:
            groups.append([m0, m1])
    blocks, i, j, shift1, shift2 = [], 0, 0, 0, 0
    for m0, m1 in groups:
        s0, u0 = m0 - shift1, m0 + shift2
        while i < len(first) and first[i][2] <= m1 and first[i][3] <= m1:
            shift1 = first[i][3] - first[i][1]
            i += 1
        while j < len(second) and second[j][0] <= m1 and second[j][1] <= m1:
            shift2 = second[j][3] - second[j][1]
            j += 1
        blocks.append((s0, m1 - shift1, u0, m1 + shift2))
    return blocks


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as matchers see it, with the map back to the source."""

    text: str
    map: OffsetMap

    def source(self, start: int, end: int) -> Span:
        """Span of the source for a span of the folded text."""
        return self.map.to_source(start, end)


IDENTITY = OffsetMap()
_ERA = {0x32FF: "令和"}  # U+32FF; the Unicode tables of an older Python lack its decomposition
# BOM, soft hyphen, zero-width, bidi marks and variation selectors print nothing and only hide a match.
_IGNORABLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef"
# Characters known to fold to themselves: ASCII, kana, unified ideographs, Japanese punctuation. All others are looked at.
_STABLE = r"\x00-\x7f\u3001-\u3029\u3030-\u3035\u3041-\u3096\u309d\u309e\u30a1-\u30fe\u4e00-\u9fff"
_SHORT = 64  # characters: longer runs are not kept in the cache
_LONGEST = (
    256  # characters of one cluster: nobody writes more marks on one letter, and sorting them takes quadratic time
)
_LOOK = re.compile(f"[^{_STABLE}]+")
_DROP = re.compile(f"[{_IGNORABLE}]")


@cache
def _table() -> dict[int, str]:
    return {ord(a): b for a, b in read_pairs("unicode/radicals.tsv")} | _ERA


def fold(text: str) -> Folded:
    """The text in NFKC with radicals unified and invisible characters removed, and the exact map to it.

    Full-width and half-width forms, ligatures of eras and units and combining marks come out as NFKC has them; CJK and
    Kangxi radicals become the ideographs they stand for (Unicode's Equivalent_Unified_Ideograph). Line ends stay.

    Args:
        text: Any string, lone surrogates included.

    Returns:
        The folded text and the map whose source is `text`.
    """
    if text.isascii() or _LOOK.search(text) is None:
        return Folded(text, IDENTITY)
    out: list[str] = []
    blocks: list[Block] = []
    at, shift = 0, 0
    for found in _LOOK.finditer(text):
        begin, end = found.span()
        if begin > at:
            begin -= 1  # a mark may combine with the letter before it
        out.append(text[at:begin])
        folded, edits = _fold_run(text[begin:end])
        out.append(folded)
        if edits:
            target = begin + shift
            blocks += [(begin + s0, begin + s1, target + t0, target + t1) for s0, s1, t0, t1 in edits]
            shift += len(folded) - (end - begin)
        at = end
    out.append(text[at:])
    return Folded("".join(out), OffsetMap(blocks) if blocks else IDENTITY)


def _fold_run(run: str) -> tuple[str, tuple[Block, ...]]:
    """A run folded, with the edits in it that need a block of the map, counted from its start."""
    return _fold_short(run) if len(run) <= _SHORT else _fold_long(run)


@lru_cache(maxsize=65536)
def _fold_short(run: str) -> tuple[str, tuple[Block, ...]]:
    return _fold_long(run)


def _fold_long(run: str) -> tuple[str, tuple[Block, ...]]:
    out: list[str] = []
    edits: list[Block] = []
    at = to = 0
    for cluster, folded in _fold_clusters(run):
        out.append(folded)
        # several characters that became as many need not correspond one by one (⑩ and a joiner became 1 and 0)
        if len(cluster) != len(folded) or len(cluster) > 1:
            edits.append((at, at + len(cluster), to, to + len(folded)))
        at += len(cluster)
        to += len(folded)
    return "".join(out), tuple(edits)


def _fold_clusters(run: str) -> Iterator[tuple[str, str]]:
    """A run cut where folding the parts gives what folding the whole gives; each part with its folded form."""
    start = 0
    for at in range(1, len(run)):
        if at - start >= _LONGEST or not _joins(run[start:at], run[at]):
            yield run[start:at], _fold_whole(run[start:at])
            start = at
    yield run[start:], _fold_whole(run[start:])


def _fold_whole(text: str) -> str:
    return unicodedata.normalize("NFKC", _DROP.sub("", text).translate(_table()))


def _joins(before: str, char: str) -> bool:
    if _DROP.match(char) or unicodedata.combining(unicodedata.normalize("NFKD", char)[0]):
        return True
    return _fold_whole(before + char) != _fold_whole(before) + _fold_whole(char)
