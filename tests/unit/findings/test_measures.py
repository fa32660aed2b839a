"""Lengths and image references of a report."""

from __future__ import annotations

import pytest

from jmid_nlp.findings.imagerefs import image_refs
from jmid_nlp.offsets import fold
from jmid_nlp.text.measures import measures

SIZES = [
    ("12×8mm大", [(12, 8)], []),
    ("1.2 cm", [(12,)], []),
    ("径2cm大", [(20,)], []),
    ("3cm弱", [(30,)], []),
    ("径５〜８ｍｍ大", [(5,), (8,)], []),
    ("3～5mm", [(3,), (5,)], []),
    ("4.3ｘ3.8cm", [(43, 38)], []),
    ("3.5 x 2.1 cm", [(35, 21)], []),
    ("24mm×18mm", [(24, 18)], []),
    ("2×3×4cm", [(20, 30, 40)], []),
    ("3㎝大", [(30,)], []),
    ("長径24mm、短径18mm", [(24, 18)], []),
    ("15mm（前回12mm）", [(15,)], [(12,)]),
    ("52×49mm（前回48×45mm）", [(52, 49)], [(48, 45)]),
    ("前回(9mm)より", [], [(9,)]),
    ("8mm→13mm", [(13,)], [(8,)]),
    ("12mmから15mmに増大", [(15,)], [(12,)]),
    ("前回3.2cmから今回1.8cmに縮小", [(18,)], [(32,)]),
    ("58mm（診断時65mm、縮小）", [(58,)], [(65,)]),
]


@pytest.mark.parametrize(("text", "sizes", "prior"), SIZES)
def test_sizes(text, sizes, prior):
    found = [m for m in measures(fold(text).text) if m.role == "size"]
    assert [s for m in found for s in m.sizes] == sizes
    assert [s for m in found for s in m.prior] == prior


NO_SIZES = [
    ("短径10mm以上のリンパ節", "threshold"),
    ("5mm未満の結節", "threshold"),
    ("スライス厚5mm", "technique"),
    ("1mm厚で再構成", "technique"),
    ("乳頭から3cmの位置", "distance"),
    ("気管分岐部から4cm頭側", "distance"),
    ("3mmの増大", "delta"),
]


@pytest.mark.parametrize(("text", "role"), NO_SIZES)
def test_lengths_that_are_no_sizes(text, role):
    assert [m.role for m in measures(text)] == [role]


@pytest.mark.parametrize("text", ["50mmHg", "造影剤100mL", "体重60kg", "2024年3月", "SUVmax 8.2", "12/19"])
def test_no_lengths(text):
    assert measures(text) == []


REFS = [
    ("Se3 Im45", [(3, 45)]),
    ("Se3, Im142", [(3, 142)]),
    ("Se5 Im120, 134", [(5, 120), (5, 134)]),
    ("Se201 Im96, Im97", [(201, 96), (201, 97)]),
    ("スライス112", [(None, 112)]),
    ("(5/45)", [(5, 45)]),
    ("IM:45/120", [(None, 45)]),
    ("series 4 image 62", [(4, 62)]),
    ("画像45", [(None, 45)]),
    ("3/12のCT", []),
    ("スライス厚5mm", []),
    ("3スライス", []),
    ("結節（5/8）を認めます", [(5, 8)]),
    ("技師が修正済み（2/28）。画像切り出しの依頼（11/8）。前医読影（11/30）と比較", []),
]


@pytest.mark.parametrize(("text", "refs"), REFS)
def test_image_references(text, refs):
    assert [(r.series, r.image) for m in image_refs(fold(text).text) for r in m.refs] == refs
