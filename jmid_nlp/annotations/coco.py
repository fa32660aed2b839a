"""COCO detection JSON: read boxes into records, write records as COCO."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jmid_nlp.annotation_rows import record_from_row
from jmid_nlp.annotations.records import fail, stable_id
from jmid_nlp.errors import FileFormatError, RowError
from jmid_nlp.schema import AnnotationRecord

_IMAGE_FIELDS = ("study_uid", "series_uid", "sop_uid", "series_number", "image_number", "patient_id")
_MARK_FIELDS = ("anatomy", "laterality", "size_mm", "volume_mm3", "image_range", "created", "reader", "tracking_uid")


def is_coco(data: Any) -> bool:
    """Whether a parsed JSON document is a COCO file."""
    return isinstance(data, Mapping) and {"images", "annotations", "categories"} <= set(data)


def read_coco(path: Path, data: Mapping[str, Any], problems: list[FileFormatError]) -> list[AnnotationRecord]:
    """Records of a COCO document; the label is the category's name.

    Columns of our own names on an image (`study_uid`, `series_number`, `image_number` …) or on an annotation (`anatomy`,
    `size_mm` …) are taken over; COCO itself knows no millimetres.

    Args:
        path: The file, for messages.
        data: The parsed document.
        problems: Annotations that cannot be read are added here.
    """
    images = {i.get("id"): i for i in data["images"] if isinstance(i, Mapping)}
    names = {c.get("id"): c.get("name") for c in data["categories"] if isinstance(c, Mapping)}
    out: list[AnnotationRecord] = []
    for n, mark in enumerate(data["annotations"]):
        where = f"annotations[{n}]"
        if not isinstance(mark, Mapping):
            problems.append(fail(path, where, "must be an object"))
            continue
        if mark.get("image_id") not in images:
            problems.append(fail(path, f"{where}.image_id", "no such image"))
            continue
        if mark.get("category_id") not in names:
            problems.append(fail(path, f"{where}.category_id", "no such category"))
            continue
        image = images[mark["image_id"]]
        row = {k: image.get(k) for k in _IMAGE_FIELDS} | {k: mark.get(k) for k in _MARK_FIELDS}
        row |= {"label": names[mark["category_id"]], "bbox": mark.get("bbox") or _box(mark.get("segmentation"))}
        row["annotation_id"] = mark.get("annotation_id") or stable_id("coco", path.name, mark.get("id", n))
        row["kind"] = "coco"
        try:
            out.append(record_from_row(row, n, source=path.name))
        except RowError as error:
            problems.append(fail(path, f"{where}.{error.field}", error.reason))
    return out


def _box(polygons: Any) -> list[float]:
    """The box around COCO polygons; nothing for run-length masks."""
    if not isinstance(polygons, list) or not polygons:
        return []
    flat = [p for p in polygons if isinstance(p, list)]
    xs = [float(v) for p in flat for v in p[0::2]]
    ys = [float(v) for p in flat for v in p[1::2]]
    return [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)] if xs and ys else []


def write_coco(records: Iterable[AnnotationRecord], path: str | Path) -> int:
    """Write records as a COCO file: one image for each series and image number, one category for each label.

    Returns:
        How many records have no box and are therefore not in the file.
    """
    boxed, left = [], 0
    for record in records:
        if len(record.bbox) == 4:
            boxed.append(record)
        else:
            left += 1
    categories = {name: n for n, name in enumerate(sorted({r.label or "" for r in boxed}), 1)}
    images: dict[tuple[Any, ...], int] = {}
    marks: list[dict[str, Any]] = []
    for n, r in enumerate(boxed, 1):
        image = images.setdefault(tuple(getattr(r, f) for f in _IMAGE_FIELDS), len(images) + 1)
        mark = {"id": n, "annotation_id": r.annotation_id, "image_id": image, "category_id": categories[r.label or ""]}
        mark |= {"bbox": list(r.bbox), "area": r.bbox[2] * r.bbox[3], "iscrowd": 0}
        for name in _MARK_FIELDS:
            value = getattr(r, name)
            if value not in (None, ()):
                mark[name] = list(value) if isinstance(value, tuple) else value
        marks.append(mark)
    document = {
        "images": [
            {"id": i, **{f: v for f, v in zip(_IMAGE_FIELDS, key, strict=True) if v is not None}}
            for key, i in images.items()
        ],
        "annotations": marks,
        "categories": [{"id": i, "name": name} for name, i in categories.items()],
    }
    Path(path).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return left
