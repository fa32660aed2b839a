"""Fine-tuning of a token classification model, or a small one over characters from nothing, in plain torch.

A step depends on its number alone, not on what ran before it in this process, so that an interrupted training goes on from
its last checkpoint to the same weights.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jmid_nlp.errors import FileFormatError, InputError, MissingExtraError
from jmid_nlp.neural.base import Base, begin, from_base
from jmid_nlp.neural.classifier import Labeller
from jmid_nlp.neural.export import export_onnx
from jmid_nlp.neural.labels import Found, bio, bio_names
from jmid_nlp.neural.runtime import TorchRuntime
from jmid_nlp.neural.windows import windows
from jmid_nlp.offsets import Span

_PIECES = 512  # of a batch, padding included: more in a batch was slower to learn from
_EVERY = 100  # steps between two looks at the examples kept for measuring
_WARM = 100  # steps until the full rate
_AVERAGE = 0.99  # of the weights that are kept, per step
_IGNORED = -100  # what torch leaves out of the loss
_OVERLAP = 32

#: Gets a function from texts to spans and gives a number, the higher the better.
Score = Callable[[Callable[[Sequence[str]], list[list[Found]]]], float]
_Row = tuple[list[int], list[int]]  # ids of a window, and the outputs that are wanted


@dataclass(frozen=True, slots=True)
class Sample:
    """A text to learn from: labelled spans, and stretches that count neither way."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    ignore: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to train.

    Attributes:
        seed: The same seed gives the same weights on the same machine's CPU.
        max_steps: Batches at most.
        patience: Steps without a better score after which training ends.
    """

    seed: int = 0
    max_steps: int = 4000
    patience: int = 800


@dataclass(frozen=True, slots=True)
class Fitted:
    """What came of a training: steps, the best of them, and spans that the pieces or other spans leave no room for."""

    steps: int
    best_step: int
    lost: int


@dataclass(slots=True)
class _State:
    step: int = 0
    best_step: int = 0
    best: float = -1.0
    weights: dict[str, Any] | None = None


def fit(
    samples: Sequence[Sample],
    output: Path,
    score: Score,
    *,
    mark: str,
    base: Path | None = None,
    schedule: Schedule = Schedule(),
    tell: Callable[[int, float], None] = lambda step, best: None,
) -> Fitted:
    """Train, keep the weights that score best, and write an ordinary model directory with `model.int8.onnx`.

    Args:
        samples: To learn from.
        output: The directory, which appears whole or not at all. `OUTPUT.partial` holds the checkpoint until then.
        score: Gets a function from texts to spans and gives a number, the higher the better.
        mark: Names data and options: a checkpoint of another training is not gone on with.
        base: A model's directory to begin with; None for a small model over the characters of the samples.
        schedule: Seed and length.
        tell: Called after each step with its number and the best score so far.

    Raises:
        InputError: There is no labelled span to learn from.
        FileFormatError: The base cannot be read.
        MissingExtraError: torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError('training a transformer needs torch: pip install "jmid-nlp[torch]"') from error
    labels = sorted({label for sample in samples for *_, label in sample.spans})
    if not labels:
        raise InputError("no text has a labelled span to learn from")
    partial = output.with_name(output.name + ".partial")
    with _deterministic():
        torch.manual_seed(schedule.seed)
        names = bio_names(labels)
        made = from_base(base, names) if base else begin([s.text for s in samples], names)
        made.model.to("cuda" if torch.cuda.is_available() else "cpu")
        rows, lost = _rows(samples, made, names)
        state = _run(made, rows, score, _Checkpoint(partial, mark), schedule, tell)
        made.model.load_state_dict(state.weights)
    _write(made, output)
    shutil.rmtree(partial, ignore_errors=True)
    return Fitted(state.step, state.best_step, lost)


