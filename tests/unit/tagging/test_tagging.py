"""Features, layers and components of the trainable pipeline."""

import pickle

import numpy as np
import pytest
import spacy
from spacy.tokens import Span
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

from jmid_nlp.deid.charfeatures import LISTS
from jmid_nlp.pipeline import blank
from jmid_nlp.tagging import layers
from jmid_nlp.tagging.features import HASHED, SMALL, features
from jmid_nlp.tagging.groups import IGNORED
from jmid_nlp.tagging.spans import decode

TEXTS = ("担当は山田太郎です。", "右肺に結節を認めません。\n胸水なし。", "ＣＴで１２mmの腫瘤", "", " ")


@pytest.fixture(scope="module")
def nlp():
    """A pipeline of two groups and attributes, not trained."""
    from jmid_nlp.tagging.factories import TOK2VEC

    fix_random_seed(0)
    nlp = blank()
    nlp.add_pipe("tok2vec", config={"model": TOK2VEC})
    for key in ("identifiers", "entities"):
        nlp.add_pipe("jmid_tagged_spans", name=key, config={"spans_key": key})
    nlp.add_pipe("jmid_certainty", name="certainty")
    nlp.initialize(lambda: [person(nlp), finding(nlp)])
    optimizer = Adam(0.01)
    for _ in range(30):
        nlp.update([person(nlp), finding(nlp)], sgd=optimizer)
    return nlp


def person(nlp):
    doc = nlp.make_doc(TEXTS[0])
    reference = doc.copy()
    reference.spans["identifiers"] = [reference.char_span(3, 7, "PERSON")]
    return Example(doc, reference)


def finding(nlp):
    doc = nlp.make_doc(TEXTS[1])
    reference = doc.copy()
    reference.spans["entities"] = [
        reference.char_span(0, 2, "a"), reference.char_span(3, 5, "d", span_id="negative"),
        reference.char_span(13, 15, "d", span_id="negative"),
    ]  # fmt: skip
    return Example(doc, reference)


def test_features_of_each_token(nlp):
    for text in TEXTS:
        doc = nlp.make_doc(text)
        assert features(doc).shape == (len(doc), len(HASHED) + len(SMALL))
    doc = nlp.make_doc(TEXTS[0])
    names = [t.text for t in doc]
    surname = features(doc)[:, len(HASHED) + LISTS.index("surname")]
    assert surname[names.index("山田")] > 0
    assert surname[names.index("です")] == 0
    small = features(doc)[:, len(HASHED) :]
    assert (small < np.array(SMALL)).all()


def test_width_and_removed_characters_do_not_move_the_lists(nlp):
    plain, wide = nlp.make_doc("CTで12mm、山田医師"), nlp.make_doc("ＣＴで１２㎜、山\u200b田医師")
    where = [next(t.idx for t in d if t.text.startswith("山")) for d in (plain, wide)]
    rows = [
        features(d)[[t.idx for t in d].index(at), len(HASHED) :] for d, at in zip((plain, wide), where, strict=True)
    ]
    assert rows[0][: len(LISTS)].tolist() == rows[1][: len(LISTS)].tolist()


@pytest.mark.parametrize("rows", [1, 2, 3, 9])
def test_gradient_of_the_dilated_window(rows):
    rng = np.random.default_rng(0)
    layer = layers._window(2)
    x, weight = rng.normal(size=(rows, 3)).astype("f"), rng.normal(size=(rows, 9)).astype("f")
    y, backprop = layer.begin_update(x)
    for i in range(rows):
        for side, j in ((0, i - 2), (1, i), (2, i + 2)):
            wanted = x[j] if 0 <= j < rows else np.zeros(3)
            assert y[i, side * 3 : side * 3 + 3].tolist() == pytest.approx(wanted.tolist())
    dx = backprop(weight)
    for i, j in np.ndindex(x.shape):
        up = x.copy()
        up[i, j] += 0.5
        change = ((layer.predict(up) - y) * weight).sum() / 0.5
        assert dx[i, j] == pytest.approx(change, abs=1e-4)


def test_products_are_those_of_numpy():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(4, 3)).astype("f"), rng.normal(size=(4, 5)).astype("f")
    assert np.allclose(layers.BlasOps().gemm(a, b, trans1=True), a.T @ b)


def test_decoding():
    #                 O    B-x  I-x  B-y  I-y
    table = np.array([[.9, .1, .0, .0, .0], [.1, .8, .1, .0, .0], [.2, .1, .7, .0, .0], [.1, .7, .2, .0, .0],
                      [.3, .0, .0, .1, .6], [.6, .0, .0, .0, .4]], np.float32)  # fmt: skip
    assert [(s, e, n, round(p, 2)) for s, e, n, p in decode(table, 0.5)] == [
        (1, 3, 0, 0.85), (3, 4, 0, 0.9), (4, 5, 1, 0.7),
    ]  # fmt: skip
    assert [(s, e) for s, e, *_ in decode(table, 0.39)][-1] == (4, 6)
    assert not list(decode(np.ones((3, 1), np.float32), 0.5))


def test_a_layer_that_is_not_marked_teaches_nothing(nlp):
    tagger = nlp.get_pipe("identifiers")
    assert not tagger._targets(finding(nlp))[1].any()
    example = person(nlp)
    example.reference.spans[IGNORED] = [Span(example.reference, 0, 3, "ignored")]
    wanted, known = tagger._targets(example)
    assert known.tolist()[:2] == [0, 0]
    assert known[[t.text for t in example.reference].index("山田")] == 1  # gold counts also there
    assert wanted.max() > 0


def test_it_learns_both_layers_and_the_certainty(nlp):
    doc = nlp(TEXTS[0])
    assert [(s.text, s.label_) for s in doc.spans["identifiers"]] == [("山田太郎", "PERSON")]
    doc = nlp(TEXTS[1])
    assert [(s.text, s.label_, s.id_) for s in doc.spans["entities"]] == [
        ("右肺", "a", ""), ("結節", "d", "negative"), ("胸水", "d", "negative"),
    ]  # fmt: skip
    figures = nlp.evaluate([person(nlp), finding(nlp)])
    assert figures["spans_identifiers_f"] == figures["spans_entities_f"] == figures["entities_attr"] == 1.0


def test_a_text_is_read_alike_alone_and_among_others(nlp):
    together = list(nlp.pipe(TEXTS * 3, batch_size=15))
    for doc in together:
        alone = nlp(doc.text)
        assert [(s.start, s.end, s.label_, s.id_) for s in alone.spans["entities"]] == [
            (s.start, s.end, s.label_, s.id_) for s in doc.spans["entities"]
        ]


def test_round_trips(nlp, tmp_path):
    def found(model):
        return [[(s.text, s.label_, s.id_) for s in doc.spans["entities"]] for doc in model.pipe(TEXTS)]

    wanted = found(nlp)
    nlp.to_disk(tmp_path / "m")
    loaded = spacy.load(tmp_path / "m")
    assert found(loaded) == wanted
    assert found(pickle.loads(pickle.dumps(loaded))) == wanted
    other = spacy.util.load_model_from_config(nlp.config, auto_fill=True)
    assert found(other.from_bytes(nlp.to_bytes())) == wanted
