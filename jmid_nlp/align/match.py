"""`align`: which annotation marks which finding of a study, by the probability of each pair over all assignments; or none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jmid_nlp.align.anatomy import organ_of
from jmid_nlp.align.calibration import cues_of, probability
from jmid_nlp.align.cost import Evidence, best_evidence
from jmid_nlp.align.lesions import Lesion, build_lesions
from jmid_nlp.align.marks import Group, group_marks
from jmid_nlp.align.mentions import Mention, read_mentions
from jmid_nlp.align.nodes import measured_nodes
from jmid_nlp.align.options import DEFAULTS, AlignOptions
from jmid_nlp.align.posterior import choose, marginals
from jmid_nlp.align.rows import alignment_row, parse_study
from jmid_nlp.align.unnamed import add_unnamed
from jmid_nlp.schema import Alignment, AnnotationRecord, Finding, Link, Report

__all__ = ["AlignOptions", "align", "alignment_row", "parse_study"]

_NEVER = -1e6
_ALIKE = 1.5  # nats within which two findings fit a mark about as well


@dataclass(frozen=True, slots=True)
class _Problem:
    groups: list[Group]
    lesions: list[Lesion]
    evidence: list[list[Evidence | None]]
    denied: list[float]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pair worth giving: the annotations of one lesion, the mention that takes them, and how sure it is.

    `posterior` is its share of all assignments, by their weight; `margin` how much likelier it is, in nats, than the next best
    pair of either half; `cues` names what both sides give; `probability` is the posterior as it was right on other data.
    """

    ids: tuple[str, ...]
    lesion: int
    mention: Mention
    evidence: Evidence
    margin: float
    posterior: float
    cues: str
    probability: float


def align(
    study_id: str,
    report: Report,
    findings: Sequence[Finding],
    annotations: Sequence[AnnotationRecord],
    *,
    options: AlignOptions = DEFAULTS,
) -> Alignment:
    """Pair the findings of a report with the annotations of the same study.

    Marks of one lesion (two readers, neighbouring slices) are merged first, mentions of one lesion too. Denied, past and
    general mentions, and annotations of another study, never pair. What is ambiguous stays without a partner, with the
    reason in `abstained`. The order of findings and annotations does not matter.

    Args:
        study_id: The study's id in the result.
        report: The report; `study_uid`, `patient_id` and `exam_date` are used where given.
        findings: All findings of the report's text, denied and past ones included, offsets in `report.text`.
        annotations: Annotation records, also of other studies.
        options: What each cue is worth and when a pair is given.

    Returns:
        Links sorted by position and annotation id, the annotations and the findings without a partner.
    """
    own, foreign = _split_studies(report, annotations)
    problem = _problem(report, own, findings, options)
    links: list[Link] = []
    reasons: dict[str, str] = dict(foreign)
    taken: set[int] = set()
    for g, proposal in enumerate(_propose(problem, options)):
        group = problem.groups[g]
        reason = _why_none(problem, g, options) if proposal is None else _why_not(proposal, options)
        if proposal is None or reason:
            reasons.update(dict.fromkeys(group.ids, reason))
            continue
        taken.add(proposal.lesion)
        links += _links(proposal, options)
    lesions = problem.lesions
    used = {(k.start, k.end) for k in links}
    free = {(x.first.start, x.first.end) for i, x in enumerate(lesions) if i not in taken and x.reported}
    return Alignment(
        study_id=study_id,
        pairs=tuple(sorted(links, key=lambda k: (k.start, k.end, k.annotation_id))),
        unmatched_annotations=tuple(sorted(reasons)),
        unmatched_findings=tuple(sorted(free - used)),
        abstained=dict(sorted(reasons.items())),
    )


def propose(
    report: Report,
    findings: Sequence[Finding],
    annotations: Sequence[AnnotationRecord],
    *,
    options: AlignOptions = DEFAULTS,
) -> list[Proposal]:
    """The pairs of the best assignment before any is left for doubt, with what their probability rests on.

    Args: As for `align`.
    """
    problem = _problem(report, _split_studies(report, annotations)[0], findings, options)
    return [p for p in _propose(problem, options) if p is not None]


