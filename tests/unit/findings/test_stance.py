"""Certainty by what the sentence around a mention does: asks, offers alternatives, advises, denies only what follows."""

from __future__ import annotations

import pytest

import jmid_nlp


def certainty(text: str) -> dict[str, str]:
    return {text[f.start : f.end]: f.certainty for f in jmid_nlp.findings(text)}


@pytest.mark.parametrize(
    ("text", "head", "expected"),
    [
        ("閉塞には至っていない。", "閉塞", "negative"),
        ("膿瘍を否定するには至らない。", "膿瘍", "suspicious"),
        ("硬膜外血腫(±)", "硬膜外血腫", "suspicious"),
        ("膿瘍への進展が懸念される。", "膿瘍", "suspicious"),
        ("生検で悪性リンパ腫を否定することを勧めます。", "悪性リンパ腫", "general"),
        ("増大時は転移として生検を。", "転移", "general"),
        ("増大する転移として経過をみています。", "転移", "positive"),
        ("結節が増大すれば生検を勧める。", "結節", "general"),
        ("6mmの結節があり、増大する場合は生検を。", "結節", "positive"),
        ("肺塞栓の精査には造影CTが必要です。", "肺塞栓", "general"),
        ("臨床的に膵炎が疑われている。", "膵炎", "general"),
        ("リンパ腫も挙げられる。", "リンパ腫", "suspicious"),
        ("転移ではないと断言できない。", "転移", "suspicious"),
        ("イレウスの所見には乏しい。", "イレウス", "negative"),
        ("骨折が疑われる場合はCTを。", "骨折", "general"),
        ("加重により骨折の恐れがある。", "骨折", "general"),
        ("転移の恐れがある。", "転移", "suspicious"),
        ("L4椎体の信号上昇は浮腫でしょうか。", "浮腫", "suspicious"),
        ("浮腫でしょうか。", "浮腫", "general"),
        ("左肺底部に淡い陰影、吸引の影響か、誤嚥性肺炎の所見か。", "誤嚥性肺炎", "suspicious"),
        ("サルコイドーシスの骨病変を考慮する。", "サルコイドーシス", "suspicious"),
        ("膵癌の肝転移を疑う。", "膵癌", "positive"),
        ("血管腫とみてよい。", "血管腫", "positive"),
        ("深部静脈血栓症は単純撮影のみであり評価できない。", "深部静脈血栓症", "general"),
        ("結節性硬化症では血管筋脂肪腫を合併することが多い。", "結節性硬化症", "general"),
        ("結核も念のため検討したが、積極的に疑う所見はない。", "結核", "negative"),
        ("abscess suspected, no effusion", "abscess", "suspicious"),
        ("腫瘤と胃壁の間の脂肪層は保たれている。", "腫瘤", "positive"),
    ],
)
def test_certainty_of_the_sentence(text, head, expected):
    assert certainty(text)[head] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("膀胱：肉柱形成、結石なし", {"肉柱形成": "positive", "結石": "negative"}),
        ("膀胱：腫瘤、結石なし", {"腫瘤": "negative", "結石": "negative"}),
        ("総胆管は最大13mmに拡張、結石はありません", {"拡張": "positive", "結石": "negative"}),
        ("肋横角：鈍化 → 胸水の可能性", {"鈍化": "positive", "胸水": "suspicious"}),
        ("肝硬変、肝細胞癌の疑い", {"肝硬変": "positive", "肝細胞癌": "suspicious"}),
        ("右上葉に結節。肺癌または肺結核。", {"結節": "positive", "肺癌": "suspicious", "肺結核": "suspicious"}),
        ("後角に水平断裂、後根に断裂なし", {"水平断裂": "positive", "断裂": "negative"}),
        ("右椎弓に骨折、脱臼(-)", {"骨折": "positive", "脱臼": "negative"}),
        ("右乳房に腫瘤、嚢胞を認めません。", {"腫瘤": "negative", "嚢胞": "negative"}),
        ("転移か嚢胞かの判別は困難である。", {"転移": "suspicious", "嚢胞": "suspicious"}),
        ("右副腎に結節、左は正常。", {"結節": "positive"}),
        ("胸水：右少量、左なし", {"胸水": "positive"}),
        ("骨折または脱臼を認める。", {"骨折": "positive", "脱臼": "positive"}),
        ("腺癌のほか、炎症性結節も鑑別に挙がる。", {"腺癌": "suspicious", "炎症性結節": "suspicious"}),
    ],
)
def test_scope_ends_at_what_is_stated(text, expected):
    assert certainty(text) == expected


def test_the_line_of_the_request_asks():
    text = "右季肋部痛、胆嚢炎の疑い\n胆嚢は腫大し、胆嚢炎の疑い。"
    assert [f.certainty for f in jmid_nlp.findings(text) if text[f.start : f.end] == "胆嚢炎"] == [
        "general",
        "suspicious",
    ]
