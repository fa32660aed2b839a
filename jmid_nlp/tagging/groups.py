"""What both components share: gold of a span group, and whether a document has that layer at all."""

from __future__ import annotations

from collections.abc import Iterable

from spacy.tokens import Span
from spacy.training import Example

#: Span group with stretches that count neither way, for any layer.
IGNORED = "ignored"


def gold(example: Example, key: str) -> list[Span] | None:
    """The spans of a layer in a reference; None where the layer is not marked there at all."""
    spans = example.reference.spans
    return list(spans[key]) if key in spans else None


def ignored(example: Example) -> Iterable[Span]:
    """Stretches of a reference that count neither way."""
    found: Iterable[Span] = example.reference.spans.get(IGNORED, ())
    return found


def attribute_labels(examples: Iterable[Example], key: str) -> list[str]:
    """The attributes (`id_`) that the spans of a layer have, sorted."""
    return sorted({s.id_ for e in examples for s in gold(e, key) or () if s.id_})
