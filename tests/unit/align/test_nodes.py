"""Lymph nodes that are measured and not called enlarged, and other readings of the words around a finding."""

from __future__ import annotations

import pytest

from jmid_nlp.align.anatomy import parse_place
from jmid_nlp.align.match import align
from jmid_nlp.align.mentions import read_mentions
from jmid_nlp.align.nodes import measured_nodes
from jmid_nlp.findings.extract import extract
from jmid_nlp.schema import Finding, Report

from .make import UID, mark, pairs, report, run


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("腋窩に短径7mmのリンパ節を認める。", (7.0,)),
        ("傍大動脈のリンパ節は短径0.8cmで、3ヶ月前の12mmより縮小。", (8.0,)),
        ("腋窩に短径12×7mmのリンパ節。", (12.0, 7.0)),
        ("リンパ節は前回12mm、今回9mm。", (9.0,)),
        ("短径10mm以上のリンパ節は認めない。", None),
        ("左鼠径リンパ節は短径8mmで有意とはいえない。", None),
        ("リンパ節は目立つ。", None),
    ],
)
def test_a_measured_node_is_read(text, size):
    assert [f.sizes_mm for f in measured_nodes(text, [])] == ([(size,)] if size else [])


def test_a_node_takes_back_the_size_that_went_to_another_sentence():
    text = "左B領域に5mmの嚢胞。右腋窩に短径8mmのリンパ節。"
    at = text.index("嚢胞")
    cyst = Finding(at, at + 2, "嚢胞", "cyst", "positive", sizes_mm=((5.0,), (8.0,)), multiple=True)
    found = {f.text: f for f in measured_nodes(text, [cyst])}
    assert found["嚢胞"].sizes_mm == ((5.0,),)
    assert not found["嚢胞"].multiple
    assert found["リンパ節"].sizes_mm == ((8.0,),)


def test_a_measured_node_may_pair_and_is_no_finding_that_lacks_a_mark():
    given = Report("R", "右腋窩に短径8mmのリンパ節を認める。", study_uid=UID)
    found = align("S", given, [], [mark("a", "LN", "axilla", "right", 12.0, 8.2)])
    assert [p.annotation_id for p in found.pairs] == ["a"]
    assert align("S", given, [], []).unmatched_findings == ()


def test_a_segment_and_a_level_are_one_place():
    for words in ("肺S8", "肝S7", "第6胸椎", "Th6椎体", "第5肋骨", "左肺S9"):
        assert len(parse_place(words).nodes) == 1, words
    told = report("右肺S8に8mmの[結節]。", {"at": ["右肺S8"], "side": "right", "size": [[8]]})
    found = run(told, mark("a", "nodule", "S8", "right", 8.1), mark("b", "nodule", "S8", "right", 15.0))
    assert pairs(told, found) == {"a": 0}


def test_a_sequence_is_no_vertebra():
    assert parse_place("Gd造影3D-T1で").nodes == ()
    assert parse_place("T1強調像").nodes == ()
    assert parse_place("Th1").nodes == parse_place("T1").nodes != ()


def test_another_number_or_an_item_of_a_list_is_another_lesion():
    text = "右肺S8には6mm程の結節が存在する。\n・右肺S8：7mmの結節。\n・右肺S8：7mmの結節。"
    found = extract(text).findings
    assert len(found) == 3
    assert len(align("S", Report("R", text, study_uid=UID), found, []).unmatched_findings) == 3
    split = align("S", Report("R", text, study_uid=UID), found, [mark("a", "nodule", "S8", "right", 6.9)])
    assert "ambiguous" in split.abstained["a"]


def test_the_topic_of_a_sentence_is_a_place():
    text = "左膝MRI。ACLは大腿骨付着部で連続性がなく、断裂です。"
    tear = next(m for m in read_mentions(text, extract(text).findings) if "tear" in m.concepts)
    assert "knee.acl" in tear.place.nodes
