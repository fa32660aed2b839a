"""An independent look at a finished dataset: does it leak between splits, or hold what it must not?

It shares no code with the builder on purpose: it reads the rows as a stranger would, and folds ids in its own way.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SHINGLE = 5
_HASHES = 48
_BANDS = 12
_PATH_LABEL = re.compile(r"(^|[/\\])(positive|negative|train|validation|test)([/\\]|$)", re.IGNORECASE)
_PATH_COLUMNS = ("image_path", "path", "file")


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing that is wrong: its kind, the splits concerned and the ids of two rows that show it."""

    kind: str
    splits: tuple[str, ...]
    rows: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} in {' and '.join(self.splits)} (rows {', '.join(self.rows)})"


def check_dataset(
    splits: Mapping[str, Iterable[Mapping[str, Any]]],
    *,
    opted_out: Callable[[str], bool] | None = None,
    similarity: float = 0.9,
    min_chars: int = 60,
) -> list[Leak]:
    """All leaks of a dataset.

    Args:
        splits: Rows of each split; `id`, `patient_id`, `study_uid` and `text` are looked at where a row has them.
        opted_out: True for a patient key that must not occur.
        similarity: Jaccard similarity of 5-character shingles from which two texts are near-duplicates.
        min_chars: Shorter texts are too alike by nature ("no abnormality") and are left out of the text check.

    Returns:
        The leaks found, an empty list for a clean dataset.
    """
    rows = [(name, row) for name in sorted(splits) for row in splits[name]]
    leaks = _shared(rows, "patient_id", "patient") + _shared(rows, "study_uid", "study")
    leaks += _labels_in_paths(rows)
    if opted_out is not None:
        leaks += [
            Leak("opted-out patient", (name,), (str(r.get("id")),))
            for name, r in rows
            if r.get("patient_id") is not None and opted_out(str(r["patient_id"]))
        ]
    return leaks + _near_duplicates(rows, similarity, min_chars)


def _canonical(value: Any) -> str:
    folded = unicodedata.normalize("NFKC", str(value)).casefold()
    return re.sub(r"[\s\-_]+", "", folded)


def _shared(rows: Sequence[tuple[str, Mapping[str, Any]]], column: str, kind: str) -> list[Leak]:
    places: dict[str, dict[str, str]] = defaultdict(dict)
    for name, row in rows:
        if row.get(column) not in (None, ""):
            places[_canonical(row[column])].setdefault(name, str(row.get("id")))
    return [
        Leak(f"same {kind}", tuple(sorted(at)), tuple(at[s] for s in sorted(at)))
        for at in places.values()
        if len(at) > 1
    ]


def _labels_in_paths(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Leak]:
    return [
        Leak("label in a path", (name,), (str(row.get("id")),))
        for name, row in rows
        for column in _PATH_COLUMNS
        if isinstance(row.get(column), str) and _PATH_LABEL.search(row[column])
    ]


def _near_duplicates(rows: Sequence[tuple[str, Mapping[str, Any]]], similarity: float, min_chars: int) -> list[Leak]:
    """Pairs over the threshold that lie in different splits, found through banded min-hashes and then verified."""
    shingles: dict[str, frozenset[int]] = {}
    home: dict[str, set[str]] = defaultdict(set)
    shown: dict[tuple[str, str], str] = {}
    for name, row in rows:
        text = _canonical(row.get("text") or "")
        if len(text) < min_chars:
            continue
        key = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
        if key not in shingles:
            shingles[key] = _shingles(text)
        home[key].add(name)
        shown.setdefault((key, name), str(row.get("id")))
    leaks = [
        Leak("same text", tuple(sorted(names)), tuple(shown[key, n] for n in sorted(names)))
        for key, names in home.items()
        if len(names) > 1
    ]
    for a, b in _candidates(shingles):
        if home[a] == home[b] and len(home[a]) == 1:
            continue
        union = len(shingles[a] | shingles[b])
        if union and len(shingles[a] & shingles[b]) / union >= similarity:
            one = min(home[a])
            other = min(home[b] - {one}, default=one)
            leaks.append(Leak("near-duplicate text", (one, other), (shown[a, one], shown[b, other])))
    return leaks


def _shingles(text: str) -> frozenset[int]:
    return frozenset(
        int.from_bytes(hashlib.blake2b(text[i : i + _SHINGLE].encode("utf-8", "replace"), digest_size=8).digest())
        for i in range(max(1, len(text) - _SHINGLE + 1))
    )


def _candidates(shingles: Mapping[str, frozenset[int]]) -> list[tuple[str, str]]:
    import numpy as np

    rng = np.random.default_rng(20240401)  # a fixed family of hash functions: same rows, same verdict
    odd = rng.integers(1, 2**63, size=_HASHES, dtype=np.uint64) | np.uint64(1)
    bands: dict[tuple[int, bytes], list[str]] = defaultdict(list)
    for key in sorted(shingles):
        values = np.fromiter(shingles[key], dtype=np.uint64, count=len(shingles[key]))
        mins = np.array([((values * a) ^ (values >> np.uint64(17))).min() for a in odd])
        for number, part in enumerate(mins.reshape(_BANDS, -1)):
            bands[number, part.tobytes()].append(key)
    pairs = {(a, b) for keys in bands.values() for a, b in zip(keys, keys[1:], strict=False)}
    return sorted(pairs)
