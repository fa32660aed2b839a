"""The sheets `dev_b` and `test_b` of the findings corpus: marks parse, names are unique, every value is well covered."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from corpora import findings_markup

OWN = ("dev_b", "test_b")
SHARED = Path(__file__).parents[3] / "shared"
JAPANESE = re.compile(r"[぀-ヿ㐀-鿿々ｦ-ﾟ]")
AREAS = {
    "brain", "hn", "chest", "heart", "breast", "uabd", "bowel", "uro", "gyn", "spine", "joint", "bone", "paed",
    "trauma", "postop", "rt",
}  # fmt: skip


@pytest.fixture(scope="module")
def sheets():
    return {name: findings_markup.read_corpus(name) for name in OWN}


@pytest.fixture(scope="module")
def findings(sheets):
    return [(row, item) for rows in sheets.values() for row in rows for item in row["findings"]]


def windows(text: str, width: int = 15) -> set[str]:
    """Every piece of `width` characters, blanks removed, that holds some Japanese."""
    flat = re.sub(r"\s+", "", text)
    pieces = (flat[at : at + width] for at in range(len(flat) - width + 1))
    return {piece for piece in pieces if JAPANESE.search(piece)}


@pytest.mark.parametrize("name", OWN)
def test_a_sheet_covers_every_area(sheets, name):
    assert len(sheets[name]) == 60
    areas = Counter(row["id"].split("-")[1] for row in sheets[name])
    assert set(areas) == AREAS
    assert min(areas.values()) >= 3
    assert len({row["modality"] for row in sheets[name]}) >= 8


def test_names_are_unique_over_the_whole_corpus():
    names = [
        line.split()[1]
        for sheet in sorted(findings_markup.HERE.glob("*.txt"))
        for line in sheet.read_text(encoding="utf-8").splitlines()
        if line.startswith("== ")
    ]
    assert [name for name, count in Counter(names).items() if count > 1] == []


@pytest.mark.parametrize("name", OWN)
def test_lengths_and_numbers_of_findings(sheets, name):
    for row in sheets[name]:
        assert 120 <= len(row["text"]) <= 350, row["id"]
        assert 6 <= len(row["findings"]) <= 18, row["id"]


@pytest.mark.parametrize("name", OWN)
def test_no_mark_is_left_in_the_text(sheets, name):
    for row in sheets[name]:
        assert not re.search(r"[\[\]{}<>|]", row["text"]), row["id"]


@pytest.mark.parametrize("name", OWN)
def test_a_site_key_names_one_place_and_is_used(name):
    for block in re.split(
        r"^== ", (findings_markup.HERE / f"{name}.txt").read_text(encoding="utf-8"), flags=re.MULTILINE
    )[1:]:
        keys = re.findall(r"<([a-z]):", block)
        used = {key for marks in re.findall(r"@([a-z](?:,[a-z])*)", block) for key in marks.split(",")}
        assert len(keys) == len(set(keys)), block.split()[0]
        assert set(keys) == used, block.split()[0]


def test_spans_are_verbatim_and_apart(findings):
    for row, item in findings:
        assert row["text"][item["start"] : item["end"]] == item["text"] != ""
        assert item["text"] == item["text"].strip()
        for site in item["locations"]:
            assert row["text"][site["start"] : site["end"]] == site["site"] == site["site"].strip() != ""
    for row, _ in findings:
        spans = sorted((item["start"], item["end"]) for item in row["findings"])
        spans = sorted(spans + [(start, end) for start, end in row["ignore"]])
        assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False)), row["id"]


def test_every_value_occurs_ten_times(findings):
    certainty = Counter(item["certainty"] for _, item in findings)
    side = Counter(item["laterality"] for _, item in findings)
    change = Counter(item["change"] for _, item in findings)
    assert min(certainty[v] for v in findings_markup.CERTAINTY.values()) >= 10
    assert min(side[v] for v in findings_markup.SIDE.values()) >= 10
    assert min(change[v] for v in findings_markup.CHANGE.values()) >= 10
    for field in ("multiple", "historical", "image_refs", "sizes_mm", "prior_sizes_mm", "locations"):
        assert sum(bool(item[field]) for _, item in findings) >= 10, field


def test_gold_keeps_the_conventions(findings):
    """Resolved goes with negative, nothing denied is multiple or changes otherwise, a side fits the sites' own words."""
    for row, item in findings:
        where = (row["id"], item["text"])
        if item["certainty"] == "negative":
            assert item["change"] in (None, "resolved"), where
            assert not item["multiple"], where
        else:
            assert item["change"] != "resolved", where
        if item["prior_sizes_mm"]:
            assert item["sizes_mm"], where
        words = "".join(site["site"] for site in item["locations"])
        if item["laterality"] in ("left", "right"):
            assert ("右" if item["laterality"] == "left" else "左") not in words, where
        if item["laterality"] is None:
            assert not re.search("[左右]|両側", words), where


def test_the_halves_share_no_sentence(sheets):
    dev, test = (set().union(*(windows(row["text"]) for row in sheets[name])) for name in OWN)
    assert sorted(dev & test) == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the development data does not lie beside this checkout")
def test_nothing_is_copied_from_the_development_data(sheets):
    texts = []
    for path in sorted(SHARED.rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts += [row["text"] if "text" in row else row.get("report", {}).get("text", "")]
    texts += [path.read_text(encoding="utf-8") for path in sorted(SHARED.glob("*.md"))]
    theirs = set().union(*(windows(text) for text in texts))
    copied = {piece for rows in sheets.values() for row in rows for piece in windows(row["text"]) & theirs}
    assert sorted(copied) == []
