"""Generated studies: a group's size is not spread over its members, and no wrong side is accepted in silence."""

from __future__ import annotations

import random

from corpora.align.stress import group_study, groups, sides


def test_groups_take_their_members_and_their_size_is_not_spread():
    found = groups(150)
    assert found["spread"] == 0
    assert found["f1"] >= 0.95
    assert any(group_study(random.Random(f"1 {n}"))[1] for n in range(5))


def test_wrong_sides_are_never_accepted_and_always_told():
    found = sides(200)
    assert found["injected"] == 20
    assert found["accepted"] > 300
    assert found["wrong side"] == 0
    assert found["told"] >= 0.99
