"""Names that fill a cell: a string in quotes, an element of XML, a field of a row, whose form or neighbours say it is a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.evidence import GRAMMAR, LISTED, Hit
from jmid_nlp.deid.kana import katakana
from jmid_nlp.deid.kanji import AMBIGUOUS, KANJI, RUN, grade
from jmid_nlp.deid.latin import is_given, is_plain_latin, is_surname
from jmid_nlp.deid.lines import TWO_WORDS
from jmid_nlp.deid.namescan import kana_known
from jmid_nlp.deid.worth import medical_runs, roles, value

_LATIN = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
_QUOTED = re.compile(r"""(?<=["'])[ ]?([^"'\n<>{}\[\]]{2,40}?)[ ]?(?=["'])|(?<=>)([^<>\n]{1,40})(?=</)""")
_ROW_MARKS = re.compile(r"[,\t|;]")
_CELL = re.compile(r"[^,\t|;\n]+")
_KANA_WORDS = re.compile(r"[ァ-ヺー]{1,9}(?:[ ・][ァ-ヺー]{1,9}){1,4}|[ぁ-ゖー]{1,7} [ぁ-ゖー]{2,7}")
_LATIN_WORDS = re.compile(
    rf"[A-ZÀ-ÖØ-Þ][{_LATIN}'’\-]*\.?(?:,? (?:(?:de|da|dos|van|von|der|bin|al|la|el) ){{0,2}}[A-ZÀ-Ö][{_LATIN}'’\-]*\.?){{1,4}}"
    rf"|[A-Z]\.?[・ ]?[A-Z][a-z]{{3,14}}"
)
_BESIDE = re.compile(
    r"[\d'?/.\-年月日歳才]{2,}|[MFmf男女]|[A-Za-z]{0,4}[\-]?\d{3,}[\dA-Za-z\-]*|\d{1,3}|No\.? ?\d+|[MTSHR明大昭平令]\d.*"
)
_WORD = re.compile(rf"[{_LATIN}]{{2,}}")


def find_cell_names(t: str) -> Iterator[Hit]:
    """Names that fill a cell of a dump, a row or an element."""
    if '"' in t or "'" in t or "</" in t:
        for m in _QUOTED.finditer(t):
            group = 1 if m[1] else 2
            if _is_name(m[group], False):
                yield _hit(t, m.start(group), m.end(group))
    for low, line in _rows(t):
        cells = [(low + m.start(), m[0]) for m in _CELL.finditer(line)]
        for i, (at, cell) in enumerate(cells):
            word = cell.strip(" \"'")
            if len(word) < 2:
                continue
            beside = any(_beside(cells[k][1]) for k in (i - 1, i + 1) if 0 <= k < len(cells))
            if _is_name(word, beside):
                start = at + cell.index(word)
                yield _hit(t, start, start + len(word))


def _rows(t: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in t.split("\n") if len(_ROW_MARKS.findall(t)) > 2 else ():
        if len(line) < 400 and len(_ROW_MARKS.findall(line)) > 2:
            yield at, line
        at += len(line) + 1


def _hit(t: str, start: int, end: int) -> Hit:
    two = any(c in t[start:end] for c in " ・,")
    return Hit(start, end, "PERSON", "cell", 0.8 if two else 0.7, "names.cell", GRAMMAR if two else LISTED)


def _beside(cell: str) -> bool:
    """True for a number, date, age, sex or name, as stands beside the name in a row."""
    word = cell.strip(" \"'")
    return _BESIDE.fullmatch(word) is not None or _is_name(word, False)


@lru_cache(maxsize=16384)
def _is_name(word: str, beside: bool) -> bool:
    """Whether a whole cell is a name; `beside` where a neighbour speaks for one."""
    if RUN.match(word):
        return _kanji(word, beside)
    if _KANA_WORDS.fullmatch(word):
        parts = [katakana(p) for p in re.split("[ ・]", word)]
        if any(p in medical_runs() or p in roles() or p in stop_words("value_kana") for p in parts):
            return False
        known = sum(kana_known(p) for p in parts)
        return known == len(parts) or (known > 0 and len(parts) < 4) or (beside and len(parts) < 6)
    if _LATIN_WORDS.fullmatch(word):
        words = _WORD.findall(word)
        if not words or any(is_plain_latin(w) for w in words):
            return False
        return any(is_surname(w) or is_given(w) for w in words) or beside
    return False


def _kanji(word: str, beside: bool) -> bool:
    if m := TWO_WORDS.fullmatch(word):
        family, given = m[1].translate(VARIANTS), m[2].translate(VARIANTS)
        if (
            family in book().labels
            or given in book().not_given
            or family + given in medical_runs()
            or given in medical_runs()
        ):
            return False
        known = given in book().given or katakana(given) in book().given_kana
        return known and (len(family) < 4 or grade(family) >= AMBIGUOUS) and family not in medical_runs()
    if not re.fullmatch(f"[{KANJI}ノヶケ]{{2,5}}", word) or word in book().no_names:
        return False
    return value(word) >= (2.0 if beside else 3.0)
