"""Hostile input to every verb: a clear word and the right exit code, no traceback, no half file, and no text told to anyone."""

import codecs
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from jmid_nlp.cli import app

CANARY = "鬼龍院カナリア"
OUT = "OUT"
# Each verb with the options it needs; {out} is its output.
VERBS = {
    "detect": ["-o", "OUT.jsonl"],
    "deid": ["-o", "OUT.parquet", "--key-file", "key.txt", "--audit", "OUT.audit", "--review", "OUT.review"],
    "extract": ["-o", "OUT.csv"],
    "align": ["-o", "OUT.jsonl"],
    "build-dataset": ["-o", "OUT.d", "--task", "entities", "--key-file", "key.txt"],
    "export": ["-o", "OUT.conll", "--to", "conll"],
    "facts": ["-o", "OUT.csv"],
    "review-list": ["-o", "OUT.jsonl"],
    "leftovers": ["-o", "OUT.jsonl"],
    "risk": ["-o", "OUT.jsonl"],
    "verify-audit": [],
}


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JMID_PROGRESS", "0")
    (tmp_path / "key.txt").write_text(bytes(range(32)).hex(), encoding="utf-8")

    def run(*args):
        done = CliRunner().invoke(app, [str(a) for a in args])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert "Traceback" not in done.output
        return done

    return run


def lines(*rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8", "surrogatepass")


UNUSABLE = {
    "empty.jsonl": b"",
    "blank.jsonl": b"\n \n",
    "header.csv": b"id,text\n",
    "report.doc": CANARY.encode(),
    "broken.parquet": b"PAR1" + CANARY.encode(),
    "memo.csv": f"id,memo\n1,{CANARY}\n".encode(),
    "memo.jsonl": lines({"id": "1", "memo": CANARY}),
    "array.jsonl": json.dumps([{"id": "1", "text": CANARY}], ensure_ascii=False, indent=1).encode(),
    "quote.csv": f'id,text\n1,"{CANARY}\n2,{CANARY}\n'.encode(),
    "double.csv": f"id,text,text\n1,{CANARY},x\n".encode(),
    "deep.jsonl": b"[" * 100_000,
    "binary.csv": bytes(range(256)) * 4,
    "odd.jsonl": codecs.BOM_UTF16_LE + CANARY.encode("utf-16-le") + b"\x00\xd8\x0a",
}


@pytest.mark.parametrize("verb", VERBS)
def test_unusable_input_is_code_2_without_output_or_text(call, tmp_path, verb):
    for name, content in UNUSABLE.items():
        (tmp_path / name).write_bytes(content)
    # an audit without rows is that of a run that replaced nothing
    names = [n for n in UNUSABLE if (verb, n) != ("verify-audit", "empty.jsonl")]
    for name in [*names, "missing.jsonl", "empty-folder.jsonl"]:
        (tmp_path / "empty-folder.jsonl").mkdir(exist_ok=True)
        done = call(verb, name, *VERBS[verb])
        assert done.exit_code == 2, (name, done.output)
        assert done.output.startswith("jmid-nlp: "), (name, done.output)
        assert len(done.output.splitlines()) == 1, (name, done.output)
        assert "カナリア" not in done.output, name
        assert not list(tmp_path.glob("OUT*")), name


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_missing_column_is_named_with_the_way_out(call, tmp_path, suffix):
    row = {"id": "1", "report": CANARY}
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist([row]), tmp_path / "in.parquet")
    else:
        (tmp_path / f"in.{suffix}").write_bytes(
            lines(row) if suffix == "jsonl" else f"id,report\n1,{CANARY}\n".encode()
        )
    said = call("extract", f"in.{suffix}", "-o", "OUT.jsonl").output
    assert "'text' is missing" in said
    assert "column `text`" in said


WRONG = [
    {"id": "object", "text": {"a": CANARY}},
    {"id": "list", "text": [CANARY]},
    {"id": "null", "text": None, "memo": CANARY},
    {"id": "bool", "text": True},
    {"id": "nan", "text": float("nan")},
    {"id": "person", "text": CANARY, "patient_id": {"x": CANARY}},
    {"id": "names", "text": CANARY, "physicians": {"x": CANARY}},
    {"id": "age", "text": CANARY, "age": CANARY},
    {"id": "old", "text": CANARY, "age": 10**400},
    {"id": "heavy", "text": CANARY, "weight_kg": 10**400},
    {"id": "day", "text": CANARY, "exam_date": [CANARY]},
    {"id": {"a": CANARY}, "text": CANARY},
    {"text": CANARY},
]


