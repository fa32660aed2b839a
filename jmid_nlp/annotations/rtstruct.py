"""RT structure sets: one record a region with its name, size in the plane, volume and image range."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmid_nlp.annotations.dicom import (
    SeriesIndex,
    date_of,
    floats,
    image_span,
    integer,
    items,
    person_key,
    text,
)  # fmt: skip
from jmid_nlp.annotations.records import fail, stable_id
from jmid_nlp.annotations.shape import diameters, polygon_area, slice_distance
from jmid_nlp.errors import FileFormatError
from jmid_nlp.schema import AnnotationRecord

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def read_rtstruct(
    path: Path, ds: Dataset, problems: list[FileFormatError], index: SeriesIndex | None = None
) -> list[AnnotationRecord]:
    """Records of a structure set, one a region of interest; the images themselves are not needed.

    The kind is `rt-` and the interpreted type of the observation (`rt-gtv`, `rt-organ`, `rt-external` …), `rt-point` for
    points such as the isocentre, else `rt-roi`. Regions of one name stay apart: the number tells them.

    Args:
        path: The file, for messages.
        ds: The structure set.
        problems: Regions that cannot be measured are added here.
        index: SOP instance UID to series and image number, from the images' headers.

    Raises:
        FileFormatError: There is no region.
    """
    regions = items(ds, "StructureSetROISequence")
    if not regions:
        raise fail(path, "StructureSetROISequence", "missing or empty; a structure set needs at least one region")
    contours = {integer(c, "ReferencedROINumber"): c for c in items(ds, "ROIContourSequence")}
    observed = {integer(o, "ReferencedROINumber"): o for o in items(ds, "RTROIObservationsSequence")}
    out = []
    for n, region in enumerate(regions, 1):
        number = integer(region, "ROINumber")
        where = f"StructureSetROISequence[{n}]"
        if number is None:
            problems.append(fail(path, where, "region without ROINumber"))
            continue
        maker = _Region(path, ds, region, contours.get(number), observed.get(number), index or {})
        if contours.get(number) is None:
            problems.append(fail(path, where, "region without contours; kept by its name"))
        out.append(maker.record(number))
    return out


class _Region:
    """Measures one region and makes its record."""

    def __init__(self, path: Path, ds: Dataset, region: Any, contour: Any, observed: Any, index: SeriesIndex) -> None:
        self.path, self.ds, self.region, self.observed, self.index = path, ds, region, observed or {}, index
        self.contours = items(contour, "ContourSequence") if contour is not None else []

    def record(self, number: int) -> AnnotationRecord:
        """The record of the region."""
        sizes, volume = self._measure()
        sources = self._sources()
        headers = [h for uid in sources if (h := self.index.get(uid)) is not None]
        images = image_span(h.image_number for h in headers)
        return AnnotationRecord(
            annotation_id=stable_id("rt", text(self.ds, "SOPInstanceUID") or self.path.name, number),
            study_uid=text(self.ds, "StudyInstanceUID"),
            series_number=headers[0].series_number if headers else None,
            image_number=images[0] if images and images[0] == images[1] else None,
            image_range=images if images and images[0] != images[1] else None,
            label=text(self.region, "ROIName"),
            anatomy=text(self.observed, "ROIObservationLabel"),
            size_mm=sizes,
            volume_mm3=volume,
            created=date_of(self.ds, "StructureSetDate", "SeriesDate", "InstanceCreationDate"),
            reader=person_key(self.observed, "ROIInterpreter"),
            patient_id=text(self.ds, "PatientID"),
            series_uid=headers[0].series_uid if headers else self._series(),
            sop_uid=sources[0] if sources else None,
            kind=self._kind(),
            source=self.path.name,
        )

    def _kind(self) -> str:
        types = {text(c, "ContourGeometricType") for c in self.contours}
        if types == {"POINT"}:
            return "rt-point"
        told = text(self.observed, "RTROIInterpretedType")
        return f"rt-{told.lower()}" if told else "rt-roi"

    def _measure(self) -> tuple[tuple[float, ...], float | None]:
        """Largest in-plane diameters in mm, and the volume: areas times the distance of the planes.

        Outlines of one plane are combined by exclusive or (an outline inside another one is a hole), by taking the
        smaller areas off the largest where their centres lie inside its box.
        """
        import numpy as np

        sizes: tuple[float, ...] = ()
        planes: dict[float, list[tuple[float, Any]]] = {}
        for contour in self.contours:
            data = floats(contour, "ContourData")
            if (text(contour, "ContourGeometricType") or "") != "CLOSED_PLANAR" or len(data) < 9 or len(data) % 3:
                continue
            flat, level = _in_plane(np.asarray(data).reshape(-1, 3))
            found = diameters(flat)
            sizes = max(sizes, found)
            planes.setdefault(round(level, 2), []).append((polygon_area(flat), flat))
        depth = slice_distance(list(planes), None)
        area = sum(_plane_area(outlines) for outlines in planes.values())
        return sizes, round(area * depth, 3) if depth else None

    def _sources(self) -> list[str]:
        uids = [text(i, "ReferencedSOPInstanceUID") for c in self.contours for i in items(c, "ContourImageSequence")]
        return list(dict.fromkeys(u for u in uids if u))

    def _series(self) -> str | None:
        for frame in items(self.ds, "ReferencedFrameOfReferenceSequence"):
            for study in items(frame, "RTReferencedStudySequence"):
                for series in items(study, "RTReferencedSeriesSequence"):
                    return text(series, "SeriesInstanceUID")
        return None


def _in_plane(points: Any) -> tuple[Any, float]:
    """Points of an outline in two coordinates of their plane, and the plane's level along its normal.

    Parallel outlines get the same coordinates, so that one can be seen to lie in another.
    """
    import numpy as np

    centre = points.mean(axis=0)
    _, _, axes = np.linalg.svd(points - centre, full_matrices=False)
    normal = np.round(axes[2], 4) if len(axes) > 2 else np.array([0.0, 0.0, 1.0])
    normal = normal / np.linalg.norm(normal)
    normal = normal * (1.0 if normal[int(np.abs(normal).argmax())] > 0 else -1.0)
    first = np.cross(normal, np.eye(3)[int(np.abs(normal).argmin())])
    first = first / np.linalg.norm(first)
    return points @ np.stack([first, np.cross(normal, first)], axis=1), float(centre @ normal)


def _plane_area(outlines: list[tuple[float, Any]]) -> float:
    ordered = sorted(outlines, key=lambda o: -o[0])
    largest, outer = ordered[0]
    low, high = outer.min(axis=0), outer.max(axis=0)
    total = largest
    for area, points in ordered[1:]:
        centre = points.mean(axis=0)
        inside = bool((centre > low).all() and (centre < high).all())
        total += -area if inside else area
    return total
