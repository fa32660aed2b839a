"""Entities of reports as the field's annotation files: brat, PRISM XML, CoNLL and spaCy DocBin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jmid_nlp.annotations.text import TextDocument, TextSpan
from jmid_nlp.errors import InputError
from jmid_nlp.schema import Entity, Extraction

FORMATS = ("brat", "prism", "conll", "docbin")
# In PRISM a disease has a certainty; tests, remedies and clinical contexts have a state.
_ATTRIBUTE = {"d": "certainty"}


def documents(pairs: Iterable[tuple[str, Extraction]]) -> Iterator[TextDocument]:
    """Annotated texts from `(text, extraction)` pairs; the spans are those of `Extraction.entities`."""
    from jmid_nlp.batch.sinks import writable

    for text, extraction in pairs:
        spans = tuple(_span(n, e) for n, e in enumerate(extraction.entities, 1))
        # a lone surrogate cannot be written as UTF-8; its replacement is one character, too, and no offset moves
        yield TextDocument(writable(extraction.report_id), writable(text), spans)


def _span(number: int, entity: Entity) -> TextSpan:
    attributes = ((_ATTRIBUTE.get(entity.type, "state"), entity.attr),) if entity.attr else ()
    return TextSpan(entity.start, entity.end, entity.type, f"T{number}", attributes)


def export(pairs: Iterable[tuple[str, Extraction]], path: Path, *, to: str) -> list[Any]:
    """Write the entities of reports.

    Args:
        pairs: Texts with what was read from them.
        path: A folder for brat, a file for the others.
        to: `brat`, `prism`, `conll` (IOB2 by fugashi tokens) or `docbin`.

    Returns:
        What the format could not hold, entry by entry; nothing is dropped in silence.

    Raises:
        InputError: The format is unknown.
    """
    found = documents(pairs)
    if to == "brat":
        from jmid_nlp.annotations.brat import write_brat

        write_brat(found, path)
        return []
    if to not in FORMATS:
        raise InputError(f"format {to!r} is not known; choose one of {', '.join(FORMATS)}")
    aside = path.with_name(f"{path.stem}.part{path.suffix}")  # the file appears whole or not at all
    try:
        lost = _write(found, aside, to)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return lost


def _write(found: Iterator[TextDocument], path: Path, to: str) -> list[Any]:
    if to == "prism":
        from jmid_nlp.annotations.prism import write_prism

        return list(write_prism(found, path))
    if to == "conll":
        from jmid_nlp.annotations.conll import write_conll

        return list(write_conll(found, path, tokens=_token_spans))
    from jmid_nlp.text.docbin import write_docbin

    return list(write_docbin(found, path))


def _token_spans(text: str) -> list[tuple[int, int]]:
    from jmid_nlp.text.tokens import tokenize

    found = tokenize(text)
    return list(zip(found.starts, found.ends, strict=True))