def _split_studies(
    report: Report, annotations: Sequence[AnnotationRecord]
) -> tuple[list[AnnotationRecord], dict[str, str]]:
    own: list[AnnotationRecord] = []
    foreign: dict[str, str] = {}
    for a in annotations:
        if report.study_uid and a.study_uid and a.study_uid.strip() != report.study_uid.strip():
            foreign[a.annotation_id] = "another study"
        elif report.patient_id and a.patient_id and a.patient_id.strip() != report.patient_id.strip():
            foreign[a.annotation_id] = "another patient"
        else:
            own.append(a)
    return own, foreign


def _problem(
    report: Report, own: Sequence[AnnotationRecord], findings: Sequence[Finding], options: AlignOptions
) -> _Problem:
    mentions = read_mentions(report.text, measured_nodes(report.text, findings))
    lesions = build_lesions(mentions)
    given = {(f.start, f.end) for f in findings}
    for lesion in lesions:
        # A node that is only measured may be marked, but nothing says that it should be.
        lesion.reported &= (lesion.first.start, lesion.first.end) in given
    add_unnamed(report.text, mentions, lesions)
    named = {o for m in mentions for n in m.place.nodes if (o := organ_of(n)) in ("lung", "liver")}
    # A bare S8 is the liver's where the report speaks of the liver and not of the lungs.
    groups = group_marks(own, options, tuple(sorted(named)) if len(named) == 1 else ())
    table = [[best_evidence(x, g, options, report.exam_date) for x in lesions] for g in groups]
    past = [Lesion([m]) for m in mentions if m.excluded and m.finding.certainty != "general"]
    denied = []
    for g in groups:
        against = [e.total for x in past if (e := best_evidence(x, g, options, report.exam_date)) is not None]
        denied.append(max(against, default=_NEVER))
    return _Problem(groups, lesions, table, denied)


def _gain(problem: _Problem, g: int, lesion: int, slot: int, options: AlignOptions) -> float:
    """Log odds of a pair against leaving the group alone; less for a second lesion under a word that names one."""
    evidence = problem.evidence[g][lesion]
    if evidence is None or (slot > 0 and evidence.of("side") < 0):
        return _NEVER
    firm = evidence.fits("size") or evidence.fits("slice")
    bar = options.accept if firm else max(options.accept, problem.denied[g] + options.denied)
    repeat = options.repeat if slot > 0 and not problem.lesions[lesion].plural else 0.0
    return evidence.total - bar + repeat - options.crowd * math.log(_crowd(problem, g, lesion))


def _crowd(problem: _Problem, g: int, lesion: int) -> float:
    """How many lesions and marks go by this pair's names and places; agreeing by chance is that much easier."""
    here = sum(_namesakes(e) for e in problem.evidence[g])
    there = sum(_namesakes(row[lesion]) for row in problem.evidence)
    return max(1.0, (here + there) / 2)


def _namesakes(evidence: Evidence | None) -> bool:
    return evidence is not None and evidence.of("concept") > 0 and evidence.of("place") + evidence.of("side") >= 0


class _Assignment:
    """The probability of every pair over all assignments, and the pairs that are worth giving."""

    def __init__(self, problem: _Problem, options: AlignOptions) -> None:
        import numpy as np

        count = len(problem.groups)
        self.problem = problem
        closed = [i for i, x in enumerate(problem.lesions) if x.capacity is not None]
        opened = [i for i, x in enumerate(problem.lesions) if x.capacity is None]
        slots = [(i, k) for i in closed for k in range(_slots(problem.lesions[i], count))]
        weights = np.full((count, len(slots)), _NEVER)
        free = np.full((count, len(opened)), _NEVER)
        for g in range(count):
            weights[g] = [
                # The places of one lesion are the same but for their order, which counts once.
                _gain(problem, g, i, k, options) - (math.log(_slots(problem.lesions[i], count)) if self._same(i) else 0)
                for i, k in slots
            ]
            free[g] = [_gain(problem, g, i, 0, options) for i in opened]
        taken, joined = marginals(weights, free)
        self.probability = np.zeros((count, len(problem.lesions)))
        for s, (i, _) in enumerate(slots):
            self.probability[:, i] += taken[:, s]
        for s, i in enumerate(opened):
            self.probability[:, i] = joined[:, s]
        places = slots + [(i, g) for i in opened for g in range(count)]
        worth = self.probability[:, [i for i, _ in places]] - options.worth
        worth[:, : len(slots)][weights <= _NEVER / 2] = -1.0
        self.chosen = [None if c is None else places[c][0] for c in choose(worth)]

    def _same(self, lesion: int) -> bool:
        return self.problem.lesions[lesion].plural

    def margin(self, g: int, lesion: int) -> float:
        """How much likelier a pair is, in nats, than the next best for either of its halves."""
        own = float(self.probability[g, lesion])
        rivals = [float(p) for i, p in enumerate(self.probability[g]) if i != lesion]
        if self.problem.lesions[lesion].capacity is not None:
            rivals += [float(p[lesion]) for n, p in enumerate(self.probability) if self.chosen[n] != lesion]
        return math.log(own / max(1e-9, max(rivals, default=0.0)))


