"""Names that no list knows: their characters, the place they stand in, and the shape of several lines."""

from __future__ import annotations

import pytest

from jmid_nlp.deid.detect import detect
from jmid_nlp.deid.foreign import find_foreign, looks_romaji
from jmid_nlp.deid.likeness import likeness
from jmid_nlp.deid.rows import find_rows
from jmid_nlp.deid.slots import THRESHOLD, core, left_weight, right_weight, value


def people(text):
    return [text[i.start : i.end] for i in detect(text) if i.category == "PERSON"]


@pytest.mark.parametrize("name", ["楡坂", "蓼瀬", "鴻井", "梓谷"])
def test_strings_like_surnames(name):
    assert likeness(name) > 0.5


@pytest.mark.parametrize("word", ["病変", "胸水", "造影", "経過", "所見", "多発"])
def test_words_unlike_surnames(word):
    assert likeness(word) < -1
    assert value(word) < 0


def test_place_counts():
    text = "循内楡坂へ報告、楡坂は"
    found = core("循内楡坂")
    assert found is not None
    assert (found[0], found[1]) == (2, 4)
    assert right_weight(text, 4) > right_weight(text, 10)
    assert left_weight("技師 楡坂", 3) > left_weight("を 楡坂", 2)
    assert left_weight("\n楡坂", 1) < THRESHOLD


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("循内楡坂へ報告", ["楡坂"]),
        ("読影 楡坂・蓼瀬、", ["楡坂", "蓼瀬"]),
        ("楡坂は", []),
        ("技師判断で再撮影", []),
        ("内服中", []),
    ],
)
def test_unlisted_names(text, names):
    assert people(text) == names


def test_speakers_need_two_people():
    chat = "楡坂:見えますか\n蓼瀬:見えます\n楡坂:了解\n"
    assert [chat[h.start : h.end] for h in find_rows(chat)].count("楡坂") == 2
    form = "所見:正常\n診断:正常\n所見:正常\n"
    assert not list(find_rows(form))


def test_column_of_names():
    rows = "膝MRI 楡坂 右膝\n肩US 堀 異常なし\n胸部CT 蓼瀬 結節\n"
    assert [rows[h.start : h.end] for h in find_rows(rows)] == ["楡坂", "堀", "蓼瀬"]
    table = "部位 右葉 左葉\n前回 小葉 大葉\n今回 腫大 萎縮\n"
    assert not list(find_rows(table))


def test_romaji():
    assert looks_romaji("Nirezaka")
    assert looks_romaji("SHINTANI")
    assert not looks_romaji("Pelvis")
    assert not looks_romaji("Contrast")


def test_other_scripts():
    text = "担当 Сергей Иванов、γ-GTP、αブロッカー、김서연"
    assert [text[h.start : h.end] for h in find_foreign(text)] == ["Сергей Иванов", "김서연"]
