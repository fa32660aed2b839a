"""Expressions of levels, segments and stations, expanded to the concepts they name."""

from __future__ import annotations

import pytest

from jmid_nlp.findings.levels import named_levels
from jmid_nlp.findings.terms import concept, is_a


@pytest.mark.parametrize(
    ("written", "organ", "named"),
    [
        ("Th8-11椎体", None, "vertebra_t8 vertebra_t9 vertebra_t10 vertebra_t11"),
        ("Th11~L1", None, "vertebra_t11 vertebra_t12 vertebra_l1"),
        (
            "Th3,4,8~10,L4,5",
            None,
            "vertebra_t3 vertebra_t4 vertebra_t8 vertebra_t9 vertebra_t10 vertebra_l4 vertebra_l5",
        ),
        ("L4/5", None, "vertebra_l4 vertebra_l5"),
        ("L5/S1椎間", None, "vertebra_l5 vertebra_s1"),
        ("第8~11胸椎", None, "vertebra_t8 vertebra_t9 vertebra_t10 vertebra_t11"),
        ("第3-5、7肋骨", None, "rib_3 rib_4 rib_5 rib_7"),
        ("S6", "right_lower_lobe", "lung_s6"),
        ("S1+2", "left_upper_lobe", "lung_s1_2"),
        ("S9/10", "lung", "lung_s9 lung_s10"),
        ("S4/8", "liver", "liver_s4 liver_s8"),
        ("S5-6", "liver_right_lobe", "liver_s5 liver_s6"),
        ("S1", "liver", "liver_s1"),
        ("S1椎体", None, "vertebra_s1"),
        ("#4R,#7", None, "node_station_4r node_station_7"),
        ("#1L,#2R", None, "node_station_1l node_station_2r"),
        ("S6", None, ""),
        ("L9", None, ""),
        ("", None, ""),
    ],
)
def test_named_levels(written, organ, named):
    assert " ".join(named_levels(written, organ)) == named


def test_levels_stand_in_the_tree():
    assert is_a("vertebra_t8", "spine")
    assert is_a("liver_s8", "liver")
    assert is_a("lung_s6", "lung")
    assert is_a("node_station_4r", "lymph_node")
    assert concept("liver_s8").row["side"] == "right"
