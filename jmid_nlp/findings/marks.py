"""Words that say more of a finding than that it is there: how it looks, how many there are, what to do about it.

They stand in tables of their own (`TABLES`) and are found in the same pass as the words of `terms.LEXICONS`, beside them: they
take no part in the reading of the text, so a word may be both a finding there and a description here (低吸収, 早期濃染). Each
table is read by itself, the longest form from the left; its rows of kind `guard` hide forms inside them and are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from jmid_nlp.errors import LexiconError
from jmid_nlp.lexicon import braces, read_table, split_forms
from jmid_nlp.offsets import fold

TABLES = ("attributes.tsv", "count.tsv", "recommend.tsv")
_COLUMNS = ("id", "kind", "group", "ja", "en", "abbr")
_FORMS = ("ja", "en", "abbr")
_EXACT = 4  # Latin forms up to this length keep their case


class Mark(NamedTuple):
    """A word of one of the tables: `[start, end)` of the folded text and the kind, id and group of its row."""

    start: int
    end: int
    kind: str
    id: str
    group: str

    def __repr__(self) -> str:  # never the text itself
        return f"Mark({self.start}, {self.end}, {self.kind}, {self.id})"


class Marks(NamedTuple):
    """The marks of one text, ascending, those of each table by themselves."""

    looks: tuple[Mark, ...] = ()
    counts: tuple[Mark, ...] = ()
    advice: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A written form: the table it stands in (its number in `TABLES`), what its row says, and how it must be written."""

    table: int
    kind: str
    id: str
    group: str
    exact: str  # as written where case counts, else ""
    latin: bool  # whether it begins or ends with a Latin letter or a digit


@cache
def forms() -> dict[str, tuple[Form, ...]]:
    """Every form of the tables, folded and lowered, with its rows: at most one a table.

    Raises:
        LexiconError: A form stands twice in a table.
    """
    found: dict[str, tuple[Form, ...]] = {}
    for table, name in enumerate(TABLES):
        for row in read_table(name, _COLUMNS):
            for written in _written(row):
                key = written.lower()
                before = found.get(key, ())
                if any(f.table == table and (f.kind, f.id, f.group) != _what(row) for f in before):
                    raise LexiconError(f"{name}: the form of row {row['id']!r} stands in two rows")
                if not any(f.table == table for f in before):
                    exact = written if written.isascii() and len(written) <= _EXACT and not written.islower() else ""
                    latin = _latin(written[0]) or _latin(written[-1])
                    found[key] = (*before, Form(table, *_what(row), exact, latin))
    return found


def _what(row: dict[str, str]) -> tuple[str, str, str]:
    return row["kind"], row["id"], row["group"]


def _written(row: dict[str, str]) -> Iterable[str]:
    for column in _FORMS:
        for cell in split_forms(row[column]):
            for form in braces(cell):
                yield fold(form).text


def choose(text: str, hits: list[tuple[int, int, tuple[Form, ...]]]) -> Marks:
    """The marks of a text: of each table the longest forms from the left.

    Args:
        text: The folded text.
        hits: Every occurrence of a form: its start, its end with a minus sign (so that the longest stands first), its rows.
    """
    if not hits:
        return Marks()
    hits.sort()
    done = [0] * len(TABLES)
    out: tuple[list[Mark], ...] = tuple([] for _ in TABLES)
    for start, minus, rows in hits:
        for form in rows:
            table = form.table
            if start < done[table] or (form.latin and not _stands(text, start, -minus, form)):
                continue
            done[table] = -minus
            if form.kind != "guard":
                out[table].append(Mark(start, -minus, form.kind, form.id, form.group))
    return Marks(*map(tuple, out))


def _stands(text: str, start: int, end: int, form: Form) -> bool:
    """Whether a form with Latin ends is a word of its own there."""
    if form.exact and text[start:end] != form.exact:
        return False
    before, after = text[start - 1 : start], text[end : end + 1]
    if _latin(text[start]) and before.isascii() and before.isalpha():
        return False
    return not (_latin(text[end - 1]) and after.isascii() and after.isalnum())


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


@cache
def labels() -> dict[tuple[str, str], tuple[str, str]]:
    """The Japanese and the English label of each row: `(kind, id)` to the first form of either language."""
    out: dict[tuple[str, str], tuple[str, str]] = {}
    for name in TABLES:
        for row in read_table(name, _COLUMNS):
            if row["kind"] != "guard":
                out.setdefault((row["kind"], row["id"]), (_first(row["ja"]), _first(row["en"])))
    return out


def _first(cell: str) -> str:
    return next(iter(braces(split_forms(cell)[0])), "") if cell else ""
