"""Worker processes that may crash, hang or run out of memory: only the row at fault is lost, and it is listed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing import get_context

from pebble import ProcessExpired, ProcessPool

from jmid_nlp.batch.files import Row
from jmid_nlp.batch.job import Outcome, failure, id_or_none
from jmid_nlp.errors import RowError, WorkerError

Chunk = Sequence[tuple[int, Row | RowError]]
Treat = Callable[[Chunk], Outcome]

#: Least share of memory of a worker in bytes: what a worker maps when it starts, twice over.
_LEAST_MEMORY = 2 << 30


@dataclass(frozen=True, slots=True)
class Allowance:
    """How long a worker may take before it counts as hanging.

    A usual row takes a millisecond, and time grows linearly with the text; so this is a hundred times what is needed.

    Args:
        seconds: For any chunk, and for any row that is tried alone.
        characters_a_second: Of its texts beyond that.
    """

    seconds: float = 60.0
    characters_a_second: float = 2000.0

    def of(self, chunk: Chunk) -> float:
        """Seconds for these rows."""
        return self.seconds + characters(chunk) / self.characters_a_second


def characters(chunk: Chunk) -> int:
    """How much text the rows of a chunk hold."""
    return sum(len(str(row.get("text", ""))) for _, row in chunk if not isinstance(row, RowError))


def in_order(
    job: Treat,
    chunks: Iterable[Chunk],
    workers: int,
    *,
    done: Callable[[int], bool] = lambda number: False,
    allowance: Allowance | None = None,
) -> Iterator[tuple[Chunk, Outcome | None]]:
    """Treat chunks in one or several processes.

    Args:
        job: What to do with the rows; picklable where `workers` is 2 or more.
        chunks: Rows with their numbers.
        workers: Number of processes; 1 stays in this one, where nothing guards against a crash.
        done: Whether the chunk of that number needs no treatment.
        allowance: When a process counts as hanging.

    Yields:
        Each chunk with what became of it, None if it was done, in the order of `chunks`.

    Raises:
        WorkerError: No process can be kept alive, whatever its rows.
    """
    if workers == 1:
        for number, chunk in enumerate(chunks):
            yield chunk, None if done(number) else job(chunk)
        return
    pool = _Workers(job, workers, allowance or Allowance())
    try:
        waiting: deque[tuple[Chunk, Future[Outcome] | None]] = deque()
        for number, chunk in enumerate(chunks):
            waiting.append((chunk, None if done(number) else pool.submit(chunk)))
            if len(waiting) > 2 * workers:  # bounded, so that memory stays flat
                yield pool.settle(*waiting.popleft())
        while waiting:
            yield pool.settle(*waiting.popleft())
    finally:
        pool.close()


class _Workers:
    """Processes that run one job, which is handed to each of them once."""

    def __init__(self, job: Treat, count: int, allowance: Allowance) -> None:
        self._allowance = allowance
        self._pool = ProcessPool(count, initializer=_start, initargs=(job, count), context=get_context("spawn"))

    def submit(self, chunk: Chunk) -> Future[Outcome]:
        """Hand a chunk to the next free process."""
        return self._pool.schedule(_work, args=(chunk,), timeout=self._allowance.of(chunk))

    def settle(self, chunk: Chunk, future: Future[Outcome] | None) -> tuple[Chunk, Outcome | None]:
        """A chunk with what became of it; where its process died or hung, each of its rows is tried alone."""
        try:
            return chunk, None if future is None else future.result()
        except (ProcessExpired, TimeoutError):
            self._check()
        whole = Outcome()
        for row in chunk:
            whole.extend(self._alone(row))
        return chunk, whole

    def _alone(self, row: tuple[int, Row | RowError]) -> Outcome:
        try:
            return self.submit([row]).result()
        except ProcessExpired:
            reason = "ended the process that treated it, perhaps for want of memory; the row is withheld"
        except TimeoutError:
            reason = "took far longer than its length allows; the row is withheld"
        number, cells = row
        name = None if isinstance(cells, RowError) else id_or_none(cells, number)
        return Outcome(failed=[failure(RowError(row=number, field="row", reason=reason), name)])

    def _check(self) -> None:
        """A pool whose processes end without any row would list every row as bad."""
        try:
            self.submit([]).result()
        except (ProcessExpired, TimeoutError):
            raise WorkerError(
                "worker processes end as soon as they start, perhaps for want of memory; nothing is lost: run the same "
                "command again to go on, with fewer --workers"
            ) from None

    def close(self) -> None:
        """End all processes at once; what was handed in and is not finished is dropped."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


_JOB: Treat | None = None


def _start(job: Treat, count: int) -> None:
    global _JOB
    _limit_memory(count)
    _JOB = job


def _limit_memory(count: int) -> None:
    """Hold a process to its share of the machine, so that a row too large fails alone and takes nobody else along."""
    try:
        import resource
    except ImportError:  # only Unix has it
        return
    share = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // count
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = max(_LEAST_MEMORY, share)
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _work(chunk: Chunk) -> Outcome:
    if _JOB is None:
        raise RuntimeError("the worker has no job")
    return _JOB(chunk)
