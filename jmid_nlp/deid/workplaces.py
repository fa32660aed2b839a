"""Facilities that what is done there proves: somebody works or lives there, is sent there, was operated on or found there.

The string before such words must hold the name of a place, a surname or a katakana name (`proper.py`); words alone, such as
造船所に勤務 or 自宅に退院, name nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.deid.book import book, stop_words
from jmid_nlp.deid.evidence import LISTED, Hit
from jmid_nlp.deid.kanji import KANJI
from jmid_nlp.deid.leftpart import left_part
from jmid_nlp.deid.proper import (
    cut_left,
    head,
    is_common,
    is_grammar,
    is_kana_word,
    is_name,
    is_place,
    made_of_words,
    prefectures,
    unheard,
)
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import RareForms, words

_YEARS = re.compile(r"\d{1,3}[年ヶか]?月?間?")
_RUN_BACK = lazy(rf"[{KANJI}ヶケノァ-ヺーA-Za-z0-9・&々ぁ-ゖ]+")
_LATIN = lazy(r"[A-Z][A-Z0-9&]{1,7}[一-鿿ァ-ヺ]|[A-Z]{3,8}\Z")
_NO_HOUSE = re.compile(r"の[里郷家丘森杜園灯湯宿街会]\Z")
_LONGEST = 22
_PLAIN_END = re.compile(
    r"(?:業|職|関係|関連|会社|工場|現場|事務|仕事|自営|農家|施設|病院|医院|作業|夜間|交代|勤務|立ち|派遣|パート|海外|"
    r"単身|在宅|時短|常勤|"
    r"非常勤|当院|学校|職場|役所|役場|公立|技術|系|店員|店舗|側|部|科|室|中|後|前|時|日|年|月|歳|代|さん|様|先生|"
    r"医師|氏|位|性|的|下|上)\Z"
)


def _table() -> tuple[Automaton, tuple[str, ...]]:
    forms: dict[str, str] = {}
    for row in read_table("phi/facility_slots.tsv", ("kind", "forms")):
        for form in split_forms(row["forms"]):
            forms.setdefault(form, row["kind"])
    return RareForms(forms), tuple(forms.values())


_SLOTS = _table()
_SERVED = lazy(
    r"に(?=\d{1,2}年(?:間|、|勤|従|。|$)|[一二三四五六七八九十]{1,3}年(?:間|、|勤|従|。))|で(?=\d{1,2}年(?:間|勤|従|"
    r"働|作)|[一二三四五六七八九十]{1,3}年(?:間|、|勤|従|働|作))"
)


def find_workplaces(t: str) -> Iterator[Hit]:
    """Facilities of a folded text by what is done there."""
    if "年" in t:
        yield from _served(t)
    automaton, kinds = _SLOTS
    for start, _, number in automaton.find(t):
        low = _name_before(t, start, kinds[number])
        if low < start:
            yield Hit(
                low,
                start,
                "FACILITY",
                "hospital" if kinds[number] == "care" else "workplace",
                0.7,
                "facilities.slot",
                LISTED,
            )


def _served(t: str) -> Iterator[Hit]:
    """Where somebody worked for years: 港南耐火煉瓦に22年."""
    for m in _SERVED.finditer(t):
        low = _name_before(t, m.start(), "work")
        if low < m.start():
            yield Hit(low, m.start(), "FACILITY", "workplace", 0.7, "facilities.slot", LISTED)


def _name_before(t: str, end: int, kind: str) -> int:
    """Where the name begins that ends at a position; the position itself where none does."""
    m = _RUN_BACK.match(t[max(0, end - _LONGEST) : end][::-1])
    if m is None:
        return end
    run = m[0][::-1]
    if _PLAIN_END.search(run):
        return end
    raw = left_part(t, end, end - len(run))
    if "の" in raw and not _NO_HOUSE.search(raw):
        raw = raw.rsplit("の", 1)[1]
    name = cut_left(raw)
    if not name and _LATIN.match(run) and kind == "work":
        name = run
    if not name and kind == "sent" and 2 < len(raw) <= 6 and unheard(raw):
        name = raw
    if not name or not _stands(name, kind):
        return end
    return end - len(name)


def _stands(name: str, kind: str) -> bool:
    """Whether a name may be a facility's: more than a place or a surname where either could be meant."""
    size = head(name)
    rest = name[size:]
    if rest and book().eponym_suffix.begins(rest):
        return False
    if kind == "sent":
        return not (is_name(name) and not is_place(name) and len(name) < 3) or is_place(name)
    if is_kana_word(name) or name in stop_words("value_kana"):
        return False
    if not rest:
        return kind == "live" and not is_name(name) and len(name) > 3
    return len(name) > 3 and rest not in (
        "市内",
        "町内",
        "村内",
        "県内",
        "都内",
        "府内",
        "方面",
        "近郊",
        "市",
        "町",
        "村",
        "県",
        "区",
        "在住",
        "出身",
    )


