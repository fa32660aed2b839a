"""Where the pieces of a tokenizer stand in the text, to the character.

Fast tokenizers tell offsets, which lack marks that normalisation melted into a letter. The slow Japanese ones tell none:
their own steps are repeated one by one, each with an exact map, so nothing has to be guessed, `[UNK]` included.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from jmid_nlp.neural.normalise import EVERY, Seen, clusters, grow, nfkc
from jmid_nlp.offsets import Span

#: A piece as the tokenizer writes it, with its span in some text.
Piece = tuple[str, Span]

#: The only letter whose small form is longer.
_LONGER = re.compile("İ")


def exact(text: str, spans: Iterable[Span]) -> list[Span]:
    """Spans that cut no letter from its marks and have no white space at their rims.

    Args:
        text: The text.
        spans: Spans in it; empty ones stay empty, those of white space alone stay whole.

    Returns:
        As many spans, in the same order.
    """
    joined = clusters(text)
    starts = [start for start, _ in joined]
    return [trimmed(text, *(grow(s, joined, starts) if joined and s[0] < s[1] else s)) for s in spans]


def trimmed(text: str, start: int, end: int) -> Span:
    """The span without white space at its rims; one of white space alone stays as it is."""
    words = text[start:end]
    if not words[:1].isspace() and not words[-1:].isspace():
        return start, end
    kept = words.strip()
    if not kept:
        return start, end
    left = start + len(words) - len(words.lstrip())
    return left, left + len(kept)


def slow_pieces(tokenizer: Any, text: str) -> list[Piece]:
    """The pieces of a tokenizer without offsets, each with its span.

    Args:
        tokenizer: A `PreTrainedTokenizer` of Transformers that is not fast.
        text: A text without NUL and halves of surrogate pairs.

    Returns:
        The pieces that `tokenizer.tokenize(text)` gives; spans as `exact` leaves them. Those of the Japanese BERT
        tokenizers with word pieces or characters are exact; others are followed by what their pieces say.
    """
    found: list[Piece] = []
    for part, (start, _), added in _parts(tokenizer, text):
        if added:
            found.append((part, (start, start + len(part))))
            continue
        inside = _japanese(tokenizer, part) if _is_japanese(tokenizer) else _any(tokenizer, part)
        found += [(piece, (start + s, start + e)) for piece, (s, e) in inside]
    spans = exact(text, [span for _, span in found])
    return [(piece, span) for (piece, _), span in zip(found, spans, strict=True)]


def _parts(tokenizer: Any, text: str) -> Iterator[tuple[str, Span, bool]]:
    """The text cut at the tokens that were added to the vocabulary (`[SEP]` in the text is one, too)."""
    added = tokenizer.added_tokens_encoder
    at = 0
    parts = tokenizer.tokens_trie.split(text)
    for i, part in enumerate(parts):
        span = at, at + len(part)
        at = span[1]
        known = part in added
        if not known:  # an added token may take the white space beside it
            part = part.lstrip() if i and _takes(tokenizer, parts[i - 1], "rstrip") else part
            span = span[1] - len(part), span[1]
            part = part.rstrip() if i + 1 < len(parts) and _takes(tokenizer, parts[i + 1], "lstrip") else part
        if part:
            yield part, (span[0], span[0] + len(part)), known


def _takes(tokenizer: Any, token: str, side: str) -> bool:
    at = tokenizer.added_tokens_encoder.get(token)
    return at is not None and bool(getattr(tokenizer.added_tokens_decoder[at], side, False))


def _is_japanese(tokenizer: Any) -> bool:
    return hasattr(tokenizer, "word_tokenizer_type") and hasattr(tokenizer, "subword_tokenizer_type")


def _japanese(tokenizer: Any, text: str) -> list[Piece]:
    """The pieces of a `BertJapaneseTokenizer`: its words in the text as it normalises it, then the pieces of each word."""
    if tokenizer.do_word_tokenize:
        seen = _normalised(tokenizer, text)
        words = tokenizer.word_tokenizer.tokenize(text, never_split=tokenizer.all_special_tokens)
    else:
        seen, words = Seen(text), [text]
    places = _locate([_sigma(word) for word in words], _sigma(seen.text))
    if places is None:
        return _any(tokenizer, text)
    out: list[Piece] = []
    for word, (start, _) in zip(words, places, strict=True):
        for piece, (s, e) in _subwords(tokenizer, word):
            out.append((piece, seen.source(start + s, start + e)))
    return out


def _sigma(text: str) -> str:
    """One form of the small sigma, which `str.lower` writes otherwise at the end of a word."""
    return text.replace("ς", "σ")


def _normalised(tokenizer: Any, text: str) -> Seen:
    """The text as the tokenizer's words have it."""
    words = tokenizer.word_tokenizer
    seen = Seen(text)
    if tokenizer.word_tokenizer_type == "basic":
        seen = seen.then(_without_control, EVERY).then(_nfc, EVERY)
    elif words.normalize_text:
        seen = seen.then(nfkc)
    if words.do_lower_case:
        seen = seen.then(str.lower, _LONGER)
    if tokenizer.word_tokenizer_type == "basic" and (
        words.strip_accents or (words.do_lower_case and words.strip_accents is not False)
    ):
        seen = seen.then(_bare, EVERY)
    return seen


