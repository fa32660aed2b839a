"""The suite's own measures agree with the project's reference scorer on the same files, where that scorer is at hand."""

import importlib.util
import json
from pathlib import Path

import pytest

import jmid_nlp
from jmid_nlp.schema import to_plain
from tests import scoring

SHARED = Path(__file__).parents[3] / "shared"
pytestmark = pytest.mark.skipif(
    not (SHARED / "score.py").exists(), reason="the reference scorer lies beside the checkout only in development"
)


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("score", SHARED / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(name):
    with (SHARED / "examples" / f"{name}.jsonl").open(encoding="utf-8") as stream:
        return {r["id"]: r for r in map(json.loads, stream)}


def test_identifiers(reference):
    gold = rows("identifiers")
    found = {i: [s for s in to_plain(jmid_nlp.detect(r["text"])) if s["end"] % 3] for i, r in gold.items()}
    theirs = reference.phi(gold, {i: {"spans": s} for i, s in found.items()}, [])
    ours = scoring.identifiers(gold, found)
    assert ours["recall"] == pytest.approx(theirs["recall"], abs=1e-4)
    assert ours["kept"] == pytest.approx(theirs["kept"], abs=1e-4)
    assert len(ours["leaks"]) == theirs["leaks"]


def test_findings(reference):
    gold = rows("findings")
    found = {i: [to_plain(f) for f in jmid_nlp.findings(r["text"])][1:] for i, r in gold.items()}
    theirs = reference.findings(gold, {i: {"findings": f} for i, f in found.items()}, [])
    ours = scoring.findings(gold, found)
    assert ours["f1"] == pytest.approx(theirs["detection"]["f1"], abs=2e-4)
    assert ours["every"] == pytest.approx(theirs["every_attribute_right"], abs=1e-4)
    for name, value in theirs["attributes"].items():
        assert ours[name] == pytest.approx(value, abs=1e-4), name


def test_pairs(reference):
    from jmid_nlp.batch.job import AlignJob

    gold = rows("align")
    found = {r["id"]: r for r in AlignJob()(list(enumerate(gold.values()))).rows}
    theirs = reference.align(gold, found, [])
    ours = scoring.pairs(gold, {i: r["pairs"] for i, r in found.items()})
    assert ours["f1"] == pytest.approx(theirs["pairs"]["f1"], abs=1e-4)
    assert ours["perfect"] == pytest.approx(theirs["studies_perfect"], abs=1e-4)
