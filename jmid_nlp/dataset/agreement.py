"""How well several readers agree: Cohen's kappa on labels, F1 on spans and marks, differences of sizes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from jmid_nlp.dataset.tasks import Study
from jmid_nlp.schema import AnnotationRecord

Span = tuple[int, int, str]


def cohen_kappa(pairs: Mapping[tuple[str, str], int]) -> float | None:
    """Cohen's kappa (1960) from how often one reader said the first and the other the second label.

    Args:
        pairs: Counts by (label of one, label of the other).

    Returns:
        Kappa, at most 1; None without pairs, or where both readers gave one and the same label to everything, so that
        agreement by chance is certain and kappa has no value.
    """
    total = sum(pairs.values())
    if not total:
        return None
    one, other = Counter[str](), Counter[str]()
    for (a, b), count in pairs.items():
        one[a] += count
        other[b] += count
    observed = sum(count for (a, b), count in pairs.items() if a == b) / total
    chance = sum(count * other[label] for label, count in one.items()) / total**2
    return None if chance == 1 else (observed - chance) / (1 - chance)


def span_f1(one: Iterable[Span], other: Iterable[Span]) -> float | None:
    """F1 of exact spans with their labels; symmetric. None where neither reader marked anything."""
    a, b = set(one), set(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else None


class Agreement:
    """Adds up, study by study, what is needed for the figures; memory grows with readers and labels only."""

    def __init__(self) -> None:
        self._labels: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
        self._sizes: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        self._marks: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self._spans: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])

    def add(self, study: Study) -> None:
        """Count one study: marks that belong to one finding are one lesion; `readings` are readers' spans of the text."""
        lesions: dict[tuple[int, int], dict[str, list[AnnotationRecord]]] = defaultdict(lambda: defaultdict(list))
        for link in study.links:
            mark = (study.annotations or {}).get(link.annotation_id)
            if mark is not None and mark.reader:
                lesions[link.start, link.end][mark.reader].append(mark)
        readers = sorted({reader for marks in lesions.values() for reader in marks})
        for one, other in combinations(readers, 2):
            for marks in lesions.values():
                self._lesion(one, other, marks)
        for one, other in combinations(sorted(study.readings), 2):
            a = {(e.start, e.end, e.type) for e in study.readings[one]}
            b = {(e.start, e.end, e.type) for e in study.readings[other]}
            counts = self._spans[one, other]
            counts[0] += 2 * len(a & b)
            counts[1] += len(a) + len(b)

    def _lesion(self, one: str, other: str, marks: Mapping[str, list[AnnotationRecord]]) -> None:
        """Marks of one lesion by two readers; where one of them has several, no pair of labels or sizes is known."""
        a, b, counts = marks.get(one, []), marks.get(other, []), self._marks[one, other]
        counts[0] += 2 * bool(a and b)
        counts[1] += bool(a) + bool(b)
        if len(a) != 1 or len(b) != 1:
            return
        if a[0].label and b[0].label:
            self._labels[one, other][a[0].label, b[0].label] += 1
        if max(a[0].size_mm, default=0) > 0 and max(b[0].size_mm, default=0) > 0:
            first, second = max(a[0].size_mm), max(b[0].size_mm)
            sums = self._sizes[one, other]
            sums[0] += 1
            # whole millionths, so that the order of the studies changes no sum
            sums[1] += round(1e6 * abs(first - second))
            sums[2] += round(2e6 * abs(first - second) / (first + second))

    def summary(self) -> list[dict[str, Any]]:
        """One row a pair of readers: pooled counts, kappa, F1, mean difference of the longest diameters in mm and share."""
        rows = []
        for pair in sorted({*self._marks, *self._spans}):
            labels, sizes = self._labels.get(pair, Counter()), self._sizes.get(pair, [0, 0, 0])
            marks, spans = self._marks.get(pair, [0, 0]), self._spans.get(pair, [0, 0])
            rows.append(
                {
                    "readers": list(pair),
                    "lesions_of_both": marks[0] // 2,
                    "mark_f1": _share(marks[0], marks[1]),
                    "labels_compared": sum(labels.values()),
                    "label_kappa": _rounded(cohen_kappa(labels)),
                    "sizes_compared": sizes[0],
                    "size_difference_mm": _share(sizes[1] / 1e6, sizes[0]),
                    "size_difference_share": _share(sizes[2] / 1e6, sizes[0]),
                    "span_f1": _share(spans[0], spans[1]),
                }
            )
        return rows


def _share(part: float, whole: float) -> float | None:
    return _rounded(part / whole) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
