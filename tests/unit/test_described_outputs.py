"""What a report says of its findings reaches every output: rows, tables, notebook, pipeline, datasets, the proof of use."""

from __future__ import annotations

import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

import jmid_nlp
from jmid_nlp.batch.job import extraction_row
from jmid_nlp.batch.sinks import ParquetSink
from jmid_nlp.dataset.export import export
from jmid_nlp.dataset.stream import BuildOptions, build_stream
from jmid_nlp.dataset.tasks import Study
from jmid_nlp.display import advice, count, findings_table, looks
from jmid_nlp.schema import AnnotationRecord, Code, Count, DeidReport, Edit, Link
from jmid_nlp.utility import compare

TEXT = (
    "右上葉に辺縁平滑な充実性結節を2個認めます。2024/3/1のCTと比べ増大しています。"
    "SUVmax 3.1の集積を伴います。造影効果は認めません。3か月後のCTをお勧めします。"
)


@pytest.fixture(scope="module")
def extraction():
    return jmid_nlp.extract([TEXT])[0]


def test_rows_hold_the_fields_and_reasons_only_where_asked(extraction):
    row = extraction_row(extraction)
    assert list(row) == ["id", "entities", "findings", "tnm", "labels", "recommendation"]
    finding = row["findings"][0]
    assert "why" not in finding
    assert {(a["kind"], a["value"], a["present"]) for a in finding["attributes"]} == {
        ("margin", "smooth", True), ("density", "solid", True), ("uptake", "uptake", True), ("value", "suv_max", True),
        ("enhancement", "enhancing", False),
    }  # fmt: skip
    assert finding["number"] == {"low": 2, "high": 2, "start": 15, "end": 17}
    assert finding["compared_to"]["date"] == "2024-03-01"
    assert finding["recommendation"][0]["action"] == "imaging"
    why = extraction_row(extraction, explain=True)["findings"][0]["why"]
    assert {"attributes", "number", "compared_to", "recommendation"} <= why.keys()
    assert json.loads(json.dumps(row)) == row


def test_every_span_reads_back(extraction):
    for finding in extraction.findings:
        for item in (*finding.attributes, *finding.recommendation):
            assert item.spans
            assert all(0 <= s < e <= len(TEXT) and TEXT[s:e].strip() for s, e in item.spans)
        if finding.compared_to is not None:
            assert TEXT[finding.compared_to.start : finding.compared_to.end] == "2024/3/1"


def test_tables(extraction, tmp_path):
    table = jmid_nlp.extract([TEXT, "胸水なし。"])
    arrow = table.to_arrow()
    assert arrow.column("attributes").to_pylist()[0][0]["value"] == "smooth"
    assert arrow.column("number").to_pylist()[0]["low"] == 2
    assert table.to_pandas().loc[0, "recommendation"][0]["modality"] == "ct"
    table.to_parquet(tmp_path / "out.parquet")
    assert (tmp_path / "out.parquet").stat().st_size


def test_parts_that_fill_other_fields_make_one_table(tmp_path):
    texts = {
        "nothing": "異常なし。",
        "margin": "右肺に辺縁平滑な結節を認めます。",
        "signal": "脳に病変を2個認め、T2強調像で高信号、CT値30HU。3か月後MRIをお勧めします。異常なし。",
        "advice": "胸水なし。臨床所見と合わせてご判断ください。",
    }
    row = {k: extraction_row(e) for k, e in zip(texts, jmid_nlp.extract(texts.values()), strict=True)}
    sink = ParquetSink()
    chunks = [["nothing"] * 3, ["nothing", "margin"], ["margin", "signal"], ["signal", "advice"], ["advice"]]
    parts = [tmp_path / f"{n}.arrow" for n in range(len(chunks))]
    for part, chunk in zip(parts, chunks, strict=True):
        sink.write_part(part, [row[k] for k in chunk])
    sink.join(parts, tmp_path / "out.parquet")
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    named = dict(zip([k for chunk in chunks for k in chunk], rows, strict=True))
    assert named["margin"]["findings"][0]["number"] is None
    assert {a["sequence"] or a["unit"] for a in named["signal"]["findings"][0]["attributes"]} == {"T2WI", "HU"}
    assert named["signal"]["findings"][0]["number"]["low"] == 2
    assert named["advice"]["recommendation"][0]["action"] == "clinical_correlation"


def test_notebook(extraction):
    finding = extraction.findings[0]
    assert count(finding) == "2"
    assert looks(finding).startswith("smooth, solid")
    assert "no enhancement" in looks(finding)
    assert "maximum SUV 3.1" in looks(finding)
    assert advice(finding.recommendation) == "imaging, ct (3か月後)"
    html = findings_table([finding])
    assert "n = 2" in html
    assert "since 2024-03-01" in html
    open_end = replace(finding, number=Count(10, None, 0, 1), attributes=(), recommendation=())
    assert (count(open_end), looks(open_end), advice(open_end.recommendation)) == ("≥ 10", "", "")
    assert count(replace(finding, number=Count(2, 3, 0, 1))) == "2–3"


def test_pipeline_holds_the_records():
    doc = jmid_nlp.load("findings")("異常を認めません。臨床所見と合わせてご判断ください。")
    assert doc.user_data["jmid"]["recommendation"][0]["action"] == "clinical_correlation"


def test_datasets_hold_the_fields(extraction, tmp_path):
    finding = replace(extraction.findings[0], codes=(Code("ICD-10", "Z70"),))
    found = replace(extraction, report_id="r1", findings=(finding,))
    report = DeidReport("r1", TEXT, {"patient_id": "p1", "study_uid": "2.25.1"}, provenance={"policy": "kamei"})
    mark = AnnotationRecord("a1", label="nodule", bbox=(1.0, 2.0, 3.0, 4.0))
    study = Study(report, found, (Link(finding.start, finding.end, "a1", 0.9, ("size",)),), {"a1": mark})
    build_stream([study], tmp_path / "out", options=BuildOptions(task="grounding", ratios=(1.0, 0.0, 0.0)))
    export(tmp_path / "out", "coco")
    said = json.loads((tmp_path / "out" / "coco" / "train.json").read_text(encoding="utf-8"))["annotations"][0]
    assert [a["value"] for a in said["attributes"]][:2] == ["smooth", "solid"]
    assert (said["number_low"], said["number_high"]) == (2, 2)
    assert said["recommendation"][0] | {"spans": []} == {
        "action": "imaging", "modality": "ct", "interval_days": [90, 90], "needed": True, "conditional": False, "spans": [],
    }  # fmt: skip
    assert said["codes"] == [{"system": "ICD-10", "code": "Z70"}]


def test_proof_of_use_compares_what_is_said_and_not_where():
    moved = "○○○" + TEXT
    edits = [Edit(0, 0, 0, 3, "PERSON", "patient", "tag", "known", 1.0)]
    before, after = (jmid_nlp.extract([t])[0] for t in (TEXT, moved))
    assert [d.attribute for d in compare(before, after, edits)] == []
    other = moved.replace("2個", "3個").replace("平滑", "不整").replace("3か月", "6か月")
    changed = {d.attribute for d in compare(before, jmid_nlp.extract([other])[0], edits)}
    assert changed == {"attributes", "number", "recommendation"}
