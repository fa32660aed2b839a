"""Build the sample extract from its marked sources: reports, gold and annotation tables, and the DICOM files.

    python -m corpora.make_sample [--out DIR] [--no-dicom]

Nothing depends on the clock, the machine or chance: the same sources give the same bytes. Writing the DICOM files
needs highdicom (extra `dev`); reading them does not.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import importlib.metadata
import io
import json
import re
import uuid
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from corpora.markup import CATEGORIES, Entry, FindingMark, Mark, finding, read_sheet

HERE = Path(__file__).parent / "sample"
NAMESPACE = uuid.UUID("6f1c1c0e-5b0a-5d0c-9a57-0d2a6a1b7e11")
COLUMNS = (
    "id", "text", "patient_id", "patient_name", "patient_kana", "birth_date", "accession_number", "study_uid",
    "institution", "physicians", "sex", "age", "exam_date", "exam_time", "modality", "body_part", "protocol",
    "contrast_agent", "contrast_dose_ml", "ctdi_vol_mgy", "dlp_mgy_cm", "weight_kg",
)  # fmt: skip
ANNOTATION_COLUMNS = (
    "annotation_id", "study_uid", "series_number", "image_number", "image_range", "label", "anatomy", "laterality",
    "size_mm", "bbox", "created", "reader",
)  # fmt: skip
_MEASURE = re.compile(r"[0-9０-９]+(?:[.．][0-9０-９]+)?(?:[×xX][0-9０-９.．]+)*\s?(?:mm|cm|ｍｍ|ｃｍ|ミリ)")
_AGE = re.compile(r"(?<![0-9])[0-9０-９]{1,2}(?:歳|ｻｲ)")

Row = dict[str, Any]


def uid(*parts: str) -> str:
    """A DICOM UID under 2.25 made from names, the same on every run."""
    return f"2.25.{uuid.uuid5(NAMESPACE, '/'.join(parts)).int}"


def table(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t"))


def entries(source: Path = HERE / "source") -> list[Entry]:
    """All marked reports, sheet by sheet."""
    return [entry for sheet in sorted(source.glob("[0-9]_*.txt")) for entry in read_sheet(sheet)]


def record(entry: Entry, patient: dict[str, str]) -> Row:
    """The report's row with the columns of the contract."""
    f = entry.fields
    exam_date, _, exam_time = f["exam"].partition(" ")
    agent, _, volume = f.get("contrast", "").rpartition(" ")
    ctdi, _, dlp = f.get("dose", "").partition(" ")
    born, seen = date.fromisoformat(patient["birth_date"]), date.fromisoformat(exam_date)
    row = {
        "id": entry.id,
        "text": entry.text,
        **{key: patient[key] for key in ("patient_id", "patient_name", "patient_kana", "birth_date", "sex")},
        "accession_number": f["accession"],
        "study_uid": uid("study", entry.id),
        "institution": f["institution"],
        "physicians": [name.strip() for name in f["physicians"].split(";")],
        "age": seen.year - born.year - ((seen.month, seen.day) < (born.month, born.day)),
        "exam_date": exam_date,
        "exam_time": exam_time,
        **{key: f[key] for key in ("modality", "body_part", "protocol")},
        "contrast_agent": agent or None,
        "contrast_dose_ml": float(volume) if volume else None,
        "ctdi_vol_mgy": float(ctdi) if ctdi else None,
        "dlp_mgy_cm": float(dlp) if dlp else None,
        "weight_kg": float(patient["weight_kg"]),
    }
    return {column: row[column] for column in COLUMNS}


def span(mark: Mark) -> dict[str, int]:
    return {"start": mark.start, "end": mark.end}


def overlaps(a: Mark, others: Iterable[Mark]) -> bool:
    return any(a.start < b.end and b.start < a.end for b in others)


