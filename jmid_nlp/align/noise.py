"""How far two readers of one lesion differ: evidence of a size and of an image as likelihood ratios.

A size tells two lesions apart as far as readers agree on one lesion and as lesions differ from each other: the evidence is
log p(measured | told, one lesion) - log p(measured | another lesion). Readers of one lesion differ by a share of its size and
by the blur of its border, with tails; what another lesion measures is the population of `lexicons/align/sizes.tsv`. Both
were fitted on LIDC-IDRI, where four readers marked each lesion, and the sizes of other organs on the project's own studies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from jmid_nlp.align.options import AlignOptions
from jmid_nlp.lexicon import read_table

_STEPS = (-0.8, -0.4, 0.0, 0.4, 0.8)  # points of the interval that a rounded number stands for
_POPULATION_TAIL = 4.0


@dataclass(frozen=True, slots=True)
class Population:
    """Sizes of lesions that stand alone: median, spread of the logarithm, and how much more often larger ones are seen.

    `slope` is the change of the log odds that two readers see a lesion, per unit of log size, between `low` and `high` mm.
    """

    median: float
    spread: float
    slope: float
    low: float
    high: float


@cache
def populations() -> dict[str, Population]:
    """The populations by organ; `any` for all others."""
    rows = read_table("align/sizes.tsv", ("organ", "median_mm", "spread", "slope", "low_mm", "high_mm"))
    keys = ("median_mm", "spread", "slope", "low_mm", "high_mm")
    return {r["organ"]: Population(*(float(r[k]) for k in keys)) for r in rows}


def student(x: float, scale: float, tail: float) -> float:
    """Log density of Student's t with `tail` degrees of freedom at `x`, spread by `scale`."""
    level = math.lgamma((tail + 1) / 2) - math.lgamma(tail / 2) - 0.5 * math.log(tail * math.pi) - math.log(scale)
    return level - (tail + 1) / 2 * math.log1p((x / scale) ** 2 / tail)


def size_evidence(told: float, measured: float, rounding: float, organ: str, options: AlignOptions) -> float:
    """Evidence in nats that a size in the text and a measured one are of one lesion.

    Args:
        told: Millimetres in the text, over 0.
        measured: Millimetres of the annotation on the same axis, over 0.
        rounding: Half the interval that the number in the text stands for, in mm.
        organ: The organ whose population counts; `any` where it is unknown.
        options: `size_spread`, `size_blur_mm`, `size_tail` and the limits of the evidence.
    """
    population = populations().get(organ) or populations()["any"]
    like = 0.0
    for step in _STEPS:
        x = max(told + step * rounding, 0.5 * told)
        scale = math.hypot(options.size_spread, options.size_blur_mm / x)
        like += math.exp(student(math.log(measured / x), scale, options.size_tail)) / len(_STEPS)
    other = student(math.log(measured / population.median), population.spread, _POPULATION_TAIL)
    seen = population.slope * math.log(min(max(told, population.low), population.high) / population.low)
    value = math.log(max(like, 1e-12)) - other + seen
    return min(options.size_most, max(options.size_conflict, value))


def slice_evidence(off: float, images: int, options: AlignOptions) -> float:
    """Evidence in nats of an image reference.

    Args:
        off: Images from the middle of the annotation to the image that the text names.
        images: How many images the annotation spans, at least 1.
        options: `slice_spread`, `slice_share`, `slice_tail`, `slice_images` and the limits of the evidence.
    """
    scale = math.hypot(options.slice_spread, options.slice_share * images)
    value = student(off, scale, options.slice_tail) + math.log(options.slice_images)
    return min(options.slice_most, max(options.slice_far, value))
