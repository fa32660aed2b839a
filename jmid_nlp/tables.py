"""What users hold: sequences of records that turn into Arrow tables and data frames and show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from jmid_nlp.errors import InputError
from jmid_nlp.schema import Alignment, AnnotationRecord, DeidReport, Extraction, Finding, Report, to_plain

if TYPE_CHECKING:
    from jmid_nlp.view import Content

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
            part = object.__new__(type(self))
            part.__dict__ |= self.__dict__  # what a table knows beside its records goes with every part of it
            part._records = self._records[index]
            return part
        return self._records[index]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[T]:
        return iter(self._records)

    def __repr__(self) -> str:
        failed = f", {len(self.failed)} rows failed" if self.failed else ""
        return f"{type(self).__name__}({len(self)} {self.title}{failed})"

    def _repr_html_(self) -> str:
        from jmid_nlp.display import content_html

        return content_html(self._content())

    def _content(self) -> Content:
        """What a notebook or a terminal shows."""
        from jmid_nlp.view import Content

        return Content(repr(self), rows=self.to_dicts())

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

    def _content(self) -> Content:
        from jmid_nlp.view import Content

        keep = ("report_id", "modality", "body_part")
        rows = [{k: getattr(r, k) or "" for k in keep} | {"characters": len(r.text)} for r in self]
        return Content(repr(self), rows=rows)


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

    def _content(self) -> Content:
        from jmid_nlp.view import Content, View

        views = ((f"{r.report_id}: {len(r.edits)} replaced", View(r.text, edits=r.edits)) for r in self)
        return Content(repr(self), views, total=len(self))


class AuditTable(Table[Row]):
    """Audit records. A row is one replacement."""

    title = "replacements"


class FindingsTable(Table[Finding]):
    """Findings of one report. A row is a finding.

    Args:
        records: The findings.
        failed: See `Table`.
        source: The report they are of, or its text.
    """

    title = "findings"

    def __init__(
        self,
        records: Iterable[Finding] = (),
        *,
        failed: Iterable[Row] = (),
        source: Report | DeidReport | str | None = None,
    ) -> None:
        super().__init__(records, failed=failed)
        self._source = source

    def __getstate__(self) -> Row:
        """What a pickle holds: of the source only a de-identified report."""
        return self.__dict__ | {"_source": self._source if isinstance(self._source, DeidReport) else None}

    def to_fhir(self) -> Row:
        """The findings of a de-identified report as a FHIR R4 bundle; see `interchange.fhir.bundle`.

        Raises:
            NotDeidentifiedError: They are not of a `DeidReport`.
        """
        from jmid_nlp.interchange.fhir import bundle

        return bundle(self._source, tuple(self))  # type: ignore[arg-type]  # what is no DeidReport is refused there

    def to_dicom_sr(self, images: Any, *, marks: Sequence[tuple[Finding, AnnotationRecord]] = ()) -> Any:
        """The lesions of a de-identified report as a DICOM structured report; see `interchange.dicom_sr.document`.

        Args:
            images: The study's de-identified images: files, a folder, or pydicom datasets; headers are enough.
            marks: Findings with the annotation that says which image they are on, such as `Alignments.marks` gives.

        Raises:
            NotDeidentifiedError: They are not of a `DeidReport`.
            InputError: An image that a finding refers to is not among the images.
        """
        from jmid_nlp.interchange.dicom_sr import document

        return document(self._source, tuple(self), images, marks=marks)  # type: ignore[arg-type]  # refused there

    def _content(self) -> Content:
        from jmid_nlp.view import Content, View

        text = self._source if isinstance(self._source, str) else getattr(self._source, "text", "")
        view = View(text, getattr(self._source, "report_id", ""), findings=tuple(self))
        return Content(views=[("", view)], total=1)


class Extractions(Table[Extraction]):
    """What was read from each report. A row of the table view is a finding, with its report's id.

    Args:
        records: One extraction a report.
        failed: See `Table`.
        reports: The reports they were read from.
    """

    title = "reports read"

    def __init__(
        self,
        records: Iterable[Extraction] = (),
        *,
        failed: Iterable[Row] = (),
        reports: Iterable[Report | DeidReport | str] = (),
    ) -> None:
        super().__init__(records, failed=failed)
        self._reports = {e.report_id: r for e, r in zip(self._records, reports, strict=False)}

    def __getstate__(self) -> Row:
        """What a pickle holds: of the reports only de-identified ones."""
        return self.__dict__ | {"_reports": _deidentified(self._reports)}

    def to_dicts(self) -> list[Row]:
        """One row a finding; sizes, sites and image references stay nested."""
        return [finding_row(e.report_id, f) for e in self for f in e.findings]

    def findings(self) -> list[tuple[str, Finding]]:
        """All findings with their report's id."""
        return [(e.report_id, f) for e in self for f in e.findings]

    def of(self, report_id: str) -> FindingsTable:
        """The findings of one report.

        Raises:
            InputError: There is no report of that id.
        """
        for extraction in self:
            if extraction.report_id == report_id:
                return self._findings_of(extraction)
        raise InputError("there is no report of that id among those read; the attribute report_id of each names it")

    def _findings_of(self, extraction: Extraction) -> FindingsTable:
        return FindingsTable(extraction.findings, source=self._reports.get(extraction.report_id))

    def to_fhir(self) -> list[Row]:
        """One FHIR R4 bundle a report; see `interchange.fhir.bundle`.

        Raises:
            NotDeidentifiedError: A report is not a `DeidReport`.
        """
        return [self._findings_of(e).to_fhir() for e in self]

    def _content(self) -> Content:
        from jmid_nlp.view import Content, View

        def view(e: Extraction) -> View:
            source = self._reports.get(e.report_id, "")
            text = source if isinstance(source, str) else source.text
            return View(text, entities=e.entities, findings=e.findings, tnm=e.tnm)

        views = ((f"{e.report_id}: {len(e.findings)} findings", view(e)) for e in self)
        return Content(repr(self), views, total=len(self))


