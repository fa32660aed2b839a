"""How reports, findings and alignments look in a notebook and on the demo's page: escaped HTML, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

from jmid_nlp.schema import Attribute, DeidReport, Extraction, Finding, Identifier, Link, Recommendation

_SHOWN = 200  # rows of a table in a notebook


@dataclass(frozen=True, slots=True)
class Mark:
    """A coloured stretch of text: its class in the style sheet and what stands in its tooltip."""

    start: int
    end: int
    kind: str
    title: str
    anchor: str = ""


def style() -> str:
    """The style sheet as a `<style>` element; colours follow the reader's light or dark setting."""
    return f"<style>{files('jmid_nlp').joinpath('display.css').read_text(encoding='utf-8')}</style>"


def marked_text(text: str, marks: Iterable[Mark]) -> str:
    """Text as HTML with marks around its spans. Of overlapping marks the first and longest is drawn."""
    parts, at = [], 0
    for mark in sorted(marks, key=lambda m: (m.start, -m.end)):
        if mark.start < at or mark.end > len(text) or mark.start >= mark.end:
            continue
        parts.append(escape(text[at : mark.start]))
        anchor = f' id="{escape(mark.anchor)}"' if mark.anchor else ""
        tag = f'<mark class="{escape(mark.kind)}" title="{escape(mark.title)}"{anchor}>'
        parts.append(f"{tag}{escape(text[mark.start : mark.end])}</mark>")
        at = mark.end
    parts.append(escape(text[at:]))
    return f'<div class="jmid-text" lang="ja">{"".join(parts)}</div>'


def identifier_marks(identifiers: Iterable[Identifier]) -> list[Mark]:
    """Marks for identifiers in the original text."""
    return [
        Mark(i.start, i.end, "jmid-phi", f"{i.category} / {i.subtype} ({i.detector}, {i.score:.2f})")
        for i in identifiers
    ]


def edit_marks(report: DeidReport) -> list[Mark]:
    """Marks for what was put in place of identifiers, in the new text."""
    return [
        Mark(
            e.new_start, e.new_end, "jmid-new", f"{e.category} / {e.subtype}: {e.action} ({e.detector}, {e.score:.2f})"
        )
        for e in report.edits
    ]


def finding_marks(findings: Sequence[Finding], *, prefix: str = "") -> list[Mark]:
    """Marks for findings, coloured by certainty, with an anchor that the table links to."""
    return [
        Mark(f.start, f.end, f"jmid-{f.certainty}", finding_title(f), f"{prefix}f{n}") for n, f in enumerate(findings)
    ]


def finding_title(finding: Finding) -> str:
    """One line that says what is known of a finding."""
    parts = [finding.concept or finding.text, finding.certainty, finding.laterality or "", sizes(finding.sizes_mm)]
    parts += [finding.change or "", count(finding), looks(finding), advice(finding.recommendation)]
    return " / ".join(p for p in parts if p)


def sizes(values: Iterable[Sequence[float]]) -> str:
    """Sizes as a reader writes them: `12 × 8 mm, 5 mm`."""
    return ", ".join(" × ".join(f"{v:g}" for v in size) + " mm" for size in values)


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
    return ", ".join(map(_look, finding.attributes))


def _look(item: Attribute) -> str:
    from jmid_nlp.findings.marks import labels

    kind = "measure" if item.kind == "value" else item.kind
    word = labels().get((kind, item.value), labels().get(("quality", item.value), ("", "")))[1]
    numbers = "–".join(f"{n:g}" for n in item.numbers)
    words = [word or item.value.replace("_", " "), numbers, (item.unit or "") if item.numbers else ""]
    beside = ", ".join(w for w in (item.sequence, item.phase, item.part, "prior" if item.prior else None) if w)
    return ("" if item.present else "no ") + " ".join(w for w in words if w) + (f" ({beside})" if beside else "")


def advice(found: Iterable[Recommendation]) -> str:
    """What is advised: `follow up, ct (6か月後)`, `workup not needed`."""
    out = []
    for item in found:
        words = ", ".join(w for w in (item.action.replace("_", " "), item.modality or "") if w)
        time = f" ({item.interval_text})" if item.interval_text else ""
        out.append(f"{words}{time}{'' if item.needed else ' not needed'}{' if needed' if item.conditional else ''}")
    return "; ".join(out)


