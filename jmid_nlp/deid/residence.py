"""Places by what is said of them: where somebody lives, comes from, goes home to or was found, towns and hamlets by their kind.

The word before must be the name of a place as a whole (`proper.is_place`, or a foreign city); a surname alone becomes a place
only before words that are said of places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.evidence import LISTED, Hit
from jmid_nlp.deid.kanji import KANJI
from jmid_nlp.deid.proper import is_common, is_name, is_place
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import RareForms, words

_BEFORE = lazy(
    rf"(?:(?<![{KANJI}ァ-ヺー])(?P<k>[{KANJI}ヶケノ]{{2,6}})|(?:(?<![{KANJI}ぁ-ゖァ-ヺー])|"
    rf"(?<=[はがのをにでへとも、。・:]))(?P<j>[ァ-ヺー]{{3,9}}|"
    rf"[ぁ-ゖ]{{2,5}}))\Z"
)
_LONGEST = 12


@cache
def _slots() -> tuple[Automaton, tuple[str, ...]]:
    forms: dict[str, str] = {}
    for row in read_table("phi/place_slots.tsv", ("kind", "forms")):
        for form in split_forms(row["forms"]):
            forms.setdefault(form, row["kind"])
    return RareForms(forms), tuple(forms.values())


def find_residences(t: str) -> Iterator[Hit]:
    """Places of a folded text by the words behind them, and towns by their kind."""
    automaton, kinds = _slots()
    for start, _, number in automaton.find(t):
        m = _BEFORE.search(t, max(0, start - _LONGEST), start)
        if m and _is_residence(m["k"] or m["j"], sure=kinds[number] == "sure"):
            yield Hit(m.start(), start, "ADDRESS", "partial", 0.7, "places.slot", LISTED)
    if _TOWN_WORDS(t) and _TOWN_ISH.search(t):
        yield from _towns(t)
    if _SAID_WORDS(t):
        yield from _said(t)


def _is_residence(word: str, *, sure: bool) -> bool:
    plain = word.translate(VARIANTS)
    if plain in stop_words("place") or plain in stop_words("facility_region") or plain in stop_words("place_word"):
        return False
    if plain in stop_words("foreign_city"):
        return True
    if len(plain) > 2 and plain[-1] in "台丘" and not is_common(plain):
        return True
    if is_place(plain):
        return (
            True
            if sure
            else plain in book().place_stems or plain in book().place_names or plain[-1] in "町村区市郡島県府都"
        )
    if not sure:
        return is_name(plain) and len(plain) > 1
    return (is_name(plain) and len(plain) > 1 and not is_common(plain)) or plain in stop_words("kana_city")


_TOWN = lazy(
    rf"(?<![{KANJI}ァ-ヺー])(?P<n>[{KANJI}ヶケノ]{{1,5}}|[ぁ-ゖ]{{3,5}}|[ァ-ヺー]{{2,6}})(?P<k>町|村|島|バイパス|"
    rf"川河口|河口|集落|地区|部落|"
    rf"温泉|団地|屋敷|新田|開拓|番地|大橋|橋|分校前|駅前)"
    rf"(?=の(?!診療|病院|会館|役|人|中(?!央)|外)|山中|山林|内(?=で|の|に)|に(?:住|帰|戻|転居|居|在|あ|暮|独|お住)|へ(?:戻|"
    rf"帰|転居|向)|で(?![はあな])|"
    rf"から|より|在住|出身|[)）、。]|東詰|西詰|南詰|北詰|付近|\Z)"
)
_TOWN_ISH = re.compile(r"[町村落区泉地敷田拓橋前島スロ口](?:の|に|へ|で|から|より|在|出|[)、。]|[東西南北]詰|付|$)")
_TOWN_WORDS = words(
    "町",
    "村",
    "集落",
    "地区",
    "部落",
    "温泉",
    "団地",
    "屋敷",
    "新田",
    "開拓",
    "番地",
    "橋",
    "分校前",
    "駅前",
    "島",
    "バイパス",
    "河口",
)
_SAID_WORDS = words(
    *[
        "里帰り先",
        "帰省先",
        "実家",
        "出身",
        "郷里",
        "住まい",
        "現住所",
        "転居先",
        "疎開先",
        "生家",
        "勤務地",
        "赴任先",
        "移住先",
        "在所",
        "身寄り",
        "家族",
        "長男",
        "次男",
        "長女",
        "次女",
        "息子",
        "娘",
        "弟",
        "妹",
        "兄",
        "姉",
        "里は",
        "里が",
    ]
)
_SAID = lazy(
    r"(?:里帰り先|帰省先|実家|出身地?|郷里|住まい|お住まい|現住所|転居先|疎開先|生家|勤務地|赴任先|移住先|里|在所|"
    r"身寄り|家族|長男|次男|長女|次女|息子|娘|弟|妹|兄|姉)"
    r"(?P<j>は|が|:|[(])[ ]?(?P<v>[一-鿿ヶケノ]{2,6}|[ァ-ヺー]{2,9}|[ぁ-ゖ]{2,5}?)(?=[、。)」\n]|$|に(?:住|居|い)|"
    r"在住|で暮|の(?![一-鿿]{1,3}(?:先生|さん)))"
)
_STOP = lazy(
    rf"(?:バス停|停留所)(?P<n>[{KANJI}ぁ-ゖァ-ヺー]{{2,8}}?)(?=から|で|に|の|まで|付近|より|[、。)])|"
    rf"(?P<m>[{KANJI}ぁ-ゖァ-ヺー]{{2,8}}?)の?(?:バス停|停留所)"
)
_MORE_AZA = lazy(
    rf"(?:大字|小字|(?<![一-鿿A-Za-zの])字)(?P<n>[{KANJI}ァ-ヺ][{KANJI}ヶケノァ-ヺーぁ-ゖ]{{0,7}}?(?:の奥|の上|"
    rf"の下)?)(?=[ 　、。)』」]|の|に|で|へ|"
    rf"から|より|在住|$|\n)"
)
_ROMAN = re.compile(
    r"(?:(?:near|at|in|from|around|outside) )?(?P<n>[A-Z][a-z]{2,14}(?:[- ](?:ku|shi|cho|machi|mura|gun|ken|fu|to|"
    r"Sta(?:tion)?\.?|sta\.?|Stn\.?|City|Town|Village|Station|Prefecture|Pref\.?)))(?![A-Za-z])"
)


def _towns(t: str) -> Iterator[Hit]:
    for m in _TOWN.finditer(t):
        name, kind = m["n"], m["k"]
        if is_common(name + kind) or name + kind in stop_words("place_word") or name in stop_words("place"):
            continue
        if kind in ("村", "町") and (len(name) == 1 and name in "当同他隣本各市港下城農漁山寒廃我"):
            continue
        if kind == "村" and is_name(name + kind) and not is_place(name):
            continue
        if kind not in ("町", "村", "集落", "部落", "地区", "川河口", "バイパス") and not (
            is_name(name) or "ァ" <= name[0] <= "ヺ"
        ):
            continue
        yield Hit(m.start(), m.end(), "ADDRESS", "partial", 0.7, "places.town", LISTED)


def _said(t: str) -> Iterator[Hit]:
    for m in _SAID.finditer(t):
        word = m["v"]
        if word in stop_words("facility_region"):
            continue
        known = word in stop_words("kana_city") or word in stop_words("foreign_city") or is_place(word)
        if known or (word[-2:] == "温泉" and len(word) > 3):
            yield Hit(*m.span("v"), "ADDRESS", "partial", 0.7, "places.said", LISTED)


def find_stops(t: str) -> Iterator[Hit]:
    """Bus stops, small divisions of a village, places in Latin letters."""
    if "バス停" in t or "停留所" in t:
        for m in _STOP.finditer(t):
            name = m["n"] or m["m"]
            if not is_common(name) and name not in ("最寄り", "近く", "近所", "自宅前"):
                yield Hit(*m.span("n" if m["n"] else "m"), "ADDRESS", "partial", 0.7, "places.stop", LISTED)
    if "字" in t:
        for m in _MORE_AZA.finditer(t):
            if not is_common(m["n"]) and m["n"] not in ("印", "数", "体"):
                yield Hit(m.start(), m.end(), "ADDRESS", "partial", 0.75, "places.block", LISTED)
    for m in _ROMAN.finditer(t) if _ROMAN_ISH.search(t) else ():
        yield Hit(*m.span("n"), "ADDRESS", "partial", 0.7, "places.roman", LISTED)


_ROMAN_ISH = re.compile(r"[- ](?<=[a-z].)(?:ku|shi|cho|machi|mura|gun|ken|[Ss]ta|Stn|City|Town|Village|Pref)")
