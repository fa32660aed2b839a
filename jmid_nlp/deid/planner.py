"""How many reports must be read before release, and what a reading proves: exact binomial bounds on the leak rate.

A sample never proves that nothing leaked; it bounds the rate. With no leak in n reports the rate is below about 3/n at 95 %
confidence (the "rule of three": Hanley and Lippman-Hand, JAMA 1983;249:1743). The bounds here are the exact one-sided ones
(Clopper and Pearson, Biometrika 1934;26:404), which the rule approximates.
"""

from __future__ import annotations

from dataclasses import dataclass

from jmid_nlp.errors import InputError


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """A plan: read `reports` reports drawn at random; if at most `allowed` leak, the leak rate is below `bound`."""

    reports: int
    allowed: int
    bound: float
    confidence: float


def upper_bound(leaks: int, reports: int, *, confidence: float = 0.95) -> float:
    """Upper bound of the rate of reports with a leak.

    Args:
        leaks: Reports of the sample in which a leak was found.
        reports: Reports read, drawn at random.
        confidence: Confidence of the one-sided bound, in (0, 1).

    Raises:
        InputError: The numbers do not fit each other.
    """
    from scipy.stats import beta

    _check(confidence)
    if not 0 <= leaks <= reports or reports < 1:
        raise InputError("leaks must be between 0 and the number of reports read, and at least one report must be read")
    return 1.0 if leaks == reports else float(beta.ppf(confidence, leaks + 1, reports - leaks))


def plan(bound: float, *, confidence: float = 0.95, allowed: int = 0) -> SamplePlan:
    """The smallest sample that bounds the leak rate.

    Args:
        bound: The rate to stay below, such as 0.001 for one report in a thousand.
        confidence: Confidence of the bound.
        allowed: Leaks that may be found without breaking the bound; more leaks allowed means more reports to read.

    Raises:
        InputError: The bound or the confidence is not between 0 and 1, or `allowed` is negative.
    """
    _check(confidence)
    if not 0 < bound < 1 or allowed < 0:
        raise InputError("the bound must lie between 0 and 1, such as 0.001, and allowed must not be negative")
    low, high = allowed + 1, 2 * (allowed + 1)
    while upper_bound(allowed, high, confidence=confidence) >= bound:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        if upper_bound(allowed, middle, confidence=confidence) < bound:
            high = middle
        else:
            low = middle + 1
    return SamplePlan(low, allowed, bound, confidence)


def _check(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InputError("the confidence must lie between 0 and 1, such as 0.95")
