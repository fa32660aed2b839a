"""Headings that name a place: the title of an examination of one side, labels of lines, headings above lines."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.sites import Group, side_of
from jmid_nlp.schema import Laterality
from jmid_nlp.text.lazy import lazy

BULLET = re.compile(
    r"[ \t]{0,6}(?:[・●○■□◆◇▼▽▲△★☆※◎*>→⇒+＋]|[#＃](?!\d{1,2}[はがにのをでもと、/])|[-–—](?=[^\d])"
    r"|\(?\d{1,2}[).．、](?!\d)|[①-⑳]|[a-hA-H][).])"
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
_EXAM = (
    r"(?:MRI|MRA|MR(?![A-Za-z])|CT|CTA|XP|X-?P|XR|X線|レントゲン|単純撮影|単純写真|エコー|超音波|US(?![A-Za-z])|[2-6]R|[2-6二三四]方向|撮影|MMG"
    r"|ＸＰ|plain film|radiograph|ultrasound|X-?ray)"
)
# A part of the body as titles name it; the name of a disease is none.
_PART = r"(?:(?!癌|腫|症|炎|術|痛|骨折|損傷|断裂|[右左両]|受傷|外傷|打撲|麻痺|脱力|しびれ)[一-鿿々ァ-ヴー・〜~]){1,10}"
_BETWEEN = r"(?:の|造影|単純|ダイナミック|関節|靱帯|正面|側面|斜位|軸位|3D|[:、・/,\s]|\([^()\n]{1,12}\)){0,6}"
_ENGLISH_PART = (
    r"(?:shoulder|elbow|wrist|hand|finger|hip|thigh|knee|leg|calf|ankle|foot|toe|heel|breast|arm|forearm|femur|tibia|humerus"
    r"|TMJ)(?:[ \t]joint)?"
)
# 左膝MRI, 膝MRI(左), MRI:左膝, left knee MRI, MRI of the left knee: the side of all that is examined.
_TITLES = (
    lazy(rf"(?P<side>右|左|両)側?{_PART}{_BETWEEN}{_EXAM}"),
    lazy(
        rf"{_EXAM}[^右左両。\n]{{0,8}}(?:検査)?[ \t]*[:(、,・\-_/]?[ \t]*"
        rf"(?P<side>右|左)側?{_PART}(?:[)、,]|単純|造影|\s|$|[2-6]R|[2-6]方向)",
        re.MULTILINE,
    ),
    lazy(
        rf"{_PART}{_BETWEEN}{_EXAM}(?:検査)?[ \t]*[(:、,・]?[ \t]*(?P<side>右|左)側?(?:のみ)?(?:\)|$|[ \t])",
        re.MULTILINE,
    ),
    lazy(
        r"(?:検査)?(?:部位|撮影部位|検査名|検査項目|検査)[ \t]*[】:]?[ \t]*[^\n。右左]{0,6}(?P<side>右|左)側?"
        + _PART
        + r"(?=[\s、。(]|$)",
        re.MULTILINE,
    ),
    lazy(
        rf"(?<![A-Za-z])(?P<side>right|left|[RL]t\.?|[RL])[ \t]+{_ENGLISH_PART}[^\n。]{{0,16}}?{_EXAM}",
        re.IGNORECASE,
    ),
    lazy(
        rf"{_EXAM}[^\n。]{{0,16}}?(?<![A-Za-z])(?P<side>right|left|[RL]t\.?|[RL])[ \t]+{_ENGLISH_PART}"
        r"[ \t]*(?=[\n。,:;(.]|$)",
        re.IGNORECASE | re.MULTILINE,
    ),
)
_SIDE_HINT = re.compile(r"[右左]|[RL](?:t|ight|eft)?\b", re.IGNORECASE)
_EXAM_HINT = re.compile(
    r"CT|MR|[XＸ]|US|エコー|超音波|撮|写真|方向|[2-6]R|部位|検査|レントゲン|MMG|ultrasound|radiograph|plain|x-?ray",
    re.IGNORECASE,
)
_OTHER_SIDE: dict[Laterality | None, re.Pattern[str]] = {
    "left": re.compile(r"[右両]|right|bilat|both", re.IGNORECASE),
    "right": re.compile(r"[左両]|left|bilat|both", re.IGNORECASE),
}
_TELLS = re.compile(r"認め|ます|ました|です|あり|なし|ある|いる|mm|みられ|前回|以前|比較|術後")
_TITLE_LINES = 4
_TITLE_WITHIN = 120  # characters


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
    """The side of an examination of one side (`左膝MRI`, `MRI（右肩）`), None for all others."""
    lines = re.split(r"[。\n]", parsed.text[:_TITLE_WITHIN])[:_TITLE_LINES]
    titles = [
        line
        for number, line in enumerate(lines)
        if _SIDE_HINT.search(line) and _EXAM_HINT.search(line) and not (number and _TELLS.search(line))
    ]
    for pattern in _TITLES:
        for line in titles:
            found = pattern.search(line)
            if found is None:
                continue
            side = side_of(found["side"])
            other = _OTHER_SIDE.get(side)
            return None if other is None or other.search(line) else side
    return None


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
