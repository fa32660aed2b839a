import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmid_nlp.deid import pools, surrogate
from jmid_nlp.deid.book import book
from jmid_nlp.deid.codes import (
    is_invented_number,
    is_pseudonym,
    is_remapped_uid,
    looks_official,
    pseudonym,
    remap_uid,
)  # fmt: skip
from jmid_nlp.deid.identity import People, read_name, record_links
from jmid_nlp.deid.kana import to_half_width, to_hiragana, to_katakana
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.surrogate import PoolExhaustedError, Surrogates, facility_kind, split_facility

KEY = Key(bytes(range(40, 72)))
OTHER = Key(bytes(range(60, 92)))


def make(text="", *, name="山本 花子", kana="ヤマモト ハナコ", physicians=(), sex="f", scope="P1", key=KEY, **more):
    return Surrogates(key, scope, text, record_links(name, kana, physicians, sex), sex=sex, **more)


def parts(text, links=None):
    return [(p.role, p.text) for p in read_name(text, links or record_links(None, None, (), "")) if p.role != "lit"]


# ---------------------------------------------------------------- reading names
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("山本花子", [("surname", "山本"), ("given", "花子")]),
        ("山本　花子", [("surname", "山本"), ("given", "花子")]),
        ("佐々木健一", [("surname", "佐々木"), ("given", "健一")]),
        ("長谷川", [("surname", "長谷川")]),
        ("林茂", [("surname", "林"), ("given", "茂")]),
        ("髙橋一郎", [("surname", "髙橋"), ("given", "一郎")]),
        ("ﾔﾏﾓﾄ ﾊﾅｺ", [("surname", "ﾔﾏﾓﾄ"), ("given", "ﾊﾅｺ")]),
        ("やまもとはなこ", [("surname", "やまもと"), ("given", "はなこ")]),
        (
            "YAMAMOTO^HANAKO=山本^花子",
            [("surname", "YAMAMOTO"), ("given", "HANAKO"), ("surname", "山本"), ("given", "花子")],
        ),
        ("Yamamoto, Hanako", [("surname", "Yamamoto"), ("given", "Hanako")]),
        ("Hanako Yamamoto", [("given", "Hanako"), ("surname", "Yamamoto")]),
        ("Y. Tanaka", [("initial", "Y"), ("surname", "Tanaka")]),
        ("Sasaki K.", [("surname", "Sasaki"), ("initial", "K")]),
        ("K.S.", [("initial", "K"), ("initial", "S")]),
        ("グエン・ティ・ホア", [("token", "グエン"), ("token", "ティ"), ("token", "ホア")]),
        ("花子", [("given", "花子")]),
        ("山 本 花 子", [("surname", "山 本"), ("given", "花 子")]),
        ("赤\n星", [("surname", "赤\n星")]),
        ("翔太", [("given", "翔太")]),
        ("YAMAMOTO_HANAKO", [("surname", "YAMAMOTO"), ("given", "HANAKO")]),
    ],
)
def test_names_are_cut_into_their_parts(name, expected):
    assert parts(name) == expected


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="山本花子佐木 　\nヤマハナﾔﾏYamaTo.,^=・-１𠮷゛", max_size=20))
def test_parts_joined_give_the_name_again(text):
    assert "".join(p.text for p in read_name(text, record_links("山本 花子", None, (), ""))) == text


# ---------------------------------------------------------------- one person, one surrogate
def test_every_spelling_of_the_patient_gets_the_same_person_in_that_spelling():
    book_ = make(physicians=("佐々木 健一",))
    full = book_.name("山本 花子")
    surname, given_ = full.split(" ")
    entry = next(e for e in pools.surnames() if e.form == surname)
    first = next(e for e in pools.given_names("f") if e.form == given_)
    assert book_.name("山本花子") == surname + given_
    assert book_.name("山本") == surname
    assert book_.name("花子") == given_
    assert book_.name("ヤマモト ハナコ") == f"{entry.kana} {first.kana}"
    assert book_.name("ﾔﾏﾓﾄ") == to_half_width(entry.kana)
    assert book_.name("やまもと") == to_hiragana(entry.kana)
    assert book_.name("YAMAMOTO") == entry.latin.upper()
    assert book_.name("Yamamoto") == entry.latin.capitalize()
    assert book_.name("yamamoto hanako") == f"{entry.latin} {first.latin}"
    assert book_.name("Hanako Yamamoto") == f"{first.latin.capitalize()} {entry.latin.capitalize()}"
    assert book_.name("YAMAMOTO^HANAKO=山本^花子=ヤマモト^ハナコ") == "=".join(
        ["^".join([entry.latin.upper(), first.latin.upper()]), f"{surname}^{given_}", f"{entry.kana}^{first.kana}"]
    )
    assert book_.name("山 本 花 子") == f"{surname} {given_}"


