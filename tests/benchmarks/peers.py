"""Our steps and what a user might take instead: speed, memory and quality in one table, on the machine at hand.

    python -m tests.benchmarks.peers --install         # makes .venv-peers from peers.txt; nothing of it comes into our environment
    python -m tests.benchmarks.peers [--rounds 3] [--without GiNZA Presidio] [--speed-only]

Each system has a process of its own, and in each round all of them take their turn over the same texts; the figures are medians
over the rounds. `plain` are real reports where they lie beside the checkout, else the bundled sample, and come again in each round;
`new` are generated reports that no round had before. Times are CPU seconds of all threads of the process, BLAS held to one;
the ratio is to fugashi with features in the same round. Quality is what is found in the text alone.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jmid_nlp
from corpora.deid_rows import rows as deid_rows
from corpora.generate.stream import reports as generated
from tests.benchmarks.bench_chain import SHARED, texts
from tests.benchmarks.own_runner import SYSTEMS as OWN
from tests.benchmarks.peers_runner import SYSTEMS as PEERS

Rows = list[dict[str, Any]]
HERE = Path(__file__).parent
VENV = HERE.parents[1] / ".venv-peers"
REFERENCE = "fugashi"
FINDERS = ("detect fast", "detect accurate", "GiNZA", "Presidio", "privacy-masker")
MATCHERS = ("lexicon", "PhraseMatcher")
PACKAGES = {
    "GiNZA": ("ja_ginza", "spacy"),
    "Presidio": ("presidio_analyzer", "presidio_anonymizer", "ja_ginza"),
    "privacy-masker": ("privacy-masker",),
    "spaCy ja": ("spacy", "SudachiPy", "SudachiDict-core"),
    "PhraseMatcher": ("spacy", "SudachiPy"),
}
NEW = 60  # generated reports a round


class System:
    """A system's process."""

    def __init__(self, name: str, terms: Path) -> None:
        python, runner = (VENV / "bin/python", "peers_runner") if name in PEERS else (sys.executable, "own_runner")
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"), "1")
        self.complaints = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self.process = subprocess.Popen(
            [python, "-m", f"tests.benchmarks.{runner}", name],
            cwd=HERE.parents[1],
            env=os.environ | single | {"JMID_BENCH_TERMS": str(terms), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            text=True,
            encoding="utf-8",
        )
        self.load: float = self._answer()["cpu"]

    def __enter__(self) -> System:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def ask(self, rows: Rows, *, found: bool = False) -> Any:
        """What the rows took, the peak memory and, if wanted, what was found."""
        sent = [{"id": row["id"], "text": row["text"]} for row in rows]
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"rows": sent, "found": found}) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            self.complaints.seek(0)
            last = self.complaints.read().decode(errors="replace").strip().splitlines()[-1:]
            raise OSError(f"the process ended with {self.process.wait()}: {''.join(last)}")
        return json.loads(line)


@dataclass
class Figures:
    """What one system showed: seconds of CPU to load, and a report by set of texts and round; peak MiB."""

    load: float
    times: dict[str, list[float]] = field(default_factory=dict)
    peak: float = 0.0


