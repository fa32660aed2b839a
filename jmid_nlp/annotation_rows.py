"""Rows of annotations with the names of the contract, made into records; used by the readers and by the matcher."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jmid_nlp.errors import RowError
from jmid_nlp.schema import AnnotationRecord


class Where:
    """The row that an error is about."""

    def __init__(self, row: int, row_id: str) -> None:
        self.row = row
        self.row_id = row_id

    def error(self, field: str, reason: str) -> RowError:
        """An error of this row."""
        return RowError(row=self.row, field=field, reason=reason, row_id=self.row_id)


def record_from_row(row: Mapping[str, Any], row_number: int, *, source: str = "") -> AnnotationRecord:
    """One annotation record from a row with the names of the contract.

    Args:
        row: `annotation_id`, and what is known of `study_uid`, `series_number`, `image_number` or `image_range`,
            `label`, `anatomy`, `laterality`, `size_mm` (number or list), `bbox`, `created` and the rest of the record.
        row_number: Zero-based position, for error messages.
        source: Where the row comes from.

    Raises:
        RowError: A field is missing or of the wrong kind.
    """
    record = parse_record(row, None, Where(row_number, str(row.get("annotation_id") or "")))
    if not source:
        return record
    return replace(record, source=source)


def parse_record(a: Any, n: int | None, at: Where) -> AnnotationRecord:
    """One annotation; `n` is its place in the list of a study, for messages, or None where it is a row of its own."""
    prefix = "" if n is None else f"annotations[{n}]."
    if not isinstance(a, Mapping):
        raise at.error(prefix.rstrip(".") or "row", "must be an object")
    ident = read_text(a.get("annotation_id"), f"{prefix}annotation_id", at)
    if not ident:
        raise at.error(f"{prefix}annotation_id", "missing; every annotation needs an id")

    def text(name: str) -> str | None:
        return read_text(a.get(name), prefix + name, at)

    def number(name: str) -> int | None:
        return _integer(a.get(name), prefix + name, at)

    volume = _numbers(a.get("volume_mm3"), f"{prefix}volume_mm3", at)
    sizes = _numbers(a.get("size_mm"), f"{prefix}size_mm", at)
    bbox = _numbers(a.get("bbox"), f"{prefix}bbox", at)
    if bbox and len(bbox) not in (4, 6):
        raise at.error(f"{prefix}bbox", "must be x, y, width, height")
    return AnnotationRecord(
        annotation_id=ident,
        study_uid=text("study_uid"),
        series_number=number("series_number"),
        image_number=number("image_number"),
        image_range=_range(a.get("image_range"), f"{prefix}image_range", at),
        label=text("label"),
        anatomy=text("anatomy"),
        laterality=text("laterality"),
        size_mm=tuple(sorted(sizes, reverse=True)),
        bbox=bbox,
        volume_mm3=volume[0] if volume else None,
        created=text("created"),
        reader=text("reader"),
        patient_id=text("patient_id"),
        series_uid=text("series_uid"),
        sop_uid=text("sop_uid"),
        tracking_uid=text("tracking_uid"),
        kind=text("kind") or "row",
        source=text("source") or "",
    )


def read_text(value: Any, field: str, at: Where) -> str | None:
    """A string without blanks around it; numbers become strings, empty ones None."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise at.error(field, "must be a string")
    return str(value).strip()


def _integer(value: Any, field: str, at: Where) -> int | None:
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise at.error(field, "must be a whole number") from None
    if isinstance(value, bool) or number != int(number):
        raise at.error(field, "must be a whole number")
    return int(number)


def _numbers(value: Any, field: str, at: Where) -> tuple[float, ...]:
    """Finite numbers from a number, a list, or text such as `12 x 8`; NaN and zero-length lists are 'not measured'."""
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        value = [p for p in re.split(r"[\s,;xX×*|\[\]()]+", value) if p]
    if isinstance(value, int | float):
        value = [value]
    try:
        numbers = [float(v) for v in value if v is not None]
    except (TypeError, ValueError):
        raise at.error(field, "must be a number or a list of numbers") from None
    if field.endswith("size_mm") and any(n < 0 for n in numbers):
        raise at.error(field, "must not be negative; sizes are millimetres")
    return tuple(n for n in numbers if math.isfinite(n))


def _range(value: Any, field: str, at: Where) -> tuple[int, int] | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = [p for p in value.replace("~", "-").split("-") if p.strip()]
    if not isinstance(value, list | tuple) or len(value) not in (1, 2):
        raise at.error(field, "must be the first and the last image number")
    ends = [_integer(v, field, at) for v in value]
    known = [e for e in ends if e is not None]
    return (min(known), max(known)) if known else None
