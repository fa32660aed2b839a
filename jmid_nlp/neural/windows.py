"""Texts longer than a model: windows that overlap, and each piece taken from the window that sees most around it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """Pieces `[start, end)` that the model sees at once, and those `[first, last)` of them whose answer counts."""

    start: int
    end: int
    first: int
    last: int


def windows(pieces: int, size: int, stride: int) -> list[Window]:
    """Windows over a text, spread evenly; what counts changes over in the middle of an overlap.

    There, a piece is as far from the rim of one window as from that of the other. The windows depend on the text's
    length alone.

    Args:
        pieces: Number of pieces of the text.
        size: Pieces of a window at most.
        stride: Pieces that neighbouring windows share at least, 0 up to less than `size`.
    """
    if not pieces:
        return []
    if pieces <= size:
        return [Window(0, pieces, 0, pieces)]
    count = -((stride - pieces) // (size - stride))  # rounded up
    starts = [(pieces - size) * i // (count - 1) for i in range(count)]
    cuts = [0] + [(left + size + right + 1) // 2 for left, right in zip(starts, starts[1:], strict=False)] + [pieces]
    return [Window(s, s + size, a, b) for s, a, b in zip(starts, cuts, cuts[1:], strict=False)]
