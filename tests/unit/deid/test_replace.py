import dataclasses
import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmid_nlp.deid import generalise
from jmid_nlp.deid.identity import record_links
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import BUILT_IN, load_policy
from jmid_nlp.deid.replace import Context, offset_map, replace_text
from jmid_nlp.deid.surrogate import Surrogates
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.schema import CATEGORIES, Identifier

KEY = Key(bytes(range(40, 72)))


def context(text, policy="kamei", **more):
    rules = load_policy(policy) if isinstance(policy, str) else policy
    surrogates = Surrogates(
        KEY,
        "P1",
        text,
        record_links("山本 花子", "ヤマモト ハナコ", (), "f"),
        sex="f",
        varied=rules.strategy == "varied",
    )
    return Context(rules, KEY, "P1", surrogates, more.pop("days", 30), more.pop("anchor", dt.date(2019, 5, 1)), **more)


def marked(markup):
    """`[CAT/subtype:text]` in a line becomes the line and its identifiers."""
    text, found, at = "", [], 0
    for m in re.finditer(r"\[([A-Z]+)(?:/(\w+))?:([^\]]*)\]", markup):
        text += markup[at : m.start()]
        found.append(Identifier(len(text), len(text) + len(m.group(3)), m.group(1), m.group(2) or "", 1.0, "gold"))
        text += m.group(3)
        at = m.end()
    return text + markup[at:], tuple(found)


def run(markup, policy="kamei", **more):
    text, found = marked(markup)
    return replace_text(text, found, context(text, policy, **more))[0]


@pytest.mark.parametrize(
    ("markup", "tokumei", "hipaa"),
    [
        ("前回[DATE/exam:H31.4.20](土)のCT", "前回H31年4月のCT", "前回H31年のCT"),
        ("[DATE/birth:S30.1.2]生", "S30年生", "S30年生"),
        ("[AGE:94歳]、[AGE:百二歳]、[AGE:９０代]", "90歳以上、九十歳以上、９０歳以上", "90歳以上、九十歳以上、９０歳以上"),
        ("[AGE:94 y/o] man", "90+ y/o man", "90+ y/o man"),
        ("[ADDRESS:東京都文京区本郷7-3-1]", "関東地方", "東京都"),
        ("[ADDRESS:文京区]在住", "〔住所〕在住", "[ADDRESS]在住"),
        ("[FACILITY:みなと病院]、[FACILITY:北浜クリニック]、[FACILITY:ミナト]", "〔病院〕、〔クリニック〕、〔機関〕", "[FACILITY]、[FACILITY]、[FACILITY]"),
        ("[PERSON:佐々木]先生、[PERSON:山本花子]様、[PERSON:佐々木]", "〔氏名1〕先生、〔氏名2〕様、〔氏名1〕", "[PERSON_1]先生、[PERSON_2]様、[PERSON_1]"),
        ("番号[ID/mynumber:123456789018]", "番号〔個人番号〕", "番号[CODE]"),
        ("[PHONE:03-1234-5678]", "〔電話番号〕", "[PHONE]"),
        ("元[OCCUPATION:潜水艦乗組員]", "元〔職業〕", "元[OCCUPATION]"),
    ],
)  # fmt: skip
def test_tags_and_coarse_values(markup, tokumei, hipaa):
    assert run(markup, "tokumei") == tokumei
    assert run(markup, "hipaa") == hipaa


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("前回[DATE/exam:H31.4.20](土)と比較", "前回R1.5.20(月)と比較"),
        ("[DATE:2/19]火曜日に再診", "3/21木曜日に再診"),
        ("[DATE/birth:S30.1.2]生", "S30年2月生"),
        ("[DATE:2023/13/45]", "〔日付〕"),
        ("[PHONE:03-1234-5678]、[EMAIL:a@b.example]、[URL:https://a.example]", "〔電話番号〕、〔メール〕、〔URL〕"),
        ("保険[ID/insurance:12345678]", "保険〔保険番号〕"),
        ("[ADDRESS:北海道札幌市北区]", "北海道"),
    ],
)
def test_kamei(markup, expected):
    assert run(markup) == expected


def test_a_birth_date_of_the_very_old_is_not_given_at_all():
    assert run("[DATE/birth:T12.1.2]生", "tokumei", elderly=True) == "〔誕生日〕生"
    assert run("[DATE/birth:T12.1.2]生", "kamei", elderly=True) == "〔誕生日〕生"


