"""`jmid-nlp demo`: the bundled sample extract through the whole chain, and a page that shows what happened."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from jmid_nlp.api import sample
from jmid_nlp.chain import Chain, run_chain
from jmid_nlp.tables import AuditTable

TASKS = ("grounding", "classification", "entities")


def run_demo(output: Path) -> Iterator[str]:
    """Run the demo.

    Args:
        output: Folder for the results; files of an earlier demo are replaced.

    Yields:
        Lines that say what is being done, what came out and where it lies.
    """
    from jmid_nlp.deid.keys import Key

    started = time.perf_counter()
    output.mkdir(parents=True, exist_ok=True)
    # The sample is invented and its demo should give the same result everywhere; a real key is secret and random.
    key = Key(hashlib.sha256(b"the demo's key is public").digest())
    folder = sample()
    marks, opt_out = folder / "annotations", folder / "opt_out.txt"
    chain = run_chain(folder / "reports.jsonl", marks, policy="kamei", key=key, opt_out=opt_out)
    audit = chain.safe.audit()
    yield f"{len(chain.reports)} reports of the sample extract, {chain.opted_out} left out on opt-out"
    yield f"{len(audit)} identifiers replaced, {len(chain.extractions.findings())} findings read"
    yield f"{len(chain.annotations)} annotations read, {sum(len(a.pairs) for a in chain.alignments)} matched with a finding"
    write_results(chain, audit, output)
    if chain.failed:
        yield f"{len(chain.failed)} rows or files failed; reasons in {output / 'failed.jsonl'}"
    yield f"done in {time.perf_counter() - started:.1f} s; results:"
    for name, what in _RESULTS.items():
        yield f"  {output / name}  {what}"


_RESULTS = {
    "index.html": "what was removed, found and matched, report by report: open it in a browser",
    "reports.parquet": "de-identified reports",
    "audit.parquet": "what was replaced, without text",
    "findings.parquet": "one row a finding",
    "pairs.parquet": "findings matched with annotations",
    "dataset/grounding": "labelled dataset with card: datasets.load_from_disk",
    "dataset/classification": "the same reports with CT-RATE labels",
    "dataset/entities": "the same reports with PRISM entities",
}


def write_results(chain: Chain, audit: AuditTable, output: Path) -> None:
    """Write tables, datasets and page into the folder."""
    chain.safe.to_parquet(output / "reports.parquet")
    audit.to_parquet(output / "audit.parquet")
    chain.extractions.to_parquet(output / "findings.parquet")
    chain.alignments.to_parquet(output / "pairs.parquet")
    for task in TASKS:
        (output / "dataset").mkdir(exist_ok=True)
        chain.build(task=task).save_to_disk(output / "dataset" / task)
    chain.list_failed(output / "failed.jsonl")
    (output / "index.html").write_text(page(chain), encoding="utf-8")


def page(chain: Chain) -> str:
    """One self-contained HTML page: each report before and after, its findings and their annotations."""
    from jinja2 import Environment, StrictUndefined

    from jmid_nlp.display import style

    source = files("jmid_nlp").joinpath("demo.html.j2").read_text(encoding="utf-8")
    template = Environment(undefined=StrictUndefined, autoescape=True).from_string(source)
    return template.render(style=style(), reports=_views(chain), counts=_counts(chain))


def _counts(chain: Chain) -> list[tuple[str, int]]:
    return [
        ("reports", len(chain.safe)),
        ("identifiers replaced", sum(len(r.edits) for r in chain.safe)),
        ("findings", len(chain.extractions.findings())),
        ("annotations", len(chain.annotations)),
        ("matched", sum(len(a.pairs) for a in chain.alignments)),
        ("left without partner", sum(len(a.unmatched_annotations) for a in chain.alignments)),
    ]


def _views(chain: Chain) -> list[dict[str, Any]]:
    from jmid_nlp.display import Mark, anchors_of, edit_marks, finding_marks, findings_table, marked_text

    raw = {r.report_id: r for r in chain.reports}
    found = {e.report_id: e for e in chain.extractions}
    linked = {a.study_id: a for a in chain.alignments}
    views = []
    for number, safe in enumerate(chain.safe):
        report, findings = raw[safe.report_id], found[safe.report_id].findings
        alignment = linked.get(safe.report_id)
        removed = [Mark(e.start, e.end, "jmid-phi", f"{e.category} / {e.subtype}: {e.action}") for e in safe.edits]
        prefix = f"r{number}-"
        marks = finding_marks(findings, prefix=prefix)
        put_in = [m for m in edit_marks(safe.edits) if not any(m.start < f.end and f.start < m.end for f in marks)]
        views.append(
            {
                "id": safe.report_id,
                "about": " / ".join(str(v) for v in (report.modality, report.body_part, report.exam_date) if v),
                "edits": len(safe.edits),
                "findings": len(findings),
                "pairs": len(alignment.pairs) if alignment else 0,
                "before": marked_text(report.text, removed),
                "after": marked_text(safe.text, marks + put_in),
                "table": findings_table(
                    findings, links=alignment.pairs if alignment else (), text=safe.text, anchors=anchors_of(marks)
                ),
                "alone": ", ".join(alignment.unmatched_annotations) if alignment else "",
            }
        )
    return views
