"""Dates that say less than a day of a year, or say it in an unusual way: eras without a month, years beside an event, ranges,
a month of last year, old names of months, days beside an appointment.

Each needs a word beside it, since the same shapes are levels, margins, sizes and durations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import shapes, words

# start, end, year, month, day, calendar, form
Part = tuple[int, int, "int | None", "int | None", "int | None", str, str]

_EVENT = (
    r"(?:手術|切除|摘出|置換|移植|形成|吻合|術(?!後\d)|ope|OP|撮影|撮像|施行|発症|再発|入院|退院|転院|骨折|受傷|受診|"
    r"初診|治療|照射|"
    r"化学療法|診断|指摘|検査|健診|検診|ドック|出産|分娩|帝切|結婚|退職|就職|転居|死亡|他界|留置|植込|挿入|穿刺|生検|"
    r"梗塞|出血|CT|MRI|MR|PET|US)"
)
_ERA_START = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_FIRST = {
    "明": "明治",
    "大": "大正",
    "昭": "昭和",
    "平": "平成",
    "令": "令和",
    "H": "平成",
    "R": "令和",
    "S": "昭和",
    "T": "大正",
}
_ERA = lazy(
    r"(?<![水扁公太A-Za-z0-9])(?P<e>昭和|平成|令和|大正|明治|[昭平令])[ ]?(?P<y>元|\d{1,2})"
    r"(?:年(?=生|に|の|頃|ごろ|、|。|より|から|春|夏|秋|冬|[)）]|$)|[./・](?P<m>1[0-2]|0?[1-9])(?![0-9.]|[ ]?(?:mm|cm|"
    r"%))(?:月)?)"
)
_ERA_EVENT = lazy(
    rf"(?<![0-9A-Za-z/+・\-])(?P<e>[HR])(?P<y>[3-9]|[1-3]\d)(?=年?{_EVENT}|年?の[一-鿿ァ-ヺーA-Z]{{0,8}}{_EVENT}|"
    rf"年?[、,・~〜\-]{{1,2}}[HRS]\d{{1,2}}"
    rf"(?:年|に|の|{_EVENT}))(?![ ]?(?:ブロッカー|受容体|波|ブロック|切除))"
)
_YEAR = lazy(
    rf"(?P<y>[12](?<![0-9A-Za-z./\-+].)(?:(?<=1)9[2-9]|(?<=2)0[0-4])\d)(?={_EVENT}|生(?!食|検|理|体|存)|[~〜～\-](?:19|20)\d\d(?:年|"
    rf"に|の|{_EVENT}|$)|、(?:19|20)\d\d(?:年|に|の))"
)
# an era year or a year without a word for it: not where a kernel, a value or the edition of a guideline may be meant
_ERA_ALONE = lazy(
    r"(?<![0-9A-Za-z/+・\-.])H(?P<y>[12]\d|3[01])(?:年(?!前|後|間|目|以|生存))?(?=[ ]?(?:[、。,)\]」】;|/→~〜(]|"
    r"[一-鿿ぁ-ん]|CT|MRI|MR|PET)|[ \n]|$)"
    r"(?![ ]?(?:HU|相当|画像|系列|枚|値|関数|ブロ|前後|以上|以下|程度|の?再構成|線|年))"
)
_YEAR_ALONE = lazy(
    r"(?P<y>[12](?:(?<=[(（「].)|(?<=前回.)|(?<=前回[(（].)|(?<=既往[: ].)|(?<=[、。:] .)|(?<=[\n、。:].)|(?<=^.))"
    r"(?:(?<=1)9[5-9]|(?<=2)0[0-3])\d)"
    rf"(?=[)）](?!に?準)|と比較|から|まで|時[点の、]|頃|[ ]?[一-鿿ァ-ヺー]{{0,5}}{_EVENT}|→)"
)
_EDITION = re.compile(
    r"(?:分類|ガイドライン|版|基準|WHO|学会|RECIST|規約|改訂|criteria|Criteria|指針|Ver|ver|UICC|AJCC|TNM|Society|"
    r"診断|報告|[Gg]uideline|"
    r"カーネル|kernel|関数|値[はが:]?|HU|再構成|DLP|Lugano|ATS|ERS|取扱い)[^。\n]{0,6}\Z|[A-Za-z][, ]{0,2}[(（]?\Z"
)
_YEAR_END = re.compile(r"(?P<y>[12](?<=[0-9][~〜～\-].)(?:(?<=1)9[2-9]|(?<=2)0[0-4])\d)(?=年|に|の|$|[ 、。)])")
_YEAR_SHORT = lazy(
    rf"(?P<y>[06-9](?<![0-9A-Za-z./\-約計後前歴間’'].)\d)年(?=に?[一-鿿ァ-ヺー]{{0,6}}{_EVENT}|頃|ごろ|"
    rf"[春夏秋冬](?:に|の|、|頃)|生)"
)
_MONTH_YEAR = re.compile(r"(?<![0-9A-Za-z./\-])(?P<m>1[0-2]|0?[1-9])[ ]?/[ ]?(?P<y>20[0-4]\d|19[2-9]\d)(?![0-9/.\-])")
_NO_ERA = re.compile(
    r"(?<![0-9A-Za-z.年後前約満和成正治昭平令])(?P<y>[1-9]|[1-6]\d)年[ ]?(?P<m>1[0-2]|[1-9])月(?:[ ]?(?P<d>3[01]|"
    r"[12]\d|[1-9])日)?(?!間|齢|前|後)"
)
_RELATIVE = lazy(
    r"(?:一昨々年|一昨年|昨年|去年|今年|本年|来年|翌年|同年|前年|おととし|翌)(?:の)?[ ]?"
    r"(?P<m>1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])(?:月(?:の)?(?:[ ]?(?P<d>3[01]|[12]\d|[1-9]|"
    r"[一二三四五六七八九十]{1,3})日|[上中下初]旬|末|頭)?"
    r"|/(?P<d2>3[01]|[12]\d|0?[1-9]))(?![0-9/]|間|目)"
)
_MONTH_DAY = re.compile(r"(?<![0-9A-Za-z.])(?P<m>1[0-2]|[1-9])月の(?P<d>3[01]|[12]\d|[1-9])日(?!間|目)")
_RANGE = re.compile(
    r"(?<![0-9A-Za-z.])(?P<m>1[0-2]|0?[1-9])月[ ]?(?P<d>3[01]|[12]\d|0?[1-9])日?[ ]?(?:[~〜～\-、,・]|から|と|および|"
    r"及び)[ ]?"
    r"(?:(?:同月)?(?P<f>3[01]|[12]\d|0?[1-9])日)(?!間|目)"
)
_SLASH_RANGE = re.compile(
    r"(?<![0-9A-Za-z./\-+])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])[ ]?(?P<j>[~〜～\-]|、|,|・)[ ]?"
    r"(?:(?P<n>1[0-2]|0?[1-9])/)?(?P<f>3[01]|[12]\d|0?[1-9])(?![0-9/%]|\.\d|[ ]?(?:mm|cm|個|枚|例|回|分|HU|Gy|歳|度|"
    r"レベル|椎|領域))"
)
_RANGE_RIGHT = re.compile(
    rf"[ ]?(?:に(?!縮|増|拡)|の|まで|、|。|より|から|で(?:終|開|施|照)|入院|外泊|不在|休|{_EVENT}|予定|[)）]|$|[ \n])"
)
_RANGE_LEFT = re.compile(r"(?:[A-Za-z]\s?|転移|陽性|陰性|節|椎|比|レベル|score|grade|Grade|スコア|\d[、,] ?)\Z")
_DOT = re.compile(
    r"(?:^|(?<=\n)|(?<=[ (（、。:]))(?P<m>1[0-2]|[1-9])\.(?P<d>3[01]|[12]\d)(?=[ ]?(?:CT|MRI|MR|PET|XP|US|撮影|撮像|"
    r"施行|入院|退院|手術|受診|造影CT|単純CT|胸部|腹部|頭部)(?!値))"
)
_BRACKET = re.compile(
    r"(?P<w>PET|CT|MRI|MR|US|XP|検査|前回|前医|撮影|修正|修正済|依頼|連絡|連絡済|報告|説明|手術|術|予定|予約|記載|"
    r"確認|確認済|済|み|"
    r"入院|退院|受診|再診|来院|転倒|受傷|発症|初診|初回|同日|日|画像|写真|造影|生検日|退職|訪問|受付|到着|発送|送付|"
    r"返却|返信)"
    r"[ ]?[(（](?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?=[ ]?(?:[)）、]|[(（]?[月火水木金土日][)）]))"
)
_FULL_BRACKET = re.compile(
    r"(?<![0-9A-Za-z性節率数移])[(（](?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|2\d|1[3-9])[)）](?![ ]?(?:個|例|枚|本))"
)
_OLD = {
    "睦月": 1, "如月": 2, "弥生": 3, "卯月": 4, "皐月": 5, "水無月": 6, "文月": 7, "葉月": 8, "長月": 9, "神無月"
    "": 10, "霜月": 11,
    "師走": 12,
}  # fmt: skip
_OLD_MONTH = lazy(
    rf"(?<![一-鿿])(?P<n>{'|'.join(_OLD)})(?:の?(?P<d>[0-9]{{1,2}}|[一二三四五六七八九十廿]{{1,4}})日|(?=に|の(?:検|"
    rf"健|前|CT|MR|半|末|初|頃|画|手|受|入|撮|造|定)|"
    r"頃|ごろ|[上中下初]旬|末|から|より|まで|以来|以降))"
)
_FEAST = lazy(
    r"(?<![一-鿿])(?:元旦|元日|大晦日|大みそか|三が日|節分|憲法記念日|こどもの日|文化の日|勤労感謝の日|敬老の日|"
    r"成人の日|天皇誕生日)(?=に|の(?!赤)|、|より|から|朝|夜|未明|深夜|早朝|以来)"
)
_DAY = re.compile(
    r"(?:(?<=次回)|(?<=次回は)|(?<=再診は)|(?<=予約は)|(?<=来院は)|(?<=[。、\n ])|^)(?P<d>3[01]|[12]\d|"
    r"[1-9])日(?=に?(?:再診|再来|来院予定|撮影|撮像|"
    r"受診予定|外来|手術予定|入院予定|退院予定|検査予定|予約|カンファ|から入院|の(?:予約|予定|外来|撮影|前回|採血|検査|画像|"
    r"写真|手術|診察|面談|CT|MRI|XP|US)))|(?<=次回)(?P<e>3[01]|[12]\d|[1-9])日(?=$|[、。])"
)
_HINT = lazy(
    r"[昭平令]和?成?[ ]?[0-9元]|[HRS][0-9]|(?:19|20)\d\d(?!年|[0-9])|[0-9]年|"
    r"[年翌しの][0-9一二三四五六七八九十]{1,2}[月/]|月の?[0-9]{1,2}|"
    r"/[0-9]{1,2}[ ]?[~〜～\-、,・)）]|[(（][0-9]{1,2}/|[0-9]\.[0-9]{2}[ ]?[CMPXU撮施入退手受造単胸腹頭]|/(?:19|"
    r"20)\d\d|"
    r"睦月|如月|弥生|卯月|皐月|無月|文月|葉月|長月|霜月|師走|元旦|元日|大晦日|大みそか|の日|節分|[0-9]日"
)

# what some of the patterns above need
_MONTH_YEAR_SHAPES = shapes("0/0000", "0 /0000", "0/ 0000", "0 / 0000")
_RANGE_SHAPES = shapes(
    *(f"/{day}{blank}{sign}" for day in ("0", "00") for blank in ("", " ") for sign in "~〜～-、,・")
)
_DOT_SHAPES, _BRACKET_SHAPES = shapes("0.00"), shapes("(0/", "(00/", "（0/", "（00/")
_OLD_WORDS = words(*_OLD)
_DAY_ISH = re.compile(r"日(?<=\d.)(?:[に再来撮受外手入退検予カかの、。]|$)")


def partial_dates(t: str) -> Iterator[Part]:
    """Dates of the shapes above in a folded text."""
    if not _HINT.search(t):
        return
    month, year, slash = "月" in t, "年" in t, "/" in t
    yield from _years(t, year=year)
    if month or slash:
        yield from _months(t, month=month, slash=slash)
    if slash or "." in t:
        yield from _slashes(t)
    yield from _words(t)


def _years(t: str, *, year: bool) -> Iterator[Part]:
    for m in _ERA.finditer(t) if "昭" in t or "平" in t or "令" in t or "正" in t or "治" in t else ():
        start = _ERA_START[_FIRST.get(m["e"], m["e"])]
        value = start + (1 if m["y"] == "元" else int(m["y"]))
        yield m.start(), m.end(), value, int(m["m"]) if m["m"] else None, None, "japanese", "era-year"
    if _LETTER.search(t):
        yield from _letters(t)
    for m in _YEAR_SHORT.finditer(t) if year else ():
        value = int(m["y"]) + (1900 if int(m["y"]) > 50 else 2000)
        yield m.start(), m.end(), value, None, None, "gregorian", "year"
    if "19" not in t and "20" not in t:
        return
    for m in _YEAR_ALONE.finditer(t):
        if not _EDITION.search(t[max(0, m.start() - 16) : m.start()]):
            yield m.start(), m.end(), int(m["y"]), None, None, "gregorian", "year"
    for pattern in (_YEAR, _YEAR_END):
        for m in pattern.finditer(t):
            end = m.end() + (t[m.end() : m.end() + 1] == "年")
            yield m.start(), end, int(m["y"]), None, None, "gregorian", "year"


_LETTER = re.compile("[HR][0-9]")


def _letters(t: str) -> Iterator[Part]:
    """Years of an era given by its letter."""
    for m in _ERA_EVENT.finditer(t):
        if not (m["e"] == "R" and int(m["y"]) > 20) and not (m["e"] == "H" and int(m["y"]) > 31):
            end = m.end() + (t[m.end() : m.end() + 1] == "年")
            yield m.start(), end, _ERA_START[_FIRST[m["e"]]] + int(m["y"]), None, None, "japanese", "era-year"
    for m in _ERA_ALONE.finditer(t):
        if not _EDITION.search(t[max(0, m.start() - 16) : m.start()]):
            yield m.start(), m.end(), 1988 + int(m["y"]), None, None, "japanese", "era-year"


def _months(t: str, *, month: bool, slash: bool) -> Iterator[Part]:
    if slash:
        for m in _MONTH_YEAR.finditer(t) if _MONTH_YEAR_SHAPES(t) else ():
            yield m.start(), m.end(), int(m["y"]), int(m["m"]), None, "gregorian", "month-year"
    if "年" in t or "翌" in t or "おととし" in t:
        for m in _RELATIVE.finditer(t):
            yield m.start("m"), m.end(), None, None, None, "none", "relative-year"
    if not month:
        return
    for m in _NO_ERA.finditer(t) if "年" in t else ():
        yield m.start(), m.end(), None, int(m["m"]), int(m["d"]) if m["d"] else None, "none", "month-day"
    for m in _MONTH_DAY.finditer(t) if "月の" in t else ():
        yield m.start(), m.end(), None, int(m["m"]), int(m["d"]), "none", "month-day"
    for m in _RANGE.finditer(t) if "日" in t else ():
        yield m.start(), m.end(), None, int(m["m"]), None, "none", "range"


def _slashes(t: str) -> Iterator[Part]:
    if "/" in t:
        for m in _SLASH_RANGE.finditer(t) if _RANGE_SHAPES(t) else ():
            if not m["n"] and m["j"] not in "~〜～-" and not _RANGE_RIGHT.match(t, m.end()):
                continue
            if (m["n"] or _RANGE_RIGHT.match(t, m.end())) and not _RANGE_LEFT.search(
                t[max(0, m.start() - 6) : m.start()]
            ):
                yield m.start(), m.end(), None, int(m["m"]), None, "none", "range"
        brackets = _BRACKET_SHAPES(t)
        for m in _BRACKET.finditer(t) if brackets else ():
            yield m.start("m"), m.end(), None, int(m["m"]), int(m["d"]), "none", "month-day"
        for m in _FULL_BRACKET.finditer(t) if brackets else ():
            yield m.start("m"), m.end("d"), None, int(m["m"]), int(m["d"]), "none", "month-day"
    if "." in t:
        for m in _DOT.finditer(t) if _DOT_SHAPES(t) else ():
            yield m.start(), m.end(), None, int(m["m"]), int(m["d"]), "none", "month-day"


def _words(t: str) -> Iterator[Part]:
    for m in _OLD_MONTH.finditer(t) if _OLD_WORDS(t) else ():
        yield m.start(), m.end(), None, _OLD[m["n"]], None, "none", "old-month"
    for m in _FEAST.finditer(t) if "元" in t or "晦日" in t or "の日" in t or "節分" in t or "三が日" in t else ():
        yield m.start(), m.end(), None, None, None, "none", "feast"
    for m in _DAY.finditer(t) if _DAY_ISH.search(t) else ():
        yield m.start(), m.end(), None, None, int(m["d"] or m["e"]), "none", "day"
