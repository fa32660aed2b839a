"""Ways in which systems damage a text, for the tests that show what a damage may cost."""

import random
import re
import unicodedata

from jmid_nlp.lexicon import read_pairs
from jmid_nlp.text.lines import width

_RADICALS = {b: a for a, b in read_pairs("unicode/radicals.tsv") if len(b) == 1}
_HALF = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0xFF65, 0xFF9E)}


def full_width(text: str) -> str:
    """Letters, digits, punctuation and blanks of full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in text)


def half_kana(text: str) -> str:
    """Katakana of half width; marks stand behind their letter."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(_HALF.get(c, c) for c in plain).replace("\u3099", "ﾞ").replace("\u309a", "ﾟ")


def radicals(text: str) -> str:
    """Radicals in the place of the characters they stand for."""
    return "".join(_RADICALS.get(c, c) for c in text)


def invisible(text: str) -> str:
    """Characters that print nothing: a byte order mark, a zero-width space, a word joiner."""
    return "\ufeff" + text.replace("の", "の\u200b").replace("肺", "肺\u2060")


def wrapped(text: str, columns: int = 40) -> str:
    """Hard line breaks at a number of columns, inside words too."""
    lines = []
    for line in text.split("\n"):
        lines.append("")
        for char in line:
            if width(lines[-1] + char) > columns and char not in "。、）」":
                lines.append("")
            lines[-1] += char
    return "\n".join(lines)


def spaced(text: str) -> str:
    """Blanks inside a third of the runs of kanji, at a place that chance picks."""
    rng = random.Random(3)

    def cut(found: re.Match[str]) -> str:
        run = found[0]
        at = rng.randrange(1, len(run))
        return run[:at] + " " + run[at:] if rng.random() < 0.33 else run

    return re.sub(r"[\u4e00-\u9fff]{3,}", cut, text)
