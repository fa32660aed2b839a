"""Our detection for users of Presidio: a recognizer that its analyzer can hold beside its own.

    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from jmid_nlp.deid.presidio import recognizer

    registry = RecognizerRegistry(supported_languages=["ja"])
    registry.add_recognizer(recognizer())

Presidio itself is not needed to import this module; it comes with `pip install presidio-analyzer`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jmid_nlp.errors import MissingExtraError
from jmid_nlp.schema import Identifier

Detector = Callable[..., "tuple[Identifier, ...]"]

#: Presidio's names of entities for our categories.
ENTITIES: Mapping[str, str] = {
    "PERSON": "PERSON",
    "DATE": "DATE_TIME",
    "AGE": "AGE",
    "ID": "ID",
    "PHONE": "PHONE_NUMBER",
    "EMAIL": "EMAIL_ADDRESS",
    "URL": "URL",
    "ADDRESS": "LOCATION",
    "FACILITY": "ORGANIZATION",
    "OCCUPATION": "OCCUPATION",
}


def results(
    text: str, entities: Sequence[str] = (), *, detector: Detector | None = None
) -> list[tuple[str, int, int, float, Identifier]]:
    """Detections under Presidio's names: `(entity, start, end, score, identifier)`, ascending.

    Args:
        text: The text.
        entities: Names that are wanted; all where empty.
        detector: `detector(text, known=None)`; the package's own where None.
    """
    if detector is None:
        from jmid_nlp.deid.detect import detect

        detector = detect
    found = [(ENTITIES[i.category], i.start, i.end, i.score, i) for i in detector(text, known=None)]
    return [f for f in found if not entities or f[0] in entities]


def recognizer(*, detector: Detector | None = None, language: str = "ja") -> Any:
    """A Presidio `EntityRecognizer` that finds what this library finds.

    Args:
        detector: `detector(text, known=None)`; the package's own where None.
        language: Language code under which Presidio asks for it.

    Raises:
        MissingExtraError: Presidio is not installed.
    """
    try:
        presidio: Any = importlib.import_module("presidio_analyzer")
    except ImportError:
        raise MissingExtraError("the Presidio adapter needs Presidio: pip install presidio-analyzer") from None

    class JmidRecognizer(presidio.EntityRecognizer):  # type: ignore[misc]
        """Identifiers of Japanese radiology reports."""

        def load(self) -> None:
            """Nothing to load: the lists are read with the first text."""

        def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: Any = None) -> list[Any]:
            """Presidio's results for a text; each names the rule that found it."""
            out = []
            for entity, start, end, score, item in results(text, tuple(entities or ()), detector=detector):
                why = presidio.AnalysisExplanation(
                    recognizer="JmidRecognizer", original_score=score, pattern_name=item.detector
                )
                metadata = {presidio.RecognizerResult.RECOGNIZER_NAME_KEY: "JmidRecognizer", "subtype": item.subtype}
                out.append(presidio.RecognizerResult(entity, start, end, score, why, metadata))
            return out

    return JmidRecognizer(
        supported_entities=list(ENTITIES.values()), name="JmidRecognizer", supported_language=language
    )
