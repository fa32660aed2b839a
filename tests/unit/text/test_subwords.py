"""Subwords of slow and fast tokenizers against a reference that is built character by character."""

from __future__ import annotations

import random
import unicodedata

import pytest

from jmid_nlp.text.subwords import align_subwords, subword_spans
from jmid_nlp.text.tokens import tokenize
from jmid_nlp.text.views import View, count_fits, split_at

# Each unit normalises by itself; a unit of several characters is joined or kept apart by NFKC as given.
UNITS = [
    *"右肺上葉に結節を認める。径大、mS36×前回より増大なし縦膈門部Ａｂ１０．／（）",
    "㎜", "㎝", "⑩", "Ⅳ", "ﾊﾞ", "ﾎﾟ", "か\u3099", "㈱", "㌢", "ｱ", "𠮷", "①", " ", "\u3000", "結節", "胸水", "12mm", "リンパ節",
    "é", "e\u0301", "髙", "〜", "～", "\t",
]  # fmt: skip
UNKNOWN = set("膈𠮷髙×")
TEXTS = 3000


def sample(count, seed=5):
    rng = random.Random(seed)
    for _ in range(count):
        yield [rng.choice(UNITS) for _ in range(rng.randint(0, 25))]


def reference(units):
    """The normalised text and the span of the original behind each of its characters, unit by unit."""
    chars, spans, at = "", [], 0
    for unit in units:
        made = unicodedata.normalize("NFKC", unit)
        if made == unit:
            spans += [(at + i, at + i + 1) for i in range(len(unit))]
        elif len(unit) == 1 or len(made) == 1:
            spans += [(at, at + len(unit))] * len(made)
        else:  # every character for itself (１０)
            spans += [(at + i, at + i + 1) for i in range(len(unit))]
        chars += made
        at += len(unit)
    assert chars == unicodedata.normalize("NFKC", "".join(units)), units
    return chars, spans


def vocabulary():
    chars = sorted({c for u in UNITS for c in unicodedata.normalize("NFKC", u) if not c.isspace()} - UNKNOWN)
    words = ["結節", "リンパ", "節", "胸水", "認め", "##める", "12", "mm", "増大"]
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys([*chars, *("##" + c for c in chars), *words])]


def japanese(folder, kind):
    transformers = pytest.importorskip("transformers")
    path = folder / "vocab.txt"
    path.write_text("\n".join(vocabulary()) + "\n", encoding="utf-8")
    return transformers.BertJapaneseTokenizer(
        str(path), word_tokenizer_type="mecab", subword_tokenizer_type=kind, mecab_kwargs={"mecab_dic": "unidic_lite"}
    )


def expected(chars, spans, words, kind):
    """The span of each piece: words are found one after the other, pieces have the length they are written in."""
    vocab, out, at = set(vocabulary()), [], 0
    for word in words:
        at = chars.index(word, at)
        sizes = [1] * len(word) if kind == "character" else _pieces(word, vocab)
        for size in sizes:
            out.append((spans[at][0], spans[at + size - 1][1]))
            at += size
    return out


def _pieces(word, vocab):
    sizes, at = [], 0
    while at < len(word):
        end = next((e for e in range(len(word), at, -1) if ("##" if at else "") + word[at:e] in vocab), None)
        if end is None:
            return [len(word)]
        sizes.append(end - at)
        at = end
    return sizes


@pytest.mark.parametrize("kind", ["wordpiece", "character"])
def test_a_japanese_tokenizer_without_offsets(tmp_path, kind):
    import fugashi
    import unidic_lite

    tagger = fugashi.GenericTagger(f'-d "{unidic_lite.DICDIR}" -r "{unidic_lite.DICDIR}/mecabrc"')
    tokenizer = japanese(tmp_path, kind)
    unknown = 0
    for units in sample(TEXTS):
        text = "".join(units)
        chars, spans = reference(units)
        words = [node.surface for node in tagger(chars)]
        found = subword_spans(text, tokenizer)
        assert not found.misaligned, (text, found.misaligned)
        assert found.spans[0] is None
        assert found.spans[-1] is None
        assert list(found.spans[1:-1]) == expected(chars, spans, words, kind), text
        unknown += sum(t == "[UNK]" for t in tokenizer.tokenize(text))
    assert unknown > 500


def test_a_fast_tokenizer_with_offsets():
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    vocab = {token: n for n, token in enumerate(vocabulary())}
    inner = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocab, unk_token="[UNK]"))
    inner.normalizer = tokenizers.normalizers.NFKC()
    inner.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [tokenizers.pre_tokenizers.Whitespace(), tokenizers.pre_tokenizers.Split("", "isolated")]
    )
    inner.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="[UNK]")
    for units in sample(TEXTS, seed=8):
        chars, spans = reference(units)
        found = subword_spans("".join(units), fast)
        assert not found.misaligned
        assert list(found.spans[1:-1]) == [s for c, s in zip(chars, spans, strict=True) if not c.isspace()]


