"""The tokenizer as spaCy sees it: a `Doc` with tag, part of speech, lemma and reading whose text is the given text.

A `Doc` costs mostly spaCy's own work (words into the vocabulary). Everything else is looked up once per distinct unidic
feature string and written into the `Doc` as one array.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from spacy.tokens import Doc
from spacy.util import DummyTokenizer
from spacy.vocab import Vocab

from jmid_nlp.errors import InputError
from jmid_nlp.text.tokens import features, tokenize

NAME = "jmid.MecabTokenizer.v1"
_CACHED = 200_000  # feature strings; a dictionary has about as many in use
# unidic's part of speech to Universal Dependencies, longest prefix wins (https://universaldependencies.org/ja/)
_UNIVERSAL = {
    "名詞": "NOUN", "名詞-固有名詞": "PROPN", "名詞-数詞": "NUM", "名詞-助動詞語幹": "AUX", "代名詞": "PRON", "形状詞": "ADJ",
    "形状詞-助動詞語幹": "AUX", "連体詞": "DET", "副詞": "ADV", "接続詞": "CCONJ", "感動詞": "INTJ", "動詞": "VERB",
    "動詞-非自立可能": "AUX", "形容詞": "ADJ", "助動詞": "AUX", "助詞": "ADP", "助詞-終助詞": "PART", "助詞-準体助詞": "SCONJ",
    "助詞-接続助詞": "SCONJ", "接頭辞": "NOUN", "接尾辞": "NOUN", "接尾辞-形容詞的": "AUX", "接尾辞-形状詞的": "PART",
    "接尾辞-動詞的": "PART", "記号": "NOUN", "補助記号": "PUNCT", "補助記号-一般": "SYM", "補助記号-ＡＡ-一般": "SYM",
    "空白": "SPACE",
}  # fmt: skip
_SPACE_TAG = "空白"


def universal(tag: str) -> str:
    """The Universal Dependencies part of speech of a unidic tag such as `名詞-固有名詞-人名-姓`; X where unknown."""
    while tag:
        if tag in _UNIVERSAL:
            return _UNIVERSAL[tag]
        tag = tag.rpartition("-")[0]
    return "X"


class MecabTokenizer(DummyTokenizer):
    """Tokenizes with `jmid_nlp.text.tokens.tokenize`.

    Each token has `tag_` (unidic's parts of speech joined by "-"), `pos_`, `lemma_` and, as spaCy's own Japanese
    tokenizer does it, the reading in `token.morph.get("Reading")`. A single blank after a token is its `whitespace_`;
    all other whitespace, and characters that folding drops, are tokens of their own.

    Args:
        vocab: The vocabulary of the pipeline.
    """

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab
        self._known: dict[str, tuple[int, int, int, int]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return MecabTokenizer, (self.vocab,)

    def __call__(self, text: str) -> Doc:
        """The text as a `Doc`.

        Raises:
            InputError: The text holds a lone surrogate, which spaCy cannot store.
        """
        tokens = tokenize(text)
        words, spaces, raw = _words(text, tokens.starts, tokens.ends, tokens.raw)
        try:
            doc = Doc(self.vocab, words=words, spaces=spaces)
        except UnicodeEncodeError:
            message = "the text holds a lone surrogate (U+D800 to U+DFFF): decode its file with the encoding it has"
            raise InputError(message) from None
        if words:
            doc.from_array(["TAG", "POS", "LEMMA", "MORPH"], self._attributes(words, raw))
        return doc

    def _attributes(self, words: list[str], raw: list[str]) -> Any:
        known = self._known
        add = self.vocab.strings.add
        if len(known) > _CACHED:
            known.clear()
        rows = []
        for word, feature in zip(words, raw, strict=True):
            row = known.get(feature) or self._learn(feature)
            rows.append(row if row[2] else (row[0], row[1], add(word), row[3]))
        return np.array(rows, dtype=np.uint64)

    def _learn(self, raw: str) -> tuple[int, int, int, int]:
        """Tag, part of speech, lemma (0 for the word itself) and morphology of a feature string, as spaCy's numbers."""
        tag, lemma, reading = features(raw)
        add = self.vocab.strings.add
        morph = self.vocab.morphology.add({"Reading": reading} if reading else {})
        row = add(tag), add(universal(tag)), add(lemma) if lemma else 0, morph
        self._known[raw] = row
        return row

    def to_disk(self, path: str | Path, **kwargs: Any) -> None:
        """Writes nothing: the tokenizer has no state of its own."""

    def from_disk(self, path: str | Path, **kwargs: Any) -> MecabTokenizer:
        """Reads nothing and returns the tokenizer."""
        return self

    def to_bytes(self, **kwargs: Any) -> bytes:
        """No bytes: the tokenizer has no state of its own."""
        return b""

    def from_bytes(self, data: bytes, **kwargs: Any) -> MecabTokenizer:
        """Returns the tokenizer as it is."""
        return self


def _words(text: str, starts: list[int], ends: list[int], raw: list[str]) -> tuple[list[str], list[bool], list[str]]:
    """Words, whether one blank follows each, and feature strings, so that they write the text out exactly."""
    words: list[str] = []
    spaces: list[bool] = []
    out: list[str] = []
    at = 0
    for start, end, feature in zip(starts, ends, raw, strict=True):
        if at < start:
            _gap(text[at:start], words, spaces, out)
        words.append(text[start:end])
        spaces.append(False)
        out.append(feature)
        at = end
    if at < len(text):
        _gap(text[at:], words, spaces, out)
    return words, spaces, out


def _gap(gap: str, words: list[str], spaces: list[bool], raw: list[str]) -> None:
    if words and gap[0] == " ":
        spaces[-1] = True
        gap = gap[1:]
    if gap:
        words.append(gap)
        spaces.append(False)
        raw.append(_SPACE_TAG)
