"""Annotation records on disk, by study: a run over many reports looks up each study's marks and holds no others."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

from jmid_nlp.annotations.read import stream_annotations, twice
from jmid_nlp.errors import FileFormatError
from jmid_nlp.progress import shown
from jmid_nlp.schema import AnnotationRecord

_DEFAULTS = {f.name: f.default for f in fields(AnnotationRecord)}
_TABLE = "create table marks (place integer primary key, id text unique, study text, file text, record text)"


class MarkStore:
    """Records in a database file that only this object uses.

    Args:
        folder: An existing private folder; the caller removes it. The records lie there as they were read.
    """

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "marks.sqlite", isolation_level=None)
        # Nothing of it outlives the run, so that no write has to survive a crash; the cache is a few megabytes.
        for setting in ("journal_mode=off", "synchronous=off", "cache_size=-4000", "temp_store=file"):
            self._db.execute(f"pragma {setting}")
        self._db.execute(_TABLE)

    def fill(self, path: Path, problems: list[FileFormatError]) -> int:
        """Read a file or folder into the store and return the number of records.

        Args:
            path: As for `read_annotations`.
            problems: What gave no record is added here; an id that stands twice, too.

        Raises:
            FileFormatError: A single file cannot be read.
        """
        count = 0
        self._db.execute("begin")
        for file, record in shown(stream_annotations(path, problems), title="annotations"):
            ident = record.annotation_id
            cells = (ident, record.study_uid, file.name, _line(record))
            if self._db.execute(
                "insert or ignore into marks (id, study, file, record) values (?, ?, ?, ?)", cells
            ).rowcount:
                count += 1
            else:
                first = self._db.execute("select file from marks where id = ?", (ident,)).fetchone()[0]
                problems.append(twice(file, ident, first))
        self._db.execute("commit")
        self._db.execute("create index by_study on marks (study)")
        return count

    def of(self, study_uid: str | None) -> list[AnnotationRecord]:
        """The records of a study in the order of reading; none where the study is unknown."""
        if not study_uid:
            return []
        with closing(self._db.execute("select record from marks where study = ? order by place", (study_uid,))) as rows:
            return [_record(row[0]) for row in rows]

    def close(self) -> None:
        """Give the file back."""
        self._db.close()


def _line(record: AnnotationRecord) -> str:
    return json.dumps({k: v for k, default in _DEFAULTS.items() if (v := getattr(record, k)) != default})


def _record(line: str) -> AnnotationRecord:
    cells: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(line).items()}
    return AnnotationRecord(**cells)
