"""The public functions with what people hand them in a notebook: clear words, no text in messages and reprs, nothing unescaped."""

import os
import pickle

import datasets
import pandas as pd
import pyarrow as pa
import pytest

import jmid_nlp
from jmid_nlp.batch.job import DetectJob
from jmid_nlp.batch.mapping import map_function
from jmid_nlp.errors import JmidError

NAME = "鬼龍院カナリア"
SCRIPT = "<script>alert('x')</script>"
TEXT = f"読影医：{NAME}先生。右肺下葉S6に12mm大の結節を認め、{SCRIPT}前回より増大しています。"
ROWS = [{"id": f"1{SCRIPT}", "text": TEXT, "patient_id": "P1", "patient_name": NAME}, {"id": "2", "text": "胸水なし。"}]


@pytest.fixture(scope="module")
def held():
    reports = jmid_nlp.read_reports(ROWS)
    safe = jmid_nlp.deidentify(reports, policy="tokumei")
    found = jmid_nlp.extract(safe)
    return {
        "reports": reports,
        "safe": safe,
        "found": found,
        "audit": safe.audit(),
        "findings": jmid_nlp.findings(TEXT),
        "shown": jmid_nlp.show(reports[0]),
        "identifiers": jmid_nlp.detect(TEXT),
        "report": reports[0],
        "treated": safe[0],
    }


def test_reprs_hold_no_text_and_objects_pickle(held):
    for name, thing in held.items():
        assert NAME not in repr(thing), name
        assert "先生" not in repr(thing), name
        assert type(pickle.loads(pickle.dumps(thing))) is type(thing)


def test_html_is_escaped_and_follows_light_and_dark(held):
    for name in ("reports", "safe", "found", "audit", "findings", "shown"):
        html = held[name]._repr_html_()
        assert "<script" not in html, name
        assert "prefers-color-scheme: dark" in html, name
    assert "&lt;script&gt;" in held["shown"]._repr_html_()


@pytest.mark.parametrize("name", ["reports", "safe", "found", "audit", "findings"])
def test_tables_slice_and_convert_also_empty(held, name, tmp_path):
    table = held[name]
    assert list(table[::-1]) == list(table)[::-1]
    for part in (table, table[:1], table[:0]):
        assert len(part.to_pandas()) == len(part.to_arrow()) == len(part.to_dicts())
        assert part._repr_html_()
        part.to_parquet(tmp_path / "t.parquet")
        assert pa.parquet.read_table(tmp_path / "t.parquet").num_rows == len(part.to_dicts())


def test_tables_with_mixed_foreign_columns_convert(tmp_path):
    rows = [{"id": str(n), "text": "a\ud83d", "x": x} for n, x in enumerate([1, "q", {"k": [1]}, None, 10**30])]
    table = jmid_nlp.read_reports(rows).to_arrow()
    assert table.column("x").to_pylist() == ["1", "q", '{"k": [1]}', None, str(10**30)]
    assert table.column("text").to_pylist()[0] == "a\ufffd"


class Polars:
    """The part of a polars data frame that is looked at."""

    columns = ("id", "text")

    def to_dict(self, *, as_series=True):
        raise AssertionError("columns, not rows")

    def to_dicts(self):
        return ROWS


@pytest.mark.parametrize(
    "source",
    [
        ROWS,
        iter(ROWS),
        (row for row in ROWS),
        pd.DataFrame(ROWS),
        pa.Table.from_pylist(ROWS),
        pa.RecordBatch.from_pylist(ROWS),
        datasets.Dataset.from_list(ROWS),
        Polars(),
    ],
    ids=lambda s: type(s).__name__,
)
def test_reports_come_from_tables_of_every_kind(source):
    reports = jmid_nlp.read_reports(source)
    assert [r.text for r in reports] == [TEXT, "胸水なし。"]
    assert not reports.failed


