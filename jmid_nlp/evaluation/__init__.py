"""How well predictions agree with gold: figures with confidence intervals, errors, and a report of them."""

from __future__ import annotations

from jmid_nlp.evaluation.result import Evaluation
from jmid_nlp.evaluation.score import evaluate

__all__ = ["Evaluation", "evaluate"]
