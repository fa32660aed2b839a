"""Speed of the chain's steps as a ratio to fugashi with features, in the same run on the same texts.

    python tests/benchmarks/bench_chain.py [REPORTS.jsonl] [--rounds 7]

Ratios above 1 are faster than fugashi with features (surface and first part of speech of every token). Times are CPU
seconds of this process, medians of interleaved rounds.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import jmid_nlp
from jmid_nlp.schema import Report

SHARED = Path(__file__).parents[3] / "shared" / "medtxt_rr" / "ner.jsonl"


def texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line)["text"] for line in stream]


def reference() -> Callable[[str], object]:
    import fugashi

    tagger = fugashi.Tagger()
    return lambda text: [(node.surface, node.feature.pos1) for node in tagger(text)]


def steps() -> dict[str, Callable[[str], object]]:
    from jmid_nlp.deid.audit import audit_rows
    from jmid_nlp.deid.deidentify import Deidentifier
    from jmid_nlp.deid.detect import DetectOptions, Detector
    from jmid_nlp.deid.keys import Key
    from jmid_nlp.deid.policy import load_policy
    from jmid_nlp.findings.extract import extract
    from jmid_nlp.text.tokens import tokenize

    fast = Detector(DetectOptions(mode="fast"))
    policy, key = load_policy("kamei"), Key(bytes(range(32)))

    def audited(treat: Deidentifier) -> Callable[[str], object]:
        return lambda text: audit_rows(treat(Report("r", text, patient_id="p")))

    nlp = jmid_nlp.blank()
    return {
        "fugashi with features": reference(),
        "tokens": tokenize,
        "spaCy Doc": nlp,
        "detect, fast": fast,
        "detect, accurate": Detector(),
        "deid with audit, fast": audited(Deidentifier(policy, key, detector=fast)),
        "deid with audit, accurate": audited(Deidentifier(policy, key)),
        "extract": extract,
    }


def measure(found: dict[str, Callable[[str], object]], reports: list[str], rounds: int) -> dict[str, float]:
    """Median CPU seconds a report of each step; the steps take turns, so that the machine's moods hit all alike."""
    times: dict[str, list[float]] = {name: [] for name in found}
    for name in found:
        for text in reports[:20]:
            found[name](text)  # caches and lexicons are loaded before the clock runs
    for _ in range(rounds):
        for name, step in found.items():
            start = time.process_time()
            for text in reports:
                step(text)
            times[name].append((time.process_time() - start) / len(reports))
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "reports", nargs="?", type=Path, default=SHARED if SHARED.exists() else jmid_nlp.sample() / "reports.jsonl"
    )
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    reports = texts(arguments.reports)
    result = measure(steps(), reports, arguments.rounds)
    base = result["fugashi with features"]
    characters = sum(map(len, reports)) / len(reports)
    print(f"{len(reports)} reports, {characters:.0f} characters each; {arguments.rounds} rounds")
    print(f"{'step':24}{'us/report':>12}{'reports/s':>12}{'ratio':>8}")
    for name, seconds in result.items():
        print(f"{name:24}{seconds * 1e6:12.0f}{1 / seconds:12.0f}{base / seconds:8.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
