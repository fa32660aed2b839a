"""A second look at finished rows: identifiers that a detector still finds, columns that still identify, small groups.

What our own policies write is recognised by its form (tags, invented names and numbers, coarse dates, pseudonyms) and is not
reported. Shifted dates cannot be told from real ones; they are reported only where the row does not say that they were shifted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from jmid_nlp.deid import generalise, pools
from jmid_nlp.deid.book import VARIANTS, book
from jmid_nlp.deid.checks import names_somebody, texts
from jmid_nlp.deid.codes import is_invented_number, is_pseudonym, is_remapped_uid
from jmid_nlp.deid.columns import PROVENANCE
from jmid_nlp.deid.dateshift import coarse_text, split_time
from jmid_nlp.deid.groups import Groups
from jmid_nlp.deid.identity import Links, name_key, plain, read_name
from jmid_nlp.deid.kana import to_hiragana, to_katakana
from jmid_nlp.deid.policy import BUILT_IN, GROUP_FIELDS, REPORT_COLUMNS, Policy, load_policy
from jmid_nlp.deid.replace import is_title, outside_tags
from jmid_nlp.deid.surrogate import split_facility
from jmid_nlp.lexicon import Automaton
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Identifier

#: How our invented telephone numbers begin: exchanges that are not assigned.
_DEAD = ("0300", "0500", "0900", "81300", "81500", "81900")
#: Initials alone: nobody can say whether they are invented.
_INITIALS = re.compile(r"(?:[A-Za-z][.・]?){1,2}")
#: What detectors take along with a name: a word of kinship, the end of a department's name.
_BESIDE = ("母", "父", "妻", "夫", "娘", "息子", "長男", "長女", "兄", "姉", "弟", "妹", "科", "部")
_ERA_MONTH = re.compile("[MTSHR][0-9]{1,2}-[0-9]{1,2}")  # S28-12 has the shape of a number, too
_TAG_ENDS = ("〕", "]", "■")
Detector = Callable[..., "tuple[Identifier, ...]"]
Uids = Callable[[str], "str | None"]


@dataclass(frozen=True, slots=True)
class Residue:
    """Something that may still identify. Offsets are in the row's text or column; the string itself is not held."""

    kind: Literal["detection", "column", "group"]
    row_id: str
    column: str
    category: str = ""
    subtype: str = ""
    start: int = 0
    end: int = 0
    score: float = 0.0
    detector: str = ""
    size: int = 0
    note: str = ""


def second_look(
    rows: Iterable[Mapping[str, Any]],
    *,
    policy: Policy | None = None,
    detector: Detector | None = None,
    minimum: int | None = None,
    uids: Uids | None = None,
) -> list[Residue]:
    """Looks again at rows that are about to be released.

    Args:
        rows: Rows of de-identified reports.
        policy: The policy they were made with; each row's own provenance where None.
        detector: `detector(text, known=None)`; the package's own where None.
        minimum: Smallest group size that is not reported. Where None, the policy's own if it leaves no link (`tokumei`), else
            groups are not looked at.
        uids: The table of another de-identifier, such as `deid.uids.UidTable.read(path)`; its new UIDs are not reported.

    Returns:
        What is left, in the order of the rows, groups last. An empty list is no proof that nothing is left.
    """
    if detector is None:
        from jmid_nlp.deid.detect import detect

        detector = detect
    found: list[Residue] = []
    groups: Groups | None = None
    limit = minimum
    for number, row in enumerate(rows):
        own = policy or _row_policy(row)
        if limit is None and own is not None and own.key == "ephemeral":
            limit = own.group_minimum
        if limit is not None:
            groups = groups or Groups(own.group_by if own else GROUP_FIELDS)
        found += _look(row, str(row.get("report_id") or row.get("id") or number), own, detector, uids)
        if groups is not None:
            groups.add(row)
    if groups is not None and limit is not None:
        for cell in groups.small(limit):
            note = ", ".join(f"{f}={v}" for f, v in zip(groups.by, cell.values, strict=True))
            found.append(Residue("group", "", "", size=cell.patients, note=note))
    return found


