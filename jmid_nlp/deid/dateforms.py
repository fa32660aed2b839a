"""Dates as they are written: read into parts and written back in the same form with other values.

A written date is cut into pieces: era, year, month, day, and the characters between them. Only the numbers, the era and the
name of the month are written anew, each in the script, width and padding that it had; all else stays as it was.
Eras: Cabinet orders of 1868, 1912, 1926, 1989 and 2019 (first days of 明治, 大正, 昭和, 平成, 令和).
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from jmid_nlp.offsets import fold

#: First day, kanji, single kanji, letter and ligature of each era, newest first.
ERAS: tuple[tuple[dt.date, str, str, str, str], ...] = (
    (dt.date(2019, 5, 1), "令和", "令", "R", "㋿"),
    (dt.date(1989, 1, 8), "平成", "平", "H", "㍻"),
    (dt.date(1926, 12, 25), "昭和", "昭", "S", "㍼"),
    (dt.date(1912, 7, 30), "大正", "大", "T", "㍽"),
    (dt.date(1868, 10, 23), "明治", "明", "M", "㍾"),
)
_MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name[:3].lower(): i for name, i in list(_MONTHS.items())} | {"sept": 9}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
KANJI_DIGITS = "〇零一二三四五六七八九"
_TOKEN = re.compile(
    rf"(?P<era>明治|大正|昭和|平成|令和|[㍾㍽㍼㍻㋿明大昭平令]|(?<![A-Za-z])[MTSHRmtshr](?![A-Za-z]))|(?P<name>(?<![A-Za-z])(?:{_MONTH})(?![A-Za-z]))"
    rf"|(?P<num>[0-9]+|[{KANJI_DIGITS}十百千]+|元)",
    re.IGNORECASE,
)
LIGATURES = "㍾㍽㍼㍻㋿"
#: Letters that OCR writes for 0 and 1, beside a digit.
_MISREAD = re.compile(r"(?<=[0-9])[OoIl|]|[OoIl|](?=[0-9])")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a written date: kind `lit`, `era`, `name` (of a month), `year`, `month` or `day`, and how it is written."""

    kind: str
    text: str
    value: int = 0


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date as it stands in a text. Parts that are not written are None; `two_digit` marks a year without its century."""

    pieces: tuple[Piece, ...]
    year: int | None
    month: int | None
    day: int | None
    two_digit: bool = False

    def complete(self, anchor: dt.date | None) -> dt.date | None:
        """The day that is meant, missing parts taken from the anchor (the day of the examination), so that distances in the
        unit that is written stay exact; None where too little is known.
        """
        month, day = self.month, self.day
        if self.year is None:
            if month is None:
                return _day(anchor.year, anchor.month, day) if anchor and day else None
            day = day or (anchor.day if anchor else 15)
            years = (anchor.year, anchor.year - 1, anchor.year + 1) if anchor else (2001,)
            days = [d for y in years if (d := _day(y, month, day))]
            if not days:
                return None
            return min(days, key=lambda d: abs((d - anchor).days)) if anchor else days[0]
        year = self.year
        if self.two_digit:
            near = anchor.year if anchor else 2020
            year = min(
                (c + self.year for c in (1800, 1900, 2000)), key=lambda y: abs(y - near) if y <= near + 1 else 200 + y
            )
        if month is None:
            month, day = (anchor.month, anchor.day) if anchor else (7, 1)
        return _day(year, month, day or (anchor.day if anchor else 15), clamp=self.day is None)


def _day(year: int, month: int, day: int | None, *, clamp: bool = False) -> dt.date | None:
    """A calendar day; a day past the end of its month counts on into the next one, unless it was only filled in."""
    if day is None or not 1 <= month <= 12 or not 1 <= day <= 31 or not 1 <= year <= 9990:
        return None
    if clamp:
        day = min(day, calendar.monthrange(year, month)[1])
    return dt.date(year, month, 1) + dt.timedelta(days=day - 1)


@lru_cache(maxsize=4096)
def read_date(text: str) -> WrittenDate | None:
    """Reads a written date, complete or partial, in the Western or the Japanese calendar; None where it cannot be read."""
    plain = "".join([c if c in LIGATURES else plain_char(c) for c in text])
    plain = _MISREAD.sub(lambda m: "0" if m.group() in "Oo" else "1", plain)
    pieces: list[Piece] = []
    at = 0
    for found in _TOKEN.finditer(plain):
        kind = found.lastgroup or ""
        start, end = found.span()
        if start > at:
            pieces.append(Piece("lit", text[at:start]))
        pieces.extend(_token(kind, text[start:end], found.group(), after_era=_after_era(pieces)))
        at = end
    if at < len(text):
        pieces.append(Piece("lit", text[at:]))
    return _assign(pieces)


@lru_cache(maxsize=16384)
def plain_char(char: str) -> str:
    """A character folded, where folding gives one character."""
    folded = fold(char).text
    return folded if len(folded) == 1 else char


def _after_era(pieces: list[Piece]) -> bool:
    for piece in reversed(pieces):
        if piece.kind == "era":
            return True
        if piece.kind != "lit" or piece.text.strip(" .．"):
            return False
    return False


def _token(kind: str, written: str, plain: str, *, after_era: bool) -> list[Piece]:
    """One token as pieces; a number without separators is cut into its fields."""
    if kind == "era":
        return [Piece("era", written, next(i for i, e in enumerate(ERAS) if plain.upper() in e[1:] or plain in e[1:]))]
    if kind == "name":
        return [Piece("name", written, _MONTHS[plain.lower()])]
    cuts = _cuts(plain, after_era=after_era) if plain.isascii() else None
    if cuts is None:
        return [Piece("num", written, number_value(plain))]
    parts, at = [], 0
    for name, width in cuts:
        parts.append(Piece(name, written[at : at + width], int(plain[at : at + width])))
        at += width
    return parts


def _cuts(digits: str, *, after_era: bool) -> tuple[tuple[str, int], ...] | None:
    two = (("year", 2), ("month", 2), ("day", 2))
    if len(digits) == 8:
        return (("year", 4), ("month", 2), ("day", 2))
    if len(digits) == 6:
        valid = 1 <= int(digits[2:4]) <= 12 and 1 <= int(digits[4:]) <= 31
        return two if after_era or valid else (("year", 4), ("month", 2))
    if len(digits) == 4 and not 1800 <= int(digits) <= 2150:
        return (("year", 2), ("month", 2)) if after_era else (("month", 2), ("day", 2))
    return None


def number_value(text: str) -> int:
    """The value of ASCII digits, of kanji digits side by side (二〇二三), of kanji with units (二十三), or of 元 (1)."""
    if text.isascii():
        return int(text)
    if text == "元":
        return 1
    if not set(text) & set("十百千"):
        return int("".join([str(max(0, KANJI_DIGITS.index(c) - 1)) for c in text]))
    total, current = 0, 0
    for char in text:
        if char in "十百千":
            total += (current or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            current = 0
        else:
            current = max(0, KANJI_DIGITS.index(char) - 1)
    return total + current


def _assign(pieces: list[Piece]) -> WrittenDate | None:
    """Gives each number its role: by 年, 月, 日 behind it, else by order and size."""
    pieces = [_labelled(p, pieces[i + 1].text if i + 1 < len(pieces) else "") for i, p in enumerate(pieces)]
    for i, piece in enumerate(pieces):
        if piece.kind == "num" and _era_before(pieces, i):
            pieces[i] = replace(piece, kind="year")
    have = {p.kind for p in pieces}
    loose = [i for i, p in enumerate(pieces) if p.kind == "num"]
    roles = _roles([pieces[i] for i in loose], have, joints(pieces))
    if roles is None:
        return None
    for i, role in zip(loose, roles, strict=True):
        pieces[i] = replace(pieces[i], kind=role)
    return _collect(pieces)


def _labelled(piece: Piece, behind: str) -> Piece:
    if piece.kind != "num":
        return piece
    label = plain_char(behind.lstrip()[:1]) if behind.strip() else ""
    kind = {"年": "year", "月": "month", "日": "day"}.get(label, "num")
    return replace(piece, kind=kind)


def _era_before(pieces: list[Piece], at: int) -> bool:
    return _after_era(pieces[:at])


def joints(pieces: list[Piece]) -> str:
    """The characters between the parts."""
    return "".join([p.text for p in pieces if p.kind == "lit"])


def _roles(numbers: list[Piece], have: set[str], joints: str) -> list[str] | None:
    missing = [k for k in ("year", "month", "day") if k not in have and not (k == "month" and "name" in have)]
    count, values = len(numbers), [n.value for n in numbers]
    if count == 0:
        return []
    long = [len(n.text) >= 4 or n.value > 31 for n in numbers]
    if count == 3 and len(missing) == 3:
        if long[2] and not long[0]:
            us = values[1] > 12 or (values[0] <= 12 and "/" in joints)
            return ["month", "day", "year"] if us else ["day", "month", "year"]
        return ["year", "month", "day"]
    if count == 2 and "name" in have:
        return ["year", "day"] if long[0] and not long[1] else ["day", "year"]
    if count == 2 and missing == ["year", "month", "day"]:
        if long[0]:
            return ["year", "month"]
        return ["month", "year"] if long[1] else ["month", "day"]
    if count == 1:
        if "'" in joints or "’" in joints or long[0]:
            return ["year"] if "year" in missing else None
        if "name" in have:
            return ["day"] if "day" in missing else None
        free = [k for k in missing if k != "year"]
        return [free[0]] if free else None
    return ["month", "day"] if count == 2 and missing == ["month", "day"] else None


def _collect(pieces: list[Piece]) -> WrittenDate | None:
    """The parts' values; a part that is written twice (令和5年（2023年）) must say the same twice."""
    years: set[int] = set()
    parts: dict[str, int] = {}
    two_digit = False
    for i, piece in enumerate(pieces):
        if piece.kind == "year":
            era = era_index(pieces, i)
            if era is not None:
                years.add(ERAS[era][0].year + piece.value - 1)
            elif piece.value < 100 and len(piece.text) <= 2:
                two_digit = True
                years.add(piece.value)
            else:
                years.add(piece.value)
        elif piece.kind in ("month", "day", "name"):
            name = "month" if piece.kind == "name" else piece.kind
            if parts.setdefault(name, piece.value) != piece.value:
                return None
    month, day = parts.get("month"), parts.get("day")
    if (
        len(years) > 1
        or not (years or parts)
        or (month is not None and not 1 <= month <= 12)
        or (day is not None and not 1 <= day <= 31)
    ):
        return None
    if any(p.kind == "era" for p in pieces) and not years:
        return None
    return WrittenDate(tuple(pieces), min(years) if years else None, month, day, two_digit and len(years) == 1)


def era_index(pieces: list[Piece] | tuple[Piece, ...], at: int) -> int | None:
    """The era that the year at this piece is counted in."""
    for piece in reversed(pieces[:at]):
        if piece.kind == "era":
            return piece.value
        if piece.kind != "lit" or piece.text.strip(" .．"):
            return None
    return None
