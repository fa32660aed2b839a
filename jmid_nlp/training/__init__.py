"""Training of own models on own annotations: readers of labelled texts and one module an engine."""
