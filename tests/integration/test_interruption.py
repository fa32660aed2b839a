"""A run that is killed at any moment goes on where it stopped and gives the bytes of a run that was not."""

import json
import random
import subprocess
import sys
import time

import pytest

ROWS = 3000


def command(*args):
    return [sys.executable, "-c", "from jmid_nlp.cli import main; main()", *map(str, args)]


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
        command("deid", "in.jsonl", "-o", "whole.jsonl", "--audit", "whole.audit.jsonl", "--key-file", "key.txt"),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.mark.parametrize("parts", [1, 3])
def test_kill_and_run_again(folder, parts):
    args = command(
        "deid", "in.jsonl", "-o", f"out{parts}.jsonl", "--audit", f"out{parts}.audit.jsonl", "--key-file", "key.txt"
    )
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
