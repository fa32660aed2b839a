"""Tokens of a Japanese text as flat lists: fugashi and unidic-lite without building a feature object per token.

Two choices were measured on the 90 development reports of MedTxt-RR (225 characters on average), against fugashi reading
`surface` and `feature.pos1` (`tests/benchmarks/bench_tokens.py` repeats the first):

- MeCab writes surface and feature of all tokens into one string that is split once, instead of one Python node a token
  whose features are parsed: 1.9 to 2.1 times the reference's rate, folding and merging included.
- Radiology terms are kept whole by merging tokens over the matches of a table (1,282 forms). That costs about 5 % of the
  reference's time and keeps 696 of 699 occurrences whole; the other three are none (気管支 in 気管支区域). A user dictionary
  compiled with fugashi's own builder costs 1 to 2 % and kept 690, but it is a binary for one unidic version and byte
  order, is built inside the dictionary's folder, and finds one spelling only. The merge needs no build, looks at the
  folded text (any width or letter case), and takes a changed table at once.
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_left, bisect_right
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any

from jmid_nlp.offsets import Folded, fold
from jmid_nlp.text.whole_terms import find_whole

# Fields of a unidic feature string: https://clrd.ninjal.ac.jp/unidic/faq.html (unidic 2.x has 26 columns).
_LEMMA, _KANA, _FORM = 7, 17, 6
_CHUNK = 4096  # MeCab keeps token lengths in 16 bits and its lattice in memory: long texts go through in pieces
# whitespace that MeCab would take for a character, and what its C strings of UTF-8 cannot hold
_ODD_SPACE = re.compile(r"[^\S \t\n\x0b]")
_BLANKS = re.compile(r"[ \t\x0b]+")
_UNSAFE = re.compile(r"[\x00\ud800-\udfff]")
UNKNOWN = "名詞,普通名詞,一般,*,*,*"


class Tokens:
    """Tokens of one text. Spans are `[starts[i], ends[i])` in `text`; whitespace belongs to no token.

    Args:
        text: The text as given.
        starts: First position of each token, ascending.
        ends: Position after the last character of each token.
        raw: unidic's feature string of each token, parsed only when asked for.
    """

    __slots__ = ("ends", "raw", "starts", "text")

    def __init__(self, text: str, starts: list[int], ends: list[int], raw: list[str]) -> None:
        self.text = text
        self.starts = starts
        self.ends = ends
        self.raw = raw

    def __len__(self) -> int:
        return len(self.starts)

    def __repr__(self) -> str:
        return f"Tokens({len(self.starts)} tokens)"

    def surface(self, i: int) -> str:
        """The token's characters as the text has them."""
        return self.text[self.starts[i] : self.ends[i]]

    def pos1(self, i: int) -> str:
        """The first part of speech in unidic, such as 名詞 or 助詞."""
        return self.raw[i].partition(",")[0]

    def pos(self, i: int) -> str:
        """The part of speech in unidic with its subclasses, such as `名詞-普通名詞-一般`."""
        return features(self.raw[i])[0]

    def lemma(self, i: int) -> str:
        """The dictionary form; the surface where unidic has none."""
        return features(self.raw[i])[1] or self.surface(i)

    def reading(self, i: int) -> str:
        """The reading in katakana, "" where unidic has none."""
        return features(self.raw[i])[2]

    def at(self, position: int) -> int | None:
        """Number of the token that covers a position of the text, None in whitespace."""
        i = bisect_right(self.starts, position) - 1
        return i if i >= 0 and position < self.ends[i] else None


@lru_cache(maxsize=65536)
def features(raw: str) -> tuple[str, str, str]:
    """Part of speech joined by "-", lemma ("" for none) and reading in katakana ("" for none) of a feature string."""
    cells = next(csv.reader([raw])) if '"' in raw else raw.split(",")
    pos = "-".join(c for c in cells[:4] if c and c != "*")
    lemma = _cell(cells, _LEMMA).partition("-")[0] or _cell(cells, _LEMMA)
    return pos, lemma, _cell(cells, _KANA) or _cell(cells, _FORM)


def _cell(cells: list[str], i: int) -> str:
    return cells[i] if len(cells) > i and cells[i] != "*" else ""


def tokenize(text: str) -> Tokens:
    """Cuts a text into tokens.

    Args:
        text: Any string: control characters, NUL, astral characters and lone surrogates included.

    Returns:
        Tokens with offsets into `text`. MeCab sees the folded text (width, radicals, combining marks), so spelling does
        not change the cut; two tokens that come from one character of the text (㎜) are one.
    """
    folded = fold(text)
    starts, ends, raw = _cut(folded.text)
    starts, ends, raw = _merge(folded.text, starts, ends, raw)
    if folded.map:
        starts, ends, raw = _to_source(folded, starts, ends, raw)
    return Tokens(text, starts, ends, raw)


