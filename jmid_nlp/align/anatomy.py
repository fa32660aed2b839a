"""Places: what free text in either language says of where something is.

`parse_place` reads 'right frontal', 'RUL', '肝S7', '#4R', 'L4/5' or '右乳房C領域' into nodes of the tree and a side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from jmid_nlp.align.concepts import whole_word
from jmid_nlp.align.tree import build_tree, joints, level_of, lineage, organ_of, relate, side_of
from jmid_nlp.lexicon import Automaton
from jmid_nlp.offsets import fold

__all__ = [
    "Place",
    "joints",
    "level_of",
    "levels_between",
    "lineage",
    "organ_of",
    "organs_in",
    "parse_place",
    "relate",
    "segment",
    "side_of",
]

# Couinaud's segments and the lung's, each with the part that holds it. S4 and S5 of the lung depend on the side.
_LIVER = {1: "liver.caudate", 2: "liver.lateral", 3: "liver.lateral", 4: "liver.medial"}
_LIVER |= {5: "liver.anterior", 6: "liver.posterior", 7: "liver.posterior", 8: "liver.anterior"}
_LUNG = dict.fromkeys((1, 2, 3), "lung.upper") | dict.fromkeys((6, 7, 8, 9, 10), "lung.lower")
# Stations of the lung cancer map (IASLC), with the region of the tree that holds each.
_STATION = {1: "neck.supraclav", 2: "mediastinum.paratracheal", 3: "mediastinum.prevascular"}
_STATION |= {4: "mediastinum.paratracheal", 5: "mediastinum.apw", 6: "mediastinum.prevascular"}
_STATION |= {7: "mediastinum.subcarinal", 8: "mediastinum.paraesophageal", 9: "mediastinum.paraesophageal"}
_STATION |= dict.fromkeys((10, 11, 12, 13, 14), "lung.hilum")
# Stations of the Japanese classification of esophageal cancer.
_STATION |= {101: "neck.nodes", 104: "neck.supraclav", 105: "mediastinum.upper", 106: "mediastinum.upper"}
_STATION |= {107: "mediastinum.subcarinal", 108: "mediastinum.paraesophageal", 109: "lung.hilum"}
_STATION |= dict.fromkeys((110, 111, 112), "mediastinum.paraesophageal")
_SPINE = {"c": "spine.cervical", "t": "spine.thoracic", "l": "spine.lumbar", "s": "sacrum"}
_JA_SPINE = {"頸": "c", "頚": "c", "胸": "t", "腰": "l", "仙": "s"}
_ROMAN = {"viii": 8, "vii": 7, "iii": 3, "iv": 4, "vi": 6, "ii": 2, "v": 5, "i": 1}

_SEGMENT = re.compile(
    r"(?<![a-z0-9])(?:s|b|a|seg(?:ment)?\.?\s?|区域)\s?(\d{1,2})(?![\d.])(?:\s?[+/・,&\-~]\s?s?(\d{1,2})(?![\d.]))?"
)
_SEGMENT_ROMAN = re.compile(r"(?<![a-z])(?:s|seg(?:ment)?\.?)\s?(viii|vii|iii|iv|vi|ii|v|i)(?![a-z])")
_STATION_RE = re.compile(
    r"(?:#|no\.?\s?|station\s?)(\d{1,3})(?!\d)\s?(?:rec|pre|tb)?([rl](?![a-z]))?|(?<![a-z0-9])(\d{1,2})([rl])(?![a-z0-9])"
)
_VERTEBRA = re.compile(
    r"(?<![a-z0-9])(c|th|t|l|s)\s?(\d{1,2})(?![\d.])(?:\s?([/\-~・])\s?(c|th|t|l|s)?\s?(\d{1,2})(?![\d.]))?"
)
_LEVELS = re.compile(r"(?<![a-z0-9])(?:c|th|t|l)\s?\d{1,2}\s?[/\-~・]\s?s\s?1(?!\d)")
# T1強調, 3D-T1で: a sequence and no vertebra.
_WEIGHTED = re.compile(r"\s?\*?\s?(?:強調|w|で|延長|短縮|[高低等]信号|信号|像|脂肪)")
_JA_VERTEBRA = re.compile(r"第\s?(\d{1,2})(?:\s?[/\-~・]\s?(\d{1,2}))?\s?(頸|頚|胸|腰|仙)椎(椎?間)?")
_RIB = re.compile(r"第\s?(\d{1,2})\s?肋骨|(\d{1,2})(?:st|nd|rd|th)\s?rib|rib\s?#?(\d{1,2})")
_CLOCK = re.compile(r"(\d{1,2})(?:\s?[:：]\s?(\d{2}))?\s?(?:時|o'?\s?clock|o’clock)")


@dataclass(frozen=True, slots=True)
class Place:
    """Nodes of the tree, the most specific ones only and sorted, and a side where one is named."""

    nodes: tuple[str, ...] = ()
    side: str | None = None

    def __bool__(self) -> bool:
        return bool(self.nodes)


@cache
def _finder() -> tuple[Automaton, tuple[tuple[tuple[str, str | None], ...], ...]]:
    """All forms, each with the nodes it may mean: 左葉 is a lobe of the liver or of the thyroid."""
    owners = build_tree()[1]
    return Automaton(owners), tuple(tuple(v) for v in owners.values())


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
    """The meaning of a form that fits the nearest organ, or its region of the body; all of them where none does."""
    if len(options) == 1:
        return options
    for organ in organs:
        for option in options:
            if organ_of(option[0]) == organ:
                return (option,)
    for organ in organs[:1]:
        region = lineage(organ)[-2:-1]
        if near := tuple(option for option in options if lineage(option[0])[-2:-1] == region):
            return near
    return options


@lru_cache(maxsize=8192)
def organs_in(text: str) -> tuple[str, ...]:
    """The organs that a text names by words of one meaning (左葉 and 体部 have several)."""
    low = fold(text).text.lower()
    automaton, owners = _finder()
    found = [owners[number] for start, end, number in automaton.find(low) if whole_word(low, start, end)]
    organs = [o for options in found if len(options) == 1 and (o := organ_of(options[0][0]))]
    return tuple(dict.fromkeys(organs))


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
        # L5/S1 is a disc and no segment.
        out += [segment(number, holder, side) for number in _segment_numbers(_LEVELS.sub(" ", low))]
    # #6 of a coronary artery is a segment of it.
    for m in () if "heart" in own else _STATION_RE.finditer(low):
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
        if (region == "s" and not spinal) or (m[1] == "t" and _WEIGHTED.match(low, m.end())):
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


def levels_between(first: tuple[str, ...], last: tuple[str, ...]) -> list[str]:
    """The vertebrae or discs between two levels of one kind and region: C3/4 to C5/6 holds C4/5."""
    ends = [re.fullmatch(r"((?:vertebra|disc)\.[a-z])(\d+)(@.+)", n) for n in (*first, *last)]
    if len(ends) != 2 or ends[0] is None or ends[1] is None or ends[0][1] != ends[1][1]:
        return []
    return [f"{ends[0][1]}{n}{ends[0][3]}" for n in range(int(ends[0][2]) + 1, int(ends[1][2]))]


def _quadrant(hour: int, side: str | None) -> str | None:
    """The breast's quadrant at a clock position, seen from the front; None on the lines between quadrants."""
    if side not in ("left", "right") or hour % 3 == 0 or not 1 <= hour <= 12:
        return None
    upper, left_half = hour in (10, 11, 1, 2), hour < 6  # 1 to 5 o'clock is the patient's left
    outer = left_half == (side == "left")
    name = {(True, True): "uoq", (True, False): "uiq", (False, True): "loq", (False, False): "liq"}[upper, outer]
    return f"breast.{name}"
