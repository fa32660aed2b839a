"""Spans of pieces against a character-level reference, on random strings of everything that text can hold."""

import random
import re

import pytest

from jmid_nlp.errors import InputError
from jmid_nlp.neural.alignment import _follow, exact
from jmid_nlp.neural.encoder import FastEncoder, SlowEncoder, load_encoder
from tests.unit.neural import models
from tests.unit.neural.reference import reference

TEXTS = 2_000  # ten thousand through a model: test_classifier.py
JAPANESE = [
    *"右肺下葉に結節を認めますガギグパピプンー。、・「」（）",
    "橋本先生",
    "前回より",
    "センチ",
    "結節",
    "2026年",
]
ODD = [
    *"ＡＢ１２：　ｶﾞｷﾞﾊﾟﾝﾞ㌢㍉㎜①Ⅲ㈱ﬁº℃±µ×～−",
    *[
        "か\u3099",
        "\u3099",
        "\u309a",
        "e\u0301",
        "\u0301\u0323",
        "\u0323",
        "İ",
        "ΑΣ",
        "ß",
        "각",
        "\u1112\u1161\u11ab",
        "\u1161",
    ],
    *["\0", "\x01", "\x0b", "\x0c", "\x1f", "\x7f", "\x85", "\xa0", "\u200b", "\ufeff", "\u2028", "\u3000", "\xad"],
    *["😀", "👨‍👩‍👧", "𠮷", "\ud83d", "\udc00", "葛\U000e0100", "\uf900", "\u2f00", "\ufffd", "´", "゛", "ゟ", "ヿ"],
    *[" ", "  ", "\t", "\n", "\r\n", "\r", "[UNK]", "[SEP]", "[", "]", "#", "##", "_", "▁"],
    *"aBcXyZ0189",
]


def strings(n, seed=0):
    draw = random.Random(seed)
    for _ in range(n):
        pool = JAPANESE if draw.random() < 0.3 else JAPANESE + ODD if draw.random() < 0.6 else ODD
        parts = [draw.choice(pool) for _ in range(draw.randint(0, 14))]
        if draw.random() < 0.2:
            code = draw.randrange(1, 0x3400)
            parts.insert(draw.randint(0, len(parts)), chr(code))
        yield "".join(parts)


def check(encoder, tokenizer, text, expected):
    found = encoder.encode(text)
    assert found.spans == [span for _, span in expected], ascii(text)
    assert found.ids == tokenizer.convert_tokens_to_ids([piece for piece, _ in expected]), ascii(text)


