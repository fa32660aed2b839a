"""Several processes: poison rows, a worker that is killed, Ctrl-C; always a clear word, no half file, and a run that goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from jmid_nlp.batch.job import run_rows
from jmid_nlp.batch.run import run_job
from jmid_nlp.errors import WorkerError


@dataclass(frozen=True)
class Fragile:
    """A job for tests: the text "poison" raises, the text "kill" ends its process while the file `trap` exists."""

    trap: str

    @property
    def fingerprint(self):
        return "fragile"

    def __call__(self, chunk):
        def treat(number, row):
            if row["text"] == "poison":
                raise ValueError("poison")
            if row["text"] == "kill" and Path(self.trap).exists():
                os.kill(os.getpid(), signal.SIGKILL)
            return {"id": row["id"]}, ()

        return run_rows(chunk, treat)

    def seal(self, rows):
        return rows


def test_poison_and_a_killed_worker(tmp_path):
    texts = ["a", "poison", "b", "kill", "c", "d"]
    source, output, trap = (tmp_path / name for name in ("in.jsonl", "out.jsonl", "trap"))
    source.write_text("".join(json.dumps({"id": f"r{n}", "text": t}) + "\n" for n, t in enumerate(texts)))
    trap.touch()
    with pytest.raises(WorkerError, match="again to go on"):
        run_job(Fragile(str(trap)), source, output, workers=2, chunk_rows=1)
    assert not output.exists()
    trap.unlink()
    done = run_job(Fragile(str(trap)), source, output, workers=2, chunk_rows=1)
    assert (done.written, done.failed) == (5, 1)
    assert [json.loads(line)["id"] for line in output.read_text().splitlines()] == ["r0", "r2", "r3", "r4", "r5"]
    assert not (tmp_path / "out.jsonl.partial").exists()


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
    process = subprocess.Popen(args, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while process.poll() is None and not list((tmp_path / "out.jsonl.partial").glob("*.done.json")):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes at once
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert said.count("\n") == 1, said
    assert "interrupted" in said
    assert not (tmp_path / "out.jsonl").exists()
    assert list((tmp_path / "out.jsonl.partial").glob("*.done.json"))
