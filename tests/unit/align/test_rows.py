"""Rows of studies in, rows of alignments out."""

from __future__ import annotations

import json

import pytest

from jmid_nlp.align.match import align
from jmid_nlp.align.rows import alignment_row, parse_study
from jmid_nlp.errors import RowError
from jmid_nlp.schema import Finding

ROW = {
    "id": "s1",
    "report": {"report_id": "r1", "study_uid": "2.25.1", "patient_id": "p", "modality": "CT", "exam_date": "2024-05-01",
               "text": "右下葉に8mmの結節。"},
    "annotations": [{"annotation_id": "a1", "study_uid": "2.25.1", "series_number": 3, "image_number": None,
                     "image_range": [4, 9], "label": "nodule", "anatomy": "RLL", "laterality": "right",
                     "size_mm": [7.9], "bbox": [1, 2, 3, 4], "created": "2024-05-02"}],
}  # fmt: skip


def with_annotation(**change):
    return {**ROW, "annotations": [{**ROW["annotations"][0], **change}]}


def test_a_row_becomes_records():
    report, (a,) = parse_study(ROW, 0)
    assert (report.report_id, report.study_uid, report.text) == ("r1", "2.25.1", "右下葉に8mmの結節。")
    assert (a.annotation_id, a.image_range, a.size_mm, a.bbox) == ("a1", (4, 9), (7.9,), (1.0, 2.0, 3.0, 4.0))


def test_the_output_has_the_contracts_form():
    report, annotations = parse_study(ROW, 0)
    finding = Finding(8, 10, "結節", "nodule", "positive", sizes_mm=((8.0,),), laterality="right")
    row = alignment_row(align("s1", report, [finding], annotations))
    assert json.loads(json.dumps(row)) == row
    (pair,) = row["pairs"]
    assert (pair["start"], pair["end"], pair["annotation_id"]) == (8, 10, "a1")
    assert 0.5 < pair["score"] <= 1
    assert pair["why"]
    assert (row["id"], row["unmatched_annotations"], row["unmatched_findings"]) == ("s1", [], [])


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({}, "id"),
        ({"id": "s1"}, "report"),
        ({"id": "s1", "report": {"text": 3}}, "report.text"),
        ({**ROW, "annotations": "none"}, "annotations"),
        ({**ROW, "annotations": [3]}, "annotations[0]"),
        ({**ROW, "annotations": [{"label": "x"}]}, "annotations[0].annotation_id"),
        ({**ROW, "annotations": ROW["annotations"] * 2}, "annotations[1].annotation_id"),
        (with_annotation(size_mm="large"), "annotations[0].size_mm"),
        (with_annotation(size_mm=[-3]), "annotations[0].size_mm"),
        (with_annotation(image_number=2.5), "annotations[0].image_number"),
        (with_annotation(image_range=[1, 2, 3]), "annotations[0].image_range"),
        (with_annotation(bbox=[1, 2]), "annotations[0].bbox"),
        (with_annotation(label={"a": 1}), "annotations[0].label"),
    ],
)
def test_a_wrong_field_is_named_without_its_value(row, field):
    with pytest.raises(RowError) as caught:
        parse_study(row, 7)
    assert caught.value.field == field
    assert caught.value.row == 7
    assert "large" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "sizes"),
    [(12, (12.0,)), ("12 x 8", (12.0, 8.0)), ([8, 12.5], (12.5, 8.0)), (None, ()), ([float("nan"), 5], (5.0,))],
)
def test_sizes_in_every_spelling(value, sizes):
    assert parse_study(with_annotation(size_mm=value), 0)[1][0].size_mm == sizes


def test_a_range_is_put_in_order_and_missing_annotations_are_none():
    assert parse_study(with_annotation(image_range=[9, 4]), 0)[1][0].image_range == (4, 9)
    assert parse_study({k: v for k, v in ROW.items() if k != "annotations"}, 0)[1] == []
