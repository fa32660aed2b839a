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
_KANJI = "〇零一二三四五六七八九"
_TOKEN = re.compile(
    rf"(?P<era>明治|大正|昭和|平成|令和|[㍾㍽㍼㍻㋿明大昭平令]|(?<![A-Za-z])[MTSHRmtshr](?![A-Za-z]))|(?P<name>(?<![A-Za-z])(?:{_MONTH})(?![A-Za-z]))"
    rf"|(?P<num>[0-9]+|[{_KANJI}十百千]+|元)",
    re.IGNORECASE,
)
_LIGATURES = "㍾㍽㍼㍻㋿"
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
        unit that is written stay exact; None where too little is known."""
        month, day = self.month, self.day
        if self.year is None:
            if month is None:
                return _day(anchor.year, anchor.month, day) if anchor and day else None
            day = day or (anchor.day if anchor else 15)
            years = (anchor.year, anchor.year - 1, anchor.year + 1) if anchor else (2001,)
            days = [d for y in years if (d := _day(y, month, day))]
            return min(days, key=lambda d: abs((d - anchor).days)) if anchor and days else (days or [None])[0]
        year = self.year
        if self.two_digit:
            near = anchor.year if anchor else 2020
            year = min((c + self.year for c in (1800, 1900, 2000)), key=lambda y: (abs(y - near) if y <= near + 1 else 200 + y))
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
    plain = "".join([c if c in _LIGATURES else _plain(c) for c in text])
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


def _plain(char: str) -> str:
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
        return int("".join([str(max(0, _KANJI.index(c) - 1)) for c in text]))
    total, current = 0, 0
    for char in text:
        if char in "十百千":
            total += (current or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            current = 0
        else:
            current = max(0, _KANJI.index(char) - 1)
    return total + current


def _assign(pieces: list[Piece]) -> WrittenDate | None:
    """Gives each number its role: by 年, 月, 日 behind it, else by order and size."""
    pieces = [_labelled(p, pieces[i + 1].text if i + 1 < len(pieces) else "") for i, p in enumerate(pieces)]
    for i, piece in enumerate(pieces):
        if piece.kind == "num" and _era_before(pieces, i):
            pieces[i] = replace(piece, kind="year")
    have = {p.kind for p in pieces}
    loose = [i for i, p in enumerate(pieces) if p.kind == "num"]
    roles = _roles([pieces[i] for i in loose], have, _joints(pieces))
    if roles is None:
        return None
    for i, role in zip(loose, roles, strict=True):
        pieces[i] = replace(pieces[i], kind=role)
    return _collect(pieces)


def _labelled(piece: Piece, behind: str) -> Piece:
    if piece.kind != "num":
        return piece
    label = _plain(behind.lstrip()[:1]) if behind.strip() else ""
    kind = {"年": "year", "月": "month", "日": "day"}.get(label, "num")
    return replace(piece, kind=kind)


def _era_before(pieces: list[Piece], at: int) -> bool:
    return _after_era(pieces[:at])


def _joints(pieces: list[Piece]) -> str:
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
            era = _era_index(pieces, i)
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
    if len(years) > 1 or not (years or parts) or (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return None
    if any(p.kind == "era" for p in pieces) and not years:
        return None
    return WrittenDate(tuple(pieces), min(years) if years else None, month, day, two_digit and len(years) == 1)


def _era_index(pieces: list[Piece] | tuple[Piece, ...], at: int) -> int | None:
    for piece in reversed(pieces[:at]):
        if piece.kind == "era":
            return piece.value
        if piece.kind != "lit" or piece.text.strip(" .．"):
            return None
    return None


def write_date(form: WrittenDate, day: dt.date) -> str | None:
    """The given day in the form of `form`; None where the form's calendar has no era for it."""
    out: list[str] = []
    padded = _padded(form)
    for i, piece in enumerate(form.pieces):
        if piece.kind == "lit":
            out.append(piece.text)
        elif piece.kind == "era":
            era = _era_of(day, form)
            if era is None:
                return None
            out.append(_write_era(piece.text, era))
        elif piece.kind == "name":
            out.append(_write_name(piece.text, day.month))
        elif piece.kind == "year":
            out.append(_write_year(form, i, day))
        else:
            value = day.month if piece.kind == "month" else day.day
            out.append(write_number(piece.text, value, 2 if padded and not piece.text.isalpha() else 0))
    return "".join(out)


def _era_of(day: dt.date, form: WrittenDate) -> int | None:
    """The era of a day. Where no month is written the year's last day decides, as for 平成31年/令和元年 in common use."""
    if form.month is None:
        day = day.replace(month=12, day=31)
    elif form.day is None:
        day = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return next((i for i, era in enumerate(ERAS) if day >= era[0]), None)


def _write_era(written: str, era: int) -> str:
    row = ERAS[era]
    plain = _plain(written) if len(written) == 1 and written not in _LIGATURES else written
    if plain in _LIGATURES:
        return row[4]
    if len(plain) == 2:
        return row[1]
    if not plain.isascii():
        return row[2]
    letter = row[3].lower() if plain.islower() else row[3]
    return letter if written.isascii() else chr(ord(letter) + 0xFEE0)


