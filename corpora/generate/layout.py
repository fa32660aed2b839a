"""The one layout of rows of all corpora, as an Arrow schema; `corpora/loader.py` brings every corpus into it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def schema() -> pa.Schema:
    """Columns of a row; offsets are code points of `text`, sizes in millimetres."""
    span = [("start", pa.int32()), ("end", pa.int32())]
    sizes = pa.list_(pa.list_(pa.float32()))
    place = pa.struct([*span, ("site", pa.string())])
    image = pa.struct([("series", pa.int32()), ("image", pa.int32())])
    finding = pa.struct(
        [
            *span,
            ("text", pa.string()),
            ("concept", pa.string()),
            ("certainty", pa.string()),
            ("locations", pa.list_(place)),
            ("laterality", pa.string()),
            ("sizes_mm", sizes),
            ("prior_sizes_mm", sizes),
            ("change", pa.string()),
            ("multiple", pa.bool_()),
            ("historical", pa.bool_()),
            ("image_refs", pa.list_(image)),
            ("section", pa.string()),
        ]
    )
    return pa.schema(
        [
            ("id", pa.string()),
            ("text", pa.string()),
            ("spans", pa.list_(pa.struct([*span, ("category", pa.string()), ("subtype", pa.string())]))),
            ("keep", pa.list_(pa.struct([*span, ("why", pa.string())]))),
            ("findings", pa.list_(finding)),
            ("entities", pa.list_(pa.struct([*span, ("type", pa.string()), ("attr", pa.string())]))),
            ("ignore", pa.list_(pa.struct([*span, ("layer", pa.string())]))),
            ("layers", pa.list_(pa.string())),
            ("institution_id", pa.string()),
            ("author_style", pa.string()),
            ("body_part", pa.string()),
            ("modality", pa.string()),
            ("layout", pa.string()),
            ("split", pa.string()),
            ("corpus", pa.string()),
            ("record", pa.string()),
            ("study", pa.string()),
        ]
    )


def fill(row: dict[str, Any]) -> dict[str, Any]:
    """A row with every column: lists that are missing are empty, the rest is None."""
    out: dict[str, Any] = {}
    for field in schema():
        value = row.get(field.name)
        out[field.name] = [] if value is None and pa.types.is_list(field.type) else value
    return out
