"""A sentence as staging reads it: clauses with a verdict, and the sides, places and sizes that each names.

A clause ends at its predicate, which decides for every noun before it: that is how Japanese reports deny ('AとBは認めません'),
hedge ('Cを疑います') and affirm ('Dを認め、'). The verdicts are finer than the certainty of findings: T, N and M draw the line
between 疑う and 否定できない in different places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from jmid_nlp.findings.staging_words import Word
from jmid_nlp.offsets import Span
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.scan import matches_from

DENIED, GENERAL, WEAK, SUSPECTED, PRESENT = 0, 1, 2, 3, 4
_VERDICTS = {"deny": DENIED, "general": GENERAL, "weak": WEAK, "suspect": SUSPECTED, "present": PRESENT}
_VERB_END = re.compile(r"し(?:て|、|,|ま|つつ)|とな(?:り、|っており)")
_NOUN_AHEAD = lazy(r"[一-鿿ァ-ヺA-Za-z]|よう|ほど|程度")
_DISTANCE = (
    "厚",
    "の位置",
    "の距離",
    "の部位",
    "離れ",
    "ほど離",
    "程度離",
    "末梢",
    "遠位",
    "近位",
    "中枢",
    "尾側",
    "頭側",
    "間隔",
)
_COMPARED = re.compile(r"と|より|比|同様|、")
_DIGIT = re.compile(r"\d")
_SIZE = re.compile(
    r"(?P<a>\d{1,3}(?:\.\d{1,2})?)(?P<u1>mm|cm|センチ|ミリ)?"
    r"(?:[x×*X✕](?P<b>\d{1,3}(?:\.\d{1,2})?)(?P<u2>mm|cm)?)?(?:[x×*X✕](?P<c>\d{1,3}(?:\.\d{1,2})?)(?P<u3>mm|cm)?)?"
    r"(?:[~〜～\-–ー](?P<d>\d{1,3}(?:\.\d{1,2})?))?(?P<u>mm|cm|センチ|ミリ)?"
)


class Hit(NamedTuple):
    """A known word: `[start, end)` of the scene's text."""

    start: int
    end: int
    word: Word


class Place(NamedTuple):
    """A place named in a clause: kind `lung`, `node` or `organ`, its key (lobe, group, organ) and the side as written."""

    kind: str
    key: str
    detail: str
    side: str | None
    start: int
    end: int


class Size(NamedTuple):
    """A size in mm, its largest dimension, and what it measures: `solid`, `whole`, `short`, `prior`, `other` or ''."""

    mm: float
    part: str
    start: int
    end: int


@dataclass(slots=True)
class Clause:
    """Words up to a predicate, with the predicate's verdict; `anchor` is the clause whose places it speaks of."""

    start: int
    end: int
    sentence: int
    verdict: int
    hits: list[Hit]
    kinds: dict[str, list[tuple[str, Hit]]] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    sizes: list[Size] = field(default_factory=list)
    anchor: int = -1

    def has(self, kind: str, *keys: str) -> bool:
        """Whether a word of this kind (and, where given, one of these keys) stands in the clause."""
        if not keys:
            return kind in self.kinds
        return any(key in keys for key, _ in self.kinds.get(kind, ()))

    def spans(self, kind: str) -> list[Span]:
        """Where the words of a kind stand."""
        return [(hit.start, hit.end) for _, hit in self.kinds.get(kind, ())]

    def of(self, kind: str) -> list[Place]:
        """The clause's own places of a kind."""
        return [place for place in self.places if place.kind == kind] if self.places else []


def clauses_of(text: str, start: int, end: int, number: int, hits: list[Hit]) -> Iterator[Clause]:
    """The clauses of a sentence with what they name, their sizes apart.

    Args:
        text: The scene's text.
        start: Where the sentence begins in it.
        end: Where it ends.
        number: The sentence's number.
        hits: The known words of the sentence.
    """
    for clause in _cut(text, start, end, number, hits):
        for hit in clause.hits:
            for kind, key in hit.word.roles:
                clause.kinds.setdefault(kind, []).append((key, hit))
        _places(text, clause)
        yield clause


def _cut(text: str, start: int, end: int, number: int, hits: list[Hit]) -> Iterator[Clause]:
    """Cuts a sentence at its predicates."""
    nouns: list[Hit] = []
    pending = PRESENT
    begin = start
    last: Clause | None = None
    for place, hit in enumerate(hits):
        word = hit.word
        if word.ends:
            kind = word.kind
            if kind in ("suspecting", "presenting"):
                if _NOUN_AHEAD.match(text, hit.end):
                    pending = SUSPECTED if kind == "suspecting" else pending
                    continue
                kind = kind.removesuffix("ing")
            verdict = _VERDICTS[kind]
            if nouns and len(word.roles) > 1:
                nouns.append(hit)
        else:
            nouns.append(hit)
            if not word.verbal or not _VERB_END.match(text, hit.end):
                continue
            if place + 1 < len(hits) and hits[place + 1].start == hit.end and hits[place + 1].word.ends:
                continue
            verdict = PRESENT
        if not nouns:
            if last is not None and _corrects(text, last, hit, verdict):
                last.verdict, last.end = verdict, hit.end
            continue
        if last is not None:
            yield from _items(text, last)
        last = Clause(begin, hit.end, number, pending if verdict == PRESENT else verdict, nouns)
        nouns, pending, begin = [], PRESENT, hit.end
    if last is not None:
        yield from _items(text, last)
    if nouns:
        yield from _items(text, Clause(begin, end, number, pending, nouns))


