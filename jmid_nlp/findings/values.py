"""Numbers that their label or unit makes a property of a finding: SUVmax, CT値 in HU, ADC値; ranges, phases, earlier ones."""

from __future__ import annotations

import re
from typing import NamedTuple

from jmid_nlp.findings.marks import Mark
from jmid_nlp.text.lazy import lazy

_NUMBER = r"(?:[\-−]|マイナス)?\d{1,4}(?:\.\d{1,3})?"
_SEPARATOR = re.compile(r"[:=]?\s?[\-−](?=\d)")
_ITEM = re.compile(
    rf"(?P<lead>[^\d。\n]{{0,16}}?)(?P<a>{_NUMBER})\s?(?P<u>HU|H\.U\.)?"
    rf"(?:\s?(?:[~〜～\-–−ー]|から|ないし)\s?(?P<b>{_NUMBER}))?\s?(?P<v>HU|H\.U\.|[×x]\s?10\^?[\-−]\d\s?mm(?:2|²)/s(?:ec)?)?"
)
_PHASES: dict[str, str] = {
    "単純": "plain", "非造影": "plain", "造影前": "plain", "早期": "arterial", "動脈": "arterial", "1時間": "arterial",
    "60分": "arterial", "門脈": "portal", "平衡": "equilibrium", "後期": "delayed", "遅延": "delayed", "2時間": "delayed",
    "120分": "delayed", "晩期": "delayed", "造影": "contrast",
}  # fmt: skip
_PHASE = re.compile(r"単純|非造影|造影前|早期|動脈|門脈|平衡|後期|遅延|晩期|1時間|2時間|造影")
_EARLIER = re.compile(r"前回|前々回|前医|治療前|以前|初回|術前|投与前")
_ARROW = re.compile(r"→|⇒|➡|->|=>")
_FILL = lazy(
    r"(?:[\s:=≒・、,/();~→⇒➡]|->|=>|は|が|の|で|に|と|も|へ|を|約|およそ|ほぼ|最大|最高|最小|平均|値|程度|前後|右側?|左側?|それぞれ|各々|今回|現在|本日"
    r"|単純(?:CT|相)?|非造影|造影(?:後|CT|前|相)?|(?:早期|後期|遅延|動脈|動脈優位|門脈|平衡|晩期)(?:相|像)?|前回|前々回|前医|治療前|以前"
    r"|初回|術前|投与前|CT|PET|SUVmax|SUV|CT値|から|より|max|mean)*+"
)
_NO_VALUE = re.compile(
    r"\s?(?:mm|cm|ミリ|センチ|個|[かヶカ]所|箇所|[かヶカ]月|年|月|日|時間|分|/\d|[x×]\s?\d|%|歳|倍|番|椎|週|例|相)"
)
# Words that make an arrow one from an earlier examination to this one, and not from the early to the late phase.
_COMPARED = re.compile(r"前回|前医|治療前|以前|比較|比べ|低下|増加|減少|亢進|減弱|増大|縮小|改善|増悪")
_TWO_PHASES = re.compile(r"造影(?:の)?前後|単純.{0,8}造影")
_NOW = re.compile(r"今回|現在|本日")
_MORE = (_PHASE, _EARLIER, _ARROW, _NOW, re.compile(r"[、,]\s?[右左]"))  # 右で9.8、左で7.2
_EACH, _COMMA = re.compile(r"それぞれ|各々"), re.compile(r"\s?[、,と]\s?")
_NEAR = 60  # characters around a label that tell what its arrow means
_MAX = 4  # numbers behind one label
_BEFORE = re.compile(rf"(?P<a>{_NUMBER})(?:\s?(?:[~〜～\-–−ー]|から)\s?(?P<b>{_NUMBER}))?\s?\Z")
_BEFORE_REACH = 18


class Reading(NamedTuple):
    """One number or range behind a label, in the folded text."""

    start: int
    end: int
    numbers: tuple[float, ...]
    unit: str | None
    phase: str | None
    prior: bool


def readings(text: str, label: Mark, limit: int, low: int) -> list[Reading]:
    """The numbers that follow a label.

    Args:
        text: The folded text.
        label: The label, such as SUVmax.
        limit: Where its sentence ends.
        low: Where its sentence begins.
    """
    found: list[Reading] = []
    at, each = label.end, False
    dashed = _SEPARATOR.match(text, at) if label.id.startswith("suv") else None
    if dashed:
        at = dashed.end()  # SUVmax-8.2: no number of that kind is negative
    while len(found) < _MAX:
        match = _ITEM.match(text, at, limit)
        if match is None or not _FILL.fullmatch(match["lead"]) or _NO_VALUE.match(text, match.end()):
            break
        lead = match["lead"]
        each = each or _EACH.search(lead) is not None
        if found and not (each and _COMMA.fullmatch(lead)) and not any(p.search(lead) for p in _MORE):
            break
        arrow = _ARROW.search(lead) is not None
        found.append(_reading(match, label, prior=_EARLIER.search(lead) is not None))
        if arrow and len(found) > 1:
            low, limit = max(low, label.start - _NEAR), min(limit, label.end + _NEAR)
            compared = _COMPARED.search(text, low, limit) is not None
            phases = ("plain", "contrast") if _TWO_PHASES.search(text, low, label.end) else ("arterial", "delayed")
            found[-2:] = _pair(found[-2], found[-1], compared and phases[0] != "plain", phases)
        at = match.end()
    return found


def _pair(first: Reading, second: Reading, compared: bool, phases: tuple[str, str]) -> list[Reading]:
    """The two numbers of an arrow: an earlier and the present one, else those of the early and the late phase."""
    if first.phase or second.phase or second.prior:
        return [first, second]
    if compared or first.prior:
        return [first._replace(prior=True), second]
    return [first._replace(phase=phases[0]), second._replace(phase=phases[1])]


def _reading(match: re.Match[str], label: Mark, *, prior: bool) -> Reading:
    numbers = tuple(_value(match[k]) for k in ("a", "b") if match[k] is not None)
    phases = _PHASE.findall(match["lead"])
    phase = _PHASES[phases[-1]] if phases else None
    written = match["v"] or match["u"]
    unit: str | None = label.group or None
    if label.id == "adc_value" and written:
        unit = written.replace(" ", "")
    return Reading(match.start("a"), match.end(), numbers, unit, phase, prior)


def _value(written: str) -> float:
    return float(written.replace("−", "-").replace("マイナス", "-"))


def before_unit(text: str, low: int, unit: Mark) -> list[Reading]:
    """The number that a unit by itself stands behind: `単純CTで35HU`."""
    start = max(low, unit.start - _BEFORE_REACH)
    match = _BEFORE.search(text, start, unit.start)
    if match is None:
        return []
    numbers = tuple(_value(match[k]) for k in ("a", "b") if match[k] is not None)
    return [Reading(match.start(), unit.end, numbers, unit.group, None, False)]
