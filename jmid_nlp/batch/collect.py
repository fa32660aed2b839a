"""The first pass of a run that looks for a patient's proven identifiers in all of the patient's reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from jmid_nlp.batch.files import Row, read_rows
from jmid_nlp.batch.job import Outcome, run_rows
from jmid_nlp.batch.rows import parse_report
from jmid_nlp.batch.workers import Chunk, in_order
from jmid_nlp.deid.propagation import PatientBook, proofs
from jmid_nlp.errors import RowError


def collect(
    source: Path,
    *,
    opt_out: Callable[[str | None], bool] | None = None,
    detector: Any = None,
    workers: int = 1,
    encoding: str = "auto",
    chunk_rows: int = 500,
) -> PatientBook:
    """What the reports of each patient prove. Nothing is written; the strings live as long as the book.

    Args:
        source: Input file or folder, as in `run_job`.
        opt_out: Patients whose reports are not looked at.
        detector: `detector(text, known=Report | None)`, picklable; the package's own where None.
        workers: Number of processes.
        encoding: Encoding of text input.
        chunk_rows: Rows handed to a process together.
    """
    book = PatientBook()
    chunks = _chunks(source, encoding, chunk_rows, opt_out)
    for _, outcome in in_order(partial(_look, detector=detector), chunks, workers):
        for row in outcome.rows if outcome else ():
            book.add(row["patient_id"], row["proofs"])
    return book


def _chunks(
    source: Path, encoding: str, size: int, opt_out: Callable[[str | None], bool] | None
) -> Iterator[list[tuple[int, Row]]]:
    chunk: list[tuple[int, Row]] = []
    for number, row in read_rows(source, encoding=encoding):
        if isinstance(row, RowError) or not row.get("patient_id"):
            continue
        if opt_out is not None and opt_out(str(row["patient_id"])):
            continue
        chunk.append((number, row))
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _look(chunk: Chunk, detector: Any = None) -> Outcome:
    """What each row proves; a row that cannot be treated proves nothing, and the run itself will name it."""
    from jmid_nlp.deid.detect import detect

    def treat(number: int, row: Row) -> tuple[Row | None, tuple[Row, ...]]:
        report = parse_report(row, number=number)
        found = proofs(report, (detector or detect)(report.text, known=report))
        return ({"patient_id": report.patient_id, "proofs": found} if report.patient_id and found else None), ()

    return run_rows(chunk, treat)
