"""The columns of a record under a policy: names, numbers, dates, institution, and the columns that the library does not know."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from jmid_nlp.deid import generalise
from jmid_nlp.deid.codes import is_pseudonym, pseudonym, remap_uid
from jmid_nlp.deid.dateforms import read_date
from jmid_nlp.deid.dateshift import coarse_text, parse_day, shift_text, split_time
from jmid_nlp.deid.datewrite import write_date
from jmid_nlp.deid.policy import ColumnRule, Policy
from jmid_nlp.deid.replace import DATA_SET, Context
from jmid_nlp.deid.surrogate import facility_kind
from jmid_nlp.errors import PolicyError
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Identifier, Report

#: The column that carries the provenance of a de-identified row.
PROVENANCE = "deid"
Find = Callable[[str], tuple[Identifier, ...]]
Replace = Callable[[str], str]


def treat_columns(report: Report, context: Context, find: Find, rewrite: Replace) -> dict[str, Any]:
    """All columns of a report but the text, treated by the policy.

    Args:
        report: The source record.
        context: Policy, key and what belongs to the report.
        find: Finds identifiers in a short text, for columns that are checked.
        rewrite: De-identifies a text, for columns that hold free text.

    Raises:
        PolicyError: A column without a rule looks as if it identified somebody.
    """
    policy = context.policy
    row: dict[str, Any] = {}
    for name, rule in policy.columns.items():
        value = getattr(report, name)
        row[name] = (
            None
            if _empty(value) and name != "physicians"
            else _column(name, value, rule, report, context, find, rewrite)
        )
    for name, value in report.extra.items():
        if name == PROVENANCE:
            continue
        own = policy.extra_columns.get(name)
        if own is not None:
            if own.action != "drop":
                row[name] = None if _empty(value) else _column(name, value, own, report, context, find, rewrite)
        elif policy.extra == "check":
            _check(name, value, report, find)
            row[name] = value
    return row


def check_columns(others: Mapping[str, Any], report: Report, policy: Policy, find: Find) -> None:
    """Checks the columns without a rule of a row that is otherwise finished.

    Raises:
        PolicyError: One of them looks as if it identified somebody.
    """
    for name, value in others.items():
        if name not in policy.extra_columns and policy.extra == "check":
            _check(name, value, report, find)


def _empty(value: object) -> bool:
    return value is None or value == "" or value == ()


def _column(
    name: str, value: Any, rule: ColumnRule, report: Report, context: Context, find: Find, rewrite: Replace
) -> Any:
    action = rule.action
    if action == "drop":
        return () if name == "physicians" else None
    if action == "keep":
        return value
    if isinstance(value, list | tuple):
        return tuple(_column(name, v, rule, report, context, find, rewrite) for v in value)
    if name == "report_id" and action == "check":
        return (
            pseudonym(context.key, "report", value) if holds_known(value, report) and not is_pseudonym(value) else value
        )
    if action == "check":
        _check(name, value, report, find, listed=True)
        return value
    if action == "text":
        return rewrite(str(value))
    if name == "age":
        return generalise.age_value(int(value), context.policy, rule.to or "top")
    return _value(name, str(value), rule, context)


def _value(name: str, value: str, rule: ColumnRule, context: Context) -> str | None:
    """One string under an action that makes a new value of it; None where it cannot be read."""
    action, policy = rule.action, context.policy
    if action == "pseudonym":
        kind = {"patient_id": "patient", "accession_number": "accession", "report_id": "report"}.get(name, name)
        return value if is_pseudonym(value) else pseudonym(context.key, kind, value)
    if action == "hash":
        return base64.b32encode(context.key.derive("hash", name, value))[:16].decode().lower()
    if action == "uid":
        return remap_uid(value, context.key)
    if action == "surrogate":
        return context.surrogates.facility(value, DATA_SET) if name == "institution" else context.surrogates.name(value)
    if action in ("shift", "generalise") and name != "institution":
        return _date(name, value, rule, context)
    if action == "generalise":
        return facility_kind(value)
    category = {"institution": "FACILITY", "patient_id": "ID", "accession_number": "ID"}.get(name, "PERSON")
    return generalise.tag(category, "", policy)


def _date(name: str, value: str, rule: ColumnRule, context: Context) -> str | None:
    day, time = split_time(value)
    if rule.action == "shift":
        shifted = shift_text(day, context.days, context.anchor)
        return None if shifted is None else shifted + time
    if name == "birth_date" and context.elderly:
        return None
    coarse = coarse_text(day, rule.to or "year", context.anchor, days=context.days if rule.shifted else 0)
    return coarse.removesuffix("年") if coarse and re.fullmatch(r"[0-9]{4}年", coarse) else coarse


@cache
def _names() -> tuple[frozenset[str], tuple[str, ...]]:
    rows = read_table("policies/column_names.tsv", ("match", "forms"))
    forms = {r["match"]: split_forms(r["forms"]) for r in rows}
    return frozenset(forms["whole"]), tuple(forms["part"])


def names_somebody(column: str) -> bool:
    """Whether a column's name says that its content identifies (氏名, MRN, 電話番号 …)."""
    whole, parts = _names()
    plain = fold(column).text.strip().lower()
    return plain in whole or any(p in plain for p in parts)