def _without_control(text: str) -> str:
    return "".join(c for c in text if c in "\t\n\r" or (c != "\ufffd" and unicodedata.category(c)[0] != "C"))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")


def _locate(words: Sequence[str], text: str) -> list[Span] | None:
    """Words one after the other with nothing but white space between them; None where they do not stand so."""
    out: list[Span] = []
    at = 0
    for word in words:
        start = text.find(word, at)
        if start < 0 or (start > at and not text[at:start].isspace()):
            return None
        at = start + len(word)
        out.append((start, at))
    return out if not text[at:].strip() else None


def _subwords(tokenizer: Any, word: str) -> Iterator[Piece]:
    """The pieces of one word, with their spans in it."""
    if not tokenizer.do_subword_tokenize:
        yield word, (0, len(word))
    elif tokenizer.subword_tokenizer_type == "character":
        seen = Seen(word).then(nfkc)
        for i, piece in enumerate(tokenizer.subword_tokenizer.tokenize(word)):
            yield piece, seen.source(i, i + 1)
    elif tokenizer.subword_tokenizer_type == "wordpiece":
        for found in re.finditer(r"\S+", word):
            yield from _wordpieces(tokenizer, found.group(), found.start())
    else:
        pieces = tokenizer.subword_tokenizer.tokenize(word)
        yield from zip(pieces, _follow([piece.replace("▁", " ") for piece in pieces], word), strict=True)


def _wordpieces(tokenizer: Any, word: str, at: int) -> Iterator[Piece]:
    pieces = tokenizer.subword_tokenizer.tokenize(word)
    if pieces == [tokenizer.subword_tokenizer.unk_token]:
        yield pieces[0], (at, at + len(word))
        return
    for i, piece in enumerate(pieces):
        end = at + len(piece) - (2 if i else 0)
        yield piece, (at, end)
        at = end


def _any(tokenizer: Any, text: str) -> list[Piece]:
    """The pieces of a tokenizer whose steps are not known, found again by what they say."""
    pieces = tokenizer._tokenize(text)
    surfaces = [None if p == tokenizer.unk_token else _surface(tokenizer, p) for p in pieces]
    return list(zip(pieces, _follow(surfaces, text), strict=True))


def _surface(tokenizer: Any, piece: str) -> str:
    said: str = tokenizer.convert_tokens_to_string([piece])
    return said.removeprefix("##") if said.strip("#") else said


def _plain(text: str) -> str:
    """A part of a text as it is compared: NFKC, small letters, without marks, white space and control characters."""
    return "".join(c for c in _bare(nfkc(text).lower()) if not c.isspace() and unicodedata.category(c)[0] != "C")


def _follow(surfaces: Sequence[str | None], text: str) -> list[Span]:
    """The spans of pieces in their order; None is a piece that may stand for anything.

    What several such pieces in a row stand for is shared evenly if it can be, otherwise each has the whole of it. Where
    a tokenizer drops or exchanges characters, its pieces are laid on the text so that most characters agree.
    """
    seen = Seen(text).then(_plain, EVERY)
    said = [None if surface is None else _plain(surface) for surface in surfaces]
    spans = _strictly(said, seen.text) or _nearly(said, seen.text)
    return [seen.source(start, end) for start, end in spans]


def _strictly(said: Sequence[str | None], text: str) -> list[Span]:
    """The spans if what the pieces say is the text; nothing if it is not."""
    spans: list[Span] = []
    at, i, n = 0, 0, len(said)
    while i < n:
        run = next((k for k in range(i, n) if said[k] is not None), n)
        stop = next((k for k in range(run, n) if said[k] is None), n)
        words = "".join(word or "" for word in said[run:stop])
        start = _next(text, words, at, unknown=run - i, last=stop == n)
        if start < at:
            return []
        spans += _shared(at, start, run - i)
        for word in said[run:stop]:
            spans.append((start, start + len(word or "")))
            start = spans[-1][1]
        at, i = start, stop
    return spans


def _next(text: str, words: str, at: int, *, unknown: int, last: bool) -> int:
    """Where the words begin after `unknown` pieces that may stand for anything; -1 if they do not follow."""
    if not unknown:
        return at if text.startswith(words, at) else -1
    if last:
        return len(text) - len(words) if text.endswith(words) else -1
    return text.find(words, at + unknown)


def _shared(start: int, end: int, among: int) -> list[Span]:
    if end - start == among:
        return [(start + k, start + k + 1) for k in range(among)]
    return [(start, end)] * among


def _nearly(said: Sequence[str | None], text: str) -> list[Span]:
    """The spans where most characters agree; what agrees with nothing has what lies between its neighbours."""
    joined = "".join("\0" if word is None else word for word in said)
    place = dict[int, int]()
    for block in SequenceMatcher(None, joined, text, autojunk=False).get_matching_blocks():
        place.update((block.a + k, block.b + k) for k in range(block.size))
    known = sorted(place)
    spans: list[Span] = []
    at = 0
    for word in said:
        end = at + len(word if word is not None else "\0")
        inside = known[bisect_left(known, at) : bisect_left(known, end)]
        if inside:
            spans.append((place[inside[0]], place[inside[-1]] + 1))
        else:
            i = bisect_left(known, at)
            left = place[known[i - 1]] + 1 if i else 0
            spans.append((left, place[known[i]] if i < len(known) else len(text)))
        at = end
    return spans
