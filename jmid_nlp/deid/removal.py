"""Removed information (削除情報): the originals of replaced spans and columns, encrypted, written only when asked for.

Whoever holds this file and its key can restore identities; the Act asks for rights, procedures and access control over it.
It therefore has a key and a path of its own. Encryption is AES-SIV (RFC 5297), deterministic and safe without a random nonce;
each line is bound to its position, so that lines cannot be exchanged, and the last line closes the file.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jmid_nlp.deid.keys import Key
from jmid_nlp.errors import FileFormatError, InputError, KeyMaterialError, MissingExtraError
from jmid_nlp.schema import DeidReport, Report

FORMAT = "jmid-removal/1"
_COLUMNS = (
    "report_id", "patient_id", "patient_name", "patient_kana", "birth_date", "accession_number", "study_uid", "institution",
    "exam_date",
)  # fmt: skip


def removal_rows(report: Report, deid: DeidReport) -> list[dict[str, Any]]:
    """The originals of one report: its treated columns, and each replaced span with its offsets in the new text.

    Raises:
        InputError: The edits do not belong to this report's text.
    """
    if any(e.end > len(report.text) for e in deid.edits):
        raise InputError(
            f"record {report.report_id!r}: the edits reach beyond the text; are report and result one pair?"
        )
    columns = {
        name: value for name in _COLUMNS if (value := getattr(report, name)) is not None and value != deid.row.get(name)
    }
    if report.physicians and tuple(deid.row.get("physicians") or ()) != report.physicians:
        columns["physicians"] = list(report.physicians)
    rows: list[dict[str, Any]] = [{"report_id": deid.report_id, "columns": columns}] if columns else []
    for e in deid.edits:
        rows.append(
            {
                "report_id": deid.report_id,
                "start": e.new_start,
                "end": e.new_end,
                "original": report.text[e.start : e.end],
            }
        )
    return rows


def write_removal(path: Path, rows: Iterable[Mapping[str, Any]], key: Key) -> int:
    """Writes the rows encrypted to a new file that only its owner can read. The file appears whole or not at all.

    Args:
        path: A path that does not exist yet, apart from the run's output.
        rows: What `removal_rows` gave.
        key: The key of this file; not the key of the run, which may be destroyed earlier.

    Returns:
        The number of rows.

    Raises:
        MissingExtraError: The `cryptography` package is not installed.
        KeyMaterialError: The key is ephemeral: nobody could read the file again.
        InputError: The file exists.
    """
    cipher = _cipher(key)
    if key.ephemeral:
        raise KeyMaterialError("removed information needs a key that lasts; load_key reads one")
    path = Path(path)
    if path.exists():
        raise InputError(f"{path.name}: the file exists already and is not overwritten")
    aside = path.with_name(path.name + ".part")
    count = 0
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as out:
            out.write(json.dumps({"format": FORMAT, "key": key.fingerprint}) + "\n")
            for row in rows:
                out.write(_seal(cipher, json.dumps(row, ensure_ascii=False, sort_keys=True), f"row {count}"))
                count += 1
            out.write(_seal(cipher, json.dumps({"rows": count}), "end"))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return count


def read_removal(path: Path, key: Key) -> Iterator[dict[str, Any]]:
    """The rows of a file of removed information.

    Raises:
        KeyMaterialError: The key is another one than the file was written with.
        FileFormatError: The file is damaged, was changed or is cut off.
    """
    cipher = _cipher(key)
    lines = Path(path).read_text(encoding="ascii").splitlines()
    try:
        head = json.loads(lines[0])
    except (IndexError, ValueError):
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise FileFormatError(f"{Path(path).name}: not a file of removed information")
    if head.get("key") != key.fingerprint:
        raise KeyMaterialError(f"{Path(path).name}: written with another key, fingerprint {head.get('key')}")
    if len(lines) < 2 or _open(cipher, lines[-1], "end", Path(path).name) != {"rows": len(lines) - 2}:
        raise FileFormatError(f"{Path(path).name}: rows are missing")
    for number, line in enumerate(lines[1:-1]):
        yield _open(cipher, line, f"row {number}", Path(path).name)


def _cipher(key: Key) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV
    except ImportError:
        raise MissingExtraError(
            "removed information needs the cryptography package: pip install 'jmid-nlp[removal]'"
        ) from None
    return AESSIV(key.derive("removal", "1") + key.derive("removal", "2"))


def _seal(cipher: Any, text: str, place: str) -> str:
    return base64.b64encode(cipher.encrypt(text.encode("utf-8", "surrogatepass"), [place.encode()])).decode() + "\n"


def _open(cipher: Any, line: str, place: str, name: str) -> dict[str, Any]:
    from cryptography.exceptions import InvalidTag

    try:
        row = json.loads(cipher.decrypt(base64.b64decode(line), [place.encode()]).decode("utf-8", "surrogatepass"))
    except (InvalidTag, ValueError):
        raise FileFormatError(f"{name}: {place} cannot be read: the file is damaged or was changed") from None
    assert isinstance(row, dict)
    return row
