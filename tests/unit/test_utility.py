"""Findings before and after de-identification: none lost, and each difference named when there is one."""

import hashlib
import json
from dataclasses import replace

import pytest

from corpora.findings_markup import read_corpus
from jmid_nlp.api import deidentifier, sample
from jmid_nlp.batch.job import DeidJob
from jmid_nlp.deid.keys import Key
from jmid_nlp.findings.extract import extract
from jmid_nlp.schema import Edit, Extraction, Finding, SiteMention, Staging
from jmid_nlp.utility import ATTRIBUTES, Difference, compare

KEY = Key(hashlib.sha256(b"a key for tests").digest())


def edit(start, end, new_start, new_end):
    return Edit(start, end, new_start, new_end, "PERSON", "patient", "surrogate", "test", 1.0)


def finding(start, end, **values):
    return Finding(start, end, "結節", "nodule", "positive", **values)


# "佐藤様、右肺に結節あり。" became "大和田様、右肺に結節あり。": all behind the name moves by one.
EDITS = (edit(0, 2, 0, 3),)
BEFORE = Extraction("r", findings=(finding(7, 9, locations=(SiteMention(4, 6, "lung"),)),))
AFTER = Extraction("r", findings=(finding(8, 10, locations=(SiteMention(5, 7, "lung"),)),))


def test_moved_spans_are_no_difference():
    assert compare(BEFORE, AFTER, EDITS) == []


def test_without_the_edits_everything_is_lost_and_new():
    assert [(d.kind, d.attribute) for d in compare(BEFORE, AFTER, ())] == [("lost", "span"), ("new", "span")]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("concept", "mass"),
        ("certainty", "negative"),
        ("locations", (SiteMention(5, 7, "heart"),)),
        ("locations", ()),
        ("laterality", "left"),
        ("sizes_mm", ((5.0,),)),
        ("prior_sizes_mm", ((5.0,),)),
        ("change", "new"),
        ("multiple", True),
        ("historical", True),
        ("section", "findings"),
    ],
)
def test_each_attribute_is_compared(attribute, value):
    assert attribute in ATTRIBUTES
    other = replace(AFTER, findings=(replace(AFTER.findings[0], **{attribute: value}),))
    assert compare(BEFORE, other, EDITS) == [Difference("r", "changed", attribute, 7, 9, 8, 10)]


def test_a_finding_whose_own_words_were_replaced_is_a_difference_even_if_it_is_found_again():
    after = Extraction("r", findings=(finding(7, 10, locations=(SiteMention(4, 6, "lung"),)),))
    found = compare(BEFORE, after, (edit(8, 9, 8, 10),))
    assert [(d.kind, d.attribute) for d in found] == [("replaced", "span")]


def test_two_findings_over_the_same_words_are_paired_by_what_they_say():
    two = (finding(7, 9), replace(finding(7, 9), certainty="negative"))
    moved = tuple(replace(f, start=8, end=10) for f in reversed(two))
    assert compare(Extraction("r", findings=two), Extraction("r", findings=moved), EDITS) == []


def test_stage_and_labels_are_compared():
    before = replace(BEFORE, tnm=Staging("T1c", "N0", None), labels={"set": {"nodule": "1", "mass": "0"}})
    after = replace(AFTER, tnm=Staging("T2a", "N0", None), labels={"set": {"nodule": "1"}})
    assert [d.attribute for d in compare(before, after, EDITS)] == ["tnm.T", "labels.set.mass"]


def rows_of(name):
    if name == "sample":
        lines = (sample() / "reports.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]
    return [{"id": r["id"], "text": r["text"]} for r in read_corpus(name)]


@pytest.mark.parametrize("name", ["sample", "dev", "test"])
def test_no_finding_of_the_corpora_changes(name):
    """The proof itself, by the job that `jmid-nlp deid --check-findings` runs."""
    job = DeidJob(deidentifier("kamei", key=KEY), check_findings=True)
    outcome = job(list(enumerate(rows_of(name))))
    assert outcome.failed == []
    assert outcome.rows
    assert outcome.sides["findings"] == []


def test_differences_of_the_job_hold_no_text():
    def blind(text, known=None):
        from jmid_nlp.schema import Identifier

        at = text.find("結節")
        return (Identifier(at, at + 2, "PERSON", "patient", 1.0, "test"),) if at >= 0 else ()

    job = DeidJob(deidentifier("kamei", key=KEY, detector=blind), check_findings=True)
    outcome = job([(0, {"id": "a", "text": "右肺下葉に結節を認めます。"})])
    kinds = [row["kind"] for row in outcome.sides["findings"]]
    assert "replaced" in kinds
    assert extract("右肺下葉に結節を認めます。").findings
    assert not any(isinstance(v, str) and "結節" in v for row in outcome.sides["findings"] for v in row.values())
    assert set(outcome.sides["findings"][0]) == {"id", "kind", "attribute", "start", "end", "new_start", "new_end"}
