"""One report: an institution with its habits, a layout of the grammar, damage, and the row that comes out."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from corpora.generate import leaves, noise
from corpora.generate.grammar import REGISTERS, Grammar
from corpora.generate.names import Names, Person
from corpora.generate.places import Places
from corpora.generate.spell import GAPS
from corpora.generate.values import tables
from corpora.generate.writer import Writer

DATA = Path(__file__).parent / "data"
INSTITUTIONS = 600
FILES = ("prose", "slots", "clinical", "findings", "freports", "layouts")
BOTH = 0.3  # of `both`, the share of reports with findings
KINDS = ("identifiers", "findings", "both")


class Institution(NamedTuple):
    """An invented hospital and what its reports have in common."""

    number: int
    name: str
    split: str
    radiologists: list[Person]
    separator: tuple[str, str]
    gap: str
    date_form: str
    id_shape: str
    tone: int


class World:
    """The names and places of a split."""

    def __init__(self, split: str) -> None:
        self.names = Names(split)
        self.places = Places(split, self.names)


@cache
def world(split: str) -> World:
    """The world of a split, built once a process."""
    return World(split)


@cache
def grammar() -> Grammar:
    """The grammar, read once a process."""
    from corpora.generate import findings

    def find(name: str) -> Any:
        return leaves.leaf(name) or findings.leaf(name)

    return Grammar([DATA / f"{name}.gram" for name in FILES], find)


@cache
def institution(seed: int, number: int) -> Institution:
    """Institution `number` of a seed. Eight in ten are of the split `train`, one of `dev`, one of `test`."""
    random = Random(f"institution {seed} {number}")
    r = random.random
    split = {8: "dev", 9: "test"}.get(number % 10, "train")
    w = world(split)
    return Institution(
        number, w.places.facility(r, "hospital"), split, [w.names.person(random) for _ in range(6)],
        leaves.SEPARATORS[int(r() * len(leaves.SEPARATORS))], GAPS[int(r() * len(GAPS))],
        tables()["date.full"].draw(r()), tables()["id.patient"].draw(r()), int(r() * 3),
    )  # fmt: skip


def compose(seed: int, random: Random, kind: str = "both") -> tuple[Writer, str, list[list[noise.Edit]]]:
    """A report before it becomes a row.

    Args:
        seed: of the institutions.
        random: the numbers of this report.
        kind: `findings` gives reports in which every finding is marked, some of them with identifiers; `identifiers` reports
            of all layouts, in which findings are not; `both` mixes them.

    Returns:
        The writer with marks that fit the text, the text, and the edits of each damage done to it.
    """
    number = int(random.random() * INSTITUTIONS)
    inst = institution(seed, number)
    w = Writer(random, world(inst.split))
    r = w.r
    memo = w.memo
    memo["inst"] = inst
    # most reports keep to the habits of their house
    memo["sep"] = inst.separator if r() < 0.6 else leaves.SEPARATORS[int(r() * len(leaves.SEPARATORS))]
    memo["gap"] = inst.gap if r() < 0.6 else GAPS[int(r() * len(GAPS))]
    memo["date_form"] = inst.date_form if r() < 0.6 else tables()["date.full"].draw(r())
    memo["full"] = r() < 0.06
    memo["tone"] = inst.tone if r() < 0.7 else int(r() * 3)
    x = r()
    memo["damage"] = (
        "ocr" if x < 0.025 else "spread" if x < 0.04 else "break" if x < 0.055 else "radical" if x < 0.065 else ""
    )
    memo["layers"] = kind == "findings" or (kind == "both" and r() < BOTH)
    layout = grammar().rules["freport"] if memo["layers"] else grammar().rules["report"].draw(w)
    memo["layout"] = layout.name
    layout(w)
    text = "".join(w.parts)
    done: list[list[noise.Edit]] = []
    harm = "wide" if memo["full"] and r() < 0.6 else noise.plan(w)
    if harm:
        text, edits = noise.damage(w, text, harm)
        if edits:
            done.append(edits)
            carry_all(w, noise.Carry(edits))
    text = strip(w, text, done)
    return w, text, done


def strip(w: Writer, text: str, done: list[list[noise.Edit]]) -> str:
    """The text without blank lines and blanks at its ends."""
    left = len(text) - len(text.lstrip())
    right = len(text.rstrip())
    if left == 0 and right == len(text):
        return text
    edits = [(0, left, "")] * (left > 0) + [(right, len(text) - right, "")] * (right < len(text))
    if left >= right:
        return text
    done.append(edits)
    carry_all(w, noise.Carry(edits))
    return noise.apply(text, edits)


def carry_all(w: Writer, carry: noise.Carry) -> None:
    """Move every mark of a report."""
    w.spans = carry.spans(w.spans)
    w.keep = carry.spans(w.keep)
    w.entities = carry.spans(w.entities)
    for finding in w.findings:
        for part in (finding, *finding["locations"]):
            part["start"], part["end"] = carry.start(part["start"]), carry.end(part["end"])


def row(name: str, w: Writer, text: str) -> dict[str, Any]:
    """A report as a row of the corpus."""
    inst = w.memo["inst"]
    complete = w.memo["layers"]
    if not complete:  # other sentences of such a report hold findings that nobody marked
        w.findings, w.entities = [], []
    for finding in w.findings:
        finding["text"] = text[finding["start"] : finding["end"]]
        for place in finding["locations"]:
            place["site"] = text[place["start"] : place["end"]]
    return {
        "id": name,
        "text": text,
        "spans": [{"start": s, "end": e, "category": c, "subtype": d} for s, e, c, d in w.spans],
        "keep": [{"start": s, "end": e, "why": c} for s, e, c, _ in w.keep],
        "findings": w.findings,
        "entities": [{"start": s, "end": e, "type": t, "attr": a or None} for s, e, t, a in sorted(w.entities)],
        "layers": ["identifiers", "findings", "entities"] if complete else ["identifiers"],
        "institution_id": f"inst{inst.number:03d}",
        "author_style": REGISTERS[w.memo["tone"]],
        "body_part": "+".join(dict.fromkeys(s.part for s in w.memo.get("scenes", ()))) or None,
        "layout": w.memo["layout"],
        "split": inst.split,
        "corpus": "generated",
    }
