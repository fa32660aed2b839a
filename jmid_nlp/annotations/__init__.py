"""Readers and writers of image and text annotations, one module a format."""

from __future__ import annotations

from jmid_nlp.annotations.read import read_annotations
from jmid_nlp.annotations.read_text import read_text_annotations
from jmid_nlp.annotations.records import AnnotationSet

__all__ = ["AnnotationSet", "read_annotations", "read_text_annotations"]
