"""The sizes of a patient's lesions over time."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from jmid_nlp.align.follow import Course, follow
from jmid_nlp.errors import InputError
from jmid_nlp.plots.base import INK, LINE, SOFT, Language, Picture, Words, empty, finished, legend, picture
from jmid_nlp.schema import DeidReport, Extraction, Finding, Report
from jmid_nlp.wording import iso_date, says

_COLOURS = ("#1f6fb5", "#d1601f", "#2e8b57", "#8a4fbf", "#b03a5b", "#7a6a1d", "#00868b", "#555b66")
_MARKERS = "os^DvPX*"
_DASHES = ("-", "--", "-.", ":")


def course(
    reports: Iterable[Report | DeidReport],
    found: Iterable[Extraction],
    patient_id: str,
    *,
    lesions: int = 8,
    width: float = 8.0,
    language: Language = "ja",
) -> Picture:
    """The sizes of a patient's lesions against the dates of the examinations, one line a lesion.

    Mentions are joined to a line by kind, place, side and size as the reports word them (`align.follow`); images are not
    looked at. Hollow marks are earlier sizes that a later report stated, at the date it names.

    Args:
        reports: Reports of the patient, others too; their `exam_date` is needed.
        found: What was read from them.
        patient_id: The patient, by the id or pseudonym that the reports hold. It is not shown.
        lesions: How many lines at most; those of the largest lesions are kept.
        width: Width in inches.
        language: Language of the labels.

    Raises:
        InputError: No report is of that patient.
    """
    said = Words(language)
    own = {r.report_id: r for r in reports if r.patient_id == patient_id}
    if not own:
        raise InputError("no report is of that patient; give the patient_id as it stands in these reports")
    read = {e.report_id: e.findings for e in found if e.report_id in own}
    lines = follow((day, own[i].text, f) for i, f in read.items() if (day := _date(own[i])) is not None)
    chosen = sorted(lines, key=lambda line: -max([*line.sizes.values(), *line.stated.values()]))[:lesions]
    figure = picture(width, 3.6 + 0.22 * len(chosen))
    axes = figure.subplots()
    if not chosen:
        empty(axes, said, "no_sizes")
        return finished(figure, said, said("figure", "course"))
    for n, line in enumerate(chosen):
        _draw(axes, line, n, _name(line.finding, said))
    if any(line.stated for line in chosen):
        axes.plot([], [], "o", color=SOFT, fillstyle="none", label=said("figure", "prior"))
    dates = sorted({d for line in chosen for d in (*line.sizes, *line.stated)})
    shown: Any = _apart(dates)  # matplotlib takes dates, its types do not say so
    axes.set_xticks(shown, [d.isoformat() for d in shown], rotation=30, ha="right")
    axes.set_ylim(bottom=0)
    axes.margins(x=0.06)
    axes.set_ylabel(said("figure", "size_mm"))
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    legend(figure, said)
    return finished(figure, said, said("figure", "course"))


def _date(report: Report | DeidReport) -> datetime.date | None:
    """The date of the examination; the first day where only month or year are kept."""
    text = iso_date(report.exam_date if isinstance(report, Report) else report.row.get("exam_date"))
    return datetime.date.fromisoformat(text + "-01-01"[len(text) - 4 :]) if text else None


def _draw(axes: Any, line: Course, n: int, label: str) -> None:
    colour, marker = _COLOURS[n % len(_COLOURS)], _MARKERS[n % len(_MARKERS)]
    both = sorted((line.stated | line.sizes).items())
    axes.plot([d for d, _ in both], [v for _, v in both], _DASHES[n % len(_DASHES)], color=colour, linewidth=1.4)
    axes.plot(list(line.sizes), list(line.sizes.values()), marker, color=colour, label=label)
    axes.plot(list(line.stated), list(line.stated.values()), marker, color=colour, fillstyle="none")
    last, value = both[-1]
    axes.annotate(f"{value:g}", (last, value), (6, 0), textcoords="offset points", va="center", fontsize=8, color=INK)


def _apart(dates: list[datetime.date]) -> list[datetime.date]:
    """The dates that can be written without running into each other."""
    gap = (dates[-1] - dates[0]) / 14
    kept = [dates[0]]
    for date in dates[1:]:
        if date - kept[-1] > gap:
            kept.append(date)
    return kept


def _name(finding: Finding, said: Words) -> str:
    """Side, site and kind of a lesion."""
    sites = [s.site for s in finding.locations if s.site]
    site = said.concept(sites[0]) if sites else said("figure", "no_site")
    side = said("side", finding.laterality) if finding.laterality else ""
    kind = finding.text if said.japanese or not says([finding.text], finding.concept) else said.concept(finding.concept)
    kind = said.readable("".join(kind.split()) if said.japanese else kind, said("figure", "lesion"))
    return " ".join(p for p in (side if side not in site else "", site, kind) if p)
