"""Places: what free text in either language says of where something is, and how far apart two places are.

`parse_place` reads 'right frontal', 'RUL', '肝S7', '#4R', 'L4/5' or '右乳房C領域' into nodes of one tree (`align/sites.tsv`)
and a side. Segments, vertebrae, discs, ribs and lymph node stations are numbered nodes below the tree's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from jmid_nlp.align.concepts import whole_word
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.offsets import fold

# Couinaud's segments and the lung's, each with the part that holds it. S4 and S5 of the lung depend on the side.
_LIVER = {1: "liver.caudate", 2: "liver.lateral", 3: "liver.lateral", 4: "liver.medial"}
_LIVER |= {5: "liver.anterior", 6: "liver.posterior", 7: "liver.posterior", 8: "liver.anterior"}
_LUNG = dict.fromkeys((1, 2, 3), "lung.upper") | dict.fromkeys((6, 7, 8, 9, 10), "lung.lower")
_TOUCH = {
    "liver": {(2, 3), (3, 4), (4, 5), (4, 8), (5, 6), (5, 8), (6, 7), (7, 8), (1, 4), (2, 4)},
    "lung": {(1, 2), (1, 3), (2, 3), (4, 5), (3, 4), (3, 5), (7, 8), (8, 9), (9, 10), (6, 10), (7, 10), (6, 9)},
}
# Stations of the lung cancer map (IASLC), with the region of the tree that holds each.
_STATION = {1: "neck.supraclav", 2: "mediastinum.paratracheal", 3: "mediastinum.prevascular"}
_STATION |= {4: "mediastinum.paratracheal", 5: "mediastinum.apw", 6: "mediastinum.prevascular"}
_STATION |= {7: "mediastinum.subcarinal", 8: "mediastinum.paraesophageal", 9: "mediastinum.paraesophageal"}
_STATION |= dict.fromkeys((10, 11, 12, 13, 14), "lung.hilum")
_SPINE = {"c": "spine.cervical", "t": "spine.thoracic", "l": "spine.lumbar", "s": "sacrum"}
_JA_SPINE = {"頸": "c", "頚": "c", "胸": "t", "腰": "l", "仙": "s"}
_ROMAN = {"viii": 8, "vii": 7, "iii": 3, "iv": 4, "vi": 6, "ii": 2, "v": 5, "i": 1}

_SEGMENT = re.compile(
    r"(?<![a-z0-9])(?:s|b|a|seg(?:ment)?\.?\s?|区域)\s?(\d{1,2})(?![\d.])(?:\s?[+/・,&\-~]\s?s?(\d{1,2})(?![\d.]))?"
)
_SEGMENT_ROMAN = re.compile(r"(?<![a-z])(?:s|seg(?:ment)?\.?)\s?(viii|vii|iii|iv|vi|ii|v|i)(?![a-z])")
_STATION_RE = re.compile(
    r"(?:#|no\.?\s?|station\s?)(\d{1,2})\s?([rl](?![a-z]))?|(?<![a-z0-9])(\d{1,2})([rl])(?![a-z0-9])"
)
_VERTEBRA = re.compile(
    r"(?<![a-z0-9])(c|th|t|l|s)\s?(\d{1,2})(?![\d.])(?:\s?([/\-~・])\s?(c|th|t|l|s)?\s?(\d{1,2})(?![\d.]))?"
)
_JA_VERTEBRA = re.compile(r"第\s?(\d{1,2})(?:\s?[/\-~・]\s?(\d{1,2}))?\s?(頸|頚|胸|腰|仙)椎(椎?間)?")
_RIB = re.compile(r"第\s?(\d{1,2})\s?肋骨|(\d{1,2})(?:st|nd|rd|th)\s?rib|rib\s?#?(\d{1,2})")
_CLOCK = re.compile(r"(\d{1,2})(?:\s?[:：]\s?(\d{2}))?\s?(?:時|o'?\s?clock|o’clock)")
_RIGHT = re.compile(r"右|(?<![a-z])(?:right|rt|r)(?![a-z])")
_LEFT = re.compile(r"左|(?<![a-z])(?:left|lt|l)(?![a-z0-9])")
_BOTH = re.compile(r"両側|両|左右|(?<![a-z])(?:bilateral|bilat|bil|both)(?![a-z])")
# Words that hold a side without being one.
_NO_SIDE = re.compile(
    r"[左右]心(?:房|室|耳)|[左右](?:房|室)(?!質)|左胃動脈|左前下行枝|左方|右方|left (?:atri|ventric)\w*|right (?:atri|ventric)\w*"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Nodes of the tree, the most specific ones only and sorted, and a side where one is named."""

    nodes: tuple[str, ...] = ()
    side: str | None = None

    def __bool__(self) -> bool:
        return bool(self.nodes)


@dataclass(frozen=True, slots=True)
class _Site:
    parent: str
    level: str
    near: frozenset[str]


@cache
def _sites() -> dict[str, _Site]:
    return _tree()[0]


@cache
def _finder() -> tuple[Automaton, tuple[tuple[tuple[str, str | None], ...], ...]]:
    """All forms, each with the nodes it may mean: 左葉 is a lobe of the liver or of the thyroid."""
    owners = _tree()[1]
    return Automaton(owners), tuple(tuple(v) for v in owners.values())


