"""spaCy DocBin files: spans in `doc.spans["jmid"]`, read back with their characters; here because spaCy stays in this room."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from jmid_nlp.errors import FileFormatError

GROUP = "jmid"


class _Span(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def label(self) -> str: ...
    @property
    def span_id(self) -> str: ...
    @property
    def attributes(self) -> tuple[tuple[str, str], ...]: ...


class ReadSpan(NamedTuple):
    """A span of a DocBin by characters."""

    start: int
    end: int
    label: str
    span_id: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


class _Document(Protocol):
    @property
    def doc_id(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def spans(self) -> Sequence[Any]: ...


def write_docbin(documents: Iterable[_Document], path: str | Path, *, nlp: Any = None) -> list[tuple[str, str, str]]:
    """Write documents as one DocBin.

    Characters are the truth: each document keeps its spans' character offsets and attributes in its user data, and
    `doc.spans["jmid"]` holds them on tokens. Attributes live in the user data as JSON and not in `Span._`, whose values two
    spans over the same characters would share.

    Args:
        documents: With `doc_id`, `text` and `spans`.
        path: The file.
        nlp: A pipeline whose tokenizer is used; without it this library's own (fugashi).

    Returns:
        `(document, span, reason)` for each span whose rims are no token rims: its token span is the widened one.
    """
    from spacy.tokens import DocBin, SpanGroup

    if nlp is None:
        from spacy.vocab import Vocab

        from jmid_nlp.text.spacy_tokenizer import MecabTokenizer

        make: Any = MecabTokenizer(Vocab())
    else:
        make = nlp.make_doc
    store = DocBin(store_user_data=True)
    moved: list[tuple[str, str, str]] = []
    for document in documents:
        doc = make(document.text)
        spans, kept = [], []
        for s in document.spans:
            where = s.span_id or f"{s.start}:{s.end}"
            exact = doc.char_span(s.start, s.end, label=s.label, span_id=s.span_id or "")
            wide = exact or doc.char_span(
                s.start, s.end, label=s.label, span_id=s.span_id or "", alignment_mode="expand"
            )
            if exact is None:
                moved.append((document.doc_id, where, "widened to whole tokens" if wide else "holds no token"))
            if wide is not None:
                spans.append(wide)
            kept.append([s.start, s.end, s.label, s.span_id, [list(a) for a in s.attributes]])
        doc.spans[GROUP] = SpanGroup(doc, name=GROUP, spans=spans)
        doc.user_data["jmid"] = json.dumps({"id": document.doc_id, "spans": kept}, ensure_ascii=False)
        store.add(doc)
    Path(path).write_bytes(store.to_bytes())
    return moved


def read_docbin(path: str | Path) -> list[tuple[str, str, list[ReadSpan]]]:
    """Documents of a DocBin as `(id, text, spans)`; spans have `start`, `end`, `label`, `span_id` and `attributes`.

    A file of this library gives its stored characters back; of others, `doc.ents` and every span group are read.

    Raises:
        FileFormatError: The file is no DocBin.
    """
    import spacy
    from spacy.tokens import DocBin

    file = Path(path)
    try:
        docs = list(DocBin().from_bytes(file.read_bytes()).get_docs(spacy.vocab.Vocab()))
    except Exception as error:
        raise FileFormatError(f"{file.name}, DocBin: cannot be read ({type(error).__name__})") from None
    return [_document(doc, f"{file.stem}-{n}") for n, doc in enumerate(docs, 1)]


def _document(doc: Any, name: str) -> tuple[str, str, list[ReadSpan]]:
    stored = doc.user_data.get("jmid")
    if isinstance(stored, str):
        kept = json.loads(stored)
        spans = [ReadSpan(s, e, label, i, tuple((k, v) for k, v in a)) for s, e, label, i, a in kept["spans"]]
        return str(kept["id"]), doc.text, spans
    found = {ReadSpan(s.start_char, s.end_char, s.label_, s.id_) for g in doc.spans.values() for s in g}
    found |= {ReadSpan(s.start_char, s.end_char, s.label_, s.id_) for s in doc.ents}
    return name, doc.text, sorted(found)
