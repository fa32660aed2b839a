"""Where a text holds radiology terms that must stay one token (`lexicons/whole_terms.tsv`)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.lexicon import Automaton, read_table, split_forms

_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
_CHOICE = re.compile(r"\{([^{}]*)\}")


def expand(form: str) -> Iterator[str]:
    """The forms that a pattern stands for: `S{1..3}` is S1, S2, S3 and `Th{9/10}` is Th9, Th10."""
    parts = _CHOICE.split(form)
    choices = [[p] if i % 2 == 0 else _options(p) for i, p in enumerate(parts)]
    for pick in itertools.product(*choices):
        yield "".join(pick)


def _options(inner: str) -> list[str]:
    if found := _RANGE.fullmatch("{" + inner + "}"):
        return [str(n) for n in range(int(found[1]), int(found[2]) + 1)]
    return inner.split("/")


def forms() -> list[str]:
    """All terms that stay whole, ranges and choices written out."""
    rows = read_table("whole_terms.tsv", ("form", "kind"))
    return [form for row in rows for cell in split_forms(row["form"]) for form in expand(cell)]


@cache
def _automaton() -> Automaton:
    return Automaton(form.lower() for form in forms())


def find_whole(text: str) -> list[tuple[int, int]]:
    """Spans of whole terms in a folded text, ascending, without overlap; letter case does not matter.

    A match that begins or ends with a Latin letter or digit counts only where no further one stands beside it.
    """
    low = text.lower()
    if len(low) != len(text):  # a few capitals grow when lowered; then only exact case is found
        low = text
    spans = []
    size = len(low)
    for start, end, _ in _automaton().find(low):
        if start and low[start] in _ALNUM and low[start - 1] in _ALNUM:
            continue
        if end < size and low[end] in _ALNUM and low[end - 1] in _ALNUM:
            continue
        spans.append((start, end))
    return spans


_ALNUM = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
