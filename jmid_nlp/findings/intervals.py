"""Times until an examination is due: 3ヶ月後, 半年後, 1年以内, 3〜6か月, 1年毎, with their length in days."""

from __future__ import annotations

import re
from typing import NamedTuple

from jmid_nlp.text.lazy import lazy

_DAYS = {"年": 365, "Y": 365, "月": 30, "M": 30, "週": 7, "W": 7, "日": 1}
_HALF_YEAR = 180
_KANJI = {c: n for n, c in enumerate("一二三四五六七八九十", 1)}
_NUMBER = r"(?:\d{1,3}(?:\.5)?|[一二三四五六七八九十]|半|数)"
_UNIT = r"(?:M(?![A-Za-z])|W(?![A-Za-z])|Y(?![A-Za-z])|年半|年|[かヶケカヵヵ箇ヵケ]\s?月半?|週間?|日間?)"
_TIME = lazy(
    rf"(?:(?P<a>{_NUMBER})\s?(?P<ua>{_UNIT})?(?:\s?(?:[~〜～\-–−ー,、・]|から|ないし|または|か|or)\s?(?P<b>{_NUMBER})\s?(?P<ub>{_UNIT}))?"
    r"|(?P<each>毎年|年に?[1一]回)|(?P<next>翌年|来年|次年度))"
    r"\s?(?:程度|ほど|くらい|ぐらい|前後|目安|頃|ごろ)?"
    r"\s?(?P<dir>後|以内|以降|以上(?:後|あけ|空け)|毎|ごと|おき|間隔|を(?:目処|目途|めど|目安)|先|(?=の|で|に|を)|(?=CT|MRI|US|フォロー|経過|再検))?"
)
_START = re.compile(r"[\d一二三四五六七八九十数半毎年翌来次]")
_PAST = re.compile(r"\s?(?:半)?(?:程度|ほど)?(?:前(?!後)|来|以上前|間(?!隔)|経過|ぶり|目|代|次|度|生|齢)")


class Interval(NamedTuple):
    """A time in the folded text: `[start, end)` and its shortest and longest days; empty where no number is written."""

    start: int
    end: int
    days: tuple[int | None, ...]


def intervals(text: str, low: int, high: int) -> list[Interval]:
    """The times in `[low, high)` that lie ahead; those that lie behind (3年前, 1年来) and durations are left out."""
    found: list[Interval] = []
    at = low
    while (start := _START.search(text, at, high)) is not None:
        match = _TIME.match(text, start.start(), high)
        item = _read(text, match) if match is not None else None
        if item is not None:
            found.append(item)
            at = item.end
        else:
            at = start.end()
            while at < high and text[at - 1].isdigit() and text[at].isdigit():
                at += 1  # the rest of a number is no number of its own
    return found


def _read(text: str, match: re.Match[str]) -> Interval | None:
    if match["each"] or match["next"]:
        return Interval(match.start(), match.end(), _span(365, 365, match["dir"] or ""))
    unit = match["ub"] or match["ua"]
    if unit is None or (match["dir"] is None and match["a"] != "半") or _PAST.match(text, match.end()):
        return None
    if (match.start() and text[match.start() - 1] in "./-#") or (match["b"] and not match["ub"]):
        return None
    first = _days(match["a"], match["ua"] or unit)
    last = _days(match["b"], unit) if match["b"] else first
    days = () if first is None or last is None else _span(first, last, match["dir"])
    return Interval(match.start(), match.end(), days)


def _span(first: int, last: int, direction: str) -> tuple[int | None, ...]:
    if direction == "以内":
        return (0, last)
    if direction.startswith("以"):
        return (first, None)
    return (first, last)


def _days(number: str, unit: str) -> int | None:
    if number == "数":
        return None
    if number == "半":
        return _HALF_YEAR if "年" in unit else _DAYS["月"] // 2
    value = float(_KANJI.get(number, 0) or number)
    size = next(days for letter, days in _DAYS.items() if letter in unit)
    half = (_HALF_YEAR if "年" in unit else size // 2) if "半" in unit else 0
    return round(value * size) + half
