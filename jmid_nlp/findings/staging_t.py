"""T of the primary tumour: size of its solid part, invasion, main bronchus, atelectasis, and further nodules in the lung.

Hedges: what is present or suspected (疑う, 可能性がある) counts. What is weaker (否定できない, 可能性もある, 鑑別) counts for the
visceral pleura only, where readers write so of every tumour that touches it and the category moves by one step.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jmid_nlp.findings.staging_clauses import DENIED, SUSPECTED, WEAK, Clause, Size
from jmid_nlp.findings.staging_primary import Primary, lobe_of, side_of
from jmid_nlp.findings.staging_scene import Scene
from jmid_nlp.lexicon import read_table, read_text
from jmid_nlp.offsets import Span

_APART = re.compile(r"接|圧排|近傍|周囲|偏位")
_DISTANT = re.compile(r"(?:から|より)約?\d")
Satellite = tuple[str, tuple[Span, ...]]  # how a further nodule lies to the primary, and its words
RANK = ("T0", "Tis", "T1mi", "T1", "T1a", "T1b", "T1c", "T2", "T2a", "T2b", "T3", "T4")


@dataclass(frozen=True, slots=True)
class Reason:
    """A category that one piece of the text calls for: the words for it and its spans in the scene's text."""

    category: str
    why: str
    spans: tuple[Span, ...]


@cache
def editions() -> dict[str, Any]:
    """The rules that differ between editions or are mere numbers (`lexicons/staging/editions.toml`)."""
    return tomllib.loads(read_text("staging/editions.toml"))


@cache
def _targets() -> dict[str, str]:
    return {row["target"]: row["t"] for row in read_table("staging/invasion.tsv", ("target", "t"))}


def t_reasons(scene: Scene, primary: Primary | None, further: Sequence[Satellite]) -> list[Reason]:
    """All that speaks for a T category, `further` the nodules of `satellites`; the highest one is the answer, none means T0."""
    reasons = [] if primary is None else [*_size(scene, primary), *_airway(scene, primary), *_lung(scene, primary)]
    if primary is not None:
        reasons += [*_invasion(scene, primary), *_mediastinal(scene, primary)]
    for relation, spans in further:
        if relation == "same":
            reasons.append(
                Reason(editions()["common"]["same_lobe"], "separate nodule in the lobe of the primary", spans)
            )
        elif primary is not None and relation in ("other", "everywhere"):
            reasons.append(
                Reason(editions()["common"]["other_lobe"], "separate nodule in another lobe of the side", spans)
            )
    return reasons


def category(mm: float) -> str:
    """The T category of a size in mm alone."""
    return str(next(name for name, limit in editions()["common"]["size"] if mm <= limit))


def _size(scene: Scene, primary: Primary) -> Iterator[Reason]:
    size = _measure(scene, primary)
    clause = scene.clauses[primary.clause]
    spans = ((clause.start, clause.end),)
    if size is None:
        if primary.kind == "mass":
            yield Reason("T2", "a mass, by definition over 3 cm, without a size", spans)
        else:
            yield Reason("T1", "a lesion without a size", spans)
        return
    common = editions()["common"]
    if primary.kind == "ggo" and size.part != "solid" and _pure(scene, primary):
        name = "Tis" if size.mm <= common["whole_limit_mm"] else "T1a"
        yield Reason(name, "pure ground-glass lesion", ((size.start, size.end),))
        return
    whole = max((s.mm for s in primary.sizes if s.part == "whole"), default=0.0)
    name = category(size.mm)
    if size.part == "solid" and size.mm <= common["minimally_invasive_mm"] and 0 < whole <= common["whole_limit_mm"]:
        name = "T1mi"
    part = "solid part" if size.part == "solid" else "tumour"
    yield Reason(name, f"{part} of {size.mm:g} mm", ((size.start, size.end),))


