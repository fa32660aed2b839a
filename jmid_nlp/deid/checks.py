"""What must not be left: the record's own identifiers in a finished text, and columns that identify without a rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from jmid_nlp.deid.dateforms import read_date
from jmid_nlp.deid.dateshift import parse_day
from jmid_nlp.deid.datewrite import write_date
from jmid_nlp.deid.policy import Policy
from jmid_nlp.errors import PolicyError
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.offsets import Folded, fold
from jmid_nlp.schema import Edit, Identifier, Report

Find = Callable[[str], tuple[Identifier, ...]]
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\x00-\x7f]+")
#: The forms in which a birth date is looked for, each by an example.
_BIRTH_FORMS = (
    "2001/11/11", "2001/1/1", "2001-11-11", "2001.1.1", "2001年1月1日", "20011111", "H13.1.1", "H13/1/1", "平成13年1月1日",
    "H131111",
)  # fmt: skip


@cache
def _names() -> tuple[frozenset[str], tuple[str, ...], frozenset[str]]:
    rows = read_table("policies/column_names.tsv", ("match", "forms"))
    forms = {r["match"]: split_forms(r["forms"]) for r in rows}
    return frozenset(forms["whole"]), tuple(forms["part"]), frozenset(forms["token"])


@lru_cache(maxsize=1024)
def names_somebody(column: str) -> bool:
    """Whether a column's name says that its content identifies (氏名, MRN, 電話番号 …)."""
    whole, parts, tokens = _names()
    written = fold(column).text.strip()
    plain = written.lower()
    words = {w.lower() for w in _WORD.findall(written)}
    return plain in whole or any(p in plain for p in parts) or not tokens.isdisjoint(words)


def known_values(report: Report, policy: Policy | None = None) -> tuple[str, ...]:
    """What a record says of its patient and physicians, as folded strings without spaces; those too short to be told apart
    from ordinary text are left out.

    Args:
        report: The record.
        policy: Where given, what it keeps on purpose is left out, and nothing else.
    """
    people = [v for v in (report.patient_name, report.patient_kana, *report.physicians) if v]
    numbers = [v for v in (report.patient_id, report.accession_number, report.study_uid) if v]
    values = [] if not people or _keeps(policy, "PERSON") else people
    values = values if not numbers or _keeps(policy, "ID") else values + numbers
    found = [v for v in map(_squeezed, values) if len(v) > 3 or (len(v) == 3 and not v.isascii())]
    birth = report.birth_date if report.birth_date and not _keeps(policy, "DATE") else None
    return (*found, *birth_forms(birth)) if birth else tuple(found)


def _keeps(policy: Policy | None, category: str) -> bool:
    """Whether any rule for a category or one of its subtypes keeps what is found."""
    if policy is None:
        return False
    return any(rule.action == "keep" and name.partition("/")[0] == category for name, rule in policy.rules.items())


@lru_cache(maxsize=16384)
def birth_forms(birth: str) -> tuple[str, ...]:
    """A birth date as it is written and in the forms that reports write most."""
    day = parse_day(birth)
    if day is None:
        return (_squeezed(birth),) if len(birth) > 3 else ()
    forms = [read_date(form) for form in _BIRTH_FORMS]
    written = [text for form in forms if form and (text := write_date(form, day))]
    return tuple(dict.fromkeys([_squeezed(birth), *(_squeezed(w) for w in written)]))


@lru_cache(maxsize=16384)
def _squeezed(text: str) -> str:
    return _SPACES.sub("", fold(text).text).lower()


def holds_known(value: str, known: tuple[str, ...]) -> bool:
    """Whether a short string holds one of the record's own identifiers."""
    plain = _squeezed(value)
    return any(k in plain and _stands_alone(k, plain) for k in known)


def guard(source: Folded, edits: tuple[Edit, ...], known: tuple[str, ...]) -> bool:
    """Whether what the edits left of a text is free of the record's own identifiers, spaces, width and case aside.

    Args:
        source: The source text, folded.
        edits: What was replaced in it.
        known: What `known_values` gave for the policy.
    """
    kept, at = [], 0
    for edit in edits:
        start, end = source.map.to_target(edit.start, edit.end)
        kept.append(source.text[at:start])
        at = end
    kept.append(source.text[at:])
    plain = _SPACES.sub("", "\0".join(kept)).lower()
    return not any(k in plain and _stands_alone(k, plain) for k in known)


def _stands_alone(known: str, text: str) -> bool:
    """A number counts only where it is not a part of a longer one."""
    before = r"(?<![0-9])" if known[0].isdigit() else ""
    behind = r"(?![0-9])" if known[-1].isdigit() else ""
    return re.search(before + re.escape(known) + behind, text) is not None


@dataclass(frozen=True, slots=True)
class Look:
    """What a check of a column needs: the record's id and own identifiers, those of them that must not be left in a treated
    text, and a finder of identifiers in short texts.
    """

    row_id: str
    known: tuple[str, ...]
    guarded: tuple[str, ...]
    find: Find


def check_column(column: str, value: object, look: Look, *, listed: bool = False) -> None:
    """Stops at a column without a rule that looks as if it identified somebody.

    Args:
        column: The column's name.
        value: Its value, nested ones too.
        look: What to look for.
        listed: True for a column that the policy knows, so that its name is no reason.

    Raises:
        PolicyError: It does; the message names the row and the column, never the value.
    """
    strings = texts(value)
    reason = ""
    filled = value not in (None, "", (), [])
    if not listed and filled and (holds_known(column, look.known) or look.find(column)):
        raise PolicyError(
            f"record {look.row_id!r}: the name of a column identifies somebody (it is not shown), and the policy has no rule "
            "that allows it; rename the column or list it under [extra.columns]"
        )
    if not listed and filled and names_somebody(column):
        reason = "its name says that it identifies"
    elif any(holds_known(s, look.known) for s in strings) or _numbers(value) & {k.lstrip("0") for k in look.known}:
        reason = "it holds an identifier of the record"
    elif found := next((f for s in strings for f in look.find(s)), None):
        reason = f"it holds what looks like {found.category}"
    if reason:
        table = "columns" if listed else "extra.columns"
        raise PolicyError(
            f"record {look.row_id!r}, column {column!r}: {reason}, and the policy has no rule that allows it; "
            f"leave the column out, or add [{table}.{column}] with an action such as drop, text or keep to a policy of your "
            "own (`jmid-nlp policy kamei > own.toml`, then --policy own.toml)"
        )


def check_columns(others: Mapping[str, object], policy: Policy, look: Look) -> None:
    """Checks the columns without a rule of a row that is otherwise finished.

    Raises:
        PolicyError: One of them looks as if it identified somebody.
    """
    for name, value in others.items():
        if name not in policy.extra_columns and policy.extra == "check":
            check_column(name, value, look)


def texts(value: object) -> list[str]:
    """All strings inside a value, nested ones and keys too; numbers hold none."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, Mapping):
        return [s for pair in value.items() for v in pair for s in texts(v)]
    if isinstance(value, list | tuple):
        return [s for v in value for s in texts(v)]
    return []


def _numbers(value: object) -> set[str]:
    """All whole numbers inside a value, as digits: a table may hold the number 00418273 as 418273."""
    if isinstance(value, Mapping):
        return {n for pair in value.items() for v in pair for n in _numbers(v)}
    if isinstance(value, list | tuple):
        return {n for v in value for n in _numbers(v)}
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        return set()
    return {str(int(value))} if value == int(value) and value > 99 else set()
