"""Places and sides that are not written beside a finding: titles, parts of a whole, arrows, labels, other organs."""

from __future__ import annotations

import pytest

import jmid_nlp
from jmid_nlp.findings.document import parse
from jmid_nlp.findings.headings import title_side


def places(text: str) -> dict[str, tuple[str | None, list[str]]]:
    return {
        text[f.start : f.end]: (f.laterality, [text[s.start : s.end] for s in f.locations])
        for f in jmid_nlp.findings(text)
    }


@pytest.mark.parametrize(
    ("title", "side"),
    [
        ("左膝MRI", "left"),
        ("MRI：右肩関節", "right"),
        ("膝関節MRI（左）", "left"),
        ("US 左頸部", "left"),
        ("検査部位：右手関節", "right"),
        ("Lt knee MRI", "left"),
        ("MRI of the right hip", "right"),
        ("右足関節 正面・側面 2方向", "right"),
        ("右下肢静脈エコー", "right"),
        ("右肩・左肩X線", None),
        ("両膝MRI", None),
        ("左乳癌術前 乳房MRI", None),
        ("頭部MRI 左片麻痺", None),
        ("CT：左肺下葉に結節", None),
        ("前回の左膝MRIと比較しました", None),
    ],
)
def test_side_of_the_examination(title, side):
    assert (
        title_side(parse(f"2024年度の検査。\n{title}\n所見\n骨に異常なし。" if side is None else f"{title}\n所見\n"))
        == side
    )


def test_fluid_of_a_joint_is_on_the_side_of_the_title_and_that_of_the_chest_is_not():
    found = places("左肩関節MRI\n関節液貯留あり。胸水あり。")
    assert found["関節液貯留" if "関節液貯留" in found else "液貯留"][0] == "left"
    assert found["胸水"][0] is None


@pytest.mark.parametrize(
    ("text", "head", "expected"),
    [
        ("右腎は腫大している。上極に21mmの嚢胞を認める。", "嚢胞", ("right", ["上極"])),
        ("左腎盂に腫瘤。腎実質への浸潤を疑う。", "浸潤", ("left", ["腎実質"])),
        ("左腎に結石。腎に腫瘤なし。", "腫瘤", (None, ["腎"])),
        ("右肺上葉に腫瘤。縦隔に腫瘤なし。", "腫瘤", (None, ["縦隔"])),
        ("左上葉に腫瘤。肝に転移なし。", "転移", (None, ["肝"])),
        ("・右腎：結石\n・腎実質に浮腫なし", "浮腫", (None, ["腎実質"])),
        ("左前下行枝：#6にプラークあり。#7はステント留置後です。", "ステント留置後", ("left", ["#7"])),
    ],
)
def test_a_part_has_the_side_of_its_whole(text, head, expected):
    assert places(text)[head] == expected


@pytest.mark.parametrize(
    ("text", "head", "expected"),
    [
        ("・左上顎洞：内部に石灰化あり → 真菌症疑い", "真菌症", ("left", ["左上顎洞"])),
        ("・右副腎：結節14mm、不変 → 腺腫", "腺腫", ("right", ["右副腎"])),
        ("1. 右卵巣に嚢胞性腫瘤。\n 　→ 粘液癌疑い", "粘液癌", ("right", ["右卵巣"])),
        ("・胃後壁に圧排あり\n→虫垂炎として手術予定", "虫垂炎", (None, [])),
        ("右椎骨動脈に狭窄があり、解離の可能性がある。", "解離", ("right", ["右椎骨動脈"])),
        ("腎：左腎に結石、右腎に嚢胞。水腎症は認めない。", "水腎症", (None, ["腎"])),
        ("膀胱に肉柱形成、右側壁に憩室。", "憩室", ("right", ["右側壁"])),
        ("左レベルIII、IVにリンパ節腫大。", "リンパ節腫大", ("left", ["左レベルIII、IV"])),
        ("・左胸腔：胸水", "胸水", ("left", [])),
        ("・左肺：結節、胸水なし", "胸水", (None, [])),
        ("脾動脈に仮性動脈瘤があり、同部から血管外漏出を認める。", "血管外漏出", (None, ["脾動脈"])),
        ("腹水：モリソン窩、ダグラス窩とも(-)", "腹水", (None, ["モリソン窩", "ダグラス窩"])),
    ],
)
def test_what_a_line_speaks_of(text, head, expected):
    assert places(text)[head] == expected


