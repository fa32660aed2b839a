"""Trains the tagger of `jmid_nlp.deid.learned` and writes its weights into the package.

    pip install torch==2.13.0
    python -m models.identifier_tagger.train --steps 4000 --output jmid_nlp/weights/identifiers.npz

One core, about a quarter of a second a step; the same seed, data and lists give the same weights on the same machine.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from corpora.deid_rows import rows
from corpora.findings_markup import HERE as FINDINGS
from corpora.findings_markup import read_corpus
from jmid_nlp.deid.charfeatures import LISTS, columns, encode, part_of_speech, positions
from jmid_nlp.deid.detect import DetectOptions, detect
from jmid_nlp.offsets import fold
from jmid_nlp.schema import CATEGORIES
from jmid_nlp.text.tokens import tokenize
from models.identifier_tagger.augment import IGNORED, Marked, augment, joined
from models.identifier_tagger.gate import Gate, train_gate

LABELS = 1 + 2 * len(CATEGORIES)
SKIP = -100
DILATIONS = (1, 2, 4, 8, 16, 1, 2, 1)
LONGEST = 700  # characters of a training text
PARTS = ("train", "dev", "negatives_train", "negatives_dev")
GATE_MADE = 4000  # generated reports that the gate learns from
SAMPLE = Path(__file__).parents[2] / "corpora" / "sample" / "gold_identifiers.jsonl"


class Net(nn.Module):
    """Sum of embeddings, gated dilated convolutions with residuals, and a label a character."""

    def __init__(self, sizes: Sequence[int], width: int) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(n, width) for n in sizes)
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.15)  # type: ignore[arg-type]
        self.bias = nn.Parameter(torch.zeros(width))
        self.taps = nn.Parameter(torch.randn(len(DILATIONS), 3, width) * 0.5)
        self.convs = nn.ModuleList(nn.Linear(width, 2 * width) for _ in DILATIONS)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in DILATIONS)
        self.drop = nn.Dropout(0.2)
        self.out = nn.Linear(width, LABELS)

    def forward(self, codes: Tensor, mask: Tensor) -> Tensor:
        """Logits (batch, n, labels) of codes (batch, columns, n) where the mask (batch, n, 1) is 1."""
        total = self.bias + sum(table(codes[:, i]) for i, table in enumerate(self.tables))
        x = self.drop(total) * mask
        n = codes.shape[2]
        for conv, norm, tap, d in zip(self.convs, self.norms, self.taps, DILATIONS, strict=True):
            z = functional.pad(norm(x) * mask, (0, 0, d, d))
            a, b = conv(z[:, :n] * tap[0] + z[:, d : d + n] * tap[1] + z[:, 2 * d :] * tap[2]).chunk(2, -1)
            x = (x + self.drop(a * torch.sigmoid(b))) * mask
        return self.out(x)  # type: ignore[no-any-return]


def marked(row: dict[str, Any]) -> Marked:
    """A row of a corpus on its folded text."""
    view = fold(row["text"])
    spans = [(*view.map.to_target(s["start"], s["end"]), s["category"]) for s in row["spans"]]
    for pair in row.get("ignore", ()):
        start, end = (pair["start"], pair["end"]) if isinstance(pair, dict) else pair
        spans.append((*view.map.to_target(start, end), IGNORED))
    return Marked(view.text, sorted(spans))


def labels(text: Marked) -> NDArray[np.int64]:
    """The label of each character: 0 none, then begin and inside of each category, `SKIP` where it counts neither way."""
    out = np.zeros(len(text.text), np.int64)
    for start, end, category in text.spans:
        if category == IGNORED:
            out[start:end] = SKIP
            continue
        first = 1 + 2 * CATEGORIES.index(category)  # type: ignore[arg-type]
        out[start], out[start + 1 : end] = first, first + 1
    return out


class Batches:
    """Endless batches of exchanged and generated reports."""

    def __init__(self, own: list[Marked], made: list[Marked], parts: dict[str, int], size: int, seed: int) -> None:
        self.own, self.made, self.parts, self.size = own, made, parts, size
        self.rng = random.Random(seed)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        while True:
            yield self._batch([self._text() for _ in range(self.size)])

    def _text(self) -> Marked:
        rng = self.rng
        if self.made and rng.random() < 0.3:
            return rng.choice(self.made)
        text = augment(rng.choice(self.own), rng)
        if len(text.text) < LONGEST / 2 and rng.random() < 0.25:
            other = augment(rng.choice(self.own), rng)
            text = joined(text, other) if len(other.text) < LONGEST / 2 else text
        return text

    def _batch(self, texts: list[Marked]) -> tuple[Tensor, Tensor, Tensor]:
        n = max(min(len(t.text), LONGEST) for t in texts)
        rows_ = 8 + len(LISTS)
        codes = torch.zeros(len(texts), rows_, n, dtype=torch.long)
        gold = torch.full((len(texts), n), SKIP)
        mask = torch.zeros(len(texts), n, 1)
        for i, text in enumerate(texts):
            found = encode(text.text, self.parts, positions(text.text))[:, :LONGEST].astype(np.int64)
            k = found.shape[1]
            codes[i, :, :k] = torch.from_numpy(found)
            gold[i, :k] = torch.from_numpy(labels(text)[:LONGEST])
            mask[i, :k] = 1
            self._hide(codes[i], k)
        return codes, mask, gold

    def _hide(self, codes: Tensor, n: int) -> None:
        """Hides some characters and sometimes a list, so that neither is relied on alone."""
        hidden = torch.from_numpy(np.array([self.rng.random() < 0.12 for _ in range(n)]))
        codes[0, :n][hidden] = 0
        if self.rng.random() < 0.3:
            codes[4 + self.rng.randrange(len(LISTS))] = 0


def fresh(own: list[Marked], width: int) -> tuple[Net, dict[str, int]]:
    """An untrained network, and the numbers of the parts of speech that it will know."""
    names = sorted({part_of_speech(raw) for t in own for raw in tokenize(t.text).raw})
    parts = {name: i for i, name in enumerate(names, 1)}
    return Net(columns(len(parts)), width), parts


def load(path: Path) -> tuple[Net, dict[str, int]]:
    """A trained network from its file, to be trained further on other reports."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    parts = {str(name): i for i, name in enumerate(arrays["parts_of_speech"], 1)}
    net = Net(columns(len(parts)), arrays["in_b"].shape[0])
    with torch.no_grad():
        for parameter, name, turned in _named(net):
            value = torch.from_numpy(arrays[name].astype(np.float32))
            parameter.copy_(value.T if turned else value)
    return net, parts


