"""Codes of what a finding says: those that DICOM PS3.16 lists where there is one, else the library's own ids."""

from __future__ import annotations

import itertools
import uuid
from functools import cache
from typing import NamedTuple

from jmid_nlp.errors import InputError, NotDeidentifiedError
from jmid_nlp.findings.terms import ancestors, concepts
from jmid_nlp.lexicon import read_table
from jmid_nlp.schema import DeidReport, Finding, SiteMention
from jmid_nlp.wording import concept_label, says, spoken

OWN = "99JMID"  # private scheme of DICOM; its values are the ids of the lexicons
_SPACE = uuid.UUID("5d0f9d0e-6a0b-5f7e-9b39-0d6f1d8a7c11")


class Coded(NamedTuple):
    """A code: its scheme as DICOM names it (`SCT`, `99JMID`), its value and what it means in English."""

    scheme: str
    value: str
    meaning: str


def finding_codes(finding: Finding, text: str) -> tuple[Coded, ...]:
    """The codes of a finding: that of PS3.16 first where there is one, then our own; none where its words do not say it.

    A narrower case without a code in PS3.16 takes that of the concept above it where the words say that (脊柱管|狭窄).

    Args:
        finding: The finding.
        text: The report's text.
    """
    words = spoken(finding, text)
    own = _codes(finding.concept) if says(words, finding.concept) else ()
    above = ancestors(finding.concept or "") if len(own) < 2 else ()
    return (*next((_codes(c)[:1] for c in above if len(_codes(c)) > 1 and says(words, c)), ()), *own)


def site_codes(site: SiteMention, laterality: str | None, text: str) -> tuple[Coded, ...]:
    """The codes of a site; where PS3.16 has only the site without its side, that one: the side is told beside it."""
    concept = site.site
    if concept is None:
        return ()
    written = [text[site.start : site.end]]
    own = _codes(concept)[-1]
    whole = concept.removeprefix(f"{laterality}_") if laterality else concept
    fitting = (c for name in (concept, whole) if says(written, name) for c in _codes(name) if c.scheme != OWN)
    return (*itertools.islice(fitting, 1), own)


def _codes(concept_id: str | None) -> tuple[Coded, ...]:
    found = concepts().get(concept_id or "")
    own = Coded(OWN, concept_id or "", concept_label(concept_id, japanese=False))
    keyword = found.row.get("pydicom") if found else None
    return (_snomed(keyword), own) if keyword else (own,)


def code_of(group: str, name: str) -> Coded:
    """The code of a side, a certainty or the name of a measurement; see `lexicons/codes.tsv`."""
    return _snomed(_keywords()[group, name])


@cache
def _keywords() -> dict[tuple[str, str], str]:
    return {(r["group"], r["id"]): r["keyword"] for r in read_table("codes.tsv", ("group", "id", "keyword"))}


@cache
def _snomed(keyword: str) -> Coded:
    from pydicom.sr.codedict import codes

    found = getattr(codes.SCT, keyword)
    return Coded(found.scheme_designator, found.value, found.meaning)


def axes(size: tuple[float, ...]) -> list[tuple[str, float]]:
    """The names of a size's dimensions in mm, for `code_of("name", …)`: the longest is the long axis."""
    names = ("long", "short", "depth") if len(size) > 1 else ("length",)
    return list(zip(names, sorted(size, reverse=True), strict=False))


def stable_uuid(*parts: object) -> uuid.UUID:
    """A UUID that the same parts always give."""
    return uuid.uuid5(_SPACE, "\x1f".join(map(str, parts)))


def checked(report: DeidReport, findings: tuple[Finding, ...]) -> None:
    """Refuse what must not be written for others.

    Raises:
        NotDeidentifiedError: The report is no `DeidReport`.
        InputError: A finding lies outside the report's text.
    """
    if not isinstance(report, DeidReport):
        raise NotDeidentifiedError(
            "only findings of de-identified reports are written for others: call deidentify() first, and read the findings "
            "of what it gives, as in findings(safe[0]) or extract(safe)"
        )
    if any(f.end > len(report.text) or report.text[f.start : f.end] == "" for f in findings):
        raise InputError("a finding lies outside the report's text; give the findings that were read from this report")