def _rows(samples: Sequence[Sample], made: Base, names: Sequence[str]) -> tuple[list[_Row], int]:
    """The windows of all samples as ids and wanted outputs, and the number of spans that were lost."""
    before, after = made.encoder.before, made.encoder.after
    size = made.limit - len(before) - len(after)
    rows, lost = [], 0
    for sample in samples:
        found = made.encoder.encode(sample.text)
        wanted, without = bio(found.spans, sample.spans, names)
        lost += without
        for start, end in sample.ignore:
            for i, (s, e) in enumerate(found.spans):
                if s < end and e > start and not wanted[i]:
                    wanted[i] = _IGNORED
        for w in windows(len(found.ids), size, min(_OVERLAP, size // 2)):
            inside = [wanted[i] if w.first <= i < w.last else _IGNORED for i in range(w.start, w.end)]
            ids = before + found.ids[w.start : w.end] + after
            rows.append((ids, [_IGNORED] * len(before) + inside + [_IGNORED] * len(after)))
    return rows, lost


def _run(
    made: Base,
    rows: list[_Row],
    score: Score,
    checkpoint: _Checkpoint,
    schedule: Schedule,
    tell: Callable[[int, float], None],
) -> _State:
    import torch

    model, state = made.model, _State()
    optimizer = torch.optim.AdamW(model.parameters(), lr=made.rate, weight_decay=0.01)
    average = {name: value.detach().clone() for name, value in model.state_dict().items()}
    checkpoint.load(state, model, optimizer, average)
    labeller = Labeller(made.encoder, TorchRuntime(model, 1, made.limit), made.scheme, made.limit, _OVERLAP)
    batches = _batches(rows, schedule.seed)
    for _ in range(state.step):
        next(batches)
    while state.step < schedule.max_steps and (
        state.step - state.best_step < schedule.patience or state.weights is None
    ):
        state.step += 1
        torch.manual_seed((schedule.seed * 1_000_003 + state.step) % 2**32)
        for group in optimizer.param_groups:
            group["lr"] = made.rate * min(1.0, state.step / _WARM)
        _step(model, optimizer, [rows[i] for i in next(batches)])
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                average[name].lerp_(value, 1 - min(_AVERAGE, state.step / (state.step + 10)))
        if state.step % _EVERY == 0 or state.step == schedule.max_steps:
            _look(model, average, labeller, score, state)
            checkpoint.save(state, model, optimizer, average)
        tell(state.step, state.best)
    return state


def _step(model: Any, optimizer: Any, rows: Sequence[_Row]) -> None:
    import torch

    longest = max(len(ids) for ids, _ in rows)
    ids = torch.full((len(rows), longest), model.config.pad_token_id or 0)
    wanted = torch.full((len(rows), longest), _IGNORED)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for i, (row, outputs) in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        wanted[i, : len(row)] = torch.tensor(outputs)
        mask[i, : len(row)] = 1
    model.train()
    device = model.device
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "cpu"):
        logits = model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
    loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), wanted.flatten().to(device))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


def _look(model: Any, average: dict[str, Any], labeller: Labeller, score: Score, state: _State) -> None:
    """Measures the averaged weights, and keeps them where they are the best so far."""
    now = {name: value.detach().clone() for name, value in model.state_dict().items()}
    model.load_state_dict(average)
    model.eval()
    value = score(labeller)
    if value > state.best:
        state.best, state.best_step = value, state.step
        state.weights = {name: array.clone() for name, array in average.items()}
    model.load_state_dict(now)


def _batches(rows: Sequence[_Row], seed: int) -> Iterator[list[int]]:
    """Endless batches of about `_PIECES` pieces, rows of like length together, every row once an epoch."""
    epoch = 0
    while True:
        draw = random.Random(f"{seed} {epoch}")
        keys = [(len(ids) // 32, draw.random()) for ids, _ in rows]
        batches: list[list[int]] = [[]]
        for i in sorted(range(len(rows)), key=keys.__getitem__):
            if batches[-1] and (len(batches[-1]) + 1) * len(rows[i][0]) > _PIECES:
                batches.append([])
            batches[-1].append(i)
        draw.shuffle(batches)
        yield from batches
        epoch += 1


class _Checkpoint:
    """The state of a training on disk: one file, written aside and then renamed."""

    def __init__(self, folder: Path, mark: str) -> None:
        self.folder = folder
        self.mark = mark

    def save(self, state: _State, model: Any, optimizer: Any, average: dict[str, Any]) -> None:
        import torch

        told = {"mark": self.mark, "step": state.step, "best_step": state.best_step, "best": state.best}
        parts = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "average": average}
        self.folder.mkdir(exist_ok=True)
        aside = self.folder / "state.writing"
        torch.save({**told, **parts, "weights": state.weights}, aside)
        aside.replace(self.folder / "state.pt")

    def load(self, state: _State, model: Any, optimizer: Any, average: dict[str, Any]) -> None:
        """Takes up the state on disk, if there is one of this training."""
        import torch

        file = self.folder / "state.pt"
        if not file.is_file():
            return
        try:
            found = torch.load(file, map_location=model.device, weights_only=True)
        except (OSError, RuntimeError, EOFError, ValueError) as error:
            raise FileFormatError(f"{file.name} in {self.folder.name} is damaged; remove that folder") from error
        if found["mark"] != self.mark:
            return
        state.step, state.best_step, state.best = found["step"], found["best_step"], found["best"]
        state.weights = found["weights"]
        model.load_state_dict(found["model"])
        optimizer.load_state_dict(found["optimizer"])
        for name, value in found["average"].items():
            average[name].copy_(value)


@contextmanager
def _deterministic() -> Iterator[None]:
    import torch

    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])


def _write(made: Base, output: Path) -> None:
    """The directory, whole or not at all."""
    aside = output.with_name(output.name + ".writing")
    shutil.rmtree(aside, ignore_errors=True)
    made.model.to("cpu").save_pretrained(aside)
    made.save_tokenizer(aside)
    export_onnx(aside)
    aside.rename(output)