def _row_policy(row: Mapping[str, Any]) -> Policy | None:
    """The policy that a row says it was made with, where that is a built-in one."""
    try:
        name = str(json.loads(str(row.get(PROVENANCE)))["policy"]).partition("/")[0]
    except (ValueError, TypeError, KeyError):
        return None
    return load_policy(name) if name in BUILT_IN else None


def _look(
    row: Mapping[str, Any], row_id: str, policy: Policy | None, detector: Detector, uids: Uids | None
) -> list[Residue]:
    found = _in_text(str(row.get("text") or ""), row_id, "text", policy, detector, uids)
    for column, value in row.items():
        if column in ("text", "id", PROVENANCE) or value in (None, "", (), []):
            continue
        if column in REPORT_COLUMNS:
            if note := _record_column(column, value, policy, uids):
                found.append(Residue("column", row_id, column, note=note))
            continue
        if names_somebody(column) and not (policy and column in policy.extra_columns):
            found.append(Residue("column", row_id, column, note="its name says that it identifies"))
        for text in texts(value):
            found += _in_text(text, row_id, column, policy, detector, uids)
    return found


def _in_text(
    text: str, row_id: str, column: str, policy: Policy | None, detector: Detector, uids: Uids | None
) -> list[Residue]:
    tags = [m.span() for m in generalise.tag_pattern().finditer(text)]
    found = []
    masked = invented_spans(text)
    for whole in detector(text, known=None):
        parts = outside_tags(text, whole, tags)
        cut = parts != [whole] or text[: whole.start].rstrip()[-1:] in _TAG_ENDS
        for item in parts:
            if cut and not _tells(text[item.start : item.end], detector):
                continue
            if (
                _is_ours(text, item, policy)
                or _is_given(text[item.start : item.end], uids)
                or _only_invented(text, item, masked)
            ):
                continue
            found.append(
                Residue(
                    "detection",
                    row_id,
                    column,
                    item.category,
                    item.subtype,
                    item.start,
                    item.end,
                    item.score,
                    item.detector,
                )
            )
    return found


@cache
def _invented() -> Automaton:
    kinds = ("surname", "given", "place", "foreign")
    forms = sorted({f for k in kinds for f in pools.is_invented(k)})
    return Automaton(
        [*forms, *(to_hiragana(f) for f in forms), *(f.capitalize() for f in forms), *(f.upper() for f in forms)]
    )


def _tells(piece: str, detector: Detector) -> bool:
    """Whether what a detection left beside a tag tells anything by itself: a name, a number, or a detection of its own."""
    lists, core = book(), plain(piece)
    if (
        core.translate(VARIANTS) in lists.surnames
        or core in lists.given
        or to_katakana(core) in lists.surname_kana | lists.given_kana
    ):
        return True
    return len(re.findall("[0-9]", core)) > 3 or bool(detector(piece.strip(), known=None))


def invented_spans(text: str) -> list[tuple[int, int]]:
    """Spans of our invented names, in any script, in the source's offsets."""
    folded = fold(text)
    return [folded.source(s, e) for s, e, _ in _invented().find(folded.text)]


def _only_invented(text: str, item: Identifier, masked: list[tuple[int, int]]) -> bool:
    """Whether a detection, whatever its rim, holds an invented name and beside it only separators, titles or a facility's kind."""
    if item.category not in ("PERSON", "FACILITY"):
        return False
    rest, at, hit = "", item.start, False
    for start, end in masked:
        if end < item.start or start > item.end:
            continue
        hit = True
        rest += text[at:start]
        at = max(at, end)
    rest = (rest + text[at : item.end]).strip()
    if not hit:
        return False
    harmless = is_title(rest) or rest in book().depts or rest in _BESIDE
    return harmless or not split_facility(rest)[1] or re.fullmatch(r"[A-Z]\.?", rest) is not None


