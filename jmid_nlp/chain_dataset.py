"""The chain as a stream, from a raw extract to a dataset folder: one report at a time, whatever their number."""

from __future__ import annotations

import csv
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jmid_nlp.api as api
from jmid_nlp.annotations.store import MarkStore
from jmid_nlp.dataset.build import build_stream
from jmid_nlp.dataset.export import EXPORTS, export
from jmid_nlp.dataset.optout import OptOut
from jmid_nlp.dataset.shards import LAYOUTS
from jmid_nlp.dataset.tasks import Study
from jmid_nlp.errors import FileFormatError, InputError, JmidError, PolicyError, RowError
from jmid_nlp.schema import AnnotationRecord, Extraction, Link, Report

FORMATS = (*LAYOUTS, *EXPORTS)


@dataclass(frozen=True, slots=True)
class Written:
    """What came out: rows, failed rows and files, and what an export could not hold as it is."""

    rows: int
    failed: tuple[Mapping[str, Any], ...]
    lost: Mapping[str, int]

    def list_failed(self, path: Path) -> None:
        """Write what failed as JSONL; without failures no file is left."""
        path.unlink(missing_ok=True)
        if self.failed:
            path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in self.failed), encoding="utf-8")


@dataclass(slots=True)
class Source:
    """A raw extract whose reports become studies one by one.

    Args:
        path: Reports with their identifiers, file or folder.
        treat: The callable of `api.deidentifier`.
        relabel: What an extraction goes through, see `api.dataset_options`.
        annotations: Annotation file or folder; the marks wait on disk by study, in `scratch`.
        opt_out: Patients to leave out before anything else.
        encoding: Encoding of text input.
        scratch: Where the marks wait, in a private folder that is removed; the system's place for such where None.
    """

    path: Path
    treat: Any
    relabel: Callable[[Extraction], Extraction]
    annotations: Path | None = None
    opt_out: OptOut = field(default_factory=OptOut)
    encoding: str = "auto"
    scratch: Path | None = None
    failed: list[Mapping[str, Any]] = field(default_factory=list)
    flow: Counter[str] = field(default_factory=Counter)

    def studies(self) -> Iterator[Study]:
        """The studies; rows that cannot be used are listed in `failed`, opt-outs counted in `flow`."""
        with tempfile.TemporaryDirectory(prefix=".marks-", dir=self.scratch) as place:
            marks = MarkStore(Path(place))
            try:
                self._fill(marks)
                yield from self._reports(marks)
            finally:
                marks.close()

    def _reports(self, marks: MarkStore) -> Iterator[Study]:
        from jmid_nlp.batch.files import read_rows
        from jmid_nlp.batch.job import failure
        from jmid_nlp.batch.rows import parse_report

        seen = set[bytes]()
        for number, row in read_rows(self.path, encoding=self.encoding):
            try:
                if isinstance(row, RowError):
                    raise row
                report = parse_report(row, number=number)
                if _once(report.report_id, seen):
                    yield from self._study(report, number, marks)
                else:
                    reason = "stands twice; ids must be unique"
                    raise RowError(row=number, field="id", reason=reason, row_id=report.report_id)
            except RowError as error:
                self.failed.append(failure(error))
        if not seen:
            first = self.failed[-1]
            raise InputError(
                f"{self.path.name}: no row can be used; row {first['row']}, field {first['field']!r}: {first['reason']}"
            )

    def _fill(self, marks: MarkStore) -> None:
        if self.annotations is not None:
            problems: list[FileFormatError] = []
            marks.fill(self.annotations, problems)
            self.failed += [{"file": str(p)} for p in problems]

    def _study(self, report: Report, number: int, marks: MarkStore) -> Iterator[Study]:
        """The study of a report, or nothing where its patient opted out or it could not be treated."""
        if self.opt_out(report.patient_id):
            self.flow.update(reports_in=1, opted_out=1)
            return
        try:
            yield self._treated(report, marks.of(report.study_uid))
        except PolicyError:
            raise  # a column that the policy does not know stops the run: no report would be safe
        # fail closed: the report is withheld and the others go on; a foreign error's message may hold text
        except Exception as error:
            reason = str(error) if isinstance(error, JmidError) else f"could not be treated ({type(error).__name__})"
            self.flow.update(reports_in=1, failed=1)
            self.failed.append({"id": report.report_id, "row": number, "field": "row", "reason": reason})

    def _treated(self, report: Report, marks: list[AnnotationRecord]) -> Study:
        from jmid_nlp.align.match import align
        from jmid_nlp.deid.marks import treat_annotation
        from jmid_nlp.findings.extract import extract

        safe = self.treat(report)
        found = extract(safe.text, report_id=safe.report_id)
        patients = {report.study_uid: report.patient_id} if report.study_uid and report.patient_id else None
        own = [treat_annotation(m, self.treat, patients=patients) for m in marks]
        plain, links = api.as_report(safe), tuple[Link, ...]()
        if own and plain.study_uid:
            links = align(plain.report_id, plain, found.findings, own).pairs
        return Study(safe, self.relabel(found), links, {m.annotation_id: m for m in own})


