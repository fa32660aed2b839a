"""A job: rows in, rows out. The same call serves one process, many processes, `datasets.map` and Spark.

A job knows the domain and nothing of files or processes; a runner knows files and processes and nothing of the domain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from jmid_nlp.batch.rows import parse_id, parse_report
from jmid_nlp.errors import InputError, JmidError, PolicyError, RowError
from jmid_nlp.schema import DeidReport, Report

if TYPE_CHECKING:
    from jmid_nlp.deid.detect import Mode
    from jmid_nlp.terminology import Terminology

Row = dict[str, Any]


@dataclass(slots=True)
class Outcome:
    """What became of a chunk of rows: results in input order, the rows that failed, and records of the second output.

    `sides` holds the rows of further outputs by their name, such as the differences of a check.
    """

    rows: list[Row] = field(default_factory=list)
    failed: list[Row] = field(default_factory=list)
    audit: list[Row] = field(default_factory=list)
    left_out: int = 0
    sides: dict[str, list[Row]] = field(default_factory=dict)

    def extend(self, other: Outcome) -> None:
        """Take in what became of the rows that follow."""
        self.rows += other.rows
        self.failed += other.failed
        self.audit += other.audit
        self.left_out += other.left_out
        for name, rows in other.sides.items():
            self.sides.setdefault(name, []).extend(rows)


class Job(Protocol):
    """What a runner needs: a picklable callable and a word that changes whenever its results could."""

    @property
    def fingerprint(self) -> str:
        """Names the job, its options and all versions its results depend on."""
        ...

    def __call__(self, chunk: Sequence[tuple[int, Row | RowError]]) -> Outcome:
        """Treat numbered rows; errors of single rows come back as failed rows, never as exceptions."""
        ...

    def seal(self, rows: Iterable[Row]) -> Iterable[Row]:
        """Finish the records of the second output, which come in the order of the input."""
        ...


class _Unsealed:
    """A job without a second output."""

    def seal(self, rows: Iterable[Row]) -> Iterable[Row]:
        return rows


def failure(error: RowError, row_id: str | None = None) -> Row:
    """A failed row as it is listed: id, position, field and reason, nothing of its content."""
    return {"id": error.row_id or row_id, "row": error.row, "field": error.field, "reason": error.reason}


def run_rows(
    chunk: Sequence[tuple[int, Row | RowError]], treat: Callable[[int, Row], tuple[Row | None, Iterable[Row]]]
) -> Outcome:
    """Apply `treat` to each row of a chunk and sort results from failures.

    Args:
        chunk: Rows with their numbers; an unreadable row stands as its error.
        treat: Gives the output row (None for a row that is left out on purpose) and records of the second output.
    """
    outcome = Outcome()
    for number, row in chunk:
        if isinstance(row, RowError):
            outcome.failed.append(failure(row))
            continue
        try:
            result, side = treat(number, row)
        except RowError as error:
            outcome.failed.append(failure(error))
        except PolicyError:
            raise  # a column that the policy does not know stops the run: no row would be safe
        # one bad row must not stop the others; a foreign error's message may hold report text
        except Exception as error:
            outcome.failed.append(failure(_hidden(error, number), id_or_none(row, number)))
        else:
            outcome.audit.extend(side)
            if result is None:
                outcome.left_out += 1
            else:
                outcome.rows.append(result)
    return outcome


def _hidden(error: Exception, number: int) -> RowError:
    reason = (
        str(error)
        if isinstance(error, JmidError)
        else f"could not be treated ({type(error).__name__}); the row is withheld"
    )
    return RowError(row=number, field="row", reason=reason)


def id_or_none(row: Mapping[str, Any], number: int) -> str | None:
    """The id of a row that failed, if it has a usable one."""
    try:
        return parse_id(row, number=number)
    except RowError:
        return None


@dataclass(frozen=True)
class DetectJob(_Unsealed):
    """Identifiers of each report's text: `{"id", "spans": [...]}`, without the strings themselves.

    Args:
        mode: "accurate" for rules and both trained models, "balanced" for rules and the small one, "fast" for rules.
    """

    mode: Mode = "accurate"

    @property
    def fingerprint(self) -> str:
        """Job, options and versions."""
        return _fingerprint("detect", self.mode)

    def __call__(self, chunk: Sequence[tuple[int, Row | RowError]]) -> Outcome:
        """Detect in each row; the record's own identifiers sharpen the search."""
        from jmid_nlp.deid.detect import DetectOptions, Detector
        from jmid_nlp.schema import to_plain

        detect = Detector(DetectOptions(mode=self.mode))

        def treat(number: int, row: Row) -> tuple[Row, tuple[Row, ...]]:
            report = parse_report(row, number=number)
            return {"id": report.report_id, "spans": to_plain(detect(report.text, known=report))}, ()

        return run_rows(chunk, treat)


