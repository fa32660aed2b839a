"""Lymph nodes that a report measures without calling them enlarged: 腋窩に短径7mmのリンパ節を認める."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from jmid_nlp.align.mentions import sentences
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Finding

_NODE = re.compile("リンパ節")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)(?:\s?[x×*]\s?(\d+(?:\.\d+)?))?\s?(mm|cm)")
_EARLIER = re.compile(r"(?:前回|以前|前|時)(?:の|は|には|で)?[^、。]{0,6}$")
_DENIED = re.compile(r"なし|ない|ません|有意(?:な|で)|消失|以上|以下|未満")


def measured_nodes(text: str, findings: Sequence[Finding]) -> list[Finding]:
    """The findings, and one for each measured lymph node that none of them speaks of.

    A size that the extraction gave to a finding of another sentence goes back to the node.

    Args:
        text: The report.
        findings: In any order; offsets in `text`.
    """
    out = list(findings)
    for start, end in sentences(text):
        word = _NODE.search(text, start, end)
        if word is None or any(start <= f.start < end or _holds(f, word.start()) for f in findings):
            continue
        size = _current_size(fold(text[start:end]).text.lower())
        if size is None:
            continue
        out = [_without(f, size, text) for f in out]
        out.append(Finding(word.start(), word.end(), word[0], None, "positive", sizes_mm=(size,)))
    return out


def _holds(f: Finding, at: int) -> bool:
    return any(s.start <= at < s.end for s in f.locations)


def _current_size(line: str) -> tuple[float, ...] | None:
    """The first size of a line that is neither an earlier one nor part of a denial."""
    if _DENIED.search(line):
        return None
    for m in _SIZE.finditer(line):
        if not _EARLIER.search(line[: m.start()]):
            factor = 10.0 if m[3] == "cm" else 1.0
            return tuple(float(v) * factor for v in m.groups()[:2] if v)
    return None


def _without(f: Finding, size: tuple[float, ...], text: str) -> Finding:
    """A finding without a size that its own sentence does not give."""
    if size not in f.sizes_mm:
        return f
    start, end = next(s for s in sentences(text) if s[0] <= f.start < s[1])
    line = fold(text[start:end]).text.lower()
    told = {float(m[1]) * (10.0 if m[3] == "cm" else 1.0) for m in _SIZE.finditer(line)}
    left = tuple(s for s in f.sizes_mm if s != size)
    return f if size[0] in told else replace(f, sizes_mm=left, multiple=f.multiple and len(left) > 1)
