"""Where the statement about a mention ends: clause borders, topics with a sentence of their own, items of short lists."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from jmid_nlp.findings.cues import Clues, Cue
from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.terms import concept
from jmid_nlp.offsets import Span

LIST_GAP = re.compile(
    r"(?:[、,・/ &+]|や|および|及び|または|又は|もしくは|若しくは|あるいは|或いは|ないしは?|乃至|並びに|ならびに|かつ|とか"
    r"|など|等|or|and|に加え|とともに|の(?=貯留|合併|所見))*"
)
# What follows a mention that is taken for granted: a topic with a sentence of its own, a cause, a place.
_GIVEN = re.compile(
    r"(?:[)）」]?(?:は|に(?!よる|伴う|続発|対する|関する)|では|には|で(?!ない|は[なあ])|により|によって|を介し|から|とは"
    r"|の(?!所見|可能性|疑い|存在|合併|貯留|出現|増加|形成|混在|併存|併発|残存|再発|有無|鑑別|除外|ほか)))"
)
_COPULA = re.compile(r"(?:で(?=[、,])|である|であり|です|だが|でした|でしたが)")
_COPULA_STARTS = frozenset("でだ")
_ASIDE = re.compile(r"(?:散在|散見|多発|多数|少量|軽度|中等量|大量|不変|増加|減少|\(|\d|あり|残存|疑い|術後|著明)")
_OWN_VERB = re.compile(r"(?:[\d.x×]{1,12}[ ]?[mc]m大?)?[がはも][^、,。]{2,20}[、,]")
_DESCRIBED = re.compile(r"\d\s?(?:mm|cm)|陳旧性|急性|慢性|新鮮|軽度|中等度|高度|著明|少量|多発|びまん")
_SIZED = re.compile(
    r"\d\s?(?:mm|cm)(?:大の?|程度の|の)[^、。はがをに\d\n・]{0,10}\Z"
    r"|\d\s?(?:mm|cm)と(?:軽度|中等度|高度|著明|やや)?(?:に|な)?\Z"
)
_SIZE_REACH = 20
_OTHER_TOPIC = re.compile(r"、[^、。]{1,16}(?:は|とも|ともに)\Z")
_TOLD = re.compile(r"(?:が|を)?(?:散見|散在|多発|残存|多数)[、,]")
_VERTEBRA = re.compile(r"(?:Th|[TCLS])\d{1,2}(?:/(?:Th|[TCLS])?\d{1,2})?\Z")
_HEAVY = frozenset({"size", "number", "degree", "course", "shape", "density", "distribution"})
_SIGNS = ("lesion", "sign", "fluid", "signal")
ITEMS = 40  # items of a list that are looked at, so that no text takes quadratic time
_SEGMENT = 60  # characters before a mention that can describe it
_REACH = 24  # characters between the object of a cue and the cue


class Clauses:
    """Decides for a mention and a cue behind it whether they belong to one statement."""

    def __init__(self, parsed: Parsed, mentions: list[Span], clues: Clues) -> None:
        self.text = parsed.text
        self.terms = parsed.terms
        self.mentions = mentions
        self.clues = clues
        self._starts = [t.start for t in parsed.terms]

    def apart(self, index: int, at: int, cue: Cue, *, first: bool) -> bool:
        """Whether the cue belongs to another statement than the mention.

        Args:
            index: Number of the mention.
            at: Where the statement has been followed to so far.
            cue: The next cue.
            first: Whether no cue has been taken yet.
        """
        if self.clues.break_between(at, cue.start):
            return True
        if not first:
            return False
        start, end = self.mentions[index]
        if cue.cls == "normal_state" and _OTHER_TOPIC.search(self.text, max(end, cue.start - _REACH), cue.start):
            return True  # 右副腎に結節、左は正常
        if self.text[end : end + 1] in _COPULA_STARTS and _COPULA.match(self.text, end):
            return True
        if _TOLD.match(self.text, end) and cue.cls in ("hedge", "denial", "unknown"):
            return True
        following: list[Span] = []
        for i in range(index + 1, min(index + ITEMS, len(self.mentions))):
            if self.mentions[i][1] > cue.start:
                break
            if self.mentions[i][0] >= end:
                following.append(self.mentions[i])
        if not following:
            return False
        listed = LIST_GAP.fullmatch(self.text, end, following[0][0]) is not None
        # 腫瘤に石灰化は認めません: only where another mention is the object of the cue
        if not listed and _GIVEN.match(self.text, end) and cue.start - following[-1][1] <= _REACH:
            return True
        return self._own_statement(start, end, following, cue)

    def _own_statement(self, start: int, end: int, following: list[Span], cue: Cue) -> bool:
        """`右下葉に浸潤影、肺炎疑い`: a sign before a comma is stated; the hedge is about the diagnosis that follows."""
        gap = self.text[end : following[0][0]]
        if _SIZED.search(self.text, max(0, start - _SIZE_REACH), start):
            return True  # 13mmの結節、憩室は指摘できません: what was measured is there
        if not any(c in gap for c in "、,。") and " " not in gap:
            return False
        if cue.cls == "hedge":
            if self._denied_later(cue):
                return False
            if self.text[end - 1] == "後":
                return True
            signs = self._class(start, end) in _SIGNS and self._class(*following[-1]) == "disease"
            return (
                signs
                or "による" in gap
                or bool(_OWN_VERB.match(gap))
                or (cue.bare and self._labelled(start, end, following))
            )
        if cue.cls == "unknown":
            return self._described(start, end)
        if not (cue.bare and cue.cls == "denial"):
            return False
        if _ASIDE.match(gap) or _OWN_VERB.match(gap) or self.text[end - 1] == "後":
            return True  # 憩室散在、憩室炎なし
        return self._described(start, end) or self._labelled(start, end, following)

    def _denied_later(self, cue: Cue) -> bool:
        """`膿瘍、血栓を疑う所見はない`: the hedge describes what is denied."""
        i = self.clues.from_(cue.end)
        cues = self.clues.cues
        return cue.attributive and cue.leads_on and i < len(cues) and cues[i].cls == "denial"

    def _labelled(self, start: int, end: int, following: list[Span]) -> bool:
        """`前十字靱帯：断裂、後十字靱帯損傷なし`: the label's own statement, then one with a place of its own."""
        if start < 1 or self.text[start - 1] not in ":：":
            return False
        before = bisect_left(self._starts, start) - 1
        label = before >= 0 and self.terms[before].kind == "anatomy" and self.terms[before].end == start - 1
        label = label or _VERTEBRA.search(self.text, max(0, start - 12), start - 1) is not None
        between = self.terms[bisect_left(self._starts, end) : bisect_right(self._starts, following[0][0])]
        return label and (any(t.kind in ("anatomy", "side") for t in between) or following[0][0] - end > 1)

    def _class(self, start: int, end: int) -> str:
        """The class of the last known finding in a span."""
        for i in range(bisect_left(self._starts, end) - 1, -1, -1):
            term = self.terms[i]
            if term.end <= start:
                break
            if term.kind == "observation":
                return concept(term.concept).cls
        return ""

    def _described(self, start: int, end: int) -> bool:
        """Whether size, number, degree or course stand in the mention's own segment: then it exists."""
        low = max(0, start - _SEGMENT)
        segment = max(self.text.rfind(c, low, start) for c in "、,。\n") + 1 or low
        if _DESCRIBED.search(self.text, segment, end):
            return True
        own = self.terms[bisect_left(self._starts, segment) : bisect_left(self._starts, start)]
        return any(t.kind == "modifier" and concept(t.concept).cls in _HEAVY for t in own)