def identifiers(entry: Entry) -> Row:
    """Gold of the identifiers: what must go, what must stay, what counts neither way."""
    spans = [m for m in entry.marks if m.label.split("/")[0] in CATEGORIES]
    ignored = [m for m in entry.marks if m.label == "phi-ignore"]
    keep = [m for m in entry.marks if m.label.startswith("keep/")]
    keep += [Mark(*m.span(), "keep/measurement") for m in _MEASURE.finditer(entry.text)]
    keep += [Mark(*m.span(), "keep/age_under_90") for m in _AGE.finditer(entry.text)]
    keep += [Mark(m.start, m.end, "keep/finding") for m in entry.marks if finding(m.label)]
    keep += [Mark(m.start, m.end, "keep/anatomy") for m in entry.marks if m.label[0] == "@"]
    kept: dict[tuple[int, int], str] = {}
    for m in keep:
        if not overlaps(m, spans) and not overlaps(m, ignored):
            kept.setdefault((m.start, m.end), m.label.removeprefix("keep/"))
    return {
        "id": entry.id,
        "text": entry.text,
        "spans": [span(m) | dict(zip(("category", "subtype"), m.label.split("/"), strict=True)) for m in spans],
        "keep": [{"start": s, "end": e, "why": why} for (s, e), why in sorted(kept.items())],
        "ignore": [[m.start, m.end] for m in ignored],
    }


def read_findings(entry: Entry) -> list[tuple[Mark, FindingMark]]:
    return [(m, found) for m in entry.marks if (found := finding(m.label)) is not None]


def findings(entry: Entry) -> Row:
    """Gold of the findings in the scorer's form."""
    sites = {m.label[1:]: m for m in entry.marks if m.label[0] == "@"}
    rows = []
    for mark, found in read_findings(entry):
        rows.append(
            span(mark)
            | {
                "text": entry.text[mark.start : mark.end],
                "certainty": found.certainty,
                "location": [span(sites[site]) for site in found.sites],
                "laterality": found.laterality,
                "sizes_mm": found.sizes,
                "prior_sizes_mm": found.prior_sizes,
                "change": found.change,
                "multiple": found.multiple,
                "image_refs": [{"series": series, "image": image} for series, image in found.image_refs],
                "historical": found.historical,
            }
        )
    return {
        "id": entry.id,
        "text": entry.text,
        "modality": entry.fields["modality"],
        "body_part": entry.fields["body_part"],
        "findings": rows,
        "ignore": [[m.start, m.end] for m in entry.marks if m.label == "finding-ignore"],
    }


def annotations(rows: list[dict[str, str]]) -> list[Row]:
    """The readers' marks, with ids, study UIDs, and where they belong."""
    count: dict[str, int] = {}
    made = []
    for row in rows:
        count[row["report"]] = count.get(row["report"], 0) + 1
        first, _, last = row["image"].partition("-")
        made.append(
            {
                "annotation_id": f"{row['report']}-{count[row['report']]:02d}",
                "study_uid": uid("study", row["report"]),
                "series_number": int(row["series"]),
                "image_number": None if last else int(first),
                "image_range": [int(first), int(last)] if last else None,
                "label": row["label"],
                "anatomy": row["anatomy"] or None,
                "laterality": row["laterality"] or None,
                "size_mm": [float(n) for n in row["size_mm"].split()],
                "bbox": [int(n) for n in row["bbox"].split()],
                "created": row["created"],
                "reader": row["reader"],
                "_report": row["report"],
                "_lesion": row["lesion"],
                "_also_in": (row["also_in"] or "").split(),
            }
        )
    return made


def public(annotation: Row) -> Row:
    return {key: annotation[key] for key in ANNOTATION_COLUMNS}


