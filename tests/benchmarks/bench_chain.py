"""Speed of the chain's steps as a ratio to fugashi with features, in the same run on the same texts.

    python tests/benchmarks/bench_chain.py [REPORTS.jsonl] [--rounds 7]
    python -m corpora.deid_rows dev > dense.jsonl          # reports full of identifiers, as REPORTS.jsonl

Ratios above 1 are faster than fugashi with features (surface and first part of speech of every token). Times are CPU
seconds of this process, medians of interleaved rounds. `first` is the ratio in the first round alone: its reports were not
seen before, so that no cache has an answer yet. Loading is measured in new processes, with the first call after it.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
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
        "detect, balanced": Detector(DetectOptions(mode="balanced")),
        "detect, accurate": Detector(),
        "deid with audit, fast": audited(Deidentifier(policy, key, detector=fast)),
        "deid with audit, accurate": audited(Deidentifier(policy, key)),
        "extract": extract,
    }


def measure(found: dict[str, Callable[[str], object]], reports: list[str], rounds: int) -> dict[str, float]:
    """Median CPU seconds a report of each step; the steps take turns, so that the machine's moods hit all alike."""
    warm(found, reports[:20])
    times = [once(found, reports) for _ in range(rounds)]
    return {name: statistics.median(values[name] for values in times) for name in found}


def warm(found: dict[str, Callable[[str], object]], reports: list[str]) -> None:
    """Lexicons are read and patterns compiled before a clock runs."""
    for step in found.values():
        for text in reports:
            step(text)


def once(found: dict[str, Callable[[str], object]], reports: list[str]) -> dict[str, float]:
    """CPU seconds a report of one pass of each step."""
    times = {}
    for name, step in found.items():
        start = time.process_time()
        for text in reports:
            step(text)
        times[name] = (time.process_time() - start) / len(reports)
    return times


_LOAD = """
import time
start = time.process_time()
import jmid_nlp
nlp = jmid_nlp.load({name!r})
loaded = time.process_time()
nlp("右肺下葉に12mm大の結節を認めます。")
called = time.process_time()
print(loaded - start, called - loaded)
"""


def loading(name: str) -> tuple[float, float]:
    """CPU seconds of import and `load`, and of the first call, in a new process; the least of three."""
    command = [sys.executable, "-c", _LOAD.format(name=name)]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(3)]
    return min(float(run[0]) for run in runs), min(float(run[1]) for run in runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "reports", nargs="?", type=Path, default=SHARED if SHARED.exists() else jmid_nlp.sample() / "reports.jsonl"
    )
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    reports = texts(arguments.reports)
    found = steps()
    warm(found, reports[:20])
    first = once(found, reports[20:]) if len(reports) > 40 else {}
    result = measure(found, reports, arguments.rounds)
    base = result["fugashi with features"]
    characters = sum(map(len, reports)) / len(reports)
    print(f"{len(reports)} reports, {characters:.0f} characters each; {arguments.rounds} rounds")
    print(f"{'step':26}{'us/report':>12}{'reports/s':>12}{'ratio':>8}{'first':>8}")
    for name, seconds in result.items():
        unseen = f"{base / first[name]:8.2f}" if first else ""
        print(f"{name:26}{seconds * 1e6:12.0f}{1 / seconds:12.0f}{base / seconds:8.2f}{unseen}")
    for name in ("fast", "balanced", "accurate"):
        loaded, called = loading(name)
        print(f"load({name!r}): {loaded:.2f} s of CPU, first call {called:.2f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
