import dataclasses
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmid_nlp.deid.dateforms import ERAS, read_date
from jmid_nlp.deid.dateshift import (
    WEEKDAY,
    coarse_text,
    parse_day,
    shift_days,
    shift_text,
    shifted_weekday,
    years_between,
)
from jmid_nlp.deid.datewrite import write_number
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import load_policy

KEY = Key(bytes(range(40, 72)))
EXAM = dt.date(2024, 3, 5)

SHIFTED = [
    # written, days, expected
    ("H31.4.20", 30, "R1.5.20"),
    ("平成31年4月20日", 30, "令和元年5月20日"),
    ("令和元年5月20日", -30, "平成31年4月20日"),
    ("㍻31年4月20日", 30, "㋿1年5月20日"),
    ("昭63.12.30", 20, "平1.1.19"),
    ("T15.12.20", 10, "S1.12.30"),
    ("Ｓ３０．１．２", 30, "Ｓ３０．２．１"),
    ("s30.1.2", 30, "s30.2.1"),
    ("S30.01.02", 30, "S30.02.01"),
    ("S300102", 30, "S300201"),
    ("昭和三十年一月二日", 30, "昭和三十年二月一日"),
    ("二〇二三年十一月五日", 30, "二〇二三年十二月五日"),
    ("2023-11-05", 30, "2023-12-05"),
    ("2023/11/5", -30, "2023/10/6"),
    ("2023/10/15", -30, "2023/09/15"),
    ("2023.11.5", 100, "2024.2.13"),
    ("２０２３年１１月５日", 30, "２０２３年１２月５日"),
    ("20231105", 30, "20231205"),
    ("1955年 1月 2日", 30, "1955年 2月 1日"),
    ("5 Nov 2023", 30, "5 Dec 2023"),
    ("Nov. 5, 2023", 30, "Dec. 5, 2023"),
    ("05-NOV-2023", 30, "05-DEC-2023"),
    ("December 5, 2023", 30, "January 4, 2024"),
    ("31/12/2023", 30, "30/01/2024"),
    ("令和5年（2023年）11月5日", 60, "令和6年（2024年）1月4日"),
    ("昭和49年3⽉8⽇", 30, "昭和49年4⽉7⽇"),
    ("2O23/11/O5", 30, "2023/12/05"),
    ("2/19", 30, "3/20"),
    ("2月19日", 30, "3月20日"),
    ("23/11/05", 30, "23/12/05"),
    ("2月", 30, "3月"),
    ("2023年11月", 30, "2023年12月"),
    ("2023年", 365, "2024年"),
    ("H29年", 365, "H30年"),
    ("H30年", 365, "R1年"),
    ("'19", 366, "'20"),
]


@pytest.mark.parametrize(("written", "days", "expected"), SHIFTED, ids=[s[0] for s in SHIFTED])
def test_shift_keeps_form_calendar_script_and_padding(written, days, expected):
    assert shift_text(written, days, EXAM) == expected


@pytest.mark.parametrize("written", ["2023/13/5", "いつか", "", "2023/11/05〜2024/1/2", "99999999", "2月30", "平成"])
def test_what_cannot_be_read_is_not_guessed(written):
    shifted = shift_text(written, 30, EXAM)
    assert shifted is None or shifted != written


@pytest.mark.parametrize(
    ("written", "month", "year"),
    [
        ("1955-01-02", "1955-01", "1955年"),
        ("S30.1.2", "S30年1月", "S30年"),
        ("Ｒ６．２．１９", "Ｒ６年２月", "Ｒ６年"),
        ("R060219", "R06年02月", "R06年"),
        ("㋿6.2.19", "㋿6年2月", "㋿6年"),
        ("令5-10-12", "令和5年10月", "令和5年"),
        ("2024 05 13", "2024年05月", "2024年"),
        ("2024.5.13", "2024.5", "2024年"),
        ("23/11/05", "2023年11月", "2023年"),
        ("昭和30年1月2日", "昭和30年1月", "昭和30年"),
        ("19550102", "1955年01月", "1955年"),
        ("5 Nov 2023", "Nov 2023", "2023"),
        ("31/12/2023", "12/2023", "2023年"),
        ("2/19", "2月", "2024年"),
        ("H31年", "H31年", "H31年"),
        ("令和5年（2023年）11月5日", "令和5年（2023年）11月", "令和5年"),
    ],
)
def test_coarse_dates_keep_their_form_and_stay_on_a_second_pass(written, month, year):
    assert coarse_text(written, "month", EXAM) == month
    assert coarse_text(written, "year", EXAM) == year
    assert coarse_text(month, "month", EXAM) == month
    assert coarse_text(year, "year", EXAM) == year


