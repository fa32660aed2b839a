"""The 42 known ways in which matching reports and marks goes wrong, from the Japanese text through extraction to the pairs."""

from __future__ import annotations

import json
import math
import random

import pytest

import jmid_nlp
from jmid_nlp.align.anatomy import parse_place, relate
from jmid_nlp.align.match import align
from jmid_nlp.align.rows import parse_study
from jmid_nlp.annotations import read_annotations
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.marks import treat_annotation
from jmid_nlp.findings.extract import extract
from jmid_nlp.schema import AnnotationRecord, Report

from .make import UID, mark

KEY = Key(bytes(range(32)))


def told(text, *marks, **report):
    """Annotation id to (the words it was paired with, decision), whatever the order of the marks."""
    given = Report("R", text, **{"study_uid": UID, "patient_id": "P", "exam_date": "2024-05-01", **report})
    found = extract(text).findings
    first = align("S", given, found, marks)
    for seed in range(2):
        mixed = random.Random(seed).sample(marks, len(marks))
        assert align("S", given, random.Random(seed).sample(list(found), len(found)), mixed) == first
    return {p.annotation_id: (text[p.start : p.end], p.decision) for p in first.pairs}, first


def paired(text, *marks, **report):
    """Annotation ids that were paired."""
    return set(told(text, *marks, **report)[0])


def test_01_the_largest_size_of_a_group_is_not_spread():
    marks = [mark(f"m{n}", "nodule", "RLL" if n % 2 else "LLL", "right" if n % 2 else "left", 3 + n) for n in range(9)]
    found, whole = told("両側下葉に多発結節（最大12mm）を認める。", *marks)
    assert len(found) == 9
    assert sum("12 mm in the text" in w for p in whole.pairs for w in p.why) <= 2


@pytest.mark.parametrize(
    "text",
    [
        "右肺S3に8mm、S6に10mmの結節を認める。",
        "右肺S3、S6に結節を認め、それぞれ8mm、10mm大である。",
    ],
)
def test_02_and_03_sizes_and_sites_go_in_order(text):
    right = mark("a", "nodule", "S3", "right", 8.2), mark("b", "nodule", "S6", "right", 9.8)
    assert paired(text, *right) == {"a", "b"}


def test_04_both_sides_in_one_word():
    marks = mark("a", "adrenal nodule", "adrenal", "left"), mark("b", "adrenal nodule", "adrenal", "right")
    assert paired("左右副腎に結節を認める。", *marks) == {"a", "b"}


def test_05_a_prior_size_draws_no_neighbour():
    text = "右下葉S8の結節は前回8mmから今回12mmに増大している。右下葉S10には8mm大の結節を認める。"
    found, _ = told(text, mark("a", "nodule", "RLL", "right", 8.2), mark("b", "nodule", "RLL", "right", 12.2))
    starts = {
        p.annotation_id: p.start
        for p in told(text, mark("a", "nodule", "RLL", "right", 8.2), mark("b", "nodule", "RLL", "right", 12.2))[
            1
        ].pairs
    }
    assert found.keys() == {"a", "b"}
    assert starts["b"] < starts["a"]


def test_06_axes():
    assert paired("右上葉に12×8mmの結節を認める。", mark("a", "nodule", "RUL", "right", 12.0)) == {"a"}
    assert paired("右上葉に12×8mmの結節を認める。", mark("a", "nodule", "RUL", "right", 12.4, 7.7)) == {"a"}


def test_07_rounding():
    for words, size in (("1.2cm大", 12.3), ("1cm大", 12.6), ("数mm大", 4.0)):
        assert paired(f"右上葉に{words}の結節を認める。", mark("a", "nodule", "RUL", "right", size)) == {"a"}


def test_08_a_node_is_measured_across():
    text = "気管分岐下に短径10mmのリンパ節腫大を認める。"
    assert paired(text, mark("a", "LN", "#7", None, 18.0, 10.2)) == {"a"}
    assert paired(text, mark("a", "LN", "#7", None, 18.0)) == {"a"}


