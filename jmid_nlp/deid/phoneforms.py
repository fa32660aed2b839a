"""Telephone numbers in broken or spoken writing, and numbers of an exchange behind the desk they ring at.

A number of ten or eleven digits that begins with 0 (or with +81) counts whatever stands between its groups; digits that
optical reading turned into letters count as digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.deid.evidence import GRAMMAR, LISTED, SHAPED, Hit
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import shapes, words

_C = r"[0-9OIlBSZ|〇]"
_SEP = r"(?:[ ]{0,2}[\-‐‑–—−ー―・.のノ~][ ]{0,2}|[ ]{1,2}|[ ]?[()][ ]?|/)"
_GROUPS = lazy(
    rf"(?<![0-9A-Za-z.\-/])(?:\+[ ]?81|[(]?[0O〇])(?:{_C}{{0,4}})(?:{_SEP}{_C}{{1,5}}){{1,4}}(?![0-9A-Za-z]|\.\d|"
    rf"[ ]?(?:mm|cm|mL|ml|mg|HU|Gy|%))"
)
_ZERO = re.compile(r"0(?<![0-9A-Za-z.\-/]0)[0-9OIlBSZ|〇 \-‐−ー.のノ(/]")
_OTHER_ZERO = re.compile(r"(?<![0-9A-Za-z.\-/])[(]?[O〇][0-9OIlBSZ|〇]|\+[ ]?8")
_ODD_ZERO = words("O", "〇", "+")
_DESKS = words(
    *[
        "受付",
        "外来",
        "救急",
        "センター",
        "当直",
        "日直",
        "医局",
        "病棟",
        "事務",
        "相談室",
        "連携室",
        "薬剤部",
        "検査部",
        "検査室",
        "撮影室",
        "操作室",
        "読影室",
        "透視室",
        "窓口",
        "守衛",
        "警備",
        "ER",
        "ICU",
        "NICU",
        "HCU",
        "OPE室",
        "クラーク",
        "係",
        "課",
        "CT室",
        "MRI室",
        "MR室",
        "RI室",
        "放射線科",
        "放射線部",
        "控室",
        "詰所",
        "ステーション",
        "技師室",
        "TV室",
    ]
)
_APART = re.compile(r"0(?<![0-9A-Za-z.].)(?:[ ]\d|[ ]?[\-‐−ー()][ ]?\d|\d){8,10}(?![0-9A-Za-z])")
_CUT = re.compile(
    r"0(?<![0-9A-Za-z.\-/].)\d{1,3}(?:-\d{2,4}-|の[0-9OIl]{1,4}の|・[0-9OIl]{1,4}・)[0-9OIl]{1,4}(?![0-9A-Za-z\-/])"
)
_SATELLITE = re.compile(
    r"(?:衛星(?:電話)?|イリジウム|インマルサット|ワイドスター)[ :は]{0,2}(?P<v>\+?\d{2,4}(?:-\d{2,5}){2,4})(?![0-9\-])"
)
_DESK = lazy(
    r"(?:受付|外来|救急|センター|当直医?|日直|医局|病棟|事務|相談室|連携室|薬剤部|検査部|検査室|撮影室|操作室|読影室|"
    r"透視室|窓口|守衛|警備|警備室|ER|ICU|NICU|HCU|OPE室|"
    r"クラーク|係|課|CT室|MRI室|MR室|RI室|放射線科|放射線部|当直室|控室|詰所|ステーション|技師室|TV室)[ ]?(?:は|:|が|"
    r"の)?[ ]?(?P<v>\d{4}|\d{2,3})"
    r"(?=[、。/)|\n]|[ ](?=[^0-9.])|に(?:連絡|電話|TEL|折|お?かけ)|へ(?:連絡|電話|TEL|折|お?かけ)|まで|です|\Z)(?!、\d)"
)
_CALLED = re.compile(
    r"(?<![0-9A-Za-z.\-/])(?P<v>[2-9]\d{3})(?=まで(?:電話|連絡|TEL|折|お|ご)|に(?:電話|TEL|架電|コール|折り返)|"
    r"へ(?:電話|TEL|架電|コール|折り返)|\(PHS\)|\(内線\)|\(院内PHS\))"
)
_INNER = re.compile(
    r"(?:内線|内|PHS|ピッチ)[ ]?[:は]?[ ]?(?P<v>\d{2}[ ]\d{2})(?![0-9])|(?<=\d)[ ]?(?:内線|内|"
    r"PHS)[ ]?(?P<w>\d{3,5})(?![0-9])|#(?P<x>[2-9]\d{3})(?=[へにまで、。)]|$)"
)
_SAME = re.compile(r"(?:FAX|Fax|fax|ファックス)[ ]?(?:は)?同[ ]?(?P<v>-?\d{3,4})(?![0-9])")


_FOUR_DIGITS = shapes("0000")
_INNER_SHAPES = shapes("00 00", "#0000", *(f"{word}{blank}000" for word in ("内", "線", "AAA") for blank in ("", " ")))


def find_phone_forms(t: str) -> Iterator[Hit]:
    """Numbers of the shapes above in a folded text that holds digits."""
    if _ZERO.search(t) or (_ODD_ZERO(t) and _OTHER_ZERO.search(t)):
        for m in _GROUPS.finditer(t):
            if _is_phone(m[0]):
                yield Hit(
                    m.start() + (m[0][0] == "(" and ")" not in m[0]),
                    m.end(),
                    "PHONE",
                    "phone",
                    0.88,
                    "contact.groups",
                    SHAPED,
                )
        for pattern in (_APART, _CUT):
            for m in pattern.finditer(t):
                if pattern is _CUT or " " in m[0]:
                    yield Hit(m.start(), m.end(), "PHONE", "phone", 0.75, "contact.groups", LISTED)
    for pattern, word in (
        (_SATELLITE, "衛星"),
        (_SATELLITE, "イリジ"),
        (_SAME, "同"),
        *(((_CALLED, "ま"), (_CALLED, "電話"), (_CALLED, "PHS"), (_CALLED, "TEL")) if _FOUR_DIGITS(t) else ()),
    ):
        if word in t:
            for m in pattern.finditer(t):
                yield Hit(m.start("v"), m.end("v"), "PHONE", "phone", 0.75, "contact.desk", GRAMMAR)
    if _INNER_SHAPES(t):
        for m in _INNER.finditer(t):
            yield Hit(*m.span(m.lastgroup or 0), "PHONE", "extension", 0.75, "contact.desk", GRAMMAR)
    desks = list(_DESK.finditer(t)) if _DESKS(t) else []
    for m in desks:
        if _is_extension(m["v"], len(desks)):
            yield Hit(m.start("v"), m.end("v"), "PHONE", "extension", 0.7, "contact.desk", LISTED)


def _is_phone(written: str) -> bool:
    digits = sum(c.isdigit() or c == "〇" for c in written)
    signs = digits + sum(c in "OIlBSZ|" for c in written)
    if written.lstrip("(").startswith("+"):
        return 11 <= signs <= 13
    if signs not in (10, 11) or digits < 6:
        return False
    groups = [g for g in re.split(r"[^0-9OIlBSZ|〇]+", written) if g]
    if "." in written or "/" in written:
        return len(groups) == 3 and min(map(len, groups)) > 1 and len(groups[-1]) > 2
    return len(groups) > 1 and (signs == 10 or written[:1] in tuple("0O〇("))


def _is_extension(number: str, desks: int) -> bool:
    if len(number) == 4:
        return not number.startswith(("19", "20", "0"))
    return desks > 1