def test_a_birth_date_that_makes_its_bearer_very_old_is_hidden_without_a_known_age():
    assert run("[DATE/birth:T12.3.4]生", anchor=dt.date(2019, 5, 1)) == "〔誕生日〕生"
    assert run("[DATE/birth:S12.3.4]生", anchor=dt.date(2019, 5, 1)) == "S12年4月生"


def test_codes_are_tagged_by_subtype_name_and_by_check_digit():
    assert (
        run("[ID/insurance_symbol:1234567] [ID/number:123456789018] [ID/number:1234 5678 9018] [ID/ip:10.1.2.3]")
        == "〔番号〕 〔番号〕 〔番号〕 〔番号〕"
    )


def test_ages_below_the_top_become_bands_where_the_policy_wants_it():
    text = "68歳男性。５歳時に手術。40歳以上の方。第3-5肋骨、8歳、七十二歳、103歳"
    expected = "60歳代男性。１０歳未満時に手術。40歳以上の方。第3-5肋骨、10歳未満、七十歳代、103歳"
    assert replace_text(text, (), context(text, "tokumei"))[0] == expected
    assert replace_text(text, (), context(text, "kamei"))[0] == text


def test_singular_descriptions_are_tagged_and_common_words_left():
    text = "東日本大震災で受傷。小結節、大関節、市中病院。元宇宙飛行士。"
    assert (
        replace_text(text, (), context(text, "tokumei"))[0]
        == "〔特異な記述〕で受傷。小結節、大関節、市中病院。元〔特異な記述〕。"
    )


def test_no_tag_reads_as_a_heading_of_a_section():
    forms = {
        f.lower()
        for row in read_table("section.tsv")
        for cell in (row["form"], row["strong"])
        for f in split_forms(cell)
    }
    assert len(forms) > 50
    words = {w for pair in generalise.tag_words().values() for w in pair} - {"氏名"}  # persons are numbered: 〔氏名1〕
    words |= {row["general"] for row in read_table("surrogate/facility_kinds.tsv")}
    assert not {w.lower() for w in words} & forms


def test_actions_redact_hash_and_keep(tmp_path):
    policy = load_policy("kamei")
    rules = dict(policy.rules)
    for category, action in (("PHONE", "redact"), ("ID", "hash"), ("URL", "keep"), ("EMAIL", "surrogate")):
        rules[category] = dataclasses.replace(rules[category], action=action)
    own = dataclasses.replace(policy, rules=rules)
    out = run(
        "[PHONE:03-1234-5678] [ID:12345] [ID:12345] [URL:http://a.example] [EMAIL:a@b.example] [ID/passport:TK1234567]",
        own,
    )
    found = re.fullmatch(
        r"■■■ (〔番号#[a-z2-7]{10}〕) (〔番号#[a-z2-7]{10}〕) http://a\.example u[0-9a-f]{8}@example\.jp 〔旅券番号〕",
        out,
    )
    assert found
    assert found.group(1) == found.group(2)


def test_thresholds_leave_weak_detections():
    policy = load_policy("kamei")
    own = dataclasses.replace(
        policy, rules={**policy.rules, "PHONE": dataclasses.replace(policy.rules["PHONE"], threshold=0.8)}
    )
    text = "1234 5678"
    found = (Identifier(0, 4, "PHONE", "", 0.79, "x"), Identifier(5, 9, "PHONE", "", 0.8, "x"))
    assert replace_text(text, found, context(text, own))[0] == "1234 〔電話番号〕"


def test_overlaps_are_covered_as_a_whole():
    text = "山本花子03-1234-5678。"
    found = (
        Identifier(0, 6, "PERSON", "", 0.5, "a"),
        Identifier(4, 16, "PHONE", "", 0.9, "b"),
        Identifier(5, 7, "ID", "", 0.1, "c"),
    )
    out, edits = replace_text(text, found, context(text, "tokumei"))
    assert out == "〔電話番号〕。"
    assert [(e.start, e.end) for e in edits] == [(0, 16)]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("連絡先[PERSON:ayano].y@mail.example.jp。", "連絡先〔メール〕。"),
        ("SNS @[PERSON:yutaka]_34 へ", "SNS 〔URL〕 へ"),
        ("KIM^[PERSON:MINJI]=[PERSON:金^敏智]=キム^ミンジ 36歳", "〔氏名1〕 30歳代"),
        ("a@b.example.jp、[PERSON:佐藤]", "a@b.example.jp、〔氏名1〕"),
    ],
)
def test_a_token_that_is_covered_in_part_goes_as_a_whole(markup, expected):
    assert run(markup, "tokumei") == expected


