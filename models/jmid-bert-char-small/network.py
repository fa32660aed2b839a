"""The network: an ordinary BERT over characters whose first layers begin by looking at their neighbours.

A BERT from scratch needs thousands of steps to find out which positions lie next to each other. Here positions begin as
sines in dimensions of their own, and the heads of the two lowest layers begin with a preference for one distance each; from
there on everything is trained. Nothing of this is seen in the model's form: `transformers` loads it as any other.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from transformers import BertConfig

WAVES = 16  # frequencies of a position
DISTANCES = ((-1, 1, -2, 2, -3, 3), (-1, 1, -4, 4, -8, 8))


def config(vocabulary: int, *, width: int = 192, layers: int = 3) -> BertConfig:
    """The form of the network; heads of 32 dimensions."""
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=width // 32,
        intermediate_size=4 * width,
        max_position_embeddings=512,
        type_vocab_size=2,
        hidden_dropout_prob=0.0,  # of many texts each is seen once
        attention_probs_dropout_prob=0.0,
        pad_token_id=0,
    )


@torch.no_grad()
def look_at_neighbours(bert: nn.Module, gain: float = 1.6) -> None:
    """Sets positions to sines and the heads of the lowest layers to one distance each, before any training."""
    embeddings = bert.embeddings
    speed = torch.tensor([2.5 * (0.004 ** (k / (WAVES - 1))) for k in range(WAVES)])
    places = embeddings.position_embeddings.weight
    turns = torch.arange(places.shape[0])[:, None] * speed
    places.zero_()
    # as large as the words beside them, so that the normalisation keeps both
    places[:, : 2 * WAVES] = torch.cat((turns.sin(), turns.cos()), 1) * embeddings.word_embeddings.weight.std() * 1.4
    for table in (embeddings.word_embeddings, embeddings.token_type_embeddings):
        table.weight[:, : 2 * WAVES] = 0
    for layer, distances in zip(bert.encoder.layer, DISTANCES, strict=False):
        attention = layer.attention.self
        size = attention.attention_head_size
        for head, distance in enumerate(distances[: attention.num_attention_heads]):
            rows = slice(head * size, head * size + 2 * WAVES)
            attention.query.weight[rows, : 2 * WAVES] = gain * _turn(speed, distance)
            attention.key.weight[rows, : 2 * WAVES] = gain * torch.eye(2 * WAVES)


def _turn(speed: torch.Tensor, distance: int) -> torch.Tensor:
    """The matrix that turns the sines of a position into those of the position so far away."""
    sine, cosine = (torch.diag(f(speed * distance)) for f in (torch.sin, torch.cos))
    return torch.cat((torch.cat((cosine, sine), 1), torch.cat((-sine, cosine), 1)), 0)


def rate_at(step: int, steps: int, highest: float, warm: float = 0.06) -> float:
    """The learning rate of a step: up in a line, down in half a cosine."""
    rise = max(1, int(warm * steps))
    if step < rise:
        return highest * (step + 1) / rise
    return highest * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise))))
