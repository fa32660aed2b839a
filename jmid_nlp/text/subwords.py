"""Characters of the original text behind each subword of a Hugging Face tokenizer, also of one that gives no offsets.

`BertJapaneseTokenizer` normalises (NFKC, letter case), cuts words with MeCab and words into pieces, and returns strings
only. Here the words are laid on the normalised text and the pieces on the words. What does not fit is reported and has no
span; no span is guessed, except where an unknown token can stand for one stretch of text only.

Nothing here imports `transformers`: a tokenizer is used through its own methods.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from jmid_nlp.offsets import fold
from jmid_nlp.text.views import Span, View

Trouble = Literal["not in the text", "text skipped", "ambiguous", "text left over"]
_REACH = 64  # characters that may be skipped to find a token again
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
# Characters that tokenizers drop or that separate words: blanks, control and format characters.
_SKIPPED = ("Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Cn", "Co")


@dataclass(frozen=True, slots=True)
class Misaligned:
    """A subword, or a stretch of text, that the alignment could not place; `span` is in the original text."""

    token: int
    trouble: Trouble
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class SubwordAlignment:
    """The span of each subword in the original text (None for special tokens and misaligned ones), and all troubles."""

    spans: tuple[Span | None, ...]
    misaligned: tuple[Misaligned, ...] = ()

    @property
    def view(self) -> View:
        """The subwords as a token view."""
        return View(self.spans)


class _Keys:
    """A text as comparable characters, each with the span of the original that it came from."""

    __slots__ = ("chars", "spans")

    def __init__(self, text: str, *, marks: bool) -> None:
        chars: list[str] = []
        self.spans: list[Span] = []
        for start, end in _clusters(text):
            for char in _key(text[start:end], marks=marks):
                chars.append(char)
                self.spans.append((start, end))
        self.chars = "".join(chars)

    def span(self, start: int, end: int) -> Span:
        return self.spans[start][0], self.spans[end - 1][1]


def _clusters(text: str) -> list[Span]:
    """Stretches that NFKC changes independently of each other: mostly single characters."""
    out: list[Span] = []
    at = 0
    for s0, s1, _, _ in fold(text).map.blocks:
        out += [(i, i + 1) for i in range(at, s0)]
        out += _fine(text, s0, s1)
        at = s1
    return out + [(i, i + 1) for i in range(at, len(text))]


def _fine(text: str, start: int, end: int) -> list[Span]:
    """A cluster of folding cut further where plain NFKC does not join its characters (an invisible one between two)."""
    out = [(start, start + 1)] if start < end else []
    for at in range(start + 1, end):
        low = out[-1][0]
        parts = unicodedata.normalize("NFKC", text[low:at]) + unicodedata.normalize("NFKC", text[at])
        whole = unicodedata.normalize("NFKC", text[low : at + 1])
        if parts == whole and not unicodedata.combining(text[at]) and whole == _settled(text, low, at, end, whole):
            out.append((at, at + 1))
        else:
            out[-1] = (low, at + 1)
    return out


def _settled(text: str, low: int, at: int, end: int, whole: str) -> str:
    """`whole` if what follows in the cluster leaves what stands before `at` as it is, else the empty string."""
    rest = unicodedata.normalize("NFKC", text[at:end])
    joined = unicodedata.normalize("NFKC", text[low:end])
    return whole if unicodedata.normalize("NFKC", text[low:at]) + rest == joined else ""


@lru_cache(maxsize=65536)
def _key(text: str, *, marks: bool) -> str:
    low = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if marks:
        return low
    return "".join(c for c in unicodedata.normalize("NFD", low) if unicodedata.category(c) != "Mn")


def _skippable(char: str) -> bool:
    return char == "\ufffd" or char.isspace() or unicodedata.category(char) in _SKIPPED


def subword_spans(text: str, tokenizer: Any) -> SubwordAlignment:
    """The characters of the original text behind each subword that a tokenizer makes of it, special tokens included.

    Args:
        text: The original text; it is given to the tokenizer as it is.
        tokenizer: A tokenizer of `transformers`. A fast one is asked for its offsets, which are grown to whole
            characters (half-width ﾊﾞ is two); a slow one for its words and subwords.

    Returns:
        One span a subword, in the order of `tokenizer(text)["input_ids"]`; None for special tokens.
    """
    if getattr(tokenizer, "is_fast", False):
        return _from_offsets(text, tokenizer)
    special = frozenset(tokenizer.all_special_tokens) - {tokenizer.unk_token}
    plain = list(tokenizer.tokenize(text))
    words = _words_of(text, tokenizer, plain)
    found = align_subwords(text, plain, unknown=tokenizer.unk_token, special=special, words=words)
    if found.misaligned:
        # tokenizers of the first BERT strip accents, and with them the voicing marks of kana
        bare = align_subwords(text, plain, unknown=tokenizer.unk_token, special=special, words=words, marks=False)
        found = bare if len(bare.misaligned) < len(found.misaligned) else found
    ids = tokenizer.convert_tokens_to_ids(plain)
    full = tokenizer.build_inputs_with_special_tokens(ids)
    lead = next((i for i in range(len(full) - len(ids) + 1) if full[i : i + len(ids)] == ids), 0)
    tail = len(full) - lead - len(ids)
    moved = tuple(Misaligned(m.token + lead, m.trouble, m.span) for m in found.misaligned)
    return SubwordAlignment((None,) * lead + found.spans + (None,) * tail, moved)


def _from_offsets(text: str, tokenizer: Any) -> SubwordAlignment:
    made = tokenizer(text, return_offsets_mapping=True, return_special_tokens_mask=True)
    whole = {i: (s, e) for s, e in _clusters(text) if e - s > 1 for i in range(s, e)}
    spans: list[Span | None] = []
    troubles: list[Misaligned] = []
    rows = zip(made["offset_mapping"], made["special_tokens_mask"], strict=True)
    for n, ((start, end), special) in enumerate(rows):
        while start < end and text[start].isspace():
            start += 1  # byte-level and sentencepiece tokenizers count the blank before a word to it
        if special and start >= end:
            spans.append(None)
        elif start >= end:
            spans.append(None)
            troubles.append(Misaligned(n, "not in the text"))
        else:
            spans.append((whole.get(start, (start, 0))[0], whole.get(end - 1, (0, end))[1]))
    return SubwordAlignment(tuple(spans), tuple(troubles))


def _words_of(text: str, tokenizer: Any, subwords: Sequence[str]) -> list[tuple[str, int]] | None:
    """The words of a slow tokenizer of two steps and how many subwords each became; None where it has no such steps."""
    word_step, piece_step = getattr(tokenizer, "word_tokenizer", None), getattr(tokenizer, "subword_tokenizer", None)
    if word_step is None or piece_step is None:
        return None
    words = word_step.tokenize(text, never_split=tokenizer.all_special_tokens)
    pieces = [piece_step.tokenize(w) for w in words]
    if [p for ps in pieces for p in ps] != list(subwords):
        return None  # special tokens inside the text: `tokenize` cut it there first
    return [(w, len(ps)) for w, ps in zip(words, pieces, strict=True)]


def align_subwords(
    text: str,
    subwords: Sequence[str],
    *,
    unknown: str = "[UNK]",
    special: frozenset[str] = frozenset({"[CLS]", "[SEP]", "[PAD]", "[MASK]"}),
    words: Sequence[tuple[str, int]] | None = None,
    marks: bool = True,
) -> SubwordAlignment:
    """Lay subword strings on the characters of the text they were made from.

    Compared are NFKC forms without letter case. Blanks, control and format characters of the text may stand between
    tokens. A subword that is part of a compatibility character (the `1` of ⑩) gets the whole character's span.

    Args:
        text: The original text.
        subwords: In order, with their marks (`##` of wordpiece, `▁` of sentencepiece, `<0xE3>` bytes).
        unknown: The token that stands for text the vocabulary lacks.
        special: Tokens that stand for no text. One that is written in the text itself is laid on it.
        words: The words before they were cut into subwords, each with its number of subwords. With them an unknown token
            is placed exactly; without them only where its neighbours leave one possibility.
        marks: False for a tokenizer that strips accents.

    Returns:
        One span or None for each subword, and everything that was not placed: tokens, skipped text, what was left over.
    """
    keys = _Keys(text, marks=marks)
    if words is None:
        parts, owners = _joined_bytes(subwords)
    else:
        parts, owners = [w for w, _ in words], [[n] for n in range(len(words))]
    placed, troubles = _lay(keys, parts, unknown if words is None else None, special, marks)
    if words is not None:
        spans, faults = _into_words(keys, words, subwords, placed, unknown, marks)
        # the words' own troubles are told per subword
        firsts = _firsts([count for _, count in words])
        kept = [Misaligned(firsts[t.token], t.trouble, t.span) for t in troubles if t.trouble != "not in the text"]
        return SubwordAlignment(spans, tuple(sorted([*kept, *faults], key=_order)))
    out: list[Span | None] = [None] * len(subwords)
    for span, numbers in zip(placed, owners, strict=True):
        for n in numbers:
            out[n] = keys.span(*span) if span is not None else None
    told = [Misaligned(owners[t.token][0] if t.token < len(owners) else t.token, t.trouble, t.span) for t in troubles]
    return SubwordAlignment(tuple(out), tuple(sorted(told, key=_order)))


def _order(m: Misaligned) -> tuple[int, str]:
    return m.token, m.trouble


def _firsts(counts: Sequence[int]) -> list[int]:
    out = [0]
    for count in counts:
        out.append(out[-1] + count)
    return out


def _joined_bytes(subwords: Sequence[str]) -> tuple[list[str], list[list[int]]]:
    """Subwords with runs of byte tokens as the text they spell, and the numbers of the subwords of each part."""
    parts: list[str] = []
    owners: list[list[int]] = []
    n = 0
    while n < len(subwords):
        run = bytearray()
        start = n
        while n < len(subwords) and (found := _BYTE.fullmatch(subwords[n])):
            run.append(int(found[1], 16))
            n += 1
        if not run:
            parts.append(subwords[n])
            owners.append([n])
            n += 1
            continue
        at = start
        for char in run.decode("utf-8", "replace"):
            size = len(char.encode("utf-8")) if char != "\ufffd" else 1
            parts.append(char)
            owners.append(list(range(at, min(at + size, n))))
            at += size
    return parts, owners


def _plain(token: str) -> str:
    token = token[2:] if token.startswith("##") and len(token) > 2 else token
    return token.lstrip("▁") if token.startswith("▁") else token


def _lay(
    keys: _Keys, parts: Sequence[str], unknown: str | None, special: frozenset[str], marks: bool
) -> tuple[list[Span | None], list[Misaligned]]:
    """Spans of the parts in `keys`, by one walk from left to right; unknown ones are filled in between their neighbours."""
    placed: list[Span | None] = [None] * len(parts)
    troubles: list[Misaligned] = []
    at, open_ones = 0, list[int]()
    for n, part in enumerate(parts):
        if part == unknown:
            open_ones.append(n)
            continue
        key = _key(_plain(part) if unknown is not None else part, marks=marks)
        if not key or (part in special and _begins(keys.chars, key, at) is None):
            continue
        found = _search(keys.chars, key, at, len(open_ones))
        if found is None:
            troubles.append(Misaligned(n, "not in the text"))
            continue
        start, unsure = found
        if open_ones:
            troubles += _fill(keys, placed, open_ones, at, start, unsure)
            open_ones = []
        elif any(not _skippable(c) for c in keys.chars[at:start]):
            troubles.append(Misaligned(n, "text skipped", keys.span(at, start)))
        if unsure:
            troubles.append(Misaligned(n, "ambiguous", keys.span(start, start + len(key))))
        else:
            placed[n] = (start, start + len(key))
        at = start + len(key)
    if open_ones:
        troubles += _fill(keys, placed, open_ones, at, len(keys.chars), False)
    elif any(not _skippable(c) for c in keys.chars[at:]):
        troubles.append(Misaligned(max(0, len(parts) - 1), "text left over", keys.span(at, len(keys.chars))))
    return placed, troubles


def _begins(chars: str, key: str, at: int) -> int | None:
    """Where `key` begins at or after `at` with nothing but blanks before it."""
    while True:
        if chars.startswith(key, at):
            return at
        if at >= len(chars) or not _skippable(chars[at]):
            return None
        at += 1


def _search(chars: str, key: str, at: int, unknowns: int) -> tuple[int, bool] | None:
    """Where `key` stands, and whether it might as well stand elsewhere because unknown tokens are before it."""
    if not unknowns:
        start = _begins(chars, key, at)
        if start is not None:
            return start, False
        start = chars.find(key, at, at + _REACH + len(key))
        return (start, False) if start >= 0 else None
    first = at
    while first < len(chars) and _skippable(chars[first]):
        first += 1
    start = chars.find(key, first + unknowns, first + _REACH + len(key))
    if start < 0:
        return None
    again = chars.find(key, start + 1, first + _REACH + len(key))
    return start, again >= 0


def _fill(
    keys: _Keys, placed: list[Span | None], numbers: Sequence[int], start: int, end: int, unsure: bool
) -> list[Misaligned]:
    """Give the text between two known tokens to the unknown ones there, if it can be divided in one way only."""
    while start < end and _skippable(keys.chars[start]):
        start += 1
    while start < end and _skippable(keys.chars[end - 1]):
        end -= 1
    if start >= end:
        return [Misaligned(n, "not in the text") for n in numbers]
    words = [(m.start() + start, m.end() + start) for m in re.finditer(r"\S+", keys.chars[start:end])]
    if unsure or (len(words) != len(numbers) and end - start != len(numbers)):
        return [Misaligned(n, "ambiguous", keys.span(start, end)) for n in numbers]
    if len(words) != len(numbers):
        words = [(i, i + 1) for i in range(start, end)]
    for n, span in zip(numbers, words, strict=True):
        placed[n] = span
    return []


def _into_words(
    keys: _Keys,
    words: Sequence[tuple[str, int]],
    subwords: Sequence[str],
    placed: Sequence[Span | None],
    unknown: str,
    marks: bool,
) -> tuple[tuple[Span | None, ...], list[Misaligned]]:
    """Spans of subwords inside the spans of their words: pieces by their length, an unknown word as a whole."""
    out: list[Span | None] = []
    faults: list[Misaligned] = []
    for (_, count), span in zip(words, placed, strict=True):
        first = len(out)
        pieces = subwords[first : first + count]
        if span is None:
            out += [None] * count
            faults += [Misaligned(first + i, "not in the text") for i in range(count)]
            continue
        cut = _cut(keys.chars, span, pieces, unknown, marks)
        if cut is None:
            out += [None] * count
            faults += [Misaligned(first + i, "ambiguous", keys.span(*span)) for i in range(count)]
        else:
            out += [keys.span(*c) if c[0] < c[1] else None for c in cut]
    return tuple(out), faults


def _cut(chars: str, span: Span, pieces: Sequence[str], unknown: str, marks: bool) -> list[Span] | None:
    if list(pieces) == [unknown]:
        return [span]
    single = len(pieces) == span[1] - span[0]
    out: list[Span] = []
    at = span[0]
    for piece in pieces:
        if piece == unknown:
            if not single:
                return None
            size = 1
        else:
            key = _key(_plain(piece), marks=marks)
            if not chars.startswith(key, at):
                return None
            size = len(key)
        out.append((at, at + size))
        at += size
    return out if at == span[1] else None
