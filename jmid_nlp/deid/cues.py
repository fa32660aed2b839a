"""Labels: words that announce a value (氏名：, ID, TEL, <Name>, dr=") and where the value begins."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from jmid_nlp.deid.book import book
from jmid_nlp.lexicon import Automaton
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import ascii_lower

# strength of what stands between a label and its value
EXPLICIT, SPACE, PARTICLE, NONE = 3, 2, 1, 0
_SEPARATOR = lazy(
    r"(?:\s?\((?:[^()\n]{1,8})\))?"  # 氏名(漢字)
    r"(?:[ \t]{0,4}[\"'\]】」』)]{0,2}[ \t]{0,4}(?:::?|=>|=|>|\||│|┃|║|¦|\t|→|⇒|/(?![/\d])|;|…{1,3}|\.{3,})"
    r"[ \t]{0,6}[\"'「『\[【(]?\n?"
    r"|[】\])][ \t]{0,4}"
    r"|[ \t]{0,2}[「『\"][ \t]?"
    r"|[ \t]?[・\-][ \t]?(?=[^\d\s])"
    r"|(?P<paren>[ \t]?\((?=[^)]))"
    r"|(?P<space>[ \t]{1,6}|\n)"
    r"|(?P<particle>(?:番号)?(?:が|は|の|、|も|:)[、 ]?))"
)
_LETTER = re.compile(r"[A-Za-z]")


class Label(NamedTuple):
    """A label with the position where its value begins and how clearly it is set apart (EXPLICIT … NONE)."""

    start: int
    end: int
    value: int
    strength: int
    kind: str
    subtype: str
    mode: str
    paren: bool


@cache
def _automaton() -> tuple[Automaton, tuple[tuple[str, str, str], ...]]:
    return Automaton(book().labels), tuple(book().labels.values())


def find_labels(t: str) -> list[Label]:
    """All labels of a folded text, ascending."""
    out = []
    automaton, table = _automaton()
    size = len(t)
    for start, end, number in automaton.find(ascii_lower(t)):
        first, last = t[start], t[end - 1]
        if (
            start
            and first.isascii()
            and first.isalpha()
            and t[start - 1].isascii()
            and t[start - 1].isalpha()
            and not (first.isupper() and t[start - 1].islower())
        ):
            continue
        if end < size and last.isascii() and last.isalpha() and t[end].isascii() and t[end].isalpha():
            continue
        kind, subtype, mode = table[number]
        m = _SEPARATOR.match(t, end)
        if m is None or m.end() == end or (last.isascii() and m[0].strip() in ("-", "・")):
            value, strength, paren = end, NONE, False
        else:
            value = m.end()
            paren = m["paren"] is not None
            strength = SPACE if m["space"] is not None else PARTICLE if m["particle"] is not None or paren else EXPLICIT
        if mode == "sep" and strength < SPACE:
            continue
        if t[value - 1 : value] == "\n" and strength == SPACE:
            strength = NONE
        out.append(Label(start, end, value, strength, kind, subtype, mode, paren))
    if _GAPS.search(t):
        out += _spaced(t)
    return out


_GAPS = lazy(r"[ \t](?<=[一-鿿].)[ \t]{0,3}[一-鿿]")
_SPACED_LABEL = lazy(r"[一-鿿](?<![一-鿿].)[ \t]{1,4}(?:[一-鿿][ \t]{1,4}){0,3}[一-鿿](?![一-鿿])")


def _spaced(t: str) -> list[Label]:
    """Labels whose characters are set apart, as in forms: 氏　　名, 生 年 月 日."""
    out = []
    for m in _SPACED_LABEL.finditer(t):
        found = book().labels.get("".join(m[0].split()))
        sep = _SEPARATOR.match(t, m.end()) if found else None
        if found and sep and sep.end() > m.end() and sep["particle"] is None and sep["paren"] is None:
            strength = SPACE if sep["space"] is not None else EXPLICIT
            out.append(Label(m.start(), m.end(), sep.end(), strength, *found, False))
    return out
