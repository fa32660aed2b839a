"""Reports with gold identifiers made into new ones: other people, numbers and places in the same words.

A few hundred reports show how identifiers stand in a text; which names there are, lists know. Each pass over a report puts
other names, digits and places into its spans, the same for the same, so that the network learns the place and not the name.
"""

from __future__ import annotations

import random
import re
from functools import cache
from typing import NamedTuple

from jmid_nlp.deid.book import book, romaji
from jmid_nlp.lexicon import read_table

IGNORED = ""
Span = tuple[int, int, str]
_JOINT = re.compile(r"([\s・^=,.()/]+)")
_KANJI = re.compile(r"[㐀-鿿々〆ヶケノ]+\Z")
_KATAKANA = re.compile(r"[ァ-ヺー]+\Z")
_HIRAGANA = re.compile(r"[ぁ-ゖー]+\Z")
_LATIN = re.compile(r"[A-Za-z]+\Z")
_STEM = re.compile(r"([㐀-鿿々ヶ]{2,3})(?=.{2,})")
_OPTICAL = str.maketrans({"0": "O", "1": "l", "8": "B", "5": "S"})


class Marked(NamedTuple):
    """A text and its spans, ascending: start, end and category, or `IGNORED`."""

    text: str
    spans: list[Span]


class _Lists(NamedTuple):
    common: list[str]
    single: list[str]
    surnames: list[str]
    rare: list[str]
    given: list[str]
    surname_kana: list[str]
    given_kana: list[str]
    foreign: list[str]
    places: list[str]


@cache
def _lists() -> _Lists:
    b = book()
    common = sorted(s for s, kind in b.surnames.items() if kind == "common") or sorted(b.surnames)
    return _Lists(
        common,
        sorted(s for s in b.surnames if len(s) == 1),
        sorted(b.surnames),
        sorted(b.rare_surnames),
        sorted(b.given),
        sorted(b.surname_kana),
        sorted(b.given_kana),
        sorted(b.foreign_kana),
        [row["form"] for row in read_table("phi/places.tsv", ("form",))],
    )


def augment(marked: Marked, rng: random.Random) -> Marked:
    """One report with four of five of its identifiers exchanged, and now and then a damage inside one."""
    out: list[str] = []
    spans: list[Span] = []
    known: dict[tuple[str, str], str] = {}
    at = size = 0
    for start, end, category in marked.spans:
        if start < at:
            continue
        out.append(marked.text[at:start])
        size += start - at
        old = marked.text[start:end]
        new = old
        if category != IGNORED and rng.random() < 0.8:
            new = known.setdefault((old, category), exchange(old, category, rng))
        if category != IGNORED and rng.random() < 0.04:
            new = _damaged(new, rng)
        out.append(new)
        spans.append((size, size + len(new), category))
        size += len(new)
        at = end
    return Marked("".join([*out, marked.text[at:]]), spans)


def joined(first: Marked, second: Marked) -> Marked:
    """Two texts, one below the other."""
    shift = len(first.text) + 1
    return Marked(
        f"{first.text}\n{second.text}", [*first.spans, *((s + shift, e + shift, c) for s, e, c in second.spans)]
    )


def exchange(words: str, category: str, rng: random.Random) -> str:
    """Another identifier of the same kind and shape."""
    if category == "PERSON":
        return _person(words, rng)
    if category in ("ID", "PHONE", "ADDRESS"):
        return re.sub("[0-9]", lambda _: rng.choice("0123456789"), words)
    if category == "DATE":
        return re.sub(r"\d+", lambda m: _number(m[0], rng), words)
    if category == "FACILITY" and (stem := _STEM.match(words)) and rng.random() < 0.6:
        place = re.sub("[市区町村郡都府県]$", "", rng.choice(_lists().places))
        return (place or stem[1] if rng.random() < 0.6 else rng.choice(_lists().surnames)) + words[stem.end() :]
    return words


def _person(words: str, rng: random.Random) -> str:
    parts = _JOINT.split(words)
    alone = sum(1 for p in parts[::2] if p) == 1
    out, number = [], 0
    for i, part in enumerate(parts):
        if i % 2 or not part:
            out.append(part)
            continue
        out.append(_name(part, number % 2 == 1, alone, rng))
        number += 1
    return "".join(out)


def _name(part: str, given: bool, alone: bool, rng: random.Random) -> str:
    lists = _lists()
    if _KANJI.match(part):
        if given:
            return rng.choice(lists.given)
        if len(part) == 1 and rng.random() < 0.7:
            return rng.choice(lists.single)
        return _surname(rng) + (rng.choice(lists.given) if alone and len(part) > 3 else "")
    kana = rng.choice(lists.given_kana if given else lists.surname_kana)
    if _KATAKANA.match(part):
        return rng.choice(lists.foreign) if rng.random() < 0.25 else kana
    if _HIRAGANA.match(part):
        return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in kana)
    if not _LATIN.match(part):
        return part
    if len(part) == 1:
        return rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    latin = romaji(kana)
    return latin.upper() if part.isupper() else latin.capitalize() if part[0].isupper() else latin


def _surname(rng: random.Random) -> str:
    lists, die = _lists(), rng.random()
    if die < 0.4:
        return rng.choice(lists.common)
    if die < 0.65:
        return rng.choice(lists.surnames)
    if die < 0.9:
        return rng.choice(lists.rare)
    return rng.choice(lists.surnames)[0] + rng.choice(lists.rare)[-1]


def _number(digits: str, rng: random.Random) -> str:
    if len(digits) == 4:
        return digits if rng.random() < 0.3 else f"20{rng.randint(5, 26):02}"
    if len(digits) > 2:
        return digits
    number = rng.randint(1, 12)
    return f"{number:02}" if digits.startswith("0") else str(number)


def _damaged(words: str, rng: random.Random) -> str:
    if len(words) < 2:
        return words
    if rng.random() < 0.3:
        return words.translate(_OPTICAL)
    at = rng.randrange(1, len(words))
    return words[:at] + rng.choice((" ", "\n", "\n")) + words[at:]
