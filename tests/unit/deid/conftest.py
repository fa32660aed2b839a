"""Tests of this folder look at the rules alone, which decide by reasons that can be told; `test_learned.py` adds the tagger."""

from __future__ import annotations

import pytest

import jmid_nlp.deid.detect as module
from jmid_nlp.deid.detect import DetectOptions, Detector


@pytest.fixture(autouse=True)
def rules_alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """`detect(text)` without options runs the rules, unless a test is marked `accurate`."""
    if request.node.get_closest_marker("accurate") is None:
        monkeypatch.setattr(module, "_DEFAULT", Detector(DetectOptions(mode="fast")))
    return
