"""Doccano JSONL and Label Studio JSON: texts with character offsets, counted in code points or UTF-16 units."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jmid_nlp.annotations.records import fail
from jmid_nlp.annotations.text import TextDocument, TextRelation, TextSpan, make_span, settle_offsets, sort_spans


def is_doccano(row: Any) -> bool:
    """Whether a parsed JSON object is a Doccano document."""
    return (
        isinstance(row, Mapping)
        and isinstance(row.get("text"), str)
        and bool({"label", "labels", "entities"} & set(row))
    )


def read_doccano(path: Path, content: str) -> list[TextDocument]:
    """Documents of a Doccano export, with `label`/`labels` triples or with `entities` and `relations`.

    Raises:
        FileFormatError: A line is no document, or an offset lies outside its text.
    """
    out = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise fail(path, f"line {number}", f"not JSON ({error.msg})") from None
        if not is_doccano(row):
            raise fail(path, f"line {number}", "needs 'text' and 'label' or 'entities'")
        out.append(_doccano(path, row, number))
    return out


def _doccano(path: Path, row: Mapping[str, Any], number: int) -> TextDocument:
    text = row["text"]
    spans: list[TextSpan] = []
    triples = row.get("label") or row.get("labels") or []
    entities = row.get("entities") or [
        {"start_offset": t[0], "end_offset": t[1], "label": t[2]}
        for t in triples
        if isinstance(t, list) and len(t) == 3
    ]
    for n, e in enumerate(entities):
        start, end = e.get("start_offset"), e.get("end_offset")
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
            raise fail(path, f"line {number}, entity {n}", "offsets lie outside the text")
        spans.append(make_span([(start, end)], str(e.get("label")), str(e.get("id", ""))))
    relations = tuple(
        TextRelation(
            str(r.get("type")), (("from", str(r.get("from_id"))), ("to", str(r.get("to_id")))), str(r.get("id", ""))
        )
        for r in row.get("relations") or []
    )
    ident = row.get("id")
    return TextDocument(
        f"{path.stem}-{number}" if ident is None else str(ident), text, sort_spans(spans), relations, source=path.name
    )


def is_label_studio(data: Any) -> bool:
    """Whether a parsed JSON document is a Label Studio export."""
    return (
        isinstance(data, list)
        and bool(data)
        and all(isinstance(t, Mapping) and isinstance(t.get("data"), Mapping) for t in data)
        and any("annotations" in t or "completions" in t or "predictions" in t for t in data)
    )


def read_label_studio(path: Path, data: list[Mapping[str, Any]]) -> list[TextDocument]:
    """Documents of a Label Studio export, one a task and annotator; cancelled annotations are left out.

    Raises:
        FileFormatError: A task has no text, or its offsets do not give the stored words.
    """
    out = []
    for n, task in enumerate(data):
        text = task["data"].get("text") or next((v for v in task["data"].values() if isinstance(v, str)), None)
        if not isinstance(text, str):
            raise fail(path, f"[{n}].data", "holds no text")
        done = [a for a in task.get("annotations") or task.get("completions") or [] if not a.get("was_cancelled")]
        for k, annotation in enumerate(done):
            name = str(task.get("id", n)) + (f"-{k + 1}" if len(done) > 1 else "")
            out.append(_label_studio(path, name, text, annotation.get("result") or [], f"[{n}].annotations[{k}]"))
    return out


def _label_studio(path: Path, name: str, text: str, result: list[Mapping[str, Any]], where: str) -> TextDocument:
    told: list[tuple[list[tuple[int, int]], str | None]] = []
    labels: list[tuple[str, str]] = []
    attributes: dict[str, list[tuple[str, str]]] = {}
    relations: list[TextRelation] = []
    for item in result:
        value = item.get("value") or {}
        if item.get("type") == "relation":
            ends = (("from", str(item.get("from_id"))), ("to", str(item.get("to_id"))))
            relations.append(TextRelation(",".join(item.get("labels") or []) or "relation", ends))
        elif isinstance(value.get("start"), int) and value.get("labels"):
            told.append(([(value["start"], value["end"])], value.get("text")))
            labels.append((str(value["labels"][0]), str(item.get("id", ""))))
        elif "choices" in value:
            attributes.setdefault(str(item.get("id", "")), []).append(
                (str(item.get("from_name")), ",".join(value["choices"]))
            )
    try:
        _, settled = settle_offsets(path, text, told)
    except ValueError as error:
        raise fail(path, where, str(error).split(": ", 1)[-1]) from None
    spans = [
        TextSpan(f[0][0], f[0][1], label, ident, tuple(attributes.get(ident, ())))
        for f, (label, ident) in zip(settled, labels, strict=True)
    ]
    return TextDocument(name, text, sort_spans(spans), tuple(relations), source=path.name)