def install() -> None:
    """Make the peers' environment."""
    python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    subprocess.run([python if python.exists() else sys.executable, "-m", "venv", VENV], check=True)
    pip = [VENV / "bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*pip, "--requirement", HERE / "peers.txt"], check=True)


def versions() -> dict[str, str]:
    """What is installed for the peers, by package."""
    paths = [str(p) for p in (VENV / "lib").glob("python3*/site-packages")]
    return {d.name.lower().replace("_", "-"): d.version for d in importlib.metadata.distributions(path=paths)}


def started(names: Sequence[str], terms: Path, stack: ExitStack) -> Iterator[tuple[str, System]]:
    """The systems that can be had here, with the reason why another cannot."""
    for name in names:
        if name in PEERS and not VENV.exists():
            print(f"{name} left out: no {VENV.name}; make it with `python -m tests.benchmarks.peers --install`")
            continue
        try:
            yield name, stack.enter_context(System(name, terms))
        except (OSError, ValueError) as error:
            print(f"{name} left out: {error}; see `{VENV.name}` and peers.txt")


def plain() -> Rows:
    """Real reports, or the sample's."""
    paths = [p for p in (SHARED, SHARED.with_name("tnm.jsonl")) if p.exists()]
    found = [t for p in paths or [jmid_nlp.sample() / "reports.jsonl"] for t in texts(p)]
    return [{"id": f"plain-{n}", "text": text} for n, text in enumerate(found)]


def new(number: int) -> Rows:
    """Generated reports that no other round has."""
    return list(generated(NEW, seed=1000 + number, kind="findings"))


def speed(systems: dict[str, System], rounds: int) -> dict[str, Figures]:
    """CPU seconds of each system; they take turns, so that the machine's moods hit all alike."""
    figures = {name: Figures(system.load, {"plain": [], "new": []}) for name, system in systems.items()}
    same = plain()
    for system in systems.values():
        system.ask(same + new(-1))
    for number in range(rounds):
        for kind, rows in (("plain", same), ("new", new(number))):
            for name, system in systems.items():
                if name == "build" and kind == "new":  # reports must have been read before
                    system.ask(rows)
                answer = system.ask(rows)
                figures[name].times[kind].append(answer["cpu"] / len(rows))
                figures[name].peak = answer["peak"]
    return figures


def quality(system: System) -> str:
    """Recall, precision and what is kept, on sheets whose errors were read (dev) and on those nobody read (test)."""
    told = []
    for part in ("dev", "test"):
        gold, harmless = list(deid_rows(part)), list(deid_rows(f"negatives_{part}"))
        about = scored(system, gold)
        kept = scored(system, harmless)["kept"]
        told.append(
            f"{part}: recall {about['recall']:.3f}, precision {about['precision']:.3f}, kept {about['kept']:.3f} and {kept:.3f}"
        )
    return "; ".join(told)


def scored(system: System, gold: Rows) -> dict[str, float]:
    found = system.ask(gold, found=True)["found"]
    made = [
        {"id": row["id"], "spans": [{"start": s, "end": e, "category": c} for s, e, c in spans]}
        for row, spans in zip(gold, found, strict=True)
    ]
    result = jmid_nlp.evaluate(gold, made, kind="identifiers", bootstrap=0)
    return {f.name: f.value for f in result if f.scope == "overall" and f.value is not None}


def hits(system: System) -> str:
    rows = plain()
    found = system.ask(rows, found=True)["found"]
    return f"{sum(map(len, found)) / len(rows):.1f} terms a report"


def table(figures: dict[str, Figures], systems: dict[str, System]) -> Iterator[str]:
    """One line a system, in Markdown; the quality of those in `systems` is found when their line is wanted."""
    yield "| system | plain: reports/s | ratio | new: reports/s | ratio | load s | peak MiB | quality |"
    yield "|---|---|---|---|---|---|---|---|"
    base = figures.get(REFERENCE)
    for name, own in figures.items():
        cells = []
        for kind, times in own.times.items():
            ratio = statistics.median(b / t for b, t in zip(base.times[kind], times, strict=True)) if base else None
            cells += [f"{1 / statistics.median(times):,.0f}", f"{ratio:.2g}" if ratio else ""]
        found = ""
        if name in systems:
            found = quality(systems[name]) if name in FINDERS else hits(systems[name]) if name in MATCHERS else ""
        yield f"| {name} | {' | '.join(cells)} | {own.load:.1f} | {own.peak:.0f} | {found} |"


def heads(names: Sequence[str]) -> Iterator[str]:
    """What was measured, on what."""
    same = plain()
    have = versions()
    yield f"jmid-nlp {jmid_nlp.__version__}; {os.cpu_count()} cores; Python {sys.version.split()[0]}"
    yield f"plain: {len(same)} reports of {sum(len(r['text']) for r in same) / len(same):.0f} characters; new: {NEW} generated ones a round"
    for name in names:
        if name in PACKAGES:
            told = [f"{p} {have.get(p.lower().replace('_', '-'), '?')}" for p in PACKAGES[name]]
            yield f"{name}: {', '.join(told)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true", help="make the peers' environment, and measure nothing")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without", nargs="*", default=[], choices=[*OWN, *PEERS])
    parser.add_argument("--speed-only", action="store_true", help="no quality, which takes the slow peers minutes")
    arguments = parser.parse_args()
    if arguments.install:
        install()
        return
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        terms = Path(place) / "terms.json"
        with System("terms", terms) as system:
            terms.write_text(json.dumps(system.ask([], found=True)["found"]), encoding="utf-8")
        names = [n for n in (*OWN, *PEERS) if n not in (*arguments.without, "terms")]
        systems = dict(started(names, terms, stack))
        print(*heads(list(systems)), sep="\n", flush=True)
        figures = speed(systems, arguments.rounds)
        for line in table(figures, {} if arguments.speed_only else systems):
            print(line, flush=True)


if __name__ == "__main__":
    main()