def test_what_pandas_writes_for_null_is_null():
    rows = [
        {"id": 1, "text": "a", "age": float("nan"), "patient_id": 12.0, "exam_date": pd.NaT, "sex": pd.NA},
        {"id": 2, "text": float("nan"), "exam_date": pd.Timestamp("2024-05-01")},
        {"id": 3, "text": "c", "exam_date": pd.Timestamp("2024-05-01")},
    ]
    for frame in (pd.DataFrame(rows), pd.DataFrame(rows).convert_dtypes()):
        reports = jmid_nlp.read_reports(frame)
        assert [(r.report_id, r.patient_id, r.exam_date, r.age, r.sex) for r in reports] == [
            ("1", "12", None, None, None),
            ("3", None, "2024-05-01T00:00:00", None, None),
        ]
        assert [(f["id"], f["field"]) for f in reports.failed] == [("2", "text")]


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (jmid_nlp.read_reports, TEXT),
        (jmid_nlp.read_reports, TEXT * 50),
        (jmid_nlp.read_reports, TEXT + "\n"),
        (jmid_nlp.read_reports, "\ud83d" + NAME),
        (jmid_nlp.read_reports, [TEXT]),
        (jmid_nlp.read_reports, ROWS[0]),
        (jmid_nlp.read_reports, TEXT.encode()),
        (jmid_nlp.read_reports, None),
        (jmid_nlp.read_reports, [None, 1]),
        (jmid_nlp.read_reports, pd.DataFrame({"id": [1], "memo": [NAME]})),
        (jmid_nlp.read_reports, pd.Series([TEXT])),
        (jmid_nlp.read_reports, datasets.DatasetDict(train=datasets.Dataset.from_list(ROWS))),
        (jmid_nlp.deidentify, TEXT),
        (jmid_nlp.deidentify, 3),
        (lambda a: jmid_nlp.deidentify(a, policy="tokumei"), [TEXT]),
        (lambda a: jmid_nlp.deidentify(ROWS, policy=a), None),
        (lambda a: jmid_nlp.deidentify(ROWS, key=a), "鬼龍" * 20),
        (lambda a: jmid_nlp.deidentify(ROWS, key=a), b"k" * 32),
        (jmid_nlp.detect, None),
        (jmid_nlp.extract, [None]),
        (jmid_nlp.findings, None),
        (jmid_nlp.findings, [TEXT]),
        (jmid_nlp.show, 3),
        (jmid_nlp.show, [TEXT]),
    ],
)
def test_wrong_arguments_end_in_a_clear_word_without_the_text(call, argument):
    with pytest.raises(JmidError) as caught:
        call(argument)
    assert "カナリア" not in str(caught.value)
    assert "鬼龍" not in str(caught.value)


def test_tables_and_dicts_go_straight_into_the_chain():
    safe = jmid_nlp.deidentify(pd.DataFrame(ROWS), policy="tokumei")
    assert len(safe) == len(jmid_nlp.deidentify(ROWS, policy="tokumei")) == 2
    assert NAME not in safe[0].text
    assert len(jmid_nlp.extract(TEXT)) == 1
    assert [len(e.findings) > 0 for e in jmid_nlp.extract(ROWS)] == [True, True]


def test_show_and_findings_take_text_report_and_doc(held):
    doc = jmid_nlp.load()(TEXT)
    expected = list(jmid_nlp.findings(TEXT))
    for source in (doc, held["report"]):
        assert list(jmid_nlp.findings(source)) == expected
        assert "結節" in jmid_nlp.show(source)._repr_html_()
    assert 'class="jmid-phi"' not in jmid_nlp.show(held["treated"])._repr_html_()


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core")
def test_a_job_runs_in_datasets_map_with_processes_and_caches(tmp_path):
    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "d")
    rows = datasets.load_from_disk(tmp_path / "d")
    options = {"batched": True, "with_indices": True, "remove_columns": rows.column_names}
    first = rows.map(map_function(DetectJob()), num_proc=2, **options)
    assert first.column_names == ["id", "spans"]
    assert NAME not in str(first[:])
    once = rows.map(map_function(DetectJob()), **options)
    again = rows.map(map_function(DetectJob()), **options)
    assert [f["filename"] for f in once.cache_files] == [f["filename"] for f in again.cache_files] != []
