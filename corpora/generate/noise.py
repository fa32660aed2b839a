"""Damage to a whole text, with its marks carried along: width, punctuation, radicals, line breaks, slips of the keyboard.

Every function takes a text and gives a new text and a list of edits `(offset, deleted, inserted)`, ascending by offset and not
overlapping; `carry` moves marks over them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate

from corpora.generate.spell import FULL, RADICALS
from corpora.generate.writer import Span, Writer

Edit = tuple[int, int, str]
COMMAS = str.maketrans("、。", "，．")
STOPS = str.maketrans("。", "．")
ASCII_STOPS = str.maketrans({"、": ",", "。": "."})
_OTHER_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
_SLIPS = str.maketrans(
    "認腫瘤結節部拡張転移見右左胸腹側径正常検査影濃縮血管経過",
    "任種留決説郡格調点異観石佐脳複則系聖上件差映農宿結官継家",
)


def plan(w: Writer) -> str:
    """Which damage this report takes, drawn once: mostly none."""
    x = w.r()
    for bound, name in _SHARES:
        if x < bound:
            return name
    return ""


_SHARES = tuple(
    (bound, name)
    for bound, name in zip(
        accumulate((0.06, 0.02, 0.02, 0.015, 0.02, 0.02, 0.02, 0.02, 0.01)),
        ("comma", "stop", "ascii", "radicals", "wrap", "slips", "blanks", "bare", "digits"),
        strict=True,
    )
)


def damage(w: Writer, text: str, kind: str) -> tuple[str, list[Edit]]:
    """The text with one kind of damage, and the edits that change its length."""
    if kind == "comma":
        return text.translate(COMMAS), []
    if kind == "stop":
        return text.translate(STOPS), []
    if kind == "ascii":
        return text.translate(ASCII_STOPS), []
    if kind == "radicals":
        return text.translate(RADICALS), []
    if kind == "digits":
        return text.translate(_OTHER_DIGITS), []
    if kind == "wide":
        return text.translate(FULL), []
    if kind == "slips":
        return _slips(w, text), []
    edits = _edits(w, text, kind)
    return apply(text, edits), edits


def _slips(w: Writer, text: str) -> str:
    """A few characters as a wrong conversion leaves them."""
    out = list(text)
    for _ in range(1 + len(text) // 80):
        at = int(w.r() * len(out))
        out[at] = out[at].translate(_SLIPS)
    return "".join(out)


def _edits(w: Writer, text: str, kind: str) -> list[Edit]:
    if kind == "wrap":
        width = 18 + int(w.r() * 25)
        out: list[Edit] = []
        column = 0
        for i, c in enumerate(text):
            if c == "\n":
                column = 0
            elif column == width:
                out.append((i, 0, "\n"))
                column = 1
            else:
                column += 1
        return out
    if kind == "blanks":
        places = sorted({1 + int(w.r() * (len(text) - 1)) for _ in range(2 + len(text) // 40)}) if len(text) > 2 else []
        return [(at, 0, " " if w.r() < 0.7 else "　") for at in places]
    # without any punctuation, as dictation and short messages are
    return [(i, 1, "") for i, c in enumerate(text) if c in "、。"]


def apply(text: str, edits: list[Edit]) -> str:
    """The text after the edits."""
    out = []
    at = 0
    for offset, deleted, inserted in edits:
        out.append(text[at:offset])
        out.append(inserted)
        at = offset + deleted
    out.append(text[at:])
    return "".join(out)


class Carry:
    """Moves offsets over edits: what is inserted inside a mark belongs to it, what is inserted at its edge does not."""

    def __init__(self, edits: list[Edit]) -> None:
        self.at = [offset for offset, _, _ in edits]
        self.shift = [0, *accumulate(len(inserted) - deleted for _, deleted, inserted in edits)]

    def start(self, offset: int) -> int:
        """The new place of the first character of a mark."""
        return offset + self.shift[bisect_right(self.at, offset)]

    def end(self, offset: int) -> int:
        """The new place behind the last character of a mark."""
        return offset + self.shift[bisect_left(self.at, offset)]

    def spans(self, spans: list[Span]) -> list[Span]:
        """Marks with new offsets; one whose characters are all gone is dropped."""
        moved = [(self.start(s), self.end(e), a, b) for s, e, a, b in spans]
        return [m for m in moved if m[0] < m[1]]
