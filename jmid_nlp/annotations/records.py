"""What the readers of image annotation share: the set of records they return, stable ids, and errors that name the place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jmid_nlp.errors import FileFormatError
from jmid_nlp.schema import AnnotationRecord


@dataclass(frozen=True, slots=True)
class AnnotationSet(Sequence[AnnotationRecord]):
    """Records read from a file or a folder, what could not be read, and how many image files lay between them.

    Args:
        records: In the order of files and of elements in a file.
        problems: One error for each file or element that gave no record; each names its file and element.
        images: DICOM images, read for their series and image numbers only.
    """

    records: tuple[AnnotationRecord, ...] = ()
    problems: tuple[FileFormatError, ...] = ()
    images: int = 0

    def __iter__(self) -> Iterator[AnnotationRecord]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        return self.records[index]


def stable_id(prefix: str, *parts: object) -> str:
    """An annotation id that the same element of the same object always gets."""
    digest = hashlib.sha256("\x1f".join(str(p) for p in parts).encode()).hexdigest()
    return f"{prefix}-{digest[:16]}"


def reader_key(name: str | None) -> str | None:
    """A reader's name as a key that tells readers apart and does not spell the name."""
    text = (name or "").strip()
    return stable_id("reader", text) if text else None


def fail(path: Path | str, element: str, reason: str) -> FileFormatError:
    """An error that names the file (its name only) and the element."""
    return FileFormatError(f"{Path(path).name}, {element}: {reason}")
