"""Rows from JSONL, CSV and Parquet files, one at a time, with bad rows as errors beside the good ones."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from jmid_nlp.batch.encodings import misread, sniff_encoding
from jmid_nlp.errors import InputError, RowError

Row = dict[str, Any]
SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet"}


def read_rows(path: Path, *, encoding: str = "auto", first: int = 0) -> Iterator[tuple[int, Row | RowError]]:
    """All rows of a file, or of a folder's files in the order of their names, numbered from 0 over all files.

    Args:
        path: A `.jsonl`, `.ndjson`, `.csv`, `.tsv` or `.parquet` file, or a folder that holds such files.
        encoding: Encoding of text files. `auto` knows UTF-8, UTF-16 with a BOM, ISO-2022-JP, CP932 (Shift_JIS)
            and EUC-JP where the whole file is that; else UTF-8 is taken with the undecodable rows as errors.
        first: Number of the first row, where others come before it.

    Yields:
        The row's number and the row, or a `RowError` that says why the row cannot be read.

    Raises:
        InputError: The path does not exist, has another suffix, is empty or is not what its suffix says.
    """
    number = first
    for file in input_files(path):
        found = False
        for row in _READERS[SUFFIXES[file.suffix.lower()]](file, encoding):
            if isinstance(row, str):
                yield number, RowError(row=number, field="row", reason=row)
            else:
                yield number, row
            number += 1
            found = True
        if not found:
            raise InputError(f"{file.name}: the file holds no rows")


def _refuse_text(path: Path) -> None:
    """Who hands over a report's text where a path belongs must not find it in an error message."""
    name = str(path)
    parts = [len(part.encode("utf-8", "surrogatepass")) for part in path.parts]
    if max(parts, default=0) > 255 or sum(parts) + len(parts) > 4000 or any(c < " " for c in name):
        raise InputError("the path of a file or folder is wanted here, and this is none; put texts into a list of rows")


def input_files(path: Path) -> list[Path]:
    """The readable files behind a path: itself, or a folder's files by name."""
    _refuse_text(path)
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
        if not files:
            raise InputError(f"{path.name}: the folder holds no {', '.join(SUFFIXES)} file")
        return files
    if not path.exists():
        named = path.suffix.lower() in SUFFIXES  # anything else may be a report's text, which no message repeats
        raise InputError(f"{path.name}: no such file" if named else "there is no file or folder of that name")
    if path.suffix.lower() not in SUFFIXES:
        way_out = _CONVERT.get(path.suffix.lower(), "convert the file; a new name alone does not")
        raise InputError(f"{path.name}: the suffix is not one of {', '.join(SUFFIXES)}; {way_out}")
    if path.stat().st_size == 0:
        raise InputError(f"{path.name}: the file is empty")
    _refuse_packed(path)
    return [path]


_EXCEL = 'open it in Excel and save it as "CSV UTF-8"'
_UNPACK = "unpack it and give the file or folder inside"
_CONVERT = {".xlsx": _EXCEL, ".xls": _EXCEL, ".xlsm": _EXCEL, ".zip": _UNPACK, ".gz": _UNPACK, ".7z": _UNPACK}
_PACKED = {b"PK\x03\x04": f"{_EXCEL}, or {_UNPACK}", b"\xd0\xcf\x11\xe0": _EXCEL, b"\x1f\x8b": _UNPACK}


def _refuse_packed(path: Path) -> None:
    """A workbook or archive under the name of a table would be read as rows of nonsense."""
    with path.open("rb") as stream:
        head = stream.read(4)
    for magic, way_out in _PACKED.items():
        if head.startswith(magic):
            raise InputError(f"{path.name}: is a workbook or an archive, whatever its name says; {way_out}")


def _open(file: Path, encoding: str) -> IO[str]:
    try:
        chosen = sniff_encoding(file) if encoding == "auto" else encoding
        if encoding != "auto" and misread(file, encoding):
            raise InputError(f"{file.name}: is UTF-8, not {encoding}; leave --encoding out")
        # surrogateescape keeps the position of a bad byte, so that one bad row does not spoil the file
        return file.open(encoding=chosen, errors="surrogateescape", newline="")
    except InputError:
        raise
    except (LookupError, ValueError):  # a name with a NUL in it is a ValueError
        raise InputError("the encoding is not known; use auto, utf-8, cp932, utf-16 or another of Python's") from None


