"""The reading of a text into known words: longest cover, guards, Latin words, forms with several senses."""

from __future__ import annotations

import pytest

from jmid_nlp.findings.document import parse
from jmid_nlp.findings.terms import ancestors, concept, concepts, expand, is_a, reader


def read(text):
    return [(t.form, t.kind, t.concept) for t in reader().read(text)]


def concept_of(text, form):
    return next((c for f, _, c in read(text) if f == form), None)


@pytest.mark.parametrize(
    ("form", "forms"),
    [
        ("結節", ["結節"]),
        ("{認め,みられ}{ません,ない}", ["認めません", "認めない", "みられません", "みられない"]),
        ("{,小}結節", ["結節", "小結節"]),
    ],
)
def test_expand(form, forms):
    assert list(expand(form)) == forms


def test_open_border_keeps_the_finding_whole():
    assert [f for f, _, _ in read("右下葉気管支拡張")][-1] == "気管支拡張"


@pytest.mark.parametrize("text", ["所見", "撮影", "手術", "以内", "背景", "橋本", "千葉", "内容", "最大", "指摘"])
def test_guard_words_hide_no_form(text):
    assert not [t for t in read(text) if t[1] in ("anatomy", "position")]


@pytest.mark.parametrize(
    ("text", "form", "found"),
    [
        ("PETを施行", "PE", False),
        ("PEを疑う。肺動脈に造影欠損", "PE", True),
        ("massを認める", "mass", True),
        ("massiveな変化", "mass", False),
        ("part-solidGGNを認める", "part-solidGGN", True),
        ("asは小文字", "AS", False),
    ],
)
def test_latin_words_stand_alone(text, form, found):
    assert (form in [f for f, _, _ in read(text)]) is found


@pytest.mark.parametrize(
    ("text", "form", "meant"),
    [
        ("右PCAに狭窄", "PCA", "posterior_cerebral_artery"),
        ("PCa疑い。前立腺に低信号", "PCa", "prostate_cancer"),
        ("CPAの鈍化。胸水", "CPA", "costophrenic_angle"),
        ("CPAの腫瘤。内耳道", "CPA", "cerebellopontine_angle"),
        ("MMの損傷。右膝", "MM", "medial_meniscus"),
        ("PE。造影欠損あり", "PE", "pulmonary_embolism"),
        ("両側PE。心拡大", "PE", "pleural_effusion"),
        ("大結節骨折。右肩関節", "大結節", "greater_tubercle"),
        ("RTを施行", "RT", "radiotherapy"),
    ],
)
def test_senses_by_context(text, form, meant):
    assert concept_of(text, form) == meant


def test_terms_ascend_and_never_overlap():
    at = 0
    for term in reader().read("右肺下葉S6に12mm大の結節を認め、前回より増大しています。胸水は認めません。" * 3):
        assert at <= term.start < term.end
        at = term.end


def test_tree():
    assert is_a("right_lower_lobe", "lung")
    assert is_a("lung", "lung")
    assert not is_a("lung", "right_lower_lobe")
    assert ancestors("right_lower_lobe")[-1] == "body"
    assert ancestors("no_such_concept") == ()


def test_labels_and_pydicom_keyword():
    lung = concept("lung")
    assert (lung.ja, lung.en, lung.row["pydicom"]) == ("肺", "lung", "Lung")
    assert len(concepts()) > 700


def test_no_report_text_in_a_repr():
    parsed = parse("患者の胸水は認めません。")
    assert "胸水" not in repr(parsed)
    assert "胸水" not in repr(parsed.terms)


@pytest.mark.parametrize(
    ("source", "whole"),
    [
        ("気管 支に腫瘤", "気管支に腫瘤"),
        ("有意なリンパ節腫\n大は認めません", "有意なリンパ節腫大は認めません"),
        ("胸水なし 腹水あり", "胸水なし 腹水あり"),
        ("胸水なし\n腹水あり", "胸水なし\n腹水あり"),
        ("右下葉 S8 末梢", "右下葉 S8 末梢"),
    ],
)
def test_words_cut_by_blanks_and_line_ends(source, whole):
    parsed = parse(source)
    assert parsed.text == whole
    for start in range(len(parsed.text)):
        a, b = parsed.span(start, start + 1)
        assert source[a:b] == parsed.text[start]


@pytest.mark.parametrize(
    ("left", "right", "joins"),
    [("リンパ節腫", "大なし", True), ("左", "腎", True), ("胸水なし", "腹水なし", False), ("", "結節", False)],
)
def test_joins_at(left, right, joins):
    text = left + right
    assert (reader().read_across(text, [len(left)], text) is not None) is joins
