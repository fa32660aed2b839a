"""Counting while a dataset is written: rows, patients and labels of each split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jmid_nlp.dataset.split import SPLITS

Row = Mapping[str, Any]
Labels = dict[str, dict[str, int]]


def columns_of(task: str, label_names: Sequence[str]) -> tuple[str, ...]:
    """The columns of a task whose values are counted."""
    fixed = {"grounding": ("label", "certainty"), "staging": ("T", "N", "M")}
    return tuple(label_names) if task == "classification" else fixed.get(task, ())


def values_of(row: Row, columns: Sequence[str]) -> Iterable[tuple[str, str]]:
    """The `(column, value)` pairs of a row that are counted: its labels, and the kinds of its spans."""
    for column in columns:
        yield column, str(row[column])
    for spans, key in (("entities", "type"), ("spans", "category")):
        for span in row.get(spans, ()):
            yield key, str(span[key])


class Tally:
    """Counts of rows, patients and reports by split, and of labels over all splits.

    Args:
        columns: See `columns_of`.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._labels: Counter[tuple[str, str]] = Counter()
        self.splits = {name: {"patients": 0, "reports": 0, "rows": 0} for name in SPLITS}

    def add(self, split: str, rows: Iterable[Row], *, patients: int, reports: int) -> None:
        """Count the rows of a shard, in which all of a patient's rows of a split lie."""
        counts = self.splits[split]
        counts["patients"] += patients
        counts["reports"] += reports
        for row in rows:
            counts["rows"] += 1
            self._labels.update(values_of(row, self._columns))

    def labels(self) -> Labels:
        """How often each value of each label occurs."""
        out: Labels = {}
        for (column, value), count in sorted(self._labels.items()):
            out.setdefault(column, {})[value] = count
        return out
