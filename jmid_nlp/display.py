"""How reports, findings, alignments and datasets look in a notebook and on pages: escaped, light and dark, nothing external."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from typing import Any

from jmid_nlp.schema import AnnotationRecord, Edit, Extraction, Finding, Identifier, Link
from jmid_nlp.view import (
    SHOWN_REPORTS,
    Content,
    Mark,
    View,
    anchors_of,
    content_of,
    edit_marks,
    finding_marks,
    marks_of,
)
from jmid_nlp.wording import Word, advice, change, count, images, looks, sites, sizes, words

__all__ = [
    "Mark",
    "Shown",
    "anchors_of",
    "edit_marks",
    "finding_marks",
    "findings_table",
    "marked_text",
    "report_html",
    "style",
]

_SHOWN = 200  # rows of a table in a notebook
_outputs = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of HTML that a notebook shows."""

    html: str = field(repr=False)

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<HTML of {len(self.html)} characters; show it in a notebook, or write its .html to a file>"


def style(rows: int = 0) -> str:
    """The style sheet as a `<style>` element; colours follow the reader's light or dark setting.

    Args:
        rows: Number of findings in the longest table below: pointing at a row lights up its words, and the reverse.
    """
    lit = "".join(
        f".jmid-view:has(.jr{n}:hover) .jf{n}{{outline:2px solid currentColor}}"
        f".jmid-view:has(.jf{n}:hover) .jr{n}{{background:var(--lit)}}"
        for n in range(min(rows, _SHOWN))
    )
    return f"<style>{files('jmid_nlp').joinpath('display.css').read_text(encoding='utf-8')}{lit}</style>"


def marked_text(text: str, marks: Iterable[Mark]) -> str:
    """Text as HTML with marks around its spans. Of overlapping marks the first and longest is drawn."""
    parts, at = [], 0
    for mark in sorted(marks, key=lambda m: (m.start, -m.end)):
        if mark.start < at or mark.end > len(text) or mark.start >= mark.end:
            continue
        parts.append(escape(text[at : mark.start]))
        anchor = f' id="{escape(mark.anchor)}"' if mark.anchor else ""
        names = " ".join((mark.kind, *(f"jf{n}" for n in mark.rows)))
        tag = f'<mark class="{escape(names)}" title="{escape(mark.title)}"{anchor}>'
        parts.append(f"{tag}{escape(text[mark.start : mark.end])}</mark>")
        at = mark.end
    parts.append(escape(text[at:]))
    return f'<div class="jmid-text" lang="ja">{"".join(parts)}</div>'


def legend(marks: Iterable[Mark]) -> str:
    """What the marks that occur mean, in both languages."""
    found = list(dict.fromkeys(m.kind for m in marks))
    known = {f"jmid-{name}": word for (group, name), word in words().items() if group in _LEGEND}
    items = [(kind, word) for kind, word in known.items() if kind in found]
    shown = "".join(f'<span><mark class="{kind}">{escape(w.ja)}</mark> {escape(w.en)}</span>' for kind, w in items)
    return f'<p class="jmid-legend">{shown}</p>' if shown else ""


_LEGEND = ("identifier", "certainty", "entity")


def report_html(
    text: str,
    *,
    title: str = "",
    identifiers: Iterable[Identifier] = (),
    extraction: Extraction | None = None,
    links: Sequence[Link] = (),
    edits: Iterable[Edit] = (),
    styled: bool = True,
) -> str:
    """One report: its text with identifiers, entities and findings marked, and below the findings as a table.

    Args:
        text: The report's text; all spans are offsets into it.
        title: Heading.
        identifiers: Identifiers to mark; they win over findings where both would stand.
        extraction: Entities and findings to mark and list.
        links: Alignment of the findings with annotations.
        edits: Replacements, to mark what was put in.
        styled: False where the page has the style sheet already.
    """
    found = extraction or Extraction("")
    view = View(text, title, tuple(identifiers), tuple(edits), found.entities, found.findings, found.tnm)
    return _output([view_html(view, prefix=_prefix(text, title), links=links)], rows=len(view.findings), styled=styled)


def view_html(view: View, *, prefix: str = "", links: Sequence[Link] | None = None) -> str:
    """The inside of a report's output, without a style sheet.

    Args:
        view: The report.
        prefix: Put before anchors; another one for each output.
        links: The pairs to list in the table; those of the view's alignment where it is None.
    """
    marks = marks_of(view, prefix=prefix)
    body = f'<h3 class="jmid-title">{escape(view.title)}</h3>' if view.title else ""
    body += legend(marks) + marked_text(view.text, marks) if view.text else ""
    if view.findings:
        links = view.links if links is None else links
        text = view.text or None
        body += findings_table(view.findings, links=links, text=text, anchors=anchors_of(marks))
    if view.tnm is not None and any((view.tnm.T, view.tnm.N, view.tnm.M)):
        stage = " ".join(v for v in (view.tnm.T, view.tnm.N, view.tnm.M) if v)
        body += f'<p class="jmid-note">TNM {escape(stage)} (UICC {view.tnm.edition})</p>'
    return f'<div class="jmid-view">{body}</div>'


