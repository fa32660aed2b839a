"""Quality of the chain on the project's own corpora, as a Markdown table.

    python -m tests.benchmarks.quality

Nothing was fitted to the sets marked "test"; "sample" is the bundled extract.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, get_args

import jmid_nlp
from corpora.align.studies import studies
from corpora.deid_rows import rows as deid_rows
from corpora.findings_markup import HERE as FINDINGS
from corpora.findings_markup import read_corpus
from jmid_nlp.batch.rows import parse_report
from jmid_nlp.deid.detect import Mode
from jmid_nlp.schema import to_plain
from tests import scoring

Rows = dict[str, dict[str, Any]]


def by_id(rows: Iterable[dict[str, Any]]) -> Rows:
    return {r["id"]: r for r in rows}


def jsonl(path: Path) -> Rows:
    with path.open(encoding="utf-8") as stream:
        return by_id(map(json.loads, stream))


def detect(rows: Rows, *, known: bool = False, mode: Mode = "accurate") -> dict[str, list[Any]]:
    return {
        i: to_plain(jmid_nlp.detect(parse_report(r, number=0) if known else r["text"], mode=mode))
        for i, r in rows.items()
    }


def line(task: str, data: str, count: int, figures: dict[str, float]) -> str:
    return (
        f"| {task} | {data} | {count} | "
        + ", ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in figures.items())
        + " |"
    )


def identifier_lines() -> Iterable[str]:
    sample = jmid_nlp.sample()
    gold, records = jsonl(sample / "gold_identifiers.jsonl"), jsonl(sample / "reports.jsonl")
    sets: list[tuple[str, Rows, Callable[[], dict[str, list[Any]]]]] = [
        ("sample, text alone", gold, lambda: detect(gold)),
        ("sample, with the record", gold, lambda: detect(records, known=True)),
    ]
    for part in ("dev", "test", "negatives_dev", "negatives_test"):
        rows = by_id(deid_rows(part))
        for mode in get_args(Mode):
            run = partial(detect, rows, known=True, mode=mode)
            sets.append((f"corpora/deid {part}, {mode}", rows, run))
    for data, rows, run in sets:
        found = scoring.identifiers(rows, run())
        found.pop("leaks")
        yield line("identifiers", data, sum(len(r["spans"]) for r in rows.values()), found)


def finding_lines() -> Iterable[str]:
    sets = {"sample": jsonl(jmid_nlp.sample() / "gold_findings.jsonl")}
    sets |= {
        f"corpora/findings {p.stem}": by_id(read_corpus(p.stem))
        for p in sorted(FINDINGS.glob("*.txt"))
        if p.stem != "attributes"
    }
    for data, rows in sets.items():
        found = scoring.findings(
            rows, {i: [to_plain(f) for f in jmid_nlp.findings(r["text"])] for i, r in rows.items()}
        )
        yield line(
            "findings",
            data,
            int(found.pop("n")),
            {k: found[k] for k in ("f1", "certainty", "laterality", "sizes", "location", "every")},
        )


def align_lines() -> Iterable[str]:
    from jmid_nlp.batch.job import AlignJob

    sets = {"sample": jsonl(jmid_nlp.sample() / "gold_align.jsonl")}
    sets |= {f"corpora/align {p}": by_id(studies(p)) for p in ("dev", "test")}
    for data, rows in sets.items():
        out = AlignJob()(list(enumerate(rows.values()))).rows
        found = scoring.pairs(rows, {r["id"]: r["pairs"] for r in out})
        yield line("alignment", data, int(found.pop("n")), found)


def main() -> None:
    print("| task | data | gold items | figures |\n|---|---|---|---|")
    for part in (identifier_lines, finding_lines, align_lines):
        for text in part():
            print(text, flush=True)


if __name__ == "__main__":
    main()
