"""The verbs as a user calls them: exit codes, messages, bad input of every sort, nothing lost and nothing told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

GOOD = {
    "id": "good",
    "text": "読影医：佐々木 健一\n右肺に12mm大の結節を認めます。胸水は認めません。",
    "patient_id": "P1",
    "patient_name": "山本 花子",
}


@pytest.fixture
def call(tmp_path):
    (tmp_path / "key.txt").write_text(bytes(range(32)).hex(), encoding="utf-8")

    def run(*args):
        command = [sys.executable, "-c", "from jmid_nlp.cli import main; main()", *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    return run


def write(path: Path, rows):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return path


def lines(path: Path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("verb", [["detect"], ["deid", "--key-file", "key.txt"], ["extract"]])
def test_bad_rows_are_listed_and_the_others_go_on(call, tmp_path, verb):
    rows = [
        GOOD,
        {"text": "x"},
        {"id": "null", "text": None},
        {"id": "n", "text": 3},
        dict(GOOD),
        {"id": "last", "text": ""},
    ]
    write(tmp_path / "in.jsonl", rows)
    done = call(verb[0], "in.jsonl", "-o", "out.jsonl", *verb[1:])
    assert done.returncode == 1, done.stderr
    assert [r["id"] for r in lines(tmp_path / "out.jsonl")] == ["good", "last"]
    failed = lines(tmp_path / "out.jsonl.failed.jsonl")
    assert [(r["row"], r["field"]) for r in failed] == [(1, "id"), (2, "text"), (3, "text"), (4, "id")]
    assert "佐々木" not in done.stderr + json.dumps(failed, ensure_ascii=False)


def test_detect_finds_without_telling(call, tmp_path):
    write(tmp_path / "in.jsonl", [GOOD])
    assert call("detect", "in.jsonl", "-o", "out.jsonl").returncode == 0
    (row,) = lines(tmp_path / "out.jsonl")
    span = row["spans"][0]
    assert GOOD["text"][span["start"] : span["end"]] == "佐々木 健一"
    assert "佐々木" not in (tmp_path / "out.jsonl").read_text(encoding="utf-8")


def test_deid_removes_text_and_columns_and_chains_its_audit(call, tmp_path):
    rows = [GOOD, GOOD | {"id": "second", "text": "山本花子様、ID P1。"}]
    write(tmp_path / "in.jsonl", rows)
    done = call("deid", "in.jsonl", "-o", "out.parquet", "--key-file", "key.txt", "--audit", "audit.jsonl")
    assert done.returncode == 0, done.stderr
    out = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [r["id"] for r in out] == ["good", "second"]
    assert out[0]["patient_id"] == out[1]["patient_id"] != "P1"
    flat = json.dumps(out, ensure_ascii=False) + (tmp_path / "audit.jsonl").read_text(encoding="utf-8")
    assert not any(name in flat for name in ("佐々木", "山本", "花子"))
    assert "12mm大の結節を認めます。胸水は認めません。" in out[0]["text"]


def test_deid_needs_a_key_and_never_from_the_command_line(call, tmp_path):
    write(tmp_path / "in.jsonl", [GOOD])
    refused = call("deid", "in.jsonl", "-o", "out.jsonl")
    assert refused.returncode == 2
    assert "key" in refused.stderr
    (tmp_path / "short.txt").write_text("abc", encoding="utf-8")
    assert call("deid", "in.jsonl", "-o", "out.jsonl", "--key-file", "short.txt").returncode == 2
    assert call("deid", "in.jsonl", "-o", "out.jsonl", "--key", bytes(range(32)).hex()).returncode == 2
    assert not (tmp_path / "out.jsonl").exists()


def test_an_unlisted_column_that_identifies_stops_the_run(call, tmp_path):
    write(tmp_path / "in.jsonl", [GOOD, GOOD | {"id": "b", "memo": "山本 花子様 090-1234-5678"}])
    for workers in (1, 2):
        done = call("deid", "in.jsonl", "-o", "out.jsonl", "--key-file", "key.txt", "--workers", workers)
        assert done.returncode == 2
        assert "memo" in done.stderr
        assert "山本" not in done.stderr
        assert not (tmp_path / "out.jsonl").exists()


def test_opted_out_patients_leave_first(call, tmp_path):
    write(tmp_path / "in.jsonl", [GOOD, GOOD | {"id": "b", "patient_id": "P2"}])
    (tmp_path / "out.txt").write_text("Ｐ1\n", encoding="utf-8")
    done = call("deid", "in.jsonl", "-o", "out.jsonl", "--key-file", "key.txt", "--opt-out", "out.txt")
    assert [r["id"] for r in lines(tmp_path / "out.jsonl")] == ["b"]
    assert "1 left out" in done.stderr


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
def test_encodings_of_csv(call, tmp_path, encoding):
    text = "id,text\na,読影医：佐々木 健一\n"
    (tmp_path / "in.csv").write_bytes(text.encode(encoding))
    assert call("detect", "in.csv", "-o", "out.jsonl").returncode == 0
    assert lines(tmp_path / "out.jsonl")[0]["spans"][0]["category"] == "PERSON"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("in.jsonl", b"", "empty"),
        ("in.parquet", b"PAR1broken", "Parquet"),
        ("in.csv", b"id\n1\n", "text"),
        ("in.doc", b"x", "suffix"),
    ],
)
def test_unusable_input_ends_with_code_2_and_no_output(call, tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    done = call("extract", name, "-o", "out.jsonl")
    assert done.returncode in (1, 2)
    listed = tmp_path / "out.jsonl.failed.jsonl"
    assert says in done.stderr + (listed.read_text(encoding="utf-8") if listed.exists() else "")
    assert "Traceback" not in done.stderr


def test_a_report_of_a_megabyte_and_odd_characters_pass(call, tmp_path):
    long = "右肺に結節を認めます。胸水は認めません。\n" * 25_000
    odd = "\ufeff𠮷田\r\n\x00か\u3099\u200b\ud83d"
    (tmp_path / "in.jsonl").write_text(
        json.dumps({"id": "l", "text": long}) + "\n" + json.dumps({"id": "o", "text": odd}) + "\n"
    )
    for verb in ("detect", "extract"):
        done = call(verb, "in.jsonl", "-o", f"{verb}.jsonl")
        assert done.returncode == 0, done.stderr[-500:]
    assert len(lines(tmp_path / "extract.jsonl")[0]["findings"]) == 50_000


def test_parquet_in_and_out_keeps_foreign_columns(call, tmp_path):
    table = pa.Table.from_pylist([{"report_id": "a", "text": "胸水なし。", "modality": "CT", "weight_kg": 52.5}])
    pq.write_table(table, tmp_path / "in.parquet")
    done = call("deid", "in.parquet", "-o", "out.parquet", "--key-file", "key.txt")
    assert done.returncode == 0, done.stderr
    (row,) = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert (row["text"], row["modality"], row["weight_kg"]) == ("胸水なし。", "CT", 52.5)


def test_align_takes_studies(call, tmp_path):
    report = {"report_id": "r", "study_uid": "2.25.1", "patient_id": "p", "modality": "CT", "exam_date": "2024-05-01"}
    report["text"] = "右肺上葉に12mm大の結節を認めます（Se3 Im45）。肝に嚢胞を認めます。"
    mark = {"annotation_id": "m", "study_uid": "2.25.1", "series_number": 3, "image_number": 45, "label": "nodule"}
    mark |= {"anatomy": "RUL", "laterality": "right", "size_mm": [12.3], "bbox": [1, 2, 3, 4], "created": "2024-05-02"}
    write(tmp_path / "in.jsonl", [{"id": "s", "report": report, "annotations": [mark]}, {"id": "t"}])
    done = call("align", "in.jsonl", "-o", "out.jsonl")
    assert done.returncode == 1
    (row,) = lines(tmp_path / "out.jsonl")
    assert [p["annotation_id"] for p in row["pairs"]] == ["m"]
    assert row["pairs"][0]["why"]


def test_info_and_version_name_what_results_depend_on(call):
    shown = call("info").stdout
    assert all(word in shown for word in ("jmid-nlp", "unidic-lite", "lexicons", "kamei"))
    assert call("--version").stdout.strip()
    for verb in ("detect", "deid", "extract", "align", "build-dataset", "demo", "info"):
        assert "Example:" in call(verb, "--help").stdout


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_ends_with_a_message_and_no_half_file(call, tmp_path):
    write(tmp_path / "in.jsonl", [GOOD])
    (tmp_path / "out.jsonl.partial").symlink_to("/dev/full")
    done = call("detect", "in.jsonl", "-o", "out.jsonl")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.jsonl").exists()
