"""Reads `corpora/findings/attributes.txt` and scores what was read from its texts; the head of that file tells the marks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHEET = Path(__file__).parent / "findings" / "attributes.txt"
REPORT = ("", -1)


@dataclass(frozen=True)
class Case:
    """A text and the items of its findings by `(surface, number)`; `REPORT` holds those of the report."""

    id: str
    text: str
    items: dict[tuple[str, int], set[str]]


def cases(path: Path = SHEET) -> list[Case]:
    """All texts of the sheet.

    Raises:
        ValueError: A surface does not stand in its text as often as its number says.
    """
    found = []
    for block in re.split(r"^== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, *lines = block.strip().split("\n")
        text = "\n".join(line for line in lines if not line.startswith("> "))
        items: dict[tuple[str, int], set[str]] = {}
        for line in (line[2:] for line in lines if line.startswith("> ")):
            head, *rest = (part.strip() for part in line.split(" ; "))
            surface, _, number = head.partition("#")
            key = REPORT if surface == "-" else (surface, int(number or 1))
            if key != REPORT and text.count(surface) < key[1]:
                raise ValueError(f"{name}: {surface} does not stand {key[1]} times in the text")
            items[key] = set(rest)
        found.append(Case(name.strip(), text, items))
    return found


def read(case: Case, extraction: Any) -> dict[tuple[str, int], set[str]]:
    """The items of an extraction, as the sheet writes them; a finding is that of the sheet whose characters it shares."""
    out: dict[tuple[str, int], set[str]] = {}
    places = {key: _place(case.text, *key) for key in case.items if key != REPORT}
    for finding in extraction.findings:
        own = (k for k, (start, end) in places.items() if start < finding.end and finding.start < end and k not in out)
        key = next(own, (finding.text, finding.start))
        items = {_attribute(a) for a in finding.attributes}
        items |= {_advice(r) for r in finding.recommendation}
        if finding.number is not None:
            items.add(_number(finding.number))
        if finding.compared_to is not None:
            items.add(f"to={finding.compared_to.date or '?'}")
        if items:
            out[key] = items
    if extraction.recommendation:
        out[REPORT] = {_advice(r) for r in extraction.recommendation}
    return out


def _place(text: str, surface: str, number: int) -> tuple[int, int]:
    at = -1
    for _ in range(number):
        at = text.index(surface, at + 1)
    return at, at + len(surface)


def _attribute(item: Any) -> str:
    written = f"{'' if item.present else '!'}{item.kind}={item.value}"
    if item.sequence:
        written += f"@{item.sequence}"
    if item.kind == "value":
        written += ":" + "-".join(f"{n:g}" for n in item.numbers)
        written += f"/{item.phase}" if item.phase else ""
        written += "~prior" if item.prior else ""
    return written


def _advice(item: Any) -> str:
    written = f"{'' if item.needed else '!'}rec={item.action}{'/' + item.modality if item.modality else ''}"
    if item.interval_days:
        low, high = item.interval_days
        written += f":{low}" if low == high else f":{'' if low is None else low}-{'' if high is None else high}"
    return written


def _number(item: Any) -> str:
    if item.low == item.high:
        return f"number={item.low}"
    return f"number={item.low}+" if item.high is None else f"number={'' if item.low is None else item.low}-{item.high}"


def score(found: list[tuple[Case, dict[tuple[str, int], set[str]]]], kinds: str = "") -> dict[str, float]:
    """Precision, recall and F1 over the items; `kinds` is a prefix pattern such as `rec` to look at these only."""
    gold = {(c.id, k, i) for c, _ in found for k, items in c.items.items() for i in items if re.match(f"!?{kinds}", i)}
    made = {(c.id, k, i) for c, got in found for k, items in got.items() for i in items if re.match(f"!?{kinds}", i)}
    both = len(gold & made)
    precision, recall = both / max(1, len(made)), both / max(1, len(gold))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return {"n": len(gold), "precision": precision, "recall": recall, "f1": f1}


if __name__ == "__main__":
    from jmid_nlp.findings.extract import extract

    pairs = [(case, read(case, extract(case.text))) for case in cases()]
    for case, got in pairs:
        for key in sorted(case.items.keys() | got.keys()):
            lost, more = (
                case.items.get(key, set()) - got.get(key, set()),
                got.get(key, set()) - case.items.get(key, set()),
            )
            if lost or more:
                print(f"{case.id} {key[0]}#{key[1]}: missing {sorted(lost)}, too many {sorted(more)}")
    for kinds in (
        "",
        "density|texture|echo",
        "signal",
        "enhancement|uptake",
        "margin|shape",
        "value",
        "number",
        "rec",
        "to=",
    ):
        values = score(pairs, f"(?:{kinds})")
        print(f"{kinds or 'all':24}", *(f"{k} {v:.3f}" if k != "n" else f"n {v}" for k, v in values.items()))
