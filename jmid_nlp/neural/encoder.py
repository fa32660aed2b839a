"""From a text to what a model reads: ids of pieces, each with its exact characters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from jmid_nlp.errors import FileFormatError, InputError, MissingExtraError
from jmid_nlp.neural.alignment import exact, slow_pieces
from jmid_nlp.neural.normalise import readable
from jmid_nlp.offsets import Span

#: Pieces of a window where a model names no limit of its own.
_UNLIMITED = 512
_PROBE = "右肺に結節"
#: Models that number their positions from behind the padding's id on, so that so many fewer are left.
_SHIFTED = ("roberta", "camembert", "longformer", "data2vec-text", "xmod")


@dataclass(frozen=True, slots=True)
class Encoded:
    """The pieces of one text without the model's own ones at the rims: ids, and `[start, end)` of each in the text."""

    ids: list[int]
    spans: list[Span]


class Encoder(Protocol):
    """A tokenizer: `encode` takes any text; `before` and `after` are the ids that the model has around each window."""

    before: list[int]
    after: list[int]

    def encode(self, text: str) -> Encoded:
        """The pieces of a text."""


class FastEncoder:
    """A tokenizer of the `tokenizers` library.

    Args:
        tokenizer: A `tokenizers.Tokenizer`; its padding and truncation are switched off.
    """

    def __init__(self, tokenizer: Any) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        probe = tokenizer.encode(_PROBE, add_special_tokens=True)
        self.before, self.after = _rims(probe.ids, probe.special_tokens_mask)

    def encode(self, text: str) -> Encoded:
        """The pieces of a text."""
        clean = readable(text)
        found = self._tokenizer.encode(clean, add_special_tokens=False)
        return Encoded(found.ids, exact(clean, found.offsets))


class SlowEncoder:
    """A tokenizer of Transformers that is written in Python and tells no offsets.

    Args:
        tokenizer: A `transformers.PreTrainedTokenizer`.

    Raises:
        InputError: Its pieces do not say what they stand for, as those of a tokenizer over bytes.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        spans = [span for _, span in slow_pieces(tokenizer, _PROBE)]
        if "".join(_PROBE[s:e] for s, e in spans) != _PROBE:
            raise InputError(
                f"the pieces of a {type(tokenizer).__name__} cannot be followed back to the text; "
                "save the model with a fast tokenizer (tokenizer.json)"
            )
        whole = tokenizer.build_inputs_with_special_tokens([-1])
        self.before, self.after = _rims(whole, [int(i != -1) for i in whole])

    def encode(self, text: str) -> Encoded:
        """The pieces of a text."""
        pieces = slow_pieces(self._tokenizer, readable(text))
        ids = self._tokenizer.convert_tokens_to_ids([piece for piece, _ in pieces])
        return Encoded(ids, [span for _, span in pieces])


def _rims(ids: list[int], special: list[int]) -> tuple[list[int], list[int]]:
    inner = [i for i, is_special in enumerate(special) if not is_special]
    return (ids[: inner[0]], ids[inner[-1] + 1 :]) if inner else (ids, [])


def load_encoder(directory: Path) -> Encoder:
    """The tokenizer of a model's directory; Transformers is loaded only where there is no `tokenizer.json`.

    Args:
        directory: A directory as `save_pretrained` writes it.

    Raises:
        FileFormatError: It holds no tokenizer that can be read.
        MissingExtraError: The tokenizer needs a package that is not installed.
    """
    file = directory / "tokenizer.json"
    if file.is_file():
        from tokenizers import Tokenizer

        try:
            return FastEncoder(Tokenizer.from_file(str(file)))
        except Exception as error:  # the library raises bare Exception
            raise FileFormatError(f"{file.name} of the model {directory.name} cannot be read as a tokenizer") from error
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(directory), local_files_only=True)
    except ImportError as error:
        raise MissingExtraError(f"the tokenizer of the model {directory.name} needs a package: {error}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileFormatError(
            f"the model {directory.name} has no tokenizer files that Transformers can read; "
            "save its tokenizer beside it with tokenizer.save_pretrained(directory)"
        ) from error
    return FastEncoder(tokenizer.backend_tokenizer) if tokenizer.is_fast else SlowEncoder(tokenizer)


def positions(directory: Path, config: dict[str, Any]) -> int:
    """How many pieces a model takes at once, its own at the rims included.

    Args:
        directory: The model's directory.
        config: Its `config.json`.
    """
    limits = [_UNLIMITED]
    own = config.get("max_position_embeddings")
    if isinstance(own, int) and own > 0:
        shifted = any(name in str(config.get("model_type")) for name in _SHIFTED)
        limits = [own - (int(config.get("pad_token_id") or 0) + 1 if shifted else 0)]
    file = directory / "tokenizer_config.json"
    if file.is_file():
        told = json.loads(file.read_text(encoding="utf-8")).get("model_max_length")
        if isinstance(told, int | float) and 0 < told < 1_000_000:  # Transformers writes 1e30 for no limit
            limits.append(int(told))
    return min(limits)
