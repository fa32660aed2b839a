"""`read_annotations`: a file or a folder of mixed files, told apart by what is in them, not by their names."""

from __future__ import annotations

import codecs
import json
import warnings
from collections.abc import Iterable, Iterator
from itertools import islice
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
    problems: list[FileFormatError] = []
    images = [0]
    records: list[AnnotationRecord] = []
    seen: dict[str, str] = {}
    whole = Path(path).is_file()
    for file, record in stream_annotations(path, problems, series_index=series_index, images=images):
        if not whole and record.annotation_id in seen:
            problems.append(twice(file, record.annotation_id, seen[record.annotation_id]))
            continue
        seen[record.annotation_id] = file.name
        records.append(record)
    return AnnotationSet(tuple(records), tuple(problems), images[0])


def stream_annotations(
    path: str | Path,
    problems: list[FileFormatError],
    *,
    series_index: SeriesIndex | None = None,
    images: list[int] | None = None,
) -> Iterator[tuple[Path, AnnotationRecord]]:
    """The records of a file or folder one by one, each with its file; tables and JSON lines are never held as a whole.

    Args:
        path: As for `read_annotations`.
        problems: What cannot be read is added here as it is met.
        series_index: As for `read_annotations`.
        images: The first number is raised by the count of image files.

    Raises:
        FileFormatError: `path` is a single file that cannot be read, or does not exist.
    """
    root, count = Path(path), images if images is not None else [0]
    if not root.exists():
        raise fail(root, "file", "does not exist")
    index = dict(series_index or {})
    if root.is_file():
        for record in _file_records(root, problems, index, count):
            yield root, record
        return
    files = sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith("."))
    found = _index_images(files)
    index |= {k: v for k, (v, _) in found.items()}
    skip = {p for _, p in found.values()}
    count[0] += len(skip)
    for file in files:
        if file in skip:
            continue
        try:
            for record in _file_records(file, problems, index, count):
                yield file, record
        except FileFormatError as error:
            problems.append(error)


def twice(path: Path, annotation_id: str, first: str) -> FileFormatError:
    """The problem of a record whose id an earlier file gave."""
    return fail(path, f"annotation {annotation_id}", f"stands already in {first}; read once")


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


def _file_records(
    path: Path, problems: list[FileFormatError], index: SeriesIndex, images: list[int]
) -> Iterable[AnnotationRecord]:
    """Records of one file; an image is counted."""
    head = _head(path)
    if not head:
        raise fail(path, "file", "is empty")
    if not is_dicom(head):
        return _read_text_file(path, problems)
    records, is_image = _read_dicom(path, problems, index)
    images[0] += is_image
    return records


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


def _read_text_file(path: Path, problems: list[FileFormatError]) -> Iterable[AnnotationRecord]:
    from jmid_nlp.annotations import coco, rows

    first = _first_line(path)
    start = first.lstrip()[:1]
    if start == "<":
        from jmid_nlp.annotations.aim import read_aim

        return read_aim(path, _content(path), problems)
    if start not in ("{", "["):
        return rows.read_delimited(path, _lines(path), problems)
    if _is_json(first) and _more_lines(path):
        return rows.read_jsonl(path, _lines(path), problems)
    try:
        data = json.loads(_content(path))
    except json.JSONDecodeError as error:
        raise fail(path, f"line {error.lineno}", f"not JSON ({error.msg} at column {error.colno})") from None
    if coco.is_coco(data):
        return coco.read_coco(path, data, problems)
    return rows.read_json(path, data, problems)


def _content(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file with their ends, one at a time."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from file


def _first_line(path: Path) -> str:
    """The first line that is not empty; the whole file is decoded once, so that damage is told before anything is read.

    Raises:
        FileFormatError: The file is not UTF-8.
    """
    decoder, at = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as file:
        while block := file.read(1 << 16):
            try:
                decoder.decode(block, final=False)
            except UnicodeDecodeError as error:
                raise fail(path, f"byte {at + error.start}", "not UTF-8, and no DICOM file") from None
            at += len(block)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise fail(path, f"byte {at}", "not UTF-8, and no DICOM file") from None
    return next((line for line in _lines(path) if line.strip()), "")


def _more_lines(path: Path) -> bool:
    """Whether a file has more than one line that is not empty."""
    return len(list(islice((line for line in _lines(path) if line.strip()), 2))) > 1


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True
