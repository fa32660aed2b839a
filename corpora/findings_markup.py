"""Reads the findings corpus: reports in inline markup, gold findings out. See `corpora/findings/README.md`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "findings"
_MARK = re.compile(
    r"<(?P<key>[a-z]):(?P<site>[^<>]+)>|\[(?P<text>[^\[\]|]+)\|(?P<attrs>[^\[\]|]*)\]|\{(?P<skip>[^{}]+)\}"
)
CERTAINTY = {"p": "positive", "s": "suspicious", "n": "negative", "g": "general"}
SIDE = {"L": "left", "R": "right", "B": "bilateral", "M": "midline"}
CHANGE = {"new": "new", "inc": "increased", "dec": "decreased", "stb": "stable", "res": "resolved"}


def read_corpus(split: str) -> list[dict[str, Any]]:
    """All reports of a split (`dev` or `test`) as rows with `id`, `modality`, `text`, `findings` and `ignore`."""
    rows = []
    for block in re.split(r"^== ", (HERE / f"{split}.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        name, _, modality = head.partition(" ")
        rows.append({"id": name, "modality": modality.strip(), **parse_marked(body.rstrip("\n"))})
    return rows


def parse_marked(marked: str) -> dict[str, Any]:
    """Text, findings and ignored spans of one marked report.

    Raises:
        ValueError: An attribute is unknown, or a site key is not defined.
    """
    text = ""
    at = 0
    sites: dict[str, tuple[int, int, str]] = {}
    found: list[tuple[int, int, str]] = []
    ignore: list[list[int]] = []
    for match in _MARK.finditer(marked):
        text += marked[at : match.start()]
        at = match.end()
        written = match["site"] or match["text"] or match["skip"]
        start = len(text)
        text += written
        if match["site"]:
            sites[match["key"]] = (start, len(text), written)
        elif match["text"]:
            found.append((start, len(text), match["attrs"]))
        else:
            ignore.append([start, len(text)])
    text += marked[at:]
    return {"text": text, "findings": [_finding(text, *f, sites) for f in found], "ignore": ignore}


def _finding(text: str, start: int, end: int, attrs: str, sites: dict[str, tuple[int, int, str]]) -> dict[str, Any]:
    item: dict[str, Any] = {
        "start": start, "end": end, "text": text[start:end], "certainty": None, "locations": [], "laterality": None,
        "sizes_mm": [], "prior_sizes_mm": [], "change": None, "multiple": False, "historical": False, "image_refs": [],
    }  # fmt: skip
    for word in attrs.split():
        _attribute(item, word, sites)
    if item["certainty"] is None:
        raise ValueError(f"{text[start:end]!r} has no certainty")
    return item


def _attribute(item: dict[str, Any], word: str, sites: dict[str, tuple[int, int, str]]) -> None:
    if word in CERTAINTY:
        item["certainty"] = CERTAINTY[word]
    elif word in SIDE:
        item["laterality"] = SIDE[word]
    elif word in CHANGE:
        item["change"] = CHANGE[word]
    elif word == "*":
        item["multiple"] = True
    elif word == "h":
        item["historical"] = True
    elif word.startswith("@"):
        for key in word[1:].split(","):
            if key not in sites:
                raise ValueError(f"the site {key!r} is not defined")
            start, end, written = sites[key]
            item["locations"].append({"start": start, "end": end, "site": written})
    elif word.startswith("="):
        item["sizes_mm"] = _sizes(word[1:])
    elif word.startswith("was:"):
        item["prior_sizes_mm"] = _sizes(word[4:])
    elif word.startswith("#"):
        for ref in word[1:].split(","):
            series, _, image = ref.partition("/")
            item["image_refs"].append({"series": None if series == "-" else int(series), "image": int(image)})
    else:
        raise ValueError(f"unknown attribute {word!r}")


def _sizes(word: str) -> list[list[float]]:
    return [[float(v) for v in size.split("x")] for size in word.split(",")]
