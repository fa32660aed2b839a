"""Spans of pieces character by character, the slow and plain way, to hold the library against."""

import re
import unicodedata
from functools import cache

import fugashi
import unidic_lite

SPECIAL = re.compile(r"(\[PAD\]|\[UNK\]|\[CLS\]|\[SEP\]|\[MASK\])")


def nfkc(text):
    return unicodedata.normalize("NFKC", text)


def readable(text):
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)


def cuts(text):
    """Where a text can be cut: marks stay with their letter, and the parts are normalised as the whole is."""
    cuts = [0]
    for i in range(1, len(text)):
        mark = unicodedata.combining(unicodedata.normalize("NFKD", text[i])[0])
        if not mark and nfkc(text[:i]) + nfkc(text[i:]) == nfkc(text):
            cuts.append(i)
    return [*cuts, len(text)]


def characters(text, lower=False):
    """Every character of the normalised text with the characters of the text that it came from."""
    out, at = [], cuts(text)
    for a, b in zip(at, at[1:], strict=False):
        for c in nfkc(text[a:b]):
            out += [(low, a, b) for low in (c.lower() if lower else c)]
    return out


@cache
def tagger():
    return fugashi.GenericTagger(f'-d "{unidic_lite.DICDIR}" -r "{unidic_lite.DICDIR}/mecabrc"')


def mecab_words(normalised):
    return [word.surface for word in tagger()(normalised)]


def words_of(chars, surfaces):
    """The characters of each word, walking over both; only white space is outside of words."""
    out, at = [], 0
    for surface in surfaces:
        word = []
        for wanted in surface:
            while chars[at][0] != wanted:
                assert chars[at][0].isspace()
                assert not word
                at += 1
            word.append(chars[at])
            at += 1
        out.append(word)
    assert all(c.isspace() for c, _, _ in chars[at:])
    return out


def consume(pieces, words, subword):
    """Gives each piece its characters, one after the other."""
    out, rest = [], iter(pieces)
    for word in words:
        runs, run = [], []
        for entry in word:
            if entry[0].isspace() and subword == "wordpiece":
                runs, run = [*runs, run], []
            else:
                run.append(entry)
        for left in [r for r in [*runs, run] if r]:
            first = True
            while left:
                piece = next(rest)
                if subword == "character":
                    taken, left = left[:1], left[1:]
                    assert piece.replace("ς", "σ") in ("[UNK]", taken[0][0])
                elif piece == "[UNK]":
                    taken, left = left, []
                else:
                    plain = piece if first else piece.removeprefix("##")
                    taken, left = left[: len(plain)], left[len(plain) :]
                    assert [c for c, _, _ in taken] == list(plain.replace("ς", "σ"))
                first = False
                out.append((piece, (min(a for _, a, _ in taken), max(b for _, _, b in taken))))
    assert next(rest, None) is None
    return out


def whole(text, at, span):
    """The span from cut to cut, without white space at its rims."""
    start, end = max(c for c in at if c <= span[0]), min(c for c in at if c >= span[1])
    if not text[start:end].strip():
        return start, end
    while text[start].isspace():
        start += 1
    while text[end - 1].isspace():
        end -= 1
    return start, end


def reference(text, subword, tokenize, lower=False, split=mecab_words):
    """Pieces and spans of a text; `tokenize` gives the pieces of a part of it without special tokens."""
    text, out, at = readable(text), [], 0
    for part in SPECIAL.split(text):
        if SPECIAL.fullmatch(part):
            out.append((part, (at, at + len(part))))
        elif part:
            chars = characters(part, lower)
            surfaces = ["".join(c.lower() for c in s) if lower else s for s in split(nfkc(part))]
            for piece, (a, b) in consume(tokenize(part), words_of(chars, surfaces), subword):
                out.append((piece, (at + a, at + b)))
        at += len(part)
    rims = cuts(text)
    return [(piece, whole(text, rims, span)) for piece, span in out]
