"""Run a job over files on this machine: chunks in order, in one or several processes, resumable, whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from jmid_nlp.batch.files import Row, count_rows, input_files, read_rows
from jmid_nlp.batch.ids import FirstRows
from jmid_nlp.batch.job import Job
from jmid_nlp.batch.rows import unless_double
from jmid_nlp.batch.sinks import Sink, sink_for
from jmid_nlp.batch.store import PartStore, Side
from jmid_nlp.batch.workers import Allowance, Chunk, characters, in_order
from jmid_nlp.errors import InputError, JmidError, RowError
from jmid_nlp.progress import progress

#: Characters of text after which a chunk ends however few its rows: what waits in memory stays bounded.
_CHUNK_CHARACTERS = 1_000_000


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
    allowance: Allowance | None = None,
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
        workers: Number of processes; 1 stays in this one. With 2 or more, a row that crashes its process, hangs or needs
            more than the process' share of memory is listed as failed, and the others go on.
        encoding: Encoding of text input, see `read_rows`.
        chunk_rows: Rows treated and stored together.
        title: Word before the progress bar.
        keep: Files that no output may overwrite, beside the input: the key, lists that were read.
        allowance: When a worker process counts as hanging.

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
        with (
            closing(FirstRows(store.folder / "ids")) as seen,
            progress(total=count_rows(source), title=title or "rows") as bar,
        ):
            chunks = _chunks(source, encoding, chunk_rows, seen)
            treated = in_order(job, chunks, workers, done=store.has, allowance=allowance)
            for number, (chunk, outcome) in enumerate(treated):
                if outcome is not None:
                    store.write(number, outcome)
                bar.update(len(chunk))
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


def _chunks(source: Path, encoding: str, size: int, seen: FirstRows) -> Iterator[Chunk]:
    """Chunks of numbered rows; a row whose id came before is an error, not a second result."""
    chunk: list[tuple[int, Row | RowError]] = []
    held = 0
    for number, row in read_rows(source, encoding=encoding):
        chunk.append((number, unless_double(row, number, seen)))
        held += characters(chunk[-1:])
        if len(chunk) == size or held >= _CHUNK_CHARACTERS:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk
