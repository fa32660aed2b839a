"""How many, what is advised and against which examination a change is measured."""

from __future__ import annotations

import pytest

from corpora.attributes_sheet import REPORT, Case, read
from jmid_nlp.findings.extract import extract
from jmid_nlp.findings.intervals import intervals

NUMBER = [
    ("右肺に結節を2個認める。", "結節", "2"),
    ("肝に3個の嚢胞を認めます。", "嚢胞", "3"),
    ("椎体に骨転移を3箇所認める。", "骨転移", "3"),
    ("脳内に微小出血を10個以上認める。", "微小出血", "10+"),
    ("両肺に結節が2〜3個あり。", "結節", "2-3"),
    ("肝に嚢胞が最低5個みられる。", "嚢胞", "5+"),
    ("左肺に二つの結節を認める。", "結節", "2"),
    ("単発の腫瘤を肝S4に認める。", "腫瘤", "1"),
    ("肝に腫瘤を認めます。計４個です。", "腫瘤", "4"),
    ("右乳房に1個、左乳房に2個の結節を認める。", "結節", "3"),
    ("前立腺癌に対し金マーカー3個を留置。", "前立腺癌", ""),
    ("肝に結節が多発している。", "結節", ""),
    ("肝に結節を数個認める。", "結節", ""),
    ("肝に結節を認め、前回2個から増加している。", "結節", ""),
    ("肝に結節があり、2つの可能性を考える。", "結節", ""),
    ("肝転移を疑う結節は2個も認めない。", "結節", ""),
]


@pytest.mark.parametrize(("text", "surface", "wanted"), NUMBER)
def test_number(text, surface, wanted):
    got = read(Case("", text, {(surface, 1): set()}), extract(text)).get((surface, 1), set())
    assert [i.partition("=")[2] for i in got if i.startswith("number")] == ([wanted] if wanted else [])


def test_two_counts_in_one_sentence():
    found = {f.text: f.number for f in extract("右葉に嚢胞を2個、左葉に血管腫を3個認める。").findings}
    assert (found["嚢胞"].low, found["血管腫"].low) == (2, 3)


def test_number_stands_beside_multiple():
    finding = extract("肝に結節を3個認める。").findings[0]
    assert (finding.multiple, finding.number.low, finding.number.high) == (True, 3, 3)
    single = extract("肝に結節を1個認める。").findings[0]
    assert (single.multiple, single.number.low) == (False, 1)


ADVICE = [
    ("右肺に結節を認めます。3ヶ月後のCTフォローをお勧めします。", "結節", {"rec=follow_up/ct:90"}),
    ("膵に嚢胞あり、半年後のMRIを推奨します。", "嚢胞", {"rec=imaging/mri:180"}),
    ("乳腺に腫瘤を認め、生検をご検討ください。", "腫瘤", {"rec=biopsy/biopsy"}),
    ("肝腫瘤あり。要精査。", "腫瘤", {"rec=workup"}),
    ("肝腫瘤あり。1年以内の再検が望ましいです。", "腫瘤", {"rec=follow_up:0-365"}),
    ("肝腫瘤あり。MRIでの精査をお願いします。", "腫瘤", {"rec=workup/mri"}),
    ("胸椎に骨折あり。整形外科へのご紹介をお願い致します。", "骨折", {"rec=referral"}),
    ("右肺に結節あり。PET/CTまたは気管支鏡下生検をご検討ください。", "結節", {"rec=imaging/pet", "rec=biopsy/biopsy"}),
    ("所見：異常あり。\n右肺結節：6か月後CT（判定E1）。", "結節", {"rec=imaging/ct:180"}),
    ("肝嚢胞あり。経過観察は不要です。", "肝嚢胞", {"!rec=follow_up"}),
    ("肝嚢胞を認めますが、精査の必要はありません。", "肝嚢胞", {"!rec=workup"}),
    ("腎腫瘤あり。6-12か月後の超音波検査での経過観察を。", "腫瘤", {"rec=follow_up/ultrasound:180-360"}),
    ("胆嚢に隆起性病変あり。1,2か月程度での再検をお願いします。", "隆起性病変", {"rec=follow_up:30-60"}),
    ("右肺に結節、左肺に嚢胞あり。結節については3か月後のCTを勧めます。", "結節", {"rec=imaging/ct:90"}),
    ("右肺に結節あり。こちらも肺癌を否定できず、生検をご検討ください。", "結節", {"rec=biopsy/biopsy"}),
    ("肝に嚢胞あり。肺転移の有無につき胸部CTをご検討ください。", "嚢胞", set()),
    ("右肺に結節、左肺に結節を認めます。6か月後のCTを推奨します。", "結節", {"rec=imaging/ct:180"}),
]  # fmt: skip
NO_ADVICE = [
    "肺癌術後、経過観察中です。結節を認めます。",
    "検査目的：肝腫瘤の精査をお願いします。\n所見：肝に腫瘤を認めます。",
    "前回CTで指摘された肝腫瘤は不変です。",
    "肝腫瘤を認め、精査目的に紹介。",
    "生検後の血腫を認めます。",
    "CT上、肝に腫瘤を認めます。5年間著変ありません。",
    "内視鏡で指摘された胃癌を認めます。",
    "腫瘤の内部構造は確認できません。",
    "肺癌の術前精査\n左肺門部に腫瘤を認める。",
    "右肺に腫瘤あり。既往などご確認ください。",
]


