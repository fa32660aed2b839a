"""Progress bars: shown in a terminal or notebook, silent elsewhere and where JMID_PROGRESS=0."""

from __future__ import annotations

import os
import sys
from typing import Any


def progress(*, total: int | None, title: str) -> Any:
    """A tqdm bar on standard error.

    Args:
        total: Number of steps where known.
        title: Word before the bar.
    """
    from tqdm.auto import tqdm

    silent = os.environ.get("JMID_PROGRESS") == "0" or not (sys.stderr.isatty() or "ipykernel" in sys.modules)
    return tqdm(total=total, desc=title, unit=" rows", disable=silent, file=sys.stderr)
