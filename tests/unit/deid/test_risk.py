import dataclasses

import pytest

from jmid_nlp.deid.deidentify import Deidentifier
from jmid_nlp.deid.groups import Groups, group_sizes
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import BUILT_IN, load_policy
from jmid_nlp.deid.risk import invented_name, second_look
from jmid_nlp.deid.uids import UidTable
from jmid_nlp.schema import Report

KEY = Key(bytes(range(40, 72)))
ROW = Report(
    report_id="r-1",
    text="患者：桐生 沙羅（キリュウ サラ）様 S41.3.9生。みさき台病院 戸叶義郎先生より紹介。\n前回2019/04/20。\n右肺下葉S6に12mm大の結節。母93歳。\n読影医：戸叶",
    patient_id="00418273", patient_name="桐生 沙羅", patient_kana="キリュウ サラ", birth_date="1966-03-09", accession_number="ACC20190501",
    study_uid="1.2.392.200036.1.5", institution="みさき台病院", physicians=("戸叶 義郎",), sex="F", age=53, exam_date="2019-05-01",
)  # fmt: skip


def treated(policy, count=1):
    rules = load_policy(policy)
    treat = Deidentifier(rules, None if rules.key == "ephemeral" else KEY)
    return [
        dict(treat(dataclasses.replace(ROW, report_id=f"r-{n}", patient_id=f"0041827{n}")).row) for n in range(count)
    ]


@pytest.mark.parametrize("policy", BUILT_IN)
def test_nothing_is_found_in_what_our_policies_write(policy):
    assert [r for r in second_look(treated(policy, 6)) if r.kind != "group"] == []


PLANTED = [
    ("text", "連絡 桐生沙羅様へ", "PERSON"),
    ("text", "TEL 03-3999-1234", "PHONE"),
    ("text", "個人番号：123456789018", "ID"),
    ("text", "紹介元：みさき台病院", "FACILITY"),
    ("text", "患者は93歳", "AGE"),
    ("text", "住所：山梨県甲府市北口1-2-3", "ADDRESS"),
]


@pytest.mark.parametrize(("column", "value", "category"), PLANTED, ids=[p[2] for p in PLANTED])
@pytest.mark.parametrize("policy", ["kamei", "hipaa"])
def test_a_planted_identifier_is_found(policy, column, value, category):
    row = treated(policy)[0]
    row[column] = f"{row[column]}\n{value}"
    found = [r for r in second_look([row]) if r.category == category]
    assert found
    assert all(value not in repr(r) for r in found)
    assert found[0].row_id == "r-0"


@pytest.mark.parametrize("policy", ["tokumei", "hipaa"])
def test_a_planted_date_is_found_where_dates_are_coarse(policy):
    row = treated(policy)[0]
    row["text"] += "\n次回2019/06/01予定"
    assert [r.category for r in second_look([row], minimum=1)] == ["DATE"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("patient_id", "00418273"), ("patient_name", "桐生 沙羅"), ("study_uid", "1.2.3"), ("birth_date", "1966-03-09"), ("age", 94),
        ("institution", "みさき台病院"), ("physicians", ("戸叶 義郎",)), ("accession_number", "ACC1"), ("mrn", "x"), ("氏名", "x"),
    ],
)  # fmt: skip
def test_a_column_that_identifies_is_found(column, value):
    row = treated("kamei")[0] | {column: value}
    assert column in [r.column for r in second_look([row])]


def test_groups_are_looked_at_under_tokumei_or_when_asked():
    rows = treated("kamei", 3)
    assert second_look(rows) == []
    small = second_look(rows, minimum=5)
    assert {r.kind for r in small} == {"group"}
    assert sum(r.size for r in small) == 3
    assert second_look(rows, minimum=1) == []
    assert {r.kind for r in second_look(treated("tokumei", 3))} == {"group"}


def test_group_sizes_count_patients_over_band_sex_institution_and_month():
    row = {"age": 53, "sex": "F", "institution": "I", "exam_date": "2019-05", "patient_id": "a"}
    rows = [
        row,
        {**row, "patient_id": "b"},
        {**row, "patient_id": "a"},
        {**row, "age": 95},
        {**row, "exam_date": "2019-06-02"},
        {},
    ]
    cells = {c.values: (c.reports, c.patients) for c in group_sizes(rows)}
    assert cells == {
        ("50-59", "F", "I", "2019-05"): (3, 2), ("90+", "F", "I", "2019-05"): (1, 1), ("50-59", "F", "I", "2019-06"): (1, 1), ("", "", "", ""): (1, 1),
    }  # fmt: skip
    groups = Groups(("sex",))
    for r in rows:
        groups.add(r)
    assert [c.values for c in groups.small(2)] == [("",)]


def test_invented_names_are_known_in_every_script():
    from jmid_nlp.deid import pools

    e, g = pools.surnames()[7], pools.given_names("f")[3]
    for name in (
        f"{e.form} {g.form}",
        e.form + g.form,
        e.kana,
        f"{e.latin.upper()}^{g.latin.upper()}",
        f"{e.latin.capitalize()}, K.",
        g.form,
    ):
        assert invented_name(name), name
    for name in ("山本花子", "ヤマモト", "Yamamoto", f"{e.form}花子", "K.S."):
        assert not invented_name(name), name


def test_an_age_that_is_no_number_is_a_residue_not_a_crash():
    found = list(second_look([{"report_id": "a", "text": "胸水なし。", "age": "高齢"}]))
    assert any(r.column == "age" for r in found)
    assert not any("高齢" in str(r) for r in found)


def test_uids_of_another_de_identifier_are_known_by_its_table():
    new = "1.3.6.1.4.1.14519.5.2.1.99"
    row = treated("kamei")[0] | {"study_uid": new}
    assert [r.column for r in second_look([row]) if r.kind == "column"] == ["study_uid"]
    table = UidTable({"1.2.840.113619.2.5": new})
    assert [r for r in second_look([row], uids=table) if r.kind == "column"] == []
    source = row | {"study_uid": "1.2.840.113619.2.5"}
    assert [r.column for r in second_look([source], uids=table) if r.kind == "column"] == ["study_uid"]