def test_09_a_side_that_differs_between_findings_and_diagnosis():
    found, _ = told(
        "【所見】右下葉に15mmの結節を認める。\n【診断】左下葉結節。", mark("a", "nodule", "RLL", "right", 15.2)
    )
    assert found.keys() == {"a"}


def test_10_denied_and_vanished():
    old = mark("a", "nodule", "RLL", "right", 8.0)
    assert paired("右下葉に明らかな結節なし。", old) == set()
    assert paired("前回認めた右下葉の結節は消失している。", old) == set()


def test_11_reported_and_not_annotated():
    found, whole = told("肝S6に20mmの嚢胞を認める。")
    assert not found
    assert len(whole.unmatched_findings) == 1


def test_12_annotated_and_not_reported():
    found, whole = told(
        "右上葉に15mmの結節を認める。", mark("a", "nodule", "RUL", "right", 15), mark("b", "liver cyst", "S6", None, 9)
    )
    assert found.keys() == {"a"}
    assert set(whole.abstained) == {"b"}


def test_13_one_lesion_under_two_names():
    text = "【所見】右上葉に25mmの結節を認める。\n【診断】右上葉肺癌の疑い。"
    found, whole = told(text, mark("a", "lung cancer", "RUL", "right", 25.3))
    assert found == {"a": ("結節", "accept")}
    assert whole.unmatched_findings == ()


def test_14_others_take_the_marks_that_are_left():
    text = "右上葉に15mmの結節を認める。他に両肺に同様の結節が散見される。"
    marks = (
        mark("a", "nodule", "RUL", "right", 15.2),
        mark("b", "nodule", "LLL", "left", 5.0),
        mark("c", "nodule", "RML", "right", 4.0),
    )
    _, whole = told(text, *marks)
    starts = {p.annotation_id: p.start for p in whole.pairs}
    assert starts["a"] < 20
    assert all(starts.get(x, 99) > 20 for x in "bc")


def test_15_a_disease_without_place_is_no_sure_lesion():
    marks = [mark(x, "nodule", "lung", None, s) for x, s in (("a", 8.0), ("b", 15.0))]
    assert "accept" not in {d for _, d in told("転移性肺腫瘍は増大・増加している。", *marks)[0].values()}


def test_16_stations_and_regions():
    assert paired("#4Rリンパ節の腫大を認める。", mark("a", "LN", "mediastinum", "right")) == {"a"}
    assert relate(parse_place("気管分岐下").nodes, parse_place("#7").nodes) in ("same", "contains")


def test_17_segments():
    text = "左S1+2に12mm、舌区に7mmの結節を認める。"
    assert paired(text, mark("a", "nodule", "LUL S1+2", "left", 12.1), mark("b", "nodule", "lingula", "left", 7.2)) == {
        "a",
        "b",
    }
    assert paired("肝S8に12mmの結節を認める。", mark("a", "nodule", "lung S8", "right", 12)) == set()
    assert paired("右肺S8に12mmの結節を認める。", mark("a", "nodule", "liver S8", None, 12)) == set()


def test_18_words_that_hold_other_words():
    assert relate(parse_place("肝門部").nodes, parse_place("肺門部").nodes) == "other"
    assert relate(parse_place("副腎").nodes, parse_place("腎").nodes) != "same"
    assert parse_place("右心房").side is None
    assert parse_place("左房").side is None


def test_19_a_correction_of_the_side_is_not_accepted_in_silence():
    text = "左下葉に15mmの結節を認める。\n【追記】上記結節は右下葉の誤りです。"
    found, _ = told(text, mark("a", "nodule", "RLL", "right", 15.0))
    assert found.get("a", ("", "review"))[1] == "review"


@pytest.mark.parametrize("number", [20, 21])
def test_20_and_21_another_study_of_the_same_patient(number):
    other = AnnotationRecord(
        "x", study_uid=f"2.25.{number}", label="nodule", anatomy="RUL", laterality="right", size_mm=(15.0,)
    )
    found, whole = told("右上葉に15mmの結節を認める。", other, mark("a", "nodule", "RUL", "right", 15.1))
    assert found.keys() == {"a"}
    assert whole.abstained["x"] == "another study"


