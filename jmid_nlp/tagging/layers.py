"""Layers of the networks: embedding of `features`, a window encoder with growing reach, and the context of spans."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import numpy as np
from spacy.tokens import Doc
from thinc.api import (
    HashEmbed,
    Maxout,
    Model,
    NumpyOps,
    Softmax_v2,
    chain,
    concatenate,
    list2ragged,
    ragged2list,
    residual,
    with_array,
    zero_init,
)
from thinc.layers.with_array import forward as with_array_forward
from thinc.types import Floats2d, Ints2d
from threadpoolctl import ThreadpoolController

from jmid_nlp.tagging.features import HASHED, HIDDEN, SMALL, features

Vectors = Model[list[Doc], list[Floats2d]]
_REACH = 4  # tokens behind a span that are looked at by themselves
_BREAKS = frozenset(("。", "．", "\n", "\r\n", "\n\n"))


class BlasOps(NumpyOps):  # type: ignore[misc]
    """Thinc on numpy's own linear algebra, on one thread: three times the rate of the one that thinc brings along."""

    def gemm(self, x: Any, y: Any, out: Any = None, trans1: bool = False, trans2: bool = False) -> Any:
        """The product of two matrices, each turned first where asked for."""
        with _blas().limit(limits=1, user_api="blas"):
            return np.matmul(x.T if trans1 else x, y.T if trans2 else y, out=out)


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def _on_blas(model: Any) -> Any:
    for node in model.walk():
        node.ops = BlasOps()
    return model


def feature_embed(width: int, embed_width: int, rows: list[int], hide: float) -> Vectors:
    """A vector a token from its features.

    Args:
        width: Length of the vectors that come out.
        embed_width: Length of each hashed feature's own vector.
        rows: Rows of the table of each hashed feature, in the order of `features.HASHED`.
        hide: In training the share of tokens whose word is hidden, so that words are not learned by heart.
    """
    tables: list[Any] = [HashEmbed(embed_width, n, column=i, seed=8 + i, dropout=0.0) for i, n in enumerate(rows)]
    size = len(HASHED) * embed_width + sum(SMALL)
    mix = Maxout(width, size, nP=3, dropout=0.0, normalize=True)
    embed: Any = chain(
        Model("jmid_features", _features, attrs={"hide": hide}),
        cast("Any", list2ragged()),
        with_array(chain(concatenate(*tables, Model("one_hot", _one_hot)), mix)),
        cast("Any", ragged2list()),
    )
    return cast("Vectors", _on_blas(embed))


def _features(model: Any, docs: list[Doc], is_train: bool) -> tuple[list[Ints2d], Callable[[Any], list[Doc]]]:
    out = [features(doc) for doc in docs]
    hide = model.attrs["hide"]
    if is_train and hide:
        for table in out:
            hidden = model.ops.xp.random.uniform(0.0, 1.0, len(table)) < hide
            for column in HIDDEN:
                table[hidden, column] = 0
    return cast("Any", out), lambda _: []


def _one_hot(model: Any, ids: Ints2d, is_train: bool) -> tuple[Floats2d, Callable[[Any], Any]]:
    n = len(ids)
    out = model.ops.alloc2f(n, sum(SMALL))
    lines = model.ops.xp.arange(n)
    at = 0
    for column, values in enumerate(SMALL, len(HASHED)):
        out[lines, at + ids[:, column].astype("int64")] = 1.0
        at += values
    return out, lambda _: model.ops.xp.zeros_like(ids)


def dilated_encoder(width: int, dilations: list[int]) -> Model[list[Floats2d], list[Floats2d]]:
    """Residual windows of three tokens, the outer two at growing distance: with 1, 2, 4, 8 a token sees fifteen each side."""
    layers = [
        residual(chain(_window(d), Maxout(width, 3 * width, nP=3, dropout=0.0, normalize=True))) for d in dilations
    ]
    trained: Any = with_array(chain(*layers), pad=sum(dilations))
    dims = {name: trained.maybe_get_dim(name) for name in trained.dim_names}
    encoder: Any = Model(
        trained.name, _encode, init=trained.init, layers=trained.layers, attrs=dict(trained.attrs), dims=dims
    )
    return cast("Model[list[Floats2d], list[Floats2d]]", _on_blas(encoder))


def _encode(model: Any, xs: Any, is_train: bool) -> Any:
    """As `with_array` of the layers, which training uses; without the rows of its padding where nothing is learned."""
    if is_train or not isinstance(xs, (list, tuple)):
        return with_array_forward(model, xs, is_train)
    nodes = [node for node in model.walk(order="dfs_pre") if node.name in ("dilated_window", "maxout", "layernorm")]
    layers = [(w.attrs["distance"], m, n) for w, m, n in zip(nodes[::3], nodes[1::3], nodes[2::3], strict=True)]
    with _blas().limit(limits=1, user_api="blas"):
        return [_encoded(x, layers) for x in xs], lambda _: []


