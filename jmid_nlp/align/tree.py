"""The tree of places that text and annotations are compared in, and how far apart two of its nodes are.

Our own sites (`align/sites.tsv`, in both languages, with what touches what) are the trunk; the anatomy lexicon hangs finer
nodes below them. Numbered segments, vertebrae, discs, ribs and stations name their parent after an `@`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.offsets import fold

# Segments that touch.
_TOUCH = {
    "liver": {(2, 3), (3, 4), (4, 5), (4, 8), (5, 6), (5, 8), (6, 7), (7, 8), (1, 4), (2, 4)},
    "lung": {
        (1, 2),
        (1, 3),
        (2, 3),
        (4, 5),
        (3, 4),
        (3, 5),
        (7, 8),
        (8, 9),
        (9, 10),
        (6, 10),
        (7, 10),
        (6, 9),
        (2, 6),
        (5, 8),
    },
}
_RIGHT = re.compile(r"右|(?<![a-z])(?:right|rt|r)(?![a-z])")
_LEFT = re.compile(r"左|(?<![a-z])(?:left|lt|l)(?![a-z0-9])")
_BOTH = re.compile(r"両側|両|左右|(?<![a-z])(?:bilateral|bilat|bil|both)(?![a-z])")
# Words that hold a side without being one.
_NO_SIDE = re.compile(
    r"[左右]心(?:房|室|耳)|[左右](?:房|室)(?!質)|左胃動脈|左前下行枝|左方|右方|left (?:atri|ventric)\w*|right (?:atri|ventric)\w*"
)

_LOOSE = frozenset({"区域", "segment"})  # of lung, liver or breast alike
_NUMBERED = re.compile(r"(?:vertebra|disc|rib|node_station)_[a-z]?\d|(?:lung|liver)_s\d")


@dataclass(frozen=True, slots=True)
class _Site:
    parent: str
    level: str
    near: frozenset[str]


@cache
def _sites() -> dict[str, _Site]:
    return build_tree()[0]


@cache
def build_tree() -> tuple[dict[str, _Site], dict[str, list[tuple[str, str | None]]]]:
    """Our own sites, and below them what the anatomy lexicon names more finely."""
    sites: dict[str, _Site] = {}
    owners: dict[str, list[tuple[str, str | None]]] = {}
    for row in read_table("align/sites.tsv", ("id", "parent", "level", "side", "near", "forms")):
        known = sites.get(row["id"])
        near = frozenset(split_forms(row["near"])) | (known.near if known else frozenset())
        sites[row["id"]] = _Site(row["parent"], row["level"], near)
        for form in split_forms(row["forms"]):
            owners.setdefault(fold(form).text.lower(), []).append((row["id"], row["side"] or None))
    _add_anatomy(sites, owners)
    return sites, owners


def _add_anatomy(sites: dict[str, _Site], owners: dict[str, list[tuple[str, str | None]]]) -> None:
    """Rows of `anatomy.tsv` that no form of ours names become nodes below the site of their parent."""
    node_of: dict[str, str] = {"body": "body"}
    for row in read_table("anatomy.tsv", ("id", "parent", "class", "ja", "en", "abbr")):
        forms = [fold(f).text.lower() for c in ("ja", "en", "abbr") for f in split_forms(row[c])]
        bare = [f.lstrip("左右両側") for f in forms]
        if row["class"] == "node":
            # A node's region is its place; that it is a node is the concept's business.
            bare += [f.replace("リンパ節", "").replace("lymph node", "").strip("s ") for f in forms]
        if _NUMBERED.match(row["id"]):
            # Segments, levels, ribs and stations are read by their number: a second node of one place would make two places of it.
            node_of[row["id"]] = node_of.get(row["parent"], "body")
            continue
        known = next((owners[f][0][0] for f in (*forms, *bare) if f in owners), None)
        parent = node_of.get(row["parent"], "body")
        if known is None and row["class"] == "node":
            node_of[row["id"]] = "body"
            continue
        if known is None:
            known = f"a.{row['id']}"
            region = row["class"] in ("region", "class", "space")
            organ = sites[parent].level == "region"
            sites[known] = _Site(parent, "region" if region and organ else "organ" if organ else "part", frozenset())
        node_of[row["id"]] = known
        for form in forms:
            # Latin abbreviations and single characters of other lists mean too much to be taken over.
            if form[0] in "右左両" and form.lstrip("右左両側") in owners:
                continue  # the side is read by itself, and a longer form that starts later must not be hidden
            if form not in owners and form not in _LOOSE and len(form) > (3 if form.isascii() else 1):
                owners[form] = [(known, side_of(form))]


@cache
def joints() -> frozenset[str]:
    """The limbs' organs that are named as a joint."""
    named = {node for form, owners in build_tree()[1].items() if form.endswith("関節") for node, _ in owners}
    return frozenset(n for n in named if _sites()[n].parent == "limb")


