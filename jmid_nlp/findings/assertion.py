"""Certainty of mentions: what the text says of each, on an ordinal scale, with the words it was read from.

Two layers draw the line in different places, so the scale inside is finer than either: `prism_attr` follows the usage
of MedTxt-RR (〜と考えます and 〜で矛盾しません are positive there), `finding_certainty` the conventions of this library
(矛盾しない and 示唆 are suspicious). Which is which stands in `lexicons/cues.tsv`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jmid_nlp.findings.cues import Clues, Cue, adjacent, clues, projections
from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.terms import concept
from jmid_nlp.offsets import Span

Level = Literal["definite", "likely", "possible", "unlikely", "denied", "general"]


@dataclass(frozen=True, slots=True)
class Assertion:
    """The level, and the cues it was read from as `(start, end, cue id)` of the folded text; the last one decided."""

    level: Level
    cues: tuple[tuple[int, int, str], ...] = ()


DEFINITE = Assertion("definite")
_LIST_GAP = re.compile(
    r"(?:[、,・/ &+]|や|および|及び|または|又は|もしくは|若しくは|あるいは|或いは|ないしは?|乃至|並びに|ならびに|かつ|とか"
    r"|など|等|or|and|に加え|とともに|の(?=貯留|合併|所見))*"
)
# What follows a mention that is taken for granted: a topic with a sentence of its own, a cause, a place.
_GIVEN = re.compile(
    r"(?:[)）」]?(?:は|に(?!よる|伴う|続発|対する|関する)|では|には|で(?!ない|は[なあ])|により|によって|を介し|から|とは"
    r"|の(?!所見|可能性|疑い|存在|合併|貯留|出現|増加|形成|混在|併存|併発|残存|再発|有無|鑑別|除外|ほか)))"
)
_CAUSE = re.compile(
    r"(?:により|によって|に伴い|に伴って|のため(?!に?撮)|が原因|を介し|とともに|と共に|にて|を形成し|を主体"
    r"|の?(?:周囲|近傍|内部|辺縁|周辺|末梢側?|中枢側|腹側|背側|頭側|尾側|外側|内側|直下|直上|中心部)|内(?=[にはをのが]))"
)
_COPULA = re.compile(r"(?:で(?=[、,])|である|であり|です|だが|でした|でしたが)")
_ALSO = re.compile(r"[)）]?(?:について|に関して)?も(?:同様(?:です|である|に)?|です|また同様(?:です)?)?[。.]?\s*\Z")
_QUESTION = re.compile(r"[)）]?[ ]?[?？]")
_OPEN, _SHUT = "(（", ")）"
_ENGLISH_STOP = re.compile(r"[.;。、]|\bbut\b|\bhowever\b|\bwith\b|が")
_ASIDE = re.compile(r"(?:散在|散見|多発|多数|少量|軽度|中等量|大量|不変|増加|減少|\(|\d|あり|残存|疑い|術後|著明)")
_NEAR = 30  # characters from one mention to the next within which an ellipsis takes over its predicate
_HEAVY = frozenset({"size", "number", "degree", "course", "shape", "density", "distribution"})


def prism_attr(assertion: Assertion) -> str:
    """The attribute of a PRISM `d` entity as MedTxt-RR sets it: positive, suspicious, negative or general."""
    return projections().get(_decider(assertion), ("positive", "positive"))[0]


def finding_certainty(assertion: Assertion) -> str:
    """The certainty of a finding by the conventions of this library: positive, suspicious, negative or general."""
    if assertion.level == "general":
        return "general"
    return projections().get(_decider(assertion), ("positive", "positive"))[1]


def _decider(assertion: Assertion) -> str:
    return assertion.cues[-1][2] if assertion.cues else ""


def assess(parsed: Parsed, mentions: Sequence[Span]) -> list[Assertion]:
    """The certainty of each mention.

    Args:
        parsed: The report.
        mentions: Spans of the folded text, ascending; they should be the noun phrases, since a list is known by its items.

    Returns:
        One assertion a mention, in the same order.
    """
    walker = _Walker(parsed, list(mentions))
    out: list[Assertion] = []
    for index in range(len(walker.mentions)):
        out.append(walker.assess(index, out))
    return out


class _Walker:
    """Walks from a mention over the cues that follow it to the one that decides."""

    def __init__(self, parsed: Parsed, mentions: list[Span]) -> None:
        self.parsed = parsed
        self.text = parsed.text
        self.mentions = mentions
        self.clues: Clues = clues(parsed)
        self._sentence_starts = [s for s, _ in parsed.sentences]
        self._indication = [(s.start, s.end) for s in parsed.sections if s.name in ("indication", "history")]
        self._before = [c for c in self.clues.cues if c.direction == "before"]

    def assess(self, index: int, earlier: list[Assertion]) -> Assertion:
        """The assertion of one mention; `earlier` holds those before it."""
        start, end = self.mentions[index]
        stop = self._sentence_end(start, end)
        if index and start - self.mentions[index - 1][1] < _NEAR and _ALSO.match(self.text, end, stop):
            return earlier[index - 1]
        found = self._ahead(start, end) or self._walk(index, stop)
        if not found.cues:
            if _QUESTION.match(self.text, end):
                found = Assertion("possible", ((end, end + 1, "maybe"),))
            else:
                found = self._section_cue(start) or found
        if found.level in ("possible", "likely") and any(a <= start < b for a, b in self._indication):
            return Assertion("general", found.cues)
        return found

    def _sentence_end(self, start: int, end: int) -> int:
        i = bisect_right(self._sentence_starts, start) - 1
        return max(end, self.parsed.sentences[i][1]) if i >= 0 else len(self.text)

    def _ahead(self, start: int, end: int) -> Assertion | None:
        """English cues stand before what they speak of: `no pleural effusion or ascites`, `s/o HCC`."""
        for cue in reversed(self._before):
            if cue.end <= start and cue.scope != "section":
                between = self.text[cue.end : start]
                if len(between) <= 80 and not _ENGLISH_STOP.search(between) and (between.isascii() or len(between) < 3):
                    return _decided(cue)
                return None
        return None

    def _section_cue(self, start: int) -> Assertion | None:
        """`鑑別診断:` speaks of all that follows in its paragraph."""
        for cue in reversed(self._before):
            if cue.end <= start and cue.scope == "section":
                between = self.text[cue.end : start]
                if len(between) < 120 and "\n\n" not in between and not re.search(r"。\s*\S", between):
                    return _decided(cue)
                return None
        return None

    def _walk(self, index: int, stop: int) -> Assertion:
        start, end = self.mentions[index]
        at, cues, i = end, self.clues.cues, self.clues.from_(end)
        held: list[Cue] = []
        if _CAUSE.match(self.text, end):
            return DEFINITE
        while i < len(cues) and cues[i].start < stop:
            cue = cues[i]
            i += 1
            if cue.direction == "before" or cue.start < at:
                continue
            if self._outside(at, cue.start, start) or self._new_clause(index, at, cue, held):
                break
            if self._in_aside(end, cue.start) or self._skip(index, cue, held):
                continue
            held.append(cue)
            at = cue.end
            follower = cues[i] if i < len(cues) else None
            if follower is not None and follower.start < stop and self._chained(cue, follower):
                continue
            if not (cue.attributive and cue.leads_on):
                break
        return _combine(held)

    def _outside(self, at: int, cue_start: int, mention: int) -> bool:
        """A mention in brackets is not reached by what stands after the bracket closes."""
        between = self.text[at:cue_start]
        depth = 0
        for char in between:
            if char in _OPEN:
                depth += 1
            elif char in _SHUT:
                depth -= 1
                if depth < 0:
                    return self.text.rfind("(", max(0, mention - 40), mention) >= 0 and not between.startswith(_SHUT[0])
        return False

    def _in_aside(self, end: int, cue_start: int) -> bool:
        """Whether the cue stands in a bracket that says something of another mention: 結節(石灰化なし)を認め."""
        between = self.text[end:cue_start]
        return len(between) > 1 and between.count("(") > between.count(")")

    def _new_clause(self, index: int, at: int, cue: Cue, held: list[Cue]) -> bool:
        """Whether the cue belongs to another clause than the mention (or than the noun the last cue describes)."""
        if self.clues.break_between(at, cue.start):
            return True
        if held:
            return False
        start, end = self.mentions[index]
        if _COPULA.match(self.text, end):
            return True
        following = [m for m in self.mentions[index + 1 : index + 12] if m[0] >= end and m[1] <= cue.start]
        if not following:
            return False
        if _LIST_GAP.fullmatch(self.text, end, following[0][0]) is None and self._given(end, following, cue):
            return True
        return self._own_statement(start, end, following, cue)

    def _given(self, end: int, following: list[Span], cue: Cue) -> bool:
        found = _GIVEN.match(self.text, end)
        if not found:
            return False
        # 右に結節は、胸水は…: only where another mention is the object of the cue
        return bool(following) and cue.start - following[-1][1] <= 24

    def _own_statement(self, start: int, end: int, following: list[Span], cue: Cue) -> bool:
        """`右下葉に浸潤影、肺炎疑い`: a sign before a comma is stated; the hedge is about the diagnosis that follows."""
        gap = self.text[end : following[0][0]]
        if not any(c in gap for c in "、,。") and " " not in gap:
            return False
        if cue.bare and cue.cls == "denial" and _ASIDE.match(gap):
            return True  # 憩室散在、憩室炎なし
        if cue.cls == "hedge":
            mine, last = self._class(start, end), self._class(*following[-1])
            return mine in ("lesion", "sign", "fluid", "signal") and last == "disease"
        return cue.bare and cue.cls == "denial" and self._described(start)

    def _class(self, start: int, end: int) -> str:
        for term in reversed(self.parsed.terms):
            if term.start < end and term.end > start and term.kind == "observation":
                return concept(term.concept).cls
            if term.end <= start:
                break
        return ""

    def _described(self, start: int) -> bool:
        """Whether size, number or degree stand before the mention in its own segment: then it exists."""
        segment = max(self.text.rfind(c, 0, start) for c in "、,。\n")
        if re.search(r"\d\s?(?:mm|cm)", self.text[segment + 1 : start]):
            return True
        for term in self.parsed.terms:
            if segment < term.start < start and term.kind == "modifier" and concept(term.concept).cls in _HEAVY:
                return True
        return False

    def _skip(self, index: int, cue: Cue, held: list[Cue]) -> bool:
        """Cues that say nothing of this mention: out of their reach, adverbs, a change that only describes."""
        end = self.mentions[index][1]
        at = held[-1].end if held else end
        if cue.cls == "change":
            return cue.id in ("change_new", "change_residual") or cue.attributive or bool(held)
        if cue.scope in ("phrase", "item") and not held:
            gap = self.text[end : cue.start]
            return not (len(gap) <= 2 or adjacent(self.text, end, cue.start) or self._listed(index, cue))
        if cue.scope in ("phrase", "item") and held:
            return not adjacent(self.text, at, cue.start)
        return False

    def _listed(self, index: int, cue: Cue) -> bool:
        """Whether the mention is an item of the list that the cue closes: 胸水、腹水(-)."""
        at = self.mentions[index][1]
        for start, end in self.mentions[index + 1 :]:
            if start > cue.start or _LIST_GAP.fullmatch(self.text, at, start) is None:
                break
            at = end
        return cue.start - at <= 2

    def _chained(self, cue: Cue, follower: Cue) -> bool:
        """Cues that make one expression: 可能性を考え, ありと考えます, 疑いは否定できません."""
        if cue.attributive and cue.leads_on:
            return False
        if follower.cls == "change":
            return False
        return adjacent(self.text, cue.end, follower.start)


def _decided(cue: Cue) -> Assertion:
    return Assertion(cue.level, ((cue.start, cue.end, cue.id),))  # type: ignore[arg-type]


def _combine(held: list[Cue]) -> Assertion:
    """The level of a chain of cues: a denial at its end denies, otherwise the weakest statement stands."""
    if not held:
        return DEFINITE
    trail = tuple((c.start, c.end, c.id) for c in held)
    best = held[0]
    for cue in held[1:]:
        if cue.cls == "denial":
            best = cue
        elif cue.cls in ("hedge", "general") and best.cls in ("affirm", "change", "hedge", "history"):
            best = cue if best.cls != "hedge" or cue.id == "cannot_deny" else best
        elif cue.cls == "affirm" and best.cls == "affirm":
            best = cue
    level = best.level
    ordered = (*(t for t in trail if t[2] != best.id), (best.start, best.end, best.id))
    return Assertion(level, ordered)  # type: ignore[arg-type]
