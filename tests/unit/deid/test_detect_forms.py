"""Short lines, one shape of an identifier each: what words, joints, places and exclusion prove; and texts that hold none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from detect_cases import beside, missed, parse, read_lines

from jmid_nlp.deid.detect import detect
from jmid_nlp.deid.proper import cut_left, head, is_place, made_of_words
from jmid_nlp.text.shape import shapes, words

PLAIN = (
    "ILO 1/1、JOA 12/17、断端5/5陰性、生検6/12本、センチネル 2/9 陽性。",
    "妊娠28週3日、生後9日、4 mg×2日、便潜血2日法、7〜10日を目安。",
    "WBC 14200、BNP 1120、KL-6 1840→3620、フェリチン 1204、Agatston 2840。",
    "TR 5200 / TE 90、FOV 240、matrix 320-256-24、b=0、1000、TI 2200。",
    "右第3-7肋骨骨折、吸収糸は3-0、食事はコード2-2。",
    "東京ガイドライン2018でGrade III、京都ガイドラインに準じ、福岡基準2017。",
    "分葉状不整形の腫瘤、右乳房スクリーニング、Ziehl-Neelsen染色。",
    "膵嚢胞はMPDと交通、DOTSは最寄りの薬局で、ドクヘリ基地より搬入。",
    "問診で否定、初診時、再診予約なし、往診にて経過観察。",
    "I-131 内用療法後、CA19-9 1234、CD10陽性、人工内耳CI622。",
    "肝S5/8にコイル、S7/8の低吸収、S30枚目、H10画像、H30相当。",
    "労災扱い、受診歴なし、橋本病で経過観察中、施設入所の希望。",
    "L字型切開、十字サイン、印字の誤り、漢字違い。",
    "次は消化器内科へ、膠原病内科の受診を、呼吸器内科より肺癌疑い。",
)


@pytest.mark.parametrize("line", read_lines("deid_forms.txt"))
def test_forms(line):
    case = parse("form", line)
    found = [(i.start, i.end) for i in detect(case.text)]
    assert missed(case, found) == []
    assert beside(case, found) == []


@pytest.mark.parametrize("text", PLAIN)
def test_nothing_to_find(text):
    assert [text[i.start : i.end] for i in detect(text)] == []


def test_names_before_a_kind():
    assert cut_left("転送先の福島") == "福島"
    assert cut_left("津中央") == "津中央"
    assert cut_left("呼吸器") == cut_left("大腿骨") == cut_left("") == ""
    assert head("ひかり") == 3
    assert is_place("舞鶴")
    assert not is_place("右肺")
    assert made_of_words("整備工場")


def test_looks():
    near, shaped = words("病棟", "Bed"), shapes("0-0000", "A00")
    assert near("Bed 3")
    assert not near("bed 3")
    assert shaped("番号 5-1234")
    assert not shaped("番号 5-123")
    assert not shaped("R5" + "\ud800")
