"""Near-duplicate texts by signatures of fixed size: a text is read, signed and let go; only suspects are read again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

HASHES = 96
MIN_CHARS = 60
_WIDTH = 5
_MISS = 1e-5
_AT_ONCE = 10_000
_SLACK = 0.2  # four standard deviations of a similarity estimated from 96 hashes
_IGNORED = re.compile(r"[\s\-_]+")


def flat(text: str) -> str:
    """A text as it is compared: NFKC, without case, white space and hyphens."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text).casefold())


def pieces(text: str) -> frozenset[str]:
    """The 5-character pieces of a text; none of a short one: statements of normality are alike by nature."""
    plain = flat(text)
    if len(plain) < MIN_CHARS:
        return frozenset()
    return frozenset(plain[i : i + _WIDTH] for i in range(len(plain) - _WIDTH + 1))


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard similarity of two sets of pieces."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


class Signer:
    """Makes a text's signature: 96 minima of hashed pieces, which agree between two texts as often as pieces are shared."""

    def __init__(self) -> None:
        import numpy as np

        rng = np.random.default_rng(97)  # a fixed family of hash functions: same text, same signature
        self._np = np
        self._weights = rng.integers(1, 2**63, size=_WIDTH, dtype=np.uint64) | np.uint64(1)
        self._odd = rng.integers(1, 2**63, size=HASHES, dtype=np.uint64) | np.uint64(1)

    def __call__(self, text: str) -> Any:
        """The signature as 96 unsigned 16-bit numbers; None for a text too short to be compared."""
        np, plain = self._np, flat(text)
        if len(plain) < MIN_CHARS:
            return None
        codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
        size = len(codes) - _WIDTH + 1
        hashed = np.zeros(size, dtype=np.uint64)
        for n, weight in enumerate(self._weights):
            hashed += codes[n : n + size] * weight
        hashed ^= hashed >> np.uint64(29)
        hashed *= np.uint64(0xBF58476D1CE4E5B9)
        hashed ^= hashed >> np.uint64(32)
        return ((self._odd[:, None] * hashed[None, :]).min(axis=1) >> np.uint64(16)).astype(np.uint16)


def rows_per_band(threshold: float) -> int:
    """How many of the 96 minima make one band, so that a pair at the threshold is missed less than once in 100,000."""
    for rows in (8, 6, 4, 3, 2):
        if (1 - threshold**rows) ** (HASHES // rows) < _MISS:
            return rows
    return 1


def band_keys(signatures: Any, number: int, rows: int) -> Any:
    """One 64-bit number a text for a band of its signature."""
    import numpy as np

    keys = np.zeros(len(signatures), dtype=np.uint64)
    for column in range(number * rows, (number + 1) * rows):
        keys = keys * np.uint64(0x9E3779B97F4A7C15) + signatures[:, column]
        keys ^= keys >> np.uint64(31)
    return keys


def with_twin(
    signatures: Any, lower: Any, upper: Any, *, threshold: float, alike: Callable[[int, int], bool]
) -> set[int]:
    """Those of `lower` that have a near-duplicate in `upper`.

    Args:
        signatures: Matrix of signatures, one row a text; it may lie on disk.
        lower: Row numbers of the texts that are asked for.
        upper: Row numbers of the texts they are compared with.
        threshold: Similarity in (0, 1].
        alike: Whether two texts really are near-duplicates; asked for suspects only.
    """
    import numpy as np

    rows, found = rows_per_band(threshold), set[int]()
    if not len(lower) or not len(upper):
        return found
    for number in range(HASHES // rows):
        asked = np.array([n for n in lower.tolist() if n not in found], dtype=np.int64)
        keys = band_keys(signatures[upper], number, rows)
        order = np.lexsort((upper, keys))
        keys, others = keys[order], upper[order]
        wanted = band_keys(signatures[asked], number, rows)
        at, end = np.searchsorted(keys, wanted, "left"), np.searchsorted(keys, wanted, "right")
        while (open_ := np.flatnonzero(at < end)).size:  # every suspect's next candidate; a hit closes the suspect
            open_ = open_[:_AT_ONCE]
            one, other = asked[open_], others[at[open_]]
            likely = (signatures[one] == signatures[other]).mean(axis=1) >= threshold - _SLACK
            for place in np.flatnonzero(likely).tolist():
                if alike(int(one[place]), int(other[place])):
                    found.add(int(one[place]))
                    at[open_[place]] = end[open_[place]]
            at[open_] += 1
    return found
