"""`Parsed`: a report as the findings layer looks at it, computed once and read by every later step."""

from __future__ import annotations

from dataclasses import dataclass, field

from jmid_nlp.findings.terms import Term, reader
from jmid_nlp.offsets import Folded, OffsetMap, Span
from jmid_nlp.text.lines import unwrap
from jmid_nlp.text.sections import Section, sections
from jmid_nlp.text.sentences import sentences

__all__ = ["Parsed", "Term", "parse"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """One text in the two forms that matter, with what is known about it before any interpretation.

    `source` is the original; `text` is folded and without hard line breaks inside sentences. `sentences`, `sections` and
    `terms` are in the indices of `text`; `span` leads back to the original.
    """

    source: str = field(repr=False)
    text: str = field(repr=False)
    map: OffsetMap = field(repr=False)
    sentences: list[Span]
    sections: list[Section]
    terms: list[Term] = field(repr=False)

    def span(self, start: int, end: int) -> Span:
        """The span of the original text for `[start, end)` of the folded text."""
        return self.map.to_source(start, end)


def parse(source: str) -> Parsed:
    """Folds a report, joins its broken lines and finds its sentences, sections and known words.

    Args:
        source: The report's text, any layout.
    """
    folded: Folded = unwrap(source)
    text = folded.text
    return Parsed(source, text, folded.map, sentences(text), sections(text), reader().read(text))
