"""Twelve ways in which systems damage a text cost the findings at most one point each.

Measured on marked reports of `corpora/findings`: the findings of the damaged text are compared with those of the clean
one by their words, certainty, side, sizes and change; a difference that the reader of the report would not see is a loss.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from corpora.findings_markup import read_corpus
from jmid_nlp.findings.assemble import assemble
from jmid_nlp.findings.document import parse
from jmid_nlp.offsets import fold
from tests.damage import full_width, half_kana, invisible, radicals, spaced, wrapped

# damage -> (what it does, share of the findings that must stay the same)
DAMAGES: dict[str, tuple[Callable[[str], str], float]] = {
    "full width": (full_width, 0.99),
    "half-width kana": (half_kana, 0.99),
    "radicals": (radicals, 0.99),
    "decomposed": (lambda t: unicodedata.normalize("NFD", t), 0.99),
    "invisible characters": (invisible, 0.99),
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
