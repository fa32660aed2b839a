"""How findings look: each kind said before and after its noun, denied, by coreference, and for two findings in one sentence."""

from __future__ import annotations

import time

import pytest

from corpora.attributes_sheet import REPORT, Case, cases, read, score
from jmid_nlp.findings.extract import extract
from jmid_nlp.findings.marks import TABLES, forms, labels
from jmid_nlp.lexicon import read_table, read_text
from jmid_nlp.offsets import fold
from jmid_nlp.schema import to_plain

DENSITY = [
    ("右上葉に充実性結節を認める。", "結節", {"density=solid"}),
    ("右上葉にすりガラス影を認める。", "すりガラス影", {"density=ground_glass"}),
    ("肝S4に低吸収を呈する腫瘤あり。", "腫瘤", {"density=low_density"}),
    ("膵尾部に腫瘤があり、膵実質と等吸収である。", "腫瘤", {"density=iso_density"}),
    ("左腎に結節を認めます。脂肪濃度を含みます。", "結節", {"density=fat_density"}),
    ("左腎に結節を認めます。内部に脂肪濃度は認めません。", "結節", {"!density=fat_density"}),
    ("右肺に結節あり。内部は軟部濃度で、石灰化濃度はみられない。", "結節", {"density=soft_tissue_density", "!density=calcified_density"}),
    ("肝S2に水濃度の病変、S6に低吸収の病変を認める。", [("病変", 1), ("病変", 2)], [{"density=water_density"}, {"density=low_density"}]),
    ("仙骨に溶骨性の腫瘤を認める。", "腫瘤", {"density=osteolytic"}),
    ("腰椎に溶骨性、骨硬化性変化は認めません。", "骨硬化性変化", {"density=osteolytic", "density=osteoblastic"}),
    ("肝は低濃度です。右腎に結節を認めます。", "結節", set()),
]  # fmt: skip

ENHANCEMENT = [
    ("肝S7に早期濃染する結節を認める。", "結節", {"enhancement=early_enhancement"}),
    ("肝S7に結節を認め、造影効果を認めない。", "結節", {"!enhancement=enhancing"}),
    ("左腎に腫瘤を認める。造影増強効果は認められない。", "腫瘤", {"!enhancement=enhancing"}),
    ("肝S8の結節は動脈相で濃染し、門脈相でwashoutされる。", "結節", {"enhancement=early_enhancement", "enhancement=washout"}),
    ("右前頭葉にリング状に造影される病変を認める。", "病変", {"enhancement=ring_enhancement"}),
    ("膵頭部の腫瘤は造影効果が弱く、遅延性濃染を示す。", "腫瘤", {"enhancement=weak_enhancement", "enhancement=delayed_enhancement"}),
    ("肝S3に腫瘤あり。早期濃染やwashoutはみられません。", "腫瘤", {"!enhancement=early_enhancement", "!enhancement=washout"}),
    ("肝S5に結節、S6に嚢胞あり。前者は早期濃染を示し、後者に造影効果はない。", ["結節", "嚢胞"], [{"enhancement=early_enhancement"}, {"!enhancement=enhancing"}]),
    ("子宮に造影されない腫瘤を認める。", "腫瘤", {"!enhancement=enhancing"}),
    ("耳下腺に腫瘤を認めます。同腫瘤は不均一に増強されます。", [("腫瘤", 1), ("腫瘤", 2)], [{"enhancement=heterogeneous"}] * 2),
    ("肝S4に造影効果の乏しい腫瘤を認める。", "腫瘤", {"enhancement=weak_enhancement"}),
    ("肝S4に腫瘤を認めますが、造影効果は判断できません。", "腫瘤", set()),
    ("造影CTを撮像しました。肝に腫瘤を認めます。", "腫瘤", set()),
]  # fmt: skip

SIGNAL = [
    ("左前頭葉にT2強調像で高信号を示す病変を認める。", "病変", {"signal=high_signal@T2WI"}),
    ("肝S4に結節を認め、T1WI低信号、T2WI高信号を呈する。", "結節", {"signal=low_signal@T1WI", "signal=high_signal@T2WI"}),
    ("右橋に病変を認めます。DWI高信号/ADC低下あり。", "病変", {"signal=high_signal@DWI", "signal=low_signal@ADC"}),
    ("松果体に嚢胞あり。FLAIRで高信号はみられない。", "嚢胞", {"!signal=high_signal@FLAIR"}),
    ("脳梁に病変を認める。拡散制限は認めない。", "病変", {"!signal=restricted_diffusion@DWI"}),
    ("卵巣腫瘤はT1、T2強調像とも高信号で、脂肪抑制T1強調像で低信号となる。", "腫瘤", {"signal=high_signal@T1WI", "signal=high_signal@T2WI", "signal=low_signal@FS_T1WI"}),
    ("右乳房に腫瘤、左乳房に嚢胞あり。前者はT2強調像で低信号、後者はT2強調像で高信号。", ["腫瘤", "嚢胞"], [{"signal=low_signal@T2WI"}, {"signal=high_signal@T2WI"}]),
    ("副腎腫瘤はout of phaseで信号低下を示す。", "腫瘤", {"signal=low_signal@OP"}),
    ("半月板にプロトン密度強調像で高信号を認める。", "高信号", {"signal=high_signal@PDWI"}),
    ("前立腺癌cT2bの治療前。腫瘤を認める。", "腫瘤", set()),
    ("腰椎T12椎体に腫瘤があり、T2強調像で等〜高信号を呈する。", "腫瘤", {"signal=iso_signal@T2WI", "signal=high_signal@T2WI"}),
]  # fmt: skip

