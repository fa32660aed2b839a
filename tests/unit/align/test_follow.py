"""A lesion is followed over reports by kind, place, side and size; what is new or elsewhere starts a course of its own."""

from __future__ import annotations

import datetime

import pytest

from jmid_nlp.align.follow import follow
from jmid_nlp.findings.extract import extract

D1, D2, D3 = (datetime.date(2024, m, 1) for m in (1, 4, 7))


def courses(*texts):
    return [
        (c.finding.text, [f"{d.month}:{v:g}" for d, v in c.sizes.items()])
        for c in follow((d, t, extract(t).findings) for d, t in zip((D1, D2, D3), texts, strict=False))
    ]


def test_growth_and_a_change_of_word_are_one_lesion():
    assert courses(
        "右肺下葉S6に8mmの結節を認めます。",
        "右肺下葉S6の結節は12mmに増大。",
        "右肺S6に35mmの腫瘤を認め、前回12mmより増大。",
    ) == [("腫瘤", ["1:8", "4:12", "7:35"])]


@pytest.mark.parametrize(
    "later",
    [
        "左肺下葉に8mmの結節を認めます。",  # the other side
        "肝S4に8mmの嚢胞を認めます。",  # another organ
        "右肺下葉に9mmの結節が新たに出現。",  # said to be new
        "右肺下葉に80mmの結節を認めます。",  # ten times as large
    ],
)
def test_another_lesion_starts_its_own_course(later):
    assert next(sizes for _, sizes in courses("右肺下葉に8mmの結節を認めます。", later)) == ["1:8"]
    assert len(courses("右肺下葉に8mmの結節を認めます。", later)) == 2


def test_two_lesions_of_one_place_are_told_apart_by_the_earlier_size():
    first = "肝S4に10mmの結節を認めます。肝S4に20mmの結節を認めます。"
    second = "肝S4の結節は20mmから11mmに縮小。肝S4の結節は10mmから18mmに増大。"
    assert sorted(sizes for _, sizes in courses(first, second)) == [["1:10", "4:18"], ["1:20", "4:11"]]


def test_a_node_keeps_its_course_whatever_it_is_called():
    found = courses("気管分岐下リンパ節は短径14mmに腫大。", "気管分岐下リンパ節の腫大は短径9mmに縮小。")
    assert [sizes for _, sizes in found] == [["1:14", "4:9"]]


def test_sizes_stated_for_an_earlier_date_are_kept_apart():
    text = "比較：2024年1月1日のCT\n所見：右肺下葉S6の結節は前回8mmから12mmに増大しています。"
    findings = extract(text).findings
    (course,) = follow([(D2, text, findings)])
    assert course.sizes == {D2: 12.0}
    assert course.stated == {D1: 8.0}
    assert follow([]) == []


def test_the_order_of_reports_does_not_matter():
    texts = ("右肺下葉S6に8mmの結節を認めます。", "右肺下葉S6の結節は12mmに増大。")
    given = [(d, t, extract(t).findings) for d, t in zip((D1, D2), texts, strict=True)]
    assert [c.sizes for c in follow(given)] == [c.sizes for c in follow(given[::-1])]
