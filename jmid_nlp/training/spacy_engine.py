"""Training of a spaCy model on labelled texts: `train(examples, dev, options)`.

The model is an ordinary spaCy folder: this library's tokenizer, one network over tokens, a span group of the layer's name, and
where the spans have attributes their classifier. A step depends on its number alone, not on what ran before it in this process,
so that an interrupted training goes on from its last checkpoint to the same bytes.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import spacy
from spacy.language import Language
from spacy.training import Example
from spacy.util import filter_spans
from thinc.api import Adam, fix_random_seed

from jmid_nlp.errors import InputError
from jmid_nlp.pipeline import blank
from jmid_nlp.progress import progress
from jmid_nlp.tagging.factories import TOK2VEC
from jmid_nlp.tagging.groups import IGNORED
from jmid_nlp.training.checkpoint import Checkpoint, fingerprint, parameters
from jmid_nlp.training.data import LabelledText
from jmid_nlp.training.options import TrainOptions, TrainReport
from jmid_nlp.training.scores import Scores, figures

_WORDS = 1000  # of a batch
_EVERY = 100  # steps between two looks at the examples kept for measuring
_RATE, _WARM, _DROP = 0.002, 100, 0.15


def train(examples: Sequence[LabelledText], dev: Sequence[LabelledText], options: TrainOptions) -> TrainReport:
    """Train, keep the weights that did best on `dev`, and write the model.

    Args:
        examples: To learn from.
        dev: To measure on: when to stop, and which weights to keep.
        options: See `TrainOptions`; a run of the same options and data that was interrupted is gone on with.

    Raises:
        InputError: There is no labelled span to learn from, the output exists, or the base is no model of this engine.
    """
    output = options.output
    if output.exists():
        raise InputError(f"{output.name}: exists already; choose another folder")
    if not any(e.spans for e in examples):
        raise InputError("no text has a labelled span to learn from; is it the right layer?")
    fix_random_seed(options.seed)
    nlp = _pipeline(options.layer, any(s.attr for e in examples for s in e.spans))
    made = [_example(nlp, e, options.layer) for e in examples]
    nlp.initialize(lambda: [eg for eg, *_ in made])
    if options.base is not None:
        _take_over(nlp, options.base)
    state = Checkpoint(output.with_name(output.name + ".partial"), fingerprint(examples, dev, options))
    _run(nlp, [eg for eg, *_ in made], dev, options, state)
    state.keep_best(nlp)
    best = figures(nlp, dev, options.layer)
    _write(nlp, output, options, best)
    state.remove()
    moved, lost = (sum(column) for column in zip(*((m, lo) for _, m, lo in made), strict=True))
    return TrainReport(state.step, state.best_step, best.overall, moved, lost, best.by_label)


def _pipeline(layer: str, attributes: bool) -> Language:
    nlp = blank()
    nlp.add_pipe("tok2vec", config={"model": TOK2VEC})
    nlp.add_pipe("jmid_tagged_spans", name=layer, config={"spans_key": layer})
    if attributes:
        nlp.add_pipe("jmid_certainty", name="certainty", config={"spans_key": layer})
    return nlp


def _example(nlp: Language, text: LabelledText, layer: str) -> tuple[Example, int, int]:
    """An example with the number of its spans that grew to whole tokens, and of those that it could not hold."""
    predicted = nlp.make_doc(text.text)
    reference = predicted.copy()
    found, moved = [], 0
    for s in text.spans:
        wide = reference.char_span(s.start, s.end, s.label, span_id=s.attr or "", alignment_mode="expand")
        if wide is not None:
            found.append(wide)
            moved += (wide.start_char, wide.end_char) != (s.start, s.end)
    kept = filter_spans(found)  # the longest of those that overlap
    reference.spans[layer] = kept
    ignored = (reference.char_span(s, e, alignment_mode="expand") for s, e in text.ignore)
    reference.spans[IGNORED] = [span for span in ignored if span is not None]
    return Example(predicted, reference), moved, len(text.spans) - len(kept)


def _take_over(nlp: Language, base: Path) -> None:
    """Begin with the weights of another model: of the shared network, and of each label that both know."""
    try:
        source = spacy.load(base)
    except (OSError, ValueError) as error:
        raise InputError(f"{base.name}: cannot be loaded as a spaCy model ({type(error).__name__})") from None
    old, new = parameters(source), parameters(nlp)
    shared = [key for key in new if key[0] == "tok2vec"]
    if not all(key in old and old[key].shape == new[key].shape for key in shared):
        raise InputError(f"{base.name}: its network is another one; take a model that `jmid-nlp train` wrote")
    for name in nlp.pipe_names:
        labels, theirs = _rows(nlp, name), _rows(source, name) if name in source.pipe_names else []
        for key in (key for key in new if key[0] == name and key in old):
            if len(new[key]) == len(labels) and len(old[key]) == len(theirs):  # the output layer: a row a label
                for row, label in enumerate(labels):
                    if label in theirs:
                        new[key][row] = old[key][theirs.index(label)]
            elif old[key].shape == new[key].shape:
                new[key][...] = old[key]


def _rows(nlp: Language, name: str) -> list[str]:
    """What each row of a component's output layer stands for."""
    labels = list(getattr(nlp.get_pipe(name), "labels", ()))
    if nlp.get_pipe_meta(name).factory == "jmid_tagged_spans":
        return ["", *(f"{border}-{label}" for label in labels for border in "BI")]
    return labels


