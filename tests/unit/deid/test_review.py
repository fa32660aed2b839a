"""The review list, a reviewer's decisions, and what one report of a patient proves for the others."""

import hashlib
import json

import pytest

from jmid_nlp.api import deidentifier
from jmid_nlp.batch.job import DeidJob, ReviewJob
from jmid_nlp.deid.decisions import Decided, Decision, Decisions
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import load_policy
from jmid_nlp.deid.propagation import PatientBook, Propagated, proofs
from jmid_nlp.deid.review import by_risk, review, review_rows
from jmid_nlp.deid.unknown import unknown_words
from jmid_nlp.errors import FileFormatError, WithheldError
from jmid_nlp.schema import Identifier, Report

KEY = Key(hashlib.sha256(b"a key for tests").digest())


def nothing(text, known=None):
    return ()


def words(text):
    return {text[w.start : w.end]: w.kind for w in unknown_words(text)}


@pytest.mark.parametrize(
    ("text", "word", "kind"),
    [
        ("所見は工藤に伝えた。", "工藤", "surname"),
        ("撮影はツジモトが行った。", "ツジモト", "katakana"),
        ("discussed with Hatanaka on the phone", "Hatanaka", "latin"),
        ("台帳 4471-90218 に記載。", "4471-90218", "number"),
        ("ｸﾄﾞｳﾏｻﾋﾛに伝えた。", "ｸﾄﾞｳﾏｻﾋﾛ", "katakana"),
    ],
)
def test_words_that_no_lexicon_knows_are_listed(text, word, kind):
    assert words(text).get(word) == kind


@pytest.mark.parametrize(
    "text",
    [
        "右肺下葉S6に12mm大の結節を認めます。胸水は認めません。",
        "橋本病の既往あり。クローン病。バセドウ病。ダグラス窩に腹水なし。",
        "T2WIで高信号、FLAIRで高信号。MRAで狭窄なし。",
        "単純、造影CT。イオパミドール使用。",
        "cT2aN1M0、Stage IIB、Fazekas III",
    ],
)
def test_plain_reports_have_nothing_to_look_at(text):
    assert words(text) == {}


def test_a_word_beside_a_cue_comes_first():
    text = "工藤先生に報告。別件は工藤に確認。"
    first, second = review(Report("r", text), detector=nothing)
    assert (first.reason, text[first.start : first.end], first.start) == ("surname_beside_cue", "工藤", 0)
    assert second.reason == "surname"
    assert first.risk > second.risk


def test_weak_detections_and_those_below_the_threshold():
    text = "佐藤と鈴木と高橋さん"
    found = (
        Identifier(0, 2, "PERSON", "doctor", 0.6, "names.bare"),
        Identifier(3, 5, "PERSON", "doctor", 0.8, "names.bare"),
        Identifier(6, 8, "PERSON", "doctor", 0.8, "names.title"),
    )

    def detector(text, known=None):
        return found

    plain = review(Report("r", text), detector=detector)
    assert [(i.start, i.reason) for i in plain] == [(0, "weak"), (3, "no_cue")]  # the third has an honorific
    policy = load_policy("kamei")
    strict = type(policy)(
        **{f: getattr(policy, f) for f in policy.__slots__ if f != "rules"},
        rules={**policy.rules, "PERSON": type(policy.rules["PERSON"])("tag", threshold=0.7)},
    )
    first = review(Report("r", text), policy=strict, detector=detector)[0]
    assert (first.start, first.reason, first.category) == (0, "below_threshold", "PERSON")
    assert first.risk == max(i.risk for i in review(Report("r", text), policy=strict, detector=detector))


def test_rows_hold_text_only_where_asked_for():
    report = Report("r", "撮影はツジモトが行った。")
    items = review(report, detector=nothing)
    assert "ツジモト" not in json.dumps(review_rows(report, items), ensure_ascii=False)
    assert review_rows(report, items, with_text=True)[0]["text"] == "ツジモト"


