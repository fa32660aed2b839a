"""Names in kana and in Latin letters that their place proves: 広報ふなこし。, 検査 マツダ、, 検証 Sera, Junの名前が残る."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from jmid_nlp.deid.book import book, romaji_key, stop_words
from jmid_nlp.deid.evidence import LISTED, Hit
from jmid_nlp.deid.kana import katakana
from jmid_nlp.deid.kanji import RUN
from jmid_nlp.deid.latin import is_given, is_plain_latin, is_surname
from jmid_nlp.deid.sides import SELF, left_weight, right_weight
from jmid_nlp.deid.slots import THRESHOLD, eponym
from jmid_nlp.deid.worth import NEVER, before, kana_value, left_words, roles

_KATA_WORD = re.compile(r"[ァ-ヺー](?<![ァ-ヺー・].)[ァ-ヺー]{1,7}(?:[ ・][ァ-ヺー]{2,8}){0,3}(?![ァ-ヺー・])")
_HIRA_RUN = re.compile(r"[ぁ-ゖー]{2,}")
_LATIN_WORD = re.compile(r"[A-Z](?<![A-Za-z0-9_.@/\-'’].)[a-z'’]{2,14}(?:[ \-][A-Z][a-z]{2,14})?(?![A-Za-z0-9@_\-])")
_ROLE_BACK = re.compile(r"([^\s、。,:/|<>()「」\[\]\"ぁ-ゖ]{1,10})[ :]?\Z")
_VERB = re.compile(
    r"(?:ました|した|です|ます|する|れた|って|して|ない|なし|から|まで|より|など|ため|たい|てい|さん|の|は|が|を|に|と|も|で|て|た|る|く|し)\Z"
)
_OKURI = re.compile(r"[っんゃゅょぁぃぅぇぉー]")
_MORE = 0.3  # kana are words more often than kanji are


def find_kana_slots(t: str) -> Iterator[Hit]:
    """Names in kana and Latin letters that their place proves."""
    for m in _KATA_WORD.finditer(t):
        worth = kana_value(m[0])
        if worth >= 0 and not eponym(t, m.end()) and _proven(t, m.start(), m.end(), worth):
            yield _hit(m.start(), m.end())
    for m in _HIRA_RUN.finditer(t):
        yield from _hiragana(t, m.start(), m[0])
    if _CAPITAL.search(t):
        for m in _LATIN_WORD.finditer(t):
            worth = _latin_worth(m[0])
            if worth >= 0 and not eponym(t, m.end()) and _proven(t, m.start(), m.end(), worth):
                yield _hit(m.start(), m.end())


_CAPITAL = re.compile("[A-Z][a-z]{2}")


def _hit(start: int, end: int) -> Hit:
    return Hit(start, end, "PERSON", "staff", 0.7, "names.slot", LISTED)


def _proven(t: str, start: int, end: int, worth: float) -> bool:
    left = left_weight(t, start)
    if left < 1.5:
        left = max(left, _role_before(t, start))
    if left < 0.2:
        return False
    right = right_weight(t, end)
    if left >= 2 and right >= 2:
        return True
    return worth + left + right + (1.0 if left >= 2 and 0.6 <= right < 2 else 0.0) >= THRESHOLD + _MORE


def _hiragana(t: str, at: int, run: str) -> Iterator[Hit]:
    """A known name at the beginning of a run of hiragana behind a role, or behind the particle that follows a role."""
    for i, names in _names_in(run):
        left = left_weight(t, at + i)
        if left < 1.4 and not i:
            left = max(left, _role_before(t, at))
        if left < 0.2:
            continue
        for n, worth in names:
            right = right_weight(t, at + i + n)
            total = worth + left + right + (1.0 if left >= 2 and 0.6 <= right < 2 else 0.0)
            filled = n == len(run) - i
            if left < 1.4 and right == SELF and left >= 0.4:
                total += 1.0
            elif left < 1.4 and (right < 1.8 or (n < 3 and (right < 2.2 or left < 0.4))):
                continue
            least = THRESHOLD + _MORE if 1.4 <= left < 2 and not filled and right != SELF else THRESHOLD - 0.2
            if total >= least and (n > 2 or n == len(run) - i or right >= 2):
                yield _hit(at + i, at + i + n)
                yield from _listed(t, at + i + n)
                return


_LISTED = re.compile(
    r"[ \t]?[・/→&、][ \t]?([ぁ-ゖー]{2,5}|[ァ-ヺー]{2,6})(?=$|[\s、。)」(/・→:]|が|に|へ|で|と|の|より|から|さん)"
)


def _listed(t: str, end: int) -> Iterator[Hit]:
    """Known names in kana that a list goes on with: 担当ゆか/まさ."""
    while m := _LISTED.match(t, end):
        if _hira_worth(m[1]) <= 0 and kana_value(m[1]) <= 0:
            return
        yield _hit(m.start(1), m.end(1))
        end = m.end(1)


@lru_cache(maxsize=65536)
def _names_in(run: str) -> tuple[tuple[int, tuple[tuple[int, float], ...]], ...]:
    """Known names that a run of hiragana begins with, or behind its first particle, with their worth: (start, (length, worth))."""
    out = []
    for i in (0, 1):
        if i and run[0] not in "のは":
            break
        names = tuple(
            (n, worth)
            for n in range(min(6, len(run) - i), 1, -1)
            if (n == len(run) - i or run[i + n] in "がにへよかとをのはもさでまだじゃねや")
            and (worth := _hira_worth(run[i : i + n])) > 0
        )
        if names:
            out.append((i, names))
    return tuple(out)


@lru_cache(maxsize=65536)
def _hira_worth(word: str) -> float:
    kana, b = katakana(word), book()
    if word in stop_words("value_hiragana") or _VERB.search(word) or kana in stop_words("value_kana"):
        return 0.0
    known = (kana in b.given_kana) + (kana in b.surname_kana)
    return (1.0 if len(word) < 3 else 1.5) if known else 0.0


@lru_cache(maxsize=16384)
def _latin_worth(text: str) -> float:
    """What capitalised words are worth: a known name most, a word of medicine nothing."""
    words = re.split("[ -]", text)
    if any(is_plain_latin(w) for w in words):
        return NEVER
    if any(is_surname(w) or is_given(w) for w in words):
        return 2.0
    return 0.2 if romaji_key(text) else 0.0


def _role_before(t: str, at: int) -> float:
    """How much a role in kanji or Latin letters directly before a place speaks for a name."""
    if not at:
        return NEVER
    if not (RUN.match(t, at - 1) or t[at - 1] in " :." or (t[at - 1].isascii() and t[at - 1].isalpha())):
        return NEVER
    m = _ROLE_BACK.search(t, max(0, at - 11), at)
    if m is None:
        return NEVER
    if len(m[1]) == 1:
        return 2.0 if m[1] in roles() else NEVER
    if m[1].isascii():
        return left_words().get(m[1], NEVER)
    return before(m[1]) or (2.0 if m[1] in roles() else 0.0)
