import csv
import dataclasses
import io
import json
import pickle
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmid_nlp.deid.checks import names_somebody
from jmid_nlp.deid.codes import is_pseudonym, remap_uid
from jmid_nlp.deid.deidentify import Deidentifier, sex_letter
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import BUILT_IN, ColumnRule, load_policy
from jmid_nlp.errors import KeyMaterialError, PolicyError, WithheldError
from jmid_nlp.schema import Identifier, Report

KEY = Key(bytes(range(40, 72)))
OTHER = Key(bytes(range(60, 92)))

# What is in the text, and its category: a detector that knows the answers, so that these tests look at treatment only.
GOLD = (
    ("桐生 沙羅", "PERSON", "patient"), ("キリュウ サラ", "PERSON", "patient"), ("KIRYU^SARA=桐生^沙羅=キリュウ^サラ", "PERSON", "patient"),
    ("戸叶 義郎", "PERSON", "radiologist"), ("戸叶", "PERSON", "radiologist"), ("S41.3.9", "DATE", "birth"), ("H31.4.20", "DATE", "exam"),
    ("2019/05/01", "DATE", "exam"), ("00418273", "ID", "patient"), ("みさき台病院", "FACILITY", "hospital"), ("03-3999-1234", "PHONE", "phone"),
    ("93歳", "AGE", "age"), ("123456789018", "ID", "mynumber"), ("山梨県甲府市北口1-2", "ADDRESS", "full"),
)  # fmt: skip
TEXT = (
    "患者：桐生 沙羅（キリュウ サラ） KIRYU^SARA=桐生^沙羅=キリュウ^サラ ID 00418273 S41.3.9生 山梨県甲府市北口1-2\r\n"
    "H31.4.20(土)と比較。みさき台病院 戸叶 義郎先生より。母93歳。個人番号123456789018、TEL 03-3999-1234\r\n"
    "【所見】右肺下葉S6に12mm大の結節、前回より増大。検査日2019/05/01 戸叶"
)
ROW = Report(
    report_id="r-1", text=TEXT, patient_id="00418273", patient_name="桐生 沙羅", patient_kana="キリュウ サラ", birth_date="1966-03-09",
    accession_number="ACC20190501", study_uid="1.2.392.200036.1.5", institution="みさき台病院", physicians=("戸叶 義郎",), sex="F", age=53,
    exam_date="2019-05-01", exam_time="10:15", modality="CT", body_part="CHEST", protocol="胸部造影", contrast_dose_ml=100.0,
    extra={"scanner": "CT-3", "note": 5},
)  # fmt: skip
SECRETS = (
    "桐生",
    "沙羅",
    "キリュウ",
    "サラ",
    "KIRYU",
    "戸叶",
    "義郎",
    "00418273",
    "418273",
    "1966-03-09",
    "41.3.9",
    "みさき台",
    "ACC20190501",
    "392.200036",
    "3999",
    "甲府",
)


def detector(text, known=None):
    found, taken = [], []
    for value, category, subtype in sorted(GOLD, key=lambda g: -len(g[0])):
        at = text.find(value)
        while at >= 0:
            span = (at, at + len(value))
            if all(span[1] <= s or e <= span[0] for s, e in taken):
                taken.append(span)
                found.append(Identifier(*span, category, subtype, 1.0, "gold"))
            at = text.find(value, at + 1)
    return tuple(found)


def deid(policy="kamei", **more):
    rules = load_policy(policy) if isinstance(policy, str) else policy
    return Deidentifier(
        rules, None if rules.key == "ephemeral" else KEY, detector=more.pop("detector", detector), **more
    )


def reread(row, **change):
    """The row as a reader would make a report of it again."""
    names = {f.name for f in dataclasses.fields(Report)}
    values = {k: v for k, v in row.items() if k in names} | change
    return Report(**values, extra={k: v for k, v in row.items() if k not in names})


@pytest.mark.parametrize("policy", BUILT_IN)
@pytest.mark.parametrize("strategy", ["tag", "consistent", "varied"])
def test_no_identifier_of_the_record_is_in_text_row_or_provenance(policy, strategy):
    out = deid(dataclasses.replace(load_policy(policy), strategy=strategy))(ROW)
    shown = json.dumps(
        [out.text, {k: str(v) for k, v in out.row.items()}, dict(out.provenance), str(out)], ensure_ascii=False
    )
    assert [s for s in SECRETS if s in shown] == []


