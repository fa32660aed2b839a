"""Reads `studies.txt`: studies with their gold pairs, in the form of the scorer's rows.

python corpora/align/studies.py dev > dev.jsonl
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("studies.txt")
_MARK = re.compile(r"\[([^\[\]|]+)\|([-+=!^~][=0-9,]*)\]")


def studies(part: str | None = None) -> list[dict[str, Any]]:
    """The studies of one part (`dev` or `test`), or all."""
    blocks = re.split(r"^== ", SOURCE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    rows = [_study(block) for block in blocks]
    return [r for r in rows if part in (None, r["part"])]


def _study(block: str) -> dict[str, Any]:
    head, *lines = block.strip().split("\n")
    name, part, modality, date, tags = (c.strip() for c in head.split("|"))
    marked = "\n".join(line for line in lines if not line.startswith("@"))
    text, mentions = _unmark(marked)
    uid = f"2.25.{sum(ord(c) * (n + 7) for n, c in enumerate(name)) + 10**9}"
    annotations = [_annotation(line[1:], name, uid) for line in lines if line.startswith("@")]
    gold: dict[str, list[Any]] = {
        k: [] for k in ("pairs", "optional_pairs", "unmatched_findings", "distractors", "ignore")
    }
    for start, end, mark in mentions:
        span = {"start": start, "end": end}
        ids = [f"{name}-{n}" for n in re.findall(r"\d+", mark)]
        if mark[0] in "+=" and ids:
            key = "pairs" if mark[0] == "+" else "optional_pairs"
            gold[key] += [{**span, "annotation_id": i} for i in ids]
        elif mark in "-^":
            gold["distractors"].append({**span, "kind": "negated" if mark == "-" else "past"})
        else:
            gold["ignore" if mark in ("~", "!=") else "unmatched_findings"].append(span)
    paired = {p["annotation_id"] for p in gold["pairs"]}
    gold["unmatched_annotations"] = [a["annotation_id"] for a in annotations if a["annotation_id"] not in paired]
    report = {"report_id": f"R-{name}", "study_uid": uid, "patient_id": f"P-{name}", "modality": modality}
    report |= {"exam_date": date, "text": text}
    row = {"id": name, "part": part, "report": report, "annotations": annotations, "gold": gold}
    return row | {"tags": [t.strip() for t in tags.split(",")]}


def _unmark(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    out, mentions, at = "", [], 0
    for m in _MARK.finditer(marked):
        out += marked[at : m.start()]
        mentions.append((len(out), len(out) + len(m[1]), m[2]))
        out += m[1]
        at = m.end()
    return out + marked[at:], mentions


def _annotation(line: str, name: str, uid: str) -> dict[str, Any]:
    cells = [c.strip() for c in line.split("|")] + [""] * 10
    number, series, image, label, anatomy, side, sizes, box, created, other = cells[:10]
    row: dict[str, Any] = {"annotation_id": f"{name}-{number}", "study_uid": uid + ("1" if other else "")}
    row |= {"series_number": int(series), "image_number": int(image) if "-" not in image else None}
    if "-" in image:
        row["image_range"] = [int(v) for v in image.split("-")]
    row |= {"label": label, "anatomy": anatomy or None, "laterality": side or None}
    row |= {"size_mm": [float(v) for v in sizes.split(",") if v], "created": created}
    return row | ({"bbox": [int(v) for v in box.split(",")]} if box else {})


if __name__ == "__main__":
    for study in studies(sys.argv[1] if len(sys.argv) > 1 else None):
        print(json.dumps(study, ensure_ascii=False))
