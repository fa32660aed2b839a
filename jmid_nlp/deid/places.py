"""Addresses: postcodes, prefecture and municipality with what follows, blocks and buildings, places of residence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import book, stop_words
from jmid_nlp.deid.cues import EXPLICIT, Label
from jmid_nlp.deid.evidence import GRAMMAR, LABELLED, LISTED, SHAPED, Hit
from jmid_nlp.deid.kanji import KANJI
from jmid_nlp.deid.residence import find_residences, find_stops
from jmid_nlp.lexicon import Automaton, read_table
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import RareForms, shapes

_POST = re.compile(r"〒[ \t]?(\d{3}[ \t]?[\-‐‑–—−ー―]?[ \t]?[0-9OIlBSZ]{4}|\d{3})(?![0-9A-Za-z])")
_POST_BARE = lazy(r"(?<![0-9A-Za-z\-])\d{3}-\d{4}(?=[ ]{0,3}[一-鿿]{2,4}[都道府県市区町村郡])")
_WORD = rf"[{KANJI}ヶケノツぁ-ゖァ-ヺー]"
_NUM = r"[0-9〇一二三四五六七八九十百OIl]"
_BLOCK = (
    rf"(?:(?:[0-9OIl]{{1,5}}|[〇一二三四五六七八九十百]{{1,4}}(?=丁目|番|条|号|線|"
    rf"の[0-9一二三四五六七八九十]))[ \t]?(?:丁目|番地の?|番町?|号室?|条|線|[FＦ階]|[\-‐‑–—−ー―の~][ "
    rf"\t]?)?[ \t]?(?:の[ \t]?)?){{1,7}}(?:[東西南北](?![{KANJI}])\d{{0,2}}(?:-\d{{1,4}}){{0,2}})?(?:の?[甲乙丙丁"
    rf"イロハニホ](?:号|地|の\d{{1,3}})?(?![ァ-ヺー{KANJI}]))?"
)
_BUILDING = (
    rf"(?:[ \t]{{0,2}}(?!TEL|Tel|FAX|Fax|ID|〒|電話|生年|携帯|様|さん|から|より|在住|に|で|へ|出身)[{KANJI}ぁ-ゖァ-ヺーA-Za-z・・"
    rf"]{{2,16}}[ \t]?[A-Z]?[0-9OIl]{{1,5}}(?:-\d{{1,4}})?(?:号室?|階|F)?)?"
)
_TAIL = lazy(
    rf"(?:(?:大字|字)?{_WORD}{{0,14}}?[ \t]?{_BLOCK}{_BUILDING}|(?:[{KANJI}ヶケノァ-ヺー]{{1,12}})(?=[ \t、"
    rf"。,)」\n]|在住|出身|から|より|で|に|の|へ|付近|路上|内|$))"
)
_SHORT_TAIL = lazy(rf"(?:[{KANJI}ヶケノァ-ヺー]{{1,6}}(?:町|村|区|字|丁目|地区|団地))+")
_KYOTO = lazy(
    rf"[{KANJI}]{{0,12}}(?:上る|下る|東入る?|西入る?|上ル|下ル|東入ル|西入ル|上が?る|下が?る)[{KANJI}]{{0,8}}\d{{0,4}}"
)
_AFTER_TOWN = lazy(
    rf"(?:大字|字)?(?![{KANJI}]?(?:在住|出身|方面|近郊|立|民|役|"
    rf"内の))[{KANJI}ヶケノ]{{1,5}}(?:の[{KANJI}]{{1,2}})?(?=[)）」、。 \n│|]|で|に(?!て)|の(?:ご?自宅|実家|集合|ア|"
    rf"マ|路|ペ|民|旅|別|家|バ|船|棚|工|山|海|浜|老|妹|弟|母|父|娘|"
    rf"施|借)|から|より|在住|$)"
)
_HOOD = lazy(
    rf"[{KANJI}ヶケノ]{{1,6}}(?=[)」]|[、。](?=[^、。]{{0,6}}(?:在住|で|に|へ))|の(?:ご?自宅|ご?実家|路上|交差点|"
    rf"施設|娘|息子|母|父|妹|弟|兄|姉|妻|夫|嫁|孫|民宿|旅館|工房|別荘|アパート|親戚)|在住|出身|に在住|[ \t]*$)"
)
_KOAZA = lazy(
    rf"(?:大字|字|小字)[{KANJI}ヶケノァ-ヺー]{{1,8}}?{_NUM}{{1,5}}(?:番地?)?(?:の{_NUM}{{1,3}}|-{_NUM}{{1,4}})*(?:号)?"
)
_CHOME = lazy(
    rf"[{KANJI}ヶケノァ-ヺー]{{1,8}}{_NUM}{{1,2}}丁目(?:{_NUM}{{1,4}}(?:番地?|[\-ーの])?){{0,4}}(?:号)?|"
    rf"[{KANJI}ヶケノ]{{2,8}}{_NUM}{{1,5}}番地(?:の?{_NUM}{{1,4}})?"
)
_LIVE = lazy(
    rf"([{KANJI}ヶケノ]{{1,6}}|[ァ-ヺー]{{2,8}})(?=在住|出身|居住|生まれ育|育ち|近郊|方面より|駅前|から転居|へ転居|"
    rf"に転居|に帰省|へ帰省)"
)
_POST_SHAPES = shapes("000-0000")
_STATION = lazy(rf"([{KANJI}ヶケノ]{{2,6}}|[ぁ-ゖ]{{3,6}}|[ァ-ヺー]{{3,8}})駅")
_VETO_RIGHT = re.compile(r"域|画|分|間|立|民|内科|役|役所|型|病|式|並|議|長|政|税|営|史|誌")
_GENERIC = stop_words("place")
_VALUE = re.compile(
    r"[^\n|,;<>\"'。]{2,60}?(?=[ \t]{2,}|[\n|,;<>\"'。]|[ \t]*(?:TEL|Tel|FAX|電話|〒|生年月日|氏名|ID|職業|$))"
)


@cache
def _places() -> tuple[Automaton, tuple[str, ...]]:
    rows = read_table("phi/places.tsv", ("form", "kind"))
    forms, kinds = [r["form"] for r in rows], [r["kind"] for r in rows]
    for form, kind in list(zip(forms, kinds, strict=True)):
        if kind == "prefecture" and form != "北海道":
            forms.append(form[:-1])
            kinds.append("stem")
    return RareForms(forms), tuple(kinds)


def find_places(t: str, labels: list[Label], *, digits: bool) -> Iterator[Hit]:
    """Addresses and places of a folded text."""
    for m in _POST.finditer(t):
        yield Hit(m.start(1), m.end(1), "ADDRESS", "postcode", 0.97, "places.postcode", SHAPED)
    for m in _POST_BARE.finditer(t) if _POST_SHAPES(t) else ():
        yield Hit(m.start(), m.end(), "ADDRESS", "postcode", 0.9, "places.postcode", SHAPED)
    automaton, kinds = _places()
    hits = [(s, e, kinds[n]) for s, e, n in automaton.find(t)]
    if hits:
        yield from _chains(t, hits)
    if "字" in t:
        for m in _KOAZA.finditer(t):
            yield Hit(m.start(), m.end(), "ADDRESS", "partial", 0.85, "places.block", GRAMMAR)
    if "丁目" in t or "番地" in t:
        for m in _CHOME.finditer(t):
            yield Hit(m.start(), m.end(), "ADDRESS", "partial", 0.85, "places.block", GRAMMAR)
    if "在" in t or "出身" in t or "居住" in t or "育ち" in t or "方面" in t or "転居" in t or "帰省" in t:
        for m in _LIVE.finditer(t):
            if m[1] not in _GENERIC and not re.search(r"現|存$|^海外|^国内", m[1]):
                yield Hit(m.start(1), m.end(1), "ADDRESS", "partial", 0.7, "places.residence", LISTED)
    if "駅" in t:
        for m in _STATION.finditer(t):
            if m[1] not in _GENERIC and m[1] not in ("最寄", "無人", "駅", "同"):
                yield Hit(m.start(), m.end(), "ADDRESS", "partial", 0.75, "places.station", LISTED)
    yield from find_residences(t)
    yield from find_stops(t)
    for label in labels:
        if label.kind == "address":
            yield from _labelled(t, label)


def _chains(t: str, hits: list[tuple[int, int, str]]) -> Iterator[Hit]:
    i = 0
    while i < len(hits):
        start, end, kind = hits[i]
        kinds = [kind]
        i += 1
        while i < len(hits) and hits[i][0] - end <= 1 and not t[end : hits[i][0]].strip():
            end = hits[i][1]
            kinds.append(hits[i][2])
            i += 1
        if kind == "stem" and len(kinds) == 1:
            if re.match(
                r"(?:在住|出身|から転|より転|の(?:病院|実家|自宅|施設|医院)|へ転|に転|旅行|在)", t[end : end + 6]
            ):
                yield Hit(start, end, "ADDRESS", "partial", 0.7, "places.prefecture", LISTED)
            continue
        if _VETO_RIGHT.match(t, end):
            continue
        yield from _address(t, start, end, kinds)


def _address(t: str, start: int, end: int, kinds: list[str]) -> Iterator[Hit]:
    tail = _TAIL.match(t, end)
    stop = end
    if tail and (any(c.isdigit() or c in "〇一二三四五六七八九十" for c in tail[0]) or len(kinds) > 1):
        stop = tail.end()
    elif kyoto := _KYOTO.match(t, end):
        stop = kyoto.end()
    elif short := _SHORT_TAIL.match(t, end):
        stop = short.end()
        if (more := _AFTER_TOWN.match(t, stop)) and more[0] not in book().plain_words and more[0] not in book().depts:
            stop = more.end()
    elif kinds[-1] in ("ward", "town", "village", "city") and (more := _AFTER_TOWN.match(t, end)) and "の" in more[0]:
        stop = more.end()
    elif t.startswith("内", end) and t[end + 1 : end + 2] in ("で", "の", "在", "に"):
        stop = end + 1
    name = t[start:end]
    if stop == end or tail is None:
        more = _HOOD.match(t, stop)
        stop = more.end() if more else stop
    if stop == end and len(kinds) == 1 and len(name) <= 2:
        return
    if (kinds == ["town"] or kinds == ["village"]) and len(name) <= 2:
        return
    score = 0.95 if stop > end or len(kinds) > 1 else 0.75
    while stop > end and t[stop - 1] in " \t-ー~の":
        stop -= 1
    yield Hit(start, stop, "ADDRESS", "full" if stop > end else "partial", score, "places.address", GRAMMAR)


def _labelled(t: str, label: Label) -> Iterator[Hit]:
    if label.subtype == "postcode":
        m = re.compile(r"〒?[ \t]?(\d{3}[ \t]?[\-‐‑–—−ー―]?[ \t]?\d{4})").match(t, label.value)
        if m:
            yield Hit(m.start(1), m.end(1), "ADDRESS", "postcode", 0.95, "places.label", LABELLED)
        return
    if label.strength < EXPLICIT:
        return
    m = _VALUE.match(t, label.value)
    if m and not re.match(r"なし|不明|不詳|同上|未|右記|なし|別紙|院内|自宅|屋内|屋外|路上", m[0]):
        start = m.start()
        if p := re.match(r"〒?[ \t]?\d{3}-?\d{4}[ \t]*", m[0]):
            start += p.end()
        if start < m.end():
            yield Hit(start, m.end(), "ADDRESS", "full", 0.9, "places.label", LABELLED)
