"""The ids that came before, on disk: the memory of a run does not grow with its rows."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path


class FirstRows:
    """The first row of each id, by its `rows.id_key`.

    Args:
        file: Where it may lie; what is there is thrown away.

    Raises:
        OSError: The file cannot be written.
    """

    def __init__(self, file: Path) -> None:
        file.unlink(missing_ok=True)
        self._file = file
        try:
            self._db = sqlite3.connect(file, isolation_level=None)
            # A run that goes on reads its input from the start: no write has to survive a crash.
            for setting in ("journal_mode=off", "synchronous=off", "locking_mode=exclusive", "cache_size=-32000"):
                self._db.execute(f"pragma {setting}")
            self._db.execute("create table ids (key integer primary key, row integer)")
            self._db.execute("begin")
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from None

    def setdefault(self, key: int, number: int, /) -> int:
        """The row at which a key stood first; `number` where it stands for the first time.

        Raises:
            OSError: The file cannot be written, mostly because the disk is full.
        """
        try:
            if self._db.execute("insert or ignore into ids values (?, ?)", (key, number)).rowcount:
                return number
            return int(self._db.execute("select row from ids where key = ?", (key,)).fetchone()[0])
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from None

    def close(self) -> None:
        """Give the file back and remove it."""
        self._db.close()
        self._file.unlink(missing_ok=True)

    def _unwritable(self, error: sqlite3.OperationalError) -> OSError:
        code = errno.ENOSPC if error.sqlite_errorcode == sqlite3.SQLITE_FULL else errno.EIO
        return OSError(code, os.strerror(code), str(self._file))
