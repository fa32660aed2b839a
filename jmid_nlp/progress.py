"""Progress bars: shown in a terminal or notebook, silent elsewhere and where JMID_PROGRESS=0."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

_T = TypeVar("_T")


def progress(*, total: int | None, title: str, unit: str = " rows") -> Any:
    """A tqdm bar on standard error.

    Args:
        total: Number of steps where known.
        title: Word before the bar.
        unit: What is counted.
    """
    from tqdm.auto import tqdm

    silent = os.environ.get("JMID_PROGRESS") == "0" or not (sys.stderr.isatty() or "ipykernel" in sys.modules)
    return tqdm(total=total, desc=title, unit=unit, disable=silent, file=sys.stderr)


def shown(items: Iterable[_T], *, title: str) -> Iterator[_T]:
    """The items as they are, counted by a bar."""
    with progress(total=None, title=title) as bar:
        for item in items:
            yield item
            bar.update(1)
