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

Rows = dict[str, dict[str, Any]]


def by_id(rows: Iterable[dict[str, Any]]) -> Rows:
    return {r["id"]: r for r in rows}


def jsonl(path: Path) -> Rows:
    with path.open(encoding="utf-8") as stream:
        return by_id(map(json.loads, stream))


def detect(rows: Rows, *, known: bool = False, mode: Mode = "accurate") -> list[dict[str, Any]]:
    return [
        {"id": i, "spans": to_plain(jmid_nlp.detect(parse_report(r, number=0) if known else r["text"], mode=mode))}
        for i, r in rows.items()
    ]


def line(task: str, data: str, gold: Rows, predicted: Any, names: Iterable[str]) -> str:
    """One row of the table: the figures of these names, and for identifiers how many finds are wrong."""
    found = jmid_nlp.evaluate(list(gold.values()), predicted, kind=task, bootstrap=0)
    about = {f.name: f for f in found if f.scope == "overall"}
    told = [n for n in names if about[n].value is not None and (about["recall"].n or n != "precision")]
    figures = [f"{n.replace('_', ' ')} {about[n].value:.3f}" for n in told]
    if task == "identifiers":
        figures.append(f"wrong {found.errors_by_kind().get('spurious', 0)}")
    return f"| {task} | {data} | {about['recall'].n} | {', '.join(figures)} |"


def identifier_lines() -> Iterable[str]:
    sample = jmid_nlp.sample()
    gold, records = jsonl(sample / "gold_identifiers.jsonl"), jsonl(sample / "reports.jsonl")
    sets: list[tuple[str, Rows, Callable[[], list[dict[str, Any]]]]] = [
        ("sample, text alone", gold, lambda: detect(gold)),
        ("sample, with the record", gold, lambda: detect(records, known=True)),
    ]
    for part in ("dev", "test", "negatives_dev", "negatives_test"):
        rows = by_id(deid_rows(part))
        for mode in get_args(Mode):
            run = partial(detect, rows, known=True, mode=mode)
            sets.append((f"corpora/deid {part}, {mode}", rows, run))
    for data, rows, run in sets:
        yield line("identifiers", data, rows, run(), ("recall", "precision", "kept", "reports_without_leak"))


def finding_lines() -> Iterable[str]:
    sets = {"sample": jsonl(jmid_nlp.sample() / "gold_findings.jsonl")}
    sets |= {
        f"corpora/findings {p.stem}": by_id(read_corpus(p.stem))
        for p in sorted(FINDINGS.glob("*.txt"))
        if p.stem != "attributes"
    }
    for data, rows in sets.items():
        found = [{"id": i, "findings": [to_plain(f) for f in jmid_nlp.findings(r["text"])]} for i, r in rows.items()]
        yield line("findings", data, rows, found, ("f1", "certainty", "laterality", "sizes", "location", "every"))


def align_lines() -> Iterable[str]:
    from jmid_nlp.batch.job import AlignJob

    sets = {"sample": jsonl(jmid_nlp.sample() / "gold_align.jsonl")}
    sets |= {f"corpora/align {p}": by_id(studies(p)) for p in ("dev", "test")}
    for data, rows in sets.items():
        out = AlignJob()(list(enumerate(rows.values()))).rows
        yield line("alignment", data, rows, out, ("f1", "abstention", "perfect"))


def main() -> None:
    print("| task | data | gold items | figures |\n|---|---|---|---|")
    for part in (identifier_lines, finding_lines, align_lines):
        for text in part():
            print(text, flush=True)


if __name__ == "__main__":
    main()
