"""What is known of a finding in short phrases, as tables, tooltips and figures show it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from jmid_nlp.schema import Attribute, Finding, ImageRef, Recommendation


class Word(NamedTuple):
    """A value's labels in both languages and the sign that tells it apart without colour."""

    ja: str
    en: str
    sign: str


@cache
def words() -> dict[tuple[str, str], Word]:
    """`(group, id)` to the words of `lexicons/display.tsv`."""
    from jmid_nlp.lexicon import read_table

    rows = read_table("display.tsv", ("group", "id", "ja", "en", "sign"))
    return {(row["group"], row["id"]): Word(row["ja"], row["en"], row["sign"]) for row in rows}


def concept_label(concept_id: str | None, *, japanese: bool = True) -> str:
    """The label of a concept of the lexicons; its id where the lexicons do not know it, empty for None."""
    from jmid_nlp.findings.terms import concepts

    found = concepts().get(concept_id or "")
    if found is None:
        return (concept_id or "").replace("_", " ")
    return found.ja if japanese else found.en or found.id.replace("_", " ")


def says(words: Iterable[str], concept_id: str | None) -> bool:
    """Whether one of the words holds a label of the concept, in either language.

    A concept of the lexicons gathers what is handled alike, also diseases with names of their own. Its label may stand for
    a mention towards other systems only where the mention's own words hold it.
    """
    from jmid_nlp.findings.terms import concepts

    found = concepts().get(concept_id or "")
    if found is None:
        return False
    labels = [_plain(label) for label in (found.ja, found.en, *found.row.get("abbr", "").split("|")[:1]) if label]
    return any(label in _plain(word) for word in words for label in labels)


def _plain(text: str) -> str:
    from jmid_nlp.offsets import fold

    return "".join(fold(text).text.split()).lower()


def spoken(finding: Finding, text: str) -> list[str]:
    """The words of a finding: its own, and behind those of each site, since 胆嚢|結石 is written apart."""
    return [finding.text, *(text[s.start : s.end] + finding.text for s in finding.locations)]


def finding_title(finding: Finding) -> str:
    """One line that says what is known of a finding."""
    parts = [finding.text, finding.certainty, finding.laterality or "", sizes(finding.sizes_mm)]
    parts += [finding.change or "", count(finding), looks(finding), advice(finding.recommendation)]
    return " / ".join(p for p in parts if p)


def sizes(values: Iterable[Sequence[float]]) -> str:
    """Sizes as a reader writes them: `12 × 8 mm, 5 mm`."""
    return ", ".join(" × ".join(f"{v:g}" for v in size) + " mm" for size in values)


def change(finding: Finding) -> str:
    """How it changed: `increased (8 mm) since 2024-03-01`."""
    prior = f"({sizes(finding.prior_sizes_mm)})" if finding.prior_sizes_mm else ""
    since = f"since {finding.compared_to.date}" if finding.compared_to and finding.compared_to.date else ""
    return " ".join(p for p in (finding.change or "", prior, since) if p)


def sites(finding: Finding, text: str | None = None) -> str:
    """Where it is: the words of the text where it is given, else the ids of the sites."""
    if text is not None:
        return ", ".join(dict.fromkeys(text[s.start : s.end] for s in finding.locations))
    return ", ".join(dict.fromkeys(s.site for s in finding.locations if s.site))


def images(refs: Iterable[ImageRef]) -> str:
    """Series and image of each reference: `5/88, –/12`."""
    return ", ".join(f"{r.series or '–'}/{r.image if r.image is not None else '–'}" for r in refs)


def count(finding: Finding) -> str:
    """How many there are: `3`, `2–3`, `≥ 10`; empty where the text states no number."""
    number = finding.number
    if number is None:
        return ""
    if number.low == number.high:
        return str(number.low)
    return f"≥ {number.low}" if number.high is None else f"{number.low or ''}–{number.high}"


def looks(finding: Finding) -> str:
    """How a finding looks, in words: `high signal (T2WI), no enhancement, maximum SUV 8.2`."""
    return ", ".join(map(look, finding.attributes))


def look(item: Attribute) -> str:
    """One attribute in words."""
    from jmid_nlp.findings.marks import labels

    kind = "measure" if item.kind == "value" else item.kind
    word = labels().get((kind, item.value), labels().get(("quality", item.value), ("", "")))[1]
    numbers = "–".join(f"{n:g}" for n in item.numbers)
    parts = [word or item.value.replace("_", " "), numbers, (item.unit or "") if item.numbers else ""]
    beside = ", ".join(w for w in (item.sequence, item.phase, item.part, "prior" if item.prior else None) if w)
    return ("" if item.present else "no ") + " ".join(w for w in parts if w) + (f" ({beside})" if beside else "")


def advice(found: Iterable[Recommendation]) -> str:
    """What is advised: `follow up, ct (6か月後)`, `workup not needed`."""
    out = []
    for item in found:
        what = ", ".join(w for w in (item.action.replace("_", " "), item.modality or "") if w)
        time = f" ({item.interval_text})" if item.interval_text else ""
        out.append(f"{what}{time}{'' if item.needed else ' not needed'}{' if needed' if item.conditional else ''}")
    return "; ".join(out)


def iso_date(value: object) -> str | None:
    """A date `YYYY`, `YYYY-MM` or `YYYY-MM-DD` that exists; else None: reports hold mistyped ones."""
    text = str(value or "")
    try:
        datetime.date.fromisoformat(text + "-01-01"[len(text) - 4 :] if len(text) in (4, 7) else text)
    except ValueError:
        return None
    return text if len(text) in (4, 7, 10) else None
