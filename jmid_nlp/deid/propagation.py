"""What one report of a patient proves is looked for in the patient's other reports: names, numbers, facilities.

The strings are held in memory for the run and written nowhere; the representation of a book shows counts only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from jmid_nlp.deid.evidence import LABELLED, Hit
from jmid_nlp.deid.merge import propagate, resolve
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Category, Identifier, Report

Detector = Callable[..., "tuple[Identifier, ...]"]
CATEGORIES = ("PERSON", "ID", "FACILITY")
#: Detections with a lower score prove nothing for other reports.
PROVEN = 0.85
_LONGEST = 64
_MOST = 256  # strings a patient: more come from a record that is not one patient's


@dataclass(frozen=True, slots=True, order=True)
class Proof:
    """A string that a report proved to be an identifier."""

    value: str = field(repr=False)
    category: Category
    subtype: str


def proofs(report: Report, found: Iterable[Identifier]) -> set[Proof]:
    """What the detections of a report's text prove, as folded strings."""
    out = set()
    for f in found:
        if f.category in CATEGORIES and f.score >= PROVEN and 1 < f.end - f.start <= _LONGEST:
            value = " ".join(fold(report.text[f.start : f.end]).text.split())
            out.add(Proof(value, f.category, f.subtype))
    return out


class PatientBook:
    """Proven strings by patient id. Filled in a first pass over the reports, read in the second."""

    def __init__(self) -> None:
        self._proofs: dict[str, set[Proof]] = {}

    def add(self, patient_id: str | None, found: Iterable[Proof]) -> None:
        """Keeps what one report of a patient proved; a report without patient id proves nothing for others."""
        if patient_id:
            kept = self._proofs.setdefault(patient_id, set())
            kept.update(sorted(found)[: max(0, _MOST - len(kept))])

    def of(self, patient_id: str | None) -> tuple[Proof, ...]:
        """The strings proven for a patient, in a fixed order."""
        return tuple(sorted(self._proofs.get(patient_id or "", ())))

    def __len__(self) -> int:
        return sum(map(len, self._proofs.values()))

    def __repr__(self) -> str:
        return f"PatientBook({len(self)} strings of {len(self._proofs)} patients)"


@dataclass(frozen=True)
class Propagated:
    """A detector that also finds what other reports of the same patient proved. Picklable.

    Args:
        book: The proven strings.
        detector: What detects; the package's own where None.
    """

    book: PatientBook
    detector: Detector | None = None

    @property
    def fingerprint(self) -> str:
        """What the finds depend on besides the package, for provenance."""
        return "+".join(p for p in (getattr(self.detector, "fingerprint", ""), "propagated") if p)

    def __call__(self, text: str, known: Report | None = None) -> tuple[Identifier, ...]:
        """The identifiers of a text; `known` names the patient."""
        found = _detect(self.detector, text, known)
        proven = self.book.of(known.patient_id) if known is not None else ()
        if not proven:
            return found
        allows = getattr(self.detector, "allows", None)  # a site's list of strings that are no identifiers
        more = _more(text, found, proven)
        return (*found, *(m for m in more if allows is None or not allows(text[m.start : m.end])))


def _more(text: str, found: tuple[Identifier, ...], proven: tuple[Proof, ...]) -> list[Identifier]:
    """Places outside the detections where a proven string stands.

    The strings are put behind the text as if it went on, so that the rules of spreading within one report apply unchanged.
    """
    view = fold(text)
    size = len(view.text)
    hits = [Hit(*view.map.to_target(f.start, f.end), f.category, f.subtype, 0.0, f.detector, LABELLED) for f in found]
    behind, at = [], size + 1
    for proof in proven:
        hits.append(Hit(at, at + len(proof.value), proof.category, proof.subtype, PROVEN, "", LABELLED))
        behind.append(proof.value)
        at += len(proof.value) + 1
    spread = propagate("\n".join([view.text, *behind]), hits)
    more: list[Identifier] = []
    for hit in resolve(h for h in spread if h.end <= size):
        start, end = view.source(hit.start, hit.end)
        more.append(Identifier(start, end, hit.category, hit.subtype, hit.score, "patient"))
    return more


def _detect(detector: Any, text: str, known: Report | None) -> tuple[Identifier, ...]:
    if detector is None:
        from jmid_nlp.deid.detect import detect

        detector = detect
    found: tuple[Identifier, ...] = detector(text, known=known)
    return found
