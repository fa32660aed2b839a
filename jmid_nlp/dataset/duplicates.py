"""Near-duplicate texts, found exactly: every pair at or over the threshold, no other."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

_WIDTH = 5


def near_duplicates(texts: Sequence[str], *, threshold: float = 0.9, min_chars: int = 60) -> list[tuple[int, int]]:
    """Pairs of positions whose texts share at least `threshold` of their 5-character pieces (Jaccard similarity).

    Two sets that alike must share one of their rarest pieces (prefix filtering), so only texts that do are compared.

    Args:
        texts: The texts; white space and letter case do not matter.
        threshold: Similarity in (0, 1].
        min_chars: Texts shorter than this are never duplicates: statements of normality are alike by nature.

    Returns:
        Pairs `(i, j)` with `i < j`, ascending.
    """
    pieces = [_pieces(t, min_chars) for t in texts]
    frequency = Counter(p for s in pieces for p in s)
    index: dict[str, list[int]] = defaultdict(list)
    pairs = []
    for j, own in enumerate(pieces):
        rare = sorted(own, key=lambda p: (frequency[p], p))
        prefix = rare[: len(own) - math.ceil(threshold * len(own)) + 1]
        candidates = {i for p in prefix for i in index[p]}
        for p in prefix:
            index[p].append(j)
        pairs += [(i, j) for i in sorted(candidates) if _alike(pieces[i], own, threshold)]
    return sorted(pairs)


def _pieces(text: str, min_chars: int) -> frozenset[str]:
    flat = "".join(text.split()).casefold()
    if len(flat) < min_chars:
        return frozenset()
    return frozenset(flat[i : i + _WIDTH] for i in range(len(flat) - _WIDTH + 1))


def _alike(one: frozenset[str], other: frozenset[str], threshold: float) -> bool:
    shared = len(one & other)
    return shared >= threshold * (len(one) + len(other) - shared)