@pytest.mark.parametrize(("text", "surface", "wanted"), ADVICE)
def test_advice(text, surface, wanted):
    got = read(Case("", text, {(surface, 1): set()}), extract(text)).get((surface, 1), set())
    assert {i for i in got if "rec=" in i} == wanted


@pytest.mark.parametrize("text", NO_ADVICE)
def test_no_advice(text):
    found = extract(text)
    assert not [f.recommendation for f in found.findings if f.recommendation]
    assert found.recommendation == ()


def test_advice_about_nothing_is_the_report_s():
    found = extract("明らかな異常を認めません。臨床症状と併せてご判断ください。")
    assert [(r.action, r.needed) for r in found.recommendation] == [("clinical_correlation", True)]
    assert not any(f.recommendation for f in found.findings)
    assert read(Case("", "", {}), found)[REPORT] == {"rec=clinical_correlation"}


def test_advice_has_its_words():
    text = "肝に腫瘤あり。増大するようであれば、３か月後にＭＲＩをご検討ください。"
    item = extract(text).findings[0].recommendation[0]
    assert (item.action, item.modality, item.interval_days, item.interval_text) == (
        "imaging",
        "mri",
        (90, 90),
        "３か月後",
    )
    assert item.conditional
    assert [text[s:e] for s, e in item.spans] == ["３か月後", "ＭＲＩ", "ご検討"]


def test_advice_is_about_the_lesion_and_what_it_is_taken_for():
    found = extract("右上葉に20mmの結節を認めます。肺癌を疑います。胸水はありません。生検をご検討ください。").findings
    assert [(f.text, bool(f.recommendation)) for f in found] == [("結節", True), ("肺癌", True), ("胸水", False)]


INTERVALS = [
    ("3ヶ月後", (90, 90)), ("半年後", (180, 180)), ("1年以内", (0, 365)), ("3〜6か月後", (90, 180)), ("2週間後", (14, 14)),
    ("1年半後", (545, 545)), ("6カ月毎", (180, 180)), ("一年後", (365, 365)), ("3か月以降", (90, None)), ("数か月後", ()),
    ("半年〜1年後", (180, 365)), ("2〜3週後", (14, 21)), ("12ヵ月後", (360, 360)), ("10日後", (10, 10)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "days"), INTERVALS)
def test_intervals(text, days):
    assert [i.days for i in intervals(text, 0, len(text))] == [days]


@pytest.mark.parametrize("text", ["3年前より", "5年間不変", "2024年3月1日", "12月に", "10年来", "3代目", "第2週"])
def test_what_is_no_interval(text):
    assert intervals(text, 0, len(text)) == []


COMPARED = [
    ("2024/3/1のCTと比較し、右肺結節は増大している。", "2024-03-01"),
    ("右肺結節は前回（2024年3月1日）より増大。", "2024-03-01"),
    ("右肺結節は令和6年3月1日のCTと比べ縮小している。", "2024-03-01"),
    ("前回CT（2023.11.8）と比較しました。右肺結節は不変です。", "2023-11-08"),
    ("比較：2023/11/8 CT\n所見：右肺結節は増大しています。", "2023-11-08"),
    ("比較：2023年12月11日、2023年8月28日\n所見：右肺結節は増大しています。", "2023-12-11"),
    ("2023年11月のMRIと比べ、右肺結節に著変なし。", "2023-11"),
    ("3か月前のCTと比較して右肺結節は増大。", "?"),
    ("右肺に12mmの結節（2024/1/10 9mm）を認め、前回より増大。", None),
    ("検査日2024/3/1。右肺結節は増大しています。", None),
    ("2024/3/1のCTと比較します。右肺に結節を認めます。", None),
    ("前回（2024/3/1）と比べ結節は増大、前々回との比較でも増大。", "2024-03-01"),
]


@pytest.mark.parametrize(("text", "wanted"), COMPARED)
def test_compared_to(text, wanted):
    found = next(f for f in extract(text).findings if f.text.endswith("結節")).compared_to
    if wanted is None:
        assert found is None or text.startswith("右肺に12mm")
        return
    assert (found.date or "?") == wanted
    assert text[found.start : found.end].strip()
