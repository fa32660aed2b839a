"""Identifier detection: all families over one folded view of a report, merged to one list of spans."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from jmid_nlp.deid.ages import find_ages
from jmid_nlp.deid.bare import find_bare
from jmid_nlp.deid.contact import find_contact
from jmid_nlp.deid.cues import EXPLICIT, Label, find_labels
from jmid_nlp.deid.evidence import KNOWN, LABELLED, SHAPED, Hit
from jmid_nlp.deid.facilities import find_facilities
from jmid_nlp.deid.fields import find_fields
from jmid_nlp.deid.ids import find_ids
from jmid_nlp.deid.joined import (
    across,
    crosses_lines,
    cut_by_blank,
    cut_by_break,
    is_spread,
    line_breaks,
    spread_gaps,
)
from jmid_nlp.deid.known import find_known
from jmid_nlp.deid.latin import find_latin
from jmid_nlp.deid.lines import find_lines
from jmid_nlp.deid.merge import appositions, bracketed, propagate, resolve, standing
from jmid_nlp.deid.occupation import find_occupations
from jmid_nlp.deid.persons import find_labelled
from jmid_nlp.deid.places import find_places
from jmid_nlp.deid.scenes import find_scenes
from jmid_nlp.deid.spoken import find_spoken
from jmid_nlp.deid.tables import find_cells
from jmid_nlp.deid.titles import find_titled
from jmid_nlp.errors import InputError
from jmid_nlp.offsets import Folded, fold
from jmid_nlp.schema import CATEGORIES, Category, Identifier, Report
from jmid_nlp.text.dates import find_dates

#: "fast" is rules alone, "balanced" rules and the learned tagger, "accurate" rules, tagger and the trained spaCy model.
Mode = Literal["accurate", "balanced", "fast"]
Extra = Callable[[str], Iterable[tuple[int, int, Category, str, float]]]
_REGISTRY: dict[str, Extra] = {}


def register_detector(name: str) -> Callable[[Extra], Extra]:
    """Register a detector of your own under a name that `DetectOptions.extra` can then list.

    The function takes the original text and returns `(start, end, category, subtype, score)` per find, in its offsets.

    Args:
        name: The name that appears as `detector` of its finds.
    """

    def keep(function: Extra) -> Extra:
        _REGISTRY[name] = function
        return function

    return keep


@dataclass(frozen=True)
class DetectOptions:
    """What to look for and how sure to be.

    Attributes:
        thresholds: Lowest score per category; 0 where a category is not named.
        disabled: Categories that are not looked for; the record's known identifiers are found all the same.
        allow: Strings that are no identifiers, such as the name of a device room (compared folded).
        deny: Strings that are always identifiers, with their category.
        extra: Names of registered detectors to run as well.
        mode: "fast" for the rules alone, "balanced" for them and the learned tagger (`deid.learned`), "accurate" (default) for
            rules, tagger and the trained spaCy model (`models/ja_jmid_core`).
    """

    thresholds: Mapping[str, float] = field(default_factory=dict)
    disabled: frozenset[str] = frozenset()
    allow: frozenset[str] = frozenset()
    deny: Mapping[str, Category] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    mode: Mode = "accurate"

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise InputError(f"unknown mode in DetectOptions; one of {', '.join(get_args(Mode))} is needed")
        for name in (*self.thresholds, *self.disabled, *self.deny.values()):
            if name not in CATEGORIES:
                raise InputError(f"unknown category in DetectOptions; one of {', '.join(CATEGORIES)} is needed")


_DIGIT = re.compile("[0-9]")
_ODD_DASH = re.compile("[‐‑‒–—―−ー](?<=[0-9A-Za-z].)(?=[0-9A-Za-z])")


class Detector:
    """Finds identifiers; holds only its options and can be pickled.

    Args:
        options: What to look for; the defaults where None.
    """

    def __init__(self, options: DetectOptions | None = None) -> None:
        self.options = options or DetectOptions()

    @property
    def fingerprint(self) -> str:
        """What of the options is not the default, for a result's provenance: a hash, since lists may hold names."""
        if self.options == DetectOptions():
            return ""
        told = repr(
            [
                sorted(self.options.thresholds.items()), sorted(self.options.disabled), sorted(self.options.allow),
                sorted(self.options.deny.items()), self.options.extra, self.options.mode,
            ]
        )  # fmt: skip
        return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:12]

    def __call__(self, text: str, known: Report | None = None) -> tuple[Identifier, ...]:
        """The identifiers of a text; see `detect`."""
        view = fold(text)
        if _ODD_DASH.search(view.text):  # one sign for one, so that the map stays
            view = Folded(_ODD_DASH.sub("-", view.text), view.map)
        hits = self._view_hits(view.text, known)
        found = [_to_source(view, hit) for hit in hits] if view.map else hits
        found += self._across(view, known)
        for name in self.options.extra:
            if name not in _REGISTRY:
                raise InputError("an extra detector is not registered; register it with register_detector(name)")
            found += [
                Hit(s, e, c, sub, score, name, SHAPED)
                for s, e, c, sub, score in _REGISTRY[name](text)
                if 0 <= s < e <= len(text)
            ]
        o = self.options
        if o.thresholds or o.disabled or o.allow:
            allowed = frozenset(fold(word).text for word in o.allow)
            found = [h for h in found if self._wanted(text, h, allowed)]
        return tuple(Identifier(h.start, h.end, h.category, h.subtype, h.score, h.detector) for h in resolve(found))

    def _view_hits(self, t: str, known: Report | None) -> list[Hit]:
        found = [_untitled(t, h) for h in _find_all(t)]
        if known is not None:
            found += find_known(t, known)
        found += _denied(t, self.options.deny)
        hits = resolve(found)
        if self.options.mode != "fast":
            from jmid_nlp.deid.learned import second_reader, weigh  # here, so that `fast` needs no numpy

            hits = resolve(weigh(t, hits, second_reader() if self.options.mode == "accurate" else None))
        if more := [*appositions(t, hits), *bracketed(t, hits)]:
            hits = resolve([*hits, *more])
        more = propagate(t, hits)
        return resolve([*hits, *more]) if more else hits

    def _across(self, view: Folded, known: Report | None) -> list[Hit]:
        """Identifiers that a line break or blanks cut."""

        def find(joined: str, finders: Iterator[Hit]) -> list[Hit]:
            hits = [_untitled(joined, h) for h in finders]
            return [*hits, *(find_known(joined, known) if known is not None else ())]

        breaks = line_breaks(view.text) if "\n" in view.text else []
        found: list[Hit] = []
        if breaks:
            found += across(view, breaks, cut_by_break, lambda t, cut: find(t, _find_cut(t, cut)), crosses_lines)
        if gaps := spread_gaps(view.text):
            found += across(view, gaps, cut_by_blank, lambda t, _: resolve(find(t, _find_people(t))), is_spread)
        return found

    def _wanted(self, text: str, hit: Hit, allowed: frozenset[str]) -> bool:
        o = self.options
        if hit.rank >= KNOWN:
            return True
        if hit.category in o.disabled or hit.score < o.thresholds.get(hit.category, 0.0):
            return False
        return not allowed or fold(text[hit.start : hit.end]).text not in allowed


