"""Names in kana and Latin letters before a title or an honorific: ミナミサワトシコさん, あやめ看護師, Tanaka先生."""

from __future__ import annotations

import re

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.kana import katakana
from jmid_nlp.deid.kanji import AMBIGUOUS, KANJI, NO, RUN, tail_name
from jmid_nlp.deid.latin import is_surname
from jmid_nlp.deid.likeness import likeness
from jmid_nlp.deid.namescan import full_kana, kana_known, plausible
from jmid_nlp.deid.worth import medical_runs
from jmid_nlp.text.lazy import lazy

# how much a string that no list knows must look like a surname: before an honorific, and before a mere role
LIKELY, LIKELIER = 0.4, 1.0
SAMA_OK = re.compile(r"$|[\s、。,)」』】(（]|は|が|に(?!配|分)|を|へ|ご|の(?:検|画|CT|MRI|件|ご|前|今|主|家|診|ご)")
_TO_SAMA_KANA = re.compile(
    r"[ \t]*(?:\d|$|\n|[。、)])|の(?:件|ご家族|ご|検査|結果|お)|(?:へ|に)(?:は|ご|郵|説明|電話|連絡)|宅|より|から"
)
RUN_ONLY = lazy(f"[{KANJI}ヶ]+\\Z")
_KATA_BACK = re.compile(r"[ァ-ヺー]+(?:[・= \t][ァ-ヺー]+){0,5}\Z")

_HIRA_BACK = re.compile(r"[ぁ-ゖー]{2,7}(?:[ \t][ぁ-ゖー]{2,6})?\Z")

_LATIN_BACK = re.compile(r"[A-Za-z][A-Za-z'’.\-]*(?:,? [A-Z][A-Za-z'’.\-]*){0,3}\Z")


def kana_surname(t: str, end: int) -> bool:
    """True where a surname in katakana ends at a position: ヤマダコーチ, not リクシアナ."""
    m = _KATA_ONLY.search(t, max(0, end - 12), end)
    return m is not None and m[0] in book().surname_kana


_KATA_ONLY = re.compile(r"[ァ-ヺー]+\Z")
_GENERIC_KANA = stop_words("person_kana")


def katakana_before(t: str, end: int, strength: str, form: str) -> tuple[int, float]:
    """A name in katakana before a title at `end`, as (start, score); the start is `end` where there is none."""
    low = max(0, end - 40)
    m = _KATA_BACK.search(t[low:end])
    if m is None or m[0] in _GENERIC_KANA or len(m[0]) < 2:
        return end, 0.0
    word = m[0]
    start = low + m.start()
    run = RUN_ONLY.search(t[max(0, start - 8) : start]) if not re.search(r"[・= \t]", word) else None
    if run and katakana(word) in book().given_kana:
        size, g, clean = tail_name(run[0])
        if g >= AMBIGUOUS and size > 1:
            rest = len(run[0]) - size
            return start - size - (rest if not clean and rest == 1 else 0), 0.9
        if 2 <= len(run[0]) <= 3 and plausible(run[0]):
            return start - len(run[0]), 0.8
    known = any(kana_known(w) for w in re.split(r"[・= \t]", m[0])) or (len(word) == 2 and word in book().given_kana)
    likely = form == "様" and len(word) > 2 and SAMA_OK.match(t, end + 1) and word not in medical_runs()
    if not known and not likely and (strength == "weak" or form in ("様", "児", "君", "嬢")):
        return end, 0.0
    return low + m.start(), 0.95 if known else 0.8


def hiragana_before(t: str, end: int, strength: str, form: str) -> tuple[int, float]:
    """A name in hiragana: with a space between its parts, or filling its whole run; okurigana and particles are none."""
    low = max(0, end - 20)
    m = _HIRA_BACK.search(t[low:end])
    if m is None:
        return end, 0.0
    start, words = low + m.start(), m[0].split()
    if len(words) == 2 and kana_known(words[1]):
        n = next((n for n in range(len(words[0]), 1, -1) if kana_known(words[0][-n:])), 0)
        if n:
            return start + len(words[0]) - n, 0.95
    word, at = words[-1], end - len(words[-1])
    if word in _NOT_HIRA:
        return end, 0.0
    if strength == "weak":
        known = katakana(word) in book().given_kana or katakana(word) in book().surname_kana
        free = not re.match(f"[ぁ-ゖ{KANJI}]", t[at - 1 : at] or " ")
        return (at, 0.75) if known and free and word not in stop_words("value_hiragana") else (end, 0.0)
    before = t[at - 1 : at]
    if RUN.match(before) and katakana(word) in book().given_kana:
        run = RUN_ONLY.search(t[max(0, at - 8) : at])
        size, g, clean = tail_name(run[0]) if run else (0, NO, False)
        likely = run is not None and g > NO and clean and likeness(run[0][-size:].translate(VARIANTS)) > LIKELY
        if g >= AMBIGUOUS or likely:
            return at - size, 0.9
    n = next((n for n in range(len(word), 2, -1) if full_kana(word[-n:])), 0)
    if n >= 5 or (n and n == len(word) and not RUN.match(before)):
        return end - n, 0.9
    if not RUN.match(before) and kana_known(word) and len(word) > 2:
        return at, 0.85
    if form in _CLOSE or form == "君" or (form == "様" and _TO_SAMA_KANA.match(t, end + 1)):
        short = word[1:] if len(word) in (3, 4) and word[0] in "のはがとにでもへ" else word
        apart = len(short) < len(word) or not RUN.match(before)
        if apart and len(short) == 2 and short not in _NOT_HIRA and katakana(short) in book().given_kana:
            return end - 2, 0.75
        if len(short) < len(word) and kana_known(short) and short not in _NOT_HIRA:
            return end - len(short), 0.8
    if len(word) > 3 and form != "様" and word[0] in "はがをにとでのもへや" and kana_known(word[1:]):
        return at + 1, 0.8
    return end, 0.0


_CLOSE = ("さん", "ちゃん", "くん", "さま", "先生", "せんせい", "せんせ")


_NOT_HIRA = stop_words("person_hiragana")


def latin_before(t: str, end: int, strength: str, form: str) -> tuple[int, float]:
    """A name in Latin letters before a title at `end`, as (start, score)."""
    low = max(0, end - 40)
    m = _LATIN_BACK.search(t[low:end])
    if m is None or (not m[0][0].isupper() and (form.isascii() or not is_surname(m[0]))):
        return end, 0.0
    words = re.findall(r"[A-Za-z'’\-]+", m[0])
    if (
        form in ("先生", "医師")
        and re.fullmatch("[A-Z]{1,2}", m[0])
        and not t[low : low + m.start()].endswith(tuple("-0123456789"))
    ):
        return low + m.start(), 0.8
    if not words or all(w.lower() in book().latin_terms or (w.isupper() and len(w) <= 3) for w in words):
        return end, 0.0
    known = any(is_surname(w) for w in words)
    if form == "様" and not known and not SAMA_OK.match(t, end + 1):
        return end, 0.0
    if (strength == "weak" or form.isascii()) and not known:
        return end, 0.0
    return low + m.start(), 0.9 if known else 0.75
