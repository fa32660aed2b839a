"""The verb `train` of `jmid-nlp`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jmid_nlp.cli_options import EXIT_FAILED_ROWS, exits

if TYPE_CHECKING:
    from jmid_nlp.training.options import TrainReport


class Engine(StrEnum):
    """What trains."""

    spacy = "spacy"
    transformers = "transformers"


class TrainLayer(StrEnum):
    """What the labels are."""

    identifiers = "identifiers"
    entities = "entities"


def train(
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA", help="brat, PRISM XML, Doccano, CoNLL, DocBin or our JSONL; file or folder."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the finished model.")],
    engine: Annotated[
        Engine, typer.Option(help="spacy runs on a CPU; transformers needs jmid-nlp[torch].")
    ] = Engine.spacy,
    base: Annotated[Path | None, typer.Option(help="Folder of a model of the same engine to go on from.")] = None,
    dev: Annotated[Path | None, typer.Option(help="Labelled texts to measure on; else a share of DATA.")] = None,
    dev_share: Annotated[float, typer.Option(min=0.01, max=0.9, help="Share of DATA to measure on.")] = 0.15,
    layer: Annotated[TrainLayer, typer.Option(help="Which column of our JSONL, and where the finds stand.")] = (
        TrainLayer.entities
    ),
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same weights on the same machine.")] = 0,
    max_steps: Annotated[int, typer.Option(min=1, help="Batches at most.")] = 4000,
    patience: Annotated[int, typer.Option(min=1, help="Batches without a better score before it ends.")] = 800,
) -> None:
    """Train a model on your own annotations.

    Run again after an interruption to go on where it stopped. Rows that cannot be used are listed in MODEL.failed.jsonl by
    file, row and field.

    Example: jmid-nlp train brat/ -o my_model --layer entities
    """
    from jmid_nlp.training.data import read_labelled, split
    from jmid_nlp.training.options import TrainOptions

    with exits():
        read = read_labelled(data, layer.value)
        problems = list(read.problems)
        if dev is None:
            examples, kept = split(read.examples, dev_share)
        else:
            measured = read_labelled(dev, layer.value)
            examples, kept = list(read.examples), list(measured.examples)
            problems += measured.problems
        options = TrainOptions(output, layer.value, base, seed, max_steps, patience)
        report = _engine(engine)(examples, kept, options)
        _list_failed(problems, output.with_name(output.name + ".failed.jsonl"))
    typer.echo(f"{len(examples)} texts trained on, {len(kept)} measured on, {report.steps} steps", err=True)
    _tell(report)
    if problems:
        typer.echo(f"{len(problems)} rows or files left out; reasons in {output.name}.failed.jsonl", err=True)
        raise typer.Exit(EXIT_FAILED_ROWS)


_ENGINES = {
    Engine.spacy: "jmid_nlp.training.spacy_engine",
    Engine.transformers: "jmid_nlp.training.transformers_engine",
}


def _engine(engine: Engine) -> Callable[..., TrainReport]:
    run: Callable[..., TrainReport] = import_module(_ENGINES[engine]).train
    return run


def _tell(report: TrainReport) -> None:
    """The figures, and what the model cannot hold."""
    lines: Iterable[tuple[str, Any]] = [("all", report.scores), *report.by_label.items()]
    for label, figures in lines:
        typer.echo(f"{label:12} " + "  ".join(f"{name} {value}" for name, value in figures.items()))
    if report.moved:
        typer.echo(f"{report.moved} spans cut a token and were trained on as whole tokens", err=True)
    if report.lost:
        typer.echo(f"{report.lost} spans could not be trained on: they overlap a longer one or hold no token", err=True)


def _list_failed(problems: list[Any], path: Path) -> None:
    path.unlink(missing_ok=True)
    if problems:
        rows = (
            {"row": p.row, "field": p.field, "reason": p.reason, "id": p.row_id}
            if hasattr(p, "row")
            else {"reason": str(p)}
            for p in problems
        )
        path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")


VERBS: dict[str, Callable[..., None]] = {"train": train}
