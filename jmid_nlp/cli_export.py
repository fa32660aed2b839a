"""Verbs of `jmid-nlp` that write what was read in the formats of other tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from jmid_nlp.cli_options import EXIT_FAILED_ROWS, Encoding, Output, Source, Workers, exits, run


def export(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="Output file; for brat a folder.")],
    to: Annotated[str, typer.Option(help="brat, prism, conll or docbin.")] = "brat",
    encoding: Encoding = "auto",
) -> None:
    """Write the PRISM entities of reports for annotation tools and trainers.

    Example: jmid-nlp export safe.parquet -o brat/ --to brat
    """
    from jmid_nlp import api
    from jmid_nlp.batch.run import check_targets
    from jmid_nlp.export import export as write

    with exits():
        check_targets(source, [] if to == "brat" else [output])
        reports = api.read_reports(source, encoding=encoding)
        lost = write(((r.text, e) for r, e in zip(reports, api.extract(reports), strict=True)), output, to=to)
    typer.echo(f"{len(reports)} reports written to {output}, {len(lost)} spans that the format cannot hold", err=True)
    for row in reports.failed:
        typer.echo(f"row {row['row']}, field {row['field']!r}: {row['reason']}", err=True)
    if reports.failed:
        raise typer.Exit(EXIT_FAILED_ROWS)


def facts(source: Source, output: Output, workers: Workers = 1, encoding: Encoding = "auto") -> None:
    """Read what the text says of the examination: modality, contrast, phases, dose, comparison dates, limitations.

    Example: jmid-nlp facts safe.parquet -o facts.csv
    """
    from jmid_nlp.batch.job import FactsJob

    run(FactsJob(), source, output, workers=workers, encoding=encoding, title="facts")


VERBS: dict[str, Callable[..., None]] = {"export": export, "facts": facts}
