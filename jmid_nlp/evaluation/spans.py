"""Spans against spans: overlap, best partner, exact and overlapping agreement by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jmid_nlp.evaluation.counts import Counts, Measure, Tally, prf

Span = Mapping[str, Any]


def overlap(a: Span, b: Span) -> int:
    """How many characters two spans share."""
    shared: int = min(a["end"], b["end"]) - max(a["start"], b["start"])
    return max(0, shared)


def touches(span: Span, others: Iterable[Span]) -> bool:
    """Whether a span shares a character with one of the others."""
    return any(overlap(span, other) for other in others)


def positions(spans: Iterable[Span]) -> set[int]:
    """All characters that spans cover."""
    return {at for span in spans for at in range(span["start"], span["end"])}


def best(span: Span, others: Sequence[Span]) -> Span | None:
    """The other span that shares most characters, the first of equals; None where none shares any."""
    found = max(others, key=lambda other: overlap(span, other), default=None)
    return found if found is not None and overlap(span, found) else None


def tally_spans(tally: Tally, label: str, gold: Sequence[Span], made: Sequence[Span]) -> None:
    """Count one label's spans: same start and end is exact, one shared character is overlap."""
    places = Counter((s["start"], s["end"]) for s in gold).keys() & Counter((s["start"], s["end"]) for s in made).keys()
    tally.add("span", "gold", label, by=len(gold))
    tally.add("span", "made", label, by=len(made))
    tally.add("span", "exact", label, by=len(places))
    tally.add("span", "touched", label, by=sum(touches(g, made) for g in gold))
    tally.add("span", "touching", label, by=sum(touches(m, gold) for m in made))


def span_measures(c: Counts, labels: Iterable[str]) -> dict[str, Measure]:
    """Exact and overlap precision, recall and F1 over these labels together."""
    names = list(labels)
    gold, made, exact, touched, touching = (
        c.total("span", [(what, label) for label in names]) for what in ("gold", "made", "exact", "touched", "touching")
    )
    return prf("exact_", exact, gold, exact, made) | prf("overlap_", touched, gold, touching, made)
