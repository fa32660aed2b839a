"""Kana in its scripts and widths: what writes a surrogate as its source was written."""

from __future__ import annotations

import unicodedata

_HIRA_TO_KATA = {c: c + 0x60 for c in range(0x3041, 0x3097)}
_KATA_TO_HIRA = {v: k for k, v in _HIRA_TO_KATA.items()}


def katakana(text: str) -> str:
    """Hiragana as katakana; other characters stay."""
    return text.translate(_HIRA_TO_KATA)


def to_katakana(text: str) -> str:
    """Hiragana as katakana, half-width katakana as full-width; everything else as it is."""
    if any("\uff66" <= c <= "\uff9f" for c in text):
        text = unicodedata.normalize("NFKC", text)
    return katakana(text)


def to_hiragana(text: str) -> str:
    """Katakana as hiragana."""
    return text.translate(_KATA_TO_HIRA)


def _half_table() -> dict[str, str]:
    table: dict[str, str] = {}
    for code in range(0xFF66, 0xFF9E):
        full = unicodedata.normalize("NFKC", chr(code))
        table[full] = chr(code)
        for mark, combining in (("ﾞ", "\u3099"), ("ﾟ", "\u309a")):
            voiced = unicodedata.normalize("NFC", full + combining)
            if len(voiced) == 1:
                table[voiced] = chr(code) + mark
    return table


_HALF = _half_table()


def to_half_width(text: str) -> str:
    """Katakana in half-width form, voicing marks apart."""
    return "".join([_HALF.get(c, c) for c in text])
