"""Fine-tuning for identifiers: begin and inside of the ten categories, a label a character.

    python -m corpora.generate --count 20000 --seed 11 --kind identifiers --output identifiers.jsonl
    python -m models.jmid-bert-char-small.finetune --base base --generated identifiers.jsonl --output identifiers

One core; goes on where it stopped. Reports that `corpora.loader.held_back` names are left out, to choose thresholds on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from transformers import BertForTokenClassification

from .data import LABELS, SKIP, Examples, generated, padded, written
from .pretrain import fit


def labelled(base: Path, names: Sequence[str]) -> BertForTokenClassification:
    """The base model with an untrained head for labels."""
    return BertForTokenClassification.from_pretrained(
        base,
        hidden_dropout_prob=0.1,
        id2label=dict(enumerate(names)),
        label2id={name: i for i, name in enumerate(names)},
    )


def label_loss(model: BertForTokenClassification, examples: Examples, size: int, seed: int, number: int) -> Tensor:
    """The loss of a batch by its number."""
    ids, mask, gold = padded(examples.batch(number, size, seed))
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(input_ids=ids, attention_mask=mask).logits
    return functional.cross_entropy(logits.float().flatten(0, 1), gold.flatten(), ignore_index=SKIP)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="directory of pretrain")
    parser.add_argument("--generated", type=Path, required=True, help="rows of corpora.generate")
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    vocabulary = (options.base / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    model = labelled(options.base, LABELS)
    examples = Examples(written(), generated(options.generated), vocabulary, made_share=0.3, hidden=0.06)
    fit(model, lambda number: label_loss(model, examples, options.batch, options.seed, number), vocabulary, options)


if __name__ == "__main__":
    main()
