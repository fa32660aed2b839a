"""The opt-out list with keyed hashes: who holds the list alone learns no id."""

from __future__ import annotations

import pytest

import jmid_nlp
from jmid_nlp.batch.job import DeidJob
from jmid_nlp.dataset.optout import PREFIX, OptOut, keyed_hash
from jmid_nlp.deid.keys import Key, write_new_key
from jmid_nlp.errors import InputError

KEY = Key(bytes(range(32)))
OTHER = Key(bytes(range(1, 33)))


def test_a_keyed_hash_meets_every_spelling_of_the_id_and_only_under_its_key():
    line = keyed_hash("００-12ab", KEY)
    assert line.startswith(PREFIX)
    assert line == keyed_hash("0012AB", KEY)
    listed = OptOut([line, "777"], key=KEY)
    assert listed("00 12-AB")
    assert listed("７７７")
    assert not listed("0012AC")
    assert not listed(None)
    assert len(listed) == 2
    assert not OptOut([line], key=OTHER)("0012AB")
    assert "0012" not in repr(listed)
    assert listed.fingerprint == OptOut(["777", line.upper()], key=KEY).fingerprint


def test_errors_name_the_row(tmp_path, monkeypatch):
    monkeypatch.delenv("JMID_KEY", raising=False)
    path = tmp_path / "out.txt"
    path.write_text(f"# 同意撤回\nP-1\n\n{keyed_hash('P-2', KEY)}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"out\.txt, row 4: a keyed hash needs the project's key") as caught:
        OptOut.read(path)
    assert keyed_hash("P-2", KEY)[-20:] not in str(caught.value)
    path.write_text(f"P-1\n{PREFIX}12ab\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 2: no keyed hash") as caught:
        OptOut.read(path, key=KEY)
    assert "12ab" not in str(caught.value)
    path.write_text("P-1\n\n---\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 3: holds neither"):
        OptOut.read(path)


def test_the_key_comes_from_a_file_or_the_environment(tmp_path, monkeypatch):
    key = write_new_key(tmp_path / "key.txt")
    path = tmp_path / "out.txt"
    path.write_text(keyed_hash("P-2", key), encoding="utf-8")
    assert OptOut.read(path, key=tmp_path / "key.txt")("p2")
    monkeypatch.setenv("JMID_KEY", key.material.hex())
    assert OptOut.read(path)("p2")


def test_deidentification_leaves_a_hashed_patient_out():
    rows = [
        {"id": "a", "text": "異常なし。", "patient_id": "P-1"},
        {"id": "b", "text": "異常なし。", "patient_id": "P-2"},
    ]
    safe = jmid_nlp.deidentify(rows, key=KEY, opt_out=[keyed_hash("p１", KEY)])
    assert [r.report_id for r in safe] == ["b"] or len(safe) == 1
    job = DeidJob(jmid_nlp.api.deidentifier("kamei", key=KEY), OptOut([keyed_hash("P-1", KEY)], key=KEY))
    assert job.opt_out("P-1")


def test_a_string_is_the_path_of_a_list_and_never_a_list_of_letters(tmp_path):
    rows = [{"id": n, "text": "異常なし。", "patient_id": f"P-{n}"} for n in "ab"]
    path = tmp_path / "out.txt"
    path.write_text("# told on 3 May\nP-a\n", encoding="utf-8")
    for given in (path, str(path), OptOut.read(path), ["P-a"]):
        assert [r.report_id for r in jmid_nlp.deidentify(rows, key=KEY, opt_out=given)] == ["b"]
    with pytest.raises(InputError, match="no such file") as caught:
        jmid_nlp.deidentify(rows, key=KEY, opt_out="P-a")
    assert "P-a" not in str(caught.value)


def test_build_and_forget_take_keyed_hashes_on_the_command_line(tmp_path):
    import json
    from pathlib import Path

    from typer.testing import CliRunner

    from jmid_nlp.cli import app
    from jmid_nlp.dataset.shards import ShardRows, shards_of

    sample = Path(__file__).parents[3] / "corpora" / "sample" / "reports.jsonl"
    lines = sample.read_text(encoding="utf-8").splitlines()[:8]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "key").write_text(KEY.material.hex())
    first = json.loads(lines[0])["patient_id"]
    (tmp_path / "out.txt").write_text(keyed_hash(first, KEY) + "\n")
    call = CliRunner().invoke
    given = ["build-dataset", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "ds"), "--task", "entities", "--format"]
    given += ["parquet", "--key-file", str(tmp_path / "key"), "--opt-out", str(tmp_path / "out.txt")]
    done = call(app, given)
    assert done.exit_code == 0, done.output
    flow = json.loads((tmp_path / "ds" / "manifest.json").read_text(encoding="utf-8"))["flow"]
    assert flow["opted_out"] == sum(json.loads(line)["patient_id"] == first for line in lines)

    def patients():
        return {r["patient_id"] for paths in shards_of(tmp_path / "ds").values() for r in ShardRows(paths)}

    gone = min(patients())
    (tmp_path / "later.txt").write_text(keyed_hash(gone, KEY) + "\n")
    refused = call(
        app, ["forget", str(tmp_path / "ds"), "--opt-out", str(tmp_path / "later.txt")], env={"JMID_KEY": ""}
    )
    assert refused.exit_code == 2
    assert "later.txt, row 1" in refused.output
    done = call(
        app,
        ["forget", str(tmp_path / "ds"), "--opt-out", str(tmp_path / "later.txt"), "--key-file", str(tmp_path / "key")],
    )
    assert done.exit_code == 0, done.output
    assert gone not in patients()


def test_what_a_build_could_not_make_counts_as_failed(tmp_path):
    from dataclasses import replace
    from pathlib import Path

    from jmid_nlp.chain import run_chain
    from jmid_nlp.tables import DeidReports

    sample = Path(__file__).parents[3] / "corpora" / "sample" / "reports.jsonl"
    (tmp_path / "in.jsonl").write_text("".join(sample.read_text(encoding="utf-8").splitlines(keepends=True)[:4]))
    chain = run_chain(tmp_path / "in.jsonl", key=KEY)
    assert chain.failed == []
    twice = replace(chain, safe=DeidReports([*chain.safe, chain.safe[0]]), unbuilt=[])
    twice.build(task="entities")
    twice.build(task="staging")
    assert [row["id"] for row in twice.failed] == [chain.safe[0].report_id]
    twice.list_failed(tmp_path / "failed.jsonl")
    assert chain.safe[0].report_id in (tmp_path / "failed.jsonl").read_text(encoding="utf-8")
    assert chain.failed == []