def _to_source(view: Folded, hit: Hit) -> Hit:
    start, end = view.source(hit.start, hit.end)
    return hit._replace(start=start, end=end)


def _untitled(t: str, hit: Hit) -> Hit:
    """A person without the title behind the name: a run of kanji does not end where the name does (能登谷先生)."""
    if hit.category != "PERSON":
        return hit
    end = hit.end - 1 if t.startswith("先生", hit.end - 1) else hit.end
    if t.endswith(("先生", "医師"), hit.start, end):
        end -= 2
    return hit if end <= hit.start else hit._replace(end=end)


def _denied(t: str, deny: Mapping[str, Category]) -> Iterator[Hit]:
    forms = {word: fold(word).text for word in sorted(deny)}
    places = standing(t, {form for form in forms.values() if form})
    for word, form in forms.items():
        for at in places.get(form, ()):
            yield Hit(at, at + len(form), deny[word], "deny_list", 1.0, "deny_list", KNOWN)


def _find_all(t: str) -> Iterator[Hit]:
    """All finds of a folded text."""
    digits = _DIGIT.search(t) is not None
    labels: list[Label] = find_labels(t) + find_cells(t)
    yield from _find_dates(t, labels, digits=digits)
    yield from find_contact(t, labels, digits=digits)
    yield from find_ids(t, labels, digits=digits)
    yield from find_labelled(t, labels)
    yield from find_titled(t)
    yield from find_facilities(t, labels)
    yield from find_places(t, labels, digits=digits)
    if digits or "歳" in t or "才" in t or "寿" in t:
        yield from find_ages(t)
    yield from find_latin(t)
    yield from find_occupations(t, labels)
    yield from find_spoken(t)
    yield from find_scenes(t)
    yield from find_fields(t)
    yield from find_bare(t)
    yield from find_lines(t)


