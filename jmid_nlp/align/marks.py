"""Annotation records as marks, and marks of one lesion (two readers, neighbouring slices) as one group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from jmid_nlp.align.anatomy import Place, organ_of, parse_place, relate
from jmid_nlp.align.concepts import closeness, concepts, find_concepts
from jmid_nlp.align.options import AlignOptions
from jmid_nlp.offsets import fold
from jmid_nlp.schema import AnnotationRecord

_SIDES = {
    "left": "left", "l": "left", "lt": "left", "左": "left", "左側": "left",
    "right": "right", "r": "right", "rt": "right", "右": "right", "右側": "right",
    "bilateral": "bilateral", "both": "bilateral", "b": "bilateral", "両側": "bilateral", "両": "bilateral",
    "midline": "midline", "正中": "midline", "unpaired": "midline", "unilateral": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """One annotation as the matcher sees it."""

    record: AnnotationRecord
    concepts: tuple[str, ...]
    place: Place
    side: str | None
    sizes: tuple[float, ...]
    images: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Group:
    """Marks of one lesion, sorted by annotation id."""

    marks: tuple[Mark, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The annotation ids."""
        return tuple(m.record.annotation_id for m in self.marks)


def read_mark(record: AnnotationRecord, organs_of_report: tuple[str, ...] = ()) -> Mark:
    """Parse label, anatomy, side, size and images of a record; organs of the report tell what a bare segment is of."""
    label = record.label or ""
    names = find_concepts(label)
    from_label = parse_place(label, numbers=False)
    implied = tuple(s for c in names if (s := concepts()[c].site))
    organs = tuple(o for n in (*from_label.nodes, *implied) if (o := organ_of(n))) + organs_of_report
    place = parse_place(record.anatomy or "", organs)
    if record.laterality and place.side is None:
        # A clock position and some segments mean another place on each side.
        place = parse_place(f"{record.laterality} {record.anatomy or ''}", organs)
    if not place.nodes:
        place = Place(from_label.nodes or implied[:1], place.side or from_label.side)
    given = fold(record.laterality or "").text.strip().lower()
    side = _SIDES.get(given, given if given in ("left", "right") else None) or place.side or from_label.side
    images = record.image_range
    if images is None and record.image_number is not None:
        images = (record.image_number, record.image_number)
    sizes = tuple(sorted((s for s in record.size_mm if s and s > 0), reverse=True))
    return Mark(record, names, place, side, sizes, images)


def group_marks(
    records: Sequence[AnnotationRecord], options: AlignOptions, organs: tuple[str, ...] = ()
) -> list[Group]:
    """Merge the marks of one lesion: single linkage over pairs that no cue tells apart. Order of input does not matter."""
    marks = sorted((read_mark(r, organs) for r in records), key=_sort_key)
    owner = list(range(len(marks)))

    def root(i: int) -> int:
        while owner[i] != i:
            i = owner[i]
        return i

    for i, j in combinations(range(len(marks)), 2):
        if root(i) != root(j) and same_lesion(marks[i], marks[j], options):
            owner[max(root(i), root(j))] = min(root(i), root(j))
    groups: dict[int, list[Mark]] = {}
    for i, mark in enumerate(marks):
        groups.setdefault(root(i), []).append(mark)
    return [Group(tuple(g)) for g in groups.values()]


def _sort_key(mark: Mark) -> tuple[str, str]:
    return mark.record.annotation_id, repr(mark.record)


def same_lesion(a: Mark, b: Mark, options: AlignOptions) -> bool:
    """Whether two marks are of one lesion: boxes that overlap on near slices, or one tracking id, or agreement in all."""
    ra, rb = a.record, b.record
    if ra.tracking_uid and rb.tracking_uid:
        return ra.tracking_uid == rb.tracking_uid
    relation = closeness(a.concepts, b.concepts).relation
    if relation in ("conflict", "unlike"):
        return False
    gap = _image_gap(a, b)
    boxes = _overlap(ra.bbox, rb.bbox)
    if gap is not None and boxes is not None:
        # One reader measures one lesion alike; two readers may differ.
        loose = 1.0 if ra.reader and ra.reader == rb.reader else 2.0
        return gap <= options.reader_images and boxes >= 0.2 and _near_size(a, b, options, loose)
    if gap is not None and gap > options.reader_images:
        return False
    readers_differ = ra.reader != rb.reader if ra.reader and rb.reader else ra.created != rb.created
    # One reader marks a lesion once, but that mark may come in several forms: a SR, a SEG, a contour.
    told_twice = readers_differ or ra.kind != rb.kind
    sides_fit = not (a.side and b.side and a.side != b.side)
    places_fit = relate(a.place.nodes, b.place.nodes) in ("same", "contains")
    sized = bool(a.sizes and b.sizes)
    return told_twice and sides_fit and places_fit and sized and _near_size(a, b, options, 1.0)


def _near_size(a: Mark, b: Mark, options: AlignOptions, loose: float) -> bool:
    if not a.sizes or not b.sizes:
        return True
    x, y = a.sizes[0], b.sizes[0]
    return abs(x - y) <= loose * max(options.reader_size_floor_mm, options.reader_size_share * min(x, y))


def _image_gap(a: Mark, b: Mark) -> int | None:
    """Images between two marks of one series; None where series or images are not known to be the same."""
    if a.images is None or b.images is None or a.record.series_number != b.record.series_number:
        return None
    if a.record.series_uid and b.record.series_uid and a.record.series_uid != b.record.series_uid:
        return None
    return max(0, a.images[0] - b.images[1], b.images[0] - a.images[1])


def _overlap(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Intersection over the smaller box; None where a box is missing."""
    if len(a) != 4 or len(b) != 4:
        return None
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    smaller = min(a[2] * a[3], b[2] * b[3])
    return max(width, 0) * max(height, 0) / smaller if smaller > 0 else None
