"""FHIR bundles are valid R4 by fhir.resources, say all that was read, and hold nothing of a patient but the pseudonym."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

import jmid_nlp
from jmid_nlp.errors import InputError, NotDeidentifiedError
from jmid_nlp.findings.extract import extract
from jmid_nlp.interchange.fhir import bundle
from jmid_nlp.schema import Code, Comparison, Count, DeidReport, Finding

TEXT = (
    "右肺下葉S6に12×8mm大の結節を認め、前回10mmより増大しています（Se5 Im88）。辺縁平滑、SUVmax 3.1、CT値は30～35HU。"
    "造影効果は認めません。3か月後のCTをお勧めします。肝S4とS8に嚢胞を2個認めます。転移疑い。胸水は認めません。"
)
ROW = {
    "patient_id": "P-1",
    "study_uid": "2.25.7",
    "exam_date": "2024-05",
    "sex": "F",
    "institution": "I-1",
    "note": "N9",
}
SAFE = DeidReport("R-1", TEXT, ROW, provenance={"policy": "tokumei/1", "library": "0"})


def made(report=SAFE, findings=None):
    return bundle(report, extract(report.text).findings if findings is None else findings)


def observations(found):
    return [e["resource"] for e in found["entry"] if e["resource"]["resourceType"] == "Observation"]


def parts(observation):
    """Components by the last of their codes, each with its value."""
    out = {}
    for item in observation.get("component", ()):
        key = item["code"]["coding"][-1]["code"]
        out.setdefault(key, []).append(next(v for k, v in item.items() if k.startswith("value")))
    return out


def valid(found):
    model = pytest.importorskip("fhir.resources.R4B.bundle").Bundle
    model.model_validate(json.loads(json.dumps(found)))
    return found


def test_reports_of_the_sample_are_valid():
    safe = jmid_nlp.deidentify(jmid_nlp.read_reports(jmid_nlp.sample() / "reports.jsonl")[::8], policy="tokumei")
    found = jmid_nlp.extract(safe)
    bundles = found.to_fhir()
    assert len(bundles) == len(safe)
    for one, extraction in zip(bundles, found, strict=True):
        assert len(observations(valid(one))) == len(extraction.findings)


def test_a_broken_bundle_is_not_valid():
    broken = made()
    del broken["entry"][1]["resource"]["status"]
    with pytest.raises(ValueError, match="status"):
        valid(broken)


def test_a_finding_says_what_was_read():
    first = observations(valid(made()))[0]
    assert [(c["system"], c["code"]) for c in first["code"]["coding"]] == [
        ("http://snomed.info/sct", "27925004"), ("urn:jmid-nlp:concept", "nodule"),
    ]  # fmt: skip
    assert first["code"]["text"] == "結節"
    assert first["valueCodeableConcept"]["coding"][0]["code"] == "52101004"
    assert first["bodySite"]["text"] == "右肺下葉S6"
    assert first["status"] == "preliminary"
    assert first["derivedFrom"][0]["identifier"] == {"system": "urn:dicom:uid", "value": "urn:oid:2.25.7"}
    assert first["note"] == [{"text": "imaging, ct (3か月後)"}]
    start, end = (e["valueUnsignedInt"] for e in first["extension"][0]["extension"])
    assert TEXT[start:end] == "結節"
    said = parts(first)
    mm = {"unit": "mm", "system": "http://unitsofmeasure.org", "code": "mm"}
    assert said["long"] == [{"value": 12, **mm}]
    assert said["short"] == [{"value": 8, **mm}]
    assert said["prior-length"] == [{"value": 10, **mm}]
    assert said["272741003"][0]["coding"][0]["code"] == "24028007"
    assert said["change"][0]["text"] == "increased"
    assert said["image-reference"] == ["series 5, image 88"]
    assert said["suv_max"] == [{"value": 3.1, "system": "http://unitsofmeasure.org", "code": "1"}]
    absent = [c for c in first["component"] if "interpretation" in c]
    assert [c["valueCodeableConcept"]["text"] for c in absent] == ["no enhancement"]


def test_certainty_is_in_one_place():
    codes = {o["valueCodeableConcept"]["text"]: o["valueCodeableConcept"]["coding"] for o in observations(made())}
    assert {k: v[0]["code"] for k, v in codes.items()} == {
        "positive": "52101004", "suspicious": "415684004", "negative": "410516002",
    }  # fmt: skip
    assert all(c[1] == {"system": "urn:jmid-nlp:certainty", "code": k, "display": k} for k, c in codes.items())


def test_codes_of_the_users_terminologies_stand_beside_ours():
    finding = replace(extract(TEXT).findings[0], codes=(Code("ICD-10", "R91"), Code("house", "7")))
    codes = observations(valid(made(findings=[finding])))[0]["code"]["coding"]
    assert [(c["system"], c["code"]) for c in codes[2:]] == [
        ("http://hl7.org/fhir/sid/icd-10", "R91"), ("urn:jmid-nlp:terminology:house", "7"),
    ]  # fmt: skip


def test_a_disease_is_coded_as_itself():
    """Each has a concept of its own, and what DICOM has no code for is not coded as something near it."""
    text = "橋本病の既往あり。前立腺癌。食道静脈瘤あり。肝S3に嚢胞を認めます。胆嚢に結石あり。"
    found = {
        o["code"]["text"]: o["code"].get("coding", []) for o in observations(valid(made(replace(SAFE, text=text))))
    }
    assert {name: [c["code"] for c in found[name]] for name in ("橋本病", "前立腺癌", "食道静脈瘤")} == {
        "橋本病": ["hashimoto_thyroiditis"], "前立腺癌": ["254900004", "prostate_cancer"], "食道静脈瘤": ["esophageal_varices"],
    }  # fmt: skip
    assert [c["code"] for c in found["嚢胞"]] == ["367643001", "cyst"]


def test_every_shape_of_a_finding_is_valid():
    odd = Finding(
        0, 2, "影", None, "general", sizes_mm=((3.0,), (9.0, 5.5, 4.0)), multiple=True, historical=True,
        number=Count(10, None, 0, 1), compared_to=Comparison("2024-13", 0, 1),
    )  # fmt: skip
    (one,) = observations(valid(made(findings=[odd])))
    said = parts(one)
    assert "coding" not in one["code"]
    assert said["length"][0]["value"] == 3
    assert said["depth"][0]["value"] == 4
    assert said["number"] == [{"low": {"value": 10}}]
    assert one["component"][1]["code"]["text"] == "long axis of size 2"
    assert "bodySite" not in one


@pytest.mark.parametrize("date", ["2024-13", "2024-02-30", "2024-2-3", "20240203", "", None, 7])
def test_dates_that_do_not_exist_are_left_out(date):
    found = valid(made(DeidReport("R", TEXT, {"exam_date": date})))
    assert "effectiveDateTime" not in found["entry"][0]["resource"]


@pytest.mark.parametrize("date", ["2024", "2024-05", "2024-05-31"])
def test_dates_that_exist_stay(date):
    found = valid(made(DeidReport("R", TEXT, {"exam_date": date})))
    assert found["entry"][1]["resource"]["effectiveDateTime"] == date


def test_an_empty_report_is_valid():
    found = valid(made(DeidReport("R-2", "異常なし。", {}), findings=[]))
    assert [e["resource"]["resourceType"] for e in found["entry"]] == ["DiagnosticReport"]
    assert "subject" not in found["entry"][0]["resource"]
    assert "meta" not in found


def test_nothing_of_the_record_but_pseudonym_date_and_study():
    said = json.dumps(made(), ensure_ascii=False)
    assert "N9" not in said
    assert "I-1" not in said
    form = made()["entry"][0]["resource"]["presentedForm"][0]["data"]
    assert base64.b64decode(form).decode() == TEXT


def test_the_same_input_gives_the_same_bytes():
    assert json.dumps(made()) == json.dumps(made())
    ids = [e["fullUrl"] for e in made()["entry"]]
    assert len(set(ids)) == len(ids)


def test_raw_reports_are_refused():
    report = jmid_nlp.read_reports([{"id": "1", "text": TEXT}])[0]
    for raw in (report, TEXT, jmid_nlp.load("findings")(TEXT)):
        with pytest.raises(NotDeidentifiedError, match="deidentify"):
            jmid_nlp.findings(raw).to_fhir()
    with pytest.raises(NotDeidentifiedError):
        jmid_nlp.extract([report]).to_fhir()
    with pytest.raises(NotDeidentifiedError):
        bundle(report, ())  # type: ignore[arg-type]


def test_findings_of_another_text_are_refused():
    with pytest.raises(InputError, match="outside"):
        made(DeidReport("R", "短い", {}), findings=extract(TEXT).findings)