MARGIN = [
    ("右上葉に辺縁にスピキュラを伴う結節を認める。", "結節", {"margin=spiculated"}),
    ("左下葉に分葉状の腫瘤を認める。", "腫瘤", {"shape=lobulated"}),
    ("左下葉に腫瘤を認める。境界明瞭、辺縁平滑である。", "腫瘤", {"margin=well_defined", "margin=smooth"}),
    ("甲状腺に結節あり、形状は楕円形で境界は不明瞭です。", "結節", {"shape=oval", "margin=ill_defined"}),
    ("右上葉に結節を認める。スピキュラは認めない。", "結節", {"!margin=spiculated"}),
    ("右上葉に結節を認めます。辺縁は分葉状ではありません。", "結節", {"!shape=lobulated"}),
    ("右上葉に辺縁不整な結節、左下葉に境界明瞭な腫瘤を認める。", ["結節", "腫瘤"], [{"margin=irregular_margin"}, {"margin=well_defined"}]),
    ("耳下腺腫瘤は境界明瞭で、内部は不均一である。", "腫瘤", {"margin=well_defined", "texture=heterogeneous"}),
    ("両肺に結節が多発している。いずれも類円形で辺縁平滑である。", "結節", {"shape=round", "margin=smooth"}),
    ("右下葉にスピキュラ、胸膜引き込み像を伴う腫瘤を認める。", "腫瘤", {"margin=spiculated"}),
    ("類円形の鎖骨上窩、縦隔リンパ節腫大を認める。", "リンパ節腫大", {"shape=round"}),
    ("肝表面は平滑です。右腎に嚢胞を認めます。", "嚢胞", set()),
]  # fmt: skip

VALUE = [
    ("右上葉結節にSUVmax 8.2の集積を認める。", ["結節", "集積"], [{"value=suv_max:8.2", "uptake=uptake"}] * 2),
    ("縦隔リンパ節腫大のSUVmaxは3.1〜4.5である。", "リンパ節腫大", {"value=suv_max:3.1-4.5"}),
    ("左腎腫瘤のCT値は-20HUです。", "腫瘤", {"value=ct_value:-20"}),
    ("左副腎に結節を認める。CT値は10〜15HU程度。", "結節", {"value=ct_value:10-15"}),
    ("右上葉結節はSUVmax：早期相3.2、後期相4.8。", "結節", {"value=suv_max:3.2/early", "value=suv_max:4.8/late"}),
    ("左肺門腫瘤はSUVmax 4.0→5.5。", "腫瘤", {"value=suv_max:4/early", "value=suv_max:5.5/late"}),
    ("左肺門腫瘤はSUVmax 9.1→5.5と低下している。", "腫瘤", {"value=suv_max:9.1~prior", "value=suv_max:5.5"}),
    ("左副腎結節は単純CTで5HU、造影早期相で60HU。", "結節", {"value=ct_value:5/plain", "value=ct_value:60/arterial"}),
    ("肝S8に20mmの腫瘤（SUVmax 6.1）、S5に結節（SUVmax 3.3）あり。", ["腫瘤", "結節"], [{"value=suv_max:6.1"}, {"value=suv_max:3.3"}]),
    ("前立腺腫瘤のADC値は0.72×10-3mm2/sと低い。", "腫瘤", {"value=adc_value:0.72"}),
    ("CT値の低い肝です。嚢胞があり12mmです。", "嚢胞", set()),
]  # fmt: skip

ENGLISH = [
    ("RUL: 12 mm spiculated nodule.", "nodule", {"margin=spiculated"}),
    ("Liver S5: 20 mm mass without enhancement.", "mass", {"!enhancement=enhancing"}),
    ("左前頭葉にmass lesionを認め、hyperintense on T2WIである。", "mass lesion", {"signal=high_signal@T2WI"}),
    ("右腎にwell-definedなmassを認める。washout(-)。", "mass", {"margin=well_defined", "!enhancement=washout"}),
]  # fmt: skip

