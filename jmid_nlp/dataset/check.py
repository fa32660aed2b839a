"""An independent look at a finished dataset: does it leak between splits, or hold what it must not?

It shares no code with the builder on purpose: it reads the rows as a stranger would, and folds ids in its own way.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

_SHINGLE = 5
_HASHES = 96
_BANDS = 16
_SLACK = 0.2
_BLOCK = 1_000_000
_TEXTS_AT_ONCE = 4000
_PATH_LABEL = re.compile(r"(^|[/\\])(positive|negative|train|validation|test)([/\\]|$)", re.IGNORECASE)
_PATH_COLUMNS = ("image_path", "path", "file")
Row = Mapping[str, Any]
Splits = Mapping[str, Iterable[Row]]


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing that is wrong: its kind, the splits concerned and the ids of two rows that show it."""

    kind: str
    splits: tuple[str, ...]
    rows: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} in {' and '.join(self.splits)} (rows {', '.join(self.rows)})"


def check_dataset(
    splits: Splits,
    *,
    opted_out: Callable[[str], bool] | None = None,
    similarity: float = 0.9,
    min_chars: int = 60,
) -> list[Leak]:
    """All leaks of a dataset. Rows are read in a stream; a few numbers a row stay in memory, no text does.

    Args:
        splits: Rows of each split, which can be gone through more than once (a list, a dataset, shards; no generator);
            `id`, `patient_id`, `study_uid` and `text` are looked at where a row has them.
        opted_out: True for a patient key that must not occur.
        similarity: Jaccard similarity of 5-character shingles from which two texts are near-duplicates.
        min_chars: Shorter texts are too alike by nature ("no abnormality") and are left out of the text check.

    Returns:
        The leaks found, an empty list for a clean dataset.
    """
    if any(isinstance(rows, Iterator) for rows in splits.values()):
        raise TypeError("the rows of a split must be readable more than once; give a list or a dataset")
    names, seen, leaks = sorted(splits), _Seen(), []
    for number, (place, row) in enumerate(_rows(splits, names)):
        leaks += _alone(names[place], row, opted_out)
        seen.add(number, place, row, min_chars)
    pairs = [("same patient", p) for p in _shared(seen.patients)] + [("same study", p) for p in _shared(seen.studies)]
    pairs += [("same text", p) for p in _shared(seen.texts)]
    near = _verified(splits, names, _suspects(seen, similarity), similarity)
    pairs += [("near-duplicate text", p) for p in near]
    return leaks + _told(splits, names, pairs)


Place = tuple[int, int]  # number of a row over all splits, number of its split


@dataclass(slots=True)
class _Column:
    """Hashes of a value, with the rows and splits where it stands."""

    values: array[int] = field(default_factory=lambda: array("Q"))
    rows: array[int] = field(default_factory=lambda: array("Q"))
    splits: array[int] = field(default_factory=lambda: array("B"))

    def add(self, value: str, row: int, split: int) -> None:
        digest = hashlib.sha256(value.encode("utf-8", "replace")).digest()
        self.values.append(int.from_bytes(digest[:8]))
        self.rows.append(row)
        self.splits.append(split)


class _Seen:
    """What the first reading leaves behind."""

    def __init__(self) -> None:
        self.patients, self.studies, self.texts = _Column(), _Column(), _Column()
        self.signatures = array("H")  # of each row of `texts`
        self._last: tuple[int, str] = (-1, "")

    def add(self, number: int, place: int, row: Row, min_chars: int) -> None:
        for column, name in ((self.patients, "patient_id"), (self.studies, "study_uid")):
            if row.get(name) not in (None, ""):
                column.add(_canonical(row[name]), number, place)
        text = _canonical(row.get("text") or "")
        if len(text) < min_chars:
            return
        if self._last != (place, text):  # rows of one report follow each other; one of them stands for all
            self._last = (place, text)
            self.texts.add(text, number, place)
            self.signatures.extend(_signature(_shingles(text)))


def _rows(splits: Splits, names: list[str]) -> Iterator[tuple[int, Row]]:
    for place, name in enumerate(names):
        for row in splits[name]:
            yield place, row


def _alone(split: str, row: Row, opted_out: Callable[[str], bool] | None) -> list[Leak]:
    """What is wrong with a row by itself."""
    found = []
    if opted_out is not None and row.get("patient_id") is not None and opted_out(str(row["patient_id"])):
        found.append(Leak("opted-out patient", (split,), (str(row.get("id")),)))
    for column in _PATH_COLUMNS:
        if isinstance(row.get(column), str) and _PATH_LABEL.search(row[column]):
            found.append(Leak("label in a path", (split,), (str(row.get("id")),)))
    return found


def _canonical(value: Any) -> str:
    folded = unicodedata.normalize("NFKC", str(value)).casefold()
    return re.sub(r"[\s\-_]+", "", folded)


def _shared(column: _Column) -> list[tuple[Place, ...]]:
    """For each value that stands in more than one split: the first row of each of these splits."""
    import numpy as np

    values, rows = np.array(column.values, dtype=np.uint64), np.array(column.rows, dtype=np.int64)
    homes = np.array(column.splits, dtype=np.int64)
    order = np.lexsort((rows, homes, values))
    values, rows, homes = values[order], rows[order], homes[order]
    crossing = np.flatnonzero((values[1:] == values[:-1]) & (homes[1:] != homes[:-1]))
    found = []
    for value in np.unique(values[crossing]).tolist():
        start, end = np.searchsorted(values, [value, value], "left")[0], np.searchsorted(values, value, "right")
        first: dict[int, int] = {}
        for row, home in zip(rows[start:end].tolist(), homes[start:end].tolist(), strict=True):
            first.setdefault(home, row)
        found.append(tuple((row, home) for home, row in sorted(first.items())))
    return sorted(found)


