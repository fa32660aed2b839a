"""`read_text_annotations`: annotated texts in brat, PRISM XML, CoNLL, Doccano, Label Studio or DocBin, by content."""

from __future__ import annotations

import json
from pathlib import Path

from jmid_nlp.annotations import brat, conll, jsonspans, prism
from jmid_nlp.annotations.records import fail
from jmid_nlp.annotations.text import TextDocument, TextSpan, sort_spans
from jmid_nlp.errors import FileFormatError

_ZLIB = (b"\x78\x9c", b"\x78\xda", b"\x78\x01", b"\x78\x5e")


def read_text_annotations(path: str | Path, problems: list[FileFormatError] | None = None) -> list[TextDocument]:
    """Read annotated texts from a file or a folder.

    Args:
        path: A file, or a folder that is read recursively in order of names. A brat document is named by its `.ann`.
        problems: In a folder, files that cannot be read are added here; without a list the first one is raised.

    Raises:
        FileFormatError: A file cannot be read.
    """
    root = Path(path)
    if root.is_file():
        return _read(root)
    if not root.is_dir():
        raise fail(root, "file", "does not exist")
    out: list[TextDocument] = []
    files = sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith("."))
    texts = {p.with_suffix(".txt") for p in files if p.suffix == ".ann"}
    for file in files:
        if file in texts:
            continue
        try:
            out += _read(file)
        except FileFormatError as error:
            if problems is None:
                raise
            problems.append(error)
    return out


def _read(path: Path) -> list[TextDocument]:
    raw = path.read_bytes()
    if raw[:2] in _ZLIB:
        from jmid_nlp.text.docbin import read_docbin

        return [
            TextDocument(name, text, sort_spans(TextSpan(*s) for s in spans), source=path.name)
            for name, text, spans in read_docbin(path)
        ]
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fail(path, f"byte {error.start}", "not UTF-8, and no DocBin") from None
    start = content.lstrip()[:1]
    if path.suffix == ".ann":
        return [brat.read_brat(path)]
    if start == "<":
        return prism.read_prism(path, content)
    if start == "[":
        data = json.loads(content) if _is_json(content) else None
        if jsonspans.is_label_studio(data):
            return jsonspans.read_label_studio(path, data)  # type: ignore[arg-type]
        raise fail(path, "document", "no Label Studio export; a list of tasks with 'data' and 'annotations'")
    if start == "{":
        return jsonspans.read_doccano(path, content)
    return conll.read_conll(path, content)


def _is_json(content: str) -> bool:
    try:
        json.loads(content)
    except json.JSONDecodeError:
        return False
    return True
