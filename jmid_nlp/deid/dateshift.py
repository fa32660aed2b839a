"""Shifting dates by one keyed offset per patient, and making them coarser.

The offset is signed and never zero. It can be given from outside, patient by patient, so that the text agrees with DICOM
headers that were shifted before (DICOM PS3.15, option 113107).
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from pathlib import Path

from jmid_nlp.deid.dateforms import read_date
from jmid_nlp.deid.datewrite import coarsen, write_date
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import Policy
from jmid_nlp.errors import InputError

WEEKDAYS = "月火水木金土日"
#: A day of the week directly behind a date: it would contradict the shifted date, and give the shift away.
WEEKDAY = re.compile(r"[ 　]?[(（]([月火水木金土日])(?:曜日?)?[)）]|[ 　]?([月火水木金土日])曜日?")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}")


def shift_days(key: Key, patient: str, policy: Policy) -> int:
    """The patient's offset in days: keyed, signed, never zero, at most `policy.max_shift_days` either way."""
    step = 7 if policy.whole_weeks else 1
    reach = policy.max_shift_days // step
    number = key.number(2 * reach, "date-shift", patient)
    return step * (number - reach if number < reach else number - reach + 1)


def read_shifts(path: Path) -> dict[str, int]:
    """Offsets in days by patient id from CSV with the columns `patient_id` and `days`; further columns are passed over.

    Raises:
        InputError: The file cannot be read, a column is missing, an offset is no whole number other than 0, or a patient has
            two; the message names the line, not its content.
    """
    shifts: dict[str, int] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not {"patient_id", "days"} <= set(rows.fieldnames or ()):
                raise InputError(f"{path.name}: the columns patient_id,days are needed")
            for number, row in enumerate(rows, 2):
                patient, days = (row["patient_id"] or "").strip(), (row["days"] or "").strip()
                if not patient or not re.fullmatch(r"[+\-]?[0-9]{1,6}", days, re.ASCII) or int(days) == 0:
                    raise InputError(
                        f"{path.name}, line {number}: a patient id and a whole number of days other than 0 are needed"
                    )
                if shifts.setdefault(patient, int(days)) != int(days):
                    raise InputError(f"{path.name}, line {number}: the patient has another offset above")
    except OSError as error:
        raise InputError(f"{path.name}: the offsets cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"{path.name}: the offsets are no CSV in UTF-8") from None
    return shifts


def shift_text(text: str, days: int, anchor: dt.date | None = None) -> str | None:
    """A written date moved by `days`, in the same form, calendar, script and padding.

    Args:
        text: The date as written, complete or partial.
        days: The offset.
        anchor: Day of the examination; it fills in what a partial date leaves out, so that distances stay.

    Returns:
        The shifted date, or None where it cannot be read; the caller then writes a tag.
    """
    form = read_date(text)
    day = form.complete(anchor) if form else None
    if form is None or day is None:
        return None
    moved = _moved(day, days)
    return write_date(form, moved) if moved else None


def coarse_text(
    text: str, to: str, anchor: dt.date | None = None, *, days: int = 0, japanese: bool = True
) -> str | None:
    """A written date made coarser (`month`, `year`, `decade`), moved by `days` first; None where it cannot be read."""
    form = read_date(text)
    day = form.complete(anchor) if form else None
    moved = _moved(day, days) if day else None
    return coarsen(form, moved, to, japanese=japanese) if form and moved else None


def _moved(day: dt.date, days: int) -> dt.date | None:
    try:
        return day + dt.timedelta(days=days)
    except OverflowError:
        return None


def parse_day(text: str | None) -> dt.date | None:
    """The day that a record's date column names, where it names one completely."""
    if not text:
        return None
    form = read_date(split_time(text)[0])
    return form.complete(None) if form and form.year and form.month and form.day and not form.two_digit else None


def split_time(text: str) -> tuple[str, str]:
    """A time stamp's date part and the rest."""
    found = _TIME.search(text)
    return (text[: found.start()], text[found.start() :]) if found else (text, "")


def years_between(birth: dt.date, day: dt.date) -> int:
    """Age in completed years on a day."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def shifted_weekday(text: str, days: int) -> str:
    """A day of the week, one kanji, moved by `days`."""
    return WEEKDAYS[(WEEKDAYS.index(text) + days) % 7]