def test_a_surname_stays_a_surname_for_the_family_and_variants_are_one_name():
    book_ = make(name="髙橋 和子", kana="タカハシ カズコ")
    surname = book_.name("髙橋 和子").split(" ")[0]
    assert book_.name("高橋 太郎").split(" ")[0] == surname
    assert book_.name("Takahasi") == book_.name("Takahashi")
    assert book_.name("髙橋") == surname


def test_a_dicom_name_in_the_text_proves_its_own_spellings():
    book_ = make(name=None, kana=None, sex="")
    written = book_.name("OONO^KENJI=大野^健二=オオノ^ケンジ")
    assert book_.name("大野") == written.split("=")[1].split("^")[0]
    assert book_.name("Ohno") == written.split("=")[0].split("^")[0].capitalize()


def test_sex_of_the_given_name_is_kept():
    women = {e.form for e in pools.given_names("f")}
    men = {e.form for e in pools.given_names("m")}
    for name, pool in (("佐藤 美咲", women), ("鈴木 健太郎", men), ("田中 恵子", women), ("伊藤 大輔", men)):
        assert make(name=None, kana=None, sex="").name(name).split(" ")[1] in pool
    assert make(name="佐藤 薫", kana="サトウ カオル", sex="m").name("佐藤 薫").split(" ")[1] in men


def test_initials_change_their_letters_and_keep_their_form():
    changed = make().name("Y. Tanaka")
    assert re.fullmatch(r"[A-Z]\. [A-Z][a-z]+", changed)
    assert not changed.startswith("Y")
    assert re.fullmatch(r"[A-Z]\.[A-Z]\.", make().name("K.S."))


def test_surrogates_depend_on_key_and_patient_and_on_nothing_else():
    assert make().name("山本 花子") == make("ほかの本文").name("山本 花子")
    assert make().name("佐藤") != make(scope="P2").name("佐藤")
    assert make().name("佐藤") != make(key=OTHER).name("佐藤")


def test_varied_draws_anew_for_each_mention():
    book_ = make(varied=True)
    drawn = set()
    for _ in range(6):
        book_.next_mention()
        drawn.add(book_.name("山本"))
    assert len(drawn) == 6


# ---------------------------------------------------------------- collisions
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_a_surrogate_never_stands_elsewhere_in_the_text(scope):
    first = make(scope=str(scope)).name("山本 花子")
    again = make(f"所見は{first.replace(' ', '、')}。", scope=str(scope)).name("山本 花子")
    assert not set(first.split(" ")) & set(again.split(" "))


def test_two_persons_never_share_a_surrogate():
    book_ = make()
    names = sorted(s for s, kind in book().surnames.items() if kind == "common")[:400]
    drawn = [book_.name(n) for n in names]
    assert len(set(drawn)) == len({tuple((p.role, p.key) for p in read_name(n, book_.links)) for n in names})
    assert not set(drawn) & set(names)


def test_an_exhausted_pool_is_an_error_and_not_the_original():
    everything = "".join(e.form for e in pools.surnames())
    with pytest.raises(PoolExhaustedError):
        make(everything).name("山本")


# ---------------------------------------------------------------- pools
@pytest.mark.parametrize("kind", ["surname", "given", "place", "foreign"])
def test_pools_hold_no_real_name_and_no_common_word(kind):
    lists = book()
    assert len(pools.is_invented(kind)) > 300
    real = set(lists.surnames) | lists.surname_kana | lists.given | lists.given_kana | lists.words
    assert not pools.is_invented(kind) & real


