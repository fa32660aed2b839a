"""What users hand to the public functions, made plain; what has the wrong form is refused in words that repeat none of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jmid_nlp.errors import InputError, KeyMaterialError


def numbered(source: Any, encoding: str) -> Iterable[tuple[int, Any]]:
    """The rows of a path, a table of any kind or an iterable, with their positions; what is no row comes as it is."""
    from jmid_nlp.batch.files import read_rows

    if isinstance(source, str | Path):
        return read_rows(Path(source), encoding=encoding)
    if hasattr(source, "to_pylist"):  # Arrow
        return enumerate(source.to_pylist())
    if hasattr(source, "to_dicts"):  # polars, and the tables of this library
        return enumerate(source.to_dicts())
    if hasattr(source, "to_dict") and hasattr(source, "columns"):  # pandas
        return enumerate(source.to_dict("records"))
    if isinstance(source, Iterable) and not isinstance(source, Mapping | bytes | bytearray):
        return enumerate(source)
    hint = "one split of it" if type(source).__name__.endswith("DatasetDict") else "a path, a table or a list of dicts"
    raise InputError(f"cannot read reports from {type(source).__name__}; give {hint}")


def text_of(source: Any) -> str:
    """The text of what can have one: a text, a report of either kind, a spaCy Doc."""
    text = source if isinstance(source, str) else getattr(source, "text", None)
    if not isinstance(text, str):
        raise InputError(
            f"one text, report or Doc is wanted, not {type(source).__name__}; of a table take one, as in t[0]"
        )
    return text


def key_path(key: Any) -> Path:
    """The path of a key file; a key itself is refused here, since the message of a missing file would show it."""
    if not isinstance(key, str | Path) or (len(Path(key).name) >= 32 and not Path(key).is_file()):
        raise KeyMaterialError("the path of a key file, or a Key, is wanted; keys do not stand in arguments")
    return Path(key)
