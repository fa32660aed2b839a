"""The identifier corpus as rows: `python -m corpora.deid_rows dev|test|negatives > rows.jsonl`.

A row has id, text, `spans` (start, end, category, subtype), `keep` (start, end, why), `ignore` ([start, end]) and, where the
sheet gives them, the record's own fields, which `jmid-nlp detect` uses as known identifiers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from corpora.markup import CATEGORIES, Entry, read_sheet

HERE = Path(__file__).parent / "deid"
RECORD = ("patient_id", "patient_name", "patient_kana", "birth_date", "accession_number", "institution", "physicians")


def rows(part: str, *, without: Container[str] = ()) -> Iterator[dict[str, Any]]:
    """Rows of all sheets whose name begins with `part`, such as `dev`, `test`, `negatives_dev`; not of those `without`."""
    for path in sorted(p for p in HERE.glob(f"{part}*.txt") if p.stem not in without):
        for entry in read_sheet(path):
            yield row(entry)


def row(entry: Entry) -> dict[str, Any]:
    """One entry as a row."""
    out: dict[str, Any] = {"id": entry.id, "text": entry.text, "spans": [], "keep": [], "ignore": []}
    for mark in entry.marks:
        kind, _, detail = mark.label.partition("/")
        span = {"start": mark.start, "end": mark.end}
        if kind in CATEGORIES:
            out["spans"].append(span | {"category": kind, "subtype": detail})
        elif kind == "keep":
            out["keep"].append(span | {"why": detail})
        elif kind == "phi-ignore":
            out["ignore"].append([mark.start, mark.end])
    known: dict[str, Any] = {k: v for k, v in entry.fields.items() if k in RECORD}
    if "physicians" in known:
        known["physicians"] = [name.strip() for name in known["physicians"].split(";")]
    return out | known


if __name__ == "__main__":
    for line in rows(sys.argv[1]):
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
