"""Names in any spacing and with one slip, against a plain search for all spellings."""

import itertools
import random

import pytest

from jmid_nlp.deid.squeezed import Squeezed

NAME = "山田太郎吉"


@pytest.mark.parametrize(
    "text",
    ["山田太郎吉", "山田 太郎吉", "山 田\n太　郎 吉", "山田・太郎吉", "山田^^太郎吉"],
)
def test_spacing_does_not_hide_a_name(text):
    assert list(Squeezed(f"氏名{text}様").find(NAME, 3)) == [(2, 2 + len(text))]


def test_a_gap_that_is_too_wide_is_none():
    assert list(Squeezed("山田    太郎吉").find(NAME, 3)) == []
    assert list(Squeezed("山  田").find("山田", 1)) == []


@pytest.mark.parametrize(
    "written",
    ["山口太郎吉", "山田太朗吉", "田太郎吉", "山田太吉", "山田太郎", "山田太太郎吉", "山太田郎吉", "田山太郎吉"],
)
def test_one_slip(written):
    found = Squeezed(f"、{written}、").find_near(NAME)
    assert found
    assert found[0][0] >= 1
    assert found[-1][1] <= len(written) + 1


@pytest.mark.parametrize("written", ["山口太朗吉", "山田", "太郎", "中村花子様"])
def test_two_slips_are_another_name(written):
    assert Squeezed(f"、{written}、").find_near(NAME) == []


def test_short_names_allow_an_exchanged_character_only():
    assert Squeezed("佐藤一").find_near("佐藤二") == [(0, 3)]
    assert Squeezed("、佐二、").find_near("佐藤二") == []


def test_exact_places_are_left_to_the_exact_search():
    text = Squeezed("山田太郎吉と山田太朗吉")
    exact = list(text.find(NAME, 3))
    assert text.find_near(NAME, exact) == [(6, 11)]


def slips(name):
    """All spellings with one slip, by brute force."""
    n = range(len(name))
    out = {name[:i] + c + name[i + 1 :] for i in n for c in "abcx"}
    out |= {name[:i] + name[i + 1 :] for i in n}
    out |= {name[:i] + c + name[i:] for i in n if i for c in "abcx"}
    out |= {name[:i] + name[i + 1] + name[i] + name[i + 2 :] for i in n[:-1]}
    return out - {name}


def test_every_slip_is_found_and_nothing_else():
    rng = random.Random(7)
    for _ in range(300):
        name = "".join(rng.choice("abc") for _ in range(rng.randint(5, 7)))
        wanted = slips(name)
        text = "".join(rng.choice("abcx") for _ in range(30))
        spans = Squeezed(text).find_near(name)
        pieces = {text[i:j] for i, j in itertools.combinations(range(31), 2)}
        assert all(text[s:e] in wanted | {name} for s, e in spans), (name, text, spans)
        assert bool(spans) == bool(pieces & (wanted | {name})), (name, text, spans)
