"""The figures of a dataset card: how large the splits are, and how often each label occurs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.ticker import MaxNLocator

from jmid_nlp.plots.base import CERTAINTY, INK, Language, Picture, Words, finished, legend, picture

_ROW = 0.28  # inches a bar
_VALUES = {
    "positive": "positive",
    "uncertain": "suspicious",
    "negative": "negative",
}  # values of label sets, as certainties
_COUNTS = (("patients", "#1f6fb5", ""), ("reports", "#7ab8f0", "///"), ("rows", "#c9d7ea", "..."))
_MOST = 30  # bars of labels at most


def dataset_card(dataset: Any, *, width: float = 8.0, language: Language = "ja") -> Picture:
    """Sizes of the splits and counts of the labels of a dataset.

    Args:
        dataset: What `build_dataset` gives, or the content of its `manifest.json`.
        width: Width in inches.
        language: Language of the labels.
    """
    said = Words(language)
    manifest: Mapping[str, Any] = dataset if isinstance(dataset, Mapping) and "splits" in dataset else dataset.manifest
    labels = manifest.get("labels") or {}
    graded = bool(labels) and all(values.keys() <= {*_VALUES, "absent"} for values in labels.values())
    bars = [] if graded else _bars(labels)
    rows = len(labels) if graded else len(bars)
    figure = picture(width, 2.6 + (0.9 + _ROW * rows if rows else 0))
    tops = figure.subplots(
        2 if rows else 1, 1, squeeze=False, height_ratios=[1.8, _ROW * rows + 0.4] if rows else None
    )[:, 0]
    _splits(tops[0], manifest["splits"], said)
    if graded:
        _graded(tops[1], labels, said)
    elif rows:
        _counted(tops[1], bars, labels, said)
    legend(figure, said)
    return finished(figure, said, f"{said('figure', 'dataset')}: {manifest['task']}")


def _splits(axes: Any, splits: Mapping[str, Mapping[str, int]], said: Words) -> None:
    for n, (what, colour, hatch) in enumerate(_COUNTS):
        at = [y + (n - 1) * 0.27 for y in range(len(splits))]
        values = [counts[what] for counts in splits.values()]
        axes.barh(
            at, values, 0.25, color=colour, hatch=hatch, edgecolor="white", linewidth=0.4, label=said("figure", what)
        )
        for y, value in zip(at, values, strict=True):
            axes.text(value, y, f" {value}", va="center", fontsize=8, color=INK)
    axes.set_yticks(range(len(splits)), list(splits))
    axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True))
    axes.invert_yaxis()


def _graded(axes: Any, labels: Mapping[str, Mapping[str, int]], said: Words) -> None:
    """Labels with a certainty as stacked bars; what is absent is the rest."""
    names = [said.readable(name, name) for name in labels]
    at = [0] * len(names)
    for value, certainty in _VALUES.items():
        colour, hatch = CERTAINTY[certainty]
        counts = [values.get(value, 0) for values in labels.values()]
        label = said("certainty", certainty)
        axes.barh(names, counts, left=at, color=colour, hatch=hatch, edgecolor="white", linewidth=0.4, label=label)
        at = [a + c for a, c in zip(at, counts, strict=True)]
    for y, values in enumerate(labels.values()):
        axes.text(at[y], y, f" {at[y]} / {sum(values.values())}", va="center", fontsize=8, color=INK)
    axes.invert_yaxis()
    axes.set_xlabel(said("figure", "reports"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True))


def _bars(labels: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str, int]]:
    """Column, value and count of each value, the most frequent of each column first."""
    out = [(c, v, n) for c, values in labels.items() for v, n in sorted(values.items(), key=lambda item: -item[1])]
    return out if len(out) <= _MOST else sorted(out, key=lambda bar: -bar[2])[:_MOST]


def _counted(axes: Any, bars: list[tuple[str, str, int]], labels: Mapping[str, Mapping[str, int]], said: Words) -> None:
    several = len(labels) > 1
    names = [said.readable(f"{c}: {v}" if several else v, v) for c, v, _ in bars]
    axes.barh(range(len(bars)), [n for *_, n in bars], color=_COUNTS[1][1])
    axes.set_yticks(range(len(bars)), names)
    for y, (*_, count) in enumerate(bars):
        axes.text(count, y, f" {count}", va="center", fontsize=8, color=INK)
    axes.invert_yaxis()
    left_out = sum(map(len, labels.values())) - len(bars)
    more = f" ({left_out} {said('figure', 'values_left_out')})" if left_out else ""
    axes.set_xlabel(said("figure", "count") + more)
