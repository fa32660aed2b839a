"""Patterns that are compiled when they are first used."""

from __future__ import annotations

import re

import pytest

from jmid_nlp.text.lazy import lazy


def test_a_lazy_pattern_does_what_the_compiled_one_does() -> None:
    made, plain = lazy("(?P<n>[0-9]+)mm", re.IGNORECASE), re.compile("(?P<n>[0-9]+)mm", re.IGNORECASE)
    text = "12MMと3mm"
    assert made.findall(text) == plain.findall(text)
    assert [m.span("n") for m in made.finditer(text)] == [m.span("n") for m in plain.finditer(text)]
    assert made.search(text, 2) is not None
    assert made.match(text, 2) is None
    assert (made.pattern, made.flags) == (plain.pattern, plain.flags)


def test_a_pattern_is_compiled_only_when_it_is_used() -> None:
    broken = lazy("(")
    with pytest.raises(re.error):
        broken.match("")
