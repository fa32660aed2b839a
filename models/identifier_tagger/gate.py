"""The gate before the tagger: which sentences could hold an identifier at all, by pairs and triples of characters."""

from __future__ import annotations

import random
import sys
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from jmid_nlp.deid.charfeatures import NGRAM_BITS, ngrams, pieces
from models.identifier_tagger.augment import IGNORED, Marked, augment

#: Share of the sentences with an identifier that must pass, on the training texts.
PASS = 0.998
EPOCHS = 6
COPIES = 4  # each written report with other names and numbers
BATCH = 256
_MISS = 3.0  # a sentence that is wrongly kept back weighs more than one that is let through


class Gate(NamedTuple):
    """Weights of the pairs and triples, and the sum from which on a sentence passes."""

    weights: NDArray[np.float32]
    bar: float


def examples(texts: list[Marked], rng: random.Random) -> tuple[list[NDArray[np.int64]], NDArray[np.float32]]:
    """Sentences as numbers of their pairs and triples, and whether they hold an identifier."""
    features, gold = [], []
    for text in texts:
        for changed in [text, *(augment(text, rng) for _ in range(COPIES - 1))]:
            numbers = ngrams(changed.text)
            for start, end in pieces(changed.text):
                inside = {c for s, e, c in changed.spans if s < end and start < e}
                if changed.text[start:end].strip() and inside != {IGNORED}:
                    features.append(numbers[:, start:end].ravel())
                    gold.append(float(bool(inside - {IGNORED})))
    return features, np.array(gold, np.float32)


def train_gate(texts: list[Marked], rng: random.Random) -> Gate:
    """Logistic regression over sentences; its bar lets `PASS` of those with an identifier through."""
    features, gold = examples(texts, rng)
    bag = torch.nn.EmbeddingBag(2 << NGRAM_BITS, 1, mode="sum")
    torch.nn.init.zeros_(bag.weight)
    bias = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.Adagrad([bag.weight, bias], lr=0.1)
    order = list(range(len(features)))
    for epoch in range(EPOCHS):
        rng.shuffle(order)
        total = 0.0
        for at in range(0, len(order), BATCH):
            rows = order[at : at + BATCH]
            starts = np.cumsum([0, *(len(features[i]) for i in rows[:-1])])
            sums = bag(torch.from_numpy(np.concatenate([features[i] for i in rows])), torch.from_numpy(starts))
            target = torch.from_numpy(gold[rows])
            losses = functional.binary_cross_entropy_with_logits(sums.squeeze(1) + bias, target, reduction="none")
            loss = (losses * torch.where(target > 0, _MISS, 1.0)).mean() + 1e-5 * (bag.weight**2).sum()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += loss.item()
        print(f"gate, epoch {epoch + 1}: loss {total * BATCH / len(order):.4f}", file=sys.stderr)
    weights = bag.weight.detach().numpy()[:, 0]
    sums = np.array([weights[f].sum() for f, y in zip(features, gold, strict=True) if y])
    return Gate(weights, float(min(np.quantile(sums, 1 - PASS), -3.0 - bias.item())))
