"""What a detector hands on: a span of the folded text with category, score, name and rank."""

from __future__ import annotations

from typing import NamedTuple

from jmid_nlp.schema import Category

# Rank decides first where two spans overlap (merge.py): the record's own data, then shapes that prove themselves, then
# labels, honorifics, grammars of places and facilities, and last the weak evidence of a list.
KNOWN, SHAPED, LABELLED, TITLED, GRAMMAR, LISTED, WEAK = 70, 60, 50, 45, 40, 30, 20


class Hit(NamedTuple):
    """A possible identifier: `[start, end)` in the folded text."""

    start: int
    end: int
    category: Category
    subtype: str
    score: float
    detector: str
    rank: int
