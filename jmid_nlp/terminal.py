"""The same as `display`, as text in a terminal: marked words carry the number of their row in the table below."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from jmid_nlp.schema import Finding
from jmid_nlp.view import SHOWN_REPORTS, Content, Mark, View, marks_of
from jmid_nlp.wording import advice, change, count, images, looks, sites, sizes, words

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

_ROWS = 200
_STYLES = {
    "jmid-phi": "red strike", "jmid-new": "blue", "jmid-positive": "bold yellow", "jmid-suspicious": "yellow underline",
    "jmid-negative": "green", "jmid-general": "dim underline", "jmid-a": "cyan", "jmid-f": "magenta", "jmid-c": "bold cyan",
    "jmid-timex3": "bright_black",
}  # fmt: skip
# Read without colour, too: what was struck and what was put in, as word diffs write it.
_BRACKETS = {"jmid-phi": ("[-", "-]"), "jmid-new": ("{+", "+}")}
_NARROW = ("number", "certainty", "side", "score")  # columns whose words are not broken
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel, where HTML is shown."""
    shell = sys.modules.get("IPython")
    current = shell.get_ipython() if shell is not None else None
    return current is not None and hasattr(current, "kernel")


def print_content(content: Content, console: Console | None = None) -> None:
    """Print what an object shows of itself.

    Args:
        content: See `view.content_of`.
        console: Where to; standard output if None.
    """
    from rich.console import Console

    console = console or Console(highlight=False)
    for part in _parts(content):
        console.print(part)


def _parts(content: Content) -> Iterator[RenderableType]:
    from rich.text import Text

    if content.title:
        yield Text(_clean(content.title), style="dim")
    if content.total == 0:
        yield _table(list(content.rows))
        return
    shown = 0
    for heading, view in islice(content.views, SHOWN_REPORTS):
        shown += 1
        yield Text(_clean(heading or view.title), style="bold")
        if view.text:
            yield report_text(view)
        if view.findings and not content.paired:
            yield _table([_row(n, f, view) for n, f in enumerate(view.findings, 1)], group="column")
        if content.paired:
            yield _table(_pairs(view), group="column")
        yield Text("")
    if content.total > shown:
        yield Text(f"{content.total - shown} more reports", style="dim")


def report_text(view: View) -> Text:
    """The text with its marks: `結節[1]`, `転移[2?]`, `胸水[3−]`; the number is that of the row in the table."""
    from rich.text import Text

    out, at = Text(), 0
    for mark in marks_of(view):
        before, after = _BRACKETS.get(mark.kind, ("", ""))
        out.append(_clean(view.text[at : mark.start]))
        out.append(before + _clean(view.text[mark.start : mark.end]) + after, style=_STYLES.get(mark.kind, ""))
        if mark.rows:
            out.append(f"[{_tag(mark)}]", style="dim")
        at = mark.end
    out.append(_clean(view.text[at:]))
    return out


def _tag(mark: Mark) -> str:
    kind = mark.kind.removeprefix("jmid-")
    return ",".join(str(n + 1) for n in mark.rows) + words()["certainty", kind].sign


def _clean(text: str) -> str:
    """Text without control characters: in a terminal they are commands."""
    return _CONTROL.sub("\ufffd", text)


def _row(number: int, finding: Finding, view: View) -> dict[str, str]:
    mine = [k for k in view.links if (k.start, k.end) == (finding.start, finding.end)]
    sign = words()["certainty", finding.certainty].sign
    number_of = f"n = {count(finding)}" if finding.number else ""
    refs = f"image {images(finding.image_refs)}" if finding.image_refs else ""
    details = (change(finding), number_of, looks(finding), advice(finding.recommendation), refs)
    return {
        "number": str(number),
        "finding": finding.text,
        "certainty": f"{finding.certainty} {sign}".strip(),
        "site": sites(finding, view.text or None),
        "side": finding.laterality or "",
        "size": sizes(finding.sizes_mm),
        "details": "; ".join(d for d in details if d),
        "annotation": ", ".join(k.annotation_id for k in mine),
    }


def _pairs(view: View) -> list[dict[str, str]]:
    marks = {a.annotation_id: a for a in view.annotations}
    rows = []
    for link in view.links:
        mark = marks.get(link.annotation_id)
        about = f" ({mark.label})" if mark and mark.label else ""
        said = view.text[link.start : link.end] or f"{link.start}–{link.end}"
        why = ", ".join(link.why)
        rows.append(
            {"finding": said, "annotation": link.annotation_id + about, "score": f"{link.score:.2f}", "why": why}
        )
    if view.alignment:
        for name in view.alignment.unmatched_annotations:
            why = view.alignment.abstained.get(name, "no finding fits")
            rows.append({"finding": "", "annotation": name, "score": "–", "why": why})
        for start, end in view.alignment.unmatched_findings:
            said = view.text[start:end] or f"{start}–{end}"
            rows.append({"finding": said, "annotation": "–", "score": "–", "why": "finding without annotation"})
    return rows


def _table(rows: list[dict[str, Any]] | list[Any], group: str = "") -> RenderableType:
    """Rows as a table without the columns that are empty in all of them."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    names = [
        n
        for n in dict.fromkeys(k for row in rows[:_ROWS] for k in row)
        if any(row.get(n) not in ("", None) for row in rows)
    ]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for name in names:
        word = words().get((group, name))
        table.add_column(
            Text(f"{word.ja}\n{word.en}" if word else _clean(name)), overflow="fold", no_wrap=name in _NARROW
        )
    for row in rows[:_ROWS]:
        table.add_row(*(Text(_clean(str(row.get(name, "")))) for name in names))
    if len(rows) > _ROWS:
        table.caption = f"{len(rows) - _ROWS} more rows"
    return table
