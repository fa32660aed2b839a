"""Run a job over files on this machine: chunks in order, in one or several processes, resumable, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import signal
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from jmid_nlp.batch.files import Row, count_rows, input_files, read_rows
from jmid_nlp.batch.job import Job, Outcome
from jmid_nlp.batch.rows import unless_double
from jmid_nlp.batch.sinks import Sink, sink_for
from jmid_nlp.batch.store import PartStore, Side
from jmid_nlp.errors import InputError, JmidError, RowError, WorkerError
from jmid_nlp.progress import progress

Chunk = list[tuple[int, Row | RowError]]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did: rows written, rows that failed, rows left out on purpose, and where they lie; rows of each side output."""

    written: int
    failed: int
    left_out: int
    output: Path
    failed_file: Path | None
    resumed_parts: int = 0
    sides: Mapping[str, int] = field(default_factory=dict)


def run_job(
    job: Job,
    source: Path,
    output: Path,
    *,
    audit: Path | None = None,
    sides: Mapping[str, Side] | None = None,
    sink: Sink | None = None,
    workers: int = 1,
    encoding: str = "auto",
    chunk_rows: int = 500,
    title: str = "",
    keep: Sequence[Path] = (),
) -> Summary:
    """Treat all rows of `source` and write `output`.

    The output appears only when it is complete. Finished chunks lie in `OUTPUT.partial/` until then; a run that is started
    again after an interruption uses them if input, job and chunk size are the same, and gives the same bytes. Rows that
    fail are listed in `OUTPUT.failed.jsonl` with id, row, field and reason.

    Args:
        job: What to do with the rows.
        source: Input file or folder.
        output: Output file; its suffix chooses the format.
        audit: Where to write the job's second output as JSONL, hash-chained.
        sides: Where to write each further output of the job as JSONL, by its name in `Outcome.sides`.
        sink: Writes the output in another way than its suffix says.
        workers: Number of processes; 1 stays in this one.
        encoding: Encoding of text input, see `read_rows`.
        chunk_rows: Rows treated and stored together.
        title: Word before the progress bar.
        keep: Files that no output may overwrite, beside the input: the key, lists that were read.

    Raises:
        InputError: Input or output cannot be used at all.
    """
    sink = sink or sink_for(output)
    check_targets(source, [output, *([audit] if audit else []), *(side.path for side in (sides or {}).values())], keep)
    if workers < 1 or chunk_rows < 1:
        raise InputError("workers and chunk rows must be 1 or more")
    store = PartStore.open(output, sink, _fingerprint(job, source, encoding, chunk_rows))
    resumed = store.done()
    failed = output.with_name(output.name + ".failed.jsonl")
    try:
        with progress(total=count_rows(source), title=title or "rows") as bar:
            for number, rows in _treat(job, _chunks(source, encoding, chunk_rows), store, workers):
                bar.update(rows)
                store.last = number
        store.refuse_if_unusable(source)
    except JmidError:
        store.drop_if_empty()
        raise
    written, totals = store.write_sides(sides or {}), store.totals()
    store.finish(job, output, failed, audit)
    listed = failed if totals["failed"] else None
    return Summary(**totals, output=output, failed_file=listed, resumed_parts=resumed, sides=written)


def check_targets(source: Path, targets: Sequence[Path], keep: Sequence[Path] = ()) -> None:
    """Refuse targets that would overwrite the input or one another, or that cannot be written, before any work is done.

    Raises:
        InputError: Names the target and the reason.
    """
    taken = {_place(file): "the input" for file in input_files(source)}
    taken |= {_place(file): "a file this run reads" for file in keep}
    for target in targets:
        if not target.parent.is_dir():
            raise InputError(f"{target.parent}: no such folder; make it first")
        if target.is_dir():
            raise InputError(f"{target.name}: is a folder; give the name of a file")
        if not os.access(target.parent, os.W_OK):
            raise InputError(f"{target.parent}: no permission to write into this folder; choose another")
        if clash := taken.get(_place(target)):
            raise InputError(f"{target.name}: is {clash}, too; give each output a file of its own")
        taken[_place(target)] = "another output"


def _place(path: Path) -> str:
    return os.path.realpath(path)


def _fingerprint(job: Job, source: Path, encoding: str, chunk_rows: int) -> str:
    digest = hashlib.sha256(f"{job.fingerprint}|{encoding}|{chunk_rows}".encode())
    for file in input_files(source):
        digest.update(file.name.encode())
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _chunks(source: Path, encoding: str, size: int) -> Iterator[Chunk]:
    """Chunks of numbered rows; a row whose id came before is an error, not a second result."""
    seen: dict[int, int] = {}
    chunk: Chunk = []
    for number, row in read_rows(source, encoding=encoding):
        chunk.append((number, unless_double(row, number, seen)))
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _treat(job: Job, chunks: Iterator[Chunk], store: PartStore, workers: int) -> Iterator[tuple[int, int]]:
    """Treat what is not stored yet; yields chunk number and row count, in order."""
    if workers == 1:
        for number, chunk in enumerate(chunks):
            if not store.has(number):
                store.write(number, job(chunk))
            yield number, len(chunk)
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start, initargs=(job,))
    try:
        waiting: deque[tuple[int, Chunk, Future[Outcome] | None]] = deque()
        for number, chunk in enumerate(chunks):
            waiting.append((number, chunk, None if store.has(number) else pool.submit(_work, chunk)))
            if len(waiting) > 2 * workers:  # bounded, so that memory stays flat
                yield _settle(*waiting.popleft(), store)
        while waiting:
            yield _settle(*waiting.popleft(), store)
    except BrokenProcessPool:
        raise WorkerError(
            "a worker process was ended from outside, perhaps for want of memory; nothing is lost: run the same command "
            "again to go on, with fewer --workers where memory is short"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _settle(number: int, chunk: Chunk, future: Future[Outcome] | None, store: PartStore) -> tuple[int, int]:
    if future is not None:
        store.write(number, future.result())
    return number, len(chunk)


_JOB: Job | None = None


def _start(job: Job) -> None:
    global _JOB
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others in order
    _JOB = job


def _work(chunk: Chunk) -> Outcome:
    if _JOB is None:
        raise RuntimeError("the worker has no job")
    return _JOB(chunk)