def _run(
    nlp: Language, made: list[Example], dev: Sequence[LabelledText], options: TrainOptions, state: Checkpoint
) -> None:
    """Train until the scores no longer rise."""
    optimizer = Adam(_RATE, L2=0.01, grad_clip=1.0, use_averages=True)
    state.resume(nlp, optimizer)
    batches = _batches(made, options.seed)
    for _ in range(state.step):
        next(batches)
    with progress(total=options.max_steps, title="train", unit=" steps") as bar:
        bar.update(state.step)
        while state.step < options.max_steps and state.step - state.best_step < options.patience:
            state.step += 1
            fix_random_seed((options.seed * 1_000_003 + state.step) % 2**32)
            optimizer.learn_rate = _RATE * min(1.0, state.step / _WARM)
            nlp.update(next(batches), sgd=optimizer, drop=_DROP)
            bar.update(1)
            if state.step % _EVERY == 0 or state.step == options.max_steps:
                with nlp.use_params(optimizer.averages):
                    score = figures(nlp, dev, options.layer)
                    state.look(nlp, score.total)
                state.save(nlp, optimizer)
                bar.set_postfix(f1=f"{score.overall['f1']:.3f}", best=f"{state.best:.3f}")


def _batches(made: list[Example], seed: int) -> Iterator[list[Example]]:
    """Endless batches of about `_WORDS` tokens, every example once an epoch."""
    sizes = np.array([len(eg.reference) for eg in made])
    epoch = 0
    while True:
        order = list(range(len(made)))
        random.Random(f"{seed} {epoch}").shuffle(order)
        numbers = (np.cumsum(sizes[order]) // _WORDS).tolist()
        cuts = [0, *(i for i, (a, b) in enumerate(pairwise(numbers), 1) if a != b), len(order)]
        yield from ([made[i] for i in order[a:b]] for a, b in pairwise(cuts))
        epoch += 1


def _write(nlp: Language, output: Path, options: TrainOptions, best: Scores) -> None:
    """The folder, whole or not at all."""
    clean = without_words(nlp)
    clean.meta.update(name="jmid_" + options.layer, description="", performance=best.plain())
    aside = output.with_name(output.name + ".writing")
    shutil.rmtree(aside, ignore_errors=True)
    clean.to_disk(aside)
    aside.rename(output)


def without_words(nlp: Language) -> Language:
    """The same pipeline with a vocabulary of its labels alone: spaCy's would hold every word of the training reports."""
    config = {part: nlp.config[part] for part in ("nlp", "components")}
    clean = spacy.util.load_model_from_config(config, vocab=blank().vocab, auto_fill=True)
    for name, pipe in nlp.pipeline:
        clean.get_pipe(name).from_bytes(pipe.to_bytes(exclude=["vocab"]), exclude=["vocab"])  # type: ignore[attr-defined]
    return clean
