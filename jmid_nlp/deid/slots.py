"""Names without a cue of their own, weighed: what the string looks like, what stands before it, what stands after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from jmid_nlp.deid.book import book
from jmid_nlp.deid.evidence import LISTED, Hit
from jmid_nlp.deid.kanji import FULL, RUN, after_words, grade
from jmid_nlp.deid.likeness import BODY
from jmid_nlp.deid.sides import SELF, TITLE, left_weight, right_weight, told
from jmid_nlp.deid.worth import NEVER, PLAIN, SINGLE, TRAP, before, medical_runs, roles, slot_forms, value
from jmid_nlp.text.affixes import Affixes
from jmid_nlp.text.lazy import lazy

__all__ = ["THRESHOLD", "before", "core", "find_slots", "left_weight", "medical_runs"]
__all__ += ["right_weight", "roles", "value"]

# the sum of worth and weights from which a string is taken for a name
THRESHOLD = 4.0
_LEAST = -1.1  # a run that is worth less than this can reach the threshold in no place
_LONGEST_RUN = 14


@cache
def _inside_right() -> Affixes:
    """The kanji of words of telling and doing that follow a name inside its run: 判断, 同席, 立会, 姓."""
    return Affixes(m[0] for f, _ in slot_forms("right") if (m := RUN.match(f)))


def _followed(rest: str) -> float:
    """The weight of what follows a name in its run: a word that may follow names, one character only where it ends the run."""
    if rest in after_words():
        return 1.0 if len(rest) > 1 else 0.5
    return 1.0 if any(rest[:n] in after_words() for n in range(2, len(rest))) else 0.0


def _cut_word(run: str, cut: int) -> bool:
    """True where a word stands across the cut, such as 内服 in 内|服中."""
    words = book().plain_words
    return any(run[i:j] in words for i in range(max(0, cut - 3), cut) for j in range(cut + 1, min(len(run), i + 4) + 1))


#: Start and end inside a run, worth, weight before and after: the part of a run that is most likely a name.
Core = tuple[int, int, float, float, float]


@lru_cache(maxsize=65536)
def core(run: str) -> Core | None:
    """The part of a run that is most likely a name: (start, end, value, weight before, weight after), inside the run only."""
    n, best, most = len(run), None, _LEAST
    if n > _LONGEST_RUN or run in book().no_names or run in medical_runs():
        word = run in book().surnames or n == 1 or (run in book().place_names and run not in medical_runs())
        return (0, n, value(run), 0.0, 0.0) if word and value(run) > 0 else None
    inside = _inside_right()
    for p in range(n):
        left = before(run[:p]) if p else 0.0
        if p and not left:
            continue
        for q in range(min(n, p + 7), p, -1):
            rest = run[q:]
            right = 2.5 if inside.begins(rest) else _followed(rest) if rest else 0.0
            if (rest and not right) or (q - p > 5 and grade(run[p:q]) != FULL):
                continue
            worth = value(run[p:q])
            if worth == TRAP and q - p < n:
                continue
            if worth < (5 if p == 1 else 3) and _cut_word(run, p):
                continue
            total = worth + left + right
            if worth > NEVER and total > most:
                best, most = (p, q, worth, left, right), total
    return best


_JOINT = re.compile(r"(?:[ \t]{0,2}[・/→&＆][ \t]{0,2}|と|、)")


def find_slots(t: str, runs: list[tuple[int, str, Core]]) -> Iterator[Hit]:
    """Names that their form and their place together prove.

    Args:
        t: Folded text.
        runs: Start of each run of kanji that may hold a name, the run, and its most likely name.
    """
    last: tuple[int, float] = (-1, 0.0)
    proven = -1
    chain: list[
        tuple[Hit, float, float]
    ] = []  # members of a list that nothing proved yet, with worth and weight before
    for begin, run, (p, q, worth, left, right) in runs:
        start, end, whole = begin + p, begin + q, q == len(run)
        if not p:
            left = left_weight(t, start)
            if left + worth < _LEAST:
                continue
        right = right_weight(t, end) if whole else max(right, told(t, end))
        total = worth + left + right + (1.0 if left >= 2 and 0.6 <= right < 2 else 0.0)
        if 0.4 <= left < 1.5 and right == SELF:
            total += 1.0
        if (worth == PLAIN and left < 2.5) or (
            worth == SINGLE and (left < 2 or right < 0.6) and (left < 1.5 or right < 2.2)
        ):
            continue
        if worth == TRAP and not ((left >= 2.4 and right >= 0.6) or (t[end : end + 1] == "が" and right >= 2.2)):
            continue
        joint = _JOINT.fullmatch(t, last[0], start) if not p and last[0] > 0 else None
        if joint is None:
            chain = []
        if worth >= 4 and left + right < (2 if p else 2.5):  # known names in weak places are judged in bare.py
            if joint is not None and joint[0] != "、":
                yield from (h for h, w, _ in chain if w > 0.9)
            chain, last = [], (end, worth)
            continue
        if whole and worth >= 2 and left >= 2:
            end = _given_behind(t, end)
        hit = Hit(start, end, "PERSON", "staff", min(0.9, max(0.5, 0.5 + total / 20)), "names.slot", LISTED)
        alone = total
        if joint is not None and worth > 0.9 and last[1] > 0.9 and min(left, right) > NEVER:
            strong = joint[0] != "、"
            total += 2.0 if proven == last[0] else 1.5 if strong else 1.0 if last[1] > 2.4 else 0.0
            total += 0.5 if strong and chain and chain[-1][2] >= 1.0 and right >= 0.7 else 0.0
        if eponym(t, end) or (whole and p == 0 and total < THRESHOLD + 1 and t.startswith("科", end)):
            last, chain = (-1, 0.0), []
            continue
        if total >= THRESHOLD:
            yield from _members(chain, joint, alone)
            yield hit
            proven, chain = hit.end, []
        elif min(left, right) > NEVER and worth > 0.9:
            chain.append((hit, worth, left))
        last = (end, worth if total > 0 else 0.0)


def _members(chain: list[tuple[Hit, float, float]], joint: re.Match[str] | None, alone: float) -> Iterator[Hit]:
    """The members of a list that its last member proves; after commas only where that one proves itself."""
    if joint is None:
        return
    for hit, worth, _ in chain:
        if joint[0] != "、" or (alone >= THRESHOLD and worth >= 1.4):
            yield hit


_GIVEN_BEHIND = lazy(r"[ \t]{1,2}([一-鿿々]{1,3})(?=[、。,)」\n]|\Z|様|さん|氏|先生|に|と)")


def _given_behind(t: str, end: int) -> int:
    """The end of a given name that no list knows, behind a surname in a strong place: 筆名は霧島 冬湖、."""
    m = _GIVEN_BEHIND.match(t, end)
    if m is None or m[1] in book().no_names or m[1] in medical_runs() or m[1] in roles() or m[1] in BODY:
        return end
    return m.end()


def eponym(t: str, at: int) -> bool:
    """True where what follows a name makes it a term: 病, 分類, ・藤本病."""
    if TITLE.match(t, at):
        return False
    return (
        book().eponym_suffix.begins(t, at)
        or (at < len(t) and t[at] == "式")
        or (t[at : at + 1] in ("・", "-") and _EPONYM_PAIR.match(t, at) is not None)
    )


_EPONYM_PAIR = re.compile(r"[・\-][^\s、。]{1,8}?(?:病|症候群|分類|法|型|現象|三角|手術)")
