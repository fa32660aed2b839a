"""Absolute dates in every calendar and script of Japanese reports: 西暦, 和暦"
", kanji numerals, partial and mistyped ones.

The grammar is the project's own. It looks at shapes and at the words beside them; intervals (3年前, 2か月後), clock times and
weekdays are no dates. Ambiguous shapes (3/14, H30, S3) need a word beside them that speaks of a date.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from jmid_nlp.offsets import fold
from jmid_nlp.text.dateloose import loose_dates
from jmid_nlp.text.datemore import more_dates
from jmid_nlp.text.dateodd import odd_dates
from jmid_nlp.text.dateparts import Part, partial_dates
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.monthday import date_left, is_month_day
from jmid_nlp.text.shape import shapes, words

ERAS = {
    "明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018,
    "M": 1867, "T": 1911, "S": 1925, "H": 1988, "R": 2018,
    "明": 1867, "大": 1911, "昭": 1925, "平": 1988, "令": 2018,
}  # fmt: skip
_MONTHS = {
    m: i for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_KANJI = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "元": 1, "壱": 1, "弐": 2, "参": 3}


@dataclass(frozen=True, slots=True)
class DateMatch:
    """An absolute date: `[start, end)` in the text given, what of it is written, and how.

    `calendar` is "gregorian", "japanese" or "none" (no year); `form` names the pattern. Values are as written, so a mistyped
    month of 13 stays 13.
    """

    start: int
    end: int
    year: int | None
    month: int | None
    day: int | None
    calendar: str
    form: str

    @property
    def iso(self) -> str:
        """The date in ISO 8601, shortened where a part is not written; there must be a year."""
        month = "" if self.month is None else f"-{self.month:02d}"
        day = "" if self.month is None or self.day is None else f"-{self.day:02d}"
        return f"{self.year:04d}{month}{day}"


_D = r"[0-9OoIl|SB]"  # digits and what OCR makes of them
_N = r"[0-9〇零一二三四五六七八九十拾壱弐参]"
_SEP = r"\s{0,2}[/.\-‐‑–—−ー,・:]\s{0,2}"
_XUN = r"(?:[上中下初]旬|末日|末|初め|初頭|半ば)?"
_MON = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_ERA_REST = r"(?:(?<=明)治|(?<=大)正|(?<=昭)和|(?<=平)成|(?<=令)和)"  # behind the first character of an era
_INTERVAL = r"(?!\s?(?:前|後|間|以内|以上|未満|目|程度|ぶり|生存|経過|弱|強|おき|毎|ごと|齢|歳|才|版|度版))"
_CUE_RIGHT = (
    r"(?=\s{0,2}(?:に|の|から|より|まで|は|付|分|時点|頃|ごろ|生|撮|施行|実施|検査|受|来院|入院|退院|手術|術|ope|OP|"
    r"Ope|"
    r"CT|MRI|MR|US|XP|PET|X線|胸|腹|頭|骨|紹介|発症|転倒|外傷|予定|予約|再診|夜|朝|夕|昼|午前|午後|深夜|未明|早朝|"
    r"以降|以前|"
    r"[〜~～]|[(（][月火水木金土日]|\d{1,2}:\d\d|\d{1,2}時|死亡|出生|出産|分娩|開始|終了|照射|投与|採|比|画像|外来|"
    r"初診|報告|"
    r"読影|依頼|記|確認|連絡|造影|単純|前回|当日|と比|付け|締|現在|再検|フォロー|follow|診|撮像|来|搬送|[ 　]*$|"
    r"[ 　]*\n))"
)
_MODAL = r"(?=\s?(?:の|に|年|頃|ごろ|より|から|[〜~～])\s?(?!HU|ＨＵ|値|レベル|椎))"

_FULL = lazy(
    rf"(?P<y>[12](?:(?<![0-9A-Za-z].)(?<![0-9]\..)|(?<=DOB.)|(?<=[Dd]ate.)|(?<=CT.)|(?<=MRI.)|(?<=PET.))"
    rf"(?:(?:(?<=1)[89]|(?<=2)[0O]){_D}{{2,3}}|\d{{4}}))(?:\s{{0,2}}年\s{{0,2}}(?P<m1>{_D}{{1,2}})(?:\s{{0,2}}月"
    rf"\s{{0,2}}(?:(?P<d1>{_D}{{1,2}})(?:\s{{0,2}}日|(?![0-9OIl歳才%.個枚人回mc])))?{_XUN})?"
    rf"|{_SEP}(?P<m2>{_D}{{1,2}}){_SEP}(?P<d2>{_D}{{1,2}})(?![0-9]))"
)
_YM = re.compile(
    r"(?P<y>[12](?<![0-9A-Za-z.\-].)(?:(?<=1)9|(?<=2)0)\d\d)\s?[/.\-]\s?(?P<m>1[0-2]|0?[1-9])(?![0-9]|[.\-/]\d|\s?(?:mm|cm|ms|HU|Gy|mg|"
    r"ml|mL|%))"
)
_YEAR = re.compile(
    rf"(?P<y>[12](?<![0-9A-Za-z].)(?:(?<=1)[89]|(?<=2)0)\d\d)\s?年(?:度|末|初頭?|春|夏|秋|冬|頃|ごろ|代)?{_INTERVAL}(?!版|改訂|"
    rf"ガイドライン|度版|分類|基準)"
)
_YEAR_BARE = re.compile(
    r"(?P<y>[12](?<![0-9A-Za-z./\-].)(?:(?<=1)9[3-9]|(?<=2)0[0-4])\d)(?=に(?!なる)|の(?:前回|CT|MRI|検査|手術|画像|PET)|頃|ごろ|"
    r"[〜~～]|CT|MRI)"
)
_COMPACT = re.compile(
    r"(?<![0-9A-Za-z.\-/])(?P<y>(?:18|19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?=(?:[01]\d|"
    r"2[0-3])[0-5]\d(?:[0-5]\d)?(?![0-9])|(?![0-9A-Za-z\-]))"
)
_JAPANESE = lazy(
    rf"(?P<e>[MTSHRmtshr明大昭平令](?<![0-9A-Za-z].){_ERA_REST}?)[.\s]?\s?(?P<y>元|{_N}{{1,4}}|{_D}{{1,2}})"
    rf"(?:\s{{0,2}}年\s{{0,2}}(?:(?P<m1>{_N}{{1,3}}|{_D}{{1,2}})\s{{0,2}}月\s{{0,2}}(?:(?P<d1>{_N}{{1,4}}|"
    rf"{_D}{{1,2}})(?:\s{{0,2}}日|(?![0-9OIl歳才%.個枚人回mc])))?{_XUN})?(?:度|末|頃|ごろ|春|夏|秋|冬)?"
    rf"|{_SEP}(?P<m2>{_D}{{1,2}}){_SEP}(?P<d2>{_D}{{1,2}})(?![0-9]))"
)
_ERA_YM = re.compile(
    rf"(?P<e>[SHR明大昭平令](?<![0-9A-Za-z].)(?:{_ERA_REST}|(?<=[SHR])))\s?(?P<y>元|\d{{1,2}})\s?[./\-]\s?(?P<m>1[0-2]|0?[1-9])(?![0-9/.]|"
    rf"\s?(?:mm|cm|HU|番|椎|レベル|区|領域|境界|%|Gy|月))"
)
_ERA_BARE = lazy(
    r"(?<![0-9A-Za-z/+・,])(?:(?P<e>[HR])(?P<y>[1-9]|[12]\d|3[01])(?=年|の(?:前回|CT|MRI|MR|検査|手術|画像|PET|胸|腹|"
    r"頭|造影|単純|術)|頃|ごろ|に(?:手術|切除|施行|他|当|前|CT|MRI|初|入|退|指摘|受|撮|[A-Z]|[一-鿿]{2}))|"
    r"(?P<e2>[STM])(?P<y2>\d{1,2})(?=\s?(?:年生|生まれ|生\b|生[、。\s])))"
)
_ERA_WORD = re.compile(r"(?:明治|大正|昭和|平成|令和)\s?(?:元|\d{1,2})(?=に|の|頃|ごろ|生|、|・|~|〜)")
_ERA_COMPACT = re.compile(
    r"(?P<e>[MTSHR](?<![0-9A-Za-z].))\s?(?P<y>[0-6]\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?![0-9A-Za-z\-])"
)
_KANJI_FULL = re.compile(
    r"(?<![〇零一二三四五六七八九十百千])(?P<y>[〇零一二三四五六七八九]{4}|(?:二千|千九百|"
    r"千八百)[〇零一二三四五六七八九十]{0,4})年(?:(?P<m>[一二三四五六七八九十]{1,3})月(?:(?P<d>[一二三四五六七八九十廿"
    r"卅]{1,4})日)?)?"
)
_KANJI_MD = re.compile(
    r"(?<![〇零一二三四五六七八九十百千第か数])(?P<m>十[一二]?|[一二三四五六七八九])月\s?(?P<d>三十一?|"
    r"二?十[一二三四五六七八九]?|[一二三四五六七八九]|[0-9]{1,2})日"
)
_KANJI_M = re.compile(
    r"(?<![〇零一二三四五六七八九十百千第か数同])(?P<m>十[一二]?|[一二三四五六七八九])月(?=[上中下初]旬|末|頃|ごろ|"
    r"に(?!わたり|渡)|の(?:前回|CT|MRI|検査|手術|画像))[上中下初]?旬?"
)
_MD = re.compile(rf"(?P<m>{_D}(?<![0-9A-Za-z.].){_D}?)\s{{0,2}}月\s{{0,2}}(?P<d>{_D}{{1,2}})\s{{0,2}}日(?!目|間)")
_M = re.compile(
    r"(?<![0-9A-Za-z.／/\-〜~～,、第約])(?P<m>1[0-2]|0?[1-9])\s?月(?!目|齢|経|間|例|以|ごと|毎|おき|後|前(?!半)|分|児|"
    r"状|生存|曜)[上中下初]?旬?(?:末)?"
)
_RELMONTH_DAY = re.compile(r"(?:同月|今月|先月|来月|前月|当月|翌月)\s?(?P<d>[0-3]?\d)日(?!目|間)")
_MD_SLASH = re.compile(
    r"(?P<m>[0-9](?:(?<![0-9A-Za-z./\-‐+].)|(?<=CT.)|(?<=MRI.)|(?<=PET.))"
    r"(?:(?<=1)[0-2]|(?<=0)[1-9]|(?<=[1-9])))\s?(?P<s>/)\s?(?P<d>3[01]|[12]\d|"
    r"0?[1-9])(?![0-9/%]|\.\d|\s?(?:mm|cm|HU|個|枚|例|点|分(?!と比)|未満|弱|強|の(?:範囲|高さ|レベル|撮像スライス|"
    r"スライス|断面|領域)|以下|以上|程度|周|大|Gy|回|倍|椎|レベル|領域|区域|フレーム|lobe|部|量|切片|検体|標本|断面|"
    r"視野|箇所|か所|ヶ所|スライス|枝|本|節|症例|名|人|眼|歯|コア|core|周期|相|列|群|個所))"
)
_MD_DOT = lazy(
    r"(?:前回|今回|次回|前々回|検査日|撮影日)[:： ]{0,2}(?P<m>1[0-2]|[1-9])\.(?P<d>3[01]|[12]\d|"
    r"[1-9])(?![0-9.]|\s?(?:mm|cm|HU|×|x|ng|mg|%|倍|→|→))(?=[ )）、。の撮造比]|$)"
)
_SPACED_YMD = re.compile(r"(?<![0-9A-Za-z.])(?P<y>20\d\d) (?P<m>0[1-9]|1[0-2]) (?P<d>0[1-9]|[12]\d|3[01])(?![0-9.])")
_YMD2_WRONG = re.compile(r"(?<![0-9A-Za-z./\-])(?P<y>\d\d)/(?P<m>\d\d)/(?P<d>\d\d)(?![0-9/])")
_YMD2 = re.compile(
    r"(?<![0-9A-Za-z./\-])(?P<q>['’‘`])?(?P<y>\d\d)(?P<s>[/.\-])\s?(?P<m>1[0-2]|0?[1-9])(?P=s)\s?(?P<d>3[01]|[12]\d|"
    r"0?[1-9])(?![0-9]|[./\-]\d|[ ]?(?:mm|cm))"
)
_YM2 = re.compile(
    r"(?<![0-9A-Za-z./\-])(?:['’‘`](?P<y>\d\d)(?:(?:[/.\-年]\s?)(?P<m>1[0-2]|0?[1-9])月?)?(?![0-9./\-歳才]|\s?(?:mm|"
    r"cm))年?|(?P<y2>\d\d)年(?P<m2>1[0-2]|0?[1-9])月(?:(?P<d2>\d{1,2})日)?)"
)
_DMY = re.compile(
    r"(?<![0-9A-Za-z./\-])(?P<a>3[01]|[12]\d|0?[1-9])(?P<s>[/.\-])(?P<b>3[01]|[12]\d|0?[1-9])(?P=s)(?P<y>(?:19|"
    r"20)\d\d)(?![0-9./\-])"
)
_ENGLISH = lazy(
    rf"(?<![A-Za-z0-9])(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|"
    rf"th)?[\s\-./,]{{0,2}}(?:of\s)?(?P<m1>{_MON})\.?(?:[\s\-./,]{{1,2}}'?(?P<y1>(?:19|20)\d\d|\d\d))?"
    rf"|(?P<m2>{_MON})\.?\s?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\s{{0,2}}(?P<y2>(?:19|20)\d\d))?"
    rf"|(?P<y4>(?:19|20)\d\d)[\s\-./,]{{1,2}}(?P<m4>{_MON})(?:[\s\-./,]{{1,2}}(?P<d4>\d{{1,2}}))?"
    rf"|(?P<m3>{_MON})\.?[\s,\-']{{1,2}}(?P<y3>(?:19|20)\d\d))(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_RIGHT = lazy(_CUE_RIGHT)


def find_dates(text: str, *, folded: bool = False) -> list[DateMatch]:
    """All absolute dates of a text, ascending and without overlap.

    Args:
        text: Any text.
        folded: True if `text` is already folded (`jmid_nlp.offsets.fold`); else it is folded here and mapped back.

    Returns:
        Matches with offsets in `text` as given. Where two readings overlap, the longer one stands, then the earlier pattern.
    """
    if folded:
        return _resolve(_scan(text))
    view = fold(text)
    out = []
    for m in _resolve(_scan(view.text)):
        start, end = view.source(m.start, m.end)
        out.append(DateMatch(start, end, m.year, m.month, m.day, m.calendar, m.form))
    return out


def _resolve(found: Iterator[Part]) -> list[DateMatch]:
    """The parts that stand: the longer before the shorter, then the earlier found."""
    ranked = sorted(found, key=lambda part: part[0] - part[1])
    out: list[Part] = []  # ascending, without overlap
    starts: list[int] = []
    for part in ranked:
        at = bisect_left(starts, part[0])
        if (at and out[at - 1][1] > part[0]) or (at < len(out) and out[at][0] < part[1]):
            continue
        out.insert(at, part)
        starts.insert(at, part[0])
    return [DateMatch(*part) for part in out]


_NO_INTERVAL = re.compile(_INTERVAL)
_ANY_DIGIT = re.compile(r"[0-9]")
# One cheap look decides whether a family of patterns can match at all.
_YEARISH = re.compile(r"\d(?:(?:(?<=1)[89]|(?<=2)[0O])[0-9OoIl|SB]{2}|\d{4})")
_ERAISH = re.compile(
    r"[MTSHRmtshr明大昭平令][.\s]{0,2}[0-9OIl元〇一二三四五六七八九十]{1,4}\s{0,2}[年/.\-‐‑–—−ー,・:のにC頃ごM生]|"
    r"明治|大正|昭和|平成|令和|[MTSHR]\s?\d{6}"
)
_TWO_SHAPES = shapes("00/0", "00.0", "00-0", "00/ 0", "00. 0", "'00", "’00", "‘00", "`00")
_YEAR_SHAPES = shapes("0000", "00a", "00A", "0a0", "0A0", "00|", "0|0")
_COMPACT_SHAPES, _DMY_SHAPES = shapes("00000000"), shapes("/0000", ".0000", "-0000")
_YM2_SHAPES = shapes("'00", "’00", "‘00", "`00", "00年0月", "00年00月")
_KANJI_YEAR = re.compile("年(?<=[〇零一二三四五六七八九十千百].)")
_KANJI_MONTHS = words(*(f"{number}月" for number in "一二三四五六七八九十"))
_ERA_LETTER = re.compile("[HRSTM](?<![0-9A-Za-z/+・,].)[0-9]")
_SLASHED = re.compile(r"[0-9](?<![0-9A-Za-z].)(?:(?<=[01])[0-9])?\s?/\s?[0-3]?[0-9](?![0-9])")
_TWOISH = re.compile(r"\d\d[/.\-]\s?\d{1,2}[/.\-]\s?\d|['’‘`]\d\d")
_MONTHISH = re.compile(r"[JFMASONDjfmasond][aepucoAEPUCO][nbrylgptvcNBRYLGPTVC]")


def _scan(t: str) -> Iterator[Part]:
    digits = _ANY_DIGIT.search(t) is not None
    if digits:
        if _YEAR_SHAPES(t) and _YEARISH.search(t):
            yield from _western(t)
        yield from _short(t)
    if (digits or "年" in t) and _ERAISH.search(t):
        yield from _japanese(t)
    if "年" in t or "月" in t:
        yield from _kanji(t)
    yield from partial_dates(t)
    yield from odd_dates(t)
    yield from more_dates(t)
    if digits:
        yield from loose_dates(t)
    if digits and _MONTHISH.search(t) and _ENG_TRIGGER.search(t):
        yield from _english(t)


_ENG_TRIGGER = re.compile(r"[adfjmnos](?<![a-z].)(?:an|eb|a[ry]|pr|u[nlg]|ep|ct|ov|ec)", re.IGNORECASE)
_OCR = str.maketrans("OoIl|SB", "0011158")


def _int(s: str | None) -> int | None:
    """A number in digits, kanji numerals or OCR damage."""
    if not s:
        return None
    s = s.translate(_OCR)
    if s.isascii():
        return int(s) if s.isdigit() else None
    if not any(c in s for c in "十拾百千廿卅"):
        value = 0
        for c in s:
            value = value * 10 + (_KANJI[c] if c in _KANJI else int(c) if c.isdigit() else 0)
        return value
    total, part = 0, 0
    for c in s:
        unit = {"十": 10, "拾": 10, "百": 100, "千": 1000, "廿": 20, "卅": 30}.get(c)
        if unit in (20, 30):
            total += unit or 0
        elif unit:
            total, part = total + (part or 1) * unit, 0
        else:
            part = _KANJI.get(c, 0)
    return total + part


def _western(t: str) -> Iterator[Part]:
    for m in _FULL.finditer(t):
        raw = m["y"] + (m["m2"] or "") + (m["d2"] or "")
        year, month, day = _int(m["y"]), _int(m["m1"] or m["m2"]), _int(m["d1"] or m["d2"])
        if sum(c.isdigit() for c in raw) * 2 < len(raw):
            continue
        if m["m1"] is None and m["m2"] is None:
            continue
        yield (m.start(), m.end(), year, month, day, "gregorian", "full")
    for m in _YM.finditer(t):
        yield (m.start(), m.end(), int(m["y"]), int(m["m"]), None, "gregorian", "year-month")
    if "年" in t:
        for m in _YEAR.finditer(t):
            yield (m.start(), m.end(), int(m["y"]), None, None, "gregorian", "year")
    for m in _YEAR_BARE.finditer(t):
        yield (m.start(), m.end(), int(m["y"]), None, None, "gregorian", "year")
    for m in _COMPACT.finditer(t) if _COMPACT_SHAPES(t) else ():
        yield (m.start(), m.end(), int(m["y"]), int(m["m"]), int(m["d"]), "gregorian", "compact")
    for m in _DMY.finditer(t) if _DMY_SHAPES(t) else ():
        yield (m.start(), m.end(), int(m["y"]), int(m["b"]), int(m["a"]), "gregorian", "day-first")


def _japanese(t: str) -> Iterator[Part]:
    for m in _JAPANESE.finditer(t):
        era, year = m["e"].upper(), _int(m["y"])
        month, day = _int(m["m1"] or m["m2"]), _int(m["d1"] or m["d2"])
        if year is None or (m["m2"] is None and "年" not in m[0]):
            continue
        if len(era) == 1 and not era.isascii() and (m["m2"] is None and m["m1"] is None):
            continue
        if (m["m1"] or m["m2"]) is None and (_NO_INTERVAL.match(t, m.end()) is None or t.startswith("代", m.end())):
            continue
        yield (m.start(), m.end(), ERAS[era] + year, month, day, "japanese", "full" if day else "partial")
    for m in _ERA_YM.finditer(t):
        if m["e"] in "SR" and not (_RIGHT.match(t, m.end()) and date_left(t, m.start())):
            continue
        if (m["e"] == "H" and int(m["y"]) > 31) or (m["e"] == "S" and int(m["y"]) < 9):
            continue
        yield (m.start(), m.end(), ERAS[m["e"]] + (_int(m["y"]) or 0), int(m["m"]), None, "japanese", "era-month")
    for m in _ERA_BARE.finditer(t) if _ERA_LETTER.search(t) else ():
        era, number = m["e"] or m["e2"], m["y"] or m["y2"]
        end = m.end() + 1 if t[m.end() : m.end() + 1] == "年" else m.end()
        if end > m.end() and _NO_INTERVAL.match(t, end) is None:
            continue
        yield (m.start(), end, ERAS[era] + int(number), None, None, "japanese", "era-year")
    for m in _ERA_WORD.finditer(t):
        yield (m.start(), m.end(), ERAS[m[0][:2]] + (_int(m[0][2:].strip()) or 0), None, None, "japanese", "era-year")
    for m in _ERA_COMPACT.finditer(t):
        yield (m.start(), m.end(), ERAS[m["e"]] + int(m["y"]), int(m["m"]), int(m["d"]), "japanese", "era-compact")


def _kanji(t: str) -> Iterator[Part]:
    for m in _KANJI_FULL.finditer(t) if _KANJI_YEAR.search(t) else ():
        yield (m.start(), m.end(), _int(m["y"]), _int(m["m"]), _int(m["d"]), "gregorian", "kanji")
    if "月" not in t:
        return
    kanji = _KANJI_MONTHS(t)
    for m in _KANJI_MD.finditer(t) if kanji else ():
        yield (m.start(), m.end(), None, _int(m["m"]), _int(m["d"]), "none", "kanji")
    for m in _KANJI_M.finditer(t) if kanji else ():
        yield (m.start(), m.end(), None, _int(m["m"]), None, "none", "kanji")
    for m in _MD.finditer(t):
        if sum(c.isdigit() for c in m["m"] + m["d"]):
            yield (m.start(), m.end(), None, _int(m["m"]), _int(m["d"]), "none", "month-day")
    for m in _M.finditer(t):
        yield (m.start(), m.end(), None, int(m["m"]), None, "none", "month")
    for m in _RELMONTH_DAY.finditer(t):
        yield (m.start("d"), m.end(), None, None, int(m["d"]), "none", "day")


def _short(t: str) -> Iterator[Part]:
    two = _TWO_SHAPES(t) and _TWOISH.search(t) is not None
    if two:
        for m in _YMD2_WRONG.finditer(t):
            yield (m.start(), m.end(), 2000 + int(m["y"]), int(m["m"]), int(m["d"]), "gregorian", "two-digit")
    if " 0" in t or " 1" in t:
        for m in _SPACED_YMD.finditer(t):
            yield (m.start(), m.end(), int(m["y"]), int(m["m"]), int(m["d"]), "gregorian", "spaced")
    for m in _YMD2.finditer(t) if two else ():
        if (
            m["s"] == "."
            and not m["q"]
            and len(m["m"] + m["d"]) < 3
            and not (date_left(t, m.start()) or _RIGHT.match(t, m.end()))
        ):
            continue
        if m["s"] == "-" and not m["q"] and not (len(m["m"]) == len(m["d"]) == 2):
            continue
        year = int(m["y"])
        yield (
            m.start(),
            m.end(),
            year + (2000 if year < 50 else 1900),
            int(m["m"]),
            int(m["d"]),
            "gregorian",
            "two-digit",
        )
    for m in _YM2.finditer(t) if _YM2_SHAPES(t) else ():
        number = m["y"] or m["y2"]
        if m["y2"] and int(number) < 32 and t[max(0, m.start() - 1) : m.start()] in tuple("和成正治後"):
            continue
        yield (m.start(), m.end(), 2000 + int(number), _int(m["m"] or m["m2"]), _int(m["d2"]), "gregorian", "two-digit")
    if "回" in t or "日" in t:
        for m in _MD_DOT.finditer(t):
            yield (m.start("m"), m.end(), None, int(m["m"]), int(m["d"]), "none", "month-day")
    if "/" in t and _SLASHED.search(t):
        for m in _MD_SLASH.finditer(t):
            if is_month_day(t, m):
                yield (m.start(), m.end(), None, int(m["m"]), int(m["d"]), "none", "month-day")


def _english(t: str) -> Iterator[Part]:
    for m in _ENGLISH.finditer(t):
        name = m["m1"] or m["m2"] or m["m3"] or m["m4"]
        year = m["y1"] or m["y2"] or m["y3"] or m["y4"]
        day = m["d1"] or m["d2"] or m["d4"]
        if name.lower() in ("may", "mar", "sep", "dec") and name.islower() and not year:
            continue
        value = int(year) if year else None
        if value is not None and value < 100:
            value += 2000 if value < 50 else 1900
        yield (m.start(), m.end(), value, _MONTHS[name[:3].lower()], int(day) if day else None, "gregorian", "english")
