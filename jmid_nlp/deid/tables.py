"""Values whose kind is named elsewhere: columns of a CSV-like block with a header line, and lines of a DICOM dump."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import book
from jmid_nlp.deid.cues import EXPLICIT, Label
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.text.shape import ascii_lower

_TAG = re.compile(
    r"[(\[]?(?<![0-9A-Fa-f])([0-9A-Fa-f]{4}),[ ]?([0-9A-Fa-f]{4})[)\]]?[ \t]*(?:[A-Z][A-Za-z' ]{2,40}?[ "
    r"\t]+)?(?:(?:AE|AS|CS|DA|DS|DT|IS|LO|LT|PN|SH|ST|TM|UI|UT|SQ)[ \t:]+)?[:=\[]{0,2}[ \t]*[\"'\[]?"
)
_SPLIT = {
    ",": re.compile(","),
    "\t": re.compile("\t"),
    "|": re.compile(r"\|"),
    ";": re.compile(";"),
    " / ": re.compile(" / "),
}


@cache
def _tags() -> dict[str, tuple[str, str]]:
    return {tag: (r["kind"], r["subtype"]) for r in read_table("phi/dicom_tags.tsv") for tag in split_forms(r["tag"])}


def find_cells(t: str) -> list[Label]:
    """Values with a kind, as labels whose value begins where the cell does."""
    out: list[Label] = []
    if _HEX.search(t):
        out += _dump(t)
    if "\n" in t:
        out += _columns(t)
    return out


_HEX = re.compile(r",(?<=[0-9A-Fa-f]{4}.)[ ]?[0-9A-Fa-f]{4}")


def _dump(t: str) -> Iterator[Label]:
    for m in _TAG.finditer(t):
        found = _tags().get((m[1] + m[2]).lower())
        if found:
            yield Label(m.start(), m.end(), m.end(), EXPLICIT, found[0], found[1], "cell", False)


def _columns(t: str) -> Iterator[Label]:
    """A header line of which two cells or more are labels gives the kind of the cells below it, up to an empty line."""
    kinds: list[tuple[str, str] | None] = []
    at, mark, width = 0, "", 0
    for line in t.split("\n"):
        start, at = at, at + len(line) + 1
        if not line.strip():
            kinds = []
            continue
        found = _header(line)
        if found:
            mark, kinds = found
            width = len(kinds)
            continue
        if kinds:
            cells = _cells(line, mark)
            if abs(len(cells) - width) > 1:
                kinds = []
                continue
            for (low, cell), kind in zip(cells, kinds, strict=False):
                lead = len(cell) - len(cell.lstrip(" \t\"'"))
                if kind and cell.strip(" \t\"'"):
                    yield Label(
                        start + low, start + low + lead, start + low + lead, EXPLICIT, kind[0], kind[1], "cell", False
                    )


def _header(line: str) -> tuple[str, list[tuple[str, str] | None]] | None:
    if len(line) > 600:
        return None
    for mark in ("\t", "|", ",", ";", " / "):
        if line.count(mark) < 1:
            continue
        kinds: list[tuple[str, str] | None] = []
        for _, cell in _cells(line, mark):
            label = book().labels.get(ascii_lower(cell.strip(" \t\"'#")))
            kinds.append((label[0], label[1]) if label else None)
        if sum(k is not None for k in kinds) >= 2 and sum(k is not None for k in kinds) * 2 >= len(kinds) - 2:
            return mark, kinds
    return None


def _cells(line: str, mark: str) -> list[tuple[int, str]]:
    out, at = [], 0
    for m in _SPLIT[mark].finditer(line):
        out.append((at, line[at : m.start()]))
        at = m.end()
    out.append((at, line[at:]))
    return out
