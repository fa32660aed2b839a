"""The price of surrogates: how well missed names can be told from invented ones, per strategy, over the sample extract.

Usage: python tests/benchmarks/bench_attack.py [MISS_RATE ...]
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

from jmid_nlp.deid.attack import attack
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import load_policy
from jmid_nlp.schema import Report

SAMPLE = Path(__file__).parents[2] / "corpora/sample/reports.jsonl"


def reports() -> list[Report]:
    """The sample's reports, with the columns that detection uses."""
    names = {f.name for f in dataclasses.fields(Report)} - {"extra"}
    rows = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    found = []
    for row in rows:
        values = {k: v for k, v in row.items() if k in names} | {"physicians": tuple(row.get("physicians") or ())}
        found.append(Report(report_id=row["id"], **values))
    return found


def main(rates: list[float]) -> None:
    for rate in rates:
        print(f"miss rate {rate:.0%}")
        for figure in attack(reports(), load_policy("kamei"), Key(bytes(range(40, 72))), miss_rate=rate):
            print("  ", figure)


if __name__ == "__main__":
    main([float(a) for a in sys.argv[1:]] or [0.02, 0.1])
