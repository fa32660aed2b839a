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
from operator import itemgetter
from typing import Literal

from jmid_nlp.findings.clauses import ITEMS, LIST_GAP, Clauses
from jmid_nlp.findings.cues import Clues, Cue, adjacent, clues, projections
from jmid_nlp.findings.document import Parsed
from jmid_nlp.offsets import Span
from jmid_nlp.text.lazy import lazy

Level = Literal["definite", "likely", "possible", "unlikely", "denied", "general"]


@dataclass(frozen=True, slots=True)
class Assertion:
    """The level, and the cues it was read from as `(start, end, cue id)` of the folded text; the last one decided."""

    level: Level
    cues: tuple[tuple[int, int, str], ...] = ()


DEFINITE = Assertion("definite")
_CAUSE = lazy(
    r"(?:により|によって|に伴い|に伴って|のため(?!に?撮)|が原因|を介し|とともに|と共に|にて|を主体"
    r"|の?(?:周囲|近傍|内部|辺縁|周辺|末梢側?|中枢側|腹側|背側|頭側|尾側|外側|内側|直下|直上|中心部)|内(?=[にはをのが])|と[^。、はがを\n]{1,16}?(?:の間|との間|の境界|間の))"
)
_SUSPECTED = re.compile(
    r"[ ](?:is |are )?(?:strongly )?(?:suspected|suspicious|likely|probable|possible|favou?red|considered|not excluded)"
    r"(?=[ ]?(?:[。.,;、)\n]|\Z))",
    re.IGNORECASE,
)
_CAUSE_STARTS = frozenset("にのがをと周近内辺末中腹背頭尾外直")
_ALSO = re.compile(r"[)）]?(?:について|に関して)?も(?:同様(?:です|である|に)?|です|また同様(?:です)?)?[。.]?\s*\Z")
_QUESTION = re.compile(r"[)）]?[ ]?(?:[?？]|か(?:[。.\n]|\Z))")
_ALSO_STARTS = frozenset(")）にも")
_QUESTION_STARTS = frozenset(")） ?？か")
_OPEN, _SHUT = "(（", ")）"
_ENGLISH_STOP = re.compile(r"[.;。、]|\bbut\b|\bhowever\b|\bwith\b|が")
_NEAR = 30  # characters from one mention to the next within which an ellipsis takes over its predicate
# A predicate of the earlier examination: 前回認め(たが消失), 前回なし.
_PRIOR = re.compile(
    r"(?:前回|前々回|以前|過去|前医|治療前|術前)(?:の?(?:CT|MRI|US|検査|画像|検査時|撮影))?(?:時|で|に|は|、){0,3}\Z"
)
_PRIOR_WORDS = ("前", "過去")  # one of them stands in each form of it
_STILL = re.compile(r"[、,]?今回も")
_IF = re.compile(r"[ぁ-ん]{0,4}?(?:場合|際[はに]|れば|たら|ようなら|ようであれば|時に?は|ことが(?:多|あ|知|稀|まれ))")
_FUTURE = re.compile(r"(?:(?:今後|将来)[^。、]{0,10}|(?:場合|際)に?は[^。、]{0,8})\Z")
_FUTURE_WORDS = ("今後", "将来", "場合", "際")  # one of them stands in each form of it
_WHEN = re.compile(r"時(?:は|に|には)")
_VERSUS = re.compile(r"(?:\bvs\.?|versus)[ ]?\Z")
_LOOK = 14
_PHRASE = 80  # characters from an English cue to what it speaks of
_PARAGRAPH = 120  # and from a heading such as 鑑別診断
_NEXT_SENTENCE = re.compile(r"。\s*\S")
_SPAN = 400  # characters from a mention to a cue; a statement is never longer, and no text takes quadratic time


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
        self.clauses = Clauses(parsed, mentions, self.clues)
        self._sentence_starts = [s for s, _ in parsed.sentences]
        self._indication = [(s.start, s.end) for s in parsed.sections if s.name in ("indication", "history")]
        self._versus = "vs" in self.text or "versus" in self.text
        self._futures = any(word in self.text for word in _FUTURE_WORDS)
        self._asides = "(" in self.text
        self._shuts = any(char in self.text for char in _SHUT)
        self._priors = any(word in self.text for word in _PRIOR_WORDS)
        before = [c for c in self.clues.cues if c.direction == "before"]
        self._ahead_cues = [c for c in before if c.scope != "section"]
        self._ahead_ends = [c.end for c in self._ahead_cues]
        self._section_cues = [c for c in before if c.scope == "section"]
        self._section_ends = [c.end for c in self._section_cues]

    def assess(self, index: int, earlier: list[Assertion]) -> Assertion:
        """The assertion of one mention; `earlier` holds those before it."""
        start, end = self.mentions[index]
        stop = self._sentence_end(start, end)
        following = self.text[
            end : end + 1
        ]  # most patterns need not be tried: what follows begins with no letter of theirs
        near = index and start - self.mentions[index - 1][1] < _NEAR
        if near and following in _ALSO_STARTS and _ALSO.match(self.text, end, stop):
            return earlier[index - 1]
        around = self.clues.around(start, end)
        if around is not None:
            return _decided(around)
        if following == " " and (said := _SUSPECTED.match(self.text, end)):
            return Assertion("possible", ((said.start(), said.end(), "suspect"),))
        if following == "時" and _WHEN.match(self.text, end):
            return Assertion("general", ((end, end + 1, "condition"),))
        found = self._ahead(start, end) or self._walk(index, stop)
        if not found.cues:
            if following in _QUESTION_STARTS and _QUESTION.match(self.text, end):
                found = Assertion("possible", ((end, end + 1, "maybe"),))
            else:
                found = self._section_cue(start) or found
        if found.level in ("possible", "likely") and self._asked(start):
            return Assertion("general", found.cues)
        return found

    def _asked(self, start: int) -> bool:
        """A suspicion of the request, or of what may come, is no statement of this report."""
        if self._futures and _FUTURE.search(self.text[max(0, start - _LOOK) : start]):
            return True
        return self._requested(start)

    def _requested(self, start: int) -> bool:
        """Whether a place lies in the request or the history; sections ascend and do not overlap."""
        i = bisect_right(self._indication, start, key=itemgetter(0)) - 1
        return i >= 0 and start < self._indication[i][1]

    def _sentence_end(self, start: int, end: int) -> int:
        i = bisect_right(self._sentence_starts, start) - 1
        if i < 0:
            return len(self.text)
        stop = self.parsed.sentences[i][1]
        return max(end, stop)

    def _ahead(self, start: int, end: int) -> Assertion | None:
        """English cues stand before what they speak of: `no pleural effusion or ascites`, `s/o HCC`."""
        if self._versus and _VERSUS.search(self.text[max(0, start - _LOOK) : start]):
            return Assertion("possible", ((start, start, "differential"),))
        nearest = bisect_right(self._ahead_ends, start) - 1 if self._ahead_ends else -1
        if nearest < 0:
            return None
        cue = self._ahead_cues[nearest]
        if start - cue.end > _PHRASE:
            return None
        between = self.text[cue.end : start]
        if (between.isascii() or len(between) < 3) and not _ENGLISH_STOP.search(between):
            return _decided(cue)
        return None

    def _section_cue(self, start: int) -> Assertion | None:
        """`鑑別診断:` speaks of all that follows in its paragraph."""
        nearest = bisect_right(self._section_ends, start) - 1 if self._section_ends else -1
        if nearest < 0:
            return None
        cue = self._section_cues[nearest]
        if start - cue.end >= _PARAGRAPH:
            return None
        between = self.text[cue.end : start]
        if "\n\n" not in between and not _NEXT_SENTENCE.search(between):
            return _decided(cue)
        return None

    def _walk(self, index: int, stop: int) -> Assertion:
        start, end = self.mentions[index]
        at, cues, i = end, self.clues.cues, self.clues.from_(end)
        held: list[Cue] = []
        if self.text[end : end + 1] in _CAUSE_STARTS and _CAUSE.match(self.text, end):
            return DEFINITE
        while i < len(cues) and cues[i].start < stop and cues[i].start - at <= _SPAN:
            cue = cues[i]
            i += 1
            if cue.direction == "before" or cue.start < at:
                continue
            if (self._shuts and self._outside(at, cue.start, start)) or self.clauses.apart(
                index, at, cue, first=not held
            ):
                break
            if (self._asides and self._in_aside(end, cue.start)) or self._skip(index, cue, held):
                continue
            if self._priors and not held and cue.cls in ("affirm", "denial") and self._of_prior(at, cue):
                return self._since(index, cue, i, stop)
            held.append(cue)
            at = cue.end
            follower = cues[i] if i < len(cues) else None
            if follower is not None and follower.start < stop and self._chained(cue, follower):
                continue
            if not (cue.attributive and cue.leads_on):
                break
        if held and held[-1].cls in ("affirm", "hedge") and _IF.match(self.text, held[-1].end):
            return Assertion("general", ((held[-1].start, held[-1].end, "condition"),))
        return _combine(held)

    def _of_prior(self, at: int, cue: Cue) -> bool:
        """Whether a predicate is about the examination before: 前回は認められた, 前回なし."""
        return _PRIOR.search(self.text[max(at, cue.start - _LOOK) : cue.start]) is not None

    def _since(self, index: int, prior: Cue, i: int, stop: int) -> Assertion:
        """What became of a mention whose first predicate is about the examination before."""
        if prior.cls == "denial" and not _STILL.match(self.text, prior.end):
            return DEFINITE
        cues = self.clues.cues
        follows = self.mentions[index + 1][0] if index + 1 < len(self.mentions) else stop
        now = cues[i] if i < len(cues) and cues[i].start < min(stop, follows) else None
        if now is not None and (now.cls == "denial" or now.id == "change_resolved"):
            return Assertion("denied", ((now.start, now.end, now.id),))
        return DEFINITE

    def _outside(self, at: int, cue_start: int, mention: int) -> bool:
        """A mention in brackets is not reached by what stands after the bracket closes."""
        between = self.text[at:cue_start]
        if ")" not in between and "）" not in between:
            return False
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
        return "(" in between and len(between) > 1 and between.count("(") > between.count(")")

    def _skip(self, index: int, cue: Cue, held: list[Cue]) -> bool:
        """Cues that say nothing of this mention: out of their reach, adverbs, a change that only describes."""
        end = self.mentions[index][1]
        at = held[-1].end if held else end
        if cue.cls == "change":
            return cue.id in ("change_new", "change_residual") or cue.attributive or bool(held)
        if cue.scope in ("phrase", "item") and not held:
            gap = self.text[end : cue.start]
            if gap.startswith(":") and not any(end <= m[0] < cue.start for m in self.mentions[index + 1 : index + 2]):
                return False  # 腹水:右下腹部とも(-)
            return not (len(gap) <= 2 or adjacent(self.text, end, cue.start) or self._listed(index, cue))
        if cue.scope in ("phrase", "item") and held:
            return not adjacent(self.text, at, cue.start)
        return False

    def _listed(self, index: int, cue: Cue) -> bool:
        """Whether the mention is an item of the list that the cue closes: 胸水、腹水(-)."""
        at = self.mentions[index][1]
        for start, end in self.mentions[index + 1 : index + ITEMS]:
            if start > cue.start or LIST_GAP.fullmatch(self.text, at, start) is None:
                break
            at = end
        return cue.start - at <= 2

    def _chained(self, cue: Cue, follower: Cue) -> bool:
        """Cues that make one expression: 可能性を考え, ありと考えます, 疑いは否定できません."""
        if cue.attributive and cue.leads_on:
            return False
        if follower.cls == "change" or (cue.cls == "change" and cue.id != "change_resolved"):
            return False
        return adjacent(self.text, cue.end, follower.start)


def _decided(cue: Cue) -> Assertion:
    return Assertion(cue.level, ((cue.start, cue.end, cue.id),))  # type: ignore[arg-type]


def _combine(held: list[Cue]) -> Assertion:
    """The level of a chain of cues: a denial at its end denies, otherwise the weakest statement stands."""
    if not held:
        return DEFINITE
    if len(held) == 1:
        return _decided(held[0])
    if held[0].id == "change_resolved" and held[-1].cls == "denial":
        return DEFINITE  # 消失していません
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
