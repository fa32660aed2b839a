"""The first pass of a run that looks for a patient's proven identifiers in all of the patient's reports."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from jmid_nlp.batch.files import Row, read_rows
from jmid_nlp.batch.rows import parse_report
from jmid_nlp.deid.propagation import PatientBook, Proof, proofs
from jmid_nlp.errors import RowError

Found = list[tuple[str, set[Proof]]]


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
    for found in _results(_chunks(source, encoding, chunk_rows, opt_out), workers, partial(_look, detector=detector)):
        for patient, strings in found:
            book.add(patient, strings)
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


def _results(chunks: Iterable[list[tuple[int, Row]]], workers: int, look: Callable[..., Found]) -> Iterator[Found]:
    if workers == 1:
        yield from map(look, chunks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[Found]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(look, chunk))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _look(chunk: list[tuple[int, Row]], detector: Any = None) -> Found:
    """What each row proves; a row that cannot be read proves nothing, and the run itself will name it."""
    from jmid_nlp.deid.detect import detect

    out: Found = []
    for number, row in chunk:
        try:
            report = parse_report(row, number=number)
            found = proofs(report, (detector or detect)(report.text, known=report))
        except Exception:  # the second pass meets the same row and lists it as failed
            continue
        if report.patient_id and found:
            out.append((report.patient_id, found))
    return out
