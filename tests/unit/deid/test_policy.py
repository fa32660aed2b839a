import dataclasses
from importlib.resources import files

import pytest

from jmid_nlp.deid.policy import BUILT_IN, REPORT_COLUMNS, individual_codes, load_policy
from jmid_nlp.errors import PolicyError
from jmid_nlp.schema import CATEGORIES

KAMEI = files("jmid_nlp").joinpath("lexicons", "policies", "kamei.toml").read_text(encoding="utf-8")


def write(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_policies_cover_every_category_and_column(name):
    policy = load_policy(name)
    assert set(CATEGORIES) <= set(policy.rules)
    assert set(policy.columns) == set(REPORT_COLUMNS)
    assert all("aligned with" in rule.aligned_with for rule in policy.rules.values())
    assert "aligned with" in policy.aligned_with


@pytest.mark.parametrize("name", BUILT_IN)
def test_no_policy_claims_compliance(name):
    text = files("jmid_nlp").joinpath("lexicons", "policies", f"{name}.toml").read_text(encoding="utf-8")
    assert "complian" not in text.lower()
    assert "準拠" not in text


@pytest.mark.parametrize("name", BUILT_IN)
def test_individual_codes_are_tagged_in_every_policy(name):
    policy = load_policy(name)
    for subtype in individual_codes():
        assert policy.rule("ID", subtype).action in ("tag", "redact")


def test_only_tokumei_takes_a_one_run_key():
    assert {n: load_policy(n).key for n in BUILT_IN} == {
        "kamei": "file", "tokumei": "ephemeral", "jisedai-kamei": "file", "hipaa": "file",
    }  # fmt: skip


def test_own_file_is_the_same_policy_as_the_built_in_one(tmp_path):
    assert load_policy(write(tmp_path, KAMEI)) == load_policy("kamei")
    assert load_policy(write(tmp_path, KAMEI)).digest == load_policy("kamei").digest


def test_digest_sees_every_change():
    policy = load_policy("kamei")
    assert dataclasses.replace(policy, max_shift_days=364).digest != policy.digest
    assert dataclasses.replace(policy, strategy="varied").digest != policy.digest


BROKEN = [
    (('action = "shift"', 'action = "encrypt"'), ["own.toml", "rules.DATE", "action", "encrypt", "redact", "generalise"]),
    (("max_shift_days = 365", "max_shift_days = 0"), ["[dates]", "max_shift_days", "1 to"]),
    (("max_shift_days = 365", "shift_days = 365"), ["[dates]", "shift_days", "unknown"]),
    (("max_shift_days = 365", 'max_shift_days = "365"'), ["[dates]", "whole number"]),
    (('strategy = "consistent"', 'strategy = "random"'), ["[policy]", "strategy", "consistent, varied"]),
    (("[rules.PHONE]", "[rules.FAX]"), ["rules.FAX", "unknown category", "PHONE"]),
    (('[rules.PHONE]\naction = "tag"', '[rules.PHONE]\naction = "shift"'), ["rules.PHONE", "DATE only"]),
    (('to = "prefecture"', 'to = "street"'), ["rules.ADDRESS", "to", "prefecture, region"]),
    (('to = "prefecture"\n', ""), ["rules.ADDRESS", "to", "generalise needs"]),
    (('[rules."ID/individual_code"]\naction = "tag"', '[rules."ID/individual_code"]\naction = "surrogate"'), ["individual identification code"]),
    (('[rules."ID/login"]\naction = "tag"', '[rules."ID/passport"]\naction = "keep"'), ["ID/passport", "individual identification code"]),
    (("[columns.sex]", "[columns.gender]"), ["columns.gender", "unknown", "patient_id"]),
    (('[columns.patient_id]\naction = "pseudonym"', '[columns.patient_id]\naction = "keep"'), ["columns.patient_id", "keep", "drop"]),
    (('[columns.sex]\naction = "keep"\n', ""), ["columns.sex", "missing"]),
    (("[dates]", "[date]"), ["[date]", "unknown", "dates"]),
    (("[dates]", "[dates"), ["not a TOML file"]),
    (('version = "1"\n', ""), ["[policy]", "version", "missing"]),
    (("top = 90", "top = 900"), ["[ages]", "top", "1 to 150"]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), BROKEN, ids=[c[1][:40] for c, _ in BROKEN])
def test_errors_name_file_table_key_and_what_is_allowed(tmp_path, change, words):
    assert change[0] in KAMEI
    with pytest.raises(PolicyError) as error:
        load_policy(write(tmp_path, KAMEI.replace(change[0], change[1], 1)))
    for word in ["own.toml", *words]:
        assert word in str(error.value)


def test_a_category_without_a_rule_is_refused(tmp_path):
    start = KAMEI.index("[rules.URL]")
    end = KAMEI.index("[rules.ADDRESS]")
    with pytest.raises(PolicyError, match="URL"):
        load_policy(write(tmp_path, KAMEI[:start] + KAMEI[end:]))


def test_unknown_names_and_bytes_are_refused(tmp_path):
    with pytest.raises(PolicyError, match="kamei, tokumei"):
        load_policy("kamai")
    (tmp_path / "own.toml").write_bytes("title = '仮名'".encode("cp932"))
    with pytest.raises(PolicyError, match="UTF-8"):
        load_policy(tmp_path / "own.toml")


def test_subtype_rules_come_before_category_rules():
    policy = load_policy("kamei")
    assert policy.rule("DATE", "birth").action == "generalise"
    assert policy.rule("DATE", "exam").action == "shift"
    assert policy.rule("DATE", "never heard of").action == "shift"


@pytest.mark.parametrize("category", ["DATE", "AGE", "ADDRESS", "OCCUPATION"])
def test_an_action_that_a_category_cannot_have_is_refused_and_not_replaced_by_a_tag(tmp_path, category):
    at = KAMEI.index(f"[rules.{category}]")
    text = (
        KAMEI[:at]
        + f'[rules.{category}]\naction = "surrogate"\naligned_with = "x"\n\n'
        + KAMEI[KAMEI.index("\n[", at) :]
    )
    with pytest.raises(PolicyError, match=rf"\[rules.{category}\] action: there is no surrogate"):
        load_policy(write(tmp_path, text))


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(KAMEI, encoding="utf-8-sig")
    assert load_policy(path) == load_policy("kamei")


@pytest.mark.parametrize("table", ["extra", "rules", "dates", "ages", "groups", "singular"])
def test_a_table_that_is_none_is_named(tmp_path, table):
    head = KAMEI[KAMEI.index("[policy]") : KAMEI.index("[dates]")]
    with pytest.raises(PolicyError, match=rf"own.toml: \[{table}\]"):
        load_policy(write(tmp_path, f"{table} = 5\n{head}"))
