"""DICOM segmentations: one record a segment with its label, volume, in-plane size and image range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmid_nlp.annotations.dicom import (
    SeriesIndex,
    code,
    date_of,
    floats,
    image_span,
    integer,
    items,
    person_key,
    side_of_code,
    text,
)  # fmt: skip
from jmid_nlp.annotations.records import fail, stable_id
from jmid_nlp.annotations.shape import mask_diameters, slice_distance
from jmid_nlp.errors import FileFormatError
from jmid_nlp.schema import AnnotationRecord

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


@dataclass(slots=True)
class _Extent:
    """What the frames of one segment add up to."""

    voxels: float = 0.0
    largest: float = 0.0
    sizes: tuple[float, ...] = ()
    bbox: tuple[float, ...] = ()
    positions: list[float] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


def read_seg(
    path: Path, ds: Dataset, problems: list[FileFormatError], index: SeriesIndex | None = None
) -> list[AnnotationRecord]:
    """Records of a segmentation, BINARY, FRACTIONAL or LABELMAP; segments may overlap.

    Args:
        path: The file, for messages.
        ds: The segmentation with its pixels.
        problems: Segments that cannot be measured are added here; they keep their record without sizes.
        index: SOP instance UID to series and image number, from the images' headers.

    Raises:
        FileFormatError: There is no segment.
    """
    segments = items(ds, "SegmentSequence")
    if not segments:
        raise fail(path, "SegmentSequence", "missing or empty; a segmentation needs at least one segment")
    try:
        extents = _measure(ds)
    except Exception as error:  # pixels that cannot be decoded still leave labels and references
        problems.append(fail(path, "PixelData", f"segments not measured ({type(error).__name__})"))
        extents = {}
    # Segment 0 of a label map is its background.
    numbered = [(n, s) for n, s in enumerate(segments, 1) if integer(s, "SegmentNumber") != 0]
    return [_record(path, ds, s, n, extents, index or {}) for n, s in numbered]


def _measure(ds: Dataset) -> dict[int, _Extent]:
    import numpy as np

    pixels = ds.pixel_array
    frames = pixels if pixels.ndim == 3 else pixels[None]
    kind = (text(ds, "SegmentationType") or "BINARY").upper()
    top = float(ds.get("MaximumFractionalValue") or 1) if kind == "FRACTIONAL" else 1.0
    out: dict[int, _Extent] = {}
    shared = (items(ds, "SharedFunctionalGroupsSequence") or [None])[0]
    groups = items(ds, "PerFrameFunctionalGroupsSequence")
    for n, frame in enumerate(frames):
        group = groups[n] if n < len(groups) else None
        if kind == "LABELMAP":
            shares = {int(v): (frame == v).astype(float) for v in np.unique(frame) if v}
        else:
            number = _segment_number(group, shared)
            shares = {number: frame / top}
        for number, share in shares.items():
            _add(out.setdefault(number, _Extent()), share, group, shared)
    return out


def _add(extent: _Extent, share: Any, group: Any, shared: Any) -> None:
    """Add one frame to a segment; a pixel is inside where at least half of it is."""
    import numpy as np

    mask = share >= 0.5
    if not share.any():
        return
    extent.voxels += float(share.sum())
    position = _along_normal(group, shared)
    if position is not None:
        extent.positions.append(position)
    extent.sources += _sources(group)
    area = float(mask.sum())
    if area > extent.largest:
        extent.largest = area
        rows, columns = np.nonzero(mask)
        x, y = int(columns.min()), int(rows.min())
        extent.bbox = (x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y)
        spacing = _spacing(group, shared)
        extent.sizes = mask_diameters(mask, spacing) if spacing else ()


def _macro(group: Any, shared: Any, keyword: str) -> Any:
    """A functional group of the frame, or of all frames."""
    for source in (group, shared):
        found = items(source, keyword) if source is not None else []
        if found:
            return found[0]
    return {}


def _segment_number(group: Any, shared: Any) -> int:
    return integer(_macro(group, shared, "SegmentIdentificationSequence"), "ReferencedSegmentNumber") or 1


def _spacing(group: Any, shared: Any) -> tuple[float, float] | None:
    found = floats(_macro(group, shared, "PixelMeasuresSequence"), "PixelSpacing")
    return (found[0], found[1]) if len(found) == 2 else None


def _along_normal(group: Any, shared: Any) -> float | None:
    import numpy as np

    position = floats(_macro(group, shared, "PlanePositionSequence"), "ImagePositionPatient")
    axes = floats(_macro(group, shared, "PlaneOrientationSequence"), "ImageOrientationPatient")
    if len(position) != 3 or len(axes) != 6:
        return None
    return float(np.dot(position, np.cross(axes[:3], axes[3:])))


def _sources(group: Any) -> list[str]:
    out = []
    for derivation in items(group, "DerivationImageSequence") if group is not None else []:
        for source in items(derivation, "SourceImageSequence"):
            if uid := text(source, "ReferencedSOPInstanceUID"):
                out.append(uid)
    return out


def _record(
    path: Path, ds: Dataset, segment: Any, order: int, extents: Mapping[int, _Extent], index: SeriesIndex
) -> AnnotationRecord:
    number = integer(segment, "SegmentNumber") or order
    extent = extents.get(number, _Extent())
    shared = (items(ds, "SharedFunctionalGroupsSequence") or [None])[0]
    measures = _macro(None, shared, "PixelMeasuresSequence")
    stated = floats(measures, "SpacingBetweenSlices") or floats(measures, "SliceThickness")
    first = (items(ds, "PerFrameFunctionalGroupsSequence") or [None])[0]
    spacing = _spacing(first, shared)
    depth = slice_distance(extent.positions, stated[0] if stated else None)
    volume = round(extent.voxels * spacing[0] * spacing[1] * depth, 3) if spacing and depth and extent.voxels else None
    headers = [h for uid in extent.sources if (h := index.get(uid)) is not None]
    images = image_span(h.image_number for h in headers)
    region = code(segment, "AnatomicRegionSequence")
    region_item = (items(segment, "AnatomicRegionSequence") or [{}])[0]
    property_type = code(segment, "SegmentedPropertyTypeCodeSequence")
    series = (items(ds, "ReferencedSeriesSequence") or [{}])[0]
    return AnnotationRecord(
        annotation_id=stable_id("seg", text(ds, "SOPInstanceUID") or path.name, number),
        study_uid=text(ds, "StudyInstanceUID"),
        series_number=headers[0].series_number if headers else None,
        image_number=images[0] if images and images[0] == images[1] else None,
        image_range=images if images and images[0] != images[1] else None,
        label=text(segment, "SegmentLabel") or (property_type.meaning if property_type else None),
        anatomy=region.meaning if region else None,
        laterality=side_of_code(
            code(region_item, "AnatomicRegionModifierSequence")
            or code((items(segment, "SegmentedPropertyTypeCodeSequence") or [{}])[0],
                    "SegmentedPropertyTypeModifierCodeSequence")
        ),
        size_mm=extent.sizes,
        bbox=extent.bbox,
        volume_mm3=volume,
        created=date_of(ds, "ContentDate", "SeriesDate", "InstanceCreationDate"),
        reader=person_key(ds, "ContentCreatorName"),
        patient_id=text(ds, "PatientID"),
        series_uid=headers[0].series_uid if headers else text(series, "SeriesInstanceUID"),
        sop_uid=extent.sources[0] if extent.sources else None,
        tracking_uid=text(segment, "TrackingUID"),
        kind="segment",
        source=path.name,
    )  # fmt: skip
