"""What the learned tagger sees of each character: itself, its kind, its token, the lists it stands in, its place.

Everything is an integer, so that a model is a handful of tables and matrices. Texts are folded (`jmid_nlp.offsets.fold`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from jmid_nlp.deid.book import VARIANTS, book
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.text.tokens import tokenize

Codes = NDArray[np.int16]

#: Buckets of characters: number 0 stands for a character that training hides.
CHARACTERS = 4096
#: The columns of `encode`, each with the number of its values, parts of speech apart.
KINDS, EDGES, MEMBER, PLACES = 14, 3, 4, 8
#: Buckets of pairs of characters, and as many of triples, as a power of two.
NGRAM_BITS = 16
LISTS = ("surname", "given", "kana", "word", "role", "place", "term", "facility")
_TERM_TABLES = ("device.tsv", "abbreviation.tsv", "modifier.tsv", "treatment.tsv", "whole_terms.tsv")


def columns(parts_of_speech: int) -> list[int]:
    """How many values each column of `encode` can take."""
    return [CHARACTERS, KINDS, parts_of_speech + 1, EDGES, *([MEMBER] * len(LISTS)), PLACES, PLACES, PLACES, PLACES]


def encode(text: str, parts_of_speech: dict[str, int], places: Codes) -> Codes:
    """The codes of a folded text or of a stretch of it, one row a column, one value a character.

    Args:
        text: The n characters.
        parts_of_speech: Number from 1 of each part of speech that the model knows; others are 0.
        places: `positions` of the text, cut to the stretch: shape (4, n).

    Returns:
        Array of shape (columns, n).
    """
    n = len(text)
    speech, edges = [0] * n, bytearray(n)
    tokens = tokenize(text)
    for start, end, raw in zip(tokens.starts, tokens.ends, tokens.raw, strict=True):
        speech[start:end] = [parts_of_speech.get(part_of_speech(raw), 0)] * (end - start)
        edges[start:end] = b"\1".ljust(end - start, b"\2")
    out = np.empty((8 + len(LISTS), n), np.int16)
    out[0] = [_bucket(c) for c in text]
    out[1] = [kind(c) for c in text]
    out[2] = speech
    out[3] = np.frombuffer(edges, np.uint8)
    out[4:-4] = members(text)
    out[-4:] = places
    return out


def members(text: str) -> Codes:
    """Of each list and each character of a folded text: 0, or 1 where a word of the list begins, 2 inside, 3 for one alone."""
    n = len(text)
    out = bytearray(n * len(LISTS))
    lowered = _lower(text)
    names = lowered.translate(VARIANTS)
    for row, name in enumerate(LISTS):
        for start, end, _ in _list(name).find(names if name in ("surname", "given") else lowered):
            size = end - start
            out[row * n + start : row * n + end] = b"\1".ljust(size, b"\2") if size > 1 else b"\3"
    return np.frombuffer(out, np.uint8).reshape(len(LISTS), n).astype(np.int16)


def pieces(text: str) -> list[tuple[int, int]]:
    """Sentences and lines of a text with what ends them: the units that `ngrams` are summed over."""
    return [m.span() for m in _PIECE.finditer(text)]


def ngrams(text: str) -> NDArray[np.int64]:
    """Of each character the numbers of the pair and of the triple of characters that begin before it: shape (2, n)."""
    points = np.frombuffer(f"\n{text}\n".encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    pairs = points[:-1] * _PRIMES[0] + points[1:] * _PRIMES[1]
    triples = pairs[:-1] * _PRIMES[2] + points[2:] * _PRIMES[3]
    shift = np.uint64(64 - NGRAM_BITS)
    return np.stack([(pairs[1:] >> shift).astype(np.int64), (triples >> shift).astype(np.int64) + (1 << NGRAM_BITS)])


_PIECE = re.compile(r"[^。\n]*[。\n]|[^。\n]+")
#: Odd 64-bit constants that spread the bits (multiplicative hashing).
_PRIMES = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64
)  # fmt: skip


@lru_cache(maxsize=16384)
def _bucket(char: str) -> int:
    return crc32(char.encode("utf-8", "replace")) % (CHARACTERS - 1) + 1


@lru_cache(maxsize=16384)
def kind(char: str) -> int:
    """The kind of a character, a number below `KINDS`: blank, line end, digit, Latin, hiragana, katakana, kanji, signs."""
    if char in " \t":
        return 1
    if char in "\r\n":
        return 2
    if char.isdigit():
        return 3
    if char.isascii() and char.isalpha():
        return 4 if char.islower() else 5
    if "ぁ" <= char <= "ゟ":
        return 6
    if "゠" <= char <= "ヿ":
        return 7
    if "一" <= char <= "鿿" or "㐀" <= char <= "䶿" or char in "々〆" or char > "\uffff":
        return 8
    for number, group in enumerate(("、。,.", "()[]{}<>「」『』【】", ":/-=|^・~→;\"'@#_"), 9):
        if char in group:
            return number
    return 12 if char.isascii() else 13


@lru_cache(maxsize=16384)
def part_of_speech(raw: str) -> str:
    """The part of speech of a unidic feature string with its three subclasses."""
    return ",".join(raw.split(",", 4)[:4])


def _lower(text: str) -> str:
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


@cache
def _list(name: str) -> Automaton:
    return Automaton(sorted({w.lower() for w in _words(name)}))


def _words(name: str) -> Iterable[str]:
    b = book()
    if name == "surname":
        return {*b.surnames, *b.rare_surnames}
    if name == "given":
        return b.given
    if name == "kana":
        return [w for w in (*b.surname_kana, *b.given_kana, *b.foreign_kana) if len(w) > 1]
    if name == "word":
        return [w for w in b.plain_words if len(w) > 1]
    if name == "role":
        return [*b.role_words, *b.titles, *b.depts, *(w for w in b.labels if len(w) > 1)]
    if name == "place":
        return [row["form"] for row in read_table("phi/places.tsv", ("form",))]
    if name == "facility":
        return _forms(["phi/facility.tsv"])
    return [w for w in [*_concepts(), *_forms(_TERM_TABLES)] if len(w) > 1]


def _concepts() -> list[str]:
    rows = [*read_table("anatomy.tsv"), *read_table("observation.tsv")]
    return [fold(f).text for row in rows for key in ("ja", "en", "forms") for f in split_forms(row.get(key, ""))]


def _forms(tables: Sequence[str]) -> list[str]:
    rows = [row for table in tables for row in read_table(table)]
    return [fold(f).text for row in rows for key in ("form", "forms") for f in split_forms(row.get(key, ""))]


def positions(text: str) -> Codes:
    """Distance to both ends of the line in characters and to both ends of the text in lines, coarsely."""
    lines = text.split("\n")
    ahead, behind, above, below = bytearray(), bytearray(), bytearray(), bytearray()
    for number, line in enumerate(lines):
        size = len(line)
        steps = _STEPS[:size].ljust(size, _STEPS[-1:])
        ahead += steps + b"\0"
        behind += steps[::-1] + b"\0"
        above += bytes((min(number, PLACES - 1),)) * size + b"\0"
        below += bytes((min(len(lines) - 1 - number, PLACES - 1),)) * size + b"\0"
    rows = np.frombuffer(ahead + behind + above + below, np.uint8).reshape(4, -1)
    return rows[:, : len(text)].astype(np.int16)


#: By distance in characters; the last for all that are farther.
_STEPS = bytes([0, 1, 2, *[3] * 3, *[4] * 5, *[5] * 9, *[6] * 20, 7])
