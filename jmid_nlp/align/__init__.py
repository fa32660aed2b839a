"""Matching of findings with image annotations."""

from jmid_nlp.verbs import make_callable

make_callable(__name__)
