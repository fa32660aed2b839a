"""Names in Latin letters: after a label, as DICOM person names, and Japanese names in romaji without a cue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import book, romaji_key, stop_words
from jmid_nlp.deid.evidence import LISTED, SHAPED, Hit
from jmid_nlp.lexicon import read_table
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import shapes

_KANA_KANJI = r"ぁ-ゖァ-ヺー・々〆㐀-䶿一-鿿\U00020000-\U0003ffff"
_GROUP = rf"[A-Za-z{_KANA_KANJI}'’\-. ]{{1,40}}"
# DICOM PN: components by ^, groups (alphabetic = ideographic = phonetic) by =
_PN = lazy(
    rf"[A-Za-z{_KANA_KANJI}'’\-.]+(?: [A-Za-z'’\-.]+){{0,3}}(?:\^[A-Za-z{_KANA_KANJI}'’\-.]*(?: "
    rf"[A-Za-z'’\-.]+){{0,3}}){{1,8}}(?:=(?:{_GROUP})?(?:\^(?:{_GROUP})?){{0,4}}){{0,2}}"
)
_WORD = r"[A-Z][A-Za-z'’\-]*[A-Za-z]"
_ROLES = (
    r"(?!(?:MD|M\.D|PhD|MRI|CT|US|PET|RT|MT|ID|DOB|TEL|Tel|FAX|PHS|Age|AGE|Sex|SEX|Date|DATE|No|Male|Female|Prof|Dr)\b)"
)
_FULL = lazy(
    rf"{_ROLES}(?:{_WORD},[ \t]?{_ROLES}[A-Z][A-Za-z'’\-]*\.?(?: {_ROLES}[A-Z][A-Za-z'’\-]*\.?){{0,2}}"
    rf"|(?:[A-Z]\. ?){{1,3}}{_ROLES}{_WORD}(?: {_ROLES}{_WORD})?"
    rf"|{_WORD}(?: (?:de|da|van|von|der|den|bin|al|la|el|Al|dela)\b)?(?: {_ROLES}[A-Z][A-Za-z'’\-]*\.?){{0,4}})"
)
_INITIALS = re.compile(
    r"(?:[A-Z]\.[ \-]?){1,3}[A-Z]?(?![A-Za-z])\.?|[A-Z]{2,3}(?![A-Za-z0-9])|[A-Z](?=[\s、。,)」\]]|$)"
)
_LOGIN = re.compile(
    r"(?=[a-z0-9._\-]{3})[a-z][a-z0-9]{0,15}(?:[._\-][a-z0-9]{1,15}){0,3}(?![A-Za-z0-9])|[A-Za-z]{1,12}\d{2,8}(?![A-Za-z0-9])"
)
_TOKEN = re.compile(r"[A-Za-z][A-Za-z'’\-]*[A-Za-z]")
_STOP = stop_words("latin")
_PAIR = re.compile(
    r"([A-Z](?<![A-Za-z0-9_.@/\-].)(?:[a-z]{1,14}|[A-Z]{1,14}))(, ?| |_|  )([A-Z][a-z]{1,14}|[A-Z]{2,15})(?![A-Za-z0-9@])"
)
_INITIAL_PAIR = re.compile(
    r"(?<![A-Za-z0-9_.@/\-])(?:([A-Z])\. ?([A-Z][a-z]{2,14}|[A-Z]{3,15})|([A-Z][a-z]{2,14}|[A-Z]{3,15}),? "
    r"([A-Z])\.)(?![A-Za-z0-9@])"
)
_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2,15})([_\-.])([A-Za-z]{2,15})(?![A-Za-z0-9@])")


def is_surname(word: str) -> bool:
    """True for a Japanese surname in romaji, in any usual spelling."""
    return len(word) > 2 and romaji_key(word) in book().surname_romaji


def is_given(word: str) -> bool:
    """True for a Japanese given name in romaji."""
    return romaji_key(word) in book().given_romaji


@cache
def medical_words() -> frozenset[str]:
    """Latin words of radiology, in lower case, that are no surname in romaji."""
    forms = (row["form"] for row in read_table("phi/medical_runs.tsv", ("form",)))
    return frozenset(
        f for f in forms if f.isascii() and f not in book().latin_terms and romaji_key(f) not in book().surname_romaji
    )


def is_plain_latin(word: str) -> bool:
    """True for a Latin word of medicine or of forms, which is no name."""
    low = word.lower()
    return (
        low in medical_words()
        or low in book().latin_terms
        or low in stop_words("latin")
        or low in stop_words("romaji_like")
    )


def _field_end(t: str, start: int, end: int) -> int:
    """Where a DICOM name ends: what stands behind a wide gap is the next field."""
    gap = t.find("  ", start, end)
    return gap if gap > start else end


def latin_name(t: str, at: int, *, hard: bool) -> int:
    """End of the name in Latin letters that begins at `at`, or `at` if there is none.

    Args:
        t: Folded text.
        at: Where the value begins.
        hard: True after a label with a separator: initials, log-ins and unknown names are taken too.
    """
    m = _PN.match(t, at)
    if m and "^" in m[0]:
        return _field_end(t, at, m.end())
    m = _FULL.match(t, at)
    if m and m[0].lower().strip(".") not in _STOP:
        words = _TOKEN.findall(m[0])
        known = any(is_surname(w) or is_given(w) for w in words)
        if (hard and not _looks_medical(words)) or known:
            return _trim(t, m, known)
    if hard:
        for shape in (_INITIALS, _LOGIN):
            m = shape.match(t, at)
            if shape is _LOGIN and m and m[0].isalpha() and m[0].islower() and not (is_surname(m[0]) or is_given(m[0])):
                continue
            if m and m[0].lower().replace(".", "") not in _STOP:
                return m.end() - (m[0][-1] in " -")
    return at


def _looks_medical(words: list[str]) -> bool:
    return bool(words) and all(w.lower() in _STOP or w.lower() in medical_words() for w in words)


def _trim(t: str, m: re.Match[str], known: bool) -> int:
    """A name line such as `Tanaka CT` ends before the word that is no name."""
    end = m.end()
    while end > m.start() and t[end - 1] in " ,":
        end -= 1
    return end


_DOTTED = re.compile(
    r"(?<![A-Za-z0-9.])(?!M\.D)[A-Z]\.[ ]?[A-Z]\.?(?=[ ]?(?:[(（]?\d{2}[ ]?(?:歳|才|[MF男女])|さん|様|氏|先生|Dr|で。|より|$|\n))"
)
DOTTED_SHAPES, INITIAL_SHAPES = shapes("A.A", "A. A"), shapes("A.")  # two initials; one
_PAIR_SHAPES = shapes(
    *(f"{a}{b}{sep}{c}" for a in "Aa" for b in "Aa" for sep in (", ", ",  ", " ", "  ", "_", ".", "-") for c in "Aa"),
    *(f"A.{blank}A{c}" for blank in ("", " ") for c in "Aa"),
)


def find_latin(t: str) -> Iterator[Hit]:
    """DICOM person names anywhere, and romaji names whose surname and given name are both known."""
    if "^" in t:
        for m in _PN.finditer(t):
            start, end = m.span()
            end = _field_end(t, start, end)
            while end > start and t[end - 1] in " .=-":
                end -= 1
            if any(c.isalpha() for c in m[0].replace("^", "")) and not re.fullmatch(
                r"[A-Z]{2,4}\^[A-Z]\d{0,2}|[A-Za-z]?\^?\d*|(?:CT|MRI?|US|MG|CR|DX|XP|PT|NM|PET|RF|XA|DXA|BMD)\^.*", m[0]
            ):
                yield Hit(start, end, "PERSON", "dicom_pn", 0.97, "names.pn", SHAPED)
    if DOTTED_SHAPES(t):
        for m in _DOTTED.finditer(t):
            yield Hit(m.start(), m.end(), "PERSON", "initials", 0.7, "names.initials", LISTED)
    if not _PAIR_SHAPES(t):
        return
    for m in _PAIR.finditer(t):
        a, b = m[1], m[3]
        if {a.lower(), b.lower()} & (book().latin_terms | _STOP) and "," not in m[2]:
            continue
        if (is_surname(a) and is_given(b)) or (is_surname(b) and is_given(a)):
            yield Hit(m.start(), m.end(), "PERSON", "romaji", 0.8, "names.romaji", LISTED)
    for m in _INITIAL_PAIR.finditer(t) if INITIAL_SHAPES(t) else ():
        word = m[2] or m[3]
        if len(word) > 3 and is_surname(word) and word.lower() not in book().latin_terms:
            yield Hit(m.start(), m.end(), "PERSON", "romaji", 0.75, "names.romaji", LISTED)
    if "_" in t:
        for m in _UNDERSCORE.finditer(t):
            if (is_surname(m[1]) and is_given(m[3])) or (is_surname(m[3]) and is_given(m[1])):
                yield Hit(m.start(), m.end(), "PERSON", "romaji", 0.8, "names.romaji", LISTED)
