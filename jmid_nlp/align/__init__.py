"""Matching of findings with image annotations."""
