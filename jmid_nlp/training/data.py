"""Labelled texts to train on, from brat, PRISM XML, Doccano, Label Studio, CoNLL, DocBin or this library's JSONL rows.

An engine is a module with `train(examples, dev, options) -> Report`; see `training.options`. Here is what they share: the
examples, with rows that cannot be used named and left out, and the split that keeps some of them for measuring.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from jmid_nlp.annotations.read_text import read_text_annotations
from jmid_nlp.annotations.text import TextDocument, TextSpan
from jmid_nlp.errors import FileFormatError, InputError, RowError

Layer = Literal["identifiers", "entities", "findings"]
#: The column of our rows that holds a layer, and the keys of label and attribute in it; a finding has no label of its own.
_COLUMNS: dict[str, tuple[str, str | None, str | None]] = {
    "identifiers": ("spans", "category", None),
    "entities": ("entities", "type", "attr"),
    "findings": ("findings", None, "certainty"),
}
_DOCCANO = ("label", "labels")
_ATTRIBUTES = ("certainty", "state", "attr")


@dataclass(frozen=True, slots=True, order=True)
class LabelledSpan:
    """A labelled span `[start, end)` in string indices of its text; `attr` is its certainty or state where it has one."""

    start: int
    end: int
    label: str
    attr: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text with its spans, ascending; they may nest and overlap. What lies in `ignore` counts neither way."""

    id: str
    text: str = field(repr=False)
    spans: tuple[LabelledSpan, ...] = ()
    ignore: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Labelled:
    """What was read, and an error for each row or file that could not be: its place and the reason, never its text."""

    examples: tuple[LabelledText, ...]
    problems: tuple[InputError, ...] = ()


def read_labelled(path: str | Path, layer: Layer = "entities") -> Labelled:
    """Labelled texts of a file or folder.

    Args:
        path: JSONL (our rows, or Doccano's), a brat folder or `.ann`, PRISM XML, Label Studio JSON, CoNLL, DocBin, or a
            folder of them.
        layer: Which labels of our rows: `identifiers` reads `spans`, `entities` and `findings` their own columns. Other
            formats have one layer; all their labels are read.

    Raises:
        InputError: The layer is unknown, the path does not exist, or nothing in it can be used.
    """
    if layer not in get_args(Layer):
        raise InputError(f"layer {layer!r} is not known; choose one of {', '.join(get_args(Layer))}")
    root = Path(path)
    if not root.exists():
        raise InputError(f"{root.name}: does not exist")
    examples: list[LabelledText] = []
    problems: list[InputError] = []
    for file in _files(root):
        if file.suffix in (".jsonl", ".ndjson", ".json") and not _is_list(file):
            _read_rows(file, layer, examples, problems)
            continue
        try:
            examples += [_example(d) for d in read_text_annotations(file)]
        except FileFormatError as error:
            problems.append(error)
    if not examples:
        first = f": {problems[0]}" if problems else ""
        raise InputError(f"{root.name} holds no labelled text that can be used{first}")
    return Labelled(tuple(examples), tuple(problems))


def split(examples: Sequence[LabelledText], share: float) -> tuple[list[LabelledText], list[LabelledText]]:
    """Examples to train on and examples to measure on, chosen by a hash of the text, so that equal texts stay together.

    Args:
        examples: All of them.
        share: About this share is kept for measuring, and at least one.

    Raises:
        InputError: There are fewer than two different texts.
    """
    keys = [hashlib.sha256(e.text.encode("utf-8", "surrogatepass")).digest() for e in examples]
    order = sorted(set(keys))
    if len(order) < 2:
        raise InputError("at least two different labelled texts are needed, one to train and one to measure on")
    bar = order[min(max(1, round(share * len(order))), len(order) - 1)]
    train = [e for e, key in zip(examples, keys, strict=True) if key >= bar]
    return train, [e for e, key in zip(examples, keys, strict=True) if key < bar]


