"""UIDs that another de-identifier gave: an import table, and the proof that reports and marks still point to each other."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jmid_nlp.errors import InputError
from jmid_nlp.schema import AnnotationRecord, DeidReport, Report

COLUMNS = ("source_uid", "new_uid")
_UID = re.compile(
    r"[0-9]+(?:\.[0-9]+)+"
)  # DICOM PS3.5 section 9.1; leading zeros occur in the wild and are let through
_LONGEST = 64


class UidTable:
    """New UIDs by source UID, as another de-identifier used them for the images.

    Called with a UID it gives the new one, or the same where it is a new one already, or None where it is not in the table:
    such a UID is mapped with the key as if there were no table.

    Args:
        pairs: New UID by source UID.

    Raises:
        InputError: A value is no UID, two sources have one new UID, or a new UID is also a source with another new UID.
    """

    def __init__(self, pairs: Mapping[str, str]) -> None:
        for number, pair in enumerate(pairs.items(), 1):
            if any(not _UID.fullmatch(uid) or len(uid) > _LONGEST for uid in pair):
                raise InputError(f"UID table, pair {number}: a value is not a DICOM UID")
        self._pairs = dict(pairs)
        self._new = frozenset(self._pairs.values())
        if len(self._new) < len(self._pairs):
            raise InputError("UID table: two source UIDs have the same new UID; their records could not be told apart")
        if any(self._pairs.get(new, new) != new for new in self._new):
            raise InputError(
                "UID table: a new UID is also a source UID with another new UID; a second pass would move it"
            )

    @classmethod
    def read(cls, path: Path) -> UidTable:
        """A table from CSV with the columns `source_uid` and `new_uid`; further columns are passed over.

        Raises:
            InputError: The file cannot be read, a column is missing, a value is no UID, or a source has two new UIDs.
        """
        pairs: dict[str, str] = {}
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = csv.DictReader(file)
                if missing := [c for c in COLUMNS if c not in (rows.fieldnames or ())]:
                    raise InputError(
                        f"{path.name}: the UID table has no column {missing[0]!r}; it needs source_uid,new_uid"
                    )
                for number, row in enumerate(rows, 2):
                    source, new = ((row[c] or "").strip() for c in COLUMNS)
                    if pairs.setdefault(source, new) != new:
                        raise InputError(f"{path.name}, line {number}: the source UID has another new UID above")
        except OSError as error:
            raise InputError(f"{path.name}: the UID table cannot be read ({type(error).__name__})") from None
        except UnicodeDecodeError:
            raise InputError(f"{path.name}: the UID table is not UTF-8 text") from None
        return cls(pairs)

    def __call__(self, uid: str) -> str | None:
        """The new UID, or None where the table does not know this one."""
        return self._pairs.get(uid) or (uid if uid in self._new else None)

    def __len__(self) -> int:
        return len(self._pairs)

    def __repr__(self) -> str:
        return f"UidTable({len(self)} UIDs)"

    @property
    def fingerprint(self) -> str:
        """A short hash of the table, for provenance; the order of its lines does not change it."""
        return hashlib.sha256(repr(sorted(self._pairs.items())).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class BrokenReference:
    """A reference that does not resolve: the annotation or report, the kind of UID, and the reason in words."""

    record: str
    kind: str
    reason: str


_KINDS = ("study_uid", "series_uid", "sop_uid", "tracking_uid")


def check_references(
    reports: Iterable[Report | DeidReport],
    annotations: Iterable[AnnotationRecord],
    *,
    source: tuple[Iterable[Report], Iterable[AnnotationRecord]] | None = None,
) -> list[BrokenReference]:
    """Whether reports and marks (SR, SEG, RTSTRUCT and others) resolve to each other by their UIDs.

    Each mark's study must have a report, and a series, image or tracking UID must belong to one study. With the `source`,
    the same records in the same order before their UIDs were mapped, the mapping must also be one to one over all kinds
    of records, and no UID may be lost.

    Args:
        reports: The reports, as they will be handed on.
        annotations: The marks, likewise.
        source: Reports and marks as they were read.

    Returns:
        What does not resolve; empty where all is well. No UID is in it.
    """
    plain = [(r.report_id, _study(r)) for r in reports]
    marks = list(annotations)
    broken = _unresolved({uid for _, uid in plain if uid}, marks)
    if source is not None:
        raw, raw_marks = list(source[0]), list(source[1])
        if (len(raw), len(raw_marks)) != (len(plain), len(marks)):
            raise InputError(
                "check_references: source and result differ in length; give the same records in the same order"
            )
        pairs = [(name, "study_uid", r.study_uid, uid) for r, (name, uid) in zip(raw, plain, strict=True)]
        for before, after in zip(raw_marks, marks, strict=True):
            pairs += [(after.annotation_id, kind, getattr(before, kind), getattr(after, kind)) for kind in _KINDS]
        broken += _not_one_to_one(pairs)
    return broken


def _study(report: Report | DeidReport) -> str | None:
    if isinstance(report, Report):
        return report.study_uid
    value = report.row.get("study_uid")
    return None if value is None else str(value)


def _unresolved(studies: set[str], marks: Iterable[AnnotationRecord]) -> list[BrokenReference]:
    home: dict[tuple[str, str], str | None] = {}
    broken = []
    for mark in marks:
        if mark.study_uid not in studies:
            broken.append(BrokenReference(mark.annotation_id, "study_uid", "no report has this study"))
        for kind in _KINDS[1:]:
            uid = getattr(mark, kind)
            if uid and home.setdefault((kind, uid), mark.study_uid) != mark.study_uid:
                broken.append(BrokenReference(mark.annotation_id, kind, "belongs to another study, too"))
    return broken


def _not_one_to_one(pairs: Iterable[tuple[str, str, str | None, str | None]]) -> list[BrokenReference]:
    new_of: dict[str, str] = {}
    source_of: dict[str, str] = {}
    broken = []
    for record, kind, before, after in pairs:
        if before is None and after is None:
            continue
        if before is None or after is None:
            reason = "was lost" if after is None else "came from nowhere"
        elif new_of.setdefault(before, after) != after:
            reason = "is mapped differently elsewhere"
        elif source_of.setdefault(after, before) != before:
            reason = "has the new UID of another one"
        else:
            continue
        broken.append(BrokenReference(record, kind, reason))
    return broken
