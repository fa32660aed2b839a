"""What holds of tokens, sentences, sections, unwrapped text and Docs for any string."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jmid_nlp.offsets import fold
from jmid_nlp.pipeline import blank
from jmid_nlp.text.lines import breaks_inside, unwrap
from jmid_nlp.text.sections import sections
from jmid_nlp.text.sentences import sentences
from jmid_nlp.text.tokens import tokenize

PIECES = [
    "右肺", "S1+2", "に", "すりガラス影", "を認める", "。", "．", ".", "\n", "\r\n", "\r", " ", "\u3000", "\t", "\x00", "\x01", "\x0b", "\u2028", "・", "- ", "1) ",
    "①", "⑩", "【所見】", "診断：", "＜", "(", "）", "3.5cm", "No.8a", "⻑径", "ｶﾞｽ", "㎜", "㍻", "e\u0301", "か\u3099", "\u200b", "\ufeff", "𠮷", "👨‍👩‍👧", "胸水なし", "気 管 支",
    "リンパ節腫", "大は認めませ", "ん", "part-solid GGN", "#4R,#7", "Impression", "İ", "\U0010ffff", "なし　", "…", "A", "あ", "検査目的", ":", ")",
]  # fmt: skip
ANY = st.one_of(
    st.text(),
    st.lists(st.sampled_from(PIECES), max_size=16).map("".join),
    st.text(alphabet=st.characters(), max_size=10),
)
NLP = blank()


@settings(max_examples=400, deadline=None)
@given(ANY)
@example("")
@example(" \u3000 ")
@example("\ud800右肺\udfff")
@example("\x00右\x00肺\x00")
@example("右肺\r\n\r\n左肺\u2028\x85")
@example("㍻㎜㌘")
@example('名詞,"引用",（，）')
def test_tokens_tile_the_text(text: str) -> None:
    tokens = tokenize(text)
    assert len(tokens.starts) == len(tokens.ends) == len(tokens.raw) == len(tokens)
    at = 0
    for i in range(len(tokens)):
        start, end = tokens.starts[i], tokens.ends[i]
        assert at <= start < end <= len(text)
        assert not fold(text[at:start]).text.strip(), "only blanks and invisible characters stand between tokens"
        assert tokens.surface(i)
        assert tokens.pos1(i)
        assert tokens.lemma(i)
        assert isinstance(tokens.reading(i), str)
        at = end
    assert not fold(text[at:]).text.strip()


@settings(max_examples=300, deadline=None)
@given(ANY)
@example("\r\n")
@example("  右肺 \n 左肺  ")
@example("\ufeff")
def test_a_doc_is_its_text(text: str) -> None:
    if any("\ud800" <= c <= "\udfff" for c in text):
        with pytest.raises(ValueError, match="surrogate"):
            NLP.make_doc(text)
        return
    doc = NLP.make_doc(text)
    assert doc.text == text
    for token in doc:
        assert text[token.idx : token.idx + len(token)] == token.text
        assert token.tag_
        assert token.pos_
        assert token.lemma_


@settings(max_examples=400, deadline=None)
@given(ANY)
def test_sentences_leave_out_whitespace_only(text: str) -> None:
    at = 0
    for start, end in sentences(text):
        assert at <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert not text[at:start].strip()
        at = end
    assert not text[at:].strip()


@settings(max_examples=400, deadline=None)
@given(ANY)
@example("【所見】")
@example("İ【診断】")
@example("㌘所見：⑩診断：")
def test_sections_cover_the_text(text: str) -> None:
    found = sections(text)
    assert "".join(text[s.start : s.end] for s in found) == text
    at = 0
    for section in found:
        assert section.start == at < section.end
        assert section.start <= section.heading_start <= section.heading_end <= section.end
        assert (section.name is None) == (section.heading_start == section.heading_end)
        at = section.end


@settings(max_examples=400, deadline=None)
@given(ANY)
@example("か\x0b\u302a ・")
def test_unwrapping_takes_out_blanks_and_breaks_only(text: str) -> None:
    folded, unwrapped = fold(text), unwrap(text)
    assert "".join(unwrapped.text.split()) == "".join(folded.text.split())
    src = tgt = 0
    for s0, s1, t0, t1 in unwrapped.map.blocks:
        assert s0 - src == t0 - tgt
        src, tgt = s1, t1
    assert len(text) - src == len(unwrapped.text) - tgt
    for start in range(0, len(unwrapped.text), 3):
        s0, s1 = unwrapped.source(start, start + 1)
        assert 0 <= s0 <= s1 <= len(text)
        assert "".join(fold(text[s0:s1]).text.split()).find("".join(unwrapped.text[start : start + 1].split())) >= 0


@settings(max_examples=200, deadline=None)
@given(ANY)
def test_breaks_inside_are_breaks(text: str) -> None:
    at = 0
    for start, end in breaks_inside(text):
        assert at <= start < end
        assert text[start:end].strip("\r\n\x0b\x0c\x85\u2028\u2029 \t\u3000") == ""
        at = end
