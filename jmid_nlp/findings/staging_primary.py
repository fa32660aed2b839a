"""Which lesion of a report is the primary tumour, where it is and how large.

The primary is introduced by a lesion word in the lung; that it is the primary is often said only in a later clause ('既知の
肺癌と考えます'). Every lung lesion is scored by such evidence, by its kind and size; the best one wins, if it is good enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jmid_nlp.findings.staging_clauses import DENIED, PRESENT, SUSPECTED, WEAK, Clause, Place, Size
from jmid_nlp.findings.staging_scene import Scene

_KIND = {"mass": 3.0, "nodule": 2.0, "opacity": 1.5, "ggo": 1.0, "small": 0.5}
_LOBES = {
    "S1": "upper", "S6": "lower", "upper": "upper", "middle": "middle", "lower": "lower", "lingula": "upper",
    "RUL": "upper", "RML": "middle", "RLL": "lower", "LUL": "upper", "LLL": "lower",
}  # fmt: skip
_SIDES = {
    "middle": "right", "middle+lower": "right", "upper+middle": "right", "lingula": "left",
    "RUL": "right", "RML": "right", "RLL": "right", "LUL": "left", "LLL": "left",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Primary:
    """The primary tumour: the clause that introduces it, the clauses about it, its side, lobe and kind."""

    clause: int
    about: tuple[int, ...]
    side: str | None
    lobe: str | None
    kind: str
    cancer: int
    sizes: tuple[Size, ...]


_JUDGEMENT = re.compile(r"考え|思わ|思い|疑|可能性|示唆|相当|矛盾|合致|です|診断|判断")
_AIRWAY = frozenset(("main", "side", "lobar", "trachea"))
_Named = tuple[str | None, str | None, int]  # side, lobe and verdict of a cancer


def lobe_of(place: Place) -> str | None:
    """The lobe a lung place names: upper, middle, lower, hilum, or None where it names none."""
    if place.key == "S4":
        return {"right": "middle", "left": "upper"}.get(place.side or "")
    if place.key == "hilum":
        return "hilum"
    return _LOBES.get(place.key)


def side_of(place: Place) -> str | None:
    """The side of a lung place, also where the lobe alone tells it."""
    return place.side or _SIDES.get(place.key)


def find_primary(scene: Scene) -> Primary | None:
    """The primary tumour of a report, or None where no lesion can be taken for it."""
    named = list(_named(scene))
    found = [_weigh(scene, n, c, named) for n, c in scene.with_kinds("lesion", "cancer") if _candidate(scene, n, c)]
    sure = [one for one in found if one[2]]
    if not sure and not any(c.verdict >= SUSPECTED for _, c in scene.with_kinds("node")):
        # Nothing else explains the cancer that the report speaks of: the likeliest lesion is taken for it.
        spoken = any(c.verdict >= SUSPECTED for _, c in scene.with_kinds("cancer"))
        sure = [one for one in found if one[1] > 0 and (spoken or one[0].cancer == WEAK)]
    return max(sure, key=lambda one: one[1])[0] if sure else None


def _named(scene: Scene) -> Iterator[_Named]:
    """Side, lobe and verdict of each cancer named with its place and no lesion word, as an impression does."""
    for _, clause in scene.with_kinds("cancer"):
        if clause.verdict < SUSPECTED or "lesion" in clause.kinds:
            continue
        for _, hit in clause.kinds.get("cancer", ()):
            place = next((p for p in reversed(clause.of("lung")) if p.end <= hit.end), None)
            if place is not None and not past(scene, clause, hit.end):
                yield side_of(place), lobe_of(place), clause.verdict


def _candidate(scene: Scene, number: int, clause: Clause) -> bool:
    if clause.verdict < SUSPECTED:
        return False
    if "lesion" not in clause.kinds and not ("cancer" in clause.kinds and clause.of("lung")):
        return False
    if "satellite" in clause.kinds or ("metastasis" in clause.kinds and "cancer" not in clause.kinds):
        return False
    if _nodal(scene, number, clause):
        return False
    places = scene.around(number)
    if (
        "node" in clause.kinds
        and "cancer" not in clause.kinds
        and not (clause.has("lesion", "mass") and clause.has("state", "fused"))
    ):
        return False
    if places.of("lung"):
        return not places.of("organ") or _lung_first(places)
    return "cancer" in clause.kinds and not places.of("organ") and not clause.places


def _nodal(scene: Scene, number: int, clause: Clause) -> bool:
    """Whether masses at the hilum and in the mediastinum are called nodes in the next clause."""
    if (
        "cancer" in clause.kinds
        or not clause.of("node")
        or any(lobe_of(p) not in (None, "hilum") for p in clause.of("lung"))
    ):
        return False
    after = scene.clauses[number + 1 : number + 2]
    return any("node" in c.kinds and not c.places and c.verdict >= SUSPECTED for c in after)


def _lung_first(clause: Clause) -> bool:
    """Whether the lesion word belongs to the lung place and not to an organ named beside it."""
    organs = [p for p in clause.of("organ") if not any(q.start == p.start and q.kind != "organ" for q in clause.places)]
    return not organs


def _weigh(scene: Scene, number: int, clause: Clause, named: list[_Named]) -> tuple[Primary, float, bool]:
    """The lesion as a primary, its score, and whether it can be the primary without further ado."""
    about = _about(scene, number)
    side, lobe = _site(scene, about)
    kind = max((key for key, _ in clause.kinds.get("lesion", [])), key=lambda k: _KIND.get(k, 0), default="cancer")
    cancer, other, benign, stable = _evidence(scene, number, about)
    if kind != "cancer" and side is not None:
        here = (v for s, where, v in named if s == side and (where == lobe or "hilum" in (where, lobe)))
        cancer = max(cancer, *here, DENIED)
    sizes = tuple(s for k in about for s in scene.clauses[k].sizes)
    largest = max((s.mm for s in sizes if s.part in ("", "solid", "whole")), default=0.0)
    score = _KIND.get(kind, 1.5) + min(largest, 75.0) / 25.0 - number * 0.05 - 2.0 * clause.has("multiple")
    score += 4.0 if cancer >= SUSPECTED else 1.0 if cancer == WEAK else 0.0
    score -= 4.0 * (other >= SUSPECTED) + 4.0 * (benign >= SUSPECTED) + 2.0 * stable
    plain = kind == "mass" or (kind == "nodule" and not benign and not other and cancer != WEAK)
    sure = cancer >= SUSPECTED or (plain and benign < SUSPECTED)
    return Primary(number, tuple(about), side, lobe, kind, cancer, sizes), score, sure and score > 0


def _evidence(scene: Scene, number: int, about: list[int]) -> tuple[int, int, int, bool]:
    """Verdicts on cancer, on metastasis and on something benign, and whether the lesion is an old one."""
    cancer, other, benign, stable = _shared(scene, about), DENIED, DENIED, False
    for k in about:
        clause = scene.clauses[k]
        if any(not past(scene, clause, hit.end) for _, hit in clause.kinds.get("cancer", ())):
            cancer = max(cancer, clause.verdict)
        elif "cancer" in clause.kinds:
            continue
        elif k != number and ("satellite" in clause.kinds or "metastasis" in clause.kinds):
            other = max(other, clause.verdict)
        if "benign" in clause.kinds and "cancer" not in clause.kinds and _judges(scene, clause):
            benign = max(benign, clause.verdict)
        stable = stable or "stable" in clause.kinds
    return cancer, other, benign, stable


def _judges(scene: Scene, clause: Clause) -> bool:
    """Whether a clause says what a lesion is ('肉芽腫と考えます'), not what stands beside it ('炎症性変化を伴います')."""
    return (
        clause.verdict != PRESENT
        or _JUDGEMENT.search(scene.text, max(clause.start, clause.end - 8), clause.end + 4) is not None
    )


def _shared(scene: Scene, about: list[int]) -> int:
    """The verdict on cancer where several lesions are summed up after the last: '…腫瘤と…結節があり。肺癌と転移を疑う'.

    Lesions of one sentence share what the next says; those of several sentences a name that speaks of metastasis too.
    """
    end = about[-1] + 1
    while end < len(scene.clauses):
        clause = scene.clauses[end]
        if "node" in clause.kinds or clause.of("organ") or "effusion" in clause.kinds:
            return DENIED
        if "cancer" in clause.kinds:
            together = scene.clauses[about[0]].sentence == scene.clauses[end - 1].sentence
            summed = together or "satellite" in clause.kinds or "metastasis" in clause.kinds
            return clause.verdict if summed and not clause.places else DENIED
        if "lesion" not in clause.kinds:
            return DENIED
        end += 1
    return DENIED


def past(scene: Scene, clause: Clause, end: int) -> bool:
    """Whether a cancer named up to `end` is a treated one: '肺癌術後', '切除後(肺癌)'."""
    if scene.text.startswith(("に対する", "の既往", "の手術", "手術"), end):
        return True
    return "history" in clause.kinds and not clause.sizes and "lesion" not in clause.kinds


def _about(scene: Scene, number: int) -> list[int]:
    """The clause and those after it that go on about the same lesion: they introduce no lesion in another place."""
    about = [number]
    for k in range(number + 1, min(number + 8, len(scene.clauses))):
        clause = scene.clauses[k]
        if "node" in clause.kinds or (clause.of("organ") and not clause.of("lung")) or "effusion" in clause.kinds:
            break
        if "subject" in clause.kinds or _new_lesion(scene, clause) or _new_place(scene, number, clause):
            break
        about.append(k)
        if "satellite" in clause.kinds:
            break
    return about


def _new_place(scene: Scene, number: int, clause: Clause) -> bool:
    """Whether a new sentence turns to another part of the lungs: '両肺に気腫性変化を認めます'."""
    intro = scene.clauses[number]
    if (
        clause.sentence == intro.sentence
        or "cancer" in clause.kinds
        or "anaphor" in clause.kinds
        or "lesion" in clause.kinds
    ):
        return False
    here = [p for p in intro.of("lung") if p.key not in _AIRWAY]
    there = [p for p in clause.of("lung") if p.key not in _AIRWAY]
    sides = {side_of(p) for p in here} - {None}
    lobes = {lobe_of(p) for p in here} - {None}
    return any(
        (side_of(p) is not None and bool(sides) and side_of(p) not in sides and p.side != "ipsi")
        or (
            lobe_of(p) is not None
            and lobe_of(p) != "hilum"
            and "hilum" not in lobes
            and bool(lobes)
            and lobe_of(p) not in lobes
        )
        for p in there
    )


def _new_lesion(scene: Scene, clause: Clause) -> bool:
    """Whether a clause introduces a lesion: '…に結節を認め', unlike 'この結節は' or '病変のサイズは'."""
    if "cancer" in clause.kinds or "anaphor" in clause.kinds:
        return False
    for key, hit in clause.kinds.get("lesion", ()):
        before = any(p.start < hit.start for p in clause.of("lung"))
        definite = not before and scene.text.startswith(("は", "の", "に", "と"), hit.end)
        if key == "small" or (not definite and (clause.of("lung") or clause.sizes)):
            return True
    return False


def _site(scene: Scene, about: list[int]) -> tuple[str | None, str | None]:
    """Side and lobe: of the introducing clause, else of the clauses about it, else the report's commonest side."""
    places = [p for k in about for p in scene.around(k).of("lung")]
    sides = [side for p in places if (side := side_of(p)) in ("right", "left")]
    lobes = [lobe for p in places if (lobe := lobe_of(p)) is not None]
    if not sides:
        common = scene.common_side()
        sides = [common] if common else []
    return (sides[0] if sides else None), (lobes[0] if lobes else None)
