"""Short lines, one shape of an identifier each: facilities in short form, dictated numbers, ward lists, partial dates, places."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from detect_cases import beside, missed, parse, read_lines

from jmid_nlp.deid.detect import detect


@pytest.mark.parametrize("line", read_lines("deid_shapes.txt"))
def test_shapes(line):
    case = parse("shape", line)
    found = [(i.start, i.end) for i in detect(case.text)]
    assert missed(case, found) == []
    assert beside(case, found) == []
