"""A user's terminologies over our lexicons: their synonyms become forms of our concepts, their codes go to findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from jmid_nlp.findings.terms import Reader, concepts, forms_of, reader
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Code, Finding
from jmid_nlp.terminology import Terminology

_KINDS = ("observation", "anatomy")
_SHORTEST = 2  # characters of a synonym; shorter ones stand inside other words
_SHORTEST_LATIN = 6
_LINKS = ("", "の")


@lru_cache(maxsize=8)
def reader_with(terminologies: tuple[Terminology, ...]) -> Reader:
    """The reader that knows the synonyms of these terminologies, too.

    A name becomes a form of a concept where another name of its entry is a form of that concept and of no other.
    """
    more = synonyms(terminologies)
    return Reader(more) if more else reader()


def synonyms(terminologies: Iterable[Terminology]) -> dict[str, str]:
    """New forms, folded, with the id of the concept that each belongs to."""
    known: dict[str, str] = {}
    owned: dict[str, str] = {}
    for item in concepts().values():
        for form in forms_of(item.row):
            known.setdefault(form.lower(), item.id)
            if item.kind in _KINDS:
                owned.setdefault(form.lower(), item.id)
    found: dict[str, set[str]] = {}
    for terminology in terminologies:
        for entry in terminology.entries:
            names = [_key(n) for n in entry.names]
            owners = {owned[n] for n in names if n in owned}
            if len(owners) == 1:
                for name in names:
                    if name not in known and len(name) >= (_SHORTEST_LATIN if name.isascii() else _SHORTEST):
                        found.setdefault(name, set()).update(owners)
    return {name: next(iter(owners)) for name, owners in found.items() if len(owners) == 1}


@lru_cache(maxsize=8)
def _codes(terminologies: tuple[Terminology, ...]) -> tuple[dict[str, tuple[Code, ...]], dict[str, tuple[Code, ...]]]:
    """Codes by written name, and codes by concept where an entry is named as our concept is in English."""
    by_name: dict[str, list[Code]] = {}
    for terminology in terminologies:
        for entry in terminology.entries:
            for name in {_key(n) for n in entry.names}:
                by_name.setdefault(name, []).append(Code(terminology.system, entry.code))
    names = {k: tuple(dict.fromkeys(v)) for k, v in by_name.items()}
    shared = Counter(c.en.lower() for c in concepts().values() if c.kind == "observation")
    by_concept = {
        c.id: names[c.en.lower()]
        for c in concepts().values()
        if c.kind == "observation" and shared[c.en.lower()] == 1 and c.en.lower() in names
    }
    return names, by_concept


def _key(name: str) -> str:
    return fold(name.strip()).text.lower()


def coded(findings: Sequence[Finding], text: str, terminologies: tuple[Terminology, ...]) -> tuple[Finding, ...]:
    """The findings with their codes: by their words, with the place before them (胆嚢|結石) first, else by their concept.

    Args:
        findings: The findings of a report.
        text: The report.
        terminologies: Where the codes come from.
    """
    names, by_concept = _codes(terminologies)
    out = []
    for finding in findings:
        codes = next((names[k] for k in map(_key, _written(finding, text)) if k in names), ())
        rule = "name"
        if not codes:
            codes, rule = by_concept.get(finding.concept or "", ()), "concept"
        if codes:
            why = {**finding.why, "codes": f"{finding.start}:{finding.end} {rule}"}
            finding = replace(finding, codes=codes, why=why)
        out.append(finding)
    return tuple(out)


def _written(finding: Finding, text: str) -> Iterable[str]:
    """How a finding may be written as one name: with the place that touches it, then alone."""
    for site in finding.locations:
        if site.end <= finding.start and text[site.end : finding.start] in _LINKS:
            yield text[site.start : site.end] + finding.text
    yield finding.text
