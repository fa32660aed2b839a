"""What can be scored, and the figures that sum each kind up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from jmid_nlp.evaluation import alignment, entities, findings, identifiers, tnm
from jmid_nlp.evaluation.counts import Counts, Measures, Tally
from jmid_nlp.evaluation.read import Row

Score = Callable[[Row, Row, Tally], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind is scored: what gets all gold rows and gives the function that counts a report, and the figures.

    `headline` names the figures that sum it up, `types` those that a table of its types shows, `about` what the items are.
    """

    scorer: Callable[[Iterable[Row]], Score]
    measures: Callable[[Counts], Measures]
    headline: tuple[str, ...]
    types: tuple[str, ...]
    about: str


def _always(score: Score) -> Callable[[Iterable[Row]], Score]:
    return lambda _: score


KINDS: dict[str, Kind] = {
    "identifiers": Kind(
        _always(identifiers.score), identifiers.measures,
        ("recall", "precision", "kept", "reports_without_leak", "category_right", "exact_f1"),
        ("recall", "precision", "category_right", "exact_f1", "overlap_f1"), "category",
    ),
    "entities": Kind(
        entities.Score, entities.measures,
        ("exact_f1", "overlap_f1", "certainty_accuracy", "certainty_macro_f1"),
        ("exact_f1", "exact_precision", "exact_recall", "overlap_f1"), "type",
    ),
    "findings": Kind(
        findings.Score, findings.measures,
        ("f1", "certainty", "certainty_macro_f1", "laterality", "change", "sizes", "location", "every"),
        ("recall", "every"), "certainty",
    ),
    "tnm": Kind(
        _always(tnm.score), tnm.measures, ("kappa", "accuracy", "all_three_right"), ("kappa", "accuracy"), "component"
    ),
    "alignment": Kind(
        _always(alignment.score), alignment.measures,
        ("f1", "precision", "recall", "abstention", "perfect", "unmatched_findings_f1"), (), "",
    ),
}  # fmt: skip
