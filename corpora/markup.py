"""Reports with gold written into them: `[山本 花子](PERSON/patient)`, `[結節](+ @1 R 12x8 up)`.

A sheet is a text file. Lines before the first `@@` line are `key: value` defaults or `#` comments. Each report begins
with `@@ ID`, then `key: value` lines, a line `----`, and the text up to the next `@@` line. In the text `[words](marks)`
marks words; marks are separated by `;`, may be nested, and `\\[` and `\\]` are plain brackets. Marks:

    CATEGORY/subtype      an identifier                 keep/why        must survive de-identification
    phi-ignore            neither right nor wrong       @1              a site, to be named by findings
    finding-ignore        for findings, likewise        align-ignore    for unmatched findings, likewise
    + ? - ~ …             a finding: positive, suspicious, negative, general, followed by any of
        @1,2  sites       L R B M  side                 12x8  size in mm      <10x7  prior size in mm
        new up down same gone  change                   multi   hist          im=5/132 or im=-/132
        =1  introduces annotated lesion 1               ~1,2  names lesion 1 and 2 again
        !   a lesion that nobody annotated

Offsets are Python string indices of the text without its marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CATEGORIES = ("PERSON", "DATE", "AGE", "ID", "PHONE", "EMAIL", "URL", "ADDRESS", "FACILITY", "OCCUPATION")
CERTAINTY = {"+": "positive", "?": "suspicious", "-": "negative", "~": "general"}
SIDE = {"L": "left", "R": "right", "B": "bilateral", "M": "midline"}
CHANGE = {"new": "new", "up": "increased", "down": "decreased", "same": "stable", "gone": "resolved"}
_SIZE = re.compile(r"<?\d+(?:\.\d+)?(?:x\d+(?:\.\d+)?)*")


class MarkupError(ValueError):
    """The markup of a sheet cannot be read; the message names the report and the place."""


@dataclass(frozen=True, slots=True)
class Mark:
    """`[start, end)` of the plain text carries `label`, as written between the round brackets."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One report of a sheet: its id, its `key: value` lines (with the sheet's defaults), text and marks."""

    id: str
    fields: dict[str, str]
    text: str
    marks: tuple[Mark, ...]


@dataclass(slots=True)
class FindingMark:
    """A finding mark, read."""

    certainty: str
    sites: tuple[str, ...] = ()
    laterality: str | None = None
    sizes: list[list[float]] = field(default_factory=list)
    prior_sizes: list[list[float]] = field(default_factory=list)
    change: str | None = None
    multiple: bool = False
    historical: bool = False
    image_refs: list[tuple[int | None, int]] = field(default_factory=list)
    introduces: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()
    unmatched: bool = False


def plain(marked: str) -> tuple[str, tuple[Mark, ...]]:
    """Split marked text into the plain text and its marks.

    Args:
        marked: text with `[words](marks)`.

    Returns:
        The text without marks, and the marks with offsets into it, in order of their start, outer ones first.

    Raises:
        MarkupError: a bracket without partner, or an empty mark.
    """
    out: list[str] = []
    marks: list[Mark] = []
    opened: list[int] = []
    i = 0
    while i < len(marked):
        c = marked[i]
        if c == "\\" and marked[i + 1 : i + 2] in ("[", "]"):
            out.append(marked[i + 1])
            i += 2
        elif c == "[":
            opened.append(len(out))
            i += 1
        elif c == "]":
            close = marked.find(")", i)
            if not opened or marked[i + 1 : i + 2] != "(" or close < 0:
                raise MarkupError(f"bracket without partner or mark near {marked[max(0, i - 20) : i + 5]!r}")
            start = opened.pop()
            labels = [label.strip() for label in marked[i + 2 : close].split(";")]
            if start == len(out) or not all(labels):
                raise MarkupError(f"empty mark near {marked[max(0, i - 20) : i + 5]!r}")
            marks.extend(Mark(start, len(out), label) for label in labels)
            i = close + 1
        else:
            out.append(c)
            i += 1
    if opened:
        raise MarkupError(f"bracket never closed near {''.join(out[opened[-1] : opened[-1] + 20])!r}")
    return "".join(out), tuple(sorted(marks, key=lambda m: (m.start, -m.end, m.label)))


def finding(label: str) -> FindingMark | None:
    """Read a finding mark such as `+ @1 R 12x8 up`; None where the label is of another kind."""
    tokens = label.split()
    if tokens[0] not in CERTAINTY:
        return None
    found = FindingMark(CERTAINTY[tokens[0]])
    for token in tokens[1:]:
        _token(found, token)
    return found


def _token(found: FindingMark, token: str) -> None:
    if token in SIDE:
        found.laterality = SIDE[token]
    elif token in CHANGE:
        found.change = CHANGE[token]
    elif token == "multi":
        found.multiple = True
    elif token == "hist":
        found.historical = True
    elif token == "!":
        found.unmatched = True
    elif token[0] == "@":
        found.sites = tuple(token[1:].split(","))
    elif token[0] == "=":
        found.introduces = tuple(token[1:].split(","))
    elif token[0] == "~":
        found.repeats = tuple(token[1:].split(","))
    elif token.startswith("im="):
        series, image = token[3:].split("/")
        found.image_refs.append((None if series == "-" else int(series), int(image)))
    elif _SIZE.fullmatch(token):
        size = [float(n) for n in token.lstrip("<").split("x")]
        (found.prior_sizes if token[0] == "<" else found.sizes).append(size)
    else:
        raise MarkupError(f"unknown word {token!r} in a finding mark")


def read_sheet(path: Path) -> Iterator[Entry]:
    """The reports of a sheet, in order.

    Raises:
        MarkupError: a report without `----` or with markup that cannot be read.
    """
    head, *blocks = re.split(r"^@@ ", path.read_bytes().decode("utf-8"), flags=re.MULTILINE)
    defaults = _pairs(head)
    for block in blocks:
        name, _, rest = block.partition("\n")
        meta, bar, body = rest.partition("----\n")
        if not bar:
            raise MarkupError(f"{path.name}, report {name.strip()}: no ---- line")
        try:
            text, marks = plain(body.rstrip("\n"))
        except MarkupError as error:
            raise MarkupError(f"{path.name}, report {name.strip()}: {error}") from None
        yield Entry(name.strip(), defaults | _pairs(meta), text, marks)


def _pairs(lines: str) -> dict[str, str]:
    pairs = {}
    for line in lines.splitlines():
        if line.strip() and not line.startswith("#"):
            key, _, value = line.partition(":")
            pairs[key.strip()] = value.strip()
    return pairs
