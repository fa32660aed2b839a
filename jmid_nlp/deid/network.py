"""The layers of the learned tagger on numpy, made for windows of a few dozen characters.

There the number of array operations counts as much as the arithmetic: tables are joined beforehand, constant factors are
in the weights, and intermediate results are written over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
#: Rows of a joined table, which then is small enough for the processor's cache.
_JOINED = 256


class Lookup:
    """Sums a row of each of several tables.

    Args:
        tables: Arrays of shape (number of values, width), one for each code of a character.
        bias: Added to the sum.
    """

    def __init__(self, tables: Sequence[NDArray[Any]], bias: Floats) -> None:
        joined: list[Floats] = []
        strides: list[list[int]] = []
        for number, table in enumerate(tables):
            size = len(table)
            if joined and len(joined[-1]) * size <= _JOINED:  # the sums of any two rows as one table
                joined[-1] = (joined[-1][:, None] + table).reshape(-1, len(bias)).astype(np.float32)
                strides[-1] = [stride * size for stride in strides[-1]]
            else:
                joined.append(table.astype(np.float32))
                strides.append([0] * len(tables))
            strides[-1][number] = 1
        joined[0] = joined[0] + bias
        self._table = np.concatenate(joined)
        self._strides = np.array(strides, np.intp)
        self._bases = np.cumsum([0, *map(len, joined[:-1])])[:, None]

    def __call__(self, codes: NDArray[np.int16]) -> Floats:
        """The sums for codes of shape (tables, n): shape (n, width)."""
        rows = self._strides @ codes.astype(np.intp) + self._bases
        out: Floats = self._table[rows[0]]
        for row in rows[1:]:
            out += self._table[row]
        return out


class Layer:
    """A gated convolution with what it adds to: x + a * sigmoid(g), a and g from the neighbours of the normalised x.

    Args:
        dilation: How many characters away the neighbours stand.
        taps: The weights of the neighbour before, the character, and the neighbour behind, by channel: shape (3, width).
        scale: Of the normalised input, by channel.
        shift: Likewise.
        mix: Shape (width, 2 * width).
        bias: Shape (2 * width).
    """

    def __init__(
        self, dilation: int, taps: NDArray[Any], scale: Floats, shift: Floats, mix: Floats, bias: Floats
    ) -> None:
        self.dilation = dilation
        # Scale and shift are in the taps and the bias; what becomes zero by them stands beyond the input.
        self._taps = (taps * scale).astype(np.float32)
        self._beyond = -np.divide(shift, scale, out=np.zeros_like(shift), where=scale != 0)
        bias = bias + (taps.sum(axis=0) * shift) @ mix
        # a * sigmoid(g) is (a / 2) * (1 + tanh(g / 2)): the halves are taken here, once
        # and each half of the channels has its own matrix, so that what comes out of it lies together
        halves = (mix * 0.5).astype(np.float32), (bias * 0.5).astype(np.float32)
        self._mix = np.stack(np.split(halves[0], 2, axis=1))
        self._bias = halves[1].reshape(2, 1, -1)
        self._mean = np.full(len(scale), 1 / len(scale), np.float32)

    def __call__(self, x: Floats, begin: int, end: int) -> Floats:
        """The rows `[begin, end)` of the result for an input of shape (n, width); beyond the input there are zeros."""
        d, (n, width) = self.dilation, x.shape
        padded = np.empty((n + 2 * d, width), np.float32)
        padded[:d] = padded[d + n :] = self._beyond
        y = padded[d : d + n]
        np.subtract(x, (x @ self._mean)[:, None], out=y)
        spread = np.einsum("ij,ij->i", y, y)
        y *= (1 / np.sqrt(spread * self._mean[0] + np.float32(1e-5)))[:, None]
        left, middle, right = self._taps
        mixed = padded[begin:end] * left
        part = padded[begin + d : end + d] * middle
        mixed += part
        mixed += np.multiply(padded[begin + 2 * d : end + 2 * d], right, out=part)
        z = np.matmul(mixed, self._mix)
        z += self._bias
        value: Floats = z[0]
        gate: Floats = z[1]
        np.tanh(gate, out=gate)
        gate += 1
        gate *= value
        gate += x[begin:end]
        return gate


def runs(values: Floats, on: NDArray[np.bool_]) -> Iterator[tuple[int, int, int]]:
    """Runs of rows of one label, cut where a new span begins: first row, end and number of the label.

    Args:
        values: Probabilities, a row a character or token: no span, then begin and inside of each label.
        on: Which rows belong to a span.
    """
    best = (values[:, 1::2] + values[:, 2::2]).argmax(axis=1)
    first = last = -1
    for i in np.flatnonzero(on).tolist():
        begins = values[i, 1 + 2 * best[i]] > values[i, 2 + 2 * best[i]]
        if first >= 0 and i == last + 1 and best[i] == best[first] and not begins:
            last = i
            continue
        if first >= 0:
            yield first, last + 1, int(best[first])
        first = last = i
    if first >= 0:
        yield first, last + 1, int(best[first])
