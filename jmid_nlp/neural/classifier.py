"""`TokenClassifier`: spans of characters from any token classification model, without spaCy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from jmid_nlp.errors import FileFormatError, InputError
from jmid_nlp.neural.encoder import Encoded, Encoder, load_encoder, positions
from jmid_nlp.neural.files import find_model
from jmid_nlp.neural.labels import Floats, Found, Scheme
from jmid_nlp.neural.runtime import Runtime, open_runtime
from jmid_nlp.neural.windows import Window, windows
from jmid_nlp.offsets import Span

#: Texts whose windows are sorted by length together; bounds memory.
_CHUNK = 256
_T = TypeVar("_T")


class Labeller:
    """A model, its tokenizer and its labels, put together for texts of any length.

    Args:
        encoder: The tokenizer.
        runtime: The model.
        scheme: The labels of its outputs.
        limit: Pieces that it takes at once, its own at the rims included.
        stride: Pieces that neighbouring windows of a long text share at least; half a window at most is taken.
    """

    def __init__(self, encoder: Encoder, runtime: Runtime, scheme: Scheme, limit: int, stride: int) -> None:
        self.scheme = scheme
        self._encoder = encoder
        self._runtime = runtime
        self._size = limit - len(encoder.before) - len(encoder.after)
        if self._size < 1:
            raise InputError("the model takes no pieces at all; see max_position_embeddings in its config.json")
        self._stride = min(stride, self._size // 2)

    @property
    def labels(self) -> list[str]:
        """The labels that spans can have."""
        return list(self.scheme.labels)

    def __call__(self, texts: Sequence[str]) -> list[list[Found]]:
        """The spans of each text.

        Args:
            texts: Any strings.

        Returns:
            For each text its spans, ascending and without overlap, `[start, end)` in the text.
        """
        return list(self.pipe(texts))

    def pipe(self, texts: Iterable[str]) -> Iterator[list[Found]]:
        """The spans of each text, one text after the other; memory does not grow with their number."""
        for chunk in _batches(texts, _CHUNK):
            if not all(isinstance(text, str) for text in chunk):
                raise InputError("texts must be strings")
            for text, (places, values) in zip(chunk, self.probabilities(chunk), strict=True):
                yield self.scheme.spans(text, places, values)

    def probabilities(self, texts: Sequence[str]) -> Iterator[tuple[list[Span], Floats]]:
        """What the model says of each piece of each text.

        Args:
            texts: Any strings; they are computed together, so not too many at a time.

        Yields:
            For each text `[start, end)` of its pieces, and an array of shape (pieces, outputs of the model) of
            probabilities.
        """
        encoded = [self._encoder.encode(text) for text in texts]
        parts = [(i, w) for i, e in enumerate(encoded) for w in windows(len(e.ids), self._size, self._stride)]
        outputs = self._outputs(encoded, parts)
        found: list[list[Floats]] = [[] for _ in texts]
        for (i, _), values in zip(parts, outputs, strict=True):
            found[i].append(values)
        for e, of_windows in zip(encoded, found, strict=True):
            yield e.spans, np.concatenate([np.zeros((0, len(self.scheme.tags)), np.float32), *of_windows])

    def _outputs(self, encoded: Sequence[Encoded], parts: Sequence[tuple[int, Window]]) -> list[Floats]:
        """Of each window the probabilities of the pieces that count in it; windows of like length are computed together."""
        before, after = self._encoder.before, self._encoder.after
        ids = [before + encoded[i].ids[w.start : w.end] + after for i, w in parts]
        out: list[Any] = [None] * len(parts)

        def steps(k: int) -> int:
            return -(-len(ids[k]) // self._runtime.step)

        for _, alike in groupby(sorted(range(len(parts)), key=steps), steps):
            for group in _batches(alike, self._runtime.batch):
                for k, logits in zip(group, self._runtime([ids[k] for k in group]), strict=True):
                    w, skip = parts[k][1], len(before)
                    out[k] = _softmax(logits[w.first - w.start + skip : w.last - w.start + skip])
        return out


class TokenClassifier(Labeller):
    """A token classification model with its tokenizer, ready for texts of any length.

    The labels may be written BIO, IO or BILOU. A text's answer depends on the text alone, never on its neighbours.

    Args:
        model: A directory as `save_pretrained` writes it, with `model.int8.onnx`, `model.onnx` or torch weights; or the id
            of a model on the Hugging Face hub.
        device: "cpu", or "cuda" for bf16 on a GPU.
        threads: Threads of one computation on the CPU.
        stride: Pieces that neighbouring windows of a long text share at least; half a window at most is taken.
        batch_size: Windows that a GPU computes at once.
        download: Whether a hub id may be fetched; otherwise only what was fetched before is used.

    Raises:
        InputError: There is no such model, or it has no weights or no label `O`.
        FileFormatError: A file of it cannot be read.
        MissingExtraError: What runs it is not installed.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        device: str = "cpu",
        threads: int = 1,
        stride: int = 64,
        batch_size: int = 16,
        download: bool = False,
    ) -> None:
        if min(threads, batch_size) < 1 or stride < 0:
            raise InputError("threads and batch_size must be at least 1, and stride at least 0")
        directory = find_model(model, download=download)
        config = _config(directory)
        scheme = Scheme(_labels(config, directory))
        limit = positions(directory, config)
        runtime = open_runtime(directory, device=device, threads=threads, batch=batch_size, limit=limit)
        super().__init__(load_encoder(directory), runtime, scheme, limit, stride)


def _batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _softmax(logits: Floats) -> Floats:
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    total: Floats = exp / exp.sum(axis=1, keepdims=True)
    return total


def _config(directory: Path) -> dict[str, Any]:
    file = directory / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"the directory {directory.name} holds no config.json, so it is no model") from None
    except ValueError as error:
        raise FileFormatError(f"config.json of the model {directory.name} is no JSON") from error
    if not isinstance(config, dict):
        raise FileFormatError(f"config.json of the model {directory.name} is no object")
    return config


def _labels(config: dict[str, Any], directory: Path) -> dict[int, str]:
    try:
        return {int(number): str(label) for number, label in config["id2label"].items()}
    except (KeyError, ValueError, AttributeError):
        raise FileFormatError(
            f'config.json of the model {directory.name} has no id2label, such as {{"0": "O", "1": "B-PERSON"}}'
        ) from None
