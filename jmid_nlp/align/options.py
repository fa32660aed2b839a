"""The parameters of the matcher: what each cue is worth and when a pair is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


def _frozen(**values: float) -> Mapping[str, float]:
    return MappingProxyType(values)


CONCEPT = _frozen(
    same=3.0, broader=2.4, seen_as=2.2, close=1.6, generic=0.8, unlike=-2.0, rival=-0.5, conflict=-6.0, unknown=0.0
)
PLACE = _frozen(
    same=3.0, contains=2.0, near=-1.0, region=0.3, sibling=-4.5, border=-1.0, other=-7.0, unknown=0.0
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlignOptions:
    """Evidence of each cue in nats (positive: same lesion) and the thresholds of the decision.

    A missing cue counts nothing. `concept` and `place` give the evidence per relation of `concepts.closeness` and
    `anatomy.relate`; `size_*` that of a measured size; `slice_*` that of an image reference. A pair of the best
    assignment is accepted from `accept_probability` on, given for review from `review_probability` on, else left.
    The values are those that `python -m corpora.align.fit` keeps.
    """

    concept: Mapping[str, float] = field(default_factory=lambda: CONCEPT)
    place: Mapping[str, float] = field(default_factory=lambda: PLACE)
    side_same: float = 0.7
    side_partly: float = 0.4
    side_conflict: float = -3.5
    size_most: float = 8.0
    size_conflict: float = -9.0
    node_shape: float = 2.2
    size_within: float = 1.0
    size_never: float = -3.5
    size_spread: float = 0.12
    size_blur_mm: float = 0.36
    size_tail: float = 8.0
    size_floor_mm: float = 1.2
    size_share: float = 0.2
    slice_most: float = 5.0
    slice_far: float = -8.0
    slice_spread: float = 0.42
    slice_share: float = 0.06
    slice_tail: float = 6.0
    slice_images: float = 200.0
    before_exam: float = -7.0
    repeat: float = -2.5
    accept: float = 2.2
    crowd: float = 1.6
    worth: float = 0.35
    tie_margin: float = 0.05
    accept_probability: float = 0.9
    review_probability: float = 0.3
    denied: float = 0.5
    reader_size_share: float = 0.3
    reader_size_floor_mm: float = 3.0
    reader_images: int = 5


DEFAULTS = AlignOptions()
