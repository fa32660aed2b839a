"""PRISM XML: texts with inline tags such as `<d certainty="positive">結節</d>`, read with nesting, written flat or nested."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from jmid_nlp.annotations.records import fail
from jmid_nlp.annotations.text import Loss, TextDocument, TextSpan, sort_spans

_DOCUMENT = ("article", "report", "document", "doc", "text")


def read_prism(path: Path, content: str | None = None) -> list[TextDocument]:
    """Documents of a PRISM XML file.

    The text of a document is that of its element, character for character; a `correction` attribute is kept as an
    attribute and never replaces the text. A fragment without a root element is read as one document.

    Args:
        path: The file.
        content: Its text where it is already read.

    Raises:
        FileFormatError: The XML is broken or declares entities.
    """
    raw = (path.read_bytes().decode("utf-8-sig") if content is None else content).replace("\r\n", "\n")
    if "<!ENTITY" in raw:
        raise fail(path, "DOCTYPE", "declares entities, which are not read")
    body = re.sub(r"^\s*<\?xml[^>]*\?>|<!DOCTYPE[^>\[]*(?:\[[^\]]*\])?>", "", raw)
    try:
        root = ElementTree.fromstring(f"<jmid-root>{body}</jmid-root>")
    except ElementTree.ParseError as error:
        raise fail(path, f"line {error.position[0]}", "broken XML") from None
    articles = [
        e for e in root.iter() if e.tag in _DOCUMENT and not any(c.tag in _DOCUMENT for c in e.iter() if c is not e)
    ]
    if not articles:
        articles = [root]
    return [_document(path, a, n) for n, a in enumerate(articles, 1)]


def _document(path: Path, article: ElementTree.Element, number: int) -> TextDocument:
    parts: list[str] = []
    spans: list[TextSpan] = []
    length = _walk(article, parts, spans, 0)
    text = "".join(parts)
    assert length == len(text)
    return TextDocument(article.get("id") or f"{path.stem}-{number}", text, sort_spans(spans), source=path.name)


def _walk(element: ElementTree.Element, parts: list[str], spans: list[TextSpan], at: int) -> int:
    """Collect the text below an element in reading order: its own, then each child's and what follows the child."""
    if element.text:
        parts.append(element.text)
        at += len(element.text)
    for child in element:
        start = at
        at = _walk(child, parts, spans, at)
        if at > start:
            spans.append(TextSpan(start, at, child.tag, child.get("id") or "", _attributes(child)))
        if child.tail:
            parts.append(child.tail)
            at += len(child.tail)
    return at


def _attributes(element: ElementTree.Element) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((k, v) for k, v in element.attrib.items() if k != "id"))


def write_prism(documents: Iterable[TextDocument], path: str | Path) -> list[Loss]:
    """Write documents as PRISM XML. Nested spans become nested tags; crossing and discontinuous ones cannot be held.

    Returns:
        What could not be written, span by span.
    """
    losses: list[Loss] = []
    out = ['<?xml version="1.0" encoding="UTF-8"?>\n<articles>\n']
    for document in documents:
        out.append(f"<article id={quoteattr(document.doc_id)}>{_inline(document, losses)}</article>\n")
        losses += [
            Loss(document.doc_id, r.relation_id or r.label, "relations have no place") for r in document.relations
        ]
    out.append("</articles>\n")
    Path(path).write_bytes("".join(out).encode("utf-8"))
    return losses


def _inline(document: TextDocument, losses: list[Loss]) -> str:
    out: list[str] = []
    open_ends: list[tuple[int, str]] = []
    at = 0

    def upto(position: int) -> None:
        nonlocal at
        while open_ends and open_ends[-1][0] <= position:
            end, tag = open_ends.pop()
            out.append(_escape(document.text[at:end]) + f"</{tag}>")
            at = end
        out.append(_escape(document.text[at:position]))
        at = position

    for span in sort_spans(document.spans):
        where = span.span_id or f"{span.start}:{span.end}"
        if span.fragments:
            losses.append(Loss(document.doc_id, where, "discontinuous; written as one span"))
        upto(span.start)
        if open_ends and span.end > open_ends[-1][0]:
            losses.append(Loss(document.doc_id, where, "crosses another span; left out"))
            continue
        tag = re.sub(r"[^\w.-]", "_", span.label) or "_"
        ident = f" id={quoteattr(span.span_id)}" if span.span_id else ""
        out.append(f"<{tag}{ident}" + "".join(f" {k}={quoteattr(v)}" for k, v in span.attributes) + ">")
        open_ends.append((span.end, tag))
    upto(len(document.text))
    return "".join(out)


def _escape(text: str) -> str:
    return escape(text, {"\r": "&#13;"})