class Annotations(Table[AnnotationRecord]):
    """Annotation records. A row is a mark."""

    title = "annotations"

    def _content(self) -> Content:
        from jmid_nlp.view import Content

        keep = ("annotation_id", "kind", "label", "anatomy", "laterality", "size_mm", "series_number", "image_number")
        return Content(repr(self), rows=[{k: row[k] for k in keep} for row in self.to_dicts()])


class Alignments(Table[Alignment]):
    """Alignments, one a study. A row of the table view is a pair.

    Args:
        records: One alignment a study.
        failed: See `Table`.
        reports: The reports that were aligned.
        extractions: What was read from them.
        annotations: The marks they were aligned with.
    """

    title = "studies"

    def __init__(
        self,
        records: Iterable[Alignment] = (),
        *,
        failed: Iterable[Row] = (),
        reports: Iterable[Report | DeidReport] = (),
        extractions: Iterable[Extraction] = (),
        annotations: Iterable[AnnotationRecord] = (),
    ) -> None:
        super().__init__(records, failed=failed)
        self._reports = {r.report_id: r for r in reports}
        self._found = {e.report_id: e.findings for e in extractions}
        self._marks = {a.annotation_id: a for a in annotations}

    def __getstate__(self) -> Row:
        """What a pickle holds: of the reports only de-identified ones."""
        return self.__dict__ | {"_reports": _deidentified(self._reports)}

    def to_dicts(self) -> list[Row]:
        """One row a pair, with its study's id."""
        return [{"study_id": a.study_id} | to_plain(p) for a in self for p in a.pairs]

    def marks(self, study_id: str) -> list[tuple[Finding, AnnotationRecord]]:
        """The findings of a study that were matched, each with its annotation."""
        spans = {(f.start, f.end): f for f in reversed(self._found.get(study_id, ()))}
        links = [link for a in self if a.study_id == study_id for link in a.pairs]
        return [(spans[k.start, k.end], self._marks[k.annotation_id]) for k in links if (k.start, k.end) in spans]

    def _content(self) -> Content:
        from jmid_nlp.view import Content, View

        def view(a: Alignment) -> View:
            report = self._reports.get(a.study_id)
            own = (*(p.annotation_id for p in a.pairs), *a.unmatched_annotations)
            marks = tuple(self._marks[i] for i in own if i in self._marks)
            found = self._found.get(a.study_id, ())
            return View(report.text if report else "", findings=found, alignment=a, annotations=marks)

        views = ((f"{a.study_id}: {len(a.pairs)} matched", view(a)) for a in self)
        return Content(repr(self), views, total=len(self), paired=True)


def _deidentified(reports: Mapping[str, Any]) -> Row:
    return {k: r for k, r in reports.items() if isinstance(r, DeidReport)}


def finding_row(report_id: str, finding: Finding) -> Row:
    """A finding as one flat row: nested values as lists, reasons left out."""
    row: Row = to_plain(finding)
    row.pop("why")
    return {"report_id": report_id} | row
