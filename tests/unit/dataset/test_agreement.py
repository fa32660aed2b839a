"""Agreement of readers against values worked out by hand."""

import pytest

from jmid_nlp.dataset.agreement import Agreement, cohen_kappa, span_f1
from jmid_nlp.dataset.tasks import Study
from jmid_nlp.schema import AnnotationRecord, DeidReport, Entity, Extraction, Link


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        # Cohen's table of 50 cases: observed 0.7, by chance 0.5
        ({("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}, 0.4),
        ({("a", "a"): 3, ("b", "b"): 2}, 1.0),
        ({("a", "b"): 1, ("b", "a"): 1}, -1.0),
        # observed 3/6; chance (3*2 + 2*2 + 1*2) / 36 = 1/3
        ({("a", "a"): 1, ("a", "b"): 1, ("a", "c"): 1, ("b", "b"): 1, ("b", "a"): 1, ("c", "c"): 1}, 0.25),
        ({("a", "a"): 9}, None),
        ({}, None),
    ],
)
def test_kappa(pairs, kappa):
    assert cohen_kappa(pairs) == (None if kappa is None else pytest.approx(kappa))


def test_span_f1_wants_rims_and_label():
    assert span_f1([(0, 2, "d"), (3, 5, "a")], [(0, 2, "d"), (3, 5, "d"), (7, 9, "a")]) == pytest.approx(0.4)
    assert span_f1([], []) is None


def test_lesions_of_several_readers_are_compared_pair_by_pair():
    marks = [
        AnnotationRecord("1", reader="A", label="nodule", size_mm=(10.0,)),
        AnnotationRecord("2", reader="B", label="nodule", size_mm=(14.0, 8.0)),
        AnnotationRecord("3", reader="A", label="cyst"),
        AnnotationRecord("4", reader="B", label="nodule"),
        AnnotationRecord("5", reader="A", label="cyst"),
    ]
    links = tuple(Link(at, at + 2, name, 0.9, ()) for name, at in (("1", 0), ("2", 0), ("3", 5), ("4", 5), ("5", 9)))
    readings = {"X": (Entity(0, 2, "d"),), "Y": (Entity(0, 2, "d"), Entity(4, 6, "a"))}
    study = Study(DeidReport("r", "", {}), Extraction("r"), links, {m.annotation_id: m for m in marks}, readings)
    agreement = Agreement()
    agreement.add(study)
    a_b, x_y = agreement.summary()
    assert (a_b["lesions_of_both"], a_b["mark_f1"], a_b["labels_compared"]) == (2, 0.8, 2)
    assert a_b["label_kappa"] == 0.0
    assert (a_b["size_difference_mm"], a_b["size_difference_share"]) == (4.0, 0.3333)
    assert x_y["readers"] == ["X", "Y"]
    assert x_y["span_f1"] == 0.6667
