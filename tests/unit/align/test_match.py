"""Matching on findings made by hand: each case is one of the hard ones; order of input never matters (see `make.run`)."""

from __future__ import annotations

from dataclasses import replace

import pytest

import jmid_nlp
from jmid_nlp.align.match import AlignOptions

from .make import UID, alone, mark, pairs, report, run

NODULE = {"at": ["右下葉"], "side": "right"}


def test_same_type_is_told_apart_by_lobe():
    told = report(
        "右上葉に[結節]、左下葉に[結節]を認める。",
        {"at": ["右上葉"], "side": "right"},
        {"at": ["左下葉"], "side": "left"},
    )
    found = run(told, mark("a", "nodule", "LLL", "left", 8), mark("b", "nodule", "RUL", "right", 8))
    assert pairs(told, found) == {"a": 1, "b": 0}
    assert found.unmatched_findings == ()


def test_same_type_is_told_apart_by_size_and_by_segment():
    told = report(
        "肝S8に28mmの[結節]、S6に11mmの[結節]、S7に12mmの[結節]を認める。",
        {"at": ["肝S8"], "size": [[28]]}, {"at": ["S6"], "size": [[11]]}, {"at": ["S7"], "size": [[12]]},
    )  # fmt: skip
    found = run(
        told,
        mark("a", "HCC", "liver", None, 27.2),
        mark("b", "HCC", "S7", None, 11.8),
        mark("c", "HCC", "S6", None, 11.3),
    )
    assert pairs(told, found) == {"a": 0, "b": 2, "c": 1}


def test_slice_reference_decides():
    told = report(
        "右下葉に6mmの[結節]（Se3 Im72）、6mmの[結節]（Se3 Im95）を認める。",
        {**NODULE, "size": [[6]], "ref": (3, 72)}, {**NODULE, "size": [[6]], "ref": (3, 95)},
    )  # fmt: skip
    here = {"series_number": 3}
    found = run(
        told,
        mark("a", "nodule", "RLL", "right", 6, image_number=95, **here),
        mark("b", "nodule", "RLL", "right", 6, image_number=73, **here),
    )
    assert pairs(told, found) == {"a": 1, "b": 0}
    assert "the image the text refers to" in found.pairs[0].why


def test_reference_to_another_series_says_nothing():
    told = report("右下葉に6mmの[結節]（Se3 Im72）。", {**NODULE, "size": [[6]], "ref": (3, 72)})
    found = run(told, mark("a", "nodule", "RLL", "right", 6, series_number=5, image_number=400))
    assert pairs(told, found) == {"a": 0}


def test_current_size_counts_and_not_the_prior_one():
    told = report(
        "右下葉の[結節]は前回8mmから今回12mmに増大。右下葉に8mmの[結節]あり。",
        {**NODULE, "size": [[12]], "prior": [[8]]}, {**NODULE, "size": [[8]]},
    )  # fmt: skip
    found = run(told, mark("a", "nodule", "RLL", "right", 8.2), mark("b", "nodule", "RLL", "right", 12.3))
    assert pairs(told, found) == {"a": 1, "b": 0}


def test_prior_size_alone_matches_only_where_the_lesion_is_stable():
    stable = report("右下葉の[結節]は前回10mmと不変。", {**NODULE, "prior": [[10]], "change": "stable"})
    assert pairs(stable, run(stable, mark("a", "nodule", "RLL", "right", 10.2))) == {"a": 0}
    assert pairs(stable, run(stable, mark("a", "nodule", "RLL", "right", 31))) == {}


def test_node_is_measured_across():
    told = report("気管分岐下に短径12mmの[リンパ節腫大]、右下部気管傍に短径20mmの[リンパ節腫大]。",
                  {"at": ["気管分岐下"], "size": [[12]]}, {"at": ["右下部気管傍"], "size": [[20]], "side": "right"})  # fmt: skip
    found = run(told, mark("a", "LN", "mediastinum", None, 20.5, 12.2), mark("b", "LN", "mediastinum", None, 33, 19.6))
    assert pairs(told, found) == {"a": 0, "b": 1}


