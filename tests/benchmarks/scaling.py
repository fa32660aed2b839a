"""How cost grows with rows, with the length of a text and with workers: measured, written as JSON, drawn.

    python -m tests.benchmarks.scaling [--parts rows length workers plot] [--sizes 1000 10000 100000] [--folder docs/img]

`rows` and `workers` run the command-line program over generated reports (`corpora.generate --kind findings`) and count the CPU
seconds of all its processes, start-up included, and the peak of their resident memory together. `length` runs one process over
texts joined from such reports. A run that takes longer than `--limit` seconds is ended and left out. What is measured is added
to `scaling.json`, so that large sizes can be measured by themselves.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count, islice
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from corpora.generate.stream import reports as generated
from tests.benchmarks.own_runner import deid, detect, extract, fugashi

Point = dict[str, float]
LENGTHS = (100, 1_000, 10_000, 100_000, 350_000)  # the last is 1 MB of UTF-8
SHARD = 100_000


def write_reports(folder: Path, size: int) -> Path:
    """Parquet shards of so many generated reports, three of each patient."""
    folder.mkdir()
    rows = (
        {"id": r["id"], "patient_id": f"P{n // 3}", "text": r["text"]}
        for n, r in enumerate(generated(size, kind="findings"))
    )
    for part in range(-(-size // SHARD)):
        own = list(islice(rows, min(SHARD, size - part * SHARD)))
        pq.write_table(pa.Table.from_pylist(own), folder / f"part-{part:04d}.parquet")
    return folder


def command(verb: str, source: Path, place: Path, workers: int) -> list[str]:
    """The program on the generated reports, rules alone."""
    made = [
        str(Path(sys.executable).with_name("jmid-nlp")),
        verb,
        str(source),
        "-o",
        str(place / "out.parquet"),
        "--mode",
        "fast",
    ]
    made += ["--workers", str(workers)]
    if verb == "deid":
        (place / "key.txt").write_text(os.urandom(32).hex(), encoding="utf-8")
        (place / "key.txt").chmod(0o600)
        made += ["--key-file", str(place / "key.txt"), "--audit", str(place / "audit.jsonl")]
    return made


def run(arguments: list[str], limit: float) -> Point | None:
    """Wall and CPU seconds and peak MiB of a program and its descendants, None where it takes too long or fails."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = psutil.Popen(
        arguments, env=os.environ | {"JMID_PROGRESS": "0"}, start_new_session=True, stdout=subprocess.DEVNULL
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident(process))
        if time.perf_counter() - begin > limit:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None
        time.sleep(0.2)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return None if process.returncode else {"wall": time.perf_counter() - begin, "cpu": cpu, "peak": peak / 2**20}


def resident(process: psutil.Process) -> int:
    """Resident bytes of a process and all below it; pages that they share count in each."""
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total


def measured(verb: str, size: int, workers: int, limit: float) -> Point | None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        return run(command(verb, write_reports(place / "in", size), place, workers), limit)


def text_of(length: int) -> str:
    """A text of so many characters, made of generated reports."""
    parts: list[str] = []
    have = 0
    for report in generated(10**9, seed=7, kind="findings"):
        parts.append(report["text"])
        have += len(report["text"]) + 1
        if have > length:
            break
    return "\n".join(parts)[:length]


