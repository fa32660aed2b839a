"""How the trainable components are written and read: their settings and their network, nothing of the texts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import srsly
from spacy import util


class Stored:
    """A part of a pipeline with `cfg`, `model`, `vocab` and `labels`, as `TrainablePipe` has them."""

    cfg: dict[str, Any]
    model: Any
    vocab: Any

    @property
    def labels(self) -> tuple[str, ...]:
        """What the part tells apart."""
        raise NotImplementedError

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The component as bytes."""
        parts = {"cfg": lambda: srsly.json_dumps(self.cfg), "model": self.model.to_bytes}
        return util.to_bytes(parts, exclude)

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> Self:
        """The component from bytes."""
        parts = {"cfg": lambda b: self._configure(srsly.json_loads(b)), "model": self.model.from_bytes}
        util.from_bytes(data, parts, exclude)
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the component into a folder."""
        parts = {"cfg": lambda p: srsly.write_json(p, self.cfg), "model": self.model.to_disk}
        util.to_disk(path, parts, exclude)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Self:
        """Read the component from a folder."""
        parts = {"cfg": lambda p: self._configure(srsly.read_json(p)), "model": self.model.from_disk}
        util.from_disk(path, parts, exclude)
        return self

    def _configure(self, cfg: dict[str, Any]) -> None:
        self.cfg.update(cfg)
        for label in self.labels:
            self.vocab.strings.add(label)
