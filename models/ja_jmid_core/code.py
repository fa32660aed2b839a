"""What `spacy train` reads to train `ja_jmid_core`: endless training reports, and the ones kept back to measure on.

    spacy train models/ja_jmid_core/config.cfg --code models/ja_jmid_core/code.py --output OUT

Layers: `identifiers` is gold everywhere. `entities` is gold in generated reports and silver, what this library's rules find,
in written ones; no report with entities marked by hand is used. `corpora/*/test*` and the development half of MedTxt-RR are
never read.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from spacy.attrs import ORTH
from spacy.language import Language
from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.training import Example
from spacy.util import registry

from corpora.deid_rows import rows
from corpora.findings_markup import HERE as FINDINGS
from corpora.findings_markup import read_corpus
from corpora.generate.stream import reports
from corpora.loader import held_back
from jmid_nlp.deid.detect import DetectOptions, detect
from jmid_nlp.findings.extract import extract
from jmid_nlp.tagging.groups import IGNORED
from models.identifier_tagger.augment import IGNORED as UNCOUNTED
from models.identifier_tagger.augment import Marked, augment, joined

PARTS = ("train", "dev", "negatives_train", "negatives_dev")
#: Shares of a training stream: written reports with exchanged identifiers, generated ones, written ones with silver entities.
SHARES = {"written": 0.5, "generated": 0.3, "silver": 0.2}
LONGEST = 700  # characters of a text that is joined from two
_RULES = DetectOptions(mode="fast")
Layer = list[tuple[int, int, str, str]]

# A listener makes sure that it is given the batch of its network by adding up the words, token by token in Python, which was a
# quarter of the time of training; this adds up the same numbers.
Tok2VecListener.get_batch_id = classmethod(  # type: ignore[method-assign]
    lambda cls, inputs: sum(int(doc.to_array(ORTH).sum()) for doc in inputs if len(doc))
)


@registry.readers("jmid_core.Train.v1")
def train_reader(generated: int, seed: int) -> Callable[[Language], Iterator[Example]]:
    """Endless examples; see `SHARES`."""

    def read(nlp: Language) -> Iterator[Example]:
        pools: dict[str, Any] = {
            "written": [m for row in written() if not held_back(row["id"]) for m in [marked(row)]],
            "generated": list(reports(generated, seed, "both")),
            "silver": list(silver()),
        }
        names, weights, rng = list(SHARES), list(SHARES.values()), random.Random(seed)
        while True:
            name = rng.choices(names, weights)[0]
            chosen = rng.choice(pools[name])
            if name == "written":
                yield example(nlp, *exchanged(chosen, pools["written"], rng))
            elif name == "generated":
                yield example(nlp, *generated_layers(chosen))
            else:
                yield example(nlp, *chosen)

    return read


@registry.readers("jmid_core.Dev.v1")
def dev_reader(generated: int, seed: int) -> Callable[[Language], Iterator[Example]]:
    """The written reports that are held back, and generated ones for the entities."""

    def read(nlp: Language) -> Iterator[Example]:
        for row in written():
            if held_back(row["id"]):
                yield example(nlp, *identifier_layers(marked(row)))
        for row in reports(generated, seed, "findings"):
            yield example(nlp, row["text"], {"entities": entity_layer(row)})

    return read


def written() -> Iterator[dict[str, Any]]:
    """The identifier corpus without its test sheets."""
    for part in PARTS:
        yield from rows(part)


def marked(row: dict[str, Any]) -> Marked:
    """A row of the identifier corpus, its uncounted stretches among the spans."""
    spans = [(s["start"], s["end"], s["category"]) for s in row["spans"]]
    return Marked(row["text"], sorted([*spans, *((s, e, UNCOUNTED) for s, e in row["ignore"])]))


def exchanged(text: Marked, pool: list[Marked], rng: random.Random) -> tuple[str, dict[str, Layer]]:
    """A written report with other names and numbers, now and then with another one below it."""
    new = augment(text, rng)
    if len(new.text) < LONGEST / 2 and rng.random() < 0.2:
        other = augment(rng.choice(pool), rng)
        new = joined(new, other) if len(other.text) < LONGEST / 2 else new
    return identifier_layers(new)


def identifier_layers(text: Marked) -> tuple[str, dict[str, Layer]]:
    """The text with its identifiers and what counts neither way."""
    return text.text, {
        "identifiers": [(s, e, c, "") for s, e, c in text.spans if c != UNCOUNTED],
        IGNORED: [(s, e, "ignored", "") for s, e, c in text.spans if c == UNCOUNTED],
    }


def generated_layers(row: dict[str, Any]) -> tuple[str, dict[str, Layer]]:
    """A generated report with the layers that are marked in it."""
    layers = {"identifiers": [(s["start"], s["end"], s["category"], "") for s in row["spans"]]}
    if "entities" in row["layers"]:
        layers["entities"] = entity_layer(row)
    return row["text"], layers


def entity_layer(row: dict[str, Any]) -> Layer:
    """The entities of a generated report."""
    return [(e["start"], e["end"], e["type"], e.get("attr") or "") for e in row["entities"]]


def silver() -> Iterator[tuple[str, dict[str, Layer]]]:
    """Written reports with the entities that the rules find; those of the findings corpus name nobody."""
    for sheet in sorted(FINDINGS.glob("dev*.txt")):
        for row in read_corpus(sheet.stem):
            dates = [(i.start, i.end, "ignored", "") for i in detect(row["text"], options=_RULES)]
            yield row["text"], {"entities": by_rules(row["text"]), "identifiers": [], IGNORED: dates}
    for row in written():
        if not held_back(row["id"]):
            yield row["text"], {"entities": by_rules(row["text"])}


def by_rules(text: str) -> Layer:
    """The rules' entities."""
    return [(e.start, e.end, e.type, e.attr or "") for e in extract(text).entities]


def example(nlp: Language, text: str, layers: dict[str, Iterable[tuple[int, int, str, str]]]) -> Example:
    """An example whose span groups are the layers; spans that cut a token grow to the whole token."""
    predicted = nlp.make_doc(text)
    reference = predicted.copy()
    for key, spans in layers.items():
        found = (reference.char_span(s, e, label=c, span_id=a, alignment_mode="expand") for s, e, c, a in spans)
        reference.spans[key] = [span for span in found if span is not None]
    return Example(predicted, reference)
