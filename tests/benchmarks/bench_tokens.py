"""Rates of tokens, Docs and the rest of the text room as ratios to fugashi with features, interleaved in one run.

    python tests/benchmarks/bench_tokens.py [ROUNDS]

The reference (REF) is fugashi with unidic-lite reading surface and feature.pos1 of every token. Each round times every
job once over all texts; the figure is the median over rounds of that round's ratio. Texts: the development reports where
they are beside the checkout, else invented ones.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import fugashi

from jmid_nlp.offsets import fold
from jmid_nlp.pipeline import blank
from jmid_nlp.text.lines import unwrap
from jmid_nlp.text.sections import sections
from jmid_nlp.text.sentences import sentences
from jmid_nlp.text.tokens import features, tokenize

DATA = Path(__file__).resolve().parents[3] / "shared" / "medtxt_rr"
SITES = ["右肺上葉S3", "左肺下葉S6", "肝S8", "右腎中部", "膵尾部", "L4椎体", "縦隔", "左副腎"]
STATEMENTS = [
    "{s}に{n}mm大の結節を認め、前回と比較して増大しています。",
    "{s}に明らかな腫瘤性病変は指摘できません。",
    "{s}の嚢胞は{n}mm大で、著変ありません。",
    "胸水や腹水の貯留は認めません。",
    "辺縁にすりガラス影を伴い、胸膜陥入像を認めます。",
]


def invented() -> list[str]:
    """Ninety reports of some 200 characters, all different, without chance."""
    reports = []
    for n in range(90):
        lines = [STATEMENTS[(n + k) % 5].format(s=SITES[(n * 3 + k) % 8], n=4 + (n * 7 + k * 5) % 40) for k in range(8)]
        reports.append("【所見】\n" + "\n".join(lines) + f"\n【診断】{SITES[n % 8]}結節、{n + 1}例目")
    return reports


def texts() -> list[str]:
    """The development reports, or invented ones."""
    found = [json.loads(line)["text"] for name in ("ner", "tnm") if (DATA / f"{name}.jsonl").exists()
             for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]  # fmt: skip
    return found or invented()


def main(rounds: int = 9) -> None:
    """Prints one line a job: microseconds a report and the rate relative to REF."""
    reports = texts()
    tagger = fugashi.Tagger()
    nlp = blank()

    def reference(text: str) -> None:
        for node in tagger(text):
            node.surface, node.feature.pos1  # noqa: B018

    def nodes(text: str) -> None:
        [(node.surface, node.feature_raw) for node in tagger(text)]

    def lemmas(text: str) -> None:
        [features(raw) for raw in tokenize(text).raw]

    jobs: dict[str, Callable[[str], object]] = {
        "fugashi: surface, feature.pos1 (REF)": reference,
        "fugashi: surface, feature_raw": nodes,
        "tokenize": tokenize,
        "tokenize, lemma and reading": lemmas,
        "Doc with tag, pos, lemma, reading": nlp.make_doc,
        "fold": fold,
        "unwrap": unwrap,
        "sentences": sentences,
        "sections": sections,
    }
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds + 1):
        for name, job in jobs.items():
            before = time.process_time()
            for text in reports:
                job(text)
            times[name].append(time.process_time() - before)
    base = times[next(iter(jobs))][1:]
    print(f"{len(reports)} reports, {sum(map(len, reports)) / len(reports):.0f} characters on average, {rounds} rounds")
    for name, spent in times.items():
        ratio = statistics.median(b / s for b, s in zip(base, spent[1:], strict=True))
        print(f"{name:40s} {statistics.median(spent[1:]) / len(reports) * 1e6:8.1f} us  {ratio:6.2f} x REF")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
