"""Replacement: identifiers and a policy in, a new text and its edits out. What no edit covers stays as it was, to the byte."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import cast

from jmid_nlp.deid import generalise
from jmid_nlp.deid.book import book
from jmid_nlp.deid.codes import looks_official, remap_uid
from jmid_nlp.deid.dateforms import read_date
from jmid_nlp.deid.dateshift import WEEKDAY, coarse_text, shift_text, shifted_weekday, years_between
from jmid_nlp.deid.identity import People, plain
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import Policy, Rule
from jmid_nlp.deid.singular import SINGULAR, find_singular
from jmid_nlp.deid.surrogate import Surrogates, facility_kind
from jmid_nlp.offsets import OffsetMap
from jmid_nlp.schema import Category, Edit, Identifier

DATA_SET = "\x00data set"
_TOKEN = re.compile(
    r"(?P<EMAIL>[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,5})|(?P<URL>(?<![A-Za-z0-9])@[A-Za-z0-9_]{3,30})"
    r"|(?P<PERSON>[^\s=^、。,:：〔\[（）()「」]{1,30}\^[^\s=^、。,:：〕\]（）()「」]{1,30}"
    r"(?:=[^\s=^、。（）()「」]{1,30}\^[^\s=^、。（）()「」]{1,30}){0,2})"
)


@dataclass(slots=True)
class Context:
    """What the replacement of one report needs: policy, key, the patient's scope and shift, and the report's surrogates.

    Attributes:
        days: The patient's date shift.
        anchor: Day of the examination, for partial dates.
        japanese: True where the text is Japanese, so that a bare year gets its 年.
        elderly: True where the patient has reached the policy's top age, so that a birth date gives the age away.
        uids: New UIDs from elsewhere, see `codes.remap_uid`.
    """

    policy: Policy
    key: Key
    scope: str
    surrogates: Surrogates
    days: int
    anchor: dt.date | None = None
    elderly: bool = False
    japanese: bool = True
    uids: Callable[[str], str | None] | None = None
    people: People = field(init=False)

    def __post_init__(self) -> None:
        self.people = People(self.surrogates.links)


def replace_text(text: str, identifiers: Iterable[Identifier], context: Context) -> tuple[str, tuple[Edit, ...]]:
    """The text with its identifiers treated by the policy.

    Args:
        text: The source text.
        identifiers: Detections in any order; overlapping ones are treated as one from the first start to the last end.
        context: Policy, key and what belongs to the report.

    Returns:
        The new text, and one edit for each replaced span with offsets before and after, ascending.
    """
    out: list[str] = []
    edits: list[Edit] = []
    at = length = 0
    for found in _spans(text, identifiers, context.policy):
        if found.start < at:
            continue
        new, action = treat(text, found, context)
        if action == "keep":
            continue
        out.append(text[at : found.start])
        length += found.start - at
        edits.append(_edit(found, length, new, action))
        out.append(new)
        length += len(new)
        at = found.end
        if found.category == "DATE" and (weekday := WEEKDAY.match(text, at)):
            edits.append(_weekday(weekday, length, action, context, out))
            length = edits[-1].new_end
            at = edits[-1].end
    out.append(text[at:])
    return "".join(out), tuple(edits)


def _edit(found: Identifier, at: int, new: str, action: str) -> Edit:
    return Edit(
        found.start, found.end, at, at + len(new), found.category, found.subtype, action, found.detector, found.score
    )  # fmt: skip


def _weekday(match: re.Match[str], at: int, action: str, context: Context, out: list[str]) -> Edit:
    """The day of the week behind a date: moved with it, or removed where the date has no day any more."""
    group = 1 if match.group(1) else 2
    if action == "shift":
        start, end = match.span(group)
        out.append(match.string[match.start() : start])
        at += start - match.start()
        new = shifted_weekday(match.group(group), context.days)
    else:
        start, end, new = match.start(), match.end(), ""
    out.append(new)
    return Edit(start, end, at, at + len(new), "DATE", "weekday", action, "policy.weekday", 1.0)


def offset_map(edits: Iterable[Edit]) -> OffsetMap:
    """The map from the source text to the new one that the edits describe; maps of two passes compose with `then`."""
    return OffsetMap(
        (e.start, e.end, e.new_start, e.new_end) for e in edits if e.end > e.start or e.new_end > e.new_start
    )


def _spans(text: str, identifiers: Iterable[Identifier], policy: Policy) -> list[Identifier]:
    """Ascending spans that do not overlap, none of them inside a tag of an earlier pass, none below its threshold."""
    wanted = [i for i in identifiers if i.end > i.start and i.score >= policy.rule(i.category, i.subtype).threshold]
    if policy.text_ages:
        taken = [(i.start, i.end) for i in wanted]
        wanted += [a for a in generalise.young_ages(text, policy) if all(a.end <= s or e <= a.start for s, e in taken)]
    if policy.singular == "tag":
        wanted += find_singular(text)
    if "@" in text or "^" in text:
        wanted += _whole_tokens(text, wanted)
    wanted.sort(key=lambda i: (i.start, -i.end, i.category, i.subtype))
    merged: list[Identifier] = []
    for item in wanted:
        last = merged[-1] if merged else None
        if last is None or item.start >= last.end:
            merged.append(item)
        elif item.end > last.end or item.score > last.score:
            best = max(last, item, key=lambda i: (i.score, i.end - i.start))
            merged[-1] = replace(best, start=last.start, end=max(last.end, item.end))
    if "〔" in text or "[" in text or generalise.REDACTED in text:
        tags = [m.span() for m in generalise.tag_pattern().finditer(text)]
        merged = [part for item in merged for part in outside_tags(text, item, tags)]
    return merged


def _whole_tokens(text: str, found: list[Identifier]) -> list[Identifier]:
    """Addresses, handles and DICOM names that a detection covers in part: the rest of them would tell what was removed."""
    more = []
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        inside = [f for f in found if f.start < end and start < f.end]
        if inside and not any(f.start <= start and end <= f.end for f in inside):
            category = cast("Category", token.lastgroup)
            more.append(Identifier(start, end, category, inside[0].subtype, 1.0, "policy.token"))
    return more


def outside_tags(text: str, item: Identifier, tags: list[tuple[int, int]]) -> list[Identifier]:
    """The parts of a detection that lie outside our tags; titles that were taken along with a tag are left."""
    parts, at = [], item.start
    for start, end in tags:
        if end <= at or start >= item.end:
            continue
        if start > at and not is_title(text[at:start]):
            parts.append(replace(item, start=at, end=start))
        at = end
    if at == item.start:
        return [item]
    if at < item.end and not is_title(text[at : item.end]):
        parts.append(replace(item, start=at))
    return parts


def is_title(text: str) -> bool:
    """Whether a string that a detector took together with one of our tags is a title, a separator or a general word."""
    core = plain(text).strip("()（）「」、。:：^=・,/ -")
    return not core or core in book().titles or core in book().generic


def treat(text: str, found: Identifier, context: Context) -> tuple[str, str]:
    """The new text for one identifier and the action that was taken; a value that cannot be treated as wanted gets a tag."""
    policy = context.policy
    if found.subtype == SINGULAR:
        return generalise.tag("SINGULAR", "", policy), "tag"
    rule = policy.rule(found.category, found.subtype)
    source = text[found.start : found.end]
    action = "tag" if rule.action == "surrogate" and policy.strategy == "tag" else rule.action
    if action == "keep":
        return source, "keep"
    if action == "redact":
        return generalise.REDACTED, "redact"
    context.surrogates.next_mention()
    new: str | None = None
    if action == "surrogate":
        new = _surrogate(source, found, rule, context)
    elif action == "shift":
        new = shift_text(source, context.days, context.anchor)
    elif action == "generalise":
        new = _general(source, text[found.end : found.end + 2], found, rule, context)
    elif action == "hash":
        code = (
            base64.b32encode(context.key.derive("hash", found.category, _scope(rule, context), source))[:10]
            .decode()
            .lower()
        )
        new = generalise.tag(found.category, found.subtype, policy, code=code)
    if new is None:
        return _tag(source, found, context), "tag"
    return new, action


def _scope(rule: Rule, context: Context) -> str:
    return DATA_SET if rule.scope == "key" else context.scope


def _tag(source: str, found: Identifier, context: Context) -> str:
    """A tag; persons are numbered within the report."""
    if found.category != "PERSON":
        return generalise.tag(found.category, found.subtype, context.policy)
    return generalise.tag("PERSON", "", context.policy, number=context.people.number(source))


def _surrogate(source: str, found: Identifier, rule: Rule, context: Context) -> str | None:
    surrogates, scope = context.surrogates, _scope(rule, context)
    if found.category == "PERSON":
        return surrogates.name(source)
    if found.category == "FACILITY":
        return surrogates.facility(source, scope)
    if found.category == "PHONE":
        return surrogates.phone(source)
    if found.category == "EMAIL":
        return surrogates.email(source)
    if found.category == "URL":
        return surrogates.url(source)
    if found.category == "ID":
        if looks_official(re.sub("[^0-9]", "", plain(source))) and len(plain(source)) >= 12:
            return None  # a valid 個人番号, whatever the detector takes it for
        if source.count(".") > 3 and source.replace(".", "").isdigit():
            return remap_uid(source, context.key, context.uids)
        return surrogates.number(source, "id", scope)
    return None


def _is_old(birth: str, context: Context) -> bool:
    """Whether a birth date as written makes its bearer as old as the top age on the day of the examination."""
    form = read_date(birth)
    day = form.complete(None) if form and form.year and not form.two_digit else None
    return bool(day and context.anchor and years_between(day, context.anchor) >= context.policy.top_age)


def _general(source: str, behind: str, found: Identifier, rule: Rule, context: Context) -> str | None:
    policy, to = context.policy, rule.to or ""
    if found.category == "DATE":
        if found.subtype == "birth" and (context.elderly or _is_old(source, context)):
            return None
        days = context.days if rule.shifted else 0
        return coarse_text(source, to, context.anchor, days=days, japanese=context.japanese)
    if found.category == "AGE":
        return (
            generalise.band_age(source, policy)
            if found.subtype == "band"
            else generalise.top_age(source, behind, policy)
        )
    if found.category == "ADDRESS":
        return generalise.coarse_address(source, to)
    if found.category == "FACILITY":
        return f"〔{facility_kind(source)}〕" if policy.tags == "ja" else None
    return None
