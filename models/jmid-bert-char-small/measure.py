"""What the model finds alone and beside the rules and the tagger, as a Markdown table.

    python -m models.jmid-bert-char-small.measure --model jmid_bert_char_small --rows held --least 0.6 0.7 0.8
    python -m models.jmid-bert-char-small.measure --model jmid_bert_char_small --rows test --least 0.8

`held` are the reports that fine-tuning left out, to choose thresholds on; the tagger has learned from them, so on them only
the rows without it mean something. `test` are the blind sheets. Needs no torch, only `jmid-nlp[onnx]`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

import jmid_nlp
from corpora.deid_rows import rows
from corpora.loader import held_back
from jmid_nlp.batch.rows import parse_report
from jmid_nlp.deid import learned
from jmid_nlp.deid.detect import DetectOptions, Mode
from jmid_nlp.deid.detect import detect as jmid_detect
from jmid_nlp.deid.evidence import Hit
from jmid_nlp.neural.classifier import TokenClassifier
from jmid_nlp.offsets import fold
from jmid_nlp.schema import to_plain

Floats = NDArray[np.float32]
Rows = dict[str, dict[str, Any]]
Spans = dict[str, list[Any]]
Weigh = Callable[..., list[Hit]]


class Bars(NamedTuple):
    """From where on a find counts: alone, and with the tagger's mean probability behind it."""

    alone: float
    seconded: float = 1.0
    second: float = 1.0


class Network:
    """The model as what gives each character of a folded text its probabilities; each text is computed once."""

    def __init__(self, directory: Path) -> None:
        self._classifier = TokenClassifier(directory)
        self._known: dict[str, Floats] = {}

    def probabilities(self, text: str) -> Floats:
        """Of each character as `learned.Tagger.probabilities` gives them."""
        if text not in self._known:
            ((places, values),) = self._classifier.probabilities([text])
            out = np.zeros((len(text), values.shape[1]), np.float32)
            out[:, 0] = 1
            for (start, end), row in zip(places, values, strict=True):
                out[start:end] = row
            self._known[text] = out
        return self._known[text]

    def finds(self, text: str, bars: Bars) -> Iterator[Hit]:
        """Its finds that count."""
        inside = _tagger_inside(text) if bars.seconded < bars.alone else None
        for hit in learned.spans(text, self.probabilities(text)):
            bar = bars.alone
            if inside is not None and inside[hit.start : hit.end].mean() >= bars.second:
                bar = bars.seconded
            if hit.category == "DATE":
                bar = max(bar, learned.LEAST["DATE"])
            if hit.score >= bar and learned.plausible(text, hit):
                yield hit


def _tagger_inside(text: str) -> Floats:
    model = learned.tagger()
    inside = np.zeros(len(text), np.float32)
    for start, values in model.probabilities(text, model.stretches(text)):
        inside[start : start + len(values)] = 1 - values[:, 0]
    return inside


def detect(data: Rows, weigh: Weigh | None, mode: Mode = "balanced") -> Spans:
    """Finds of the rules, joined with others by a function in the place of the tagger's."""
    options = DetectOptions(mode=mode if weigh else "fast")
    with patch.object(learned, "weigh", weigh):
        return {
            i: to_plain(jmid_detect(r["text"], known=parse_report(r, number=0), options=options))
            for i, r in data.items()
        }


def alone(data: Rows, network: Network, bars: Bars) -> Spans:
    """Finds of the network by itself."""
    out: Spans = {}
    for i, row in data.items():
        view = fold(row["text"])
        places = [(*view.source(h.start, h.end), h.category) for h in network.finds(view.text, bars)]
        out[i] = [{"start": s, "end": e, "category": c} for s, e, c in places]
    return out


def systems(data: Rows, network: Network, bars: Sequence[Bars], *, spacy: bool) -> Iterator[tuple[str, Spans]]:
    """Every way to join, by its name, with what it finds."""
    weigh = learned.weigh
    yield "rules", detect(data, None)
    yield "rules and tagger", detect(data, weigh)
    if spacy:
        yield "rules, tagger, spaCy model", detect(data, weigh, "accurate")
    for b in bars:
        name = f"network {b.alone}" + (f", {b.seconded} with the tagger at {b.second}" if b.seconded < b.alone else "")

        def beside(t: str, hits: list[Hit], *reader: Any, b: Bars = b) -> list[Hit]:
            return [*weigh(t, hits, *reader), *network.finds(t, b)]

        if b.seconded >= b.alone:
            yield f"{name} alone", alone(data, network, b)
            yield f"rules, {name}", detect(data, lambda t, hits, *_, b=b: [*hits, *network.finds(t, b)])
        yield f"rules, tagger, {name}", detect(data, beside)
        if spacy:
            yield f"rules, tagger, spaCy model, {name}", detect(data, beside, "accurate")


def table(data: Rows, found: Iterable[tuple[str, Spans]]) -> Iterator[str]:
    """A line a system: recall, precision, kept, reports without a leak, wrong finds."""
    names = ("recall", "precision", "kept", "reports_without_leak")
    yield f"| | {' | '.join(names)} | wrong | s |\n|---|---|---|---|---|---|---|"
    began = time.process_time()
    for name, spans in found:
        predicted = [{"id": i, "spans": s} for i, s in spans.items()]
        scored = jmid_nlp.evaluate(list(data.values()), predicted, kind="identifiers", bootstrap=0)
        about = {f.name: f.value for f in scored if f.scope == "overall"}
        told = [f"{about[n]:.4f}" if about.get(n) is not None else "" for n in names]
        wrong = scored.errors_by_kind().get("spurious", 0)
        spent, began = time.process_time() - began, time.process_time()
        yield f"| {name} | {' | '.join(told)} | {wrong} | {spent:.1f} |"


def reports(which: str) -> dict[str, Rows]:
    """The rows to measure on: `held`, `test`, or a JSONL file of texts that name nobody or have `spans`."""
    if which == "held":
        parts = ("train", "dev", "negatives_dev")
        return {"held out": {r["id"]: r for part in parts for r in rows(part) if held_back(r["id"])}}
    if which == "test":
        return {part: {r["id"]: r for r in rows(part)} for part in ("test", "negatives_test")}
    with Path(which).open(encoding="utf-8") as stream:
        return {Path(which).stem: {r["id"]: {"id": r["id"], "text": r["text"], "spans": r.get("spans", [])} for r in map(json.loads, stream)}}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="directory of export")
    parser.add_argument("--rows", default="held", help="held, test, or a JSONL file")
    parser.add_argument("--least", type=float, nargs="*", default=[], help="scores from which a find counts")
    parser.add_argument("--spacy", action="store_true", help="beside the spaCy model, too")
    parser.add_argument(
        "--vote", type=float, nargs=3, action="append", default=[], metavar=("ALONE", "SECONDED", "SECOND"),
        help="score alone, score that counts where the tagger gives at least SECOND",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    network = Network(options.model)
    bars = [*map(Bars, options.least), *(Bars(*v) for v in options.vote)]
    for name, data in reports(options.rows).items():
        print(f"\n{name}: {len(data)} reports, {sum(len(r['spans']) for r in data.values())} identifiers\n")
        for line in table(data, systems(data, network, bars, spacy=options.spacy)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
