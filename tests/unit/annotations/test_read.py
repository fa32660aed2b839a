"""Files and folders by content; rows in JSON, JSONL and tables; COCO both ways; AIM; wrong files."""

from __future__ import annotations

import json

import pytest

from jmid_nlp.annotations import AnnotationSet, read_annotations
from jmid_nlp.annotations.coco import write_coco
from jmid_nlp.errors import FileFormatError
from jmid_nlp.schema import AnnotationRecord

ROWS = [
    {
        "annotation_id": "a1",
        "study_uid": "2.25.1",
        "series_number": 3,
        "image_number": 12,
        "label": "結節",
        "size_mm": [8.1, 6],
    },
    {
        "annotation_id": "a2",
        "study_uid": "2.25.1",
        "series_number": 3,
        "image_range": [4, 9],
        "label": "HCC",
        "laterality": None,
    },
]


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def key(records):
    return [(r.annotation_id, r.label, r.size_mm, r.image_number, r.image_range) for r in records]


def test_the_same_rows_in_every_wrapping(tmp_path):
    wrapped = {
        "list.json": json.dumps(ROWS),
        "object.json": json.dumps({"annotations": ROWS}),
        "lines.txt": "\n".join(json.dumps(r, ensure_ascii=False) for r in ROWS) + "\n",
        "study.bin": json.dumps({"id": "s", "report": {"text": "", "study_uid": "2.25.1"}, "annotations": ROWS}),
        "bom.json": "\ufeff" + json.dumps(ROWS),
    }
    expected = [("a1", "結節", (8.1, 6.0), 12, None), ("a2", "HCC", (), None, (4, 9))]
    for name, content in wrapped.items():
        found = read_annotations(write(tmp_path, name, content))
        assert isinstance(found, AnnotationSet)
        assert key(found) == expected, name
        assert found[0].study_uid == "2.25.1"
        assert found.problems == ()


def test_annotations_of_a_study_take_its_uid(tmp_path):
    row = {
        "id": "s",
        "report": {"text": "", "study_uid": "2.25.9", "patient_id": "p"},
        "annotations": [{"annotation_id": "x", "label": "cyst"}],
    }
    (found,) = read_annotations(write(tmp_path, "s.jsonl", json.dumps(row)))
    assert (found.study_uid, found.patient_id) == ("2.25.9", "p")


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_lesion_table_with_japanese_headings(tmp_path, delimiter):
    lines = [
        ["病変ID", "部位", "左右", "病変名", "長径(mm)", "短径 mm", "スライス"],
        ["L1", "肝S8", "", "肝細胞癌", "21.5", "18", "40"],
    ]
    found = read_annotations(write(tmp_path, "t", "\r\n".join(delimiter.join(line) for line in lines)))
    (a,) = found
    assert (a.annotation_id, a.anatomy, a.label, a.size_mm, a.image_number, a.laterality) == (
        "L1",
        "肝S8",
        "肝細胞癌",
        (21.5, 18.0),
        40,
        None,
    )


def test_units_of_headings_and_cells(tmp_path):
    table = "lesion_id,label,long_axis_cm,volume_ml\nA,mass,2.4,1.5\nB,mass,24 mm,0.2\n"
    a, b = read_annotations(write(tmp_path, "t.csv", table))
    assert (a.size_mm, a.volume_mm3) == ((24.0,), 1500.0)
    assert b.size_mm == (24.0,)


def test_a_box_by_corners(tmp_path):
    (a,) = read_annotations(
        write(tmp_path, "voc.csv", "filename,class,xmin,ymin,xmax,ymax\nx.png,nodule,10,20,40,50\n")
    )
    assert (a.label, a.bbox) == ("nodule", (10.0, 20.0, 30.0, 30.0))


def test_bad_rows_are_named_and_the_others_read(tmp_path):
    table = "id,label,size_mm\nA,nodule,8\nB,nodule,8,9\nC,nodule,large\n"
    found = read_annotations(write(tmp_path, "t.csv", table))
    assert [r.annotation_id for r in found] == ["A"]
    told = [str(p) for p in found.problems]
    assert told[0].startswith("t.csv, line 3: another number of cells")
    assert "line 4, field 'size_mm'" in told[1]
    assert "large" not in "".join(told)


def test_a_broken_line_of_jsonl(tmp_path):
    text = json.dumps(ROWS[0]) + "\n{broken\n" + json.dumps(ROWS[1]) + "\n"
    found = read_annotations(write(tmp_path, "x.jsonl", text))
    assert len(found) == 2
    assert "x.jsonl, line 2: not JSON" in str(found.problems[0])


