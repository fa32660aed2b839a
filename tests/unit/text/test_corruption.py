"""Twelve ways in which systems damage a text: what the text room reads must stay what it was.

Measured on the development reports where they are beside the checkout, and always on invented ones.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from jmid_nlp.offsets import fold
from jmid_nlp.text.lines import unwrap
from jmid_nlp.text.sections import sections
from jmid_nlp.text.sentences import sentences
from jmid_nlp.text.tokens import tokenize
from tests.damage import full_width, half_kana, invisible, radicals, spaced, wrapped

DATA = Path(__file__).resolve().parents[4] / "shared" / "medtxt_rr"
INVENTED = [
    "【検査目的】右肺癌術後、経過観察\n【所見】\n右肺上葉は切除後です。断端に3.5cm大の軟部影を認め、前回より増大しています。再発を疑います。\n左肺S1+2にすりガラス影を認めます。不変です。"
    "\n縦隔および肺門に有意なリンパ節腫大は指摘できません。\n胸水は認めません。\n【診断】\n局所再発の疑い",
    "臨床情報：腹痛\n所見：胆嚢に多発結石を認めます。胆嚢壁の肥厚を伴い、周囲脂肪織の濃度上昇も見られます。総胆管の拡張はありません。\n膵尾部に12mm大の嚢胞性病変を認めます。主膵管との交通は明らかではありません。"
    "\n・肝S8嚢胞\n・右腎結石\n・腹水なし\n診断：急性胆嚢炎",
    "頭部単純CT\n左被殻に28mm大の高吸収域を認め、急性期の脳出血と考えます。周囲に軽度の浮腫を伴っています。正中構造の偏位は認めません。\n脳室内への穿破は見られません。頭蓋骨に骨折はありません。",
]


def reports(name: str) -> list[str]:
    if name == "invented":
        return INVENTED
    if not (DATA / "ner.jsonl").exists():
        pytest.skip("the development reports are not beside the checkout")
    return [json.loads(line)["text"] for line in (DATA / "ner.jsonl").read_text(encoding="utf-8").splitlines()]


def plain(text: str) -> str:
    """A clean text: folded, without the damage that real reports bring along, one blank for any run."""
    return re.sub(r"[ \t]+", " ", unwrap(text).text).replace(" \n", "\n")


SAME_FOLD: dict[str, Callable[[str], str]] = {
    "full width": full_width,
    "half-width kana": half_kana,
    "radicals": radicals,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "invisible characters": invisible,
    "units as one character": lambda text: text.replace("mm", "㎜").replace("cm", "㎝"),
}


@pytest.mark.parametrize("source", ["invented", "development"])
@pytest.mark.parametrize("name", SAME_FOLD)
def test_spelling_changes_nothing(source: str, name: str) -> None:
    """Tokens, sentences and sections of the damaged text are those of the clean one, character for character."""
    for text in map(plain, reports(source)):
        damaged = SAME_FOLD[name](text)
        assert fold(damaged).text == text
        for read in (token_spans, sentence_spans, section_spans):
            expected = [text[start:end] for start, end in read(text)]
            assert [fold(damaged[start:end]).text.strip() for start, end in read(damaged)] == [
                e.strip() for e in expected
            ]


def token_spans(text: str) -> list[tuple[int, int]]:
    tokens = tokenize(text)
    return list(zip(tokens.starts, tokens.ends, strict=True))


def sentence_spans(text: str) -> list[tuple[int, int]]:
    return sentences(text)


def section_spans(text: str) -> list[tuple[int, int]]:
    return [(s.heading_start, s.heading_end) for s in sections(text)]


def kept_sentences(text: str, damaged: str) -> tuple[int, int]:
    """How many of the clean text's sentences the damaged one, unwrapped, still has, and how many there are."""
    expected = [squeeze(text[a:b]) for a, b in sentences(text)]
    looked = unwrap(damaged).text
    found = [squeeze(looked[a:b]) for a, b in sentences(looked)]
    return sum(1 for sentence in expected if sentence in found), len(expected)


def squeeze(text: str) -> str:
    return "".join(text.split()).replace(",", "、").replace("，", "、").strip("。.．")


LAYOUT: dict[str, tuple[Callable[[str], str], float]] = {
    "CRLF": (lambda text: text.replace("\n", "\r\n"), 1.0),
    "line breaks at 40 columns": (wrapped, 0.99),
    "line breaks at 60 columns": (lambda text: wrapped(text, 60), 0.99),
    "blanks inside words": (spaced, 0.99),
    "commas and points": (lambda text: text.replace("、", "，").replace("。", "．"), 0.99),
    "no full stops": (lambda text: text.replace("。\n", "\n").replace("。", "\u3000").rstrip(), 0.97),
    "no punctuation at all": (lambda text: text.replace("。", ""), 0.95),
    "letter-spaced": (lambda text: re.sub(r"(?<=[\u3041-\u9fff])(?=[\u3041-\u9fff])", " ", text), 0.92),
}


@pytest.mark.parametrize("source", ["invented", "development"])
@pytest.mark.parametrize("name", LAYOUT)
def test_layout_keeps_the_sentences(source: str, name: str) -> None:
    damage, least = LAYOUT[name]
    kept = total = 0
    for text in map(plain, reports(source)):
        some, all_of_them = kept_sentences(text, damage(text))
        kept += some
        total += all_of_them
    assert kept >= least * total, f"{kept} of {total} sentences"
