"""Hospitals, clinics, schools, police and fire stations, care homes: a proper left part and a suffix, or a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import book, stop_words
from jmid_nlp.deid.branches import BRANCH
from jmid_nlp.deid.cues import EXPLICIT, Label
from jmid_nlp.deid.employers import (
    EMPLOYED_WORD,
    ENGLISH,
    ENGLISH_WORD,
    GENERIC_ENGLISH,
    KATAKANA,
    LOWER_ENGLISH,
    POLICE,
    SYSTEM_NAME,
    company,
    employers,
    prefixed,
)
from jmid_nlp.deid.evidence import GRAMMAR, LABELLED, LISTED, Hit
from jmid_nlp.deid.kanji import KANJI
from jmid_nlp.deid.leftpart import GENERIC_LEFT, ascii_edge, left_part, proper
from jmid_nlp.deid.proper import cut_left, is_kana_word, is_place, made_of_words, unheard
from jmid_nlp.deid.shortnames import alone, find_short, named_behind, short, widen
from jmid_nlp.deid.workplaces import find_brands, find_workplaces
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import RareForms


@cache
def _table() -> tuple[Automaton, tuple[str, ...], frozenset[str]]:
    forms: dict[str, str] = {}
    generic: set[str] = set()
    for row in read_table("phi/facility.tsv", ("strength", "forms")):
        words = [fold(f).text for f in split_forms(row["forms"])]
        if row["strength"] == "generic":
            generic.update(words)
        for w in words if row["strength"] != "generic" else []:
            forms.setdefault(w, row["strength"])
    for w in sorted(stop_words("facility_alone") | stop_words("facility_alone_strict")):
        forms.setdefault(w, "shortest")
    return RareForms(forms), tuple(forms.values()), frozenset(generic)


_REFERRER = lazy(
    rf"[{KANJI}ヶケノぁ-ゖァ-ヺーA-Za-z・&]{{2,24}}(?:病院|医院|クリニック|診療所|センター|整形外科|内科|"
    rf"外科|CL|健診プラザ)(?=$|[ \t\n、。,)」/])"
)


def find_facilities(t: str, labels: list[Label]) -> Iterator[Hit]:
    """Names of facilities in a folded text."""
    automaton, kinds, generic = _table()
    floor = 0
    for start, end, number in automaton.find(t):
        kind = kinds[number]
        hit = None
        if kind == "company":
            hit = company(t, start, end)
        elif kind in ("short", "shortest", "brief"):
            hit = short(t, start, end, kind) if end > floor else None
        elif kind == "name":
            hit = _named(t, start, end)
        else:
            hit = _suffixed(t, start, end, kind, generic, floor)
            hit = hit or alone(t, start, end)
            if hit is None and start == floor and floor and kind != "weak":
                hit = Hit(start - 1, end, "FACILITY", _subtype(t[start:end]), 0.8, "facilities.suffix", GRAMMAR)
        if hit:
            hit = widen(t, hit)
            floor = hit.end
            yield hit
    if "署" in t:
        for m in POLICE.finditer(t):
            if m[1] not in ("警察", "消防", "税務", "同", "所轄"):
                yield Hit(m.start(), m.end(), "FACILITY", "institution", 0.75, "facilities.station", LISTED)
    if "_" in t:
        for m in SYSTEM_NAME.finditer(t):
            yield Hit(m.start(), m.end(), "FACILITY", "hospital", 0.85, "facilities.system", GRAMMAR)
    if ENGLISH_WORD(t):
        for m in ENGLISH.finditer(t):
            if not GENERIC_ENGLISH.match(m[0]):
                yield Hit(m.start(), m.end(), "FACILITY", "hospital", 0.8, "facilities.english", GRAMMAR)
        for m in LOWER_ENGLISH.finditer(t):
            yield Hit(m.start("n"), m.end("n"), "FACILITY", "hospital", 0.75, "facilities.english", LISTED)
    if (
        "ビョウイン" in t
        or "クリニ" in t
        or "イイン" in t
        or "ジョ" in t
        or "ヤッキョク" in t
        or "ダイガク" in t
        or "センター" in t
    ):
        for m in KATAKANA.finditer(t):
            yield Hit(m.start(), m.end(), "FACILITY", "hospital", 0.8, "facilities.kana", GRAMMAR)
    for start, end in prefixed(t):
        yield Hit(start, end, "FACILITY", "care_home", 0.8, "facilities.prefix", GRAMMAR)
    if EMPLOYED_WORD(t):
        for start, end in employers(t):
            yield Hit(start, end, "FACILITY", "workplace", 0.7, "facilities.employer", LISTED)
    yield from find_short(t)
    yield from find_workplaces(t)
    yield from find_brands(t)
    for label in labels:
        if label.kind == "person" and label.subtype == "referrer" and label.strength == EXPLICIT:
            found = _REFERRER.match(t, label.value)
            if found and found[0] not in generic and found[0] not in book().no_names and len(found[0]) > 3:
                yield Hit(found.start(), found.end(), "FACILITY", "hospital", 0.85, "facilities.label", GRAMMAR)
        if label.kind == "facility" and label.strength == EXPLICIT:
            yield from _labelled(t, label, generic)


_NAMED_RIGHT = re.compile(r"[、。→)」/・=;\s]|で|に|より|から|の|へ|\Z")


def _named(t: str, start: int, end: int) -> Hit | None:
    if not ascii_edge(t, start, end):
        return None
    before, after = t[start - 1 : start], t[end : end + 3]
    form = t[start:end]
    place = cut_left(left_part(t, start, max(0, start - 6))) if re.match(f"[{KANJI}]", before) else ""
    if place and is_place(place) and len(form) < 4 and _NAMED_RIGHT.match(t, end):
        return Hit(start - len(place), end, "FACILITY", "hospital", 0.8, "facilities.name", GRAMMAR)
    if (
        re.match(f"[{KANJI}]", before)
        and len(form) <= 3
        and not t[:start].endswith(("前医", "近医", "他院", "紹介元", "現在", "以前"))
    ):
        return None
    if len(form) <= 3 and re.match(
        r"先生|さん|様|医師|氏|病(?!院)|分類|法|動脈|方|型|式|症|基準|区|市|県|川|[ 　]?[一-鿿]{1,2}[ 　](?:先生|様)",
        after,
    ):
        return None
    wide = widen(t, Hit(start, end, "FACILITY", "hospital", 0.85, "facilities.name", GRAMMAR))
    if (
        len(form) == 2
        and form in _ONLY_WITH
        and wide.end == end
        and not re.match(
            r"で|に|より|から|の|へ|病院|病理|放|消|外|内|脳|救|整|循|呼|産|小|泌|[第一二三1-3][内外]?|[ 　(（、。→)/・=;\n]|"
            r"\Z",
            after,
        )
    ):
        return None
    stop = end
    if m := re.match(
        r"(?:大学)?(?:医学部)?(?:附属|付属)?(?:[一-鿿ァ-ヺー]{0,8}(?:病院|医療センター|センター|キャンパス|分院))",
        t[end : end + 24],
    ):
        stop = end + m.end()
    return Hit(start, stop, "FACILITY", "hospital", 0.85, "facilities.name", GRAMMAR)


_ONLY_WITH = stop_words("facility_short")


def _suffixed(t: str, start: int, end: int, kind: str, generic: frozenset[str], floor: int) -> Hit | None:
    if not ascii_edge(t, start, end) and not (t[start - 1 : start] > "z"):
        return None
    left = left_part(t, start, floor)
    suffix = t[start:end]
    if not left or left in GENERIC_LEFT or left + suffix in generic or left in book().depts:
        return _general(t, start - len(left), end, suffix)
    if suffix in ("院", "社") and left[-1] in "通入退来転当他同本自前貴某医病帰在全会":
        return None
    if suffix == "社" and _MAKER_RIGHT.match(t, end):
        return None
    if "ァ" <= suffix[0] <= "ヺ" and _LONE_KATAKANA.search(left):
        return None  # スクリーニング is no クリーニング
    left = left[m.end() :] if (m := _AGE_LEFT.match(left)) else left
    if is_kana_word(left) or not left or _PARTICLE_END.search(left) or left in ("A", "B", "C", "X", "Y"):
        return None
    if left[-1] == "の" and (left[:-1] in GENERIC_LEFT or left[:-1] in stop_words("facility_near")):
        return None
    name = cut_left(left)
    if "ァ" <= suffix[0] <= "ヺ" and kind == "strong" and not name and made_of_words(left):
        return None
    if left in book().words and kind != "strong":
        return None
    named = proper(left) or name or (suffix[-1] in "園苑荘" and len(left) > 1 and not made_of_words(left))
    named = named or (suffix in _UNHEARD_KINDS and unheard(left))
    if kind != "strong" and not (named and _RIGHT_WEAK.match(t, end)):
        return None
    if kind == "strong" and len(suffix) <= 2 and suffix not in _SURE and not (proper(left) or name or unheard(left)):
        return None
    if name and kind != "strong" and not proper(left):
        left = name
    stop = end
    if (b := BRANCH.match(t, stop)) and b[0].strip() not in generic:
        stop = b.end()
    return Hit(
        start - len(left),
        stop,
        "FACILITY",
        _subtype(suffix),
        0.9 if kind == "strong" else 0.7,
        "facilities.suffix",
        GRAMMAR if kind == "strong" else LISTED,
    )


_LONE_KATAKANA = re.compile(r"(?:^|[^ァ-ヺー])[ァ-ヺ]\Z")
_PARTICLE_END = lazy(r"[一-鿿A-Za-zァ-ヺー][とにをがはも]\Z")
_AGE_LEFT = re.compile(r".*[歳才](?:の|男性|女性|児)?")
_GENERAL = tuple(sorted(stop_words("facility_general")))


def _general(t: str, start: int, end: int, suffix: str) -> Hit | None:
    """A general kind with the name behind it: 健診センターひまわり."""
    if not suffix.endswith(_GENERAL):
        return None
    stop = named_behind(t, end)
    return Hit(start, stop, "FACILITY", _subtype(suffix), 0.7, "facilities.behind", LISTED) if stop > end else None


_MAKER_RIGHT = re.compile(r"[ ]?(?:製|の?(?:装置|機器|デバイス|ステント|カテーテル|[A-Z]{2}))")
_SURE = stop_words("facility_sure")
_UNHEARD_KINDS = ("寺", "軒", "庵", "苑", "荘", "園")

_RIGHT_WEAK = re.compile(
    r"$|[\s、。,.()（」』】\]/|;:>\"'<&・→⇒│┃]|より|から|に|で|へ|の|を|は|が|と|入|通|勤|在|紹介|受診|外来|嘱託|"
    r"職員|看護|施設長|"
    r"相談員|園長|理事|利用|退|経由|宛|系列|併設|撮|検|扱|所属|提出|関係"
)


def _subtype(suffix: str) -> str:
    if re.search(r"学|校|園|塾", suffix):
        return "school"
    if re.search(r"警察|消防|交番", suffix):
        return "institution"
    if re.search(r"病院|医院|クリニック|診療|CL|科|センター|医大|健診", suffix):
        return "hospital"
    if re.search(r"ホーム|苑|荘|ケア|老人", suffix):
        return "care_home"
    return "workplace"


_SHORT_LABELS = stop_words("facility_label")
_VALUE = re.compile(r"[^\n|,;:=<>\"'。、()]{2,40}?(?=[ \t]{2,}|[\n|,;:=<>\"'。、()]|\Z)")

_NO_VALUE = re.compile(
    r"#|[A-Za-z]{0,2}\d{1,2}\b|なし|無|不明|未|[Nn]one|[Nn]il|[Nn]/?[Aa]\b|[Uu]nknown|当院|他院|同上|近医|あり|有|"
    r"在宅|自宅|今回|前回|CT|MRI|"
    r"\d{4}|右|左|両|胸|腹|頭"
)


def _labelled(t: str, label: Label, generic: frozenset[str]) -> Iterator[Hit]:
    m = _VALUE.match(t, label.value)
    if m is None or _NO_VALUE.match(m[0]) or m[0].strip() in generic or m[0].strip() in book().no_names:
        return
    value = m[0].rstrip()
    if (
        label.end - label.start <= 2
        and not t[label.start].isascii()
        and t[label.start : label.end] not in _SHORT_LABELS
    ):
        return
    if t[label.start : label.end] in ("前医", "他院", "施設入所", "かかりつけ") and not re.search(
        r"院|所|センター|クリニック|CL|ホーム|苑|荘|園|科", value
    ):
        return
    value = re.split(
        r"(?:より|から|にて|に(?=勤|入|通)|で(?=[^あ])|の(?=編集|担当|社員|職員|従業員|方が|看護))", value
    )[0].rstrip()
    if len(value) >= 2:
        yield Hit(m.start(), m.start() + len(value), "FACILITY", label.subtype, 0.85, "facilities.label", LABELLED)
