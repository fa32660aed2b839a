"""What the package gives for a few thousand texts, as one digest a step: for changes that may move the speed and nothing else.

    python -m tests.benchmarks.outputs                   # prints the digests
    python -m tests.benchmarks.outputs --folder before   # and writes one line a text, to see which differ
    make compiled                                        # the compiled wheel against the sources

Texts: the corpora in the repository, generated reports, and the reports beside the checkout where there are any.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from corpora.deid_rows import rows
from corpora.findings_markup import HERE, read_corpus
from corpora.generate.stream import reports
from jmid_nlp.deid.audit import audit_rows
from jmid_nlp.deid.deidentify import Deidentifier
from jmid_nlp.deid.detect import DetectOptions, Detector
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import load_policy
from jmid_nlp.findings.extract import extract
from jmid_nlp.schema import Report
from jmid_nlp.text.tokens import tokenize

BESIDE = Path(__file__).parents[3] / "shared"


def texts(made: int) -> Iterator[str]:
    """The corpora, so many generated reports, and the development reports."""
    for part in ("dev", "train", "test", "negatives"):
        yield from (row["text"] for row in rows(part))
    for sheet in sorted(HERE.glob("*.txt")):
        yield from (row["text"] for row in read_corpus(sheet.stem))
    yield from (row["text"] for row in reports(made, 7))
    for file in sorted(BESIDE.rglob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            yield from (row["text"] for row in map(json.loads, lines) if isinstance(row.get("text"), str))


def steps(names: list[str]) -> dict[str, Callable[[str], Any]]:
    """What is done with a text, as something that JSON can hold."""
    accurate = Detector()
    fast = Detector(DetectOptions(mode="fast"))
    treat = Deidentifier(load_policy("kamei"), Key(bytes(range(32))), detector=fast)

    def tokens(text: str) -> Any:
        found = tokenize(text)
        return [found.starts, found.ends, found.raw]

    def deid(text: str) -> Any:
        treated = treat(Report("r", text, patient_id="p"))
        return [treated.text, audit_rows(treated)]

    every: dict[str, Callable[[str], Any]] = {
        "tokens": tokens,
        "detect": lambda text: list(map(asdict, fast(text))),
        "accurate": lambda text: list(map(asdict, accurate(text))),
        "deid": deid,
        "extract": lambda text: asdict(extract(text)),
    }
    return {name: every[name] for name in names}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", nargs="+", default=["tokens", "detect", "deid", "extract"])
    parser.add_argument("--made", type=int, default=1000, help="generated reports")
    parser.add_argument("--folder", type=Path, help="where to write what each text gives")
    options = parser.parse_args()
    found = steps(options.steps)
    digests = {name: hashlib.sha256() for name in found}
    count = 0
    with ExitStack() as stack:
        files = {}
        if options.folder:
            options.folder.mkdir(parents=True, exist_ok=True)
            files = {n: stack.enter_context((options.folder / f"{n}.jsonl").open("w", encoding="utf-8")) for n in found}
        for text in texts(options.made):
            count += 1
            for name, step in found.items():
                line = json.dumps(step(text), ensure_ascii=False, default=str) + "\n"
                digests[name].update(line.encode("utf-8", "surrogatepass"))
                if files:
                    files[name].write(line)
    print(f"{count} texts")
    for name, digest in digests.items():
        print(f"{name:10}{digest.hexdigest()}")


if __name__ == "__main__":
    main()
