"""The state of a training between two steps, on disk: one file of arrays, written aside and then renamed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from thinc.api import Optimizer

from jmid_nlp.training.data import LabelledText
from jmid_nlp.training.options import TrainOptions
from jmid_nlp.version import __version__

#: Component, number of the node in its model's walk, name of the parameter.
Key = tuple[str, int, str]
Arrays = dict[Key, NDArray[np.float32]]


def _nodes(nlp: Language) -> Iterable[tuple[str, int, Any]]:
    for name, pipe in nlp.pipeline:
        yield from ((name, i, node) for i, node in enumerate(getattr(pipe, "model").walk()))  # noqa: B009  any pipe's


def parameters(nlp: Language) -> Arrays:
    """The arrays of all weights, as they are, so that writing into one changes the model."""
    return {
        (name, i, param): node.get_param(param)
        for name, i, node in _nodes(nlp)
        for param in node.param_names
        if node.has_param(param)
    }


def fingerprint(examples: Sequence[LabelledText], dev: Sequence[LabelledText], options: TrainOptions) -> str:
    """A hash of everything that the weights depend on but the number of steps."""
    digest = hashlib.sha256(f"{__version__} {options.layer} {options.seed} {options.base}".encode())
    for example in [*examples, None, *dev]:
        told = json.dumps(asdict(example)) if example else "dev"
        digest.update(told.encode("ascii"))
    return digest.hexdigest()


class Checkpoint:
    """Where a training stands.

    Args:
        folder: Where it lies on disk.
        mark: The `fingerprint` of the training; a state of another one is not gone on with.
    """

    def __init__(self, folder: Path, mark: str) -> None:
        self.folder, self.mark = folder, mark
        self.step = self.best_step = 0
        self.best = -1.0
        self._kept: Arrays = {}

    def look(self, nlp: Language, score: float) -> None:
        """Keep the weights where the score is the best so far."""
        if score > self.best:
            self.best, self.best_step = score, self.step
            self._kept = {key: array.copy() for key, array in parameters(nlp).items()}

    def keep_best(self, nlp: Language) -> None:
        """Put the kept weights into the pipeline."""
        for key, array in parameters(nlp).items():
            array[...] = self._kept[key]

    def save(self, nlp: Language, optimizer: Optimizer) -> None:
        """Write the state."""
        arrays = {_name("now", key): array for key, array in parameters(nlp).items()}
        arrays |= {_name("best", key): array for key, array in self._kept.items()}
        updates = {}
        for name, i, node in _nodes(nlp):
            for param in node.param_names:
                if node.has_grad(param):  # the shared network takes its step with the next batch
                    arrays[_name("grad", (name, i, param))] = node.get_grad(param)
                if (node.id, param) in optimizer.nr_update:
                    updates[_name("n", (name, i, param))] = optimizer.nr_update[node.id, param]
                    for part, values in _moments(optimizer):
                        arrays[_name(part, (name, i, param))] = values[node.id, param]
        told = {"mark": self.mark, "step": self.step, "best_step": self.best_step, "best": self.best, "n": updates}
        self.folder.mkdir(exist_ok=True)
        aside = self.folder / "state.writing.npz"
        np.savez(aside, told=np.array(json.dumps(told)), **arrays)  # type: ignore[arg-type]
        aside.replace(self.folder / "state.npz")

    def resume(self, nlp: Language, optimizer: Optimizer) -> None:
        """Take up the state on disk, if there is one of this training."""
        try:
            with np.load(self.folder / "state.npz", allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError):
            return
        told = json.loads(str(arrays.pop("told")))
        if told["mark"] != self.mark:
            return
        self.step, self.best_step, self.best = told["step"], told["best_step"], told["best"]
        for key, array in parameters(nlp).items():
            array[...] = arrays[_name("now", key)]
            if (best := _name("best", key)) in arrays:
                self._kept[key] = arrays[best]
        for name, i, node in _nodes(nlp):
            for param in node.param_names:
                key = (name, i, param)
                if (grad := _name("grad", key)) in arrays:
                    node.set_grad(param, arrays[grad])
                if _name("n", key) in told["n"]:
                    optimizer.nr_update[node.id, param] = told["n"][_name("n", key)]
                    for part, values in _moments(optimizer):
                        values[node.id, param] = arrays[_name(part, key)]

    def remove(self) -> None:
        """Take the state off the disk."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _moments(optimizer: Optimizer) -> list[tuple[str, dict[tuple[int, str], Any]]]:
    assert optimizer.averages is not None  # a dict, empty before the first step
    return [("mom1", optimizer.mom1), ("mom2", optimizer.mom2), ("mean", optimizer.averages)]


def _name(part: str, key: Key) -> str:
    return "|".join((part, key[0], str(key[1]), key[2]))