def _lines(file: Path, encoding: str) -> Iterator[str]:
    """The file's lines; what cannot even be cut into lines in that encoding makes the whole file unusable."""
    with _open(file, encoding) as stream:
        try:
            yield from stream
        except UnicodeError:
            wanted = "the encoding its first bytes tell" if encoding == "auto" else f"the encoding {encoding!r}"
            raise InputError(f"{file.name}: is not in {wanted}; convert the file or give another --encoding") from None


def _undecodable(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= c <= "\udcff" for c in text)


_BAD_BYTES = "holds bytes that are not {}; give the file's own --encoding, such as cp932, or auto, or convert the file"
_BAD_QUOTE = "has a quote that is not closed, or text behind one; quote the whole cell and double the quotes inside it"


def _read_jsonl(file: Path, encoding: str) -> Iterator[Row | str]:
    wanted = "UTF-8" if encoding == "auto" else encoding
    for line in _lines(file, encoding):
        if not line.strip():
            continue
        yield _BAD_BYTES.format(wanted) if _undecodable(line) else _parse_json(line)


def _parse_json(line: str) -> Row | str:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        return f"is not JSON at column {error.colno}; each line must hold one JSON object"
    except ValueError:
        return "holds a number of too many digits; write it as a text"
    except RecursionError:
        return "is nested too deeply to be a row"
    return value if isinstance(value, dict) else "is not a JSON object; each line must hold one JSON object"


def _read_csv(file: Path, encoding: str, delimiter: str = ",") -> Iterator[Row | str]:
    csv.field_size_limit(1 << 30)  # a report of a megabyte is a field, too
    wanted = "UTF-8" if encoding == "auto" else encoding
    # strict: a quote that is never closed would swallow all rows behind it without a word
    reader = csv.reader(_lines(file, encoding), delimiter=delimiter, strict=True)
    try:
        header = next(reader, None)
    except csv.Error:
        raise InputError(f"{file.name}: the header has a quote that is not closed; quote each name whole") from None
    if not header:
        return
    _check_header(file, header)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield _BAD_QUOTE
            continue
        if not cells:
            continue
        if any(map(_undecodable, cells)):
            yield _BAD_BYTES.format(wanted)
        elif len(cells) != len(header):
            yield f"has {len(cells)} cells where the header has {len(header)}; quote cells that hold a separator or line break"
        else:
            yield {k: (v if v != "" else None) for k, v in zip(header, cells, strict=True)}


def _check_header(file: Path, header: list[str]) -> None:
    doubled = sorted({c for c in header if header.count(c) > 1})
    if doubled:
        raise InputError(
            f"{file.name}: {len(doubled)} column names stand twice in the header; each column needs its own name"
        )


def _read_tsv(file: Path, encoding: str) -> Iterator[Row | str]:
    yield from _read_csv(file, encoding, delimiter="\t")


def _read_parquet(file: Path, encoding: str) -> Iterator[Row | str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as parquet:
            for batch in parquet.iter_batches(batch_size=1024):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{file.name}: cannot be read as Parquet ({type(error).__name__}); write the file again"
        ) from None


_READERS = {"jsonl": _read_jsonl, "csv": _read_csv, "tsv": _read_tsv, "parquet": _read_parquet}


def count_rows(path: Path) -> int | None:
    """Number of rows where it is known without reading the files (Parquet), else None."""
    files = input_files(path)
    if any(SUFFIXES[f.suffix.lower()] != "parquet" for f in files):
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return sum(int(pq.ParquetFile(f).metadata.num_rows) for f in files)
    except (pa.ArrowException, OSError):
        return None


def dump_json(row: Row) -> str:
    """One line of JSON without a line break; dates and the like as ISO strings."""
    return json.dumps(row, ensure_ascii=False, separators=(", ", ": "), default=_plain)


def _plain(value: object) -> object:
    for method in ("isoformat", "item", "tolist"):
        if hasattr(value, method):
            return getattr(value, method)()
    return str(value)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines with a line feed after each, UTF-8, lone surrogates kept as escapes so that nothing is lost."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
        for line in lines:
            stream.write(line + "\n")
