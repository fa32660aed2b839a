"""A report as staging reads it: all its clauses in order, each with the places it speaks of.

A clause that names no place of its own speaks of the place before it ('…に腫瘤を認めます。転移を疑います。').
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.staging_clauses import SUSPECTED, Clause, Hit, add_sizes, clauses_of
from jmid_nlp.findings.staging_words import lexicon
from jmid_nlp.offsets import Span

_SPACE = re.compile(r"\s+")


@dataclass(slots=True)
class Scene:
    """The whole report: its text without spaces, its clauses, and the way back to the original."""

    parsed: Parsed
    text: str
    clauses: list[Clause]
    kinds: dict[str, list[int]]
    _index: list[int] | None

    def source(self, start: int, end: int) -> Span:
        """The span of the original text for `[start, end)` of the scene's text."""
        if self._index is not None:
            start, end = self._index[start], self._index[end - 1] + 1
        return self.parsed.span(start, end)

    def with_kinds(self, *kinds: str) -> Iterator[tuple[int, Clause]]:
        """The clauses that hold a word of one of these kinds, in order, with their numbers."""
        numbers = [n for kind in kinds for n in self.kinds.get(kind, ())]
        return ((n, self.clauses[n]) for n in (sorted(set(numbers)) if len(kinds) > 1 else numbers))

    def around(self, number: int) -> Clause:
        """The clause whose places a clause speaks of: itself, or the one before that named them."""
        clause = self.clauses[number]
        return clause if clause.anchor < 0 else self.clauses[clause.anchor]


def read_scene(parsed: Parsed) -> Scene:
    """The clauses of a report.

    Args:
        parsed: The report as the findings layer looks at it.
    """
    text, index, borders = _compact(parsed)
    automaton, words = lexicon()
    hits = [Hit(start, end, words[number]) for start, end, number in automaton.find(text)]
    clauses: list[Clause] = []
    at = 0
    for number, (start, end) in enumerate(borders):
        here = []
        while at < len(hits) and hits[at].start < end:
            here.append(hits[at])
            at += 1
        clauses += clauses_of(text, start, end, number, here)
    add_sizes(text, clauses)
    kinds: dict[str, list[int]] = {}
    for number, clause in enumerate(clauses):
        for kind in clause.kinds:
            kinds.setdefault(kind, []).append(number)
        if not clause.places and number and not clause.has("lobe", "same", "others") and not _elsewhere(clause):
            before = clauses[number - 1]
            clause.anchor = before.anchor if before.anchor >= 0 else number - 1
    return Scene(parsed, text, clauses, kinds, index)


def _elsewhere(clause: Clause) -> bool:
    """'Besides, nodules are scattered': another place, although none is named."""
    return clause.has("subject") and clause.has("lesion") and clause.verdict >= SUSPECTED


def _compact(parsed: Parsed) -> tuple[str, list[int] | None, list[Span]]:
    """The text without spaces, the index of each character in the parsed text, and the sentences."""
    text = parsed.text
    if not _SPACE.search(text):
        return text, None, list(parsed.sentences)
    out: list[str] = []
    index: list[int] = []
    borders: list[Span] = []
    for start, end in parsed.sentences:
        begin = len(index)
        at = start
        for space in _SPACE.finditer(text, start, end):
            out.append(text[at : space.start()])
            index.extend(range(at, space.start()))
            at = space.end()
        out.append(text[at:end])
        index.extend(range(at, end))
        borders.append((begin, len(index)))
    return "".join(out), index, borders
