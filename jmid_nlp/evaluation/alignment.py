"""Alignment: pairs of findings and annotations, annotations left alone, findings without a mark.

An annotation is right when it is paired with its required mention or with an accepted re-mention of the same lesion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jmid_nlp.evaluation.counts import Counts, Measures, Tally, prf, share
from jmid_nlp.evaluation.spans import Span, overlap, touches

Row = Mapping[str, Any]


def score(gold: Row, made: Row, tally: Tally) -> None:
    """Count one study."""
    required, allowed = gold["pairs"], [*gold["pairs"], *gold["optional_pairs"]]
    good = [pair for pair in made["pairs"] if _fits(pair, allowed)]
    right, paired = {pair["annotation_id"] for pair in good}, {pair["annotation_id"] for pair in made["pairs"]}
    caught = sum(pair["annotation_id"] in right for pair in required)
    alone = gold["unmatched_annotations"]
    for key, count in {
        "gold": len(required), "hit": caught, "made": len(made["pairs"]), "good": len(good), "studies": 1,
        "perfect": caught == len(required) and len(good) == len(made["pairs"]),
        "alone": len(alone), "left": sum(annotation not in paired for annotation in alone),
    }.items():  # fmt: skip
        tally.add(key, by=count)
    _errors(gold, made, good, paired, tally)
    _unmatched_findings(gold, made, tally)


def _fits(pair: Span, allowed: list[Span]) -> bool:
    return any(pair["annotation_id"] == a["annotation_id"] and overlap(pair, a) for a in allowed)


def _errors(gold: Row, made: Row, good: list[Span], paired: set[str], tally: Tally) -> None:
    alone = set(gold["unmatched_annotations"])
    for pair in gold["pairs"]:
        if pair["annotation_id"] not in paired:
            tally.error("missed pair", pair, gold=pair["annotation_id"])
    for pair in made["pairs"]:
        if pair not in good:
            kind = "should stay alone" if pair["annotation_id"] in alone else "wrong finding"
            tally.error(kind, pair, predicted=pair["annotation_id"])


def _unmatched_findings(gold: Row, made: Row, tally: Tally) -> None:
    wanted = gold["unmatched_findings"]
    found = [f for f in made["unmatched_findings"] if not touches(f, [*gold["ignore"], *gold["optional_pairs"]])]
    tally.add("lone", "gold", by=len(wanted))
    tally.add("lone", "made", by=len(found))
    tally.add("lone", "hit", by=sum(touches(f, found) for f in wanted))
    tally.add("lone", "good", by=sum(touches(f, wanted) for f in found))


def measures(c: Counts) -> Measures:
    """All figures; an alignment has no types."""
    lone = (c("lone", what) for what in ("hit", "gold", "good", "made"))
    return {
        "": {
            **prf("", c("hit"), c("gold"), c("good"), c("made")),
            "abstention": share(c("left"), c("alone")),
            "perfect": share(c("perfect"), c("studies")),
            **prf("unmatched_findings_", *lone),
        }
    }
