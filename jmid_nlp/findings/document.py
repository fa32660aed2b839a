"""`Parsed`: a report as the findings layer looks at it, computed once and read by every later step."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from jmid_nlp.findings.marks import Marks
from jmid_nlp.findings.terms import Reader, Term, reader
from jmid_nlp.offsets import Folded, OffsetMap, Span
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.lines import unwrap
from jmid_nlp.text.sections import Section, sections
from jmid_nlp.text.sentences import sentences

_CJK = "一-龥々ぁ-んァ-ヶー"
_GAP = lazy(rf"[ \n](?<=[{_CJK}][ \n])(?=[{_CJK}])")
_LONG = 3
_NOUNS = ("anatomy", "observation", "modifier")

__all__ = ["Parsed", "Term", "parse"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """One text in the two forms that matter, with what is known about it before any interpretation.

    `source` is the original; `text` is folded and without hard line breaks inside sentences. `sentences`, `sections` and
    `terms` and `marks` are in the indices of `text`; `span` leads back to the original.
    """

    source: str = field(repr=False)
    text: str = field(repr=False)
    map: OffsetMap = field(repr=False)
    sentences: list[Span]
    sections: list[Section]
    terms: list[Term] = field(repr=False)
    marks: Marks = field(default=Marks(), repr=False)

    def span(self, start: int, end: int) -> Span:
        """The span of the original text for `[start, end)` of the folded text."""
        return self.map.to_source(start, end)


def parse(source: str, words: Reader | None = None) -> Parsed:
    """Folds a report, joins its broken lines and finds its sentences, sections and known words.

    Args:
        source: The report's text, any layout.
        words: Finds the known words; the reader over the lexicons of the package where it is None.
    """
    words = words or reader()
    folded = _whole_words(unwrap(source), words)
    text = folded.text
    terms, marks = words.read_both(text)
    return Parsed(source, text, folded.map, sentences(text), sections(text), terms, marks)


def _whole_words(folded: Folded, words: Reader) -> Folded:
    """The text without the blanks and line ends that cut a known word in two (気管 支, リンパ節腫⏎大)."""
    gaps = [m.start() for m in _GAP.finditer(folded.text)]
    if not gaps:
        return folded
    text = folded.text
    joined, places = _stretches(text, gaps, words)
    whole = "".join(text[a + 1 : b] for a, b in pairwise([-1, *gaps, len(text)]))
    terms = words.read_across(joined, places, whole)
    if terms is None:
        return folded
    inside = _inside(terms, places)
    # A line end parts more often than it cuts: only a word of three letters or more shows that it means nothing.
    cut = [at for at, size in zip(gaps, inside, strict=True) if size >= (_LONG if text[at] == "\n" else 2)]
    if not cut:
        return folded
    blocks = [(at, at + 1, at - i, at - i) for i, at in enumerate(cut)]
    whole = "".join(text[a + 1 : b] for a, b in pairwise([-1, *cut, len(text)]))
    return Folded(whole, folded.map.then(OffsetMap(blocks)))


def _stretches(text: str, gaps: list[int], words: Reader) -> tuple[str, list[int]]:
    """The stretches up to a full stop that hold gaps, joined without them, and where each gap was; no word crosses a stop."""
    out: list[str] = []
    places: list[int] = []
    size = i = at = 0
    while i < len(gaps):
        begin, end = at, len(text)
        if words.stops:
            begin = text.rfind("。", at, gaps[i]) + 1 or at
            end = text.find("。", gaps[i]) + 1 or end
        at = end
        while i < len(gaps) and gaps[i] < end:
            out.append(text[begin : gaps[i]])
            size += gaps[i] - begin
            places.append(size)
            begin = gaps[i] + 1
            i += 1
        out.append(text[begin:end])
        size += end - begin
    return "".join(out), places


def _inside(terms: list[Term], places: list[int]) -> list[int]:
    """For each place the length of the word that it lies in, 0 where it lies in none.

    A side or a description and the noun behind it (左 腎, 多発 結節) count as one word.
    """
    out, i = [], 0
    for place in places:
        while i < len(terms) and terms[i].end < place:
            i += 1
        size = 0
        if i < len(terms) and terms[i].start < place < terms[i].end:
            size = terms[i].end - terms[i].start
        elif i + 1 < len(terms) and terms[i].end == place == terms[i + 1].start:
            size = 2 if terms[i].kind in ("side", "modifier") and terms[i + 1].kind in _NOUNS else 0
        out.append(size)
    return out
