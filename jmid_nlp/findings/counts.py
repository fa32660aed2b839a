"""How many: a number before 個, 箇所 or つ, before a noun for lesions (3結節), or a word that says it (単発)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from jmid_nlp.findings.marks import Mark
from jmid_nlp.text.lazy import lazy

_KANJI = {c: n for n, c in enumerate("一二三四五六七八九十", 1)}
_NUMBER = r"(?:\d{1,3}|[一二三四五六七八九十])"
_BEFORE = re.compile(
    rf"(?P<lead>合計|計|少なくとも|最低|約|およそ|最大|前回は?|うち|>=?|≧|≥)?\s?(?P<a>{_NUMBER})(?:\s?(?:[~〜～\-–−ー,]|か|ないし)\s?(?P<b>{_NUMBER}))?\s?\Z"
)
_REACH = 12
_NOT_BEFORE = re.compile(r"[A-Za-z#/.+第×x\d]")
_MORE = re.compile(r"\s?(?:以上|超|を超え)")
_LESS = re.compile(r"\s?(?:以下|未満|まで)")
# 2個増加, 1個は…, 2つの可能性: numbers of something else.
_ELSE = re.compile(
    r"(?:の(?:可能性|うち|椎体|区域|肋骨|領域)|ほど?(?:増|減)|増|減|目|々|分|のみ?消失|は(?:消失|縮小|増大)|(?:で)?は[^、。]{0,10}(?:mm|cm))"
)
_NOUN = lazy(r"[一-龥ァ-ヴー々A-Za-z](?<![計約大低])")
_HOLDS = frozenset("一二三四五六七八九十")
_LAST = _HOLDS | frozenset("0123456789")  # the last letter of a number


class Number(NamedTuple):
    """A count in the folded text: `[start, end)`, the least and the most; None for an open end.

    `touches` tells that a noun stands right before it (結節2個, 金マーカー3個): it is the number of that noun alone.
    """

    start: int
    end: int
    low: int | None
    high: int | None
    touches: bool = False


def counts(text: str, marks: Sequence[Mark]) -> list[Number]:
    """The counts of lesions in a text, ascending.

    Args:
        text: The folded text.
        marks: Its marks of `count.tsv`.
    """
    found = []
    for mark in marks:
        if mark.kind == "number":
            found.append(Number(mark.start, mark.end, int(mark.group), int(mark.group)))
            continue
        before = text[mark.start - 1 : mark.start]
        if before.isspace():
            before = text[mark.start - 2 : mark.start - 1]
        item = _count(text, mark) if before in _LAST and before else None
        if item is not None:
            noun = item.start > 0 and _NOUN.match(text[item.start - 1]) is not None
            found.append(item._replace(touches=noun))
    return found


def _count(text: str, mark: Mark) -> Number | None:
    match = _BEFORE.search(text, max(0, mark.start - _REACH), mark.start)
    if match is None or _ELSE.match(text, mark.end):
        return None
    start = match.start("a")
    lead = match["lead"] or ""
    if lead.startswith(("前回", "うち")) or (not lead and start and _NOT_BEFORE.match(text[start - 1])):
        return None
    if mark.kind == "noun" and text[start] in _HOLDS and start and "一" <= text[start - 1] <= "龥":
        return None
    low = _value(match["a"])
    high = _value(match["b"]) if match["b"] else low
    if high < low:
        return None
    end = mark.start if mark.kind == "noun" else mark.end
    more, less = _MORE.match(text, mark.end), _LESS.match(text, mark.end)
    if more and mark.kind == "unit":
        return Number(start, more.end(), low, None)
    if less and mark.kind == "unit":
        strict = "未満" in less.group()
        return Number(start, less.end(), None, high - strict)
    if lead in ("少なくとも", "最低", ">=", "≧", "≥"):
        return Number(match.start(), end, low, None)
    if lead == ">":
        return Number(match.start(), end, low + 1, None)
    if lead == "最大":
        return Number(match.start(), end, None, high)
    return Number(start, end, low, high)


def _value(written: str) -> int:
    return _KANJI[written] if written in _KANJI else int(written)
