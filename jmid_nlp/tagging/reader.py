"""Identifiers that the trained model of the package sees in a text: the second reader of detection's mode `accurate`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jmid_nlp.deid.charfeatures import pieces
from jmid_nlp.schema import Category

if TYPE_CHECKING:
    from spacy.language import Language

FOLDER = Path(__file__).parents[1] / "weights" / "ja_jmid_core"
_LONGEST = 4096  # characters of one pass, which bounds memory
_SURROGATE = re.compile("[\ud800-\udfff]")


def read(text: str) -> Iterator[tuple[int, int, Category, float]]:
    """What the model takes for identifiers.

    Args:
        text: The folded text, any string.

    Yields:
        Start, end, category and mean probability, ascending.
    """
    safe = _SURROGATE.sub("\ufffd", text)
    for start, end in _parts(safe):
        doc = model()(safe[start:end])
        group = doc.spans["identifiers"]
        for span, score in zip(group, group.attrs["scores"], strict=True):
            yield start + span.start_char, start + span.end_char, span.label_, score


@cache
def model() -> Language:
    """The model without its other layers; read once."""
    import spacy

    import jmid_nlp.tagging.factories  # noqa: F401  registers the names also where entry points are not installed

    return spacy.load(FOLDER, exclude=["entities", "certainty"])


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Whole lines and sentences of together no more than `_LONGEST` characters; one that is longer is cut."""
    start = at = 0
    for _, end in pieces(text) if len(text) > _LONGEST else [(0, len(text))]:
        if end - start > _LONGEST:
            if at > start:
                yield start, at
            start = at
            while end - start > _LONGEST:
                yield start, start + _LONGEST
                start += _LONGEST
        at = end
    if at > start:
        yield start, at
