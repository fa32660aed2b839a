"""Patterns that are compiled when they are first used.

A class of all kanji costs Python a millisecond to compile, and there are hundreds of patterns of which a text needs few.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Lazy:
    def __init__(self, pattern: str, flags: int) -> None:
        self._source = pattern, flags

    def __getattr__(self, name: str) -> Any:
        """Reached once for each name: what the compiled pattern has under it is then kept here."""
        if name.startswith("_"):
            if name != "_compiled":
                raise AttributeError(name)
            value = re.compile(*self._source)
        else:
            value = getattr(self._compiled, name)
        setattr(self, name, value)
        return value


def lazy(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, later: for patterns with large classes of characters, and those that few texts need."""
    return cast("re.Pattern[str]", _Lazy(pattern, flags))