def test_22_a_reversed_series_is_not_accepted_in_silence():
    text = "右上葉に15mmの結節を認める（Se3 Im45）。"
    found, _ = told(text, mark("a", "nodule", "RUL", "right", 15.1, series_number=3, image_number=256))
    assert found.get("a", ("", "review"))[1] == "review"


def test_23_a_series_that_was_renumbered_says_nothing():
    text = "右上葉に15mmの結節を認める（Se3 Im45）。"
    assert paired(text, mark("a", "nodule", "RUL", "right", 15.1, series_number=205, image_number=431)) == {"a"}


@pytest.mark.parametrize(
    ("words", "image"),
    [
        ("(3/45)", 45),
        ("Se.3/Im.45", 45),
        ("スライス45", 45),
        ("Ｓｅ３ Ｉｍ４５", 45),
        ("Image 45-48", 45),
        ("Se3 Im45", 45),
    ],
)
def test_24_ways_to_name_an_image(words, image):
    refs = (
        extract(f"右上葉に15mmの結節を認める（{words}）。".replace("（(", "(").replace(")）", ")"))
        .findings[0]
        .image_refs
    )
    assert [r.image for r in refs][:1] == [image]


def test_24_segments_and_dates_are_no_images():
    assert extract("右肺S3に15mmの結節を認める（3月4日）。").findings[0].image_refs == ()


def test_25_an_image_of_the_earlier_examination():
    text = "右下葉の結節（前回Se4 Im30）は今回8mmである。"
    found, _ = told(text, mark("a", "nodule", "RLL", "right", 8.1, series_number=3, image_number=80))
    assert found.keys() == {"a"}


def test_26_an_image_of_another_plane_is_of_another_series():
    text = "右下葉に8mmの結節を認める（冠状断Se6 Im30）。"
    assert paired(text, mark("a", "nodule", "RLL", "right", 8.1, series_number=3, image_number=80)) == {"a"}


def test_27_one_position_in_several_phases():
    text = "肝S8に20mmの早期濃染結節を認める（Se5 Im40）。"
    marks = [mark(x, "HCC", "S8", None, s, series_number=n, image_number=40, reader="r1", bbox=(10, 10, 20, 20), tracking_uid="1.2.3")
             for x, n, s in (("a", 5, 20.1), ("b", 6, 19.6))]  # fmt: skip
    assert paired(text, *marks) == {"a", "b"}


@pytest.mark.parametrize("words", ["(3/45)", "Se3 Im45", "（Se.3/Im.45）"])
def test_28_an_image_is_no_date(words):
    text = f"右上葉に15mmの結節を認める{words}。"
    at = text.index(words)
    assert [i for i in jmid_nlp.detect(text) if i.start < at + len(words) and at < i.end] == []


def test_29_marks_and_report_are_remapped_alike():
    treat = jmid_nlp.api.deidentifier("kamei", key=KEY)
    safe = treat(Report("R", "異常なし。", study_uid="1.2.840.1", patient_id="P1"))
    moved = treat_annotation(
        AnnotationRecord("a", study_uid="1.2.840.1", patient_id="P1"), treat, patients={"1.2.840.1": "P1"}
    )
    assert moved.study_uid == jmid_nlp.api.as_report(safe).study_uid != "1.2.840.1"


@pytest.mark.parametrize("name", ["BODY", "Isocenter 1", "CTV+5mm", "couch", "GTV"])
def test_30_planning_structures(name):
    assert paired("右上葉に15mmの結節を認める。", mark("a", name)) == set()


def test_31_names_of_regions_in_japanese(tmp_path):
    assert paired("右上葉に15mmの結節を認める。", mark("a", "右上葉結節", None, None, 15.2)) == {"a"}
    rows = [{"annotation_id": f"a{n}", "study_uid": "1", "label": "右上葉結節"} for n in range(2)]
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    assert [r.label for r in read_annotations(tmp_path / "a.json")] == ["右上葉結節"] * 2


