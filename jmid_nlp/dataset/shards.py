"""A dataset as files: `SPLIT/data-NNNNN-of-NNNNN` by patients' buckets, as Parquet or as what `load_from_disk` reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jmid_nlp.dataset.split import SPLITS

Row = dict[str, Any]
LAYOUTS = {"parquet": ".parquet", "datasets": ".arrow"}
_ROW_GROUP = 1024


def encoder(features: Any) -> Callable[[Row], Row]:
    """A function that turns a row with class names into one with class numbers, as it is stored.

    The function raises `KeyError` for a missing column and `ValueError` for a class that the features do not know.
    """
    columns = {name: _encoder(feature) for name, feature in features.items()}
    return lambda row: {name: encode(row[name]) for name, encode in columns.items()}


def _encoder(feature: Any) -> Callable[[Any], Any]:
    from datasets import ClassLabel, List

    if isinstance(feature, ClassLabel):
        numbers = {name: n for n, name in enumerate(feature.names)}

        def number(value: Any) -> int:
            if value not in numbers:
                raise ValueError("a value is none of the classes of its column")
            return numbers[value]

        return number
    if isinstance(feature, List):
        inner = _encoder(feature.feature)
        return lambda values: [inner(v) for v in values]
    if isinstance(feature, dict):
        parts = {name: _encoder(part) for name, part in feature.items()}
        return lambda value: {name: encode(value[name]) for name, encode in parts.items()}
    return lambda value: value


def to_table(rows: Sequence[Row], features: Any) -> Any:
    """Rows with class names as an Arrow table.

    Raises:
        pyarrow.ArrowException, KeyError, ValueError, TypeError, OverflowError: A row does not fit the features.
    """
    import pyarrow as pa

    encode = encoder(features)
    return pa.Table.from_pylist([encode(r) for r in rows], schema=features.arrow_schema)


def from_table(table: Any, features: Any) -> list[Row]:
    """The rows of a table, class numbers turned into names again."""
    decode = {name: _decoder(feature) for name, feature in features.items()}
    return [{name: decode[name](value) for name, value in row.items()} for row in table.to_pylist()]


def _decoder(feature: Any) -> Callable[[Any], Any]:
    from datasets import ClassLabel, List

    if isinstance(feature, ClassLabel):
        names = list(feature.names)
        return lambda value: None if value is None else names[value]
    if isinstance(feature, List):
        inner = _decoder(feature.feature)
        return lambda values: [inner(v) for v in values]
    if isinstance(feature, dict):
        parts = {name: _decoder(part) for name, part in feature.items()}
        return lambda value: {name: decode(value[name]) for name, decode in parts.items()}
    return lambda value: value


def shard_path(folder: Path, split: str, number: int, total: int, layout: str) -> Path:
    """Where a shard lies; its number is that of its buckets and does not change when data are added."""
    return folder / split / f"data-{number:05d}-of-{total:05d}{LAYOUTS[layout]}"


def _is_parquet(path: Path) -> bool:
    return path.name.removesuffix(".new").endswith(".parquet")


def write_shard(table: Any, path: Path) -> str:
    """Write one shard, the same bytes for the same rows, and return the SHA-256 of the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    if _is_parquet(path):
        pq.write_table(table, path, compression="zstd", compression_level=3, row_group_size=_ROW_GROUP)
    else:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.combine_chunks(), max_chunksize=_ROW_GROUP)
    return digest(path)


def read_shard(path: Path, columns: Sequence[str] | None = None) -> Any:
    """A shard as an Arrow table, or some of its columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if _is_parquet(path):
        return pq.ParquetFile(path).read(columns=list(columns) if columns else None)
    with pa.OSFile(str(path), "rb") as source:
        table = pa.ipc.open_stream(source).read_all()
    return table.select(list(columns)) if columns else table


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shards_of(folder: Path) -> dict[str, list[Path]]:
    """The shards of each split of a dataset folder, in order; empty where there are none."""
    return {
        split: sorted(p for suffix in LAYOUTS.values() for p in (folder / split).glob(f"data-*{suffix}"))
        for split in SPLITS
    }


def content_version(files: Mapping[str, str]) -> str:
    """A dataset's version: one hash over the names and hashes of its shards."""
    return hashlib.sha256(json.dumps(dict(sorted(files.items()))).encode()).hexdigest()[:16]


class ShardRows:
    """The rows of one split, read shard by shard each time they are asked for.

    Args:
        paths: The shards.
        columns: The columns that are read where the shards have them; None for all.
    """

    def __init__(self, paths: Sequence[Path], columns: Sequence[str] | None = None) -> None:
        self._paths, self._columns = list(paths), columns

    def __iter__(self) -> Iterator[Row]:
        for path in self._paths:
            table = read_shard(path, self._columns)
            yield from table.to_pylist()


def describe_for_loading(folder: Path, features: Any, version: str) -> None:
    """Write the JSON files with which `datasets.load_from_disk` finds the Arrow shards of a folder."""
    from datasets import Dataset

    for split, paths in shards_of(folder).items():
        plan = folder / f".{split}"
        Dataset.from_dict({name: [] for name in features}, features=features).save_to_disk(plan, num_shards=1)
        state = json.loads((plan / "state.json").read_text(encoding="utf-8"))
        state |= {"_data_files": [{"filename": p.name} for p in paths], "_fingerprint": version, "_split": split}
        text = json.dumps(state, indent=2, sort_keys=True)
        (folder / split / "state.json").write_text(text, encoding="utf-8")
        (plan / "dataset_info.json").replace(folder / split / "dataset_info.json")
        for left in sorted(plan.iterdir()):
            left.unlink()
        plan.rmdir()
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": list(SPLITS)}), encoding="utf-8")