def test_many_marks_under_one_plural_word():
    told = report(
        "両肺に[結節]が多発し、最大は18mm。", {"at": ["両肺"], "side": "bilateral", "size": [[18]], "multiple": True}
    )
    marks = [
        mark("a", "meta", "RUL", "right", 7),
        mark("b", "meta", "LLL", "left", 17.6),
        mark("c", "meta", "RLL", "right", 9),
    ]
    assert pairs(told, run(told, *marks)) == {"a": 0, "b": 0, "c": 0}


def test_a_mark_larger_than_the_largest_of_a_group_is_none_of_it():
    told = report(
        "両肺に[結節]が多発し、最大は8mm。", {"at": ["両肺"], "side": "bilateral", "size": [[8]], "multiple": True}
    )
    assert pairs(told, run(told, mark("a", "nodule", "RUL", "right", 35))) == {}


def test_singular_word_takes_one_lesion():
    told = report("右下葉に[結節]を認める。", NODULE)
    found = run(told, mark("a", "nodule", "RLL", "right", 7), mark("b", "nodule", "RLL", "right", 25))
    assert found.pairs == ()
    assert "ambiguous" in "".join(found.abstained.values())


def test_two_readers_of_one_lesion_both_match():
    told = report("右中葉に34mmの[腫瘤]を認め、[肺癌]を疑う。", {"at": ["右中葉"], "side": "right", "size": [[34]]},
                  {"at": ["右中葉"], "side": "right", "certainty": "suspicious"})  # fmt: skip
    a = mark("a", "lung ca", "RML", "right", 33.5, series_number=4, image_number=60, bbox=(100, 100, 40, 40))
    b = mark(
        "b",
        "mass",
        "右中葉",
        "right",
        35.2,
        series_number=4,
        image_number=61,
        bbox=(101, 99, 42, 41),
        created="2024-05-20",
    )
    assert pairs(told, run(told, a, b)) == {"a": 0, "b": 0}


def test_two_readers_without_boxes():
    told = report("右中葉に34mmの[腫瘤]を認める。", {"at": ["右中葉"], "side": "right", "size": [[34]]})
    a, b = mark("a", "mass", "RML", "right", 33, reader="x"), mark("b", "mass", "RML", "right", 36, reader="y")
    assert pairs(told, run(told, a, b)) == {"a": 0, "b": 0}


@pytest.mark.parametrize(
    "attributes",
    [
        {"certainty": "negative"},
        {"certainty": "general"},
        {"historical": True},
        {"change": "resolved", "certainty": "negative"},
    ],
)
def test_denied_past_and_general_mentions_never_match(attributes):
    told = report("右下葉に[結節]。", {**NODULE, "size": [[8]], **attributes})
    found = run(told, mark("a", "nodule", "RLL", "right", 8))
    assert found.pairs == ()
    assert found.unmatched_findings == ()
    assert set(found.abstained) == {"a"}


def test_denial_speaks_against_a_mark_without_place():
    told = report("肺野に[結節]なし。肝に[腫瘤]あり。", {"at": ["肺野"], "certainty": "negative"}, {"at": ["肝"]})
    found = run(told, mark("a", "nodule", "RLL", "right", 4))
    assert found.abstained == {"a": "the report denies it or calls it past"}


@pytest.mark.parametrize("other", [{"study_uid": "2.25.78"}, {"patient_id": "Q"}])
def test_another_study_or_patient_never_matches(other):
    told = report("右下葉に8mmの[結節]。", {**NODULE, "size": [[8]]})
    found = run(told, replace(mark("a", "nodule", "RLL", "right", 8), **other))
    assert found.pairs == ()
    assert found.abstained["a"].startswith("another")


def test_a_mark_made_before_the_examination_is_of_another_one():
    told = report("右下葉に[結節]。", NODULE)
    assert run(told, mark("a", "nodule", "RLL", "right", created="2024-02-01")).pairs == ()
    assert run(told, mark("a", "nodule", "RLL", "right", created="2024-05")).pairs  # a coarser date says nothing


def test_wrong_side_pairs_where_label_size_and_place_agree():
    told = report("右腎に42mmの[腫瘤]を認める。左腎に[嚢胞]あり。", {"at": ["右腎"], "side": "right", "size": [[42]]},
                  {"at": ["左腎"], "side": "left"})  # fmt: skip
    found = run(told, mark("a", "RCC", "kidney", "left", 41.5))
    assert pairs(told, found) == {"a": 0}
    assert found.pairs[0].decision == "review"
    assert any("sides differ" in w for w in found.pairs[0].why)


