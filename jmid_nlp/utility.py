"""Proof of use: the findings of a report before and after de-identification, compared one by one.

De-identification may change names, numbers and dates; it must not change what the report says of the patient's body. The
comparison maps each finding through the edits and names every attribute that differs. It holds offsets and attribute names,
never text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from jmid_nlp.deid.replace import offset_map
from jmid_nlp.offsets import OffsetMap, Span
from jmid_nlp.schema import Edit, Extraction, Finding

ATTRIBUTES = (
    "concept", "certainty", "locations", "laterality", "sizes_mm", "prior_sizes_mm", "change", "multiple", "historical",
    "image_refs", "section", "attributes", "number", "recommendation", "compared_to",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the findings of a report and of its de-identified text.

    Attributes:
        report_id: The report's id before de-identification.
        kind: `replaced` where an edit touches the finding's own words, `lost` and `new` where only one side has it, `changed`
            where both have it and an attribute differs.
        attribute: What differs: `span` for the finding as a whole, an attribute of `Finding`, `tnm.T`, `labels.SET.NAME`.
        start: Start of the finding in the source text; None for a new one and for what belongs to the whole report.
        end: Its end there.
        new_start: Start in the new text; None where it is not there.
        new_end: Its end there.
    """

    report_id: str
    kind: Literal["replaced", "lost", "new", "changed"]
    attribute: str
    start: int | None = None
    end: int | None = None
    new_start: int | None = None
    new_end: int | None = None


def compare(before: Extraction, after: Extraction, edits: Iterable[Edit]) -> list[Difference]:
    """Every difference between what was read from a report and from its de-identified text.

    Args:
        before: Read from the source text.
        after: Read from the new text.
        edits: What de-identification replaced, as in `DeidReport.edits`.

    Returns:
        Differences by position in the source, then those of the new text only, then those of the whole report. Empty where
        de-identification left all findings as they were.
    """
    edits = tuple(edits)
    to_new = offset_map(edits)
    touched = [(e.start, e.end) for e in edits]
    waiting: dict[Span, list[Finding]] = {}
    for finding in after.findings:
        waiting.setdefault((finding.start, finding.end), []).append(finding)
    found: list[Difference] = []
    name = before.report_id
    for finding in before.findings:
        span = to_new.to_target(finding.start, finding.end)
        where = (finding.start, finding.end, *span)
        partners = waiting.get(span, [])
        partner = _take(finding, partners, to_new)
        if any(s < finding.end and finding.start < e for s, e in touched):
            found.append(Difference(name, "replaced", "span", *where))
        if partner is None:
            found.append(Difference(name, "lost", "span", finding.start, finding.end))
            continue
        found += [Difference(name, "changed", a, *where) for a in _changed(finding, partner, to_new)]
    left = sorted((f.start, f.end) for rest in waiting.values() for f in rest)
    found += [Difference(name, "new", "span", None, None, s, e) for s, e in left]
    found += [Difference(name, "changed", a) for a in _whole(before, after)]
    return found


def _take(finding: Finding, partners: list[Finding], to_new: OffsetMap) -> Finding | None:
    """The finding over the same words that agrees best, taken out of the list."""
    if not partners:
        return None
    best = min(range(len(partners)), key=lambda i: len(list(_changed(finding, partners[i], to_new))))
    return partners.pop(best)


def _changed(before: Finding, after: Finding, to_new: OffsetMap) -> Iterator[str]:
    for name in ATTRIBUTES:
        old, new = getattr(before, name), getattr(after, name)
        if name == "locations":
            old = sorted((*to_new.to_target(s.start, s.end), s.site or "") for s in old)
            new = sorted((s.start, s.end, s.site or "") for s in new)
        elif name in _SAID:
            old, new = _SAID[name](old), _SAID[name](new)
        if old != new:
            yield name


# What an attribute says, without its spans, which move; the date compared with is shifted on purpose.
_SAID: dict[str, Callable[[Any], Any]] = {
    "attributes": lambda found: [replace(a, spans=()) for a in found],
    "number": lambda count: count and (count.low, count.high),
    "recommendation": lambda found: [replace(r, spans=()) for r in found],
    "compared_to": lambda found: found is not None,
}


def _whole(before: Extraction, after: Extraction) -> Iterator[str]:
    """Attributes of the report as a whole: stage and labels."""
    for part in ("T", "N", "M"):
        if getattr(before.tnm, part, None) != getattr(after.tnm, part, None):
            yield f"tnm.{part}"
    old, new = _flat(before.labels), _flat(after.labels)
    yield from (f"labels.{k}" for k in sorted(old.keys() | new.keys()) if old.get(k) != new.get(k))


def _flat(labels: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {f"{group}.{name}": value for group, values in labels.items() for name, value in values.items()}