def test_kamei_links_reports_of_a_patient_and_agrees_with_the_text():
    treat = deid()
    one, two = (
        treat(ROW),
        treat(dataclasses.replace(ROW, report_id="r-2", text="桐生 沙羅、2019/05/01。", exam_date="2019-06-01")),
    )
    assert is_pseudonym(one.patient_id)
    assert one.patient_id == two.patient_id
    name = one.row["patient_name"]
    assert name == two.row["patient_name"]
    assert name in one.text
    assert name in two.text
    assert one.row["patient_kana"] in one.text
    assert one.row["institution"] in one.text
    assert one.row["physicians"][0] in one.text
    assert one.row["institution"].endswith("病院")
    assert one.row["exam_date"].replace("-", "/") in one.text
    assert one.row["exam_date"].replace("-", "/") in two.text
    assert one.row["birth_date"].count("-") == 1
    assert one.row["study_uid"] == remap_uid(ROW.study_uid, KEY)
    assert (one.row["age"], one.row["sex"], one.row["contrast_dose_ml"], one.row["scanner"]) == (53, "F", 100.0, "CT-3")


def test_another_patient_gets_another_shift_and_another_name():
    treat = deid()
    one, two = treat(ROW), treat(dataclasses.replace(ROW, report_id="r-2", patient_id="00418274"))
    assert one.row["patient_id"] != two.row["patient_id"]
    assert one.row["patient_name"] != two.row["patient_name"]
    assert one.row["exam_date"] != two.row["exam_date"]
    assert one.row["institution"] == two.row["institution"], "an institution is one over the whole data set"


def test_tokumei_leaves_no_restorable_link():
    one, two = deid("tokumei")(ROW), deid("tokumei")(ROW)
    assert one.row["patient_id"] != two.row["patient_id"]
    assert one.text == two.text
    assert (one.row["exam_date"], one.row["birth_date"], one.row["age"], one.row["exam_time"]) == (
        "2019-05",
        "1966",
        50,
        None,
    )
    assert one.row["patient_name"] is None
    assert one.row["physicians"] == ()
    assert one.provenance["key"] == "ephemeral"


def test_top_age_hides_the_birth_date():
    row = dataclasses.replace(ROW, age=94, birth_date="1925-01-02")
    for policy in BUILT_IN:
        out = deid(policy)(row)
        assert out.row["age"] == 90
        assert out.row["birth_date"] is None


def test_medicine_and_line_ends_stay():
    out = deid()(ROW)
    assert "【所見】右肺下葉S6に12mm大の結節、前回より増大。" in out.text
    assert out.text.count("\r\n") == TEXT.count("\r\n")


def test_external_shift_is_used_and_a_missing_one_withholds():
    out = deid(date_shift_days={"00418273": 30})(ROW)
    assert out.row["exam_date"] == "2019-05-31"
    assert "R1.5.20(月)" in out.text
    assert out.provenance["date_shift"] == "external"
    with pytest.raises(WithheldError, match="no date shift"):
        deid(date_shift_days={"other": 30})(ROW)
    with pytest.raises(PolicyError, match="other than 0"):
        deid(date_shift_days={"00418273": 0})


# ---------------------------------------------------------------- idempotence
@pytest.mark.parametrize("policy", BUILT_IN)
def test_a_second_pass_changes_nothing(policy):
    first = deid(policy)(ROW)
    second = deid(policy)(reread(first.row))
    assert second.text == first.text
    assert dict(second.row) == dict(first.row)