def _slots(lesion: Lesion, groups: int) -> int:
    return groups if lesion.capacity is None else min(lesion.capacity, groups)


def _propose(problem: _Problem, options: AlignOptions) -> list[Proposal | None]:
    """For each group of marks the pair that the best assignment gives it, or None."""
    assignment = _Assignment(problem, options)
    out: list[Proposal | None] = []
    for g, lesion in enumerate(assignment.chosen):
        evidence = None if lesion is None else problem.evidence[g][lesion]
        if lesion is None or evidence is None:
            out.append(None)
            continue
        posterior, alone = float(assignment.probability[g, lesion]), _alone(problem, g, lesion, options)
        if evidence.of("side") < 0 and not alone:
            out.append(None)  # a wrong side is believed only where nothing else could be meant
            continue
        margin, cues = assignment.margin(g, lesion), cues_of(evidence, alone=alone)
        mention = _target(problem.lesions[lesion], evidence)
        score = probability(cues, posterior, evidence.total)
        out.append(Proposal(problem.groups[g].ids, lesion, mention, evidence, margin, posterior, cues, score))
    return out


def _alone(problem: _Problem, g: int, lesion: int, options: AlignOptions) -> bool:
    """Whether no other lesion could take the marks and no other marks could be the lesion's."""
    rivals = [e for n, e in enumerate(problem.evidence[g]) if n != lesion]
    rivals += [row[lesion] for n, row in enumerate(problem.evidence) if n != g]
    return all(e is None or e.total < options.accept for e in rivals)


def _why_not(proposal: Proposal, options: AlignOptions) -> str:
    """Why a pair of the best assignment is not given; empty where it is."""
    if proposal.margin < options.tie_margin:
        return "ambiguous: another pairing is as good"
    if proposal.probability < options.review_probability:
        return f"too doubtful: by {proposal.cues.replace('+', ', ')} {proposal.probability:.0%} of such pairs are right"
    return ""


def _links(proposal: Proposal, options: AlignOptions) -> list[Link]:
    evidence, mention = proposal.evidence, proposal.mention
    why = tuple(t.words for t in evidence.terms if t.value or t.cue == "size")
    sure = proposal.probability >= options.accept_probability and evidence.of("side") >= 0
    score = round(proposal.probability, 4)
    return [Link(mention.start, mention.end, i, score, why, "accept" if sure else "review") for i in proposal.ids]


def _target(lesion: Lesion, evidence: Evidence) -> Mention:
    """The introducing mention; a member of a group with a noun of its own, in a sentence of its own, stands for itself."""
    for member in lesion.members:
        if member.finding == evidence.mention.finding and member.kind != "generic":
            return member if member.sentence != lesion.first.sentence else lesion.first
    return lesion.first


def _why_none(problem: _Problem, g: int, options: AlignOptions) -> str:
    best = max((e for e in problem.evidence[g] if e is not None), key=lambda e: e.total, default=None)
    if problem.denied[g] >= options.accept and (best is None or best.total < problem.denied[g] + options.denied):
        return "the report denies it or calls it past"
    if best is None:
        return "no finding of this kind"
    if best.total < options.accept:
        against = min(best.terms, key=lambda t: t.value)
        return f"no finding fits: {against.words}" if against.value < 0 else "too little in common with any finding"
    alike = sum(e is not None and e.total > best.total - _ALIKE for e in problem.evidence[g])
    return (
        "ambiguous: several findings fit about as well" if alike > 1 else "another annotation fits its finding better"
    )
