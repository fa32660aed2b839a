"""Systems against data, from the text alone: quality with 95 % confidence intervals, and speed, as a Markdown table.

    python -m tests.benchmarks.evaluate [--json FIGURES.json] [--systems fast,accurate] [--bootstrap 1000]

A system is a bundled pipeline, `jmid_nlp.load(name)`; what is not installed or not bundled is left out with its reason, and so
is data that is not at hand. Every set was written or annotated by others than those who made the rules and models; of the
sets named `test` nobody read texts or errors. `make quality` gives the figures with a record's own identifiers known.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jmid_nlp
from corpora.deid_rows import HERE as DEID
from corpora.deid_rows import rows as deid_rows
from corpora.loader import rows as corpus_rows
from jmid_nlp.errors import JmidError
from jmid_nlp.evaluation import Evaluation
from jmid_nlp.evaluation.result import Figure
from tests.benchmarks.bench_chain import SHARED as REPORTS
from tests.benchmarks.bench_chain import measure, reference, texts
from tests.benchmarks.quality import jsonl

Row = dict[str, Any]
System = Callable[[list[str]], list[Row]]
SHARED = Path(__file__).parents[3] / "shared"
BATCH = 64


def pipeline(name: str, *, without: tuple[str, ...] = ()) -> System:
    """A bundled pipeline as a function from texts to rows, with components left out."""
    nlp = jmid_nlp.load(name)
    for component in without:
        if component in nlp.pipe_names:
            nlp.disable_pipe(component)

    def run(found: list[str]) -> list[Row]:
        return [answer(doc) for doc in nlp.pipe(found, batch_size=BATCH)]

    return run


def answer(doc: Any) -> Row:
    """What a pipeline put into a document: its records, whose offsets are exact; else the spans, whose are those of tokens."""
    kept = {name: spans(doc, name) for name in ("identifiers", "entities")} | doc.user_data.get("jmid", {})
    return {
        "spans": kept["identifiers"],
        "entities": kept["entities"],
        "findings": kept.get("findings"),
        "tnm": kept.get("tnm"),
    }


def spans(doc: Any, group: str) -> list[Row]:
    """A span group as rows; identifiers have a category, entities a type and an attribute."""
    found = doc.spans.get(group, ())
    places = [{"start": s.start_char, "end": s.end_char} for s in found]
    labels = [{"category": s.label_, "type": s.label_, "attr": s.id_ or None} for s in found]
    return [place | label for place, label in zip(places, labels, strict=True)]


SYSTEMS: dict[str, Callable[..., System]] = {
    name: partial(pipeline, name) for name in ("fast", "balanced", "accurate", "spacy")
}
#: What a system gives, where that is not all.
GIVES = {"spacy": ("identifiers", "entities")}


@dataclass(frozen=True)
class Data:
    """A set: what it is called, what is scored, its gold rows, the figures that are told, and a column to split it by."""

    name: str
    kind: str
    rows: Callable[[], list[Row]]
    figures: tuple[str, ...]
    by: str | None = None
    needs: Path | None = None  # where it lies, if it is not part of the repository


def shared(name: str) -> tuple[Callable[[], list[Row]], Path]:
    path = SHARED / f"{name}.jsonl"
    return lambda: list(jsonl(path).values()), path


def by_author(part: str) -> list[Row]:
    """Sheets of one part of the identifier corpus; each letter is an author with institutions of their own."""
    return [
        row | {"author": path.stem[-1]} for path in sorted(DEID.glob(f"{part}_*.txt")) for row in deid_rows(path.stem)
    ]


def findings_sheet(part: str) -> list[Row]:
    """The test sheet of one author of the findings corpus."""
    return [r for r in corpus_rows("findings") if (r["split"], r["author_style"]) == ("test", f"findings-{part}")]


IDENTIFIERS = ("recall", "precision", "kept", "reports_without_leak")
FINDINGS = ("f1", "certainty", "laterality", "sizes", "location", "every")
ner, tnm, cases, harmless = map(
    shared, ("medtxt_rr/ner", "medtxt_rr/tnm", "deid_cases/identifiers", "deid_cases/negatives")
)
DATA = [
    Data("corpora/deid test", "identifiers", partial(by_author, "test"), IDENTIFIERS, "author"),
    Data("corpora/deid negatives_test", "identifiers", partial(by_author, "negatives_test"), ("kept",)),
    Data("deid_cases", "identifiers", cases[0], ("recall",), needs=cases[1]),
    Data("deid_cases, negatives", "identifiers", harmless[0], ("kept",), needs=harmless[1]),
    Data("MedTxt-RR, development half", "entities", ner[0], ("exact_f1", "overlap_f1", "certainty_macro_f1"), needs=ner[1]),
    Data("MedTxt-RR, TNM", "tnm", tnm[0], ("kappa", "all_three_right"), needs=tnm[1]),
    Data("corpora/findings test_b", "findings", partial(findings_sheet, "b"), FINDINGS, "body_part"),
    Data("corpora/findings test_c", "findings", partial(findings_sheet, "c"), FINDINGS),
]  # fmt: skip


def systems(names: list[str], note: Callable[[str], None]) -> dict[str, System]:
    """The systems that can be had here."""
    found: dict[str, System] = {}
    for name in names:
        try:
            found[name] = SYSTEMS[name]()
        except (JmidError, ImportError, OSError) as error:
            note(f"{name} left out: {error}")
    return found


def lines(data: Data, results: dict[str, Evaluation | None]) -> Iterator[str]:
    """Rows of the table: each figure overall with its interval, and the first one of each group."""
    scopes = [("", name) for name in data.figures]
    first = next(result for result in results.values() if result)
    scopes += [(item, name) for item in first.figures["groups"] if item != "(none)" for name in data.figures[:1]]
    for item, name in scopes:
        cells = [result and at(result, item, name) for result in results.values()]
        told = [f for f in cells if f and f.value is not None]
        if not told:
            continue
        place = f"{data.name}, {(data.by or '').replace('_', ' ')} {item}" if item else data.name
        items = {f.n for f in told}  # of a precision, each system has its own number
        number = items.pop() if len(items) == 1 else ""
        yield f"| {place} | {name.replace('_', ' ')} | {number} | {' | '.join(cell(f, short=bool(item)) for f in cells)} |"


def at(result: Evaluation, item: str, name: str) -> Figure | None:
    scope = "group" if item else "overall"
    return next((f for f in result if (f.scope, f.item, f.name) == (scope, item, name)), None)


def cell(figure: Figure | None, *, short: bool) -> str:
    if figure is None or figure.value is None:
        return "–"
    known = not short and figure.low is not None and figure.high is not None
    return f"{figure.value:.3f}" + (f" ({figure.low:.3f}–{figure.high:.3f})" if known else "")


def speed(names: list[str], rounds: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Reports a second of CPU and the ratio to fugashi, all in turns over the same texts."""
    reports = texts(REPORTS if REPORTS.exists() else jmid_nlp.sample() / "reports.jsonl")
    for what, without in (("whole pipeline", ()), ("without findings", ("jmid_findings",))):
        steps: dict[str, Callable[[str], object]] = {"fugashi": reference()}
        steps |= {name: partial(one, SYSTEMS[name](without=without)) for name in names}
        seconds = measure(steps, reports, rounds)
        yield f"reports/s of CPU, {what}", {name: 1 / seconds[name] for name in names}
        yield f"ratio to fugashi with features, {what}", {name: seconds["fugashi"] / seconds[name] for name in names}