def test_the_list_is_in_order_of_risk_and_else_stable():
    rows = [{"id": i, "risk": r} for i, r in enumerate([0.1, 0.9, 0.1, 0.5, 0.9])]
    assert [r["id"] for r in by_risk(lambda: iter(rows))] == [1, 4, 3, 0, 2]


def test_the_job_counts_failures_and_leaves_out_nothing():
    outcome = ReviewJob()([(0, {"id": "a", "text": "参考資料はボルケニアス版。"}), (1, {"id": "b"})])
    assert [(r["id"], r["reason"]) for r in outcome.rows] == [("a", "katakana")]
    assert [(f["id"], f["field"]) for f in outcome.failed] == [("b", "text")]
    assert outcome.left_out == 0


# --- decisions

TEXT = "読影：佐々木 健一。台帳 4471-90218。工藤に伝えた。"
REPORT = Report("r", TEXT)
NAME = (3, 9)
KUDO = (TEXT.index("工藤"), TEXT.index("工藤") + 2)


FOUND = (Identifier(*NAME, "PERSON", "radiologist", 0.6, "names.label"),)


def decided(*decisions):
    return Decisions([("r", d) for d in decisions]).apply(REPORT, FOUND)


def test_accept_makes_sure_and_may_correct_the_category():
    (one,) = decided(Decision(*NAME, "accept"))
    assert (one.start, one.end, one.score, one.category) == (*NAME, 1.0, "PERSON")
    assert decided(Decision(*NAME, "accept", "FACILITY"))[0].category == "FACILITY"


def test_remove_keeps_the_text_and_what_sticks_out_stays_detected():
    assert decided(Decision(*NAME, "remove")) == ()
    assert [(i.start, i.end) for i in decided(Decision(3, 6, "remove"))] == [(6, 9)]


def test_add_finds_what_nothing_found():
    found = decided(Decision(*KUDO, "add", "PERSON"))
    assert [(i.start, i.end, i.detector) for i in found] == [(*NAME, "names.label"), (*KUDO, "review")]


@pytest.mark.parametrize(
    ("decisions", "says"),
    [
        ([Decision(3, 9, "accept"), Decision(3, 9, "remove")], "contradict"),
        ([Decision(3, 9, "remove"), Decision(5, 12, "add", "PERSON")], "contradict"),
        ([Decision(3, 400, "remove")], "beyond the end"),
        ([Decision(*KUDO, "accept")], "not there"),
    ],
)
def test_decisions_that_do_not_fit_withhold_the_report(decisions, says):
    with pytest.raises(WithheldError, match=says) as caught:
        decided(*decisions)
    assert "佐々木" not in str(caught.value)


def test_decisions_of_other_reports_change_nothing():
    assert Decisions([("other", Decision(0, 900, "remove"))]).apply(REPORT, FOUND) == FOUND


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nonsense", "line 1"),
        ('{"start": 1, "end": 2, "decision": "remove"}', "id"),
        ('{"id": "r", "start": 2, "end": 2, "decision": "remove"}', "start"),
        ('{"id": "r", "start": true, "end": 2, "decision": "remove"}', "start"),
        ('{"id": "r", "start": 1, "end": 2, "decision": "maybe"}', "accept, remove, add"),
        ('{"id": "r", "start": 1, "end": 2, "decision": "add"}', "category"),
        ('{"id": "r", "start": 1, "end": 2, "decision": "add", "category": "NAME"}', "category"),
    ],
)
def test_unreadable_decisions_are_refused_with_their_line(tmp_path, line, says):
    path = tmp_path / "decisions.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(FileFormatError, match=says):
        Decisions.read(path)


