"""Persons announced by a label: 読影医：, 依頼 関, Dr. Tanaka, and all whom a list after it continues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.cues import EXPLICIT, NONE, PARTICLE, SPACE, Label
from jmid_nlp.deid.evidence import LABELLED, Hit
from jmid_nlp.deid.kanji import AMBIGUOUS, FULL, NO, RARE, RUN, UNKNOWN, grade
from jmid_nlp.deid.latin import is_surname
from jmid_nlp.deid.namescan import CELL_END, EDGE, KATA, name_at, plausible
from jmid_nlp.deid.worth import is_term, medical_runs, value

_PAREN_KANA = re.compile(r"[ \t]?\(([ァ-ヺーぁ-ゖ]{2,9}(?:[ \t・][ァ-ヺーぁ-ゖ]{1,9})?)\)")

# titles that stand before names in Japanese script too
_TITLES = ("dr", "drs", "prof", "doctor", "mr", "mrs", "ms", "miss")
_OPEN_LEFT = re.compile(r"(?:^|[\s、。,(/:|>\"])\Z", re.MULTILINE)

_LIST = re.compile(r"[ \t]{0,2}(?:[、,・/／;&＆+]|と|および|及び|ならびに|→|-|~|⇒)[ \t]{0,2}")

_DEPT_GAP = re.compile(r"[ \t]{0,3}[/・:\-)]?[ \t]{0,3}")

_LINE_END = re.compile(r"[ \t]*(?:\n|$|先生|Dr|殿|様)")

_CLOSED = re.compile(
    r"$|[、。,)」\n]|先生|Dr|へ|より|から|に(?:連絡|報告|確認|相談|電話|伝)|と[、確相協]|[ \t]+(?:先生|Dr)"
)


@cache
def _skip_words() -> tuple[frozenset[str], int]:
    """Departments and roles that may stand between a label and the name, and the length of the longest."""
    words = book().before_name
    return words, max(map(len, words))


_TOKEN_AT = re.compile(r"[A-Z][a-z]{2,14}(?![A-Za-z])")


def find_labelled(t: str, labels: list[Label]) -> Iterator[Hit]:
    """Names after labels, with everything a list continues: 読影 林・谷, 執刀医 北、助手 南."""
    starts = frozenset(label.start for label in labels)
    for label in labels:
        if label.value in starts and label.mode != "cell" and label.kind != "dept":
            continue
        word = t[label.start : label.end]
        if len(word) == 1 and label.start and RUN.match(word) and RUN.match(t[label.start - 1]):
            continue
        if word in ("MR", "MS", "DR.", "TO", "CC") and (
            label.strength < SPACE or not _OPEN_LEFT.search(t, 0, label.start)
        ):
            continue
        if (
            label.kind == "title"
            and word.isascii()
            and word.rstrip(".").lower() not in _TITLES
            and not t[label.value : label.value + 1].isascii()
        ):
            continue
        if label.mode == "sep" and label.strength == SPACE and label.subtype == "patient" and "ame" not in word:
            continue
        if (
            word.isascii()
            and len(word) < 4
            and label.strength < EXPLICIT
            and (label.kind == "person" or word.isupper())
            and (label.strength != NONE or t[label.value : label.value + 1].isascii())
            and not ((m := _TOKEN_AT.match(t, label.value)) and is_surname(m[0]))
        ):
            continue
        if label.kind in ("person", "title", "dept"):
            yield from _after_label(t, label, starts)


def _after_label(t: str, label: Label, starts: frozenset[int]) -> Iterator[Hit]:
    if label.kind == "dept" and label.strength not in (SPACE, EXPLICIT):
        return
    at, hard = (
        label.value,
        (label.strength == EXPLICIT and label.kind != "dept") or label.paren or label.subtype == "initials",
    )
    if label.mode == "soft":
        yield from _after_noun(t, label)
        return
    wide = label.mode == "wide" or label.kind == "title"
    hard = (
        hard
        or (wide and label.strength >= SPACE)
        or (label.strength == SPACE and label.kind == "person" and _form_like(t, label))
    )
    if label.strength == NONE and label.mode == "sep":
        return
    first, limit = True, 6
    while limit and (first or at not in starts):
        limit -= 1
        at = _skip_department(t, at, hard)
        capital = first and t[label.start].isupper() and t[at : at + 1].isupper() and label.strength >= SPACE
        end, g = name_at(t, at, hard=hard or (label.kind == "title" and (capital or not t[at : at + 1].isascii())))
        if (
            end == at
            and label.subtype == "family"
            and (m := KATA.match(t, at))
            and (m[0] in book().given_kana or m[0] in book().foreign_kana)
            and EDGE.match(t, m.end())
        ):
            end, g = m.end(), RARE
        if end == at and first and label.strength == NONE and t[label.end - 1] in "医師者":
            end, g = _rare_behind(t, at)
            if end > at and not is_term(t[at:end]) and not _COUNT.fullmatch(t, at, end):
                yield Hit(at, end, "PERSON", label.subtype, 0.75, "names.label", LABELLED)
                return
        if end == at or not _allowed(t, at, end, g, label, first) or _no_value(t, at, end, label):
            return
        yield Hit(at, end, "PERSON", label.subtype, 0.95 if g >= AMBIGUOUS and hard else 0.85, "names.label", LABELLED)
        if kana := _PAREN_KANA.match(t, end):
            yield Hit(kana.start(1), kana.end(1), "PERSON", label.subtype, 0.95, "names.kana", LABELLED)
            end = kana.end()
        m = _LIST.match(t, _after_title(t, end))
        if m is None:
            return
        at, first = m.end(), False
        if any(label2 in t[at : at + 6] for label2 in ("：", ":", "=")):
            return


def _after_noun(t: str, label: Label) -> Iterator[Hit]:
    """A known name behind a word that is also a plain noun: 判定 須賀, 計測：原."""
    if (label.start and RUN.match(t[label.start - 1])) or label.strength == PARTICLE:
        return
    end, g = name_at(t, label.value, hard=False)
    if _no_value(t, label.value, end, label):
        return
    clear = g >= RARE and (label.strength != SPACE or g == FULL or CELL_END.match(t, end))
    if clear or (g == AMBIGUOUS and label.strength == EXPLICIT and end > label.value and CELL_END.match(t, end)):
        yield Hit(label.value, end, "PERSON", label.subtype, 0.8, "names.label", LABELLED)


_HANDED = re.compile(
    r"$|[、。,)」\n]|[にへ](?:電話|連絡|報告|確認|相談|伝)|より|から(?!だ)|同席|立会|[ \t]*(?:先生|Dr)"
)


def _rare_behind(t: str, at: int) -> tuple[int, int]:
    """A name that no list knows directly behind a role: 依頼医大簗に電話."""
    run = RUN.match(t, at)
    if run is None:
        return at, NO
    word = next((run[0][: -len(w)] for w in ("電話", "連絡", "同席", "立会") if run[0].endswith(w)), run[0])
    end = at + len(word)
    if 2 <= len(word) <= 3 and plausible(word) and _HANDED.match(t, end):
        return end, UNKNOWN
    return at, NO


def _form_like(t: str, label: Label) -> bool:
    """True where a label followed by a space stands as in a form: alone before, and what follows is no sentence."""
    if t[label.start].isascii():
        return False
    before = t[label.start - 1 : label.start]
    return (not before or before in " \t\n、。/|;(（「【[<・　") and label.end - label.start > 1


def _word_at(t: str, at: int) -> str | None:
    """The longest department or role that begins at `at`."""
    words, longest = _skip_words()
    return next((t[at : at + n] for n in range(longest, 0, -1) if t[at : at + n] in words), None)


def _skip_department(t: str, at: int, hard: bool) -> int:
    """Past a department or role in front of the name, if a name can still follow."""
    for _ in range(2):
        word = _word_at(t, at)
        if word is None:
            return at
        run = RUN.match(t, at)
        if run and grade(run[0]) >= RARE and len(run[0]) > len(word):
            return at
        gap = _DEPT_GAP.match(t, at + len(word))
        assert gap is not None
        nxt = gap.end()
        if nxt >= len(t) or name_at(t, nxt, hard=hard)[0] == nxt:
            return at
        at = nxt
    return at


def _after_title(t: str, at: int) -> int:
    m = _TITLE_HERE.match(t, at)
    return m.end() if m else at


_COUNT = re.compile("[一二三四五六七八九十百千万数]+[人名件例回度個枚番]")
_POSTS = frozenset(("ST", "PT", "OT", "CE", "ME", "NS", "Ns", "RT", "RN", "CRC", "MSW", "MT", "Dr", "RAD", "AJR"))
_VERB = re.compile("(?:みます|んで|んだ|ました|ます|です|した|して|する|され)")
_HONORS = ("さん", "様", "さま", "氏", "方", "殿", "の", "は", "が")


def _no_value(t: str, at: int, end: int, label: Label) -> bool:
    """True for what goes on with the label (技師|長, 息子|さんとの, 本人|談) and for a word of a form or of medicine."""
    if (label.mode == "cell" and end - at == 1 and t[at].isascii()) or t[at:end] in _POSTS:
        return True
    if label.strength == NONE and (t[at:end] in stop_words("compound") or t.startswith(_HONORS, at)):
        return True
    word = t[at:end]
    if word.isupper() and len(word) < 5 and label.subtype == "family" and "." not in word:
        return True
    if _COUNT.fullmatch(word) or _VERB.match(word) or (word in book().terms and book().surnames.get(word) != "common"):
        return True
    if RUN.match(word) and is_term(word):
        return True
    if label.subtype not in ("family", "patient"):
        return False
    return any(w.lower() in medical_runs() or w.lower() in book().latin_terms for w in (word, *word.split()))


def _allowed(t: str, at: int, end: int, g: int, label: Label, first: bool) -> bool:
    if label.kind == "dept" and 2 <= end - at <= 4 and plausible(t[at:end]) and _LINE_END.match(t, end):
        return True
    if label.kind == "dept":
        return g >= RARE or (g == AMBIGUOUS and bool(_CLOSED.match(t, end)))
    if label.subtype == "initials":
        return True
    if label.strength == NONE and t[label.start : end] in book().words:
        return False
    if label.strength == SPACE and g < AMBIGUOUS:
        return (end - at >= 2 or value(t[at:end]) > 0) and bool(CELL_END.match(t, end))
    if label.strength == EXPLICIT or label.paren or (label.strength == SPACE and label.mode == "wide"):
        return first or g >= AMBIGUOUS or end - at <= 3
    if label.kind == "title":
        return True
    own = label.subtype == "family" and end - at > 1 and t[at:end].translate(VARIANTS) in book().given
    if (
        g == AMBIGUOUS
        and label.strength == NONE
        and not own
        and not t[label.start].isascii()
        and t[label.end - 1] not in "医師者影頼手直任読"
    ):
        return False
    if g == AMBIGUOUS:
        return (
            bool(EDGE.match(t, end))
            and label.strength != 1
            and (label.subtype != "family" or label.strength == SPACE or (end - at > 1 and t[at:end] in book().given))
        )
    return g >= RARE


_TITLE_HERE = re.compile(
    r"[ \t]?(?:先生方?|医師|Dr\.?|MD|様|さん|氏|殿|技師長?|看護師|部長|医長|教授|准教授|講師|助教|くん|君|\([^()\n\d]{1,8}\))"
)
