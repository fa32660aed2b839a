"""Tokens, sentences and sections of a report, all as offsets into its text."""
