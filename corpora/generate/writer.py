"""What a report is written into: pieces of text in order, and the marks over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")
Span = tuple[int, int, str, str]


class Writer:
    """The text so far, its marks, and what the report has settled on (its persons, dates, numbers, habits).

    Attributes:
        parts: pieces of the text, to be joined.
        n: length of the text so far, in code points; the offset of what is written next.
        spans: identifiers as (start, end, category, subtype), in order.
        keep: what must survive, as (start, end, why, "").
        findings: findings as dicts with offsets.
        r: uniform numbers in [0, 1).
        memo: what the report has settled on, by name.
    """

    __slots__ = ("entities", "findings", "keep", "memo", "n", "parts", "r", "random", "spans", "world")

    def __init__(self, random: Random, world: Any) -> None:
        self.random = random
        self.r = random.random
        self.world = world
        self.parts: list[str] = []
        self.n = 0
        self.spans: list[Span] = []
        self.keep: list[Span] = []
        self.findings: list[dict[str, Any]] = []
        self.entities: list[Span] = []
        self.memo: dict[str, Any] = {}

    def put(self, text: str) -> None:
        """Write plain text."""
        self.parts.append(text)
        self.n += len(text)

    def mark(self, text: str, category: str, subtype: str) -> None:
        """Write an identifier."""
        if text:
            start = self.n
            self.parts.append(text)
            self.n = start + len(text)
            self.spans.append((start, self.n, category, subtype))

    def protect(self, text: str, why: str) -> None:
        """Write something that must survive de-identification."""
        start = self.n
        self.parts.append(text)
        self.n = start + len(text)
        self.keep.append((start, self.n, why, ""))

    def pick(self, of: Sequence[T]) -> T:
        """One of a sequence, evenly."""
        return of[int(self.r() * len(of))]

    def chance(self, p: float) -> bool:
        """True with probability `p`."""
        return self.r() < p


Leaf = Callable[[Writer], None]
