"""The tables of `make evaluate` and of leaving one part out: what is trained on, what is measured, what is told."""

import pytest

from jmid_nlp.training.options import TrainOptions, TrainReport
from models import leave_one_out
from tests.benchmarks import evaluate

TEXT = "患者 山本花子様。右肺に結節を認めます。"


def test_a_pipeline_answers_with_the_offsets_of_the_text():
    (row,) = evaluate.pipeline("fast")([TEXT])
    assert [TEXT[s["start"] : s["end"]] for s in row["spans"]] == ["山本花子"]
    assert "結節" in [TEXT[f["start"] : f["end"]] for f in row["findings"]]
    assert {"type": "a", "start": 9, "end": 11}.items() <= row["entities"][0].items()
    (row,) = evaluate.pipeline("fast", without=("jmid_findings",))([TEXT])
    assert row["findings"] is None


def test_what_cannot_be_had_is_named():
    told = []
    assert list(evaluate.systems(["fast"], told.append)) == ["fast"]
    assert told == []


def test_rows_of_the_table():
    gold = [
        {"id": str(n), "text": TEXT, "spans": [{"start": 3, "end": 7, "category": "PERSON"}], "author": "xy"[n]}
        for n in (0, 1)
    ]
    data = evaluate.Data("set", "identifiers", lambda: gold, ("recall", "kept"), "author")
    found = {
        "good": lambda texts: [{"spans": g["spans"]} for g in gold],
        "none": lambda texts: [{"spans": []} for _ in texts],
    }
    lines = list(evaluate.lines(data, {name: evaluate.score(data, gold, run, 10) for name, run in found.items()}))
    assert lines == [
        "| set | recall | 2 | 1.000 (1.000–1.000) | 0.000 (0.000–0.000) |",
        "| set, author x | recall | 1 | 1.000 | 0.000 |",
        "| set, author y | recall | 1 | 1.000 | 0.000 |",
    ]


@pytest.mark.parametrize(("layer", "by"), [("identifiers", "institution_id"), ("findings", "body_part")])
def test_nothing_of_the_part_and_no_test_sheet_is_trained_on(layer, by):
    names = set()
    for name, others, mine in leave_one_out.parts(layer, by):
        names.add(name)
        assert others
        assert {row[by] for row in mine} == {name}
        assert all(row[by] not in (name, None) and row["split"] != "test" for row in others)
    assert len(names) >= 8


def test_a_part_is_measured_with_a_model_that_never_saw_it(tmp_path):
    name, others, mine = next(leave_one_out.parts("identifiers", "institution_id"))
    others, mine = others[:40], mine[:20]
    seen = []

    def train(examples, dev, options):
        seen.extend([*examples, *dev])
        return TrainReport(3, 3, {})

    def predict(folder, layer, texts):
        assert texts == [row["text"] for row in mine]
        return [[{"start": 0, "end": 1, "label": "PERSON", "attr": None}] for _ in texts]

    options = TrainOptions(tmp_path / "model", "identifiers")
    done = leave_one_out.leave_out(name, others, mine, train, predict, options, copies=2)
    assert not {e.text for e in seen} & {row["text"] for row in mine}
    assert len(seen) > 2 * len(others)
    assert (done["reports"], done["steps"], done["part"]) == (20, 3, name)
    assert 0 <= done["figures"]["precision"][0] < 1
    assert leave_one_out.line(done, ("recall", "f1")).endswith("| – |")
