"""Figures of the model's card: alone, and joined with the rules and the tagger.

    python -m models.ja_jmid_core.measure [--model PATH] [--held-back] [--entities REFERENCE.jsonl]

`--held-back` measures on the reports that no training has seen, to choose thresholds on; without it on the blind sheets, of
which figures alone are printed. `--entities` names rows with entities marked by hand.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import spacy

import jmid_nlp
from corpora.deid_rows import rows
from corpora.findings_markup import read_corpus
from corpora.loader import held_back
from jmid_nlp.batch.rows import parse_report
from jmid_nlp.deid.detect import DetectOptions, Detector
from jmid_nlp.deid.evidence import SHAPED, WEAK, Hit
from jmid_nlp.deid.learned import plausible, tagger
from jmid_nlp.deid.merge import resolve
from jmid_nlp.findings.extract import extract
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Identifier, to_plain

Row = dict[str, Any]
SCORES, VOTES = (0.5, 0.7, 0.9), (0.0, 0.1, 0.2, 0.3, 0.5)
FIGURES = ("recall", "precision", "kept", "reports_without_leak")


class Find(NamedTuple):
    """A find of the model in the report's own offsets, and the tagger's mean probability of any identifier there."""

    hit: Hit
    vote: float


def finds(nlp: Any, text: str) -> list[Find]:
    """What the model finds in a text and what can be an identifier by its shape; the model sees the folded text."""
    view = fold(text)
    doc = nlp(view.text)
    inside = np.zeros(len(view.text), np.float32)
    for start, values in tagger().probabilities(view.text):
        inside[start : start + len(values)] = 1 - values[:, 0]
    out = []
    group = doc.spans["identifiers"]
    for span, score in zip(group, group.attrs["scores"], strict=True):
        name = span.label_
        hit = Hit(span.start_char, span.end_char, name, name.lower(), score, "spacy", WEAK)
        if plausible(view.text, hit):
            start, end = view.source(hit.start, hit.end)
            out.append(Find(hit._replace(start=start, end=end), float(inside[hit.start : hit.end].mean())))
    return out


def join(base: Iterable[Identifier], more: Iterable[Find], score: float, vote: float) -> list[Row]:
    """What a detector found, with the model's finds from a score and a vote of the tagger on."""
    hits = [Hit(i.start, i.end, i.category, i.subtype, i.score, i.detector, SHAPED) for i in base]
    hits += [f.hit for f in more if f.hit.score >= score and f.vote >= vote]
    return [{"start": h.start, "end": h.end, "category": h.category} for h in resolve(hits)]


def show(name: str, kind: str, gold: list[Row], made: list[Row], wanted: Iterable[str]) -> None:
    about = {f.name: f for f in jmid_nlp.evaluate(gold, made, kind=kind, bootstrap=0) if f.scope == "overall"}
    cells = [f"{about[n].value:.3f}" if n in about and about[n].value is not None else "–" for n in wanted]
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def identifiers(nlp: Any, parts: Sequence[str], keep: Callable[[Row], bool]) -> None:
    """A line for each system and joining."""
    gold = [r for part in parts for r in rows(part) if keep(r)]
    print(
        f"\n{len(gold)} texts of {', '.join(parts)}\n\n| | " + " | ".join(FIGURES) + " |\n|---|" + "---|" * len(FIGURES)
    )

    def told(name: str, found: Iterable[list[Row]]) -> None:
        made = [{"id": r["id"], "spans": spans} for r, spans in zip(gold, found, strict=True)]
        show(name, "identifiers", gold, made, FIGURES)

    model = [finds(nlp, r["text"]) for r in gold]
    told("model alone", (join([], more, 0, 0) for more in model))
    for mode, votes in (("fast", (0.0,)), ("balanced", VOTES)):
        detector = Detector(DetectOptions(mode=mode))  # type: ignore[arg-type]
        base = [detector(r["text"], parse_report(r, number=0)) for r in gold]
        told(mode, (to_plain(found) for found in base))
        for score, vote in product(SCORES, votes):
            joined = (join(b, m, score, vote) for b, m in zip(base, model, strict=True))
            told(f"{mode} + model from {score}, vote from {vote}", joined)


