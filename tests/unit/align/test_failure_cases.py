"""Where matching of reports and marks is known to go wrong, one test a case; hand-made findings, order shuffled."""

from __future__ import annotations

from jmid_nlp.schema import Finding, SiteMention

from .make import alone, mark, pairs, report, run


def test_one_plural_finding_takes_nine_marks_and_its_size_is_not_spread():
    told = report(
        "両側下葉に多発[結節]（最大12mm）、右上葉に12mmの[結節]。",
        {"at": ["下葉"], "side": "bilateral", "size": [[12]], "multiple": True},
        {"at": ["右上葉"], "side": "right", "size": [[12]]},
    )
    marks = [mark(f"m{n}", "nodule", "RLL" if n % 2 else "LLL", "right" if n % 2 else "left", 4 + n) for n in range(9)]
    found = run(told, *marks, mark("z", "nodule", "RUL", "right", 12.2))
    assert pairs(told, found) == {f"m{n}": 0 for n in range(9)} | {"z": 1}
    assert all("size" not in w or "12 mm" in w or "smaller" in w for p in found.pairs for w in p.why)


def test_one_noun_for_two_lesions_takes_both():
    told = report(
        "右肺S3に8mm、S6に10mmの[結節]。",
        {"at": ["右肺S3", "S6"], "side": "right", "size": [[8], [10]], "multiple": True},
    )
    found = run(told, mark("a", "nodule", "S3", "right", 8.2), mark("b", "nodule", "RLL", "right", 9.7))
    assert pairs(told, found) == {"a": 0, "b": 0}


def test_one_noun_for_two_lesions_where_only_the_last_site_was_attached():
    told = report(
        "右前頭葉に14mm、左小脳に9mmの[結節]。",
        {"at": ["左小脳"], "side": "left", "size": [[14], [9]], "multiple": True},
    )
    found = run(
        told, mark("a", "met", "right frontal", "right", 13.8), mark("b", "met", "left cerebellum", "left", 9.3)
    )
    assert pairs(told, found) == {"a": 0, "b": 0}


def test_both_sides_in_one_word():
    told = report("左右副腎に[結節]を認める。", {"at": ["左右副腎"], "side": "bilateral"})
    found = run(told, mark("a", "adrenal nodule", "adrenal", "left"), mark("b", "adrenal nodule", "adrenal", "right"))
    assert pairs(told, found) == {"a": 0, "b": 0}


def test_two_dimensions_against_a_ruler():
    told = report("右上葉に12×8mmの[結節]。", {"at": ["右上葉"], "side": "right", "size": [[12, 8]]})
    assert pairs(told, run(told, mark("a", "nodule", "RUL", "right", 12))) == {"a": 0}
    assert pairs(told, run(told, mark("a", "nodule", "RUL", "right", 12.3, 7.6))) == {"a": 0}


def test_whole_centimetres_are_rough():
    exact = report("右上葉に12mmの[結節]。", {"at": ["右上葉"], "side": "right", "size": [[12]]})
    rough = report("右上葉に1cm大の[結節]。", {"at": ["右上葉"], "side": "right", "size": [[10]]})
    near = mark("a", "nodule", "RUL", "right", 13.2)
    assert run(rough, near).pairs[0].score > 0.9
    assert pairs(exact, run(exact, near)) == {"a": 0}


def test_a_side_conflict_inside_the_report_is_settled_by_the_body():
    told = report(
        "右副腎に21mmの[結節]。\n【診断】左[副腎腺腫]。", {"at": ["右副腎"], "side": "right", "size": [[21]]},
        {"side": "left", "section": "impression"},
    )  # fmt: skip
    assert pairs(told, run(told, mark("a", "adrenal adenoma", "adrenal", "right", 21))) == {"a": 0}


def test_a_vanished_lesion_does_not_match_an_old_mark_carried_on():
    told = report(
        "前回の左上葉[結節]は消失。", {"at": ["左上葉"], "side": "left", "certainty": "negative", "change": "resolved"}
    )
    assert run(told, mark("a", "nodule", "LUL", "left", 9)).pairs == ()


def test_scattered_cysts_without_marks_and_marks_without_words():
    told = report("肝に[嚢胞]、[血管腫]あり。", {"at": ["肝"]}, {"at": ["肝"]})
    found = run(told, mark("cad", "nodule", "RUL", "right", 4))
    assert found.pairs == ()
    assert found.unmatched_annotations == ("cad",)
    assert alone(told, found) == [0, 1]


def test_unlocated_plural_takes_the_marks_that_are_left():
    told = report(
        "右上葉に20mmの[結節]。他に肺野に小[結節]が散見される。", {"at": ["右上葉"], "side": "right", "size": [[20]]},
        {"at": ["肺野"], "multiple": True},
    )  # fmt: skip
    found = run(
        told,
        mark("a", "nodule", "RUL", "right", 20),
        mark("b", "nodule", "LLL", "left", 5),
        mark("c", "nodule", "RML", "right", 4),
    )
    assert pairs(told, found) == {"a": 0, "b": 1, "c": 1}


