"""Ages of ninety and over, in digits and kanji numerals: number and unit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.deid.evidence import SHAPED, Hit

_DIGITS = re.compile(
    r"(?<![0-9.\-/〜~])(?:(?:満|数え)?0?(?:9\d|1[0-2]\d)\s?(?:歳(?:代|\d{1,2}(?:か|ヶ|カ|ケ)月)?|才代?|さい|代|"
    r"(?i:yo(?![a-z])|y\.?/?o\.?|y(?:ea)?rs?(?:[ "
    r"\-]old)?|[- ]year[- ]old)|Y(?![A-Za-z])|[MFmf](?![A-Za-z0-9])(?=[ ,、)/\n]|$)|y(?![A-Za-z0-9])(?=[ ,、)/\n]|$))|"
    r"(?:9\d|1[0-2]\d)(?=[ "
    r"]?[男女](?:性|$|[、。 )]))|(?:年齢|(?<![A-Za-z])(?:Age|AGE|age))[ ]?[:=]?[ ]?(?P<n>9\d|1[0-2]\d)(?![0-9.]))"
)
_KANJI = re.compile(
    r"(?:満|数え(?:年)?)?(?:九十[一二三四五六七八九]?|九[〇一二三四五六七八九]|百二?十?[一二三四五六七八九]?|"
    r"百[〇零]?[一二三四五六七八九]?|一[〇一二][〇一二三四五六七八九])(?:歳代?|才代?|代(?!謝))"
)
_SEX_FIRST = re.compile(r"(?<![A-Za-z0-9])[FMfm][ ]?/?[ ]?(?:9\d|1[01]\d)(?![0-9A-Za-z.%\-]|[ ]?(?:mm|cm|HU|mg))")
_SEX_FIRST_ISH = re.compile(r"[FMfm][ ]?/?[ ]?(?:9|1[01])\d")
_BIRTHDAY = re.compile(r"(?:卒寿|白寿|百寿|茶寿|皇寿|満百歳)")


_AGEISH = re.compile(
    r"(?:9\d|1[0-2]\d)[ ]?(?:[歳才代yY男女MF]|-y)|年齢|A[gG][eE]|age|さい|(?<![A-Za-z])[FM][ ]?[/]?(?:9\d|1[01]\d)"
)


def find_ages(t: str) -> Iterator[Hit]:
    """Ages from 90 up; the unit belongs to the span."""
    for m in _DIGITS.finditer(t) if _AGEISH.search(t) else ():
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
    if "歳" in t or "才" in t or "代" in t:
        for m in _KANJI.finditer(t):
            if t[m.start() - 1 : m.start()] not in tuple("〇一二三四五六七八九十"):
                yield Hit(m.start(), m.end(), "AGE", "age90", 0.95, "ages", SHAPED)
    if "寿" in t or "満百" in t:
        for m in _BIRTHDAY.finditer(t):
            yield Hit(m.start(), m.end(), "AGE", "age90", 0.8, "ages", SHAPED)