def _find_dates(t: str, labels: list[Label], *, digits: bool) -> Iterator[Hit]:
    dates = find_dates(t, folded=True)
    births = {x.value for x in labels if x.subtype == "birth"}
    for d in dates:
        birth = any(d.start - k in births for k in range(4)) or t.startswith(("生", " 生"), d.end)
        yield Hit(d.start, d.end, "DATE", "birth" if birth else "date", 0.9, f"dates.{d.form}", SHAPED)
    if digits:
        yield from _dated(t, labels)


def _find_cut(t: str, cut: frozenset[Category]) -> Iterator[Hit]:
    """Finds of the families whose finds a line break may cut, as far as it may cut what they find."""
    digits = _DIGIT.search(t) is not None
    labels = find_labels(t)
    if "DATE" in cut:
        yield from _find_dates(t, labels, digits=digits)
    if "URL" in cut or "PHONE" in cut:  # mail addresses, host addresses
        yield from find_contact(t, labels, digits=digits)
    if "ID" in cut:
        yield from find_ids(t, labels, digits=digits)
    if "PERSON" in cut:
        yield from find_labelled(t, labels)
        yield from find_titled(t)
    if "FACILITY" in cut:
        yield from find_facilities(t, labels)
    if "ADDRESS" in cut:
        yield from find_places(t, labels, digits=digits)


def _find_people(t: str) -> Iterator[Hit]:
    """Finds of a copy without spread blanks: persons, and the facilities that are no persons."""
    labels = find_labels(t) + find_cells(t)
    yield from find_labelled(t, labels)
    yield from find_titled(t)
    yield from find_facilities(t, labels)
    yield from find_bare(t)
    yield from find_lines(t)


_LOOSE_DATE = re.compile(
    r"(?:[MTSHRmtshr明大昭平令]\.?[ ]?)?[0-9OIl]{1,4}(?:[ ]?[./\-年月日・ ][ ]?[0-9OIl]{1,4}){1,2}日"
    r"?(?![0-9A-Za-z%.\-/]|[ ]?(?:mm|cm|HU|回|歳))|(?:19|20)\d\d(?![0-9A-Za-z.\-/])"
)
_DAY_LABEL = re.compile(r"日(?:時|付)?$|年月日|[Dd]ate|DOB|[Bb]irth|生年|D\.O\.B|[Bb]orn")


def _dated(t: str, labels: list[Label]) -> Iterator[Hit]:
    """What a label calls a date although its shape alone is none: 03.11.58, 24-2-29, 1950."""
    for label in labels:
        if label.kind == "date" and label.strength == EXPLICIT and (m := _LOOSE_DATE.match(t, label.value)):
            birth = label.subtype == "birth"
            if label.mode == "cell" or birth or _DAY_LABEL.search(t[label.start : label.end]):
                yield Hit(m.start(), m.end(), "DATE", "birth" if birth else "date", 0.8, "dates.label", LABELLED)


_DEFAULT = Detector()


def detect(text: str, *, known: Report | None = None, options: DetectOptions | None = None) -> tuple[Identifier, ...]:
    """Find what identifies a person in a report.

    Args:
        text: The report's text, as it is.
        known: The record the text belongs to: its name, kana, ids, birth date, physicians and institution are then found in
            every usual spelling.
        options: Thresholds, disabled categories, allow and deny lists, own detectors.

    Returns:
        Identifiers in ascending order without overlap; offsets are Python string indices of `text`.
    """
    detector = _DEFAULT if options is None else Detector(options)
    return detector(text, known)