@pytest.mark.parametrize(
    ("text", "subwords", "spans", "troubles"),
    [
        ("結節あり", ["[CLS]", "結節", "あ", "##り", "[SEP]"], [None, (0, 2), (2, 3), (3, 4), None], []),
        ("縦膈に結節", ["縦", "[UNK]", "に", "結節"], [(0, 1), (1, 2), (2, 3), (3, 5)], []),
        ("縦膈 結節", ["[UNK]", "結節"], [(0, 2), (3, 5)], []),
        ("１０㎜", ["10", "m", "##m"], [(0, 2), (2, 3), (2, 3)], []),
        # に stands twice behind the unknown token: no place is given
        ("縦膈にあに", ["[UNK]", "に"], [None, None], ["ambiguous", "ambiguous", "text left over"]),
        ("縦膈に", ["[UNK]", "[UNK]", "[UNK]"], [(0, 1), (1, 2), (2, 3)], []),
        ("結節あり", ["腫瘤", "あり"], [None, (2, 4)], ["not in the text", "text skipped"]),
        ("結節あり", ["結節"], [(0, 2)], ["text left over"]),
        ("▁右肺", ["▁", "右", "肺"], [None, (1, 2), (2, 3)], ["text skipped"]),
        ("右 肺", ["▁右", "▁肺"], [(0, 1), (2, 3)], []),
        ("𠮷", ["<0xF0>", "<0xA0>", "<0xAE>", "<0xB7>"], [(0, 1)] * 4, []),
        ("[MASK]あり", ["[MASK]", "あり"], [(0, 6), (6, 8)], []),
        ("", ["[CLS]", "[SEP]"], [None, None], []),
    ],
)
def test_subword_strings(text, subwords, spans, troubles):
    found = align_subwords(text, subwords)
    assert list(found.spans) == spans
    assert [m.trouble for m in found.misaligned] == troubles


def test_accents_that_a_tokenizer_strips(tmp_path):
    transformers = pytest.importorskip("transformers")
    path = tmp_path / "vocab.txt"
    path.write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"かきくは", *("##" + c for c in "かきくは")])
    )
    slow = transformers.BertJapaneseTokenizer(
        str(path), word_tokenizer_type="basic", subword_tokenizer_type="wordpiece", do_lower_case=True
    )
    found = subword_spans("がき ぱか", slow)
    assert list(found.spans) == [None, (0, 1), (1, 2), (3, 4), (4, 5), None]
    assert not found.misaligned


def test_four_views_of_one_text(tmp_path):
    import spacy

    from jmid_nlp.text.spacy_tokenizer import MecabTokenizer

    text = "右肺上葉に 12㎜大の結節を認める。\n縦隔リンパ節に腫大なし。"
    nlp = spacy.blank("xx")
    views = {
        "mecab": View.of_tokens(tokenize(text)),
        "spacy": View.of_doc(MecabTokenizer(nlp.vocab)(text)),
        "subwords": subword_spans(text, japanese(tmp_path, "character")).view,
        "characters": View((i, i + 1) for i in range(len(text))),
    }
    for a in views.values():
        for b in views.values():
            there, back = a.onto(b), b.onto(a)
            assert {(i, j) for i, js in enumerate(there) for j in js} == {
                (i, j) for j, js in enumerate(back) for i in js
            }
    spans = [(text.index(w), text.index(w) + len(w)) for w in ("右", "結節", "上葉", "12", "縦隔")]
    for name, view in views.items():
        placed, counts = count_fits(view, spans)
        assert counts["lost"] == 0
        assert sum(counts.values()) == len(spans)
        for p in placed:
            assert p.span[0] <= p.source[0] < p.source[1] <= p.span[1]
            assert view.on_characters(p.first, p.last) == p.span
            assert (p.fit == "exact") == (p.span == p.source)
        cut = count_fits(split_at(view, spans), spans)[1]
        assert cut == {"exact": len(spans), "expanded": 0, "lost": 0}, name


def test_a_span_of_blanks_is_lost_and_said_so():
    view = View([(0, 2), None, (3, 5)])
    assert view.on_tokens(2, 3).fit == "lost"
    assert view.on_tokens(1, 4).fit == "expanded"
    assert view.on_tokens(3, 5) == view.on_tokens(3, 5)
    assert (view.on_tokens(3, 5).first, view.on_tokens(3, 5).last) == (2, 3)
    with pytest.raises(ValueError, match="empty"):
        view.on_tokens(2, 2)
    with pytest.raises(ValueError, match="ascend"):
        View([(3, 5), (0, 2)])
