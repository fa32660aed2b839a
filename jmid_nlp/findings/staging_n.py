"""N: enlarged or suspected nodes by station and side against the tumour's side.

Enlargement itself counts, as readers and the reference answers have it; nodes called insignificant, unspecific, calcified
or inflammatory do not. A station without a side, or one that carries the side of a bilateral neighbour, is ipsilateral.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jmid_nlp.findings.staging_clauses import SUSPECTED, Clause
from jmid_nlp.findings.staging_primary import Primary
from jmid_nlp.findings.staging_scene import Scene
from jmid_nlp.findings.staging_t import Reason, editions
from jmid_nlp.offsets import Span

_ENLARGED_MM = 10.0
_NAMES = {"N1": "ipsilateral hilar or lung nodes", "N2": "ipsilateral mediastinal or subcarinal nodes"}


@dataclass(frozen=True, slots=True)
class Nodes:
    """A group of affected nodes: its group and station, its side against the tumour, and whether several are meant."""

    group: str
    station: str
    relation: str
    several: bool
    spans: tuple[Span, ...]


def affected_nodes(scene: Scene, primary: Primary | None) -> list[Nodes]:
    """All node groups that the report holds for affected."""
    found: list[Nodes] = []
    for number, clause in scene.with_kinds("node", "station!", "metastasis"):
        if clause.verdict < SUSPECTED or not (
            "node" in clause.kinds or "station!" in clause.kinds or _deposit(scene, number)
        ):
            continue
        places = clause.of("node") or (scene.around(number).of("node") if clause.anchor >= 0 else [])
        if not places or not _affected(scene, number, clause):
            continue
        for place in places:
            relation = _relation(place.side, primary)
            spans = ((place.start, place.end), *clause.spans("node"))
            found.append(Nodes(place.key, place.detail, relation, "multiple" in clause.kinds, spans))
    return found


def _deposit(scene: Scene, number: int) -> bool:
    """Whether a mass in the mediastinum is called a metastasis without the word node."""
    clause, where = scene.clauses[number], scene.around(number)
    if (
        "metastasis" not in clause.kinds
        or "satellite" in clause.kinds
        or not ("lesion" in where.kinds or where is clause)
    ):
        return False
    return (
        bool(where.of("node"))
        and not any(p.key not in ("hilum", "any") for p in where.of("lung"))
        and "organ" not in where.kinds
    )


def _affected(scene: Scene, number: int, clause: Clause) -> bool:
    """Whether nodes are enlarged or suspected, and not called harmless."""
    after = list(_after(scene, number))
    if any("metastasis" in c.kinds and c.verdict >= SUSPECTED for c in [clause, *after]):
        return True
    if any("insignificant" in c.kinds for c in [*_beside(scene, number), *after]):
        return False
    if any("benign" in c.kinds and c.verdict >= SUSPECTED for c in [clause, *after]):
        return False
    return (
        "state" in clause.kinds
        or any(hit.word.complete for _, hit in clause.kinds.get("node", ()))
        or any(s.mm >= _ENLARGED_MM and s.part in ("", "short") for s in clause.sizes)
        or any("state" in c.kinds and c.verdict >= SUSPECTED for c in after)
    )


def _beside(scene: Scene, number: int) -> Sequence[Clause]:
    """The clauses of one's sentence."""
    clauses, sentence = scene.clauses, scene.clauses[number].sentence
    first = last = number
    while first and clauses[first - 1].sentence == sentence:
        first -= 1
    while last + 1 < len(clauses) and clauses[last + 1].sentence == sentence:
        last += 1
    return clauses[first : last + 1]


def _after(scene: Scene, number: int) -> Iterator[Clause]:
    """The clauses that go on about the places of this one."""
    root = scene.clauses[number].anchor if scene.clauses[number].anchor >= 0 else number
    for k in range(number + 1, len(scene.clauses)):
        clause = scene.clauses[k]
        if clause.anchor != root or "effusion" in clause.kinds:
            return
        yield clause


def _relation(side: str | None, primary: Primary | None) -> str:
    if side in ("both", "contra"):
        return "contra"
    if side in (None, "ipsi") or primary is None or primary.side is None:
        return "ipsi"
    return "ipsi" if side == primary.side else "contra"


def n_reasons(nodes: list[Nodes], edition: int) -> list[Reason]:
    """All that speaks for an N category; the highest one is the answer, none means N0."""
    reasons = []
    mediastinal = sorted(
        {n.station for n in nodes if n.group in ("mediastinal", "subcarinal") and n.relation == "ipsi"}
    )
    several = len(mediastinal) > 1 or any(n.several for n in nodes if n.station in mediastinal)
    n2 = editions()["edition"][str(edition)]["n2"][several]
    for node in nodes:
        if node.group == "distant":
            continue
        if node.group == "supraclavicular":
            reasons.append(Reason("N3", "supraclavicular or scalene nodes", node.spans))
        elif node.group == "subcarinal":
            reasons.append(Reason(n2, _NAMES["N2"], node.spans))
        elif node.relation == "contra":
            reasons.append(Reason("N3", "contralateral mediastinal or hilar nodes", node.spans))
        elif node.group in ("hilar", "unnamed"):
            reasons.append(Reason("N1", _NAMES["N1"], node.spans))
        else:
            reasons.append(Reason(n2, _NAMES["N2"], node.spans))
    return reasons