def by_length(note: Callable[[str], None]) -> dict[str, dict[str, Point]]:
    """CPU seconds of one text by its length; short ones are repeated, and the median of three is taken."""
    systems = {"fugashi": fugashi(), "detect": detect("fast"), "deid": deid("fast"), "extract": extract()}
    warm = [{"id": f"w{n}", "text": r["text"]} for n, r in enumerate(generated(300, seed=8, kind="findings"))]
    found: dict[str, dict[str, Point]] = {}
    for name, system in systems.items():
        system(warm)
        for length in LENGTHS:
            numbers = count()
            text = text_of(length)
            times = []
            for _ in range(3 if length < LENGTHS[-1] else 1):
                rows = [{"id": f"r{next(numbers)}", "text": text} for _ in range(max(1, 2_000 // length))]
                begin = time.process_time()
                system(rows)
                times.append((time.process_time() - begin) / len(rows))
            found.setdefault(name, {})[str(length)] = {"cpu": statistics.median(times)}
            note(f"{name}, {length} characters: {statistics.median(times):.4f} s")
    return found


def draw(found: dict[str, Any], path: Path) -> None:
    """Four panels: CPU and memory by rows, CPU by length, CPU and memory by workers."""
    from jmid_nlp.plots.base import INK, LINE, SOFT, Picture

    picture = Picture(figsize=(9, 6.4), layout="constrained")
    panels = picture.subplots(2, 2)
    colours = {"detect": "#6fb98f", "deid": "#e8963c", "extract": "#5b8bd0", "fugashi": SOFT}

    def line(panel: Any, name: str, points: dict[str, Point], value: Callable[[int, Point], float]) -> None:
        at = sorted((int(k), p) for k, p in points.items())
        panel.plot([k for k, _ in at], [value(k, p) for k, p in at], "o-", color=colours[name], label=name, ms=4)

    for name, points in found.get("rows", {}).items():
        line(panels[0][0], name, points, lambda rows, p: p["cpu"] / rows * 1000)
        line(panels[0][1], name, points, lambda _, p: p["peak"])
    for name, points in found.get("length", {}).items():
        line(panels[1][0], name, points, lambda length, p: p["cpu"] / length * 1e6)
    for name, points in found.get("workers", {}).items():
        line(panels[1][1], name, points, lambda _, p: p["cpu"])
    titles = (("ms of CPU a report, by rows (2 workers)", "MiB, all processes together, by rows"),
              ("µs of CPU a character, by length of the text", "s of CPU for the same reports, by workers"))  # fmt: skip
    for panel, title in zip(panels.flat, [t for pair in titles for t in pair], strict=True):
        panel.set_title(title, fontsize=10, color=INK, loc="left")
        panel.set_ylim(bottom=0)
        panel.grid(color=LINE, lw=0.6)
        panel.spines[["top", "right"]].set_visible(False)
        if panel.lines:
            panel.legend(frameon=False, fontsize=9)
    for panel in (panels[0][0], panels[0][1], panels[1][0]):
        panel.set_xscale("log")
    panels[1][1].set_xticks([1, 2])
    picture.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("rows", "length", "workers", "plot")
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--verbs", nargs="+", choices=("detect", "deid"), default=("detect", "deid"))
    parser.add_argument("--limit", type=float, default=1800, help="seconds after which a run is ended and left out")
    parser.add_argument("--folder", type=Path, default=Path("docs/img"))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    store = arguments.folder / "scaling.json"
    found: dict[str, Any] = json.loads(store.read_text(encoding="utf-8")) if store.exists() else {}

    def keep(part: str, verb: str, at: int, point: Point | None) -> None:
        print(f"{part} {verb} {at}: {point or 'left out: failed or took too long'}", flush=True)
        if point:
            found.setdefault(part, {}).setdefault(verb, {})[str(at)] = {k: round(v, 3) for k, v in point.items()}
            store.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

    if "rows" in arguments.parts:
        for size in arguments.sizes:
            for verb in arguments.verbs:
                keep("rows", verb, size, measured(verb, size, 2, arguments.limit))
    if "workers" in arguments.parts:
        for workers in (1, 2):
            for verb in arguments.verbs:
                keep("workers", verb, workers, measured(verb, 5_000, workers, arguments.limit))
    if "length" in arguments.parts:
        found["length"] = by_length(lambda text: print(text, flush=True))
        store.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if "plot" in arguments.parts:
        draw(found, arguments.folder / "scaling.svg")


if __name__ == "__main__":
    main()
