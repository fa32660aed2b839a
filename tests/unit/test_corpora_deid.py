"""The corpus of identifiers: readable, balanced, its halves apart, nothing in it copied from the development data."""

from __future__ import annotations

import datetime
import json
import re
import unicodedata
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from corpora.markup import CATEGORIES, Entry, Mark, read_sheet

ROOT = Path(__file__).resolve().parents[2]
SHEETS = sorted((ROOT / "corpora" / "deid").glob("*.txt"))
SHARED = ROOT.parent / "shared"
OVERLAP = 15
# Part A is dense, part B natural, the others mixed: identifiers from and to, traps at least, length from and to.
SHAPE = {"a": (4, 13, 4, 100, 400), "b": (2, 9, 3, 150, 500)}
MIXED = (1, 16, 1, 60, 600)
TRAIN = (0, 20, 0, 60, 600)  # what the tagger learns from also shows reports that name nobody
KNOWN = {"patient_name", "patient_kana", "birth_date", "patient_id", "accession_number", "physicians"}
_JAPANESE = re.compile(r"[぀-ヿ㐀-鿿]")
# A name is taken apart here, so that a surname of one half is not the surname of another person in the other half.
_NAME_PARTS = re.compile(r"&nbsp;|[\s^=・,，、.\-]+")


@pytest.fixture(scope="module")
def sheets() -> dict[str, list[Entry]]:
    return {path.stem: list(read_sheet(path)) for path in SHEETS}


def _identifier(mark: Mark) -> bool:
    return mark.label.partition("/")[0] in CATEGORIES


def _half(sheets: dict[str, list[Entry]], half: str) -> list[Entry]:
    return [e for name, entries in sheets.items() if half in name.split("_") for e in entries]


def _words(entries: list[Entry], categories: set[str]) -> set[str]:
    found = set()
    for e in entries:
        for m in e.marks:
            if m.label.partition("/")[0] in categories:
                words = e.text[m.start : m.end]
                found.add(re.sub(r"\s", "", words))
                if m.label.startswith("PERSON"):
                    found.update(part for part in _NAME_PARTS.split(words) if len(part) > 1)
    return found


def test_the_sheets_hold_what_the_datasheet_says(sheets: dict[str, list[Entry]]) -> None:
    readme = (ROOT / "corpora" / "deid" / "README.md").read_text("utf-8")
    said = {name: int(n) for name, n in re.findall(r"^\| `(\w+)\.txt` \| (\d+) ", readme, re.MULTILINE)}
    measured_sizes = {name: len(entries) for name, entries in sheets.items()}
    assert said == measured_sizes, "the table at the top of corpora/deid/README.md does not fit the sheets"
    head, *body = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in readme.splitlines()
        if re.match(r"\| (?:category|[A-Z]+) \|", line)
    ]
    assert head[1:] == [name for name in sheets if not name.startswith("negatives")]
    measured = {
        name: Counter(m.label.partition("/")[0] for e in sheets[name] for m in e.marks if _identifier(m))
        for name in head[1:]
    }
    assert body == [[c, *(str(measured[name][c]) for name in head[1:])] for c in CATEGORIES]


def test_ids_and_texts_are_unique(sheets: dict[str, list[Entry]]) -> None:
    every = [e for entries in sheets.values() for e in entries]
    assert [i for i, n in Counter(e.id for e in every).items() if n > 1] == []
    assert [t for t, n in Counter(e.text for e in every).items() if n > 1] == []


def test_every_mark_is_of_a_known_kind_and_none_overlap(sheets: dict[str, list[Entry]]) -> None:
    wrong = []
    for entries in sheets.values():
        for e in entries:
            for m in e.marks:
                words = e.text[m.start : m.end]
                if not (m.label == "phi-ignore" or re.fullmatch(r"keep/.+", m.label) or _identifier(m)):
                    wrong.append((e.id, m.label))
                if words.strip() != words and m.label != "phi-ignore":
                    wrong.append((e.id, f"space at the border of {m.label} at {m.start}"))
            told = [m for m in e.marks if m.label != "phi-ignore"]
            wrong += [(e.id, f"overlap at {b.start}") for a, b in combinations(told, 2) if b.start < a.end]
    assert wrong == []


def test_reports_are_dense_and_negatives_clean(sheets: dict[str, list[Entry]]) -> None:
    wrong = []
    for name, entries in sheets.items():
        for e in entries:
            identifiers = sum(map(_identifier, e.marks))
            kept = sum(m.label.startswith("keep/") for m in e.marks)
            if name.startswith("negatives"):
                fine = identifiers == 0 and kept >= 1
            else:
                fewest, most, traps, shortest, longest = (
                    TRAIN if name.startswith("train") else SHAPE.get(name.rpartition("_")[2][0], MIXED)
                )
                fine = fewest <= identifiers <= most and kept >= traps and shortest <= len(e.text) <= longest
            if not fine:
                wrong.append((e.id, identifiers, kept, len(e.text)))
    assert wrong == []


def test_negatives_of_part_b_are_whole_reports(sheets: dict[str, list[Entry]]) -> None:
    for name in ("negatives_dev_b", "negatives_test_b"):
        assert [e.id for e in sheets[name] if not (80 <= len(e.text) <= 300 and len(e.marks) >= 2)] == []


