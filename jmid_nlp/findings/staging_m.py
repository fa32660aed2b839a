"""M: nodules of the other lung, malignant effusion and dissemination (M1a), deposits outside the chest (M1b, M1c).

Effusion alone is no metastasis. A deposit counts when it is present or suspected (疑う, 可能性がある); one that is only not
excluded or one of several differentials (否定できない, 鑑別に挙がる, 可能性もある) does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jmid_nlp.findings.staging_clauses import SUSPECTED, Clause, Place
from jmid_nlp.findings.staging_n import Nodes
from jmid_nlp.findings.staging_scene import Scene
from jmid_nlp.findings.staging_t import Reason, Satellite, editions

_RANGE = re.compile(r"\d{1,2}[,、~〜～\-–−ー・/](?:[TLC]h?)?\d")


def m_reasons(scene: Scene, further: Sequence[Satellite], nodes: list[Nodes], edition: int) -> list[Reason]:
    """All that speaks for an M category, `further` the nodules of `satellites`; the highest one is the answer, none means M0."""
    reasons = [
        Reason("M1a", "tumour nodule in the other lung", spans)
        for relation, spans in further
        if relation in ("contra", "everywhere")
    ]
    for _, clause in scene.with_kinds("malignant_effusion", "dissemination"):
        if clause.verdict < SUSPECTED or clause.has("organ!", "peritoneum"):
            continue
        spans = clause.spans("malignant_effusion") + clause.spans("dissemination")
        if spans:
            reasons.append(Reason("M1a", "pleural or pericardial dissemination", tuple(spans)))
    return reasons + _distant(scene, nodes, edition)


def _distant(scene: Scene, nodes: list[Nodes], edition: int) -> list[Reason]:
    found = [d for number, clause in scene.with_kinds(*_KINDS) for d in _deposits(scene, number, clause)]
    far = [n for n in nodes if n.group == "distant"]
    if not found and not far:
        return []
    organs = sorted({place.key for place, _ in found} | ({"node"} if far else set()))
    # '肝転移' repeats what '肝S4' said before; two bones are two lesions.
    named = {(place.key, place.detail) for place, _ in found if not _summing(place)}
    count = len(named) + len({p.key for p, _ in found} - {key for key, _ in named}) + len({n.station for n in far})
    several = count > 1 or any(many for _, many in found) or any(n.several for n in far)
    name = editions()["edition"][str(edition)]["m1c"][len(organs) > 1] if several else "M1b"
    spans = [(p.start, p.end) for p, _ in found] + [s for n in far for s in n.spans]
    return [Reason(name, "distant: " + ", ".join(organs), tuple(sorted(set(spans))))]


_KINDS = ("organ!", "metastasis", "satellite", "lytic")


def _summing(place: Place) -> bool:
    return "転移" in place.detail or "播種" in place.detail


def _deposits(scene: Scene, number: int, clause: Clause) -> list[tuple[Place, bool]]:
    """The organs that a clause calls affected, each with whether several lesions are meant."""
    named = "organ!" in clause.kinds
    lytic = "lytic" in clause.kinds and clause.has("organ", "bone") and not _explained(scene, number)
    if clause.verdict < SUSPECTED or not (
        named or lytic or "metastasis" in clause.kinds or "satellite" in clause.kinds
    ):
        return []
    where = clause if clause.of("organ") else scene.around(number)
    if not named and (
        "node" in clause.kinds or "node" in where.kinds or ("satellite" in clause.kinds and where is not clause)
    ):
        return []
    places, about = where.of("organ"), [clause, where]
    if named and (before := _lesions_before(scene, number, clause)):
        about.append(scene.clauses[number - 1])
        places = [*before, *places]
    several = any("multiple" in c.kinds or any("多発" in h.word.form for h in c.hits) for c in about)
    return [(p, several or p.side == "both" or _numbered(scene.text, p)) for p in places]


def _explained(scene: Scene, number: int) -> bool:
    """Whether a lytic bone lesion is direct growth of the tumour or called something benign."""
    sentence = scene.clauses[number].sentence
    if any("invasion" in c.kinds and c.sentence == sentence for c in scene.clauses[max(0, number - 2) : number + 1]):
        return True
    return any("benign" in c.kinds and c.verdict >= SUSPECTED for c in scene.clauses[number : number + 2])


def _lesions_before(scene: Scene, number: int, clause: Clause) -> list[Place]:
    """The places a summing word rests on: '腸骨と腰椎に溶骨性病変を認め、骨転移と考えます'."""
    before = scene.clauses[number - 1] if number else clause
    if before is clause or before.verdict < SUSPECTED or "node" in before.kinds:
        return []
    keys = {p.key for p in clause.of("organ")}
    return [p for p in before.of("organ") if p.key in keys]


def _numbered(text: str, place: Place) -> bool:
    """Whether a range or list of numbers stands at the place: 'Th8-11', '第8~11胸椎'."""
    return bool(_RANGE.search(text, max(0, place.start - 6), place.end + 6))
