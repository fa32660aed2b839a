"""Transformer models that label characters: the only home of transformers, torch and ONNX Runtime."""

from jmid_nlp.neural.classifier import TokenClassifier
from jmid_nlp.neural.labels import Found

__all__ = ["Found", "TokenClassifier"]
