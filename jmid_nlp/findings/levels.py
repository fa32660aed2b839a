"""The anatomy concepts that an expression of levels, segments or stations names: `Th8-11`, `S4/8`, `S1+2`, `#4R,#7`.

S1 is a segment of the lung, one of the liver or a sacral vertebra, L1 a vertebra: the organ beside it decides. Numbering:
Boyden's segments of the lung, Couinaud's of the liver, the IASLC node map.
"""

from __future__ import annotations

import re

from jmid_nlp.findings.terms import concepts, is_a

_ITEM = re.compile(r"(Th|T|C|L|S|#|No\.?|第)?[ ]?(\d{1,2})(?:\+(\d{1,2}))?([RLps](?![a-z]))?")
_TO = re.compile(r"[ ]?(?:[~〜～\-−–ー]|から)[ ]?")
_SPINE = ("C", "T", "L", "S")
_COUNT = {"C": 7, "T": 12, "L": 5, "S": 5}
_WORDS = {"頸": "C", "頚": "C", "胸": "T", "腰": "L", "仙": "S"}
_SEGMENTED = ("lung", "liver")
_SEGMENTED_OR_NONE = (*_SEGMENTED, "S", "")


def named_levels(written: str, organ: str | None = None) -> tuple[str, ...]:
    """The concepts of an expression of levels, ascending as written, ranges filled.

    Args:
        written: The folded expression with the noun behind it where there is one: `Th11~L1椎体`, `第3-5肋骨`, `S4/8`.
        organ: The concept of the place beside it (`liver`, `right_lower_lobe`), which tells the segments of lung and liver
            apart; without one, S is a sacral vertebra only before 椎 and else unknown.

    Returns:
        Ids of concepts that exist; empty where the expression names none or its meaning is open.
    """
    found: list[str] = []
    kind = _kind(written, organ)
    letter, before, at = kind, "", 0
    for item in _ITEM.finditer(written):
        if item.group(1) in ("Th", "T", "C", "L", "S"):
            letter = _own(item.group(1)[0], kind)
        one = _concept(letter, int(item.group(2)), item.group(3), item.group(4))
        if before and _TO.fullmatch(written, at, item.start()):
            found += _between(before, one)
        found.append(one)
        before, at = one, item.end()
    known = concepts()
    return tuple(dict.fromkeys(c for c in found if c in known))


def _kind(written: str, organ: str | None) -> str:
    """What bare numbers count: vertebrae of a region, ribs, segments of an organ, stations."""
    if written.startswith(("#", "No")):
        return "station"
    if "肋骨" in written:
        return "rib"
    for char, letter in _WORDS.items():
        if char + "椎" in written:
            return letter
    if organ is not None:
        for name in _SEGMENTED:
            if is_a(organ, name):
                return name
    return "S" if "椎" in written else ""


def _own(letter: str, kind: str) -> str:
    """S before a number means what the organ says; the other letters are vertebrae wherever they stand."""
    return kind if letter == "S" and kind in _SEGMENTED_OR_NONE else letter


def _concept(letter: str, number: int, second: str | None, side: str | None) -> str:
    if letter == "station":
        return f"node_station_{number}{side.lower() if side in ('R', 'L') else ''}"
    if letter == "rib":
        return f"rib_{number}"
    if letter in _SEGMENTED:
        return f"{letter}_s{number}_{second}" if second else f"{letter}_s{number}"
    return f"vertebra_{letter.lower()}{number}" if letter else ""


def _between(first: str, last: str) -> list[str]:
    """What lies between two levels, over the border of a region too (Th11 to L2)."""
    if first.startswith("vertebra_") and last.startswith("vertebra_"):
        column = [f"vertebra_{r.lower()}{n}" for r in _SPINE for n in range(1, _COUNT[r] + 1)]
        if first in column and last in column:
            return column[column.index(first) + 1 : column.index(last)]
        return []
    stem, low = first.rstrip("0123456789"), re.search(r"\d+$", first)
    high = re.search(r"\d+$", last)
    if low is None or high is None or not last.startswith(stem):
        return []
    return [f"{stem}{n}" for n in range(int(low.group()) + 1, int(high.group()))]
