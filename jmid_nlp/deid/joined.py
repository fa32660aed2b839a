"""Identifiers that a line break or blanks cut: found in a copy without the gaps, kept where they cross one."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable

from jmid_nlp.deid.evidence import Hit
from jmid_nlp.deid.kanji import KANJI
from jmid_nlp.offsets import Folded, OffsetMap, Span
from jmid_nlp.schema import CATEGORIES, Category
from jmid_nlp.text.lazy import lazy

# Patterns that begin with what is rare, and look behind from there, are found far faster.
_WRAP = re.compile(r"\n[ \t]*(?=[^\s・●■◆○□◇※*#【「『（(\[<\-→⇒]|-\d)(?![^\n:]{1,12}:)")
_OPEN_END = re.compile(r"[^\s。.:；:、,!?」』】）)\]>]")
_GAP = lazy(f"[ \t](?<=[{KANJI}].)[ \t]?(?=[{KANJI}])")
_KANJI = lazy(f"[{KANJI}]")
_TITLE_END = re.compile("(?:書|票|録|状|表|箋|欄|一覧|サマリー?|レポート)$")
_ONE_LINE = frozenset(("names.signature", "names.bare", "names.header"))
_DASHES = "-‐‑–—−ー―/.("
#: A name of three characters spread out is written so on purpose; one of two must be announced to be told from two words.
_SPREAD_SCORE, _PAIR_SCORE = 0.7, 0.85


def line_breaks(t: str) -> list[Span]:
    """Line breaks of a folded text that may stand inside a name or number."""
    out = []
    for m in _WRAP.finditer(t):
        start = m.start() - (t[m.start() - 1 : m.start()] == "\r")
        while start and t[start - 1] in " \t":
            start -= 1
        if start and _OPEN_END.match(t, start - 1):
            out.append((start, m.end()))
    return out


def spread_gaps(t: str) -> list[Span]:
    """Blanks of a folded text between kanji of which one at least stands alone: 佐 久 間 理 恵, 外科佐 治."""
    out: list[Span] = []
    for m in _GAP.finditer(t):
        start, end = m.span()
        if start < 2 or not _KANJI.match(t, start - 2) or not _KANJI.match(t, end + 1):
            out.append((start, end))
    return out


def across(
    view: Folded,
    gaps: list[Span],
    over: Callable[[str, str], frozenset[Category]],
    find: Callable[[str, frozenset[Category]], Iterable[Hit]],
    keep: Callable[[Hit, str, list[int]], bool],
) -> list[Hit]:
    """Finds of a copy without the gaps that cross one, with spans of the source.

    Only the lines that a gap touches are looked at again, with the line before them, which may hold their label.

    Args:
        view: The folded text.
        gaps: What to leave out, ascending.
        over: What a gap may cut, by the characters before and behind it.
        find: Detects in the copy; what is of none of the categories that the gaps may cut need not be found.
        keep: Whether a find counts, by the copy and the positions of its joints inside the find.
    """
    found = []
    for begin, end, inside in _stretches(view.text, gaps):
        cut = frozenset[Category]().union(*(over(view.text[left - 1], view.text[right]) for left, right in inside))
        if not cut:
            continue
        out, blocks, joints, at, size = [], [], [], begin, 0
        for left, right in inside:
            out.append(view.text[at:left])
            size += left - at
            joints.append(size)
            blocks.append((left - begin, right - begin, size, size))
            at = right
        out.append(view.text[at:end])
        joined, to_joined = "".join(out), OffsetMap(blocks)
        for hit in find(joined, cut):
            crossed = joints[bisect_right(joints, hit.start) : bisect_left(joints, hit.end)]
            if crossed and keep(hit, joined, crossed):
                first, last = to_joined.to_source(hit.start, hit.end)
                start, stop = view.source(begin + first, begin + last)
                found.append(hit._replace(start=start, end=stop))
    return found


def _stretches(t: str, gaps: list[Span]) -> list[tuple[int, int, list[Span]]]:
    """Whole lines around the gaps, from the line before to the line of the last one, with the gaps in them."""
    out: list[tuple[int, int, list[Span]]] = []
    for start, end in gaps:
        above = t.rfind("\n", 0, max(0, t.rfind("\n", 0, start)))
        below = t.find("\n", end)
        begin, stop = above + 1, len(t) if below < 0 else below
        if out and begin <= out[-1][1]:
            first, _, inside = out[-1]
            out[-1] = (first, stop, [*inside, (start, end)])
        else:
            out.append((begin, stop, [(start, end)]))
    return out


def crosses_lines(hit: Hit, joined: str, crossed: list[int]) -> bool:
    """Whether a find over line breaks is one identifier that they cut."""
    if hit.score < 0.7 or hit.detector in _ONE_LINE:
        return False
    if hit.category == "FACILITY" and any(_TITLE_END.search(joined[max(0, j - 6) : j]) for j in crossed):
        return False  # the title of a form above a facility's name
    return all(hit.category in cut_by_break(joined[j - 1], joined[j]) for j in crossed)


def is_spread(hit: Hit, joined: str, crossed: list[int]) -> bool:
    """Whether a find over blanks is a name whose characters are spread out."""
    size = hit.end - hit.start
    if hit.category != "PERSON" or len(crossed) != size - 1:
        return False
    return hit.score >= (_PAIR_SCORE if size < 3 else _SPREAD_SCORE)


_NUMBERED: frozenset[Category] = frozenset(("PHONE", "ID"))
_ALL: frozenset[Category] = frozenset(CATEGORIES)
_LATIN, _NOTHING, _DATE = _ALL - _NUMBERED, _ALL - _ALL, _ALL & {"DATE"}
_JAPANESE = _LATIN - {"EMAIL", "URL"}
_BEHIND_WORD, _BEFORE_DASH = _ALL & {"DATE", "ADDRESS"}, _ALL & {"DATE", "ADDRESS", "PHONE", "ID"}
_PERSON = _ALL & {"PERSON"}


def cut_by_break(before: str, after: str) -> frozenset[Category]:
    """What a line break may cut: any number between digits and after a dash, words between letters of one kind."""
    if after.isdigit():
        if before.isdigit() or before in _DASHES:
            return _ALL
        return _NOTHING if before.isascii() else _BEHIND_WORD
    if before.isdigit():
        return _BEFORE_DASH if after in _DASHES else _DATE
    if before.isascii() != after.isascii():
        return _NOTHING
    return _LATIN if after.isascii() else _JAPANESE


def cut_by_blank(before: str, after: str) -> frozenset[Category]:
    """What blanks between kanji may cut: the name of a person."""
    return _PERSON