def _is_ours(text: str, item: Identifier, policy: Policy | None) -> bool:
    """Whether a detection is something that our policies write."""
    source, category = text[item.start : item.end], item.category
    if policy is not None and policy.rule(category, item.subtype).action == "keep":
        return True
    if category == "PERSON":
        return invented_name(source) or _INITIALS.fullmatch(plain(source)) is not None
    if category == "FACILITY":
        return _in_pool(name_key(split_facility(source)[1]), pools.is_invented("place"))
    if category == "DATE":
        return _written_date(source, item.subtype, policy)
    if category == "AGE":
        return generalise.top_age(source, text[item.end :], policy or load_policy("kamei")) == source
    if category == "ADDRESS":
        first = (source.split() or [""])[0]
        return first in (generalise.coarse_address(first, "prefecture"), generalise.coarse_address(first, "region"))
    if category == "PHONE":
        return is_dead_phone(source)
    if category in ("EMAIL", "URL"):
        return "example.jp" in source
    if category == "ID":
        return (
            is_remapped_uid(source)
            or is_pseudonym(source)
            or (_surrogates(policy, "ID") and is_invented_number(source))
            or (_ERA_MONTH.fullmatch(plain(source)) is not None and _written_date(source, "birth", policy))
        )
    return False


def is_dead_phone(text: str) -> bool:
    """Whether a telephone number is one of ours: of an exchange that is not assigned, or a short one that begins with 0."""
    digits = re.sub(r"[^0-9]", "", plain(text))
    return digits.startswith(_DEAD) or (len(digits) < 9 and digits.startswith("0"))


def _surrogates(policy: Policy | None, category: str) -> bool:
    return policy is None or policy.rules[category].action == "surrogate"


def _written_date(source: str, subtype: str, policy: Policy | None) -> bool:
    if policy is None:
        return False
    rule = policy.rule("DATE", subtype)
    if rule.action == "shift" or policy.rules["DATE"].action == "shift":
        return True
    source = re.sub(
        r"(?<=[年月])[\s　]+[0-9０-９]{1,2}$", "", source
    )  # an hour or an age behind a date that lost its day
    levels = {r.to for n, r in policy.rules.items() if n.startswith("DATE") and r.to}
    return any(coarse_text(source, level) == source for level in levels)


def invented_name(text: str) -> bool:
    """Whether every part of a name, initials aside, is from our pools of invented names."""
    parts = [p for p in read_name(text, Links()) if p.key]
    known = pools.is_invented("surname") | pools.is_invented("given") | pools.is_invented("foreign")
    words = [name_key(word) for p in parts if p.role != "initial" for word in p.text.split()]
    if all(_in_pool(word, known) for word in words):
        return bool(words)
    whole = "".join(words)
    return _in_pool(whole, known) or any(
        _in_pool(whole[:i], known) and _in_pool(whole[i:], known) for i in range(1, len(whole))
    )


def _in_pool(key: str, known: frozenset[str]) -> bool:
    return key.removeprefix("r:") in known


def _is_given(uid: str, uids: Uids | None) -> bool:
    """Whether a UID is a new one of another de-identifier's table."""
    return uids is not None and uids(uid) == uid


def _record_column(column: str, value: Any, policy: Policy | None, uids: Uids | None) -> str:
    """Why a column of the record still identifies, or an empty string."""
    if column == "age":
        try:
            years = float(value)
        except (TypeError, ValueError):
            return "is no number, so that nobody can say whether it is above the top age"
        return "is above the top age" if years > (policy.top_age if policy else 90) else ""
    test, note = _COLUMN_TESTS.get(column, (None, ""))
    if test is None or all(
        generalise.tag_pattern().fullmatch(s) or test(s) or _is_given(s, uids) for s in texts(value)
    ):
        return ""
    return note


def _coarse_day(text: str) -> bool:
    day = split_time(text)[0]
    return any(coarse_text(day, level, japanese=False) == day for level in ("month", "year"))


def _known_institution(text: str) -> bool:
    stem = split_facility(text)[1]
    return is_pseudonym(text) or text == "機関" or not stem or _in_pool(name_key(stem), pools.is_invented("place"))


_COLUMN_TESTS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "patient_id": (is_pseudonym, "is not a pseudonym"),
    "accession_number": (is_pseudonym, "is not a pseudonym"),
    "study_uid": (is_remapped_uid, "is not remapped"),
    "patient_name": (invented_name, "holds a name that is not invented"),
    "patient_kana": (invented_name, "holds a name that is not invented"),
    "physicians": (invented_name, "holds a name that is not invented"),
    "institution": (_known_institution, "is not treated"),
    "birth_date": (_coarse_day, "names a day"),
}
