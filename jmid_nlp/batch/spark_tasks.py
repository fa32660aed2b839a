"""What Spark's executors do for a run: look for ids, treat a part of the input, join what was stored.

The message of an error that leaves a task stands in Spark's logs. So no foreign error leaves one: its message may hold report
text. Errors of this library hold none.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

from jmid_nlp.batch.files import Row, dump_json, read_rows, write_lines
from jmid_nlp.batch.job import Job
from jmid_nlp.batch.rows import id_key, parse_id, unless_double
from jmid_nlp.batch.sinks import ParquetSink, replace_file
from jmid_nlp.batch.store import PartStore, records
from jmid_nlp.errors import JmidError, RowError, WorkerError

_BATCH = 10_000  # rows handed to Spark together


@dataclass(frozen=True, slots=True)
class Part:
    """Rows `start` to `stop` of a file whose first row is row `before` of the input, and the numbers of their chunks."""

    file: Path
    before: int
    start: int
    stop: int
    chunks: range


@lru_cache(maxsize=2)
def _job(pickled: bytes) -> Job:
    """The job, built once in each executor process: what it has loaded and worked out serves all tasks there."""
    job: Job = pickle.loads(pickled)
    return job


def _batches(rows: Iterable[Row], columns: Mapping[str, str]) -> Iterator[Any]:
    """Rows as record batches with the columns, whose types are Spark's `long` and `string`."""
    import pyarrow as pa

    schema = pa.schema([(name, pa.int64() if kind == "long" else pa.string()) for name, kind in columns.items()])
    rows = iter(rows)
    while batch := list(islice(rows, _BATCH)):
        yield pa.RecordBatch.from_pylist(batch, schema=schema)


@contextmanager
def _quiet(said: Path | None = None) -> Iterator[None]:
    """Let out only what may stand in a log, and keep it for the driver in the file `said`."""
    try:
        yield
    except Exception as error:
        told = error if isinstance(error, JmidError) else WorkerError(_place(error))
        if said is not None:
            ready = said.with_suffix(f".{uuid4().hex}")
            ready.write_bytes(pickle.dumps(told))
            ready.replace(said)
        raise told from None


def _place(error: Exception) -> str:
    """What may be told of a foreign error: its kind, the system's own words, and where it arose."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    system = f" ({error.strerror})" if isinstance(error, OSError) else ""
    return f"a task failed with {type(error).__name__}{system} at {Path(last.filename).name}:{last.lineno}"


@dataclass(frozen=True)
class Task:
    """Work of numbered pieces in the form that `mapInArrow` wants: batches of numbers in, batches of results out.

    Args:
        store: Where finished chunks lie.
    """

    store: PartStore
    columns: ClassVar[Mapping[str, str]] = {}

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Do the pieces with these numbers."""
        with _quiet(self.store.folder / "error"):
            for batch in batches:
                for number in batch.column(0).to_pylist():
                    yield from _batches(self.work(number), self.columns)

    def work(self, number: int) -> Iterator[Row]:
        """Do one piece."""
        raise NotImplementedError


@dataclass(frozen=True)
class Keys(Task):
    """For each row of a file its `rows.id_key`, None where it has no usable id."""

    files: Sequence[Path]
    encoding: str
    columns: ClassVar[Mapping[str, str]] = {"file": "long", "row": "long", "key": "long"}

    def work(self, number: int) -> Iterator[Row]:
        """Read one file."""
        for n, row in read_rows(self.files[number], encoding=self.encoding):
            try:
                key = None if isinstance(row, RowError) else id_key(parse_id(row, number=n))
            except RowError:  # the job meets the same row and lists it
                key = None
            yield {"file": number, "row": n, "key": key}


@dataclass(frozen=True)
class Treat(Task):
    """Treat the parts of the input and store their chunks; what is stored already is not done again.

    Args:
        job: The job, pickled.
        parts: All parts.
        doubled: The first row of each id that stands on several rows, by its `rows.id_key`.
        encoding: Encoding of text input.
        chunk_rows: Rows a chunk.
    """

    job: bytes = field(repr=False)  # holds the key
    parts: Sequence[Part]
    doubled: Mapping[int, int]
    encoding: str
    chunk_rows: int
    columns: ClassVar[Mapping[str, str]] = {"part": "long"}

    def work(self, number: int) -> Iterator[Row]:
        """Treat one part."""
        part = self.parts[number]
        if all(map(self.store.has, part.chunks)):
            return
        rows = read_rows(part.file, encoding=self.encoding, first=part.before)
        wanted = islice(rows, part.start, part.stop)
        seen = dict(self.doubled)
        for chunk in part.chunks:
            taken = [(n, unless_double(row, n, seen)) for n, row in islice(wanted, self.chunk_rows)]
            if not self.store.has(chunk):
                self.store.write(chunk, _job(self.job)(taken))
        yield {"part": number}


@dataclass(frozen=True)
class Join(Task):
    """Write each part's file of rows, and the chain of its audit where there is one.

    Args:
        parts: All parts.
        schema: The `pyarrow.Schema` of all of them.
        folders: Where to write rows and, if given, audits.
        job: Seals the audit; pickled.
    """

    parts: Sequence[Part]
    schema: Any
    folders: Sequence[Path]
    job: bytes | None = field(repr=False)
    columns: ClassVar[Mapping[str, str]] = {"part": "long", "audit": "string", "rows": "long", "last": "string"}

    def work(self, number: int) -> Iterator[Row]:
        """Write one part's files; the same bytes each time, in place in one step."""
        chunks = self.parts[number].chunks
        ready = self.store.folder / f"{uuid4().hex}.tmp"
        ParquetSink().join(self.store.parts("rows.arrow", chunks), ready, self.schema)
        replace_file(ready, self.folders[0] / f"part-{number:05d}.parquet")
        if self.job is None:
            return
        name, sealed, last = f"part-{number:05d}.jsonl", 0, ""
        write_lines(ready, map(dump_json, _job(self.job).seal(records(self.store.parts("audit.jsonl", chunks)))))
        for row in records([ready]):
            sealed, last = sealed + 1, row.get("hash", "")
        replace_file(ready, self.folders[1] / name)
        yield {"part": number, "audit": name, "rows": sealed, "last": last}


@dataclass(frozen=True)
class FrameTask:
    """A job for the rows of a DataFrame: batches of rows in, batches of `kind` and `value` out."""

    job: bytes = field(repr=False)
    columns: ClassVar[Mapping[str, str]] = {"kind": "string", "value": "string"}

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Treat the rows of one partition."""
        with _quiet():
            for batch in batches:
                yield from _batches(self._treat(batch.to_pylist()), self.columns)

    def _treat(self, rows: Sequence[Row]) -> Iterator[Row]:
        outcome = _job(self.job)(list(enumerate(rows)))
        failed = [{k: v for k, v in row.items() if k != "row"} for row in outcome.failed]  # the frame has no order
        kinds = {"row": outcome.rows, "failed": failed, "audit": outcome.audit, **outcome.sides}
        for kind, found in kinds.items():
            yield from ({"kind": kind, "value": dump_json(row)} for row in found)