@pytest.mark.parametrize("written", ["R6.2.19", "令5-10-12", "R060219", "24/02/19", "2024.2.19", "2024-02-19"])
def test_a_coarse_date_is_still_read_as_the_date_of_the_comparison(written):
    from jmid_nlp.findings.extract import extract

    text = "前回{}と比較しました。右肺下葉S6に12mmの結節を認め、増大しています。"
    month = coarse_text(written, "month", EXAM)
    assert all(f.compared_to for f in extract(text.format(month)).findings) == all(
        f.compared_to for f in extract(text.format(written)).findings
    )


@pytest.mark.parametrize("written", ["20240219", "24/02/19"])
def test_a_coarse_date_in_a_text_without_japanese(written):
    assert coarse_text(written, "month", EXAM, japanese=False) == "2024-02"


def test_decade():
    assert coarse_text("S30.1.2", "decade") == "1950年代"


DAYS = st.dates(dt.date(1869, 1, 1), dt.date(2080, 12, 31))
OFFSETS = st.integers(-3000, 3000).filter(bool)


def era_form(day: dt.date, letter: bool) -> str:
    era = next(e for e in ERAS if day >= e[0])
    year = day.year - era[0].year + 1
    return f"{era[3]}{year}.{day.month}.{day.day}" if letter else f"{era[1]}{year}年{day.month}月{day.day}日"


FORMS = [
    lambda d: d.isoformat(),
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    lambda d: f"{d:%Y%m%d}" if d.year > 999 else d.isoformat(),
    lambda d: era_form(d, letter=True),
    lambda d: era_form(d, letter=False),
    lambda d: "".join(write_number("二三四五", n) + u for n, u in ((d.year, "年"),)) + write_number("十一", d.month) + "月" + write_number("十一", d.day) + "日",
    lambda d: f"{d.day} {d:%b} {d.year}",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(DAYS, DAYS, OFFSETS, st.sampled_from(FORMS), st.sampled_from(FORMS))
def test_intervals_are_preserved_whatever_the_forms(one, two, days, write_one, write_two):
    if one.year + days / 365 < 1872 or two.year + days / 365 < 1872:
        return
    shifted = [shift_text(write(day), days, None) for write, day in ((write_one, one), (write_two, two))]
    back = [parse_day(s) for s in shifted]
    assert None not in back, shifted
    assert back[0] - one == back[1] - two == dt.timedelta(days=days)


@settings(max_examples=300, deadline=None)
@given(DAYS, OFFSETS, st.sampled_from(FORMS))
def test_shifting_there_and_back_gives_the_same_characters(day, days, write):
    written = (
        write(day)
        .replace("令和1年", "令和元年")
        .replace("平成1年", "平成元年")
        .replace("昭和1年", "昭和元年")
        .replace("大正1年", "大正元年")
        .replace("明治1年", "明治元年")
    )
    if day.year + days / 365 < 1872 or any(abs((day - e[0]).days) < 400 for e in ERAS):
        return
    there = shift_text(written, days, None)
    back = shift_text(there, -days, None)
    assert parse_day(back) == day
    if write is not FORMS[1]:
        assert back == written


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
def test_no_text_breaks_reading(text):
    form = read_date(text)
    assert form is None or "".join(p.text for p in form.pieces) == text
    shift_text(text, 17, EXAM)
    coarse_text(text, "month", EXAM)


def test_partial_dates_keep_their_distance_to_the_examination():
    shifted = dt.date(2024, 3, 5) + dt.timedelta(days=200)
    assert shift_text("2/27", 200, EXAM) == f"{shifted - dt.timedelta(days=7):%-m/%-d}"
    assert shift_text("2022年", 200, EXAM) == f"{(dt.date(2022, 3, 5) + dt.timedelta(days=200)).year}年"


@given(st.text(min_size=1, max_size=20))
@settings(deadline=None)
def test_offset_is_never_zero_and_within_reach(patient):
    policy = load_policy("kamei")
    days = shift_days(KEY, patient, policy)
    assert days != 0
    assert abs(days) <= policy.max_shift_days
    assert days == shift_days(KEY, patient, policy)
    weeks = shift_days(KEY, patient, dataclasses.replace(policy, whole_weeks=True))
    assert weeks % 7 == 0
    assert weeks != 0


def test_offsets_use_the_whole_range_and_differ_by_key():
    policy = load_policy("kamei")
    days = [shift_days(KEY, str(n), policy) for n in range(3000)]
    assert min(days) < -350
    assert max(days) > 350
    assert len(set(days)) > 650
    other = [shift_days(Key(bytes(range(60, 92))), str(n), policy) for n in range(50)]
    assert other != days[:50]


def test_weekday_moves_with_its_date():
    assert WEEKDAY.match("(土)の").group(1) == "土"
    assert WEEKDAY.match("（火曜日）").group(1) == "火"
    assert WEEKDAY.match("火曜").group(2) == "火"
    assert WEEKDAY.match("月末") is None
    assert shifted_weekday("土", 3) == "火"
    assert shifted_weekday("月", -1) == "日"


def test_age_in_completed_years():
    assert years_between(dt.date(1934, 3, 6), EXAM) == 89
    assert years_between(dt.date(1934, 3, 5), EXAM) == 90