def _prefix(*content: str) -> str:
    """A prefix for anchors that no other output of the notebook has: of its content, and of its place in the session."""
    digest = hashlib.sha256("\0".join(content).encode("utf-8", "replace")).hexdigest()[:8]
    return f"j{digest}-{next(_outputs)}-"


def _output(parts: Iterable[str], *, rows: int = 0, styled: bool = True) -> str:
    return f'{style(rows) if styled else ""}<section class="jmid">{"".join(parts)}</section>'


def findings_table(
    findings: Sequence[Finding],
    *,
    links: Sequence[Link] = (),
    prefix: str = "",
    text: str | None = None,
    anchors: Mapping[int, str] | None = None,
) -> str:
    """Findings as a table: the first column links to the words in the text, the last one names the matched annotations.

    Args:
        findings: The findings; each is a row.
        links: Pairs of findings and annotations.
        prefix: What stands before the anchors `f0`, `f1`, … of the marks in the text.
        text: The text, where sites are to be shown in its words.
        anchors: The anchor of each finding by its number, where they are not `f0`, `f1`, …; findings without one get no link.
    """
    lines = []
    for number, finding in enumerate(findings):
        anchor = f"{prefix}f{number}" if anchors is None else anchors.get(number)
        said = escape(finding.text)
        mine = [link for link in links if (link.start, link.end) == (finding.start, finding.end)]
        lines.append(
            {
                "finding": f'<a href="#{escape(anchor)}">{said}</a>' if anchor else said,
                "certainty": f'<span class="jmid-{finding.certainty}">{finding.certainty}</span>',
                "site": f'<span title="{escape(sites(finding))}">{escape(sites(finding, text))}</span>',
                "side": finding.laterality or "",
                "size": escape(sizes(finding.sizes_mm)),
                "change": _change(finding),
                "images": escape(images(finding.image_refs)),
                "looks": escape(
                    " ".join(w for w in (f"n = {count(finding)}" if finding.number else "", looks(finding)) if w)
                ),
                "advice": escape(advice(finding.recommendation)),
                "codes": escape(", ".join(f"{c.system} {c.code}" for c in finding.codes)),
                "annotation": escape("; ".join(f"{m.annotation_id} ({m.score:.2f}: {', '.join(m.why)})" for m in mine)),
            }
        )
    return _findings_rows(lines)


_ALWAYS = ("finding", "certainty", "site", "side", "size", "change")


def _findings_rows(lines: Sequence[Mapping[str, str]]) -> str:
    """Rows without the columns that are empty in all of them; the usual ones stay."""
    names = [n for n in (lines[0] if lines else ()) if n in _ALWAYS or any(line[n] for line in lines)]
    body = [
        f'<tr class="jr{n}">' + "".join(f'<td class="{_width(name)}">{line[name]}</td>' for name in names) + "</tr>"
        for n, line in enumerate(lines)
    ]
    return _table([_heading(words()["column", name]) for name in names], body)


def _width(column: str) -> str:
    return "jmid-long" if column in ("looks", "advice", "annotation") else "jmid-short"


def _change(finding: Finding) -> str:
    sign = words()["change", finding.change].sign if finding.change else ""
    return escape(f"{sign} {change(finding)}".strip())


def _heading(word: Word) -> str:
    return f"<th>{escape(word.ja)}<small>{escape(word.en)}</small></th>"


def _table(head: Iterable[str], rows: Sequence[str]) -> str:
    more = f'<p class="jmid-note">{len(rows) - _SHOWN} more rows</p>' if len(rows) > _SHOWN else ""
    body = "".join(rows[:_SHOWN])
    return f'<div class="jmid-wide"><table><thead><tr>{"".join(head)}</tr></thead><tbody>{body}</tbody></table></div>{more}'


def html_of(source: Any) -> str:
    """A record, table, dataset or text as a notebook shows it; see `view.content_of`."""
    return dataset_html(source.manifest) if hasattr(source, "manifest") else content_html(content_of(source))


def content_html(content: Content) -> str:
    """Reports, each under a heading that opens it where there are several, or rows as a table."""
    if content.total == 0:
        return summary_html(content.title, content.rows)
    draw = alignment_html if content.paired else view_html
    shown = list(itertools.islice(content.views, SHOWN_REPORTS))
    parts = [_note(content.title)] if content.title else []
    for n, (heading, view) in enumerate(shown):
        inside = draw(view, prefix=_prefix(view.text, view.title))
        opened = " open" if n == 0 else ""
        parts.append(f"<details{opened}><summary>{escape(heading)}</summary>{inside}</details>" if heading else inside)
    if content.total > len(shown):
        parts.append(_note(f"{content.total - len(shown)} more reports"))
    return _output(parts, rows=max((len(v.findings) for _, v in shown), default=0))


