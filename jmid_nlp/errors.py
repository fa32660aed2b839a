"""Errors of the library: each is a `JmidError` and the builtin error that a caller would expect.

A message names the place (row, field, file, element) and the way out. It never holds report text, an identifier or a key.
"""


class JmidError(Exception):
    """Base of all errors raised on purpose by this library."""


class InputError(JmidError, ValueError):
    """A row, field or argument cannot be used."""


class RowError(InputError):
    """One row of an input cannot be used; the others can.

    Args:
        row: Zero-based position of the row in its input.
        field: Name of the field that is wrong, or "row" where the row as a whole is.
        reason: What is wrong and what would be right, without the field's value.
        row_id: The row's id where it has a usable one.
    """

    def __init__(self, *, row: int, field: str, reason: str, row_id: str | None = None) -> None:
        super().__init__(f"row {row}, field {field!r}: {reason}")
        self.row = row
        self.field = field
        self.reason = reason
        self.row_id = row_id

    def __reduce__(self) -> tuple[object, ...]:
        return (_row_error, (self.row, self.field, self.reason, self.row_id))


def _row_error(row: int, field: str, reason: str, row_id: str | None) -> RowError:
    return RowError(row=row, field=field, reason=reason, row_id=row_id)


class FileFormatError(InputError):
    """A file is not what it should be; the message names the file and the element."""


class LexiconError(JmidError, ValueError):
    """A lexicon file breaks its own format; the message names file, line and column."""


class PolicyError(JmidError, ValueError):
    """A de-identification policy cannot be used as written."""


class KeyMaterialError(JmidError, ValueError):
    """The secret key is missing, too short or given in a place where keys must not stand."""


class NotDeidentifiedError(JmidError, TypeError):
    """Raw reports were handed to something that writes data for others."""


class WithheldError(JmidError, RuntimeError):
    """A record could not be de-identified with certainty and is held back, never passed on as it is.

    Args:
        row_id: The record's id.
        field: The column at fault.
        reason: What went wrong, without any of the record's text.
    """

    def __init__(self, row_id: str, field: str, reason: str) -> None:
        super().__init__(f"record {row_id!r} is withheld, field {field!r}: {reason}")
        self.row_id = row_id
        self.field = field
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return (WithheldError, (self.row_id, self.field, self.reason))


class WorkerError(JmidError, RuntimeError):
    """A process of a run was ended from outside; what was finished before is kept."""


class LeakError(JmidError, RuntimeError):
    """A finished dataset would leak: a patient, study or text stands in two splits, or an opted-out patient is inside."""


class MissingExtraError(JmidError, ImportError):
    """An optional dependency is not installed; the message gives the pip command."""
