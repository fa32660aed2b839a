"""Counts by report, and figures from their sums.

Every figure is a function of counts summed over reports, written once for arrays: one sum gives the figure, a thousand sums
over reports drawn with replacement give its confidence interval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Key = tuple[str, ...]
Measure = tuple[Array, Array]  # a figure's values, and the number of items it is about, one a sample
Measures = dict[str, dict[str, Measure]]  # by item ("" for all of them together, else a type), then by name
NOTHING = "–"  # in a confusion: no counterpart
_DRAWN = 2_000_000  # numbers drawn at a time, which bounds memory


class Tally:
    """What was counted and what was wrong in one report."""

    def __init__(self) -> None:
        self.counts: Counter[Key] = Counter()
        self.errors: list[dict[str, Any]] = []

    def add(self, *key: str, by: float = 1) -> None:
        """Count under a key."""
        self.counts[key] += by  # type: ignore[assignment]  # a Counter holds fractions, too

    def error(self, kind: str, span: Mapping[str, Any] | None = None, **values: Any) -> None:
        """Note an error; values are categories and numbers, never text."""
        place = {"start": span["start"], "end": span["end"]} if span else {}
        self.errors.append({"error": kind, **place, **values})

    def confuse(self, table: str, gold: object, predicted: object) -> None:
        """Count a pair of answers in a confusion matrix."""
        self.counts[("confusion", table, written(gold), written(predicted))] += 1


def written(value: object) -> str:
    """A value as a heading of a confusion matrix."""
    return NOTHING if value is None else str(value)


class Counts:
    """Sums of counts, one row a sample of reports.

    Args:
        keys: What the columns count.
        values: The sums, samples × keys.
    """

    def __init__(self, keys: Sequence[Key], values: Array) -> None:
        self.keys, self.values = keys, values

    def __call__(self, *start: str) -> Array:
        """The sum of all counts whose key begins like this, one a sample."""
        columns = [n for n, key in enumerate(self.keys) if key[: len(start)] == start]
        found: Array = self.values[:, columns].sum(axis=1)
        return found

    def total(self, first: str, rests: Iterable[Sequence[str]]) -> Array:
        """The sum over several beginnings of keys."""
        found: Array = sum((self(first, *rest) for rest in rests), np.zeros(len(self.values)))
        return found

    def names(self, *start: str) -> list[str]:
        """What follows this beginning of a key, sorted."""
        at = len(start)
        return sorted({key[at] for key in self.keys if key[:at] == start and len(key) > at})

    def confusion(self, table: str, labels: Sequence[str]) -> Array:
        """A confusion matrix: samples × gold × predicted."""
        out = np.empty((len(self.values), len(labels), len(labels)))
        for row, gold in enumerate(labels):
            for column, made in enumerate(labels):
                out[:, row, column] = self("confusion", table, gold, made)
        return out


def matrix(tallies: Sequence[Tally]) -> tuple[list[Key], Array]:
    """All keys, and the counts of each report as a row."""
    keys = sorted({key for tally in tallies for key in tally.counts})
    columns = {key: n for n, key in enumerate(keys)}
    values = np.zeros((len(tallies), len(keys)))
    for row, tally in enumerate(tallies):
        for key, count in tally.counts.items():
            values[row, columns[key]] = count
    return keys, values


def resampled(values: Array, rounds: int, seed: int) -> Array:
    """Sums over reports drawn with replacement, as many as there are: rounds × keys."""
    random = np.random.default_rng(seed)
    reports = len(values)
    out = np.empty((rounds, values.shape[1]))
    for at, size in _blocks(rounds, max(1, _DRAWN // max(1, reports))):
        drawn = random.integers(0, reports, (size, reports)) + reports * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * reports).reshape(size, reports)
        out[at : at + size] = weights @ values
    return out


def _blocks(total: int, size: int) -> Iterator[tuple[int, int]]:
    for at in range(0, total, size):
        yield at, min(size, total - at)


def ratio(part: Array, whole: Array) -> Array:
    """Quotients; not a number where there is nothing to divide by."""
    found: Array = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return found


def share(part: Array, whole: Array) -> Measure:
    """A share of items."""
    return ratio(part, whole), whole


def prf(prefix: str, hit: Array, gold: Array, good: Array, made: Array) -> dict[str, Measure]:
    """Precision, recall and F1 of `hit` gold items caught, and `good` predicted ones right."""
    precision, recall = ratio(good, made), ratio(hit, gold)
    either = (gold > 0) | (made > 0)
    f1 = np.where(either, harmonic(np.nan_to_num(precision), np.nan_to_num(recall)), np.nan)
    return {f"{prefix}precision": (precision, made), f"{prefix}recall": (recall, gold), f"{prefix}f1": (f1, gold)}


def harmonic(a: Array, b: Array) -> Array:
    """Harmonic mean; 0 where both are 0."""
    return np.nan_to_num(ratio(2 * a * b, a + b))


def macro_f1(c: Counts, table: str, labels: Sequence[str]) -> Array:
    """Mean F1 of those of the labels that the gold has in a confusion; answers beside the labels count as wrong."""
    total = present = np.zeros(len(c.values))
    for label in labels:
        gold = c("confusion", table, label)
        made = c.total("confusion", [(table, other, label) for other in c.names("confusion", table)])
        total = total + np.nan_to_num(ratio(2 * c("confusion", table, label, label), gold + made)) * (gold > 0)
        present = present + (gold > 0)
    return ratio(total, present)


def kappa(confusion: Array) -> Array:
    """Cohen's kappa; 1 where both sides always give the one same answer."""
    total = confusion.sum(axis=(1, 2))
    agreed = ratio(np.trace(confusion, axis1=1, axis2=2), total)
    chance = ratio((confusion.sum(axis=2) * confusion.sum(axis=1)).sum(axis=1), total**2)
    found = np.where(chance < 1, ratio(agreed - chance, 1 - chance), 1.0)
    return np.where(total > 0, found, np.nan)
