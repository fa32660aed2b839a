"""Masked-language modelling from scratch: a base model over characters.

    python -m corpora.generate --count 60000 --seed 31 --output generated.jsonl
    python -m models.jmid-bert-char-small.pretrain --generated generated.jsonl --output base

One core; goes on where it stopped. The same seed, texts and machine give the same weights.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from transformers import BertForMaskedLM, PreTrainedTokenizerFast

from .data import LONGEST, SPECIAL, Examples, characters, generated, masked, padded, tokenizer, written
from .loop import train
from .network import config, look_at_neighbours


def save(model: torch.nn.Module, vocabulary: list[str], path: Path) -> None:
    """An ordinary model directory: config.json, model.safetensors, vocab.txt, tokenizer.json, tokenizer_config.json."""
    model.save_pretrained(path)
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer(vocabulary), model_max_length=LONGEST, **names)
    fast.save_pretrained(path)
    (path / "vocab.txt").write_text("".join(f"{c}\n" for c in vocabulary), encoding="utf-8")


def fit(
    model: torch.nn.Module, loss_of: Callable[[int], Tensor], vocabulary: list[str], options: argparse.Namespace
) -> None:
    """Train by the options of the command, and write the model."""
    checkpoint = options.output / "checkpoint.pt"
    train(model, loss_of, steps=options.steps, rate=options.rate, seed=options.seed, checkpoint=checkpoint)
    save(model, vocabulary, options.output)


def masked_loss(model: BertForMaskedLM, examples: Examples, size: int, seed: int, number: int) -> Tensor:
    """The loss of a batch by its number; only hidden characters are asked for."""
    ids, mask, _ = padded(examples.batch(number, size, seed))
    hidden, chosen = masked(ids, model.config.vocab_size)
    with torch.autocast("cpu", torch.bfloat16):
        states = model.bert(hidden, attention_mask=mask).last_hidden_state
        logits = model.cls(states[chosen])
    return functional.cross_entropy(logits.float(), ids[chosen])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generated", type=Path, required=True, help="rows of corpora.generate")
    parser.add_argument("--steps", type=int, default=450)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    own, made = written(), generated(options.generated)
    vocabulary = characters(marked.text for marked in (*own, *made))
    model = BertForMaskedLM(config(len(vocabulary), width=options.width, layers=options.layers))
    look_at_neighbours(model.bert)
    examples = Examples(own, made, vocabulary, made_share=0.55)
    fit(model, lambda number: masked_loss(model, examples, options.batch, options.seed, number), vocabulary, options)


if __name__ == "__main__":
    main()
