"""The record's own identifiers must be found in every spelling: no miss is allowed here."""

from __future__ import annotations

import pytest

from jmid_nlp.deid.detect import DetectOptions, detect
from jmid_nlp.schema import Report

KNOWN = Report(
    report_id="r1",
    text="",
    patient_id="00482-731",
    patient_name="髙橋 花子",
    patient_kana="タカハシ ハナコ",
    birth_date="1955-01-02",
    accession_number="A20240115-0042",
    study_uid="1.2.392.200036.9116.2.6.1.48.1",
    institution="汐見台大学医学部附属病院",
    physicians=("大野 修", "渡邉 圭一郎", "原 正"),
)

SPELLINGS = [
    "髙橋花子", "高橋花子", "高橋　花子", "髙 橋 花 子", "高橋\n花子", "高\n橋花子", "タカハシハナコ", "タカハシ　ハナコ", "ﾀｶﾊｼ ﾊﾅｺ",
    "たかはし はなこ", "たかはしはなこ", "TAKAHASHI HANAKO", "Takahashi Hanako", "Hanako Takahashi", "TAKAHASHI^HANAKO", "takahashi_hanako",
    "Takahasi, Hanako", "H. Takahashi", "ＴＡＫＡＨＡＳＨＩ　ＨＡＮＡＫＯ", "TAKAHASHI^HANAKO=髙橋^花子=タカハシ^ハナコ", "高橋", "花子", "たかはし", "Hanako", "花子高橋",
    "高橋化子", "高播花子", "高橋花孑", "タカハツハナコ", "Takahshi", "Hanakp Takahashi",
    "00482-731", "00482731", "００４８２－７３１", "00482ー731", "00482 731", "482731", "0048-2731", "O0482-73l", "00482-781", "0482731",
    "A20240115-0042", "A202401150042", "a20240115 0042", "A2O240115-0042", "A20240115-0024",
    "1955年1月2日", "1955/01/02", "1955.1.2", "19550102", "S30.1.2", "昭和30年1月2日", "昭和三十年一月二日", "㍼30年1月2日", "Ｓ３０．１．２", "S300102",
    "55/1/2", "2 Jan 1955", "01/02/1955", "昭30.1.2", "一九五五年一月二日", "1955年\n1月2日",
    "1.2.392.200036.9116.2.6.1.48.1", "汐見台大学医学部附属病院", "汐見台大学", "汐見台大",
    "大野修", "大野 修", "Ohno", "Ono", "Oono", "OHNO", "渡辺圭一郎", "渡邊", "圭一郎", "Watanabe K.",
]  # fmt: skip


@pytest.mark.parametrize("written", SPELLINGS)
@pytest.mark.parametrize("frame", ["胸部CT。{}。右肺に結節。", "結節あり {} 前回と比較", "{}"])
def test_known_identifier_is_found(written, frame):
    text = frame.format(written)
    at = text.index(written)
    covered = {i for f in detect(text, known=KNOWN) for i in range(f.start, f.end)}
    assert all(i in covered for i in range(at, at + len(written)) if text[i].isalnum())


@pytest.mark.parametrize("text", ["原先生に報告。", "原Dr.へ。", "読影：原", "依頼 原 / 読影 大野"])
def test_surname_of_one_character_with_a_cue(text):
    covered = {i for f in detect(text, known=KNOWN) for i in range(f.start, f.end)}
    assert text.index("原") in covered


@pytest.mark.parametrize("text", ["原発巣は不明。", "高橋病ではない。", "右肺に10mmの結節。", "関節液貯留、原因不明。"])
def test_known_name_inside_other_words_stays(text):
    assert detect(text, known=KNOWN) == ()


def test_known_identifiers_are_found_although_disabled():
    options = DetectOptions(disabled=frozenset({"PERSON", "ID"}))
    found = detect("髙橋花子 00482-731", known=KNOWN, options=options)
    assert {f.category for f in found} == {"PERSON", "ID"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("計画：能登谷　物理士：鵜飼", "能登谷"),
        ("泌尿器科能登谷Drへ紹介。", "能登谷"),
        ("能登谷先生に報告。", "能登谷"),
        ("能登谷瞭先生に報告。", "能登谷瞭"),
        ("能登谷瞭が読影。", "能登谷瞭"),
        ("REFERRING: Dr. Notoya", "Notoya"),
    ],
)
def test_title_behind_or_before_a_known_surname_is_no_slip_of_the_given_name(text, name):
    found = [f for f in detect(text, known=Report("1", text, physicians=("能登谷 隆",))) if f.category == "PERSON"]
    assert [text[f.start : f.end] for f in found if name in text[f.start : f.end]] == [name]


def test_equal_finds_are_resolved_alike_in_any_process():
    from jmid_nlp.deid.evidence import KNOWN as RANK
    from jmid_nlp.deid.evidence import Hit
    from jmid_nlp.deid.merge import resolve

    for number in range(
        20
    ):  # sets of strings have another order in each process: one pair alone could be right by chance
        kinds = [f"{number}a", f"{number}b"]
        hits = [Hit(0, 2, "PERSON", kind, 0.9, "x", RANK) for kind in kinds]
        assert [h.subtype for h in resolve(hits)] == kinds[:1]
