"""The side of a place that is written without one: that of the whole it is part of, told shortly before."""

from __future__ import annotations

import re
from functools import lru_cache

from jmid_nlp.findings.headings import BULLET
from jmid_nlp.findings.inherit import Context, Place
from jmid_nlp.findings.sites import Site
from jmid_nlp.findings.terms import ancestors, concept
from jmid_nlp.schema import Laterality

_REACH = 24  # mentions back
_SENTENCES = 2  # sentences back
_OF_LIMB = 8  # a limb is examined on one side, and what is said of it goes on
_WITHIN = re.compile(
    r"(?:実質|内部?|周囲|表面|下縁|上縁|辺縁|背側|腹側|外側|内側|頭側|尾側|上部|下部|前面|後面|皮質|髄質)\Z"
)
_SPREADS = re.compile(
    r"(?:浸潤|進展|波及|圧排|圧迫|破壊|侵食|encasement|接触|腫瘍栓|腫瘍塞栓|tumou?r thrombus)\Z", re.IGNORECASE
)
_TUBES = frozenset(("duct", "vessel", "organ"))
_TOO_LARGE = frozenset(("cerebrum", "brain"))  # two parts of these are no neighbours


@lru_cache(maxsize=4096)
def _common(part: str, body: str) -> str | None:
    """The nearest place that both are part of or are."""
    others = {body, *ancestors(body)}
    return next((c for c in (part, *ancestors(part)) if c in others), None)


@lru_cache(maxsize=4096)
def _limb(part: str) -> bool:
    """Whether a place is part of an arm or a leg."""
    return not {"upper_limb", "lower_limb"}.isdisjoint((part, *ancestors(part)))


def kin(part: str, body: str) -> bool | None:
    """Whether two places lie in one paired organ; None where the first is that organ itself."""
    common = _common(part, body)
    if common is None or common in _TOO_LARGE or concept(common).row.get("side") != "paired":
        return False
    return None if common == part else True


def side_of_whole(
    context: Context, places: list[Place], number: int, sites: list[Site], *, negative: bool
) -> Laterality | None:
    """`右腎は腫大している。上極に嚢胞`: the side of the last place before a mention that is of the same paired organ.

    Args:
        context: The mentions of the report.
        places: The places given so far; that of the mention itself is not among them.
        number: The mention.
        sites: Its places, which have no side.
        negative: Whether the mention is denied; then only a part of what was described will do.
    """
    if not all(s.concept for s in sites):
        return None
    text, mention = context.parsed.text, context.mentions[number]
    limb = all(_limb(str(s.concept)) for s in sites)
    for k in range(number - 1, max(-1, number - _REACH), -1):
        other = context.mentions[k]
        far = mention.sentence - other.sentence
        if far > (_OF_LIMB if limb else _SENTENCES) or context.sections[k] != context.sections[number]:
            return None
        if not places[k].sites:
            continue
        if _new_item(text, other.end, sites[0].start):
            return None
        body = places[k].sites[-1].concept
        spreads = _SPREADS.search(text, mention.start, mention.end) is not None
        if body is None or not all(_belongs(text, s, body, spreads=spreads) for s in sites):
            return None
        if negative and not spreads and any(concept(str(s.concept)).cls in _TUBES for s in sites):
            return None  # 右腎に結石があるが、尿管拡張なし: of either side
        if places[k].side in ("left", "right", "bilateral"):
            if negative and context.certainty[k] not in ("positive", "suspicious"):
                continue
            return None if negative and places[k].side == "bilateral" else places[k].side
    return None


def _belongs(text: str, site: Site, body: str, *, spreads: bool) -> bool:
    """Whether a place is part of the organ of another; the organ itself only where something lies in it or reaches it."""
    related = kin(str(site.concept), body)
    return spreads or _WITHIN.search(text, site.start, site.end) is not None if related is None else related


def _new_item(text: str, start: int, end: int) -> bool:
    """Whether a bullet begins in between."""
    line = text.rfind("\n", start, end)
    return line >= 0 and BULLET.match(text, line + 1) is not None
