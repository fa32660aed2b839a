"""Annotated texts: spans with labels, attributes and relations, and the check that says how a file counts characters.

Offsets are Python string indices of `TextDocument.text`, half-open. Files count otherwise: in UTF-16 units (JavaScript
tools), in bytes, with a byte order mark, with CRLF as one. `settle_offsets` accepts only a reading under which every
stored surface is what stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jmid_nlp.annotations.records import fail


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A labelled span; `fragments` has more than one part for a discontinuous one, `start` and `end` are its rims."""

    start: int
    end: int
    label: str
    span_id: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    fragments: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TextRelation:
    """A relation between spans: `arguments` are pairs of role and span id."""

    label: str
    arguments: tuple[tuple[str, str], ...]
    relation_id: str = ""


@dataclass(frozen=True, slots=True)
class TextDocument:
    """A text with its spans, in order of their positions. `notes` keeps lines of a format that have no other place."""

    doc_id: str
    text: str = field(repr=False)
    spans: tuple[TextSpan, ...] = ()
    relations: tuple[TextRelation, ...] = ()
    notes: tuple[str, ...] = field(default=(), repr=False)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that a format cannot hold and a writer left out or changed: document, span id or position, reason."""

    doc_id: str
    element: str
    reason: str


def sort_spans(spans: Iterable[TextSpan]) -> tuple[TextSpan, ...]:
    """Spans by position, outer ones first."""
    return tuple(sorted(spans, key=lambda s: (s.start, -s.end, s.label, s.span_id)))


def _code_points(text: str) -> list[int]:
    return list(range(len(text) + 1))


def _utf16(text: str) -> list[int]:
    """Index of each UTF-16 unit; the second half of a pair points to its character."""
    out: list[int] = []
    for n, char in enumerate(text):
        out += [n] * (2 if ord(char) > 0xFFFF else 1)
    return [*out, len(text)]


def _bytes(text: str) -> list[int]:
    out: list[int] = []
    for n, char in enumerate(text):
        out += [n] * len(char.encode("utf-8", "surrogatepass"))
    return [*out, len(text)]


def _crlf_as_one(text: str) -> list[int]:
    out = [n for n, char in enumerate(text) if not (char == "\n" and n and text[n - 1] == "\r")]
    return [*out, len(text)]


_UNITS: dict[str, Callable[[str], list[int]]] = {
    "code points": _code_points, "CRLF as one": _crlf_as_one, "UTF-16 units": _utf16, "bytes": _bytes,
}  # fmt: skip


def settle_offsets(
    path: Path, text: str, told: Sequence[tuple[Sequence[tuple[int, int]], str | None]]
) -> tuple[str, list[list[tuple[int, int]]]]:
    """Find how a file counts and give its spans as string indices.

    Args:
        path: The file, for messages.
        text: The text, as it is, without a byte order mark.
        told: For each span its fragments as the file has them, and the surface that the file stores (None for none).

    Returns:
        The name of the reading and the fragments of each span in string indices.

    Raises:
        FileFormatError: No reading fits all surfaces, or several do and differ.
    """
    fits: dict[str, list[list[tuple[int, int]]]] = {}
    for name, unit in _UNITS.items():
        index = unit(text)
        for shift in (0, 1):
            spans = [_project(fragments, index, shift) for fragments, _ in told]
            if all(
                s is not None and _surface_fits(text, s, surface) for s, (_, surface) in zip(spans, told, strict=True)
            ):
                label = name + (", byte order mark counted" if shift else "")
                fits[label] = [s for s in spans if s is not None]
        if name in fits and all(surface is None for _, surface in told):
            break  # nothing to check by: the plain reading
    if not fits:
        raise fail(path, "offsets", "no way of counting characters gives the stored words")
    results = list(fits.values())
    if any(r != results[0] for r in results[1:]):
        plain = fits.get("code points")
        if plain is None:
            raise fail(path, "offsets", f"ambiguous: {' or '.join(fits)}")
        return "code points", plain
    return next(iter(fits)), results[0]


def _project(fragments: Sequence[tuple[int, int]], index: list[int], shift: int) -> list[tuple[int, int]] | None:
    out = []
    for start, end in fragments:
        if not 0 <= start - shift < end - shift < len(index):
            return None
        out.append((index[start - shift], index[end - shift]))
    return out


def _surface_fits(text: str, fragments: Sequence[tuple[int, int]], surface: str | None) -> bool:
    if surface is None:
        return True
    found = " ".join(text[s:e] for s, e in fragments)
    return _flat(found) == _flat(surface)


def _flat(text: str) -> str:
    """Text with line ends as blanks, which is how one-line formats store a surface."""
    return text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").replace("\t", " ").strip(" ")


def make_span(fragments: Sequence[tuple[int, int]], label: str, span_id: str = "", **attributes: Any) -> TextSpan:
    """A span from its fragments."""
    parts = tuple(sorted(fragments))
    return TextSpan(
        parts[0][0], max(e for _, e in parts), label, span_id,
        tuple((k, str(v)) for k, v in sorted(attributes.items()) if v is not None),
        parts if len(parts) > 1 else (),
    )  # fmt: skip
