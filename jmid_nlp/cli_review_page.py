"""The verb that writes the review page."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from jmid_nlp.cli_lists import AllowFile, DenyFile, DetectorFiles, own_detector
from jmid_nlp.cli_options import (
    EXIT_FAILED_ROWS,
    DetectMode,
    Encoding,
    Mode,
    PolicyName,
    Source,
    Workers,
    exits,
    policy_source,
    run_only,
)


def review(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page (HTML). IT HOLDS THE ORIGINAL TEXT.")],
    policy: PolicyName = "kamei",
    limit: Annotated[float, typer.Option(min=0.0, max=1.0, help="Detections with a lower score are doubtful.")] = 0.75,
    top: Annotated[int, typer.Option(min=1, help="At most this many reports, the riskiest.")] = 2000,
    sample: Annotated[
        int | None, typer.Option(min=1, help="This many reports drawn at random instead of the riskiest.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the draw; take another one after corrections.")] = 0,
    allow: AllowFile = None,
    deny: DenyFile = None,
    detectors: DetectorFiles = None,
    mode: Mode = DetectMode.accurate,
    workers: Workers = 1,
    encoding: Encoding = "auto",
) -> None:
    """Write a page on which a person checks what `deid` removes and leaves, and decides: one HTML file, no network.

    THE PAGE HOLDS THE ORIGINAL TEXT of the reports, since the reviewer needs it: keep it where the originals may lie, never
    send it with released data, and delete it after the review. Only its owner can read the file. Give the same reports,
    policy, lists and mode as to `deid`. The page exports decisions (JSONL) that `jmid-nlp deid --decisions` applies.

    Example: jmid-nlp review reports.jsonl -o review.html
    """
    from jmid_nlp.batch.run import check_targets
    from jmid_nlp.deid.policy import load_policy
    from jmid_nlp.errors import InputError
    from jmid_nlp.review_page.job import ReviewPageJob, draw
    from jmid_nlp.review_page.page import PageSink, Run

    keep = [file for file in (allow, deny, *(detectors or ())) if file]
    with exits(), _owner_only():
        if output.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"{output.name}: the page is HTML; give it a name that ends in .html")
        check_targets(source, [output], keep)
        rules = load_policy(policy_source(policy))
        own, other = _both_modes(allow, deny, detectors, mode)
        chosen, total = draw(source, sample, seed=seed, encoding=encoding) if sample else (None, None)
        job = ReviewPageJob(rules, limit=limit, detector=own, other=other, chosen=chosen)
        about = Run(source.name, Path(policy).name, mode.value, len(chosen) if chosen is not None else None, seed)
        sink = PageSink(about, top=top if chosen is None else len(chosen), total=total)
        summary = run_only(
            job, source, output, sink=sink, workers=workers, encoding=encoding, title="review", keep=keep
        )
    if chosen is None and summary.written > top:
        typer.echo(f"the page holds the {top} riskiest of them; --top sets how many", err=True)
    typer.echo(f"{output} HOLDS THE ORIGINAL TEXT: delete it after the review, and never release it", err=True)
    if summary.failed:
        raise typer.Exit(EXIT_FAILED_ROWS)


@contextmanager
def _owner_only() -> Iterator[None]:
    """Files that are made here, those in between too, can be read by their owner alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _both_modes(
    allow: Path | None, deny: Path | None, detectors: list[Path] | None, mode: DetectMode
) -> tuple[Any, Any]:
    """What the run detects with, and the same in the other mode."""
    from jmid_nlp.deid.detect import Detector

    other = DetectMode.fast if mode is DetectMode.accurate else DetectMode.accurate
    own, second = (own_detector(allow, deny, detectors, m) or Detector() for m in (mode, other))
    return own, second


VERBS: dict[str, Callable[..., None]] = {"review": review}
