"""What the networks of this room see of each token: spaCy's attributes, its script, the lists it stands in, its place."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from jmid_nlp.deid.charfeatures import LISTS, MEMBER, PLACES, kind, members, positions
from jmid_nlp.offsets import fold

#: Attributes of spaCy that are embedded; NORM first: the columns `HIDDEN` are those that name the word itself.
ATTRIBUTES = ("NORM", "PREFIX", "SUFFIX", "LEMMA", "TAG")
HASHED = (*ATTRIBUTES, "SCRIPT")
HIDDEN = (0, 2, 3)
#: Values of each column that is written out as zeros and a one.
SMALL = (*([MEMBER * MEMBER] * len(LISTS)), PLACES, PLACES, PLACES, PLACES)
_LONGEST_RUN = 4


def features(doc: Doc) -> NDArray[np.uint64]:
    """Numbers of shape (tokens, len(HASHED) + len(SMALL)).

    The first columns are hashes of the attributes and of the script of the word; then for each list of
    `deid.charfeatures.LISTS` the codes of the token's first and last character, and its place in line and text.
    """
    n = len(doc)
    out = np.zeros((n, len(HASHED) + len(SMALL)), np.uint64)
    if not n:
        return out
    out[:, : len(ATTRIBUTES)] = doc.to_array(list(ATTRIBUTES)).reshape(n, -1)
    out[:, len(ATTRIBUTES)] = [_script(token.text) + (token.whitespace_ != "") for token in doc]
    view = fold(doc.text)
    first, last = _borders(doc, view)
    lists = members(view.text)
    at = len(HASHED)
    out[:, at : at + len(LISTS)] = (lists[:, first] * MEMBER + lists[:, last]).T
    places = positions(view.text)
    out[:, at + len(LISTS) :] = np.stack([places[0, first], places[1, last], places[2, first], places[3, first]], 1)
    return out


def _borders(doc: Doc, view: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last character of each token in the folded text."""
    starts, lengths = (a.astype(np.int64) for a in doc.to_array(["IDX", "LENGTH"]).T)
    ends = starts + lengths
    if view.map:
        moved = np.array([view.map.to_target(s, e) for s, e in zip(starts.tolist(), ends.tolist(), strict=True)])
        starts, ends = moved[:, 0], moved[:, 1]
    high = max(0, len(view.text) - 1)
    first = np.minimum(starts, high)
    return first, np.clip(ends - 1, first, high)


@lru_cache(maxsize=65536)
def _script(word: str) -> int:
    """A number for the runs of kinds of characters of a word, an even one; runs beyond four count as four."""
    runs = [(k, min(len(list(group)), _LONGEST_RUN)) for k, group in groupby(map(kind, word))]
    return crc32(bytes(b for run in runs[:8] for b in run)) * 2
