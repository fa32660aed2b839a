"""What the verbs of `jmid-nlp` share: arguments, exit codes, and the way errors reach the user."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jmid_nlp.errors import InputError, JmidError

if TYPE_CHECKING:
    from jmid_nlp.terminology import Terminology


class DetectMode(StrEnum):
    """How identifiers are looked for."""

    accurate = "accurate"
    balanced = "balanced"
    fast = "fast"


class EngineName(StrEnum):
    """Where a job runs."""

    local = "local"
    spark = "spark"


@dataclass(frozen=True, slots=True)
class OnSpark:
    """Spark's master URL and settings, as given."""

    master: str | None
    conf: tuple[str, ...]


PACKAGE = Path(__file__).parent
EXIT_FAILED_ROWS = 1
EXIT_UNUSABLE = 2

Source = Annotated[Path, typer.Argument(metavar="IN", help="JSONL, CSV, TSV or Parquet file, or a folder of them.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Output file; the suffix chooses the format.")]
ListFile = Annotated[Path, typer.Option("--output", "-o", help="Where to write the list (JSONL).")]
Workers = Annotated[int, typer.Option("--workers", "-w", min=1, help="Number of processes.")]
Engine = Annotated[EngineName, typer.Option(help="local: this machine; spark: Spark, the output is a folder.")]
Master = Annotated[str | None, typer.Option(help="Spark's master URL, such as local[4] or yarn.")]
SparkConf = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help="A setting of Spark, never a secret; may be repeated.")
]
Encoding = Annotated[str, typer.Option(help="Encoding of text input: auto, utf-8, cp932, ...")]
Mode = Annotated[
    DetectMode,
    typer.Option("--mode", help="accurate: rules and two models; balanced: rules and the small one; fast: rules."),
]
Edition = Annotated[int, typer.Option(min=8, max=9, help="Edition of the TNM classification.")]
PolicyName = Annotated[str, typer.Option("--policy", help="kamei, tokumei, jisedai-kamei, hipaa, or a TOML file.")]
KeyFile = Annotated[Path | None, typer.Option(help="File with the secret key; else JMID_KEY is read.")]
OptOutFile = Annotated[
    Path | None, typer.Option("--opt-out", help="Text file to leave out: a patient id or keyed hash a line.")
]
WithText = Annotated[bool, typer.Option("--with-text", help="Write the strings, too; the list then holds identifiers.")]


#: Disk full, quota used up, file larger than the file system takes.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def exits() -> Iterator[None]:
    """Turn the library's errors into one line on standard error and the exit code for unusable input."""
    try:
        yield
    except JmidError as error:
        typer.echo(f"jmid-nlp: {error}", err=True)
        raise typer.Exit(EXIT_UNUSABLE) from None
    except OSError as error:  # disk full, no permission: the message of the system names file and reason
        way_out = "; free some space, then run the same command again to go on" if error.errno in _NO_ROOM else ""
        typer.echo(f"jmid-nlp: {error.strerror or type(error).__name__}: {_file(error)}{way_out}", err=True)
        raise typer.Exit(EXIT_UNUSABLE) from None
    except KeyboardInterrupt:
        typer.echo(
            "jmid-nlp: interrupted; nothing half-done was written, run the same command again to go on", err=True
        )
        raise typer.Exit(130) from None
    except (typer.Exit, typer.Abort):
        raise
    # an error nobody foresaw: its message and its traceback may hold report text, so neither is shown
    except Exception as error:
        typer.echo(f"jmid-nlp: {unforeseen(error)}", err=True)
        raise typer.Exit(EXIT_UNUSABLE) from None


def _file(error: OSError) -> str:
    return Path(str(error.filename)).name if error.filename else "a file that was read or written"


def unforeseen(error: Exception) -> str:
    """What a bug report needs of an error, without its message: kind and the last place in this package."""
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if PACKAGE in Path(frame.filename).parents:
            place = f" at {Path(frame.filename).relative_to(PACKAGE)}:{frame.lineno}"
    return f"unforeseen error {type(error).__name__}{place}; please report it with the output of `jmid-nlp info`"


def run(job: Any, source: Path, output: Path, **options: Any) -> Any:
    """Run a job over files, say what came out, and end with the exit code for failed rows where there are any.

    Returns:
        The run's summary.
    """
    summary = run_only(job, source, output, **options)
    if summary.failed:
        raise typer.Exit(EXIT_FAILED_ROWS)
    return summary


def run_only(job: Any, source: Path, output: Path, *, spark: OnSpark | None = None, **options: Any) -> Any:
    """As `run`, but failed rows do not end the program; the caller has more to say."""
    from jmid_nlp.batch.run import run_job

    with exits():
        runner = _spark_runner(spark) if spark else run_job
        summary = runner(job, source, output, **options)
    left_out = f", {summary.left_out} left out on opt-out" if summary.left_out else ""
    typer.echo(f"{summary.written} rows written to {summary.output}{left_out}", err=True)
    if summary.failed:
        typer.echo(f"{summary.failed} rows failed; reasons in {summary.failed_file}", err=True)
    return summary


def on_spark(engine: EngineName, master: str | None, conf: list[str] | None) -> OnSpark | None:
    """What the options of the engine ask for; None for this machine.

    Raises:
        typer.BadParameter: Options of Spark without it.
    """
    if engine is EngineName.spark:
        return OnSpark(master, tuple(conf or ()))
    if master or conf:
        raise typer.BadParameter("--master and --spark-conf go with --engine spark")
    return None


def _spark_runner(spark: OnSpark) -> Callable[..., Any]:
    """What runs a job on Spark as `batch.run.run_job` does on this machine."""
    from jmid_nlp.batch.spark import check_folders, run_spark
    from jmid_nlp.batch.spark_session import session

    def run(*args: Any, workers: int, title: str, **options: Any) -> Any:
        if workers != 1:
            raise InputError("--workers is of --engine local; with Spark give --master local[N] or its own settings")
        check_folders(*args[1:], **options)  # starting Java takes its time
        with session(spark.master, spark.conf) as made:
            return run_spark(*args, spark=made, **options)

    return run


def policy_source(name: str) -> str | Path:
    """A policy's name, or the path of its file where it ends in .toml."""
    return Path(name) if name.endswith(".toml") else name


def terminologies(icd10: Path | None, icd10_index: Path | None, radlex: Path | None) -> tuple[Terminology, ...]:
    """The terminologies in the user's own files.

    Raises:
        InputError: An index of terms was given without the table that it belongs to, or a file cannot be read.
    """
    from jmid_nlp.terminology import read_icd10, read_radlex

    if icd10_index is not None and icd10 is None:
        raise InputError("--icd10-index needs the table of names, --icd10")
    found = [read_icd10(icd10, index=icd10_index)] if icd10 is not None else []
    return (*found, *([read_radlex(radlex)] if radlex is not None else []))