def _shingles(text: str) -> Any:
    """Numbers that stand for the pieces of five characters, each once."""
    import numpy as np

    points = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.uint16).astype(np.uint64)
    out = np.zeros(max(1, len(points) - _SHINGLE + 1), dtype=np.uint64)
    for step in range(min(_SHINGLE, len(points))):
        out = (out ^ points[step : step + len(out)]) * np.uint64(0x100000001B3)
        out ^= out >> np.uint64(23)
    return np.unique(out)


def _signature(shingles: Any) -> tuple[int, ...]:
    """Minima under 96 fixed permutations, their last 16 bits."""
    import numpy as np

    mixed = (shingles[None, :] ^ _masks()[:, None]) * np.uint64(0xD6E8FEB86659FD93)
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    return tuple((mixed.min(axis=1) & np.uint64(0xFFFF)).tolist())


@cache
def _masks() -> Any:
    import numpy as np

    # a fixed family of hash functions: same rows, same verdict
    return np.random.default_rng(20240401).integers(0, 2**64, size=_HASHES, dtype=np.uint64)


def _suspects(seen: _Seen, similarity: float) -> list[tuple[Place, Place]]:
    """Rows of different splits and different texts whose signatures share a band and are alike as a whole."""
    import numpy as np

    values, rows = np.array(seen.texts.values, dtype=np.uint64), np.array(seen.texts.rows, dtype=np.int64)
    homes = np.array(seen.texts.splits, dtype=np.int64)
    signatures = np.frombuffer(seen.signatures, dtype=np.uint16).reshape(-1, _HASHES)
    _, once = np.unique(np.stack([values, homes.astype(np.uint64)], axis=1), axis=0, return_index=True)
    found: set[tuple[Place, Place]] = set()
    width = _HASHES // _BANDS
    for band in range(_BANDS):
        part = np.ascontiguousarray(signatures[once, band * width : (band + 1) * width])
        keys = part.view(np.dtype((np.void, part.itemsize * width))).ravel()
        order = np.argsort(keys, kind="stable")
        last = np.ones(len(order), dtype=bool)
        last[:-1] = keys[order][1:] != keys[order][:-1]
        start = 0
        for end in (np.flatnonzero(last) + 1).tolist():
            run = once[order[start:end]]
            start = end
            if len(run) > 1 and len(set(homes[run].tolist())) > 1:
                for one, other in _close(signatures, homes, run, similarity - _SLACK):
                    if values[one] != values[other]:
                        pair = ((int(rows[one]), int(homes[one])), (int(rows[other]), int(homes[other])))
                        found.add((min(pair), max(pair)))
    return sorted(found)


def _close(signatures: Any, homes: Any, run: Any, least: float) -> Iterator[tuple[int, int]]:
    """Pairs of a run in different splits whose signatures agree in at least this share."""
    import numpy as np

    step = max(1, _BLOCK // (len(run) * _HASHES))
    for start in range(0, len(run), step):
        block = run[start : start + step]
        same = (signatures[block][:, None, :] == signatures[run][None, :, :]).mean(axis=2) >= least
        same &= homes[block][:, None] < homes[run][None, :]
        for i, j in zip(*np.nonzero(same), strict=True):
            yield int(block[i]), int(run[j])


def _verified(
    splits: Splits, names: list[str], suspects: list[tuple[Place, Place]], similarity: float
) -> list[tuple[Place, ...]]:
    """Suspects whose texts are near-duplicates indeed: the rows are read again, some thousand texts at a time."""
    import numpy as np

    leaks: list[tuple[Place, ...]] = []
    todo = list(suspects)
    while todo:
        wanted: set[int] = set()
        now = 0
        while now < len(todo) and len(wanted) < _TEXTS_AT_ONCE:
            wanted |= {todo[now][0][0], todo[now][1][0]}
            now += 1
        texts = {
            number: _shingles(_canonical(row.get("text") or ""))
            for number, (_, row) in enumerate(_rows(splits, names))
            if number in wanted
        }
        for one, other in todo[:now]:
            a, b = texts[one[0]], texts[other[0]]
            both = len(np.intersect1d(a, b, assume_unique=True))
            if both >= similarity * (len(a) + len(b) - both):
                leaks.append((one, other))
        del todo[:now]
    return leaks


def _told(splits: Splits, names: list[str], pairs: list[tuple[str, tuple[Place, ...]]]) -> list[Leak]:
    """Leaks with the ids of their rows, which are read again where there are any."""
    wanted = {row for _, places in pairs for row, _ in places}
    ids: dict[int, str] = {}
    if wanted:
        rows = enumerate(_rows(splits, names))
        ids = {number: str(row.get("id")) for number, (_, row) in rows if number in wanted}
    return [
        Leak(kind, tuple(names[home] for _, home in places), tuple(ids[row] for row, _ in places))
        for kind, places in pairs
    ]
