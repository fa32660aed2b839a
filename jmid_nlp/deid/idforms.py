"""Numbers that identify by the word directly before them, by their joints or by the cell they stand in.

Behind the words that announce documents and numbers (`id_heads.tsv`) any token with digits counts that is no measure, date or
count. Without such a word the joints must be those of a number of a register: three groups, digits set apart, a kanji that
names a book of entries (24-鑑-0415).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import stop_words
from jmid_nlp.deid.evidence import GRAMMAR, LISTED, Hit
from jmid_nlp.deid.latin import is_surname
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import RareForms, shapes

_UNIT = (
    r"(?![0-9A-Za-z]|\.\d|[ ]?(?:mm|cm|ms|HU|mg|mL|ml|Gy|%|kcal|cc|kg|件|例|名|人|回|個|枚|本|歳|才|年(?!度)|月|"
    r"日(?!付)|時|分|秒|円|度|"
    r"倍|点|か所|ヶ所|種|週|番目|行|列|頁|ページ))"
)
_JOINT = re.compile(
    r"(?:番号|[Nn]o\.?|NO\.?|ID|№|#|証|書|票|券|者|コード|控え?)*[ \t]{0,3}(?:[:=は]|[(])?[ \t]{0,3}(?:[Nn]o\.?|№|#|第)?[ ]?"
)
_TOKEN = lazy(
    r"(?:[ぁ-んァ-ヺ一-鿿]{1,4}[ ]?[\-‐−ー ][ ]?(?=\d))?"
    r"(?:[A-Za-z]{1,5}[\-]?)?\d[0-9A-Za-z]*(?:[\-‐−ー/_.][0-9A-Za-z]{1,10}|[\-‐−ー]"
    r"[ぁ-んァ-ヺ一-鿿]{1,2}(?=[\-‐−ー]\d)){0,5}" + _UNIT
)
_DATE = re.compile(r"(?:19|20)\d\d[\-/.年]\d|\d{1,2}/\d{1,2}(?![0-9/])|\d{1,2}:\d\d")
_TRIPLE = re.compile(r"(?<![0-9A-Za-z.\-])\d{1,5}-\d{1,5}-\d{1,8}(?![0-9A-Za-z\-/]|\.\d|[ ]?(?:mm|cm|ms|HU|%|Gy))")
_TECHNICAL = re.compile(
    r"(?:[Mm]atrix|MATRIX|マトリックス|マトリクス|TR/TE|型番|型式|モデル|[Mm]odel|リード|TR|TE|TI|b値|FOV|[Vv]er\.?|"
    r"version|ソフト|比|スライス|画像|シリーズ)[ :=]{0,2}\Z"
)
_SPACED = re.compile(
    r"(?<![0-9A-Za-z.,\-/])(?:\d[ ]){2,8}[\-‐−ー][ ](?:\d[ ]?){2,8}\d(?![0-9A-Za-z.])|"
    r"(?<![0-9A-Za-z.,\-/])0\d{2,4}-\d{1,2} \d{3,5}(?![0-9A-Za-z.\-])"
)
_BOOK = lazy(
    r"(?<![0-9A-Za-z])(?:[RHSrhs]?\d{1,4}[\-‐−ー]?|"
    r"[RHS]\d{1,2})(?P<k>[一-鿿ァ-ヺぁ-ん]{1,2})[\-‐−ー]\d{2,7}(?:[\-‐−ー]\d{1,4})?(?![0-9A-Za-z])"
)
_BOOK_ISH = lazy(r"[\-‐−ー](?<=[一-鿿ァ-ヺぁ-ん].)\d\d")
_TRIPLE_SHAPES = shapes(*(f"0-{'0' * size}-0" for size in range(1, 6)))
_SPACED_SHAPES = shapes("0 0 ", "000-0 000", "000-00 000")
_NO_BOOK = re.compile("[年月日時分秒番丁目回歳才個枚倍点代度本]")
_CELL = re.compile(r"[\"'](?P<v>[A-Z]{1,4}-?\d{3,12}|\d{1,5}(?:-\d{1,6}){1,3}|[A-Z]{1,4}-\d{2,6}(?:-\d{1,6})?)[\"']")
_ROW = re.compile(r"(?:^|(?<=\n)|(?<=[|│ ]))[Nn][Oo]\.?[ ]?(?P<v>\d{1,6})(?=[ ]?[|│]|[ ]*\n|$)")
_DOTTED = re.compile(r"(?i:study|series|uid|acc|exam|id|no)[ :=]{1,3}(?P<v>\d{1,6}(?:\.\d{1,8}){2,8})(?![0-9.])")
_LEADING = re.compile(r"(?<![A-Za-z0-9.\-_/])[A-Z]0\d{3,6}(?![0-9A-Za-z.\-])")
_LEADING_SHAPE = shapes("A0000")
_PATH = re.compile(
    r"(?<=[A-Za-z_:.])[/\\](?P<v>(?!(?:IMG|IM|SE|SER|SCOUT|I|S|T|DICOM|CT|MR|US)[\-_]?\d{1,6}(?:[._/\\]|"
    r"$))[A-Z]{0,6}[\-_]?\d{3,12}(?:[\-]\d{1,6}){0,3})(?=[_/\\.]|\s|$)"
)
_LOT = re.compile(
    r"(?:[Ll]ot|LOT|ロット)[ .:#]{0,2}(?:[Nn]o\.?[ :]?|"
    r"番号[ :は]?)?(?P<v>(?=[0-9A-Z\-]*\d)[0-9A-Z][0-9A-Z\-]{2,14})(?![0-9A-Za-z])"
)


@cache
def _heads() -> Automaton:
    return RareForms(fold(f).text for r in read_table("phi/id_heads.tsv", ("form",)) for f in split_forms(r["form"]))


def find_id_forms(t: str) -> Iterator[Hit]:
    """Numbers of the shapes above in a folded text that holds digits."""
    for start, end, _ in _heads().find(t):
        yield from _announced(t, start, end)
    if "-" in t or "ー" in t or "−" in t:
        yield from _jointed(t)
    if '"' in t or "'" in t:
        for m in _CELL.finditer(t):
            if sum(c.isdigit() for c in m["v"]) > 3:
                yield Hit(m.start("v"), m.end("v"), "ID", "number", 0.75, "ids.quoted", LISTED)
    for pattern, word in (
        *((_ROW, word) for word in ("No", "NO", "no", "nO")),
        (_LOT, "ot"),
        (_LOT, "OT"),
        (_LOT, "ロット"),
        (_PATH, "/"),
        (_PATH, "\\"),
    ):
        if word in t:
            for m in pattern.finditer(t):
                if sum(c.isdigit() for c in m["v"]) + (pattern is not _PATH) > 2 or pattern is _ROW:
                    yield Hit(m.start("v"), m.end("v"), "ID", "number", 0.75, "ids.form", LISTED)
    if "." in t and _DOTTED_ISH.search(t):
        for m in _DOTTED.finditer(t):
            yield Hit(m.start("v"), m.end("v"), "ID", "number", 0.75, "ids.form", GRAMMAR)
    for m in _LEADING.finditer(t) if _LEADING_SHAPE(t) else ():
        yield Hit(m.start(), m.end(), "ID", "number", 0.65, "ids.form", LISTED)


_DOTTED_ISH = re.compile(r"\d\.\d+\.\d")


def _announced(t: str, start: int, end: int) -> Iterator[Hit]:
    if t[end - 1].isascii() and t[end - 1].isalpha() and t[end : end + 1].isascii() and t[end : end + 1].isalpha():
        return
    if t[start].isascii() and t[start].isalpha() and start and t[start - 1].isascii() and t[start - 1].isalnum():
        return
    joint = _JOINT.match(t, end)
    at = joint.end() if joint else end
    m = _TOKEN.match(t, at)
    if m is None or _DATE.match(m[0]) or not _is_number(m[0], announced=at - end):
        return
    value = m[0].rstrip("-‐−ー/_.")
    yield Hit(at, at + len(value), "ID", "number", 0.85, "ids.head", GRAMMAR)


_DOSE = re.compile(r"\d(?:c?Gy|Fr|MeV|MV|kV|mA|mm|cm|mg|mL|T)(?![a-z])")
_LEVEL = re.compile(r"(?:Th|T|L|C|S|Co|Se|Im|Ser)\d{1,2}(?:[/\-~](?:Th|T|L|C|S|Co|Im)?\d{1,3})?\Z")


def _is_number(value: str, *, announced: int) -> bool:
    digits = sum(c.isdigit() for c in value)
    if _LEVEL.match(value) or _DOSE.search(value):
        return False
    if re.search(r"[\-‐−ー_]", value):
        return digits > 1 or announced > 0 or value[0].isalpha()
    if "/" in value:
        return digits > 3
    if any(c.isalpha() for c in value):
        return digits > 2
    return digits > 3 or (digits > 1 and announced > 1)


def _jointed(t: str) -> Iterator[Hit]:
    for m in _TRIPLE.finditer(t) if _TRIPLE_SHAPES(t) else ():
        digits = sum(c.isdigit() for c in m[0])
        sizes = {len(g) for g in m[0].split("-")}
        if (
            digits > 5
            and not _TECHNICAL.search(t, max(0, m.start() - 8), m.start())
            and ((digits > 6 and not sizes <= {3, 4}) or m[0][0] == "0")
        ):
            yield Hit(m.start(), m.end(), "ID", "number", 0.65, "ids.triple", LISTED)
    for m in _SPACED.finditer(t) if _SPACED_SHAPES(t) else ():
        if sum(c.isdigit() for c in m[0]) > 5:
            yield Hit(m.start(), m.end(), "ID", "number", 0.65, "ids.spaced", LISTED)
    for m in _BOOK.finditer(t) if _BOOK_ISH.search(t) else ():
        if not _NO_BOOK.search(m["k"]):
            yield Hit(m.start(), m.end(), "ID", "case", 0.75, "ids.book", GRAMMAR)


_PART = r"[A-Za-z][A-Za-z0-9]{0,15}"
_ROLE_LOGIN = re.compile(
    r"(?:読影[A-C一二12]?|[Tt]ech|TECH|[Rr]eader|技師|入力者?|担当者?|記載者?|確認者?|[Oo]perator|[Uu]ser(?:name|ID|"
    r"_id)?|ユーザー?(?:名|ID)?|"
    r"ログイン(?:ID|名)?|[Ll]ogin|アカウント|[Oo]wner|作業者|承認者?|実施者?|"
    r"ID)[ ]?[:=は]?[ ]{0,3}(?P<v>[a-z]{1,15}\d{0,4}(?:[._\-][a-z0-9]{1,15}){0,2}\d{0,4})"
    r"(?![A-Za-z0-9@._\-])"
)
_KEY_RIGHT = re.compile(r"[\"']?[ ]?[:=]")
_SYLLABLES = re.compile(
    r"(?:(?:[kgsztdnhbpmyrwfj]|ky|gy|sh|ch|ts|ny|hy|by|py|my|ry|jy|zy)?[aiueo]|n(?![aiueo])|(?:kk|ss|tt|pp|tch)[aiueo])+\d{0,3}"
)
_UNDER = re.compile(
    r"(?<![A-Za-z0-9._@/\\\-])(?P<a>[A-Za-z]{1,12}\d{0,4})[_.](?P<b>[A-Za-z]{2,14}\d{0,3}|[A-Z])(?![A-Za-z0-9_\-]|"
    r"\.[A-Za-z]|@[A-Za-z0-9.\-]{1,30}\.[a-z]{2})"
)
_LINE_LOGIN = re.compile(
    rf"(?:^|(?<=\n))[ \t]*(?:\[?\d{{1,2}}:\d\d(?::\d\d)?\]?[ ]*)?(?P<v>{_PART}(?:[._\-]{_PART}){{0,2}})(?=[ ]?[>])"
)


def find_logins(t: str) -> Iterator[Hit]:
    """Log-in names behind a role or a word for users, with a sign inside, and at the head of a line of talk."""
    for m in _ROLE_LOGIN.finditer(t):
        word = m["v"]
        if word in stop_words("login") or word in stop_words("romaji_like") or len(word) < 4:
            continue
        parts = [p.rstrip("0123456789") for p in re.split(r"[._\-]", word)]
        sure = any(is_surname(p) for p in parts if len(p) > 2) or (
            len(parts) > 1 and any(_SYLLABLES.fullmatch(p) for p in parts if len(p) > 3)
        )
        if sure or (len(word) > 4 and _SYLLABLES.fullmatch(word)):
            yield Hit(m.start("v"), m.end("v"), "ID", "login", 0.8, "ids.login", GRAMMAR)
    if "_" in t or "." in t:
        for m in _UNDER.finditer(t):
            a, b = m["a"].rstrip("0123456789").lower(), m["b"].rstrip("0123456789").lower()
            if _KEY_RIGHT.match(t, m.end()) or {a, b} & stop_words("login_part"):
                continue
            if (is_surname(b) and len(b) > 3) or (is_surname(a) and len(a) > 3):
                yield Hit(m.start(), m.end(), "ID", "login", 0.75, "ids.login", LISTED)
    if ">" in t:
        for m in _LINE_LOGIN.finditer(t):
            if m["v"].lower() not in stop_words("login"):
                yield Hit(m.start("v"), m.end("v"), "ID", "login", 0.75, "ids.login", LISTED)