def _encoded(x: Any, layers: list[tuple[int, Any, Any]]) -> Any:
    """The vectors of one document.

    Beyond its ends the input is zero. Rows there differ only as far as a layer before has seen the document, and are needed
    only as far as a layer behind will see: the others are one row.
    """
    n, width = x.shape
    side, reach = 0, sum(distance for distance, _, _ in layers)
    beyond = np.zeros(width, np.float32)
    for distance, maxout, norm in layers:
        reach -= distance
        near = min(side + distance, reach)
        rows, keep = n + 2 * near, min(side, near + distance)
        wide = np.empty((rows + 2 * distance, width), np.float32)
        first = near + distance - keep
        wide[:first] = wide[first + n + 2 * keep :] = beyond
        wide[first : first + n + 2 * keep] = x[side - keep : side + n + keep]
        seen = np.empty((rows + 1, 3, width), np.float32)
        for k in range(3):
            seen[:rows, k] = wide[k * distance : k * distance + rows]
        seen[rows] = beyond
        y = _maxout_normed(seen.reshape(rows + 1, -1), maxout, norm)
        y += seen[:, 1]
        x, beyond, side = y[:rows], y[rows], near
    return x


def _maxout_normed(x: Any, maxout: Any, norm: Any) -> Any:
    """The greatest of each output's pieces, normalised: as thinc's two layers, without what only training needs."""
    weights = maxout.get_param("W")
    size, pieces, _ = weights.shape
    z = x @ weights.reshape(size * pieces, -1).T
    z += maxout.get_param("b").reshape(-1)
    z = z.reshape(-1, size, pieces)
    y = z[:, :, 0]
    for k in range(1, pieces):
        y = np.maximum(y, z[:, :, k])
    y = y - y.mean(axis=1, keepdims=True)
    spread = (y * y).sum(axis=1, keepdims=True)
    spread /= size
    spread += 1e-08
    y *= spread**-0.5
    y *= norm.get_param("G")
    y += norm.get_param("b")
    return y


def _window(distance: int) -> Model[Floats2d, Floats2d]:
    return Model("dilated_window", _see, attrs={"distance": distance})


def _see(model: Any, x: Floats2d, is_train: bool) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    d, (n, w) = model.attrs["distance"], x.shape
    y = model.ops.alloc2f(n, 3 * w)
    y[:, w : 2 * w] = x
    if n > d:
        y[d:, :w] = x[:-d]
        y[:-d, 2 * w :] = x[d:]

    def backprop(dy: Floats2d) -> Floats2d:
        dx = model.ops.xp.ascontiguousarray(dy[:, w : 2 * w])
        if n > d:
            dx[:-d] += dy[d:, :w]
            dx[d:] += dy[:-d, 2 * w :]
        return cast("Floats2d", dx)

    return y, backprop


def span_context(tok2vec: Vectors, hidden: int) -> Any:
    """Scores of the labels of spans, from `(docs, spans)` with `(start, end)` tokens of each document's spans.

    A span is the mean vectors of itself, of what follows it closely, of the end of its sentence, and of the sentence: in
    Japanese the words that assert or deny stand behind a list of nouns, at the end.
    """
    output = Softmax_v2(None, hidden, init_W=zero_init, normalize_outputs=True)
    width = tok2vec.get_dim("nO") if tok2vec.has_dim("nO") else None
    head: Any = chain(Maxout(hidden, 4 * width if width else None, nP=3, dropout=0.1, normalize=True), output)
    model: Any = Model(
        "span_context", _context, init=_start, layers=[tok2vec, head], refs={"tok2vec": tok2vec, "output": output}
    )
    return model


def _start(model: Any, X: Any = None, Y: Any = None) -> None:  # noqa: N803  thinc's names
    tok2vec, head = model.layers
    docs, _ = X
    tok2vec.initialize(docs)
    sample = model.ops.alloc2f(1, 4 * tok2vec.get_dim("nO"))
    head.initialize(sample, Y)


def _context(model: Any, given: tuple[list[Doc], list[list[tuple[int, int]]]], is_train: bool) -> Any:
    tok2vec, head = model.layers
    docs, spans = given
    vectors, back_vectors = tok2vec(docs, is_train)
    parts = [(i, _regions(doc, s, e)) for i, (doc, row) in enumerate(zip(docs, spans, strict=True)) for s, e in row]
    if not parts:
        nothing = model.ops.alloc2f(0, model.get_ref("output").get_dim("nO"))
        return nothing, lambda _: back_vectors([model.ops.alloc2f(*v.shape) for v in vectors])
    width = vectors[0].shape[1]
    pooled = model.ops.alloc2f(len(parts), 4 * width)
    for row, (i, regions) in enumerate(parts):
        for k, (start, end) in enumerate(regions):
            if end > start:
                pooled[row, k * width : (k + 1) * width] = vectors[i][start:end].mean(axis=0)
    scores, back_scores = head(pooled, is_train)

    def backprop(d_scores: Floats2d) -> Any:
        d_pooled = back_scores(d_scores)
        d_vectors = [model.ops.alloc2f(*v.shape) for v in vectors]
        for row, (i, regions) in enumerate(parts):
            for k, (start, end) in enumerate(regions):
                if end > start:
                    d_vectors[i][start:end] += d_pooled[row, k * width : (k + 1) * width] / (end - start)
        return back_vectors(d_vectors)

    return scores, backprop


def _regions(doc: Doc, start: int, end: int) -> list[tuple[int, int]]:
    """Token ranges of a span, of what follows closely, of its sentence's end and of its sentence."""
    low, high = start, end
    while low > 0 and doc[low - 1].text not in _BREAKS:
        low -= 1
    while high < len(doc) and doc[high].text not in _BREAKS:
        high += 1
    return [(start, end), (end, min(high, end + _REACH)), (max(end, high - _REACH), high), (low, high)]
