"""The same dataset in other formats, made from its shards: spaCy DocBin for spans, COCO for boxes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jmid_nlp.annotations.coco import write_coco
from jmid_nlp.annotations.text import TextDocument, TextSpan
from jmid_nlp.dataset.shards import Row, from_table, read_shard, shards_of
from jmid_nlp.errors import InputError
from jmid_nlp.schema import AnnotationRecord


def export(folder: Path, kind: str) -> dict[str, int]:
    """Write a dataset folder's rows in another format, into a folder of that name inside it.

    `docbin` (tasks `entities` and `deid`): one `.spacy` file a shard below `docbin/SPLIT/`, with the spans in
    `doc.spans["jmid"]`. `coco` (task `grounding`): one file a split, `coco/SPLIT.json`; each box carries its report, the
    finding's words, concept and offsets.

    Args:
        folder: A dataset folder with its shards and its manifest's task.
        kind: `docbin` or `coco`.

    Returns:
        What the format cannot hold as it is: spans widened to whole tokens, or marks without a box, which are left out.

    Raises:
        InputError: There is no such format, or the dataset's task has nothing to put into it.
    """
    from datasets import Features

    if kind not in EXPORTS:
        raise InputError(f"format {kind!r} is not known; choose one of {', '.join(EXPORTS)}")
    fresh = folder / f"{kind}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    lost = {"docbin": "spans_widened", "coco": "marks_without_box"}[kind]
    count = 0
    for split, paths in shards_of(folder).items():
        features = Features.from_arrow_schema(read_shard(paths[0]).schema)
        if not _FITS[kind] & set(features):
            raise InputError(
                f"format {kind!r} holds nothing of this task; docbin is for entities and deid, coco for grounding"
            )
        fresh.mkdir(exist_ok=True)
        count += EXPORTS[kind](fresh, split, paths, features)
    shutil.rmtree(folder / kind, ignore_errors=True)
    fresh.replace(folder / kind)
    return {lost: count}


def _docbin(folder: Path, split: str, paths: list[Path], features: Any) -> int:
    from jmid_nlp.text.docbin import write_docbin

    (folder / split).mkdir()
    moved = 0
    for path in paths:
        documents = [_document(row) for row in from_table(read_shard(path), features)]
        moved += len(write_docbin(documents, folder / split / f"{path.stem}.spacy"))
    return moved


def _document(row: Row) -> TextDocument:
    spans = []
    for n, span in enumerate(row["entities"] if "entities" in row else row["spans"], 1):
        attributes = (("attr", span["attr"]),) if span.get("attr", "none") != "none" else ()
        spans.append(TextSpan(span["start"], span["end"], span.get("type") or span["category"], f"T{n}", attributes))
    return TextDocument(row["id"], row["text"], tuple(spans))


def _coco(folder: Path, split: str, paths: list[Path], features: Any) -> int:
    path = folder / f"{split}.json"
    said: dict[str, Row] = {}

    def records() -> Iterator[AnnotationRecord]:
        for shard in paths:
            for row in from_table(read_shard(shard), features):
                name = row["id"]
                said[name] = {k: row[k] for k in _SAID if k in row}
                said[name]["report_id"] = name.removesuffix(f"/{row['annotation_id']}")
                yield _mark(row)

    left = write_coco(records(), path)
    document = json.loads(path.read_text(encoding="utf-8"))
    for mark in document["annotations"]:
        mark |= said[mark["annotation_id"]]
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return left


def _mark(row: Row) -> AnnotationRecord:
    """The mark of a row under the row's id, since two reports may speak of one mark."""
    first_last = tuple(row["image_range"])
    return AnnotationRecord(
        annotation_id=row["id"],
        study_uid=row["study_uid"],
        series_number=row["series_number"],
        image_number=row["image_number"],
        image_range=(first_last[0], first_last[1]) if len(first_last) == 2 else None,
        label=row["label"],
        anatomy=row["anatomy"],
        size_mm=tuple(row["size_mm"]),
        bbox=tuple(row["bbox"]),
        patient_id=row["patient_id"],
        sop_uid=row["sop_uid"],
    )


_SAID = (
    "annotation_id", "finding", "concept", "certainty", "start", "end", "attributes", "number_low", "number_high",
    "recommendation", "codes",
)  # fmt: skip
EXPORTS: dict[str, Callable[[Path, str, list[Path], Any], int]] = {"docbin": _docbin, "coco": _coco}
_FITS = {"docbin": {"entities", "spans"}, "coco": {"bbox"}}
