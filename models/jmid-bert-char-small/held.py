"""Which reports stay out of training, to choose thresholds on."""

from __future__ import annotations

import hashlib

_HELD = 15


def is_held_out(report: str) -> bool:
    """Whether a report of the training or development sheets is held out: 15 of 100, by its id."""
    return int(hashlib.sha256(report.encode()).hexdigest(), 16) % 100 < _HELD
