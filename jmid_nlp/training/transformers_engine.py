"""Training of a transformer on labelled texts: `train(examples, dev, options)`.

The model is an ordinary Hugging Face folder with int8 ONNX beside its weights. It learns labels, no attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from jmid_nlp.errors import InputError
from jmid_nlp.neural import Found, TokenClassifier
from jmid_nlp.neural.train import Sample, Schedule, fit
from jmid_nlp.progress import progress
from jmid_nlp.training.checkpoint import fingerprint
from jmid_nlp.training.data import LabelledText
from jmid_nlp.training.options import TrainOptions, TrainReport
from jmid_nlp.training.scores import Scores, compare


def train(examples: Sequence[LabelledText], dev: Sequence[LabelledText], options: TrainOptions) -> TrainReport:
    """Train, keep the weights that did best on `dev`, and write the model.

    Args:
        examples: To learn from.
        dev: To measure on: when to stop, and which weights to keep. The figures are those of the int8 model.
        options: See `TrainOptions`; a run of the same options and data that was interrupted is gone on with.

    Raises:
        InputError: There is no labelled span to learn from, the output exists, or the base is no model.
        MissingExtraError: torch is not installed.
    """
    if options.output.exists():
        raise InputError(f"{options.output.name}: exists already; choose another folder")
    samples = [Sample(e.text, tuple((s.start, s.end, s.label) for s in e.spans), e.ignore) for e in examples]
    with progress(total=options.max_steps, title="train", unit=" steps") as bar:

        def tell(step: int, best: float) -> None:
            bar.update(step - bar.n)
            bar.set_postfix(best=f"{best:.3f}", refresh=False)

        done = fit(
            samples,
            options.output,
            lambda find: _scores(find, dev).total,
            mark=fingerprint(examples, dev, options),
            base=options.base,
            schedule=Schedule(options.seed, options.max_steps, options.patience),
            tell=tell,
        )
    best = _scores(TokenClassifier(options.output), dev)
    return TrainReport(done.steps, done.best_step, best.overall, 0, done.lost, best.by_label)


def _scores(find: Callable[[Sequence[str]], list[list[Found]]], dev: Sequence[LabelledText]) -> Scores:
    found = find([example.text for example in dev])
    gold = [replace(example, spans=tuple(replace(s, attr=None) for s in example.spans)) for example in dev]
    return compare([[(f.start, f.end, f.label, "") for f in spans] for spans in found], gold)