def known_values(report: Report) -> list[str]:
    """What a record says of its patient and physicians, as folded strings without spaces; those too short to be told apart
    from ordinary text are left out.
    """
    values = [
        report.patient_id, report.patient_name, report.patient_kana, report.accession_number, report.birth_date, report.study_uid,
        *report.physicians,
    ]  # fmt: skip
    found = [v for v in (_squeezed(v) for v in values if v) if len(v) > 3 or (len(v) == 3 and not v.isascii())]
    return found + list(_birth_forms(report.birth_date or ""))


@lru_cache(maxsize=16384)
def _birth_forms(birth: str) -> tuple[str, ...]:
    """A birth date in the forms that reports write most."""
    day = parse_day(birth)
    if day is None:
        return ()
    like = (
        "2001/11/11",
        "2001/1/1",
        "2001-11-11",
        "2001.1.1",
        "2001年1月1日",
        "20011111",
        "H13.1.1",
        "H13/1/1",
        "平成13年1月1日",
        "H131111",
    )
    forms = [read_date(form) for form in like]
    return tuple(_squeezed(text) for form in forms if form and (text := write_date(form, day)))


@lru_cache(maxsize=16384)
def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", fold(text).text).lower()


def holds_known(value: str, report: Report) -> bool:
    """Whether a string holds one of the record's own identifiers."""
    plain = _squeezed(value)
    return any(k in plain and _stands_alone(k, plain) for k in known_values(report))


def _check(column: str, value: object, report: Report, find: Find, *, listed: bool = False) -> None:
    """Stops at a column without a rule that looks as if it identified somebody."""
    reason = ""
    if not listed and not _empty(value) and names_somebody(column):
        reason = "its name says that it identifies"
    elif any(holds_known(s, report) for s in texts(value)):
        reason = "it holds an identifier of the record"
    elif found := next((f for s in texts(value) for f in find(s)), None):
        reason = f"it holds what looks like {found.category}"
    if reason:
        table = "columns" if listed else "extra.columns"
        raise PolicyError(
            f"record {report.report_id!r}, column {column!r}: {reason}, and the policy has no rule that allows it; "
            f"add [{table}.{column}] with an action such as drop, text or keep"
        )


def texts(value: object) -> list[str]:
    """All strings inside a value, nested ones too; numbers hold none."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, Mapping):
        return [s for v in value.values() for s in texts(v)]
    if isinstance(value, list | tuple):
        return [s for v in value for s in texts(v)]
    return []


def guard(text: str, report: Report, policy: Policy) -> bool:
    """Whether a finished text is free of the record's own identifiers, spaces, width and case aside."""
    if any(policy.rules[c].action == "keep" for c in ("PERSON", "ID", "DATE")):
        return True
    plain = _squeezed(text)
    return not any(k in plain and _stands_alone(k, plain) for k in known_values(report))


def _stands_alone(known: str, text: str) -> bool:
    """A number counts only where it is not a part of a longer one."""
    before = r"(?<![0-9])" if known[0].isdigit() else ""
    behind = r"(?![0-9])" if known[-1].isdigit() else ""
    return re.search(before + re.escape(known) + behind, text) is not None