@pytest.mark.parametrize(
    ("content", "element"),
    [
        (b"", "file"),
        (b"\xff\xfe\x00\x80\x81", "byte"),
        ("{broken", "line 1"),
        ("[]", "document"),
        ('{"a": 1}', "document"),
        ("name,price\nx,3\n", "header"),
        ("<html><body/></html>", "root element 'html'"),
        ("<a><b></a>", "line 1"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><ImageAnnotationCollection/>', "DOCTYPE"),
        (b"\0" * 128 + b"DICM" + b"\x02\x00", "DICOM"),
    ],
)
def test_a_foreign_file_is_refused_by_file_and_element(tmp_path, content, element):
    with pytest.raises(FileFormatError) as caught:
        read_annotations(write(tmp_path, "odd.dat", content))
    assert str(caught.value).startswith("odd.dat, ")
    assert element in str(caught.value) or element == "DICOM"


def test_a_missing_path_is_refused(tmp_path):
    with pytest.raises(FileFormatError, match="does not exist"):
        read_annotations(tmp_path / "none")


def test_a_folder_collects_what_it_cannot_read(tmp_path):
    write(tmp_path, "a.json", json.dumps(ROWS))
    write(tmp_path, "b.json", json.dumps(ROWS[:1]))
    write(tmp_path, "notes.txt", "no table at all")
    write(tmp_path, ".hidden", "x")
    found = read_annotations(tmp_path)
    assert key(found) == key(read_annotations(tmp_path / "a.json"))
    told = sorted(str(p) for p in found.problems)
    assert told[0].startswith("b.json, annotation a1: stands already in a.json")
    assert told[1].startswith("notes.txt, header")


def test_coco_both_ways(tmp_path):
    records = [
        AnnotationRecord("a1", study_uid="2.25.1", series_number=2, image_number=7, label="結節", anatomy="RUL", size_mm=(8.0,), bbox=(1.0, 2.0, 30.0, 40.0)),
        AnnotationRecord("a2", study_uid="2.25.1", series_number=2, image_number=7, label="HCC", bbox=(5.0, 6.0, 7.0, 8.0)),
        AnnotationRecord("a3", label="no box"),
    ]  # fmt: skip
    assert write_coco(records, tmp_path / "out.json") == 1
    document = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert len(document["images"]) == 1
    assert {c["name"] for c in document["categories"]} == {"HCC", "結節"}
    back = read_annotations(tmp_path / "out.json")
    for one, other in zip(records, back, strict=False):
        for name in (
            "annotation_id",
            "study_uid",
            "series_number",
            "image_number",
            "label",
            "anatomy",
            "size_mm",
            "bbox",
        ):
            assert getattr(one, name) == getattr(other, name)


def test_coco_of_others(tmp_path):
    document = {
        "images": [{"id": 1, "file_name": "x.png", "width": 9, "height": 9}],
        "categories": [{"id": 3, "name": "nodule"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 3, "segmentation": [[1, 1, 5, 1, 5, 4, 1, 4]]},
            {"id": 2, "image_id": 8, "category_id": 3, "bbox": [1, 2, 3, 4]},
            {"id": 3, "image_id": 1, "category_id": 9, "bbox": [1, 2, 3, 4]},
            {"id": 4, "image_id": 1, "category_id": 3, "bbox": [1, 2]},
        ],
    }
    found = read_annotations(write(tmp_path, "c.json", json.dumps(document)))
    assert [(r.label, r.bbox) for r in found] == [("nodule", (1.0, 1.0, 4.0, 3.0))]
    assert [str(p).split(",")[1].split(":")[0].strip() for p in found.problems] == [
        "annotations[1].image_id", "annotations[2].category_id", "annotations[3].bbox",
    ]  # fmt: skip


AIM = """<?xml version="1.0" encoding="UTF-8"?>
<ImageAnnotationCollection xmlns="gme://caCORE.caCORE/4.4/edu.northwestern.radiology.AIM" aimVersion="AIMv4_0">
 <uniqueIdentifier root="2.25.600"/>
 <user><name value="Reader One"/></user>
 <person><id value="P-7"/></person>
 <imageAnnotations><ImageAnnotation>
  <uniqueIdentifier root="2.25.601"/>
  <typeCode code="AM1" codeSystem="AIM"/>
  <dateTime value="2024-05-06T10:00:00"/>
  <name value="Lesion 1"/>
  <calculationEntityCollection><CalculationEntity>
   <typeCode code="103339001"><iso:displayName xmlns:iso="uri:iso.org:21090" value="Long Axis"/></typeCode>
   <description value="LongAxis"/>
   <calculationResultCollection><CalculationResult>
    <unitOfMeasure value="cm"/>
    <calculationDataCollection><CalculationData><value value="2.15"/></CalculationData></calculationDataCollection>
   </CalculationResult></calculationResultCollection>
  </CalculationEntity></calculationEntityCollection>
  <imagingPhysicalEntityCollection><ImagingPhysicalEntity>
   <typeCode code="RID1301"><iso:displayName xmlns:iso="uri:iso.org:21090" value="right upper lobe"/></typeCode>
  </ImagingPhysicalEntity></imagingPhysicalEntityCollection>
  <imagingObservationEntityCollection><ImagingObservationEntity>
   <typeCode code="RID3874"><iso:displayName xmlns:iso="uri:iso.org:21090" value="nodule"/></typeCode>
  </ImagingObservationEntity></imagingObservationEntityCollection>
  <markupEntityCollection><MarkupEntity>
   <imageReferenceUid root="2.25.700"/>
   <twoDimensionSpatialCoordinateCollection>
    <TwoDimensionSpatialCoordinate><coordinateIndex value="0"/><x value="10"/><y value="20"/></TwoDimensionSpatialCoordinate>
    <TwoDimensionSpatialCoordinate><coordinateIndex value="1"/><x value="31"/><y value="25"/></TwoDimensionSpatialCoordinate>
   </twoDimensionSpatialCoordinateCollection>
  </MarkupEntity></markupEntityCollection>
  <imageReferenceEntityCollection><ImageReferenceEntity>
   <imageStudy><instanceUid root="2.25.1001"/><imageSeries><instanceUid root="2.25.1002"/></imageSeries></imageStudy>
  </ImageReferenceEntity></imageReferenceEntityCollection>
 </ImageAnnotation></imageAnnotations>
</ImageAnnotationCollection>
"""


def test_aim(tmp_path):
    (a,) = read_annotations(write(tmp_path, "a.xml", AIM))
    assert (a.label, a.anatomy, a.size_mm, a.bbox) == ("nodule", "right upper lobe", (21.5,), (10.0, 20.0, 21.0, 5.0))
    assert (a.study_uid, a.series_uid, a.sop_uid, a.created) == ("2.25.1001", "2.25.1002", "2.25.700", "2024-05-06")
    assert a.patient_id == "P-7"
    assert a.reader is not None
    assert "One" not in a.reader
