"""Which examination a change is measured against: the date beside it, or the one that the report says it was compared with."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from jmid_nlp.findings.document import Parsed
from jmid_nlp.offsets import Span
from jmid_nlp.schema import Comparison
from jmid_nlp.text.dates import DateMatch, find_dates

_MAYBE = re.compile(r"\d\s?[/年.\-]\s?\d|[HRhr令平昭]\D{0,2}\d")
_BEFORE = re.compile(
    r"(?:前回|前々回|前医|比較|対比|以前|先行|過去|直近|初回|治療前|術前|compar\w+|prior|previous)[^。\n]{0,14}\Z",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[)\s]{0,2}(?:の|施行の?|撮影の?|撮像の?|実施の?|付の?|時の?)?[^。\n、\d]{0,12}?(?:と|に|から|より|を|との)?[^。\n\d]{0,4}?"
    r"(?:比較|比べ|比し|比して|対比|同様|比(?!率)|参照|不変|変化|著変|より|から|と同)"
    r"|[)\s]{0,2}(?:の[^。\n、\d]{0,8})?で(?:は|も)?(?:[み見]られ|認め|指摘)"
    r"|[:,、 ]{0,2}(?:では?|は|の)?(?:約|径|長径|短径|最大径)?\d{1,3}(?:\.\d)?\s?(?:mm|cm)"  # (2023/6/2:44mm)
)
_AGO_PLAIN = re.compile(
    r"(?:\d{1,2}|[一二三四五六七八九十半数])\s?(?:年半?|[かヶケカヵ箇]月|週間?|日)(?:程度|ほど)?前(?!後)"
)
_AGO = re.compile(_AGO_PLAIN.pattern + r"(?=[^。\n]{0,12}(?:比|より|から|と同))")
_MOST = 32  # dates of one sentence that are looked at
_COMPARES = re.compile(r"前回|比較|対比|比べ|比し|以前|先行|compar|prior|previous", re.IGNORECASE)


class Comparisons:
    """What the changes of a report are measured against; reads dates only where they can be."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed, self.text = parsed, parsed.text
        self._starts = [s for s, _ in parsed.sentences]
        self._found: dict[int, list[tuple[int, int, str | None]]] = {}
        self._old: dict[int, bool] = {}
        self._told: list[tuple[int, int, str | None]] | None = None

    def of(self, start: int, end: int, sentences: Sequence[int]) -> tuple[Comparison, str] | None:
        """What the change of a mention is measured against, with the rule; None where the report does not say.

        Args:
            start: Start of the mention in the folded text.
            end: Its end.
            sentences: Numbers of the sentences that speak of the change, the mention's own first.
        """
        for number in sentences:
            near = self._in_sentence(number)
            if near:
                chosen = min(near, key=lambda f: max(f[0] - end, start - f[1]))  # the nearest
                return self._give(*chosen), "same sentence"
        if any(self._two_back(n) for n in sentences):
            return None
        told = self._statements()
        if not told:
            return None
        return self._give(*told[max(0, bisect_left(told, start, key=_start) - 1)]), "report"

    def _give(self, start: int, end: int, date: str | None) -> Comparison:
        return Comparison(date, *self.parsed.span(start, end))

    def sentence(self, at: int) -> int:
        """The number of the sentence that holds a character."""
        return max(0, bisect_right(self._starts, at) - 1)

    def _two_back(self, number: int) -> bool:
        """Whether a sentence speaks of the examination before the last one."""
        if number not in self._old:
            self._old[number] = self.text.find("前々回", *self.parsed.sentences[number]) >= 0
        return self._old[number]

    def _in_sentence(self, number: int) -> list[tuple[int, int, str | None]]:
        """The examinations that a sentence compares with: dates, then times ago."""
        if number not in self._found:
            low, high = self.parsed.sentences[number]
            found: list[tuple[int, int, str | None]] = [*self._dates(low, high)]
            if not found:
                found = [(m.start(), m.end(), None) for m in _AGO.finditer(self.text, low, high)]
            self._found[number] = found[:_MOST]
        return self._found[number]

    def _dates(self, low: int, high: int) -> list[tuple[int, int, str]]:
        if not _MAYBE.search(self.text, low, high):
            return []
        piece = self.text[low:high]
        out = []
        for date in find_dates(piece, folded=True):
            if date.year is None or not self._compared(piece, date):
                continue
            out.append((low + date.start, low + date.end, date.iso))
        return out

    @staticmethod
    def _compared(piece: str, date: DateMatch) -> bool:
        return bool(_BEFORE.search(piece[max(0, date.start - 24) : date.start]) or _AFTER.match(piece, date.end))

    def _statements(self) -> list[tuple[int, int, str | None]]:
        """The dates of comparison of the whole report, in the order of the text."""
        if self._told is None:
            self._told = []
            sections = [(s.start, s.end) for s in self.parsed.sections if s.name == "comparison"]
            for low, high in sections:  # 比較:3か月前のCT
                ago = _AGO_PLAIN.search(self.text, low, high)
                if ago and not self._dates(low, high):
                    self._told.append((ago.start(), ago.end(), None))
            if _MAYBE.search(self.text):
                spans: list[Span] = sections + [s for s in self.parsed.sentences if _COMPARES.search(self.text, *s)]
                done: set[Span] = set()
                for low, high in spans:
                    found = [f for f in self._dates(low, high) if f[:2] not in done]
                    done.update(f[:2] for f in found)
                    if found:  # of several the last examination: 比較:2023年12月11日、2023年8月28日
                        self._told.append(max(found, key=_date))
            self._told.sort(key=_start)
        return self._told


def _start(found: tuple[int, int, str | None]) -> int:
    return found[0]


def _date(found: tuple[int, int, str]) -> str:
    return found[2]