@pytest.mark.parametrize("verb", ["detect", "deid", "extract", "facts", "review-list", "export", "build-dataset"])
def test_wrong_types_fail_alone_and_tell_nothing(call, tmp_path, verb):
    good = {"id": "good", "text": "右肺に12mm大の結節を認めます。"}
    (tmp_path / "in.jsonl").write_bytes(lines(good, *WRONG) + b'{"id": "cut", "text": "' + CANARY.encode())
    done = call(verb, "in.jsonl", *VERBS[verb])
    assert done.exit_code == 1, done.output
    told = done.output + "".join(
        p.read_bytes().decode("utf-8", "replace") for p in tmp_path.rglob("OUT*") if p.is_file()
    )
    assert "カナリア" not in told
    failed = list(tmp_path.glob("OUT*.failed.jsonl"))
    if failed:
        rows = [json.loads(line) for line in failed[0].read_text(encoding="utf-8").splitlines()]
        assert [r["row"] for r in rows] == list(range(1, len(WRONG) + 2))
        assert all(set(r) == {"id", "row", "field", "reason"} for r in rows)


def test_no_output_beside_the_text_holds_a_canary_of_any_field(call, tmp_path):
    """Every field holds a name of its own; none of them may stand in audit, spans, lists, failed rows or messages."""
    fields = {
        "patient_name": "山本 花子",
        "patient_kana": "ヤマモト ハナコ",
        "patient_id": "PT-4471902",
        "accession_number": "AC-99120047",
        "institution": "青葉ヶ原中央病院",
        "physicians": ["佐々木 健一", "大河内 みどり"],
        "study_uid": "1.2.392.200036.9116.2.5.1",
        "birth_date": "1951-03-17",
    }
    flat = [v for value in fields.values() for v in (value if isinstance(value, list) else [value])]
    text = "患者：{patient_name}（{patient_kana}）ID {patient_id}。{institution}、{physicians[0]}医師。".format(
        **fields
    )
    rows = [
        {"id": "a", "text": text, **fields},
        {"id": "b", "text": None, **fields},
        {"id": "c", "text": text, **fields, "age": text},
    ]
    (tmp_path / "in.jsonl").write_bytes(lines(*rows))
    calls = [
        [
            "deid",
            "in.jsonl",
            "-o",
            "OUT.jsonl",
            "--key-file",
            "key.txt",
            "--audit",
            "OUT.audit",
            "--check-findings",
            *["--review", "OUT.review"],
        ],
        ["detect", "in.jsonl", "-o", "OUT2.jsonl"],
        ["review-list", "in.jsonl", "-o", "OUT3.jsonl"],
        ["facts", "in.jsonl", "-o", "OUT4.jsonl"],
        ["leftovers", "OUT.jsonl", "-o", "OUT5.jsonl"],
        ["risk", "OUT.jsonl", "-o", "OUT6.jsonl"],
        ["verify-audit", "OUT.audit"],
    ]
    told = "".join(call(*args).output for args in calls)
    written = {p.name: p.read_text(encoding="utf-8") for p in tmp_path.glob("OUT*")}
    assert len(written) >= 10
    for canary in flat:
        assert canary not in told
        assert [name for name, content in written.items() if canary in content] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "shift_jis", "euc_jp", "iso2022_jp"])
@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_encodings_of_japanese_systems_are_told_apart(call, tmp_path, encoding, suffix):
    text = "読影医：佐々木 健一、右肺に結節を認めます。ﾃｽﾄ"
    if encoding in ("iso2022_jp", "shift_jis"):
        text = text.removesuffix("ﾃｽﾄ")
    tables = {
        "csv": f"id,text\na,{text}\n",
        "tsv": f"id\ttext\na\t{text}\n",
        "jsonl": lines({"id": "a", "text": text}).decode(),
    }
    (tmp_path / f"in.{suffix}").write_bytes(tables[suffix].encode(encoding))
    assert call("deid", f"in.{suffix}", "-o", "OUT.jsonl", "--key-file", "key.txt").exit_code == 0
    (row,) = [json.loads(line) for line in (tmp_path / "OUT.jsonl").read_text(encoding="utf-8").splitlines()]
    assert "佐々木" not in row["text"]
    assert row["text"].endswith("、" + text.split("、")[1])


def test_half_width_katakana_of_cp932_are_not_taken_for_euc(call, tmp_path):
    (tmp_path / "in.csv").write_bytes("id,text\na,ｱｲｳｴｵｶｷｸｹｺ ﾃｽﾄ\n".encode("cp932"))
    call("deid", "in.csv", "-o", "OUT.jsonl", "--policy", "tokumei")
    assert "ﾃｽﾄ" in (tmp_path / "OUT.jsonl").read_text(encoding="utf-8")


