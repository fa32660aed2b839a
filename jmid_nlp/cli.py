"""`jmid-nlp`: the chain's verbs on files. Thin: it reads arguments, calls the library and chooses the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from jmid_nlp.errors import JmidError
from jmid_nlp.version import __version__

EXIT_FAILED_ROWS = 1
EXIT_UNUSABLE = 2

app = typer.Typer(
    name="jmid-nlp",
    help="Japanese radiology reports: de-identify, extract findings, align with annotations, build datasets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a pretty traceback shows local variables, and these hold report text
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Source = Annotated[Path, typer.Argument(metavar="IN", help="JSONL, CSV, TSV or Parquet file, or a folder of them.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Output file; the suffix chooses the format.")]
Workers = Annotated[int, typer.Option("--workers", "-w", min=1, help="Number of processes.")]
Encoding = Annotated[str, typer.Option(help="Encoding of text input: auto, utf-8, cp932, ...")]
Edition = Annotated[int, typer.Option(min=8, max=9, help="Edition of the TNM classification.")]
PolicyName = Annotated[str, typer.Option("--policy", help="kamei, tokumei, jisedai-kamei, hipaa, or a TOML file.")]
KeyFile = Annotated[Path | None, typer.Option(help="File with the secret key; else JMID_KEY is read.")]
OptOutFile = Annotated[Path | None, typer.Option("--opt-out", help="Text file, one patient id a line, to leave out.")]


@contextmanager
def _exits() -> Iterator[None]:
    """Turn the library's errors into one line on standard error and the exit code for unusable input."""
    try:
        yield
    except JmidError as error:
        typer.echo(f"jmid-nlp: {error}", err=True)
        raise typer.Exit(EXIT_UNUSABLE) from None
    except OSError as error:  # disk full, no permission: the message of the system names file and reason
        typer.echo(f"jmid-nlp: {error.strerror or type(error).__name__}: {error.filename or ''}", err=True)
        raise typer.Exit(EXIT_UNUSABLE) from None
    except KeyboardInterrupt:
        typer.echo("jmid-nlp: interrupted; run the same command again to go on where it stopped", err=True)
        raise typer.Exit(130) from None


def _run(job: Any, source: Path, output: Path, **options: Any) -> None:
    from jmid_nlp.batch.run import run_job

    with _exits():
        summary = run_job(job, source, output, **options)
        left_out = f", {summary.left_out} left out on opt-out" if summary.left_out else ""
        typer.echo(f"{summary.written} rows written to {summary.output}{left_out}", err=True)
        if summary.failed:
            typer.echo(f"{summary.failed} rows failed; reasons in {summary.failed_file}", err=True)
            raise typer.Exit(EXIT_FAILED_ROWS)


@app.command()
def detect(source: Source, output: Output, workers: Workers = 1, encoding: Encoding = "auto") -> None:
    """Find personal identifiers; the output holds offsets and categories, never the text.

    Example: jmid-nlp detect reports.jsonl -o spans.jsonl
    """
    from jmid_nlp.batch.job import DetectJob

    _run(DetectJob(), source, output, workers=workers, encoding=encoding, title="detect")


@app.command()
def deid(
    source: Source,
    output: Output,
    policy: PolicyName = "kamei",
    key_file: KeyFile = None,
    audit: Annotated[Path | None, typer.Option(help="Audit file (JSONL), hash-chained, without text.")] = None,
    opt_out: OptOutFile = None,
    workers: Workers = 1,
    encoding: Encoding = "auto",
) -> None:
    """Remove or replace personal identifiers in the text and in the record's columns.

    Example: jmid-nlp deid reports.parquet -o safe.parquet --policy kamei --key-file key.txt --audit audit.jsonl
    """
    from jmid_nlp.api import deidentifier
    from jmid_nlp.batch.job import DeidJob
    from jmid_nlp.dataset.optout import OptOut

    with _exits():
        treat = deidentifier(_policy(policy), key=key_file)
        listed = OptOut.read(opt_out) if opt_out else None
    job = DeidJob(treat, listed)
    _run(job, source, output, audit=audit, workers=workers, encoding=encoding, title="deid")


