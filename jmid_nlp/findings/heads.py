"""The findings of a report as descriptions look at them, and the noun that a description stands before."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from jmid_nlp.findings.inherit import Context, Place
from jmid_nlp.offsets import Span

# What may stand between a description and the noun it describes.
_LEADS = re.compile(
    r"(?:状|様|型|性|域|像|傾向)?(?:"
    r"(?:を|の)?(?:示す|示した|示している|呈する|呈した|呈している|有する|伴う|伴った|認める|認められる|もつ|持つ|含む|含んだ|受ける"
    r"|のある|ある|みられる|見られる|なる|なった)"
    r"|と(?:なる|なった|なっている|して(?:認められる|みられる|見られる|描出される))"
    r"|(?:が|の)(?:ある|みられる|見られる|認められる|乏しい|ない|弱い|強い|目立つ|目立たない|明らかでない)"
    r"|される|されない|した|する|し(?:た|ない)|る|た|ている|ていた|な|の|い|や(?:や)?)?[、, ]?"
    r"[^。、はがをにでと\n]{0,28}"
)
# Between two descriptions that lead to the same noun: 境界明瞭、辺縁平滑な結節.
_CHAIN = re.compile(
    r"(?:状|様|型|性|域|像)?(?:を?(?:示し|呈し|認め|有し|伴い|示す|呈する)|され(?:ず|て)?|が?あり)?"
    r"(?:で|し|かつ|と|および|や|・|/|く|い|な|の)?[、, ]?"
)
_OPENS_PLACES = re.compile(r"(?:状|様|型|性)?[のな]")
_BETWEEN_PLACES = re.compile(r"(?:[、,・/~ ]|や|と|および|及び|から|の|内){0,3}")
_WITH = re.compile(r"(?:を|の)?(?:伴う|伴った|有する|示す|呈する|ある)")
_WITHIN = 24  # characters from a sign to the verb that gives it to a noun
_SIGNALS = re.compile(r"(?:[、,・/]|[でし]、)[^。はがを\n]{0,40}")
_NEAR_HEAD = re.compile(r"[^。、はがをにで\n]{0,20}")
LOOK = 100  # characters looked at, so that no text takes quadratic time


class Heads:
    """The mentions of a report with their places, and which of them a description leads to.

    Args:
        context: The mentions with their certainty, groups and sections.
        places: The place of each mention.
    """

    def __init__(self, context: Context, places: Sequence[Place]) -> None:
        self.c, self.places = context, places
        self.text = context.parsed.text
        self.mentions = context.mentions
        self.starts = [m.start for m in context.mentions]
        self._sentences = context.parsed.sentences
        self._sentence_starts = [s for s, _ in self._sentences]
        self._section_starts = [s.start for s in context.parsed.sections]
        self._groups = [g for g in context.groups if not g.bare]
        self._group_starts = [g.start for g in self._groups]

    def sentence(self, at: int) -> Span:
        """The sentence that holds a character."""
        k = bisect_right(self._sentence_starts, at) - 1
        return self._sentences[k] if k >= 0 else (0, len(self.text))

    def words(self, number: int) -> str:
        """The words of a mention, folded."""
        return self.text[self.mentions[number].start : self.mentions[number].end]

    def inside(self, start: int, end: int) -> int | None:
        """The mention that shares characters with a span."""
        k = bisect_left(self.starts, end) - 1
        return k if k >= 0 and self.mentions[k].end > start else None

    def ahead(self, end: int, following: Sequence[Span] = ()) -> int | None:
        """The mention that a description leads to.

        Args:
            end: Where the description ends, its denial included.
            following: The descriptions after it in its sentence, as `(start, end)`, ends including the denial.
        """
        limit = self.sentence(end - 1)[1]
        k = bisect_left(self.starts, end)
        if k == len(self.mentions) or self.mentions[k].start >= limit:
            return None
        head = self.mentions[k].start
        before = k > 0 and self.mentions[k - 1].start >= self.sentence(end - 1)[0]
        listed = self.text[end : end + 1] in ("、", ",") and (before or self.is_look(k))
        if not listed and self._leads(end, head) and not self._place_between(end, head):
            return k
        for start, later in following:
            if start >= head:
                if self.inside(start, later) == k and not self.is_look(k) and _CHAIN.fullmatch(self.text, end, head):
                    return k
                break
            if start < end:
                continue
            if not _CHAIN.fullmatch(self.text, end, start):
                break
            return self.ahead(later, [f for f in following if f[0] > start])
        return None

    def _leads(self, end: int, head: int) -> bool:
        """Whether what stands between a description and a noun makes the one describe the other; places are looked over."""
        if _LEADS.fullmatch(self.text, end, head):
            return True
        first, last = bisect_left(self._group_starts, end), bisect_left(self._group_starts, head)
        if first == last or head - end > LOOK or not _OPENS_PLACES.fullmatch(self.text, end, self._groups[first].start):
            return False
        at = self._groups[first].start
        for group in self._groups[first:last]:  # 類円形の鎖骨上窩、縦隔リンパ節腫大
            if not _BETWEEN_PLACES.fullmatch(self.text, at, max(at, group.start)):
                return False
            at = group.end
        return _BETWEEN_PLACES.fullmatch(self.text, at, head) is not None

    def finding_between(self, start: int, end: int) -> bool:
        """Whether a finding that is no word of how things look begins in `[start, end)`."""
        k = bisect_left(self.starts, start)
        while k < len(self.starts) and self.starts[k] < end:
            if not self.is_look(k):
                return True
            k += 1
        return False

    def signal_after(self, end: int) -> int | None:
        """The signal that is a finding itself and ends the list that a signal stands in: `T1低信号、STIR|高信号を認め`."""
        k = bisect_left(self.starts, end)
        if k == len(self.mentions) or self.mentions[k].kind != "signal":
            return None
        return k if _SIGNALS.fullmatch(self.text, end, self.mentions[k].start) else None

    def carried(self, end: int) -> int | None:
        """The mention of which a sign is said before it: `スピキュラ、胸膜の引きつれを伴う|腫瘤`."""
        found = _WITH.search(self.text, end, min(end + _WITHIN, self.sentence(end - 1)[1]))
        k = bisect_left(self.starts, found.end()) if found else len(self.mentions)
        if (
            found is None
            or k == len(self.mentions)
            or not _NEAR_HEAD.fullmatch(self.text, found.end(), self.mentions[k].start)
        ):
            return None
        return k

    def _place_between(self, start: int, end: int) -> bool:
        """Whether another statement with a place of its own begins in between: `高エコー、左葉の嚢胞`."""
        first, last = bisect_left(self._group_starts, start), bisect_left(self._group_starts, end)
        comma = self.text.find("、", start, end)
        return any(self.text[g.end : g.end + 1] == "に" or 0 <= comma < g.start for g in self._groups[first:last])

    def is_look(self, number: int) -> bool:
        """Whether a mention is a word of how things look itself: 高信号, 石灰化濃度."""
        return self.mentions[number].kind == "signal" or self.words(number).endswith("濃度")
