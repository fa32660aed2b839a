"""Surname and given name with a space between, without label or title: 山田 太郎, 祖母幸松 ツネ, 堺 きぬ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import VARIANTS, book
from jmid_nlp.deid.evidence import GRAMMAR, Hit
from jmid_nlp.deid.kana import katakana
from jmid_nlp.deid.kanji import AMBIGUOUS, KANJI, NO, RARE, RUN, grade, tail_name
from jmid_nlp.deid.likeness import BODY
from jmid_nlp.deid.lines import HEADER_RIGHT, TWO_WORDS
from jmid_nlp.deid.namescan import POSTS, kana_known
from jmid_nlp.deid.sides import left_weight, right_weight
from jmid_nlp.deid.slots import THRESHOLD
from jmid_nlp.deid.worth import before, medical_runs, value
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.text.lazy import lazy

_HONOR_END = re.compile("(?<=.)(?:先生|医師|様|氏|殿|君|さん|さま|くん|ちゃん)\\Z")
_READING = re.compile(r"[ \t]{1,3}([ァ-ヺー]{2,6})(?=[ \t]|\n|\Z|[、。,)])")
_PAIR_END = re.compile(r"[ \t]*(?:$|[\n、。,)」』】\]|/;(（<\"'・]|様|さん|殿|氏(?!名)|先生|くん|ちゃん)")


@cache
def tasks() -> frozenset[str]:
    """Words of a task or a post that stand directly before a name."""
    return frozenset(f for r in read_table("phi/tasks.tsv", ("form",)) for f in split_forms(r["form"]))


_BETWEEN = lazy(f"[ \t](?<=[{KANJI}].)")


def find_pairs(t: str) -> Iterator[Hit]:
    """Names in two words of which the second is a given name."""
    m = TWO_WORDS.search(t) if _BETWEEN.search(t) or "&nbsp;" in t else None
    while m:
        hit = _pair(t, m)
        if hit:
            yield hit
            if (reading := _READING.match(t, hit.end)) and katakana(reading[1]) in book().surname_kana:
                yield hit._replace(start=reading.start(1), end=reading.end(1), detector="names.reading")
        m = TWO_WORDS.search(t, m.end() if hit else m.start(2))


def _pair(t: str, m: re.Match[str]) -> Hit | None:
    stop, given = m.end(), m[2].translate(VARIANTS)
    if honor := _HONOR_END.search(given):
        stop, given = stop - len(honor[0]), given[: honor.start()]
    if m[1] + given in book().no_names or m[1] + given in medical_runs() or katakana(given) in medical_runs():
        return None
    closed = _PAIR_END.match(t, stop) is not None
    if (
        m[2] in POSTS
        or m[1] in book().titles
        or given in book().not_given
        or not _is_given(given, closed or t[stop : stop + 1] == " ")
    ):
        return None
    start, family, g = _family(m)
    headed = HEADER_RIGHT.match(t, stop) is not None
    plain_given = given in book().words
    if len(family) == 1:
        good = headed or (g >= AMBIGUOUS and not plain_given and len(given) > 1)
    elif g >= RARE:
        good = not plain_given or headed or closed
    else:
        good = g > NO and (headed or (closed and not plain_given))
    if not good:
        start, good = _weighed(t, m, stop, given)
    return Hit(start, stop, "PERSON", "bare", 0.85 if g >= RARE else 0.7, "names.bare", GRAMMAR) if good else None


def _is_given(word: str, closed: bool) -> bool:
    """True for a known given name in kanji or kana, and for one in mixed script where something ends behind it."""
    if word in book().given or kana_known(word) or katakana(word) in book().given_kana:
        return True
    return closed and not RUN.match(word) and RUN.match(word[-1]) is not None


def _family(m: re.Match[str]) -> tuple[int, str, int]:
    """Where the surname begins behind a role written with it, the surname, and its grade."""
    start, family = m.start(), m[1]
    g = grade(family)
    if g >= AMBIGUOUS:
        return start, family, g
    size, tail, clean = tail_name(family)
    cut = next((n for n in range(min(5, len(family) - 1), 1, -1) if family[:n] in tasks()), 0)
    if cut and grade(family[cut:]) >= AMBIGUOUS:
        size, tail, clean = len(family) - cut, grade(family[cut:]), True
    if clean and size < len(family) and tail >= AMBIGUOUS:
        return start + len(family) - size, family[-size:], tail
    return start, family, g


def _weighed(t: str, m: re.Match[str], stop: int, given: str) -> tuple[int, bool]:
    """A surname that is rare, unknown or of one character before a known given name: where it begins and whether it counts."""
    if given in BODY or given in medical_runs() or katakana(given) in medical_runs():
        return m.start(), False
    family, second = m[1], 1.5 if len(given) == 1 or not RUN.match(given) else 2.0
    if given in book().words:
        second = 0.7
    best = (-9.0, 0)
    for p in range(len(family)):
        left = before(family[:p]) if p else left_weight(t, m.start())
        if left > 0:
            best = max(best, (value(family[p:]) + left, p))
    return m.start() + best[1], best[0] + second + right_weight(t, stop) >= THRESHOLD
