"""Occupations and roles that single a person out (市議会議員, 力士"
"), and nationality as the reports' systems treat it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import stop_words
from jmid_nlp.deid.cues import EXPLICIT, Label
from jmid_nlp.deid.evidence import GRAMMAR, LABELLED, Hit
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import RareForms, words

_NATION = lazy(r"(?:[ァ-ヺー・]{2,14}|[一-鿿]{2,4})国籍|国籍\s?[:：]\s?(?P<v>[ァ-ヺー・一-鿿]{2,14})")
_VETO = re.compile(r"館|室|席|病|症候群|様|型|骨折|肘|膝|肩|指|結節|の手術|による|試験|時代")


_VALUE = re.compile(r"[^\n、。,()（<>|;\"]{2,40}")
_SINGULAR_WORD = re.compile(r"唯一|最高齢|最年少|最年長|初の|代目")
_SINGULAR = lazy(
    r"[一-鿿ァ-ヺーぁ-ゖ]{0,6}?(?:[一-鿿]{2,3}[県府都道]|県内|市内|町内|村内|国内|都内|日本|世界|全国|本邦|史上|"
    r"[一-鿿]町|[一-鿿]村|[一-鿿]市)(?:で)?(?:初|唯一|最高齢|最年少|最年長)の[一-鿿ァ-ヺー]{2,14}"
    r"|(?:[一-鿿]{1,4}の)?[一二三四五六七八九十]{1,3}代目(?:社長|当主|店主|宮司|住職|家元|襲名|会長|校長|[一-鿿]{1,4})"
)
_SINGULAR_LABELLED = re.compile(
    r"唯一|最高齢|最年少|最年長|[県市町村国都内]初|五輪|オリンピック|日本代表|世界|団長|代目|元プロ|プロ[ァ-ヺ]|選手|"
    r"家元|名誉|元市|元町|元県|元村|知事|議員|宗家|棟梁|名人|チャンピオン|優勝"
)


_VALUE = re.compile(r"[^\n、。,()（<>|;\"]{2,40}")


@cache
def _jobs() -> Automaton:
    return RareForms(f for r in read_table("phi/occupation.tsv", ("form",)) for f in split_forms(r["form"]))


# what stands before an office and belongs to it: 砺波市, 元, 現職, 駐日, 三味線の, パリ五輪の
_BEFORE = lazy(
    r"(?:(?:元|前|現職の?|現役の?|現|先代|初代|次期|女性|元祖)?(?:[一-鿿]{1,4}(?:都|道|府|県|市|区|町|"
    r"村)(?:の)?)?(?:元|前|現職の?|現役の?|現|先代|初代|次期|女性)?"
    r"|[駐在][一-鿿ァ-ヺー]{1,7}|"
    r"(?:パリ|東京|北京|リオ|ロンドン|ソチ|平昌|バンクーバー|アテネ|シドニー|長野|ミラノ)?(?:五輪|オリンピック|"
    r"パラリンピック)(?:の)?[一-鿿ァ-ヺー]{0,6}|"
    r"(?:朝|昼|夜|地元|人気|有名|著名)(?:な|の)?(?:情報番組の?|報道番組の?|テレビの?|局の?)?|[一-鿿ァ-ヺー]{2,8}(?:初|"
    r"唯一)の(?:女性)?|出雲大社|[一-鿿]{2,4}(?:神社|神宮|大社|寺|宗|派)の?|将棋の?|囲碁の?|競馬の?)\Z"
)
_BEHIND = lazy(
    r"の(?=染織家|陶芸家|漆芸家|作家|職人|人形師|刀匠)(?:[一-鿿]{2,4})|(?:副議長|議長|秘書|組合長|委員長|候補|経験者|"
    r"夫人|一門)"
)
_TITLE = lazy(
    r"(?:将棋|囲碁|碁)の(?:名人|棋聖|王将|竜王|十段|天元|碁聖|本因坊)|(?:元)?(?:(?:パリ|東京|北京|リオ|ロンドン|"
    r"アテネ|シドニー|長野)?(?:五輪|オリンピック|パラリンピック))(?:の)?[一-鿿ァ-ヺー]{0,6}"
    r"(?:代表|選手|メダリスト|金メダリスト)|(?:町|村|市|県|島|国内|日本|世界)(?:で|に)?唯一の[一-鿿ァ-ヺー]{2,10}|"
    r"[一-鿿ァ-ヺー]{1,8}(?:受章|受賞)(?:の|者で)[一-鿿]{2,5}"
)
# what makes a trade single: 県内ただ一人の…, 全国に三人しかいない…, 登録者80万人の…, 現役の…, 元バチカン駐在の…
_ONLY = lazy(
    r"(?:[一-鿿ァ-ヺー]{0,5}(?:県|市|町|村|国|都|府|道|島)?(?:内|で|に)?)?(?:唯一|ただ一人|ただひとり|たった一人|"
    r"[一二三四五六七八九十0-9]{1,2}人しかいない|"
    r"[一二三四五六七八九十0-9]{1,2}人だけ)の(?!(?:所見|病変|異常|治療|方法|家族|息子|娘|身寄り|血管|既往|薬|症状|"
    r"手段))[一-鿿ァ-ヺー]{2,12}"
)
_FOLLOWERS = lazy(
    r"(?:チャンネル)?(?:登録者|フォロワー|読者|会員)数?[ ]?[0-9.,]{1,7}[万千百]?人?(?:超|"
    r"以上)?の?[一-鿿ァ-ヺーぁ-ゖA-Za-z・]{2,14}?(?:者|ー|家|手|師|人|員|ル|バー)(?![一-鿿ァ-ヺー])"
)
_ACTIVE = lazy(
    r"(?:(?:現役|元|前|現職|先代|初代)の?(?:最高齢の?|最年少の?)?(?:女性|女流|男性)?[一-鿿ァ-ヺー]{0,8}|"
    r"(?:現役)?(?:最高齢|最年少)の(?:女性|男性)?[一-鿿ァ-ヺー]{0,4})"
    r"(?:力士|棋士会?長?|騎手|レーサー|ボクサー|レスラー|事務次官|外交官|武官|次官|長官|総裁|監督|代表|杜氏|刀匠|"
    r"刀工|海女|団長|横綱|大関|関脇|小結|床山|行司|宇宙飛行士|五輪選手|メダリスト|知事|市長|町長|村長|区長|"
    r"議長|議員|アナウンサー|アイドル|タレント|俳優|女優|歌手|落語家|棟梁|宮大工)"
    r"|[一-鿿ァ-ヺー]{1,8}(?:付き|駐在)の(?:床山|行司|外交官|武官|記者|書記官)|駐[一-鿿ァ-ヺー]{1,6}(?:武官|書記官|"
    r"公使)|(?:文楽|人形浄瑠璃|能|狂言|雅楽|歌舞伎)の[一-鿿]{2,5}|"
    r"(?:国宝|重文|文化財)修理の[一-鿿]{2,5}|[一-鿿]{1,3}(?:県|府|道|国)代表(?:GK|選手|FW|DF|MF|投手)?|"
    r"ご当地アイドル|(?:地方局|民放|NHK)(?:の)?アナウンサー|女子プロレス(?:ラー|の選手)?"
)
_SINGLE_WORDS = words(
    *(
        "唯一",
        "ただ一人",
        "ただひとり",
        "たった一人",
        "しかいない",
        "人だけの",
        "登録者",
        "フォロワー",
        "現役",
        "最高齢",
        "最年少",
    ),
    *(
        "付きの",
        "駐",
        "文楽",
        "浄瑠璃",
        "狂言",
        "歌舞伎",
        "国宝",
        "文化財",
        "県代表",
        "府代表",
        "道代表",
        "ご当地",
        "アナウンサー",
        "プロレス",
    ),
    *(
        "力士",
        "棋士",
        "次官",
        "外交官",
        "武官",
        "横綱",
        "大関",
        "団長",
        "騎手",
        "選手",
        "議員",
        "議長",
        "知事",
        "市長",
        "町長",
        "村長",
    ),
)
_TITLE_ISH = re.compile("将棋|囲碁|碁の|五輪|リンピック|唯一|受章|受賞")


_ARTS = stop_words("occupation_art")
_ART = lazy(r"[一-鿿ァ-ヺー]{1,6}の\Z")


def _span(t: str, start: int, end: int) -> tuple[int, int]:
    """An office with what narrows it down on either side."""
    low = start
    art = _ART.search(t, max(0, start - 8), start) if t[start:end] in _ARTS else None
    if art:
        low = art.start()
    for _ in range(3):
        before = _BEFORE.search(t, max(0, low - 14), low)
        if before is None or before.start() == low:
            break
        low = before.start()
    behind = _BEHIND.match(t, end)
    return low, behind.end() if behind else end


def find_occupations(t: str, labels: list[Label]) -> Iterator[Hit]:
    """Singular occupations of a folded text."""
    for start, end, _ in _jobs().find(t):
        if not _VETO.match(t, end) and t[start - 1 : start + 1] != "玄関":
            low, high = _span(t, start, end)
            yield Hit(low, high, "OCCUPATION", "occupation", 0.75, "occupation.list", GRAMMAR)
    if _TITLE_ISH.search(t):
        for m in _TITLE.finditer(t):
            yield Hit(m.start(), m.end(), "OCCUPATION", "occupation", 0.75, "occupation.title", GRAMMAR)
    if _SINGLE_WORDS(t):
        for pattern in (_ONLY, _FOLLOWERS, _ACTIVE):
            for m in pattern.finditer(t):
                yield Hit(m.start(), m.end(), "OCCUPATION", "occupation", 0.75, "occupation.single", GRAMMAR)
    if "国籍" in t:
        for m in _NATION.finditer(t):
            if m[0] not in ("無国籍", "二重国籍", "外国籍", "日本国籍"):
                name = "v" if m["v"] else 0
                yield Hit(m.start(name), m.end(name), "OCCUPATION", "nation", 0.8, "occupation.nation", LABELLED)
    for m in _SINGULAR.finditer(t) if _SINGULAR_WORD.search(t) else ():
        yield Hit(m.start(), m.end(), "OCCUPATION", "occupation", 0.75, "occupation.singular", GRAMMAR)
    for label in labels:
        if label.kind == "occupation" and label.strength == EXPLICIT:
            given = _VALUE.match(t, label.value)
            if given and (_jobs().find(given[0]) or _SINGULAR_LABELLED.search(given[0])):
                yield Hit(given.start(), given.end(), "OCCUPATION", "occupation", 0.9, "occupation.label", LABELLED)