def _items(text: str, clause: Clause) -> Iterator[Clause]:
    """The findings of a list under one predicate: '右上葉に結節、肝S8に腫瘤を認めます' is two clauses."""
    begin, first = clause.start, 0
    complete = False
    for place, hit in enumerate(clause.hits[:-1]):
        complete = complete or hit.word.complete
        ahead = clause.hits[place + 1].word.kind
        if complete and text.startswith(("、", ","), hit.end) and hit.word.ends_item and ahead in _OPENS_ITEM:
            yield Clause(begin, hit.end, clause.sentence, clause.verdict, clause.hits[first : place + 1])
            begin, first, complete = hit.end, place + 1, False
    clause.hits = clause.hits[first:]
    clause.start = begin
    yield clause


_OPENS_ITEM = frozenset(("side", "lobe", "hilum", "station", "target", "organ", "effusion"))


def _corrects(text: str, last: Clause, hit: Hit, verdict: int) -> bool:
    """Whether a predicate without a noun of its own goes on about the one before: '可能性|は低い', '疑い|なし'."""
    gap = text[last.end : hit.start]
    return verdict in (DENIED, WEAK) and verdict < last.verdict <= SUSPECTED and len(gap) <= 3 and "、" not in gap


def _places(text: str, clause: Clause) -> None:
    """Lobes, stations and organs with the side in force where they stand."""
    side: str | None = None
    fresh = False  # the side stands directly before the place
    previous: Hit | None = None
    for hit in clause.hits:
        kind = hit.word.kind
        if kind == "side":
            side, fresh = hit.word.roles[0][1], True
        else:
            if kind == "node" and fresh:
                _sided_nodes(clause, hit, previous, side)
            placed = False
            for role, key in hit.word.roles:
                name = _PLACE.get(role)
                if name is None or (name == "lung" and key in _SEGMENTS and _after_liver(previous)):
                    continue
                if role == "station!" and _list_number(text, clause, hit):
                    continue
                written = side if fresh or side not in ("both", "contra") else None
                if role == "station!" and hit.word.form[-1] in "RL":
                    written = "right" if hit.word.form[-1] == "R" else "left"
                clause.places.append(Place(name, key, hit.word.form, written, hit.start, hit.end))
                placed = True
            if not placed and kind not in _KEEPS_SIDE:
                side = None
            fresh = False
        previous = hit


def _sided_nodes(clause: Clause, hit: Hit, previous: Hit | None, side: str | None) -> None:
    """'縦隔右側リンパ節' gives its side to the station before it, '対側リンパ節' is a station without a name."""
    last = clause.places[-1] if clause.places else None
    if last is not None and previous is not None and last.kind == "node" and last.end == previous.start:
        clause.places[-1] = last._replace(side=side)
    else:
        clause.places.append(Place("node", "unnamed", hit.word.form, side, hit.start, hit.end))


def _list_number(text: str, clause: Clause, hit: Hit) -> bool:
    """Whether a '#2' that opens a sentence numbers a line and no node station."""
    opens = hit.start == clause.start and hit.word.form[-1].isdigit()
    return opens and not text.startswith((",", "、", "・", "/", "リンパ", "と", "や", "L", "お"), hit.end)


_SEGMENTS = frozenset(("S1", "S4", "S6"))
_KEEPS_SIDE = frozenset(("lesion", "node", "near", "multiple", "metastasis", "state"))
_PLACE = {
    "lobe": "lung", "hilum": "lung", "airway": "lung",
    "station": "node", "station!": "node", "organ": "organ", "organ!": "organ",
}  # fmt: skip


def _after_liver(hit: Hit | None) -> bool:
    return hit is not None and any(role == ("organ", "liver") for role in hit.word.roles)


def add_sizes(text: str, clauses: list[Clause]) -> None:
    """Finds the sizes of a text and gives each to the clause it stands in."""
    at = 0
    for found in matches_from(_DIGIT, _SIZE, text):
        unit = found["u"] or found["u3"] or found["u2"] or found["u1"]
        if not unit:
            continue
        while at < len(clauses) and clauses[at].end <= found.start():
            at += 1
        if at == len(clauses):
            return
        clause = clauses[at]
        if clause.start <= found.start():
            mm = max(float(found[g]) for g in "abcd" if found[g]) * (10.0 if unit in ("cm", "センチ") else 1.0)
            mm += 0.1 if text.startswith(("超", "を超", "より大"), found.end()) else 0.0
            clause.sizes.append(Size(mm, _part(text, clause, found), found.start(), found.end()))


def _part(text: str, clause: Clause, found: re.Match[str]) -> str:
    """What a size measures, from the words between the size before and it, and those right behind it."""
    after = clause.sizes[-1].end if clause.sizes else clause.start
    behind = text[found.end() : found.end() + 2]
    before = [h for h in clause.hits if after <= h.start and h.end <= found.start()]
    kinds = [kind for h in before for kind, _ in h.word.roles]
    former = next((h for h in reversed(before) if h.word.kind == "former"), None)
    if (former and not _COMPARED.search(text, former.end, found.start())) or behind.startswith(
        ("→", "から", "⇒", "->")
    ):
        return "prior"
    if "thickness" in kinds or text.startswith(_DISTANCE, found.end()):
        return "other"
    if "axis" in kinds:
        return "short"
    part = next((kind for kind in reversed(kinds) if kind in ("solid", "whole")), "")
    if not part and text.startswith(
        ("の充実成分", "大の充実成分", "の充実部", "大の充実部", "の実性成分"), found.end()
    ):
        part = "solid"
    return part
