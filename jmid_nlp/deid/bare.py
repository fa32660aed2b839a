"""Names without label or title: alone in a run of kanji, in pairs, behind departments and task words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from jmid_nlp.deid.book import book, stop_words
from jmid_nlp.deid.called import find_called
from jmid_nlp.deid.cellnames import find_cell_names
from jmid_nlp.deid.evidence import GRAMMAR, LISTED, Hit
from jmid_nlp.deid.foreign import find_foreign
from jmid_nlp.deid.kanaslots import find_kana_slots
from jmid_nlp.deid.kanji import (
    AMBIGUOUS,
    FULL,
    KANJI,
    RARE,
    RUN,
    SURNAME,
    UNKNOWN,
    bare_names,
    grade,
)
from jmid_nlp.deid.namescan import name_at
from jmid_nlp.deid.pairs import find_pairs, tasks
from jmid_nlp.deid.rows import find_rows
from jmid_nlp.deid.slots import Core, core, find_slots
from jmid_nlp.deid.worth import is_term
from jmid_nlp.text.lazy import lazy

# what follows a name in running text; okurigana of verbs and adjectives is none of it
_RIGHT = re.compile(
    r"$|[\s、。,.)」』】\]/|;:>\"'<&・\-→~(（「【+=^]|先生|Dr|[A-Z]|\d|から|より|まで|へ|に(?!く)|と(?!な|し)|が|は|を|の|も|で(?!き)|や(?!す)|です|さん|くん|ちゃん|さま|様|氏|殿|か[、。]|ら[、。に]|拝|@|※|★|〒"
)

_LEFT_OK = re.compile(
    r"(?:^|[\s、。,.(（「『【\[/|;:>#\"'<&・\-→~)）」』】\]+=@※はがをにとへでのもやばりるたてすくいかしれらけよ]|[A-Za-z0-9])\Z"
)


def find_bare(t: str) -> Iterator[Hit]:
    """Surnames and full names that stand alone in their run of kanji, judged by what stands beside them."""
    text = t
    runs = [(m.start(), m[0], found) for m in RUN.finditer(t) if (found := _possible(m[0])) is not None]
    for begin, run, (names, _, _) in runs:
        for start, end, g, left in names:
            at, stop = begin + start, begin + end
            whole = end == len(run)
            if whole and not _RIGHT.match(text, stop):
                if g >= SURNAME and _HIRA.match(text, stop) and (full := name_at(text, at, hard=False))[1] == FULL:
                    yield Hit(at, full[0], "PERSON", "bare", 0.75, "names.bare", LISTED)
                continue
            if not left and start == 0 and at and not _LEFT_OK.search(text[at - 1 : at]):
                continue
            if _SAID_SO.match(text, stop) or (at > 1 and text[at - 1] == "(" and text[at - 2] in "炎病症群腫型術法"):
                continue
            if g >= SURNAME and is_eponym(text, stop):
                continue
            if g == SURNAME and whole and run in book().word_surnames and _PLAIN_RIGHT.match(text, stop):
                continue
            if g >= SURNAME:
                yield from _with_given(text, at, stop, g)
            elif left and g in (AMBIGUOUS, RARE) and _behind_department(text, run, start, end, stop):
                yield Hit(at, stop, "PERSON", "staff", 0.6, "names.department", LISTED)
    yield from find_pairs(text)
    yield from find_called(text)
    yield from find_cell_names(text)
    yield from find_tasks(text, [(begin, run, size) for begin, run, (_, size, _) in runs if size])
    yield from find_slots(text, [(begin, run, core) for begin, run, (_, _, core) in runs if core is not None])
    yield from find_kana_slots(text)
    yield from find_rows(text)
    yield from find_foreign(text)
    if "→" in text:
        yield from find_arrows(text)


# particles that follow a plain word as well as a name; verbs of telling are judged in slots.py
_PLAIN_RIGHT = re.compile(r"が|の(?!CT|MRI|PHS)|を|も|で|と(?!連|相|協|確|検|話)")
_HIRA = re.compile("[ぁ-ゖァ-ヺ]{2}")
_COMPOUND = stop_words("compound")

_SAID_SO = re.compile(
    r"らによる|ら?の(?:提唱|報告で|定義|分類|基準|方法|式)|の(?:よう|ごと|如)|製(?!薬)|社製|の(?:透視|装置|機器|撮影装置|CT装置|MRI装置)|様の|状"
)

_LOOSE = stop_words("loose_department")


def _behind_department(t: str, run: str, start: int, end: int, stop: int) -> bool:
    return run[start:end] not in _COMPOUND and _RIGHT.match(t, stop) is not None and _firm(run[:start])


def _firm(before: str) -> bool:
    """True for a department or role that is no part of the body and no plain noun."""
    return before not in _LOOSE and before in book().before_name


def is_eponym(t: str, at: int) -> bool:
    """Whether what follows a name makes a term of medicine of it: 橋本|病, 木村|・竹本分類."""
    return book().eponym_suffix.begins(t, at) or bool(_EPONYM_MORE.match(t, at))


_EPONYM_MORE = re.compile(
    r"[ ]?(?:I{1,3}|IV|V)(?:[ -]?[ab])?(?:型|は|相当|期|[、。])|[ ]?Gr(?:ade|\.)?[ ]?\d|"
    r"[氏の](?:病|法|分類|手術|基準|徴候|術式|式)|"
    r"[-・‐\-][^\s、。]{1,8}(?:病|症候群|分類|法|型|現象|三角|手術)|[- ]?(?:stage|grade|type|Stage|Grade|Type|score|分類|法|式)"
)


def _with_given(t: str, at: int, stop: int, g: int) -> Iterator[Hit]:
    end, more = name_at(t, at, hard=False)
    if end > stop and more == FULL:
        stop, g = end, FULL
    score = 0.85 if g == FULL else 0.7
    yield Hit(at, stop, "PERSON", "bare", score, "names.bare", GRAMMAR if g == FULL else LISTED)


_LIST_LEFT = re.compile(r"(?:\A|[\s、。/:|(（;・→ー])\Z")

_LIST_RIGHT = re.compile(
    r"[ \t]*(?:$|[\n、。/()|;→・]|[ \t][A-Z0-9])|へ|より|と(?:連絡|確認|協議|相談)|に(?:連絡|報告|確認)"
)


def find_tasks(t: str, runs: list[tuple[int, str, int]]) -> Iterator[Hit]:
    """Names directly behind a task word in a list: 撮影須磨／一次蘆田／確定飛騨, CRC益城.

    Args:
        t: Folded text.
        runs: Start of each run of kanji that begins with a task, the run, and the length of the task.
    """
    for start, run, size in runs:
        if _LIST_LEFT.search(t[max(0, start - 1) : start]) and _LIST_RIGHT.match(t, start + len(run)):
            yield Hit(start + size, start + len(run), "PERSON", "staff", 0.7, "names.task", LISTED)


@lru_cache(maxsize=65536)
def _possible(run: str) -> tuple[tuple[tuple[int, int, int, str], ...], int, Core | None] | None:
    """What names a run may hold: names by the lists alone, the length of a task before one, the most likely one in a place."""
    found = bare_names(run), _task_size(run), core(run)
    return None if found == ((), 0, None) else found


_ARROW = lazy(f"(?:^|(?<=[\\s、(/]))([{KANJI}]{{1,5}})[ \t]?→[ \t]?([{KANJI}]{{1,5}})(?=[:、\\s)/]|へ|$)", re.MULTILINE)


def find_arrows(t: str) -> Iterator[Hit]:
    """Who hands over to whom: 原→肝付：, 宍戸→八木沢."""
    for m in _ARROW.finditer(t):
        grades = (grade(m[1]), grade(m[2]))
        handed = t.startswith(("へ", ":"), m.end()) or max(grades) >= RARE
        if min(grades) >= AMBIGUOUS and handed and m[1] not in _COMPOUND and m[2] not in _COMPOUND:
            yield Hit(m.start(1), m.end(1), "PERSON", "staff", 0.75, "names.arrow", LISTED)
            yield Hit(m.start(2), m.end(2), "PERSON", "staff", 0.75, "names.arrow", LISTED)


@lru_cache(maxsize=65536)
def _task_size(word: str) -> int:
    """Length of the task word or department that a run begins with, if the rest can be a name; else 0."""
    if not 3 <= len(word) <= 9 or word in book().no_names:
        return 0
    size = next((n for n in range(min(5, len(word) - 1), 1, -1) if word[:n] in tasks() or _firm(word[:n])), 0)
    name = word[size:]
    least = UNKNOWN if size and _firm(word[:size]) and 2 <= len(name) <= 3 else AMBIGUOUS
    if name in _COMPOUND or name in book().terms or is_term(name) or len(name) > 4 or grade(name) < least:
        return 0
    return size
