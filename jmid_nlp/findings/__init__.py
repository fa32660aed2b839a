"""Structured findings: entities, certainty, sites, sizes, change, staging, label sets."""

from jmid_nlp.verbs import make_callable

make_callable(__name__)
