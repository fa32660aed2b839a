"""Findings and annotations for the tests, made by hand: a report is marked, the attributes are given beside it."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

from jmid_nlp.align.match import AlignOptions, align
from jmid_nlp.schema import Alignment, AnnotationRecord, Finding, ImageRef, Report, SiteMention

_MARK = re.compile(r"\[([^\[\]]+)\]")
UID = "2.25.77"


def report(
    marked: str, *attributes: dict[str, Any], exam_date: str | None = "2024-05-01"
) -> tuple[Report, list[Finding]]:
    """A report whose findings stand in brackets, in order, each with the attributes of its dict.

    `at` names the sites as they stand in the text, `size` and `prior` are lists of dimensions, `ref` is (series, image).
    """
    text, spans, at = "", [], 0
    for m in _MARK.finditer(marked):
        text += marked[at : m.start()]
        spans.append((len(text), len(text) + len(m[1])))
        text += m[1]
        at = m.end()
    text += marked[at:]
    assert len(spans) == len(attributes)
    findings = [_finding(text, s, e, dict(a)) for (s, e), a in zip(spans, attributes, strict=True)]
    return Report(report_id="R", text=text, study_uid=UID, patient_id="P", exam_date=exam_date), findings


def _finding(text: str, start: int, end: int, a: dict[str, Any]) -> Finding:
    sites = []
    for words in a.pop("at", ()):
        found = text.rfind(words, 0, start)
        found = found if found >= 0 else text.find(words)
        sites.append(SiteMention(found, found + len(words)))
    sizes = tuple(tuple(float(v) for v in s) for s in a.pop("size", ()))
    prior = tuple(tuple(float(v) for v in s) for s in a.pop("prior", ()))
    refs = (ImageRef(*a.pop("ref")),) if "ref" in a else ()
    certainty = a.pop("certainty", "positive")
    return Finding(start, end, text[start:end], None, certainty, tuple(sites), a.pop("side", None), sizes, prior,
                   image_refs=refs, **a)  # fmt: skip


def mark(
    ident: str, label: str | None, anatomy: str | None = None, side: str | None = None, *size: float, **more: Any
) -> AnnotationRecord:
    """An annotation of the study."""
    return AnnotationRecord(
        annotation_id=ident, label=label, anatomy=anatomy, laterality=side, size_mm=tuple(sorted(size, reverse=True)),
        **{"study_uid": UID, "created": "2024-05-10", **more},
    )  # fmt: skip


def run(
    told: tuple[Report, Sequence[Finding]], *marks: AnnotationRecord, options: AlignOptions | None = None
) -> Alignment:
    """The alignment, proved to be the same whatever the order of both sides."""
    text, findings = told
    given = {} if options is None else {"options": options}
    first = align("S", text, findings, marks, **given)
    for seed in range(4):
        shuffled, others = list(findings), list(marks)
        random.Random(seed).shuffle(shuffled)
        random.Random(seed + 9).shuffle(others)
        assert align("S", text, shuffled, others, **given) == first
    return first


def pairs(told: tuple[Report, Sequence[Finding]], alignment: Alignment) -> dict[str, int]:
    """Annotation id to the number of the finding that it was paired with."""
    number = {(f.start, f.end): n for n, f in enumerate(told[1])}
    return {p.annotation_id: number[p.start, p.end] for p in alignment.pairs}


def alone(told: tuple[Report, Sequence[Finding]], alignment: Alignment) -> list[int]:
    """Numbers of the findings without annotation."""
    number = {(f.start, f.end): n for n, f in enumerate(told[1])}
    return [number[s] for s in alignment.unmatched_findings]
