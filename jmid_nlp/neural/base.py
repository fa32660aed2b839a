"""What a training begins with: a model of the user's, or a small one over characters."""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jmid_nlp.errors import FileFormatError
from jmid_nlp.neural.encoder import Encoder, FastEncoder, load_encoder, positions
from jmid_nlp.neural.labels import Scheme

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
#: The model that is made from nothing, small enough for two cores: ConvBERT, whose convolutions find neighbours at once.
#: After 300 steps on 170 reports it had an F1 of 0.20 where BERT of the same size, with the first
#: weights of Transformers, had 0.11, RoFormer and ModernBERT 0.14.
_SMALL: dict[str, Any] = {
    "hidden_size": 128,
    "embedding_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 512,
    "head_ratio": 2,
    "max_position_embeddings": 512,
    "initializer_range": 0.05,
}
_TOKENIZER_FILES = (".txt", ".model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                    "added_tokens.json", "vocab.json")  # fmt: skip
#: Learning rates: of a new model, of a small one that knows something already, and of a large one.
_RATES = (1e-3, 3e-4, 5e-5)
_LARGE = 512  # hidden units


@dataclass(frozen=True, slots=True)
class Base:
    """A model in torch with all that training needs of it; `save_tokenizer` writes the tokenizer into a directory."""

    model: Any
    encoder: Encoder
    scheme: Scheme
    limit: int
    rate: float
    save_tokenizer: Callable[[Path], None]


def begin(texts: Sequence[str], names: Sequence[str]) -> Base:
    """A small ConvBERT with random weights over the characters that stand in at least two of the texts.

    Args:
        texts: The texts to learn from.
        names: The model's outputs by number.
    """
    from transformers import ConvBertConfig, ConvBertForTokenClassification

    counts = Counter(c for text in texts for c in set(unicodedata.normalize("NFKC", text)))
    vocabulary = [*_SPECIAL, *sorted(c for c, n in counts.items() if n > 1)]
    tokenizer = character_tokenizer(vocabulary)
    numbers = dict(enumerate(names))
    config = ConvBertConfig(
        vocab_size=len(vocabulary), id2label=numbers, label2id={n: i for i, n in numbers.items()}, **_SMALL
    )

    def save(directory: Path) -> None:
        tokenizer.save(str(directory / "tokenizer.json"))

    limit = _SMALL["max_position_embeddings"]
    model = ConvBertForTokenClassification(config)
    return Base(model, FastEncoder(character_tokenizer(vocabulary)), Scheme(numbers), limit, _RATES[0], save)


def character_tokenizer(vocabulary: Sequence[str]) -> Any:
    """A tokenizer of single characters in NFKC.

    Args:
        vocabulary: The pieces by number, the special ones of BERT among them.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    numbers = {piece: i for i, piece in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    rims = [(piece, numbers[piece]) for piece in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=rims)
    return tokenizer


def from_base(directory: Path, names: Sequence[str]) -> Base:
    """A model of the user's, with new outputs unless it has these already.

    Args:
        directory: A directory as `save_pretrained` writes it, with torch weights; any architecture that Transformers can
            classify tokens with.
        names: The model's outputs by number.

    Raises:
        FileFormatError: The model or its tokenizer cannot be read.
    """
    from transformers import AutoModelForTokenClassification

    numbers = dict(enumerate(names))
    try:
        known = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        model = AutoModelForTokenClassification.from_pretrained(
            str(directory),
            id2label=numbers,
            label2id={name: i for i, name in numbers.items()},
            ignore_mismatched_sizes=True,
            local_files_only=True,
        )
    except Exception as error:  # the libraries' errors have no base of their own
        raise FileFormatError(f"the base {directory.name} cannot be read as a model of Transformers") from error

    def save(target: Path) -> None:
        for file in sorted(directory.iterdir()):
            if file.name.endswith(_TOKENIZER_FILES) and file.name != "config.json":
                shutil.copyfile(file, target / file.name)

    rate = _RATES[2] if model.config.hidden_size >= _LARGE else _RATES[1]
    return Base(model, load_encoder(directory), Scheme(numbers), positions(directory, known), rate, save)
