"""Headings that name a place: the title of an examination of one side, labels of lines, headings above lines."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.sites import Group, side_of
from jmid_nlp.schema import Laterality

BULLET = re.compile(
    r"[ \t]{0,6}(?:[・●○■□◆◇▼▽▲△★☆※◎#＃*>→⇒+＋]|[-–—](?=[^\d])|\(?\d{1,2}[).．、](?!\d)|[①-⑳]|[a-hA-H][).])"
)
_LABEL_END = re.compile(r"\s?[:】\])]")
_HEAD_LINE = re.compile(
    r"[ \t]*[【\[〈<《■●◆▼・#]{1,2}[ \t]*(?P<name>[^\n【】\[\]:。]{1,24}?)[ \t]*(?:[】\]〉>》:]{1,2}|"
    r"$)|^(?P<plain>[^\n:。、]{1,16}):",
    re.MULTILINE,
)
_HEAD_MARKS = "【[〈<《■●◆▼・#"  # a heading line begins with one of them or has a colon behind its first words
_LABEL = 17
_NUMBERED = re.compile(r"[ \t]*\(?\d{1,2}[).．、]\s*")
_LONGEST_HEADING = 24
_TITLE = re.compile(
    r"((?:右|左|両)側?)[一-鿿]{0,5}(?:関節|部)?(?:の)?(?:単純|造影)?\s?"
    r"(?:MRI|MRA|MR|CT|XP|X-?P|X線|レントゲン|単純撮影|単純写真|エコー|超音波|US|[2-6]R|[2-6二三四]方向)"
)


class SectionNames:
    """The section of any character of a report."""

    def __init__(self, parsed: Parsed) -> None:
        self._sections = parsed.sections
        self._starts = [s.start for s in parsed.sections]

    def of(self, at: int) -> str | None:
        """The name of the section that holds a character, None outside all sections."""
        k = bisect_right(self._starts, at) - 1
        return self._sections[k].name if k >= 0 and at < self._sections[k].end else None


def title_side(parsed: Parsed) -> Laterality | None:
    """The side of an examination of one side (`左膝MRI`), None for all others."""
    found = _TITLE.search(parsed.text, 0, min(len(parsed.text), 120))
    if found is None or "。" in parsed.text[: found.start()]:
        return None
    side = side_of(found.group(1))
    return side if side in ("left", "right") else None


def line_labels(parsed: Parsed, groups: list[Group]) -> dict[int, Group]:
    """Sentence number -> the place that labels its line (`・左上葉：…`), for the sentences after the first."""
    text = parsed.text
    found: dict[int, Group] = {}
    label: Group | None = None
    starts = {g.start: [g] for g in groups if _LABEL_END.match(text, g.end)}
    if not starts:
        return found
    for number, (start, end) in enumerate(parsed.sentences):
        bullet = BULLET.match(text, start)
        first = bullet.end() if bullet else start
        nearby = (group for at in range(first, first + 3) for group in starts.get(at, ()))
        own = next((g for g in nearby if g.end < end and _LABEL_END.match(text, g.end)), None)
        if own is not None or bullet or number == 0 or "\n" in text[parsed.sentences[number - 1][1] - 1 : start + 1]:
            label = own
        if label is not None:
            found[number] = label
    return found


def line_headers(parsed: Parsed, groups: list[Group]) -> dict[int, Group]:
    """Sentence number -> the place of the heading line above it (【肝臓】 on its own line)."""
    text = parsed.text
    found: dict[int, Group] = {}
    header: Group | None = None
    if "\n" not in text:
        return found
    starts = [g.start for g in groups]
    for number, (start, end) in enumerate(parsed.sentences):
        line = text[start:end].strip()
        marked = line[:1] in _HEAD_MARKS or ":" in line[:_LABEL]
        match = _HEAD_LINE.match(line) if marked else None
        if match and match.end() >= len(line):
            inside = groups[bisect_left(starts, start) : bisect_left(starts, end)]
            name = (match["name"] or match["plain"] or "").strip()
            header = inside[0] if len(inside) == 1 and inside[0].end - inside[0].start >= len(name) - 2 else None
        elif (alone := _alone(text, start, end, groups, starts)) is not None:
            header = alone
        elif line[:1] in "【[■◆":
            header = None
        elif header is not None:
            found[number] = header
    return found


def _alone(text: str, start: int, end: int, groups: list[Group], starts: list[int]) -> Group | None:
    """The place that is all of a line, perhaps behind a number: `1. 肝`."""
    if end - start > _LONGEST_HEADING or (end < len(text) and text[end] != "\n" and text[end - 1] != "\n"):
        return None
    number = _NUMBERED.match(text, start)
    first = number.end() if number else start
    k = bisect_left(starts, first)
    if k >= len(groups) or groups[k].start != first or groups[k].bare:
        return None
    return groups[k] if not text[groups[k].end : end].strip() else None
