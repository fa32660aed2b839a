"""Spans from labels of pieces in every scheme, and labels from spans."""

import numpy as np
import pytest

from jmid_nlp.errors import InputError
from jmid_nlp.neural.labels import Scheme, bio, bio_names

TEXT = "橋本先生 右肺"
PLACES = [(0, 1), (1, 2), (2, 4), (5, 6), (6, 7)]


def spans(names, sequence, places=PLACES, text=TEXT):
    scheme = Scheme(dict(enumerate(names)))
    values = np.full((len(sequence), len(names)), 0.1, np.float32)
    for i, name in enumerate(sequence):
        values[i, names.index(name)] = 0.6
    return [(text[f.start : f.end], f.label) for f in scheme.spans(text, places, values)]


BIO = ["O", "B-P", "I-P", "B-D", "I-D"]
BILOU = ["O", "B-P", "I-P", "L-P", "U-P"]


@pytest.mark.parametrize(
    ("names", "sequence", "expected"),
    [
        (BIO, "B-P I-P O B-D I-D", [("橋本", "P"), ("右肺", "D")]),
        (BIO, "B-P B-P I-P O O", [("橋", "P"), ("本先生", "P")]),
        (BIO, "I-P I-P O I-D O", [("橋本", "P"), ("右", "D")]),
        (BIO, "B-P I-D O O O", [("橋", "P"), ("本", "D")]),
        (BIO, "O O I-P I-P O", [("先生 右", "P")]),
        (BIO, "O O O O O", []),
        (["P", "O", "D"], "P P O D D", [("橋本", "P"), ("右肺", "D")]),
        (["I-P", "O", "I-D"], "I-P I-P I-D O O", [("橋本", "P"), ("先生", "D")]),
        (BILOU, "B-P L-P U-P B-P L-P", [("橋本", "P"), ("先生", "P"), ("右肺", "P")]),
        (BILOU, "B-P I-P L-P I-P O", [("橋本先生", "P"), ("右", "P")]),
        (["O", "B-P", "I-P", "E-P", "S-P"], "S-P S-P O B-P E-P", [("橋", "P"), ("本", "P"), ("右肺", "P")]),
    ],
)
def test_schemes(names, sequence, expected):
    assert spans(names, sequence.split()) == expected


def test_pieces_without_characters_decide_nothing_and_spans_never_overlap():
    places = [(0, 1), (1, 1), (1, 2), (0, 2), (3, 3)]
    assert spans(BIO, ["B-P", "O", "I-P", "B-D", "B-D"], places) == [("橋本", "P")]


def test_blanks_at_the_rims_are_left_out():
    places = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert spans(BIO, ["B-P", "I-P", "I-P", "O", "B-D"], places, " 橋\n  ") == [("橋", "P")]


def test_the_score_is_the_mean_probability_of_the_label_whatever_its_tag():
    scheme = Scheme(dict(enumerate(BIO)))
    values = np.array([[0.0, 0.6, 0.4, 0, 0], [0.2, 0.3, 0.5, 0, 0]], np.float32)
    (found,) = scheme.spans("橋本", [(0, 1), (1, 2)], values)
    assert (found.start, found.end, found.label, found.score) == (0, 2, "P", 0.9)


def test_a_model_without_an_outside_is_told():
    with pytest.raises(InputError, match="id2label"):
        Scheme({0: "LABEL_0", 1: "LABEL_1"})


def test_labels_from_spans_and_back():
    names = bio_names(["D", "P"])
    wanted, lost = bio(PLACES, [(0, 2, "P"), (5, 7, "D"), (6, 7, "P"), (4, 5, "P")], names)
    assert [names[i] for i in wanted] == ["B-P", "I-P", "O", "B-D", "I-D"]
    assert lost == 2  # one inside a longer one, one without a piece
    assert spans(names, [names[i] for i in wanted]) == [("橋本", "P"), ("右肺", "D")]
