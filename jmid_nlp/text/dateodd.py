"""Dates in unusual or damaged spelling: month names without spaces, digits set apart, optical reading errors, eras in katakana."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.text.dateparts import Part
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import shapes, words

_MON = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
_K = "[〇零一二三四五六七八九十]"
_ODD = lazy(
    rf"(?<![0-9A-Za-z])(?:\d{{1,2}}{_MON}(?:\d{{4}}|\d\d)|(?:19|20)\d\d{_MON}\d{{1,2}}|"
    rf"{_MON}-(?:[0-3]?\d))(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z_])[MTSHRmtshr]\d{1,2}_\d{1,2}_\d{1,2}(?![0-9_])"
    r"|(?<![0-9A-Za-z])(?:\d\d['’]\d{1,2}/\d{1,2}|(?:19|20)\d\d['’]\d\d['’]\d\d)(?![0-9/])"
    rf"|(?<![{_K[1:-1]}])[二一][〇零九八]{_K}{{2}}[・./\-ー]{_K}{{1,3}}[・./\-ー]{_K}{{1,3}}"
    r"|(?<![0-9A-Za-z./\-])(?:1[0-2]|0?[1-9])/(?:3[01]|2\d|1[3-9])/\d\d(?![0-9/])"
    r"|(?:シ[ヨョ]ウワ|ショーワ|ヘイセイ|レイワ|タイシ[ヨョ]ウ|メイジ)[ ]?(?:\d{1,2}|ガン)[ ]?(?:ネン|"
    r"[./\-])[ ]?(?:\d{1,2}[ ]?(?:ガツ|[./\-])[ ]?(?:\d{1,2}(?:ニチ|カ)?)?)?"
    r"|(?<![0-9A-Za-zァ-ヺ])(?:[MTSHR]?\d{1,2}|(?:19|20)\d\d)ネン(?:\d{1,2}ガツ(?:\d{1,2}ニチ)?)?|"
    r"(?<![0-9A-Za-z])\d{1,2}ガツ\d{1,2}ニチ"
    r"|(?<![0-9A-Za-z.])(?:19|20)\d\d [01]?\d [0-3]?\d(?![0-9.]| ?(?:mm|cm|HU|mL|mg))"
    r"|(?<![0-9A-Za-z])(?:19|20)\d\d(?=[春夏秋冬](?:に|の|、|。|頃|から|$|[ )]))"
)
_ODD_ISH = lazy(
    rf"\d{_MON}|{_MON}-?\d|\d[_'’]\d|[〇零九八]{_K}{{2}}[・./\-ー]|/[123]\d/\d\d|ネン|ガツ|シ[ヨョ]ウワ|ショーワ|タイシ[ヨョ]ウ|メイジ|ヘイセイ|レイワ|"
    rf"(?:19|20)\d\d(?:[春夏秋冬]| [01]?\d [0-3]?\d)"
)
_SPACED = re.compile(
    r"(?<![0-9A-Za-z])(?:[12][ ]\d[ ]\d[ ]\d|(?:令[ ]?和|平[ ]?成|昭[ ]?和|"
    r"大[ ]?正)[ ]?(?:\d[ ]?){1,2})[ ]?年[ ]?(?:\d[ ]?){1,2}月[ ]?(?:\d[ ]?){1,2}日"
)
_SPACED_ISH = re.compile(r"[0-9][ ]+(?:[0-9]|年)")
_ERA = re.compile(
    rf"(?:明治|大正|昭和|平成|令和)[ ]?(?:元|\d{{1,2}}|{_K}{{1,3}})(?![0-9年一二三四五六七八九十./\-][0-9]?|型|病院|"
    rf"会|園|小|中|高|大)"
)
_ERAS = words("明治", "大正", "昭和", "平成", "令和")
_ODD_SHAPES = shapes("0_0", "0'0", "0’0", "/00/00", "0000 0 0", "0000 00 0", "0000春", "0000夏", "0000秋", "0000冬")
_ODD_WORDS = words(
    *("ネン", "ガツ", "ウワ", "ショーワ", "ヘイセイ", "レイワ", "メイジ", "タイシ", "〇", "零", "九", "八"),
    *(
        m
        for name in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
        for m in (name, name.upper())
    ),
)
_OCR_YEAR = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9ZSOIl]{0,3}[ZSOIl])[12][09OZ][0-9ZSOIl]{2}[ ]?(?:年[ ]?[0-9OIlZ]{1,2}月"
    r"(?:[ ]?[0-9OIlZ]{1,2}日)?|[/.\-][0-9OIlZ]{1,2}[/.\-][0-9OIlZ]{1,2})"
)
_OCR_PAIR = re.compile(
    r"(?<![0-9A-Za-z./\-])(?=[0-9OIl]{0,2}/?[0-9OIl]?[OIl])(?=[OIl]{0,2}/?[OIl]?[0-9])[1IlO0]?[0-9OIl]/(?!0(?![0-9OIl]))[0-3OIl]?"
    r"[0-9OIl](?![0-9A-Za-z/.%]|[ ]?(?:mm|cm))"
)
_OCR_ISH = re.compile(
    r"[OIlZS](?:(?<=[0-9OIl].)[0-9OIlZS]?(?:年|[/.\-][0-9OIl])|(?<=/[OIl])|(?<=/[0-9][OIl])|[0-9]?/[0-9])"
)
_NO_DAY = re.compile(
    r"(?<![0-9A-Za-z.])(?:1[0-2]|0?[1-9])月(?:3[01]|[12]\d|0?[1-9])(?=[ ]?(?:[、。,)）\]|;<\"/]|に|の|より|から|付|撮|"
    r"施行|CT|MRI|$|\n|[ ]))"
)
_KANJI_DAY = re.compile(
    r"(?<![〇一二三四五六七八九十百第か数])(?:十[一二]?|[一二三四五六七八九])月(?:卅[一]?|廿[一二三四五六七八九]?|"
    r"三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九])日"
    r"|(?<![〇一二三四五六七八九十百千月第])(?:卅一?|廿[一二三四五六七八九]?)日(?=に|の|、|。|付|$|[ )])"
)
_KANJI_MONTH = re.compile(
    r"(?<![〇一二三四五六七八九十百第か数ヶケカヵ年同])(?:十[一二]?|[一二三四五六七八九])月(?=[。、)）]|まで|から|より|"
    r"(?<=[、。は ]..)の|(?<=[、。は ]...)の|"
    r"以降|予定|中に|[ ]|$)(?![ ]?(?:前|後|間))"
)

_NO_DAY_SHAPES = shapes("0月0")
_KANJI_WORDS = words("廿", "卅", *(f"{number}月" for number in "一二三四五六七八九十"))


def odd_dates(t: str) -> Iterator[Part]:
    """Dates of the shapes above in a folded text."""
    if (_ODD_WORDS(t) or _ODD_SHAPES(t)) and _ODD_ISH.search(t):
        for m in _ODD.finditer(t):
            yield _part(m, "odd")
    if "年" in t and _SPACED_ISH.search(t):
        for m in _SPACED.finditer(t):
            yield _part(m, "spaced")
    if _ERAS(t):
        for m in _ERA.finditer(t):
            yield _part(m, "era-year")
    if ("/" in t or "年" in t or "-" in t) and _OCR_ISH.search(t):
        for pattern in (_OCR_YEAR, _OCR_PAIR):
            for m in pattern.finditer(t):
                yield _part(m, "damaged")
    for look, pattern in ((_NO_DAY_SHAPES, _NO_DAY), (_KANJI_WORDS, _KANJI_DAY), (_KANJI_WORDS, _KANJI_MONTH)):
        for m in pattern.finditer(t) if look(t) else ():
            yield _part(m, "month-day")


def _part(m: re.Match[str], form: str) -> Part:
    return m.start(), m.end(), None, None, None, "none", form
