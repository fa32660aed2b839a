"""Annotations in rows: JSON, JSONL, CSV and TSV, with the contract's names or with the headings of a lesion table."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from jmid_nlp.annotations.records import fail, stable_id
from jmid_nlp.errors import FileFormatError, RowError
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.schema import AnnotationRecord

_TO_MM = {"mm": 1.0, "cm": 10.0, "mm3": 1.0, "ml": 1000.0, "": 1.0}
_MEASURE = re.compile(r"(\d+(?:\.\d+)?)\s*(mm|cm)?", re.IGNORECASE)


def read_json(path: Path, data: Any, problems: list[FileFormatError]) -> list[AnnotationRecord]:
    """Records of a JSON document: a list of rows, `{"annotations": [...]}`, or studies that hold annotations.

    Args:
        path: The file, for messages.
        data: The parsed document.
        problems: Rows that cannot be read are added here.

    Raises:
        FileFormatError: The document is none of these.
    """
    rows = list(_rows_of(data))
    if not rows:
        raise fail(path, "document", "no annotation rows; expected a list of objects with 'annotation_id' or 'label'")
    return list(_records(path, rows, problems))


def _rows_of(data: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Annotation rows with the name of their element; the study's uid and patient go down to its annotations."""
    if isinstance(data, list):
        for n, item in enumerate(data):
            for where, row in _rows_of(item):
                yield f"[{n}]{where}", row
    elif isinstance(data, Mapping):
        inner = data.get("annotations")
        if isinstance(inner, list):
            report = data.get("report")
            above = report if isinstance(report, Mapping) else data
            shared = {k: above[k] for k in ("study_uid", "patient_id") if above.get(k)}
            for n, item in enumerate(inner):
                if isinstance(item, Mapping):
                    yield f".annotations[{n}]", {**shared, **item}
                else:
                    yield f".annotations[{n}]", {"": item}
        elif _is_row(data):
            yield "", data


def _is_row(row: Mapping[str, Any]) -> bool:
    names = {name for key in row if (name := column(str(key))[0])}
    return bool(names & {"annotation_id", "label"}) and len(names) >= 2


def read_jsonl(path: Path, lines: Iterable[str], problems: list[FileFormatError]) -> Iterator[AnnotationRecord]:
    """Records of a file with one JSON object a line; a line that is no JSON is a problem, the others are read.

    Args:
        path: The file, for messages.
        lines: Its lines; one is held at a time.
        problems: What cannot be read is added here as the lines are read.
    """
    rows = _json_lines(path, lines, problems)
    return _records(path, rows, problems)


def _json_lines(
    path: Path, lines: Iterable[str], problems: list[FileFormatError]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            problems.append(fail(path, f"line {number}", f"not JSON ({error.msg} at column {error.colno})"))
            continue
        found = [(f"line {number}{w}", r) for w, r in _rows_of(value)]
        if not found and not (isinstance(value, Mapping) and value.get("annotations") == []):
            problems.append(fail(path, f"line {number}", "no annotation row"))
        yield from found


def read_delimited(path: Path, lines: Iterable[str], problems: list[FileFormatError]) -> Iterator[AnnotationRecord]:
    """Records of a CSV or TSV table; headings in English or Japanese, sizes in mm or cm by the heading.

    Args:
        path: The file, for messages.
        lines: Its lines with their ends; one row is held at a time.
        problems: What cannot be read is added here as the rows are read.

    Raises:
        FileFormatError: No heading is one that a lesion table needs.
    """
    rest = iter(lines)
    first = next(rest, "")
    delimiter = max("\t,;", key=first.count)
    reader = csv.DictReader(chain([first], rest), delimiter=delimiter, strict=True)
    names = [n for n in reader.fieldnames or [] if n]
    known = {column(n)[0] for n in names} - {""}
    if not known & {"annotation_id", "label"} or len(known) < 2:
        raise fail(path, "header", "no lesion table; needs at least a label or id column and one more known column")
    return _records(path, _table_rows(path, reader, problems), problems)


def _table_rows(
    path: Path, reader: csv.DictReader[str], problems: list[FileFormatError]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        for row in reader:
            where = f"line {reader.line_num}"
            if None in row or None in row.values():
                problems.append(fail(path, where, "another number of cells than the header"))
                continue
            yield where, row
    except csv.Error as error:
        problems.append(fail(path, f"line {reader.line_num}", f"broken CSV: {error}"))


@cache
def _columns() -> dict[str, tuple[str, str]]:
    table = read_table("align/columns.tsv", ("field", "unit", "forms"))
    return {form: (r["field"], r["unit"]) for r in table for form in split_forms(r["forms"])}


def column(heading: str) -> tuple[str, str]:
    """The field and unit that a heading means; two empty strings for an unknown one."""
    key = re.sub(r"[\s_\-.:/()\[\]]+", "", fold(heading).text.lower())
    return _columns().get(key, ("", ""))


def _records(
    path: Path, rows: Iterable[tuple[str, Mapping[str, Any]]], problems: list[FileFormatError]
) -> Iterator[AnnotationRecord]:
    from jmid_nlp.annotation_rows import record_from_row

    for n, (where, raw) in enumerate(rows):
        row = normal_row(raw)
        row.setdefault("annotation_id", stable_id("row", path.name, where))
        try:
            record = record_from_row(row, n, source=path.name)
        except RowError as error:
            problems.append(fail(path, f"{where}, field {error.field!r}".lstrip(", "), error.reason))
            continue
        yield record


def normal_row(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the contract's field names; lengths in mm, boxes as x, y, width, height."""
    found: dict[str, Any] = {}
    for heading, value in raw.items():
        name, unit = column(str(heading))
        if not name or value is None or value == "":
            continue
        if unit:
            value = _in_mm(value, _TO_MM[unit])
        found.setdefault(name, value)
    axes = [found.pop(k, None) for k in ("long_mm", "short_mm")]
    told = [v for v in axes if v not in (None, [], "")]
    if told and "size_mm" not in found:
        found["size_mm"] = [x for v in told for x in (v if isinstance(v, list) else [v])]
    ends = [found.pop(k, None) for k in ("image_first", "image_last")]
    if ends[0] is not None and ends[1] is not None:
        found.setdefault("image_range", ends)
    _corners_to_box(found)
    return found


def _in_mm(value: Any, factor: float) -> Any:
    """Numbers of a cell in mm; a unit written in the cell wins over the heading's."""
    if isinstance(value, str):
        numbers = _MEASURE.findall(fold(value).text)
        if not numbers:
            return value
        unit = next((u.lower() for _, u in reversed(numbers) if u), "")
        scale = _TO_MM[unit] if unit else factor
        return [round(float(n) * scale, 4) for n, _ in numbers]
    if isinstance(value, list | tuple):
        return [v * factor if isinstance(v, int | float) else v for v in value]
    return value * factor if isinstance(value, int | float) and not isinstance(value, bool) else value


def _corners_to_box(found: dict[str, Any]) -> None:
    corner = {k: found.pop(k, None) for k in ("x", "y", "width", "height", "x2", "y2")}
    if "bbox" in found or corner["x"] is None or corner["y"] is None:
        return
    try:
        x, y = float(corner["x"]), float(corner["y"])
        if corner["width"] is not None and corner["height"] is not None:
            found["bbox"] = [x, y, float(corner["width"]), float(corner["height"])]
        elif corner["x2"] is not None and corner["y2"] is not None:
            found["bbox"] = [x, y, float(corner["x2"]) - x, float(corner["y2"]) - y]
    except (TypeError, ValueError):
        found["bbox"] = "not numbers"
