"""Names that their place proves: relations, deeds, lists, chats, cells, brackets, kana and Latin letters."""

from __future__ import annotations

import pytest

from jmid_nlp.deid.called import find_called
from jmid_nlp.deid.cellnames import find_cell_names
from jmid_nlp.deid.detect import DetectOptions, Detector
from jmid_nlp.deid.sides import SELF, deed, left_weight, right_weight
from jmid_nlp.deid.worth import TRAP, is_term, value
from jmid_nlp.offsets import fold

# the rules alone, where there is anything besides them
RULES = Detector(DetectOptions(**({"mode": "fast"} if "mode" in DetectOptions.__dataclass_fields__ else {})))


def persons(text: str) -> list[str]:
    return [text[f.start : f.end] for f in RULES(text) if f.category == "PERSON"]


NAMED = [
    # a relation with の, also before kana and a single character
    ("退院後は三女のつむぎと暮らす。", ["つむぎ"]),
    ("キーパーソンは姪の倫子。", ["倫子"]),
    ("通訳の甥のカルロスさんが同席。", ["カルロス"]),
    ("叔父の茂が同行した。", ["茂"]),
    ("娘さち子に電話、妹のミツ江さんは来院。", ["さち子", "ミツ江"]),
    ("お父様の丈太郎様に説明。", ["丈太郎"]),
    # what somebody is called
    ("病棟では「ぴょんた」と呼ばれている。", ["ぴょんた"]),
    ("配信名もちまる、登録者が三千人。", ["もちまる"]),
    ("姉からはアキと呼ばれている。", ["アキ"]),
    ("以上、かすみでした。", ["かすみ"]),
    # what people do, are told and are
    ("浜が同意書を預かった。", ["浜"]),
    ("辻より透視の追加を提案された。", ["辻"]),
    ("関に指導した。", ["関"]),
    ("堤によると体動が強かった。", ["堤"]),
    ("泉と柳で相談した。", ["泉", "柳"]),
    ("確認は谷と堀。", ["谷", "堀"]),
    # members of a list prove each other
    ("出席:岡、湊、榊、熊谷", ["岡", "湊", "榊", "熊谷"]),
    ("浜、西、北の3名で撮影。", ["浜", "西", "北"]),
    ("堀→谷へ申し送り。", ["堀", "谷"]),
    # brackets that say who somebody is
    ("岸(二次)、牧(技師)", ["岸", "牧"]),
    ("禁忌欄は変更済み(岡)。", ["岡"]),
    ("詳細は柳(内線5512)へ。", ["柳"]),
    # roles of one character and in Latin letters
    ("技 岸、看 谷。", ["岸", "谷"]),
    ("Ns 辻 MSW 熊谷", ["辻", "熊谷"]),
    # titles
    ("深雪先生も同席。", ["深雪"]),
    ("峰子様には郵送した。", ["峰子"]),
    ("隣のちよさんが知らせた。", ["ちよ"]),
    ("楪さんは歩行可。", ["楪"]),
    ("かおる看護師が観察。", ["かおる"]),
    ("村木軍曹の画像。", ["村木"]),
    # kana behind roles, in lists, behind names
    ("読影みゆき・検像まなみ", ["みゆき", "まなみ"]),
    ("当直はあやめ。", ["あやめ"]),
    ("志村 千早 シムラ チハヤ 52歳", ["志村 千早", "シムラ チハヤ"]),
    # Latin letters by their place
    ("検証 Sakurai 承認 早坂", ["Sakurai", "早坂"]),
    ("Discussed with Okabe over the phone.", ["Okabe"]),
    ("前回のCDにHayamaの名が残る。", ["Hayama"]),
    # places and nouns that are surnames where a person is due
    ("主治医の鞍馬が診察。", ["鞍馬"]),
    ("外科の仲村渠より依頼。", ["仲村渠"]),
]


@pytest.mark.parametrize(("text", "names"), NAMED)
def test_names_in_their_place(text, names):
    assert persons(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "[09:12] 宇佐: 二相目が欠けています\n[09:13] さなえ: 再送します\n[09:20] 宇佐: 届きました",
        "さなえ:CT室は空いていますか\n宇佐:空きました\nさなえ:今から行きます",
        "9:12 鵜 画像は届きましたか\n9:15 鵜 再送しました",
    ],
)
def test_who_writes_in_a_chat(text):
    assert set(persons(text)) in ({"宇佐", "さなえ"}, {"鵜"})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"who":"鞍馬 朋美","k":"ﾄﾞ ﾃｨ ﾊﾅ"}', ["鞍馬 朋美"]),
        ("7,10:30,ﾄﾞ ﾃｨ ﾊﾅ,F,41,頭部", ["ﾄﾞ ﾃｨ ﾊﾅ"]),
        ("<op>阿比留</op><dx>腎盂癌</dx>", ["阿比留"]),
        ("|No.7|NGUYỄN VĂN AN|1988/2/3|胸部|", ["NGUYỄN VĂN AN"]),
        ("'右手関節MR','造影なし','単純'", []),
        ("3,腹部,脾腫,経過,F,41,ﾌｸﾌﾞ ｴｺｰ", []),
    ],
)
def test_names_that_fill_a_cell(text, names):
    view = fold(text)
    spans = [view.source(h.start, h.end) for h in find_cell_names(view.text)]
    assert [text[s:e] for s, e in spans] == names


@pytest.mark.parametrize(
    "text",
    [
        "母斑あり。母指球の萎縮。",
        "母の乳癌、父の胃癌。",
        "L4の高さまで拡張。",
        "砂浜様に不均一、森林様の構造。",
        "技師長と師長に報告。",
        "本人談では改善。",
        "対応中、計測表、予約サイト。",
        "担当:子宮癌、確認:腎転移なし、報告:脾損傷あり。",
        "松葉杖で来院された。",
        "前に連絡した。中に水、上に気体。",
        "引き継ぎました。記録しました。",
        "大使館の職員、領事館員。",
        "5歳男児、11か月女児。",
        "内服はリクシアナ、タケプロン。",
        "甲さんと乙さんの例。",
        "ご本人、お子様、女の子さんへ。",
        "主治医・ST・管理栄養士が参加。",
        "命名は三日後。",
        "妻は同居。夫は健康。",
        "T1値 1080 ms、ECV 27%。",
        "第2子:PVL grade 2。",
        "できない様です。",
        "多田公式、岡山方式。",
        "確認は後日。読影は明日。",
    ],
)
def test_what_is_no_name_in_its_place(text):
    assert persons(text) == []


def test_deeds_weigh_by_their_particle():
    assert deed("谷が撮影した", 1) > deed("谷は帰宅した", 1) > 0
    assert deed("谷が拡張した", 1) == 0
    assert deed("谷が撮影されず", 1) == 0


def test_sides_of_a_name():
    assert left_weight("技師 谷", 3) > left_weight("骨の谷", 2)
    assert right_weight("谷です、次", 1) == SELF
    assert right_weight("谷に連絡した", 1) > right_weight("谷に石灰化", 1)
    assert right_weight("谷、技師は堀", 1) > right_weight("谷、右肺", 1)


def test_worth_of_strings():
    assert value("上") == TRAP  # a surname and a word of place
    assert value("骨") < 0
    assert value("和子") > 0
    assert value("仲村渠") > 2
    assert [w for w in ("腎転移", "脾動脈幹", "田中", "葉子") if is_term(w)] == ["腎転移", "脾動脈幹"]


def test_relations_longest_first():
    assert list(find_called("母親に説明した。")) == []
    assert list(find_called("お子さんの検査。")) == []
