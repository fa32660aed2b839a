"""Output files: each chunk of rows is a part file of its own; the parts are joined at the end, in order."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from jmid_nlp.batch.files import Row, dump_json, write_lines
from jmid_nlp.errors import InputError

# Free-form mappings have no fixed set of keys, so tables hold them as JSON text.
_AS_JSON = ("labels", "tnm", "why")


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
        with target.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            writer = csv.writer(stream, delimiter=self.delimiter, lineterminator="\n")
            writer.writerow(columns)
            for row in _rows(parts):
                writer.writerow([_cell(row.get(c)) for c in columns])


def _rows(parts: Sequence[Path]) -> Iterator[Row]:
    for part in parts:
        with part.open(encoding="utf-8") as stream:
            for line in stream:
                yield json.loads(line)


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


class ParquetSink:
    """Parquet with one row group a part; parts are Arrow files, so that types of foreign columns survive."""

    suffix = ".arrow"

    def write_part(self, path: Path, rows: Sequence[Row]) -> None:
        """Write one chunk's rows with the types they show."""
        import pyarrow as pa
        import pyarrow.feather as feather

        feather.write_feather(pa.Table.from_pylist([_tabular(r) for r in rows]), path, compression="uncompressed")

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """Write the parts with one schema: a column that is empty in one part takes its type from another."""
        import pyarrow as pa
        import pyarrow.feather as feather
        import pyarrow.parquet as pq

        schemas = [pa.ipc.open_file(p).schema for p in parts]
        full = [s for s in schemas if len(s)]
        schema = pa.unify_schemas(full, promote_options="permissive") if full else pa.schema([])
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for part in parts:
                table = feather.read_table(part)
                if table.num_rows:
                    writer.write_table(_fit(table, schema))


def _fit(table: Any, schema: Any) -> Any:
    import pyarrow as pa

    columns = [
        table[f.name].cast(f.type) if f.name in table.column_names else pa.nulls(table.num_rows, f.type) for f in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


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