_KATAKANA_RUN = re.compile(r"[ァ-ヺー・]{3,14}")
_KANJI_RUN = lazy(rf"[{KANJI}ヶケノ]{{2,6}}(?![{KANJI}ァ-ヺ])")
_KANJI_BACK = lazy(rf"[{KANJI}ヶケノ]{{2,4}}(?![{KANJI}ァ-ヺー])")
_NAME_RIGHT = re.compile(r"の|、|。|で|に(?!よ)|へ|から|より|[()（）」/;]|[ ]*\n|\Z|所属|勤務|[ ]")
_SENT = words(
    "紹介",
    "転院",
    "転送",
    "搬送",
    "前医",
    "他院",
    "入所",
    "入居",
    "施設",
    "通院",
    "受診",
    "先生",
    "様",
    "氏",
    "病院",
    "医院",
    "返書",
    "→",
    "健診",
    "かかりつけ",
    ";",
)
_HOUSES = words("施設", "ホーム", "入所先", "入居先", "薬局", "学童", "保育所", "デイ", "寮", "通所先", "ショート")
_BARS = words(
    "スナック",
    "居酒屋",
    "喫茶",
    "カラオケ",
    "キャバ",
    "パブ",
    "バー",
    "ラーメン",
    "焼肉",
    "寿司",
    "美容室",
    "理容",
    "民宿",
    "道の駅",
)
_INITIALS = words(
    "病院",
    "医院",
    "クリニック",
    "医大",
    "医療セ",
    "高校",
    "学校",
    *(f"大{c}" for c in "でへにより かの、。)→」宛腫内外放"),
)
_CREW = lazy(
    rf"(?<![{KANJI}])(?P<p>[{KANJI}ヶケノ]{{2,5}}?)(?:市|町|村|広域|地区)?(?:救急|消防|"
    rf"救助)(?:隊)?\d{{0,2}}(?=[、。)\s]|の|で|が|に|より|から|へ|隊)"
)
_HOUSE_NAME = lazy(
    r"(?:施設|老人ホーム|入所先|入居先|薬局|学童|保育所|デイ|寮|通所先|ショート)(?P<n>[ぁ-ゖ]{3,6}?|"
    r"(?<=デイ)[一-鿿]{2,4})(?=の(?:女性|男性|職員|看護|方|相談|施設|利用)|から|より|で(?:転|受|倒|食|入))"
)
_STATION = lazy(rf"(?<![{KANJI}])(?P<n>[{KANJI}ヶケ]{{2,5}})署(?=[{KANJI}])")
_CAMPUS = lazy(
    rf"(?<![{KANJI}])[{KANJI}]{{1,5}}(?:教育大|教大|大|学園|学院|高専)(?P<p>[{KANJI}]{{2,4}})校(?=の|で|に|へ|から|[、。)])"
)
_PLACE_KANA = lazy(
    rf"(?P<p>[{KANJI}](?<![{KANJI}].)[{KANJI}]{{1,3}})(?P<k>[ぁ-ゖ]{{3,6}}?)"
    rf"(?=会|で[、手]|より|から|へ|にて|[、。)」→│|\n]|[ ]|\Z)会?"
)
_BODY = lazy(
    rf"(?P<p>[{KANJI}]{{2,4}}会)(?P<k>[ぁ-ゖー]{{3,6}}?|[ァ-ヺー]{{3,8}})(?P<e>記念|総合|中央)?(?=で|より|から|へ|に|"
    rf"の|[、。)」→│|\n]|[ ]|ショート|デイ|\Z)"
)
_QUOTED = re.compile(
    r"(?:ジム|道場|教室|スクール|サークル|チーム|クラブ|劇団|店|施設|会社|病院|医院|クリニック|ホーム|ホテル|旅館|園|"
    r"寮|工房|事務所|団体|組合|バー|スナック|食堂|酒場)"
    r"[ ]?[「『](?P<q>[^「」『』\n]{2,14})[」』]"
)
_BAR = lazy(
    r"(?<![一-鿿ァ-ヺー])(?:スナック|居酒屋|喫茶|カラオケ|キャバクラ|パブ|バー|ラーメン|焼肉|寿司|美容室|理容|民宿|"
    r"道の駅)[ ]?(?P<n>[ぁ-ゖァ-ヺー一-鿿]{2,8}?)(?=店主|店員|店長|のママ|で|に|の|へ|より|から|勤務|[)」、。 ]|\Z)"
)
_INITIAL = re.compile(
    r"(?<![A-Za-z0-9])[D-Z](?:大(?![動腿腸網脳血静])|病院|医院|クリニック|総合病院|医大|医療センター|高校|小学校|"
    r"中学校)(?=で|に|より|から|へ|の|か|宛|[、。)」→⇒ ]|\n|\Z|腫|内|外|放|脳|整|消|循|呼|産|小|病理)"
)
_DUTY = lazy(
    rf"(?<![{KANJI}])(?P<n>[{KANJI}]{{1,4}})署(?![名長{KANJI}]|[ ]?名)(?=[ 、。)」\n]|の|より|へ|に|から|で|が|は|扱|\Z)"
)
_NO_STATION = re.compile(r"警察|消防|税務|監督|同|所轄|部|本|自|連|各|支|分|当|他|該当|所管")


