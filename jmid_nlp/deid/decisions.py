"""Decisions of a reviewer, applied to the detections of the next run.

A file of JSON lines, each `{"id", "start", "end", "decision", "category"}`, with offsets in the report's text before
de-identification; other fields, such as those of the review list, are passed over. Decisions:

- `accept`: what was detected there is an identifier, whatever its score.
- `remove`: it is none; its text stays.
- `add`: an identifier of `category` stands there.

A row `{"id", "decision": "done"}`, which the review page writes, says that the report was read as a whole; it changes nothing
in the next run, but makes the report one whose right answers are known (`Decisions.answers`).

A report whose decisions contradict each other or do not fit its text is withheld: the list was made for another text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from jmid_nlp.errors import FileFormatError, WithheldError
from jmid_nlp.schema import CATEGORIES, Category, Identifier, Report

Detector = Callable[..., "tuple[Identifier, ...]"]
KINDS = ("accept", "remove", "add")
DONE = "done"


@dataclass(frozen=True, slots=True, order=True)
class Decision:
    """One decision on `[start, end)` of a report's text; `category` is needed for `add` and may correct an `accept`."""

    start: int
    end: int
    decision: str
    category: str | None = None


class Decisions:
    """Decisions by report id.

    Args:
        rows: `(report id, decision)` pairs; None in the place of a decision says that the report was read as a whole.
    """

    def __init__(self, rows: Iterable[tuple[str, Decision | None]] = ()) -> None:
        kept: dict[str, set[Decision]] = {}
        read: set[str] = set()
        for report_id, decision in rows:
            if decision is None:
                read.add(report_id)
            else:
                kept.setdefault(report_id, set()).add(decision)
        self._read = frozenset(read)
        self._by_id: Mapping[str, tuple[Decision, ...]] = {
            k: tuple(sorted(v, key=lambda d: (d.start, d.end, d.decision))) for k, v in kept.items()
        }

    @classmethod
    def read(cls, path: Path) -> Decisions:
        """Decisions from a file of JSON lines.

        Raises:
            FileFormatError: A line is no decision; the message names the line.
        """
        rows = []
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise FileFormatError(f"{path.name}: cannot be read as UTF-8 text ({type(error).__name__})") from None
        for number, line in enumerate(lines, 1):
            if line.strip():
                rows.append(_parse(line, f"{path.name}, line {number}"))
        return cls(rows)

    def __len__(self) -> int:
        return sum(map(len, self._by_id.values()))

    def __repr__(self) -> str:
        return f"Decisions({len(self)} on {len(self._by_id)} reports)"

    @property
    def fingerprint(self) -> str:
        """A short hash over all decisions; their order does not change it."""
        plain = [(k, d.start, d.end, d.decision, d.category) for k, v in sorted(self._by_id.items()) for d in v]
        return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:16]

    def apply(self, report: Report, found: Iterable[Identifier]) -> tuple[Identifier, ...]:
        """The detections of a report's text after its decisions.

        Raises:
            WithheldError: The decisions contradict each other, reach beyond the text, or accept what nothing detected.
        """
        decisions = self._by_id.get(report.report_id, ())
        if not decisions:
            return tuple(found)
        _check(report, decisions)
        kept = list(found)
        for decision in decisions:
            kept = _apply(report.report_id, decision, kept)
        return tuple(sorted(kept, key=lambda i: (i.start, i.end)))

    def answers(self, reports: Iterable[Report]) -> Iterator[dict[str, Any]]:
        """The right answers of reports that were read as a whole, as gold of `evaluate`: `id`, `text`, `spans`, `keep`.

        Of other reports it is not known what else stands in them, so they are passed over.

        Raises:
            WithheldError: The decisions on a report contradict each other or reach beyond its text.
        """
        for report in reports:
            if report.report_id in self._read:
                decisions = self._by_id.get(report.report_id, ())
                _check(report, decisions)
                spans = [
                    (d.decision != "remove", {"start": d.start, "end": d.end, "category": d.category})
                    for d in decisions
                ]
                row = {"id": report.report_id, "text": report.text}
                yield row | {
                    "spans": [s for is_one, s in spans if is_one],
                    "keep": [s for is_one, s in spans if not is_one],
                }


def _parse(line: str, where: str) -> tuple[str, Decision | None]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("id"), str | int) or isinstance(row.get("id"), bool):
        raise FileFormatError(f"{where}: not a JSON object with the id of a report")
    if row.get("decision") == DONE:
        return str(row["id"]), None
    start, end, kind, category = (row.get(k) for k in ("start", "end", "decision", "category"))
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise FileFormatError(f"{where}: start and end must be whole numbers with 0 <= start < end")
    if kind not in KINDS:
        raise FileFormatError(f"{where}: decision must be one of {', '.join(KINDS)}")
    if category not in CATEGORIES and (kind == "add" or category is not None):
        raise FileFormatError(f"{where}: category must be one of {', '.join(CATEGORIES)}")
    return str(row["id"]), Decision(start, end, kind, category if kind != "remove" else None)


def _check(report: Report, decisions: tuple[Decision, ...]) -> None:
    if any(d.end > len(report.text) for d in decisions):
        raise WithheldError(report.report_id, "decisions", "a decision reaches beyond the end of the text")
    for one, other in zip(decisions, decisions[1:], strict=False):
        if other.start < one.end:
            raise WithheldError(report.report_id, "decisions", "two decisions overlap and contradict each other")


def _apply(report_id: str, decision: Decision, found: list[Identifier]) -> list[Identifier]:
    inside = [f for f in found if f.start < decision.end and decision.start < f.end]
    if decision.decision == "accept":
        if not inside:
            raise WithheldError(
                report_id, "decisions", "a decision accepts a detection that is not there; use add, or list anew"
            )
        sure = [replace(f, score=1.0, category=cast("Category", decision.category or f.category)) for f in inside]
        return [f for f in found if f not in inside] + sure
    kept = [f for f in found if f not in inside]
    for f in inside:  # what sticks out of the decided span stays detected
        kept += [replace(f, end=decision.start)] if f.start < decision.start else []
        kept += [replace(f, start=decision.end)] if f.end > decision.end else []
    if decision.decision == "add":
        category = cast("Category", decision.category)
        kept.append(Identifier(decision.start, decision.end, category, "reviewed", 1.0, "review"))
    return kept


@dataclass(frozen=True)
class Decided:
    """A detector whose finds in a report's own text are corrected by decisions. Picklable.

    Args:
        decisions: The decisions.
        detector: What detects; the package's own where None.
    """

    decisions: Decisions
    detector: Detector | None = None

    @property
    def fingerprint(self) -> str:
        """What the finds depend on besides the package, for provenance."""
        return "+".join(
            p for p in (getattr(self.detector, "fingerprint", ""), f"decisions {self.decisions.fingerprint}") if p
        )

    def __call__(self, text: str, known: Report | None = None) -> tuple[Identifier, ...]:
        """The identifiers of a text; decisions count where it is the text of the report `known`."""
        found = _detect(self.detector, text, known)
        return self.decisions.apply(known, found) if known is not None and text == known.text else found


def _detect(detector: Any, text: str, known: Report | None) -> tuple[Identifier, ...]:
    if detector is None:
        from jmid_nlp.deid.detect import detect

        detector = detect
    found: tuple[Identifier, ...] = detector(text, known=known)
    return found
