"""What users hold: sequences of records that turn into Arrow tables and data frames and show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from jmid_nlp.schema import Alignment, AnnotationRecord, DeidReport, Extraction, Finding, Report, to_plain

T = TypeVar("T")
Row = dict[str, Any]


class Table(Sequence[T], Generic[T]):
    """A sequence of records of one kind.

    Args:
        records: The records, in order.
        failed: Rows that could not be treated: id, row, field and reason.
    """

    title = "records"

    def __init__(self, records: Iterable[T] = (), *, failed: Iterable[Row] = ()) -> None:
        self._records = tuple(records)
        self.failed = tuple(failed)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Table[T]: ...
    def __getitem__(self, index: int | slice) -> T | Table[T]:
        if isinstance(index, slice):
            return type(self)(self._records[index], failed=self.failed)
        return self._records[index]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[T]:
        return iter(self._records)

    def __repr__(self) -> str:
        failed = f", {len(self.failed)} rows failed" if self.failed else ""
        return f"{type(self).__name__}({len(self)} {self.title}{failed})"

    def to_dicts(self) -> list[Row]:
        """One dict a row of the table view; see the class for what a row is."""
        return [to_plain(r) for r in self._records]

    def to_arrow(self) -> Any:
        """The table view as a `pyarrow.Table`."""
        from jmid_nlp.batch.sinks import table_of

        return table_of(self.to_dicts())

    def to_pandas(self) -> Any:
        """The table view as a `pandas.DataFrame` (needs pandas: `pip install "jmid-nlp[notebook]"`)."""
        from jmid_nlp.errors import MissingExtraError

        try:
            import pandas as pd
        except ImportError:
            raise MissingExtraError('pandas is not installed; pip install "jmid-nlp[notebook]"') from None
        return pd.DataFrame(self.to_dicts())

    def to_parquet(self, path: str | Path) -> None:
        """Write the table view as Parquet."""
        import pyarrow.parquet as pq

        pq.write_table(self.to_arrow(), path)


class Reports(Table[Report]):
    """Reports as read, identifiers still inside. A row is a report."""

    title = "reports"

    def to_dicts(self) -> list[Row]:
        """One row a report; unknown columns beside the known ones."""
        rows = [to_plain(r) for r in self]
        return [{k: v for k, v in r.items() if k != "extra"} | r["extra"] for r in rows]

    def _repr_html_(self) -> str:
        from jmid_nlp.display import summary_html

        return summary_html(repr(self), [{"report_id": r.report_id, "characters": len(r.text)} for r in self])


class DeidReports(Table[DeidReport]):
    """De-identified reports. A row is the treated record."""

    title = "de-identified reports"

    def to_dicts(self) -> list[Row]:
        """One row a report, as the policy gives it back."""
        return [to_plain(r.row) for r in self]

    def audit(self) -> AuditTable:
        """What was replaced, by whom and how sure: no text."""
        from jmid_nlp.deid.audit import audit_rows

        return AuditTable([row for report in self for row in audit_rows(report)])

    def _repr_html_(self) -> str:
        from jmid_nlp.display import deid_html

        return deid_html(self)


class AuditTable(Table[Row]):
    """Audit records. A row is one replacement."""

    title = "replacements"

    def _repr_html_(self) -> str:
        from jmid_nlp.display import summary_html

        return summary_html(repr(self), list(self))


class FindingsTable(Table[Finding]):
    """Findings of one report. A row is a finding."""

    title = "findings"

    def _repr_html_(self) -> str:
        from jmid_nlp.display import findings_html

        return findings_html(self)


class Extractions(Table[Extraction]):
    """What was read from each report. A row of the table view is a finding, with its report's id."""

    title = "reports read"

    def to_dicts(self) -> list[Row]:
        """One row a finding; sizes, sites and image references stay nested."""
        return [finding_row(e.report_id, f) for e in self for f in e.findings]

    def findings(self) -> list[tuple[str, Finding]]:
        """All findings with their report's id."""
        return [(e.report_id, f) for e in self for f in e.findings]

    def _repr_html_(self) -> str:
        from jmid_nlp.display import findings_html

        return findings_html(f for e in self for f in e.findings)


class Annotations(Table[AnnotationRecord]):
    """Annotation records. A row is a mark."""

    title = "annotations"

    def _repr_html_(self) -> str:
        from jmid_nlp.display import summary_html

        keep = ("annotation_id", "kind", "label", "anatomy", "laterality", "size_mm", "series_number", "image_number")
        return summary_html(repr(self), [{k: row[k] for k in keep} for row in self.to_dicts()])


class Alignments(Table[Alignment]):
    """Alignments, one a study. A row of the table view is a pair."""

    title = "studies"

    def to_dicts(self) -> list[Row]:
        """One row a pair, with its study's id."""
        return [{"study_id": a.study_id} | to_plain(p) for a in self for p in a.pairs]

    def _repr_html_(self) -> str:
        from jmid_nlp.display import summary_html

        return summary_html(repr(self), self.to_dicts())


def finding_row(report_id: str, finding: Finding) -> Row:
    """A finding as one flat row: nested values as lists, reasons left out."""
    row: Row = to_plain(finding)
    row.pop("why")
    return {"report_id": report_id} | row
