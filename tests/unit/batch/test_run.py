import json
from dataclasses import dataclass

import pyarrow.parquet as pq
import pytest

from jmid_nlp.batch.job import DetectJob, deid_output, run_rows
from jmid_nlp.batch.mapping import map_function
from jmid_nlp.batch.run import run_job
from jmid_nlp.errors import InputError


@dataclass(frozen=True)
class Shout:
    """A job for tests: upper case; a text "boom" raises, a text "stop" ends the process' work."""

    mark: str = "!"
    interrupt: bool = False

    @property
    def fingerprint(self):
        return f"shout{self.mark}"

    def __call__(self, chunk):
        def treat(number, row):
            if row["text"] == "boom":
                raise ValueError("the text was boom")
            if row["text"] == "stop" and self.interrupt:
                raise KeyboardInterrupt
            return {"id": row["id"], "text": row["text"].upper() + self.mark, "nested": [{"n": number}]}, [
                {"id": row["id"]}
            ]

        return run_rows(chunk, treat)

    def seal(self, rows):
        return rows


def source(tmp_path, texts):
    path = tmp_path / "in.jsonl"
    path.write_text(
        "".join(json.dumps({"id": f"r{n}", "text": t}) + "\n" for n, t in enumerate(texts)), encoding="utf-8"
    )
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_rows_come_out_in_order_and_failures_are_listed_without_text(tmp_path):
    summary = run_job(Shout(), source(tmp_path, ["a", "boom", "c"]), tmp_path / "out.jsonl", chunk_rows=2)
    assert [r["text"] for r in lines(tmp_path / "out.jsonl")] == ["A!", "C!"]
    assert (summary.written, summary.failed) == (2, 1)
    failed = (tmp_path / "out.jsonl.failed.jsonl").read_text(encoding="utf-8")
    assert json.loads(failed)["id"] == "r1"
    assert "boom" not in failed
    assert not (tmp_path / "out.jsonl.partial").exists()


def test_two_processes_give_the_same_bytes_as_one(tmp_path):
    path = source(tmp_path, [f"t{n}" for n in range(50)])
    run_job(Shout(), path, tmp_path / "one.jsonl", chunk_rows=7)
    run_job(Shout(), path, tmp_path / "two.jsonl", chunk_rows=7, workers=2)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_an_interrupted_run_goes_on_and_gives_the_same_bytes(tmp_path):
    path = source(tmp_path, ["a", "b", "c", "d", "stop", "e"])
    out = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        run_job(Shout(interrupt=True), path, out, chunk_rows=2)
    assert not out.exists()
    summary = run_job(Shout(), path, out, chunk_rows=2)
    assert summary.resumed_parts == 2
    run_job(Shout(), path, tmp_path / "whole.jsonl", chunk_rows=2)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_another_job_does_not_take_over_foreign_parts(tmp_path):
    path = source(tmp_path, ["a", "b", "stop"])
    out = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        run_job(Shout(interrupt=True), path, out, chunk_rows=1)
    assert run_job(Shout("?"), path, out, chunk_rows=1).resumed_parts == 0
    assert [r["text"] for r in lines(out)] == ["A?", "B?", "STOP?"]


def test_a_second_row_with_the_same_id_fails(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n', encoding="utf-8")
    summary = run_job(Shout(), path, tmp_path / "out.jsonl")
    assert (summary.written, summary.failed) == (1, 1)
    assert "row 0" in lines(tmp_path / "out.jsonl.failed.jsonl")[0]["reason"]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_table_formats(tmp_path, suffix):
    out = tmp_path / f"out.{suffix}"
    run_job(Shout(), source(tmp_path, ["a", "b", "c"]), out, chunk_rows=2)
    if suffix == "parquet":
        assert pq.read_table(out).to_pylist()[2] == {"id": "r2", "text": "C!", "nested": [{"n": 2}]}
    else:
        assert out.read_text(encoding="utf-8").splitlines()[3] == 'r2,C!,"[{""n"": 2}]"'


def test_output_folder_and_suffix_are_checked_first(tmp_path):
    path = source(tmp_path, ["a"])
    with pytest.raises(InputError, match="no such folder"):
        run_job(Shout(), path, tmp_path / "none" / "out.jsonl")
    with pytest.raises(InputError, match="ends in"):
        run_job(Shout(), path, tmp_path / "out.xlsx")


def test_the_output_of_deid_holds_treated_values_only():
    row = {"id": "a", "text": "raw", "patient_name": "raw", "ward": "raw", "secret": "raw"}
    treated = {"report_id": "a", "text": "safe", "patient_name": None, "ward": "7F", "deid": "kamei"}
    out = deid_output(row, treated)
    assert out == {"id": "a", "text": "safe", "patient_name": None, "ward": "7F", "deid": "kamei"}
    assert "raw" not in out.values()


def test_detect_works_through_datasets_map():
    from datasets import Dataset

    data = Dataset.from_list([{"id": "a", "text": "読影医：佐々木 健一"}, {"id": "b", "text": "胸水なし。"}])
    found = data.map(
        map_function(DetectJob()),
        batched=True,
        with_indices=True,
        remove_columns=data.column_names,
        load_from_cache_file=False,
    )
    assert found[0]["id"] == "a"
    assert [s["category"] for s in found[0]["spans"]] == ["PERSON"]