def _once(report_id: str, seen: set[bytes]) -> bool:
    """Whether an id comes for the first time; eight bytes of each are remembered."""
    key = hashlib.blake2b(report_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    if key in seen:
        return False
    seen.add(key)
    return True


def write_dataset(
    source: Source,
    output: Path,
    *,
    options: Any,
    fmt: str = "datasets",
    fixed: Path | None = None,
    linked: Path | None = None,
) -> Written:
    """Build a dataset folder from a raw extract, in a stream.

    Args:
        source: The extract.
        output: Folder to make.
        options: The `dataset.stream.BuildOptions` of the task.
        fmt: `datasets` (for `datasets.load_from_disk`), `parquet`, or `docbin` or `coco` beside Parquet.
        fixed: CSV with the columns `patient_id` and `split`, such as a published test list; ids as in the extract.
        linked: CSV with the columns `patient_id` and `linked_id`: patients that belong into one split.

    Raises:
        InputError: An argument or file cannot be used.
        LeakError: The dataset would leak between splits.
    """
    if fmt not in FORMATS:
        raise InputError(f"format {fmt!r} is not known; choose one of {', '.join(FORMATS)}")
    options = replace(
        options,
        layout=fmt if fmt in LAYOUTS else "parquet",
        fixed=dict(_pairs(fixed, ("patient_id", "split"), source.treat)) if fixed else {},
        linked=tuple(_pairs(linked, ("patient_id", "linked_id"), source.treat)) if linked else (),
    )
    lost: dict[str, int] = {}

    def finish(folder: Path) -> None:
        if fmt in EXPORTS:
            lost.update(export(folder, fmt))

    source.scratch = source.scratch or output.parent
    built = build_stream(source.studies(), output, options=options, flow=source.flow, finish=finish)
    rows = sum(part["rows"] for part in built.manifest["splits"].values())
    return Written(rows, (*source.failed, *built.failed), lost)


def _pairs(path: Path, columns: tuple[str, str], treat: Any) -> Iterator[tuple[str, str]]:
    """The rows of a CSV file, ids of patients as the policy rewrites them."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := [c for c in columns if c not in (rows.fieldnames or ())]:
                raise InputError(f"{path.name}: no column {missing[0]!r}; it needs {columns[0]},{columns[1]}")
            for number, row in enumerate(rows, 2):
                one, other = ((row[c] or "").strip() for c in columns)
                if not one or not other:
                    raise InputError(f"{path.name}, line {number}: a value is missing")
                yield _key(one, treat, path), _key(other, treat, path) if columns[1].endswith("_id") else other
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read ({type(error).__name__})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name}: is not UTF-8 text") from None


def _key(patient: str, treat: Any, path: Path) -> str:
    key = treat(Report("fixed", "", patient_id=patient)).patient_id
    if key is None:
        raise InputError(f"{path.name}: the policy leaves no patient key to which a split or a link could be tied")
    return str(key)
