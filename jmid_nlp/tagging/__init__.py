"""Trainable spaCy components over this library's tokens: labelled spans in span groups, and the certainty of spans."""
