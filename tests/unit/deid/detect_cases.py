"""Inline markup of the detection cases: `[text](CATEGORY)` marks an identifier, `[text](SKIP)` is plain text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

CASES = Path(__file__).parents[2] / "cases"
_MARK = re.compile(r"\[([^\[\]]+)\]\(([A-Z]+)\)")


class Case(NamedTuple):
    name: str
    text: str
    spans: tuple[tuple[int, int, str], ...]


def parse(name: str, source: str) -> Case:
    """The text without markup, and the marked spans in it."""
    text, spans, at = "", [], 0
    for m in _MARK.finditer(source):
        text += source[at : m.start()]
        if m[2] != "SKIP":
            spans.append((len(text), len(text) + len(m[1]), m[2]))
        text += m[1]
        at = m.end()
    return Case(name, text + source[at:], tuple(spans))


def read_reports(path: str) -> list[Case]:
    """Cases of a file in which each begins at a line `--- name`."""
    blocks = re.split(r"^--- (\S+)\n", (CASES / path).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [parse(name, body.rstrip("\n")) for name, body in zip(blocks[1::2], blocks[2::2], strict=True)]


def read_lines(path: str) -> list[str]:
    """Lines of a file without comments."""
    lines = (CASES / path).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def missed(case: Case, found: list[tuple[int, int]]) -> list[str]:
    """Marked identifiers of which an alphanumeric character is not covered."""
    covered = {i for s, e in found for i in range(s, e)}
    return [
        case.text[s:e]
        for s, e, _ in case.spans
        if any(case.text[i].isalnum() and i not in covered for i in range(s, e))
    ]


def beside(case: Case, found: list[tuple[int, int]]) -> list[str]:
    """Found spans that touch no marked identifier."""
    return [case.text[s:e] for s, e in found if not any(s < b and a < e for a, b, _ in case.spans)]
