"""Lung-cancer TNM: agreement of the main categories T0 to T4, N0 to N3, M0 and M1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jmid_nlp.evaluation.counts import Array, Counts, Measure, Measures, Tally, kappa, share

Row = Mapping[str, Any]
HIGHEST = {"T": 4, "N": 3, "M": 1}
_LETTERS = "ABCDE"


def stage(component: str, value: Any) -> str:
    """The main category of a value: `T1c` gives T1, `Tis` T1, a letter A to E of the task's options T0 to T4; missing, T0."""
    text = str(value or "")
    digits = [c for c in text if c.isdigit()]
    if text in _LETTERS and text:
        number = _LETTERS.index(text)
    elif component == "T" and "is" in text.lower():
        number = 1
    else:
        number = int(digits[0]) if digits else 0
    return f"{component}{min(number, HIGHEST[component])}"


def score(gold: Row, made: Row, tally: Tally) -> None:
    """Count one report."""
    right = True
    for component in HIGHEST:
        wanted, found = stage(component, gold["tnm"].get(component)), stage(component, made["tnm"].get(component))
        tally.confuse(component, wanted, found)
        right &= wanted == found
        if wanted != found:
            tally.error(component, gold=wanted, predicted=found)
    tally.add("reports")
    tally.add("right", by=right)


def measures(c: Counts) -> Measures:
    """All figures: the three components together, and each."""
    tables = {k: c.confusion(k, [f"{k}{n}" for n in range(highest + 1)]) for k, highest in HIGHEST.items()}
    size = max(HIGHEST.values()) + 1
    pooled = sum(
        (np.pad(t, ((0, 0), *[(0, size - t.shape[1])] * 2)) for t in tables.values()),
        np.zeros((len(c.values), size, size)),
    )
    overall = _agreement(pooled) | {"all_three_right": share(c("right"), c("reports"))}
    return {"": overall} | {k: _agreement(table) for k, table in tables.items()}


def _agreement(table: Array) -> dict[str, Measure]:
    total = table.sum(axis=(1, 2))
    return {"kappa": (kappa(table), total), "accuracy": share(np.trace(table, axis1=1, axis2=2), total)}
