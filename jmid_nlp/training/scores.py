"""Figures of a model on labelled texts, by exact characters: a gold span that cuts a token counts as missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from spacy.language import Language

from jmid_nlp.training.data import LabelledText

_SPAN_WEIGHT = 0.9  # of the total; the attributes have the rest


@dataclass(frozen=True, slots=True)
class Scores:
    """Precision, recall and F1 of exact spans with their labels, and the share of right attributes among the found ones."""

    overall: dict[str, float]
    by_label: dict[str, dict[str, float]]

    @property
    def total(self) -> float:
        """One number to compare weights by."""
        attr = self.overall.get("attr")
        f1 = self.overall["f1"]
        return f1 if attr is None else _SPAN_WEIGHT * f1 + (1 - _SPAN_WEIGHT) * attr

    def plain(self) -> dict[str, Any]:
        """For the model's `meta.json`."""
        return {**self.overall, "by_label": self.by_label}


def figures(nlp: Language, examples: Sequence[LabelledText], layer: str) -> Scores:
    """Compare what a pipeline finds with the gold; what it finds only in `ignore` counts neither way."""
    docs = nlp.pipe(e.text for e in examples)
    return compare(
        ([(s.start_char, s.end_char, s.label_, s.id_) for s in doc.spans.get(layer, ())] for doc in docs), examples
    )


def compare(found: Iterable[Iterable[tuple[int, int, str, str]]], examples: Sequence[LabelledText]) -> Scores:
    """Compare spans with the gold; those that lie in `ignore` and are not gold count neither way.

    Args:
        found: Start, end, label and attribute ("" for none) of the spans of each example.
        examples: The gold.
    """
    right, counted, wanted = Counter[str](), Counter[str](), Counter[str]()
    attributes = right_attributes = 0
    for spans, example in zip(found, examples, strict=True):
        gold = {(s.start, s.end, s.label): s.attr for s in example.spans}
        wanted.update(label for *_, label in gold)
        for start, end, label, attr in spans:
            key = (start, end, label)
            if key not in gold and any(s <= start and end <= e for s, e in example.ignore):
                continue
            counted[label] += 1
            if key in gold:
                right[label] += 1
                attributes += gold[key] is not None
                right_attributes += gold[key] is not None and gold[key] == attr
    overall = _figures(right.total(), counted.total(), wanted.total())
    if attributes:
        overall["attr"] = round(right_attributes / attributes, 4)
    labels = sorted({*wanted, *counted})
    return Scores(overall, {label: _figures(right[label], counted[label], wanted[label]) for label in labels})


def _figures(right: int, found: int, wanted: int) -> dict[str, float]:
    values = {
        "precision": right / found if found else 0.0,
        "recall": right / wanted if wanted else 0.0,
        "f1": 2 * right / (found + wanted) if found + wanted else 0.0,
    }
    return {name: round(value, 4) for name, value in values.items()} | {"n": wanted}
