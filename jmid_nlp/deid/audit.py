"""The audit of a run: what was replaced, where, by which rule and version, and never the text itself.

Rows are chained: each holds a hash over its own content and the hash of the row before, so that no row can be changed,
removed or put in without the chain breaking behind it. The last hash, kept apart, also tells a cut-off end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jmid_nlp.deid.replace import offset_map
from jmid_nlp.deid.singular import find_singular
from jmid_nlp.errors import FileFormatError
from jmid_nlp.schema import DeidReport

#: Where a chain begins.
GENESIS = "0" * 64
#: Of an audit that is a folder: the file that names its files, with number of rows and last hash, chained like an audit.
MANIFEST = "manifest.jsonl"
_VERSIONS = ("library", "policy", "policy_hash", "strategy", "lexicon", "key", "date_shift")


def audit_rows(deid: DeidReport) -> list[dict[str, Any]]:
    """One row an edit: category, subtype, detector, action, score, offsets before and after, versions.

    A report without edits has one row with the action `none`, so that the audit names every report that was treated. Under a
    policy that flags singular descriptions there is one row for each of them, with the action `flag`.
    """
    versions = {name: str(deid.provenance.get(name, "")) for name in _VERSIONS}
    rows = [
        _row(
            deid.report_id,
            (e.category, e.subtype, e.detector, e.action),
            e.score,
            (e.start, e.end, e.new_start, e.new_end),
            versions,
        )
        for e in deid.edits
    ]
    if deid.provenance.get("singular") == "flag":
        back = offset_map(deid.edits)
        for flag in find_singular(deid.text):
            at = back.to_source(flag.start, flag.end)
            spans = (*at, flag.start, flag.end)
            rows.append(_row(deid.report_id, ("SINGULAR", "", flag.detector, "flag"), flag.score, spans, versions))
    return rows or [_row(deid.report_id, ("", "", "", "none"), 0.0, (0, 0, 0, 0), versions)]


def _row(
    report_id: str, what: tuple[str, str, str, str], score: float, spans: tuple[int, ...], versions: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "report_id": report_id,
        "category": what[0],
        "subtype": what[1],
        "detector": what[2],
        "action": what[3],
        "score": float(score),
        "start": spans[0],
        "end": spans[1],
        "new_start": spans[2],
        "new_end": spans[3],
        **versions,
    }


def chain(rows: Iterable[Mapping[str, Any]], previous: str = GENESIS) -> Iterator[dict[str, Any]]:
    """The rows with `previous` and `hash` added.

    Args:
        rows: Audit rows in their final order.
        previous: The hash of the row that stands before the first, where a chain goes on.
    """
    for row in rows:
        linked = {**row, "previous": previous}
        previous = _hash(linked)
        yield {**linked, "hash": previous}


def _hash(row: Mapping[str, Any]) -> str:
    plain = json.dumps(row, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What a check of an audit found: the number of rows, the last hash, and the first broken row (None where all hold)."""

    rows: int
    last: str
    broken: int | None = None
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether the chain holds from its first row to its last."""
        return self.broken is None


def verify_audit(path: Path | str, *, last: str | None = None, first: str = GENESIS) -> AuditCheck:
    """Checks the chain of an audit: a file (JSON lines or Parquet), or a folder with a chain a file, as Spark writes it.

    Args:
        path: The audit.
        last: The last hash as noted at the end of the run; without it a cut-off end goes unseen. That of a folder is the last
            of its manifest, which chains the last hashes of the files.
        first: The hash that the chain begins with.

    Raises:
        FileFormatError: The file is no audit.
    """
    if Path(path).is_dir():
        return _verify_folder(Path(path), last)
    previous, count = first, 0
    for count, row in enumerate(_read(Path(path)), 1):
        content = {k: v for k, v in row.items() if k != "hash"}
        if "hash" not in row or "previous" not in row:
            raise FileFormatError(f"{Path(path).name}, row {count}: columns 'previous' and 'hash' are missing")
        if content["previous"] != previous:
            return AuditCheck(count, previous, count - 1, "a row is missing, added or out of order before this one")
        if _hash(content) != row["hash"]:
            return AuditCheck(count, previous, count - 1, "the row was changed")
        previous = row["hash"]
    if last is not None and previous != last:
        return AuditCheck(count, previous, count, "rows are missing at the end")
    return AuditCheck(count, previous)


def _verify_folder(folder: Path, last: str | None) -> AuditCheck:
    """The chain of the manifest, then each file's, which must end with the hash that the manifest gives."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise FileFormatError(f"{folder.name}: the folder holds no {MANIFEST}, so it is no audit")
    whole = verify_audit(manifest, last=last)
    if not whole.ok:
        return replace(whole, reason=f"{MANIFEST}: {whole.reason}")
    rows = 0
    for listed in _read(manifest):
        file = folder / str(listed.get("file"))
        if file.parent != folder or not file.is_file():
            return AuditCheck(rows, whole.last, rows, f"{file.name}: the file is missing")
        # a part whose reports were all left out has no rows and no hash
        found = verify_audit(file, last=str(listed.get("last")) or GENESIS)
        if not found.ok:
            return AuditCheck(rows + found.rows, whole.last, rows + (found.broken or 0), f"{file.name}: {found.reason}")
        rows += found.rows
    return AuditCheck(rows, whole.last)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from batch.to_pylist()
        return
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
            except ValueError:
                raise FileFormatError(f"{path.name}, line {number}: not a JSON object") from None
            if not isinstance(row, dict):
                raise FileFormatError(f"{path.name}, line {number}: not a JSON object")
            yield row
