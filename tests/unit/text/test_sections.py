"""Section headings in many spellings, and what only looks like one."""

from __future__ import annotations

import pytest

from jmid_nlp.text.sections import sections

CASES = [
    ("【検査目的】肺癌疑い\n【所見】\n右肺に結節。\n【診断】肺癌", "indication findings impression"),
    ("臨床情報：咳嗽\r\n比較：2020年\r\n撮影法：単純\r\n所見：結節\r\n診断：肺癌", "indication comparison technique findings impression"),
    ("臨床診断\n肺癌\n\n所見\n結節\n\nまとめ\n不変", "indication findings impression"),
    ("＜依頼内容＞精査\n＜所見＞結節\n＜結論＞肺癌\n＜推奨＞CT再検", "indication findings impression recommendation"),
    ("<所見>結節<診断>肺癌", "findings impression"),
    ("■所見\n結節\n■印象\n肺癌\n■追記\n電話済み", "findings impression addendum"),
    ("●検査目的 術前\n●所見 結節\n●診断 肺癌", "indication findings impression"),
    ("◆読影所見◆\n結節\n◆画像診断◆\n肺癌", "findings impression"),
    ("[所見]結節[診断]肺癌", "findings impression"),
    ("（所見）\n結節\n（診断）\n肺癌", "findings impression"),
    ("所見）結節\n診断）肺癌", "findings impression"),
    ("1. 検査目的\n精査\n2. 所見\n結節\n3. 診断\n肺癌", "indication findings impression"),
    ("①所見\n結節\n②診断\n肺癌", "findings impression"),
    ("Ⅰ．所見\n結節\nⅡ．診断\n肺癌", "findings impression"),
    ("左上葉に結節。\nImpression(記載箇所あれば)：肺癌", "- impression"),
    ("主訴) 頭痛\nIMP) 出血なし", "indication impression"),
    ("FINDINGS:\nNodule.\nIMPRESSION:\nCancer.", "findings impression"),
    ("Clinical information: cough\nTechnique: plain CT\nComparison: none\nFindings: nodule\nRecommendation: CT",
     "indication technique comparison findings recommendation"),
    ("胸部CT所見：結節\n腹部造影CT所見：嚢胞\n画像診断：肺癌", "findings findings impression"),
    ("【 所 見 】結節\n【 診 断 】肺癌", "findings impression"),
    ("所　見\n結節\n診　断\n肺癌", "findings impression"),
    ("【所見・診断】結節", "findings"),
    ("【所見及び診断】結節", "findings"),
    ("既往歴：高血圧\n現病歴：咳嗽\n所見：結節", "history history findings"),
    ("【比較】前回2020/1/1\n【撮影法】造影\n【所見】結節", "comparison technique findings"),
    ("読影医：架空太郎\n所見：結節", "other findings"),
    ("臨床診断: 肺癌 検査目的: 精査\n所見: 結節", "indication indication findings"),
    ("ＩＭＰＲＥＳＳＩＯＮ：肺癌", "impression"),
    ("★診断★\n肺癌", "impression"),
    ("＝＝所見＝＝\n結節", "findings"),
    ("・所見\n結節\n・診断\n肺癌", "findings impression"),
    ("所見：結節\n診断：肺癌\n報告：架空太郎 R6.1.1", "findings impression other"),
    ("ﾓｸﾃｷ:咳\nｼｮｹﾝ:結節\nｼﾝﾀﾞﾝ:肺炎\nﾄﾞｸｴｲ:ｶｸｳ", "indication findings impression other"),
    ("読影：\n右肺に結節を認める。\nID: 0012", "findings other"),
    ("読影：右肺上葉に結節を認め、縦隔リンパ節は腫大しています。", "findings"),
    ("検査目的　肺癌術後\n所見　結節なし\n診断　再発なし", "indication findings impression"),
]  # fmt: skip
NONE = [
    "右肺に結節を認めます。\n胸水なし。",
    "【胸部】\n結節あり\n【腹部】\n嚢胞あり",
    "肝：嚢胞\n腎：結石\n骨：転移なし",
    "比較的大きな結節です。\n前回と比較して増大。",
    "所見は乏しい。\n診断に至りません。",
    "悪性を疑う所見はありません。\n臨床的に問題なければ経過観察を。",
    "画像診断上は良性です。",
    "12mm（前回：10mm）に増大。",
    "検査を追加してください。",
    "[1]結節 [2]嚢胞",
    "推奨度は低い。",
]


@pytest.mark.parametrize(("text", "names"), CASES)
def test_cases(text: str, names: str) -> None:
    assert " ".join(section.name or "-" for section in sections(text)) == names


@pytest.mark.parametrize("text", NONE)
def test_no_headings(text: str) -> None:
    (only,) = sections(text)
    assert only.name is None
    assert (only.start, only.end) == (0, len(text))


def test_organ_headings_stay_inside_the_findings() -> None:
    text = "【所見】\n【胸部】\n結節あり\n肝：嚢胞\n【診断】肺癌"
    assert [(s.name, text[s.heading_start : s.heading_end]) for s in sections(text)] == [
        ("findings", "【所見】"),
        ("impression", "【診断】"),
    ]


def test_heading_spans_are_exact() -> None:
    text = "㍻30年\n  ■ 所見（前回との比較）：結節\nImpression : 癌"
    assert [text[s.heading_start : s.heading_end] for s in sections(text)] == [
        "",
        "■ 所見（前回との比較）：",
        "Impression :",
    ]


def test_empty() -> None:
    assert sections("") == []


def test_a_drawn_line_ends_the_request() -> None:
    """Where no heading stands over the findings, they begin behind the line drawn under the request."""
    text = "目的：肺炎の疑い\n--------------------\n右肺に浸潤影を認めます。\n診断：肺炎\n"
    assert [s.name for s in sections(text)] == ["indication", None, "impression"]
    assert text[sections(text)[1].start :].startswith("右肺")


def test_a_drawn_line_under_a_heading_of_findings_is_only_a_line() -> None:
    text = "目的：腹痛\n----------\n所見：胆石を認めます。\n"
    assert [s.name for s in sections(text)] == ["indication", "findings"]


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("腹部超音波検査\n肝臓：嚢胞あり", "肝臓：嚢胞あり"),
        ("胸部CT検査\n肺：結節", "肺：結節"),
        ("検査方法：単純CT\n撮影条件120kV\n肝：嚢胞", "肝：嚢胞"),
        ("【検査】\n胸部造影CT\n右肺に結節を認める。", "右肺に結節を認める。"),
        ("検査目的：咳、肺癌疑い\n右肺に結節を認め、肺癌を疑う。\n診断：肺癌疑い", "右肺に結節を認め、肺癌を疑う。\n"),
    ],
)
def test_findings_without_a_heading_begin_behind_the_preface(text: str, body: str) -> None:
    assert body in [text[s.start : s.end] for s in sections(text) if s.name is None]


def test_a_request_of_several_lines_goes_on() -> None:
    text = "検査目的：胃癌術後\n定期フォロー\n再発の評価をお願いします"
    assert [s.name for s in sections(text)] == ["indication"]
