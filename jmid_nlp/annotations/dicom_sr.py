"""DICOM structured reports: measurement groups of TID 1500 as records, any other tree walked generically.

Read by pydicom with tolerance for reports that lack template ids or concept names. Codes are those of PS3.16.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmid_nlp.annotations.dicom import (
    Code,
    SeriesIndex,
    code,
    date_of,
    floats,
    image_span,
    items,
    side_of_code,
    text,
)  # fmt: skip
from jmid_nlp.annotations.records import fail, reader_key, stable_id
from jmid_nlp.errors import FileFormatError
from jmid_nlp.schema import AnnotationRecord

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_GROUP = {"125007"}
_TRACKING_ID, _TRACKING_UID = {"112039"}, {"112040"}
_FINDING = {"121071"}
_SITE = {"363698007", "G-C0E3"}
_SIDE = {"272741003", "G-C171"}
_OBSERVER = {"121008"}
_LONG = {"103339001", "G-A185", "410668003", "G-D7FE", "81827009", "M-02550", "103355008", "G-A193", "131187009"}
_LONG |= {"L0JK", "131187009", "G-A16A"}
_SHORT = {"103340004", "G-A186"}
_VOLUME = {"118565006", "G-D705"}
_LENGTH_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "um": 0.001}
_VOLUME_MM3 = {"mm3": 1.0, "cm3": 1000.0, "ml": 1000.0, "cc": 1000.0, "l": 1e6, "dm3": 1e6, "m3": 1e9}


@dataclass(frozen=True, slots=True)
class ContentItem:
    """One node of a structured report: where it is (`1.2.3`), what it is called, and its value as text."""

    path: str
    value_type: str
    name: Code | None
    value: str
    unit: str = ""
    node: Any = field(default=None, repr=False, compare=False)


def walk_sr(ds: Dataset) -> Iterator[ContentItem]:
    """Every content item of a structured report, depth first, whatever its template."""
    todo: list[tuple[str, Any]] = [("1", ds)]
    while todo:
        path, node = todo.pop()
        yield _item(path, node)
        children = [(f"{path}.{n}", child) for n, child in enumerate(items(node, "ContentSequence"), 1)]
        todo += reversed(children)


def _item(path: str, node: Any) -> ContentItem:
    kind = text(node, "ValueType") or ""
    name = code(node, "ConceptNameCodeSequence")
    value, unit = "", ""
    if kind == "CODE":
        coded = code(node, "ConceptCodeSequence")
        value = (coded.meaning or coded.value) if coded else ""
    elif kind == "NUM":
        measured = items(node, "MeasuredValueSequence")
        if measured:
            value = text(measured[0], "NumericValue") or ""
            unit_code = code(measured[0], "MeasurementUnitsCodeSequence")
            unit = unit_code.value if unit_code else ""
    elif kind in ("IMAGE", "COMPOSITE", "WAVEFORM"):
        refs = items(node, "ReferencedSOPSequence")
        value = (text(refs[0], "ReferencedSOPInstanceUID") or "") if refs else ""
    else:
        for keyword in ("TextValue", "UID", "PersonName", "DateTime", "Date", "Time"):
            value = value or text(node, keyword) or ""
    return ContentItem(path, kind, name, value, unit, node)


def read_sr(
    path: Path, ds: Dataset, problems: list[FileFormatError], index: SeriesIndex | None = None
) -> list[AnnotationRecord]:
    """Records of a structured report: one a measurement group, or one a measurement where there are no groups.

    Args:
        path: The file, for messages.
        ds: The report.
        problems: Elements that cannot be read are added here.
        index: SOP instance UID to series and image number, from the images' headers.

    Raises:
        FileFormatError: The report holds no measurement and no marked region, such as a narrative text report.
    """
    nodes = list(walk_sr(ds))
    groups = [n for n in nodes if n.value_type == "CONTAINER" and n.name and n.name.value in _GROUP]
    observer = next((n.value for n in nodes if _named(n, _OBSERVER) and n.value), None)
    maker = _Maker(path, ds, index or {}, reader_key(observer), problems)
    if groups:
        return [maker.group(g) for g in groups]
    loose = [n for n in nodes if n.value_type == "NUM" and _length(n, _LENGTH_MM) is not None]
    if loose:
        return [maker.loose(n, _parent(nodes, n)) for n in loose]
    kinds = sorted({n.value_type or "without type" for n in nodes})
    name = nodes[0].name.meaning if nodes[0].name else "untitled"
    raise fail(
        path, "ContentSequence",
        f"structured report {name!r} without measurement groups or lengths ({len(nodes)} items: {', '.join(kinds)}); "
        "it holds no annotation of an image",
    )  # fmt: skip


def _named(item: ContentItem, values: set[str]) -> bool:
    return item.name is not None and item.name.value in values


def _parent(nodes: list[ContentItem], item: ContentItem) -> ContentItem | None:
    above = item.path.rpartition(".")[0]
    return next((n for n in nodes if n.path == above), None)


def _length(item: ContentItem, units: dict[str, float]) -> float | None:
    """A measured value in millimetres (or cubic ones); None without number or unit, and for NaN."""
    factor = units.get(item.unit.lower().replace("[", "").replace("]", ""))
    try:
        value = float(item.value)
    except ValueError:
        return None
    return round(value * factor, 4) if factor is not None and math.isfinite(value) else None


class _Maker:
    """Makes the records of one report."""

    def __init__(
        self, path: Path, ds: Dataset, index: SeriesIndex, reader: str | None, problems: list[FileFormatError]
    ) -> None:
        self.path, self.ds, self.index, self.reader, self.problems = path, ds, index, reader, problems
        self.sop = text(ds, "SOPInstanceUID") or path.name

    def group(self, group: ContentItem) -> AnnotationRecord:
        """The record of one measurement group."""
        inside = [ContentItem(f"{group.path}.{i.path[2:]}", i.value_type, i.name, i.value, i.unit, i.node)
                  for i in walk_sr(group.node) if i.path != "1"]  # fmt: skip
        own = [i for i in inside if i.path.count(".") == group.path.count(".") + 1]
        site = next((i for i in own if _named(i, _SITE)), None)
        sides = [i for i in inside if _named(i, _SIDE)]
        findings = [i.value for i in own if _named(i, _FINDING) and i.value]
        return self._record(
            group.path, inside,
            label=findings[0] if findings else None,
            anatomy=site.value if site else None,
            side=side_of_code(code(sides[0].node, "ConceptCodeSequence")) if sides else None,
            sizes=self._sizes(inside), kind="sr-group",
        )  # fmt: skip

    def loose(self, item: ContentItem, parent: ContentItem | None) -> AnnotationRecord:
        """The record of a length outside any measurement group."""
        around = [item, *(i for i in walk_sr(item.node) if i.path != "1")]
        if parent is not None:
            around += [_item("", c) for c in items(parent.node, "ContentSequence")]
        finding = next((i.value for i in around if _named(i, _FINDING) and i.value), None)
        site = next((i.value for i in around if _named(i, _SITE) and i.value), None)
        side = next((i for i in around if _named(i, _SIDE)), None)
        length = _length(item, _LENGTH_MM)
        return self._record(
            item.path, [item, *(i for i in walk_sr(item.node) if i.path != "1")],
            label=finding or (item.name.meaning if item.name else None), anatomy=site,
            side=side_of_code(code(side.node, "ConceptCodeSequence")) if side else None,
            sizes=(length,) if length is not None else (), kind="sr-item",
        )  # fmt: skip

    def _sizes(self, inside: list[ContentItem]) -> tuple[float, ...]:
        long_axis: list[float] = []
        short_axis: list[float] = []
        other: list[float] = []
        for item in inside:
            if item.value_type != "NUM":
                continue
            length = _length(item, _LENGTH_MM)
            if length is None:
                if item.value and _length(item, _VOLUME_MM3) is None and _named(item, _LONG | _SHORT | _VOLUME):
                    self.problems.append(fail(self.path, f"content item {item.path}", "size without a usable unit"))
                continue
            name = item.name.value if item.name else ""
            (long_axis if name in _LONG else short_axis if name in _SHORT else other).append(length)
        first = max(long_axis or other, default=None)
        second = min(short_axis, default=None)
        return tuple(sorted((s for s in (first, second) if s), reverse=True))

    def _record(
        self, path: str, inside: list[ContentItem], *, label: str | None, anatomy: str | None, side: str | None,
        sizes: tuple[float, ...], kind: str,
    ) -> AnnotationRecord:  # fmt: skip
        images = list(dict.fromkeys(i.value for i in inside if i.value_type == "IMAGE" and i.value))
        headers = [h for uid in images if (h := self.index.get(uid)) is not None]
        numbers = image_span(h.image_number for h in headers)
        tracking_id = next((i.value for i in inside if _named(i, _TRACKING_ID) and i.value), None)
        tracking_uid = next((i.value for i in inside if _named(i, _TRACKING_UID) and i.value), None)
        volumes = [v for i in inside if i.value_type == "NUM" and (v := _length(i, _VOLUME_MM3)) is not None]
        return AnnotationRecord(
            annotation_id=stable_id("sr", self.sop, path),
            study_uid=text(self.ds, "StudyInstanceUID"),
            series_number=headers[0].series_number if headers else None,
            image_number=numbers[0] if numbers and numbers[0] == numbers[1] else None,
            image_range=numbers if numbers and numbers[0] != numbers[1] else None,
            label=label or tracking_id,
            anatomy=anatomy,
            laterality=side,
            size_mm=sizes,
            bbox=_box(inside),
            volume_mm3=volumes[0] if volumes else None,
            created=date_of(self.ds, "ContentDate", "SeriesDate", "InstanceCreationDate"),
            reader=self.reader,
            patient_id=text(self.ds, "PatientID"),
            series_uid=headers[0].series_uid if headers else None,
            sop_uid=images[0] if images else None,
            tracking_uid=tracking_uid,
            kind=kind,
            source=self.path.name,
        )


def _box(inside: list[ContentItem]) -> tuple[float, ...]:
    """The box around the first region given in pixels of its image."""
    for item in inside:
        if item.value_type == "SCOORD":
            points = floats(item.node, "GraphicData")
            xs, ys = points[0::2], points[1::2]
            if (text(item.node, "GraphicType") or "") == "CIRCLE" and len(xs) == 2:
                r = math.dist((xs[0], ys[0]), (xs[1], ys[1]))
                xs, ys = [xs[0] - r, xs[0] + r], [ys[0] - r, ys[0] + r]
            if len(xs) >= 2 and len(xs) == len(ys):
                return tuple(round(v, 3) for v in (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)))
    return ()
