"""Certainty by phenomenon: cases with inline marks, each read in both projections; known failures counted exactly."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from jmid_nlp.findings.assertion import assess, finding_certainty, prism_attr
from jmid_nlp.findings.document import parse
from jmid_nlp.findings.terms import expand
from jmid_nlp.offsets import fold

CASES = Path(__file__).parents[2] / "cases" / "entities" / "certainty.txt"
MARK = re.compile(r"\[([^\[\]|]+)\|([+?\-g]{2})\]")
SHORT = {"positive": "+", "suspicious": "?", "negative": "-", "general": "g"}


def read_cases():
    name, out = "", []
    for line in CASES.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            name = line[3:]
        elif line.strip() and not line.startswith("#"):
            known = line.startswith("!")
            out += [(name, known, text.replace("\\n", "\n")) for text in expand(line.lstrip("!"))]
    return out


def split_marks(marked):
    """The text without marks, and its mentions with what is expected of them."""
    text, spans, at = "", [], 0
    for found in MARK.finditer(marked):
        text += marked[at : found.start()]
        spans.append((len(text), len(text) + len(found.group(1)), found.group(2)))
        text += found.group(1)
        at = found.end()
    return text + marked[at:], spans


def read(marked):
    text, spans = split_marks(marked)
    parsed = parse(text)
    folded = [parsed.map.to_target(start, end) for start, end, _ in spans]
    return [
        (fold(text[start:end]).text, want, SHORT[prism_attr(a)] + SHORT[finding_certainty(a)])
        for (start, end, want), a in zip(spans, assess(parsed, folded), strict=True)
    ]


@cache
def results():
    return [(name, known, text, read(text)) for name, known, text in read_cases()]


@pytest.mark.parametrize("name", sorted({name for name, _, _ in read_cases()}))
def test_phenomenon(name):
    wrong = [
        (text, row)
        for case, known, text, rows in results()
        if case == name and not known
        for row in rows
        if row[1] != row[2]
    ]
    assert not wrong


def test_known_failures_still_fail():
    """A line marked `!` that passes has been repaired: take its mark away."""
    repaired = [text for _, known, text, rows in results() if known and all(w == g for _, w, g in rows)]
    assert not repaired


def test_breadth_of_the_cases():
    cases = read_cases()
    counts = Counter(name for name, _, _ in cases)
    assert len(counts) >= 60
    assert not [name for name, number in counts.items() if number < 5]
    assert len(cases) >= 500
    assert sum(known for _, known, _ in cases) == 0


def test_macro_f1_over_the_cases():
    """Always answering the commonest value is right often; the mean over the values is what counts."""
    pairs = [(w[1], g[1]) for _, _, _, rows in results() for _, w, g in rows]
    scores = []
    for value in "+?-g":
        hit = sum(w == g == value for w, g in pairs)
        scores.append(2 * hit / (sum(w == value for w, _ in pairs) + sum(g == value for _, g in pairs)))
    assert sum(scores) / 4 >= 0.97
