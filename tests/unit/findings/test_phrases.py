"""Change, history, number and signals as heads, told in phrases of their own."""

from __future__ import annotations

import pytest

import jmid_nlp


def rows(text: str) -> dict[str, object]:
    return {text[f.start : f.end]: f for f in jmid_nlp.findings(text)}


@pytest.mark.parametrize(
    ("text", "head", "change"),
    [
        ("肝S5に15mmの腫瘤が出現しています。", "腫瘤", "new"),
        ("左胸水が少量出現した。", "胸水", "new"),
        ("腫瘤の出現は認めません。", "腫瘤", None),
        ("前回みられなかった結節を認める。", "結節", "new"),
        ("今回初めて指摘される結節。", "結節", "new"),
        ("縮小した左腎に結石を認める。", "結石", None),
        ("腫瘤の拡大を認める。", "腫瘤", "increased"),
        ("硬膜下水腫は3か月前から変化していない。", "硬膜下水腫", "stable"),
        ("前回みられた粘膜肥厚は改善し消失している。", "粘膜肥厚", "resolved"),
        ("左後頭葉に低吸収域を認め、右脳溝は不明瞭化している。", "低吸収域", None),
        ("乳管拡張、前回より目立つ。", "乳管拡張", "increased"),
        ("右放線冠の低吸収域は変化に乏しい。", "低吸収域", "stable"),
        ("腎嚢胞、前回より縮小し石灰化あり", "腎嚢胞", "decreased"),
        ("腎嚢胞、前回より縮小し石灰化あり", "石灰化", None),
        ("間質性肺炎の急性増悪を疑う。", "急性増悪", None),
    ],
)
def test_change(text, head, change):
    found = {h: f for h, f in rows(text).items() if h.endswith(head) or head.endswith(h)}
    assert [f.change for f in found.values()][:1] == [change]


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("左腎に腎梗塞後の瘢痕を認める。", "瘢痕"),
        ("左小脳に陳旧性と思われる梗塞がある。", "梗塞"),
        ("古い骨折を認める。", "骨折"),
        ("L1に圧迫骨折、陳旧性。", "圧迫骨折"),
        ("右肺に肺炎後の線維化がある。", "線維化"),
    ],
)
def test_residues_are_past(text, head):
    assert rows(text)[head].historical


@pytest.mark.parametrize(
    ("text", "head"),
    [("右視床と左被殻に微小出血が1か所ずつみられます。", "微小出血"), ("両肺に小結節が点在する。", "小結節")],
)
def test_several(text, head):
    assert rows(text)[head].multiple


@pytest.mark.parametrize(
    ("text", "head", "certainty"),
    [
        ("動脈相の濃染(-)。", "濃染", "negative"),
        ("脾は腫大し、内部に低吸収域を伴います。", "低吸収域", "positive"),
        ("左恥骨：低信号域6 mm、転移は除外できず", "低信号域", "positive"),
    ],
)
def test_signals_that_are_heads(text, head, certainty):
    assert rows(text)[head].certainty == certainty


def test_signals_that_describe_are_none():
    assert "高信号" not in rows("T2強調像で高信号を示す腫瘤を認める。")


def test_the_end_of_diastole_is_no_dilatation():
    assert rows("左室は拡大している（拡張末期径58mm）。").keys() == {"拡大"}


@pytest.mark.parametrize(
    ("text", "head", "sizes"),
    [
        ("膵頭部に23mmの腫瘤、主膵管8mm。", "腫瘤", [(23.0,)]),
        ("肝転移、S4 12mm、S8 9mm。", "転移", [(12.0,), (9.0,)]),
        ("右下直筋は最大径9mmで、活動性の炎症が示唆される。", "炎症", []),
        ("総胆管は9mmと拡張している。", "拡張", [(9.0,)]),
        ("右肺に8mmの結節を認める。前立腺は横径48mm。", "結節", [(8.0,)]),
        ("幽門筋は5mmと肥厚、管長18mm。", "肥厚", [(5.0,)]),
    ],
)
def test_a_calibre_is_no_size_of_a_finding(text, head, sizes):
    found = {h: f for h, f in rows(text).items() if h.endswith(head)}
    assert [tuple(f.sizes_mm) for f in found.values()] == [tuple(sizes)]


def test_a_new_list_is_new_throughout():
    found = rows("新たに出現した浸潤影と胸水を認める。")
    assert {f.change for f in found.values()} == {"new"}


def test_examinations_are_no_plural():
    assert not rows("複数の検査で不変の結節。")["結節"].multiple


def test_a_name_is_no_plural():
    assert not rows("多発性嚢胞腎の可能性がある。")["多発性嚢胞腎"].multiple


@pytest.mark.parametrize(
    ("text", "head", "change"),
    [
        ("右脳溝は不明瞭化している。", "不明瞭化", None),
        ("関節裂隙の消失あり。", "消失", None),
        ("結節は不明瞭化している。", "結節", "resolved"),
    ],
)
def test_a_space_that_is_lost_is_a_sign(text, head, change):
    assert rows(text)[head].change == change
    assert rows(text)[head].certainty == ("negative" if change else "positive")


def test_a_solid_part_is_a_finding_where_it_is_stated():
    assert "充実部" in rows("嚢胞性腫瘤を認める。内部に15mmの充実部を認める。")
    assert rows("嚢胞を認める。内部に充実成分なし。")["充実成分"].certainty == "negative"
    assert "充実成分" not in rows("充実成分の径は8mmの部分充実型結節を認める。")


def test_what_comes_after_a_treatment_is_not_past():
    assert not rows("術後の液貯留を認める。")["液貯留"].historical
    found = rows("肺癌術後再発を疑う。")
    assert {h: f.historical for h, f in found.items()} == {"肺癌": True, "再発": False}
