"""Identifying fields of HL7 v2 segments, and log-in names: in chat lines, behind `by`, in the tag of a user."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.deid.book import stop_words
from jmid_nlp.deid.evidence import GRAMMAR, LABELLED, LISTED, Hit
from jmid_nlp.deid.idforms import find_logins
from jmid_nlp.deid.latin import is_surname
from jmid_nlp.schema import Category
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import shapes, words

_SEGMENT = re.compile(r"^[ \t]*(PID|PV1|NK1|OBR|ORC|IN1|MSH|ZDR|ZPR|SPM|TXA|SCH)\|([^\n]*)", re.MULTILINE)
_SEGMENT_ISH = re.compile(r"(?:PID|PV1|NK1|OBR|ORC|IN1|MSH|SPM|TXA|SCH)\|")
# HL7 v2.5, chapters 3, 4 and 6: fields by their number; of a field with components the identifying one is the first, but a
# location is taken whole.
_FIELDS: dict[str, dict[int, tuple[Category, str]]] = {
    "PID": {2: ("ID", "patient"), 3: ("ID", "patient"), 4: ("ID", "patient"), 18: ("ID", "patient"),
            19: ("ID", "mynumber"), 20: ("ID", "license")},
    "PV1": {3: ("ID", "room"), 6: ("ID", "room"),
            7: ("ID", "staff"), 8: ("ID", "staff"), 9: ("ID", "staff"), 17: ("ID", "staff"), 19: ("ID", "case")},
    "MSH": {3: ("FACILITY", "hospital")},
    "OBR": {2: ("ID", "order"), 3: ("ID", "order")},
    "ORC": {2: ("ID", "order"), 3: ("ID", "order"), 4: ("ID", "order")},
    "IN1": {2: ("ID", "insurance"), 3: ("ID", "insurance"), 36: ("ID", "insurance")},
    "SPM": {2: ("ID", "specimen")},
    "TXA": {12: ("ID", "examination")},
    "SCH": {1: ("ID", "order"), 2: ("ID", "order")},
}  # fmt: skip
_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9\-./_]{0,30}[A-Za-z0-9])?")
_PLACE = re.compile(r"[A-Za-z0-9\-^./]{1,40}")


def find_fields(t: str) -> Iterator[Hit]:
    """HL7 fields and log-in names of a folded text."""
    if "|" in t and _SEGMENT_ISH.search(t):
        for m in _SEGMENT.finditer(t):
            yield from _segment(m)
    if _LOGIN_WORDS(t) or _LOGIN_SHAPES(t):
        yield from _logins(t)
        yield from find_logins(t)


def _segment(m: re.Match[str]) -> Iterator[Hit]:
    kinds = _FIELDS.get(m[1])
    if not kinds:
        return
    at = m.start(2)
    for number, value in enumerate(m[2].split("|"), 1):
        kind = kinds.get(number)
        if kind and value:
            part = at
            for repeat in value.split("~"):
                found = (_PLACE if kind[1] == "room" else _VALUE).match(repeat)
                if found and (kind[0] == "FACILITY" or any(c.isdigit() for c in found[0])):
                    end = part + len(found[0].rstrip("^"))
                    yield Hit(part, end, kind[0], kind[1], 0.97, "ids.hl7", LABELLED + 12)
                part += len(repeat) + 1
        at += len(value) + 1


_LOGIN = r"[a-z][a-z0-9]{0,15}(?:[._\-][a-z0-9]{1,15}){0,2}"
_LOGIN_WORDS = words(
    *(
        "By ",
        "By:",
        "By=",
        "by ",
        "by:",
        "by=",
        "ser",
        "ogin",
        "ogon",
        "/>",
        "<i>",
        "端末",
        "入力",
        "担当",
        "読影",
        "技師",
        "ユーザ",
        "ログイン",
    ),
    *(
        "Tech",
        "tech",
        "TECH",
        "eader",
        "host",
        "HOST",
        "Host",
        "ccount",
        "アカウント",
        "wner",
        "perator",
        "作業者",
        "承認者",
        "実施者",
        "uid",
        "opr",
    ),
)
_LOGIN_SHAPES = shapes("a.a", "a_a", "a-a", "0.a", "0_a", "0-a", "a_A", "A_a", "a>", "A>", "0>")
_CHAT = lazy(rf"^[ \t]*(?:\[[^\]\n]{{1,20}}\] ?)?({_LOGIN})(?=> ?|: ?[ぁ-んァ-ン一-鿿])", re.MULTILINE)
_BEHIND = lazy(
    r"(?<![A-Za-z])(?:printed|verified|reported|report|signed|entered|approved|exported|created|modified|updated|"
    r"uploaded|edited|read|sent|checked|scanned|opened|viewed|logged in|login|log-in|logon|user|username|userid|"
    r"user_id|"
    rf"operator|account|uid|opr)(?: ?(?:by|as|id|name))?[ ]?[:=>\"' ]{{1,3}}({_LOGIN})(?![A-Za-z0-9@.])",
    re.IGNORECASE,
)
_HOST = re.compile(
    r"(?:端末(?:名|ID|番号)?|ホスト名?|ワークステーション|[Hh]ost(?:name)?|HOST|[Tt]erminal|[Ww]orkstation|"
    r"(?<![A-Z])WS)"
    r"[ :=は]{0,3}([A-Za-z][A-Za-z0-9]{0,14}(?:[\-_][A-Za-z0-9]{1,14}){1,3}|[A-Za-z]{2,10}\d{2,5})(?![A-Za-z0-9])"
)
_BARE = re.compile(
    r"(?<![A-Za-z0-9._@/\\\-=?&#^])(?:([a-z]{1,2})[._\-]([a-z]{4,12})|"
    r"([a-z]{4,12})[._\-]([a-z]{1,2}))(\d{0,3})(?![A-Za-z0-9@._\-/\\])"
)
_TITLE_DOT = re.compile(
    r"(?<![A-Za-z0-9._@/\-])(?:dr|ns|rt|md|staff|user|admin)[._\-]([a-z]{3,14})(?:[._]?[a-z0-9]{1,3})?(?![A-Za-z0-9@])"
)
_NO_LOGIN = stop_words("login")


_WHO = words(
    "by",
    "BY",
    "By",
    "user",
    "User",
    "USER",
    "ogin",
    "ogon",
    "account",
    "uid",
    "perator",
    "opr",
    "verified",
    "name",
    "printed",
)
_WHERE = words("端末", "ホスト", "ost", "HOST", "erminal", "orkstation", "WS", "ワークス")


def _logins(t: str) -> Iterator[Hit]:
    for m in _CHAT.finditer(t):
        if re.search(r"[._\-0-9]", m[1]) or is_surname(m[1]):
            yield Hit(m.start(1), m.end(1), "ID", "login", 0.85, "ids.login", GRAMMAR)
    for m in _BEHIND.finditer(t) if _WHO(t) else ():
        word = m[1]
        if word not in _NO_LOGIN and len(word) > 2 and (re.search(r"[._\-0-9]", word) or is_surname(word)):
            yield Hit(m.start(1), m.end(1), "ID", "login", 0.85, "ids.login", LABELLED)
    for m in _HOST.finditer(t) if _WHERE(t) else ():
        if any(c.isdigit() for c in m[1]) or "-" in m[1] or "_" in m[1]:
            yield Hit(m.start(1), m.end(1), "ID", "host", 0.8, "ids.host", GRAMMAR)
    for m in _BARE.finditer(t):
        if is_surname(m[2] or m[3]):
            yield Hit(m.start(), m.end(), "ID", "login", 0.75, "ids.login", LISTED)
    for m in _TITLE_DOT.finditer(t):
        if is_surname(m[1]) or "_" in m[0]:
            yield Hit(m.start(), m.end(), "ID", "login", 0.8, "ids.login", GRAMMAR)
