"""Twelve ways in which systems damage a text cost the findings at most one point each.

Measured on marked reports of `corpora/findings`: the findings of the damaged text are compared with those of the clean
one by their words, certainty, side, sizes and change; a difference that the reader of the report would not see is a loss.
"""

from __future__ import annotations

import random
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from jmid_nlp.findings.assemble import assemble
from jmid_nlp.findings.document import parse
from jmid_nlp.lexicon import read_pairs
from jmid_nlp.offsets import fold
from jmid_nlp.text.lines import width

sys.path.insert(0, str(Path(__file__).parents[3]))

from corpora.findings_markup import read_corpus

RADICALS = {b: a for a, b in read_pairs("unicode/radicals.tsv") if len(b) == 1}
HALF = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0xFF65, 0xFF9E)}


def half_kana(text: str) -> str:
    """Katakana of half width; marks stand behind their letter."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(HALF.get(c, c) for c in plain).replace("\u3099", "ﾞ").replace("\u309a", "ﾟ")


def full_width(text: str) -> str:
    """Letters, digits, punctuation and blanks of full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in text)


def wrapped(text: str, columns: int = 40) -> str:
    """Hard line breaks at a number of columns, inside words too."""
    lines = []
    for line in text.split("\n"):
        lines.append("")
        for char in line:
            if width(lines[-1] + char) > columns and char not in "。、）」":
                lines.append("")
            lines[-1] += char
    return "\n".join(lines)


def spaced(text: str) -> str:
    """A blank inside some runs of kanji."""
    rng = random.Random(3)

    def cut(found: re.Match[str]) -> str:
        at = rng.randrange(1, len(found[0]))
        return found[0][:at] + " " + found[0][at:] if rng.random() < 0.33 else found[0]

    return re.sub(r"[\u4e00-\u9fff]{3,}", cut, text)


# damage -> (what it does, share of the findings that must stay the same)
DAMAGES: dict[str, tuple[Callable[[str], str], float]] = {
    "full width": (full_width, 0.99),
    "half-width kana": (half_kana, 0.99),
    "radicals": (lambda t: "".join(RADICALS.get(c, c) for c in t), 0.99),
    "decomposed": (lambda t: unicodedata.normalize("NFD", t), 0.99),
    "invisible characters": (lambda t: "\ufeff" + t.replace("の", "の\u200b").replace("肺", "肺\u2060"), 0.99),
    "units as one character": (lambda t: t.replace("mm", "㎜").replace("cm", "㎝"), 0.99),
    "CRLF": (lambda t: t.replace("\n", "\r\n"), 0.99),
    "line breaks at 40 columns": (wrapped, 0.99),
    "line breaks at 60 columns": (lambda t: wrapped(t, 60), 0.99),
    "blanks inside words": (spaced, 0.99),
    "commas and points": (lambda t: t.replace("、", "，").replace("。", "．"), 0.99),
    "no full stops at line ends": (lambda t: t.replace("。\n", "\n").rstrip("。"), 0.99),
}
SHEETS = ("dev", "dev2", "dev4")


def rows(text: str) -> Counter[tuple[object, ...]]:
    """The findings of a text, comparable across damages."""
    return Counter(
        (
            "".join(fold(f.text).text.split()), f.certainty, f.laterality, f.change,
            tuple(sorted(tuple(s) for s in f.sizes_mm)), f.multiple, f.historical,
        )
        for f in assemble(parse(text))
    )  # fmt: skip


@cache
def clean() -> list[tuple[str, Counter[tuple[object, ...]]]]:
    texts = [unicodedata.normalize("NFC", row["text"]) for sheet in SHEETS for row in read_corpus(sheet)]
    return [(text, rows(text)) for text in texts]


def test_there_are_twelve() -> None:
    assert len(DAMAGES) == 12


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_costs_at_most_one_point(name: str) -> None:
    damage, least = DAMAGES[name]
    same = total = 0
    for text, wanted in clean():
        found = rows(damage(text))
        same += (found & wanted).total()
        total += max(found.total(), wanted.total())
    assert same >= least * total, f"{same} of {total} findings"
