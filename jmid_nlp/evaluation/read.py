"""Gold and predictions as checked rows by id, from files, tables or records; what cannot be used is named."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from jmid_nlp.batch.files import SUFFIXES
from jmid_nlp.batch.rows import parse_id
from jmid_nlp.errors import InputError, RowError
from jmid_nlp.evaluation.findings import malformed
from jmid_nlp.schema import CATEGORIES, to_plain
from jmid_nlp.sources import numbered
from jmid_nlp.tables import Table

Row = dict[str, Any]
# For each kind the columns of spans; the first one tells the kind.
SPANS: dict[str, tuple[str, ...]] = {
    "identifiers": ("spans", "keep"),
    "entities": ("entities",),
    "findings": ("findings",),
    "tnm": (),
    "alignment": ("pairs", "optional_pairs", "unmatched_findings"),
}
_LAYERS = {"align": "alignment"}


@dataclass(slots=True)
class Side:
    """The rows of one side by id, and those that cannot be used: side, id, row, field, reason."""

    name: str
    rows: dict[str, Row] = field(default_factory=dict)
    failed: list[Row] = field(default_factory=list)

    def fail(self, error: RowError) -> None:
        """Note a row that cannot be used."""
        self.failed.append(
            {"side": self.name, "id": error.row_id, "row": error.row, "field": error.field, "reason": error.reason}
        )


def read_side(name: str, source: Any, encoding: str = "auto") -> Side:
    """Read one side.

    Args:
        name: "gold" or "predicted", for messages.
        source: Path of JSONL or Parquet rows, of brat, PRISM, CoNLL, Doccano, Label Studio or DocBin files, or a folder
            of these; a table; an iterable of rows or of this library's records.
        encoding: Encoding of text rows.

    Raises:
        InputError: It cannot be read at all.
    """
    side = Side(name)
    for number, row in _rows(source, encoding):
        try:
            if isinstance(row, RowError):
                raise row
            ident, plain = _identified(row, number)
            if ident in side.rows:
                raise RowError(row=number, field="id", reason="stands twice; give each row its own id", row_id=ident)
            side.rows[ident] = plain
        except RowError as error:
            side.fail(error)
    return side


def _rows(source: Any, encoding: str) -> Iterable[tuple[int, Any]]:
    if isinstance(source, Table):
        return enumerate(source)
    if not isinstance(source, str | Path):
        return numbered(source, encoding)
    path = Path(source)
    if path.is_dir() and not any(p.suffix.lower() in SUFFIXES for p in path.iterdir()):
        return enumerate(_documents(path))
    if path.is_file() and path.suffix.lower() not in SUFFIXES:
        return enumerate(_documents(path))
    rows = list(numbered(path, encoding))
    return enumerate(_documents(path)) if any(_is_doccano(row) for _, row in rows) else rows


def _is_doccano(row: Any) -> bool:
    if not isinstance(row, Mapping):
        return False
    triples, entities = row.get("label") or row.get("labels"), row.get("entities")
    marked = isinstance(entities, list) and any(isinstance(e, Mapping) and "start_offset" in e for e in entities)
    return isinstance(triples, list) or marked


def _documents(path: Path) -> Iterator[Row]:
    """Annotated texts as rows: identifiers where every label is one of their categories, else entities."""
    from jmid_nlp.annotations import read_text_annotations

    documents = read_text_annotations(path)
    labels = {span.label for document in documents for span in document.spans}
    if labels and labels <= set(CATEGORIES):
        column, name = "spans", "category"
    else:
        column, name = "entities", "type"
    for document in documents:
        spans = []
        for span in document.spans:
            said = {key.casefold(): value for key, value in span.attributes}
            label = span.label if name == "category" else span.label.lower()
            attr = said.get("certainty") or said.get("state")
            spans.append({"start": span.start, "end": span.end, name: label, "attr": attr})
        yield {"id": document.doc_id, "text": document.text, column: spans}


def _identified(row: Any, number: int) -> tuple[str, Row]:
    plain = to_plain(row)
    if not isinstance(plain, dict):
        raise RowError(row=number, field="row", reason="is no row; give dicts, or records of this library")
    if "study_id" in plain and "id" not in plain:
        plain["id"] = plain["study_id"]
    return parse_id(plain, number=number), plain


def guess_kind(gold: Side, predicted: Side) -> str:
    """What both sides hold.

    Raises:
        InputError: They hold nothing in common, or several things.
    """
    mine, theirs = ({kind for row in side.rows.values() for kind in _kinds(row)} for side in (gold, predicted))
    both = mine if len(mine) == 1 and (mine <= theirs or not predicted.rows) else mine & theirs
    if len(both) == 1:
        return both.pop()
    if both:
        raise InputError(f"both sides hold {', '.join(sorted(both))}; say which of them with kind (--kind)")
    told = [f"{side.name}: {', '.join(sorted(found)) or 'nothing that can be scored'}" for side, found in
            ((gold, mine), (predicted, theirs))]  # fmt: skip
    raise InputError(f"the two sides hold nothing in common ({'; '.join(told)})")


def _kinds(row: Row) -> set[str]:
    if isinstance(row.get("layers"), list):
        return {_LAYERS.get(layer, layer) for layer in row["layers"]}
    found = {kind for kind, columns in SPANS.items() if columns and row.get(columns[0]) is not None}
    if isinstance(row.get("gold"), Mapping) and "pairs" in row["gold"]:
        found.add("alignment")
    if "tnm" in row or {"T", "N", "M"} <= row.keys():
        found.add("tnm")
    return found


def checked(kind: str, row: Row, *, side: str, number: int, row_id: str) -> Row:
    """A row with the columns of a kind: spans are dicts with whole numbers inside the text, what is missing is empty.

    Raises:
        RowError: A column has another form, or an identifier's gold row has no text.
    """

    def fail(name: str, reason: str) -> RowError:
        return RowError(row=number, field=name, reason=reason, row_id=row_id)

    nested = row["gold"] if kind == "alignment" and isinstance(row.get("gold"), Mapping) else row
    text = text_of(row)
    if text is None and side == "gold" and (kind == "identifiers" or "positive_findings" in row):
        raise fail("text", "is missing; gold needs the text that its offsets count in")
    out = {**row, "text": text, "ignore": _spans("ignore", _layer(kind, nested.get("ignore")), text, fail)}
    for name in SPANS[kind]:
        out[name] = _spans(name, nested.get(name), text, fail)
    if kind == "tnm":
        out["tnm"] = _tnm(row, fail)
    elif kind == "findings":
        for n, finding in enumerate(out["findings"]):
            for name in {"location", "locations"} & finding.keys():
                finding[name] = _spans(f"findings[{n}].{name}", finding[name], text, fail)
            if bad := malformed(finding):
                raise fail(f"findings[{n}].{bad}", "has another form than the output of `jmid-nlp extract`")
    elif kind == "alignment":
        alone = nested.get("unmatched_annotations") or []
        if not isinstance(alone, list) or not all(isinstance(a, str) for a in alone):
            raise fail("unmatched_annotations", "must be a list of annotation ids")
        if any(not isinstance(p.get("annotation_id"), str) for p in chain(out["pairs"], out["optional_pairs"])):
            raise fail("pairs", "each pair needs an 'annotation_id'")
        out["unmatched_annotations"] = alone
    return out


def text_of(row: Row) -> str | None:
    """The text that a row's offsets count in, where the row has it."""
    report = row.get("report")
    text = (report if isinstance(report, Mapping) else row).get("text")
    return text if isinstance(text, str) else None