def _named(net: Net) -> Iterator[tuple[Tensor, str, bool]]:
    """Each parameter with its name in the file, and whether it stands there transposed."""
    yield from ((net.bias, "in_b", False), (net.taps, "taps", False))
    yield from ((net.out.weight, "out_w", True), (net.out.bias, "out_b", False))
    for i, table in enumerate(net.tables):
        yield table.weight, f"table{i}", False  # type: ignore[misc]
    for i, (conv, norm) in enumerate(zip(net.convs, net.norms, strict=True)):
        yield from ((conv.weight, f"conv{i}_w", True), (conv.bias, f"conv{i}_b", False))  # type: ignore[misc]
        yield from ((norm.weight, f"norm{i}_w", False), (norm.bias, f"norm{i}_b", False))  # type: ignore[misc]


def train(
    net: Net, parts: dict[str, int], own: list[Marked], made: list[Marked], *, steps: int, rate: float, seed: int
) -> Net:
    """The network after so many steps, its weights averaged over the last ones."""
    average = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995))
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    began, loss_sum = time.monotonic(), 0.0
    batches = iter(Batches(own, made, parts, 16, seed))
    net.train()
    for step in range(1, steps + 1):
        codes, mask, gold = next(batches)
        loss = functional.cross_entropy(net(codes, mask).reshape(-1, LABELS), gold.reshape(-1), ignore_index=SKIP)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        average.update_parameters(net)
        loss_sum += loss.item()
        if step % 200 == 0:
            print(
                f"step {step}: loss {loss_sum / 200:.4f}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True
            )
            loss_sum = 0.0
    return average.module  # type: ignore[return-value]


def save(net: Net, parts: dict[str, int], gate: Gate, path: Path) -> None:
    """The weights in half precision, by the names that `jmid_nlp.deid.learned.Tagger` reads."""
    arrays: dict[str, Any] = {
        name: (p.T if turned else p).detach().numpy().astype(np.float16) for p, name, turned in _named(net)
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        **arrays,
        gate_w=gate.weights.astype(np.float16),
        gate_bar=np.array(gate.bar),
        dilations=np.array(DILATIONS),
        tables=np.array(len(net.tables)),
        parts_of_speech=np.array(list(parts)),
    )


def read(path: Path) -> list[Marked]:
    """Rows of a JSONL file with `text` and `spans`."""
    with path.open(encoding="utf-8") as stream:
        return [marked(json.loads(line)) for line in stream]


def plain() -> list[Marked]:
    """Reports of the findings corpus, which name nobody; what the rules find in them, dates as a rule, counts neither way."""
    texts = [row["text"] for sheet in sorted(FINDINGS.glob("dev*.txt")) for row in read_corpus(sheet.stem)]
    out = []
    for text in texts:
        view = fold(text)
        spans = [
            (*view.map.to_target(x.start, x.end), IGNORED) for x in detect(text, options=DetectOptions(mode="fast"))
        ]
        out.append(Marked(view.text, spans))
    return out


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=3e-3, help="highest learning rate; 1e-3 to go on from a model")
    parser.add_argument("--start", type=Path, help="weights to go on from, such as the package's own")
    parser.add_argument("--generated", type=Path, help="rows of corpora.generate to learn from as well")
    parser.add_argument("--without", nargs="*", default=[], help="sheets left out, such as dev_c, to measure on them")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    own = [marked(row) for part in PARTS for row in rows(part, without=options.without)]
    own += read(SAMPLE) + plain()
    made = read(options.generated) if options.generated else []
    print(f"{len(own)} written reports, {len(made)} generated", file=sys.stderr)
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    net, parts = load(options.start) if options.start else fresh(own, options.width)
    net = train(net, parts, own, made, steps=options.steps, rate=options.rate, seed=options.seed)
    save(net, parts, train_gate([*own, *made[:GATE_MADE]], random.Random(options.seed)), options.output)


if __name__ == "__main__":
    main()
