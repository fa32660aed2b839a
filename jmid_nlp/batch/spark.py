"""Run a job over files on Spark: the same rows as on one machine, as a folder of Parquet files.

Spark spreads the work, repeats what failed and moves no report: each task reads its share of the input by itself, calls
the job, and stores finished chunks beside the output, as a run on one machine does. So input and output must lie where
the driver and all executors see them under the same path. A chunk's files depend on its rows alone and come into place
in one step: repeated, speculative and interrupted tasks do no harm.
"""

from __future__ import annotations

import hashlib
import pickle
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jmid_nlp.batch.files import dump_json, input_files, write_lines
from jmid_nlp.batch.job import Job
from jmid_nlp.batch.run import Summary, check_targets
from jmid_nlp.batch.sinks import ParquetSink, replace_file
from jmid_nlp.batch.spark_tasks import FrameTask, Join, Keys, Part, Task, Treat
from jmid_nlp.batch.store import PartStore, Side
from jmid_nlp.deid.audit import MANIFEST, chain
from jmid_nlp.errors import InputError, JmidError, WorkerError

_WHOLE = "_SUCCESS"  # says that a folder of rows was written to its end; an audit's manifest does for its folder
_MOST_PARTS = 64  # of one file: each reads the file from its beginning to its own last row


def run_spark(
    job: Job,
    source: Path,
    output: Path,
    *,
    spark: Any,
    audit: Path | None = None,
    sides: Mapping[str, Side] | None = None,
    encoding: str = "auto",
    chunk_rows: int = 500,
    part_rows: int = 5000,
    keep: Sequence[Path] = (),
) -> Summary:
    """Treat all rows of `source` and write the folder `output`; its rows in order of its files are those of `run.run_job`.

    The folder appears only when it is complete. Until then finished chunks lie in `OUTPUT.partial/`, from where a run that
    is started again goes on. Failed rows, of the whole input, are listed in `OUTPUT.failed.jsonl`.

    Args:
        job: What to do with the rows; it travels to the executors pickled, keys included, in no setting and no plan.
        source: Input file or folder.
        output: Folder to write; one part file for each input file, more for a large one.
        spark: The `pyspark.sql.SparkSession`, see `spark_session.session`.
        audit: Folder to write the job's second output to: one chain a part, and a manifest that chains their last hashes.
        sides: As in `run.run_job`.
        encoding: Encoding of text input.
        chunk_rows: Rows treated and stored together.
        part_rows: Rows of a task at least, where the file has as many.
        keep: As in `run.run_job`.

    Raises:
        InputError: Input or output cannot be used at all.
        WorkerError: Spark gave up; what was finished is kept.
    """
    source, output = source.absolute(), output.absolute()
    folders = [output, *([audit.absolute()] if audit else [])]
    check_folders(source, output, audit=audit, sides=sides, keep=keep)
    files = input_files(source)
    store = PartStore.open(output, ParquetSink(), _fingerprint(job, files, encoding, chunk_rows))
    resumed = store.done()
    try:
        counts, doubled = _survey(spark, store, files, encoding)
        parts = _plan(files, counts, chunk_rows, part_rows)
        store.last = parts[-1].chunks[-1]
        _spread(spark, len(parts), Treat(store, pickle.dumps(job), parts, doubled, encoding, chunk_rows))
        store.refuse_if_unusable(source)
    except JmidError:
        store.drop_if_empty()
        raise
    ready = _join(spark, store, parts, job if audit else None)
    written, totals = store.write_sides(sides or {}), store.totals()
    failed = output.with_name(output.name + ".failed.jsonl")
    store.join_failed(failed)
    for made, folder in zip(
        reversed(ready), reversed(folders), strict=True
    ):  # the rows last: they say that all is there
        _put_folder(made, folder)
    shutil.rmtree(store.folder, ignore_errors=True)  # a task that is being ended may still write into it
    listed = failed if totals["failed"] else None
    return Summary(**totals, output=output, failed_file=listed, resumed_parts=resumed, sides=written)


def treat_frame(frame: Any, job: Job) -> Any:
    """Treat the rows of a Spark DataFrame, wherever its data lie: HDFS, an object store, a table.

    Args:
        frame: A DataFrame with the columns of the input contract; each partition is treated where it is.
        job: As in `run_spark`.

    Returns:
        A DataFrame with two columns of text: `kind`, which is "row", "failed", "audit" or the name of a further output, and
        `value`, the record as JSON. Write it, or cache it, before it is used twice. Ids that stand twice are not looked for,
        and the audit is not chained.
    """
    return frame.mapInArrow(FrameTask(pickle.dumps(job)), _schema(FrameTask.columns))