def test_a_second_pass_after_csv_changes_nothing():
    first = deid()(ROW)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(first.row))
    writer.writeheader()
    writer.writerow({k: "|".join(v) if isinstance(v, tuple) else v for k, v in first.row.items()})
    row = next(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    row = {k: v or None for k, v in row.items()}
    back = reread(row, age=int(row["age"]), physicians=tuple(row["physicians"].split("|")), contrast_dose_ml=100)
    assert deid()(back).text == first.text


def test_a_forged_or_broken_seal_is_no_way_around():
    first = deid()(ROW)
    stamp = first.row["deid"]
    for row in (
        reread(first.row, text=TEXT),
        dataclasses.replace(ROW, extra={"deid": stamp}),
        dataclasses.replace(ROW, extra={"deid": "{}"}),
        dataclasses.replace(ROW, extra={"deid": "not json"}),
        dataclasses.replace(ROW, extra={"deid": json.dumps({"seal": ""})}),
    ):
        out = deid()(row)
        assert out.edits
        assert not any(s in out.text for s in SECRETS)


def test_another_version_treats_the_row_again(monkeypatch):
    first = deid()(ROW)
    monkeypatch.setattr("jmid_nlp.deid.deidentify.__version__", "99")
    assert Deidentifier(load_policy("kamei"), KEY)(reread(first.row)).edits


def test_another_key_or_policy_treats_the_row_again():
    first = deid()(ROW)
    assert Deidentifier(load_policy("hipaa"), KEY)(reread(first.row)).edits
    assert Deidentifier(load_policy("kamei"), OTHER)(reread(first.row)).edits


def test_a_detector_that_fails_on_a_second_pass_tells_no_text_either():
    first = deid()(ROW)
    with pytest.raises(WithheldError) as error:
        deid(detector=broken)(reread(first.row, text=CANARY))
    assert CANARY not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize(
    "written", ["S41.3.9", "昭和41年3月9日", "1966/3/9", "1966/03/09", "19660309", "Ｓ４１．３．９"]
)
def test_a_birth_date_in_any_common_form_withholds_when_it_was_missed(written):
    row = dataclasses.replace(ROW, text=f"所見。{written}生。12mm")
    with pytest.raises(WithheldError):
        deid(detector=lambda text, known: ())(row)


# ---------------------------------------------------------------- fail closed
CANARY = "カナリア桐生"


def broken(text, known=None):
    raise ValueError(f"cannot read {text}")


def outside(text, known=None):
    return (Identifier(0, 3, "NOT A CATEGORY", "", 1.0, text),)


@pytest.mark.parametrize("detect", [broken, outside, lambda text, known: None])
def test_a_failing_detector_withholds_and_tells_no_text(detect):
    with pytest.raises(WithheldError) as error:
        deid(detector=detect)(Report("r-1", CANARY))
    shown = "".join(traceback.format_exception(error.value)) + repr(error.value) + str(error.value.__dict__)
    assert CANARY not in shown
    assert error.value.__context__ is None
    assert "r-1" in str(error.value)


def test_a_missed_identifier_of_the_record_withholds():
    with pytest.raises(WithheldError, match="identifier of the record is left") as error:
        deid(detector=lambda text, known: ())(ROW)
    assert "桐生" not in str(error.value)


def test_null_text_withholds():
    with pytest.raises(WithheldError, match="text"):
        deid()(Report("r-1", None))


def test_errors_survive_pickling():
    error = WithheldError("r-1", "text", "reason")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_keys_are_asked_for_and_refused():
    with pytest.raises(KeyMaterialError):
        Deidentifier(load_policy("kamei"), None)
    with pytest.raises(PolicyError, match="takes no key"):
        Deidentifier(load_policy("tokumei"), KEY)


# ---------------------------------------------------------------- columns
@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("comment", "桐生 沙羅 の件", "identifier of the record"),
        ("comment", "戸叶先生に確認", "looks like PERSON"),
        ("nested", {"a": ["TEL 03-3999-1234"]}, "looks like PHONE"),
        ("mrn", 12345, "its name"),
        ("電話番号", "-", "its name"),
        ("PatientName", "X", "its name"),
        ("copy", "00418273", "identifier of the record"),
    ],
)
def test_an_unlisted_column_that_identifies_stops_the_run(column, value, reason):
    with pytest.raises(PolicyError) as error:
        deid()(dataclasses.replace(ROW, extra={column: value}))
    assert reason in str(error.value)
    assert column in str(error.value)
    assert "r-1" in str(error.value)
    assert not any(s in str(error.value) for s in SECRETS)


@pytest.mark.parametrize("column", ["戸叶 義郎", "桐生沙羅", "03-3999-1234", "患者00418273", "山田太郎"])
@pytest.mark.parametrize("value", ["所見なし", 3, {"a": "b"}])
def test_a_column_named_like_an_identifier_stops_the_run_and_is_not_shown(column, value):
    with pytest.raises(PolicyError, match="name of a column") as error:
        deid(detector=None)(dataclasses.replace(ROW, extra={column: value}))
    assert column not in str(error.value)
    assert "r-1" in str(error.value)


