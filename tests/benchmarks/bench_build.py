"""Time and memory of building a dataset from a stream of generated studies, each size in a process of its own.

    python tests/benchmarks/bench_build.py [--sizes 10000 100000] [--task grounding] [--layout parquet]

Reports are generated and have 1.5 annotations each on average; one in fifty is a near-copy of another patient's. The
annotations are read from a file of JSON lines into the store on disk and looked up study by study, as `jmid-nlp build-dataset`
does. The figures are wall seconds, studies a second, and the peak resident memory of the process over its peak before.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from jmid_nlp.annotations.store import MarkStore
from jmid_nlp.dataset.build import BuildOptions, build_stream
from jmid_nlp.dataset.forget import forget
from jmid_nlp.dataset.optout import OptOut
from jmid_nlp.dataset.tasks import Study
from jmid_nlp.schema import AnnotationRecord, DeidReport, Entity, Extraction, Finding, Link

SITES = [
    "右肺上葉",
    "右肺中葉",
    "右肺下葉",
    "左肺上葉",
    "左肺下葉",
    "肝S4",
    "肝S8",
    "膵頭部",
    "膵尾部",
    "脾臓",
    "右腎",
    "左腎",
    "子宮体部",
    "前立腺",
    "左被殻",
]
SIGNS = [
    "結節",
    "腫瘤",
    "嚢胞",
    "浸潤影",
    "すりガラス影",
    "血腫",
    "石灰化",
    "造影欠損",
    "拡張",
    "狭窄",
    "低吸収域",
    "高信号域",
]
WORDS = [
    "辺縁は平滑です",
    "内部は不均一です",
    "増大しています",
    "変化ありません",
    "精査を勧めます",
    "良性と考えます",
    "悪性を疑います",
]


def sentence(rng: random.Random) -> str:
    return f"{rng.choice(SITES)}に{rng.randint(3, 99)}mm大の{rng.choice(SIGNS)}を認め、{rng.choice(WORDS)}。"


def text_of(n: int) -> str:
    """The report's text; every fiftieth copies that of the study before it but for its last sentence."""
    copied = n % 50 == 49
    rng = random.Random(n - 1 if copied else n)
    sentences = [sentence(rng) for _ in range(16)]
    return "".join([*sentences[:-1], sentence(random.Random(n))] if copied else sentences)


def marks_of(n: int) -> list[AnnotationRecord]:
    """One or two annotations of study number `n`."""
    return [
        AnnotationRecord(f"a{n}-{k}", f"2.25.{n}", label="nodule", bbox=(1.0, 2.0, 3.0, 4.0), reader=f"R{k}")
        for k in range(1 + n % 2)
    ]


def write_marks(size: int, path: Path) -> int:
    """The annotations of all studies as JSON lines; returns their number."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for n in range(size):
            for mark in marks_of(n):
                count += 1
                file.write(json.dumps({k: v for k, v in asdict(mark).items() if v}) + "\n")
    return count


def study(n: int, store: MarkStore | None = None) -> Study:
    """Study number `n`; two studies in three share their patient with a neighbour."""
    text = text_of(n)
    marks = {m.annotation_id: m for m in (marks_of(n) if store is None else store.of(f"2.25.{n}"))}
    ends = [i + 1 for i, c in enumerate(text) if c == "。"]
    starts = [0, *ends[:-1]]
    findings = tuple(Finding(s, e, text[s:e], "nodule", "positive") for s, e in zip(starts, ends, strict=True))
    report = DeidReport(f"r{n:08d}", text, {"patient_id": f"P-{n // 3 * 2:08d}", "study_uid": f"2.25.{n}"})
    links = tuple(Link(starts[0], ends[0], mark, 0.9, ()) for mark in marks)
    entities = tuple(Entity(s, e, "d", "positive") for s, e in zip(starts, ends, strict=True))
    return Study(report, Extraction(report.report_id, entities, findings), links, marks)


def studies(size: int, store: MarkStore | None = None) -> Iterator[Study]:
    return (study(n, store) for n in range(size))


def peak() -> float:
    """Peak resident memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(size: int, task: str, layout: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        for _ in build_stream(studies(200), Path(place) / "warm", options=BuildOptions(task=task)).failed:
            raise SystemExit("the generated studies do not build")
        count = write_marks(size, Path(place) / "marks.jsonl")
        before, started, used = peak(), time.perf_counter(), time.process_time()
        folder, store = Path(place) / "out", MarkStore(Path(place))
        if store.fill(Path(place) / "marks.jsonl", []) != count:
            raise SystemExit("the generated annotations do not read")
        print(
            f"{count} annotations on disk: {time.perf_counter() - started:.1f} s, peak {peak():.0f} MiB ({before:.0f} before)"
        )
        started, used = time.perf_counter(), time.process_time()
        built = build_stream(studies(size, store), folder, options=BuildOptions(task=task, layout=layout, shards=256))
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
        rows = sum(part["rows"] for part in built.manifest["splits"].values())
        print(f"{size} studies, {rows} rows: {seconds:.1f} s ({cpu:.1f} s CPU, {size / cpu:.0f} studies a CPU second), "
              f"peak {peak():.0f} MiB ({before:.0f} before), flow {built.manifest['flow']}")  # fmt: skip
        started = time.perf_counter()
        gone = forget(folder, OptOut([f"P-{0:08d}"]))
        print(
            f"  one opt-out: {time.perf_counter() - started:.2f} s, {gone.shards} of {len(built.manifest['files'])} shards rewritten"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--task", default="grounding")
    parser.add_argument("--layout", default="parquet")
    args = parser.parse_args()
    for size in args.sizes:  # each in its own process: peak memory never falls
        process = multiprocessing.get_context("spawn").Process(target=run, args=(size, args.task, args.layout))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
