"""The calibrated probability of a pair: which cues it rests on, and what is left for doubt."""

from __future__ import annotations

from dataclasses import replace

from jmid_nlp.align.calibration import cues_of, probability
from jmid_nlp.align.match import propose
from jmid_nlp.align.options import DEFAULTS

from .make import mark, report, run


def test_cues_and_probability():
    told = report(
        "右肺S6に12mmの[結節]を認める。右肺S8に13mmの[結節]を認める。",
        {"at": ["右肺S6"], "size": [[12]], "side": "right"},
        {"at": ["右肺S8"], "size": [[13]], "side": "right"},
    )
    marks = [mark("a", "nodule", "S6", "right", 12.2), mark("b", "nodule", None, None, 13.1)]
    found = {p.ids: p for p in propose(*told, marks)}
    assert found[("a",)].cues == "segment+side+size"
    assert found[("b",)].cues == "size"
    assert found[("a",)].probability > found[("b",)].probability
    single = report("右肺S6に12mmの[結節]を認める。", {"at": ["右肺S6"], "size": [[12]], "side": "right"})
    alone = propose(*single, marks[:1])
    assert [p.cues for p in alone] == ["alone+segment+side+size"]
    for cues in ("alone+segment+side+size", "size", "a set that was never seen"):
        rising = [probability(cues, margin, 8.0) for margin in (0.0, 1.0, 3.0, 9.0, 50.0)]
        assert rising == sorted(rising)
        assert 0 < rising[0] < rising[-1] < 1
    assert cues_of(found[("a",)].evidence, alone=True) == "alone+segment+side+size"


def test_doubtful_pairs_are_left_with_the_reason():
    told = report("右肺に12mmの[結節]を認める。", {"at": ["右肺"], "size": [[12]], "side": "right"})
    marks = mark("a", "nodule", "lung", "right", 11.0), mark("b", "nodule", "lung", "right", 13.6)
    plain = run(told, *marks)
    strict = run(told, *marks, options=replace(DEFAULTS, review_probability=0.999, accept_probability=1.0))
    assert not strict.pairs
    assert "too doubtful" in " ".join(strict.abstained.values())
    assert all(p.decision == "review" for p in plain.pairs if p.score < DEFAULTS.accept_probability)
