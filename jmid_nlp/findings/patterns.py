"""Expressions that are written by rule and not by list: sizes, segments, vertebrae, node stations, TNM, counts, times.

One pattern finds them all in one pass over the folded text. It looks first at the character an expression can begin with,
so that most of the text costs one comparison a character; every repetition is bounded.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from jmid_nlp.text.lazy import lazy

_NUM = r"(?:\d{1,4}(?:\.\d{1,2})?|[○〇◯Xx●])"
_UNIT = r"(?:mm|cm|ミリ|センチ)"
_TIMES = r"[ ]?[x×X*✕✖╳][ ]?"
_DASH = r"[ ]?(?:[~〜～\-−–ー]|から)[ ]?"
_SEGMENT_NUMBER = r"(?:10|[1-9])"
_SIDE_STATION = r"\d{1,2}(?:[RLpsi]|[a-d]\d?)?"
_PIECE = lazy(
    r"(?=[\d○〇◯Xx●数複半一二三四五六七八九十TtNMSLCcpyr#第IiA(スシP])(?:"
    rf"(?P<size>{_NUM}(?:[ ]?{_UNIT})?(?:(?:{_TIMES}|{_DASH}){_NUM}(?:[ ]?{_UNIT})?){{0,2}}"
    r"(?:(?<=mm)|(?<=cm)|(?<=ミリ)|(?<=センチ))"
    r"(?:[ ]?(?:程度|前後|以上|以下|未満|弱|強|ほど|大|厚|径|まで|台|超)){0,3}|数(?:mm|cm|ミリ|センチ)(?:程度|前後|大){0,2})"
    r"|(?P<tnm>(?<![A-Za-z0-9右左側])(?<!MCA )(?<!動脈)[cpyr]{0,2}"
    r"(?:T(?:is|[0-4X])(?:mi|[a-d])?[ ]?(?:N[0-3X][a-c]?)?[ ]?(?:M[01X][a-c]?)?"
    r"|N[0-3X][a-c]?[ ]?(?:M[01X][a-c]?)?|M[01X][a-c]?)"
    r"(?![A-Za-z0-9]|強調|WI|[/~-]\d|スター|[ ]?(?:高|低|等|延長|遠|近|椎|レベル|部|で途絶|閉塞|狭窄)))"
    rf"|(?P<segment>(?<![A-Za-z0-9])S[ ]?{_SEGMENT_NUMBER}(?:[ ]?\+[ ]?{_SEGMENT_NUMBER})?[a-c]?"
    rf"(?:[+/・,~〜\-][ ]?S?{_SEGMENT_NUMBER}[a-c]?(?!\d|[ ]?mm|[ ]?cm|[ ]?[x×]|\.\d)){{0,4}}(?![A-Za-z0-9]|椎|神経根|状))"
    r"|(?P<vertebra>(?<![A-Za-z0-9])(?:Th|T|C|L|S)[ ]?\d{1,2}(?![\d.A-Za-z])"
    r"(?:[ ]?(?:[~〜～\-−–ー/・,、]|から)[ ]?(?:Th|T|C|L|S)?\d{1,2}(?![\dmcx×年月日%.])){0,8}"
    r"(?!強調|WI|スター|[ ]?(?:高|低|等)信号|[ ]?延長))"
    r"|(?P<ordinal>第[ ]?\d{1,2}(?:(?:[~〜～\-−ー・,、]|から)第?\d{1,2}){0,6}(?=[胸腰頸頚仙肋趾指]|中足|中手|椎|[ ]?/))"
    rf"|(?P<station>(?:#|No\.?[ ]?){_SIDE_STATION}(?:[ ]?[,、・/~\-と][ ]?(?:#|No\.)?{_SIDE_STATION}(?!\d|mm|cm)){{0,12}})"
    r"|(?P<time>(?<![\d.])(?:\d{1,3}|数|半|[一二三四五六七八九十]{1,3})(?:[~〜\-]\d{1,2})?(?:年|[かヶケカヵ箇]月|週間?|日|時間)"
    r"(?:ほど|程度|くらい)?(?:以上)?(?:前|後|以内))"
    r"|(?P<count>(?<![\d.])(?:\d{1,3}|複?数|[一二三四五六七八九])[ ]?(?:[カかヶヵ箇]所|個|つ(?!の可能))(?![一-龥]))"
    r"|(?P<image>\(?(?:[Ss][Ee](?:ries)?|[Ii][Mm](?:age|g)?|スライス|シリーズ)[ .:#]{0,2}\d{1,4}"
    r"(?:[ ,/、~\-]{0,2}(?:[Ii][Mm](?:age|g)?[ .:#]{0,2})?\d{1,4}){0,5}\)?)"
    r"|(?P<value>(?:SUVmax|SUV|CT値|ADC値|ASPECTS)[はが]?[ :=]?約?[\-−]?\d+(?:\.\d+)?(?:[ ]?HU|点)?)"
    r")"
)
_DIMENSION = re.compile(
    r"(?:(?:長径|短径|最大短径|最大長径|最大径|最長径|直径|全体径|充実成分径|横径|縦径|前後径|頭尾長|頭尾径|瘤径|長軸|短軸|径"
    r"|厚さ|厚み|長さ|幅|高さ)[はが]?|大きさ|サイズ)?[ ]?(?:約|およそ|最大|ほぼ)?[ ]?\Z"
)
_REACH = 8


class Piece(NamedTuple):
    """An expression written by rule: `[start, end)` of the folded text and what it is (the name of the alternative)."""

    start: int
    end: int
    tag: str


def pieces(text: str) -> list[Piece]:
    """All rule-written expressions of a folded text, ascending, not overlapping."""
    out = []
    for m in _PIECE.finditer(text):
        tag, start, end = m.lastgroup or "", m.start(), m.end()
        while text[end - 1] in " ,、":
            end -= 1
        if (
            tag == "station"
            and text[start] == "#"
            and text[end : end + 1] == " "
            and text[start - 1 : start] in ("", "\n")
        ):
            continue  # the number of a list: #1 肺癌
        if tag == "size":
            start = _with_dimension(text, start)
        out.append(Piece(start, end, tag))
    return out


def _with_dimension(text: str, start: int) -> int:
    """The start of `長径は約28mm` for the place of its number."""
    low = max(0, start - _REACH)
    found = _DIMENSION.search(text[low:start])
    if found is None:
        return start
    lead = found.group()
    if not lead.strip():
        return start
    return start - len(lead)
