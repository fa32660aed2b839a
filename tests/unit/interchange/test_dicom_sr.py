"""Structured reports are read back by our own reader and by highdicom; identity comes from the report, never from the images."""

from __future__ import annotations

import sys
import warnings

import pytest

import jmid_nlp
from jmid_nlp.annotations import read_annotations
from jmid_nlp.annotations.dicom import series_index
from jmid_nlp.errors import InputError, MissingExtraError, NotDeidentifiedError
from jmid_nlp.schema import AnnotationRecord, DeidReport

pytest.importorskip("highdicom")
from tests.unit.annotations import objects

warnings.simplefilter("ignore")
TEXT = (
    "右肺下葉に12×8mm大の結節を認めます（Se4 Im3）。肝S4に7mmの嚢胞疑い。前縦隔に21mm、9mmの腫瘤を認め、増大しています（Se4 Im5）。"
    "左胸水。心嚢水は認めません。"
)


def safe(text=TEXT, **row):
    given = {"patient_id": "P-77", "study_uid": objects.STUDY, "exam_date": "2024-05", "sex": "F"}
    return DeidReport("R-1", text, given | row)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("series")
    objects.ct_series(place)
    (place / "notes.txt").write_text("no image")
    return place


def test_round_trip(folder, tmp_path):
    jmid_nlp.findings(safe()).to_dicom_sr(folder).save_as(tmp_path / "sr.dcm", enforce_file_format=True)
    index = series_index(p for p in folder.iterdir() if p.name != "notes.txt")
    found = read_annotations(tmp_path / "sr.dcm", series_index=index)
    assert not found.problems
    read = [(r.label, r.anatomy, r.laterality, r.size_mm, r.series_number, r.image_number) for r in found]
    assert read == [
        ("Nodule", "Lower lobe of lung", "right", (12.0, 8.0), 4, 3),
        ("Cyst", "liver segment S4", None, (7.0,), None, None),
        ("Mass", "anterior mediastinum", None, (21.0,), 4, 5),
        ("Mass", "anterior mediastinum", None, (9.0,), 4, 5),
        ("Pleural effusion", None, "left", (), None, None),
    ]
    assert {(r.study_uid, r.patient_id, r.created) for r in found} == {(objects.STUDY, "P-77", "2024-05-01")}
    assert len({r.tracking_uid for r in found}) == 5


def test_highdicom_reads_what_we_wrote(folder, tmp_path):
    import highdicom as hd

    jmid_nlp.findings(safe()).to_dicom_sr(folder).save_as(tmp_path / "sr.dcm", enforce_file_format=True)
    groups = hd.sr.srread(tmp_path / "sr.dcm").content.get_image_measurement_groups()
    assert [g.tracking_identifier for g in groups] == ["結節", "嚢胞", "腫瘤", "腫瘤", "胸水"]
    values = [{e.name.meaning: e.value.meaning for e in g.get_qualitative_evaluations()} for g in groups]
    assert values[0]["Certainty"] == "Present"
    assert values[1]["Certainty"] == "Suspected"
    assert values[2]["Change"] == "Increased"
    units = {m.unit.value for g in groups for m in g.get_measurements()}
    assert units == {"mm"}


def test_nothing_is_taken_from_the_images_patient_nor_from_the_clock(folder, tmp_path):
    images = objects.ct_series(tmp_path)
    for image in images:
        image.PatientName, image.PatientID, image.PatientBirthDate = "Yamada^Hanako", "00412873", "19510314"
        image.InstitutionName, image.ReferringPhysicianName, image.AccessionNumber = "Hospital", "Sato^Jiro", "ACC1"
    made = [jmid_nlp.findings(safe()).to_dicom_sr(images) for _ in range(2)]
    for n, one in enumerate(made):
        one.save_as(tmp_path / f"{n}.dcm", enforce_file_format=True)
    data = (tmp_path / "0.dcm").read_bytes()
    assert not [w for w in (b"Yamada", b"00412873", b"19510314", b"Hospital", b"Sato", b"ACC1") if w in data]
    assert data == (tmp_path / "1.dcm").read_bytes()
    assert made[0].PatientID == "P-77"
    assert made[0].PatientSex == "F"


def test_a_mark_tells_the_image_by_its_uid(folder, tmp_path):
    report = safe("右肺下葉に12mmの結節を認めます（Se9 Im99）。")
    table = jmid_nlp.findings(report)
    mark = AnnotationRecord("A1", sop_uid="2.25.2002")
    table.to_dicom_sr(folder, marks=[(table[0], mark)]).save_as(tmp_path / "sr.dcm", enforce_file_format=True)
    assert read_annotations(tmp_path / "sr.dcm")[0].sop_uid == "2.25.2002"
    with pytest.raises(InputError, match="annotation 'A2' is on an image that is not among those given"):
        table.to_dicom_sr(folder, marks=[(table[0], AnnotationRecord("A2", sop_uid="2.25.1"))])
    numbered = AnnotationRecord("A3", series_number=4, image_range=(2, 3))
    assert table.to_dicom_sr(folder, marks=[(table[0], numbered)])


@pytest.mark.parametrize(
    ("report", "images", "message"),
    [
        (
            safe("右肺に結節を認めます（Se9 Im99）。"),
            "all",
            r"refers to series 9, image 99, and it is not among the 6 images",
        ),
        (safe(study_uid=None), "all", "no study UID"),
        (safe(study_uid="2.25.1"), "all", "another study"),
        (safe(), "none", "no image among those given"),
        (safe("胸水は認めません。"), "all", "no positive or suspicious finding"),
    ],
)
def test_what_is_missing_is_named(folder, report, images, message):
    with pytest.raises(InputError, match=message) as caught:
        jmid_nlp.findings(report).to_dicom_sr(folder if images == "all" else [])
    assert "結節" not in str(caught.value)


def test_raw_reports_are_refused(folder):
    report = jmid_nlp.read_reports([{"id": "1", "text": TEXT, "study_uid": objects.STUDY}])[0]
    with pytest.raises(NotDeidentifiedError, match="deidentify"):
        jmid_nlp.findings(report).to_dicom_sr(folder)


def test_without_highdicom_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "highdicom", None)
    with pytest.raises(MissingExtraError, match=r'pip install "jmid-nlp\[dicom\]"'):
        jmid_nlp.findings(safe()).to_dicom_sr(folder)
