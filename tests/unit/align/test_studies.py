"""Our own studies end to end: report text in, pairs out, findings by the extraction of this package."""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path

import pytest

from jmid_nlp.align.match import align
from jmid_nlp.align.rows import alignment_row, parse_study
from jmid_nlp.findings.extract import extract

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT.parent / "shared" / "examples" / "align.jsonl"


def studies(part):
    spec = importlib.util.spec_from_file_location("studies", ROOT / "corpora/align/studies.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.studies(part)


def answer(row, seed=None):
    report, annotations = parse_study(row, 0)
    findings = list(extract(report.text).findings)
    if seed is not None:
        random.Random(seed).shuffle(findings)
        random.Random(seed).shuffle(annotations)
    return alignment_row(align(row["id"], report, findings, annotations))


def score(rows):
    """Pair F1, share of unmatched annotations left alone, share of studies without a mistake."""
    right = made = gold = alone = lonely = perfect = 0
    for row in rows:
        told, want = answer(row), row["gold"]
        allowed = want["pairs"] + want["optional_pairs"]
        good = [p for p in told["pairs"] if any(_same(p, g) for g in allowed)]
        found = {p["annotation_id"] for p in good}
        hit = sum(g["annotation_id"] in found for g in want["pairs"])
        right, made, gold = right + hit, made + len(told["pairs"]), gold + len(want["pairs"])
        paired = {p["annotation_id"] for p in told["pairs"]}
        alone += len(want["unmatched_annotations"])
        lonely += sum(a not in paired for a in want["unmatched_annotations"])
        perfect += hit == len(want["pairs"]) and len(good) == len(told["pairs"])
    return {"f1": 2 * right / (made + gold), "alone": lonely / max(1, alone), "perfect": perfect / len(rows)}


def _same(p, g):
    return p["annotation_id"] == g["annotation_id"] and p["start"] < g["end"] and g["start"] < p["end"]


@pytest.mark.parametrize("part", ["dev", "test"])
def test_pairs_of_our_studies(part):
    found = score(studies(part))
    assert found["f1"] >= 0.95, found
    assert found["alone"] >= 0.90, found
    assert found["perfect"] >= 0.88, found


def test_every_study_is_well_formed():
    rows = studies(None)
    assert len({r["id"] for r in rows}) == len(rows) >= 80
    for row in rows:
        ids = {a["annotation_id"] for a in row["annotations"]}
        told = {p["annotation_id"] for k in ("pairs", "optional_pairs") for p in row["gold"][k]}
        assert told <= ids, row["id"]
        assert json.loads(json.dumps(row)) == row


def test_the_order_of_input_does_not_matter():
    for row in studies("dev"):
        plain = answer(row)
        assert answer(row, seed=1) == plain
        assert answer(row, seed=2) == plain


def test_foreign_studies_and_denied_mentions_never_pair():
    for row in studies(None):
        told = answer(row)
        foreign = {a["annotation_id"] for a in row["annotations"] if a["study_uid"] != row["report"]["study_uid"]}
        assert not foreign & {p["annotation_id"] for p in told["pairs"]}
        every = {a["annotation_id"] for a in row["annotations"]}
        paired = [p["annotation_id"] for p in told["pairs"]]
        assert len(paired) == len(set(paired))
        assert set(paired) | set(told["unmatched_annotations"]) == every


@pytest.mark.skipif(not EXAMPLES.exists(), reason="the example studies are not beside this checkout")
def test_the_example_studies():
    rows = []
    for line in EXAMPLES.read_text("utf-8").splitlines():
        row = json.loads(line)
        row["gold"].setdefault("optional_pairs", [])
        rows.append(row)
    found = score(rows)
    assert found["f1"] >= 0.95, found
    assert found["alone"] >= 0.98, found
