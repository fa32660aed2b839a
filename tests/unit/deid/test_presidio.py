import sys
import types

import pytest

from jmid_nlp.deid.presidio import ENTITIES, recognizer, results
from jmid_nlp.errors import MissingExtraError
from jmid_nlp.schema import CATEGORIES, Identifier

TEXT = "読影 戸叶義郎、TEL 03-3999-1234"


def detector(text, known=None):
    return (
        Identifier(3, 7, "PERSON", "radiologist", 0.9, "gold.name"),
        Identifier(12, 24, "PHONE", "phone", 0.8, "gold.phone"),
    )


@pytest.fixture
def presidio(monkeypatch):
    """Presidio itself where it is installed, else classes with the same signatures."""
    try:
        import presidio_analyzer

        return presidio_analyzer
    except ImportError:
        pass

    class EntityRecognizer:
        def __init__(self, supported_entities, name=None, supported_language="en"):
            self.supported_entities, self.name, self.supported_language = supported_entities, name, supported_language
            self.load()

    class AnalysisExplanation:
        def __init__(self, recognizer, original_score, pattern_name=None):
            self.recognizer, self.original_score, self.pattern_name = recognizer, original_score, pattern_name

    class RecognizerResult:
        RECOGNIZER_NAME_KEY = "recognizer_name"

        def __init__(self, entity_type, start, end, score, analysis_explanation=None, recognition_metadata=None):
            self.entity_type, self.start, self.end, self.score = entity_type, start, end, score
            self.analysis_explanation, self.recognition_metadata = analysis_explanation, recognition_metadata

    module = types.ModuleType("presidio_analyzer")
    module.EntityRecognizer, module.AnalysisExplanation, module.RecognizerResult = (
        EntityRecognizer,
        AnalysisExplanation,
        RecognizerResult,
    )
    monkeypatch.setitem(sys.modules, "presidio_analyzer", module)
    return module


def test_every_category_has_a_name_in_presidio():
    assert set(ENTITIES) == set(CATEGORIES)


def test_results_are_ours_under_their_names():
    assert [r[:4] for r in results(TEXT, detector=detector)] == [("PERSON", 3, 7, 0.9), ("PHONE_NUMBER", 12, 24, 0.8)]
    assert [r[0] for r in results(TEXT, ["PHONE_NUMBER"], detector=detector)] == ["PHONE_NUMBER"]


def test_the_recognizer_names_the_rule(presidio):
    found = recognizer(detector=detector).analyze(TEXT, ["PERSON"], None)
    assert [(f.entity_type, f.start, f.end, f.score) for f in found] == [("PERSON", 3, 7, 0.9)]
    assert found[0].analysis_explanation.pattern_name == "gold.name"
    assert found[0].recognition_metadata["subtype"] == "radiologist"


def test_with_the_package_detector(presidio):
    own = recognizer()
    assert own.supported_language == "ja"
    assert "PHONE_NUMBER" in {f.entity_type for f in own.analyze(TEXT, own.supported_entities, None)}


def test_without_presidio_the_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(MissingExtraError, match="pip install presidio-analyzer"):
        recognizer()