def test_known_fields_can_be_read_and_are_used(sheets: dict[str, list[Entry]]) -> None:
    with_known = [e for part in ("dev_b", "test_b") for e in sheets[part] if KNOWN & e.fields.keys()]
    assert len(with_known) >= 40
    wrong = []
    for e in with_known:
        if "birth_date" in e.fields:
            assert datetime.date.fromisoformat(e.fields["birth_date"]).year > 1900
        if not all(e.fields[key].strip() for key in KNOWN & e.fields.keys()):
            wrong.append((e.id, "empty field"))
        if not any(m.label.startswith("PERSON") for m in e.marks):
            wrong.append((e.id, "nobody is named"))
        numbers = {_bare(e.text[m.start : m.end]) for m in e.marks if m.label.startswith("ID/")}
        for key in {"patient_id", "accession_number"} & e.fields.keys():
            said = _bare(e.fields[key])
            if said in _bare(e.text) and said not in numbers:
                wrong.append((e.id, f"{key} stands unmarked"))
    assert wrong == []


def _bare(words: str) -> str:
    return re.sub(r"[\s\-‐－]", "", unicodedata.normalize("NFKC", words)).lstrip("0").casefold()


def test_known_names_are_marked_wherever_they_stand(sheets: dict[str, list[Entry]]) -> None:
    # Where a field and the text agree letter by letter, the text must carry a mark there.
    wrong = []
    for e in (e for part in ("dev_b", "test_b") for e in sheets[part]):
        names = [e.fields.get(key, "") for key in ("patient_name", "patient_kana")]
        names += e.fields.get("physicians", "").split(";")
        for name in {part for whole in names for part in whole.split() if len(part) > 1}:
            for found in re.finditer(re.escape(name), e.text):
                if not any(m.start < found.end() and found.start() < m.end for m in e.marks):
                    wrong.append((e.id, name, found.start()))
    assert wrong == []


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_is_present(sheets: dict[str, list[Entry]], category: str) -> None:
    marks = [m.label.partition("/")[0] for entries in sheets.values() for e in entries for m in e.marks]
    assert marks.count(category) >= 10


def test_no_span_takes_an_honorific_or_a_label(sheets: dict[str, list[Entry]]) -> None:
    tail = re.compile(r"(?:先生|さん|様|殿|医師|技師|くん|ちゃん|先生方|宛|生まれ|号室)$")
    head = re.compile(r"^(?:氏名|患者|電話|TEL|FAX|ID[:：]|〒|Dr\.? |内線|PHS|読影|依頼)")
    wrong = []
    for entries in sheets.values():
        for e in entries:
            for m in e.marks:
                words = e.text[m.start : m.end]
                # An alias may end as a pet name does: たけちゃん is the alias itself.
                if _identifier(m) and m.label != "PERSON/alias" and (tail.search(words) or head.search(words)):
                    wrong.append((e.id, m.label, m.start))
    assert wrong == []


def test_the_halves_name_other_people_and_places(sheets: dict[str, list[Entry]]) -> None:
    # Common surnames may meet, as they do anywhere; whole names, addresses and facilities do not.
    categories = {"PERSON", "FACILITY", "ADDRESS"}
    dev, test = (_words(_half(sheets, half), categories) for half in ("dev", "test"))
    assert dev
    assert test
    assert sorted(word for word in dev & test if len(word) > 4) == []  # 勅使河原 is a surname
    assert len(dev & test) <= len(test) / 10


def test_individual_numbers_carry_their_check_digit(sheets: dict[str, list[Entry]]) -> None:
    numbers = [
        re.sub(r"\D", "", e.text[m.start : m.end])
        for name, entries in sheets.items()
        if not name.startswith("train")  # one of them is a mistyped copy
        for e in entries
        for m in e.marks
        if m.label == "ID/mynumber"
    ]
    assert numbers
    for number in numbers:
        weights = [n + 1 if n <= 6 else n - 5 for n in range(11, 0, -1)]
        rest = sum(int(d) * w for d, w in zip(number[:11], weights, strict=True)) % 11
        assert int(number[11:]) == (0 if rest <= 1 else 11 - rest)


def test_nothing_is_copied_from_the_development_data(sheets: dict[str, list[Entry]]) -> None:
    files = sorted(SHARED.glob("*/*.jsonl"))
    if not files:
        pytest.skip("the development data is not beside this checkout")
    seen = set()
    for path in files:
        for line in path.read_text("utf-8").splitlines():
            for text in _strings(json.loads(line)):
                seen.update(text[i : i + OVERLAP] for i in range(len(text) - OVERLAP + 1))
    copied = []
    for entries in sheets.values():
        for e in entries:
            for i in range(len(e.text) - OVERLAP + 1):
                part = e.text[i : i + OVERLAP]
                if part in seen and len(_JAPANESE.findall(part)) * 2 > OVERLAP:
                    copied.append((e.id, i))
    assert copied == []


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [s for v in value.values() for s in _strings(v)]
    if isinstance(value, list):
        return [s for v in value for s in _strings(v)]
    return []