@pytest.mark.parametrize("subword", ["wordpiece", "character"])
@pytest.mark.parametrize("lower", [False, True])
def test_mecab_tokenizers_equal_the_reference(tmp_path, subword, lower):
    tokenizer = models.japanese_tokenizer(tmp_path, subword, lower=lower)
    encoder = load_encoder(tmp_path)
    assert isinstance(encoder, SlowEncoder)
    assert (encoder.before, encoder.after) == ([2], [3])
    for text in strings(TEXTS // 2 if lower else TEXTS, seed=int(lower)):
        check(encoder, tokenizer, text, reference(text, subword, tokenizer.tokenize, lower))


def test_pieces_are_those_that_the_tokenizer_gives_by_itself(tmp_path):
    tokenizer = models.japanese_tokenizer(tmp_path, "wordpiece")
    encoder = load_encoder(tmp_path)
    for text in strings(500, seed=2):
        clean = text.translate({0: "\ufffd"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))
        assert encoder.encode(text).ids == tokenizer(clean, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize("characters", [False, True])
def test_a_fast_tokenizer_equals_the_reference(tmp_path, characters):
    tokenizer = models.fast_tokenizer(tmp_path, characters=characters)
    encoder = load_encoder(tmp_path)
    assert isinstance(encoder, FastEncoder)
    assert (encoder.before, encoder.after) == ([2], [3])
    known = {piece: i for i, piece in enumerate(models.VOCABULARY)}

    def split(normalised):
        words = re.findall("[^ \t\r\n]+", normalised)
        return list("".join(words)) if characters else words

    def tokenize(part):
        return tokenizer.encode(part, add_special_tokens=False).tokens

    for text in strings(TEXTS if characters else TEXTS // 2, seed=3):
        text = text.replace("[UNK]", "").replace("[SEP]", "")  # no special tokens of this one
        expected = reference(text, "whole", tokenize, split=split)
        found = encoder.encode(text)
        assert found.spans == [span for _, span in expected], ascii(text)
        assert found.ids == [known[piece] for piece, _ in expected], ascii(text)


def test_the_basic_words_of_a_japanese_tokenizer(tmp_path):
    tokenizer = models.japanese_tokenizer(tmp_path, "wordpiece", lower=True, word="basic")
    encoder = load_encoder(tmp_path)
    text = "Ａé\x07 右\u3000が。[SEP]か\u3099、İ"
    found = encoder.encode(text)
    assert tokenizer.convert_ids_to_tokens(found.ids) == tokenizer.tokenize(text)
    taken = [text[s:e] for s, e in found.spans]
    assert taken[-6:] == ["が", "。", "[SEP]", "か\u3099", "、", "İ"]
    for text in strings(500, seed=4):
        clean = text.replace("\ud83d", "").replace("\udc00", "").replace("\0", "")
        found = encoder.encode(clean)
        assert tokenizer.convert_ids_to_tokens(found.ids) == tokenizer.tokenize(clean), ascii(clean)
        assert found.spans == sorted(found.spans)


@pytest.mark.parametrize(
    ("surfaces", "text", "expected"),
    [
        (["結節", None, "を"], "結節を を", ["結節", "を", "を"]),
        ([None, None, "を"], "ab を", ["a", "b", "を"]),
        ([None, None, "を"], "abcを", ["abc", "abc", "を"]),
        (["ｶ", "ギ"], "ｶ ｷﾞ", ["ｶ", "ｷﾞ"]),
        ([None], "", [""]),
        (["", "あ"], "あ", ["", "あ"]),
    ],
)
def test_pieces_of_unknown_tokenizers_are_followed_by_what_they_say(surfaces, text, expected):
    assert [text[s:e] for s, e in _follow(surfaces, text)] == expected


def test_pieces_that_say_something_else_are_laid_on_the_text_where_most_agrees():
    text = "結節▁を認め€る"
    taken = [text[s:e] for s, e in _follow(["結節", "を", "xy", "る"], text)]
    assert taken == ["結節", "を", "認め€", "る"]
    assert _follow([], "胸水") == []


def test_a_tokenizer_over_bytes_is_refused():
    from transformers import ByT5Tokenizer

    with pytest.raises(InputError, match=r"ByT5Tokenizer.*tokenizer\.json"):
        SlowEncoder(ByT5Tokenizer())


def test_spans_cut_no_letter_from_its_marks_and_have_no_blanks_at_their_rims():
    text = " か\u3099\u3099 x\n"
    assert exact(text, [(1, 2), (3, 4), (0, 6), (4, 5), (2, 2)]) == [(1, 4), (1, 4), (1, 6), (4, 5), (2, 2)]


@pytest.mark.parametrize("words", [{"do_word_tokenize": False}, {"word_tokenizer_type": "mecab"}])
def test_sentencepiece_below_a_japanese_tokenizer(tmp_path, words):
    sentencepiece = pytest.importorskip("sentencepiece", reason="needs sentencepiece, which nothing else here does")
    from transformers import BertJapaneseTokenizer

    lines = ["".join(random.Random(i).choices(JAPANESE, k=12)) for i in range(300)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(tmp_path / "spiece"), vocab_size=120, hard_vocab_limit=False
    )
    special = {"unk_token": "<unk>", "pad_token": "<pad>", "cls_token": "<s>", "sep_token": "</s>"}
    file = str(tmp_path / "spiece.model")
    if "word_tokenizer_type" in words:
        words = words | {"mecab_kwargs": {"mecab_dic": "unidic_lite"}}
    tokenizer = BertJapaneseTokenizer(None, file, subword_tokenizer_type="sentencepiece", **words, **special)
    encoder = SlowEncoder(tokenizer)
    text = "右肺　ｶﾞ\n結節を認めます。"
    found = encoder.encode(text)
    assert "".join(text[s:e] for s, e in found.spans) == "右肺ｶﾞ結節を認めます。"
    for text in strings(500, seed=6):
        found = encoder.encode(text)
        assert [start for start, _ in found.spans] == sorted(start for start, _ in found.spans)