def test_pools_hold_no_medical_word_and_no_sign_of_side_or_size():
    root = Path(str(files("jmid_nlp").joinpath("lexicons")))
    terms = set()
    for file in root.rglob("*.tsv"):
        if file.relative_to(root).parts[0] in ("phi", "surrogate", "policies", "unicode"):
            continue
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        terms |= {f for line in lines for f in re.split(r"[\t|]", line) if re.fullmatch("[一-鿿ぁ-ヺー]{2,}", f)}
    assert len(terms) > 1000
    names = [e.form for e in (*pools.surnames(), *pools.given_names(""), *pools.places())]
    names += [e.kana for e in (*pools.surnames(), *pools.given_names(""), *pools.places(), *pools.foreign())]
    assert [n for n in names if any(t in n for t in terms) or set(n) & set("左右両上下径大小肺葉")] == []


def test_readings_are_katakana_and_romaji_is_plain():
    for e in (*pools.surnames(), *pools.given_names(""), *pools.places()):
        assert re.fullmatch("[ァ-ヺー]+", e.kana), e.form
        assert re.fullmatch("[a-z]+", e.latin), e.form


# ---------------------------------------------------------------- facilities
@pytest.mark.parametrize(
    ("name", "kind", "general"),
    [
        ("みなと中央病院", "中央病院", "病院"),
        ("さくらクリニック", "クリニック", "クリニック"),
        ("県立北医科大学附属病院", "医科大学附属病院", "大学病院"),
        ("田中内科医院", "内科医院", "診療所"),
        ("港北警察署", "警察署", "警察"),
        ("新栄造船所", "造船所", "会社"),
        ("Minato General Hospital", " General Hospital", "病院"),
        ("株式会社ミナト", "", "会社"),
    ],
)
def test_a_facility_keeps_its_kind(name, kind, general):
    invented = make().facility(name)
    assert invented.endswith(kind)
    assert invented != name
    assert facility_kind(name) == general
    front, stem, _ = split_facility(invented)
    assert invented.startswith(front)
    assert stem
    assert split_facility(name)[1] not in invented


def test_a_facility_is_one_in_all_its_kinds():
    book_ = make()
    stems = {split_facility(book_.facility(n))[1] for n in ("みなと病院", "みなと中央病院", "みなとクリニック")}
    assert len(stems) == 1


# ---------------------------------------------------------------- numbers
@pytest.mark.parametrize("number", ["0012345", "P2209187", "A-2023-00123", "１２３４５６７", "12345678-01", "pt-0099x"])
def test_numbers_keep_their_shape(number):
    invented = make().number(number, "id")
    assert len(invented) == len(number)
    assert invented != number
    for a, b in zip(number, invented, strict=True):
        assert (a.isdigit(), a.isalpha(), a.isascii(), a.isupper()) == (
            b.isdigit(),
            b.isalpha(),
            b.isascii(),
            b.isupper(),
        )
        assert a.isalnum() or a == b
    assert is_invented_number(invented)


def test_spellings_of_a_number_stay_one_number():
    book_ = make()
    plain = book_.number("1234567", "id")
    assert book_.number("123-4567", "id") == f"{plain[:3]}-{plain[3:]}"
    assert book_.number("１２３４５６７", "id").translate({0xFF10 + i: str(i) for i in range(10)}) == plain


def test_numbers_in_other_signs_are_left_to_a_tag():
    assert make().number("品川 300 あ 12-34", "id") is None
    assert make().number("第", "id") is None


def test_official_check_digits():
    assert looks_official("123456789018")
    assert not looks_official("123456789012")
    assert looks_official("06139992")
    assert not looks_official("06139993")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([8, 12]), st.integers(0, 10**12 - 1))
def test_no_invented_number_has_a_valid_official_check_digit(length, value):
    number = str(value).rjust(12, "0")[-length:]
    assert not looks_official(make().number(number, "id"))


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("03-1234-5678", r"03-00\d\d-\d{4}"),
        ("０３－１２３４－５６７８", r"０３－００[０-９]{2}－[０-９]{4}"),
        ("045(123)4567", r"030\(0\d\d\)\d{4}"),
        ("0466-12-3456", r"0300-\d\d-\d{4}"),
        ("090-1234-5678", r"090-0\d{3}-\d{4}"),
        ("08012345678", r"0900\d{7}"),
        ("050-1234-5678", r"050-0\d{3}-\d{4}"),
        ("+81-3-1234-5678", r"\+81-3-00\d\d-\d{4}"),
        ("+81 90 1234 5678", r"\+81 90 0\d{3} \d{4}"),
        ("2345", r"0\d{3}"),
    ],
)
def test_phones_keep_their_shape_and_cannot_ring(phone, expected):
    invented = make().phone(phone)
    assert re.fullmatch(expected, invented), invented
    assert invented != phone


