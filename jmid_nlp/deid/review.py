"""The review list of a report: weak detections, and words left in the text that could be names or numbers.

Each item says where, why and how risky; the string itself only where it is asked for. A person reads the list and writes
decisions (`jmid_nlp.deid.decisions`), which the next run applies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from jmid_nlp.deid.policy import Policy
from jmid_nlp.deid.unknown import beside_cue, label_values, unknown_words
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Identifier, Report

Detector = Callable[..., "tuple[Identifier, ...]"]
#: Detections with a lower score are listed.
LIMIT = 0.75
_LEFT_IN, _WEAK, _NO_CUE = 0.95, 0.15, 0.1
_NEEDS_CUE = frozenset(("PERSON", "OCCUPATION"))


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """Something a person should look at; `[start, end)` of the report's text.

    Attributes:
        reason: `below_threshold` (detected, but left in the text by the policy's threshold), `weak` (a low score), `no_cue` (a
            single detector took it for a name, without label, honorific or a second mention), else the kind of an unknown word.
        category: Category of the detection; empty for a word that nothing detected.
        score: Score of the detection; 0 for a word that nothing detected.
        risk: Order of the list, from 1 for what should be looked at first; what is left in the text comes first.
    """

    start: int
    end: int
    reason: str
    category: str
    score: float
    risk: float


def review(
    report: Report, *, policy: Policy | None = None, limit: float = LIMIT, detector: Detector | None = None
) -> list[ReviewItem]:
    """What a person should look at in a report before its de-identified form is released.

    Args:
        report: The report before de-identification.
        policy: The policy of the run, for its thresholds.
        limit: Detections with a lower score are listed as weak.
        detector: `detector(text, known=Report | None)`; the package's own where None.

    Returns:
        Items by risk, the highest first, then by position.
    """
    if detector is None:
        from jmid_nlp.deid.detect import detect

        detector = detect
    text = report.text
    found = detector(text, known=report)
    items = list(_detections(text, found, policy, limit))
    words = unknown_words(text, [(f.start, f.end) for f in found])
    items += [ReviewItem(w.start, w.end, f"{w.kind}_beside_cue" if w.cue else w.kind, "", 0.0, w.risk) for w in words]
    return sorted(items, key=lambda i: (-i.risk, i.start, i.end))


def _detections(text: str, found: Iterable[Identifier], policy: Policy | None, limit: float) -> Iterator[ReviewItem]:
    view, found = fold(text), tuple(found)
    values = label_values(view.text)
    seen: dict[str, int] = {}
    for f in found:
        seen[text[f.start : f.end]] = seen.get(text[f.start : f.end], 0) + 1
    for f in found:
        if policy is not None and f.score < policy.rule(f.category, f.subtype).threshold:
            yield ReviewItem(f.start, f.end, "below_threshold", f.category, f.score, _LEFT_IN)
        elif f.score < limit:
            yield ReviewItem(f.start, f.end, "weak", f.category, f.score, _WEAK)
        elif (
            f.category in _NEEDS_CUE
            and f.score < 0.9
            and seen[text[f.start : f.end]] == 1
            and not beside_cue(view.text, *view.map.to_target(f.start, f.end), values)
        ):
            yield ReviewItem(f.start, f.end, "no_cue", f.category, f.score, _NO_CUE)


def review_rows(report: Report, items: Iterable[ReviewItem], *, with_text: bool = False) -> list[dict[str, Any]]:
    """The items as rows of the list.

    Args:
        report: The report they belong to.
        items: What `review` gave.
        with_text: True to add the string itself and some text around it: the list then holds identifiers.
    """
    rows = []
    for item in items:
        row: dict[str, Any] = {"id": report.report_id, "start": item.start, "end": item.end, "reason": item.reason}
        row |= {"category": item.category or None, "score": item.score, "risk": item.risk}
        if with_text:
            row |= shown(report.text, item.start, item.end)
        rows.append(row)
    return rows


def shown(text: str, start: int, end: int) -> dict[str, str]:
    """The string at a place, and twelve characters on either side."""
    return {"text": text[start:end], "before": text[max(0, start - 12) : start], "behind": text[end : end + 12]}


def by_risk(records: Callable[[], Iterator[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Rows of a list with the highest risk first, else in their order; reads them once per level of risk, holds none.

    Args:
        records: Reads the rows anew each time it is called.
    """
    for level in sorted({row["risk"] for row in records()}, reverse=True):
        yield from (row for row in records() if row["risk"] == level)
