"""Which size belongs to which mention."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.mentions import Mention
from jmid_nlp.findings.sites import Group, named_between
from jmid_nlp.schema import Certainty
from jmid_nlp.text.measures import Measure

_DESCRIBING = re.compile(
    r"を?(?:一部に|内部に)?(?:を伴う|を有する|を含む|を伴った|の目立つ|を呈する|を示す|伴う)[^。、]{0,12}$"
)
_LARGEST = re.compile(r"最大|大き(?:さ|い)|サイズ")
_AMOUNT = r"\s?(?:大|弱|強|程度|前後|径|ほど|台)?"
_BEFORE_HEAD = re.compile(_AMOUNT + r"(?:まで|以内)?\s?(?:の|な|と|に|で(?!あ)|,|\s)?[^。、(]{0,24}$")
_TIGHT = re.compile(_AMOUNT + r"(?:まで)?の?[^。、にとで]{0,20}$")
_CHANGES = re.compile(r"\s?(?:大|弱|程度|前後)?(?:と|に|で(?!あ))(?:増大|縮小|拡大|増加|減少)")
_TELLS_OF = re.compile(r"(?:径|長さ|厚|サイズ|大きさ|:|は)\s?(?:約|最大)?$")
_COMPONENT = re.compile(
    r"(?:充実(?:成分|部分?)|浸潤径|内腔|真腔|偽腔|頸部長|ネック)(?:の?(?:最大)?(?:径|長|厚))?(?:は|:|が)?(?:約|最大)?\s?\Z"
)
# What a number is of, said right before it, where that is no finding.
_LABELLED = re.compile(
    r"(?:隔壁厚|被膜厚|頸部|ネック|neck|管長|椎体高|ヘルニア門|頸部長|ネック長|椎体前縁高|子宮長|残存径|内腔径|スライス厚)(?:は|:|が)?(?:約|最大)?\s?\Z"
)
_LABEL = 12
_OF_PLACE = re.compile(
    r"(?:の)?(?:最大|最小)?(?:短|長|横|内|外|前後)?(?:径|厚)?(?:は|が)?(?:最大|約)?(?:短|長|横)?径?\s?"
)
_TUBE = re.compile(r"(?:管|動脈|静脈|門脈|脾|腎盂|虫垂|子宮|前立腺|内膜|下垂体|視神経|筋)\Z")
_GROWN = re.compile(r"(?:拡張|腫大|肥厚|萎縮|拡大|狭小化?|肥大|腫脹|瘤|瘤化|狭窄|延長|短縮|膨大)\Z")
_ELSEWHERE = re.compile(r"\s?(?:大|程度|前後)?(?:で|と(?:目立ち|大きく|太く|正常|やや))[^。]{0,12}、")
_REACH = 40  # mentions back that a size may reach
_MEASURABLE = frozenset(("lesion", "sign", "disease", "signal"))


class Sizer:
    """Gives each size of a report to a mention."""

    def __init__(
        self, parsed: Parsed, mentions: list[Mention], groups: list[Group], certainty: list[Certainty]
    ) -> None:
        self.parsed, self.text = parsed, parsed.text
        self.mentions, self.groups, self.certainty = mentions, groups, certainty
        self.starts = [m.start for m in mentions]
        self._group_starts = [g.start for g in groups]
        self.given: set[int] = set()
        self._sentence_starts = [s for s, _ in parsed.sentences]

    def owner(self, measure: Measure) -> tuple[int, str] | None:
        """The number of the mention a size belongs to, and the rule; None where it measures no mention.

        A size belongs to the noun it stands before (12mm大の結節), else to the mention before it, else, in a sentence
        that names nothing else, to the last one described.
        """
        start, end = self.sentence_of(measure.start)
        if _LABELLED.search(self.text, max(start, measure.start - _LABEL), measure.start):
            return None
        after = bisect_left(self.starts, measure.end)
        ahead = after if after < len(self.mentions) and self.mentions[after].start < end else None
        behind = after - 1 if after and self.mentions[after - 1].end > start else None
        if self._calibre(measure, start, behind, ahead):
            return None
        if ahead is not None and self._leads(measure, self.mentions[ahead].start, behind):
            return self._described(ahead, end), "size before head"
        if behind is not None:
            return behind, "size after head"
        if ahead is not None:
            return ahead, "size in sentence"
        if _COMPONENT.search(self.text[max(start, measure.start - 16) : measure.start]):
            return None
        earlier = self._last_lesion(after - 1, measured=bool(measure.prior))
        elsewhere = self.names_place(start, measure.start)
        if elsewhere and "リンパ節" in self.text[start : measure.start]:
            return None  # a node of its own, not the lesion before
        if earlier is not None and (not elsewhere or _LARGEST.search(self.text, start, measure.start)):
            return earlier, "size in next sentence"
        return None

    def sentence_of(self, at: int) -> tuple[int, int]:
        """The sentence that holds a character."""
        k = bisect_right(self._sentence_starts, at) - 1
        return self.parsed.sentences[k] if k >= 0 else (0, len(self.text))

    def _calibre(self, measure: Measure, start: int, behind: int | None, ahead: int | None) -> bool:
        """Whether a size is that of a vessel, duct or organ and of no finding: `…腫瘤、主膵管8mm`, `右下直筋は9mmで、…の炎症`."""
        k = bisect_right(self._group_starts, measure.start) - 1
        if k < 0 or self.groups[k].bare or self.groups[k].start < start:
            return False
        place = self.groups[k]
        if not _OF_PLACE.fullmatch(self.text, place.end, measure.start):
            return False
        if ahead is not None:
            noun, aside = self.mentions[ahead], "、" in self.text[measure.end : self.mentions[ahead].start]
            grown = _GROWN.search(self.text, noun.start, noun.end)
            if grown and not (aside and grown.group().startswith("瘤")):
                return False  # 総胆管は9mmと拡張
        if behind is not None and self.mentions[behind].end > place.start:
            return False
        if behind is None:
            topic = "は" in self.text[place.end : measure.start] or "が" in self.text[place.end : measure.start]
            return topic and ahead is not None and _ELSEWHERE.match(self.text, measure.end) is not None
        tube = _TUBE.search(self.text, place.start, place.end) is not None
        return tube and self.text.rfind("、", self.mentions[behind].end, place.start) == place.start - 1

    def _described(self, number: int, end: int) -> int:
        """`16mmの中心壊死を伴うリンパ節腫大`: the size is that of the noun described."""
        while (
            number + 1 < len(self.mentions)
            and self.mentions[number + 1].start < end
            and _DESCRIBING.match(self.text[self.mentions[number].end : self.mentions[number + 1].start])
        ):
            number += 1
        return number

    def _leads(self, measure: Measure, head: int, behind: int | None) -> bool:
        gap = self.text[measure.end : head]
        if ")" in gap and "(" not in gap and behind is not None:
            return False
        if behind is None:
            return True
        if "、" not in gap and self._new_topic(behind, measure):
            return True
        if not _BEFORE_HEAD.match(gap) or _CHANGES.match(gap):
            return False
        before = self.text[max(0, measure.start - 6) : measure.start]
        return _TIGHT.match(gap) is not None and not _TELLS_OF.search(before)

    def _new_topic(self, behind: int, measure: Measure) -> bool:
        """`…摘出後で、総胆管は9mmと拡張`: after a comma another place is spoken of."""
        comma = self.text.rfind("、", self.mentions[behind].end, measure.start)
        return comma >= 0 and self.names_place(comma + 1, measure.start)

    def names_place(self, start: int, end: int) -> bool:
        """Whether a place of its own is named in a stretch: `右外腸骨リンパ節は縮小`."""
        return named_between(self.groups, self._group_starts, start, end)

    def _last_lesion(self, number: int, *, measured: bool) -> int | None:
        """The last mention that may have a size; a prior size belongs to one of its sentence that has a current one."""
        last = None
        for k in range(number, max(-1, number - _REACH), -1):
            if self.certainty[k] not in ("positive", "suspicious") or self.mentions[k].kind not in _MEASURABLE:
                continue
            if not measured:
                return k
            if last is not None and self.mentions[k].sentence != self.mentions[last].sentence:
                return last
            if k in self.given:
                return k
            last = k if last is None else last
        return last
