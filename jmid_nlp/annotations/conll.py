"""IOB and CoNLL columns: one token a line with its tag, characters or words; read in IOB1, IOB2 or BIOES, written in IOB2."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from jmid_nlp.annotations.records import fail
from jmid_nlp.annotations.text import Loss, TextDocument, TextSpan, sort_spans

_TAG = re.compile(r"O|([BIESLU])-(.+)")
Tokens = Callable[[str], Sequence[tuple[int, int]]]


def read_conll(path: Path, content: str | None = None) -> list[TextDocument]:
    """Documents of a column file: the token first, the tag last, an empty line between sentences or documents.

    A comment `# text = "…"` (a JSON string) gives the text; without it the tokens are joined, as Japanese is written.
    A document begins at `# doc_id = …` or `-DOCSTART-`; without either the file is one document.

    Raises:
        FileFormatError: A line has no tag, or a token does not stand in the given text.
    """
    raw = path.read_bytes().decode("utf-8-sig") if content is None else content
    documents: list[TextDocument] = []
    builder = _Builder(path, path.stem)
    for number, line in enumerate(raw.split("\n"), 1):
        line = line.rstrip("\r")
        if line.startswith(("# doc_id = ", "-DOCSTART-")):
            documents += builder.finish()
            name = line.removeprefix("# doc_id = ") if line.startswith("#") else f"{path.stem}-{len(documents) + 1}"
            builder = _Builder(path, name)
        elif line.startswith("# text = "):
            builder.text = str(json.loads(line.removeprefix("# text = ")))
        elif line.startswith("# ") or not line.strip():
            builder.pause()
        else:
            builder.token(number, re.split(r"\t| +", line.strip(" ")))
    return documents + builder.finish()


class _Builder:
    """Collects the tokens of one document."""

    def __init__(self, path: Path, doc_id: str) -> None:
        self.path, self.doc_id = path, doc_id
        self.text: str | None = None
        self.joined = ""
        self.spans: list[TextSpan] = []
        self.open: tuple[int, int, str] | None = None

    def token(self, number: int, cells: list[str]) -> None:
        """One line of the file."""
        tag = _TAG.fullmatch(cells[-1]) if len(cells) >= 2 else None
        if tag is None:
            raise fail(self.path, f"line {number}", "needs a token and a tag such as O or B-d")
        start = self._find(number, cells[0])
        end = start + len(cells[0])
        self.joined += "" if self.text is not None else cells[0]
        kind, label = tag[1], tag[2]
        if kind is None or kind in "BSU" or (self.open and self.open[2] != label):
            self._close()
        if kind is not None:
            self.open = (self.open[0] if self.open else start, end, label)
            if kind in "ESLU":
                self._close()
        self.at = end

    at = 0

    def _find(self, number: int, token: str) -> int:
        if self.text is None:
            return len(self.joined)
        found = self.text.find(token, self.at)
        if found < 0 or self.text[self.at : found].strip():
            raise fail(self.path, f"line {number}", "token is not the next one of the text")
        return found

    def pause(self) -> None:
        """A sentence ends."""
        self._close()

    def _close(self) -> None:
        if self.open:
            self.spans.append(TextSpan(*self.open))
        self.open = None

    def finish(self) -> list[TextDocument]:
        """The document, or nothing where there were no tokens."""
        self._close()
        text = self.joined if self.text is None else self.text
        return [TextDocument(self.doc_id, text, sort_spans(self.spans), source=self.path.name)] if text else []


def write_conll(documents: Iterable[TextDocument], path: str | Path, *, tokens: Tokens | None = None) -> list[Loss]:
    """Write documents in IOB2, by characters or by the tokens given.

    Args:
        documents: What to write; the text stands in a comment, so that blanks and line ends survive.
        path: The file.
        tokens: Gives the token spans of a text; without it each character that is no blank is a token.

    Returns:
        Spans that are nested, cross, are discontinuous or do not end where a token ends; the first three are left out
        or joined, the last are widened to whole tokens.
    """
    losses: list[Loss] = []
    out: list[str] = []
    for document in documents:
        cuts = tokens(document.text) if tokens else [(i, i + 1) for i, c in enumerate(document.text) if not c.isspace()]
        tags = ["O"] * len(cuts)
        for span in sort_spans(document.spans):
            _tag(document, span, cuts, tags, losses)
        losses += [
            Loss(document.doc_id, r.relation_id or r.label, "relations have no place") for r in document.relations
        ]
        out.append(f"# doc_id = {document.doc_id}\n# text = {json.dumps(document.text, ensure_ascii=False)}\n")
        out += [f"{document.text[s:e]}\t{tag}\n" for (s, e), tag in zip(cuts, tags, strict=True)]
        out.append("\n")
    Path(path).write_bytes("".join(out).encode("utf-8"))
    return losses


def _tag(
    document: TextDocument, span: TextSpan, cuts: Sequence[tuple[int, int]], tags: list[str], losses: list[Loss]
) -> None:
    where = span.span_id or f"{span.start}:{span.end}"
    inside = [n for n, (s, e) in enumerate(cuts) if s < span.end and e > span.start]
    if not inside or any(tags[n] != "O" for n in inside):
        losses.append(Loss(document.doc_id, where, "overlaps another span; left out" if inside else "holds no token"))
        return
    if span.fragments:
        losses.append(Loss(document.doc_id, where, "discontinuous; written as one span"))
    if span.attributes:
        losses.append(Loss(document.doc_id, where, "attributes have no place"))
    if cuts[inside[0]][0] < span.start or cuts[inside[-1]][1] > span.end:
        losses.append(Loss(document.doc_id, where, "widened to whole tokens"))
    label = re.sub(r"\s+", "_", span.label)
    for n in inside:
        tags[n] = ("B-" if n == inside[0] else "I-") + label
