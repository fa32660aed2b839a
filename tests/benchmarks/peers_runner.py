"""What else a user might take, as systems that `tests.benchmarks.peers` measures; runs in `.venv-peers` and knows nothing of ours.

Found spans are `(start, end, category)`; the category is ours where one fits. GiNZA's labels are the fine ones of Sekine's
extended hierarchy; Presidio knows none of them, so its documented way, a mapping, is used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.benchmarks.serve import Rows, Run, serve

BATCH = 32
_PLACES = (
    "Province",
    "City",
    "County",
    "GPE_Other",
    "Domestic_Region",
    "Postal_Address",
    "Station",
    "Geological_Region_Other",
)
_HOUSES = (
    "GOE_Other", "Facility_Other", "Public_Institution", "Research_Institute", "School", "Corporation_Other", "Company",
    "Organization_Other",
)  # fmt: skip
SEKINE = {
    "Person": "PERSON", "Date": "DATE", "Age": "AGE", "Phone_Number": "PHONE", "Email": "EMAIL", "URL": "URL",
    "ID_Number": "ID",
} | dict.fromkeys(_PLACES, "ADDRESS") | dict.fromkeys(_HOUSES, "FACILITY")  # fmt: skip
PRESIDIO = {
    "PERSON": "PERSON", "DATE_TIME": "DATE", "AGE": "AGE", "PHONE_NUMBER": "PHONE", "EMAIL_ADDRESS": "EMAIL", "URL": "URL",
    "ID": "ID", "LOCATION": "ADDRESS", "ORGANIZATION": "FACILITY", "IP_ADDRESS": "URL", "MEDICAL_LICENSE": "ID",
}  # fmt: skip
MASKER = {
    "PERSON": "PERSON", "USERNAME": "PERSON", "DATE": "DATE", "AGE": "AGE", "PHONE_NUMBER": "PHONE", "EMAIL": "EMAIL", "URL": "URL",
    "ADDRESS": "ADDRESS", "LOCATION": "ADDRESS", "POSTAL_CODE": "ADDRESS", "ORG": "FACILITY", "FACILITY": "FACILITY",
}  # fmt: skip


def texts(rows: Rows) -> Iterable[str]:
    return (row["text"] for row in rows)


def named(spans: Iterable[tuple[int, int, str]], names: dict[str, str]) -> list[tuple[int, int, str]]:
    return [(start, end, names[label]) for start, end, label in spans if label in names]


def sudachi() -> Run:
    import spacy

    nlp = spacy.blank("ja")

    def run(rows: Rows) -> list[Any]:
        for _ in nlp.pipe(texts(rows), batch_size=BATCH):
            pass
        return []

    return run


def phrases() -> Run:
    """spaCy's PhraseMatcher over its Japanese tokens, with the same terms as our lexicon matcher."""
    import spacy
    from spacy.matcher import PhraseMatcher

    nlp = spacy.blank("ja")
    matcher = PhraseMatcher(nlp.vocab)
    terms = Path(os.environ["JMID_BENCH_TERMS"]).read_text(encoding="utf-8")
    matcher.add("term", list(nlp.pipe(json.loads(terms))))
    return lambda rows: [
        [(doc[s:e].start_char, doc[s:e].end_char, "") for _, s, e in matcher(doc)]
        for doc in nlp.pipe(texts(rows), batch_size=BATCH)
    ]


def ginza() -> Run:
    """ja_ginza without the components that names do not need."""
    import spacy

    nlp = spacy.load("ja_ginza")
    nlp.select_pipes(enable=[name for name in ("tok2vec", "ner") if name in nlp.pipe_names])
    return lambda rows: [
        named(((e.start_char, e.end_char, e.label_) for e in doc.ents), SEKINE)
        for doc in nlp.pipe(texts(rows), batch_size=BATCH)
    ]


def presidio() -> Run:
    """Presidio's analyzer in batches and its anonymizer, with ja_ginza behind it."""
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    from presidio_anonymizer import AnonymizerEngine

    back = {
        "DATE": "DATE_TIME",
        "PHONE": "PHONE_NUMBER",
        "EMAIL": "EMAIL_ADDRESS",
        "ADDRESS": "LOCATION",
        "FACILITY": "ORGANIZATION",
    }
    engine = NlpEngineProvider(
        nlp_configuration={
            "nlp_engine_name": "spacy",
            "models": [{"lang_code": "ja", "model_name": "ja_ginza"}],
            "ner_model_configuration": {
                "model_to_presidio_entity_mapping": {label: back.get(name, name) for label, name in SEKINE.items()},
                "labels_to_ignore": [],
            },
        }
    ).create_engine()
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["ja"])
    batch, anonymizer = BatchAnalyzerEngine(analyzer), AnonymizerEngine()

    def run(rows: Rows) -> list[Any]:
        found = batch.analyze_iterator(texts(rows), language="ja", batch_size=BATCH)
        for row, spans in zip(rows, found, strict=True):
            anonymizer.anonymize(text=row["text"], analyzer_results=spans)
        return [named(((s.start, s.end, s.entity_type) for s in spans), PRESIDIO) for spans in found]

    return run


def masker() -> Run:
    """privacy-masker as the package alone can: patterns and handles. Its model for names lies on a hub, not in the package."""
    from privacy_masker import Policy, PrivacyEngine
    from privacy_masker.detectors import HandleDetector, RegexDetector

    engine = PrivacyEngine(detectors=[RegexDetector.default_ja(), HandleDetector()], policy=Policy.preset("llm_input"))

    return lambda rows: [
        [(e.original_start, e.original_end, MASKER.get(e.entity_type, "ID")) for e in engine.transform(text).entities]
        for text in texts(rows)
    ]


SYSTEMS: dict[str, Callable[[], Run]] = {
    "spaCy ja": sudachi,
    "PhraseMatcher": phrases,
    "GiNZA": ginza,
    "Presidio": presidio,
    "privacy-masker": masker,
}

if __name__ == "__main__":
    serve(SYSTEMS)
