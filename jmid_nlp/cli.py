"""`jmid-nlp`: the chain's verbs on files. Thin: it reads arguments, calls the library and chooses the exit code."""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from jmid_nlp.cli_evaluate import VERBS as EVALUATE_VERBS
from jmid_nlp.cli_export import VERBS as EXPORT_VERBS
from jmid_nlp.cli_lists import AllowFile, DateShifts, DenyFile, DetectorFiles, UidFile, own_detector, own_files
from jmid_nlp.cli_options import (
    EXIT_FAILED_ROWS,
    EXIT_UNUSABLE,
    DetectMode,
    Edition,
    Encoding,
    Engine,
    EngineName,
    KeyFile,
    Master,
    Mode,
    OptOutFile,
    Output,
    PolicyName,
    Source,
    SparkConf,
    WithText,
    Workers,
    exits,
    on_spark,
    policy_source,
    run,
    run_only,
    terminologies,
    unforeseen,
)
from jmid_nlp.cli_review import VERBS as REVIEW_VERBS
from jmid_nlp.cli_review_page import VERBS as REVIEW_PAGE_VERBS
from jmid_nlp.cli_show import VERBS as SHOW_VERBS
from jmid_nlp.cli_train import VERBS as TRAIN_VERBS
from jmid_nlp.version import __version__


class Verbs(TyperGroup):
    """The list of verbs with the whole first sentence of each; typer cuts it at the width of the line."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.get_short_help_str(limit=200)) for name, verb in self.commands.items()])


app = typer.Typer(
    cls=Verbs,
    name="jmid-nlp",
    help="Japanese radiology reports: de-identify, extract findings, align with annotations, build datasets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a pretty traceback shows local variables, and these hold report text
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def detect(
    source: Source,
    output: Output,
    mode: Mode = DetectMode.accurate,
    workers: Workers = 1,
    encoding: Encoding = "auto",
    engine: Engine = EngineName.local,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Find personal identifiers; the output holds offsets and categories, never the text.

    Example: jmid-nlp detect reports.jsonl -o spans.jsonl
    """
    from jmid_nlp.batch.job import DetectJob

    spark = on_spark(engine, master, spark_conf)
    run(DetectJob(mode.value), source, output, workers=workers, encoding=encoding, title="detect", spark=spark)


