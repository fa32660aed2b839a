"""Verbs around de-identification: what a person should read, what is left, whether the audit holds, how much to sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from jmid_nlp.cli_lists import AllowFile, DenyFile, DetectorFiles, own_detector
from jmid_nlp.cli_options import (
    EXIT_FAILED_ROWS,
    DetectMode,
    Encoding,
    ListFile,
    Mode,
    PolicyName,
    Source,
    WithText,
    Workers,
    exits,
    policy_source,
    run,
)
from jmid_nlp.cli_policy import new_key, removal
from jmid_nlp.cli_policy import policy as policy_text

Released = Annotated[Path, typer.Argument(metavar="OUT", help="What `deid` wrote, or a folder of such files.")]


def review_list(
    source: Source,
    output: ListFile,
    policy: PolicyName = "kamei",
    limit: Annotated[float, typer.Option(min=0.0, max=1.0, help="Detections with a lower score are listed.")] = 0.75,
    with_text: WithText = False,
    allow: AllowFile = None,
    deny: DenyFile = None,
    detectors: DetectorFiles = None,
    mode: Mode = DetectMode.accurate,
    workers: Workers = 1,
    encoding: Encoding = "auto",
) -> None:
    """List what a person should look at: weak detections, and unknown words that would stay in the text.

    The riskiest come first. A file of decisions on them (id, start, end, decision: accept, remove or add, category) is applied
    by `jmid-nlp deid --decisions`.

    Example: jmid-nlp review-list reports.jsonl -o review.jsonl --with-text
    """
    from jmid_nlp.batch.job import ReviewJob
    from jmid_nlp.batch.sinks import OrderedSink
    from jmid_nlp.deid.policy import load_policy
    from jmid_nlp.deid.review import by_risk

    with exits():
        job = ReviewJob(
            load_policy(policy_source(policy)), with_text, limit, own_detector(allow, deny, detectors, mode)
        )
    keep = [file for file in (allow, deny, *(detectors or ())) if file]
    options = {"workers": workers, "encoding": encoding, "title": "review-list", "keep": keep}
    run(job, source, output, sink=OrderedSink(by_risk), **options)


def leftovers(
    released: Released,
    output: ListFile,
    before: Annotated[
        Path | None, typer.Option("--source", help="The reports before de-identification, where at hand.")
    ] = None,
    with_text: WithText = False,
    encoding: Encoding = "auto",
) -> None:
    """List words left in a de-identified corpus that are rare, of one institution only, or stood beside a cue elsewhere.

    Reads the corpus twice and holds no text. With --source, words that were surely identifiers there are listed wherever they
    stand in the output.

    Example: jmid-nlp leftovers safe.parquet -o leftovers.jsonl --source reports.parquet
    """
    from jmid_nlp.batch.run import check_targets
    from jmid_nlp.deid.leftover import Corpus, leftover_row
    from jmid_nlp.deid.review import by_risk

    with exits():
        check_targets(released, [output], [before] if before else [])
        corpus = Corpus()
        for report in _reports(before, encoding) if before else ():
            corpus.add_source(report)
        for row in _rows(released, encoding):
            corpus.add(row)
        found = (
            leftover_row(item, str(row.get("text") or ""), with_text=with_text)
            for number, row in enumerate(_rows(released, encoding))
            for item in corpus.look(row, str(row.get("id") or row.get("report_id") or number))
        )
        _write_list(output, found, by_risk)
        typer.echo(f"words of {corpus.documents} reports listed in {output}", err=True)


def _write_list(output: Path, rows: Iterable[dict[str, Any]], order: Any = None) -> None:
    """Write rows as JSON lines, whole or not at all; ordered ones over a file in between, so that memory stays flat."""
    from jmid_nlp.batch.files import dump_json, write_lines
    from jmid_nlp.batch.sinks import OrderedSink, replace_file

    aside, ordered = (output.with_name(output.name + end) for end in (".part", ".ordered"))
    try:
        write_lines(aside, map(dump_json, rows))
        if order is not None:
            OrderedSink(order).join([aside], ordered)
            ordered.replace(aside)
        replace_file(aside, output)
    finally:
        aside.unlink(missing_ok=True)
        ordered.unlink(missing_ok=True)


def _rows(path: Path, encoding: str) -> Iterator[dict[str, Any]]:
    """The rows of what `deid` wrote: one that cannot be read, or has no text, makes the whole unusable.

    What was not looked at must not count as free of identifiers.
    """
    from jmid_nlp.batch.files import read_rows
    from jmid_nlp.errors import RowError

    for number, row in read_rows(path, encoding=encoding):
        if isinstance(row, RowError):
            raise row
        if not isinstance(row.get("text") or "", str) or "text" not in row:
            raise RowError(row=number, field="text", reason="is no text; give the reports as `deid` wrote them")
        yield row


def _reports(path: Path, encoding: str) -> Iterator[Any]:
    from jmid_nlp.batch.rows import parse_report

    for number, row in enumerate(_rows(path, encoding)):
        yield parse_report(row, number=number)


def risk(
    released: Released,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to list what is left (JSONL).")] = None,
    policy: Annotated[
        str | None, typer.Option(help="Policy the rows were made with; without it each row's own word is taken.")
    ] = None,
    minimum: Annotated[
        int | None, typer.Option(min=2, help="Smallest group of patients that is not reported; else the policy's.")
    ] = None,
    uids: Annotated[Path | None, typer.Option(help="CSV source_uid,new_uid of another de-identifier.")] = None,
    allow: AllowFile = None,
    deny: DenyFile = None,
    detectors: DetectorFiles = None,
    mode: Mode = DetectMode.accurate,
    encoding: Encoding = "auto",
) -> None:
    """Look again at de-identified rows: detections that remain, columns that still identify, small groups.

    Ends with code 1 where anything is found. The list holds places and reasons, no text.

    Example: jmid-nlp risk safe.parquet -o left.jsonl
    """
    from jmid_nlp.batch.run import check_targets
    from jmid_nlp.deid.policy import load_policy
    from jmid_nlp.deid.risk import second_look
    from jmid_nlp.deid.uids import UidTable
    from jmid_nlp.schema import to_plain

    with exits():
        rules = load_policy(policy_source(policy)) if policy else None
        files = [file for file in (uids, allow, deny, *(detectors or ())) if file]
        check_targets(released, [output] if output else [], files)
        given = UidTable.read(uids) if uids else None
        own = own_detector(allow, deny, detectors, mode)
        found = second_look(_rows(released, encoding), policy=rules, detector=own, minimum=minimum, uids=given)
        if output:
            _write_list(output, (_residue(to_plain(item)) for item in found))
    for kind in ("detection", "column", "group"):
        typer.echo(f"{kind}s left: {sum(item.kind == kind for item in found)}")
    if found:
        raise typer.Exit(EXIT_FAILED_ROWS)


def _residue(plain: dict[str, Any]) -> dict[str, Any]:
    return {"id": plain.pop("row_id"), **plain}


def verify_audit(
    audit: Annotated[Path, typer.Argument(metavar="AUDIT", help="The audit that `deid --audit` wrote.")],
    last: Annotated[
        str | None, typer.Option(help="The last hash as noted after the run; shows that no rows are cut off.")
    ] = None,
) -> None:
    """Check that no row of an audit was changed, removed, added or moved.

    Ends with code 1 where the chain is broken.

    Example: jmid-nlp verify-audit audit.jsonl
    """
    from pyarrow import ArrowException

    from jmid_nlp.deid.audit import verify_audit as verify
    from jmid_nlp.errors import InputError

    with exits():
        if not audit.exists():
            raise InputError(f"{audit.name}: no such file or folder")
        try:
            found = verify(audit, last=last)
        except (UnicodeDecodeError, RecursionError, ArrowException, OSError):
            raise InputError(f"{audit.name}: is no audit that can be read; give the file of `deid --audit`") from None
    if not found.ok:
        typer.echo(f"broken at row {found.broken}: {found.reason}")
        raise typer.Exit(EXIT_FAILED_ROWS)
    typer.echo(f"{found.rows} rows hold; last hash {found.last}")


def sample_size(
    bound: Annotated[float, typer.Option(help="The rate of reports with a leak to stay below, such as 0.001.")],
    confidence: Annotated[float, typer.Option(help="Confidence of the bound.")] = 0.95,
    allowed: Annotated[int, typer.Option(min=0, help="Leaks that may be found without breaking the bound.")] = 0,
) -> None:
    """Say how many reports, drawn at random, must be read to bound the rate of reports with a leak.

    Example: jmid-nlp sample-size --bound 0.001 --confidence 0.95
    """
    from jmid_nlp.deid.planner import plan

    with exits():
        wanted = plan(bound, confidence=confidence, allowed=allowed)
    typer.echo(
        f"read {wanted.reports} reports drawn at random; if at most {wanted.allowed} hold a leak, the rate is below "
        f"{wanted.bound:g} with confidence {wanted.confidence:g}"
    )


VERBS: dict[str, Callable[..., None]] = {
    "review-list": review_list,
    "leftovers": leftovers,
    "risk": risk,
    "verify-audit": verify_audit,
    "sample-size": sample_size,
    "policy": policy_text,
    "removal": removal,
    "new-key": new_key,
}
