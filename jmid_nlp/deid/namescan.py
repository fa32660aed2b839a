"""The name that begins at a position: kanji, kana or Latin letters, with what may belong to it."""

from __future__ import annotations

import re

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.kana import katakana
from jmid_nlp.deid.kanji import (
    AMBIGUOUS,
    FULL,
    KANJI,
    NO,
    PARTLY,
    RARE,
    RUN,
    SURNAME,
    UNKNOWN,
    grade,
    head_name,
)
from jmid_nlp.deid.latin import latin_name
from jmid_nlp.text.lazy import lazy

KATA = re.compile(r"[ァ-ヺー]+(?:[・=][ァ-ヺー]+)*")

_KATA_MORE = re.compile(r"[ \t]{1,2}(?=[ァ-ヺ])")

_HIRA = re.compile(r"[ぁ-ゖー]+")

_GAP = re.compile(r"[ \t]{1,2}(?=\S)")

_SPACED = lazy(f"(?:[{KANJI}][ \t]{{1,2}}){{1,6}}(?:[{KANJI}ぁ-ゖ][ \t]{{1,2}}){{1,5}}[{KANJI}ぁ-ゖ](?![{KANJI}ぁ-ゖ])")

_OCR = lazy(f"[{KANJI}]{{1,4}}[A-Z|]{{1,3}}[{KANJI}]{{0,2}}?(?=$|[\\s、。,)」/]|先生|様|さん|医師|Dr|氏|殿|技師)")

EDGE = re.compile(
    r"$|[\s、。,.)」』】\]/|;:>\"'<&・\-→~(（「【\[]|(?:から|より|まで|へ|に|と|が|は|を|の|も|で|や|です|さん|くん|ちゃん|さま|Dr|Pt|MD|M\.D|拝|RT|\d)"
)

POSTS = frozenset("技看事読担依確検撮薬栄")  # posts of one character, each with a name behind it
_STOP_KANA = stop_words("value_kana")
# endings of examinations and devices
_KANA_TERM = re.compile(
    r"(?:グラフィー|グラフィ|グラム|スコピー|スコープ|メーター|メトリー|テスト|システム|センター|モニター|カテーテル|ステント|チューブ)\Z"
)
_ENDINGS = frozenset(
    [
        "から",
        "より",
        "まで",
        "など",
        "にて",
        "です",
        "した",
        "して",
        "では",
        "には",
        "とは",
        "へは",
        "への",
        "との",
        "での",
        "にも",
        "でも",
        "とも",
        "より",
        "のみ",
    ]
)
_STOP_HIRA = stop_words("value_hiragana")


def name_at(t: str, at: int, *, hard: bool) -> tuple[int, int]:
    """The name that begins at `at`, as (end, grade); the end equals `at` where there is none."""
    if at >= len(t):
        return at, NO
    char = t[at]
    if RUN.match(char):
        return _kanji_at(t, at, hard)
    if "ァ" <= char <= "ヺ":
        return _katakana_at(t, at, hard)
    if "ぁ" <= char <= "ゖ":
        return _hiragana_at(t, at, hard)
    if char.isascii() and char.isalpha():
        end = latin_name(t, at, hard=hard)
        return end, SURNAME if end > at else NO
    return at, NO


