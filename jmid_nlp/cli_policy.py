"""Verbs around a policy: its text to start an own one from, and the removed information (削除情報) of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from jmid_nlp.cli_lists import AllowFile, DateShifts, DenyFile, DetectorFiles, UidFile, own_detector, own_files
from jmid_nlp.cli_options import (
    EXIT_FAILED_ROWS,
    DetectMode,
    Encoding,
    KeyFile,
    Mode,
    OptOutFile,
    PolicyName,
    Source,
    exits,
    policy_source,
)


def policy(
    name: Annotated[str, typer.Argument(metavar="POLICY", help="A built-in policy, or an own TOML file.")],
) -> None:
    """Print a built-in policy as TOML, to start an own one from; check an own one.

    Example: jmid-nlp policy kamei > own.toml
    """
    from jmid_nlp.deid.policy import BUILT_IN, load_policy
    from jmid_nlp.lexicon import read_text

    with exits():
        rules = load_policy(policy_source(name))
        if name in BUILT_IN:
            typer.echo(read_text(f"policies/{name}.toml"), nl=False)
        else:
            typer.echo(f"{rules.name}/{rules.version}: {rules.title}; {rules.aligned_with}; hash {rules.digest}")


def new_key(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; an existing one is never overwritten.")],
) -> None:
    """Make a random secret key in a file that only its owner can read.

    Whoever has the key can tell which pseudonym belongs to which patient: keep it apart from the data. Without it nobody can
    make the same pseudonyms again.

    Example: jmid-nlp new-key key.txt
    """
    from jmid_nlp.deid.keys import write_new_key

    with exits():
        fingerprint = write_new_key(path).fingerprint
    typer.echo(f"key written to {path}; its fingerprint, which audits name, is {fingerprint}", err=True)


def removal(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="A new file, apart from the run's output; encrypted.")],
    removal_key_file: Annotated[Path, typer.Option(help="File with a key for this file alone, not the run's.")],
    policy: PolicyName = "kamei",
    key_file: KeyFile = None,
    opt_out: OptOutFile = None,
    decisions: Annotated[Path | None, typer.Option(help="As in `deid`.")] = None,
    propagate: Annotated[bool, typer.Option("--propagate", help="As in `deid`.")] = False,
    allow: AllowFile = None,
    deny: DenyFile = None,
    detectors: DetectorFiles = None,
    date_shifts: DateShifts = None,
    uids: UidFile = None,
    mode: Mode = DetectMode.accurate,
    encoding: Encoding = "auto",
) -> None:
    """Write the originals that `deid` replaces (削除情報), encrypted, to a file of their own.

    Give it the input, the policy, the key, the mode and the lists that `deid` was given. Whoever holds the file and its key can
    restore identities: keep them apart from the output and from each other. `jmid_nlp.deid.removal.read_removal` reads the file.

    Example: jmid-nlp removal reports.jsonl -o vault/removed.enc --key-file key.txt --removal-key-file other.txt
    """
    from jmid_nlp.batch.run import check_targets
    from jmid_nlp.chain import deid_job
    from jmid_nlp.deid.keys import load_key
    from jmid_nlp.deid.policy import load_policy
    from jmid_nlp.deid.removal import write_removal
    from jmid_nlp.errors import KeyMaterialError, PolicyError

    failed: list[int] = []
    with exits():
        rules = load_policy(policy_source(policy))
        if rules.key == "ephemeral":
            raise PolicyError(f"policy {rules.name!r} leaves nothing by which anything could be restored")
        files = (key_file, removal_key_file, opt_out, decisions, allow, deny, *(detectors or ()), date_shifts, uids)
        check_targets(source, [output], [file for file in files if file])
        secret = load_key(key_file=removal_key_file)
        job = deid_job(
            source,
            policy=policy_source(policy),
            key=key_file,
            opt_out=opt_out,
            decisions=decisions,
            propagate=propagate,
            own=own_detector(allow, deny, detectors, mode),
            encoding=encoding,
            **own_files(date_shifts, uids),
        )
        if secret.fingerprint == job.deidentifier.key.fingerprint:
            raise KeyMaterialError("removed information needs a key of its own, not the key of the run")
        count = write_removal(output, _originals(source, job, encoding, failed), secret)
        typer.echo(f"{count} originals written to {output}, encrypted", err=True)
    if failed:
        typer.echo(f"{len(failed)} rows could not be treated, as in the run itself", err=True)
        raise typer.Exit(EXIT_FAILED_ROWS)


def _originals(source: Path, job: Any, encoding: str, failed: list[int]) -> Iterator[dict[str, Any]]:
    """The originals of each row; the numbers of rows that cannot be treated, which are in no output either, go to `failed`."""
    from jmid_nlp.batch.files import read_rows
    from jmid_nlp.batch.rows import parse_report
    from jmid_nlp.deid.removal import removal_rows
    from jmid_nlp.errors import RowError, WithheldError

    seen: set[str] = set()
    for number, row in read_rows(source, encoding=encoding):
        try:
            if isinstance(row, RowError):
                raise row
            report = parse_report(row, number=number)
            if job.opt_out is not None and job.opt_out(report.patient_id):
                continue
            if report.report_id in seen:
                raise RowError(row=number, field="id", reason="stands twice; ids must be unique")
            seen.add(report.report_id)
            safe = job.deidentifier(report)
        except (RowError, WithheldError):
            failed.append(number)
            continue
        yield from removal_rows(report, safe)
