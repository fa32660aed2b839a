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
from jmid_nlp.deid.proper import cut_left, is_grammar, is_place, made_of_words, prefectures, unheard
from jmid_nlp.deid.slots import medical_runs
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import words

_GO = (
    r"で(?!あ|な)|を(?:ご?利用|受診)|に(?:て|紹介|通|入|転|搬|移|依頼|連絡|受診|送|返|もCD|も送|も紹介|戻|行|いた|"
    r"かか|お世話|問い?合)|より|から|へ(?!の影響)|"
    r"受診|撮影|紹介|からの|"
    r"の[一-鿿ァ-ヺ]{2,6}部|のこと|の[一-鿿ぁ-ん]{1,4}(?:先生|Dr|医師)|の(?:CT|MRI|MR|PET|XP|US|画像|検査|紹介|主治|"
    r"担当|先生|外来|救急|放射線|報告|呼吸|"
    r"循環|消化|外科|内科|整形|小児|"
    r"病理|医師|Dr|地連|連携|返書)"
)
_WIDE = (
    rf"(?=[ ]?(?:{_GO}|にも|[→⇒、。)」』/・,;]|と比較|と(?=[一-鿿A-Z])|持参|持込|救急|手術|加療|通院|かかりつけ|"
    rf"フォロー|CT|MRI|PET|$|"
    rf"\n))"
)
_NARROW = rf"(?=[ ]?(?:{_GO}|[→⇒]|持参|持込|かかりつけ))"
_HOSPITAL_OF = (
    r"(?:国立|県立|市立|都立|道立|府立|町立|村立|区立|州立|公立|国保|組合立|医師会立|JCHO|NHO|KKR|NTT|JR|JA|TMG|IMS|"
    r"JCHO |NHO )"
)
_PUBLIC = lazy(
    rf"(?<![A-Za-z])(?:[{KANJI}]{{2,3}})?{_HOSPITAL_OF}[{KANJI}ヶがノァ-ヺー]{{2,6}}?(?:総合|中央|東|西|南|北|"
    rf"第[一二三]|こども|小児)?{_WIDE}"
)
_SCHOOL = lazy(
    rf"(?:(?:県立|市立|私立|町立|村立|都立|区立|国立)?[{KANJI}ヶがノ]{{2,6}}?|[ァ-ヺー]{{3,8}}|"
    rf"(?<![ぁ-ゖ])[ぁ-ゖ]{{3,6}})"
    r"(?:小|中|高|工|商|農|工業高|商業高|農業高|女子高|東高|西高|南高|北高|付属中|付属小|附属中|附属小|中等部|高等部)"
    r"(?=[ ]?(?:[1-6一二三四五六]年(?!前|後|間)|の?(?:生徒|児童|[1-6]年生)|(?:の|体育館|校区|卒|のグラウンド|"
    r"の校庭)?[ ]?(?:体育館|校区|卒業|野球|サッカー|ラグビー|柔道|剣道|"
    r"陸上|バスケ|バレー|テニス|卓球|吹奏楽|水泳|体操|"
    r"バド|ハンド|相撲|空手|弓道|スキー|駅伝)部?|に?通学|に在学|教諭|校長|PTA))"
)
_PUBLIC_SCHOOL = lazy(
    rf"(?:[{KANJI}]{{1,5}}?)?(?:県立|市立|私立|町立|村立|都立|区立)[{KANJI}ヶがノ]{{2,5}}(?:小|中|高|工|商)(?=の|で|"
    rf"に|へ|を|[1-6]年|校|、|"
    rf"。)"
)
_CAMP = lazy(
    rf"キャンプ(?:[・ ]?[{KANJI}]{{2,4}}|[・ ]?[ァ-ヺー]{{2,8}})(?=の(?:軍|基|米|兵|家族|隊)|内|所属|勤務|で勤|に勤|"
    rf"基地|[)）])"
)
_EXTEND = lazy(
    rf"(?:[ ]?(?:附属|付属)?)?(?P<x>[{KANJI}ヶがノ]{{2,5}}?)(?:総合|医療センター|病院)?(?=[ ]?(?:{_GO}|"
    rf"[→⇒、。)」』/,;]|$|\n))"
)
_PARTS = stop_words("facility_part")
_BACK = lazy(rf"(?:([{KANJI}]{{2,4}}(?:県|市|町|村|区|島)?)|([ァ-ヺー]{{3,8}}))の\Z")
_KANA_AFTER = lazy(
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
    if plain in prefectures():
        return True
    if plain in GENERIC_LEFT or plain in book().depts or plain in book().plain_words:
        return False
    return name_like(word) or plain in book().place_stems or grade(plain) in (UNKNOWN, PARTLY, RARE)


def find_short(t: str) -> Iterator[Hit]:
    """Facilities in short form."""
    if _PUBLIC_WORDS(t):
        for m in _PUBLIC.finditer(t):
            yield Hit(m.start(), m.end(), "FACILITY", "hospital", 0.75, "facilities.public", LISTED)
        for m in _PUBLIC_SCHOOL.finditer(t):
            yield Hit(m.start(), m.end(), "FACILITY", "school", 0.75, "facilities.public", GRAMMAR)
    if _SCHOOLISH.search(t):
        for m in _SCHOOL.finditer(t):
            stem = m[0].rstrip("小中高工商農")
            if (
                len(stem) > 1
                and (is_place(stem) or (stem not in book().plain_words and m[0] not in book().plain_words))
                and not _NO_SCHOOL.search(m[0])
            ):
                yield Hit(m.start(), m.end(), "FACILITY", "school", 0.7, "facilities.school", LISTED)
    if "キャンプ" in t:
        for m in _CAMP.finditer(t):
            yield Hit(m.start(), m.end(), "FACILITY", "workplace", 0.75, "facilities.camp", LISTED)


_PUBLIC_WORDS = words(
    *(f"{owner}立" for owner in "国県市都道府町村州公区私合会"),
    *("JCHO", "NHO", "KKR", "NTT", "国保", "JA", "JR", "TMG", "IMS"),
)
_SCHOOLISH = re.compile(
    r"[小中高工商農部]の?[ ]?(?:[1-6一二三四五六]年|生徒|児童|野|サ|ラ|柔|剣|陸|バ|テ|卓|吹|水|体|ハ|相|空|弓|ス|駅|"
    r"に?通学|に在学|教諭|校長|PTA)"
)
_NO_SCHOOL = re.compile(
    r"^(?:最小|縮小|術|入院|集|途|年|月|日|今|前|昨|大|径|内|縦隔|腔|経過|治療|加療|検査|観察|化療|照射|入所)|"
    r"[増縮拡最微極低上下術後]小?$|[術療院察査射腔隔管]中$|最高$"
)


_WIDE_RIGHT, _NARROW_RIGHT = re.compile(_WIDE), re.compile(_NARROW)
# what makes a department or a word of the kind behind a name: 佐藤外科部長, 東京消防士, 札幌循環器学会
_BLOCK = re.compile(
    r"[ ]?(?:部長|医長|科長|主任|医師|先生|医員|教授|講師|助教|助手|学会|士(?!会)|官(?!署)|隊員|団員|的|系|用|"
    r"学(?!園|院|校)|犬|力|"
    r"症|術|検(?!診)|疾患|領域|リハビリ室)|医(?![院療大])"
)
_OPENERS = ("", "\n", "|", "│", ",", "(", "「", ":", "=", "→", ">", '"', "\t")
_OPENERS_WIDE = (*_OPENERS, "。", "、", " ", "は")
_BOUNDARY = lazy(rf"(?![{KANJI}ァ-ヺーぁ-ゖA-Za-z0-9])")


@cache
def _kinds() -> re.Pattern[str]:
    """Kinds that may follow one another in a name: 中央|循環器, 記念, 歯科|口腔外科."""
    rows = read_table("phi/facility.tsv", ("strength", "forms"))
    forms = {
        fold(f).text
        for r in rows
        if r["strength"] in ("short", "shortest", "brief", "strong")
        for f in split_forms(r["forms"])
    }
    return re.compile(
        "(?:" + "|".join(re.escape(f) for f in sorted(forms, key=lambda f: (-len(f), f)) if len(f) > 1) + ")+"
    )


def _inside_word(t: str, start: int) -> bool:
    """Whether a term of medicine runs over the position, such as 不整 in 不|整形."""
    terms = medical_runs()
    if start and t[start - 1 : start + 1] in book().plain_words and t[start] == "診":
        return True
    return any(t[start - i : start + j] in terms for i in (1, 2) for j in (1, 2) if i <= start)


def short(t: str, start: int, end: int, kind: str) -> Hit | None:
    """A facility whose short kind stands at `[start, end)`.

    Args:
        t: The folded text.
        start: Where the kind begins.
        end: Where it ends.
        kind: `shortest` for kinds that are hardly anything else, `brief` for those that need no word behind them once a name
            stands before them, `short` for all others.
    """
    if _inside_word(t, start):
        return None
    if more := _kinds().match(t, end):
        end = more.end()
    if "ァ" <= t[end - 1] <= "ー" and "ァ" <= t[end : end + 1] <= "ー":
        return None
    low, sure = _named_before(t, start)
    if low < start:
        right = _WIDE_RIGHT if sure or kind != "short" else _NARROW_RIGHT
        fits = not _BLOCK.match(t, end) if kind == "brief" else right.match(t, end) is not None
        delimited = _BOUNDARY.match(t, end) is not None
        fits = fits or (delimited and (sure or t[low - 1 : low] in _OPENERS))
        return (
            Hit(low, end, "FACILITY", "hospital", 0.75 if sure else 0.7, "facilities.short", LISTED) if fits else None
        )
    return alone(t, start, end, whole=kind == "shortest")


def _named_before(t: str, start: int) -> tuple[int, bool]:
    """Where the name before a kind begins, `start` where none does, and whether it is surely the name of a place."""
    if back := _BACK.search(t, max(0, start - 8), start):
        word = back[1] or back[2]
        if (
            is_place(word)
            or (placeish(word) and not made_of_words(word) and word[-1] not in "域部側葉区")
            or (back[2] and word not in book().plain_words)
        ):
            return back.start(), True
    left = left_part(t, start, 0)
    word = cut_left(left) or cut_left(re.split("の", left)[-1])
    if not word and left and not t.startswith("診", start) and unheard(left):
        word = left
    if (
        not word
        and re.fullmatch("[ぁ-ゖ]{2}", left)
        and t[start - 3 : start - 2] in _OPENERS_WIDE
        and not is_grammar(left)
    ):
        word = left
    if not word:
        return start, False
    low = start - len(word)
    if t.startswith(("駅前", "駅東", "駅西", "駅南", "駅北"), low - 2):
        low -= 2
    if (back := _BACK.search(t, max(0, low - 8), low)) and placeish(back[1] or back[2]):
        low = back.start()
    return low, any(is_place(word[:n]) for n in range(2, min(6, len(word)) + 1)) or word[:1] in stop_words(
        "city_of_one"
    )


def alone(t: str, start: int, end: int, *, whole: bool = False) -> Hit | None:
    """A short kind that names a facility by itself: 日赤 before any word, 中央 only before a word of going there."""
    form = t[start:end]
    if re.match(f"[{KANJI}ァ-ヺ]", t[start - 1 : start] or " ") and left_part(t, start, 0):
        return None
    if form in _ALONE or (whole and len(form) > 4):
        enclosed = t[start - 1 : start] in ("「", "(", "→") and t[end : end + 1] in ("」", ")", "→")
        fits = (
            enclosed
            or _ALONE_RIGHT.match(t, end) is not None
            or (form in _ALONE and _BOUNDARY_KANJI.match(t, end) is not None)
        )
    elif form in _STRICT:
        fits = _STRICT_RIGHT.match(t, end) is not None
    else:
        return None
    return Hit(start, end, "FACILITY", "hospital", 0.7, "facilities.short", LISTED) if fits else None


_BOUNDARY_KANJI = lazy(rf"(?![{KANJI}ァ-ヺーA-Za-z])")
_ALONE, _STRICT = stop_words("facility_alone"), stop_words("facility_alone_strict")
_PERSON_THERE = (
    r"の[一-鿿ぁ-んァ-ヺ]{1,4}(?:先生|Dr|医師|さん|氏|様|Ns)|の(?:当直|主治|先生|担当医|地域連携|地連|救急|画像|報告|"
    r"返書|紹介|外来|CD|"
    r"CT(?!値)|MRI|MR|PET|検査|医事|放射線|病理|方に|こと|ER)"
)
_STRICT_RIGHT = lazy(
    rf"へ(?:[一-鿿]{{1,6}}を依頼|の?転院|転送|の?搬送|の?紹介|入院|依頼|返書|返送|送付|連絡)|に(?:転院|転送|搬送|紹介|"
    rf"通院|入院|かか|お世話|返書|移っ|移り)|"
    rf"から(?:の?転院|の?紹介|転送|移|来た|来院)|より(?:の?転院|の?紹介|転送)|で(?:手術|切除|加療|治療|化学療法|透析|出産|分娩|"
    rf"フォロー|とのこと|[HR]\d|の(?:手術|加療|治療))|"
    rf"{_PERSON_THERE}|[)」][ ]?(?:へ|に|より|から|宛)|通院[中歴]|入院[中歴]|宛|→|かかりつけ"
)
_ALONE_RIGHT = lazy(
    rf"{_STRICT_RIGHT.pattern}|[ ]?{_GO}|[、。,]|[ ]?[)」/;=]|[ ]?$|[ ]?\n|にも|経由|と(?:連携|相談|協議)|扱い|受診|"
    rf"通院|フォロー|が(?:搬|介|担|対|臨)|"
    rf"救急|放|内|外|脳|循|呼|消|整|産|小|CT|MRI|PET|持参"
)


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
                and any((name_like(word[:n]) and name_like(word[n:])) or (word[:n] in prefectures()) for n in (2, 3))
            )
            or placeish(word)
        ):
            end = more.end()
    return hit if (start, end) == (hit.start, hit.end) else hit._replace(start=start, end=end)


def named_behind(t: str, end: int) -> int:
    """Where a name in kana ends that stands behind a general kind (健診センターひまわり); `end` where none does."""
    m = _KANA_AFTER.match(t, end)
    return m.end() if m and not _NOT_AFTER.match(m[0].lstrip()) else end
