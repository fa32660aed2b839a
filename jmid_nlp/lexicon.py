"""Lexicon files and the automaton that finds their forms: the only place that knows the file formats.

A table is a UTF-8 TSV in `jmid_nlp/lexicons/`: first lines `# key: value` (at least `source` and `licence`), then a header
line with the column names, then the rows. Empty lines and lines that start with `#` are skipped. A cell holds several
forms separated by `|`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import daachorse

from jmid_nlp.errors import LexiconError

Row = dict[str, str]
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def read_text(name: str) -> str:
    """The text of a lexicon file inside the package, by its path under `lexicons/`."""
    return files("jmid_nlp").joinpath("lexicons", *name.split("/")).read_text(encoding="utf-8")


def read_table(name: str, columns: Sequence[str] = (), *, overlay: Path | None = None) -> list[Row]:
    """Rows of a table as dicts, with the user's own rows after ours.

    Args:
        name: Path under `lexicons/`, such as `phi/surnames.tsv`.
        columns: Columns that must exist.
        overlay: A file of the same form with rows of the user's own.

    Raises:
        LexiconError: A column is missing, or a row has another number of cells than the header.
    """
    rows = list(_parse(name, read_text(name), columns))
    if overlay is not None:
        rows += _parse(overlay.name, overlay.read_text(encoding="utf-8"), columns)
    return rows


def _parse(name: str, text: str, columns: Sequence[str]) -> Iterator[Row]:
    header: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if header is None:
            header = cells
            if missing := [c for c in columns if c not in header]:
                raise LexiconError(f"{name}: column {missing[0]!r} is missing; the header must hold {list(columns)}")
            continue
        if len(cells) > len(header):
            raise LexiconError(f"{name}, line {number}: {len(cells)} cells where the header has {len(header)}")
        yield dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True))


def read_pairs(name: str) -> list[tuple[str, str]]:
    """The first two columns of a table."""
    return [tuple(list(row.values())[:2]) for row in read_table(name)]  # type: ignore[misc]


def split_forms(cell: str) -> list[str]:
    """The forms of a cell: `a|b` is two."""
    return [f for f in cell.split("|") if f]


_BRACES = re.compile(r"\{([^{}]*)\}")


def braces(form: str) -> Iterator[str]:
    """All forms that a form with braces stands for, in order: `a{b,c}` is ab and ac."""
    found = _BRACES.search(form)
    if found is None:
        yield form
        return
    for choice in found.group(1).split(","):
        yield from braces(form[: found.start()] + choice + form[found.end() :])


class Automaton:
    """Finds all forms of a lexicon in one pass over a text (Aho-Corasick, linear in the length of the text).

    Args:
        forms: The strings to find; a form given twice keeps its first number.
        overlapping: True to report every occurrence, False (default) for the leftmost longest ones that do not overlap.
    """

    def __init__(self, forms: Iterable[str], *, overlapping: bool = False) -> None:
        self.forms = list(dict.fromkeys(f for f in forms if f))
        self.overlapping = overlapping
        self._engine: Any = None
        if self.forms:
            kind = daachorse.MATCH_KIND_STANDARD if overlapping else daachorse.MATCH_KIND_LEFTMOST_LONGEST
            self._engine = daachorse.CharwiseDoubleArrayAhoCorasick(self.forms, kind)

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """`(start, end, number of the form)` of each occurrence, ascending by start."""
        if self._engine is None:
            return []
        if not self.overlapping:
            return _search(self._engine.find, text)
        return sorted(_search(self._engine.find_overlapping, text))

    def find_by_end(self, text: str) -> list[tuple[int, int, int]]:
        """As `find`, every occurrence, ascending by end: the order in which a best path over the text is built."""
        return [] if self._engine is None else _search(self._engine.find_overlapping, text)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (tuple(self.forms), self.overlapping))


def _search(find: Any, text: str) -> list[tuple[int, int, int]]:
    try:
        return list(find(text))
    except UnicodeEncodeError:  # lone surrogates: one character for one, so offsets stay
        return list(find(_SURROGATES.sub("\ufffd", text)))


def _rebuild(forms: tuple[str, ...], overlapping: bool) -> Automaton:
    return Automaton(forms, overlapping=overlapping)


@cache
def lexicon_version() -> str:
    """A short hash over all lexicons and trained weights: what a result's provenance names."""
    import hashlib

    digest = hashlib.sha256()
    for root in (Path(str(files("jmid_nlp").joinpath(name))) for name in ("lexicons", "weights")):
        for path in sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()):
            digest.update(path.encode() + b"\0" + (root / path).read_bytes())
    return digest.hexdigest()[:12]
