"""`read_annotations`: a file or a folder of mixed files, told apart by what is in them, not by their names."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

from jmid_nlp.annotations.dicom import (
    RTSTRUCT_CLASS,
    SEG_CLASSES,
    SR_CLASSES,
    ImageHeader,
    SeriesIndex,
    UndecodableError,
    header_of,
    is_dicom,
    open_dicom,
    text,
)  # fmt: skip
from jmid_nlp.annotations.records import AnnotationSet, fail
from jmid_nlp.errors import FileFormatError
from jmid_nlp.schema import AnnotationRecord


def read_annotations(path: str | Path, *, series_index: SeriesIndex | None = None) -> AnnotationSet:
    """Read image annotations: DICOM SR, SEG, RTSTRUCT, COCO, JSON, JSONL, CSV, TSV, AIM 4 XML.

    Args:
        path: A file, or a folder whose files are read recursively in order of their names. The headers of DICOM images in
            the folder tell which series and image number a mark refers to.
        series_index: The same from elsewhere (`dicom.series_index`); images of the folder are added to it.

    Returns:
        The records, a problem for each file or element that gave none, and the number of image files.

    Raises:
        FileFormatError: `path` is a single file that cannot be read, or does not exist. In a folder such a file is a
            problem of the result instead.
    """
    root = Path(path)
    if not root.exists():
        raise fail(root, "file", "does not exist")
    problems: list[FileFormatError] = []
    if root.is_file():
        found, is_image = _read_file(root, problems, dict(series_index or {}))
        return AnnotationSet(tuple(found), tuple(problems), int(is_image))
    files = sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith("."))
    images = _index_images(files)
    index = {**(series_index or {}), **{k: v for k, (v, _) in images.items()}}
    skip = {p for _, p in images.values()}
    records: list[AnnotationRecord] = []
    seen: dict[str, str] = {}
    other = 0
    for file in files:
        if file in skip:
            continue
        try:
            found, is_image = _read_file(file, problems, index)
            other += is_image
            records += _new(file, found, seen, problems)
        except FileFormatError as error:
            problems.append(error)
    return AnnotationSet(tuple(records), tuple(problems), len(skip) + other)


def _new(
    path: Path, found: list[AnnotationRecord], seen: dict[str, str], problems: list[FileFormatError]
) -> list[AnnotationRecord]:
    """Records whose id no earlier file gave; a repeated one is a problem."""
    out = []
    for record in found:
        if record.annotation_id in seen:
            first = seen[record.annotation_id]
            problems.append(fail(path, f"annotation {record.annotation_id}", f"stands already in {first}; read once"))
        else:
            seen[record.annotation_id] = path.name
            out.append(record)
    return out


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)


def _index_images(files: list[Path]) -> dict[str, tuple[ImageHeader, Path]]:
    out: dict[str, tuple[ImageHeader, Path]] = {}
    for path in files:
        if not is_dicom(_head(path)):
            continue
        try:
            ds = open_dicom(path, tags=_HEADER)
        except FileFormatError:
            continue  # reported when the file is read
        uid, kind = text(ds, "SOPInstanceUID"), text(ds, "SOPClassUID") or ""
        if uid and not _is_annotation(kind) and "Rows" in ds:
            out[uid] = (header_of(ds), path)
    return out


_HEADER = ["SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber", "Rows"]
_HEADER += ["PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"]


def _is_annotation(kind: str) -> bool:
    return kind.startswith(SR_CLASSES) or kind in SEG_CLASSES or kind == RTSTRUCT_CLASS


def _read_file(path: Path, problems: list[FileFormatError], index: SeriesIndex) -> tuple[list[AnnotationRecord], bool]:
    """Records of one file, and whether it is an image."""
    head = _head(path)
    if not head:
        raise fail(path, "file", "is empty")
    if is_dicom(head):
        return _read_dicom(path, problems, index)
    return _read_text_file(path, problems), False


def _read_dicom(path: Path, problems: list[FileFormatError], index: SeriesIndex) -> tuple[list[AnnotationRecord], bool]:
    from pydicom.config import disable_value_validation

    try:
        # pydicom's warnings on odd values would quote them, and they may be identifiers.
        with disable_value_validation(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _dispatch(path, open_dicom(path), problems, index)
    except UndecodableError as error:
        raise fail(path, str(error), "element is damaged") from None
    except FileFormatError:
        raise
    except Exception as error:  # whatever pydicom meets in a damaged file
        raise fail(path, "DICOM", f"damaged ({type(error).__name__})") from None


def _dispatch(
    path: Path, ds: Any, problems: list[FileFormatError], index: SeriesIndex
) -> tuple[list[AnnotationRecord], bool]:
    kind = text(ds, "SOPClassUID") or text(ds.get("file_meta") or {}, "MediaStorageSOPClassUID") or ""
    if kind.startswith(SR_CLASSES):
        from jmid_nlp.annotations.dicom_sr import read_sr as read
    elif kind in SEG_CLASSES:
        from jmid_nlp.annotations.dicom_seg import read_seg as read
    elif kind == RTSTRUCT_CLASS:
        from jmid_nlp.annotations.rtstruct import read_rtstruct as read
    elif "Rows" in ds:
        return [], True
    else:
        raise fail(path, "SOPClassUID", "neither a structured report, a segmentation, a structure set nor an image")
    return read(path, ds, problems, index), False


def _read_text_file(path: Path, problems: list[FileFormatError]) -> list[AnnotationRecord]:
    from jmid_nlp.annotations import coco, rows

    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fail(path, f"byte {error.start}", "not UTF-8, and no DICOM file") from None
    start = content.lstrip()[:1]
    if start == "<":
        from jmid_nlp.annotations.aim import read_aim

        return read_aim(path, content, problems)
    if start in "{[" and start:
        data = _parse_json(path, content)
        if data is _LINES:
            return rows.read_jsonl(path, content, problems)
        if coco.is_coco(data):
            return coco.read_coco(path, data, problems)
        return rows.read_json(path, data, problems)
    return rows.read_delimited(path, content, problems)


_LINES = object()


def _parse_json(path: Path, content: str) -> Any:
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        first = content.lstrip().split("\n", 1)
        try:
            json.loads(first[0])
        except json.JSONDecodeError:
            raise fail(path, f"line {error.lineno}", f"not JSON ({error.msg} at column {error.colno})") from None
        return _LINES
