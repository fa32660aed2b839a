"""Texts, vocabulary and batches of the character BERT: what the tagger learns from, without the reports held out."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor

from corpora.deid_rows import rows
from corpora.loader import held_back
from jmid_nlp.schema import CATEGORIES
from models.identifier_tagger.augment import Marked, augment, joined
from models.identifier_tagger.train import PARTS, SAMPLE, SKIP, labels, marked, plain, read

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNK, CLS, SEP, MASK = range(5)
#: Signs that stand for white space in the vocabulary, where each line is one token.
WHITE = {"\n": "⏎", " ": "␣"}
LONGEST = 512  # positions, [CLS] and [SEP] among them
LABELS = ("O", *(f"{part}-{category}" for category in CATEGORIES for part in "BI"))
POOL = 16  # batches that are drawn together, so that texts of like length share one


def written() -> list[Marked]:
    """Reports of our own with gold identifiers, without those held out, and reports of findings that name nobody."""
    own = [marked(row) for part in PARTS for row in rows(part) if not held_back(row["id"])]
    return own + read(SAMPLE) + plain()


def characters(texts: Iterator[str]) -> list[str]:
    """The vocabulary: special tokens, every sign of kana, ASCII and the first level of JIS kanji, and what the texts hold."""
    level = (bytes((row, cell)).decode("euc_jp", "ignore") for row in range(0xB0, 0xD0) for cell in range(0xA1, 0xFF))
    blocks = itertools.chain(map(chr, range(0x21, 0x7F)), map(chr, range(0x3041, 0x30FF)), level)
    found = {c for c in itertools.chain(blocks, *texts) if not c.isspace() and c.isprintable()}
    return [*SPECIAL, *WHITE.values(), *sorted(found - set(WHITE.values()))]


def tokenizer(vocabulary: list[str]) -> Tokenizer:
    """One token a character of the text folded by NFKC, with offsets."""
    made = Tokenizer(models.WordLevel({c: i for i, c in enumerate(vocabulary)}, unk_token="[UNK]"))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace("\n", WHITE["\n"]),
            normalizers.Replace(Regex(r"\s"), WHITE[" "]),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)],
    )
    return made


class Example(NamedTuple):
    """A text as ids of its characters without [CLS] and [SEP], and the label of each."""

    ids: list[int]
    labels: list[int]


class Examples:
    """Draws texts, exchanges their identifiers and encodes them; what comes out depends on seed and number alone.

    Args:
        made_share: How many of the texts are generated ones.
        hidden: How many characters become [UNK], so that none is relied on alone.
    """

    def __init__(
        self, own: list[Marked], made: list[Marked], vocabulary: list[str], *, made_share: float, hidden: float = 0.0
    ) -> None:
        self.own, self.made, self.made_share, self.hidden = own, made, made_share, hidden
        self.numbers = {c: i for i, c in enumerate(vocabulary)} | {k: vocabulary.index(v) for k, v in WHITE.items()}

    def draw(self, rng: random.Random) -> Example:
        generated = bool(self.made) and rng.random() < self.made_share
        text = rng.choice(self.made) if generated else augment(rng.choice(self.own), rng)
        if len(text.text) < LONGEST / 3 and rng.random() < 0.2:
            text = joined(text, augment(rng.choice(self.own), rng))
        return self.encode(text, rng)

    def encode(self, text: Marked, rng: random.Random) -> Example:
        space = self.numbers[" "]
        ids = [self.numbers.get(c, space if c.isspace() else UNK) for c in text.text]
        ids = [UNK if rng.random() < self.hidden else i for i in ids] if self.hidden else ids
        start = rng.randrange(max(1, len(ids) - LONGEST + 3))
        piece = slice(start, start + LONGEST - 2)
        return Example(ids[piece], labels(text)[piece].tolist())

    def batch(self, number: int, size: int, seed: int) -> list[Example]:
        """The batch of a number; `POOL` of them are drawn at once and sorted by length."""
        pool, place = divmod(number, POOL)
        rng = random.Random(f"{seed}/{pool}")
        drawn = sorted((self.draw(rng) for _ in range(size * POOL)), key=lambda e: len(e.ids))
        order = rng.sample(range(POOL), POOL)
        return drawn[order[place] * size : (order[place] + 1) * size]


def padded(examples: list[Example]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, attention mask and labels of a batch, each of shape (batch, n); labels of special tokens are `SKIP`."""
    n = max(len(e.ids) for e in examples) + 2
    ids = torch.full((len(examples), n), PAD)
    gold = torch.full((len(examples), n), SKIP)
    for i, e in enumerate(examples):
        k = len(e.ids)
        ids[i, : k + 2] = torch.tensor([CLS, *e.ids, SEP])
        gold[i, 1 : k + 1] = torch.tensor(e.labels)
    return ids, (ids != PAD).long(), gold


def masked(ids: Tensor, vocabulary: int) -> tuple[Tensor, Tensor]:
    """Ids with runs of one to three characters hidden, and where: about 15 of 100 characters, as BERT does it."""
    start = torch.rand(ids.shape) < 0.075
    longer = torch.rand(ids.shape)
    chosen = start.clone()
    chosen[:, 1:] |= start[:, :-1] & (longer[:, :-1] < 0.67)
    chosen[:, 2:] |= start[:, :-2] & (longer[:, :-2] < 0.34)
    chosen &= ids >= len(SPECIAL)
    die = torch.rand(ids.shape)
    out = torch.where(chosen & (die < 0.8), MASK, ids)
    return torch.where(chosen & (die > 0.9), torch.randint(len(SPECIAL), vocabulary, ids.shape), out), chosen


def generated(path: Path | None) -> list[Marked]:
    """Rows of `corpora.generate`, folded."""
    return read(path) if path else []
