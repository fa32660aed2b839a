"""Windows: every piece counts once, where it has most around it."""

import pytest

from jmid_nlp.neural.windows import Window, windows


def context(window, piece, pieces):
    """How many pieces a window shows on the poorer side of a piece; a rim of the text is no lack."""
    left = piece - window.start if window.start else pieces
    right = window.end - 1 - piece if window.end < pieces else pieces
    return min(left, right)


@pytest.mark.parametrize("size", [1, 2, 5, 8, 64])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.9])
def test_every_piece_counts_once_in_the_window_with_most_around_it(size, share):
    stride = min(int(size * share), size - 1)
    for pieces in [*range(40), 63, 64, 65, 127, 300]:
        found = windows(pieces, size, stride)
        assert [i for w in found for i in range(w.first, w.last)] == list(range(pieces))
        for w in found:
            assert 0 <= w.start <= w.first <= w.last <= w.end <= pieces
            assert w.end - w.start == min(size, pieces)
        for a, b in zip(found, found[1:], strict=False):
            assert a.end - b.start >= stride
        for w in found:
            for i in range(w.first, w.last):
                best = max(context(v, i, pieces) for v in found if v.start <= i < v.end)
                assert context(w, i, pieces) >= best - 1  # windows are set off by whole pieces


def test_a_short_text_is_one_window_and_an_empty_one_none():
    assert windows(7, 7, 3) == [Window(0, 7, 0, 7)]
    assert windows(0, 7, 3) == []
