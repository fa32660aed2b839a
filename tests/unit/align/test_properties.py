"""Whatever comes in: nothing crashes, every annotation has one fate, and the order of input does not matter."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from jmid_nlp.align.match import align
from jmid_nlp.align.nodes import measured_nodes
from jmid_nlp.schema import AnnotationRecord, Finding, ImageRef, Report, SiteMention

WORDS = [
    "結節",
    "腫瘤",
    "嚢胞",
    "右上葉",
    "左腎",
    "肝S8",
    "12mm",
    "転移",
    "。",
    "、",
    "を認め",
    "\n",
    "疑い",
    "リンパ節",
    "多発",
    "x",
]
LABELS = ["nodule", "HCC s/o", "cyst", "LN", "meta", None, "?", "右腎嚢胞", "GTV"]
PLACES = ["RUL", "S8", "kidney", "#7", None, "右前頭葉", "nowhere", "L4/5"]


@st.composite
def texts(draw):
    return "".join(draw(st.lists(st.sampled_from(WORDS), max_size=30)))


@st.composite
def findings(draw, text):
    out = []
    for _ in range(draw(st.integers(0, 6))):
        if len(text) < 2:
            break
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, min(len(text), start + 6)))
        at = draw(st.integers(0, len(text) - 1))
        sites = (SiteMention(at, min(len(text), at + 3)),) if draw(st.booleans()) else ()
        sizes = tuple((v,) for v in draw(st.lists(st.sampled_from([3.0, 8.0, 12.0, 40.0]), max_size=2)))
        out.append(
            Finding(
                start,
                end,
                text[start:end],
                None,
                draw(st.sampled_from(["positive", "suspicious", "negative", "general"])),
                sites,
                draw(st.sampled_from([None, "left", "right", "bilateral", "midline"])),
                sizes,
                multiple=draw(st.booleans()),
                historical=draw(st.booleans()),
                image_refs=(ImageRef(None, 4),) if draw(st.booleans()) else (),
                section=draw(st.sampled_from([None, "findings", "impression", "indication"])),
            )
        )
    return out


@st.composite
def marks(draw):
    return [
        AnnotationRecord(
            f"a{n}", draw(st.sampled_from(["1", "2", None])), draw(st.sampled_from([None, 3])), draw(st.sampled_from([None, 4, 9])),
            label=draw(st.sampled_from(LABELS)), anatomy=draw(st.sampled_from(PLACES)),
            laterality=draw(st.sampled_from([None, "left", "R", "both", "odd"])),
            size_mm=tuple(draw(st.lists(st.sampled_from([0.0, 3.2, 8.0, 11.7]), max_size=2))),
            bbox=tuple(draw(st.sampled_from([(), (1.0, 2.0, 5.0, 5.0), (2.0, 2.0, 5.0, 5.0)]))),
        )
        for n in range(draw(st.integers(0, 6)))
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_input_gives_a_whole_answer(data):
    text = data.draw(texts())
    told, given_marks = data.draw(findings(text)), data.draw(marks())
    report = Report("r", text, study_uid="1")
    found = align("s", report, told, given_marks)
    paired = [p.annotation_id for p in found.pairs]
    assert len(paired) == len(set(paired))
    assert sorted([*paired, *found.unmatched_annotations]) == sorted(m.annotation_id for m in given_marks)
    assert set(found.abstained) == set(found.unmatched_annotations)
    stated = [f for f in told if f.certainty in ("positive", "suspicious") or (f.sizes_mm and f.prior_sizes_mm)]
    good = {(f.start, f.end) for f in stated if f.certainty != "negative" and not f.historical}
    assert set(found.unmatched_findings) <= good
    nodes = {(f.start, f.end) for f in measured_nodes(text, told) if f.text == "リンパ節"}
    assert {(p.start, p.end) for p in found.pairs} <= good | nodes
    assert not {(p.start, p.end) for p in found.pairs} & set(found.unmatched_findings)
    assert all(0 < p.score <= 1 for p in found.pairs)
    assert not {m.annotation_id for m in given_marks if m.study_uid == "2"} & set(paired)
    random.Random(1).shuffle(told)
    random.Random(2).shuffle(given_marks)
    assert align("s", report, told, given_marks) == found
