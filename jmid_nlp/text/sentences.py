"""Sentences of a radiology report: by punctuation, by line, by bullet, and by full-width blanks between short statements."""

from __future__ import annotations

import re
import unicodedata

from jmid_nlp.offsets import Span
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.lines import BREAK, breaks_inside

_CANDIDATE = re.compile(
    r"(?P<stop>[。｡!?！？]+|[．.]+)[)）」』】\]］〉》]*|(?P<blank>[ \t\u3000]+)|(?P<item>[①-⑳㉑-㉟❶-❿])|(?P<open>[(（「『【［\[])"
)
_CANDIDATE_START = re.compile(r"[。｡!?！？．. \t\u3000①-⑳㉑-㉟❶-❿(（「『【［\[]")  # what the pattern above begins with
# a point after one of these is part of an abbreviation
_ABBREVIATION = re.compile(
    r"(?<![A-Za-z])(?:nos?|se|ser|im|img|figs?|vs|drs?|mrs?|ms|prof|st|ca|cf|e\.g|i\.e|approx|max|min|ph|al|lt|rt|ant|post|sup|inf"
    r"|lat|med|vol|p|s|[A-Z])\Z",
    re.IGNORECASE,
)
_CLOSER = {"(": ")）", "（": ")）", "「": "」", "『": "』", "【": "】", "[": "]］", "［": "]］"}
_INSIDE = 80  # characters: a bracket longer than this is no aside
_NOTHING = " \t\u3000\xa0\r\n\ufeff\u200b\u2060"  # what may stand before a heading
_HEAD = 24  # characters: 【…】 at the start of a sentence up to this length is a heading of its own
_ASIDE = r"(?:[(（][^()（）\n]{1,24}[)）])?"
# a short statement without 。 ends like this before a blank
_STATEMENT = re.compile(
    r"(?:なし|無し|ません|せず|[れき]ず|めず|(?<!が)あり|有り|です|ます|ました|でしょうか?|である|[れっ]た|疑い|疑う|不変|著変な[しい]|否定的|ない|同様"
    rf"|考える){_ASIDE}\Z"
)
# particles and links: a statement does not begin with one, so the blank before it ends nothing
_GOES_ON = re.compile(r"[をはがにのでとやもへ、。，．,.)）」』:：=＝~〜～/／]|から|まで|より|です|する|であ|疑|考|思")
_NUMBER_POINT = re.compile(r"[ \t\u3000]*[(（]?(?:\d{1,2}|[A-Za-z]|[ivxIVX]{1,4})\Z")

# dictation and lost punctuation: in a stretch without any full stop a statement ends where a word begins behind these
_UNPUNCTUATED = lazy(
    rf"(?:ません|ませんでした|(?<!ま)ます|です|でした|でしょうか?|なし|(?<!が)あり|ください){_ASIDE}"
    r"(?=[\u3400-\u9fff\u30a1-\u30faA-Za-zＡ-Ｚ]|その|この|これ|こちら|ここ|また[^は]|なお|さらに|ただし|しかし|まず|やや|ご|いずれ|わずか|ごく|ほか)"
)


def sentences(text: str) -> list[Span]:
    """Spans of the sentences, without blanks at their rims.

    A line break ends a sentence unless it stands inside one (`jmid_nlp.text.lines`). A point inside a number or code
    (3.5cm, No.8a, S1.2) ends nothing, nor does punctuation inside a short bracket. Bullets stay in their sentence, a
    bracketed heading is a sentence of its own.

    Args:
        text: Any string; the spans are in this string.

    Returns:
        Spans `[start, end)`, ascending and disjoint, that leave out nothing but whitespace.
    """
    out: list[Span] = []
    inside = [start for start, _ in breaks_inside(text)]
    known = set(inside)
    start = 0
    for mark in BREAK.finditer(text):
        if _before_blanks(text, mark.start()) in known:
            continue
        _split(text, start, mark.start(), out)
        start = mark.end()
    _split(text, start, len(text), out)
    return out


def _before_blanks(text: str, at: int) -> int:
    while at and text[at - 1] in " \t\u3000":
        at -= 1
    return at


def _split(text: str, start: int, stop: int, out: list[Span]) -> None:
    """Adds the sentences of one stretch that no line break divides."""
    if start == stop:
        return
    begin, at = start, start
    full_stops = False
    while begins := _CANDIDATE_START.search(text, at, stop):
        found = _CANDIDATE.match(text, begins.start(), stop)
        if found is None:
            break  # never: the pattern takes each of these characters
        at = found.end()
        kind = found.lastgroup
        cut = None
        if kind == "stop":
            cut = found.end() if _ends(text, begin, found, stop) else None
            full_stops = full_stops or cut is not None
        elif kind == "blank":
            left = text[max(begin, found.start() - 32) : found.start()]
            cut = found.end() if _STATEMENT.search(left) and not _GOES_ON.match(text, found.end(), stop) else None
        elif kind == "item":
            cut = found.start() if text[found.start() - 1 : found.start()].isspace() else None
        else:
            at = _after_bracket(text, found.start(), stop)
            first = found.start() - begin <= 8 and not text[begin : found.start()].strip(_NOTHING)
            heading = first and found[0] == "【" and at - found.start() <= _HEAD
            cut = at if heading and at > found.end() else None
        if cut is not None:
            _add(text, begin, cut, out)
            begin = cut
    if not full_stops:
        for found in _UNPUNCTUATED.finditer(text, begin, stop):
            _add(text, begin, found.end(), out)
            begin = found.end()
    _add(text, begin, stop, out)


def _ends(text: str, begin: int, found: re.Match[str], stop: int) -> bool:
    """Whether a full stop ends a sentence; only a point can be something else."""
    if found["stop"][0] not in ".．":
        return True
    before = unicodedata.normalize("NFKC", text[max(begin, found.start() - 8) : found.start()])
    after = unicodedata.normalize("NFKC", text[found.end() : min(stop, found.end() + 2)])
    if not before.strip():
        return False
    last = before[-1]
    if not last.isascii():
        return True
    if _NUMBER_POINT.fullmatch(text, begin, found.start()):
        return False
    if last.isdigit() and after[:1].isdigit():
        return False
    if _ABBREVIATION.search(before):
        return not after.strip()
    return not (after[:1].isascii() and after[:1].isalnum())


def _after_bracket(text: str, at: int, stop: int) -> int:
    """The position behind the bracket that opens at `at`; behind the opening one where it is long or never closed."""
    closers = _CLOSER[text[at]]
    for i in range(at + 1, min(stop, at + _INSIDE)):
        if text[i] in closers:
            return i + 1
        if text[i] in "\n\r":
            break
    return at + 1


def _add(text: str, start: int, end: int, out: list[Span]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        out.append((start, end))