def test_mail_and_web_addresses_lead_to_a_reserved_domain():
    assert make().email("yamamoto@hospital.example.com").endswith("@example.jp")
    assert make().url("https://hospital.example.com/a").startswith("https://example.jp/")


# ---------------------------------------------------------------- codes
def test_pseudonyms_are_recognised_and_one_way():
    code = pseudonym(KEY, "patient", "0012345")
    assert is_pseudonym(code)
    assert "12345" not in code
    assert code == pseudonym(KEY, "patient", "0012345") != pseudonym(OTHER, "patient", "0012345")
    assert not is_pseudonym(code[:-1] + ("A" if code[-1] != "A" else "B"))
    assert not is_pseudonym("P-AAAAAAAAAAAAAAAAAAAAAAAA")


def test_uids_are_remapped_below_2_25_and_stay_on_a_second_pass():
    uid = remap_uid("1.2.392.200036.9116.2.5.1.48", KEY)
    assert re.fullmatch(r"2\.25\.[1-9]\d*", uid)
    assert len(uid) <= 64
    assert int(uid[5:]) < 2**128
    assert is_remapped_uid(uid)
    assert remap_uid(uid, OTHER) == uid
    assert remap_uid("1.2.392.200036.9116.2.5.1.48\0", KEY) == uid
    assert not is_remapped_uid("2.25.329800735698586629295641978511506172918")


def test_persons_are_numbered_in_the_order_of_their_names():
    people = People(record_links("山本 花子", "ヤマモト ハナコ", (), "f"))
    assert [people.number(n) for n in ("佐々木", "山本花子", "ﾔﾏﾓﾄ", "花子", "山本太郎", "佐々木", "Yamamoto")] == [
        1,
        2,
        2,
        2,
        3,
        1,
        2,
    ]


@pytest.mark.parametrize("text", ["ヤマモトガギパ", "ヴェルナート", "ー"])
def test_kana_widths_are_inverse(text):
    assert to_katakana(to_half_width(text)) == text
    assert to_katakana(to_hiragana("ヤマモト")) == "ヤマモト"


def test_letters_of_numbers_never_make_an_abbreviation_of_medicine():
    lists = Path(str(files("jmid_nlp").joinpath("lexicons")))
    words = {
        word.upper()
        for file in lists.rglob("*.tsv")
        if not {"phi", "surrogate", "policies"} & set(file.parts)
        for word in re.findall(r"(?<![A-Za-z])[A-Za-z]{2,6}(?![A-Za-z])", file.read_text(encoding="utf-8"))
    }
    for n in range(200):
        made = make("").number(f"{'HMB'[: n % 4]}{n:04d}AB", "id", str(n)) or ""
        assert not words & set(re.findall("[A-Z]+", made))


@pytest.mark.parametrize("written", ["佐々木\n原 豊", "佐々木原\n豊", "佐々木 原　豊"])
def test_a_name_that_a_line_break_cuts_stays_a_japanese_name_of_the_same_person(written):
    book_of = make("", name="佐々木原 豊", kana="ササキハラ ユタカ", sex="m")
    surname, given = book_of.name("佐々木原 豊").split()
    made = book_of.name(written)
    assert re.sub(r"\s", "", made) == surname + given
    assert re.search(r"\s", made[len(surname) :])


def test_a_long_text_is_searched_as_a_short_one(monkeypatch):
    names = [f"山本{a}{b}" for a in "太花一二" for b in "郎子夫美"]
    short = [make("佐藤太郎 さとう ".lower() * 3).name(name) for name in names]
    monkeypatch.setattr(surrogate, "_LONG", 1)
    assert [make("佐藤太郎 さとう ".lower() * 3).name(name) for name in names] == short
    index = surrogate._Index("やまもとの検査 yamada")
    for word in ("や", "やま", "やまもと", "検査", "yamada", "まも", "の検査 y"):
        assert word in index
    for word in ("やもま", "まと", "yamato", "検査 ya!", "やまもとは"):
        assert word not in index
