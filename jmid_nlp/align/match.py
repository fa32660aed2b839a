"""`align`: which annotation marks which finding, by optimal assignment with abstention, within one study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jmid_nlp.align.anatomy import organ_of
from jmid_nlp.align.calibration import cues_of, probability
from jmid_nlp.align.cost import Evidence, best_evidence
from jmid_nlp.align.lesions import Lesion, build_lesions
from jmid_nlp.align.marks import Group, group_marks
from jmid_nlp.align.mentions import Mention, read_mentions
from jmid_nlp.align.options import DEFAULTS, AlignOptions
from jmid_nlp.align.rows import alignment_row, parse_study
from jmid_nlp.align.unnamed import add_unnamed
from jmid_nlp.schema import Alignment, AnnotationRecord, Finding, Link, Report

__all__ = ["AlignOptions", "align", "alignment_row", "parse_study"]

_NEVER = -1e6


@dataclass(frozen=True, slots=True)
class _Problem:
    groups: list[Group]
    lesions: list[Lesion]
    evidence: list[list[Evidence | None]]
    denied: list[float]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pair of the best assignment: the annotations of one lesion, the mention that takes them, and how sure it is.

    `margin` is how much worse the best assignment without the pair is; `cues` names what both sides give.
    """

    ids: tuple[str, ...]
    lesion: int
    mention: Mention
    evidence: Evidence
    margin: float
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
    free = sorted((x.first.start, x.first.end) for i, x in enumerate(lesions) if i not in taken and x.reported)
    return Alignment(
        study_id=study_id,
        pairs=tuple(sorted(links, key=lambda k: (k.start, k.end, k.annotation_id))),
        unmatched_annotations=tuple(sorted(reasons)),
        unmatched_findings=tuple(free),
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
    mentions = read_mentions(report.text, findings)
    lesions = build_lesions(mentions)
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
    """What a pair adds over leaving the group alone; less for a second lesion under a word that names one."""
    evidence = problem.evidence[g][lesion]
    if evidence is None or (slot > 0 and evidence.of("side") < 0):
        return _NEVER
    firm = evidence.of("size") > 1 or evidence.of("slice") > 0
    bar = options.accept if firm else max(options.accept, problem.denied[g] + options.denied)
    repeat = options.repeat if slot > 0 and not problem.lesions[lesion].plural else 0.0
    return evidence.total - bar + repeat


class _Assignment:
    """The optimal assignment of groups to lesions, and what it is worth to forbid one of its pairs."""

    def __init__(self, problem: _Problem, options: AlignOptions) -> None:
        import numpy as np

        count = len(problem.groups)
        self.slots = [(i, k) for i, x in enumerate(problem.lesions) for k in range(_slots(x, count))]
        self.gains = np.full((count, len(self.slots) + count), _NEVER)
        for g in range(count):
            for s, (lesion, slot) in enumerate(self.slots):
                self.gains[g, s] = _gain(problem, g, lesion, slot, options)
            self.gains[g, len(self.slots) + g] = 0.0  # left alone
        self.total, self.chosen = self._solve(self.gains)

    def _solve(self, gains: Any) -> tuple[float, list[int | None]]:
        from scipy.optimize import linear_sum_assignment

        rows, columns = linear_sum_assignment(gains, maximize=True)
        chosen: list[int | None] = [None] * len(gains)
        for g, c in zip(rows.tolist(), columns.tolist(), strict=True):
            chosen[g] = self.slots[c][0] if c < len(self.slots) else None
        return float(gains[rows, columns].sum()), chosen

    def margin(self, g: int) -> float:
        """How much worse the best assignment without the pair of group `g` is."""
        gains = self.gains.copy()
        gains[g, [s for s, (lesion, _) in enumerate(self.slots) if lesion == self.chosen[g]]] = _NEVER
        return self.total - self._solve(gains)[0]


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
        margin, cues = assignment.margin(g), cues_of(evidence, alone=_alone(problem, g, lesion, options))
        mention = _target(problem.lesions[lesion], evidence)
        score = probability(cues, margin, evidence.total)
        out.append(Proposal(problem.groups[g].ids, lesion, mention, evidence, margin, cues, score))
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
    return "another annotation fits its finding better"
