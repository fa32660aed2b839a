"""Identifiers: what leaks, what is masked without need, what is kept.

An identifier is caught when all its letters and digits are covered, by one predicted span or by several.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jmid_nlp.evaluation.counts import Counts, Measure, Measures, Tally, share
from jmid_nlp.evaluation.spans import Span, best, overlap, positions, span_measures, tally_spans, touches

Row = Mapping[str, Any]


def score(gold: Row, made: Row, tally: Tally) -> None:
    """Count one report."""
    wanted, found = gold["spans"], _counted(made["spans"], gold)
    hidden = positions(made["spans"])
    caught = [_score_identifier(span, gold["text"], made["spans"], hidden, tally) for span in wanted]
    if wanted:
        tally.add("reports")
        tally.add("clean", by=all(caught))
    for span in found:
        good = touches(span, wanted)
        tally.add("made", _category(span))
        tally.add("good", _category(span), by=good)
        if not good:
            tally.confuse("category", None, _category(span))
            tally.error("spurious", span, predicted=_category(span))
    for span in gold["keep"]:
        kept = not hidden & positions([span])
        tally.add("keep")
        tally.add("kept", by=kept)
        if not kept:
            tally.error("not kept", span, gold=str(span.get("why", "")))
    for label in {_category(s) for s in (*wanted, *found)}:
        tally_spans(tally, label, *([s for s in part if _category(s) == label] for part in (wanted, found)))


def _score_identifier(span: Span, text: str, made: list[Span], hidden: set[int], tally: Tally) -> bool:
    whole = positions([span])
    caught = ({at for at in whole if text[at].isalnum()} or whole) <= hidden
    category = _category(span)
    right = any(overlap(m, span) and _category(m) == category for m in made)
    partner = best(span, made)
    tally.add("gold", category)
    tally.add("caught", category, by=caught)
    tally.add("right", category, by=caught and right)
    tally.confuse("category", category, category if right else partner and _category(partner))
    if not caught:
        tally.error("partly caught" if partner else "missed", span, gold=category)
    elif not right and partner:
        tally.error("category", span, gold=category, predicted=_category(partner))
    return caught


def _counted(made: list[Span], gold: Row) -> list[Span]:
    """Predicted spans without those that lie on ignored characters only, which are neither right nor wrong."""
    ignored = positions(gold["ignore"])
    return [s for s in made if touches(s, gold["spans"]) or not positions([s]) <= ignored]


def _category(span: Span) -> str:
    return str(span.get("category"))


def measures(c: Counts) -> Measures:
    """All figures: overall and by category."""
    categories = sorted({*c.names("gold"), *c.names("made")})
    overall = {
        **_caught(c),
        "kept": share(c("kept"), c("keep")),
        "reports_without_leak": share(c("clean"), c("reports")),
        **span_measures(c, c.names("span", "gold")),
    }
    return {"": overall} | {k: _caught(c, k) | span_measures(c, [k]) for k in categories}


def _caught(c: Counts, *category: str) -> dict[str, Measure]:
    return {
        "recall": share(c("caught", *category), c("gold", *category)),
        "precision": share(c("good", *category), c("made", *category)),
        "category_right": share(c("right", *category), c("gold", *category)),
    }
