"""Token views of one text: characters, fugashi tokens, spaCy tokens and subwords, and how a span lies on each of them.

Characters are the truth; a token is a view of them. A span that token borders do not hold is never moved in silence: it is
grown to whole tokens and marked `expanded`, or it is `lost`, and both are counted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Span = tuple[int, int]
Fit = Literal["exact", "expanded", "lost"]


@dataclass(frozen=True, slots=True)
class OnTokens:
    """Where a span of characters lies on tokens: tokens `first` to `last` (one past the end), and how well they hold it.

    `span` is what these tokens cover; it equals the given span where `fit` is `exact`. A lost span has no tokens.
    """

    source: Span
    first: int
    last: int
    span: Span | None
    fit: Fit


class View:
    """Tokens as spans of characters, ascending in start and end; several tokens may share a character.

    Args:
        spans: `[start, end)` of each token in the original text; None for a token without characters ([CLS]) or one whose
            place is not known. Such tokens keep their number and hold no character.

    Raises:
        ValueError: The spans do not ascend.
    """

    __slots__ = ("_ends", "_numbers", "_starts", "spans")

    def __init__(self, spans: Iterable[Span | None]) -> None:
        self.spans: tuple[Span | None, ...] = tuple(spans)
        placed = [(s[0], s[1], n) for n, s in enumerate(self.spans) if s is not None and s[0] < s[1]]
        self._starts = [p[0] for p in placed]
        self._ends = [p[1] for p in placed]
        self._numbers = [p[2] for p in placed]
        if sorted(self._starts) != self._starts or sorted(self._ends) != self._ends:
            raise ValueError("token spans must ascend in start and end")

    def __len__(self) -> int:
        return len(self.spans)

    def __repr__(self) -> str:
        return f"View({len(self.spans)} tokens)"

    @classmethod
    def of_tokens(cls, tokens: Any) -> View:
        """The view of `jmid_nlp.text.tokens.Tokens`."""
        return cls(zip(tokens.starts, tokens.ends, strict=True))

    @classmethod
    def of_doc(cls, doc: Any) -> View:
        """The view of a spaCy `Doc`; its text must be the report's."""
        return cls((t.idx, t.idx + len(t.text)) for t in doc)

    def on_tokens(self, start: int, end: int) -> OnTokens:
        """The tokens that hold any character of `[start, end)`.

        Raises:
            ValueError: The span is empty or turned round.
        """
        if not 0 <= start < end:
            raise ValueError(f"span {start}:{end} is empty or turned round")
        low, high = bisect_right(self._ends, start), bisect_left(self._starts, end)
        if low >= high:
            return OnTokens((start, end), 0, 0, None, "lost")
        span = (self._starts[low], self._ends[high - 1])
        fit: Fit = "exact" if span == (start, end) else "expanded"
        return OnTokens((start, end), self._numbers[low], self._numbers[high - 1] + 1, span, fit)

    def on_characters(self, first: int, last: int) -> Span | None:
        """The characters of tokens `first` to `last` (one past the end); None where they hold none."""
        placed = [s for s in self.spans[first:last] if s is not None and s[0] < s[1]]
        return (placed[0][0], placed[-1][1]) if placed else None

    def onto(self, other: View) -> tuple[tuple[int, ...], ...]:
        """For each of these tokens, the numbers of the other view's tokens that share a character with it."""
        out: list[tuple[int, ...]] = []
        for span in self.spans:
            if span is None or span[0] >= span[1]:
                out.append(())
                continue
            low, high = bisect_right(other._ends, span[0]), bisect_left(other._starts, span[1])
            out.append(tuple(other._numbers[low:high]))
        return tuple(out)


def count_fits(view: View, spans: Sequence[Span]) -> tuple[tuple[OnTokens, ...], Mapping[str, int]]:
    """Each span on the view's tokens, in the order given, and how many were exact, expanded and lost."""
    placed = tuple(view.on_tokens(*span) for span in spans)
    counts = Counter(p.fit for p in placed)
    return placed, {fit: counts[fit] for fit in ("exact", "expanded", "lost")}


def split_at(view: View, spans: Sequence[Span]) -> View:
    """The view with its tokens cut at the borders of the given spans, so that each span is held exactly.

    Characters between tokens (blanks) stay outside all tokens. Tokens without a place are left out.
    """
    borders = sorted({edge for span in spans for edge in span})
    out: list[Span | None] = []
    for token in view.spans:
        if token is None or token[0] >= token[1]:
            continue
        cuts = borders[bisect_right(borders, token[0]) : bisect_left(borders, token[1])]
        edges = [token[0], *cuts, token[1]]
        out += list(zip(edges, edges[1:], strict=False))
    return View(dict.fromkeys(out))
