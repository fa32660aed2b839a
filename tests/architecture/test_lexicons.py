"""The lexicons of the findings layer: no duplicate, no orphan, both languages, no unguarded trap, every row reachable."""

from __future__ import annotations

from collections import defaultdict

import pytest

from jmid_nlp.findings.terms import FORM_COLUMNS, LEXICONS, ancestors, concepts, forms_of, reader
from jmid_nlp.lexicon import read_table, read_text, split_forms

ROWS = [(name, row) for name in LEXICONS for row in read_table(name)]
BOTH_LANGUAGES = ("anatomy.tsv", "observation.tsv")
SIDES = {"left", "right", "bilateral", "midline", "paired", "none"}
LEVELS = {"definite", "likely", "possible", "unlikely", "denied", "general"}
VALUES = {"positive", "suspicious", "negative", "general"}
# One letter is a trap where a common word holds it. Those that no common word of a report holds are listed here.
HARMLESS = set("舌瘻咳脳肺胆膵脾胃腸臍腟膣肘膝腱傍左両伴疑瘤")


@pytest.mark.parametrize("name", sorted(LEXICONS))
def test_file_names_its_source_and_licence(name):
    head = [line for line in read_text(name).splitlines() if line.startswith("#")]
    assert any(line.startswith("# source:") for line in head)
    assert any(line.startswith("# licence:") for line in head)


def test_no_form_stands_twice():
    owners = defaultdict(list)
    for name, row in ROWS:
        for form in forms_of(row):
            owners[form.lower()].append(f"{name}:{row['id']}")
    twice = {form: found for form, found in owners.items() if len(found) > 1}
    assert not twice


def test_forms_with_several_senses_are_nowhere_else():
    plain = {form.lower() for _, row in ROWS for form in forms_of(row)}
    senses = read_table("abbreviation.tsv", ("form", "concept", "context"))
    assert not [r["form"] for r in senses if r["form"].lower() in plain]
    assert not [r["concept"] for r in senses if r["concept"] not in concepts()]


def test_no_orphan_parent_and_no_circle():
    known = concepts()
    assert not [c.id for c in known.values() if c.parent and c.parent not in known]
    assert not [c.id for c in known.values() if c.id in ancestors(c.id)]


def test_anatomy_is_one_tree_with_side_rules():
    rows = [row for name, row in ROWS if name == "anatomy.tsv"]
    assert [r["id"] for r in rows if not r["parent"]] == ["body"]
    assert not [r["id"] for r in rows if r["side"] not in SIDES]
    assert all(ancestors(r["id"])[-1] == "body" for r in rows if r["id"] != "body")


def test_both_languages():
    missing = [row["id"] for name, row in ROWS if name in BOTH_LANGUAGES for c in ("ja", "en") if not row[c]]
    assert not missing


def test_stable_ids():
    assert not [c for c in concepts() if not c.isascii() or c != c.lower() or " " in c]


def test_cues_name_level_and_both_readings():
    rows = [row for name, row in ROWS if name == "cues.tsv"]
    assert not [r["id"] for r in rows if r["level"] not in LEVELS or {r["prism"], r["finding"]} - VALUES]
    assert not [r["id"] for r in rows if r["direction"] not in {"before", "after"}]
    assert not [r["id"] for r in rows if r["scope"] not in {"clause", "phrase", "item", "section"}]


def test_every_row_is_reachable():
    """A concept none of whose forms is read as itself is shadowed by another table and of no use."""
    read = reader().read
    shadowed = [
        c.id
        for c in concepts().values()
        if c.kind != "guard" and not any([t.concept for t in read(form)] == [c.id] for form in forms_of(c.row))
    ]
    assert not shadowed


def test_one_letter_forms_are_guarded():
    guarded = set()
    for name, row in ROWS:
        if name == "guard.tsv":
            guarded.add(row["hides"])
    traps = [
        form
        for name, row in ROWS
        if name != "guard.tsv"
        for form in forms_of(row)
        if len(form) == 1 and form not in guarded and form not in HARMLESS
    ]
    assert not traps


def test_guards_guard():
    """Each guard word holds what it hides, or the row would do nothing; and the hidden word is not read inside it."""
    read = reader().read
    for name, row in ROWS:
        if name == "guard.tsv":
            for form in forms_of(row):
                assert row["hides"] not in [t.form for t in read(form)], form


def test_no_empty_or_blank_forms():
    for _, row in ROWS:
        for column in FORM_COLUMNS:
            for cell in split_forms(row.get(column, "")):
                assert cell == cell.strip()


def test_code_keywords_exist_in_pydicom():
    """Codes are looked up by keyword at run time; none is typed here."""
    known = set(pytest.importorskip("pydicom.sr.codedict").codes.SCT.__dir__())
    named = [c.row["pydicom"] for c in concepts().values() if c.row.get("pydicom")]
    assert len(named) > 100
    assert not [k for k in named if k not in known]
