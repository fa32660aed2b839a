"""How much each parameter of the matcher matters: pair F1 of the `dev` studies with one parameter changed at a time.

    python corpora/align/sensitivity.py

Prints the score of the defaults and, for each parameter, the scores at half, four fifths, five fourths and double its value.
The defaults were set so that no single change raises the score on `dev`; run this after a change of costs or of the studies.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from studies import studies

from jmid_nlp.align.match import align
from jmid_nlp.align.options import DEFAULTS, AlignOptions
from jmid_nlp.align.rows import parse_study
from jmid_nlp.findings.extract import extract

FACTORS = (0.5, 0.8, 1.25, 2.0)


def score(data: list[tuple[Any, ...]], options: AlignOptions) -> float:
    """Pair F1; a pair with a repeated mention of the same lesion counts as right."""
    right = made = wanted = 0
    for row, report, marks, findings in data:
        found = align(row["id"], report, findings, marks, options=options)
        gold = row["gold"]["pairs"]
        allowed = gold + row["gold"]["optional_pairs"]
        good = {
            p.annotation_id
            for p in found.pairs
            if any(p.annotation_id == g["annotation_id"] and p.start < g["end"] and g["start"] < p.end for g in allowed)
        }
        right += len(good)
        made += len(found.pairs)
        wanted += len(gold)
    return 2 * right / (made + wanted)


def changes() -> list[tuple[str, Callable[[float], AlignOptions]]]:
    """Each parameter by name, with a function that gives the options with it multiplied."""
    out: list[tuple[str, Callable[[float], AlignOptions]]] = []
    for f in fields(DEFAULTS):
        value = getattr(DEFAULTS, f.name)
        if isinstance(value, Mapping):
            for key in value:
                out.append(
                    (
                        f"{f.name}.{key}",
                        lambda x, n=f.name, v=value, k=key: replace(DEFAULTS, **{n: {**v, k: v[k] * x}}),
                    )
                )
        else:
            out.append((f.name, lambda x, n=f.name, v=value: replace(DEFAULTS, **{n: type(v)(v * x)})))
    return out


def main() -> None:
    """Score the defaults and every single change."""
    data = []
    for row in studies("dev"):
        report, marks = parse_study(row, 0)
        data.append((row, report, marks, extract(report.text).findings))
    base = score(data, DEFAULTS)
    print(f"{'defaults':28s} {base:.4f}")
    for name, change in changes():
        scores = [score(data, change(x)) for x in FACTORS]
        flag = " higher" if max(scores) > base else ""
        print(f"{name:28s} " + " ".join(f"{s:.4f}" for s in scores) + flag)


if __name__ == "__main__":
    main()