def _kanji_at(t: str, at: int, hard: bool) -> tuple[int, int]:
    if hard and (m := _SPACED.match(t, at)) and not set(m[0]) & POSTS:
        joined = "".join(m[0].split())
        if (
            grade(joined) >= AMBIGUOUS
            or (2 < len(joined) < 6 and joined not in book().words)
            or (not RUN.fullmatch(joined) and katakana(joined[-1]) not in "ノハガヲニトデ")
        ):
            return m.end(), FULL
    run = RUN.match(t, at)
    assert run is not None
    if (
        hard
        and len(run[0]) < 4
        and run[0] not in POSTS
        and _given_next(t, run.end())
        and run[0] not in book().labels
        and run[0] not in book().depts
    ):
        end, g = _with_given(t, run.end(), AMBIGUOUS, hard)
        if end > run.end():
            return end, FULL
    size, g = head_name(run[0], hard)
    end = at + size
    if size == 0 and hard and plausible(run[0]) and (CELL_END.match(t, run.end()) or _given_next(t, run.end())):
        size, g, end = len(run[0]), UNKNOWN, run.end()
    if size == 0:
        return _ocr_name(t, at) if hard else (at, NO)
    if end == run.end():
        if (m := _MIXED_GIVEN.match(t, end)) and g >= AMBIGUOUS and (hard or m["gap"]) and EDGE.match(t, m.end()):
            return m.end(), FULL
        if (m := _OCR.match(t, at)) and m.end() > end and re.search("[A-Z|]", m[0][end - at :]) and _titled(t, m.end()):
            return m.end(), UNKNOWN
        if g <= SURNAME:
            end, g = _with_given(t, end, g, hard)
        if (not hard or g < RARE) and g < FULL and not EDGE.match(t, end) and (not hard or _OKURIGANA.match(t, end)):
            return at, NO
    return end, g


_MIXED_GIVEN = lazy(
    f"(?P<gap>[ \\t]{{0,2}})(?:[ぁ-ゖァ-ヺ]{{1,3}}[{KANJI}]|[{KANJI}][ぁ-ゖ]{{1,3}}(?=[ \\t、。,(（)\\n様]|$))(?![{KANJI}])"
)

CELL_END = re.compile(r"$|[ \t]{0,3}(?:[\n、。,)」』】\]/|;\"'<(（]|先生|様|殿|Dr|\d|[A-Z])")


def plausible(run: str) -> bool:
    """True for two to four kanji that are no plain word, title or department: enough after a label, never without."""
    plain, b = run.translate(VARIANTS), book()
    if not 2 <= len(plain) <= 4 or plain in b.no_names:
        return False
    return not any(plain[:i] in b.plain_words and plain[i:] in b.plain_words for i in range(1, len(plain)))


def _given_next(t: str, at: int) -> bool:
    gap = _GAP.match(t, at)
    run = RUN.match(t, gap.end()) if gap else None
    return bool(run) and run is not None and run[0].translate(VARIANTS) in book().given and run[0] not in book().labels


def _ocr_name(t: str, at: int) -> tuple[int, int]:
    m = _OCR.match(t, at)
    if m and re.search("[A-Z|]", m[0]) and EDGE.match(t, m.end()):
        return m.end(), UNKNOWN
    return at, NO


def _with_given(t: str, end: int, g: int, hard: bool) -> tuple[int, int]:
    """A given name after the surname, with or without a space, in kanji or kana."""
    gap = _GAP.match(t, end)
    start = gap.end() if gap else end
    if gap and (run := RUN.match(t, start)):
        word = run[0]
        size = next(
            (
                n
                for n in range(min(len(word), 4), 0, -1)
                if word[:n].translate(VARIANTS) in book().given and (n == len(word) or grade_rest(word[n:]))
            ),
            0,
        )
        if (
            size
            and (g >= AMBIGUOUS or hard)
            and word not in book().depts
            and word not in book().role_words
            and word not in book().titles
        ):
            return start + size, FULL
        if (
            hard
            and len(word) <= 3
            and g >= UNKNOWN
            and grade(word) >= PARTLY
            and EDGE.match(t, run.end())
            and not book().labels.get(word)
        ):
            return run.end(), PARTLY
    for shape in (_HIRA, KATA):
        m = shape.match(t, start)
        if m is None or g < AMBIGUOUS:
            continue
        if gap and hard and shape is KATA and CELL_END.match(t, m.end()):
            return m.end(), FULL
        for n in range(min(len(m[0]), 6), 1, -1):
            if (
                katakana(m[0][:n]) in book().given_kana
                and EDGE.match(t, start + n)
                and (
                    gap
                    or n > 2
                    or hard
                    or (g >= SURNAME and n == len(m[0]) and m[0] not in _STOP_HIRA and m[0] not in _ENDINGS)
                )
            ):
                return start + n, FULL
    return end, g