def check_folders(
    source: Path,
    output: Path,
    *,
    audit: Path | None = None,
    sides: Mapping[str, Side] | None = None,
    keep: Sequence[Path] = (),
    **_: Any,
) -> None:
    """As `run.check_targets`; a folder that an earlier run wrote may be replaced, any other is left alone.

    Takes the arguments of `run_spark`, so that it can be asked before Spark is started.
    """
    if output.suffix not in ("", ".parquet"):
        raise InputError(f"{output.name}: Spark writes a folder of Parquet files; name it without suffix or .parquet")
    folders = [output, *([audit] if audit else [])]
    for folder in folders:
        if folder.resolve() == source.resolve():
            raise InputError(f"{folder.name}: is the input, too; give the output a folder of its own")
        if folder.is_file():
            raise InputError(f"{folder.name}: is a file; Spark writes a folder, give it another name")
    marks = zip(folders, (_WHOLE, MANIFEST), strict=False)
    targets = [f / mark if (f / mark).is_file() else f for f, mark in marks]
    check_targets(source, targets + [side.path for side in (sides or {}).values()], keep)


def _fingerprint(job: Job, files: Sequence[Path], encoding: str, chunk_rows: int) -> str:
    digest = hashlib.sha256(f"spark|{job.fingerprint}|{encoding}|{chunk_rows}".encode())
    for file in files:  # the driver alone would read a large input for too long
        found = file.stat()
        digest.update(f"|{file.name}|{found.st_size}|{found.st_mtime_ns}".encode())
    return digest.hexdigest()


def _survey(spark: Any, store: PartStore, files: Sequence[Path], encoding: str) -> tuple[list[int], dict[int, int]]:
    """Number of rows of each file, and the first row of each id that stands on several, by its `rows.id_key`."""
    from pyspark.sql import functions as f

    with _told(store):
        frame = _frame(spark, len(files), Keys(store, files, encoding)).persist()
        try:
            counts = {row["file"]: row["count"] for row in frame.groupBy("file").count().collect()}
            keys = frame.where("key is not null").groupBy("key")
            found = keys.agg(f.min(f.struct("file", "row")).alias("first"), f.count("*").alias("rows"))
            doubled = found.where("rows > 1").collect()
        finally:
            frame.unpersist()
    sizes = [counts[n] for n in range(len(files))]
    before = [sum(sizes[:n]) for n in range(len(files))]
    return sizes, {row["key"]: before[row["first"]["file"]] + row["first"]["row"] for row in doubled}


def _plan(files: Sequence[Path], counts: Sequence[int], chunk_rows: int, part_rows: int) -> list[Part]:
    """The parts of the output: whole chunks of one file each."""
    parts: list[Part] = []
    before = chunk = 0
    for file, rows in zip(files, counts, strict=True):
        chunks = -(-rows // chunk_rows)
        size = max(-(-part_rows // chunk_rows), -(-chunks // _MOST_PARTS))
        for start in range(0, chunks, size):
            stop = min(start + size, chunks)
            numbers = range(chunk + start, chunk + stop)
            parts.append(Part(file, before, start * chunk_rows, min(stop * chunk_rows, rows), numbers))
        before, chunk = before + rows, chunk + chunks
    return parts


def _join(spark: Any, store: PartStore, parts: Sequence[Part], sealed: Job | None) -> list[Path]:
    """Write the part files and, where a job is given, the chains of its audit; the folders are ready to be put in place."""
    names = ("rows", "audit") if sealed else ("rows",)
    ready = [store.folder / name for name in names]
    for folder in ready:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    schema = ParquetSink().schema(store.parts("rows.arrow"))
    job = pickle.dumps(sealed) if sealed else None
    made = _spread(spark, len(parts), Join(store, parts, schema, ready, job))
    (ready[0] / _WHOLE).touch()
    if sealed:
        _write_manifest(ready[1] / MANIFEST, sorted(made, key=lambda row: row["part"]))
    return ready


def _write_manifest(path: Path, parts: Iterable[Any]) -> None:
    listed = ({"file": row["audit"], "rows": row["rows"], "last": row["last"]} for row in parts)
    draft = path.with_suffix(".tmp")
    write_lines(draft, map(dump_json, chain(listed)))
    replace_file(draft, path)


def _put_folder(ready: Path, target: Path) -> None:
    old = ready.with_name(ready.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    ready.rename(target)


def _frame(spark: Any, count: int, task: Task) -> Any:
    """A DataFrame of what a task yields for each number below `count`, each in a partition of its own."""
    return spark.range(0, count, 1, count).mapInArrow(task, _schema(task.columns))


def _schema(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _spread(spark: Any, count: int, task: Task) -> list[Any]:
    with _told(task.store):
        return list(_frame(spark, count, task).collect())


@contextmanager
def _told(store: PartStore) -> Iterator[None]:
    """Spark's error holds a traceback of its own; what a task said on purpose lies in the store."""
    said = store.folder / "error"
    said.unlink(missing_ok=True)
    try:
        yield
    except Exception as error:
        reason = f"Spark gave up ({type(error).__name__}); its log says why"
        if said.exists():
            told: JmidError = pickle.loads(said.read_bytes())
            if not isinstance(told, WorkerError):
                raise told from None
            reason = str(told)
        raise WorkerError(f"{reason}; nothing is lost: run the same command again to go on") from None
