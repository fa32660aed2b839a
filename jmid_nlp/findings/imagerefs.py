"""References to images in a folded text: `Se3 Im45`, `Se5 Im120, 134`, `スライス112`, `(5/45)`, `IM:45/120`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jmid_nlp.schema import ImageRef
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.scan import matches_from


@dataclass(frozen=True, slots=True)
class RefMention:
    """The references written at `[start, end)` of a folded text."""

    start: int
    end: int
    refs: tuple[ImageRef, ...]


_SERIES = r"(?:Series|Ser|Se|シリーズ(?:番号)?|S(?=\d{1,4}\s?[:/,-]?\s?I))\.?\s?(?:No\.?|番号)?\s?[:#=]?\s?(?P<series>\d{1,4})"
_IMAGE_WORD = r"(?:Images?|Img|Im|IMA|スライス(?:番号)?|slices?|画像(?:番号)?|I)\.?\s?(?:No\.?|番号)?\s?[:#=]?\s?"
_NUMBERS = (
    r"(?P<images>\d{1,4}(?!\d|\.\d|\s?(?:mm|cm|枚|列))"
    rf"(?:\s?(?:,|、|・|-|~|〜|および|と|&|and)\s?(?:{_IMAGE_WORD})?\d{{1,4}}(?!\d|\.\d|\s?(?:mm|cm|枚|%|か|ヶ|回|年|月|日|度|個)))*)"
)
_FULL = lazy(rf"(?<![A-Za-z]){_SERIES}\s?[,、:/\-・)(]?\s?(?:{_IMAGE_WORD})?{_NUMBERS}", re.IGNORECASE)
_IMAGE = re.compile(
    r"(?<![A-Za-z])(?:Images?|Img|Im|IMA|スライス(?:番号)?|slices?|画像(?:番号)?)\.?\s?(?:No\.?|番号)?\s?[:#=]?\s?"
    + _NUMBERS,
    re.IGNORECASE,
)
_PAIR = re.compile(r"\((?P<series>\d{1,3})/(?P<images>\d{1,4}(?:\s?[,、]\s?\d{1,4})*)\)")
_OF = re.compile(r"\s?/\s?\d{1,4}(?!\d)")
_NUMBER = re.compile(r"\d{1,4}")
# What each pattern must hold; most texts hold none of it. Words are looked for in the lowered text.
_SERIES_WORDS = ("se", "シリーズ")
_IMAGE_WORDS = ("im", "スライス", "slice", "画像")
_SHORT_SERIES = re.compile(r"[Ss](?=\d{1,4}\s?[:/,-]?\s?I)", re.IGNORECASE)
_PAIR_HINT = re.compile(r"\(\d{1,3}/\d")
_FULL_STARTS = re.compile("[Ssシ]")
_IMAGE_STARTS = re.compile("[IiSsス画]")
_PAIR_BEFORE = re.compile(r"(?:ステージ|Grade|T|N|カテゴリー?|スコア|点|score)\s?$", re.IGNORECASE)
# (11/8) behind one of these is the day of an examination or of a deed, not series 11, image 8
_DAY_BEFORE = re.compile(
    r"(?:前回|前々回|前医|読影|撮影|検査|依頼|済み?|予定|施行|作成|報告|連絡|登録|受診|入院|退院|紹介|手術|治療|生検|採血|当日|CT|MRI?|US|XP)\s?$",
    re.IGNORECASE,
)


def image_refs(text: str) -> list[RefMention]:
    """All references of a folded text, ascending.

    `(5/45)` is series 5, image 45; `IM:45/120` is image 45 of 120. The ends of a range of images are two references.
    """
    looked = _looked_for(text)
    if not looked:
        return []
    found: list[RefMention] = []
    taken = bytearray(len(text) + 1)
    for pattern, matches in looked:
        for match in matches:
            if taken.find(1, match.start(), match.end()) >= 0:
                continue
            if pattern is _PAIR and _PAIR_BEFORE.search(text[max(0, match.start() - 8) : match.start()]):
                continue
            if pattern is _PAIR and _is_day(text, match):
                continue
            taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
            found.append(_mention(text, match))
    return sorted(found, key=lambda r: r.start)


def _looked_for(text: str) -> list[tuple[re.Pattern[str], Iterator[re.Match[str]]]]:
    """The patterns that can match in a text, with their matches."""
    low = text.lower()
    out: list[tuple[re.Pattern[str], Iterator[re.Match[str]]]] = []
    if any(word in low for word in _SERIES_WORDS) or _SHORT_SERIES.search(text):
        out.append((_FULL, matches_from(_FULL_STARTS, _FULL, text)))
    if any(word in low for word in _IMAGE_WORDS):
        out.append((_IMAGE, matches_from(_IMAGE_STARTS, _IMAGE, text)))
    if "(" in text and _PAIR_HINT.search(text):
        out.append((_PAIR, _PAIR.finditer(text)))
    return out


def _is_day(text: str, match: re.Match[str]) -> bool:
    """Whether a pair in brackets is month and day of something that was done."""
    if not 1 <= int(match["series"]) <= 12 or not match["images"].isdigit() or not 1 <= int(match["images"]) <= 31:
        return False
    return _DAY_BEFORE.search(text[max(0, match.start() - 8) : match.start()]) is not None


def _mention(text: str, match: re.Match[str]) -> RefMention:
    groups = match.groupdict()
    series = int(groups["series"]) if groups.get("series") else None
    numbers = [int(n) for n in _NUMBER.findall(groups["images"])]
    end = match.end()
    of = _OF.match(text, end)
    if of is not None and len(numbers) == 1:
        end = of.end()
    return RefMention(match.start(), end, tuple(ImageRef(series, n) for n in numbers))