def grade_rest(rest: str) -> bool:
    """True where the rest of a run begins with a word that may follow a name."""
    from jmid_nlp.deid.kanji import after_words

    return after_words().begins(rest)


def _katakana_at(t: str, at: int, hard: bool) -> tuple[int, int]:
    m = KATA.match(t, at)
    assert m is not None
    end, words = m.end(), [m[0]]
    while gap := _KATA_MORE.match(t, end):
        more = KATA.match(t, gap.end())
        if more is None or len(words) >= 5:
            break
        words.append(more[0])
        end = more.end()
    if words[0] in _STOP_KANA or _KANA_TERM.search(words[0]):
        return at, NO
    if hard and (run := RUN.match(t, end)) and head_name(run[0], False)[1] >= RARE:
        return end + head_name(run[0], False)[0], FULL
    known = any(kana_known(w) for w in words)
    if known or (hard and len("".join(words)) >= 2):
        return end, FULL if known else UNKNOWN
    return at, NO


def kana_known(word: str) -> bool:
    """True for a surname, a given name or both together in kana."""
    b, w = book(), katakana(word)
    if w in b.surname_kana or (len(w) > 2 and w in b.given_kana) or w in b.foreign_kana:
        return True
    return any(w[:i] in b.surname_kana and w[i:] in b.given_kana for i in range(2, len(w) - 1))


_VERB_KANA = re.compile(
    "し(?:ま|た|て|な)|する|され|させ|でき|です|では|には|とし|から|より|まで|なし|あり|のみ|など|です"
)

_HIRA_CLOSED = re.compile(r"$|[ \t]*[、。,)」\n]|同行|同席|立会")


def _hiragana_at(t: str, at: int, hard: bool) -> tuple[int, int]:
    m = _HIRA.match(t, at)
    assert m is not None
    word = m[0]
    if word in _STOP_HIRA or word.startswith(
        ("しまし", "しませ", "いたし", "いただ", "です", "できま", "ありま", "なりま")
    ):
        return at, NO
    for n in range(min(len(word), 12), 1, -1):
        if not kana_known(word[:n]) or (n < len(word) and not EDGE.match(t, at + n)):
            continue
        end = at + n
        if n == len(word) and (gap := _GAP.match(t, end)) and (more := _HIRA.match(t, gap.end())):
            k = next(
                (
                    k
                    for k in range(min(len(more[0]), 6), 1, -1)
                    if katakana(more[0][:k]) in book().given_kana and EDGE.match(t, gap.end() + k)
                ),
                0,
            )
            if k:
                return gap.end() + k, FULL
        if not hard and _VERB_KANA.match(word):
            return at, NO
        closed = n > 2 and n == len(word) and bool(_HIRA_CLOSED.match(t, end)) and not _VERB_KANA.match(word)
        if hard or closed or (n > 2 and (full_kana(word[:n]) or _titled(t, end))):
            return end, SURNAME
    return at, NO


_OKURIGANA = re.compile("[ぁ-ゖ]")


def _titled(t: str, at: int) -> bool:
    titles = book().titles
    return any(t[at : at + n] in titles for n in range(8, 0, -1))


_LAST_READING = dict(
    zip("子美代江枝恵乃雄男吉", ["コ", "ミ", "ヨ", "エ", "エ", "エ", "ノ", "オ", "オ", "キチ"], strict=True)
)


def mixed_given(word: str) -> bool:
    """True for a known given name of kana whose last character is a kanji: さち子, カネ代."""
    last = _LAST_READING.get(word[-1])
    return last is not None and len(word) > 2 and katakana(word[:-1]) + last in book().given_kana


def full_kana(word: str) -> bool:
    """True for a surname and a given name in kana, written together."""
    b, w = book(), katakana(word)
    return any(w[:i] in b.surname_kana and w[i:] in b.given_kana for i in range(2, len(w) - 1))
