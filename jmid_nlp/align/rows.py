"""Rows of studies in, rows of alignments out: the form of `jmid-nlp align`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jmid_nlp.annotation_rows import Where, parse_record, read_text
from jmid_nlp.errors import RowError
from jmid_nlp.schema import Alignment, AnnotationRecord, Report

_REPORT_TEXTS = ("study_uid", "patient_id", "modality", "exam_date", "body_part", "accession_number")


def parse_study(row: Mapping[str, Any], row_number: int) -> tuple[Report, list[AnnotationRecord]]:
    """The report and the annotations of one row `{"id", "report": {...}, "annotations": [...]}`.

    Args:
        row: One study; `report.text` and `annotations` (may be empty) are needed. Each annotation needs `annotation_id`.
        row_number: Zero-based position, for error messages.

    Returns:
        The report (its id is `report.report_id`, else the row's id) and the annotation records in the row's order.

    Raises:
        RowError: A field is missing or of the wrong kind; the message names row and field, never the value.
    """
    row_id = row.get("id")
    if not isinstance(row_id, str | int) or row_id == "":
        raise RowError(row=row_number, field="id", reason="missing; every study needs an id")
    at = Where(row_number, str(row_id))
    report = row.get("report")
    if not isinstance(report, Mapping):
        raise at.error("report", "must be an object with 'text'")
    text = report.get("text")
    if not isinstance(text, str):
        raise at.error("report.text", "must be a string")
    told: dict[str, str | None] = {k: read_text(report.get(k), f"report.{k}", at) for k in _REPORT_TEXTS}
    report_id = read_text(report.get("report_id") or report.get("id"), "report.report_id", at) or at.row_id
    annotations = row.get("annotations", [])
    if annotations is None:
        annotations = []
    if not isinstance(annotations, list | tuple):
        raise at.error("annotations", "must be a list")
    records = [parse_record(a, n, at) for n, a in enumerate(annotations)]
    seen: set[str] = set()
    for n, record in enumerate(records):
        if record.annotation_id in seen:
            raise at.error(f"annotations[{n}].annotation_id", "stands twice in this study; ids must differ")
        seen.add(record.annotation_id)
    return Report(report_id=report_id, text=text, **told), records  # type: ignore[arg-type]


def alignment_row(alignment: Alignment) -> dict[str, Any]:
    """An alignment in the contract's form, ready for JSON; pairs for review carry `"decision": "review"`."""
    return {
        "id": alignment.study_id,
        "pairs": [
            {
                "start": p.start,
                "end": p.end,
                "annotation_id": p.annotation_id,
                "score": p.score,
                "decision": p.decision,
                "why": list(p.why),
            }
            for p in alignment.pairs
        ],
        "unmatched_annotations": list(alignment.unmatched_annotations),
        "unmatched_findings": [{"start": s, "end": e} for s, e in alignment.unmatched_findings],
        "abstained": dict(alignment.abstained),
    }
