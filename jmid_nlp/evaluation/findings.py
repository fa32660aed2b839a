"""Findings: detection by overlap, and each attribute of the findings that were detected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jmid_nlp.evaluation.counts import Counts, Measures, Tally, macro_f1, prf, share
from jmid_nlp.evaluation.entities import CERTAINTIES
from jmid_nlp.evaluation.spans import Span, overlap, span_measures, tally_spans, touches

Row = Mapping[str, Any]
CONFUSIONS = ("certainty", "laterality", "change")


def _plain(name: str) -> Callable[[Span], Any]:
    return lambda finding: finding.get(name) if finding.get(name) != "null" else None


def _flag(name: str) -> Callable[[Span], Any]:
    return lambda finding: bool(finding.get(name))


def _sizes(name: str) -> Callable[[Span], Any]:
    """Sizes without their order, in tenths of a millimetre."""
    return lambda f: sorted(sorted(round(float(x), 1) for x in size) for size in f.get(name) or [])


def _refs(finding: Span) -> Any:
    return sorted(([ref.get("series"), ref.get("image")] for ref in finding.get("image_refs") or []), key=str)


def places(finding: Span) -> list[Span]:
    """The spans of a finding's sites."""
    return list(finding.get("location") or finding.get("locations") or [])


_VALUES: dict[str, Callable[[Span], Any]] = {
    "certainty": _plain("certainty"), "laterality": _plain("laterality"), "change": _plain("change"),
    "multiple": _flag("multiple"), "historical": _flag("historical"), "sizes": _sizes("sizes_mm"),
    "prior_sizes": _sizes("prior_sizes_mm"), "location": lambda f: [[p["start"], p["end"]] for p in places(f)],
    "image_refs": _refs,
}  # fmt: skip
_COLUMN = {"sizes": "sizes_mm", "prior_sizes": "prior_sizes_mm"}


def malformed(finding: Span) -> str | None:
    """The first attribute of a finding whose value has a form that cannot be compared."""
    for name, value in _VALUES.items():
        try:
            value(finding)
        except (TypeError, ValueError, AttributeError):
            return _COLUMN.get(name, name)
    return None


class Score:
    """Counts a report. Attributes that no gold finding has a field for are not scored.

    Args:
        gold: All gold rows.
    """

    def __init__(self, gold: Iterable[Row]) -> None:
        fields = {name for row in gold for finding in row["findings"] for name in finding}
        known = fields | ({"location"} if "locations" in fields else set())
        self.attributes = [name for name in _VALUES if _COLUMN.get(name, name) in known]

    def __call__(self, gold: Row, made: Row, tally: Tally) -> None:
        """Count one report: each gold finding takes the predicted one that shares most with it and is still free."""
        wanted = gold["findings"]
        found = [f for f in made["findings"] if touches(f, wanted) or not touches(f, gold["ignore"])]
        tally_spans(tally, "finding", wanted, found)
        used: set[int] = set()
        for finding in wanted:
            certainty = str(finding.get("certainty"))
            tally.add("gold", certainty)
            number = _partner(finding, found, used)
            if number is None:
                tally.error("missed", finding, gold=certainty)
                continue
            used.add(number)
            tally.add("hit", certainty)
            tally.add("every", certainty, by=self._compare(finding, found[number], tally))
        for finding in found:
            good = touches(finding, wanted)
            tally.add("made")
            tally.add("good", by=good)
            if not good:
                tally.error("spurious", finding, predicted=str(finding.get("certainty")))

    def _compare(self, gold: Span, made: Span, tally: Tally) -> bool:
        """Compare the attributes of a pair; true where all are right."""
        every = True
        for name in self.attributes:
            wanted, found = _VALUES[name](gold), _VALUES[name](made)
            right = _placed(gold, made) if name == "location" else wanted == found
            every &= right
            tally.add("attribute", name, by=right)
            if name in CONFUSIONS:
                tally.confuse(name, wanted, found)
            if not right:
                tally.error(name, gold, gold=wanted, predicted=found)
        return every


def _partner(finding: Span, made: list[Span], used: set[int]) -> int | None:
    def fit(number: int) -> tuple[int, int, int]:
        other = made[number]
        length = abs((other["end"] - other["start"]) - (finding["end"] - finding["start"]))
        return overlap(finding, other), -length, number

    free = [n for n, other in enumerate(made) if n not in used and overlap(finding, other)]
    return max(free, key=fit, default=None)


def _placed(gold: Span, made: Span) -> bool:
    """Whether each site of the gold is met, and none is given where the gold has none."""
    wanted, found = places(gold), places(made)
    return all(touches(site, found) for site in wanted) if wanted else not found


def measures(c: Counts) -> Measures:
    """All figures: overall, and recall by certainty."""
    hit = c("hit")
    overall = {
        **prf("", hit, c("gold"), c("good"), c("made")),
        **{k: v for k, v in span_measures(c, ["finding"]).items() if k.startswith("exact")},
        **{name: share(c("attribute", name), hit) for name in c.names("attribute")},
        "certainty_macro_f1": (macro_f1(c, "certainty", CERTAINTIES), hit),
        "every": share(c("every"), c("gold")),
    }
    return {"": overall} | {
        k: {"recall": share(c("hit", k), c("gold", k)), "every": share(c("every", k), c("gold", k))}
        for k in c.names("gold")
    }
