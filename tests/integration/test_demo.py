"""The demo end to end: its output against the sample's gold."""

import json
import re

import pyarrow.parquet as pq
import pytest

import jmid_nlp
from jmid_nlp.demo import run_demo

SAMPLE = jmid_nlp.sample()


def rows(name):
    with (SAMPLE / name).open(encoding="utf-8") as stream:
        return {r["id"]: r for r in map(json.loads, stream)}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    return folder, list(run_demo(folder))


def test_it_says_where_everything_is(demo):
    folder, lines = demo
    for name in ("index.html", "reports.parquet", "audit.parquet", "findings.parquet", "pairs.parquet"):
        assert (folder / name).exists()
        assert any(name in line for line in lines)
    assert not (folder / "failed.jsonl").exists(), (folder / "failed.jsonl").read_text(encoding="utf-8")


def test_identifiers_of_the_sample_text_alone_and_with_the_record():
    gold, reports = rows("gold_identifiers.jsonl"), jmid_nlp.read_reports(SAMPLE / "reports.jsonl")
    from jmid_nlp.schema import to_plain

    def figures(texts):
        found = [
            {"id": r.report_id, "spans": to_plain(jmid_nlp.detect(t))} for r, t in zip(reports, texts, strict=True)
        ]
        return jmid_nlp.evaluate(list(gold.values()), found, bootstrap=0).figures

    alone, known = figures([r.text for r in reports]), figures(reports)
    assert alone["recall"] >= 0.98
    assert alone["precision"] >= 0.95
    assert known["recall"] >= 0.98
    assert alone["kept"] >= 0.99


def test_no_known_identifier_leaves(demo):
    folder, _ = demo
    out = {r["id"] if "id" in r else r["report_id"]: r for r in pq.read_table(folder / "reports.parquet").to_pylist()}
    opted_out = {
        line.strip()
        for line in (SAMPLE / "opt_out.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    }
    audit = json.dumps(pq.read_table(folder / "audit.parquet").to_pylist(), default=str, ensure_ascii=False)
    for row_id, raw in rows("reports.jsonl").items():
        if raw["patient_id"] in opted_out:
            assert row_id not in out
            continue
        text = json.dumps(out[row_id], default=str, ensure_ascii=False)
        for field in ("patient_name", "patient_kana", "patient_id", "accession_number", "study_uid"):
            value = re.sub(r"\s", "", raw.get(field) or "")
            assert not value or value not in re.sub(r"\s", "", text), (row_id, field)
            assert not value or value not in audit, (row_id, field)


def test_findings_of_the_sample():
    gold = rows("gold_findings.jsonl")
    from jmid_nlp.schema import to_plain

    found = [{"id": i, "findings": to_plain(list(jmid_nlp.findings(r["text"])))} for i, r in gold.items()]
    assert jmid_nlp.evaluate(list(gold.values()), found, bootstrap=0).figures["f1"] >= 0.85


def test_datasets_load_and_hold_rows(demo):
    from datasets import load_from_disk

    folder, _ = demo
    for task in ("grounding", "classification", "entities"):
        loaded = load_from_disk(str(folder / "dataset" / task))
        assert sum(len(part) for part in loaded.values()) > 0, task
        assert (folder / "dataset" / task / "README.md").exists()


def test_the_page_stands_alone_and_holds_every_report(demo):
    folder, _ = demo
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="https?:', page)
    assert page.count('class="report"') == pq.read_table(folder / "reports.parquet").num_rows
    assert "jmid-phi" in page
    assert "jmid-positive" in page