def _note(text: str) -> str:
    return f'<p class="jmid-note">{escape(text)}</p>'


def summary_html(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of scalars as a table under a title."""
    names = list(dict.fromkeys(k for row in rows[:_SHOWN] for k in row))
    lines = [
        "<tr>" + "".join(f"<td>{escape(str(row.get(n, '')))}</td>" for n in names) + "</tr>" for row in rows[:_SHOWN]
    ]
    more = [_note(f"{len(rows) - _SHOWN} more rows")] if len(rows) > _SHOWN else []
    return _output([_note(title), _table([f"<th>{escape(n)}</th>" for n in names], lines), *more])


def alignment_html(view: View, *, prefix: str = "") -> str:
    """One study: its text beside its annotations; pointing at either half of a pair lights up the other."""
    marks = marks_of(view, prefix=prefix)
    anchors = anchors_of(marks)
    numbers = {(f.start, f.end): n for n, f in reversed(list(enumerate(view.findings)))}
    known = {a.annotation_id: a for a in view.annotations}

    def words_at(start: int, end: int) -> tuple[str, str]:
        """The finding there as a link to its mark, and the class of its row."""
        number = numbers.get((start, end))
        said, anchor = escape(view.text[start:end] or f"{start}–{end}"), anchors.get(-1 if number is None else number)
        row = "" if number is None else f" jr{number}"
        return (f'<a href="#{escape(anchor)}">{said}</a>' if anchor else said), row

    cards = []
    for link in view.links:
        said, row = words_at(link.start, link.end)
        cards.append(
            f'<li class="jmid-card{row}"><span class="jmid-score" style="--share:{link.score:.2f}">{link.score:.2f}</span>'
            f"{said} ↔ {_annotation(link.annotation_id, known)}"
            f"<small>{'' if link.decision == 'accept' else 'to review: '}{escape(', '.join(link.why))}</small></li>"
        )
    reasons = view.alignment.abstained if view.alignment else {}
    for name in view.alignment.unmatched_annotations if view.alignment else ():
        why = escape(reasons.get(name, "no finding fits"))
        cards.append(
            f'<li class="jmid-card jmid-alone">{_annotation(name, known)}<small>not matched: {why}</small></li>'
        )
    for start, end in view.alignment.unmatched_findings if view.alignment else ():
        said, row = words_at(start, end)
        cards.append(f'<li class="jmid-card jmid-alone{row}">{said}<small>finding without annotation</small></li>')
    text = f"<div>{legend(marks)}{marked_text(view.text, marks)}</div>" if view.text else ""
    return f'<div class="jmid-view jmid-pair">{text}<ul>{"".join(cards)}</ul></div>'


def _annotation(name: str, known: Mapping[str, AnnotationRecord]) -> str:
    mark = known.get(name)
    if mark is None:
        return f"<b>{escape(name)}</b>"
    place = "/".join(str(v) for v in (mark.series_number, mark.image_number or mark.image_range) if v is not None)
    about = (mark.label, mark.anatomy, mark.laterality, sizes([mark.size_mm]) if mark.size_mm else None, place)
    return f"<b>{escape(name)}</b> {escape(' · '.join(a for a in about if a))}"


def dataset_html(manifest: Mapping[str, Any]) -> str:
    """What a dataset holds, from its manifest: splits, labels, how it came about."""
    splits = manifest["splits"]
    most = max((c["rows"] for c in splits.values()), default=0)
    head = [_heading(words()["figure", n]) for n in ("splits", "patients", "reports", "rows")]
    rows = [
        f"<tr><td>{escape(name)}</td><td>{c['patients']}</td><td>{c['reports']}</td><td>{_bar(c['rows'], most)}</td></tr>"
        for name, c in splits.items()
    ]
    parts = [_note(f"dataset, task {manifest['task']}"), _table(head, rows)]
    labels = manifest.get("labels") or {}
    if labels:
        most = max(n for values in labels.values() for n in values.values())
        lines = [
            f"<tr><td>{escape(column) if first else ''}</td><td>{escape(value)}</td><td>{_bar(n, most)}</td></tr>"
            for column, values in labels.items()
            for first, (value, n) in zip(
                itertools.chain((True,), itertools.repeat(False)), values.items(), strict=False
            )
        ]
        head = [_heading(words()["figure", "labels"]), "<th></th>", _heading(words()["figure", "count"])]
        parts.append(f"<details open><summary>{len(labels)} labels</summary>{_table(head, lines)}</details>")
    facts = {**manifest.get("versions", {}), **manifest.get("deidentification", {}), **manifest.get("flow", {})}
    said = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in facts.items())
    parts.append(f"<details><summary>provenance</summary>{_note(said)}</details>")
    return _output(parts)


def _bar(value: int, most: int) -> str:
    return f'<span class="jmid-bar" style="--share:{value / (most or 1):.3f}">{value}</span>'