@pytest.mark.parametrize("text", ["大彎沿いにリンパ節腫大を認める。", "大弯沿いにリンパ節腫大を認める。"])
def test_letters_written_either_way_are_one(text):
    assert places(text)["リンパ節腫大"][1] == [text[:4]]


def test_a_denied_part_does_not_take_both_sides():
    assert places("両側眼窩に腫瘤を認める。眼窩先端部に圧迫なし。")["圧迫"][0] is None


@pytest.mark.parametrize(
    ("text", "head", "expected"),
    [
        ("膵体部に腫瘤があり、主膵管は拡張している。腫瘤は腹腔動脈周囲に広がる。", "腫瘤", ["膵体部"]),
        ("左内頸動脈に動脈瘤を認める。右椎骨動脈に狭窄なし。この動脈瘤は前回と同大である。", "動脈瘤", ["左内頸動脈"]),
        ("【腹部】脾下極に裂傷。仮性動脈瘤の形成を否定できず。", "仮性動脈瘤", ["脾下極"]),
        ("右乳房D領域に腫瘤。乳頭側へ連続する非腫瘤性病変あり。", "非腫瘤性病変", ["右乳房D領域"]),
        ("腹腔動脈狭窄、正中弓状靱帯による圧迫疑い。", "圧迫", ["腹腔動脈"]),
        ("左下葉に無気肺を認める。No nodule.", "nodule", []),
        ("右肋横角は鈍化し、胸水が疑われる。", "胸水", []),
        ("肝に腫瘤。骨転移の有無につき骨シンチを。", "骨転移", []),
        ("左卵巣の腫瘍の精査。", "腫瘍", ["左卵巣"]),
        ("L1、L2の骨折の有無は評価できない。", "骨折", ["L1、L2"]),
        ("Lt frontal meningioma, s/p craniotomy", "meningioma", ["Lt frontal"]),
    ],
)
def test_which_place_is_taken_over(text, head, expected):
    assert places(text)[head][1] == expected


def test_a_label_gives_its_side_to_no_place_of_the_midline():
    assert places("・両側上顎洞：粘膜肥厚、鼻中隔に弯曲あり")["弯曲"] == (None, ["鼻中隔"])


def test_a_layer_belongs_to_what_its_sentence_speaks_of():
    text = "左側結腸：\n　下行結腸に壁肥厚、粘膜下の浮腫あり。"
    assert places(text)["浮腫"] == ("left", ["下行結腸", "粘膜下"])


def test_a_feared_sequel_is_not_past():
    found = jmid_nlp.findings("照射後の狭窄に注意。")
    assert [(f.certainty, f.historical) for f in found] == [("general", False)]


@pytest.mark.parametrize(
    ("text", "head", "side"),
    [
        ("左橈骨遠位端骨折。尺骨茎状突起に剥離を認める。", "剥離", "left"),
        ("右膝蓋骨に骨折。出血あり。腫脹あり。疼痛あり。大腿骨に嚢胞を認める。", "嚢胞", "right"),
        ("右腎に結石があるが、尿管に拡張なし。", "拡張", None),
        ("左腎に腫瘤。腎静脈に腫瘍栓なし。", "腫瘍栓", "left"),
    ],
)
def test_a_side_goes_on_in_a_limb_and_not_in_ducts(text, head, side):
    assert places(text)[head][0] == side
