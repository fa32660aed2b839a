"""One list of identifiers from what all detectors found, and the spread of proven ones through the report.

Rule for overlaps, in this order: higher rank, higher score, longer span, earlier start, name of the detector, category,
subtype. A weaker hit that overlaps a stronger one of the same category lends it the characters that stick out (nothing found
is given up); of another category it is cut to what the stronger one leaves, and dropped if only punctuation is left.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby, pairwise

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.evidence import GRAMMAR, KNOWN, LISTED, Hit
from jmid_nlp.deid.kana import katakana
from jmid_nlp.deid.kanji import AMBIGUOUS, RUN, SURNAME, grade, split_name
from jmid_nlp.deid.namescan import name_at
from jmid_nlp.lexicon import Automaton
from jmid_nlp.text.lazy import lazy


def _order(hit: Hit) -> tuple[float | str, ...]:
    """The rule for overlaps; category and subtype last, so that no two hits are equal in it and any process sorts alike."""
    return -hit.rank, -hit.score, hit.start - hit.end, hit.start, hit.detector, hit.category, hit.subtype


def resolve(hits: Iterable[Hit]) -> list[Hit]:
    """Hits without overlap, ascending, by the rule above."""
    found = list(hits)
    if all(a.end <= b.start for a, b in pairwise(found)):
        return found
    ranked = sorted(set(found), key=_order)
    out: list[Hit] = []  # ascending, without overlap
    starts: list[int] = []
    for hit in ranked:
        low = bisect_right(starts, hit.start)
        if low and out[low - 1].end > hit.start:
            low -= 1
        high = bisect_left(starts, hit.end, low)
        overlapping = out[low:high]
        if not overlapping:
            out.insert(low, hit)
            starts.insert(low, hit.start)
            continue
        if _swallows(hit, overlapping):
            out[low:high] = [hit]
            starts[low:high] = [hit.start]
            continue
        same: Hit | None = next((o for o in overlapping if o.category == hit.category), None)
        if same is not None and len(overlapping) == 1:
            out[low] = same._replace(start=min(same.start, hit.start), end=max(same.end, hit.end))
            starts[low] = out[low].start
        elif same is not None:
            for first, last, whole in _unions(hit, overlapping):
                at = bisect_left(starts, first.start)
                out[at : bisect_right(starts, last.start)] = [whole]
                starts[at : bisect_right(starts, last.start)] = [whole.start]
        elif same is None and hit.rank >= GRAMMAR:
            for part in _remainders(hit, overlapping):
                at = bisect_right(starts, part.start)
                out.insert(at, part)
                starts.insert(at, part.start)
    return out


def _swallows(hit: Hit, others: list[Hit]) -> bool:
    """Whether a hit is one word that holds the others: an address of mail or web, a person name with groups, a number."""
    if hit.category == "OCCUPATION":
        inside = all(hit.start <= o.start and o.end <= hit.end and o.rank < KNOWN for o in others)
        return inside and all(o.category in ("ADDRESS", "PERSON", "FACILITY") for o in others)
    if hit.category == "FACILITY" and hit.end - hit.start > sum(o.end - o.start for o in others):
        return all(
            hit.start <= o.start
            and o.end <= hit.end
            and (o.category == "ADDRESS" or o.detector == "names.bare" or (o.category == "PERSON" and o.rank <= LISTED))
            for o in others
        )
    if hit.category not in ("EMAIL", "URL", "ID") and hit.detector != "names.pn":
        return False
    if hit.category == "ID" and (hit.rank < GRAMMAR or any(o.category == "DATE" for o in others)):
        return False
    return all(hit.start <= o.start and o.end <= hit.end and o.category != hit.category for o in others)


def _unions(hit: Hit, others: list[Hit]) -> Iterator[tuple[Hit, Hit, Hit]]:
    """Neighbours of the weaker hit's category that it joins, as (first, last, whole); another category ends the joining.

    A rim of the weaker hit counts only where no other category stands beyond it: there the hit has run too far.
    """
    for same, group in groupby(others, key=lambda o: o.category == hit.category):
        parts = list(group)
        if not same:
            continue
        start = hit.start if parts[0] is others[0] else parts[0].start
        end = hit.end if parts[-1] is others[-1] else parts[-1].end
        if _sticks_out(hit._replace(start=start, end=end), parts):
            best = max(parts, key=lambda o: (o.rank, o.score))
            yield parts[0], parts[-1], best._replace(start=min(start, parts[0].start), end=max(end, parts[-1].end))


def _sticks_out(hit: Hit, others: list[Hit]) -> bool:
    """Whether a hit over several stronger ones holds more than they and what stands between two names: KIM^MINJI=金"
    "^敏智.
    """
    gaps = [b.start - a.end for a, b in zip(others, others[1:], strict=False)]
    return others[0].start - hit.start > 1 or hit.end - others[-1].end > 1 or max(gaps, default=0) > 2


def _remainders(hit: Hit, others: list[Hit]) -> Iterator[Hit]:
    """What of a hit the others leave: parts of two characters or more."""
    at = hit.start
    for o in [*sorted(others), None]:
        stop = hit.end if o is None else o.start
        if stop - at >= 2 and hit.category in ("ADDRESS", "FACILITY", "ID", "PHONE"):
            yield hit._replace(start=at, end=stop)
        if o is not None:
            at = max(at, o.end)


_OPEN = re.compile(r"[ \t]?[(（\[「/=][ \t]?\Z")
_NAME_BACK = re.compile(
    r"(?:[ァ-ヺー]{2,}(?:[・ ][ァ-ヺー]{1,}){0,5}|[A-Z][A-Za-z'’\-]+(?:,? [A-Z][A-Za-z'’\-]*){1,4})\Z"
)


def appositions(t: str, hits: list[Hit]) -> Iterator[Hit]:
    """The other script of a name whose bracket holds a proven name: グエン・ティ(NGUYEN THI)さん."""
    for hit in hits:
        if hit.category != "PERSON" or hit.rank < LISTED:
            continue
        opening = _OPEN.search(t, max(0, hit.start - 3), hit.start)
        if opening is None:
            continue
        low = max(0, hit.start - 48)
        m = _NAME_BACK.search(t[low : opening.start()])
        if m and m[0] not in stop_words("value_kana"):
            yield Hit(low + m.start(), low + m.end(), "PERSON", hit.subtype, 0.85, "names.apposition", GRAMMAR)


def bracketed(t: str, hits: list[Hit]) -> Iterator[Hit]:
    """Other spellings in brackets behind a proven name: ASHIKARI Sawa(芦刈 佐和), 李浩然(LI HAORAN、り こうぜん)."""
    for hit in hits:
        if hit.category != "PERSON" or hit.rank < LISTED or hit.end - hit.start < 2:
            continue
        reading = _READING.match(t, hit.end) if RUN.match(t, hit.start) else None
        if reading and not any(katakana(w) in stop_words("value_kana") for w in reading[1].split()):
            yield Hit(reading.start(1), reading.end(1), "PERSON", hit.subtype, 0.8, "names.reading", GRAMMAR)
            continue
        m = _BRACKET.match(t, hit.end)
        if m and (number := _EXTENSION.match(t, m.end())):
            yield Hit(number.start(), number.end(), "PHONE", "extension", 0.75, "contact.bracket", GRAMMAR)
            continue
        at = m.end() if m else -1
        while at > 0:
            end, g = name_at(t, at, hard=True)
            kana = _TWO_KANA.match(t, at)
            if kana:
                end, g = kana.end(), SURNAME
            if t[at : at + 1].isascii() and ((t[at:end].isupper() and end - at < 6) or _GRADED.match(t, at)):
                break
            if end <= at or not (g >= AMBIGUOUS or " " in t[at:end]) or not _BRACKET_END.match(t, end):
                break
            yield Hit(at, end, "PERSON", hit.subtype, 0.85, "names.bracket", GRAMMAR)
            more = _BRACKET_MORE.match(t, end)
            at = more.end() if more else -1


_GRADED = re.compile(r"(?:[Gg]rade|[Ss]tage|[Tt]ype|Ms|Mr|Dr|Class|Category|Unit|TB)\b")
_READING = lazy(
    r"[ \t]{1,4}([ァ-ヺー]{1,8}[ ・][ァ-ヺー]{2,8}|[ぁ-ゖー]{2,7} [ぁ-ゖー]{2,7})(?=[ \t]*(?:\d|$|\n|[、。,;|/(]|[男女MF一-鿿]))"
)
_EXTENSION = re.compile(r"[2-9]\d{3}(?=[)])")
_BRACKET = re.compile(r"(?:さん|様|氏|殿|先生|くん|ちゃん)?[ \t]?[(\[/=][ \t]?")
_BRACKET_END = re.compile(r"[ \t]?(?:[)\]/、,=]|\n|\Z)")
_BRACKET_MORE = re.compile(r"[ \t]?[、,/][ \t]?")
_TWO_KANA = lazy(
    r"[ぁ-ゖー]{1,8}[ \t・][ぁ-ゖー]{1,8}(?:[ \t・][ぁ-ゖー]{1,8})?(?=[)、,/])|[ァ-ヺー]{1,8}[ \t・"
    r"][ァ-ヺー]{1,8}(?:[ \t・][ァ-ヺー]{1,8})?(?=[)、,/])"
)


_MANY = 40  # forms from which on building an automaton costs less than looking for each of them


def propagate(t: str, hits: list[Hit]) -> list[Hit]:
    """Other places in the text where a proven name, number or facility stands again."""
    forms: dict[str, Hit] = {}
    for hit in hits:
        if hit.rank < LISTED or hit.score < 0.7:
            continue
        for form in _forms(t[hit.start : hit.end], hit):
            old = forms.get(form)
            if old is None or old.score < hit.score:
                forms[form] = hit
    if not forms:
        return []
    covered = bytearray(len(t))
    for hit in hits:
        covered[hit.start : hit.end] = b"\x01" * (hit.end - hit.start)
    more = []
    places = standing(t, forms)
    for form in sorted(forms):
        hit = forms[form]
        for at in places[form]:
            end = at + len(form)
            if 1 not in covered[at:end] and _fits(t, at, end, hit):
                score = round(hit.score * 0.95, 3)
                more.append(Hit(at, end, hit.category, hit.subtype, score, "propagation", LISTED))
    return more


def standing(t: str, forms: Collection[str]) -> dict[str, list[int]]:
    """Where each form stands, without overlaps with itself; many forms are looked for in one pass."""
    found: dict[str, list[int]] = {form: [] for form in forms}
    if len(forms) < _MANY:
        for form, places in found.items():
            at = t.find(form)
            while at >= 0:
                places.append(at)
                at = t.find(form, at + len(form))
        return found
    automaton = Automaton(forms, overlapping=True)
    for start, _, number in automaton.find(t):
        form = automaton.forms[number]
        places = found[form]
        if not places or start >= places[-1] + len(form):
            places.append(start)
    return found


def _forms(value: str, hit: Hit) -> Iterator[str]:
    if (hit.category == "ID" and len(value) >= 5 and sum(c.isdigit() for c in value) >= 4) or (
        hit.category == "FACILITY" and len(value) >= 3
    ):
        yield value
    elif hit.category == "PERSON":
        parts = value.replace("^", " ").replace("=", " ").replace("・", " ").replace(",", " ").split()
        joined = "".join(parts)
        if RUN.fullmatch(joined):
            yield joined
            cut = split_name(joined.translate(VARIANTS))
            if len(parts) == 1 and cut:
                parts = [joined[:cut], joined[cut:]]
            for p in parts:
                if len(p) >= 2 and (
                    grade(p) >= SURNAME
                    or (p.translate(VARIANTS) in book().given and p not in book().words and p not in book().terms)
                ):
                    yield p
        elif re.fullmatch(r"[ァ-ヺー]+", joined):
            yield from (p for p in parts if len(p) >= 4)
        elif joined.isascii():
            yield from (p for p in parts if len(p) >= 4 and p.lower() not in book().latin_terms and p[0].isupper())


def _fits(t: str, at: int, end: int, hit: Hit) -> bool:
    """True where the form stands by itself: not inside a longer word, and no eponym."""
    before, after = t[at - 1 : at], t[end : end + 1]
    first, last = t[at], t[end - 1]
    if first.isascii() and before.isascii() and before.isalnum():
        return False
    if last.isascii() and after.isascii() and after.isalnum():
        return False
    if hit.category == "PERSON":
        if "ァ" <= first <= "ヺ" and "ァ" <= before <= "ー":
            return False
        if "ァ" <= last <= "ー" and "ァ" <= after <= "ー":
            return False
        if RUN.match(first) and book().eponym_suffix.begins(t, end):
            return False
        if end - at < 2 or (grade(t[at:end]) == AMBIGUOUS and (RUN.match(before or " ") or RUN.match(after or " "))):
            return False
    return True
