"""Dates written back in the form in which they were read: script, width, padding, calendar and separators stay."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import replace

from jmid_nlp.deid.dateforms import ERAS, KANJI_DIGITS, LIGATURES, Piece, WrittenDate, era_index, plain_char


def write_date(form: WrittenDate, day: dt.date) -> str | None:
    """The given day in the form of `form`; None where the form's calendar has no era for it."""
    out: list[str] = []
    padded = _padded(form)
    for i, piece in enumerate(form.pieces):
        if piece.kind == "lit":
            out.append(piece.text)
        elif piece.kind == "era":
            era = piece.value if _same(form, day) else _era_of(day, form)
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


def _same(form: WrittenDate, day: dt.date) -> bool:
    """Whether all stays as it is written, the era then too: 平成31年 is not rewritten as 令和元年."""
    return day.year == form.year and form.month in (None, day.month) and form.day in (None, day.day)


def _era_of(day: dt.date, form: WrittenDate) -> int | None:
    """The era of a day. Where no month is written the year's last day decides, as for 平成31年/令和元年 in common use."""
    if form.month is None:
        day = day.replace(month=12, day=31)
    elif form.day is None:
        day = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return next((i for i, era in enumerate(ERAS) if day >= era[0]), None)


def _write_era(written: str, era: int) -> str:
    row = ERAS[era]
    plain = plain_char(written) if len(written) == 1 and written not in LIGATURES else written
    if plain in LIGATURES:
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
    if era_index(form.pieces, at) is None:
        value = day.year % 100 if form.two_digit else day.year
        return write_number(piece.text, value, 2 if form.two_digit else 4)
    era = _era_of(day, form)
    if _same(form, day):
        return piece.text
    value = day.year - ERAS[era or 0][0].year + 1
    behind = form.pieces[at + 1].text if at + 1 < len(form.pieces) else ""
    spelled = any(p.kind == "era" and len(p.text) == 2 for p in form.pieces)
    if value == 1 and (piece.text == "元" or (spelled and behind.startswith("年"))):
        return "元"
    pad = 2 if (piece.text[:1] in "0０" and len(piece.text) == 2) or _is_compact(form) else 0
    return write_number("1" if piece.text == "元" else piece.text, value, pad)


def _is_compact(form: WrittenDate) -> bool:
    numbers = [p for p in form.pieces if p.kind in ("year", "month", "day")]
    return len(numbers) > 1 and not any(p.kind in ("lit", "name") for p in form.pieces)


def _padded(form: WrittenDate) -> bool:
    """Whether months and days are written with two digits: what the written ones show, else what the form is used with."""
    small = [p for p in form.pieces if p.kind in ("month", "day") and p.value < 10]
    if small:
        return any(len(p.text) > 1 for p in small)
    between = "".join([p.text for p in form.pieces if p.kind == "lit"])
    return _is_compact(form) or (
        bool(re.search(r"[-/.]", between)) and (form.year or 0) > 99 and not any(p.kind == "era" for p in form.pieces)
    )


def write_number(like: str, value: int, width: int = 0) -> str:
    """A number in the script of `like`: ASCII, full-width, kanji digits side by side or kanji with units."""
    first = plain_char(like[:1])
    if first.isascii():
        digits = str(value).rjust(width, "0")
        return digits if like[:1].isascii() else digits.translate(_WIDE)
    text = "".join([plain_char(c) for c in like])
    if not set(text) & set("十百千") and (len(text) > 1 or value < 10):
        return "".join(
            [
                KANJI_DIGITS[int(d) + 1] if d != "0" else "〇"
                for d in str(value).rjust(width if len(text) > 2 else 0, "0")
            ]
        )
    return _with_units(value)


_WIDE = {ord("0") + i: chr(ord("０") + i) for i in range(10)}


def _with_units(value: int) -> str:
    if value == 0:
        return "〇"
    out = ""
    for unit, size in (("千", 1000), ("百", 100), ("十", 10)):
        count, value = divmod(value, size)
        out += (KANJI_DIGITS[count + 1] if count > 1 else "") + unit if count else ""
    return out + (KANJI_DIGITS[value + 1] if value else "")


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
    if len(kept) == len(form.pieces):
        return write_date(form, day)
    if not kept:
        return None
    if form.two_digit:
        return _century(day, to, japanese=japanese)
    if to == "month" and not _readable(kept):
        if not japanese and not any(p.kind == "era" for p in kept):
            return f"{day.year}-{day.month:02d}"
        kept = _spelled(kept)
    text = write_date(replace(form, pieces=_long_era(kept)), day)
    if text is None:
        return None
    return text + _unit(form, kept, text, japanese=japanese)


def _century(day: dt.date, to: str, *, japanese: bool) -> str:
    """A date whose year was written without its century: 24/05 would be a fraction."""
    if to == "month":
        return f"{day.year}年{day.month}月" if japanese else f"{day.year}-{day.month:02d}"
    return f"{day.year}年" if japanese else str(day.year)


def _readable(kept: tuple[Piece, ...]) -> bool:
    """Whether year and month alone are still a date: 2024/05 and May 2024 are, R6.2 and 202402 are any number."""
    kinds = {p.kind for p in kept}
    if "name" in kinds or not kinds >= {"year", "month"}:
        return True
    between = "".join([p.text for p in kept if p.kind == "lit"])
    return "月" in between or ("era" not in kinds and re.fullmatch("[-/.．／－]", between) is not None)


def _spelled(kept: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Era, year and month with 年 and 月 in the place of other marks."""
    out: list[Piece] = []
    for piece in kept:
        if piece.kind != "lit":
            out.append(piece)
        if piece.kind in ("year", "month"):
            out.append(Piece("lit", "年" if piece.kind == "year" else "月"))
    return tuple(out)


def _long_era(kept: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """令5年 as 令和5年: an era of one kanji is read only before a whole date."""
    first = kept[0]
    if first.kind != "era" or len(first.text) > 1 or first.text.isascii() or plain_char(first.text) != first.text:
        return kept
    row = next((row for row in ERAS if row[2] == first.text), None)
    return (replace(first, text=row[1]), *kept[1:]) if row else kept


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
    if indices and behind and form.pieces[indices[-1] + 1].kind == "lit" and plain_char(behind[0]) in "年月":
        out.append(Piece("lit", behind[0]))
    return tuple(out)


def _unit(form: WrittenDate, kept: tuple[Piece, ...], text: str, *, japanese: bool) -> str:
    """年 or 月 where a bare number would be left."""
    numbers = [p for p in kept if p.kind in ("year", "month", "name")]
    japanese = japanese or any(p.kind == "era" for p in form.pieces)
    if not japanese or plain_char(text[-1:]) in "年月" or not numbers or any(p.kind == "name" for p in form.pieces):
        return ""
    if len(numbers) == 1:
        return "年" if numbers[0].kind == "year" else "月"
    return ""
