"""A run that is killed at any moment goes on where it stopped and gives the bytes of a run that was not."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from jmid_nlp.batch.run import run_job
from jmid_nlp.chain import deid_job

ROWS = 3000
FEW = 400


def command(*args):
    return [sys.executable, "-c", "from jmid_nlp.cli import main; main()", *map(str, args)]


def deid(name):
    files = ["in.jsonl", "-o", f"{name}.jsonl", "--audit", f"{name}.audit.jsonl", "--key-file", "key.txt"]
    return command("deid", *files, "--mode", "fast")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    rng = random.Random(7)
    with (folder / "in.jsonl").open("w", encoding="utf-8") as stream:
        for n in range(ROWS):
            text = f"患者 山本{rng.choice('花咲菜')}子様。右肺S{rng.randint(1, 10)}に{rng.randint(3, 40)}mmの結節。検査日2024年{rng.randint(1, 12)}月3日。"
            stream.write(
                json.dumps({"id": f"r{n}", "text": text, "patient_id": f"P{n % 50}"}, ensure_ascii=False) + "\n"
            )
    (folder / "key.txt").write_text(bytes(range(32)).hex(), encoding="utf-8")
    subprocess.run(
        deid("whole"),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.mark.parametrize("parts", [1, 3])
def test_kill_and_run_again(folder, parts):
    args = deid(f"out{parts}")
    process = subprocess.Popen(args, cwd=folder, stderr=subprocess.DEVNULL)
    store = folder / f"out{parts}.jsonl.partial"
    while process.poll() is None and len(list(store.glob("*.done.json"))) < parts:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not (folder / f"out{parts}.jsonl").exists()
    subprocess.run(args, cwd=folder, check=True, capture_output=True)
    assert (folder / f"out{parts}.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()
    assert (folder / f"out{parts}.audit.jsonl").read_bytes() == (folder / "whole.audit.jsonl").read_bytes()
    assert not store.exists()


def test_twenty_kills_at_random_moments(folder):
    """The same run is started and killed over and over; what it ends with is what one run without a kill ends with."""
    with (folder / "in.jsonl").open(encoding="utf-8") as rows:
        (folder / "few.jsonl").write_text("".join(next(rows) for _ in range(FEW)), encoding="utf-8")
    job = deid_job(folder / "few.jsonl", key=folder / "key.txt")

    def treat(name):
        run_job(job, folder / "few.jsonl", folder / name, audit=folder / f"{name}.audit", chunk_rows=20)

    begun = time.monotonic()
    treat("unbroken.jsonl")
    whole = time.monotonic() - begun
    rng, kills = random.Random(11), 0
    for _ in range(200):
        child = os.fork()
        if not child:
            treat("broken.jsonl")
            os._exit(0)
        time.sleep(rng.uniform(0, whole / 8))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        kills += os.WIFSIGNALED(status)
        if kills >= 20 and not (folder / "broken.jsonl").exists():
            treat("broken.jsonl")
        if (folder / "broken.jsonl").exists():
            for name in ("{}.jsonl", "{}.jsonl.audit"):
                assert (folder / name.format("broken")).read_bytes() == (folder / name.format("unbroken")).read_bytes()
            if kills >= 20:
                break
            (folder / "broken.jsonl").unlink()
    assert kills >= 20
    assert not (folder / "broken.jsonl.partial").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_ends_with_one_line_and_the_run_goes_on(folder, tmp_path, workers):
    """A file system of its own would need rights; a limit on the size of files fails at the same calls."""
    args = command("deid", folder / "in.jsonl", "-o", "out.jsonl", "--key-file", folder / "key.txt")
    args += ["--mode", "fast", "--workers", str(workers)]
    whole = (folder / "whole.jsonl").stat().st_size
    limited = subprocess.run(
        ["bash", "-c", f'ulimit -f {whole // 2048}; exec "$@"', "-", *args],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert limited.returncode == 2, limited.stderr
    assert limited.stderr.count("\n") == 1, limited.stderr
    assert os.strerror(errno.EFBIG) in limited.stderr
    assert "again to go on" in limited.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["out.jsonl.partial"]
    subprocess.run(args, cwd=tmp_path, check=True, capture_output=True)
    assert [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]
    assert sum(1 for _ in (tmp_path / "out.jsonl").open(encoding="utf-8")) == ROWS
