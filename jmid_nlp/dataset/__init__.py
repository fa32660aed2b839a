"""Labelled datasets: splits, opt-outs, build, card, leak check."""