def _pure(scene: Scene, primary: Primary) -> bool:
    """Whether a ground-glass lesion is called pure, or its solid part denied."""
    about = [scene.clauses[k] for k in primary.about]
    return any("pure" in c.kinds or ("solid" in c.kinds and c.verdict == DENIED) for c in about)


def _measure(scene: Scene, primary: Primary) -> Size | None:
    """The size that decides: the solid part's, else the largest where the tumour is introduced, else the first after."""
    solid = [s for s in primary.sizes if s.part == "solid"]
    if solid:
        return max(solid, key=lambda s: s.mm)
    for k in primary.about:
        here = [s for s in scene.clauses[k].sizes if s.part in ("", "whole")]
        if here:
            return max(here, key=lambda s: s.mm)
    return None


def _airway(scene: Scene, primary: Primary) -> Iterator[Reason]:
    """The main bronchus, trachea or carina as the place of the tumour; a lesion that only touches them is not in them."""
    intro = scene.clauses[primary.clause]
    if "node" not in intro.kinds:
        spans = [(hit.start, hit.end) for key, hit in intro.kinds.get("target", ()) if key in ("trachea", "carina")]
        spans += [(p.start, p.end) for p in intro.of("lung") if p.key == "trachea"]
        if inside := sorted({s for s in spans if not _touches(scene.text, s[1])}):
            yield Reason("T4", "in the trachea or at the carina", tuple(inside))
    for k in primary.about:
        clause = scene.clauses[k]
        if clause.verdict < SUSPECTED:
            continue
        for place in clause.of("lung"):
            beside = (
                place.key == "side"
                and k == primary.clause
                and scene.text[place.start - 1 : place.start] in ("右", "左")
            )
            if (place.key == "main" or beside) and not _touches(scene.text, place.end):
                yield Reason(editions()["common"]["main_bronchus"], "in the main bronchus", ((place.start, place.end),))
                return


def _touches(text: str, end: int) -> bool:
    """Whether a structure is only touched, displaced or at a distance: '主気管支に接する', '気管分岐部から25mm'."""
    return _APART.search(text, end, end + 6) is not None or _DISTANT.match(text, end) is not None


def _lung(scene: Scene, primary: Primary) -> Iterator[Reason]:
    for number, clause in scene.with_kinds("atelectasis"):
        if clause.verdict < SUSPECTED:
            continue
        sides = {side_of(p) for p in scene.around(number).of("lung")} - {None, "ipsi"}
        if (
            "both" in sides
            or (sides and primary.side and primary.side not in sides)
            or clause.has("effusion", "pleural")
            or "benign" in clause.kinds
        ):
            continue
        yield Reason(
            editions()["common"]["atelectasis"],
            "atelectasis or obstructive pneumonia",
            tuple(clause.spans("atelectasis")),
        )
        return


def _invasion(scene: Scene, primary: Primary) -> Iterator[Reason]:
    for number, clause in scene.with_kinds("invasion", "target!"):
        spans = clause.spans("invasion") + clause.spans("target!")
        if (
            not spans
            or clause.verdict < WEAK
            or "metastasis" in clause.kinds
            or ("node" in clause.kinds and "lesion" not in clause.kinds)
        ):
            continue
        named = clause.kinds.get("target!", []) + clause.kinds.get("target", [])
        if not named and number and scene.clauses[number - 1].sentence == clause.sentence:
            named = scene.clauses[number - 1].kinds.get("target", [])
        for key, hit in named:
            if clause.verdict >= SUSPECTED or key == "pleura":
                yield Reason(_targets()[key], f"invasion: {key.replace('_', ' ')}", ((hit.start, hit.end), *spans))


def _mediastinal(scene: Scene, primary: Primary) -> Iterator[Reason]:
    """A mass said to lie in the mediastinum as well as at the hilum, and not called nodes."""
    clause = scene.clauses[primary.clause]
    if primary.kind != "mass" or primary.lobe not in (None, "hilum") or "node" in clause.kinds:
        return
    for place in clause.of("node"):
        if place.key == "mediastinal" and place.detail.startswith("縦隔") and not place.detail.endswith("側"):
            yield Reason(_targets()["mediastinum"], "mass in the mediastinum", ((place.start, place.end),))


