"""Which lesion of a report is the primary tumour, where it is and how large.

The primary is introduced by a lesion word in the lung; that it is the primary is often said only in a later clause ('既知の
肺癌と考えます'). Every lung lesion is scored by such evidence, by its kind and size; the best one wins, if it is good enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jmid_nlp.findings.staging_scene import PRESENT, SUSPECTED, WEAK, Clause, Place, Scene, Size

_KIND = {"mass": 3.0, "nodule": 2.0, "opacity": 1.5, "ggo": 1.0, "small": 0.5}
_RIGHT_ONLY = frozenset(("middle", "middle+lower", "upper+middle"))
_LOBES = {
    "S1": "upper", "S6": "lower", "upper": "upper", "middle": "middle", "lower": "lower", "lingula": "upper",
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


def lobe_of(place: Place) -> str | None:
    """The lobe a lung place names: upper, middle, lower, hilum, or None where it names none."""
    if place.key == "S4":
        return {"right": "middle", "left": "upper"}.get(place.side or "")
    if place.key == "hilum":
        return "hilum"
    return _LOBES.get(place.key)


def side_of(place: Place) -> str | None:
    """The side of a lung place, also where the lobe alone tells it."""
    if place.side:
        return place.side
    if place.key in _RIGHT_ONLY:
        return "right"
    return "left" if place.key == "lingula" else None


def find_primary(scene: Scene) -> Primary | None:
    """The primary tumour of a report, or None where no lesion can be taken for it."""
    best: Primary | None = None
    best_score = 0.0
    named = list(_named(scene))
    for number, clause in scene.with_kinds("lesion", "cancer"):
        if not _candidate(scene, number, clause):
            continue
        found, score = _weigh(scene, number, clause, named)
        if found is not None and score > best_score:
            best, best_score = found, score
    return best


def _named(scene: Scene) -> Iterator[tuple[str | None, str | None, int]]:
    """Side, lobe and verdict of each cancer named with its place and no lesion word, as an impression does."""
    for _, clause in scene.with_kinds("cancer"):
        if clause.verdict < SUSPECTED or clause.has("lesion"):
            continue
        for _, hit in clause.kinds.get("cancer", ()):
            place = next((p for p in reversed(clause.of("lung")) if p.end <= hit.end), None)
            if place is not None and not _history(scene, hit.end):
                yield side_of(place), lobe_of(place), clause.verdict


def _candidate(scene: Scene, number: int, clause: Clause) -> bool:
    if clause.verdict < SUSPECTED:
        return False
    if not clause.has("lesion") and not (clause.has("cancer") and clause.of("lung")):
        return False
    if clause.has("satellite") or (clause.has("metastasis") and not clause.has("cancer")):
        return False
    if _nodal(scene, number, clause):
        return False
    places = scene.around(number)
    if (
        clause.has("node")
        and not clause.has("cancer")
        and not (clause.has("lesion", "mass") and clause.has("state", "fused"))
    ):
        return False
    if any(p.key != "adrenal" and p.kind == "lung" for p in places.places):
        return not places.of("organ") or _lung_first(places)
    return clause.has("cancer") and not places.of("organ") and not clause.places


def _nodal(scene: Scene, number: int, clause: Clause) -> bool:
    """Whether masses at the hilum and in the mediastinum are called nodes in the next clause."""
    if (
        clause.has("cancer")
        or not clause.of("node")
        or any(lobe_of(p) not in (None, "hilum") for p in clause.of("lung"))
    ):
        return False
    after = scene.clauses[number + 1 : number + 2]
    return any(c.has("node") and not c.places and c.verdict >= SUSPECTED for c in after)


def _lung_first(clause: Clause) -> bool:
    """Whether the lesion word belongs to the lung place and not to an organ named beside it."""
    organs = [p for p in clause.of("organ") if not any(q.start == p.start and q.kind != "organ" for q in clause.places)]
    return not organs


def _weigh(
    scene: Scene, number: int, clause: Clause, named: list[tuple[str | None, str | None, int]]
) -> tuple[Primary | None, float]:
    about = _about(scene, number)
    side, lobe = _site(scene, number, about)
    kind = max((key for key, _ in clause.kinds.get("lesion", [])), key=lambda k: _KIND.get(k, 0), default="cancer")
    cancer = other = benign = stable = 0
    for k in about:
        one = scene.clauses[k]
        if any(not _history(scene, hit.end) for _, hit in one.kinds.get("cancer", ())):
            cancer = max(cancer, one.verdict)
        if k != number and (one.has("satellite") or one.has("metastasis")) and not one.has("cancer"):
            other = max(other, one.verdict)
        if one.has("benign") and not one.has("cancer"):
            benign = max(benign, one.verdict)
        if one.has("stable"):
            stable = PRESENT
    cancer = max(cancer, _shared(scene, number, about))
    for other_side, other_lobe, verdict in named:
        if (
            kind != "cancer"
            and side == other_side is not None
            and (lobe == other_lobe or "hilum" in (lobe, other_lobe))
        ):
            cancer = max(cancer, verdict)
    sizes = tuple(s for k in about for s in scene.clauses[k].sizes)
    largest = max((s.mm for s in sizes if s.part in ("", "solid", "whole")), default=0.0)
    score = _KIND.get(kind, 1.5) + min(largest, 75.0) / 25.0 - number * 0.05
    score += 4.0 if cancer >= SUSPECTED else 1.0 if cancer == WEAK else 0.0
    score -= 4.0 * (other >= SUSPECTED) + 4.0 * (benign >= SUSPECTED) + 2.0 * (stable > 0)
    if clause.has("multiple"):
        score -= 2.0
    if cancer < SUSPECTED and (
        (kind != "mass" and (benign or other or cancer == WEAK or kind != "nodule")) or benign >= SUSPECTED
    ):
        return None, 0.0
    return Primary(number, tuple(about), side, lobe, kind, cancer, sizes), score


def _shared(scene: Scene, number: int, about: list[int]) -> int:
    """The verdict on cancer where several lesions of one sentence are summed up in the next: '…腫瘤と…結節があり。肺癌と…'."""
    sentence = scene.clauses[number].sentence
    here = [k for k in range(number, len(scene.clauses)) if scene.clauses[k].sentence == sentence]
    if about[-1] >= here[-1] or here[-1] + 1 >= len(scene.clauses):
        return 0
    after = scene.clauses[here[-1] + 1]
    if after.places or not after.has("cancer") or scene.clauses[here[-1]].has("node"):
        return 0
    return after.verdict


def _history(scene: Scene, end: int) -> bool:
    return scene.text.startswith(("術後", "治療後", "切除後", "に対する", "の術後", "手術後", "の既往"), end)


def _about(scene: Scene, number: int) -> list[int]:
    """The clause and those after it that go on about the same lesion: they introduce no lesion in another place."""
    about = [number]
    for k in range(number + 1, min(number + 8, len(scene.clauses))):
        clause = scene.clauses[k]
        if clause.has("node") or (clause.of("organ") and not clause.of("lung")) or clause.has("effusion"):
            break
        if clause.has("subject") or _new_lesion(scene, clause):
            break
        about.append(k)
        if clause.has("satellite"):
            break
    return about


def _new_lesion(scene: Scene, clause: Clause) -> bool:
    """Whether a clause introduces a lesion: '…に結節を認め', unlike 'この結節は' or '病変のサイズは'."""
    if clause.has("cancer") or clause.has("anaphor"):
        return False
    for key, hit in clause.kinds.get("lesion", ()):
        before = any(p.start < hit.start for p in clause.of("lung"))
        definite = not before and scene.text.startswith(("は", "の", "に", "と"), hit.end)
        if key == "small" or (not definite and (clause.of("lung") or clause.sizes)):
            return True
    return False


def _site(scene: Scene, number: int, about: list[int]) -> tuple[str | None, str | None]:
    """Side and lobe: of the introducing clause, else of the clauses about it, else the report's commonest side."""
    sides = [
        side for k in [number, *about] for p in scene.around(k).of("lung") if (side := side_of(p)) in ("right", "left")
    ]
    lobes = [lobe for k in [number, *about] for p in scene.around(k).of("lung") if (lobe := lobe_of(p)) is not None]
    if not sides:
        everywhere = [
            p.side for c in scene.clauses if c.verdict >= SUSPECTED for p in c.of("lung") if p.side in ("right", "left")
        ]
        sides = sorted(everywhere, key=lambda s: (-everywhere.count(s), s))[:1]
    return (sides[0] if sides else None), (lobes[0] if lobes else None)
