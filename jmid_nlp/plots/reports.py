"""Figures over many reports: findings by site and certainty, and how common each label is in each institution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.ticker import MaxNLocator

from jmid_nlp.errors import InputError
from jmid_nlp.findings.terms import ancestors, concepts
from jmid_nlp.plots.base import CERTAINTY, INK, Language, Picture, Words, empty, finished, legend, picture
from jmid_nlp.schema import DeidReport, Extraction, Finding, Report

_ROW = 0.32  # inches a bar
_NAMES = 2.4  # inches for the names of labels
_ROOM = 0.65  # inches that a share and its number need side by side
_PSEUDONYM = 10  # letters of an institution's pseudonym that are shown


def by_site(found: Iterable[Extraction], *, top: int = 15, width: float = 8.0, language: Language = "ja") -> Picture:
    """How many findings there are of each organ, by certainty.

    Args:
        found: What `jmid_nlp.extract` gives.
        top: Number of organs to show by name; the others are summed up.
        width: Width in inches.
        language: Language of the labels.

    Returns:
        The figure. A finding with several organs counts for each of them.
    """
    said = Words(language)
    counts: dict[str, Counter[str]] = {}
    for finding in (f for e in found for f in e.findings):
        for organ in _organs(finding):
            counts.setdefault(organ, Counter())[finding.certainty] += 1
    rows = _named_rows(counts, top, said)
    figure = picture(width, 1.5 + _ROW * max(len(rows), 3))
    axes = figure.subplots()
    if not rows:
        empty(axes, said, "no_findings")
        return finished(figure, said, said("figure", "by_site"))
    at = [0] * len(rows)
    for certainty, (colour, hatch) in CERTAINTY.items():
        values = [n[certainty] for _, n in rows]
        label = said("certainty", certainty)
        names = [name for name, _ in rows]
        axes.barh(names, values, left=at, color=colour, hatch=hatch, edgecolor="white", linewidth=0.6, label=label)
        at = [a + v for a, v in zip(at, values, strict=True)]
    for y, total in enumerate(at):
        axes.text(total, y, f" {total}", va="center", fontsize=8, color=INK)
    axes.invert_yaxis()
    axes.set_xlabel(said("figure", "findings"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True))
    legend(figure, said)
    return finished(figure, said, said("figure", "by_site"))


def _organs(finding: Finding) -> list[str]:
    """The organ of each site of a finding, the site itself where it belongs to none; "" where no site is known."""
    sites = [s.site for s in finding.locations if s.site] or [""]
    return list(dict.fromkeys(map(_organ, sites)))


def _organ(site: str) -> str:
    """The highest concept above a site that is no region of the body: the lung of a segment, the spine of a vertebra."""
    if site not in concepts():
        return site
    return next((c for c in reversed((site, *ancestors(site))) if concepts()[c].cls != "region"), site)


def _named_rows(counts: Mapping[str, Counter[str]], top: int, said: Words) -> list[tuple[str, Counter[str]]]:
    """The rows of the figure by size, then those of the rest, then what has no site."""
    ordered = sorted((k for k in counts if k), key=lambda k: (-counts[k].total(), k))
    merged: dict[str, Counter[str]] = {}
    for key in ordered[:top]:  # two concepts may have one label
        merged.setdefault(said.concept(key), Counter()).update(counts[key])
    rows = sorted(merged.items(), key=lambda row: -row[1].total())
    rest: Counter[str] = sum((counts[k] for k in ordered[top:]), Counter())
    rows += [(f"{said('figure', 'other_sites')} ({len(ordered) - top})", rest)] if rest else []
    return rows + ([(said("figure", "no_site"), counts[""])] if "" in counts else [])


def prevalence(
    reports: Iterable[Report | DeidReport],
    found: Iterable[Extraction],
    *,
    label_set: str = "ct_rate18",
    width: float = 9.0,
    language: Language = "ja",
) -> Picture:
    """In which share of the reports of each institution a label is positive.

    Args:
        reports: The reports, for their institution.
        found: What was read from them, with label sets.
        label_set: Which of the label sets of an extraction.
        width: Width in inches.
        language: Language of the labels.

    Returns:
        The figure: a row a label that is positive anywhere, a column an institution, share and number in each field. Small
        numbers say little; that is why they stand there.

    Raises:
        InputError: An extraction does not hold that label set.
    """
    said = Words(language)
    homes = {r.report_id: _institution(r) for r in reports}
    totals: Counter[str] = Counter()
    positive: dict[str, Counter[str]] = {}
    for extraction in found:
        if label_set not in extraction.labels:
            known = ", ".join(sorted(extraction.labels)) or "none"
            raise InputError(f"label set {label_set!r} was not read; there are {known}")
        home = homes.get(extraction.report_id, "")
        totals[home] += 1
        for label, value in extraction.labels[label_set].items():
            positive.setdefault(label, Counter())[home] += value == "positive"
    columns = sorted(totals, key=lambda h: (-totals[h], h))
    labels = sorted((k for k, n in positive.items() if n.total()), key=lambda k: (-positive[k].total(), k))
    figure = picture(width, 2.2 + _ROW * max(len(labels), 3))
    axes = figure.subplots()
    if not labels:
        empty(axes, said, "no_labels")
        return finished(figure, said, said("figure", "prevalence"))
    _fields(axes, labels, columns, positive, totals, (width - _NAMES) / len(columns))
    names = [_shown(home, n, said) for n, home in enumerate(columns, 1)]
    ticks = [f"{name} ({totals[home]})" for name, home in zip(names, columns, strict=True)]
    long = len(columns) > 4
    axes.set_xticks(range(len(columns)), ticks, rotation=35 if long else 0, ha="right" if long else "center")
    axes.set_yticks(range(len(labels)), [said.readable(label, label) for label in labels])
    axes.set_xlabel(said("figure", "institution"))
    return finished(figure, said, f"{said('figure', 'prevalence')} ({label_set})")


def _fields(
    axes: Any,
    labels: Sequence[str],
    columns: Sequence[str],
    positive: Mapping[str, Counter[str]],
    totals: Counter[str],
    room: float,
) -> None:
    """The coloured fields with share and number."""
    shares = [[positive[label][home] / totals[home] for home in columns] for label in labels]
    most = max(0.5, *(s for row in shares for s in row))
    axes.imshow(shares, cmap="Oranges", vmin=0.0, vmax=most, aspect="auto")
    between = " " if room > _ROOM else "\n"
    for y, label in enumerate(labels):
        for x, home in enumerate(columns):
            number, share = positive[label][home], shares[y][x]
            text = f"{share:.0%}{between}({number})" if number else "–"
            colour = "white" if share > 0.6 * most else INK
            axes.text(x, y, text, ha="center", va="center", fontsize=8 if room > _ROOM else 6.5, color=colour)


def _institution(report: Report | DeidReport) -> str:
    value = report.institution if isinstance(report, Report) else report.row.get("institution")
    return str(value or "")


def _shown(home: str, number: int, said: Words) -> str:
    """An institution's name as it stands in the reports, short; a number where no font has its letters."""
    if not home:
        return said("figure", "no_institution")
    short = home if len(home) <= _PSEUDONYM else home[: _PSEUDONYM - 1] + "…"
    return said.readable(short, f"{said('figure', 'institution')} {number}")