def test_32_corners_and_widths(tmp_path):
    (tmp_path / "a.csv").write_text("annotation_id,label,x1,y1,x2,y2\na,nodule,10,20,30,50\n")
    (tmp_path / "b.csv").write_text("annotation_id,label,x,y,width,height\nb,nodule,10,20,20,30\n")
    assert [r.bbox for r in read_annotations(tmp_path)] == [(10.0, 20.0, 20.0, 30.0)] * 2


def test_33_a_mark_without_side_or_slice():
    assert paired("右上葉に15mmの結節を認める。", mark("a", "nodule", "lung", None, 15.2)) == {"a"}


def test_34_one_mask_is_of_one_finding_and_a_split_lesion_has_two_masks():
    text = "右S1に10mm、右S2に12mmの結節を認める。"
    found, whole = told(text, mark("a", "nodule", "RUL", "right", 24))
    assert len(whole.pairs) <= 1
    assert found.get("a", ("", "review"))[1] == "review"
    halves = [mark(x, "mass", "RLL", "right", 30 + n, image_range=(r, r + 5), series_number=3, bbox=(10, 10, 40, 40))
              for n, (x, r) in enumerate((("a", 40), ("b", 48)))]  # fmt: skip
    assert paired("右下葉に32mmの腫瘤を認める。", *halves) == {"a", "b"}


def test_35_a_transplanted_kidney():
    found, _ = told("右腸骨窩の移植腎に15mmの嚢胞を認める。", mark("a", "renal cyst", "kidney", "left", 15.2))
    assert found.get("a", ("", "review"))[1] == "review"


@pytest.mark.parametrize(
    "given",
    [
        mark("a", "nodule", "lung", "right", 15.1), mark("a", "nodule", "RUL", None, 15.1),
        mark("a", "right upper lobe nodule", None, None, 15.1), mark("a", "右上葉結節", None, "R", 15.1),
    ],
)  # fmt: skip
def test_36_four_places_for_a_side(given):
    text = "右上葉に15mmの結節を認める。左上葉に15mmの結節を認める。"
    _, whole = told(text, given)
    assert [p.start < 14 for p in whole.pairs] == [True]


def test_37_a_point_has_no_size():
    given = {"id": "s", "report": {"text": "右上葉に2mmの結節を認める。"}, "annotations": [
        {"annotation_id": "a", "label": "nodule", "anatomy": "RUL", "laterality": "right", "size_mm": []}]}  # fmt: skip
    report, marks = parse_study(given, 0)
    assert marks[0].size_mm == ()
    assert [p.annotation_id for p in align("s", report, extract(report.text).findings, marks).pairs] == ["a"]


def test_38_ruler_and_mask():
    assert paired("右上葉に12mmの結節を認める。", mark("a", "nodule", "RUL", "right", 13.4)) == {"a"}


def test_39_one_tracking_uid_in_two_examinations():
    old = AnnotationRecord("x", study_uid="2.25.5", label="nodule", anatomy="RUL", size_mm=(9.0,), tracking_uid="1.2.9")
    found, whole = told(
        "右上葉に15mmの結節を認める。", old, mark("a", "nodule", "RUL", "right", 15.1, tracking_uid="1.2.9")
    )
    assert found.keys() == {"a"}
    assert whole.abstained == {"x": "another study"}


def test_40_values_that_are_no_numbers():
    given = {"id": "s", "report": {"text": "右上葉に15mmの結節を認める。"}, "annotations": [
        {"annotation_id": "a", "label": "nodule", "anatomy": "RUL", "size_mm": [math.nan, 15.0]}]}  # fmt: skip
    assert parse_study(given, 0)[1][0].size_mm == (15.0,)


def test_41_two_patients_under_one_study():
    other = mark("x", "nodule", "RUL", "right", 15.0, patient_id="P2")
    found, whole = told("右上葉に15mmの結節を認める。", other)
    assert not found
    assert whole.abstained == {"x": "another patient"}


def test_42_a_date_that_was_shifted_otherwise():
    early = mark("a", "nodule", "RUL", "right", 15.0, created="2024-03-01")
    found, _ = told("右上葉に15mmの結節を認める。", early)
    assert found.get("a", ("", "review"))[1] == "review"
