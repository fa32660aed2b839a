"""The figures agree with the project's reference scorer on the same files, where that scorer is at hand.

Right answers agree trivially, so each set is scored once as it is and once damaged: spans lost, moved, doubled, mislabelled.
"""

import importlib.util
import json
import random
from pathlib import Path

import pytest

import jmid_nlp
from jmid_nlp.batch.job import AlignJob, DetectJob, ExtractJob

SHARED = Path(__file__).parents[4] / "shared"
pytestmark = pytest.mark.skipif(
    not (SHARED / "score.py").exists(), reason="the reference scorer lies beside the checkout only in development"
)
SAMPLE = jmid_nlp.sample()
TASKS = {
    "identifiers": (
        "phi", DetectJob(mode="fast"),
        ("examples/identifiers", "examples/negatives", "deid_cases/identifiers", "deid_cases/negatives", "gold_identifiers"),
    ),
    "entities": ("ner", ExtractJob(), ("medtxt_rr/ner",)),
    "findings": ("findings", ExtractJob(), ("examples/findings", "gold_findings")),
    "tnm": ("tnm", ExtractJob(), ("medtxt_rr/tnm",)),
    "alignment": ("align", AlignJob(), ("examples/align", "gold_align")),
}  # fmt: skip
NAMES = {
    "identifiers": {
        "recall": "recall", "precision": "precision", "kept": "kept", "reports_without_leak": "reports_without_leak",
        "category_right": "category_right",
    },
    "entities": {
        "exact_precision": "exact_da_timex_test.p", "exact_recall": "exact_da_timex_test.r", "exact_f1": "exact_da_timex_test.f1",
        "overlap_precision": "overlap_da_timex_test.p", "overlap_recall": "overlap_da_timex_test.r",
        "overlap_f1": "overlap_da_timex_test.f1", "certainty_accuracy": "certainty_accuracy",
        "certainty_macro_f1": "certainty_macro_f1", "positive_words_f1": "jmed_exact_f1_positive",
    },
    "findings": {"precision": "detection.p", "recall": "detection.r", "f1": "detection.f1", "every": "every_attribute_right"}
    | {k: f"attributes.{k}" for k in ("certainty", "laterality", "change", "multiple", "historical", "sizes", "prior_sizes",
                                      "location", "image_refs")},
    "tnm": {"kappa": "kappa", "accuracy": "accuracy", "all_three_right": "all_three_right"},
    "alignment": {
        "precision": "pairs.p", "recall": "pairs.r", "f1": "pairs.f1", "abstention": "abstention", "perfect": "studies_perfect",
        "unmatched_findings_precision": "unmatched_findings.p", "unmatched_findings_recall": "unmatched_findings.r",
        "unmatched_findings_f1": "unmatched_findings.f1",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("score", SHARED / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(name):
    path = SAMPLE / f"{name}.jsonl" if name.startswith("gold") else SHARED / f"{name}.jsonl"
    with path.open(encoding="utf-8") as stream:
        return {r["id"]: r for r in map(json.loads, stream)}


def damaged(rows, seed):
    """Answers with every kind of error in them: rows lost, spans lost, moved and doubled, values exchanged."""
    chance = random.Random(seed)
    out = {}
    for name, row in json.loads(json.dumps(rows)).items():
        if chance.random() < 0.05:
            continue
        for column in ("spans", "entities", "findings", "pairs", "unmatched_findings"):
            kept = []
            for span in row.get(column) or []:
                dice = chance.random()
                if dice < 0.15:
                    continue
                if dice < 0.35 and span["end"] - span["start"] > 1:
                    span["start" if dice < 0.25 else "end"] += 1 if dice < 0.25 else -1
                if 0.35 < dice < 0.5:
                    kept.append(dict(span))
                for key, values in (
                    ("category", ["PERSON", "ID"]), ("type", ["a", "d", "c"]), ("attr", ["negative", "positive", None]),
                    ("certainty", ["suspicious", "general"]), ("laterality", [None, "left"]), ("sizes_mm", [[[5, 3.04]]]),
                    ("locations", [[]]), ("change", ["new"]), ("multiple", [True]), ("annotation_id", ["X-1"]),
                    ("image_refs", [[{"series": None, "image": 3}, {"series": 2, "image": 1}]]),
                ):  # fmt: skip
                    if key in span and chance.random() < 0.15:
                        span[key] = chance.choice(values)
                kept.append(span)
            if column in row:
                row[column] = kept
        if row.get("tnm") and chance.random() < 0.3:
            row["tnm"] = chance.choice([None, {"T": "Tis", "N": "N3", "M": "M1b"}, {"T": "T4"}])
        out[name] = row
    return out


def value(figures, path):
    for part in path.split("."):
        figures = figures[part]
    return figures


CASES = [(kind, name, seed) for kind, (_, _, names) in TASKS.items() for name in names for seed in (None, 1, 2)]


@pytest.fixture(scope="module")
def answers():
    made = {}

    def answer(kind, name):
        if name not in made:
            outcome = TASKS[kind][1](list(enumerate(rows(name).values())))
            made[name] = {r["id"]: r for r in outcome.rows}
        return made[name]

    return answer


@pytest.mark.parametrize(("kind", "name", "seed"), CASES)
def test_figures_agree(reference, answers, kind, name, seed):
    gold, found = rows(name), answers(kind, name)
    if seed is not None:
        found = damaged(found, seed)
    theirs = getattr(reference, TASKS[kind][0])(gold, found, [])
    ours = jmid_nlp.evaluate(list(gold.values()), list(found.values()), kind=kind, bootstrap=0).figures
    for mine, yours in NAMES[kind].items():
        expected = value(theirs, yours)
        if expected is None or ours.get(mine) is None:
            assert not expected, mine
            assert ours.get(mine) is None, mine
        else:
            # theirs are rounded to four places, the overlap F1 is of rounded numbers
            assert ours[mine] == pytest.approx(expected, abs=1.01e-4), mine


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_types_agree(reference, answers, seed):
    gold, found = rows("medtxt_rr/ner"), answers("entities", "medtxt_rr/ner")
    found = found if seed is None else damaged(found, seed)
    theirs = reference.ner(gold, found, [])
    ours = jmid_nlp.evaluate(list(gold.values()), list(found.values()), bootstrap=0, kind="entities")
    for name, yours in theirs["by_type"].items():
        mine = ours.figures["types"][name]
        assert mine["exact_f1"] == pytest.approx(yours["f1"], abs=1e-4)
        assert mine["overlap_recall"] == pytest.approx(yours["overlap_r"], abs=1e-4)
    cells = {f"{a}->{b}": n for a, row in ours.confusion["certainty"].items() for b, n in row.items()}
    assert cells == {k.replace("None", "–"): n for k, n in theirs["certainty_confusion"].items()}


@pytest.mark.parametrize("seed", [None, 1])
def test_components_and_categories_agree(reference, answers, seed):
    gold, found = rows("medtxt_rr/tnm"), answers("tnm", "medtxt_rr/tnm")
    found = found if seed is None else damaged(found, seed)
    theirs = reference.tnm(gold, found, [])
    ours = jmid_nlp.evaluate(list(gold.values()), list(found.values()), bootstrap=0, kind="tnm").figures["types"]
    assert {k: pytest.approx(v, abs=1e-4) for k, v in ours.items()} == {k: theirs[k] for k in "TNM"}

    gold, found = rows("gold_identifiers"), answers("identifiers", "gold_identifiers")
    found = found if seed is None else damaged(found, seed)
    theirs = reference.phi(gold, found, [])["recall_by_category"]
    ours = jmid_nlp.evaluate(list(gold.values()), list(found.values()), bootstrap=0)
    caught = {f.item: f"{round(f.value * f.n)}/{f.n}" for f in ours if f.scope == "type" and f.name == "recall" and f.n}
    assert caught == theirs
