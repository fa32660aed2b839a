"""Many reports in order: blocks of a thousand, each with its own seed, so that any number of workers gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from random import Random
from typing import Any

from corpora.generate.report import KINDS, compose, row

BLOCK = 1000


def reports(count: int, seed: int = 0, kind: str = "both", start: int = 0) -> Iterator[dict[str, Any]]:
    """Reports `start` to `count` as rows, one after the other.

    Args:
        count: how many reports, counted from 0.
        seed: another seed gives other institutions, persons and texts.
        kind: `identifiers`, `findings` or `both`; see `report.KINDS`.
        start: the first report, a multiple of `BLOCK`.
    """
    for block in range(start // BLOCK, -(-count // BLOCK)):
        yield from block_rows(block, min(BLOCK, count - block * BLOCK), seed, kind)


def block_rows(block: int, size: int, seed: int, kind: str) -> Iterator[dict[str, Any]]:
    """The first `size` reports of a block."""
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}")
    random = Random(f"reports {seed} {kind} {block}")
    for i in range(size):
        w, text, _ = compose(seed, random, kind)
        yield row(f"gen-{seed}-{block * BLOCK + i:07d}", w, text)


def block_lines(block: int, count: int, seed: int, kind: str) -> str:
    """A block as JSON lines."""
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    size = min(BLOCK, count - block * BLOCK)
    return "".join(dump(r) + "\n" for r in block_rows(block, size, seed, kind))


def chunks(count: int, seed: int, kind: str, workers: int) -> Iterator[str]:
    """All blocks as JSON lines, in order, from `workers` processes."""
    blocks = range(-(-count // BLOCK))
    work = partial(block_lines, count=count, seed=seed, kind=kind)
    if workers < 2:
        yield from map(work, blocks)
        return
    with ProcessPoolExecutor(workers) as pool:
        # a window of blocks, so that memory does not grow with the count
        for first in range(0, len(blocks), workers * 8):
            yield from pool.map(work, blocks[first : first + workers * 8])