def alignment(entry: Entry, row: Row, made: list[Row]) -> Row | None:
    """Gold of the links between findings and marks; None for a report without marks."""
    own = [a for a in made if a["_report"] == entry.id]
    foreign = [a for a in made if entry.id in a["_also_in"]]
    if not own:
        return None
    marked = {a["_lesion"]: [b["annotation_id"] for b in own if b["_lesion"] == a["_lesion"]] for a in own}
    alone = [a["annotation_id"] for a in own if a["_lesion"] == "-"] + [a["annotation_id"] for a in foreign]
    gold: dict[str, list[Row]] = {"pairs": [], "optional_pairs": [], "unmatched_findings": [], "distractors": []}
    for mark, found in read_findings(entry):
        for role, lesions in (("pairs", found.introduces), ("optional_pairs", found.repeats)):
            for lesion in lesions:
                gold[role] += [span(mark) | {"annotation_id": a} for a in marked.get(lesion, [])]
        if found.unmatched or any(lesion not in marked for lesion in found.introduces):
            gold["unmatched_findings"].append(span(mark))
        if found.certainty == "negative":
            gold["distractors"].append(span(mark) | {"kind": "negated"})
    return {
        "id": entry.id,
        "report": {"report_id": entry.id}
        | {key: row[key] for key in ("study_uid", "patient_id", "modality", "exam_date", "text")},
        "annotations": [public(a) for a in own + foreign],
        "gold": gold
        | {"unmatched_annotations": alone, "ignore": [span(m) for m in entry.marks if m.label == "align-ignore"]},
    }


def jsonl(rows: Iterable[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8")


def annotations_csv(made: list[Row]) -> bytes:
    """Lists are written with blanks between their numbers, an image range as `12-22`."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, ANNOTATION_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for a in made:
        lists = {key: " ".join(f"{n:g}" for n in a[key]) for key in ("size_mm", "bbox")}
        lists["image_range"] = "-".join(map(str, a["image_range"])) if a["image_range"] else ""
        writer.writerow(public(a) | lists)
    return out.getvalue().encode("utf-8")


def write_parquet(rows: list[Row], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"physicians": pa.list_(pa.string()), "age": pa.int32()}
    kinds |= dict.fromkeys(("contrast_dose_ml", "ctdi_vol_mgy", "dlp_mgy_cm", "weight_kg"), pa.float64())
    schema = pa.schema([(column, kinds.get(column, pa.string())) for column in COLUMNS])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")


def manifest(out: Path) -> bytes:
    """Hashes of everything built, and the tools whose versions are written into binary files."""
    built = sorted(p for p in out.rglob("*") if p.is_file() and p.suffix in {".jsonl", ".csv", ".parquet", ".dcm"})
    tools = {name: importlib.metadata.version(name) for name in ("pyarrow", "pydicom", "highdicom")}
    files = {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in built}
    return (json.dumps({"tools": tools, "sha256": files}, indent=1) + "\n").encode()


def build(out: Path, *, dicom: bool = True) -> None:
    """Write the whole extract into `out`.

    Raises:
        MarkupError: a source cannot be read.
    """
    marked = entries()
    patients = {row["key"]: row for row in table(HERE / "source" / "patients.tsv")}
    rows = [record(entry, patients[entry.fields["patient"]]) for entry in marked]
    made = annotations(table(HERE / "source" / "annotations.tsv"))
    (out / "annotations").mkdir(parents=True, exist_ok=True)
    (out / "reports.jsonl").write_bytes(jsonl(rows))
    write_parquet(rows, out / "reports.parquet")
    (out / "gold_identifiers.jsonl").write_bytes(jsonl(map(identifiers, marked)))
    (out / "gold_findings.jsonl").write_bytes(jsonl(findings(e) for e in marked if e.fields["findings"] == "full"))
    linked = (alignment(entry, row, made) for entry, row in zip(marked, rows, strict=True))
    (out / "gold_align.jsonl").write_bytes(jsonl(row for row in linked if row))
    (out / "annotations" / "annotations.csv").write_bytes(annotations_csv(made))
    if dicom:
        from corpora.phantom import write_studies

        gold = write_studies(out / "annotations" / "dicom", {row["id"]: row for row in rows}, uid)
        (out / "gold_dicom.jsonl").write_bytes(jsonl(gold))
        (out / "manifest.json").write_bytes(manifest(out))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--no-dicom", action="store_true", help="texts and tables only")
    args = parser.parse_args()
    build(args.out, dicom=not args.no_dicom)


if __name__ == "__main__":
    main()