@cache
def _tagger() -> Any:
    import fugashi
    import unidic_lite

    # One pass writes "surface with the whitespace before it, newline, feature, newline" for every token.
    return fugashi.GenericTagger(
        f"-r /dev/null -d '{unidic_lite.DICDIR}' -O '' -F '%M\\n%H\\n' -U '%M\\n%H\\n' -B '' -E '%M'"
    )


def _cut(text: str) -> tuple[list[int], list[int], list[str]]:
    """MeCab's tokens of a folded text."""
    # every exchange is one character for one, so offsets stay
    safe = text.replace("\n", " ")
    if not safe.isprintable():
        safe = _UNSAFE.sub("\ufffd", _ODD_SPACE.sub(" ", safe))
    if len(safe) <= _CHUNK:
        return _parse(safe, 0)
    starts: list[int] = []
    ends: list[int] = []
    raw: list[str] = []
    for at, end in _pieces(text):
        more = _parse(safe[at:end], at)
        starts += more[0]
        ends += more[1]
        raw += more[2]
    return starts, ends, raw


def _parse(text: str, base: int) -> tuple[list[int], list[int], list[str]]:
    if not text or text.isspace():
        return [], [], []
    lines = _tagger().parse(text).split("\n")
    stop = len(lines) // 2 * 2
    surfaces = lines[0:stop:2]
    # a surface brings the blanks before it along: ends are plain sums, starts are the ends before, moved over blanks
    ends = list(accumulate(map(len, surfaces), initial=base))
    starts = ends[:-1]
    del ends[0]
    for run in _BLANKS.finditer(text):
        i = bisect_left(starts, base + run.start())
        if i < len(starts) and starts[i] == base + run.start():
            starts[i] = base + run.end()
    return starts, ends, lines[1:stop:2]


def _pieces(text: str) -> list[tuple[int, int]]:
    """Pieces of at most `_CHUNK` characters, cut after a line or sentence end where the second half has one."""
    pieces, at = [], 0
    while len(text) - at > _CHUNK:
        stop = at + _CHUNK
        low = at + _CHUNK // 2
        cut = max(text.rfind("\n", low, stop), text.rfind("。", low, stop))
        if cut < 0:
            cut = text.rfind(" ", low, stop)
        end = cut + 1 if cut >= 0 else stop
        pieces.append((at, end))
        at = end
    pieces.append((at, len(text)))
    return pieces


def _merge(text: str, starts: list[int], ends: list[int], raw: list[str]) -> tuple[list[int], list[int], list[str]]:
    """The tokens with those under each whole term joined."""
    out_starts: list[int] = []
    out_ends: list[int] = []
    out_raw: list[str] = []
    at = 0
    for start, end in find_whole(text):
        i = bisect_left(starts, start, at)
        j = bisect_left(ends, end, at)
        if j >= len(ends):
            break
        left = i > at and ends[i - 1] > start
        right = starts[j] < end < ends[j]
        if left or right:
            # A token goes over the term's edge. Codes of Latin letters and digits are cut free (MeCab glues `,#` in
            # `#4R,#7`), and one letter before a term is (右肺|門部); else the match is taken for an accident.
            free = text[start:end].isascii() or (start - starts[i - 1] == 1 and not right)
            if not free or (left and i - 1 == j):
                continue
        elif i == j:
            continue
        i -= left
        out_starts += starts[at:i]
        out_ends += ends[at:i]
        out_raw += raw[at:i]
        if left:
            out_starts.append(starts[i])
            out_ends.append(start)
            out_raw.append(UNKNOWN)
        out_starts.append(start)
        out_ends.append(end)
        out_raw.append(_joined(text[start:end], *raw[i + left : j + (not right)]))
        at = j + 1
        if right:
            starts[j], raw[j], at = end, UNKNOWN, j
    if not at:
        return starts, ends, raw
    return out_starts + starts[at:], out_ends + ends[at:], out_raw + raw[at:]


@lru_cache(maxsize=16384)
def _joined(surface: str, *parts: str) -> str:
    """The feature string of a merged term: a noun whose lemma is the term and whose reading is the parts' readings."""
    readings = [features(part)[2] for part in parts]
    reading = "".join(readings) if all(readings) else "*"
    lemma = f'"{surface}"' if "," in surface else surface
    return f"{UNKNOWN},{reading},{lemma},{lemma},{reading},{lemma},{reading},*,*,*,*,*,{reading},{reading}"


def _to_source(
    folded: Folded, starts: list[int], ends: list[int], raw: list[str]
) -> tuple[list[int], list[int], list[str]]:
    """Spans in the original text; tokens that share a character of it become one."""
    out_starts: list[int] = []
    out_ends: list[int] = []
    out_raw: list[str] = []
    for start, end, feature in zip(starts, ends, raw, strict=True):
        s, e = folded.map.to_source(start, end)
        if s == e:
            continue
        if out_ends and s < out_ends[-1]:
            if e > out_ends[-1]:
                out_ends[-1] = e
            continue
        out_starts.append(s)
        out_ends.append(e)
        out_raw.append(feature)
    return out_starts, out_ends, out_raw
