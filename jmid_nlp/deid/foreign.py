"""Names in other scripts and in Latin letters by their place: Cyrillic, Hangul, initials with an age, signatures, cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from jmid_nlp.deid.book import book, stop_words
from jmid_nlp.deid.evidence import LISTED, Hit
from jmid_nlp.deid.latin import DOTTED_SHAPES, INITIAL_SHAPES, is_given, is_surname
from jmid_nlp.deid.namescan import kana_known
from jmid_nlp.deid.worth import medical_runs
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import shapes, words

# Greek is left out: it names series and genes
_SCRIPT = lazy(
    r"[Ѐ-ӿ]{2,}(?:[ \-][Ѐ-ӿ]{1,}\.?){0,3}|[가-힣]{2,4}(?:[ ·][가-힣]{1,4}){0,2}|[؀-ۿ]{2,}(?: [؀-ۿ]{2,}){0,3}"
    r"|[ऀ-ॿ]{2,}(?: [ऀ-ॿ]{2,}){0,3}|[฀-๿]{3,}(?: [฀-๿]{3,}){0,2}"
)
_OTHER = lazy(r"[Ѐ-ӿ가-힣؀-ۿऀ-ॿ฀-๿]")
_AGED = r"[ ]?[(、,]?[ ]?\d{1,3}[ ]?(?:歳|才|代|[MFmf男女](?![A-Za-z])|y(?:\.?o|r|ears|[MF\s]))"
_INITIALS_AGED = re.compile(rf"(?<![A-Za-z.])[A-Z]\.[ ]?[A-Z]\.?(?:[ ]?[A-Z]\.)?(?={_AGED})")
_SURNAME_INITIAL = re.compile(rf"(?<![A-Za-z0-9_.@/\-])([A-Z][a-z]{{3,14}}|[A-Z]{{4,15}}),? [A-Z]\.?(?={_AGED})")
_HONORED = re.compile(
    r"(?<![A-Za-z])(?:Dr|DR|Drs|Prof|Mr|Mrs|Ms|Miss|Tech|Doctor|Nurse)\b(?:\. ?| )"
    r"((?:[A-Z]\. ?)?(?:[A-Z][a-z'’\-]{2,15}|[A-Z]{3,15})(?: [A-Z][a-z'’\-]{2,15}){0,2})(?![A-Za-z])"
)
_SIGNED = re.compile(
    r"(?<![A-Za-z0-9_.@/\-])((?:[A-Z]\. ?){1,2}(?:[A-Z][a-z'’\-]{2,14}|[A-Z]{3,15}))"
    r"(?=[ ]*(?:$|[\n<\"|;)」】、。]|, ?(?:M\.?D|radiolog|MD|RT|PhD|Ph\.D)))",
    re.MULTILINE,
)
_CELL = re.compile(
    r"(?:\||;|\t)[ ]?([A-Z]{5,15}|[A-Z][a-z]{4,14})[ ]?$"
    r"|<(?:sign|reader|dr|by|author|name|tech|ref|att)[^<>\n]{0,40}>([A-Z][A-Za-z]{3,14})<",
    re.MULTILINE | re.IGNORECASE,
)
_TWO = lazy(
    r"(?<![A-Za-z0-9_.@/\-])([A-Z]{4,15}|[A-Z][a-z]{3,14}),? ([A-Z]{3,15}|[A-Z][a-z]{2,14})"
    r"(?=[ ]{2}|[ ]*(?:$|[\n、。,;|<\"()/]|\d|[ぁ-ヺ一-鿿]))",
    re.MULTILINE,
)
_LATIN_WORDS = (
    r"[A-Z][A-Za-z'’\-]+(?:,? (?:(?:de|da|dos|van|von|der|bin|binti|al|la|el|dela) ){0,2}[A-Z][A-Za-z'’\-]*\.?){1,4}"
)
_KANA_LATIN = re.compile(rf"([ァ-ヺー]{{2,}}(?:[ ・][ァ-ヺー]{{2,}}){{0,4}})[ ]?[/(][ ]?({_LATIN_WORDS})")
# a name in Latin letters with age, sex, birth date, number or its kanji behind it, as at the head of a record
_HEADED = lazy(
    rf"(?<![A-Za-z0-9_.@/\-'’])({_LATIN_WORDS})(?![A-Za-z])"
    r"(?=[ ]{0,3}[、,/|(\[;]?[ ]{0,2}(?:\d{1,3}[ ]?(?:歳|才|y(?![a-z])|Y|[MF](?![A-Za-z]))|[男女]|[MF](?![A-Za-z])"
    r"|DOB|(?:19|20)\d\d[\-/.年]|\d{6,}|[一-鿿]{1,4}[ ]?[一-鿿]{1,4}\)))"
)
_MORAE = re.compile(
    r"(?:(?:[kstnhmrgzdbp]y|sh|ch|ts|ky|gy|j|f|w|y|[kstnhmrgzdbp])?[aiueo]h?|n(?![aiueoy])|(?:kk|ss|tt|pp|cc|tc)(?=[aiueohy])|m(?=[bp]))+"
)
_DOUBLED = re.compile(r"([ksptc])\1|tch")
_SPECIES = frozenset(
    ("pylori", "coli", "difficile", "avium", "aureus", "albicans", "fumigatus", "kansasii", "abscessus")
)


@lru_cache(maxsize=16384)
def looks_romaji(word: str) -> bool:
    """True for a word that is made of Japanese syllables in Latin letters."""
    low = _DOUBLED.sub(lambda m: m[0][-1] if m[0] != "tch" else "ch", word.lower())
    return len(low) > 3 and _MORAE.fullmatch(low) is not None


def find_foreign(t: str) -> Iterator[Hit]:
    """Names in other scripts, and names in Latin letters that their place proves."""
    if _OTHER.search(t):
        for m in _SCRIPT.finditer(t):
            yield Hit(m.start(), m.end(), "PERSON", "foreign", 0.8, "names.script", LISTED)
    if not _CAPITAL.search(t):
        return
    for pattern, look in ((_INITIALS_AGED, DOTTED_SHAPES), (_SURNAME_INITIAL, _SURNAME_SHAPES)):
        for m in pattern.finditer(t) if look(t) else ():
            if not m.lastindex or is_surname(m[1]):
                yield Hit(m.start(), m.end(), "PERSON", "initials", 0.75, "names.initials", LISTED)
    for pattern, look in ((_HONORED, _HONORS), (_SIGNED, INITIAL_SHAPES)):
        for m in pattern.finditer(t) if look(t) else ():
            if not _known_word(m[1].split()[-1]):
                yield Hit(m.start(1), m.end(1), "PERSON", "romaji", 0.75, "names.signed", LISTED)
    for m in _CELL.finditer(t) if any(c in t for c in "|;\t<") else ():
        word = m[1] or m[2]
        if looks_romaji(word) and not _known_word(word) and word.lower() not in stop_words("romaji_like"):
            at = m.start(1) if m[1] else m.start(2)
            yield Hit(at, at + len(word), "PERSON", "romaji", 0.6, "names.cell", LISTED)
    two = _TWO_SHAPES(t) and _TWO_GUARD.search(t)
    for m in _TWO.finditer(t) if two else ():
        a, b = m[1], m[2]
        both = (is_surname(a) and is_given(b)) or (is_given(a) and is_surname(b))
        both = both or (
            len(a) > 5 and is_given(b) and looks_romaji(a) and not _known_word(a) and a.isupper() == b.isupper()
        )
        if (
            both
            and len(a) + len(b) > 8
            and not (_known_word(a) and _known_word(b))
            and a.lower() not in book().latin_terms
        ):
            yield Hit(m.start(), m.end(), "PERSON", "romaji", 0.75, "names.romaji", LISTED)
    for m in _HEADED.finditer(t) if two else ():
        if not any(_known_word(w) for w in re.findall("[A-Za-z]{2,}", m[1])):
            yield Hit(m.start(1), m.end(1), "PERSON", "foreign", 0.75, "names.header", LISTED)
    for m in _KANA_LATIN.finditer(t) if _KANA_LATIN_GUARD.search(t) else ():
        words = re.split("[ ・]", m[1])
        if (len(words) > 1 or kana_known(m[1])) and not any(_known_word(w) for w in re.findall("[A-Za-z]{3,}", m[2])):
            yield Hit(m.start(1), m.end(1), "PERSON", "foreign", 0.75, "names.apposition", LISTED)
            yield Hit(m.start(2), m.end(2), "PERSON", "foreign", 0.75, "names.apposition", LISTED)


_TWO_SHAPES = shapes(*(f"{a}{sep}A{b}{c}" for a in "Aa" for sep in (" ", ", ") for b in "Aa" for c in "Aa"))
_SURNAME_SHAPES = shapes(
    *(
        f"{word}{sep}A{right}"
        for word in ("AA", "aa")
        for sep in (" ", ", ")
        for right in (".", " ", "(", "、", ",", "0")
    )
)
_HONORS = words("Dr", "DR", "Prof", "Mr", "Ms", "Miss", "Tech", "Doctor", "Nurse")
_TWO_GUARD = re.compile("[A-Za-z]{4},? [A-Z][A-Za-z]{2}")
_KANA_LATIN_GUARD = re.compile("[ァ-ヺー] ?[/(] ?[A-Z][A-Za-z]+,? [A-Za-z]")
_CAPITAL = re.compile("[A-Z][A-Za-z.]")


def _known_word(word: str) -> bool:
    """True for a word of medicine or of forms, no name."""
    low = word.strip(".").lower()
    if (word.isupper() and len(word) < 3) or low in medical_runs():
        return True
    return (
        low in book().latin_terms or low in stop_words("latin") or low in _SPECIES or low in stop_words("romaji_like")
    )