def entity_rows(nlp: Any, text: str) -> list[Row]:
    """The model's entities as rows."""
    doc = nlp(text)
    spans = doc.spans["entities"]
    return [{"start": s.start_char, "end": s.end_char, "type": s.label_, "attr": s.id_ or None} for s in spans]


def joined_entities(nlp: Any, text: str) -> list[Row]:
    """The rules' entities and those of the model that overlap none of them."""
    mine: list[Row] = [to_plain(e) for e in extract(text).entities]
    more = [e for e in entity_rows(nlp, text) if not any(e["start"] < m["end"] and m["start"] < e["end"] for m in mine)]
    return sorted([*mine, *more], key=lambda e: (e["start"], e["end"]))


def entities(nlp: Any, reference: Path) -> None:
    """Entities marked by hand: the rules, the model, and both."""
    gold = [json.loads(line) for line in reference.read_text(encoding="utf-8").splitlines()]
    wanted = ("f1", "overlap_f1", "certainty")
    print(f"\n{len(gold)} reports with entities\n\n| | " + " | ".join(wanted) + " |\n|---|" + "---|" * len(wanted))
    for name, run in (
        ("rules", lambda t: [to_plain(e) for e in extract(t).entities]),
        ("model alone", lambda t: entity_rows(nlp, t)),
        ("rules + model", lambda t: joined_entities(nlp, t)),
    ):
        show(name, "entities", gold, [{"id": r["id"], "entities": run(r["text"])} for r in gold], wanted)


def findings(nlp: Any) -> None:
    """Findings of the blind sheets as places of diseases: how many overlap an entity `d`, and how many `d` a finding."""
    print("\n| sheet, system | recall | precision | certainty |\n|---|---|---|---|")
    for sheet in ("test_b", "test_c"):
        gold = read_corpus(sheet)
        for name, run in (
            ("rules", lambda t: [to_plain(e) for e in extract(t).entities]),
            ("model alone", lambda t: entity_rows(nlp, t)),
            ("rules + model", lambda t: joined_entities(nlp, t)),
        ):
            print(f"| {sheet}, {name} | " + " | ".join(f"{v:.3f}" for v in _overlaps(gold, run)) + " |", flush=True)


def _overlaps(gold: list[Row], run: Callable[[str], list[Row]]) -> tuple[float, float, float]:
    wanted = hit = made = good = right = 0
    for row in gold:
        found = [e for e in run(row["text"]) if e["type"] == "d"]
        found = [e for e in found if not any(e["start"] < b and a < e["end"] for a, b in row["ignore"])]
        made += len(found)
        good += sum(any(_meet(e, g) for g in row["findings"]) for e in found)
        for g in row["findings"]:
            wanted += 1
            partner = next((e for e in found if _meet(e, g)), None)
            hit += partner is not None
            right += partner is not None and partner["attr"] == g["certainty"]
    return hit / wanted, good / made, right / hit


def _meet(a: Row, b: Row) -> bool:
    return bool(a["start"] < b["end"] and b["start"] < a["end"])


def speed(nlp: Any, texts: list[str]) -> None:
    """Reports a second of processor time on one core, all components and identifiers alone."""
    for name, off in (("all components", []), ("identifiers alone", ["entities", "certainty"])):
        with nlp.select_pipes(disable=off):
            list(nlp.pipe(texts[:50]))
            began = time.process_time()
            list(nlp.pipe(texts))
            print(
                f"\nspeed, {name}: {len(texts) / (time.process_time() - began):.0f} reports/s of {sum(map(len, texts)) // len(texts)} characters"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path(jmid_nlp.__file__).parent / "weights" / "ja_jmid_core")
    parser.add_argument("--held-back", action="store_true")
    parser.add_argument("--entities", type=Path)
    options = parser.parse_args()
    nlp = spacy.load(options.model)
    if options.held_back:
        identifiers(nlp, ("train", "dev", "negatives_dev"), lambda r: held_back(r["id"]))
        return
    identifiers(nlp, ("test",), lambda r: True)
    identifiers(nlp, ("negatives_test",), lambda r: True)
    if options.entities:
        entities(nlp, options.entities)
        speed(nlp, [json.loads(line)["text"] for line in options.entities.read_text(encoding="utf-8").splitlines()] * 4)
    findings(nlp)


if __name__ == "__main__":
    main()