def test_an_encoding_that_does_not_fit_or_exist_is_refused(call, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(lines({"id": "a", "text": CANARY}))
    for name in ("nope", "hex", "utf-16", "cp932", "latin-1", "ascii", "idna"):
        done = call("detect", "in.jsonl", "-o", "OUT.jsonl", "--encoding", name)
        assert done.exit_code == 2, (name, done.output)
        assert "カナリア" not in done.output


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_lone_surrogates_and_nul_keep_their_place(call, tmp_path, suffix):
    text = "a\x00\ud83d右肺に結節\udc80を認めます。"
    row = {"id": "x", "text": text, "modality": "\ud83d"}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n", encoding="ascii")
    for verb, *options in (["deid", "--policy", "tokumei"], ["extract"]):
        done = call(verb, "in.jsonl", "-o", f"OUT-{verb}.{suffix}", *options)
        assert done.exit_code == 0, done.output
    if suffix == "parquet":
        (out,) = pq.read_table(tmp_path / "OUT-deid.parquet").to_pylist()
        assert out["text"] == text.replace("\ud83d", "\ufffd").replace("\udc80", "\ufffd")


def test_parquet_output_takes_columns_of_several_types(call, tmp_path):
    values = [1, "CT", {"k": [1]}, 10**30, None, True]
    rows = [{"id": f"r{n}", "text": "胸水なし。", "modality": "CT", "kvp": v} for n, v in enumerate(values)]
    (tmp_path / "in.jsonl").write_bytes(lines(*rows))
    done = call("extract", "in.jsonl", "-o", "OUT.parquet")
    assert done.exit_code == 0
    from jmid_nlp.batch.sinks import ParquetSink

    sink = ParquetSink()
    parts = [tmp_path / f"{n}.arrow" for n in range(len(values))]
    for part, row in zip(parts, rows, strict=True):
        sink.write_part(part, [row])
    sink.write_part(tmp_path / "all.arrow", rows)
    sink.join([*parts, tmp_path / "all.arrow"], tmp_path / "joined.parquet")
    read = pq.read_table(tmp_path / "joined.parquet").column("kvp").to_pylist()
    assert read[:3] == read[6:9] == ["1", "CT", '{"k": [1]}']


def test_outputs_never_fall_on_what_is_read(call, tmp_path):
    content = lines({"id": "a", "text": "胸水なし。"})
    (tmp_path / "in.jsonl").write_bytes(content)
    key = (tmp_path / "key.txt").read_bytes()
    (tmp_path / "alias.jsonl").symlink_to("in.jsonl")
    deid = ["deid", "in.jsonl", "--key-file", "key.txt"]
    for args in (
        ["detect", "in.jsonl", "-o", "in.jsonl"],
        ["extract", "in.jsonl", "-o", "alias.jsonl"],
        ["export", "in.jsonl", "-o", "in.jsonl", "--to", "conll"],
        ["leftovers", "in.jsonl", "-o", "in.jsonl"],
        ["risk", "in.jsonl", "-o", "in.jsonl"],
        [*deid, "-o", "OUT.jsonl", "--audit", "in.jsonl"],
        [*deid, "-o", "OUT.jsonl", "--audit", "OUT.jsonl"],
        [*deid, "-o", "OUT.jsonl", "--audit", "key.txt"],
    ):
        done = call(*args)
        assert done.exit_code == 2, args
        assert "of its own" in done.output
    assert (tmp_path / "in.jsonl").read_bytes() == content
    assert (tmp_path / "key.txt").read_bytes() == key


def test_targets_that_cannot_be_written_are_told_before_the_work(call, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(lines({"id": "a", "text": "胸水なし。"}))
    (tmp_path / "folder.jsonl").mkdir()
    for target, word in (("none/out.jsonl", "no such folder"), ("folder.jsonl", "folder"), ("out.xyz", ".parquet")):
        done = call("detect", "in.jsonl", "-o", target)
        assert done.exit_code == 2
        assert word in done.output


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(call, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(lines({"id": "a", "text": "胸水なし。"}))
    (tmp_path / "locked").mkdir(mode=0o500)
    done = call("detect", "in.jsonl", "-o", "locked/out.jsonl")
    assert done.exit_code == 2
    assert "permission" in done.output


def test_a_key_in_the_place_of_its_file_is_not_repeated(call, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(lines({"id": "a", "text": "胸水なし。"}))
    key = bytes(range(1, 33)).hex()
    done = call("deid", "in.jsonl", "-o", "OUT.jsonl", "--key-file", key)
    assert done.exit_code == 2
    assert key not in done.output


def test_what_was_not_looked_at_is_not_free_of_identifiers(call, tmp_path):
    for row in ({"id": "a", "text": {"x": CANARY}}, {"id": "a", "memo": CANARY}, {"id": "a", "text": 7}):
        (tmp_path / "in.jsonl").write_bytes(lines({"id": "z", "text": "胸水なし。"}, row))
        assert call("risk", "in.jsonl").exit_code == 2
        assert call("leftovers", "in.jsonl", "-o", "OUT.jsonl").exit_code == 2


def test_an_unforeseen_error_shows_its_place_and_not_its_words(call, tmp_path, monkeypatch):
    import jmid_nlp.batch.run as run

    def broken(*args, **options):
        raise RuntimeError(CANARY)

    monkeypatch.setattr(run, "count_rows", broken)
    (tmp_path / "in.jsonl").write_bytes(lines({"id": "a", "text": "胸水なし。"}))
    done = call("detect", "in.jsonl", "-o", "OUT.jsonl")
    assert done.exit_code == 2
    assert "RuntimeError at batch/run.py" in done.output.replace(os.sep, "/")
    assert "カナリア" not in done.output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_standard_output_that_cannot_be_written_is_no_traceback(tmp_path):
    program = [sys.executable, "-c", "from jmid_nlp.cli import main; main()", "info"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("jmid-nlp: No space left")
    assert "Traceback" not in done.stderr
