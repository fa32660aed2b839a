"""Every identifier of the corpora respelled: what detection then misses is counted exactly, so that nothing shifts unseen."""

import json
from pathlib import Path

import pytest

from corpora.respell import AXES, Case, cases, count, missed, respell
from jmid_nlp.batch.rows import parse_report
from jmid_nlp.deid.detect import detect

KNOWN_FAILURES = Path(__file__).parents[2] / "known_failures" / "adversarial.json"
NAME = Case("c", "患者氏名：高崎 タロウ 様", ((5, 11, "PERSON", "patient"),))


def test_missed_respellings_are_exactly_the_known_ones():
    known = json.loads(KNOWN_FAILURES.read_text(encoding="utf-8"))
    counted = count(detect)
    changed = [f"{axis}: {known.get(axis)} -> {tally}" for axis, tally in counted.items() if known.get(axis) != tally]
    assert not changed, (
        "detection of respelled identifiers changed; `python -m corpora.respell AXIS` shows what is missed, and "
        "`python -m corpora.respell > tests/known_failures/adversarial.json` keeps the new counts:\n"
        + "\n".join(changed)
    )


@pytest.mark.parametrize("axis", AXES)
def test_the_records_own_identifiers_are_found_in_any_spelling(axis):
    """Names, kana, ids and birth date that the record itself gives must never be missed."""
    lost, tried = [], 0
    for case in cases():
        own = tuple(s for s in case.spans if s[2:] in (("PERSON", "patient"), ("ID", "patient"), ("DATE", "birth")))
        if case.record is None or not own:
            continue
        report = parse_report(case.record, number=0)
        respelled = respell(Case(case.id, case.text, own), axis)
        if respelled:
            tried += len(respelled.spans)
            lost += [case.id for _ in missed(respelled, detect, known=report)]
    assert tried
    assert lost == NOT_IN_RECORD.get(axis, [])


# Foreign names in Latin letters that neither stand in the record nor are the romaji of its kana.
NOT_IN_RECORD = {"lower": ["AN-03", "HT-10"]}


@pytest.mark.parametrize(
    ("axis", "wanted"),
    [
        ("full_width", "高崎　タロウ"),
        ("half_width_kana", "高崎 ﾀﾛｳ"),
        ("hiragana", "高崎 たろう"),
        ("variants", "髙﨑 タロウ"),
        ("invisible", "高\u200b崎 タロウ"),
        ("radicals", "⾼崎 タロウ"),
    ],
)
def test_respelling_keeps_the_rest_and_the_span(axis, wanted):
    new = respell(NAME, axis)
    (start, end, *_) = new.spans[0]
    assert new.text[start:end] == wanted
    assert (new.text[:start], new.text[end:]) == ("患者氏名：", " 様")


def test_dates_in_kanji_and_dashes():
    case = Case("c", "2024年11月20日、TEL 03-1234-5678", ((0, 11, "DATE", "exam"), (16, 28, "PHONE", "phone")))
    assert respell(case, "kanji_digits").text.startswith("二〇二四年十一月二十日、")
    assert "-" not in respell(case, "dashes").text
    assert respell(case, "spaced") is None
