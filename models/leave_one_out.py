"""Leave one out: train without one institution or body part, measure on it, for each in turn; prints a row a part.

    python -m models.leave_one_out --layer identifiers --by institution_id --output OUT
    python -m models.leave_one_out --layer findings --by body_part --output OUT --max-steps 600
    python -m models.leave_one_out ... --max-steps 20 --only identifiers-d      # a first try

The model never sees a report of the part that it is measured on, nor one whose part is not known, nor any sheet named `test`; the
part is measured on all its sheets. Identifiers are trained on copies with other names and numbers, too. What is finished stays in OUT/results.jsonl: the same
command goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import jmid_nlp
from corpora.loader import held_out, load
from jmid_nlp.training.data import LabelledSpan, LabelledText, from_row, split
from jmid_nlp.training.options import TrainOptions, TrainReport
from models.identifier_tagger.augment import IGNORED, Marked, augment

Row = dict[str, Any]
Train = Callable[[list[LabelledText], list[LabelledText], TrainOptions], TrainReport]
Predict = Callable[[Path, str, list[str]], list[list[Row]]]
# The corpus of a layer, the column of its spans, the keys of label and attribute there, and the figures that are told.
LAYERS: dict[str, tuple[str, str, str | None, str | None, tuple[str, ...]]] = {
    "identifiers": ("identifiers", "spans", "category", None, ("recall", "precision", "kept", "reports_without_leak", "exact_f1")),
    "entities": ("generated", "entities", "type", "attr", ("exact_f1", "overlap_f1", "certainty_macro_f1")),
    "findings": ("findings", "findings", None, "certainty", ("f1", "exact_f1", "certainty", "certainty_macro_f1")),
}  # fmt: skip
_KEPT = 0.1  # of the training reports, to say when to stop


def parts(layer: str, by: str) -> Iterator[tuple[str, list[Row], list[Row]]]:
    """For each part its name, the rows to train on and its own rows; trained on is no sheet named `test`, and no row whose part
    is not known, since it might be of this one."""
    from datasets import concatenate_datasets

    found = load(LAYERS[layer][0])
    for name, others, mine in held_out(concatenate_datasets(list(found.values())), by):
        known = [row for row in others.to_list() if row["split"] != "test" and row[by] is not None]
        yield name, known, mine.to_list()


def leave_out(
    name: str, others: list[Row], mine: list[Row], train: Train, predict: Predict, options: TrainOptions, copies: int
) -> Row:
    """Train without a part and measure on it; the figures with 95 % confidence intervals."""
    _, column, label, attr, figures = LAYERS[options.layer]
    examples = [from_row(row, n, options.layer) for n, row in enumerate(others)]
    learn, stop = split(examples, _KEPT)
    if options.layer == "identifiers":
        learn = [*learn, *exchanged(learn, copies, options.seed)]
    done = train(learn, stop, options)
    found = predict(options.output, options.layer, [row["text"] for row in mine])
    keys = {label: "label", attr: "attr"}
    made = [
        {"id": row["id"], column: [{"start": s["start"], "end": s["end"]} | {k: s[v] for k, v in keys.items() if k} for s in spans]}
        for row, spans in zip(mine, found, strict=True)
    ]  # fmt: skip
    result = jmid_nlp.evaluate([trimmed(row, column, label, attr) for row in mine], made, kind=options.layer)
    told = {f.name: [f.value, f.low, f.high] for f in result if f.scope == "overall" and f.name in figures}
    items = sum(len(row[column]) for row in mine)
    return {
        "part": name,
        "trained": len(others),
        "reports": len(mine),
        "items": items,
        "steps": done.steps,
        "figures": told,
    }


def trimmed(row: Row, column: str, label: str | None, attr: str | None) -> Row:
    """A gold row with what a model of this layer can know: span, label and attribute, so that nothing else is scored."""
    known = ("start", "end", label, attr)
    spans = [{k: v for k, v in span.items() if k in known} for span in row[column]]
    return {k: row[k] for k in ("id", "text", "ignore", "keep")} | {column: spans}


def exchanged(examples: list[LabelledText], copies: int, seed: int) -> Iterator[LabelledText]:
    """Copies of reports with other names, dates and numbers."""
    rng = random.Random(seed)
    for number in range(copies):
        for e in examples:
            spans = sorted([*((s.start, s.end, s.label) for s in e.spans), *((a, b, IGNORED) for a, b in e.ignore)])
            new = augment(Marked(e.text, spans), rng)
            kept = tuple(LabelledSpan(a, b, c) for a, b, c in new.spans if c != IGNORED)
            yield LabelledText(
                f"{e.id}-{number}", new.text, kept, tuple((a, b) for a, b, c in new.spans if c == IGNORED)
            )


def predict(folder: Path, layer: str, texts: list[str]) -> list[list[Row]]:
    """What a trained model finds: a spaCy folder, else one of transformers."""
    if (folder / "config.cfg").exists():
        import spacy

        nlp = spacy.load(folder)
    else:
        nlp = jmid_nlp.blank()
        nlp.add_pipe("jmid_transformer", config={"model": str(folder), "group": layer})
    return [
        [{"start": s.start_char, "end": s.end_char, "label": s.label_, "attr": s.id_ or None} for s in doc.spans.get(layer, ())]
        for doc in nlp.pipe(texts)
    ]  # fmt: skip


def line(done: Row, names: tuple[str, ...]) -> str:
    """A row of the table."""
    cells = []
    for name in names:
        value, low, high = done["figures"].get(name, (None, None, None))
        cells.append("–" if value is None else f"{value:.3f}" + ("" if low is None else f" ({low:.3f}–{high:.3f})"))
    return f"| {done['part']} | {done['trained']} | {done['reports']} | {done['items']} | {done['steps']} | {' | '.join(cells)} |"


def main() -> None:
    """Train and measure part by part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--engine", default="jmid_nlp.training.spacy_engine", help="module with train(examples, dev, options)"
    )
    parser.add_argument("--layer", choices=LAYERS, default="identifiers")
    parser.add_argument("--by", default="institution_id", help="institution_id, author_style, body_part or layout")
    parser.add_argument(
        "--output", type=Path, required=True, help="folder for results.jsonl and models that are not finished"
    )
    parser.add_argument("--only", help="one part alone")
    parser.add_argument("--max-steps", type=int, default=2000)
    parser.add_argument("--patience", type=int, default=600)
    parser.add_argument("--copies", type=int, default=4, help="copies of each training report with other names")
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    names = LAYERS[a.layer][-1]
    a.output.mkdir(parents=True, exist_ok=True)
    results = a.output / "results.jsonl"
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    finished = {row["part"]: row for row in map(json.loads, lines)}
    train: Train = import_module(a.engine).train
    print(f"| left out | trained on | reports | items | steps | {' | '.join(n.replace('_', ' ') for n in names)} |")
    print("|---" * (5 + len(names)) + "|")
    for name, others, mine in parts(a.layer, a.by):
        if a.only not in (None, name):
            continue
        if name not in finished:
            options = TrainOptions(a.output / name, a.layer, None, a.seed, a.max_steps, a.patience)
            shutil.rmtree(options.output, ignore_errors=True)  # a model whose measuring was interrupted
            finished[name] = leave_out(name, others, mine, train, predict, options, a.copies)
            shutil.rmtree(options.output)
            with results.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(finished[name], ensure_ascii=False) + "\n")
        print(line(finished[name], names), flush=True)


if __name__ == "__main__":
    main()
