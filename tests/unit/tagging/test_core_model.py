"""The trained model of the package: an ordinary spaCy folder, small, quick to load, without words of its training texts."""

import time
from pathlib import Path

import pytest
import spacy

import jmid_nlp
from jmid_nlp.pipeline import MODELS, load

FOLDER = Path(jmid_nlp.__file__).parent / "weights" / MODELS["spacy"]
TEXT = "担当医：山田太郎。右肺下葉S6に12mm大の結節を認めます。胸水は認めません。"


@pytest.fixture(scope="module")
def nlp():
    return load("spacy")


def test_identifiers_entities_and_certainty(nlp):
    doc = nlp(TEXT)
    assert [(s.text, s.label_) for s in doc.spans["identifiers"]] == [("山田太郎", "PERSON")]
    found = {s.text: (s.label_, s.id_) for s in doc.spans["entities"]}
    assert found["結節"] == ("d", "positive")
    assert found["胸水"] == ("d", "negative")
    assert found["右肺下葉S6"] == ("a", "")
    assert len(list(doc.sents)) == 3
    assert nlp("").text == ""


def test_it_is_an_ordinary_model_and_quick_to_load():
    began = time.process_time()
    plain = spacy.load(FOLDER)
    assert time.process_time() - began < 2
    assert plain.meta["license"] == "MIT"
    assert plain.pipe_names == ["tok2vec", "identifiers", "entities", "certainty"]


def test_size_and_vocabulary(nlp):
    assert sum(p.stat().st_size for p in FOLDER.rglob("*") if p.is_file()) < 8_000_000
    strings = (FOLDER / "vocab" / "strings.json").read_text(encoding="utf-8")
    assert not any("぀" <= c <= "鿿" for c in strings)


def test_its_component_in_another_pipeline():
    other = load("fast")
    mine = spacy.load(FOLDER)
    for name in ("tok2vec", "identifiers"):
        other.add_pipe(name, source=mine)
    doc = other(TEXT)
    assert [(s.text, s.label_) for s in doc.spans["identifiers"]] == [("山田太郎", "PERSON")]
    assert doc.spans["findings"]  # the rules' components are still there
