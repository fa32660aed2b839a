"""Entities by phenomenon: full inline markup, exact boundaries; and what holds for any text."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmid_nlp.findings.document import parse
from jmid_nlp.findings.entities import entities
from jmid_nlp.findings.terms import expand

CASES = Path(__file__).parents[2] / "cases" / "entities" / "spans.txt"
MEDTXT = Path(__file__).parents[4] / "shared" / "medtxt_rr" / "ner.jsonl"
MARK = re.compile(r"\[([^\[\]|]+)\|([a-z0-9\-]+?)([+?g]|(?<=d)-)?\]")
STAGE = re.compile(r"[cpyr]{0,2}(?:[TNM](?:[0-4X]|is)[a-c]?)+")
SHORT = {"positive": "+", "suspicious": "?", "negative": "-", "general": "g", None: ""}
SCORED = ("d", "a", "timex3", "t-test")


def read_cases():
    name, out = "", []
    for line in CASES.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            name = line[3:]
        elif line.strip() and not line.startswith("# "):
            out += [(name, line.startswith("!"), marked) for marked in expand(line.lstrip("!"))]
    return out


def text_of(marked):
    return MARK.sub(lambda m: m.group(1), marked)


def mark(text):
    out, at = "", 0
    for e in entities(parse(text)):
        attr = SHORT[e.attr] if e.type == "d" and not STAGE.fullmatch(text[e.start : e.end]) else ""
        out += text[at : e.start] + f"[{text[e.start : e.end]}|{e.type}{attr}]"
        at = e.end
    return out + text[at:]


@cache
def results():
    return [(name, known, marked, mark(text_of(marked))) for name, known, marked in read_cases()]


@pytest.mark.parametrize("name", sorted({name for name, _, _ in read_cases()}))
def test_phenomenon(name):
    wrong = [(want, got) for case, known, want, got in results() if case == name and not known and want != got]
    assert not wrong


def test_known_failures_counted_exactly():
    known = [(want, got) for _, known, want, got in results() if known]
    assert all(want != got for want, got in known), "repaired: take the mark away"
    assert len(known) == 0


@given(
    st.text(
        alphabet="右左肺下葉S16結節影胸水癌は、をにの認めません疑う可能性(+-)mm12 \n。ｃＴ⻑⾻ﾘﾝﾊﾟ\ud83d\ude00",
        max_size=60,
    )
)
@settings(max_examples=150, deadline=None)
def test_spans_of_any_text_are_valid_ascending_and_apart(text):
    at = 0
    for e in entities(parse(text)):
        assert at <= e.start < e.end <= len(text)
        at = e.end


def test_empty_and_blank_texts():
    assert entities(parse("")) == ()
    assert entities(parse(" \n\u3000")) == ()


def exact(rows, change=lambda text: text):
    """Exact F1 over d, a, timex3 and t-test with a text change that keeps the length."""
    hit = wanted = given_ = 0
    for row in rows:
        gold = {(e["start"], e["end"], e["type"]) for e in row["entities"] if e["type"] in SCORED}
        found = {
            (e.start, e.end, e.type)
            for e in entities(parse(change(row["text"])))
            if e.type in SCORED and not any(e.start < b and a < e.end for a, b in row["ignore"])
        }
        hit, wanted, given_ = hit + len(gold & found), wanted + len(gold), given_ + len(found)
    return 2 * hit / (wanted + given_)


def development():
    if not MEDTXT.exists():
        pytest.skip("the development data lies beside the checkout only")
    return [json.loads(line) for line in MEDTXT.read_text(encoding="utf-8").splitlines()]


def test_development_half():
    rows = development()
    assert exact(rows) >= 0.95
    for case in sorted({r["case"] for r in rows}):
        assert exact([r for r in rows if r["case"] == case]) >= 0.93


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("。", "．"),
        ("、", "，"),
        ("骨", "⾻"),
        ("長", "⻑"),
        ("(", "（"),
        ("mm", "ｍｍ"),
        ("1", "１"),
        ("S", "Ｓ"),
        ("CT", "ＣＴ"),
    ],
)
def test_orthography_costs_at_most_one_point(old, new):
    rows = development()
    assert exact(rows, lambda text: text.replace(old, new)) >= exact(rows) - 0.01


def inserted(row, places, what):
    """The row with `what` put in before the places; gold spans and ignored spans move along."""
    text, moved = "", []
    for i, char in enumerate(row["text"]):
        if i in places:
            text += what
        moved.append(len(text))
        text += char
    entities_ = [{**e, "start": moved[e["start"]], "end": moved[e["end"] - 1] + 1} for e in row["entities"]]
    return {"text": text, "entities": entities_, "ignore": [(moved[a], moved[b - 1] + 1) for a, b in row["ignore"]]}


def broken_at(text, columns):
    places, column = set(), 0
    for i, char in enumerate(text):
        column = 0 if char == "\n" else column + 1
        if column > columns:
            places.add(i)
            column = 1
    return places


def between_letters(text, every):
    inside = [i for i in range(1, len(text)) if re.match(r"[一-龥ぁ-んァ-ヶ]{2}", text[i - 1 : i + 1])]
    return set(inside[::every])


@pytest.mark.parametrize(
    ("what", "places"),
    [
        pytest.param("\n", lambda text: broken_at(text, 40), id="broken lines"),
        pytest.param("\n", lambda text: broken_at(text, 30), id="short broken lines"),
        pytest.param(" ", lambda text: between_letters(text, 50), id="blanks in words"),
    ],
)
def test_broken_words_cost_at_most_one_point(what, places):
    rows = development()
    assert exact([inserted(r, places(r["text"]), what) for r in rows]) >= exact(rows) - 0.01


@pytest.mark.parametrize("text", ["胸水" + "、腹水" * 6000 + "は認めません。", "(" * 20000 + "結節", "結節" * 6000])
def test_long_lists_take_linear_time(text):
    """Twice these lengths took minutes when a list was walked to its end for each of its items."""
    assert entities(parse(text))
