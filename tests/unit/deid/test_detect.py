"""Detection on the project's own cases, its interface, and its behaviour on any text."""

from __future__ import annotations

import json
import pickle
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from detect_cases import CASES, beside, missed, parse, read_lines, read_reports
from hypothesis import given, settings
from hypothesis import strategies as st

from jmid_nlp.deid.detect import DetectOptions, Detector, detect, register_detector
from jmid_nlp.errors import InputError
from jmid_nlp.schema import CATEGORIES, Report

REPORTS = read_reports("deid_reports.txt")
SHARED = CASES.parents[2] / "shared"
# cases that the detector is known to get wrong; each is counted exactly, so that a fix shows
KNOWN_FAILURES: dict[str, int] = {}


def spans(text: str) -> list[tuple[int, int]]:
    return [(i.start, i.end) for i in detect(text)]


@pytest.mark.parametrize("case", REPORTS, ids=[c.name for c in REPORTS])
def test_reports(case):
    found = spans(case.text)
    wrong = [*missed(case, found), *beside(case, found)]
    assert len(wrong) == KNOWN_FAILURES.get(case.name, 0), wrong


@pytest.mark.parametrize("text", read_lines("deid_negatives.txt"))
def test_negatives(text):
    assert [text[s:e] for s, e in spans(text)] == []


@pytest.mark.parametrize("line", read_lines("deid_pairs.txt"))
def test_minimal_pairs(line):
    remove, keep = line.split("\t")
    case = parse("remove", remove)
    assert missed(case, spans(case.text)) == []
    assert spans(keep) == []


def test_interface():
    text = "氏名：山川 太郎　ID: 0012345"
    found = detect(text)
    assert [text[i.start : i.end] for i in found] == ["山川 太郎", "0012345"]
    assert [i.category for i in found] == ["PERSON", "ID"]
    assert all(i.category in CATEGORIES and 0 < i.score <= 1 and i.detector for i in found)
    assert pickle.loads(pickle.dumps(Detector()))(text) == found


def test_options():
    text = "氏名：山川 太郎　TEL 03-5550-1234　読影室A"
    assert {i.category for i in detect(text, options=DetectOptions(disabled=frozenset({"PHONE"})))} == {"PERSON"}
    assert {i.category for i in detect(text, options=DetectOptions(allow=frozenset({"山川 太郎"})))} == {"PHONE"}
    assert len(detect(text, options=DetectOptions(deny={"読影室A": "ID"}))) == 3
    assert detect(text, options=DetectOptions(thresholds={"PERSON": 1.1, "PHONE": 1.1})) == ()
    with pytest.raises(InputError):
        DetectOptions(disabled=frozenset({"NAME"}))


def test_registered_detector():
    @register_detector("test.badge")
    def badge(text):
        at = text.find("BADGE")
        return [(at, at + 5, "ID", "badge", 0.9)] if at >= 0 else []

    found = detect("色はBADGE", options=DetectOptions(extra=("test.badge",)))
    assert [(i.start, i.end, i.detector) for i in found] == [(2, 7, "test.badge")]
    with pytest.raises(InputError):
        detect("x", options=DetectOptions(extra=("nobody",)))


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=200) | st.text(alphabet="山田太郎様先生ID:0123456789-/年月日ＨＲ㍼ｱﾞ^=()\n　林TELa.@", max_size=120)
)
def test_any_text(text):
    known = Report("r", "", patient_name=text[:12] or None, patient_id=text[5:15] or None, birth_date="1950-01-02")
    for found in (detect(text), detect(text, known=known)):
        assert all(0 <= i.start < i.end <= len(text) for i in found)
        assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False))


def test_linear_time():
    line = "患者 山川太郎様 ID 0012345 検査日 2024年3月5日 右肺S6に12mmの結節。(1/2) 03-5550-1234 aaaa.bbbb\n"
    detect(line * 20)
    times = []
    for size in (400, 1600):
        start = time.perf_counter()
        detect(line * size)
        times.append(time.perf_counter() - start)
    assert times[1] < 12 * times[0]


@pytest.mark.parametrize(
    "text",
    [
        "あ" * 20000,
        "山" * 20000,
        "0" * 20000,
        "1-" * 10000,
        "A." * 10000,
        "(" * 20000,
        "A^" * 5000,
        "ア・" * 8000,
        "山 " * 8000,
        "1/2" * 6000,
        "\n" * 9000,
        "a@" * 6000,
    ],
)
def test_adversarial_text(text):
    start = time.perf_counter()
    detect(text)
    assert time.perf_counter() - start < 6


@pytest.mark.skipif(not SHARED.is_dir(), reason="the development data are not beside the checkout")
@pytest.mark.parametrize(
    ("name", "leaks", "damaged"),
    [
        ("deid_cases/identifiers", 0, 0),
        ("deid_cases/negatives", 0, 0),
        ("examples/identifiers", 2, 0),
        ("examples/negatives", 0, 0),
    ],
)
def test_development_cases(name, leaks, damaged):
    lost = hurt = 0
    for line in (SHARED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = row["text"]
        covered = {i for s, e in spans(text) for i in range(s, e)}
        lost += sum(
            any(text[i].isalnum() and i not in covered for i in range(s["start"], s["end"])) for s in row["spans"]
        )
        hurt += sum(any(i in covered for i in range(k["start"], k["end"])) for k in row.get("keep", []))
    assert lost <= leaks
    assert hurt <= damaged


@pytest.mark.skipif(not SHARED.is_dir(), reason="the development data are not beside the checkout")
def test_reports_without_identifiers_stay_whole():
    touched = 0
    for path in sorted(Path(SHARED, "medtxt_rr").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            touched += sum(i.category != "DATE" for i in detect(json.loads(line)["text"]))
    assert touched == 0


@pytest.mark.parametrize(
    "text", ["依頼医 能登谷先生", "内科　高橋先生\n【所見】", "読影医 佐治医師", "前医：能登谷先生より紹介"]
)
def test_a_title_behind_a_name_stays_outside_its_span(text):
    persons = [text[s.start : s.end] for s in detect(text) if s.category == "PERSON"]
    assert persons
    assert not any("先" in p or "医師" in p for p in persons)
