"""What an evaluation gives: a table of figures that shows itself, turns into other tables, and writes its report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jmid_nlp.tables import Table

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: of all reports (`overall`), of one type, or of the reports of one group.

    `low` and `high` bound the 95 % confidence interval; `n` says of how many items the figure is a share. A value is None
    where there are no such items.
    """

    scope: str
    item: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int

    def numbers(self) -> tuple[str, float | None, float | None, float | None, int]:
        """Name and numbers, without what they are about."""
        return self.name, self.value, self.low, self.high, self.n


class Evaluation(Table[Figure]):
    """The figures of an evaluation. A row is a figure.

    Args:
        figures: The figures.
        kind: What was scored.
        reports: How many reports.
        errors: Each error: id, kind, offsets, categories; no text.
        failed: Rows and ids that could not be scored: side, id, row, field, reason.
        confusion: Confusion matrices: table, gold, predicted, count.
        unscored: Predicted types that the gold never marks, with their number.
        by: The column of the groups.
        bootstrap: Number of samples behind the intervals.
        seed: Of the samples.
    """

    title = "figures"

    def __init__(
        self,
        figures: Iterable[Figure],
        *,
        kind: str = "",
        reports: int = 0,
        errors: Iterable[Row] = (),
        failed: Iterable[Row] = (),
        confusion: Mapping[str, Mapping[str, Mapping[str, int]]] | None = None,
        unscored: Mapping[str, int] | None = None,
        by: str | None = None,
        bootstrap: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__(figures, failed=failed)
        self.kind, self.reports, self.by, self.bootstrap, self.seed = kind, reports, by, bootstrap, seed
        self.errors = tuple(errors)
        self.confusion, self.unscored = dict(confusion or {}), dict(unscored or {})

    @property
    def figures(self) -> dict[str, Any]:
        """The overall figures by name, and below `types` and `groups` those of each type and group."""
        out: dict[str, Any] = {f.name: f.value for f in self if f.scope == "overall"}
        for scope in ("type", "group"):
            parts: dict[str, dict[str, float | None]] = {}
            out[f"{scope}s"] = parts
            for figure in self:
                if figure.scope == scope:
                    parts.setdefault(figure.item, {})[figure.name] = figure.value
        return out

    def to_json(self) -> Row:
        """Everything but the list of errors, ready for JSON."""
        return {
            "kind": self.kind, "reports": self.reports, "by": self.by, "bootstrap": self.bootstrap, "seed": self.seed,
            "figures": self.to_dicts(), "confusion": self.confusion, "errors": self.errors_by_kind(),
            "unscored_types": self.unscored, "failed": list(self.failed),
        }  # fmt: skip

    def errors_by_kind(self) -> dict[str, int]:
        """How many errors there are of each kind, the commonest first."""
        from collections import Counter

        return dict(Counter(e["error"] for e in self.errors).most_common())

    def save(self, folder: str | Path, *, texts: Mapping[str, str] | None = None) -> None:
        """Write `figures.json`, `report.md`, `index.html` and `errors.jsonl` into a new folder, all or nothing.

        Args:
            folder: Folder to make; it may exist only if it is empty or holds an earlier report.
            texts: Text of each report by id: errors then show the words they are about. These hold report text.

        Raises:
            InputError: The folder exists and holds something else.
        """
        from jmid_nlp.evaluation.report import write

        write(self, Path(folder), texts or {})

    def __repr__(self) -> str:
        from jmid_nlp.evaluation.report import headline

        shown = ", ".join(f"{f.name} {f.value:.3f}" for f in headline(self) if f.value is not None)
        return f"Evaluation({self.kind}, {self.reports} reports: {shown})"

    def _repr_html_(self) -> str:
        from jmid_nlp.evaluation.report import fragment

        return fragment(self)
