import pytest

from jmid_nlp.deid.planner import plan, upper_bound
from jmid_nlp.errors import InputError


@pytest.mark.parametrize("reports", [100, 1000, 30_000])
def test_without_leaks_the_bound_is_the_rule_of_three(reports):
    assert upper_bound(0, reports) == pytest.approx(3 / reports, rel=0.02)
    assert upper_bound(0, reports) == pytest.approx(1 - 0.05 ** (1 / reports), rel=1e-9)


def test_known_values_of_the_exact_interval():
    # Clopper-Pearson, two-sided 95 % for 1 of 100 is 0.00025 to 0.05446; its upper end is the one-sided 97.5 % bound
    assert upper_bound(1, 100, confidence=0.975) == pytest.approx(0.05446, abs=1e-5)
    assert upper_bound(5, 5) == 1.0


@pytest.mark.parametrize(("bound", "allowed"), [(0.1, 0), (0.01, 0), (0.001, 0), (0.01, 2)])
def test_the_plan_is_the_smallest_sample_that_keeps_the_bound(bound, allowed):
    found = plan(bound, allowed=allowed)
    assert upper_bound(allowed, found.reports) < bound
    assert upper_bound(allowed, found.reports - 1) >= bound


def test_one_in_a_thousand_needs_about_three_thousand():
    assert plan(0.001).reports == 2995


@pytest.mark.parametrize(
    "call",
    [
        lambda: plan(0),
        lambda: plan(1.5),
        lambda: plan(0.1, confidence=1),
        lambda: upper_bound(3, 2),
        lambda: upper_bound(0, 0),
    ],
)
def test_impossible_numbers_are_refused(call):
    with pytest.raises(InputError):
        call()
