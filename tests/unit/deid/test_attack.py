import pytest

from jmid_nlp.deid.attack import attack, auc
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import load_policy
from jmid_nlp.schema import Identifier, Report

KEY = Key(bytes(range(40, 72)))
NAMES = ("桐生沙羅", "戸叶義郎", "久我山恵", "貝塚玲子", "戸叶義郎", "貝塚玲子", "戸叶義郎", "貝塚玲子")


def detector(text, known=None):
    found, at = [], 0
    for name in NAMES:
        start = text.index(name, at)
        at = start + len(name)
        found.append(Identifier(start, at, "PERSON", "", 1.0, "gold"))
    return tuple(found)


def figures(rate, count=60):
    reports = [Report(f"r-{n}", "、".join(NAMES) + "。", patient_id=f"p-{n // 4}") for n in range(count)]
    return {
        (f.strategy, f.attacker): f
        for f in attack(reports, load_policy("kamei"), KEY, miss_rate=rate, detector=detector)
    }


def test_tags_show_every_leak_and_the_pool_shows_it_too():
    found = figures(0.05)
    assert found["tag", "counter"].found == 1.0
    for strategy in ("consistent", "varied"):
        assert found[strategy, "reader of the pool"].auc > 0.99


def test_the_counter_sees_less_under_varied_than_under_consistent():
    found = figures(0.05)
    assert found["consistent", "counter"].auc > 0.8
    assert found["varied", "counter"].auc < found["consistent", "counter"].auc
    assert found["consistent", "counter"].leaks == found["varied", "counter"].leaks > 10


def test_the_attack_is_reproducible_and_the_rate_is_kept():
    one, two = figures(0.1), figures(0.1)
    assert one == two
    figure = one["consistent", "counter"]
    assert figure.names == 60 * len(NAMES)
    assert 0.05 < figure.leaks / figure.names < 0.15
    assert "AUC" in str(figure)


@pytest.mark.parametrize(
    ("scored", "expected"),
    [
        ([(True, 1.0), (False, 0.0)], 1.0),
        ([(True, 0.0), (False, 1.0)], 0.0),
        ([(True, 1.0), (False, 1.0)], 0.5),
        ([(True, 1.0)], 1.0),
    ],
)
def test_auc(scored, expected):
    assert auc(scored) == expected