def test_stations_and_their_names():
    told = report(
        "縦隔#4Rに[リンパ節腫大]、気管分岐下に[リンパ節腫大]。",
        {"at": ["#4R"], "side": "right"},
        {"at": ["気管分岐下"]},
    )
    found = run(told, mark("a", "LN", "subcarinal"), mark("b", "LN", "right lower paratracheal", "right"))
    assert pairs(told, found) == {"a": 1, "b": 0}


def test_segments_of_lung_and_liver_share_names():
    told = report("右肺S8に[結節]、肝S8に[腫瘤]。", {"at": ["右肺S8"], "side": "right"}, {"at": ["肝S8"]})
    found = run(told, mark("a", "HCC", "S8"), mark("b", "lung nodule", "S8", "right"))
    assert pairs(told, found) == {"a": 1, "b": 0}


def test_hilum_of_lung_and_of_liver():
    told = report(
        "右肺門に[リンパ節腫大]、肝門部に[リンパ節腫大]。", {"at": ["右肺門"], "side": "right"}, {"at": ["肝門部"]}
    )
    found = run(told, mark("a", "LN", "hepatic hilum"), mark("b", "LN", "hilum", "right"))
    assert pairs(told, found) == {"a": 1, "b": 0}


def test_planning_structures_are_no_lesions():
    told = report("右下葉に30mmの[腫瘤]。", {"at": ["右下葉"], "side": "right", "size": [[30]]})
    rest = [mark("b", "BODY"), mark("i", "Isocenter 1"), mark("l", "Lung_R", None, "right"), mark("c", "couch")]
    found = run(told, mark("g", "GTV", "RLL", "right", 31), *rest)
    assert pairs(told, found) == {"g": 0}


def test_a_lesion_split_in_two_marks_by_a_gap_of_slices():
    told = report("肝S4に30mmの[腫瘤]。", {"at": ["肝S4"], "size": [[30]]})
    one = mark("a", "mass", "S4", None, 28, series_number=2, image_range=(10, 12), bbox=(50, 50, 40, 40))
    two = mark("b", "mass", "S4", None, 30, series_number=2, image_range=(14, 16), bbox=(52, 51, 40, 38))
    assert pairs(told, run(told, one, two)) == {"a": 0, "b": 0}


def test_the_side_may_stand_in_the_label_only():
    told = report("右腎に20mmの[嚢胞]、左腎に22mmの[嚢胞]。", {"at": ["右腎"], "side": "right", "size": [[20]]},
                  {"at": ["左腎"], "side": "left", "size": [[22]]})  # fmt: skip
    found = run(told, mark("a", "Lt renal cyst", None, None, 21), mark("b", "右腎嚢胞", None, None, 21))
    assert pairs(told, found) == {"a": 1, "b": 0}


def test_a_mark_without_size_is_no_mark_of_size_nought():
    told = report("右下葉に2mmの[結節]。", {"at": ["右下葉"], "side": "right", "size": [[2]]})
    assert pairs(told, run(told, mark("a", "nodule", "RLL", "right", 0.0))) == {"a": 0}


def test_marks_of_one_tracking_uid_are_one_lesion():
    told = report("右下葉に12mmの[結節]。", {"at": ["右下葉"], "side": "right", "size": [[12]]})
    one = mark("a", "nodule", "RLL", "right", 12, tracking_uid="2.25.5", image_number=4, series_number=1)
    two = mark("b", "nodule", "RLL", "right", 10, tracking_uid="2.25.5", image_number=30, series_number=1)
    assert pairs(told, run(told, one, two)) == {"a": 0, "b": 0}


def test_differential_diagnoses_are_one_lesion():
    told = report(
        "縦隔に[リンパ節腫大]。[サルコイドーシス]や[悪性リンパ腫]が鑑別。", {"at": ["縦隔"]}, {"certainty": "suspicious"},
        {"certainty": "suspicious"},
    )  # fmt: skip
    assert alone(told, run(told)) == [0]
    assert pairs(told, run(told, mark("a", "lymphoma", "mediastinum"))) == {"a": 0}


def test_describing_word_before_its_noun():
    told = report(
        "左腎に14mmの[濃染]する[腫瘤]を認める。",
        {"at": ["左腎"], "side": "left", "size": [[14]]},
        {"at": ["左腎"], "side": "left"},
    )
    assert pairs(told, run(told, mark("a", "renal tumor", "kidney", "left", 13.7))) == {"a": 1}


def test_members_named_after_a_counted_group():
    told = report(
        "右中葉に2個の[結節]あり。大きい方は9mmの[結節]、もう一つは4mmの[結節]である。",
        {"at": ["右中葉"], "side": "right", "multiple": True}, {"size": [[9]]}, {"size": [[4]]},
    )  # fmt: skip
    found = run(told, mark("a", "nodule", "RML", "right", 4.2), mark("b", "nodule", "RML", "right", 9.3))
    assert pairs(told, found) == {"a": 2, "b": 1}
    assert alone(told, found) == []


def test_offsets_are_those_of_the_original_text():
    text = "右下葉に１２㎜の結節。"
    at = text.index("結節")
    finding = Finding(at, at + 2, "結節", None, "positive", (SiteMention(0, 3),), "right", ((12.0,),))
    told = (report("")[0], [finding])
    told = (type(told[0])(report_id="R", text=text), [finding])
    (pair,) = run(told, mark("a", "nodule", "RLL", "right", 12)).pairs
    assert text[pair.start : pair.end] == "結節"
