"""Labels of pieces and spans of characters: the schemes BIO, IO and BILOU (also written BIOES), both ways."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jmid_nlp.errors import InputError
from jmid_nlp.neural.alignment import trimmed
from jmid_nlp.offsets import Span

Floats = NDArray[np.float32]

OUTSIDE = "O"
_PREFIXED = re.compile(r"([BILOUES])-(.+)", re.DOTALL)
_BEGINS, _ENDS = frozenset("BUS"), frozenset("LEUS")


@dataclass(frozen=True, slots=True)
class Found:
    """A span `[start, end)` of a text with its label and a score from 0 to 1: the mean probability of the label in it."""

    start: int
    end: int
    label: str
    score: float


class Scheme:
    """The labels of a model in the order of its outputs.

    Args:
        id2label: The model's labels by number, `B-PERSON`, `I-PERSON`, `PERSON`, `O` and so on.

    Raises:
        InputError: There is no label `O` for what lies outside of all spans.
    """

    def __init__(self, id2label: Mapping[int, str]) -> None:
        names = [id2label[i] for i in sorted(id2label)]
        if OUTSIDE not in names:
            raise InputError('the model has no label "O" for what is outside; set id2label in its config.json')
        parts = [_parts(name) for name in names]
        self.tags = [tag for tag, _ in parts]
        self.labels = sorted({label for _, label in parts if label})
        self._of = [self.labels.index(label) if label else -1 for _, label in parts]
        self._sum = np.zeros((len(names), len(self.labels)), np.float32)
        for i, label in enumerate(self._of):
            if label >= 0:
                self._sum[i, label] = 1

    def spans(self, text: str, places: Sequence[Span], probabilities: Floats) -> list[Found]:
        """The spans of a text, ascending and without overlap.

        Args:
            text: The text.
            places: `[start, end)` of each of its pieces.
            probabilities: Of each piece (rows) and output of the model (columns).
        """
        best = probabilities.argmax(axis=1).tolist()
        weights = probabilities @ self._sum
        out: list[Found] = []
        for label, first, last in self._runs(best, places):
            start = max(places[first][0], out[-1].end if out else 0)
            start, end = trimmed(text, start, max(places[k][1] for k in range(first, last)))
            if text[start:end].strip():
                score = round(float(weights[first:last, label].mean()), 4)
                out.append(Found(start, end, self.labels[label], score))
        return out

    def _runs(self, best: Sequence[int], places: Sequence[Span]) -> Iterator[tuple[int, int, int]]:
        """Label and pieces `[first, last)` of each span; a label that goes on where nothing began begins a span."""
        label, first, last, closed = -1, 0, 0, False
        for i, output in enumerate(best):
            if places[i][0] == places[i][1]:
                continue  # a piece without characters decides nothing
            tag, now = self.tags[output], self._of[output]
            if now != label or closed or tag in _BEGINS:
                if label >= 0:
                    yield label, first, last
                label, first = now, i
            last, closed = i + 1, tag in _ENDS
        if label >= 0:
            yield label, first, last


def _parts(name: str) -> tuple[str, str]:
    """Tag and label of an output; the tag of a label without one is `I`."""
    if name == OUTSIDE:
        return OUTSIDE, ""
    found = _PREFIXED.fullmatch(name)
    return (found[1], found[2]) if found else ("I", name)


def bio_names(labels: Iterable[str]) -> list[str]:
    """The outputs of a model that finds these labels: `O`, then `B-` and `I-` of each."""
    return [OUTSIDE] + [f"{tag}-{label}" for label in labels for tag in "BI"]


def bio(places: Sequence[Span], spans: Iterable[tuple[int, int, str]], names: Sequence[str]) -> tuple[list[int], int]:
    """The outputs that a model should give.

    Args:
        places: `[start, end)` of each piece of a text.
        spans: The labelled spans; of two that share a piece the longer counts.
        names: What `bio_names` gave.

    Returns:
        The number of the output of each piece, and how many spans have none of their own.
    """
    number = {name: i for i, name in enumerate(names)}
    out, lost = [0] * len(places), 0
    for start, end, label in sorted(spans, key=lambda s: (s[0] - s[1], s[0])):
        inside = [i for i, (s, e) in enumerate(places) if s < end and e > start and s < e]
        if not inside or any(out[i] for i in inside):
            lost += 1
            continue
        out[inside[0]] = number[f"B-{label}"]
        for i in inside[1:]:
            out[i] = number[f"I-{label}"]
    return out, lost