@dataclass(frozen=True)
class ExtractJob(_Unsealed):
    """Entities, findings, lung-cancer TNM and label sets of each report.

    Args:
        edition: Edition of the TNM classification, 8 or 9.
        explain: True to keep for each value the spans and the rule it came from.
        terminologies: Terminologies of the user's own, whose codes findings get.
    """

    edition: int = 8
    explain: bool = False
    terminologies: tuple[Terminology, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Job, options and versions."""
        read = (f"{t.system}:{t.fingerprint}" for t in self.terminologies)
        return _fingerprint("extract", str(self.edition), str(self.explain), *read)

    def __call__(self, chunk: Sequence[tuple[int, Row | RowError]]) -> Outcome:
        """Extract from each row."""
        from jmid_nlp.findings.extract import Extractor

        extract = Extractor(self.edition, terminologies=self.terminologies)

        def treat(number: int, row: Row) -> tuple[Row, tuple[Row, ...]]:
            report = parse_report(row, number=number)
            found = extract(report.text, report.report_id)
            return extraction_row(found, explain=self.explain), ()

        return run_rows(chunk, treat)


def extraction_row(extraction: Any, *, explain: bool = False) -> Row:
    """An `Extraction` in the form of the output contract; `why` only where it is asked for."""
    from jmid_nlp.schema import to_plain

    plain = to_plain(extraction)
    plain["id"] = plain.pop("report_id")
    row = {"id": plain["id"], "entities": plain["entities"], "findings": plain["findings"], "tnm": plain["tnm"]}
    row["labels"] = plain["labels"]
    row["recommendation"] = plain["recommendation"]
    if not explain:
        for item in (*row["entities"], *row["findings"], *([row["tnm"]] if row["tnm"] else [])):
            item.pop("why", None)
    return row


@dataclass(frozen=True)
class FactsJob(_Unsealed):
    """Facts of the examination that each report's text tells, one flat row a report."""

    @property
    def fingerprint(self) -> str:
        """Job and versions."""
        return _fingerprint("facts")

    def __call__(self, chunk: Sequence[tuple[int, Row | RowError]]) -> Outcome:
        """Read the facts of each row."""
        from jmid_nlp.findings.document import parse
        from jmid_nlp.findings.facts import exam_facts

        def treat(number: int, row: Row) -> tuple[Row, tuple[Row, ...]]:
            report = parse_report(row, number=number)
            return {"id": report.report_id} | exam_facts(parse(report.text)), ()

        return run_rows(chunk, treat)


@dataclass(frozen=True)
class AlignJob(_Unsealed):
    """Pairs of findings and annotations of each study."""

    @property
    def fingerprint(self) -> str:
        """Job, options and versions."""
        return _fingerprint("align")

    def __call__(self, chunk: Sequence[tuple[int, Row | RowError]]) -> Outcome:
        """Extract the findings of each study's report and match them with its annotations."""
        from jmid_nlp.align.match import align, alignment_row, parse_study
        from jmid_nlp.findings.extract import extract

        def treat(number: int, row: Row) -> tuple[Row, tuple[Row, ...]]:
            study_id = parse_id(row, number=number)
            report, annotations = parse_study(row, number)
            found = extract(report.text, report_id=report.report_id)
            return alignment_row(align(study_id, report, found.findings, annotations)), ()

        return run_rows(chunk, treat)


@dataclass(frozen=True)
class ReviewJob(_Unsealed):
    """The review list of each report: weak detections and unknown words, without the strings unless asked for.

    Args:
        policy: Name or path of the policy of the later run, for its thresholds; None for none.
        with_text: True to write the strings, too.
        limit: Detections with a lower score are listed; None for the usual limit.
        detector: What detects where the rows come without one; the package's own where None.
    """

    policy: Any = None
    with_text: bool = False
    limit: float | None = None
    detector: Any = None

    @property
    def fingerprint(self) -> str:
        """Job, options and versions."""
        own = str(getattr(self.detector, "fingerprint", ""))
        return _fingerprint("review", getattr(self.policy, "digest", ""), str(self.with_text), str(self.limit), own)

    def __call__(self, chunk: Sequence[tuple[int, Row | RowError]]) -> Outcome:
        """List each row's items as side output `review`; the main output stays empty."""
        listed: list[Row] = []

        def treat(number: int, row: Row) -> tuple[Row | None, tuple[Row, ...]]:
            listed.extend(self.rows(parse_report(row, number=number)))
            return None, ()

        outcome = run_rows(chunk, treat)
        return replace(outcome, rows=listed, left_out=0)

    def rows(self, report: Report, detector: Any = None) -> list[Row]:
        """The items of one report, as rows of the list."""
        from jmid_nlp.deid.review import LIMIT, review, review_rows

        limit = LIMIT if self.limit is None else self.limit
        items = review(report, policy=self.policy, limit=limit, detector=detector or self.detector)
        return review_rows(report, items, with_text=self.with_text)


class DeidJob:
    """Reports with text and identifying columns treated by a policy; audit records as second output.

    Args:
        deidentifier: Treats one report; holds policy and key.
        opt_out: Patients whose reports are left out before anything else; ids folded by `dataset.optout.OptOut`.
        check_findings: True to compare the findings of each report before and after; differences are side output `findings`.
        review: Lists what a person should look at, as side output `review`.
    """

    def __init__(
        self,
        deidentifier: Any,
        opt_out: Callable[[str | None], bool] | None = None,
        *,
        check_findings: bool = False,
        review: ReviewJob | None = None,
    ) -> None:
        self.deidentifier = deidentifier
        self.opt_out = opt_out
        self.check_findings = check_findings
        self.review = review

    @property
    def fingerprint(self) -> str:
        """Job, policy, key fingerprint, opt-out list and versions."""
        treat, listed = self.deidentifier, getattr(self.opt_out, "fingerprint", "")
        detector = getattr(treat.detector, "fingerprint", "")
        sides = (str(self.check_findings), self.review.fingerprint if self.review else "", detector)
        shift = f"{treat.date_shift_days} {getattr(treat.uids, 'fingerprint', '')}"
        return _fingerprint("deid", treat.policy.digest, treat.key.fingerprint, shift, str(listed), *sides)

    def __call__(self, chunk: Sequence[tuple[int, Row | RowError]]) -> Outcome:
        """De-identify each row; a row that fails is withheld, never passed through."""
        from jmid_nlp.deid.audit import audit_rows

        sides: dict[str, list[Row]] = {}

        def treat(number: int, row: Row) -> tuple[Row | None, list[Row]]:
            report = parse_report(row, number=number)
            if self.opt_out is not None and self.opt_out(report.patient_id):
                return None, []
            try:
                safe = self.deidentifier(report)
            except (InputError, PolicyError):
                raise
            except JmidError as error:
                raise RowError(row=number, field="row", reason=str(error), row_id=report.report_id) from None
            result = deid_output(row, safe.row), audit_rows(safe)
            if self.check_findings:
                sides.setdefault("findings", []).extend(_differences(report, safe))
            if self.review is not None:
                sides.setdefault("review", []).extend(self.review.rows(report, self.deidentifier.detector))
            return result

        return replace(run_rows(chunk, treat), sides=sides)

    def seal(self, rows: Iterable[Row]) -> Iterable[Row]:
        """Chain the audit: each record holds the hash of the one before."""
        from jmid_nlp.deid.audit import chain

        return chain(rows)


def _differences(report: Report, safe: DeidReport) -> list[Row]:
    """Differences between the findings of a report before and after, as rows without text."""
    from jmid_nlp.findings.extract import extract
    from jmid_nlp.schema import to_plain
    from jmid_nlp.utility import compare

    if report.text == safe.text:
        return []
    before, after = (extract(text, report_id=report.report_id) for text in (report.text, safe.text))
    rows = [to_plain(difference) for difference in compare(before, after, safe.edits)]
    return [{"id": row.pop("report_id"), **row} for row in rows]


def deid_output(row: Mapping[str, Any], treated: Mapping[str, Any]) -> Row:
    """The treated record with the columns of the input row, in its order and under its names, and nothing else of it.

    Only values of `treated` are written: a column that the policy does not give back is dropped.
    """
    names = {"id": "report_id"} if "id" in row else {}
    out = {column: treated.get(names.get(column, column)) for column in row if names.get(column, column) in treated}
    return out | {c: v for c, v in treated.items() if c == "deid"}  # the provenance of the row


def _fingerprint(*parts: str) -> str:
    from jmid_nlp.lexicon import lexicon_version
    from jmid_nlp.version import __version__

    return "|".join((*parts, __version__, lexicon_version()))
