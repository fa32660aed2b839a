"""`jmid-nlp build-dataset` over the sample: formats, given splits, linked patients, imported UIDs."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jmid_nlp.api import deidentifier, read_reports
from jmid_nlp.cli import app
from jmid_nlp.dataset.shards import ShardRows, shards_of
from jmid_nlp.deid.keys import Key

SAMPLE = Path(__file__).parents[3] / "corpora" / "sample"
SECRET = bytes(range(32))


@pytest.fixture(scope="module")
def extract(tmp_path_factory):
    """Twelve reports of the sample with a damaged row among them, and a key."""
    folder = tmp_path_factory.mktemp("extract")
    lines = (SAMPLE / "reports.jsonl").read_text(encoding="utf-8").splitlines()[:12]
    (folder / "reports.jsonl").write_text("\n".join([*lines, lines[0], "{"]) + "\n", encoding="utf-8")
    (folder / "key").write_text(SECRET.hex())
    return folder


def run(extract, output, *more):
    arguments = ["build-dataset", str(extract / "reports.jsonl"), "-o", str(output), "--key-file", str(extract / "key")]
    return CliRunner().invoke(app, [*arguments, *map(str, more)])


def homes(folder):
    return {row["patient_id"]: split for split, paths in shards_of(folder).items() for row in ShardRows(paths)}


def test_given_splits_and_links_hold_and_faults_are_listed(extract, tmp_path):
    reports = read_reports(extract / "reports.jsonl")
    patients = list(dict.fromkeys(r.patient_id for r in reports))
    (tmp_path / "fixed.csv").write_text(f"patient_id,split\n{patients[0]},test\n{patients[1]},validation\n")
    (tmp_path / "linked.csv").write_text(f"patient_id,linked_id\n{patients[0]},{patients[2]}\n")
    (tmp_path / "out.txt").write_text(f"{patients[3]}\n")
    done = run(extract, tmp_path / "out", "--task", "entities", "--format", "parquet", "--fixed", tmp_path / "fixed.csv",
               "--linked", tmp_path / "linked.csv", "--opt-out", tmp_path / "out.txt", "--opt-out-date", "2026-04-01")  # fmt: skip
    assert done.exit_code == 1, done.output
    failed = [json.loads(line) for line in (tmp_path / "out.failed.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [f["row"] for f in failed] == [12, 13]
    treat = deidentifier("kamei", key=Key(SECRET))
    key = {r.patient_id: treat(r).patient_id for r in reports}
    home = homes(tmp_path / "out")
    assert [home[key[p]] for p in patients[:3]] == ["test", "validation", "test"]
    assert key[patients[3]] not in home
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["flow"]["opted_out"] == sum(r.patient_id == patients[3] for r in reports)
    assert manifest["opt_out_date"] == "2026-04-01"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "xml"], "choose one of parquet, datasets, docbin, coco"),
        (["--task", "deid", "--format", "coco"], "coco for grounding"),
        (["--fixed", "none.csv"], "cannot be read"),
        (["--ratios", "0.5", "0.1", "0.1"], "sum to 1"),
    ],
)
def test_what_cannot_be_done_ends_with_code_2_and_nothing_written(extract, arguments, message, tmp_path):
    done = run(extract, tmp_path / "out", *arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert list(tmp_path.iterdir()) == []
