"""`jmid_certainty`: the attribute of each span of a group, such as positive, suspicious, negative or general."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc, Span
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Optimizer, set_dropout_rate

from jmid_nlp.tagging.groups import attribute_labels, gold
from jmid_nlp.tagging.stored import Stored

Ranges = list[list[tuple[int, int]]]
_SAMPLE = 10


class Certainty(Stored, TrainablePipe):  # type: ignore[misc]
    """The component behind `jmid_certainty`: sets `id_` of the spans of a group that have one of its span labels.

    Args:
        vocab: The vocabulary.
        model: From documents and their spans to the probabilities of the attributes, a row a span; see `layers.span_context`.
        name: The component's name.
        spans_key: The group.
    """

    def __init__(self, vocab: Vocab, model: Any, name: str, *, spans_key: str) -> None:
        self.vocab, self.model, self.name, self.spans_key = vocab, model, name, spans_key
        self.cfg: dict[str, Any] = {"labels": [], "of": []}

    @property
    def labels(self) -> tuple[str, ...]:
        """The attributes, in the order of the model's output."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> dict[str, list[str]]:
        """The attributes, and the labels of the spans that have one."""
        return {"labels": list(self.labels), "of": list(self.cfg["of"])}

    def predict(self, docs: Iterable[Doc]) -> list[list[str]]:
        """The attribute of each span of each document, "" where its label has none."""
        docs = list(docs)
        mine = [[s for s in doc.spans.get(self.spans_key, ()) if s.label_ in self.cfg["of"]] for doc in docs]
        if not any(mine) or not self.labels:
            return [[] for _ in docs]
        scores = self.model.predict((docs, [[(s.start, s.end) for s in row] for row in mine]))
        best = iter(scores.argmax(axis=1).tolist())
        return [[self.labels[next(best)] for _ in row] for row in mine]

    def set_annotations(self, docs: Iterable[Doc], scores: Iterable[list[str]]) -> None:
        """Sets `id_` of the spans; their order and scores stay."""
        for doc, values in zip(docs, scores, strict=True):
            if not values:
                continue
            group, names = doc.spans[self.spans_key], iter(values)
            attrs = dict(group.attrs)
            doc.spans[self.spans_key] = [
                Span(doc, s.start, s.end, label=s.label, span_id=next(names)) if s.label_ in self.cfg["of"] else s
                for s in group
            ]
            doc.spans[self.spans_key].attrs.update(attrs)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from the gold spans of a batch that have an attribute."""
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "Certainty.update")
        ranges, wanted = self._wanted(examples)
        set_dropout_rate(self.model, drop)
        scores, backprop = self.model.begin_update(([eg.predicted for eg in examples], ranges))
        gradient = scores.copy()
        gradient[np.arange(len(wanted)), wanted] -= 1.0
        losses[self.name] += float((gradient**2).sum())
        backprop(gradient)
        if sgd is not None:
            self.finish_update(sgd)
        return losses

    def _wanted(self, examples: Iterable[Example]) -> tuple[Ranges, list[int]]:
        ranges: Ranges = []
        wanted: list[int] = []
        for example in examples:
            spans = [s for s in gold(example, self.spans_key) or () if s.id_ in self.labels]
            ranges.append([(s.start, s.end) for s in spans])
            wanted += [self.labels.index(s.id_) for s in spans]
        return ranges, wanted

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: dict[str, list[str]] | None = None,
    ) -> None:
        """Take the attributes from the examples, or as given, and make the model ready."""
        validate_get_examples(get_examples, "Certainty.initialize")
        if labels is None:
            of = {s.label_ for eg in get_examples() for s in gold(eg, self.spans_key) or () if s.id_}
            labels = {"labels": attribute_labels(get_examples(), self.spans_key), "of": sorted(of)}
        self.cfg = {name: list(values) for name, values in labels.items()}
        for label in self.labels:
            self.vocab.strings.add(label)
        sample = [eg.predicted for _, eg in zip(range(_SAMPLE), get_examples(), strict=False)]
        ranges = [[(0, 1)] if len(doc) else [] for doc in sample]
        output = self.model.ops.alloc2f(sum(map(len, ranges)), len(self.labels))
        self.model.initialize(X=(sample, ranges), Y=output)

    def score(self, examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
        """The share of the found gold spans with the right attribute, and its macro F1."""
        pairs: Counter[tuple[str, str]] = Counter()
        for example in examples:
            got = {(s.start, s.end, s.label_): s.id_ for s in example.predicted.spans.get(self.spans_key, ())}
            for s in gold(example, self.spans_key) or ():
                if s.id_ and (s.start, s.end, s.label_) in got:
                    pairs[s.id_, got[s.start, s.end, s.label_]] += 1
        total = sum(pairs.values())
        right = sum(n for (a, b), n in pairs.items() if a == b)
        return {f"{self.spans_key}_attr": right / total if total else None}