def one(run: System, text: str) -> object:
    return run([text])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where to write all figures")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="which, with commas between")
    parser.add_argument("--bootstrap", type=int, default=1000, help="samples of reports behind the intervals")
    parser.add_argument("--rounds", type=int, default=3, help="passes over the texts to measure speed")
    arguments = parser.parse_args()
    out: dict[str, Any] = {"figures": {}, "speed": {}, "left_out": []}

    def note(reason: str) -> None:
        out["left_out"].append(reason)
        print(reason, file=sys.stderr)

    found = systems(arguments.systems.split(","), note)
    print(f"| data | figure | n | {' | '.join(found)} |\n|---|---|---|{'---|' * len(found)}")
    for data in DATA:
        if data.needs and not data.needs.exists():
            note(f"{data.name} left out: {data.needs.name} lies beside the checkout only in development")
            continue
        gold = data.rows()
        results = {
            name: score(data, gold, run, arguments.bootstrap) if data.kind in GIVES.get(name, data.kind) else None
            for name, run in found.items()
        }
        out["figures"][data.name] = {name: result.to_json() for name, result in results.items() if result}
        print(*lines(data, results), sep="\n", flush=True)
    for figure, values in speed(list(found), arguments.rounds):
        out["speed"][figure] = values
        print(f"| speed | {figure} | | {' | '.join(f'{values[name]:.3g}' for name in found)} |")
    if arguments.json:
        arguments.json.write_text(json.dumps(out, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def score(data: Data, gold: list[Row], run: System, bootstrap: int) -> Evaluation:
    made = [{"id": g["id"], **m} for g, m in zip(gold, run([g["text"] for g in gold]), strict=True)]
    result = jmid_nlp.evaluate(gold, made, kind=data.kind, by=data.by, bootstrap=bootstrap)
    if result.failed:  # a wrong figure would be worse than none
        raise SystemExit(f"{data.name}: {len(result.failed)} rows could not be scored, first {result.failed[0]}")
    return result


if __name__ == "__main__":
    main()
