"""What the DICOM readers share: opening files, codes, and the index from image UIDs to series and image numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmid_nlp.annotations.records import fail

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SR_CLASSES = "1.2.840.10008.5.1.4.1.1.88."
SEG_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
RTSTRUCT_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
_INDEX_TAGS = ["SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber", "PixelSpacing"]
_INDEX_TAGS += ["ImagePositionPatient", "ImageOrientationPatient", "StudyInstanceUID", "FrameOfReferenceUID"]


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What a mark needs of the image that it refers to."""

    series_uid: str | None
    series_number: int | None
    image_number: int | None
    spacing: tuple[float, float] | None
    position: tuple[float, float, float] | None
    orientation: tuple[float, ...] | None


SeriesIndex = Mapping[str, ImageHeader]


def is_dicom(head: bytes) -> bool:
    """Whether the first bytes of a file are DICOM, with or without a preamble."""
    if head[128:132] == b"DICM":
        return True
    # Without a preamble the first element belongs to group 0002 or 0008 and carries a known VR or a small length.
    return len(head) > 8 and head[:2] in (b"\x02\x00", b"\x08\x00") and head[3:4] == b"\x00" and b"\x00" in head[4:8]


def open_dicom(path: Path, *, tags: list[str] | None = None) -> Dataset:
    """A dataset, read tolerantly; only `tags` and nothing of the pixels where `tags` are given.

    Raises:
        FileFormatError: The file is no DICOM or ends too early.
    """
    from pydicom import dcmread
    from pydicom.config import disable_value_validation

    try:
        with disable_value_validation(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return dcmread(path, force=True, stop_before_pixels=tags is not None, specific_tags=tags)
    except Exception as error:
        raise fail(path, "DICOM", f"cannot be read ({type(error).__name__})") from None


def series_index(paths: Iterable[Path]) -> dict[str, ImageHeader]:
    """SOP instance UID to series and image number for image files; only headers are read, other files are skipped."""
    out: dict[str, ImageHeader] = {}
    for path in paths:
        ds = open_dicom(path, tags=_INDEX_TAGS)
        if uid := text(ds, "SOPInstanceUID"):
            out[uid] = header_of(ds)
    return out


def header_of(ds: Dataset) -> ImageHeader:
    """The entry of the index for an image."""
    spacing, position = floats(ds, "PixelSpacing"), floats(ds, "ImagePositionPatient")
    return ImageHeader(
        series_uid=text(ds, "SeriesInstanceUID"),
        series_number=integer(ds, "SeriesNumber"),
        image_number=integer(ds, "InstanceNumber"),
        spacing=(spacing[0], spacing[1]) if len(spacing) == 2 else None,
        position=(position[0], position[1], position[2]) if len(position) == 3 else None,
        orientation=tuple(floats(ds, "ImageOrientationPatient")) or None,
    )


def text(ds: Any, keyword: str) -> str | None:
    """A value as stripped text; None where it is missing or empty."""
    try:
        value = ds.get(keyword)
    except Exception:  # an element that cannot be decoded is as good as missing; the caller names what it needs
        return None
    return str(value).strip() or None if value is not None else None


def integer(ds: Any, keyword: str) -> int | None:
    """A whole number; None where it is missing or no number."""
    try:
        return int(str(text(ds, keyword)))
    except ValueError:
        return None


def floats(ds: Any, keyword: str) -> list[float]:
    """The numbers of a multi-valued element; empty where one of them is none."""
    try:
        value = ds.get(keyword)
        return [float(v) for v in (value if not isinstance(value, str | int | float) else [value])] if value else []
    except (TypeError, ValueError):
        return []


class UndecodableError(Exception):
    """An element that is there and cannot be decoded; carries its keyword."""


def items(ds: Any, keyword: str) -> list[Any]:
    """The items of a sequence; empty where it is missing.

    Raises:
        UndecodableError: The sequence is there and damaged; `read_annotations` turns it into a `FileFormatError`.
    """
    try:
        value = ds.get(keyword)
        return list(value) if value else []
    except Exception:
        raise UndecodableError(keyword) from None


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept: scheme, value and meaning."""

    scheme: str
    value: str
    meaning: str


def code(ds: Any, keyword: str) -> Code | None:
    """The first item of a code sequence; None where it is missing or empty."""
    found = items(ds, keyword)
    if not found:
        return None
    first = found[0]
    value = text(first, "CodeValue") or text(first, "LongCodeValue") or text(first, "URNCodeValue") or ""
    meaning = text(first, "CodeMeaning") or ""
    return Code(text(first, "CodingSchemeDesignator") or "", value, meaning) if value or meaning else None


def side_of_code(c: Code | None) -> str | None:
    """Laterality codes of SNOMED, SRT and ACR, or their meaning."""
    if c is None:
        return None
    named = {"24028007": "right", "7771000": "left", "51440002": "bilateral", "G-A100": "right", "G-A101": "left"}
    named |= {"G-A102": "bilateral", "399488007": "midline", "66459002": "", "G-A103": ""}
    if c.value in named:
        return named[c.value] or None
    low = c.meaning.lower()
    return next((s for s in ("bilateral", "right", "left", "midline") if s in low), None)


def person_key(ds: Any, keyword: str) -> str | None:
    """A key for a person named in an element; the name itself goes nowhere."""
    from jmid_nlp.annotations.records import reader_key

    return reader_key(text(ds, keyword))


def date_of(ds: Any, *pairs: str) -> str | None:
    """The first date among elements as ISO text."""
    for keyword in pairs:
        value = text(ds, keyword) or ""
        if len(value) >= 8 and value[:8].isdigit():
            return f"{value[:4]}-{value[4:6]}-{value[6:8]}"
    return None


def image_span(numbers: Iterable[int | None]) -> tuple[int, int] | None:
    """First and last image number of those known."""
    known = [n for n in numbers if n is not None]
    return (min(known), max(known)) if known else None
