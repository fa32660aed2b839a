"""Output files: each chunk of rows is a part file of its own; the parts are joined at the end, in order."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from jmid_nlp.batch.files import Row, dump_json, write_lines
from jmid_nlp.errors import InputError

# Free-form mappings have no fixed set of keys, so tables hold them as JSON text.
_AS_JSON = ("labels", "tnm", "why")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Sink(Protocol):
    """One output format."""

    suffix: str

    def write_part(self, path: Path, rows: Sequence[Row]) -> None:
        """Write one chunk's rows as a part."""
        ...

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """Write all parts, in order, as the output file."""
        ...


def sink_for(path: Path) -> Sink:
    """The format that a file's suffix names.

    Raises:
        InputError: The suffix is none of `.jsonl`, `.csv`, `.tsv`, `.parquet`.
    """
    sinks: dict[str, Sink] = {
        ".jsonl": JsonlSink(), ".ndjson": JsonlSink(), ".csv": CsvSink(","), ".tsv": CsvSink("\t"), ".parquet": ParquetSink(),
    }  # fmt: skip
    if path.suffix.lower() not in sinks:
        raise InputError(f"{path.name}: write to a file that ends in {', '.join(sinks)}")
    return sinks[path.suffix.lower()]


class JsonlSink:
    """One JSON object a line, UTF-8."""

    suffix = ".jsonl"

    def write_part(self, path: Path, rows: Sequence[Row]) -> None:
        """Write one chunk's rows as lines."""
        write_lines(path, map(dump_json, rows))

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """Append the parts byte by byte."""
        with target.open("wb") as out:
            for part in parts:
                with part.open("rb") as stream:
                    shutil.copyfileobj(stream, out)


class OrderedSink(JsonlSink):
    """JSON lines in an order of their own.

    Args:
        order: Gets a function that reads all rows anew each time it is called, and gives them in their final order.
    """

    def __init__(self, order: Callable[[Callable[[], Iterator[Row]]], Iterable[Row]]) -> None:
        self.order = order

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """Write the rows of all parts, ordered."""
        write_lines(target, map(dump_json, self.order(lambda: _rows(parts))))


class CsvSink(JsonlSink):
    """CSV or TSV with the columns of all rows, in order of their first appearance; nested values as JSON text."""

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """Write one table from the parts; the columns are known after a first pass over them."""
        columns = list(dict.fromkeys(key for row in _rows(parts) for key in row))
        with target.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter=self.delimiter, lineterminator="\n")
            writer.writerow([writable(c) for c in columns])
            for row in _rows(parts):
                writer.writerow([writable(_cell(row.get(c))) for c in columns])


def _rows(parts: Sequence[Path]) -> Iterator[Row]:
    for part in parts:
        with part.open(encoding="utf-8") as stream:
            for line in stream:
                yield json.loads(line)


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


class ParquetSink:
    """Parquet with one row group a part; parts are Arrow files, so that types of foreign columns survive.

    A column whose values have no type in common is written as text, nested values as JSON.
    """

    suffix = ".arrow"

    def write_part(self, path: Path, rows: Sequence[Row]) -> None:
        """Write one chunk's rows with the types they show."""
        import pyarrow.feather as feather

        feather.write_feather(table_of([_tabular(r) for r in rows]), path, compression="uncompressed")

    def schema(self, parts: Sequence[Path]) -> Any:
        """One `pyarrow.Schema` for parts: a column that is empty in one takes its type from another."""
        import pyarrow as pa

        schemas = [pa.ipc.open_file(p).schema for p in parts]
        return _common([s for s in schemas if len(s)])

    def join(self, parts: Sequence[Path], target: Path, schema: Any = None) -> None:
        """Write the parts with one schema, their own or that of a larger whole."""
        import pyarrow.feather as feather
        import pyarrow.parquet as pq

        schema = self.schema(parts) if schema is None else schema
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for part in parts:
                table = feather.read_table(part)
                if table.num_rows:
                    writer.write_table(_fit(table, schema))


def _fit(table: Any, schema: Any) -> Any:
    import pyarrow as pa

    columns = [
        _cast(table[f.name], f.type) if f.name in table.column_names else pa.nulls(table.num_rows, f.type)
        for f in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def table_of(rows: Sequence[Row]) -> Any:
    """Rows as a `pyarrow.Table` with the types they show; a column of several types becomes one of text."""
    import pyarrow as pa

    names = list(dict.fromkeys(key for row in rows for key in row))
    return pa.table({name: _column([row.get(name) for row in rows]) for name in names})


def _column(values: list[Any]) -> Any:
    import pyarrow as pa

    try:
        return pa.array(values)
    except UnicodeEncodeError:
        return _column([writable(v) for v in values])
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        return pa.array([_as_text(v) for v in values], pa.string())


def _cast(column: Any, wanted: Any) -> Any:
    import pyarrow as pa

    try:
        made = column.cast(wanted)
        made.validate()  # Arrow casts nested fields without a type (none of a part's rows fills them) to arrays that are too short
        return made
    except pa.ArrowException:
        values = column.to_pylist()
        return pa.chunked_array([pa.array(map(_as_text, values) if pa.types.is_string(wanted) else values, wanted)])


def _common(schemas: Sequence[Any]) -> Any:
    """One schema for all parts, each column with the type that holds all its values."""
    import pyarrow as pa

    fields: dict[str, list[Any]] = {}
    for schema in schemas:
        for one in schema:
            fields.setdefault(one.name, []).append(pa.schema([one]))
    return pa.schema([_common_field(name, own) for name, own in fields.items()])


def _common_field(name: str, schemas: list[Any]) -> Any:
    import pyarrow as pa

    try:
        return pa.unify_schemas(schemas, promote_options="permissive").field(0)
    except pa.ArrowException:
        return pa.field(name, pa.string())


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    return str(writable(value if isinstance(value, str) else dump_json(value)))


def writable(value: Any) -> Any:
    """A value whose texts can be written as UTF-8: each lone surrogate becomes U+FFFD, so that offsets stay what they are."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {writable(k): writable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [writable(v) for v in value]
    return value


def _tabular(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: json.dumps(v, ensure_ascii=False) if k in _AS_JSON else _tabular(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_tabular(v) for v in value]
    return value


def replace_file(ready: Path, target: Path) -> None:
    """Move a finished file to its place in one step, its bytes safe on disk first."""
    with ready.open("rb") as stream:
        os.fsync(stream.fileno())
    ready.replace(target)
