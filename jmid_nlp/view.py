"""What is to be shown, before it becomes HTML or a terminal's text: `View`, one report with its marks; `Content`, several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jmid_nlp.errors import InputError
from jmid_nlp.schema import (
    Alignment,
    AnnotationRecord,
    DeidReport,
    Edit,
    Entity,
    Extraction,
    Finding,
    Identifier,
    Link,
    Report,
    Staging,
)
from jmid_nlp.wording import finding_title, words

# Types of PRISM that a reader need not tell apart.
_GROUPS = {"t-test": "test", "t-key": "test", "t-val": "test", "m-key": "medicine", "m-val": "medicine"}
_GROUPS |= {"r": "remedy", "cc": "context", "p": "context"}
SHOWN_REPORTS = 20  # reports of a table that are shown
KINDS: tuple[str, ...] = ("phi", "new", "positive", "suspicious", "negative", "general")
KINDS += ("d", "a", "f", "c", "timex3", "test", "medicine", "remedy", "context")


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked stretch of text.

    Attributes:
        start: First character.
        end: One past the last character.
        kind: Class in the style sheet: `jmid-` and one of `KINDS`.
        title: What stands in its tooltip.
        anchor: Its id on the page; empty for none.
        rows: Numbers of the findings that it stands for.
    """

    start: int
    end: int
    kind: str
    title: str
    anchor: str = ""
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """One text and all that is shown with it; every offset is one of `text`."""

    text: str = field(repr=False)
    title: str = ""
    identifiers: tuple[Identifier, ...] = ()
    edits: tuple[Edit, ...] = ()
    entities: tuple[Entity, ...] = ()
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    tnm: Staging | None = field(default=None, repr=False)
    alignment: Alignment | None = None
    annotations: tuple[AnnotationRecord, ...] = field(default=(), repr=False)

    @property
    def links(self) -> tuple[Link, ...]:
        """The pairs of its alignment."""
        return self.alignment.pairs if self.alignment else ()


@dataclass(frozen=True, slots=True)
class Content:
    """What an object of this library shows of itself.

    Attributes:
        title: One line that names it, without text of reports.
        views: A heading and a view for each report; made as they are asked for.
        total: How many reports there are.
        rows: Rows of a table where it is no set of reports.
        paired: Whether annotations stand beside the texts.
    """

    title: str = ""
    views: Iterable[tuple[str, View]] = field(default=(), repr=False)
    total: int = 0
    rows: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    paired: bool = False


def content_of(source: Any, *, identifiers: bool = True) -> Content:
    """What a text, a record, a table, a dataset or a spaCy Doc shows of itself.

    Raises:
        InputError: There is nothing that could be shown.
    """
    if hasattr(source, "_content"):  # the tables of this library
        content: Content = source._content()
        return content
    if hasattr(source, "manifest"):  # a dataset
        rows = [{"split": name, **counts} for name, counts in source.manifest["splits"].items()]
        return Content(f"dataset, task {source.manifest['task']}", rows=rows)
    if isinstance(source, Alignment):
        return Content(views=[("", View("", source.study_id, alignment=source))], total=1, paired=True)
    if isinstance(source, Finding | Extraction):
        findings = source.findings if isinstance(source, Extraction) else (source,)
        return Content(views=[("", View("", findings=findings))], total=1)
    return Content(views=[("", view_of(source, identifiers=identifiers))], total=1)


def view_of(source: Any, *, identifiers: bool = True) -> View:
    """The view of a text, report or spaCy Doc: its identifiers and findings are looked for now.

    Args:
        source: A `Report`, `DeidReport`, text or Doc.
        identifiers: False to leave identifiers unmarked; they are never looked for in a `DeidReport`.
    """
    from jmid_nlp.findings.extract import extract

    text = source if isinstance(source, str) else getattr(source, "text", None)
    if not isinstance(text, str):
        raise InputError(f"one text, report, Doc or table of them is wanted, not {type(source).__name__}")
    found = extract(text)
    safe = isinstance(source, DeidReport)
    if identifiers and not safe:
        from jmid_nlp.deid.detect import detect

        spans = detect(text, known=source if isinstance(source, Report) else None)
    else:
        spans = ()
    return View(
        text,
        title=getattr(source, "report_id", ""),
        identifiers=spans,
        edits=source.edits if isinstance(source, DeidReport) else (),
        entities=found.entities,
        findings=found.findings,
        tnm=found.tnm,
    )


def marks_of(view: View, *, prefix: str = "") -> list[Mark]:
    """The marks of a view, none over another: identifiers win over findings, findings over what was put in and entities.

    Args:
        view: The view.
        prefix: Put before the anchors, so that two views on one page do not collide.
    """
    layers = (
        identifier_marks(view.identifiers),
        finding_marks(view.findings, prefix=prefix),
        edit_marks(view.edits),
        entity_marks(view.entities),
    )
    out: list[Mark] = []
    taken = bytearray(len(view.text))
    for mark in (m for layer in layers for m in layer):
        if mark.start < mark.end <= len(taken) and not any(taken[mark.start : mark.end]):
            taken[mark.start : mark.end] = b"\1" * (mark.end - mark.start)
            out.append(mark)
    return sorted(out, key=lambda m: m.start)


def anchors_of(marks: Iterable[Mark]) -> dict[int, str]:
    """The anchor of each finding that is marked, by its number."""
    return {n: m.anchor for m in marks for n in m.rows}


def identifier_marks(identifiers: Iterable[Identifier]) -> list[Mark]:
    """Marks for identifiers in the original text."""
    return [
        Mark(i.start, i.end, "jmid-phi", f"{i.category} / {i.subtype} ({i.detector}, {i.score:.2f})")
        for i in identifiers
    ]


def edit_marks(edits: Iterable[Edit]) -> list[Mark]:
    """Marks for what was put in place of identifiers, in the new text."""
    return [
        Mark(
            e.new_start, e.new_end, "jmid-new", f"{e.category} / {e.subtype}: {e.action} ({e.detector}, {e.score:.2f})"
        )
        for e in edits
        if e.new_start < e.new_end
    ]


def finding_marks(findings: Sequence[Finding], *, prefix: str = "") -> list[Mark]:
    """Marks for findings by certainty, with an anchor; findings whose words overlap share the mark of the first."""
    out: list[Mark] = []
    for number in sorted(range(len(findings)), key=lambda n: (findings[n].start, -findings[n].end)):
        finding = findings[number]
        if out and finding.start < out[-1].end:
            last = out[-1]
            title = f"{last.title}\n{finding_title(finding)}"
            out[-1] = Mark(last.start, last.end, last.kind, title, last.anchor, (*last.rows, number))
            continue
        kind, title = f"jmid-{finding.certainty}", finding_title(finding)
        out.append(Mark(finding.start, finding.end, kind, title, f"{prefix}f{number}", (number,)))
    return out


def entity_marks(entities: Iterable[Entity]) -> list[Mark]:
    """Marks for PRISM entities by type; those of diseases look like findings of their certainty."""
    out: list[Mark] = []
    for entity in entities:
        group = _GROUPS.get(entity.type, entity.type)
        kind = entity.attr if entity.type == "d" and entity.attr in KINDS else group
        word = words()["entity", group]
        title = " / ".join(w for w in (word.en, word.ja, entity.attr or "") if w)
        out.append(Mark(entity.start, entity.end, f"jmid-{kind}", title))
    return out
