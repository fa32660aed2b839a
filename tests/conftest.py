"""Settings of the whole suite."""

from hypothesis import HealthCheck, settings

# No deadline: a slow machine is no failure. Derandomised: the suite says the same today and tomorrow; explore with
# `pytest --hypothesis-profile=explore`.
settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
