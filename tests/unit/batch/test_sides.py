"""Further outputs of a job: ordered without memory, and the same bytes after an interruption."""

import json
from dataclasses import dataclass, field

import pytest

from jmid_nlp.batch.job import Outcome
from jmid_nlp.batch.run import Side, run_job
from jmid_nlp.batch.sinks import OrderedSink
from jmid_nlp.deid.review import by_risk

ROWS = [{"id": str(n), "text": "x", "risk": (n * 7) % 5 / 10} for n in range(23)]


@dataclass
class Listing:
    """Passes rows through and lists those of even ids; stops at a row once."""

    stop_at: str | None = None
    fingerprint: str = "listing"
    calls: list[int] = field(default_factory=list)

    def __call__(self, chunk):
        self.calls.append(chunk[0][0])
        rows = [row for _, row in chunk]
        if any(r["id"] == self.stop_at for r in rows):
            raise KeyboardInterrupt
        listed = [{"id": r["id"], "risk": r["risk"]} for r in rows if int(r["id"]) % 2 == 0]
        return Outcome(rows=rows, sides={"list": listed} if listed else {})

    def seal(self, rows):
        return rows


def run(folder, job, **options):
    sides = {"list": Side(folder / "list.jsonl", by_risk)}
    return run_job(job, folder / "in.jsonl", folder / "out.jsonl", sides=sides, chunk_rows=4, **options)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(r) + "\n" for r in ROWS), encoding="utf-8")
    return tmp_path


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_side_output_is_ordered_and_counted(folder):
    done = run(folder, Listing())
    wanted = sorted((r for r in ROWS if int(r["id"]) % 2 == 0), key=lambda r: -r["risk"])
    assert [r["id"] for r in lines(folder / "list.jsonl")] == [r["id"] for r in wanted]
    assert done.sides == {"list": len(wanted)}


def test_an_interrupted_run_gives_the_same_bytes(folder):
    run(folder, Listing())
    whole = (folder / "list.jsonl").read_bytes(), (folder / "out.jsonl").read_bytes()
    (folder / "list.jsonl").unlink()
    (folder / "out.jsonl").unlink()
    with pytest.raises(KeyboardInterrupt):
        run(folder, Listing(stop_at="13"))
    assert not (folder / "list.jsonl").exists()
    again = Listing()
    done = run(folder, again)
    assert done.resumed_parts == 3
    assert again.calls == [12, 16, 20]
    assert ((folder / "list.jsonl").read_bytes(), (folder / "out.jsonl").read_bytes()) == whole


def test_a_side_output_without_rows_is_an_empty_file(folder):
    (folder / "in.jsonl").write_text(json.dumps(ROWS[1]) + "\n", encoding="utf-8")
    assert run(folder, Listing()).sides == {"list": 0}
    assert (folder / "list.jsonl").read_bytes() == b""


def test_the_main_output_can_have_an_order_of_its_own(folder):
    run(folder, Listing(), sink=OrderedSink(by_risk))
    assert [r["risk"] for r in lines(folder / "out.jsonl")] == sorted((r["risk"] for r in ROWS), reverse=True)
