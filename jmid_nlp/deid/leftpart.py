"""What stands before a facility suffix: how far it belongs to the name, and whether it looks like a name."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.kanji import KANJI
from jmid_nlp.lexicon import read_table
from jmid_nlp.text.lazy import lazy

_LEFT = lazy(rf"(?:[{KANJI}ヶケノ々ァ-ヺー・&A-Za-z]|[ぁ-ゖ]{{1,8}}|\d{{1,2}}(?=[{KANJI}]))+\Z")
_BACK = lazy(rf"[{KANJI}ヶケノ々ァ-ヺー・&A-Za-zぁ-ゖ\d]*")

_PARTICLES = lazy(
    r".*(?:にて|から|より|まで|での|との|への|には|では|とは|として|および|及び|または|または|した|する|して|された|"
    r"される|いる|ある|あり|なり|れば|です|ます|であり|ため|ので|ところ|とも|について|によ[りる]|ご|ような|という|"
    r"さん[がはをにのもと]|くと|ません|ました|ですね|(?<=[一-鿿])と(?=[一-鿿]{2}|[A-Z])|くの|いう|くて|しい|ない|"
    r"(?<=[一-鿿ァ-ヺー])で(?=[一-鿿ァ-ヺぁ-ゖ]{2})|\d{1,2}(?:年|か月|ヶ月|週|日|歳)(?:前|後|"
    r"間)?の?|[ぁ-ゖ]を|(?<![ぁ-ゖ])[はがをにへも]|、)"
)

_STRIP = tuple(sorted(stop_words("facility_lead"), key=lambda w: (-len(w), w)))

_PARTICLE = frozenset("のでにとはがをへもや・")

GENERIC_LEFT = stop_words("facility_left")


def name_like(left: str) -> bool:
    """True for a surname of two characters or more, or the name of a place."""
    plain = left.translate(VARIANTS)
    kind = book().surnames.get(plain)
    return (kind in ("common", "rare") and plain not in book().terms) or plain in _place_stems()


@cache
def _place_stems() -> frozenset[str]:
    return frozenset(r["form"][:-1] for r in read_table("phi/places.tsv") if len(r["form"]) > 2)


def ascii_edge(t: str, start: int, end: int) -> bool:
    """True where Latin letters of a match are not part of a longer word."""
    return not (t[start].isascii() and start and t[start - 1].isascii() and t[start - 1].isalnum()) and not (
        t[end - 1].isascii() and end < len(t) and t[end].isascii() and t[end].isalpha()
    )


def left_part(t: str, start: int, floor: int) -> str:
    """What stands directly before a suffix and may belong to the name."""
    return _name_end(t[max(floor, start - 20) : start])


@lru_cache(maxsize=16384)
def _name_end(before: str) -> str:
    # what can belong to it at all, counted from the end: a search from every place costs far more
    m = _LEFT.search(before, len(before) - _BACK.match(before[::-1]).end())  # type: ignore[union-attr]
    if m is None:
        return ""
    left = m[0]
    if left[-1] == "で":
        return ""
    p = _PARTICLES.match(left)
    if p and p.end() <= len(left):
        left = left[p.end() :]
    changed = True
    while changed:
        changed = False
        for word in _STRIP if left.startswith(_STRIP) else ():
            if left.startswith(word) and (len(left) > len(word) or word in ("元", "現")):
                left, changed = left[len(word) :], True
        while left[:1] in _PARTICLE and left and not ("ぁ" <= left[1:2] <= "ゖ"):
            left, changed = left[1:], True
    return left


def proper(left: str) -> bool:
    """True where the left part looks like a name: a surname, a place, kana or Latin letters."""
    plain = left.translate(VARIANTS)
    b = book()
    if (
        re.search(r"[ァ-ヺ]{3}|[ぁ-ゖ]{3}|[A-Za-z]{3}", left)
        and left not in GENERIC_LEFT
        and (left[-1] not in "のなたるいくにをはがも" or re.fullmatch("[ぁ-ゖ]{3,6}", left))
    ):
        return True
    if plain in b.surnames and b.surnames[plain] != "single" and plain not in b.terms:
        return True
    if (
        plain.endswith(
            (
                "市立",
                "県立",
                "町立",
                "村立",
                "都立",
                "府立",
                "道立",
                "区立",
                "国立",
                "私立",
                "記念",
                "会",
                "堂",
                "台",
                "ヶ丘",
                "が丘",
                "丘",
                "赤十字",
                "厚生",
                "労災",
                "共済",
                "済生会",
            )
        )
        and len(plain) > 2
    ):
        return True
    return (
        any(
            plain[:n] in b.surnames and b.surnames[plain[:n]] in ("common", "rare") and plain[:n] not in b.terms
            for n in (2, 3)
        )
        and len(plain) <= 6
    )