@app.command()
def deid(
    source: Source,
    output: Output,
    policy: PolicyName = "kamei",
    key_file: KeyFile = None,
    audit: Annotated[Path | None, typer.Option(help="Audit file (JSONL), hash-chained, without text.")] = None,
    opt_out: OptOutFile = None,
    check_findings: Annotated[
        bool, typer.Option("--check-findings", help="Compare the findings before and after; code 1 on a difference.")
    ] = False,
    review: Annotated[Path | None, typer.Option(help="Where to list what a person should look at (JSONL).")] = None,
    with_text: WithText = False,
    decisions: Annotated[Path | None, typer.Option(help="A reviewer's decisions (JSONL) to apply.")] = None,
    propagate: Annotated[
        bool, typer.Option("--propagate", help="Look for what one report proves in the patient's other reports.")
    ] = False,
    allow: AllowFile = None,
    deny: DenyFile = None,
    detectors: DetectorFiles = None,
    date_shifts: DateShifts = None,
    uids: UidFile = None,
    mode: Mode = DetectMode.accurate,
    workers: Workers = 1,
    encoding: Encoding = "auto",
    engine: Engine = EngineName.local,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Remove or replace personal identifiers in the text and in the record's columns.

    With --check-findings, OUT.findings.jsonl lists every difference between the findings before and after (id, offsets,
    attribute; no text); it is empty where there is none.

    Example: jmid-nlp deid reports.parquet -o safe.parquet --policy kamei --key-file key.txt --audit audit.jsonl
    """
    from jmid_nlp.batch.job import ReviewJob
    from jmid_nlp.batch.store import Side
    from jmid_nlp.chain import deid_job
    from jmid_nlp.deid.review import by_risk
    from jmid_nlp.errors import InputError

    spark = on_spark(engine, master, spark_conf)
    with exits():
        if spark and propagate:
            raise InputError("--propagate reads all reports of a patient first; run it with --engine local")
        job = deid_job(
            source,
            policy=policy_source(policy),
            key=key_file,
            opt_out=opt_out,
            decisions=decisions,
            propagate=propagate,
            own=own_detector(allow, deny, detectors, mode),
            workers=workers,
            encoding=encoding,
            **own_files(date_shifts, uids),
        )
        job.check_findings = check_findings
        job.review = ReviewJob(job.deidentifier.policy, with_text) if review else None
    sides = {"findings": Side(output.with_name(output.name + ".findings.jsonl"))} if check_findings else {}
    sides |= {"review": Side(review, by_risk)} if review else {}
    keep = [file for file in (key_file, opt_out, decisions, allow, deny, *(detectors or ()), date_shifts, uids) if file]
    options = {"workers": workers, "encoding": encoding, "title": "deid", "keep": keep}
    done = run_only(job, source, output, spark=spark, audit=audit, sides=sides, **options)
    if check_findings:
        typer.echo(f"{done.sides['findings']} differences between the findings before and after", err=True)
    if done.failed or done.sides.get("findings"):
        raise typer.Exit(EXIT_FAILED_ROWS)


@app.command()
def extract(
    source: Source,
    output: Output,
    edition: Edition = 8,
    explain: Annotated[
        bool, typer.Option("--explain", help="Keep for each value the spans and the rule behind it.")
    ] = False,
    icd10: Annotated[
        Path | None, typer.Option(help="Your copy of the ICD-10 master of disease names: findings get its codes.")
    ] = None,
    icd10_index: Annotated[Path | None, typer.Option(help="Its table of index terms, for synonyms.")] = None,
    radlex: Annotated[Path | None, typer.Option(help="Your copy of RadLex, OWL or CSV.")] = None,
    workers: Workers = 1,
    encoding: Encoding = "auto",
    engine: Engine = EngineName.local,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Read entities, findings, lung-cancer TNM and label sets from the text.

    Example: jmid-nlp extract safe.parquet -o findings.jsonl --explain
    """
    from jmid_nlp.batch.job import ExtractJob

    with exits():
        job = ExtractJob(edition=edition, explain=explain, terminologies=terminologies(icd10, icd10_index, radlex))
    spark = on_spark(engine, master, spark_conf)
    run(job, source, output, workers=workers, encoding=encoding, title="extract", spark=spark)


@app.command()
def align(
    source: Source,
    output: Output,
    workers: Workers = 1,
    encoding: Encoding = "auto",
    engine: Engine = EngineName.local,
    master: Master = None,
    spark_conf: SparkConf = None,
) -> None:
    """Match the findings of each study's report with its annotations.

    Example: jmid-nlp align studies.jsonl -o pairs.jsonl
    """
    from jmid_nlp.batch.job import AlignJob

    spark = on_spark(engine, master, spark_conf)
    run(AlignJob(), source, output, workers=workers, encoding=encoding, title="align", spark=spark)


@app.command("build-dataset")
def build_dataset(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write the dataset to.")],
    task: Annotated[str, typer.Option(help="entities, classification, grounding, staging or deid.")] = "grounding",
    annotations: Annotated[Path | None, typer.Option(help="Annotation file or folder, for grounding.")] = None,
    fmt: Annotated[str, typer.Option("--format", help="datasets, parquet, docbin or coco.")] = "datasets",
    label_set: Annotated[str, typer.Option(help="Label set of a classification, or a TOML file.")] = "ct_rate18",
    policy: PolicyName = "kamei",
    key_file: KeyFile = None,
    opt_out: OptOutFile = None,
    opt_out_date: Annotated[str | None, typer.Option(help="Date of the opt-out list, for the card.")] = None,
    salt: Annotated[str, typer.Option(help="Names the splitting; the same salt gives the same splits.")] = "jmid",
    ratios: Annotated[tuple[float, float, float], typer.Option(help="Shares of train, validation, test.")] = (
        0.8,
        0.1,
        0.1,
    ),
    stratify: Annotated[
        bool, typer.Option("--stratify", help="Of 64 salts take the one with the most even labels.")
    ] = False,
    fixed: Annotated[Path | None, typer.Option(help="CSV patient_id,split: patients whose split is given.")] = None,
    linked: Annotated[Path | None, typer.Option(help="CSV patient_id,linked_id: patients of one split.")] = None,
    uids: Annotated[Path | None, typer.Option(help="CSV source_uid,new_uid of another de-identifier.")] = None,
    encoding: Encoding = "auto",
) -> None:
    """De-identify reports, read their findings, match annotations and write a labelled dataset with its card.

    The input is the raw extract: opt-outs are removed first, then everything is de-identified, then built, report by
    report, so that its size does not matter. The formats docbin and coco lie beside Parquet.

    Example: jmid-nlp build-dataset reports.jsonl -o dataset --annotations marks/ --key-file key.txt --opt-out out.txt
    """
    from dataclasses import replace

    from jmid_nlp.api import dataset_options, deidentifier
    from jmid_nlp.chain_dataset import Source as Extract
    from jmid_nlp.chain_dataset import write_dataset
    from jmid_nlp.dataset.optout import OptOut
    from jmid_nlp.deid.uids import UidTable

    with exits():
        options, relabel = dataset_options(task, Path(label_set) if label_set.endswith(".toml") else label_set)
        options = replace(options, salt=salt, ratios=ratios, stratify=stratify, opt_out_date=opt_out_date)
        treat = deidentifier(policy_source(policy), key=key_file, uids=UidTable.read(uids) if uids else None)
        left_out = OptOut.read(opt_out, key=key_file) if opt_out else OptOut()
        extract = Extract(source, treat, relabel, annotations, left_out, encoding)
        done = write_dataset(extract, output, options=options, fmt=fmt, fixed=fixed, linked=linked)
        typer.echo(f"{done.rows} rows written to {output}", err=True)
        for what, count in done.lost.items():
            typer.echo(f"{what.replace('_', ' ')}: {count}", err=True)
        done.list_failed(output.with_name(output.name + ".failed.jsonl"))
        if done.failed:
            raise typer.Exit(EXIT_FAILED_ROWS)


@app.command()
def forget(
    dataset: Annotated[Path, typer.Argument(help="Folder of a dataset that build-dataset wrote.")],
    opt_out: Annotated[
        Path, typer.Option("--opt-out", help="Text file: a patient key of the dataset, or its keyed hash, a line.")
    ],
    key_file: KeyFile = None,
) -> None:
    """Take patients out of a built dataset; everybody else stays in the same split.

    Example: jmid-nlp forget dataset --opt-out later.txt
    """
    from jmid_nlp.dataset.forget import forget as run
    from jmid_nlp.dataset.optout import OptOut

    with exits():
        done = run(dataset, OptOut.read(opt_out, key=key_file))
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

    with exits():
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


for _name, _verb in (
    EVALUATE_VERBS | EXPORT_VERBS | REVIEW_VERBS | REVIEW_PAGE_VERBS | SHOW_VERBS | TRAIN_VERBS
).items():
    app.command(_name)(_verb)
for _command in app.registered_commands:  # \b keeps the example on one line, so that it can be copied
    _command.help = inspect.cleandoc(_command.callback.__doc__ or "").replace("\n\nExample:", "\n\n\b\nExample:")


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
    if not sys.stderr.isatty() or os.environ.get("JMID_PROGRESS") == "0":
        os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    try:
        app()
    # what slipped past the verbs, such as a full disk behind standard output; a traceback could show report text
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) else unforeseen(error)
        typer.echo(f"jmid-nlp: {reason}", err=True)
        sys.exit(EXIT_UNUSABLE)