def report_html(
    text: str,
    *,
    title: str = "",
    identifiers: Iterable[Identifier] = (),
    extraction: Extraction | None = None,
    links: Sequence[Link] = (),
    styled: bool = True,
) -> str:
    """One report: its text with identifiers and findings marked, and below the findings as a table.

    Args:
        text: The report's text; all spans are offsets into it.
        title: Heading.
        identifiers: Identifiers to mark; they win over findings where both would stand.
        extraction: Findings to mark and list.
        links: Alignment of the findings with annotations.
        styled: False where the page has the style sheet already.
    """
    findings = extraction.findings if extraction else ()
    phi = identifier_marks(identifiers)
    marks = phi + [m for m in finding_marks(findings) if not any(p.start < m.end and m.start < p.end for p in phi)]
    body = marked_text(text, marks)
    if findings:
        body += findings_table(findings, links=links)
    heading = f"<h3>{escape(title)}</h3>" if title else ""
    return f'{style() if styled else ""}<section class="jmid">{heading}{body}</section>'


def findings_table(findings: Sequence[Finding], *, links: Sequence[Link] = (), prefix: str = "") -> str:
    """Findings as a table: the first column links to the words in the text, the last one names the matched annotations."""
    rows = []
    for number, finding in enumerate(findings):
        mine = [link for link in links if (link.start, link.end) == (finding.start, finding.end)]
        cells = [
            f'<a href="#{prefix}f{number}">{escape(finding.text)}</a>',
            f'<span class="jmid-{finding.certainty}">{finding.certainty}</span>',
            escape(", ".join(dict.fromkeys(site.site for site in finding.locations if site.site))),
            finding.laterality or "",
            escape(sizes(finding.sizes_mm)),
            escape(
                " ".join(
                    p
                    for p in (
                        finding.change or "",
                        f"({sizes(finding.prior_sizes_mm)})" if finding.prior_sizes_mm else "",
                        f"since {finding.compared_to.date}" if finding.compared_to and finding.compared_to.date else "",
                    )
                    if p
                )
            ),
            escape(
                ", ".join(f"{r.series or '–'}/{r.image if r.image is not None else '–'}" for r in finding.image_refs)
            ),
            escape(" ".join(w for w in (f"n = {count(finding)}" if finding.number else "", looks(finding)) if w)),
            escape(advice(finding.recommendation)),
            escape("; ".join(f"{m.annotation_id} ({m.score:.2f}: {', '.join(m.why)})" for m in mine)),
        ]
        rows.append("<tr>" + "".join(f"<td>{c}</td>" for c in cells) + "</tr>")
    names = (
        "finding",
        "certainty",
        "site",
        "side",
        "size",
        "change (prior)",
        "series/image",
        "looks",
        "advice",
        "annotation",
    )
    return _table(names, rows)


def _table(names: Iterable[str], rows: Sequence[str]) -> str:
    head = "".join(f"<th>{escape(n)}</th>" for n in names)
    more = f'<p class="jmid-note">{len(rows) - _SHOWN} more rows</p>' if len(rows) > _SHOWN else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows[:_SHOWN])}</tbody></table>{more}"


def findings_html(findings: Iterable[Finding]) -> str:
    """Findings as a notebook shows them."""
    return f'{style()}<section class="jmid">{findings_table(list(findings))}</section>'


def summary_html(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of scalars as a table under a title."""
    names = list(dict.fromkeys(k for row in rows[:_SHOWN] for k in row))
    lines = ["<tr>" + "".join(f"<td>{escape(str(row.get(n, '')))}</td>" for n in names) + "</tr>" for row in rows]
    return f'{style()}<section class="jmid"><p class="jmid-note">{escape(title)}</p>{_table(names, lines)}</section>'


def deid_html(reports: Iterable[DeidReport]) -> str:
    """De-identified reports with what was put in marked; the first ones only."""
    shown = [
        f"<details{' open' if n == 0 else ''}><summary>{escape(r.report_id)}: {len(r.edits)} replaced</summary>"
        f"{marked_text(r.text, edit_marks(r))}</details>"
        for n, r in enumerate(reports)
        if n < _SHOWN
    ]
    return f'{style()}<section class="jmid">{"".join(shown)}</section>'


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of HTML that a notebook shows."""

    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<HTML of {len(self.html)} characters; show it in a notebook, or write its .html to a file>"