def parent_of(node: str) -> str:
    """The node above a node; empty above the root. Numbered nodes name their own parent after an `@`."""
    return node.split("@", 1)[1] if "@" in node else _sites()[node].parent


@lru_cache(maxsize=8192)
def lineage(node: str) -> tuple[str, ...]:
    """The node and all above it, from the node to the root."""
    out = [node]
    while up := parent_of(out[-1]):
        out.append(up)
    return tuple(out)


def level_of(node: str) -> str:
    """`region`, `organ` or `part`."""
    return "part" if "@" in node else _sites()[node].level


def organ_of(node: str) -> str | None:
    """The organ that holds a node, or None for a region."""
    return next((n for n in lineage(node) if level_of(n) == "organ"), None)


def side_of(text: str) -> str | None:
    """The side that folded lower-case text names: `left`, `right`, `bilateral` or None."""
    clean = _NO_SIDE.sub(" ", text)
    right, left = _RIGHT.search(clean), _LEFT.search(clean)
    if _BOTH.search(clean) or (right and left):
        return "bilateral"
    return "right" if right else "left" if left else None


RELATIONS = ("same", "contains", "near", "region", "sibling", "border", "other")


@lru_cache(maxsize=65536)
def relate(a: tuple[str, ...], b: tuple[str, ...]) -> str:
    """The nearest relation between two sets of nodes.

    Returns:
        `same`; `contains` (one node lies in the other, an organ or part); `near` (parts that touch, or that readers call
        by either name); `region` (one only says chest or abdomen); `sibling` (other parts of one organ); `border`
        (organs that touch); `other`; `unknown` where a side is empty.
    """
    if not a or not b:
        return "unknown"
    return min((_relate(x, y) for x in a for y in b), key=RELATIONS.index)


@lru_cache(maxsize=65536)
def _relate(x: str, y: str) -> str:
    if x == y:
        return "same" if level_of(x) != "region" else "region"
    if "segment" in (x[:7], y[:7]):
        return _loose_segment(x, y)
    up_x, up_y = lineage(x), lineage(y)
    if y in up_x or x in up_y:
        outer = y if y in up_x else x
        return "region" if level_of(outer) == "region" else "contains"
    common = next(n for n in up_x if n in up_y)
    touching = _touch(x, y) or any(_near(p, q) for p in up_x for q in up_y if level_of(p) != "region" != level_of(q))
    if "region" in (level_of(x), level_of(y)) and _near(x, y):
        return "region"  # fluid of the abdomen gathers in the pelvis
    if level_of(common) == "region":
        return "border" if touching else "other"
    return "near" if touching else "sibling"


def _near(p: str, q: str) -> bool:
    near_p = _sites()[p].near if "@" not in p else frozenset()
    near_q = _sites()[q].near if "@" not in q else frozenset()
    return q in near_p or p in near_q


def _touch(x: str, y: str) -> bool:
    """Whether two numbered nodes of one kind are neighbours."""
    kind_x, number_x = _number(x)
    kind_y, number_y = _number(y)
    if {kind_x, kind_y} == {"vertebra", "disc"}:
        return x[9:10] == y[5:6] and number_x in (number_y, number_y + 1) if kind_x == "vertebra" else _touch(y, x)
    pair = (min(number_x, number_y), max(number_x, number_y))
    return kind_x == kind_y and pair in _TOUCH.get(kind_x, set())


def _number(node: str) -> tuple[str, int]:
    m = re.match(r"(lung|liver|vertebra|disc)\.[a-z](\d+)@", node)
    return (m[1], int(m[2])) if m else ("", 0)


def _loose_segment(x: str, y: str) -> str:
    """A bare S6 fits segment 6 of lung or liver and any place in those organs; another number is another segment."""
    nx, ny = re.match(r"\D*(\d+)@", x), re.match(r"(?:segment|(?:lung|liver)\.s)(\d+)@", y)
    if nx and ny and not x.startswith(("lung", "liver")):
        return "same" if nx[1] == ny[1] else "sibling"
    if y.startswith("segment"):
        return _loose_segment(y, x)
    return "region" if organ_of(y) in ("lung", "liver") or organ_of(y) is None else "other"
