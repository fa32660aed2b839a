"""Sentences: cases with the cut written as ¦ (blanks and line breaks at the cut stand outside the sentences)."""

from __future__ import annotations

import pytest

from jmid_nlp.text.sentences import sentences

CASES = [
    "径3.5cmの結節を認めます。¦胸水なし。",
    "No.8aリンパ節に転移を疑う。¦S1.2の結節は不変。",
    "右肺S1.2に結節．¦胸水なし．¦径３．５cm",
    "右肺に結節を認めます．¦2cm大です．",
    "病期はT1cN0M0．¦手術適応です",
    "Se.5 Im.12に結節。¦Fig. 2を参照。",
    "Chest CT shows no nodule.¦ No pleural effusion.¦ Size: 3.5 cm.",
    "右肺に結節あり（前回より増大。要精査）。¦胸水なし",
    "「悪性を疑う。」との記載あり。¦胸水なし。",
    "熱はなし¦　呼吸苦はなし",
    "胸水なし¦ 腹水なし",
    "右下葉 S8 に 30mm の腫瘤を認めます。",
    "肝臓　S8に結節",
    "胸水は認めません¦ 腹水も認めません",
    "右肺癌術後¦\n胸水なし",
    "・右肺結節¦\r\n・肝嚢胞¦\r\n・胸水なし",
    "1) 右肺結節¦\n2) 肝嚢胞",
    "1. 右肺結節¦\n2. 肝嚢胞",
    "①右肺結節¦ ②肝嚢胞",
    "# 肺癌¦\n#2 肝嚢胞",
    "- 結節¦\n- 嚢胞",
    "【所見】¦右肺に結節。¦【診断】¦肺癌",
    "【所見】¦\n右肺に結節を認める。",
    "リンパ節腫\n大は認めませ\nん。¦胸水なし。",
    "肺癌を疑い、臓\n側胸膜浸潤を否定できません。¦\n胸水なし",
    "転移ではないか？¦精査を。",
    "経過観察を!!¦次回は3か月後",
    "右肺に結節を認めます¦胸水は認めません¦腹水なし¦肝嚢胞あり",
    "胸水なし、腹水なし",
    "以上です。¦\n\n\n  追加の所見なし。",
    "mail h.x@example.jp へ",
    "比0.8 対 1.2",
    "⻑径１２㎜の結節。¦㍻３０年",
    "ＮＯ．７リンパ節",
]


@pytest.mark.parametrize("case", CASES)
def test_cases(case: str) -> None:
    text = case.replace("¦", "")
    expected = [part.strip() for part in case.split("¦")]
    assert [text[start:end] for start, end in sentences(text)] == expected


def test_nothing_in_an_empty_text() -> None:
    assert sentences("") == []
    assert sentences(" \r\n\u3000") == []