def satellites(scene: Scene, primary: Primary | None) -> Iterator[Satellite]:
    """Further tumour nodules in the lung: `same` lobe, `other` lobe of the side, `contra`lateral or `everywhere`."""
    if primary is not None and _all_over(scene, primary):
        clause = scene.clauses[primary.clause]
        yield "everywhere", tuple(clause.spans("lesion"))
    for number, clause in scene.with_kinds("satellite", "metastasis"):
        where = scene.around(number)
        if clause.verdict < SUSPECTED or not _in_lung(scene, clause, where, primary):
            continue
        relation = _relation(scene, clause, where, primary)
        if primary is None and not clause.has("satellite", "satellite") and relation not in ("contra", "everywhere"):
            continue
        yield relation, tuple(clause.spans("satellite") or clause.spans("metastasis"))


def _in_lung(scene: Scene, clause: Clause, where: Clause, primary: Primary | None) -> bool:
    """Whether a metastasis is one in the lung, and not the primary itself under another name."""
    own = primary is not None and where is scene.clauses[primary.clause]
    if "satellite" in clause.kinds:
        alternative = "cancer" in clause.kinds or any(
            h.word.form.startswith("転移性") for _, h in clause.kinds["satellite"]
        )
        single = "multiple" not in clause.kinds and len(where.kinds.get("lesion", ())) < 2
        return not (own and alternative and single and not clause.has("satellite", "satellite"))
    if own or "node" in clause.kinds or "node" in where.kinds:
        return False
    return bool(where.of("lung")) and not _elsewhere(where)


def _all_over(scene: Scene, primary: Primary) -> bool:
    """Whether the cancer itself is described as many lesions in both lungs."""
    for _, clause in scene.with_kinds("lesion"):
        both = any(p.side == "both" or p.key == "all" for p in clause.of("lung"))
        if not both or "multiple" not in clause.kinds or clause.verdict < SUSPECTED:
            continue
        if clause is scene.clauses[primary.clause] and primary.cancer >= SUSPECTED:
            return True
        if any(
            "multiple" in c.kinds and c.verdict >= SUSPECTED and not c.places for _, c in scene.with_kinds("cancer")
        ):
            return True
    return False


def _elsewhere(clause: Clause) -> bool:
    return bool(clause.of("organ")) and any(
        not any(q.start == p.start and q.kind != "organ" for q in clause.places) for p in clause.of("organ")
    )


def _relation(scene: Scene, clause: Clause, where: Clause, primary: Primary | None) -> str:
    if clause.has("lobe", "same") or where.has("lobe", "same"):
        return "same"
    if clause.has("lobe", "others"):
        return "other"
    places = [p for p in where.of("lung") if p.key not in ("main", "side", "lobar", "trachea")]
    sides = [side_of(p) for p in places]
    if "contra" in sides or (
        primary and primary.side and any(s in ("right", "left") and s != primary.side for s in sides)
    ):
        return "contra"
    specific = [lobe for p in places if (lobe := lobe_of(p)) not in (None, "hilum")]
    if "both" in sides or any(p.key == "all" for p in places):
        return "everywhere"
    many = "multiple" in clause.kinds or any("多発" in hit.word.form for _, hit in clause.kinds.get("satellite", ()))
    if many and (not specific or (primary and where is scene.clauses[primary.clause] and where is not clause)):
        return "everywhere"
    if primary is None:
        return "same" if clause.has("satellite", "satellite") else "other"
    if where is scene.clauses[primary.clause] and where is not clause:
        return "other" if len(set(specific)) > 1 else "same"
    if not specific:
        return "same"
    return "same" if primary.lobe in (None, "hilum") or primary.lobe in specific else "other"
