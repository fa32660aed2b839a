"""brat standoff: a `.txt` with its `.ann`, read with a check of how offsets are counted, and written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from jmid_nlp.annotations.records import fail
from jmid_nlp.annotations.text import (
    TextDocument,
    TextRelation,
    TextSpan,
    make_span,
    settle_offsets,
    sort_spans,
)  # fmt: skip

_TEXT_BOUND = re.compile(r"T[^\t]*\t(\S+) ([\d; ]+)\t(.*)")
_ATTRIBUTE = re.compile(r"([AM][^\t]*)\t(\S+) (\S+)(?: (.*))?")
_RELATION = re.compile(r"(R[^\t]*)\t(\S+) (.+)")
_EVENT = re.compile(r"(E[^\t]*)\t(\S+:\S+(?: \S+:\S+)*)\s*")


def read_brat(ann: Path, txt: Path | None = None) -> TextDocument:
    """Read one document.

    Attributes (A, M) become attributes of their span, relations (R) and events (E) relations; all other lines (notes,
    normalisations, equivalences) are kept as they stand in `notes`.

    Args:
        ann: The `.ann` file.
        txt: The text file; without it the one of the same name beside it.

    Raises:
        FileFormatError: A line is none of brat's, an offset lies outside the text, or the stored words do not stand
            where the offsets say under any way of counting.
    """
    txt = txt or ann.with_suffix(".txt")
    text = _read(txt).removeprefix("\ufeff")
    lines = [line for line in _read(ann).removeprefix("\ufeff").splitlines() if line.strip()]
    told: list[tuple[str, str, list[tuple[int, int]], str]] = []
    attributes: dict[str, list[tuple[str, str]]] = {}
    relations: list[TextRelation] = []
    notes: list[str] = []
    for number, line in enumerate(lines, 1):
        if bound := _TEXT_BOUND.fullmatch(line):
            fragments = [_offsets(ann, number, part) for part in bound[2].split(";")]
            told.append((line.split("\t")[0], bound[1], fragments, bound[3]))
        elif attribute := _ATTRIBUTE.fullmatch(line):
            attributes.setdefault(attribute[3], []).append((attribute[2], attribute[4] or "true"))
        elif relation := (_RELATION.fullmatch(line) or _EVENT.fullmatch(line)):
            relations.append(_relation(ann, number, relation))
        elif line[0] in "#N*":
            notes.append(line)
        else:
            raise fail(ann, f"line {number}", "no brat annotation")
    _, settled = settle_offsets(ann, text, [(f, surface) for _, _, f, surface in told])
    spans = [
        replace(make_span(fragments, label, ident), attributes=tuple(attributes.get(ident, ())))
        for (ident, label, _, _), fragments in zip(told, settled, strict=True)
    ]
    known = {s.span_id for s in spans} | {r.relation_id for r in relations}
    if loose := sorted(set(attributes) - known):
        notes += [f"attribute of unknown {ident}" for ident in loose]
    return TextDocument(txt.stem, text, sort_spans(spans), tuple(relations), tuple(notes), ann.name)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise fail(path, "file", "does not exist; brat keeps text and annotation side by side") from None
    except UnicodeDecodeError as error:
        raise fail(path, f"byte {error.start}", "not UTF-8") from None


def _offsets(path: Path, number: int, part: str) -> tuple[int, int]:
    ends = part.split()
    if len(ends) != 2 or not int(ends[0]) < int(ends[1]):
        raise fail(path, f"line {number}", "offsets must be start and end, the end behind the start")
    return int(ends[0]), int(ends[1])


def _relation(path: Path, number: int, match: re.Match[str]) -> TextRelation:
    if match[1].startswith("E"):
        (label, trigger), *rest = [part.split(":", 1) for part in match[2].split()]
        return TextRelation(label, (("trigger", trigger), *((a, b) for a, b in rest)), match[1])
    parts = [part.split(":", 1) for part in match[3].split()]
    if any(len(p) != 2 for p in parts):
        raise fail(path, f"line {number}", "relation arguments must be Role:Id")
    return TextRelation(match[2], tuple((a, b) for a, b in parts), match[1])


def write_brat(documents: Iterable[TextDocument], folder: str | Path) -> int:
    """Write each document as `<id>.txt` and `<id>.ann`, offsets in code points.

    Returns:
        How many documents were written.
    """
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for document in documents:
        (out / f"{document.doc_id}.txt").write_bytes(document.text.encode("utf-8"))
        (out / f"{document.doc_id}.ann").write_bytes(_ann(document).encode("utf-8"))
        count += 1
    return count


def _ann(document: TextDocument) -> str:
    lines: list[str] = []
    ids: dict[str, str] = {}
    number = 0
    for n, span in enumerate(document.spans, 1):
        ident = f"T{n}"
        ids.setdefault(span.span_id or f"#{n}", ident)
        fragments = span.fragments or ((span.start, span.end),)
        surface = " ".join(document.text[s:e] for s, e in fragments)
        surface = surface.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
        lines.append(f"{ident}\t{_word(span)} {';'.join(f'{s} {e}' for s, e in fragments)}\t{surface}")
        for name, value in span.attributes:
            number += 1
            lines.append(f"A{number}\t{name} {ident}" + ("" if value == "true" else f" {value}"))
    lines += [_relation_line(r, n, ids) for n, r in enumerate(document.relations, 1)]
    lines += document.notes
    return "".join(line + "\n" for line in lines)


def _word(span: TextSpan) -> str:
    return re.sub(r"\s+", "_", span.label) or "_"


def _relation_line(relation: TextRelation, n: int, ids: dict[str, str]) -> str:
    arguments = [(role, ids.get(ident, ident)) for role, ident in relation.arguments]
    if arguments and arguments[0][0] == "trigger":
        return f"E{n}\t{relation.label}:{arguments[0][1]}" + "".join(f" {a}:{b}" for a, b in arguments[1:])
    return f"R{n}\t{relation.label} " + " ".join(f"{a}:{b}" for a, b in arguments)
