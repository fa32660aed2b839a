"""A job as a function for `datasets.Dataset.map`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jmid_nlp.batch.job import Job
from jmid_nlp.errors import RowError


def map_function(job: Job) -> Callable[[Mapping[str, list[Any]], list[int]], dict[str, list[Any]]]:
    """A batched function for `datasets.Dataset.map(..., batched=True, with_indices=True, remove_columns=...)`.

    Lists that are empty throughout one process' share have no type there: with `num_proc`, pass `features=` for jobs whose
    rows are nested, such as those of the map without processes.

    Raises:
        RowError: Of the first row that cannot be treated; a map has no place for failed rows.
    """
    return _MapFunction(job)


@dataclass(frozen=True)
class _MapFunction:
    job: Job

    def __call__(self, columns: Mapping[str, list[Any]], indices: list[int]) -> dict[str, list[Any]]:
        rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
        outcome = self.job(list(zip(indices, rows, strict=True)))
        if outcome.failed:
            first = outcome.failed[0]
            raise RowError(row=first["row"], field=first["field"], reason=first["reason"], row_id=first["id"])
        keys = list(dict.fromkeys(k for row in outcome.rows for k in row))
        return {k: [row.get(k) for row in outcome.rows] for k in keys}
