"""Members of a lesion group that the report gives only by site and size: 以下の結節を認める。1) 右S2：9mm 2) 左S6：12mm."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from jmid_nlp.align.anatomy import organ_of, parse_place
from jmid_nlp.align.lesions import Lesion
from jmid_nlp.align.mentions import Mention, sentences
from jmid_nlp.offsets import fold

_SIZE = re.compile(r"(\d+(?:\.\d+)?)(?:\s?[x×*]\s?(\d+(?:\.\d+)?))?\s?(mm|cm)")
_PRIOR = re.compile(r"(?:(?<!中心)前回|以前|診断時|治療前)[^、。]{0,6}$")
_LEADS = re.compile(r"以下|次の|下記|[計全]\s?\d+\s?[個つか]|\d+\s?(?:個|か所|ヶ所|箇所)|散見|多発|複数")
_ITEM = re.compile(r"\s*(?:[(（]?\d{1,2}[)）.．、]|[・･\-*●○]|[①-⑳])")
_REACH = 150  # characters between a group and its last unnamed member


def add_unnamed(text: str, mentions: Sequence[Mention], lesions: Sequence[Lesion]) -> None:
    """Give lesions the members that lines without any finding tell by a site and a size.

    The line must follow a group: a plural mention, one that announces a list, or one without a size where the line is an
    item of a list. The members stand for the group's own mention.

    Args:
        text: The report.
        mentions: All mentions of the report, denied ones included: a line that holds one is left to it.
        lesions: Changed in place.
    """
    taken = [(m.start, m.end) for m in mentions]
    for start, end in sentences(text):
        if any(start <= s < end for s, _ in taken):
            continue
        line = fold(text[start:end]).text
        before = [x for x in lesions if x.first.start < start]
        if not before:
            continue
        group = max(before, key=lambda x: x.first.start)
        last = (group.members or group.mentions)[-1]
        if start - last.sentence[1] > _REACH or not _announced(group, line):
            continue
        member = _member(line, (start, end), group)
        if member is not None:
            group.members.append(member)


def _announced(group: Lesion, line: str) -> bool:
    first = group.first
    if first.finding.multiple or _LEADS.search(first.before + first.after):
        return True
    return not first.sizes and bool(_ITEM.match(line))


def _member(line: str, span: tuple[int, int], group: Lesion) -> Mention | None:
    sizes = []
    for m in _SIZE.finditer(line):
        if not _PRIOR.search(line[: m.start()]):
            factor = 10.0 if m[3] == "cm" else 1.0
            sizes.append(tuple(sorted((float(v) * factor for v in m.groups()[:2] if v), reverse=True)))
    item = _ITEM.match(line)
    organs = tuple(o for n in group.first.place.nodes if (o := organ_of(n)))
    place = parse_place(line[item.end() if item else 0 :], organs)
    if not sizes or not (place.nodes or place.side):
        return None
    side = place.side or group.first.side
    return replace(
        group.first, place=place if place.nodes else group.first.place, side=side, sizes=tuple(sizes), sentence=span
    )
