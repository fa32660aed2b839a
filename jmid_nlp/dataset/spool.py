"""Studies on their way into shards: texts and rows lie in files, memory holds a few numbers a study."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_BUFFER = 8_000_000  # bytes held back before they are written, over all parts


class Record(NamedTuple):
    """One study as it waits: its keys, its text and its rows, which have everything but the text."""

    report_id: str
    patient: str
    study: str | None
    text: str
    rows: list[dict[str, Any]]

    def full_rows(self) -> list[dict[str, Any]]:
        """The rows with their text."""
        return [row | {"text": self.text} for row in self.rows]


class Spool:
    """Records in the order of arrival, spread over files by part, read back one by one by their number.

    Args:
        folder: An existing folder for the files.
        parts: Number of files.
    """

    def __init__(self, folder: Path, parts: int) -> None:
        self._folder = folder
        self._buffers: list[list[bytes]] = [[] for _ in range(parts)]
        self._held = 0
        self._sizes = [0] * parts
        self._part, self._offset, self._length = array("H"), array("Q"), array("L")

    def __len__(self) -> int:
        return len(self._part)

    def add(self, part: int, record: Record) -> int:
        """Store a record and return its number."""
        line = json.dumps(record, separators=(",", ":"), default=_plain).encode()
        self._buffers[part].append(line)
        self._part.append(part)
        self._offset.append(self._sizes[part])
        self._length.append(len(line))
        self._sizes[part] += len(line)
        self._held += len(line)
        if self._held > _BUFFER:
            self.flush()
        return len(self._part) - 1

    def flush(self) -> None:
        """Write what is held back."""
        for part, lines in enumerate(self._buffers):
            if lines:
                with self._path(part).open("ab") as file:
                    file.write(b"".join(lines))
                lines.clear()
        self._held = 0

    def read(self, numbers: Sequence[int]) -> list[Record]:
        """Records by their numbers."""
        return [Record(*json.loads(line)) for line in self.lines(numbers)]

    def lines(self, numbers: Sequence[int]) -> list[bytes]:
        """Records as they are stored."""
        if self._held:
            self.flush()
        found: dict[int, bytes] = {}
        for part in sorted({self._part[n] for n in numbers}):
            with self._path(part).open("rb") as file:
                for n in sorted(n for n in set(numbers) if self._part[n] == part):
                    file.seek(self._offset[n])
                    found[n] = file.read(self._length[n])
        return [found[n] for n in numbers]

    def _path(self, part: int) -> Path:
        return self._folder / f"part-{part:05d}"


def _plain(value: Any) -> Any:
    """Mappings and numbers of other libraries as JSON knows them."""
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"a row holds a {type(value).__name__}")
