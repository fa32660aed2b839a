"""What every engine of training takes and gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jmid_nlp.training.data import Layer


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """How to train.

    Attributes:
        output: The folder of the finished model; it appears whole or not at all.
        layer: What the labels are, which decides where the model's finds stand in a `Doc`.
        base: A model by its path to go on from; None to begin from nothing.
        seed: The same seed, data and options give the same weights on the same machine.
        max_steps: Batches at most.
        patience: Steps without a better score on the examples kept for measuring after which training ends.
    """

    output: Path
    layer: Layer = "entities"
    base: Path | None = None
    seed: int = 0
    max_steps: int = 4000
    patience: int = 800


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What came of a training.

    Attributes:
        steps: Batches trained on, those of interrupted runs before included.
        best_step: After which of them the kept weights were taken.
        scores: Figures on the examples kept for measuring, as `precision`, `recall`, `f1`, and `attr` where there is one.
        moved: Spans whose rims are no token rims, grown to whole tokens.
        lost: Spans that could not be trained on at all, such as one that overlaps another where the model has one layer.
        by_label: The same figures of each label.
    """

    steps: int
    best_step: int
    scores: Mapping[str, float]
    moved: int = 0
    lost: int = 0
    by_label: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