OTHER = [
    ("甲状腺右葉に低エコー結節を認める。", "低エコー結節", {"echo=low_echo"}),
    ("乳腺に腫瘤を認め、内部は無エコーである。", "腫瘤", {"echo=no_echo"}),
    ("乳腺に腫瘤を認める。後方エコー増強を伴う。", "腫瘤", {"echo=posterior_enhancement"}),
    ("乳腺に腫瘤を認める。後方エコー減弱はみられない。", "腫瘤", {"!echo=posterior_shadow"}),
    ("肝に内部均一な腫瘤を認める。", "腫瘤", {"texture=homogeneous"}),
    ("肝に腫瘤があり、集積を示す。ワルダイエル輪に異常集積なし。", "腫瘤", {"uptake=uptake"}),
    ("肝に腫瘤があり、FDG集積は認めない。", "腫瘤", {"!uptake=uptake"}),
    ("肝に腫瘤があり、強いFDG集積を認める。", ["腫瘤", "FDG集積"], [{"uptake=high_uptake"}] * 2),
    ("右葉の腫瘤は高エコー、左葉の嚢胞は無エコーである。", ["腫瘤", "嚢胞"], [{"echo=high_echo"}, {"echo=no_echo"}]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "surfaces", "wanted"), [*DENSITY, *ENHANCEMENT, *SIGNAL, *MARGIN, *VALUE, *ENGLISH, *OTHER], ids=lambda v: v if isinstance(v, str) else None
)  # fmt: skip
def test_attributes(text, surfaces, wanted):
    found = read(
        Case("", text, {k: set() for k in _keys(surfaces)}),
        extract(text),
    )
    wanted = wanted if isinstance(wanted, list) else [wanted]
    got = [found.get(k, set()) for k in _keys(surfaces)]
    assert got == wanted


def _keys(surfaces):
    surfaces = surfaces if isinstance(surfaces, list) else [surfaces]
    return [(s, 1) if isinstance(s, str) else s for s in surfaces]


def test_each_attribute_has_its_words():
    text = "ＣＴ：右上葉に⾟縁平滑な結節を認め、Ｔ２強調像で高信号を示す。".replace("⾟", "辺")
    finding = extract(text).findings[0]
    said = {a.value: [text[s:e] for s, e in a.spans] for a in finding.attributes}
    assert said == {"smooth": ["辺縁平滑"], "high_signal": ["Ｔ２強調像", "高信号"]}


def test_phase_and_part_are_told():
    found = extract("肝S8に結節を認め、平衡相で低吸収を示す。充実部に造影効果を認める。").findings[0].attributes
    assert [(a.value, a.phase, a.part) for a in found] == [
        ("low_density", "equilibrium", None),
        ("enhancing", None, "solid_part"),
    ]


def test_why_names_span_and_rule():
    text = "右上葉に充実性結節を2個認め、3か月後のCTをお勧めします。"
    why = extract(text).findings[0].why
    assert why["attributes"] == "4:7 density solid own words"
    assert why["number"] == "10:12 said of it"
    assert why["recommendation"].endswith("imaging same sentence")


def test_new_fields_are_empty_by_default():
    plain = to_plain(extract("胸水を認める。").findings[0])
    assert (plain["attributes"], plain["number"], plain["recommendation"], plain["compared_to"], plain["codes"]) == (
        [], None, [], None, [],
    )  # fmt: skip
    assert extract("").recommendation == ()


def test_time_grows_with_the_length_only():
    text = "辺縁平滑、T2強調像で高信号、SUVmax 3→5、2個、6か月後CTをお勧めし、2024/3/1と比べ増大、前者は後者は"

    def seconds(times):
        start = time.process_time()
        extract("肺に結節あり、" + text * times)
        return time.process_time() - start

    seconds(5)
    assert seconds(320) < 20 * min(seconds(40) for _ in range(3))


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_sound(name):
    head = [line for line in read_text(name).splitlines() if line.startswith("#")]
    assert any(line.startswith("# source:") for line in head)
    assert any(line.startswith("# licence:") for line in head)
    rows = [r for r in read_table(name) if r["kind"] != "guard"]
    assert not [r["id"] for r in rows if not r["id"].replace("_", "").isalnum()]
    assert all("" not in labels()[r["kind"], r["id"]] or r["kind"] in ("must", "number") for r in rows)


def test_forms_are_folded():
    assert not [f for f in forms() if fold(f).text.lower() != f]


def test_the_sheet():
    """The project's own sheet; the figures are floors."""
    pairs = [(case, read(case, extract(case.text))) for case in cases()]
    assert len(pairs) >= 60
    assert score(pairs)["f1"] >= 0.97
    for kinds in ("density|texture|echo", "signal", "enhancement|uptake", "margin|shape", "value", "number", "rec"):
        assert score(pairs, f"(?:{kinds})")["f1"] >= 0.95, kinds
    assert score(pairs, "to=")["f1"] >= 0.85
    assert any(REPORT in case.items for case, _ in pairs)
