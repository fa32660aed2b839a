"""Structured findings: entities, certainty, sites, sizes, change, staging, label sets."""
