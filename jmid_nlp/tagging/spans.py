"""`jmid_tagged_spans`: labelled spans by a label a token, each with the probability of its tokens, in a span group.

Several of these live in one pipeline, each with its own group, and each learns only from documents that have its group: a
corpus with identifiers alone says nothing of entities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import filter_spans
from spacy.vocab import Vocab
from thinc.api import Optimizer, set_dropout_rate

from jmid_nlp.deid.network import runs
from jmid_nlp.tagging.groups import gold, ignored
from jmid_nlp.tagging.stored import Stored

Floats = NDArray[np.float32]
_SAMPLE = 10


class TaggedSpans(Stored, TrainablePipe):  # type: ignore[misc]
    """The component behind `jmid_tagged_spans`.

    Args:
        vocab: The vocabulary.
        model: From documents to an array a document with a row a token: the probability of no span, then of the beginning and
            of the inside of each label.
        name: The component's name.
        spans_key: The span group that it learns from and fills.
        least: From which probability of any span on a token belongs to one.
    """

    def __init__(self, vocab: Vocab, model: Any, name: str, *, spans_key: str, least: float) -> None:
        self.vocab, self.model, self.name = vocab, model, name
        self.cfg: dict[str, Any] = {"labels": []}
        self.spans_key, self.least = spans_key, least

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the model's output."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> list[str]:
        """What `spacy init labels` writes."""
        return list(self.labels)

    def add_label(self, label: str) -> int:
        """Add a label before the model is initialized; 1 where it is new."""
        if label in self.labels:
            return 0
        self._allow_extra_label()
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        return 1

    def predict(self, docs: Iterable[Doc]) -> list[Floats]:
        """The probabilities of each document's tokens."""
        docs = list(docs)
        if not any(len(doc) for doc in docs):
            return [np.zeros((len(doc), 1 + 2 * len(self.labels)), np.float32) for doc in docs]
        out: list[Floats] = self.model.predict(docs)
        return out

    def set_annotations(self, docs: Iterable[Doc], scores: Iterable[Floats]) -> None:
        """Fills the span group; its attribute `scores` holds the mean probability of each span."""
        for doc, values in zip(docs, scores, strict=True):
            found = list(decode(values, self.least))
            doc.spans[self.spans_key] = [Span(doc, s, e, label=self.labels[n]) for s, e, n, _ in found]
            doc.spans[self.spans_key].attrs["scores"] = [score for *_, score in found]

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from a batch."""
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "TaggedSpans.update")
        if not any(len(eg.predicted) for eg in examples):
            return losses
        set_dropout_rate(self.model, drop)
        scores, backprop = self.model.begin_update([eg.predicted for eg in examples])
        gradients = []
        for example, values in zip(examples, scores, strict=True):
            wanted, known = self._targets(example)
            gradient = values.copy()
            gradient[np.arange(len(values)), wanted] -= 1.0
            gradient *= known[:, None]
            gradients.append(gradient)
            losses[self.name] += float((gradient**2).sum())
        backprop(gradients)
        if sgd is not None:
            self.finish_update(sgd)
        return losses

    def _targets(self, example: Example) -> tuple[NDArray[np.int64], Floats]:
        """The wanted class of each token, and 1 where it counts."""
        n = len(example.reference)
        wanted, known = np.zeros(n, np.int64), np.ones(n, np.float32)
        spans = gold(example, self.spans_key)
        if spans is None:
            return wanted, known * 0
        for span in ignored(example):
            known[span.start : span.end] = 0
        for span in filter_spans(spans):
            first = 1 + 2 * self.labels.index(span.label_)
            wanted[span.start], wanted[span.start + 1 : span.end] = first, first + 1
            known[span.start : span.end] = 1
        return wanted, known

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: list[str] | None = None,
    ) -> None:
        """Take the labels from the examples, or as given, and make the model ready."""
        validate_get_examples(get_examples, "TaggedSpans.initialize")
        found = labels or sorted({s.label_ for eg in get_examples() for s in gold(eg, self.spans_key) or ()})
        for label in found:
            self.add_label(label)
        sample = [eg.predicted for _, eg in zip(range(_SAMPLE), get_examples(), strict=False)]
        output = [self.model.ops.alloc2f(len(doc), 1 + 2 * len(self.labels)) for doc in sample]
        self.model.initialize(X=sample, Y=output)

    def score(self, examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
        """Precision, recall and F1 of the spans, in all and by label, on the examples that have the group."""
        return score_spans([eg for eg in examples if gold(eg, self.spans_key) is not None], self.spans_key)


def decode(values: Floats, least: float) -> Iterable[tuple[int, int, int, float]]:
    """Spans of a table of probabilities as first token, end, number of the label and mean probability.

    Args:
        values: A row a token: no span, then beginning and inside of each label.
        least: From which probability of any span on a token belongs to one.
    """
    if values.shape[1] < 3:
        return
    inside = values[:, 1::2] + values[:, 2::2]
    for first, end, label in runs(values, 1.0 - values[:, 0] >= least):
        yield first, end, label, float(inside[first:end, label].mean())


def score_spans(examples: Iterable[Example], key: str) -> dict[str, Any]:
    """Precision, recall and F1 of a span group, as spaCy counts them: `spans_KEY_p`, `_r`, `_f` and `_per_type`."""
    found = Scorer.score_spans(
        examples,
        f"spans_{key}",
        getter=lambda doc, _: list(doc.spans[key]) if key in doc.spans else [],
        has_annotation=lambda doc: key in doc.spans,
        allow_overlap=True,
    )
    return dict(found)