def test_decisions_read_rows_of_the_review_list(tmp_path):
    row = {"id": "r", "start": KUDO[0], "end": KUDO[1], "reason": "surname", "score": 0.0, "risk": 0.6}
    path = tmp_path / "decisions.jsonl"
    path.write_text(json.dumps(row | {"decision": "add", "category": "PERSON"}) + "\n\n", encoding="utf-8")
    one, other = Decisions.read(path), Decisions([("r", Decision(*KUDO, "add", "PERSON"))])
    assert len(one) == 1
    assert one.fingerprint == other.fingerprint != Decisions().fingerprint


def job(decisions):
    return DeidJob(deidentifier("kamei", key=KEY, detector=Decided(Decisions([("r", d) for d in decisions]))))


def test_the_job_applies_decisions_and_lists_what_does_not_fit():
    row = {"id": "r", "text": TEXT}
    safe = job([Decision(*KUDO, "add", "PERSON"), Decision(*NAME, "remove")])([(0, row)]).rows[0]["text"]
    assert "工藤" not in safe
    assert "佐々木 健一" in safe
    outcome = job([Decision(0, 900, "remove")])([(0, row)])
    assert outcome.rows == []
    assert outcome.failed[0]["id"] == "r"
    assert "beyond" in outcome.failed[0]["reason"]


def test_a_decision_cannot_keep_what_the_record_names():
    row = {"id": "r", "text": TEXT, "physicians": ["佐々木 健一"]}
    outcome = job([Decision(*NAME, "remove")])([(0, row)])
    assert outcome.rows == []
    assert "record" in outcome.failed[0]["reason"]


# --- propagation within a patient

FIRST = Report("1", "主治医：月見里 綾乃。検査番号 KX-4471-90218。", patient_id="P1")
SECOND = "右肺に結節あり。月見里に連絡済。KX-4471-90218参照。"


def book():
    from jmid_nlp.deid.detect import detect

    kept = PatientBook()
    kept.add(FIRST.patient_id, proofs(FIRST, detect(FIRST.text, known=FIRST)))
    return kept


def found_in(text, patient, detector=nothing):
    hits = Propagated(book(), detector)(text, known=Report("2", text, patient_id=patient))
    return [text[i.start : i.end] for i in hits]


def test_what_one_report_proves_is_found_in_the_patients_others():
    assert found_in(SECOND, "P1") == ["月見里", "KX-4471-90218"]
    assert found_in(SECOND, "P2") == []
    assert found_in(SECOND, None) == []


def test_width_does_not_hide_and_detections_stay():
    wide = "ＫＸ－４４７１－９０２１８参照。"
    assert found_in(wide, "P1") == ["ＫＸ－４４７１－９０２１８"]

    def own(text, known=None):
        return (Identifier(0, 2, "DATE", "date", 0.9, "own"),)

    assert found_in(SECOND, "P1", own)[0] == SECOND[:2]


def test_a_proven_name_does_not_touch_eponyms_or_longer_words():
    text = "橋本病。"
    hashimoto = Report("1", "主治医：橋本 太一", patient_id="P1")
    from jmid_nlp.deid.detect import detect

    kept = PatientBook()
    kept.add("P1", proofs(hashimoto, detect(hashimoto.text)))
    assert len(kept) == 1
    assert Propagated(kept, nothing)(text, known=Report("2", text, patient_id="P1")) == ()


def test_the_book_shows_no_strings():
    assert "月見里" not in repr(book()) + repr(Propagated(book())) + repr(proofs(FIRST, ()))
    assert "月見里" not in repr(sorted(book().of("P1")))


def test_provenance_names_decisions_and_propagation():
    plain = deidentifier("kamei", key=KEY)
    kept = Decisions([("r", Decision(*NAME, "remove"))])
    both = deidentifier("kamei", key=KEY, detector=Decided(kept, Propagated(book())))
    assert "detector" not in plain(REPORT).provenance
    assert both(REPORT).provenance["detector"] == f"propagated+decisions {kept.fingerprint}"
    assert DeidJob(plain).fingerprint != DeidJob(both).fingerprint
