"""Facilities named in short: 島根県中, 高月の済生会, 県立延岡東, 順天堂浦安, 双葉小3年生"
", and what spreads a name to its left and right.

The kinds are data (`facility.tsv`, strengths `short` and `shortest`); a place, a surname or an unheard word must stand before
them, and a word behind them that speaks of going there or coming from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.evidence import GRAMMAR, LISTED, Hit
from jmid_nlp.deid.kanji import KANJI, PARTLY, RARE, UNKNOWN, grade
from jmid_nlp.deid.leftpart import GENERIC_LEFT, left_part, name_like
from jmid_nlp.lexicon import read_table

_GO = (
    r"で(?!あ|な)|に(?:て|紹介|通|入|転|搬|移|依頼|連絡|受診|送|返|もCD|も送|も紹介|戻|行)|より|から|へ(?!の影響)|"
    r"受診|撮影|紹介|からの|"
    r"の(?:CT|MRI|MR|PET|XP|US|画像|検査|紹介|主治|担当|先生|外来|救急|放射線|報告|呼吸|循環|消化|外科|内科|整形|小児|"
    r"病理|医師|Dr|地連|連携|返書)"
)
_WIDE = (
    rf"(?=[ ]?(?:{_GO}|にも|[→⇒、。)」』/・,;]|と比較|持参|持込|救急|手術|加療|通院|かかりつけ|フォロー|CT|MRI|PET|$|"
    rf"\n))"
)
_NARROW = rf"(?=[ ]?(?:{_GO}|[→⇒]|持参|持込|かかりつけ))"
_HOSPITAL_OF = (
    r"(?:国立|県立|市立|都立|道立|府立|町立|村立|区立|州立|公立|国保|組合立|医師会立|JCHO|NHO|KKR|NTT|JR|JA|TMG|IMS|"
    r"JCHO |NHO )"
)
_PUBLIC = re.compile(
    rf"(?<![A-Za-z])(?:[{KANJI}]{{2,3}})?{_HOSPITAL_OF}[{KANJI}ヶがノァ-ヺー]{{2,6}}?(?:総合|中央|東|西|南|北|"
    rf"第[一二三]|こども|小児)?{_WIDE}"
)
_SCHOOL = re.compile(
    rf"(?:(?:県立|市立|私立|町立|村立|都立|区立|国立)?[{KANJI}ヶがノ]{{2,6}}?|[ァ-ヺー]{{3,8}}|"
    rf"(?<![ぁ-ゖ])[ぁ-ゖ]{{3,6}})"
    r"(?:小|中|高|工|商|農|工業高|商業高|農業高|女子高|東高|西高|南高|北高|付属中|付属小|附属中|附属小|中等部|高等部)"
    r"(?=[ ]?(?:[1-6一二三四五六]年(?!前|後|間)|の?(?:生徒|児童|[1-6]年生)|[ ]?(?:野球|サッカー|ラグビー|柔道|剣道|"
    r"陸上|バスケ|バレー|テニス|卓球|吹奏楽|水泳|体操|"
    r"バド|ハンド|相撲|空手|弓道|スキー|駅伝)部?|に?通学|に在学|教諭|校長|PTA))"
)
_PUBLIC_SCHOOL = re.compile(
    rf"(?:県立|市立|私立|町立|村立|都立|区立)[{KANJI}ヶがノ]{{2,5}}(?:小|中|高|工|商)(?=の|で|に|へ|を|[1-6]年|校|、|"
    rf"。)"
)
_CAMP = re.compile(
    rf"キャンプ(?:[・ ]?[{KANJI}]{{2,4}}|[・ ]?[ァ-ヺー]{{2,8}})(?=の(?:軍|基|米|兵|家族|隊)|内|所属|勤務|で勤|に勤|"
    rf"基地|[)）])"
)
_EXTEND = re.compile(
    rf"(?:[ ]?(?:附属|付属)?)?(?P<x>[{KANJI}ヶがノ]{{2,5}}?)(?:総合|医療センター|病院)?(?=[ ]?(?:{_GO}|"
    rf"[→⇒、。)」』/,;]|$|\n))"
)
_PARTS = stop_words("facility_part")
_BACK = re.compile(rf"(?:([{KANJI}]{{2,4}}(?:県|市|町|村|区|島)?)|([ァ-ヺー]{{3,8}}))の\Z")
_KANA_AFTER = re.compile(
    rf"[ ]?(?:[ぁ-ゖー]{{3,8}}?|[ァ-ヺー]{{3,9}})(?:[{KANJI}]{{2,3}})?(?=[ ]?(?:{_GO}|[、。)」』,;]|利用|入所|入居|"
    rf"の(?:看|職|介|担|方)|を利用|$|\n))"
)
_NOT_AFTER = re.compile(
    "から|より|など|および|または|として|という|について|による|において|にて|での|への|とは|には|では|まで|かつ|"
    "ならびに|もしくは|の|に|で|を|は|が|と|も|へ|や"
)


def placeish(word: str) -> bool:
    """A place, a surname, or a word of kanji that no list knows and that may therefore be a place."""
    plain = word.translate(VARIANTS)
    if plain in _prefectures():
        return True
    if plain in GENERIC_LEFT or plain in book().depts or plain in book().plain_words:
        return False
    return name_like(word) or plain in book().place_stems or grade(plain) in (UNKNOWN, PARTLY, RARE)


def find_short(t: str) -> Iterator[Hit]:
    """Facilities in short form."""
    if _PUBLIC_ISH.search(t):
        for m in _PUBLIC.finditer(t):
            yield Hit(m.start(), m.end(), "FACILITY", "hospital", 0.75, "facilities.public", LISTED)
        for m in _PUBLIC_SCHOOL.finditer(t):
            yield Hit(m.start(), m.end(), "FACILITY", "school", 0.75, "facilities.public", GRAMMAR)
    if _SCHOOLISH.search(t):
        for m in _SCHOOL.finditer(t):
            stem = m[0].rstrip("小中高工商農")
            if (
                len(stem) > 1
                and stem not in book().plain_words
                and m[0] not in book().plain_words
                and not _NO_SCHOOL.search(m[0])
            ):
                yield Hit(m.start(), m.end(), "FACILITY", "school", 0.7, "facilities.school", LISTED)
    if "キャンプ" in t:
        for m in _CAMP.finditer(t):
            yield Hit(m.start(), m.end(), "FACILITY", "workplace", 0.75, "facilities.camp", LISTED)


_PUBLIC_ISH = re.compile("[国県市都道府町村州公区私合会]立|JCHO|NHO|KKR|NTT|国保|J[AR]|TMG|IMS")
_SCHOOLISH = re.compile(
    r"[小中高工商農部]の?[ ]?(?:[1-6一二三四五六]年|生徒|児童|野|サ|ラ|柔|剣|陸|バ|テ|卓|吹|水|体|ハ|相|空|弓|ス|駅|"
    r"に?通学|に在学|教諭|校長|PTA)"
)
_NO_SCHOOL = re.compile(
    r"^(?:最小|縮小|術|入院|集|途|年|月|日|今|前|昨|大|径|内|縦隔|腔|経過|治療|加療|検査|観察|化療|照射|入所)|"
    r"[増縮拡最微極低上下術後]小?$|[術療院察査射腔隔管]中$|最高$"
)


_WIDE_RIGHT, _NARROW_RIGHT = re.compile(_WIDE), re.compile(_NARROW)


def short(t: str, start: int, end: int, *, sure: bool) -> Hit | None:
    """A facility whose short kind stands at `[start, end)`; `sure` for kinds that are hardly anything else."""
    if not (_WIDE_RIGHT if sure else _NARROW_RIGHT).match(t, end):
        return None
    form = t[start:end] if sure else ""
    left = left_part(t, start, 0)
    if back := _BACK.search(t, max(0, start - 8), start):
        word = back[1] or back[2]
        if placeish(word) or (back[2] and word not in book().plain_words):
            return Hit(back.start(), end, "FACILITY", "hospital", 0.75, "facilities.short", LISTED)
    if not left:
        bare = (
            form
            and (len(form) > 4 or (form in _ALONE and _BARE_RIGHT.match(t, end)))
            and not re.match(f"[{KANJI}]", t[start - 1 : start] or " ")
        )
        return Hit(start, end, "FACILITY", "hospital", 0.7, "facilities.short", LISTED) if bare else None
    word = re.split("の", left)[-1]
    if not word or len(word) < 2:
        return None
    plain = word.translate(VARIANTS)
    if plain not in _prefectures() and (
        plain in GENERIC_LEFT or plain in book().depts or plain in book().plain_words or plain in book().no_names
    ):
        return None
    place = (
        name_like(word)
        or plain in book().place_stems
        or plain.removesuffix("県") in book().place_stems
        or plain in _prefectures()
    )
    if not (place or (form and placeish(word)) or re.fullmatch("[ぁ-ゖァ-ヺー]{3,8}", word)):
        return None
    if re.fullmatch("[ぁ-ゖ]{3,8}", word) and not _HIRAGANA_NAME.fullmatch(word):
        return None
    low = start - len(word)
    if (back := _BACK.search(t, max(0, low - 8), low)) and placeish(back[1] or back[2]):
        low = back.start()
    return Hit(low, end, "FACILITY", "hospital", 0.75 if place else 0.65, "facilities.short", LISTED)


_ALONE = stop_words("facility_alone")
_BARE_RIGHT = re.compile(
    r"へ(?:転|搬|紹介|依頼|返|送|連絡)|に(?:転|搬|紹介|通院|入院)|から(?:転|紹介|の紹介|の転)|より(?:転|紹介)|"
    r"で(?:手術|切除|加療|撮影|撮像|化学|照射)|救急[へに]"
)
_HIRAGANA_NAME = re.compile(
    r"(?!.*(?:しか|また|ので|ため|から|より|など|その|この|して|する|ない|ある|いる|みぎ|ひだり))[ぁ-ゖ]{3,8}"
)


_REGIONS = stop_words("facility_region")


@cache
def _prefectures() -> frozenset[str]:
    rows = [r["form"] for r in read_table("phi/places.tsv", ("form", "kind")) if r["kind"] == "prefecture"]
    return frozenset([*rows, *(r[:-1] for r in rows if r != "北海道"), *_REGIONS])


def widen(t: str, hit: Hit) -> Hit:
    """A facility with the place that stands before it (高岡の日赤三条) and the branch behind it (順天堂浦安)."""
    start, end = hit.start, hit.end
    if (back := _BACK.search(t, max(0, start - 8), start)) and placeish(back[1] or back[2]):
        start = back.start()
    if hit.detector == "facilities.name" and (more := _EXTEND.match(t, end)):
        word = more["x"]
        if (
            word in _PARTS
            or name_like(word)
            or word.translate(VARIANTS) in book().place_stems
            or (word[-2:] in ("総合", "第一", "第二", "第三") and name_like(word[:-2]))
            or (
                len(word) > 3
                and any((name_like(word[:n]) and name_like(word[n:])) or (word[:n] in _prefectures()) for n in (2, 3))
            )
            or placeish(word)
        ):
            end = more.end()
    return hit if (start, end) == (hit.start, hit.end) else hit._replace(start=start, end=end)


def named_behind(t: str, end: int) -> int:
    """Where a name in kana ends that stands behind a general kind (健診センターひまわり); `end` where none does."""
    m = _KANA_AFTER.match(t, end)
    return m.end() if m and not _NOT_AFTER.match(m[0].lstrip()) else end