@cache
def _tree() -> tuple[dict[str, _Site], dict[str, list[tuple[str, str | None]]]]:
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
        known = next((owners[f][0][0] for f in (*forms, *bare) if f in owners), None)
        parent = node_of.get(row["parent"], "body")
        if known is None:
            known = f"a.{row['id']}"
            region = row["class"] in ("region", "class", "space")
            organ = sites[parent].level == "region"
            sites[known] = _Site(parent, "region" if region and organ else "organ" if organ else "part", frozenset())
        node_of[row["id"]] = known
        for form in forms:
            # Latin abbreviations and single characters of other lists mean too much to be taken over.
            if form not in owners and len(form) > (3 if form.isascii() else 1):
                owners[form] = [(known, side_of(form))]


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


@lru_cache(maxsize=16384)
def parse_place(text: str, organs: tuple[str, ...] = (), *, numbers: bool = True) -> Place:
    """Read a place from free text.

    Args:
        text: Such as `right frontal`, `RUL`, `肝S7`, `#4R`, `L4/5`.
        organs: Organs known from elsewhere, the nearest first: they tell what a bare `S6` or `左葉` is a part of.
        numbers: False where the text is no place of its own (a label), so that `T2` or `L1` are not vertebrae.

    Returns:
        The most specific nodes and the side; both empty where nothing is known.
    """
    low = fold(text).text.lower()
    automaton, owners = _finder()
    found = [owners[number] for start, end, number in automaton.find(low) if whole_word(low, start, end)]
    named = [o for options in found if len(options) == 1 and (o := organ_of(options[0][0]))]
    chosen = [option for options in found for option in _choose(options, (*named, *organs))]
    nodes = [node for node, _ in chosen]
    side = side_of(low) or next((s for _, s in chosen if s), None)
    if numbers:
        numbered, named_side = _numbered(low, tuple(o for n in nodes if (o := organ_of(n))), organs, side)
        nodes += numbered
        side = side or named_side
    return Place(_specific(nodes), side)


def _choose(options: tuple[tuple[str, str | None], ...], organs: tuple[str, ...]) -> tuple[tuple[str, str | None], ...]:
    """The meaning of a form that fits the nearest organ; all of them where none does."""
    for organ in organs:
        for option in options:
            if organ_of(option[0]) == organ:
                return (option,)
    return options


def _specific(nodes: list[str]) -> tuple[str, ...]:
    unique = sorted(set(nodes))
    above = {up for n in unique for up in lineage(n)[1:]}
    return tuple(n for n in unique if n not in above)


def _numbered(
    low: str, own: tuple[str, ...], around: tuple[str, ...], side: str | None
) -> tuple[list[str], str | None]:
    out: list[str] = []
    named: str | None = None
    spinal = bool({"spine", "sacrum", "cord"} & {*own, *around[:1]})
    if not {"spine", "sacrum", "cord"} & set(own):
        holder = next((o for o in (*own, *around) if o in ("lung", "liver")), None)
        out += [segment(number, holder, side) for number in _segment_numbers(low)]
    for m in _STATION_RE.finditer(low):
        number = int(m[1] or m[3])
        if number in _STATION:
            out.append(f"station{number}@{_STATION[number]}")
            named = {"r": "right", "l": "left"}.get(m[2] or m[4] or "")
    out += _vertebrae(low, spinal)
    out += [f"rib{m[1] or m[2] or m[3]}@rib" for m in _RIB.finditer(low)]
    if "breast" in (own or around):
        out += [q for m in _CLOCK.finditer(low) if (q := _quadrant(int(m[1]), side))]
    return out, named


def _segment_numbers(low: str) -> list[int]:
    out = [int(n) for m in _SEGMENT.finditer(low) for n in m.groups() if n]
    return [n for n in out if 1 <= n <= 10] + [_ROMAN[m[1]] for m in _SEGMENT_ROMAN.finditer(low)]


def segment(number: int, organ: str | None, side: str | None) -> str:
    """The node of a numbered segment; of an unknown organ it hangs below the root."""
    if organ == "liver" and number in _LIVER:
        return f"liver.s{number}@{_LIVER[number]}"
    if organ == "lung":
        part = _LUNG.get(number) or {"right": "lung.middle", "left": "lung.lingula"}.get(side or "", "lung")
        return f"lung.s{number}@{part}"
    return f"segment{number}@body"


def _vertebrae(low: str, spinal: bool) -> list[str]:
    out: list[str] = []
    for m in _VERTEBRA.finditer(low):
        region, upper, joint, region2, lower = m[1][0], int(m[2]), m[3], (m[4] or "")[:1], m[5]
        if region == "s" and not spinal:
            continue
        if lower and joint in "/-" and (int(lower) == upper + 1 or (region2 and region2 != region)):
            out.append(f"disc.{region}{upper}@disc")
            continue
        last = int(lower) if lower and not region2 else upper
        out += [f"vertebra.{region}{n}@{_SPINE[region]}" for n in range(upper, min(last, upper + 12) + 1)]
        if lower and region2:
            out.append(f"vertebra.{region2}{int(lower)}@{_SPINE[region2]}")
    for m in _JA_VERTEBRA.finditer(low):
        region, upper = _JA_SPINE[m[3]], int(m[1])
        if m[4]:
            out.append(f"disc.{region}{upper}@disc")
        else:
            out += [f"vertebra.{region}{int(n)}@{_SPINE[region]}" for n in (m[1], m[2]) if n]
    return out


def _quadrant(hour: int, side: str | None) -> str | None:
    """The breast's quadrant at a clock position, seen from the front; None on the lines between quadrants."""
    if side not in ("left", "right") or hour % 3 == 0 or not 1 <= hour <= 12:
        return None
    upper, left_half = hour in (10, 11, 1, 2), hour < 6  # 1 to 5 o'clock is the patient's left
    outer = left_half == (side == "left")
    name = {(True, True): "uoq", (True, False): "uiq", (False, True): "loq", (False, False): "liq"}[upper, outer]
    return f"breast.{name}"


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
