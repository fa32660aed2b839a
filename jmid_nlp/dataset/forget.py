"""Take a patient out of a built dataset: for an opt-out that comes after the build. Only the shards concerned are rewritten."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jmid_nlp.dataset.check import check_dataset
from jmid_nlp.dataset.export import EXPORTS, export
from jmid_nlp.dataset.ledger import group_key
from jmid_nlp.dataset.save import write_manifest
from jmid_nlp.dataset.shards import (
    ShardRows,
    content_version,
    describe_for_loading,
    from_table,
    read_shard,
    shards_of,
    write_shard,
)
from jmid_nlp.dataset.tally import columns_of, values_of
from jmid_nlp.errors import InputError, LeakError


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was taken out, how many shards were rewritten, and what this library cannot do and somebody has to."""

    rows: int
    patients: int
    splits: dict[str, int]
    shards: int
    remaining: tuple[str, ...]


_REMAINING = (
    "copies of the earlier dataset, in caches and with everybody who received it",
    "models that were trained on the earlier dataset",
    "the source extract, the de-identified reports and their audit, and the images",
)


def forget(folder: Path, opted_out: Callable[[str | None], bool]) -> Forgotten:
    """Remove patients from a dataset on disk; splits of all others stay as they are.

    Args:
        folder: A dataset that this library saved.
        opted_out: True for a patient key, as it stands in the dataset, to take out.

    Returns:
        Counts, and what remains to be done elsewhere.

    Raises:
        InputError: The folder holds no dataset of this library.
        LeakError: After the removal a patient to be taken out is still inside; nothing was written.
    """
    if not (folder / "manifest.json").exists():
        raise InputError(f"{folder.name}: the folder holds no dataset of this library (no manifest.json)")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    _remove_leftovers(folder)
    removal = _Removal(folder, manifest, opted_out)
    for split, paths in shards_of(folder).items():
        for path in paths:
            removal.shard(split, path)
    removal.check()
    removal.commit()
    return Forgotten(
        sum(removal.rows.values()), len(removal.patients), dict(removal.rows), len(removal.new), _REMAINING
    )


def _remove_leftovers(folder: Path) -> None:
    """New shards of an interrupted run, and caches that `datasets` left beside the data."""
    for pattern in ("*/*.new", "*/cache-*", "*/tmp*"):
        for path in sorted(folder.glob(pattern)):
            path.unlink()


class _Removal:
    """New shards beside the old ones, until all are there and checked."""

    def __init__(self, folder: Path, manifest: dict[str, Any], opted_out: Callable[[str | None], bool]) -> None:
        self.folder, self.manifest, self.opted_out = folder, manifest, opted_out
        self.features: Any = None
        self.new: dict[Path, Path] = {}
        self.digests: dict[str, str] = {}
        self.patients: set[str] = set()
        self.rows: Counter[str] = Counter(dict.fromkeys(manifest["splits"], 0))
        self.labels: Counter[tuple[str, str]] = Counter()

    def shard(self, split: str, path: Path) -> None:
        """Write the shard anew where it holds a patient to forget, from copied rows, so that no byte of theirs stays."""
        import pyarrow as pa

        out = [self.opted_out(p) for p in read_shard(path, ["patient_id"]).column("patient_id").to_pylist()]
        if not any(out):
            return
        table = read_shard(path)
        gone = table.filter(pa.array(out))
        kept = table.take(pa.array([n for n, away in enumerate(out) if not away], type=pa.int64()))
        fresh = path.with_name(path.name + ".new")
        self.digests[path.relative_to(self.folder).as_posix()] = write_shard(kept, fresh)
        self.new[path] = fresh
        patients = {group_key(p) for p in gone.column("patient_id").to_pylist()}
        counts = self.manifest["splits"][split]
        counts["rows"] -= len(gone)
        counts["patients"] -= len(patients)
        counts["reports"] -= self._reports(gone)
        self.patients |= patients
        self.rows[split] += len(gone)
        self._count(gone)

    def _reports(self, gone: Any) -> int:
        """The removed reports; a row of the task `grounding` is a link, its id begins with the report's."""
        ids = gone.column("id").to_pylist()
        if self.manifest["task"] == "grounding":
            marks = gone.column("annotation_id").to_pylist()
            ids = [i.removesuffix(f"/{mark}") for i, mark in zip(ids, marks, strict=True)]
        return len(set(ids))

    def _count(self, gone: Any) -> None:
        from datasets import Features

        self.features = Features.from_arrow_schema(gone.schema)
        columns = columns_of(self.manifest["task"], self.manifest["label_names"])
        for row in from_table(gone, self.features):
            self.labels.update(values_of(row, columns))

    def check(self) -> None:
        """Look at the new shards as a stranger would.

        Raises:
            LeakError: One of the patients is still inside; the new shards are removed.
        """
        fresh: dict[str, list[Path]] = {}
        for path, new in self.new.items():
            fresh.setdefault(path.parent.name, []).append(new)
        rows = {split: ShardRows(paths, ("id", "patient_id")) for split, paths in fresh.items()}
        if leaks := check_dataset(rows, opted_out=self.opted_out):
            for path in self.new.values():
                path.unlink()
            raise LeakError(f"the dataset still leaks: {leaks[0]}")

    def commit(self) -> None:
        """Put the new shards, the manifest and the card in their places."""
        if not self.new:
            return
        manifest = self.manifest
        manifest["flow"]["forgotten"] = manifest["flow"].get("forgotten", 0) + len(self.patients)
        for (column, value), count in self.labels.items():
            left = manifest["labels"][column]
            left[value] -= count
            if not left[value]:
                del left[value]
        manifest["labels"] = {column: values for column, values in manifest["labels"].items() if values}
        manifest["files"] |= self.digests
        manifest["version"] = content_version(manifest["files"])
        for path, fresh in self.new.items():
            fresh.replace(path)
        if manifest["layout"] == "datasets":
            describe_for_loading(self.folder, self.features, manifest["version"])
        write_manifest(manifest, self.folder)
        for kind in EXPORTS:
            if (self.folder / kind).is_dir():
                export(self.folder, kind)