@pytest.mark.parametrize("column", ["山田太郎", "patient_tel"])
def test_a_column_named_like_an_identifier_passes_where_the_policy_lists_it(column):
    policy = dataclasses.replace(load_policy("kamei"), extra_columns={column: ColumnRule("keep")})
    assert deid(policy)(dataclasses.replace(ROW, extra={column: "0"})).row[column] == "0"


def test_an_empty_column_named_like_an_identifier_is_let_through():
    assert deid()(dataclasses.replace(ROW, extra={"山田太郎": None})).row["山田太郎"] is None


def test_free_text_columns_of_the_record_are_treated_or_checked():
    out = deid()(dataclasses.replace(ROW, protocol="戸叶先生指示、胸部"))
    assert out.row["protocol"] == f"{out.row['physicians'][0].split(' ')[0]}先生指示、胸部"
    with pytest.raises(PolicyError, match="body_part"):
        deid()(dataclasses.replace(ROW, body_part="戸叶先生指示"))


def test_a_free_text_column_with_a_missed_identifier_withholds():
    detect = lambda text, known=None: detector(text) if text == TEXT else ()  # noqa: E731
    with pytest.raises(WithheldError, match="protocol"):
        deid(detector=detect)(dataclasses.replace(ROW, protocol="00418273 胸部"))


def test_harmless_columns_travel_untouched():
    extra = {"scanner": "CT-3", "score": 0.5, "tags": ["a", "b"], "empty": None, "flag": True}
    assert {k: deid()(dataclasses.replace(ROW, extra=extra)).row[k] for k in extra} == extra


def test_own_rules_for_extra_columns(tmp_path):
    from importlib.resources import files

    text = files("jmid_nlp").joinpath("lexicons", "policies", "kamei.toml").read_text(encoding="utf-8")
    rules = {
        "comment": "text",
        "mrn": "pseudonym",
        "contact": "drop",
        "tel": "keep",
        "other_date": "shift",
        "other_name": "surrogate",
        "series": "uid",
        "site": "hash",
    }
    path = tmp_path / "own.toml"
    path.write_text(
        text + "".join(f'\n[extra.columns.{k}]\naction = "{v}"\n' for k, v in rules.items()), encoding="utf-8"
    )
    extra = {
        "comment": "桐生 沙羅、12mm", "mrn": "00418273", "contact": "桐生", "tel": "x", "other_date": "2019-05-01", "other_name": "桐生 沙羅",
        "series": "1.2.3", "site": "甲府",
    }  # fmt: skip
    treat = deid(load_policy(path))
    out = treat(dataclasses.replace(ROW, extra=extra))
    assert out.row["comment"] == f"{out.row['patient_name']}、12mm"
    assert is_pseudonym(out.row["mrn"])
    assert "contact" not in out.row
    assert out.row["tel"] == "x"
    assert out.row["other_date"] == out.row["exam_date"]
    assert out.row["other_name"] == out.row["patient_name"]
    assert out.row["series"] == remap_uid("1.2.3", KEY)
    assert treat(reread(out.row)).row == out.row


def test_extra_drop(tmp_path):
    policy = dataclasses.replace(load_policy("kamei"), extra="drop")
    assert "scanner" not in deid(policy)(ROW).row


def test_a_report_id_that_identifies_becomes_a_pseudonym():
    out = deid()(dataclasses.replace(ROW, report_id="ACC20190501-1"))
    assert is_pseudonym(out.report_id)
    assert out.report_id == out.row["report_id"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("氏名", True),
        ("patient_tel", True),
        ("PatTel", True),
        ("緊急 電話", True),
        ("chartNo", True),
        ("hotel", False),
        ("series_name", False),
        ("kernel", False),
        ("Patient_Name", True),
        ("ＭＲＮ", True),
        ("modality", False),
        ("filename", False),
        ("scanner", False),
        ("dose", False),
    ],
)
def test_column_names_that_identify(column, expected):
    assert names_somebody(column) is expected


# ---------------------------------------------------------------- the object
def test_pickled_copies_give_the_same_bytes():
    treat = deid()
    copy = pickle.loads(pickle.dumps(treat))
    assert copy(ROW) == treat(ROW)
    assert deid()(ROW) == treat(ROW)


def test_minimal_report():
    out = deid()(Report("r-9", "異常なし。"))
    assert out.text == "異常なし。"
    assert out.edits == ()
    assert out.patient_id is None