def _write_name(written: str, month: int) -> str:
    long = len(written.strip(".")) > 4 or (len(written) == 4 and written.lower() != "sept")
    name = calendar.month_name[month] if long else calendar.month_name[month][:3]
    return name.upper() if written.isupper() else name.lower() if written.islower() else name


def _write_year(form: WrittenDate, at: int, day: dt.date) -> str:
    piece = form.pieces[at]
    if _era_index(form.pieces, at) is None:
        value = day.year % 100 if form.two_digit else day.year
        return write_number(piece.text, value, 2 if form.two_digit else 4)
    era = _era_of(day, form)
    value = day.year - ERAS[era or 0][0].year + 1
    behind = form.pieces[at + 1].text if at + 1 < len(form.pieces) else ""
    spelled = any(p.kind == "era" and len(p.text) == 2 for p in form.pieces)
    if value == 1 and (piece.text == "元" or (spelled and behind.startswith("年"))):
        return "元"
    pad = 2 if piece.text[:1] in "0０" and len(piece.text) == 2 or _is_compact(form) else 0
    return write_number("1" if piece.text == "元" else piece.text, value, pad)


def _is_compact(form: WrittenDate) -> bool:
    numbers = [p for p in form.pieces if p.kind in ("year", "month", "day")]
    return len(numbers) > 1 and not any(p.kind in ("lit", "name") for p in form.pieces)


def _padded(form: WrittenDate) -> bool:
    """Whether months and days are written with two digits: what the written ones show, else what the form is used with."""
    small = [p for p in form.pieces if p.kind in ("month", "day") and p.value < 10]
    if small:
        return any(len(p.text) > 1 for p in small)
    joints = _joints(list(form.pieces))
    return _is_compact(form) or (bool(re.search(r"[-/.]", joints)) and (form.year or 0) > 99 and not any(p.kind == "era" for p in form.pieces))


def write_number(like: str, value: int, width: int = 0) -> str:
    """A number in the script of `like`: ASCII, full-width, kanji digits side by side or kanji with units."""
    first = _plain(like[:1])
    if first.isascii():
        digits = str(value).rjust(width, "0")
        return digits if like[:1].isascii() else digits.translate(_WIDE)
    text = "".join([_plain(c) for c in like])
    if not set(text) & set("十百千") and (len(text) > 1 or value < 10):
        return "".join([_KANJI[int(d) + 1] if d != "0" else "〇" for d in str(value).rjust(width if len(text) > 2 else 0, "0")])
    return _with_units(value)


_WIDE = {ord("0") + i: chr(ord("０") + i) for i in range(10)}


def _with_units(value: int) -> str:
    if value == 0:
        return "〇"
    out = ""
    for unit, size in (("千", 1000), ("百", 100), ("十", 10)):
        count, value = divmod(value, size)
        out += (_KANJI[count + 1] if count > 1 else "") + unit if count else ""
    return out + (_KANJI[value + 1] if value else "")


def coarsen(form: WrittenDate, day: dt.date, to: str, *, japanese: bool = True) -> str | None:
    """A date with less detail, in its own form as far as that can be read: `month`, `year` or `decade`.

    Returns:
        The text, or None where the wanted detail is not written and cannot be known.
    """
    if to == "decade":
        decade = day.year // 10 * 10
        return f"{decade}年代" if japanese else f"{decade}s"
    keep = ("era", "year", "name", "month") if to == "month" else ("era", "year")
    if to == "year" and form.year is None:
        return f"{day.year}年" if japanese else str(day.year)
    kept = _without(form, keep)
    if not kept:
        return None
    if form.two_digit and len(kept) == 1:
        return f"{day.year}年" if japanese else str(day.year)
    text = write_date(replace(form, pieces=kept), day)
    if text is None:
        return None
    return text + _unit(form, kept, text, japanese=japanese)


def _without(form: WrittenDate, keep: tuple[str, ...]) -> tuple[Piece, ...]:
    """The pieces that are kept, with the characters between two kept ones and one unit behind the last."""
    indices = [i for i, p in enumerate(form.pieces) if p.kind in keep]
    if "month" not in keep and len(years := [i for i in indices if form.pieces[i].kind == "year"]) > 1:
        indices = [i for i in indices if i <= years[0]]
    out: list[Piece] = []
    for n, i in enumerate(indices):
        out.append(form.pieces[i])
        between = form.pieces[i + 1 : indices[n + 1]] if n + 1 < len(indices) else ()
        literals = [p for p in between if p.kind == "lit"]
        if literals:
            out.append(literals[0])
    behind = form.pieces[indices[-1] + 1].text if indices and indices[-1] + 1 < len(form.pieces) else ""
    if indices and behind and form.pieces[indices[-1] + 1].kind == "lit" and _plain(behind[0]) in "年月":
        out.append(Piece("lit", behind[0]))
    return tuple(out)


def _unit(form: WrittenDate, kept: tuple[Piece, ...], text: str, *, japanese: bool) -> str:
    """年 or 月 where a bare number would be left."""
    numbers = [p for p in kept if p.kind in ("year", "month", "name")]
    if not japanese or _plain(text[-1:]) in "年月" or not numbers or any(p.kind == "name" for p in form.pieces):
        return ""
    if len(numbers) == 1:
        return "年" if numbers[0].kind == "year" else "月"
    return ""


