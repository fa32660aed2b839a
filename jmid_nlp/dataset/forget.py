"""Take a patient out of a built dataset: for an opt-out that comes after the build."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jmid_nlp.dataset.check import check_dataset
from jmid_nlp.dataset.save import save
from jmid_nlp.errors import InputError, LeakError


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was taken out, and what this library cannot do and somebody has to."""

    rows: int
    patients: int
    splits: dict[str, int]
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
    from datasets import load_from_disk

    if not (folder / "manifest.json").exists():
        raise InputError(f"{folder.name}: the folder holds no dataset of this library (no manifest.json)")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    dataset = load_from_disk(str(folder))
    gone = {p for part in dataset.values() for p in part["patient_id"] if opted_out(p)}
    kept = type(dataset)({name: _without(part, opted_out) for name, part in dataset.items()})
    removed = {name: len(dataset[name]) - len(kept[name]) for name in dataset}
    if leaks := check_dataset(kept, opted_out=opted_out, similarity=1.0):
        raise LeakError(f"the dataset still leaks: {leaks[0]}")
    for name, part in kept.items():
        counts = manifest["splits"][name]
        counts["rows"] = len(part)
        counts["patients"] = len(set(part["patient_id"]))
        counts["reports"] = len({row_id.split("/")[0] for row_id in part["id"]})
    manifest["flow"]["forgotten"] = manifest["flow"].get("forgotten", 0) + len(gone)
    manifest["labels"] = {}  # counted over rows that are gone; a new build counts again
    save(kept, manifest, folder)
    return Forgotten(sum(removed.values()), len(gone), removed, _REMAINING)


def _without(part: Any, opted_out: Callable[[str | None], bool]) -> Any:
    """The split without the patients, copied so that no byte of theirs stays in its files."""
    from datasets import Dataset

    rows = [n for n, p in enumerate(part["patient_id"]) if not opted_out(p)]
    return Dataset.from_dict(part.select(rows).to_dict(), features=part.features)