def test_own_tags_are_left_alone_with_the_titles_beside_them():
    text = "〔氏名1〕先生、〔日付〕、■■■、〔番号#abcdefghij〕、〔山本〕"
    found = (
        Identifier(0, 7, "PERSON", "", 1.0, "x"), Identifier(1, 3, "PERSON", "", 1.0, "x"), Identifier(8, 12, "DATE", "", 1.0, "x"),
        Identifier(13, 16, "ID", "", 1.0, "x"), Identifier(18, 29, "ID", "", 1.0, "x"), Identifier(text.index("山本"), len(text) - 1, "PERSON", "", 1.0, "x"),
    )  # fmt: skip
    assert (
        replace_text(text, found, context(text, "tokumei"))[0]
        == "〔氏名1〕先生、〔日付〕、■■■、〔番号#abcdefghij〕、〔〔氏名1〕〕"
    )


# ---------------------------------------------------------------- properties
ANY = st.text(max_size=60) | st.text(
    alphabet="山本 花子先生H30.6.12㍻Ａ１-０3歳〔氏名1〕[PERSON_1]■(土)\n゛𠮷肺", max_size=60
)


@st.composite
def cases(draw):
    text = draw(ANY)
    count = draw(st.integers(0, 6))
    found = []
    for _ in range(count):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 15)))
        found.append(
            Identifier(
                start,
                end,
                draw(st.sampled_from(CATEGORIES)),
                draw(st.sampled_from(["", "birth", "mynumber"])),
                1.0,
                "x",
            )
        )
    return text, tuple(found), draw(st.sampled_from(BUILT_IN)), draw(st.sampled_from(["tag", "consistent", "varied"]))


@settings(max_examples=500, deadline=None)
@given(cases())
def test_outside_the_edits_every_character_stays_and_each_change_has_its_edit(case):
    text, found, name, strategy = case
    ctx = context(text, dataclasses.replace(load_policy(name), strategy=strategy))
    out, edits = replace_text(text, found, ctx)
    at = new_at = 0
    for e in edits:
        assert text[at : e.start] == out[new_at : e.new_start]
        assert e.start < e.end
        at, new_at = e.end, e.new_end
    assert text[at:] == out[new_at:]
    tags = [m.span() for m in generalise.tag_pattern().finditer(text)]
    covered = {i for e in edits for i in range(e.start, e.end)} | {i for s, e in tags for i in range(s, e)}
    wanted = {i for f in found for i in range(f.start, f.end)} - covered
    assert all(tags for _ in wanted), "only titles beside a tag may be left"
    offsets = offset_map(edits)
    for e in edits:
        assert offsets.to_target(e.start, e.end) == (e.new_start, e.new_end)
        assert offsets.to_source(e.new_start, e.new_end) == (e.start, e.end) or e.new_start == e.new_end


@settings(max_examples=300, deadline=None)
@given(cases(), st.data())
def test_offset_maps_of_two_passes_compose(case, data):
    text, found, name, _ = case
    out, edits = replace_text(text, found, context(text, name))
    start = data.draw(st.integers(0, len(out)))
    again = (Identifier(start, data.draw(st.integers(start, len(out))), "PHONE", "", 1.0, "x"),)
    final, more = replace_text(out, again, context(out, name))
    both = offset_map(edits).then(offset_map(more))
    for i in range(len(text)):
        s, e = both.to_target(i, i + 1)
        assert 0 <= s <= e <= len(final)
        if e - s == 1 and not any(x.start <= i < x.end for x in edits):
            mid = offset_map(edits).to_target(i, i + 1)
            if not any(x.start <= mid[0] < x.end for x in more):
                assert final[s:e] == text[i]


@settings(max_examples=200, deadline=None)
@given(cases())
def test_the_same_input_gives_the_same_output(case):
    text, found, name, strategy = case
    policy = dataclasses.replace(load_policy(name), strategy=strategy)
    one = replace_text(text, found, context(text, policy))
    assert (
        one
        == replace_text(text, tuple(reversed(found)), context(text, policy))
        == replace_text(text, found, context(text, policy))
    )