def _katakana_names(t: str) -> Iterator[Hit]:
    """A katakana name beside a place: スシロー春日井, 松本ヴェルデ."""
    for m in _KATAKANA_RUN.finditer(t):
        start, end = m.span()
        if is_kana_word(m[0]) or made_of_words(m[0]):
            continue
        behind = _KANJI_RUN.match(t, end)
        if behind and is_place(behind[0]):
            yield Hit(start, behind.end(), "FACILITY", "workplace", 0.7, "facilities.brand", LISTED)
            continue
        before = _KANJI_BACK.match(t[max(0, start - 5) : start][::-1]) if start else None
        if before and is_place(before[0][::-1]) and _NAME_RIGHT.match(t, end):
            yield Hit(start - len(before[0]), end, "FACILITY", "workplace", 0.65, "facilities.brand", LISTED)


def find_brands(t: str) -> Iterator[Hit]:
    """A katakana name with a place behind it: スシロー春日井, ゴールドジム新宿."""
    yield from _katakana_names(t)
    if "救急" in t or "消防" in t or "救助" in t:
        for m in _CREW.finditer(t):
            if is_place(m["p"]):
                yield Hit(m.start(), m.end(), "FACILITY", "institution", 0.7, "facilities.crew", LISTED)
    for m in _HOUSE_NAME.finditer(t) if _HOUSES(t) else ():
        if not is_grammar(m["n"]) and not is_common(m["n"]):
            yield Hit(m.start(), m.end(), "FACILITY", "care_home", 0.7, "facilities.house", LISTED)
    if "校" in t:
        for m in _CAMPUS.finditer(t):
            if is_place(m["p"]):
                yield Hit(m.start(), m.end(), "FACILITY", "school", 0.75, "facilities.school", LISTED)
    for m in _PLACE_KANA.finditer(t) if _SENT(t) else ():
        if (
            is_place(m["p"])
            and not is_grammar(m["k"])
            and (m["p"] in prefectures() or m["p"] in book().place_stems or m["p"] in book().place_names)
        ):
            yield Hit(m.start(), m.end(), "FACILITY", "hospital", 0.7, "facilities.brand", LISTED)
    if "会" in t:
        for m in _BODY.finditer(t):
            if not is_common(m["p"]) and not is_grammar(m["k"]) and not is_kana_word(m["k"]):
                yield Hit(m.start(), m.end(), "FACILITY", "hospital", 0.7, "facilities.body", LISTED)
    if "「" in t or "『" in t:
        for m in _QUOTED.finditer(t):
            yield Hit(m.start("q"), m.end("q"), "FACILITY", "workplace", 0.75, "facilities.quoted", LISTED)
    for m in _BAR.finditer(t) if _BARS(t) else ():
        if not is_grammar(m["n"]) and not is_common(m["n"]) and not is_kana_word(m["n"]):
            yield Hit(m.start(), m.end(), "FACILITY", "workplace", 0.7, "facilities.bar", LISTED)
    for m in _INITIAL.finditer(t) if _INITIALS(t) else ():
        yield Hit(m.start(), m.end(), "FACILITY", "hospital", 0.7, "facilities.initial", LISTED)
    if "署" in t:
        for m in _STATION.finditer(t):
            if is_place(m["n"]) or (m["n"][-1] in "東西南北中" and is_place(m["n"][:-1])):
                yield Hit(m.start(), m.end(), "FACILITY", "institution", 0.7, "facilities.station", LISTED)
        for m in _DUTY.finditer(t):
            if not _NO_STATION.search(m["n"]):
                yield Hit(m.start(), m.end(), "FACILITY", "institution", 0.7, "facilities.station", LISTED)
