"""AIM 4 XML (Annotation and Image Markup): one record an image annotation."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from jmid_nlp.annotations.records import fail, reader_key, stable_id
from jmid_nlp.errors import FileFormatError
from jmid_nlp.schema import AnnotationRecord

_UNITS = {"mm": 1.0, "cm": 10.0, "millimeter": 1.0, "centimeter": 10.0}
_LONG = ("longaxis", "long axis", "length", "diameter", "recist")
_SHORT = ("shortaxis", "short axis")


def read_aim(path: Path, content: str, problems: list[FileFormatError]) -> list[AnnotationRecord]:
    """Records of an AIM 4 collection.

    Args:
        path: The file, for messages.
        content: Its text.
        problems: Annotations that cannot be read are added here.

    Raises:
        FileFormatError: The XML is broken, declares entities, or its root is no AIM collection.
    """
    if "<!ENTITY" in content:
        raise fail(path, "DOCTYPE", "declares entities, which are not read")
    try:
        root = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", content))
    except ElementTree.ParseError as error:
        raise fail(path, f"line {error.position[0]}", "broken XML") from None
    if _name(root) not in ("ImageAnnotationCollection", "AnnotationCollection"):
        raise fail(path, f"root element {_name(root)!r}", "no image annotation; expected ImageAnnotationCollection")
    marks = [e for e in root.iter() if _name(e) == "ImageAnnotation"]
    if not marks:
        raise fail(path, "imageAnnotations", "missing or empty")
    shared = {"reader": _value(_find(root, "user"), "name"), "patient_id": _value(_find(root, "person"), "id")}
    return [_record(path, m, shared, n) for n, m in enumerate(marks, 1)]


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _find(element: Any, name: str) -> Any:
    """The first element of a name below an element, or None."""
    low = name.lower()
    return next((e for e in element.iter() if _name(e).lower() == low), None) if element is not None else None


def _value(element: Any, child: str) -> str | None:
    """The `value` (or `root`) of a direct child, or its text."""
    if element is None:
        return None
    for e in element:
        if _name(e) == child:
            text = e.get("value") or e.get("root") or e.get("code") or (e.text or "")
            return text.strip() or None
    return None


def _display(element: Any) -> str | None:
    """The words of a coded `typeCode`: its display name, else its code."""
    code = next((e for e in element if _name(e) == "typeCode"), None) if element is not None else None
    if code is None:
        return None
    shown = next((e.get("value") for e in code if _name(e) == "displayName"), None)
    found = shown or code.get("displayName") or code.get("codeSystem") or code.get("code")
    return str(found) if found else None


def _record(path: Path, mark: Any, shared: dict[str, str | None], n: int) -> AnnotationRecord:
    uid = _value(mark, "uniqueIdentifier") or f"{path.name}#{n}"
    place, seen = _find(mark, "ImagingPhysicalEntity"), _find(mark, "ImagingObservationEntity")
    study, series = _find(mark, "imageStudy"), _find(mark, "imageSeries")
    shape = next((e for e in mark.iter() if _name(e) == "MarkupEntity"), None)
    created = _value(mark, "dateTime") or ""
    return AnnotationRecord(
        annotation_id=stable_id("aim", uid),
        study_uid=_value(study, "instanceUid"),
        label=_display(seen) or _value(seen, "label") or _value(mark, "name") or _display(mark),
        anatomy=_display(place),
        size_mm=_sizes(mark),
        bbox=_box(shape),
        created=created[:10] if re.match(r"\d{4}-\d\d-\d\d", created) else None,
        reader=reader_key(shared["reader"]),
        patient_id=shared["patient_id"],
        series_uid=_value(series, "instanceUid"),
        sop_uid=_value(shape, "imageReferenceUid") or _value(_find(mark, "Image"), "sopInstanceUid"),
        tracking_uid=_value(mark, "trackingUniqueIdentifier"),
        kind="aim",
        source=path.name,
    )


def _sizes(mark: Any) -> tuple[float, ...]:
    long_axis, short_axis = [], []
    for calculation in (e for e in mark.iter() if _name(e) == "CalculationEntity"):
        words = f"{_value(calculation, 'description') or ''} {_display(calculation) or ''}".lower()
        for result in (e for e in calculation.iter() if _name(e) == "CalculationResult"):
            unit = (_value(result, "unitOfMeasure") or "").lower()
            number = _value(_find(result, "calculationData"), "value") or _value(result, "value")
            length = _length(number, unit)
            if length is not None and any(w in words for w in _SHORT):
                short_axis.append(length)
            elif length is not None and any(w in words for w in _LONG):
                long_axis.append(length)
    return tuple(sorted([*long_axis[:1], *short_axis[:1]], reverse=True))


def _length(number: str | None, unit: str) -> float | None:
    try:
        value = float(number or "")
    except ValueError:
        return None
    return round(value * _UNITS[unit], 4) if unit in _UNITS and math.isfinite(value) else None


def _box(shape: Any) -> tuple[float, ...]:
    if shape is None:
        return ()
    points = [e for e in shape.iter() if _name(e) == "TwoDimensionSpatialCoordinate"]
    try:
        xs = [float(_value(p, "x") or "") for p in points]
        ys = [float(_value(p, "y") or "") for p in points]
    except ValueError:
        return ()
    return (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)) if len(xs) >= 2 else ()