def from_row(row: Any, number: int, layer: Layer, name: str = "") -> LabelledText:
    """One JSON row as a labelled text.

    Args:
        row: The parsed row: `text` and the layer's column, or Doccano's `label` triples or `entities`.
        number: Its position in the file, counted from 0.
        layer: Which column of our rows.
        name: The id where the row has none.

    Raises:
        RowError: A field is missing or wrong.
    """
    ident = str(row.get("id", row.get("report_id", name))) if isinstance(row, Mapping) else name

    def wrong(where: str, reason: str) -> RowError:
        return RowError(row=number, field=where, reason=reason, row_id=ident)

    if not isinstance(row, Mapping):
        raise wrong("row", "must be a JSON object")
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise wrong("text", "must be a text that is not empty")
    column, label_key, attr_key = _COLUMNS[layer]
    key = next((k for k in (column, *_DOCCANO, "entities") if k in row), None)
    if key is None or (key == "entities" != column and not _is_doccano(row[key])):
        raise wrong(column, "is missing; the layer's spans stand there, or Doccano's in 'label'")
    items = row[key] or []
    if not isinstance(items, list):
        raise wrong(key, "must be a list of spans")
    spans = []
    for n, item in enumerate(items):
        start, end, label, attr = _item(item, label_key, attr_key, layer)
        if not (type(start) is int and type(end) is int and 0 <= start < end <= len(text)):
            raise wrong(f"{key}[{n}]", "start and end must be whole numbers inside the text, the end behind the start")
        if not isinstance(label, str) or not label:
            raise wrong(f"{key}[{n}]", "has no label")
        spans.append(LabelledSpan(start, end, label, attr if isinstance(attr, str) else None))
    try:
        ignore = tuple(_ignored(row, layer))
    except (KeyError, TypeError, ValueError):
        raise wrong("ignore", "must be a list of spans with start and end") from None
    return LabelledText(ident, text, _sorted(spans), ignore)


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    found = sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith("."))
    texts = {p.with_suffix(".txt") for p in found if p.suffix == ".ann"}
    yield from (p for p in found if p not in texts and p.suffix != ".conf")


def _is_list(path: Path) -> bool:
    """Whether a JSON file is one list, as Label Studio writes it, and no rows."""
    with path.open("rb") as stream:
        return stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"["


def _read_rows(path: Path, layer: Layer, examples: list[LabelledText], problems: list[InputError]) -> None:
    with path.open("rb") as stream:
        for number, line in enumerate(stream):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8-sig"))
            except ValueError:
                problems.append(RowError(row=number, field="row", reason="is no JSON in UTF-8"))
                continue
            try:
                examples.append(from_row(row, number, layer, f"{path.stem}-{number + 1}"))
            except RowError as error:
                problems.append(error)


def _is_doccano(items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(i, Mapping) and "start_offset" in i for i in items)


def _item(item: Any, label_key: str | None, attr_key: str | None, layer: Layer) -> tuple[Any, Any, Any, Any]:
    """Start, end, label and attribute of one span of ours or of Doccano's, unchecked."""
    if isinstance(item, list) and len(item) == 3:
        return item[0], item[1], item[2], None
    if not isinstance(item, Mapping):
        return None, None, None, None
    if "start_offset" in item:
        return item.get("start_offset"), item.get("end_offset"), item.get("label"), None
    label = item.get(label_key) if label_key else layer.removesuffix("s")
    return item.get("start"), item.get("end"), label, item.get(attr_key) if attr_key else None


def _ignored(row: Mapping[str, Any], layer: Layer) -> Iterator[tuple[int, int]]:
    for item in row.get("ignore") or ():
        if isinstance(item, Mapping) and item.get("layer", layer) == layer:
            yield int(item["start"]), int(item["end"])
        elif isinstance(item, list) and len(item) == 2:
            yield int(item[0]), int(item[1])


def _example(document: TextDocument) -> LabelledText:
    spans = [LabelledSpan(s.start, s.end, s.label, _attribute(s)) for s in document.spans]
    return LabelledText(document.doc_id, document.text, _sorted(spans))


def _attribute(span: TextSpan) -> str | None:
    found = dict(span.attributes)
    return next((found[name] for name in _ATTRIBUTES if name in found), None)


def _sorted(spans: Iterable[LabelledSpan]) -> tuple[LabelledSpan, ...]:
    return tuple(sorted(set(spans), key=lambda s: (s.start, -s.end, s.label, s.attr or "")))
