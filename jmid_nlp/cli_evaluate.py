"""The verb of `jmid-nlp` that scores predictions against gold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from jmid_nlp.cli_options import EXIT_FAILED_ROWS, Encoding, exits


def evaluate(
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="The right answers: rows, brat, PRISM, CoNLL, Doccano.")],
    predicted: Annotated[Path, typer.Argument(metavar="PRED", help="The answers to judge, in any of the same forms.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="REPORT_DIR", help="Folder for the report.")],
    kind: Annotated[
        str | None,
        typer.Option(help="identifiers, entities, findings, tnm or alignment; without it, what both files hold."),
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Figures by this column of GOLD, too: institution, body_part …")
    ] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Samples of reports behind the confidence intervals.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the samples.")] = 0,
    show_text: Annotated[
        Path | None,
        typer.Option(metavar="TEXTS", help="Rows with the texts: errors then show the words they are about."),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(help="A reviewer's decisions on the reports in GOLD: right answers of those marked as read."),
    ] = None,
    encoding: Encoding = "auto",
) -> None:
    """Score predictions against gold and write figures (JSON), errors (JSONL) and a report (Markdown and HTML).

    Without --show-text the report holds ids and offsets, never the text. Reports that PRED lacks count as ones in which
    nothing was predicted; ids that only one file has and rows that cannot be used are named in REPORT_DIR/failed.jsonl, and
    the exit code is 1.

    Example: jmid-nlp evaluate gold.jsonl predicted.jsonl -o report --by institution
    """
    from jmid_nlp.evaluation import evaluate as score
    from jmid_nlp.evaluation.read import read_texts

    with exits():
        texts = read_texts(show_text, encoding) if show_text else None
        options = {"kind": kind, "by": by, "bootstrap": bootstrap, "seed": seed, "encoding": encoding}
        sides = _reviewed(gold, predicted, decisions, encoding) if decisions else (gold, predicted)
        result = score(*sides, **options)  # type: ignore[arg-type]  # each has its own type
        result.save(output, texts=texts)
        typer.echo(str(result))
        typer.echo(f"report written to {output}", err=True)
        if result.failed:
            typer.echo(f"{len(result.failed)} rows or ids not scored as they are; see failed.jsonl there", err=True)
            raise typer.Exit(EXIT_FAILED_ROWS)


def _reviewed(reports: Path, predicted: Path, decisions: Path, encoding: str) -> tuple[list[Any], list[Any]]:
    """Gold from a reviewer's decisions, and the predictions for the same reports."""
    from jmid_nlp.batch.files import read_rows
    from jmid_nlp.batch.rows import parse_id, parse_report
    from jmid_nlp.deid.decisions import Decisions
    from jmid_nlp.errors import InputError, RowError

    def rows(path: Path) -> Iterator[tuple[int, Any]]:
        return ((n, row) for n, row in read_rows(path, encoding=encoding) if not isinstance(row, RowError))

    gold = list(Decisions.read(decisions).answers(parse_report(row, number=n) for n, row in rows(reports)))
    if not gold:
        raise InputError(f"{decisions.name}: marks no report of {reports.name} as read; do so on the review page")
    ids = {row["id"] for row in gold}
    return gold, [row for n, row in rows(predicted) if parse_id(row, number=n) in ids]


VERBS: dict[str, Callable[..., None]] = {"evaluate": evaluate}
