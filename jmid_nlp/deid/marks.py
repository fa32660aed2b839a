"""Annotation records under a policy: the same ids and dates as the reports they belong to, and no names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from jmid_nlp.deid.codes import is_pseudonym, pseudonym, remap_uid
from jmid_nlp.deid.dateshift import parse_day, shift_days, shift_text
from jmid_nlp.deid.deidentify import Deidentifier
from jmid_nlp.deid.detect import detect
from jmid_nlp.deid.generalise import tag
from jmid_nlp.schema import AnnotationRecord


def treat_annotation(
    record: AnnotationRecord, treat: Deidentifier, *, patients: Mapping[str, str] | None = None
) -> AnnotationRecord:
    """An annotation whose UIDs, patient and reader are mapped as the reports' are.

    Free text (label, anatomy) is kept where it holds no identifier; an identifier in it becomes a tag. The
    date of the mark is shifted with its patient's dates; where the patient is not known, or the policy does not shift
    dates, it is left out. The file a mark came from is left out, since paths often hold names.

    Args:
        record: The mark as read.
        treat: The callable that treated the reports.
        patients: Patient id by study UID, both as in the source, for marks that do not name their patient.
    """
    patient = record.patient_id or (patients or {}).get(record.study_uid or "")
    return replace(
        record,
        study_uid=_uid(record.study_uid, treat),
        series_uid=_uid(record.series_uid, treat),
        sop_uid=_uid(record.sop_uid, treat),
        tracking_uid=_uid(record.tracking_uid, treat),
        patient_id=_person(record.patient_id, "patient", treat),
        reader=_person(record.reader, "reader", treat),
        label=_words(record.label, treat),
        anatomy=_words(record.anatomy, treat),
        created=_created(record.created, patient, treat),
        source="",
    )


def _uid(value: str | None, treat: Deidentifier) -> str | None:
    """UIDs are mapped wherever the policy lets any link stay: otherwise reports and images could not be joined."""
    if value is None or treat.policy.columns["study_uid"].action != "uid":
        return None
    return remap_uid(value, treat.key, treat.uids)


def _person(value: str | None, kind: str, treat: Deidentifier) -> str | None:
    if value is None or treat.policy.columns["patient_id"].action != "pseudonym":
        return None
    return value if is_pseudonym(value) else pseudonym(treat.key, kind, value)


def _words(value: str | None, treat: Deidentifier) -> str | None:
    """Identifiers in a mark's free text become tags; a surrogate would need the report beside it."""
    if value is None:
        return None
    for found in reversed((treat.detector or detect)(value)):
        value = value[: found.start] + tag(found.category, found.subtype, treat.policy) + value[found.end :]
    return value


def _created(value: str | None, patient: str | None, treat: Deidentifier) -> str | None:
    if value is None or patient is None or treat.policy.columns["exam_date"].action != "shift":
        return None
    given = treat.date_shift_days
    days = shift_days(treat.key, patient, treat.policy) if given is None else given.get(patient)
    return None if days is None else shift_text(value[:10], days, parse_day(value[:10]))
