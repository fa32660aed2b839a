"""`jmid-nlp show`: reports of a file in the terminal, with identifiers and findings marked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from jmid_nlp.cli_options import EXIT_FAILED_ROWS, Encoding, exits


def show(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="JSONL, CSV, TSV or Parquet file of reports.")],
    row_id: Annotated[
        list[str] | None, typer.Option("--id", help="Id of a report; may be given again. Without it, the first.")
    ] = None,
    identifiers: Annotated[
        bool, typer.Option("--identifiers/--no-identifiers", help="Whether to look for identifiers and mark them.")
    ] = True,
    encoding: Encoding = "auto",
) -> None:
    """Print reports with identifiers struck, findings marked by certainty, and the findings as a table.

    The text is printed as it is in the file, identifiers included.

    Example: jmid-nlp show reports.jsonl --id HK-01
    """
    from jmid_nlp import api
    from jmid_nlp.errors import InputError
    from jmid_nlp.terminal import print_content
    from jmid_nlp.view import content_of

    with exits():
        reports = api.read_reports(source, encoding=encoding)
        wanted = set(row_id or ())
        shown = [r for r in reports if r.report_id in wanted] if wanted else list(reports[:1])
        if missing := len(wanted - {r.report_id for r in shown}):
            raise InputError(
                f"{source.name}: {missing} of the ids given stand in none of its {len(reports)} usable rows"
            )
        for report in shown:
            print_content(content_of(report, identifiers=identifiers and "deid" not in report.extra))
    if not wanted and len(reports) > 1:
        typer.echo(f"the first of {len(reports)} reports; choose another one with --id", err=True)
    for row in reports.failed:
        typer.echo(f"row {row['row']}, field {row['field']!r}: {row['reason']}", err=True)
    if reports.failed:
        raise typer.Exit(EXIT_FAILED_ROWS)


VERBS: dict[str, Callable[..., None]] = {"show": show}