def _policy(name: str) -> str | Path:
    return Path(name) if name.endswith(".toml") else name


@app.command()
def extract(
    source: Source,
    output: Output,
    edition: Edition = 8,
    explain: Annotated[
        bool, typer.Option("--explain", help="Keep for each value the spans and the rule behind it.")
    ] = False,
    workers: Workers = 1,
    encoding: Encoding = "auto",
) -> None:
    """Read entities, findings, lung-cancer TNM and label sets from the text.

    Example: jmid-nlp extract safe.parquet -o findings.jsonl --explain
    """
    from jmid_nlp.batch.job import ExtractJob

    job = ExtractJob(edition=edition, explain=explain)
    _run(job, source, output, workers=workers, encoding=encoding, title="extract")


@app.command()
def align(source: Source, output: Output, workers: Workers = 1, encoding: Encoding = "auto") -> None:
    """Match the findings of each study's report with its annotations.

    Example: jmid-nlp align studies.jsonl -o pairs.jsonl
    """
    from jmid_nlp.batch.job import AlignJob

    _run(AlignJob(), source, output, workers=workers, encoding=encoding, title="align")


@app.command("build-dataset")
def build_dataset(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write the dataset to.")],
    task: Annotated[str, typer.Option(help="entities, classification, grounding, staging or deid.")] = "grounding",
    annotations: Annotated[Path | None, typer.Option(help="Annotation file or folder, for grounding.")] = None,
    label_set: Annotated[str, typer.Option(help="Label set of a classification, or a TOML file.")] = "ct_rate18",
    policy: PolicyName = "kamei",
    key_file: KeyFile = None,
    opt_out: OptOutFile = None,
    salt: Annotated[str, typer.Option(help="Names the splitting; the same salt gives the same splits.")] = "jmid",
    encoding: Encoding = "auto",
) -> None:
    """De-identify reports, read their findings, match annotations and write a labelled dataset with its card.

    The input is the raw extract: opt-outs are removed first, then everything is de-identified, then built.

    Example: jmid-nlp build-dataset reports.jsonl -o dataset --annotations marks/ --key-file key.txt --opt-out out.txt
    """
    from jmid_nlp.chain import run_chain

    with _exits():
        result = run_chain(
            source, annotations, policy=_policy(policy), key=key_file, opt_out=opt_out, encoding=encoding
        )
        dataset = result.build(task=task, label_set=label_set, salt=salt)
        dataset.save_to_disk(output)
        typer.echo(f"{sum(len(part) for part in dataset.values())} rows written to {output}", err=True)
        result.list_failed(output.with_name(output.name + ".failed.jsonl"))
        if result.failed:
            raise typer.Exit(EXIT_FAILED_ROWS)


@app.command()
def forget(
    dataset: Annotated[Path, typer.Argument(help="Folder of a dataset that build-dataset wrote.")],
    opt_out: Annotated[Path, typer.Option("--opt-out", help="Text file, one patient key of the dataset a line.")],
) -> None:
    """Take patients out of a built dataset; everybody else stays in the same split.

    Example: jmid-nlp forget dataset --opt-out later.txt
    """
    from jmid_nlp.dataset.forget import forget as run
    from jmid_nlp.dataset.optout import OptOut

    with _exits():
        done = run(dataset, OptOut.read(opt_out))
        typer.echo(f"{done.patients} patients with {done.rows} rows taken out of {dataset}")
        for what in done.remaining:
            typer.echo(f"  still to be done: {what}")


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path("demo-out"),
) -> None:
    """Take the bundled sample extract through the whole chain and say where the results are.

    Example: jmid-nlp demo -o demo-out
    """
    from jmid_nlp.demo import run_demo

    with _exits():
        for line in run_demo(output):
            typer.echo(line)


@app.command()
def info() -> None:
    """Print versions of the library, its dictionaries, lexicons and policies.

    Example: jmid-nlp info
    """
    from jmid_nlp.info import describe

    for name, value in describe().items():
        typer.echo(f"{name}: {value}")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of the program as a whole."""


def main() -> None:
    """Run the program; what the libraries below would say of downloads and progress bars is switched off."""
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        os.environ.setdefault(name, "1")
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    app()
