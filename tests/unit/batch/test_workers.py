"""Several processes: poison rows, a worker that is killed, Ctrl-C; always a clear word, no half file, and a run that goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from jmid_nlp.batch.job import run_rows
from jmid_nlp.batch.run import _chunks, run_job
from jmid_nlp.batch.workers import Allowance
from jmid_nlp.errors import WorkerError


@dataclass(frozen=True)
class Fragile:
    """A job for tests whose rows say what they do to their process."""

    start: str = "well"

    @property
    def fingerprint(self):
        return "fragile"

    def __call__(self, chunk):
        if self.start == "dead":
            os.kill(os.getpid(), signal.SIGKILL)

        def treat(number, row):
            match row["text"]:
                case "poison":
                    raise ValueError("poison")
                case "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                case "exit":
                    os._exit(3)
                case "hang":
                    time.sleep(3600)
                case "memory":
                    return {"id": row["id"], "size": len(bytearray(1 << 44))}, ()
                case "once" if not (trap := Path(row["trap"])).exists():
                    trap.touch()
                    os.kill(os.getpid(), signal.SIGKILL)
            return {"id": row["id"]}, [{"id": row["id"]}]

        return run_rows(chunk, treat)

    def seal(self, rows):
        return rows


QUICK = Allowance(seconds=1.5)


def write(path, texts, **columns):
    path.write_text("".join(json.dumps({"id": f"r{n}", "text": t} | columns) + "\n" for n, t in enumerate(texts)))
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_rows_that_crash_hang_or_eat_the_memory_are_listed_and_the_others_go_on(tmp_path):
    texts = ["a", "poison", "b", "kill", "c", "hang", "d", "memory", "e", "exit", "f"]
    source, output = write(tmp_path / "in.jsonl", texts), tmp_path / "out.jsonl"
    done = run_job(Fragile(), source, output, audit=tmp_path / "audit.jsonl", workers=2, chunk_rows=4, allowance=QUICK)
    assert (done.written, done.failed) == (6, 5)
    good = [f"r{n}" for n in range(0, 11, 2)]
    assert [row["id"] for row in lines(output)] == good
    assert [row["id"] for row in lines(tmp_path / "audit.jsonl")] == good
    failed = {row["id"]: row for row in lines(tmp_path / "out.jsonl.failed.jsonl")}
    assert list(failed) == [f"r{n}" for n in range(1, 11, 2)]
    assert all(row["field"] == "row" and row["reason"].endswith("withheld") for row in failed.values())
    assert "longer" in failed["r5"]["reason"]
    assert "MemoryError" in failed["r7"]["reason"]
    assert not (tmp_path / "out.jsonl.partial").exists()


def test_a_row_whose_process_was_ended_from_outside_is_not_lost(tmp_path):
    source = write(tmp_path / "in.jsonl", ["a", "once", "b"], trap=str(tmp_path / "trap"))
    done = run_job(Fragile(), source, tmp_path / "out.jsonl", workers=2, chunk_rows=3)
    assert (done.written, done.failed) == (3, 0)
    assert [row["id"] for row in lines(tmp_path / "out.jsonl")] == ["r0", "r1", "r2"]


def test_processes_that_cannot_live_are_no_fault_of_the_rows(tmp_path):
    source, output = write(tmp_path / "in.jsonl", ["a", "b"]), tmp_path / "out.jsonl"
    with pytest.raises(WorkerError, match="again to go on"):
        run_job(Fragile(start="dead"), source, output, workers=2)
    assert not output.exists()


def test_a_chunk_of_long_texts_ends_early_and_bytes_stay(tmp_path, monkeypatch):
    source = write(tmp_path / "in.jsonl", ["x" * 40] * 9)
    run_job(Fragile(), source, tmp_path / "whole.jsonl", chunk_rows=9)
    monkeypatch.setattr("jmid_nlp.batch.run._CHUNK_CHARACTERS", 100)
    sizes = [len(chunk) for chunk in _chunks(source, "auto", 9, {})]
    assert sizes == [3, 3, 3]
    run_job(Fragile(), source, tmp_path / "parts.jsonl", chunk_rows=9)
    assert (tmp_path / "parts.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_with_one_line_and_the_run_goes_on(tmp_path, workers):
    rows = (
        {"id": f"r{n}", "text": f"右肺S{n % 10 + 1}に{n % 30 + 3}mm大の結節を認めます。胸水は認めません。"}
        for n in range(6000)
    )
    (tmp_path / "in.jsonl").write_text(
        "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8"
    )
    program = [sys.executable, "-c", "from jmid_nlp.cli import main; main()"]
    args = [*program, "extract", "in.jsonl", "-o", "out.jsonl", "--workers", str(workers)]
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell lets what runs in its background ignore it
    process = subprocess.Popen(
        args, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=heard
    )
    while process.poll() is None and not list((tmp_path / "out.jsonl.partial").glob("*.done.json")):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes at once
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert said.count("\n") == 1, said
    assert "interrupted" in said
    assert not (tmp_path / "out.jsonl").exists()
    assert list((tmp_path / "out.jsonl.partial").glob("*.done.json"))
