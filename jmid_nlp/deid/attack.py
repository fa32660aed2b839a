"""A measured attack on surrogates: how well can missed names be told from invented ones?

Surrogates hide what a detector missed ("hiding in plain sight", Carrell and others, JAMIA 2013;20:342), and consistency takes
part of that away again (Osborne and others, Electronics 2025;14:3945): an attacker sees that one name of a patient stands apart
from the others. The attack plays this through on given reports: it drops detections at a stated rate, replaces the rest, and
lets two attackers rank all names of the result by how much they look like leaks.

- `reader of the pool` owns this library and calls everything a leak that is in none of its pools.
- `counter` knows no pool and looks at how often a name comes back within a patient's reports.

Both get every name for free; a real attacker has to find them first. The figures are therefore upper bounds of their kind.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from jmid_nlp.deid.deidentify import Deidentifier
from jmid_nlp.deid.identity import Links, read_name
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import Policy, Strategy
from jmid_nlp.deid.replace import offset_map, replace_text
from jmid_nlp.deid.risk import invented_name
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Identifier, Report

Detector = Callable[..., "tuple[Identifier, ...]"]
STRATEGIES: tuple[Strategy, ...] = ("tag", "consistent", "varied")


@dataclass(frozen=True, slots=True)
class Figure:
    """One attacker against one strategy.

    Attributes:
        names: Names in the output, leaks among them.
        leaks: Names that the (thinned) detection had missed.
        auc: Chance that a leak is ranked above a surrogate; 0.5 is guessing, 1.0 tells them all apart.
        found: Share of the leaks among as many top-ranked names as there are leaks.
    """

    strategy: str
    attacker: str
    names: int
    leaks: int
    auc: float
    found: float

    def __str__(self) -> str:
        head = f"{self.strategy:10} {self.attacker:18} {self.leaks:5} leaks in {self.names:5} names"
        return f"{head}: AUC {self.auc:.3f}, found {self.found:.1%}"


def attack(
    reports: Sequence[Report], policy: Policy, key: Key, *, miss_rate: float = 0.05, detector: Detector | None = None
) -> list[Figure]:
    """Plays the attack for each strategy.

    Args:
        reports: Reports with their records; several a patient make the counting attacker stronger.
        policy: A policy that gives persons surrogates.
        key: The key of the run; it also decides, reproducibly, which detections are dropped.
        miss_rate: Share of the person detections that are dropped.
        detector: `detector(text, known=Report | None)`; the package's own where None.

    Returns:
        One figure per strategy and attacker.
    """
    figures = []
    for strategy in STRATEGIES:
        treat = Deidentifier(dataclasses.replace(policy, strategy=strategy), key, detector=detector)
        names = [name for report in reports for name in _names(report, treat, key, miss_rate)]
        counts = Counter((n.patient, n.surname) for n in names)
        sign = (
            1 if strategy == "varied" else -1
        )  # a consistent surrogate comes back and a leak stands alone; varied, reversed
        figures.append(
            _figure(strategy, "reader of the pool", [(n.leak, float(not invented_name(n.text))) for n in names])
        )
        figures.append(
            _figure(strategy, "counter", [(n.leak, sign * float(counts[n.patient, n.surname])) for n in names])
        )
    return figures


@dataclass(frozen=True, slots=True)
class _Name:
    leak: bool
    patient: str
    text: str
    surname: str


def _names(report: Report, treat: Deidentifier, key: Key, miss_rate: float) -> Iterable[_Name]:
    found = treat.find(report.text, report)
    missed = [
        f
        for f in found
        if f.category == "PERSON" and key.number(10**6, "attack", report.report_id, str(f.start)) < miss_rate * 10**6
    ]
    kept = [f for f in found if f not in missed]
    text, edits = replace_text(report.text, kept, treat.context(report, fold(report.text).text))
    offsets = offset_map(edits)
    patient = report.patient_id or report.report_id
    spans = [(True, *offsets.to_target(f.start, f.end)) for f in missed]
    spans += [(False, e.new_start, e.new_end) for e in edits if e.category == "PERSON" and e.action == "surrogate"]
    for leak, start, end in spans:
        name = text[start:end]
        parts = [p for p in read_name(name, Links()) if p.key]
        yield _Name(leak, patient, name, parts[0].key if parts else name)


def _figure(strategy: str, attacker: str, scored: list[tuple[bool, float]]) -> Figure:
    leaks = sum(leak for leak, _ in scored)
    ranked = sorted(scored, key=lambda s: -s[1])
    return Figure(strategy, attacker, len(scored), leaks, auc(scored), _top(ranked, leaks))


def auc(scored: Sequence[tuple[bool, float]]) -> float:
    """Area under the ROC curve, ties counted half; 1.0 where there is nothing but leaks to be seen."""
    yes = Counter(score for leak, score in scored if leak)
    no = Counter(score for leak, score in scored if not leak)
    pairs = yes.total() * no.total()
    if not pairs:
        return 1.0
    won = sum(a * b * (1.0 if x > y else 0.5 if x == y else 0.0) for x, a in yes.items() for y, b in no.items())
    return won / pairs


def _top(ranked: Sequence[tuple[bool, float]], count: int) -> float:
    """Expected share of leaks among the `count` highest, ties in random order."""
    if not count:
        return 0.0
    border = ranked[count - 1][1]
    above = [leak for leak, score in ranked if score > border]
    tied = [leak for leak, score in ranked if score == border]
    return (sum(above) + sum(tied) * (count - len(above)) / len(tied)) / count
