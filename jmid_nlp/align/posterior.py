"""The probability of each pair, over all assignments of a study and not the best one alone.

An assignment weighs the product of its pairs' odds; the probability of a pair is the weight of the assignments that hold it.
Studies fall into parts that share nothing. A part whose smaller side has up to `EXACT` places is summed exactly, a larger
one by message passing, which is exact where its pairs form no circles and close to it elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

EXACT = 11
_ROUNDS = 200
_LOW, _HIGH = -14.0, 40.0


def marginals(weights: Any, free: Any) -> tuple[Any, Any]:
    """Probabilities of pairs.

    Args:
        weights: Array rows x places, the log odds of each pair against both halves being alone; each place takes one row.
        free: Array rows x lesions, the log odds of pairs with lesions that take any number of rows.

    Returns:
        Two arrays of probabilities of the same shapes. What a row lacks to 1 is the probability that it stays alone.
    """
    import numpy as np

    shut, open_ = (np.where(x > _LOW, np.exp(np.minimum(x, _HIGH)), 0.0) for x in (weights, free))
    # A row that may go to an open lesion is that much less eager for a place.
    rest = 1.0 + open_.sum(axis=1)
    scaled = shut / rest[:, None]
    found = np.zeros_like(shut)
    for rows, places in _parts(scaled > 0):
        part = scaled[np.ix_(rows, places)]
        found[np.ix_(rows, places)] = _exact(part) if len(places) <= len(rows) else _exact(part.T).T
    alone = 1.0 - found.sum(axis=1)
    return found, open_ * (np.maximum(alone, 0.0) / rest)[:, None]


def _parts(linked: Any) -> list[tuple[list[int], list[int]]]:
    """The rows and places that hang together."""
    parts: list[tuple[set[int], set[int]]] = []
    for row in range(linked.shape[0]):
        rows, places = {row}, set(linked[row].nonzero()[0].tolist())
        if not places:
            continue
        for part in [p for p in parts if p[1] & places]:
            rows, places = rows | part[0], places | part[1]
            parts.remove(part)
        parts.append((rows, places))
    return [(sorted(r), sorted(p)) for r, p in parts]


def _exact(odds: Any) -> Any:
    """Sums over all assignments; `odds` has no more columns than rows."""
    import numpy as np

    rows, columns = odds.shape
    if (rows, columns) == (1, 1):
        return odds / (1.0 + odds)
    if columns > EXACT:
        return _passed(odds)
    masks = np.arange(1 << columns)
    without = [masks[(masks >> c) & 1 == 0] for c in range(columns)]
    ahead = [np.zeros(len(masks))]
    ahead[0][0] = 1.0
    for row in range(rows):
        now = ahead[-1].copy()
        for c in odds[row].nonzero()[0].tolist():
            now[without[c] | (1 << c)] += ahead[-1][without[c]] * odds[row, c]
        ahead.append(now / now.sum())
    behind = np.ones(len(masks))
    out = np.zeros_like(odds)
    for row in range(rows - 1, -1, -1):
        alone, now = float((ahead[row] * behind).sum()), behind.copy()
        for c in odds[row].nonzero()[0].tolist():
            onward = odds[row, c] * behind[without[c] | (1 << c)]
            out[row, c] = float((ahead[row][without[c]] * onward).sum())
            now[without[c]] += onward
        out[row] /= alone + out[row].sum()
        behind = now / now.max()
    return out


def _passed(odds: Any) -> Any:
    """Message passing, damped."""
    import numpy as np

    back = np.ones_like(odds)
    for _ in range(_ROUNDS):
        there = odds * back
        sent = odds / (1.0 + there.sum(axis=1, keepdims=True) - there)
        new = 1.0 / (1.0 + sent.sum(axis=0, keepdims=True) - sent)
        if float(np.abs(new - back).max()) < 1e-9:
            break
        back = 0.5 * (back + new)
    there = odds * back
    return there / (1.0 + there.sum(axis=1, keepdims=True))


def choose(worth: Any) -> Sequence[int | None]:
    """For each row the place of the assignment with the greatest sum of what is over 0; None where a row stays alone."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    rows, places = worth.shape
    table = np.concatenate([np.where(worth > 0, worth, -1e6), np.zeros((rows, rows))], axis=1)
    chosen: list[int | None] = [None] * rows
    for row, place in zip(*(x.tolist() for x in linear_sum_assignment(table, maximize=True)), strict=True):
        chosen[row] = place if place < places else None
    return chosen
