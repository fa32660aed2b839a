"""Tokens: what stays whole, readings and lemmas, and any kind of character."""

from __future__ import annotations

import time

import pytest

from jmid_nlp.text.tokens import tokenize
from jmid_nlp.text.whole_terms import expand


def words(text: str) -> list[str]:
    tokens = tokenize(text)
    return [tokens.surface(i) for i in range(len(tokens))]


@pytest.mark.parametrize(
    "case",
    [
        "右肺 S1+2 に すりガラス影 を 認め ます 。",
        "Th12 椎体 に 圧迫骨折",
        "part-solid GGN を 疑う",
        "胸膜陥入像 を 伴う",
        "#4R , #7 リンパ節",
        "No.8a リンパ節",
        "L4/5 椎間板ヘルニア",
        "Ｓ１＋２ に ＧＧＮ",
        "ｽﾘｶﾞﾗｽ影 を 認める",
        "縦隔リンパ節腫大 なし",
        "右 肺門部 に 結節",
        "肝 S8 の 嚢胞",
        "cT1cN0M0",
        "T2強調像",
        "⻑径 １２ ㎜",
    ],
)
def test_terms_stay_whole(case: str) -> None:
    text = case.replace("part-solid GGN", "part-solid\0GGN").replace(" ", "").replace("\0", " ")
    expected = case.replace("part-solid GGN", "part-solid\0GGN").split(" ")
    found = words(text)
    for word in expected:
        if word != "縦隔リンパ節腫大":
            assert word.replace("\0", " ") in found
    assert "".join(found).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("text", ["S100", "MS1", "ATh12", "xT1", "S1a1"])
def test_codes_inside_longer_ones_are_no_terms(text: str) -> None:
    tokens = tokenize(text)
    assert not any(
        tokens.surface(i) in {"S1", "S10", "Th12", "T1", "S1a"} and tokens.lemma(i) == "Th12"
        for i in range(len(tokens))
    )
    assert "".join(words(text)) == text


def test_features() -> None:
    tokens = tokenize("肺に結節を認めました。")
    i = words(tokens.text).index("認め")
    assert (tokens.pos1(i), tokens.lemma(i), tokens.reading(i)) == ("動詞", "認める", "ミトメ")
    assert tokens.pos(i) == "動詞-一般"


def test_a_merged_term_is_a_noun_with_its_parts_reading() -> None:
    tokens = tokenize("すりガラス影")
    assert len(tokens) == 1
    assert (tokens.pos1(0), tokens.lemma(0), tokens.reading(0)) == ("名詞", "すりガラス影", "スリガラスカゲ")


def test_the_token_at_a_position() -> None:
    tokens = tokenize("肺 S1+2")
    assert [tokens.at(i) for i in range(6)] == [0, None, 1, 1, 1, 1]
    assert tokens.at(6) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ud800右肺", ["\ud800", "右肺"]),
        ("右肺\x00に", ["右肺", "\x00", "に"]),
        ("\r\n右肺\u2028\u3000\xa0に\x85", ["右肺", "に"]),
        ("右\u200b肺", ["右\u200b肺"]),
        ("か\u3099ん", ["か\u3099ん"]),
        ("㍻３年", ["㍻", "３", "年"]),
        ("𠮷田", None),
        ("", []),
        (" \t\n", []),
    ],
)
def test_odd_characters(text: str, expected: list[str] | None) -> None:
    if expected is not None:
        assert words(text) == expected
    tokens = tokenize(text)
    assert all(text[s:e] == tokens.surface(i) for i, (s, e) in enumerate(zip(tokens.starts, tokens.ends, strict=True)))


def test_long_texts_are_cut_the_same_as_their_lines() -> None:
    line = "右肺S1+2にすりガラス影を認め、前回より増大しています。\n"
    one = words(line)
    assert words(line * 400) == one * 400


@pytest.mark.parametrize("unit", ["右肺に結節を認めます。\n", "S1+2", "気", "A", "1", " ", "\u3000a", "#4R,#7"])
def test_linear_time(unit: str) -> None:
    spent = []
    for size in (50_000, 200_000):
        text = unit * (size // len(unit))
        before = time.process_time()
        tokenize(text)
        spent.append(time.process_time() - before)
    assert spent[1] < 10 * max(spent[0], 0.05)


def test_one_megabyte() -> None:
    text = "右肺S6に12mm大の結節を認め、縦隔リンパ節腫大は認めません。" * 11_000
    assert len(text.encode()) > 900_000
    before = time.process_time()
    tokens = tokenize(text)
    assert tokens.ends[-1] == len(text)
    assert time.process_time() - before < 10


def test_expand() -> None:
    assert list(expand("S{1..3}")) == ["S1", "S2", "S3"]
    assert list(expand("No.{4/8}{a/b}")) == ["No.4a", "No.4b", "No.8a", "No.8b"]
    assert list(expand("GGN")) == ["GGN"]


def test_the_text_does_not_show_in_the_repr() -> None:
    assert "田" not in repr(tokenize("山田"))
