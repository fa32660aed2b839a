"""Findings of a de-identified report as FHIR R4: a bundle with one DiagnosticReport and one Observation a finding.

Plain JSON, made without a FHIR library. Where things are:

- `Observation.code`: the finding, by the codes of PS3.16 (SNOMED CT), of the library and of the user's terminologies;
- `Observation.valueCodeableConcept`: the certainty; `status` is `preliminary`, since no physician confirmed it;
- `bodySite` and components for further sites, laterality, sizes (UCUM mm), earlier sizes, change, number, looks;
- `derivedFrom`: the imaging study by its UID; `note`: what is advised; an extension holds the offsets in the text.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from jmid_nlp.interchange.codes import (
    OWN,
    Coded,
    axes,
    checked,
    code_of,
    finding_codes,
    site_codes,
    stable_uuid,
)
from jmid_nlp.schema import Attribute, Count, DeidReport, Finding
from jmid_nlp.wording import advice, iso_date, look, words

Json = dict[str, Any]
URN = "urn:jmid-nlp:"  # prefix of the library's own code systems and extensions
_SYSTEMS = {"SCT": "http://snomed.info/sct", OWN: URN + "concept"}
_USERS = {"ICD-10": "http://hl7.org/fhir/sid/icd-10", "RadLex": "http://www.radlex.org"}
_UCUM = "http://unitsofmeasure.org"
_UNITS = {"mm": "mm", "HU": "[hnsf'U]", None: "1"}
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"


def bundle(report: DeidReport, findings: Sequence[Finding]) -> Json:
    """A report's findings as a FHIR R4 Bundle of type `collection`.

    The patient appears by the pseudonym that the report holds, or not at all; nothing else of the record goes in but its
    examination date, its study UID and its text.

    Args:
        report: The de-identified report.
        findings: The findings that were read from its text.

    Returns:
        Dicts, lists and scalars, ready for `json.dumps`. The same input gives the same ids.

    Raises:
        NotDeidentifiedError: The report is no `DeidReport`.
        InputError: A finding lies outside the report's text.
    """
    findings = tuple(findings)
    checked(report, findings)
    shared = _shared(report)
    observations = [_observation(report, n, f, shared) for n, f in enumerate(findings)]
    resources = [_diagnostic_report(report, observations, shared), *observations]
    tags = [{"system": f"{URN}provenance", "code": f"{k}={v}"} for k, v in sorted(report.provenance.items())]
    return {
        "resourceType": "Bundle",
        "id": str(stable_uuid("bundle", report.report_id)),
        **({"meta": {"tag": tags}} if tags else {}),
        "type": "collection",
        "entry": [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} for r in resources],
    }


def _shared(report: DeidReport) -> Json:
    """What the report and each of its observations say alike: patient and date."""
    out: Json = {}
    if report.patient_id:
        out["subject"] = {"type": "Patient", "identifier": {"system": f"{URN}pseudonym", "value": report.patient_id}}
    if date := iso_date(report.row.get("exam_date")):
        out["effectiveDateTime"] = date
    return out


def _study(report: DeidReport) -> list[Json]:
    uid = report.row.get("study_uid")
    return (
        [{"type": "ImagingStudy", "identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}}] if uid else []
    )


def _diagnostic_report(report: DeidReport, observations: Sequence[Json], shared: Json) -> Json:
    text = base64.b64encode(report.text.encode("utf-8", "replace")).decode("ascii")
    study = _study(report)
    return {
        "resourceType": "DiagnosticReport",
        "id": str(stable_uuid("report", report.report_id)),
        "identifier": [{"system": f"{URN}report", "value": report.report_id}],
        "status": "unknown",
        "category": [{"coding": [_coding(_TERMINOLOGY + "v2-0074", "RAD", "Radiology")]}],
        "code": {"coding": [_coding("http://loinc.org", "18748-4", "Diagnostic imaging study")]},
        **shared,
        **({"result": [{"reference": f"urn:uuid:{o['id']}"} for o in observations]} if observations else {}),
        **({"imagingStudy": study} if study else {}),
        "presentedForm": [{"contentType": "text/plain; charset=utf-8", "language": "ja", "data": text}],
    }


def _observation(report: DeidReport, number: int, finding: Finding, shared: Json) -> Json:
    sites = finding.locations
    said = [site_codes(s, finding.laterality, report.text) for s in sites]
    written = [report.text[s.start : s.end] for s in sites]
    components = [
        *(_component(code_of("name", "site"), valueCodeableConcept=_concept(c, t)) for c, t in _rest(said, written)),
        *_sides(finding),
        *(_size(size, prior=False) for size in _dimensions(finding.sizes_mm)),
        *(_size(size, prior=True) for size in _dimensions(finding.prior_sizes_mm)),
        *_course(finding),
        *_number(finding),
        *(_look(a) for a in finding.attributes),
    ]
    users = [_coding(_USERS.get(c.system, f"{URN}terminology:{c.system}"), c.code) for c in finding.codes]
    code = _concept(finding_codes(finding, report.text), finding.text)
    code["coding"] = [*code.get("coding", []), *users]
    study, note = _study(report), advice(finding.recommendation)
    return {
        "resourceType": "Observation",
        "id": str(stable_uuid("finding", report.report_id, number)),
        "extension": [_span(finding)],
        "status": "preliminary",
        "category": [{"coding": [_coding(_TERMINOLOGY + "observation-category", "imaging", "Imaging")]}],
        "code": {k: v for k, v in code.items() if v},
        **shared,
        "valueCodeableConcept": _certainty(finding),
        **({"note": [{"text": note}]} if note else {}),
        **({"bodySite": _concept(said[0], written[0])} if sites else {}),
        **({"derivedFrom": study} if study else {}),
        **({"component": components} if components else {}),
    }


def _rest(said: Sequence[tuple[Coded, ...]], written: Sequence[str]) -> list[tuple[tuple[Coded, ...], str]]:
    return list(zip(said, written, strict=True))[1:]


def _span(finding: Finding) -> Json:
    ends = [{"url": "start", "valueUnsignedInt": finding.start}, {"url": "end", "valueUnsignedInt": finding.end}]
    return {"url": f"{URN}span", "extension": ends}


def _certainty(finding: Finding) -> Json:
    own = _coding(f"{URN}certainty", finding.certainty, words()["certainty", finding.certainty].en)
    return {"coding": [_code(code_of("certainty", finding.certainty)), own], "text": finding.certainty}


def _sides(finding: Finding) -> list[Json]:
    if finding.laterality is None:
        return []
    return [_component(code_of("name", "side"), valueCodeableConcept=_concept((code_of("side", finding.laterality),)))]


def _dimensions(sizes: Sequence[tuple[float, ...]]) -> list[tuple[str, float, int]]:
    """The dimensions of all sizes: name of the axis, mm, and which size it belongs to, 0 where there is only one."""
    many = len(sizes) > 1
    return [(name, value, n * many) for n, size in enumerate(sizes, 1) for name, value in axes(size)]


def _size(dimension: tuple[str, float, int], *, prior: bool) -> Json:
    name, value, which = dimension
    code = code_of("name", name)
    text = f"{'prior ' * prior}{code.meaning.lower()}{f' of size {which}' if which else ''}"
    own = _coding(f"{URN}component", f"prior-{name}" if prior else name)
    # An earlier size has no code of its own in PS3.16; the plain one would say that it is today's.
    coding = [own] if prior else [_code(code), own]
    return {"code": {"coding": coding, "text": text}, "valueQuantity": _quantity(value, "mm")}


def _course(finding: Finding) -> list[Json]:
    out = []
    if finding.change:
        word = words()["change", finding.change]
        out.append(_own("change", valueCodeableConcept=_value("change", finding.change, word.en)))
    if finding.compared_to and (date := iso_date(finding.compared_to.date)):
        out.append(_own("compared-to", valueDateTime=date))
    if finding.historical:
        out.append(_own("historical", valueBoolean=True))
    for ref in finding.image_refs:
        series, image = ("-" if v is None else v for v in (ref.series, ref.image))
        out.append(_own("image-reference", valueString=f"series {series}, image {image}"))
    return out


def _number(finding: Finding) -> list[Json]:
    out = [_own("multiple", valueBoolean=True)] if finding.multiple else []
    count: Count | None = finding.number
    if count is None:
        return out
    if count.low is not None and count.low == count.high:
        return [*out, _own("number", valueInteger=count.low)]
    ends = {"low": count.low, "high": count.high}
    return [*out, _own("number", valueRange={k: {"value": v} for k, v in ends.items() if v is not None})]


def _look(item: Attribute) -> Json:
    if item.kind == "value" and item.numbers:
        name = f"prior-{item.value}" if item.prior else item.value
        low, high = min(item.numbers), max(item.numbers)
        if low == high:
            return _own(name, text=look(item), valueQuantity=_quantity(low, item.unit))
        ends = {"low": _quantity(low, item.unit), "high": _quantity(high, item.unit)}
        return _own(name, text=look(item), valueRange=ends)
    negative = {"coding": [_coding(_TERMINOLOGY + "v3-ObservationInterpretation", "NEG", "Negative")]}
    more: Json = {} if item.present else {"interpretation": [negative]}
    return _own(item.kind, valueCodeableConcept=_value(item.kind, item.value, look(item)), **more)


def _quantity(value: float, unit: str | None) -> Json:
    """A quantity with its UCUM code where the unit has one; whole numbers are written as such."""
    number = int(value) if float(value).is_integer() else value
    if unit not in _UNITS:
        return {"value": number, "unit": unit}
    return {"value": number, **({"unit": unit} if unit else {}), "system": _UCUM, "code": _UNITS[unit]}


def _own(code: str, *, text: str = "", **value: Any) -> Json:
    named: Json = {"coding": [_coding(f"{URN}component", code)]}
    return {"code": named | ({"text": text} if text else {}), **value}


def _value(group: str, code: str, text: str) -> Json:
    return {"coding": [_coding(URN + group, code)], "text": text}


def _component(code: Coded, **value: Any) -> Json:
    return {"code": {"coding": [_code(code)]}, **value}


def _concept(codes: Sequence[Coded], text: str = "") -> Json:
    return ({"coding": [_code(c) for c in codes]} if codes else {}) | ({"text": text} if text.strip() else {})


def _code(code: Coded) -> Json:
    return _coding(_SYSTEMS[code.scheme], code.value, code.meaning)


def _coding(system: str, code: str, display: str = "") -> Json:
    return {"system": system, "code": code} | ({"display": display} if display else {})
