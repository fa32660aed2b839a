"""Places of findings over the layouts that reports come in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jmid_nlp.findings.assemble import assemble
from jmid_nlp.findings.document import parse
from jmid_nlp.findings.sites import join_sides, side_of

sys.path.insert(0, str(Path(__file__).parents[3]))

from corpora.findings_markup import parse_marked

LAYOUTS = [
    # headings and labels
    "1. <a:肝>\n・<b:S8>に12mmの[結節|p @b =12]あり。\n2. <c:胆嚢>\n・[結石|p @c]あり。[壁肥厚|n @c]なし。\n3. <d:右腎>\n・[嚢胞|p @d R]を認める。",
    "【右膝】\n<a:内側半月板>に[断裂|p @a R]あり。\n【<b:左膝>】\n[関節液貯留|p @b L]あり。",
    "■肺野：<a:右上葉>に[結節|p @a R]。[胸水|n]なし。\n■<b:縦隔>：[リンパ節腫大|n @b]なし。",
    "肝：異常なし。<a:胆>：[結石|p @a]あり。膵：異常なし。<b:腎>：右に[嚢胞|p @b R]、左に[結石|p @b L]。",
    "右乳房：<a:A領域>に10mmの[腫瘤|p @a R =10]。左乳房：<b:C領域>に[石灰化|p @b L]。",
    "左：[胸水|p L]少量。右：[胸水|n R]なし。",
    "左肩MRI\n<a:棘上筋腱>に[断裂|p @a L]あり。<b:肩峰下滑液包>に[液貯留|p @b L]。",
    # lists and coordination
    "<a:両側肺門>および<b:縦隔>に[リンパ節腫大|p @a,b B]を認める。",
    "<a:右主肺動脈>から<b:両側下葉枝>に[血栓|p @a,b B]を認める。",
    "<a:右第3〜5肋骨>に[骨折|p @a R]があります。",
    "<a:膵頭部>に径20mm大、<b:膵尾部>に径8mm大の[嚢胞|p @a,b =20,8 *]を認める。",
    # inherited places
    "<a:右腎盂>に[充盈欠損|s @a R]を疑うが、[凝血塊|s @a R]の可能性もあり。",
    "<a:左脚>に[壁在血栓|p @a L stb]、不変。[狭窄|n @a L]なし。",
    "<a:胆嚢>は[腫大|p @a]し、<b:頸部>に[結石|p @b]あり。急性[胆嚢炎|p @a]と考えます。",
    "<a:右下葉>に[浸潤影|p @a R]を認める。[IgG4関連疾患|s]の可能性は残る。",
    "<a:左腎>に[結石|p @a L]あり。<b:肝>に[嚢胞|p @b]、[胆石|p]あり、[腹水|n]なし。",
    "【診断】\n<a:右上葉>[結節|p @a R]、[肺癌|s]疑い",
    # split and whole
    "<a:胆嚢>[結石|p @a]を認める。",
    "[脂肪肝|p]あり。",
    "<a:左腎>[嚢胞|p @a L]を認める。",
    "両側[胸水|p B]少量、右[水腎症|p R]あり。",
    "[大動脈解離|n]なし。",
    "<a:主膵管>[拡張|n @a]なし。",
    # words that are no places
    "心胸郭比58%で[心拡大|p]あり。",
    "乳頭から3cmに[腫瘤|p =12]（12mm）を認める。",
]


def overlaps(a, b):
    return a["start"] < b.end and b.start < a["end"]


@pytest.mark.parametrize("marked", LAYOUTS)
def test_layouts(marked):
    row = parse_marked(marked)
    got = assemble(parse(row["text"]))
    assert [row["text"][f.start : f.end] for f in got if not any(overlaps(g, f) for g in row["findings"])] == []
    assert len(got) == len(row["findings"])
    for finding, gold in zip(got, row["findings"], strict=True):
        assert finding.laterality == gold["laterality"], finding.text
        assert finding.certainty == gold["certainty"], finding.text
        if not gold["locations"]:
            assert not finding.locations, finding.text
        for place in gold["locations"]:
            assert any(overlaps(place, s) for s in finding.locations), (finding.text, place["site"])


@pytest.mark.parametrize(
    ("written", "side"),
    [
        ("右肺上葉", "right"), ("肝左葉", "left"), ("両側腎", "bilateral"), ("左右主気管支", "bilateral"), ("正中", "midline"),
        ("right upper lobe", "right"), ("Lt. kidney", "left"), ("左右差", None), ("右心負荷", None), ("S6", None), ("胆嚢", None),
    ],
)  # fmt: skip
def test_side_is_read_from_the_words(written, side):
    assert side_of(written) == side


def test_sides_join():
    assert join_sides({"left", "right"}) == "bilateral"
    assert join_sides({"left", ""}) == "left"
    assert join_sides(set()) is None
