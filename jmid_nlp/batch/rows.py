"""From an input row to a `Report`, with a clear word about what is wrong with a row."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any, Protocol

from jmid_nlp.errors import RowError
from jmid_nlp.schema import Report

_WITHHELD = ("could not be treated", "record ")  # of a row that was read well
_ABSENT = ("is missing", "must be an object with 'text'")  # of a column that is not there
_FLOATS = ("contrast_dose_ml", "ctdi_vol_mgy", "dlp_mgy_cm", "weight_kg")
_KNOWN = tuple(f.name for f in fields(Report) if f.name not in ("extra", "report_id"))


def parse_report(row: Mapping[str, Any], *, number: int) -> Report:
    """A row of the input contract as a `Report`.

    Args:
        row: `id` or `report_id`, `text`, and any other column; see DESIGN's input contract for the known ones.
        number: Position of the row in its input, from 0, for error messages.

    Raises:
        RowError: A needed field is missing or null, or a known field has a type that cannot be used. The message names
            row and field and never holds the value.
    """
    if not isinstance(row, Mapping):
        raise RowError(
            row=number, field="row", reason=f"is {_kind(row)}; each row must be a mapping with `id` and `text`"
        )
    report_id = parse_id(row, number=number)

    def fail(field: str, reason: str) -> RowError:
        return RowError(row=number, field=field, reason=reason, row_id=report_id)

    values: dict[str, Any] = {}
    for name in _KNOWN:
        value = row.get(name)
        if name == "text":
            values[name] = _text(value, name in row, fail)
        elif not _missing(value):
            values[name] = _convert(name, value, fail)
    extra = {k: v for k, v in row.items() if k not in _KNOWN and k not in ("id", "report_id")}
    return Report(report_id=report_id, extra=extra, **values)


def parse_id(row: Mapping[str, Any], *, number: int) -> str:
    """The row's id, from `id` or `report_id`; whole numbers are taken as their digits."""
    field = "id" if "id" in row else "report_id"
    if field not in row:
        raise RowError(
            row=number, field="id", reason="is missing; name the column that tells rows apart `id` or `report_id`"
        )
    value = row[field]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    usable = isinstance(value, str | int) and not isinstance(value, bool)
    written = _written(value, field, number) if usable else ""
    if not written.strip():
        raise RowError(
            row=number, field=field, reason=f"is {_kind(value)}; it must be a text or whole number that is not empty"
        )
    return written


def _written(value: str | int, field: str, number: int) -> str:
    try:
        return str(value)
    except ValueError:  # Python refuses to write numbers of thousands of digits
        raise RowError(row=number, field=field, reason="has too many digits; give it as a text") from None


def id_key(row_id: str) -> int:
    """64 bits, signed, that stand for an id where many of them must be compared."""
    digest = hashlib.blake2b(row_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


class Seen(Protocol):
    """What `unless_double` needs to know of the rows before."""

    def setdefault(self, key: int, number: int, /) -> int:
        """The row at which a key stood first; `number` where it stands for the first time."""
        ...


def unless_double(row: Mapping[str, Any] | RowError, number: int, seen: Seen) -> Any:
    """The row, or the error that it has no usable id or the id of an earlier row.

    Args:
        row: A row, or the error that stands for it.
        number: Its position in the input.
        seen: The first row of each id's `id_key`, such as a dict; filled here.
    """
    if isinstance(row, RowError):
        return row
    try:
        row_id = parse_id(row, number=number)
    except RowError as error:
        return error
    first = seen.setdefault(id_key(row_id), number)
    if first == number:
        return row
    return RowError(row=number, field="id", reason=f"is the id of row {first}, too; ids must be unique", row_id=row_id)


def unusable(failed: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The first of the failed rows where each of them lacks its very form: it is no row, or its column is not there.

    A single value that is null or of a wrong type is the fault of its row; this is the fault of the whole input.
    """
    first = None
    for row in failed:
        if row["reason"].startswith(_WITHHELD) or not (row["field"] == "row" or row["reason"].startswith(_ABSENT)):
            return None
        first = first or row
    return first


def _text(value: Any, present: bool, fail: Callable[[str, str], RowError]) -> str:
    if not present:
        raise fail("text", "is missing; the report's text must stand in a column `text`")
    if _missing(value):
        raise fail("text", "is null; give the report's text, or leave the row out")
    if not isinstance(value, str):
        raise fail("text", f"is {_kind(value)}; it must be a text")
    return value


def _convert(name: str, value: Any, fail: Callable[[str, str], RowError]) -> Any:
    if name == "physicians":
        return _names(value, fail)
    if name == "age":
        return _age(value, fail)
    if name in _FLOATS:
        return _float(name, value, fail)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a column of ids with gaps arrives as floats from pandas
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise fail(name, f"is {_kind(value)}; it must be a text")
    try:
        return str(value)
    except ValueError:  # Python refuses to write numbers of thousands of digits
        raise fail(name, "has too many digits; give it as a text") from None


def _names(value: Any, fail: Callable[[str, str], RowError]) -> tuple[str, ...]:
    if isinstance(value, str):  # CSV has no lists
        return tuple(part.strip() for part in value.replace("；", ";").replace("|", ";").split(";") if part.strip())
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):  # lists in a data frame read from Parquet
        value = value.tolist()
    if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
        return tuple(value)
    raise fail("physicians", f"is {_kind(value)}; it must be a list of texts, or one text with names separated by `;`")


def _age(value: Any, fail: Callable[[str, str], RowError]) -> int:
    try:
        number = float(str(value).strip().removesuffix("歳").removesuffix("Y"))
    except ValueError:
        raise fail("age", f"is {_kind(value)} that is no number; it must be the age in years") from None
    if isinstance(value, bool) or not 0 <= number <= 150:
        raise fail("age", "is out of range; it must be the age in years, 0 to 150")
    return int(number)


def _float(name: str, value: Any, fail: Callable[[str, str], RowError]) -> float:
    try:
        number = float(value)
    except OverflowError:
        raise fail(name, "is not a finite number") from None
    except (TypeError, ValueError):
        raise fail(name, f"is {_kind(value)} that is no number") from None
    if isinstance(value, bool) or not math.isfinite(number):
        raise fail(name, "is not a finite number")
    return number


def _missing(value: Any) -> bool:
    """True for null in the ways tables write it: None, NaN, and pandas' NaT and NA, which are no floats."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return type(value).__name__ in ("NaTType", "NAType")


def _kind(value: Any) -> str:
    """The sort of value in words a user knows, without the value."""
    names = {
        dict: "an object",
        list: "a list",
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        bytes: "bytes",
    }
    if value is None:
        return "null"
    if isinstance(value, str):
        return "a text" if value.strip() else "an empty text"
    return names.get(type(value), "a value of another type")