def test_record_without_examination_date_anchors_at_the_latest_date_of_the_text():
    out = deid(date_shift_days={"00418273": 30})(dataclasses.replace(ROW, exam_date=None))
    assert "検査日2019/05/31" in out.text


@pytest.mark.parametrize(
    ("value", "expected"), [("F", "f"), ("女性", "f"), ("Ｍ", "m"), ("男", "m"), ("2", "f"), (None, ""), ("O", "")]
)
def test_sexes(value, expected):
    assert sex_letter(value) == expected


PIECES = st.sampled_from(
    ["桐生 沙羅", "キリュウ", "ｷﾘｭｳ ｻﾗ", "KIRYU^SARA", "S41.3.9", "㍼41年3月9日", "2019/05/01", "00418273", "様", "先生", "〔氏名1〕", "[PERSON_1]", "TEL ",
     "03-3999-1234", "みさき台病院", "右肺S6に12mm", "\r\n", "\u0000", "\ud800", "\u200b", "𠮷", "é", "６/７", "。"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=6), max_size=12), st.sampled_from(BUILT_IN))
def test_whatever_the_text_it_is_treated_or_withheld_and_a_second_pass_changes_nothing(pieces, policy):
    row = dataclasses.replace(ROW, text="".join(pieces))
    treat = TREATERS[policy]
    try:
        out = treat(row)
    except WithheldError:
        return
    assert "00418273" not in out.text
    assert treat(reread(out.row)).text == out.text


TREATERS = {name: Deidentifier(load_policy(name), None if name == "tokumei" else KEY) for name in BUILT_IN}


def test_with_the_package_detector():
    out = Deidentifier(load_policy("kamei"), KEY)(ROW)
    assert [s for s in SECRETS if s in out.text] == []


def keeping(category):
    policy = load_policy("kamei")
    rule = dataclasses.replace(policy.rules[category], action="keep", to=None)
    kept = {n: rule for n in policy.rules if n.partition("/")[0] == category}
    return dataclasses.replace(policy, rules={**policy.rules, **kept})


def blind(text, known=None):
    return ()


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        ("DATE", "桐生 沙羅"),
        ("DATE", "00418273"),
        ("PERSON", "S41.3.9"),
        ("PERSON", "00418273"),
        ("ID", "キリュウサラ"),
    ],
)
def test_a_policy_that_keeps_one_category_still_guards_the_others(kept, text):
    with pytest.raises(WithheldError, match="left after replacement"):
        deid(keeping(kept), detector=blind)(dataclasses.replace(ROW, text=text))


@pytest.mark.parametrize(("kept", "text"), [("DATE", "1966-03-09"), ("PERSON", "桐生 沙羅"), ("ID", "00418273")])
def test_what_a_policy_keeps_is_no_reason_to_withhold(kept, text):
    assert deid(keeping(kept), detector=blind)(dataclasses.replace(ROW, text=text)).text == text


def test_a_report_id_that_holds_the_patient_id_is_replaced_although_numbers_are_kept():
    out = deid(keeping("ID"), detector=blind)(dataclasses.replace(ROW, text="結節", report_id="00418273-2"))
    assert is_pseudonym(out.report_id)


@pytest.mark.parametrize("value", [418273, 418273.0, [1, {"x": 418273}], {"00418273": 1}, {"桐生 沙羅": [1]}])
def test_the_records_own_number_stops_the_run_as_a_number_or_a_key_too(value):
    with pytest.raises(PolicyError, match="memo") as error:
        deid()(dataclasses.replace(ROW, extra={"memo": value}))
    assert not any(s in str(error.value) for s in SECRETS)


@pytest.mark.parametrize("value", [0, 99, 41827, 4182730, float("nan"), float("inf"), True, {"width": 512}])
def test_other_numbers_travel(value):
    row = deid()(dataclasses.replace(ROW, extra={"memo": value})).row
    assert repr(row["memo"]) == repr(value)


def test_brackets_end_a_dicom_name():
    text = "氏名（キリュウ サラ）KIRYU^SARA（女）。"
    found = (Identifier(13, 18, "PERSON", "patient", 1.0, "x"),)
    out = deid(detector=lambda t, known=None: found if t == text else ())(Report("1", text)).text
    assert out.startswith("氏名（キリュウ サラ）")
    assert out.endswith("（女）。")
    assert "KIRYU" not in out
    assert "SARA" not in out