def test_wrong_side_without_size_is_no_pair():
    told = report("右腎に[嚢胞]を認める。", {"at": ["右腎"], "side": "right"})
    assert run(told, mark("a", "renal cyst", "kidney", "left", 20)).pairs == ()


def test_interpretation_and_conclusion_are_no_second_lesion():
    told = report(
        "右腎に42mmの[腫瘤]を認め、[腎細胞癌]を疑う。\n【診断】右[腎癌]疑い。",
        {"at": ["右腎"], "side": "right", "size": [[42]]}, {"certainty": "suspicious", "at": ["右腎"], "side": "right"},
        {"certainty": "suspicious", "side": "right", "section": "impression"},
    )  # fmt: skip
    found = run(told, mark("a", "RCC", "kidney", "right", 42))
    assert pairs(told, found) == {"a": 0}
    assert alone(told, run(told)) == [0]


def test_opinion_before_its_noun():
    told = report("肝S5に[転移]を疑う[結節]を認める。", {"at": ["肝S5"], "certainty": "suspicious"}, {"at": ["肝S5"]})
    assert pairs(told, run(told, mark("a", "met", "S5"))) == {"a": 1}
    assert alone(told, run(told)) == [1]


def test_differing_labels_never_match():
    told = report("左前頭部に16mmの[硬膜下血腫]を認める。", {"at": ["左前頭部"], "side": "left", "size": [[16]]})
    assert run(told, mark("a", "meningioma", "falx", "left", 16)).pairs == ()


def test_attached_sign_is_not_an_unmatched_finding():
    told = report(
        "左頭頂葉に[腫瘤]があり、周囲に[浮腫]を伴う。[脳萎縮]あり。", {"at": ["左頭頂葉"], "side": "left"}, {}, {}
    )
    assert alone(told, run(told)) == [0, 2]


def test_known_disease_of_the_request_takes_no_mark():
    told = report(
        "[大腸癌]術後、[肝転移]経過観察。肝S7に18mmの[転移]を認める。", {}, {}, {"at": ["肝S7"], "size": [[18]]}
    )
    assert pairs(told, run(told, mark("a", "met", "liver", None, 18))) == {"a": 2}


def test_label_that_says_nothing_needs_size_or_image():
    told = report("右下葉に12mmの[結節]。", {**NODULE, "size": [[12]]})
    assert pairs(told, run(told, mark("a", None, "RLL", "right", 12.1))) == {"a": 0}
    assert run(told, mark("a", "Lung_R", "lung", "right")).pairs == ()
    assert run(told, mark("a", "target", "RLL", "right", 60)).pairs == ()


def test_ties_abstain():
    told = report("右腎に5mmの[嚢胞]、左腎に5mmの[嚢胞]。", {"at": ["右腎"], "side": "right", "size": [[5]]},
                  {"at": ["左腎"], "side": "left", "size": [[5]]})  # fmt: skip
    found = run(told, mark("a", "cyst", "kidney", None, 5))
    assert found.pairs == ()
    assert found.abstained == {"a": "ambiguous: another pairing is as good"}
    assert alone(told, found) == [0, 1]


def test_marks_left_over_keep_their_reason():
    told = report("右下葉に12mmの[結節]。", {**NODULE, "size": [[12]]})
    found = run(
        told, mark("a", "nodule", "RLL", "right", 12), mark("b", "nodule", "LUL", "left", 12), mark("c", "renal cyst")
    )
    assert pairs(told, found) == {"a": 0}
    assert found.unmatched_annotations == ("b", "c")
    assert set(found.abstained) == {"b", "c"}


def test_empty_sides():
    told = report("右下葉に[結節]。", NODULE)
    assert run(told).unmatched_findings == ((4, 6),)
    nothing = report("異常なし。")
    assert run(nothing, mark("a", "nodule")).unmatched_annotations == ("a",)
    assert run(nothing).pairs == ()


def test_costs_and_thresholds_are_parameters():
    told = report("右下葉に[結節]。", NODULE)
    a = mark("a", "nodule", "RLL", "right")
    assert run(told, a).pairs
    assert run(told, a, options=AlignOptions(accept=50.0)).pairs == ()


