"""Words of a text that no lexicon knows and that could be a name or number: what a reviewer should look at.

A word is unknown where neither our lexicons (anatomy, findings, cues, protected terms, common words) cover it nor unidic has
it as an ordinary word. Names that the surname lists know count as unknown here: they stand in the text because detection found
no reason to take them for a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from jmid_nlp.deid.book import book
from jmid_nlp.deid.cues import find_labels
from jmid_nlp.deid.kanji import RUN, SURNAME, grade
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.offsets import Folded, Span, fold
from jmid_nlp.text.tokens import Tokens, features, tokenize

#: Lists of names and of our own inventions: being in one of them does not make a word known.
_NAMES = (
    "phi/surnames.tsv", "phi/own_surnames.tsv", "phi/rare_surnames.tsv", "phi/given.tsv", "phi/given_kana.tsv", "phi/places.tsv",
    "phi/place_names.tsv", "phi/towns.tsv",
)  # fmt: skip
_NOT_WORDS = ("surrogate/", "unicode/", "policies/")
_KATAKANA = re.compile("[ァ-ヺー]{3,}")
_KANA = re.compile("[ァ-ヺー]")
_LATIN = re.compile("[A-Za-z][A-Za-z'’]{2,}")
_ROMAN = re.compile("[IVX]{2,4}[A-Da-d]?")
_NUMBER = re.compile(r"(?<![0-9A-Za-z.,/])[0-9A-Za-z](?:[0-9A-Za-z]|-(?=[0-9A-Za-z])){4,31}(?![0-9A-Za-z/]|\.[0-9])")
_NAME_POS = {"人名": "person_name", "地名": "place_name", "一般": "proper_noun", "組織名": "proper_noun"}
#: How likely a word of a kind is to be an identifier that was overlooked, for the order of a list. Not a probability.
RISK = {
    "surname": 0.6, "number": 0.5, "person_name": 0.5, "unknown": 0.35, "katakana": 0.35, "latin": 0.3, "proper_noun": 0.25,
    "place_name": 0.25, "other_latin": 0.1,
}  # fmt: skip
BESIDE_CUE = 0.35


@dataclass(frozen=True, slots=True)
class Word:
    """An unknown word: `[start, end)` of the source text, its kind, and whether a label or honorific stands beside it."""

    start: int
    end: int
    kind: str
    cue: bool

    @property
    def risk(self) -> float:
        """Where the word belongs in a list that begins with the most suspicious, in [0, 1]."""
        return round(RISK[self.kind] + (BESIDE_CUE if self.cue else 0.0), 2)


def unknown_words(text: str, covered: Iterable[Span] = ()) -> list[Word]:
    """Unknown words of a text.

    Args:
        text: The text.
        covered: Spans of the text that need no look, such as detected identifiers; words that touch one are left out.

    Returns:
        Words in ascending order; neighbours that belong together (surname and given name) are one.
    """
    view = fold(text)
    taken = bytearray(len(view.text) + 1)
    for start, end in covered:
        s, e = view.map.to_target(start, end)
        taken[s:e] = b"\x01" * (e - s)
    found = [(s, e, k) for s, e, k in _candidates(view.text) if 1 not in taken[s:e]]
    if not found:
        return []
    values = label_values(view.text)
    return [_word(view, values, *item) for item in _joined(view.text, found)]


def _word(view: Folded, values: frozenset[int], start: int, end: int, kind: str) -> Word:
    return Word(*view.source(start, end), kind, beside_cue(view.text, start, end, values))


def _candidates(t: str) -> Iterator[tuple[int, int, str]]:
    known = bytearray(len(t))
    low = t.lower()
    for start, end, _ in vocabulary().find(low if len(low) == len(t) else t):
        if _is_whole(t, start, end):
            known[start:end] = b"\x01" * (end - start)
    numbers = [m.span() for m in _NUMBER.finditer(t) if sum(c.isdigit() for c in m[0]) > 4]
    tokens = tokenize(t)
    words = []
    for i in range(len(tokens)):
        start, end = tokens.starts[i], tokens.ends[i]
        if end - start < 2 or 0 not in known[start:end]:
            continue
        if any(s < end and start < e for s, e in numbers):
            continue
        if kind := _kind(tokens, i):
            words.append((start, end, kind))
    return iter(sorted([*words, *((s, e, "number") for s, e in numbers)]))


def _is_whole(t: str, start: int, end: int) -> bool:
    """Whether a known word is no mere piece of a longer one: Latin letters stand alone, short katakana too."""
    if t[start].isascii() and t[start].isalpha() and t[start - 1 : start].isascii() and t[start - 1 : start].isalpha():
        return False
    if t[end - 1].isascii() and t[end - 1].isalpha() and t[end : end + 1].isascii() and t[end : end + 1].isalpha():
        return False
    inside = _KANA.match(t[start - 1 : start]) or _KANA.match(t[end : end + 1])
    return end - start > 2 or not _KANA.match(t[start]) or not inside


def _kind(tokens: Tokens, i: int) -> str:
    surface, raw = tokens.surface(i), tokens.raw[i]
    if not raw.startswith("名詞"):
        return ""
    proper, unheard = "固有名詞" in raw[:10], not features(raw)[1]
    if _LATIN.fullmatch(surface):
        if surface.lower() in book().latin_terms or _ROMAN.fullmatch(surface):
            return ""
        return "latin" if surface[0].isupper() and (len(surface) > 4 or not surface.isupper()) else "other_latin"
    if _KATAKANA.fullmatch(surface):
        return "katakana" if proper or unheard else ""
    if RUN.fullmatch(surface):
        if _is_surname(surface):
            return "surname"
        return _NAME_POS.get(raw.split(",", 3)[2], "proper_noun") if proper else "unknown" if unheard else ""
    return _NAME_POS.get(raw.split(",", 3)[2], "proper_noun") if proper else ""


@lru_cache(maxsize=16384)
def _is_surname(surface: str) -> bool:
    return grade(surface) >= SURNAME


def _joined(t: str, found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Words that touch, or that one blank parts while both are of the same script, as one; the riskier kind names it."""
    out: list[tuple[int, int, str]] = []
    for start, end, kind in found:
        if out and kind != "number" and out[-1][2] != "number":
            s, e, before = out[-1]
            gap = t[e:start]
            if gap == "" or (gap in (" ", "・") and t[e - 1].isascii() == t[start].isascii()):
                out[-1] = (s, end, max(before, kind, key=lambda k: RISK[k]))
                continue
        out.append((start, end, kind))
    return out


