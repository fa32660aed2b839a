"""Entities: exact and overlap agreement by type, and certainty where the gold is sure of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jmid_nlp.evaluation.counts import Counts, Measures, Tally, macro_f1, ratio, share
from jmid_nlp.evaluation.spans import Span, best, span_measures, tally_spans, touches

Row = Mapping[str, Any]
# The types that sum up a PRISM annotation; other annotations are summed up over all their types.
MAIN = ("d", "a", "timex3", "t-test")
CERTAINTIES = ("positive", "suspicious", "negative")


class Score:
    """Counts a report. Predicted types that the gold never marks are counted as such, and not scored.

    Args:
        gold: All gold rows.
    """

    def __init__(self, gold: Iterable[Row]) -> None:
        self.types = sorted({str(e.get("type")) for row in gold for e in row["entities"]})

    def __call__(self, gold: Row, made: Row, tally: Tally) -> None:
        """Count one report."""
        found = [e for e in made["entities"] if not touches(e, gold["ignore"])]
        for entity in found:
            if str(entity.get("type")) not in self.types:
                tally.add("unscored", str(entity.get("type")))
        for kind in self.types:
            wanted, mine = _of(gold["entities"], kind), _of(found, kind)
            tally_spans(tally, kind, wanted, mine)
            for entity in wanted:
                _certainty(entity, mine, tally)
            _errors(kind, wanted, mine, gold["entities"], found, tally)
        if "positive_findings" in gold:
            _positive_words(gold, made, tally)


def _of(entities: list[Span], kind: str) -> list[Span]:
    return [e for e in entities if e.get("type") == kind]


def _certainty(entity: Span, made: list[Span], tally: Tally) -> None:
    partner = best(entity, made)
    if partner is None or not entity.get("attr") or not entity.get("attr_sure", True) or entity["type"] != "d":
        return
    tally.confuse("certainty", entity["attr"], partner.get("attr"))
    if partner.get("attr") != entity["attr"]:
        tally.error("certainty", entity, gold=entity["attr"], predicted=partner.get("attr"))


def _errors(kind: str, wanted: list[Span], mine: list[Span], gold: list[Span], made: list[Span], tally: Tally) -> None:
    """Each wrong entity once: other limits, another type, missed, or spurious."""
    exact = {(e["start"], e["end"]) for e in wanted} & {(e["start"], e["end"]) for e in mine}
    for entity in (e for e in wanted if (e["start"], e["end"]) not in exact):
        if near := best(entity, mine):
            tally.error("boundary", entity, gold=kind, predicted_start=near["start"], predicted_end=near["end"])
        elif other := best(entity, made):
            tally.error("type", entity, gold=kind, predicted=other.get("type"))
        else:
            tally.error("missed", entity, gold=kind)
    for entity in mine:
        if not touches(entity, gold):
            tally.error("spurious", entity, predicted=kind)


def _positive_words(gold: Row, made: Row, tally: Tally) -> None:
    """F1 of the set of words of positive findings, averaged over reports, as JMED-LLM has it."""
    text = gold["text"]
    positive = [e for e in made["entities"] if e.get("type") == "d" and e.get("attr") == "positive"]
    wanted = {_squeezed(word) for word in gold["positive_findings"]}
    found = {_squeezed(text[e["start"] : e["end"]]) for e in positive}
    both = len(wanted) + len(found)
    tally.add("words", "reports")
    tally.add("words", "f1", by=2 * len(wanted & found) / both if both else 0.0)


def _squeezed(word: str) -> str:
    return "".join(word.split())


def measures(c: Counts) -> Measures:
    """All figures: overall and by type."""
    types = c.names("span", "gold")
    judged = c("confusion", "certainty")
    right = c.total("confusion", [("certainty", k, k) for k in c.names("confusion", "certainty")])
    overall = span_measures(c, [k for k in types if k in MAIN] or types) | {
        "certainty_accuracy": share(right, judged),
        "certainty_macro_f1": (macro_f1(c, "certainty", CERTAINTIES), judged),
    }
    if c.names("words"):
        reports = c("words", "reports")
        overall["positive_words_f1"] = (ratio(c("words", "f1"), reports), reports)
    return {"": overall} | {k: span_measures(c, [k]) for k in types}
