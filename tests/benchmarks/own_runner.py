"""This library's steps, and fugashi, as systems that `tests.benchmarks.peers` measures: `python -m tests.benchmarks.own_runner NAME`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from tests.benchmarks.serve import Rows, Run, serve


def each(step: Callable[[str], object]) -> Run:
    """A step on one text at a time, whose results are dropped as they come."""

    def run(rows: Rows) -> list[Any]:
        for row in rows:
            step(row["text"])
        return []

    return run


def fugashi() -> Run:
    from tests.benchmarks.bench_chain import reference

    return each(reference())


def tokens() -> Run:
    from jmid_nlp.text.tokens import tokenize

    return each(tokenize)


def doc() -> Run:
    import jmid_nlp

    return each(jmid_nlp.blank())


def detector(mode: str) -> Any:
    from jmid_nlp.deid.detect import DetectOptions, Detector, Mode

    return Detector(DetectOptions(mode=cast("Mode", mode)))


def detect(mode: str) -> Run:
    found = detector(mode)
    return lambda rows: [[(s.start, s.end, s.category) for s in found(row["text"])] for row in rows]


def deid(mode: str) -> Run:
    from jmid_nlp.batch.job import DeidJob
    from jmid_nlp.deid.deidentify import Deidentifier
    from jmid_nlp.deid.keys import Key
    from jmid_nlp.deid.policy import load_policy

    job = DeidJob(Deidentifier(load_policy("kamei"), Key(bytes(range(32))), detector=detector(mode)))

    def run(rows: Rows) -> list[Any]:
        outcome = job([(n, row | {"patient_id": f"p{n}"}) for n, row in enumerate(rows)])
        list(job.seal(iter(outcome.audit)))
        return []

    return run


def extract() -> Run:
    from jmid_nlp.findings.extract import extract

    return each(extract)


def align() -> Run:
    """The findings of each report against two annotations; reading the findings is part of it."""
    from jmid_nlp.batch.job import AlignJob

    marks = [
        {"annotation_id": "a1", "label": "nodule", "laterality": "right", "long_axis_mm": 12.0},
        {"annotation_id": "a2", "label": "肝嚢胞", "long_axis_mm": 8.0},
    ]

    def run(rows: Rows) -> list[Any]:
        studies = [{"id": row["id"], "report": {"text": row["text"]}, "annotations": marks} for row in rows]
        return AlignJob()(list(enumerate(studies))).rows

    return run


def build() -> Run:
    """A classification set of reports that are de-identified and read already; that part is not timed where the rows came before."""
    import jmid_nlp
    from jmid_nlp.schema import DeidReport

    read: dict[str, Any] = {}

    def run(rows: Rows) -> list[Any]:
        for row in rows:
            if row["id"] not in read:
                report = DeidReport(row["id"], row["text"], {"patient_id": row["id"]})
                read[row["id"]] = report, jmid_nlp.extract([report])[0]
        pairs = [read[row["id"]] for row in rows]
        jmid_nlp.build_dataset([r for r, _ in pairs], [e for _, e in pairs], task="classification")
        return []

    return run


def lexicon() -> Run:
    """Every occurrence of every form of the findings' lexicons."""
    from jmid_nlp.findings.terms import reader
    from jmid_nlp.lexicon import Automaton

    automaton = Automaton(reader()._automaton.forms, overlapping=True)
    return lambda rows: [[(s, e, "") for s, e, _ in automaton.find(row["text"])] for row in rows]


def terms() -> Run:
    from jmid_nlp.findings.terms import reader

    return lambda rows: list(reader()._automaton.forms)


SYSTEMS: dict[str, Callable[[], Run]] = {
    "fugashi": fugashi,
    "tokens": tokens,
    "doc": doc,
    "lexicon": lexicon,
    "detect fast": lambda: detect("fast"),
    "detect accurate": lambda: detect("accurate"),
    "deid fast": lambda: deid("fast"),
    "deid accurate": lambda: deid("accurate"),
    "extract": extract,
    "align": align,
    "build": build,
    "terms": terms,
}

if __name__ == "__main__":
    serve(SYSTEMS)
