"""A report as staging reads it: all its clauses in order, each with the places it speaks of.

A clause that names no place of its own speaks of the place before it ('…に腫瘤を認めます。転移を疑います。').
"""

from __future__ import annotations

import re
from bisect import bisect_right
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
    _pieces: tuple[list[int], list[int]] | None  # where each stretch without spaces begins here, and in the parsed text
    _common: str | None = None  # found when first asked for

    def source(self, start: int, end: int) -> Span:
        """The span of the original text for `[start, end)` of the scene's text."""
        return self.parsed.span(self._parsed(start), self._parsed(end - 1) + 1)

    def _parsed(self, at: int) -> int:
        """The place of a character of the scene's text in the parsed text."""
        if self._pieces is None:
            return at
        here, there = self._pieces
        i = bisect_right(here, at) - 1
        return there[i] + at - here[i]

    def common_side(self) -> str | None:
        """The side that the report names most often in the lungs, the left one of two; None where it names none."""
        if self._common is None:
            named = [p.side for c in self.clauses if c.verdict >= SUSPECTED for p in c.of("lung")]
            left, right = named.count("left"), named.count("right")
            self._common = "" if not left and not right else "left" if left >= right else "right"
        return self._common or None

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
    text, pieces, borders = _compact(parsed)
    automaton, words = lexicon()
    # as Hit(...), without the detour over a function of its own: this is done for every word
    hits = [tuple.__new__(Hit, (start, end, words[number])) for start, end, number in automaton.find(text)]
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
    return Scene(parsed, text, clauses, kinds, pieces)


def _elsewhere(clause: Clause) -> bool:
    """'Besides, nodules are scattered': another place, although none is named."""
    return "subject" in clause.kinds and "lesion" in clause.kinds and clause.verdict >= SUSPECTED


def _compact(parsed: Parsed) -> tuple[str, tuple[list[int], list[int]] | None, list[Span]]:
    """The text without spaces, where its stretches begin in it and in the parsed text, and the sentences."""
    text = parsed.text
    if not _SPACE.search(text):
        return text, None, list(parsed.sentences)
    out: list[str] = []
    here: list[int] = []
    there: list[int] = []
    borders: list[Span] = []
    size = 0
    for start, end in parsed.sentences:
        begin, at = size, start
        for space in _SPACE.finditer(text, start, end):
            stop = space.start()
            out.append(text[at:stop])
            here.append(size)
            there.append(at)
            size += stop - at
            at = space.end()
        out.append(text[at:end])
        here.append(size)
        there.append(at)
        size += end - at
        borders.append((begin, size))
    return "".join(out), (here, there), borders
