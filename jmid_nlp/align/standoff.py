"""Annotation spans carried between an original text and its edited (folded, de-identified) copy, in either direction.

The rule: a span outside all edits is kept. One that an edit only cuts at a rim is trimmed to what was not edited. One that
holds whole edits inside keeps them (its surface changes). One that lies inside an edit, or of which nothing unedited is
left, is dropped. Every decision is counted; nothing moves in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from jmid_nlp.offsets import OffsetMap
from jmid_nlp.schema import Edit

Fate = Literal["kept", "around", "trimmed", "dropped"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Carried:
    """Where a span went: its place in the other text (None where it was dropped) and what happened to it."""

    source: Span
    target: Span | None
    fate: Fate


@dataclass(frozen=True, slots=True)
class CarriedSpans:
    """The fate of each span, in the order given, and how many had which."""

    spans: tuple[Carried, ...]
    counts: Mapping[str, int] = field(default_factory=dict)


def edit_map(edits: Iterable[Edit]) -> tuple[OffsetMap, tuple[tuple[int, int, int, int], ...]]:
    """The offset map of a de-identified report and all its edits as blocks, those of equal length too."""
    blocks = tuple(sorted((e.start, e.end, e.new_start, e.new_end) for e in edits))
    return OffsetMap(blocks), blocks


def carry(
    spans: Sequence[Span],
    edits: OffsetMap | Iterable[Edit],
    *,
    back: bool = False,
) -> CarriedSpans:
    """Carry spans through edits.

    Args:
        spans: `[start, end)` in the original text, or in the edited one with `back`.
        edits: The edits of a `DeidReport`, or an `OffsetMap`. A map knows only edits that it was given as blocks: where
            replacements may have the length of what they replace, hand in the edits themselves.
        back: From the edited text to the original.

    Returns:
        For each span its place on the other side: `kept` (no edit touches it), `around` (it holds whole edits), `trimmed`
        (an edit cut a rim off) or `dropped`.

    Raises:
        ValueError: A span is empty or turned round.
    """
    if isinstance(edits, OffsetMap):
        table, blocks = edits, edits.blocks
    else:
        table, blocks = edit_map(edits)
    own = [(b[2], b[3]) for b in blocks] if back else [(b[0], b[1]) for b in blocks]
    out = tuple(_carry(span, own, table, back) for span in spans)
    counts = Counter(c.fate for c in out)
    return CarriedSpans(out, {fate: counts[fate] for fate in ("kept", "around", "trimmed", "dropped")})


def _carry(span: Span, own: Sequence[Span], table: OffsetMap, back: bool) -> Carried:
    start, end = span
    if not 0 <= start < end:
        raise ValueError(f"span {start}:{end} is empty or turned round")
    touched = [(a, b) for a, b in own if (a < end and b > start) or (a == b and start < a < end)]
    low, high = start, end
    for a, b in touched:
        if a < start < b:
            low = max(low, b)
        if a < end < b:
            high = min(high, a)
    whole = [(a, b) for a, b in touched if low <= a and b <= high]
    left = (high - low) - sum(b - a for a, b in whole)
    if high <= low or left <= 0:
        return Carried(span, None, "dropped")
    move = table.to_source if back else table.to_target
    fate: Fate = "trimmed" if (low, high) != span else "around" if whole else "kept"
    return Carried(span, move(low, high), fate)
