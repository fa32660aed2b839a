"""Patients who opted out: the list is applied before anything else is done with a report."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from jmid_nlp.errors import InputError


def fold_id(value: str) -> str:
    """An id as it is compared: NFKC, upper case, without spaces and hyphens, so that '００-12' meets '0012'."""
    folded = unicodedata.normalize("NFKC", value).upper()
    return "".join(c for c in folded if c.isalnum())


class OptOut:
    """A set of patient ids to leave out.

    Args:
        ids: Patient ids as the hospital writes them; width, case, spaces and hyphens do not matter.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._ids = frozenset(folded for i in ids if (folded := fold_id(i)))

    @classmethod
    def read(cls, path: Path) -> OptOut:
        """A list from a text file: one patient id a line; empty lines and lines that start with `#` are skipped.

        Raises:
            InputError: The file cannot be read as UTF-8 or CP932 text.
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
        return cls(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))

    def __call__(self, patient_id: str | None) -> bool:
        """True where the patient opted out."""
        return patient_id is not None and fold_id(patient_id) in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def __repr__(self) -> str:
        return f"OptOut({len(self._ids)} patients)"

    @property
    def fingerprint(self) -> str:
        """A short hash of the list, for provenance; order and spelling of the ids do not change it."""
        return hashlib.sha256("\n".join(sorted(self._ids)).encode()).hexdigest()[:16]
