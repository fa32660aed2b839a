"""Ages of ninety and over, in digits and kanji numerals: number and unit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.deid.evidence import SHAPED, Hit
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import shapes, words

_DIGITS = lazy(
    r"(?<![0-9.\-/〜~])(?:(?:満|数え)?0?(?:9\d|1[0-2]\d)\s?(?:歳(?:代|\d{1,2}(?:か|ヶ|カ|ケ)月)?|才代?|さい|代|"
    r"(?i:yo(?![a-z])|y\.?/?o\.?|y(?:ea)?rs?(?:[ "
    r"\-]old)?|[- ]year[- ]old)|Y(?![A-Za-z])|[MFmf](?![A-Za-z0-9])(?=[ ,、)/\n]|$)|y(?![A-Za-z0-9])(?=[ ,、)/\n]|$))|"
    r"(?:9\d|1[0-2]\d)(?=[ "
    r"]?[男女](?:性|$|[、。 )]))|(?:年齢|(?<![A-Za-z])(?:Age|AGE|age))[ ]?[:=]?[ ]?(?P<n>9\d|1[0-2]\d)(?![0-9.]))"
)
_KANJI = lazy(
    r"(?:満|数え(?:年)?)?(?:九十[一二三四五六七八九]?|九[〇一二三四五六七八九]|百二?十?[一二三四五六七八九]?|"
    r"百[〇零]?[一二三四五六七八九]?|一[〇一二][〇一二三四五六七八九])(?:歳代?|才代?|代(?!謝))"
)
# without a unit: 94の男性, 岸野さん、98。 満93, 93♀, マン93サイ, 9O歳, 9 3歳, 91。 as a sentence of its own
_BARE = lazy(
    r"(?:満|数え(?:年)?(?:で)?|享年|行年|(?<![ァ-ヺ])マン|カゾエ)[ ]?(?P<a>9\d|1[01]\d)(?:[ ]?(?:歳|才|サイ|"
    r"さい))?(?![0-9.%]|[ ]?(?:mm|cm|回))|"
    r"(?<![0-9.\-/~A-Za-z])(?P<b>9\d|1[01]\d)(?=の(?:男性|女性|男|女|方|患者|おばあ|おじい|母|父|祖母|祖父|高齢)|[ ]?[♀♂])|"
    r"(?:さん|様|氏|殿|ちゃん|男性|女性|祖母|祖父|[\s(、][男女])[、,(（ ]{1,2}(?P<c>9\d|10\d)(?=[。、)）]|[ ]?$|\n)|"
    r"(?<=。)(?P<d>9\d|10\d)(?=。)|(?<![0-9A-Za-z.])(?P<e>9\d|1[01]\d)[ ]?(?:サイ|ｻｲ)(?![ァ-カキ-シス-ダチ-ヺ])|"
    r"(?<![0-9A-Za-z.])(?P<f>9[OoIl][ ]?[歳才]|9 ?\d[ \n]{0,2}歳|9\d\n歳)|(?<![0-9A-Za-z./])(?P<g>9\d|"
    r"10\d)[ ]?/[ ]?[FM](?![A-Za-z0-9])|"
    r"(?<![0-9A-Za-z./])(?P<h>9\d|10\d) [FM](?=[ ,、)/\n]|$)|<age>[ ]?(?P<i>9\d|10\d)(?=[ ]?<)"
)
_BARE_SHAPES = shapes(
    *(
        "満0",
        "満 0",
        "え0",
        "えで0",
        "年0",
        "年 0",
        "マン0",
        "マン 0",
        "エ0",
        "00の",
        "00。",
        "00♀",
        "00♂",
        "00 ♀",
        "00 ♂",
        "00)",
        "00、",
    ),
    *("0サイ", "0 サイ", "0ｻｲ", "0A歳", "0a歳", "0 0歳", "00/A", "00 /A", "00/ A", "00 A", "<a", "0\n歳", "00\n"),
)
_BARE_ISH = re.compile(
    r"満[ ]?[19]|数え|享年|行年|マン[ ]?[19]|[9][0-9][の。♀♂)、]|1[01]\d[の。♀♂)、]|[0-9][ ]?サイ|9[OoIl ]|9\d[ ]?/|"
    r"9\d [FM]|<age|9\d$|\d\n歳"
)
_SEX_FIRST = re.compile(r"(?<![A-Za-z0-9])[FMfm][ ]?/?[ ]?(?:9\d|1[01]\d)(?![0-9A-Za-z.%\-]|[ ]?(?:mm|cm|HU|mg))")
_SEX_FIRST_ISH = re.compile(r"[FMfm][ ]?/?[ ]?(?:9|1[01])\d")
_BIRTHDAY = re.compile(r"(?:卒寿|白寿|百寿|茶寿|皇寿|満百歳)")


_AGE_WORDS = words("年齢", "さい", "age", "AGE", "Age", "AgE", "AGe")
_AGE_SHAPES = shapes(
    *(f"00{s}" for s in ("歳", "才", "代", " 歳", " 才", " 代", "男", "女", " 男", " 女", "a", "A", " a", " A", "-a")),
    *("A00", "A 00", "A/00", "A /00"),
)
_AGED = re.compile(r"[19](?:(?<=9)\d|(?<=1)[0-2]\d)[ ]?(?:[歳才代yY男女MF]|-y)")
_SEX_AGED = re.compile(r"[FM](?<![A-Za-z].)[ ]?[/]?(?:9\d|1[01]\d)")


def _ageish(t: str) -> bool:
    """Whether an age could stand in a text: the patterns are far slower than these looks."""
    if _AGE_WORDS(t):
        return True
    return _AGE_SHAPES(t) and (_AGED.search(t) is not None or _SEX_AGED.search(t) is not None)


def find_ages(t: str) -> Iterator[Hit]:
    """Ages from 90 up; the unit belongs to the span."""
    for m in _DIGITS.finditer(t) if _ageish(t) else ():
        if (
            m[0].endswith("代")
            and not m[0].endswith(("歳代", "才代"))
            and m[0][:2] != "90"
            and not m[0].startswith("10")
        ):
            continue
        start = m.start("n") if m["n"] else m.start()
        yield Hit(start, m.end(), "AGE", "age90", 0.95, "ages", SHAPED)
    if _SEX_FIRST_ISH.search(t):
        for m in _SEX_FIRST.finditer(t):
            yield Hit(m.start(), m.end(), "AGE", "age90", 0.8, "ages", SHAPED)
    if _BARE_SHAPES(t) and _BARE_ISH.search(t):
        for m in _BARE.finditer(t):
            start = m.start(m.lastgroup or 0)
            yield Hit(start, m.end(), "AGE", "age90", 0.85, "ages", SHAPED)
    if "歳" in t or "才" in t or "代" in t:
        for m in _KANJI.finditer(t):
            if t[m.start() - 1 : m.start()] not in tuple("〇一二三四五六七八九十"):
                yield Hit(m.start(), m.end(), "AGE", "age90", 0.95, "ages", SHAPED)
    if "寿" in t or "満百" in t:
        for m in _BIRTHDAY.finditer(t):
            yield Hit(m.start(), m.end(), "AGE", "age90", 0.8, "ages", SHAPED)