def _layer(kind: str, spans: Any) -> Any:
    """Ignored spans without those that are about another kind."""
    if not isinstance(spans, list):
        return spans
    return [
        s
        for s in spans
        if not isinstance(s, Mapping) or _LAYERS.get(s.get("layer", kind), s.get("layer", kind)) == kind
    ]


def _spans(name: str, value: Any, text: str | None, fail: Any) -> list[Row]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise fail(name, "must be a list of spans")
    return [_span(f"{name}[{n}]", item, text, fail) for n, item in enumerate(value)]


def _span(name: str, item: Any, text: str | None, fail: Any) -> Row:
    if isinstance(item, list | tuple) and len(item) == 2:
        item = {"start": item[0], "end": item[1]}
    if not isinstance(item, Mapping):
        raise fail(name, "must be an object with 'start' and 'end'")
    start, end = item.get("start"), item.get("end")
    if not all(isinstance(v, int) and not isinstance(v, bool) for v in (start, end)):
        raise fail(name, "needs whole numbers 'start' and 'end'")
    if not 0 <= start < end or (text is not None and end > len(text)):  # type: ignore[operator]  # ints by now
        raise fail(name, "lies outside the text; offsets count characters from 0, the end behind the last one")
    return dict(item)


def _tnm(row: Row, fail: Any) -> Row:
    value = row["tnm"] if "tnm" in row else {k: row.get(k) for k in "TNM"}
    if isinstance(value, str):  # Parquet holds free-form mappings as JSON
        try:
            value = json.loads(value)
        except ValueError:
            raise fail("tnm", "is a text that is not JSON") from None
    if value is not None and not isinstance(value, Mapping):
        raise fail("tnm", "must be an object with 'T', 'N' and 'M', or null")
    return dict(value or {})


def read_texts(source: Any, encoding: str = "auto") -> dict[str, str]:
    """Texts by id, from what `read_side` reads.

    Raises:
        InputError: No row has both an id and a text.
    """
    found = {ident: text_of(row) for ident, row in read_side("texts", source, encoding).rows.items()}
    texts = {ident: text for ident, text in found.items() if text is not None}
    if not texts:
        raise InputError("no row of the texts has both `id` and `text`")
    return texts
