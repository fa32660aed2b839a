"""Which line breaks and blanks are taken out, which stay."""

from __future__ import annotations

import pytest

from jmid_nlp.text.lines import breaks_inside, unwrap, width

JOINED = [
    ("気管\n支の拡張", "気管支の拡張"),
    ("リンパ節腫\n大は認めませ\nん", "リンパ節腫大は認めません"),
    ("右肺上葉に結節\nを認めます。", "右肺上葉に結節を認めます。"),
    ("胸水\r\nは認めません。", "胸水は認めません。"),
    ("径12\nmmの結節", "径12mmの結節"),
    ("肝嚢胞、\n腎嚢胞あり", "肝嚢胞、腎嚢胞あり"),
    ("転移を疑いま\nす。", "転移を疑います。"),
    ("縦隔リンパ節の\n  腫大なし", "縦隔リンパ節の腫大なし"),
    ("令和5年\n4月1日", "令和5年4月1日"),
    ("電話 090\n-0000-0000", "電話 090-0000-0000"),
    ("（前回より\n増大）", "(前回より増大)"),
    ("no evidence of pleural\neffusion", "no evidence of pleural effusion"),
    ("気 管 支", "気管支"),
    ("気 管 支に胸 水あり", "気管支に胸水あり"),
    ("胸　水　な　し", "胸水なし"),
    ("リンパ節腫 大を認める", "リンパ節腫大を認める"),
    ("結節 を認める", "結節を認める"),
    ("⼩細\n胞癌", "小細胞癌"),
]
KEPT = [
    "右肺癌術後\n胸水なし",
    "胸水なし\n腹水なし",
    "・右肺結節\n・肝嚢胞",
    "所見\n右肺に結節を認めます。",
    "所見:\n右肺に結節を認めます。",
    "【診断】\n肺癌",
    "右肺に結節を認めます。\n胸水なし。",
    "1) 肺癌\n2) 肝嚢胞",
    "1 右肺結節\n2 肝嚢胞",
    "肝:嚢胞\n腎:結石",
    "右肺結節\n\n左肺結節",
    "右下葉 S8 に 30mm の腫瘤",
    "胸水なし 腹水なし",
    "山田 太郎",
    "五反田 令和5年",
    "ID 0012345\n0067890",
    "右肺に結節を認めます\n左肺に異常を認めません",
    "肝臓に明らかな異常なし\n腎臓に結石あり\n膀胱に異常なし",
    "胸部単純CT\n両肺に結節を認めます。胸水は認めません。肝に嚢胞を認めます。",
    "肝に嚢胞を認めます。腎に結石を認めます。\n------------------------\n肝は輝度上昇し、脂肪肝です。",
    "結節\nのう胞\nがん性胸膜炎",
]


@pytest.mark.parametrize(("text", "expected"), JOINED)
def test_joined(text: str, expected: str) -> None:
    got = unwrap(text)
    assert got.text == expected
    assert got.map.to_source(0, len(expected)) == (0, len(text))


@pytest.mark.parametrize("text", KEPT)
def test_kept(text: str) -> None:
    got = unwrap(text)
    assert got.text == text
    assert not got.map


def test_spans_lead_back_to_the_source() -> None:
    text = "⻑径１２㎜、リンパ節腫\n大 を認めます。"
    got = unwrap(text)
    at = got.text.index("リンパ節腫大")
    start, end = got.source(at, at + 6)
    assert text[start:end] == "リンパ節腫\n大"
    at = got.text.index("12mm")
    assert text[slice(*got.source(at, at + 4))] == "１２㎜"


def test_a_report_broken_at_a_column_comes_out_whole() -> None:
    whole = (
        "右肺上葉に28mm大の不整形腫瘤を認め、胸膜陥入像を伴っています。原発性肺癌を疑います。",
        "縦隔および肺門に有意なリンパ節腫大は指摘できません。",
        "両側胸水を少量認めます。撮像範囲の肝、副腎に転移を疑う所見はありません。",
    )
    for columns in range(24, 60, 2):
        broken = "\n".join("\n".join(cut(line, columns)) for line in whole)
        joined = unwrap(broken).text.split("\n")
        assert len(joined) <= len(whole) + 1, columns
        assert "".join(joined) == "".join(whole)


def cut(line: str, columns: int) -> list[str]:
    lines = [""]
    for char in line:
        if width(lines[-1] + char) > columns:
            lines.append("")
        lines[-1] += char
    return lines


def test_breaks_are_spans_of_the_text_as_given() -> None:
    text = "㍻気管 \r\n 支"
    assert [text[a:b] for a, b in breaks_inside(text)] == [" \r\n "]


def test_a_number_cut_in_two_is_joined():
    assert unwrap("左下葉に1\n8mmの結節。").text == "左下葉に18mmの結節。"