def label_values(t: str) -> frozenset[int]:
    """Where values begin that a label of a person, number or place announces, in a folded text."""
    return frozenset(label.value for label in find_labels(t) if label.strength > 0)


def beside_cue(t: str, start: int, end: int, values: frozenset[int]) -> bool:
    """Whether `[start, end)` of a folded text stands right behind a label or right before an honorific or title."""
    if start in values:
        return True
    at = end + 1 if t[end : end + 1] in (" ", "　") else end
    return t.startswith(_titles(), at) and not book().eponym_suffix.begins(t, end)


@cache
def _titles() -> tuple[str, ...]:
    return tuple(sorted(book().titles, key=lambda w: (-len(w), w)))


@cache
def vocabulary() -> Automaton:
    """All words of our lexicons but names, folded, in lower case."""
    root = Path(str(files("jmid_nlp").joinpath("lexicons")))
    words: set[str] = set(book().plain_words) | book().depts | set(book().latin_terms)
    for path in sorted(root.rglob("*.tsv")):
        name = path.relative_to(root).as_posix()
        if name in _NAMES or name.startswith(_NOT_WORDS):
            continue
        words.update(form for row in read_table(name) for cell in row.values() for form in split_forms(cell))
    return Automaton(sorted({folded for w in words if len(folded := fold(w).text.lower()) > 1}))
