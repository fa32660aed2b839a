"""UIDs of reports and marks under a key, and under the table of another de-identifier."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from jmid_nlp import api
from jmid_nlp.deid.codes import is_remapped_uid, remap_uid
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.marks import treat_annotation
from jmid_nlp.deid.uids import UidTable, check_references
from jmid_nlp.errors import InputError
from jmid_nlp.schema import AnnotationRecord, Report

SAMPLE = Path(__file__).parents[3] / "corpora" / "sample"
KEY = Key(bytes(range(32)))
KINDS = ("study_uid", "series_uid", "sop_uid", "tracking_uid")


@pytest.fixture(scope="module")
def source():
    """The sample's DICOM marks (SR, SEG, RTSTRUCT) and the reports of their studies."""
    marks = list(api.read_annotations(SAMPLE / "annotations" / "dicom"))
    studies = {m.study_uid for m in marks}
    reports = [r for r in api.read_reports(SAMPLE / "reports.jsonl") if r.study_uid in studies]
    assert {m.kind.split("-")[0] for m in marks} == {"sr", "segment", "rt"}
    assert len(reports) == 2
    return reports, marks


def treated(source, treat):
    reports, marks = source
    return [treat(r) for r in reports], [treat_annotation(m, treat) for m in marks]


def test_reports_and_dicom_marks_resolve_to_each_other_after_the_keyed_remap(source):
    safe, marks = treated(source, api.deidentifier("kamei", key=KEY))
    assert check_references(*source) == []
    assert check_references(safe, marks, source=source) == []
    assert all(is_remapped_uid(m.study_uid) for m in marks)
    assert {m.study_uid for m in marks} == {r.row["study_uid"] for r in safe}


def test_the_table_of_another_de_identifier_is_used_for_report_and_marks(source, tmp_path):
    reports, marks = source
    known = sorted({u for m in marks for k in KINDS if (u := getattr(m, k))} | {r.study_uid for r in reports})
    new = {uid: f"1.2.826.0.1.3680043.8.498.{n}" for n, uid in enumerate(known, 1)}
    path = tmp_path / "uids.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([("source_uid", "new_uid"), *new.items()])
    table = UidTable.read(path)
    treat = api.deidentifier("kamei", key=KEY, uids=table)
    safe, mapped = treated(source, treat)
    assert check_references(safe, mapped, source=source) == []
    assert [r.row["study_uid"] for r in safe] == [new[r.study_uid] for r in reports]
    assert all(
        new[getattr(m, k)] == getattr(t, k) for m, t in zip(marks, mapped, strict=True) for k in KINDS if getattr(m, k)
    )
    assert safe[0].provenance["uids"] == table.fingerprint
    # marks that the other de-identifier has treated already stay as they are
    again = treated((reports, mapped), treat)[1]
    assert [[getattr(m, k) for k in KINDS] for m in again] == [[getattr(m, k) for k in KINDS] for m in mapped]


def test_a_uid_in_the_text_follows_the_table():
    uid = "1.2.392.200036.9116.2.6.1.48.1214245753.1507618410.26"
    table = UidTable({uid: "1.2.3.4.5.6"})
    report = Report("r", f"比較検査のUIDは{uid}です。胸水はありません。", study_uid=uid)
    safe = api.deidentifier("kamei", key=KEY, uids=table)(report)
    assert "1.2.3.4.5.6です" in safe.text
    assert safe.row["study_uid"] == "1.2.3.4.5.6"


def test_what_the_table_does_not_know_is_mapped_with_the_key():
    assert remap_uid("1.2.3", KEY, UidTable({"1.2.4": "1.9.9"})) == remap_uid("1.2.3", KEY)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda m: replace(m, study_uid="1.2.3"), "no report has this study"),
        (lambda m: replace(m, study_uid="1.2.3"), "is mapped differently elsewhere"),
        (lambda m: replace(m, tracking_uid=None), "was lost"),
    ],
)
def test_a_broken_reference_is_told_without_its_uid(source, damage, reason):
    safe, marks = treated(source, api.deidentifier("kamei", key=KEY))
    at = next(n for n, m in enumerate(marks) if m.tracking_uid and m.sop_uid)
    broken = check_references(safe, [*marks[:at], damage(marks[at]), *marks[at + 1 :]], source=source)
    assert reason in [b.reason for b in broken]
    assert "2.25." not in repr(broken)


def test_two_images_that_became_one_are_told():
    report, marks = Report("r", "", study_uid="1.2"), [AnnotationRecord(n, "1.2", sop_uid=f"1.2.{n}") for n in "34"]
    merged = [replace(m, sop_uid="1.2.3") for m in marks]
    broken = check_references([report], merged, source=([report], marks))
    assert [(b.record, b.kind, b.reason) for b in broken] == [("4", "sop_uid", "has the new UID of another one")]


def test_a_series_in_two_studies_is_told(source):
    safe, marks = treated(source, api.deidentifier("kamei", key=KEY))
    other = next(m for m in marks if m.study_uid != marks[0].study_uid)
    broken = check_references(safe, [*marks, replace(marks[0], study_uid=other.study_uid)])
    assert {b.reason for b in broken} == {"belongs to another study, too"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("old,new\n1.2,1.3\n", "no column 'source_uid'"),
        ("source_uid,new_uid\n1.2,1.3\n1.2,1.4\n", "line 3"),
        ("source_uid,new_uid\n1.2,1.9\n1.3,1.9\n", "same new UID"),
        ("source_uid,new_uid\n1.2,1.3\n1.3,1.4\n", "second pass"),
        ("source_uid,new_uid\nHM-02,1.3\n", "not a DICOM UID"),
    ],
)
def test_a_table_that_would_break_references_is_refused(rows, message, tmp_path):
    path = tmp_path / "uids.csv"
    path.write_text(rows, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        UidTable.read(path)
