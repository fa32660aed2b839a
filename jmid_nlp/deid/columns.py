"""The columns of a record under a policy: names, numbers, dates, institution, and the columns that the library does not know."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from jmid_nlp.deid import generalise
from jmid_nlp.deid.checks import Look, check_column, holds_known
from jmid_nlp.deid.codes import is_pseudonym, pseudonym, remap_uid
from jmid_nlp.deid.dateshift import coarse_text, shift_text, split_time
from jmid_nlp.deid.policy import ColumnRule
from jmid_nlp.deid.replace import DATA_SET, Context
from jmid_nlp.deid.surrogate import facility_kind
from jmid_nlp.errors import WithheldError
from jmid_nlp.schema import Report

#: The column that carries the provenance of a de-identified row.
PROVENANCE = "deid"
Replace = Callable[[str], str]


def treat_columns(report: Report, context: Context, look: Look, rewrite: Replace) -> dict[str, Any]:
    """All columns of a report but the text, treated by the policy.

    Args:
        report: The source record.
        context: Policy, key and what belongs to the report.
        look: What to look for in columns that are checked.
        rewrite: De-identifies a text, for columns that hold free text.

    Raises:
        PolicyError: A column without a rule looks as if it identified somebody.
    """
    policy = context.policy
    row: dict[str, Any] = {}
    for name, rule in policy.columns.items():
        value = getattr(report, name)
        if rule.action == "keep":
            row[name] = value
        elif _empty(value):
            row[name] = () if name == "physicians" else None
        else:
            row[name] = _column(name, value, rule, context, look, rewrite)
    for name, value in report.extra.items():
        if name == PROVENANCE:
            continue
        own = policy.extra_columns.get(name)
        if own is not None:
            if own.action != "drop":
                row[name] = None if _empty(value) else _column(name, value, own, context, look, rewrite)
        elif policy.extra == "check":
            check_column(name, value, look)
            row[name] = value
    return row


def _empty(value: object) -> bool:
    return value is None or value == "" or value == ()


def _column(name: str, value: Any, rule: ColumnRule, context: Context, look: Look, rewrite: Replace) -> Any:
    action = rule.action
    if action == "drop":
        return () if name == "physicians" else None
    if action == "keep":
        return value
    if isinstance(value, list | tuple):
        return tuple([_column(name, v, rule, context, look, rewrite) for v in value])
    if name == "report_id" and action == "check":
        known = holds_known(value, look.known) and not is_pseudonym(value)
        return pseudonym(context.key, "report", value) if known else value
    if action == "check":
        check_column(name, value, look, listed=True)
        return value
    if action == "text":
        return _rewritten(name, str(value), look, rewrite)
    if name == "age":
        return generalise.age_value(int(value), context.policy, rule.to or "top")
    return _value(name, str(value), rule, context)


def _rewritten(name: str, value: str, look: Look, rewrite: Replace) -> str:
    new = rewrite(value)
    if holds_known(new, look.guarded):
        raise WithheldError(look.row_id, name, "an identifier of the record is left after replacement")
    return new


def _value(name: str, value: str, rule: ColumnRule, context: Context) -> str | None:
    """One string under an action that makes a new value of it; None where it cannot be read."""
    action, policy = rule.action, context.policy
    if action == "pseudonym":
        kind = {"patient_id": "patient", "accession_number": "accession", "report_id": "report"}.get(name, name)
        return value if is_pseudonym(value) else pseudonym(context.key, kind, value)
    if action == "hash":
        return base64.b32encode(context.key.derive("hash", name, value))[:16].decode().lower()
    if action == "uid":
        return remap_uid(value, context.key, context.uids)
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
    if coarse and (found := re.fullmatch(r"([0-9]{4})年(?:([0-9]{1,2})月)?", coarse)):  # a column is read by programs
        return found[1] + (f"-{int(found[2]):02d}" if found[2] else "")
    return coarse
