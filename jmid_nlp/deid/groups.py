"""Group sizes: how many patients share age band, sex, institution and month. Small groups may single somebody out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jmid_nlp.deid.dateforms import read_date
from jmid_nlp.deid.dateshift import split_time
from jmid_nlp.deid.policy import GROUP_FIELDS

BAND = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """A group: its values in the order of the fields asked for, its reports, and its patients where rows name them."""

    values: tuple[str, ...]
    reports: int
    patients: int


class Groups:
    """Counts groups over rows of de-identified reports, row by row.

    Args:
        by: Any of `age_band`, `sex`, `institution`, `month`.
        band: Width of the age bands in years.
    """

    def __init__(self, by: Iterable[str] = GROUP_FIELDS, *, band: int = BAND) -> None:
        self.by, self.band = tuple(by), band
        self._reports: dict[tuple[str, ...], int] = {}
        self._patients: dict[tuple[str, ...], set[str]] = {}

    def add(self, row: Mapping[str, Any]) -> None:
        """Counts one row."""
        values = tuple([_value(field, row, self.band) for field in self.by])
        self._reports[values] = self._reports.get(values, 0) + 1
        patient = row.get("patient_id")
        self._patients.setdefault(values, set()).add(str(patient) if patient else f"\n{self._reports[values]}")

    def cells(self) -> list[Cell]:
        """All groups, smallest first."""
        cells = [Cell(v, n, len(self._patients[v])) for v, n in self._reports.items()]
        return sorted(cells, key=lambda c: (c.patients, c.reports, c.values))

    def small(self, minimum: int) -> list[Cell]:
        """Groups of fewer patients than `minimum`."""
        return [c for c in self.cells() if c.patients < minimum]


def _value(field: str, row: Mapping[str, Any], band: int) -> str:
    if field == "age_band":
        age = row.get("age")
        if age is None or age == "":
            return ""
        low = min(int(float(age)), 90) // band * band
        return "90+" if low >= 90 else f"{low}-{low + band - 1}"
    if field == "month":
        form = read_date(split_time(str(row.get("exam_date") or ""))[0])
        if form is None or form.year is None:
            return ""
        return f"{form.year:04d}-{form.month:02d}" if form.month else f"{form.year:04d}"
    value = row.get(field)
    return "" if value is None else str(value)


def group_sizes(rows: Iterable[Mapping[str, Any]], by: Iterable[str] = GROUP_FIELDS, *, band: int = BAND) -> list[Cell]:
    """Groups of the rows, smallest first.

    Args:
        rows: Rows of de-identified reports.
        by: Any of `age_band`, `sex`, `institution`, `month`.
        band: Width of the age bands in years.
    """
    groups = Groups(by, band=band)
    for row in rows:
        groups.add(row)
    return groups.cells()
