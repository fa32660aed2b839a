"""Patients who opted out: the list is applied before anything else is done with a report.

A line of the list is a patient id or, so that the list itself names nobody, a keyed hash of one: `hmac-sha256:` and the 64
hexadecimal digits that `keyed_hash` gives under the project's key.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from jmid_nlp.deid.keys import Key, load_key
from jmid_nlp.errors import InputError, KeyMaterialError

PREFIX = "hmac-sha256:"
_HASH = re.compile(r"[0-9a-f]{64}")
_PURPOSE = "opt-out"


def fold_id(value: str) -> str:
    """An id as it is compared: NFKC, upper case, without spaces and hyphens, so that '００-12' meets '0012'."""
    folded = unicodedata.normalize("NFKC", value).upper()
    return "".join(c for c in folded if c.isalnum())


def keyed_hash(patient_id: str, key: Key) -> str:
    """The line that stands for a patient in a list without ids.

    Args:
        patient_id: As the hospital writes it; width, case, spaces and hyphens do not matter.
        key: The project's key; under another one the hash meets nobody.
    """
    return PREFIX + key.derive(_PURPOSE, fold_id(patient_id)).hex()


class OptOut:
    """A set of patients to leave out.

    Args:
        ids: Patient ids as the hospital writes them (width, case, spaces and hyphens do not matter), or keyed hashes.
        key: The key of the hashes, or the path of its file; JMID_KEY is read where it is None. Not needed without hashes.

    Raises:
        InputError: An entry begins like a keyed hash and is none, or cannot be used without a key; the message names its row.
    """

    def __init__(self, ids: Iterable[str] = (), *, key: Key | str | Path | None = None) -> None:
        self._take(((n, i) for n, i in enumerate(ids, 1) if i.strip()), key, "opt-out list")

    def _take(self, lines: Iterable[tuple[int, str]], key: Key | str | Path | None, name: str) -> None:
        ids: set[str] = set()
        hashes: set[str] = set()
        self._key: Key | None = None
        for row, line in lines:
            entry = line.strip()
            lower = unicodedata.normalize("NFKC", entry).lower()
            if lower.startswith(PREFIX):
                digits = lower.removeprefix(PREFIX).strip()
                if not _HASH.fullmatch(digits):
                    raise InputError(f"{name}, row {row}: no keyed hash; 64 hexadecimal digits follow {PREFIX!r}")
                self._key = self._key or _key(key, name, row)
                hashes.add(digits)
            elif folded := fold_id(entry):
                ids.add(folded)
            else:
                raise InputError(f"{name}, row {row}: holds neither letters nor digits, so no patient id")
        self._ids, self._hashes = frozenset(ids), frozenset(hashes)

    @classmethod
    def of(cls, source: OptOut | str | Path | Iterable[str], *, key: Key | str | Path | None = None) -> OptOut:
        """A list as it is, read from the file that a path names, or made of the ids given.

        Args:
            source: A list, the path of one, or ids and keyed hashes. A string is a path, never a single id.
            key: As for the class.

        Raises:
            InputError: There is no such file, or as for the class and `read`.
        """
        if isinstance(source, OptOut):
            return source
        if isinstance(source, str) and not Path(source).is_file():  # it may be an id, which no message repeats
            raise InputError("opt_out: there is no such file; give the path of a list, or ids in a list")
        return cls.read(Path(source), key=key) if isinstance(source, str | Path) else cls(source, key=key)

    @classmethod
    def read(cls, path: Path, *, key: Key | str | Path | None = None) -> OptOut:
        """A list from a text file: one patient id or keyed hash a line; empty lines and lines that start with `#` are skipped.

        Args:
            path: The file.
            key: As for the class.

        Raises:
            InputError: The file cannot be read as UTF-8 or CP932 text, or a line cannot be used; the message names its row.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path.name}: the opt-out list cannot be read ({type(error).__name__})") from None
        for encoding in ("utf-8-sig", "cp932"):
            try:
                text = data.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
        else:
            raise InputError(f"{path.name}: the opt-out list is neither UTF-8 nor CP932 text")
        lines = enumerate(text.splitlines(), 1)
        listed = cls()
        listed._take(((n, x) for n, x in lines if x.strip() and not x.startswith("#")), key, path.name)
        return listed

    def __call__(self, patient_id: str | None) -> bool:
        """True where the patient opted out."""
        if patient_id is None:
            return False
        folded = fold_id(patient_id)
        if folded in self._ids:
            return True
        return self._key is not None and self._key.derive(_PURPOSE, folded).hex() in self._hashes

    def __len__(self) -> int:
        return len(self._ids) + len(self._hashes)

    def __repr__(self) -> str:
        return f"OptOut({len(self)} patients)"

    @property
    def fingerprint(self) -> str:
        """A short hash of the list, for provenance; order and spelling of the ids do not change it."""
        return hashlib.sha256("\n".join(sorted(self._ids | self._hashes)).encode()).hexdigest()[:16]


def _key(key: Key | str | Path | None, name: str, row: int) -> Key:
    if isinstance(key, Key):
        return key
    try:
        return load_key(key_file=Path(key) if key is not None else None)
    except KeyMaterialError as error:
        raise InputError(f"{name}, row {row}: a keyed hash needs the project's key: {error}") from None
