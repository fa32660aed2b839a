"""`jmid_transformer` in spaCy: spans, records, storage, processes."""

import pickle

import pytest
import spacy

import jmid_nlp
from jmid_nlp.errors import InputError
from jmid_nlp.neural import TokenClassifier
from jmid_nlp.pipeline import blank
from jmid_nlp.schema import to_plain
from tests.unit.neural import models

TEXTS = ["右肺に結節を認めます。", "", "橋本先生 2026\n" * 30, "ｶﾞ㌢か\u3099結節"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    directory = tmp_path_factory.mktemp("model")
    models.fast_tokenizer(directory, characters=True)
    models.onnx_model(directory)
    (directory / "README.md").write_text("no part of the model")
    return directory


@pytest.fixture
def nlp(model):
    nlp = blank()
    nlp.add_pipe("jmid_transformer", config={"model": str(model), "group": "mine"})
    return nlp


def answers(docs):
    return [
        (doc.user_data["jmid"]["mine"], [(s.start_char, s.end_char, s.label_) for s in doc.spans["mine"]])
        for doc in docs
    ]


def test_spans_hold_whole_tokens_and_records_exact_characters(nlp, model):
    expected = TokenClassifier(model)(TEXTS)
    for doc, found in zip(nlp.pipe(TEXTS), expected, strict=True):
        assert doc.user_data["jmid"]["mine"] == to_plain(found)
        assert all(
            s.start_char <= f.start and s.end_char >= f.end for s, f in zip(doc.spans["mine"], found, strict=True)
        )
        assert [s.label_ for s in doc.spans["mine"]] == [f.label for f in found]
    assert any(expected)


def test_one_by_one_in_batches_and_in_processes(nlp):
    alone = answers([nlp(text) for text in TEXTS])
    assert answers(nlp.pipe(TEXTS * 20, batch_size=7)) == alone * 20
    assert answers(nlp.pipe(TEXTS * 3, n_process=2, batch_size=4)) == alone * 3


def test_the_model_goes_with_the_pipeline(nlp, tmp_path):
    alone = answers(nlp.pipe(TEXTS))
    nlp.to_disk(tmp_path / "pipeline")
    moved = (tmp_path / "pipeline").rename(tmp_path / "moved")
    config = (moved / "config.cfg").read_text()
    assert 'model = "' in config
    (moved / "config.cfg").write_text(config.replace(str(nlp.get_pipe("jmid_transformer").model), "/nowhere"))
    loaded = spacy.load(moved)
    assert answers(loaded.pipe(TEXTS)) == alone
    assert not (moved / "jmid_transformer" / "README.md").exists()
    again = blank()
    again.add_pipe("jmid_transformer", config={"model": "/nowhere", "group": "mine"})
    again.from_bytes(nlp.to_bytes())
    assert answers(again.pipe(TEXTS)) == alone
    assert answers(pickle.loads(pickle.dumps(again)).pipe(TEXTS)) == alone


def test_a_missing_model_is_told_at_the_first_text():
    nlp = jmid_nlp.load("text")
    nlp.add_pipe("jmid_transformer", config={"model": "nowhere"})
    with pytest.raises(InputError, match="no directory 'nowhere'"):
        nlp("右肺")
