"""What a row of each task's dataset holds, and the explicit features it is stored with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from jmid_nlp.errors import InputError
from jmid_nlp.schema import (
    CATEGORIES,
    AnnotationRecord,
    Certainty,
    DeidReport,
    Entity,
    EntityType,
    Extraction,
    Finding,
    Link,
    to_plain,
)

Row = dict[str, Any]
LABEL_VALUES = ("absent", "negative", "uncertain", "positive")
CERTAINTIES = get_args(Certainty)
LATERALITIES = ("none", "left", "right", "bilateral", "midline")
ENTITY_TYPES = get_args(EntityType)
# `attr` of an entity: certainty of a disease, state of a test or remedy; "none" where the scheme has none.
ATTRIBUTES = ("none", "positive", "suspicious", "negative", "general", "executed", "scheduled", "negated", "other")


@dataclass(frozen=True, slots=True)
class Study:
    """All that a row can be made from.

    Args:
        report: The de-identified report.
        extraction: What was read from its text.
        links: Findings and marks of the same lesion.
        annotations: The marks by their id; those of other studies may be among them.
        readings: Spans that people marked in the text, by reader, where their agreement is to be told.
    """

    report: DeidReport
    extraction: Extraction
    links: tuple[Link, ...] = ()
    annotations: Mapping[str, AnnotationRecord] | None = None
    readings: Mapping[str, tuple[Entity, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """A task: how a study becomes rows, and the features of these rows."""

    name: str
    rows: Callable[[Study], list[Row]]
    features: Callable[[], Any]


def task_named(name: str, *, label_set: str, label_names: Sequence[str]) -> Task:
    """The task of that name.

    Args:
        name: `entities`, `classification`, `grounding`, `staging` or `deid`.
        label_set: For `classification`: the label set whose values become columns.
        label_names: The labels of that set, in the order of the columns.

    Raises:
        InputError: There is no such task.
    """
    tasks = {
        "entities": Task("entities", _entities, _entity_features),
        "classification": Task(
            "classification", lambda s: _classes(s, label_set, label_names), lambda: _class_features(label_names)
        ),
        "grounding": Task("grounding", _grounding, _grounding_features),
        "staging": Task("staging", _staging, _staging_features),
        "deid": Task("deid", _deid, _deid_features),
    }
    if name not in tasks:
        raise InputError(f"task {name!r} is not known; choose one of {', '.join(tasks)}")
    return tasks[name]


def _head(study: Study) -> Row:
    report = study.report
    row = {"id": report.report_id, "patient_id": report.patient_id, "study_uid": report.row.get("study_uid")}
    return row | {"text": report.text}


def _head_features() -> Row:
    from datasets import Value

    return {name: Value("string") for name in ("id", "patient_id", "study_uid", "text")}


def _entities(study: Study) -> list[Row]:
    spans = [
        {"start": e.start, "end": e.end, "type": e.type, "attr": e.attr or "none"} for e in study.extraction.entities
    ]
    return [_head(study) | {"entities": spans}]


def _entity_features() -> Any:
    from datasets import ClassLabel, Features, List, Value

    span = {"start": Value("int32"), "end": Value("int32"), "type": ClassLabel(names=list(ENTITY_TYPES))}
    return Features(_head_features() | {"entities": List(span | {"attr": ClassLabel(names=list(ATTRIBUTES))})})


def _classes(study: Study, label_set: str, label_names: Sequence[str]) -> list[Row]:
    values = study.extraction.labels.get(label_set, {})
    return [_head(study) | {name: values.get(name, "absent") for name in label_names}]


def _class_features(label_names: Sequence[str]) -> Any:
    from datasets import ClassLabel, Features

    return Features(_head_features() | {n: ClassLabel(names=list(LABEL_VALUES)) for n in label_names})


def _grounding(study: Study) -> list[Row]:
    rows = []
    found = {(f.start, f.end): f for f in study.extraction.findings}
    for link in study.links:
        mark = (study.annotations or {}).get(link.annotation_id)
        if mark is None:
            continue
        # A measured lymph node takes annotations, too, though it is no abnormal finding.
        words = study.report.text[link.start : link.end]
        finding = found.get((link.start, link.end)) or Finding(link.start, link.end, words, None, "positive")
        row = _head(study) | {"start": link.start, "end": link.end, "finding": finding.text, "concept": finding.concept}
        row |= {"certainty": finding.certainty, "laterality": finding.laterality or "none", "score": link.score}
        row |= {"annotation_id": mark.annotation_id, "kind": mark.kind, "label": mark.label, "anatomy": mark.anatomy}
        row |= {"series_number": mark.series_number, "image_number": mark.image_number, "bbox": list(mark.bbox)}
        row |= {"image_range": list(mark.image_range or ()), "size_mm": list(mark.size_mm), "sop_uid": mark.sop_uid}
        row |= _described(finding)
        rows.append(row | {"id": f"{study.report.report_id}/{mark.annotation_id}"})
    return rows


def _described(finding: Finding) -> Row:
    """What the report says of a finding beside what and where it is: how it looks, how many, what to do, codes."""
    number = finding.number
    return {
        "attributes": [{k: to_plain(getattr(a, k)) for k in _ATTRIBUTE} for a in finding.attributes],
        "number_low": number.low if number is not None else None,
        "number_high": number.high if number is not None else None,
        "recommendation": [{k: to_plain(getattr(r, k)) for k in _ADVICE} for r in finding.recommendation],
        "codes": [to_plain(c) for c in finding.codes],
    }


_ATTRIBUTE = ("kind", "value", "present", "sequence", "phase", "part", "numbers", "unit", "prior", "spans")
_ADVICE = ("action", "modality", "interval_days", "needed", "conditional", "spans")


def _described_features() -> Row:
    from datasets import List, Value

    text, whole, real, yes = Value("string"), Value("int32"), Value("float32"), Value("bool")
    spans = List(List(whole))
    look = dict.fromkeys(("kind", "value", "sequence", "phase", "part", "unit"), text)
    look |= {"present": yes, "prior": yes, "numbers": List(real), "spans": spans}
    advice = {"action": text, "modality": text, "interval_days": List(whole), "needed": yes, "conditional": yes}
    return {
        "attributes": List(look),
        "number_low": whole,
        "number_high": whole,
        "recommendation": List(advice | {"spans": spans}),
        "codes": List({"system": text, "code": text}),
    }


def _grounding_features() -> Any:
    from datasets import ClassLabel, Features, List, Value

    text, whole, real = Value("string"), Value("int32"), Value("float32")
    span = {
        "start": whole,
        "end": whole,
        "finding": text,
        "concept": text,
        "certainty": ClassLabel(names=list(CERTAINTIES)),
    }
    link = {"laterality": ClassLabel(names=list(LATERALITIES)), "score": real, "annotation_id": text, "kind": text}
    mark = {"label": text, "anatomy": text, "series_number": whole, "image_number": whole, "bbox": List(real)}
    return Features(
        _head_features()
        | span
        | link
        | mark
        | {"image_range": List(whole), "size_mm": List(real), "sop_uid": text}
        | _described_features()
    )


def _staging(study: Study) -> list[Row]:
    tnm = study.extraction.tnm
    if tnm is None:
        return []
    values = {"T": tnm.T, "N": tnm.N, "M": tnm.M, "edition": tnm.edition}
    return [_head(study) | values | {"stated": sorted(tnm.stated)}]


def _staging_features() -> Any:
    from datasets import Features, List, Value

    text = Value("string")
    return Features(
        _head_features() | {"T": text, "N": text, "M": text, "edition": Value("int32"), "stated": List(text)}
    )


def _deid(study: Study) -> list[Row]:
    spans = [{"start": e.new_start, "end": e.new_end, "category": e.category} for e in study.report.edits]
    return [_head(study) | {"spans": spans}]


def _deid_features() -> Any:
    from datasets import ClassLabel, Features, List, Value

    span = {"start": Value("int32"), "end": Value("int32"), "category": ClassLabel(names=list(CATEGORIES))}
    return Features(_head_features() | {"spans": List(span)})
