"""Facts of the examination told by the text."""

from __future__ import annotations

import pytest

from jmid_nlp.findings.document import parse
from jmid_nlp.findings.facts import exam_facts

CASES = [
    (
        "胸部造影CT（イオパミドール 300 100mL）を施行。",
        {"modality": ["CT"], "contrast": True, "contrast_agent": "iopamidol"},
    ),
    ("造影剤はオムニパーク300を95mL使用。", {"contrast_agent": "iohexol", "contrast_dose_ml": 95.0}),
    ("腹部単純CT。", {"modality": ["CT"], "contrast": False, "contrast_dose_ml": None}),
    ("EOB造影MRI（動脈相、門脈相、肝細胞相）", {"modality": ["MR"], "phases": ["arterial", "portal", "hepatobiliary"]}),
    ("CTDIvol 12.3 mGy、DLP 456.7 mGy・cm", {"ctdi_vol_mgy": 12.3, "dlp_mgy_cm": 456.7}),
    ("CTDIvol: 8.5mGy Total DLP: 1024mGy*cm", {"ctdi_vol_mgy": 8.5, "dlp_mgy_cm": 1024.0}),
    ("前回2023年4月5日のCTと比較しました。", {"comparison_dates": ["2023-04-05"]}),
    ("比較可能な画像はありません。", {"no_comparison": True, "comparison_dates": []}),
    ("胆嚢に結石あり。", {"modality": [], "contrast": None, "phases": [], "limitations": [], "ctdi_vol_mgy": None}),
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_facts(text, wanted):
    facts = exam_facts(parse(text))
    assert {k: facts[k] for k in wanted} == wanted


def test_dose_stands_beside_the_agent():
    facts = exam_facts(parse("生理食塩水20mL。造影剤イオメロン350 80mLを3mL/sで注入。"))
    assert facts["contrast_dose_ml"] == 80.0


def test_limitations_and_indication_have_spans():
    text = "【検査目的】腹痛精査\n【所見】体動によるアーチファクトがあり、副腎は撮像範囲外です。"
    facts = exam_facts(parse(text))
    kinds = {x["kind"]: text[x["start"] : x["end"]] for x in facts["limitations"]}
    assert kinds == {"motion": "体動によるアーチファクト", "out_of_range": "撮像範囲外"}
    indication = facts["indication"]
    assert text[indication["start"] : indication["end"]].strip() == "腹痛精査"