def test_scores_fall_with_doubt():
    told = report(
        "右下葉S8に12mmの[結節]（Se3 Im40）。", {"at": ["右下葉S8"], "side": "right", "size": [[12]], "ref": (3, 40)}
    )
    sure = run(told, mark("a", "nodule", "S8", "right", 12, series_number=3, image_number=40)).pairs[0]
    less = run(told, mark("a", "nodule", "lung", None, 15)).pairs[0]
    assert 0 < less.score < sure.score <= 1


def test_no_annotation_goes_to_two_findings_and_uids_are_stripped():
    told = report("右腎に20mmの[嚢胞]、左腎に31mmの[嚢胞]。", {"at": ["右腎"], "side": "right", "size": [[20]]},
                  {"at": ["左腎"], "side": "left", "size": [[31]]})  # fmt: skip
    found = run(told, mark("a", "renal cyst", None, "left", 31, study_uid=f" {UID} "))
    assert pairs(told, found) == {"a": 1}
    assert alone(told, found) == [0]


def test_names_that_the_lexicon_lacks_are_compared_by_their_words():
    told = report("右側に[某症候群所見]あり。", {"side": "right"})
    assert pairs(told, run(told, mark("a", "某症候群", None, "right"))) == {"a": 0}
    assert run(told, mark("a", "別の何か", None, "right")).pairs == ()


def test_a_landmark_is_no_lesion():
    told = report(
        "右下葉の[網状影]内に18mmの[結節]を認める。",
        {"at": ["右下葉"], "side": "right"},
        {"at": ["右下葉"], "side": "right", "size": [[18]]},
    )
    assert alone(told, run(told)) == [1]


def test_levels_between_two_levels():
    told = report("C3/4からC5/6で[椎間板膨隆]を認める。", {"at": ["C3/4", "C5/6"]})
    found = run(told, *(mark(i, "bulging", a) for i, a in (("a", "C3/4"), ("b", "C4/5"), ("c", "C5-6"), ("d", "C6/7"))))
    assert pairs(told, found) == {"a": 0, "b": 0, "c": 0}


def test_members_given_only_by_site_and_size():
    told = report("以下の[結節]を認めます。\n1) 右S2：9mm\n2) 右S8：6mm\n3) 左S6：12mm（前回10mm）\n", {})
    marks = [
        mark("a", "nodule", "right S2", "right", 9),
        mark("b", "nodule", "right S8", "right", 6.1),
        mark("c", "nodule", "left S6", "left", 12),
    ]
    assert pairs(told, run(told, *marks, mark("d", "nodule", "left S3", "left", 30))) == {"a": 0, "b": 0, "c": 0}
    single = report("右上葉に[結節]を認める。\n大動脈径は30mm。\n", {"at": ["右上葉"], "side": "right"})
    assert pairs(single, run(single, mark("a", "nodule", "RUL", "right"))) == {"a": 0}


def test_a_counted_group_takes_as_many():
    told = report(
        "肝両葉に計3個の[転移]を認め、最大33mm。",
        {"at": ["肝両葉"], "side": "bilateral", "size": [[33]], "multiple": True},
    )
    marks = [mark("a", "met", "S8", None, 32.4), mark("b", "met", "S4", None, 12), mark("c", "met", "S6", None, 9)]
    assert pairs(told, run(told, *marks)) == {"a": 0, "b": 0, "c": 0}


def test_one_mark_in_three_dicom_forms_is_one_lesion():
    sample = jmid_nlp.sample()
    reports = [r for r in jmid_nlp.read_reports(sample / "reports.jsonl") if r.report_id == "HM-02"]
    marks = jmid_nlp.read_annotations(sample / "annotations" / "dicom" / "HM-02")
    (links,) = jmid_nlp.align(jmid_nlp.extract(reports), marks, reports)
    kinds = {m.annotation_id: m.kind for m in marks}
    matched = {}
    for pair in links.pairs:
        matched.setdefault(reports[0].text[pair.start : pair.end], set()).add(kinds[pair.annotation_id])
    three = {"sr-group", "segment", "rt-gtv"}
    assert matched == {"部分充実型結節": three, "すりガラス結節": three}
    assert [kinds[i] for i in links.unmatched_annotations] == ["rt-external"]
