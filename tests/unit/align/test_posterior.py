"""Probabilities over all assignments, against a count of every assignment; and what sizes and images say."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from jmid_nlp.align.noise import populations, size_evidence, slice_evidence, student
from jmid_nlp.align.options import DEFAULTS
from jmid_nlp.align.posterior import EXACT, choose, marginals


def counted(weights, free):
    """The same by going through every assignment."""
    rows, places, total = len(weights), weights.shape[1], 0.0
    found, joined = np.zeros_like(weights), np.zeros_like(free)
    options = [None, *range(places), *((f,) for f in range(free.shape[1]))]
    for pick in itertools.product(options, repeat=rows):
        used = [p for p in pick if isinstance(p, int)]
        if len(used) != len(set(used)):
            continue
        weight = math.exp(
            sum(weights[r, p] if isinstance(p, int) else free[r, p[0]] for r, p in enumerate(pick) if p is not None)
        )
        total += weight
        for r, p in enumerate(pick):
            if isinstance(p, int):
                found[r, p] += weight
            elif p is not None:
                joined[r, p[0]] += weight
    return found / total, joined / total


@pytest.mark.parametrize(("rows", "places", "opened"), [(1, 1, 0), (2, 3, 0), (4, 2, 1), (3, 3, 2), (4, 0, 1)])
def test_marginals_are_those_of_all_assignments(rows, places, opened):
    rng = np.random.default_rng(rows * 10 + places)
    weights, free = rng.normal(0, 3, (rows, places)), rng.normal(0, 2, (rows, opened))
    for made, right in zip(marginals(weights, free), counted(weights, free), strict=True):
        assert made == pytest.approx(right, abs=1e-5)


def test_large_studies_come_close_and_sum_to_one_at_most():
    rng = np.random.default_rng(5)
    size = EXACT + 3
    weights = rng.normal(-6, 2, (size, size)) + 12 * np.eye(size)
    found, _ = marginals(weights, np.zeros((size, 0)))
    assert found.sum(axis=1).max() <= 1 + 1e-6
    assert found.sum(axis=0).max() <= 1 + 1e-6
    assert np.diag(found).min() > 0.8


def test_choice_takes_what_is_worth_something():
    worth = np.array([[0.4, 0.3], [0.35, -0.2], [-0.1, -0.1]])
    assert list(choose(worth)) == [1, 0, None]
    assert list(choose(np.zeros((2, 0)))) == [None, None]


def test_a_rare_size_says_more_than_a_common_one_and_a_rough_one_less():
    def value(told, measured, rounding=0.5, organ="lung"):
        return size_evidence(told, measured, rounding, organ, DEFAULTS)

    assert value(30, 30) > value(6, 6) > 0 > value(6, 12) > value(6, 24)
    assert value(10, 12.4, 2.5) > value(10, 12.4)
    assert value(12, 12, organ="an organ that the table lacks") == value(12, 12, organ="any")
    assert set(populations()) == {"lung", "any"}
    assert value(8, 80, organ="any") == DEFAULTS.size_conflict


def test_an_image_says_more_the_fewer_images_a_mark_spans():
    near = [slice_evidence(0, span, DEFAULTS) for span in (1, 5, 40)]
    assert near == sorted(near, reverse=True)
    assert near[-1] > 0
    assert slice_evidence(3, 3, DEFAULTS) < slice_evidence(3, 40, DEFAULTS)
    assert slice_evidence(60, 3, DEFAULTS) == DEFAULTS.slice_far


def test_density_sums_to_one():
    grid = np.linspace(-60, 60, 40001)
    assert np.exp([student(x, 0.8, 4.0) for x in grid]).sum() * (grid[1] - grid[0]) == pytest.approx(1, abs=1e-3)
