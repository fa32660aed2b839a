"""Policies: which action each kind of identifier and each column gets, read from a TOML file and checked throughout.

The four built-in policies are files under `lexicons/policies/`; a user's own file has the same form. Each rule names the
article or provision it is aligned with. That is a statement about the rule's aim, not about a data set: whether a data set
meets the law is judged on the whole set and its recipient.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from jmid_nlp.errors import PolicyError
from jmid_nlp.lexicon import read_table, read_text
from jmid_nlp.schema import CATEGORIES, to_plain

Action = Literal["redact", "tag", "surrogate", "shift", "generalise", "hash", "keep"]
Strategy = Literal["tag", "consistent", "varied"]

BUILT_IN = ("kamei", "tokumei", "jisedai-kamei", "hipaa")
ACTIONS = ("redact", "tag", "surrogate", "shift", "generalise", "hash", "keep")
COLUMN_ACTIONS = (
    "keep", "drop", "check", "text", "surrogate", "tag", "pseudonym", "hash", "uid", "shift", "generalise",
)  # fmt: skip
LEVELS: Mapping[str, tuple[str, ...]] = {
    "DATE": ("month", "year", "decade"),
    "AGE": ("top", "band"),
    "ADDRESS": ("prefecture", "region"),
    "FACILITY": ("kind",),
    "OCCUPATION": ("kind",),
}
#: Categories of which invented values can be made.
INVENTED = ("PERSON", "ID", "PHONE", "EMAIL", "URL", "FACILITY")
GROUP_FIELDS = ("age_band", "sex", "institution", "month")
_TABLES = ("policy", "rules", "columns", "extra", "dates", "ages", "groups", "singular")
_REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to one category or subtype. `threshold`: detections with a lower score are left for review."""

    action: Action
    to: str | None = None
    shifted: bool = False
    scope: Literal["patient", "key"] = "patient"
    threshold: float = 0.0
    aligned_with: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """What happens to one column of the record."""

    action: str
    to: str | None = None
    shifted: bool = False
    aligned_with: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """A complete set of rules. Built by `load_policy`; vary one with `dataclasses.replace`.

    Attributes:
        strategy: `tag` writes tags where the rules say surrogate, `consistent` gives one identity one surrogate per
            patient and key, `varied` draws a new surrogate for each mention.
        key: `file` needs the caller's key; `ephemeral` forbids one and makes a random key for the run.
        rules: By `CATEGORY` or `CATEGORY/subtype`.
        max_shift_days: Largest shift of dates in either direction.
        whole_weeks: True to shift by whole weeks, so that the day of the week stays.
        top_age: Ages from here up are given as this age and over.
        age_band: Width in years of the bands that ages are given in; 0 keeps ages below `top_age`.
        text_ages: True to treat ages below `top_age` in the text too.
        extra: `check` stops at an unlisted column that looks identifying, `drop` leaves unlisted columns out.
        extra_columns: Rules for named columns that are no fields of `Report`.
        singular: `keep`, `flag` (name in the audit) or `tag` descriptions that are singular by themselves.
    """

    name: str
    version: str
    title: str
    aligned_with: str
    strategy: Strategy
    key: Literal["file", "ephemeral"]
    tags: Literal["ja", "en"]
    rules: Mapping[str, Rule]
    columns: Mapping[str, ColumnRule]
    extra: Literal["check", "drop"] = "check"
    extra_columns: Mapping[str, ColumnRule] = field(default_factory=dict)
    max_shift_days: int = 365
    whole_weeks: bool = False
    top_age: int = 90
    age_band: int = 0
    text_ages: bool = False
    group_minimum: int = 5
    group_by: tuple[str, ...] = GROUP_FIELDS
    singular: Literal["keep", "flag", "tag"] = "keep"

    @property
    def digest(self) -> str:
        """A short hash of everything the policy says."""
        plain = json.dumps(to_plain(self), ensure_ascii=True, sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:12]

    def rule(self, category: str, subtype: str) -> Rule:
        """The rule for an identifier. Individual identification codes never get anything weaker than a tag."""
        own = self.rules.get(f"{category}/{subtype}") or self.rules[category]
        if category == "ID" and own.action not in ("tag", "redact") and is_individual_code(subtype):
            return self.rules["ID/individual_code"]
        return own


@cache
def individual_codes() -> Mapping[str, str]:
    """Subtypes of ID that are individual identification codes in the sense of the Act (個人識別符号), with their names."""
    return {row["subtype"]: row["name"] for row in read_table("policies/codes.tsv", ("subtype", "name"))}


@cache
def is_individual_code(subtype: str) -> bool:
    """Whether a subtype of ID is an individual identification code, by its name or a part of it (`insurance_symbol`)."""
    return any(code in subtype for code in individual_codes())


def load_policy(name_or_path: str | Path) -> Policy:
    """A built-in policy by its name, or a user's own by the path of its TOML file.

    Args:
        name_or_path: One of `kamei`, `tokumei`, `jisedai-kamei`, `hipaa`, or a path.

    Raises:
        PolicyError: The policy is unknown or its file breaks a rule; the message names file, table, key and what is allowed.
    """
    name = str(name_or_path)
    if name in BUILT_IN:
        return _parse(f"{name}.toml", read_text(f"policies/{name}.toml"))
    path = Path(name_or_path)
    if not path.is_file():
        raise PolicyError(f"no policy {name!r}: it is neither a file nor one of {', '.join(BUILT_IN)}")
    try:
        return _parse(path.name, path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise PolicyError(f"{path.name}: the file is not UTF-8") from None


class _Table:
    """One table of the file, which complains with its own address and about every key that nobody asked for."""

    def __init__(self, file: str, name: str, values: object) -> None:
        self.file, self.name = file, name
        if not isinstance(values, dict):
            raise PolicyError(f"{file}: [{name}] must be a table")
        self.values: dict[str, Any] = values
        self.seen: set[str] = set()

    def error(self, key: str, reason: str) -> PolicyError:
        return PolicyError(f"{self.file}: [{self.name}] {key}: {reason}")

    def get(self, key: str, kind: type, default: object = _REQUIRED, allowed: tuple[Any, ...] = ()) -> Any:
        self.seen.add(key)
        value = self.values.get(key, default)
        if value is _REQUIRED:
            raise self.error(key, f"is missing; {_wanted(kind, allowed)}")
        if value is default:
            return value
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind or (allowed and value not in allowed):
            raise self.error(key, f"{value!r} cannot be used; {_wanted(kind, allowed)}")
        return value

    def number(self, key: str, default: int, low: int, high: int) -> int:
        value: int = self.get(key, int, default)
        if not low <= value <= high:
            raise self.error(key, f"{value} is outside {low} to {high}")
        return value

    def done(self) -> None:
        if unknown := [k for k in self.values if k not in self.seen]:
            raise self.error(unknown[0], f"is unknown; known here are {', '.join(sorted(self.seen))}")


def _wanted(kind: type, allowed: tuple[Any, ...]) -> str:
    if allowed:
        return "allowed are " + ", ".join(str(a) for a in allowed)
    return {str: "a string is needed", int: "a whole number is needed", float: "a number is needed"}.get(
        kind, f"a {kind.__name__} is needed"
    )


def _parse(file: str, text: str) -> Policy:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{file}: not a TOML file: {error}") from None
    if unknown := [k for k in data if k not in _TABLES]:
        raise PolicyError(f"{file}: table [{unknown[0]}] is unknown; known are {', '.join(_TABLES)}")
    head = _Table(file, "policy", data.get("policy", {}))
    dates = _Table(file, "dates", data.get("dates", {}))
    ages = _Table(file, "ages", data.get("ages", {}))
    groups = _Table(file, "groups", data.get("groups", {}))
    singular = _Table(file, "singular", data.get("singular", {}))
    extra = dict(_Table(file, "extra", data.get("extra", {})).values)
    extra_columns = extra.pop("columns", {})
    others = _Table(file, "extra", extra)
    by = groups.get("by", list, list(GROUP_FIELDS))
    if bad := [b for b in by if b not in GROUP_FIELDS]:
        raise groups.error("by", f"{bad[0]!r} cannot be used; allowed are {', '.join(GROUP_FIELDS)}")
    policy = Policy(
        name=head.get("name", str),
        version=head.get("version", str),
        title=head.get("title", str),
        aligned_with=head.get("aligned_with", str),
        strategy=head.get("strategy", str, "consistent", ("tag", "consistent", "varied")),
        key=head.get("key", str, "file", ("file", "ephemeral")),
        tags=head.get("tags", str, "ja", ("ja", "en")),
        rules=_rules(file, data.get("rules", {})),
        columns=_columns(file, "columns", data.get("columns", {}), REPORT_COLUMNS),
        extra=others.get("default", str, "check", ("check", "drop")),
        extra_columns=_columns(file, "extra.columns", extra_columns, {}),
        max_shift_days=dates.number("max_shift_days", 365, 1, 36500),
        whole_weeks=dates.get("whole_weeks", bool, False),
        top_age=ages.number("top", 90, 1, 150),
        age_band=ages.get("band", int, 0, (0, 5, 10)),
        text_ages=ages.get("text", bool, False),
        group_minimum=groups.number("minimum", 5, 2, 10_000),
        group_by=tuple(by),
        singular=singular.get("action", str, "keep", ("keep", "flag", "tag")),
    )
    for table in (head, dates, ages, groups, singular, others):
        table.done()
    if policy.whole_weeks and policy.max_shift_days < 7:
        raise dates.error("max_shift_days", "whole weeks need 7 or more")
    return policy


def _rules(file: str, values: object) -> dict[str, Rule]:
    tables = _Table(file, "rules", values).values
    rules: dict[str, Rule] = {}
    for name, content in tables.items():
        category, _, subtype = name.partition("/")
        if category not in CATEGORIES:
            raise PolicyError(f"{file}: [rules.{name}]: unknown category; known are {', '.join(CATEGORIES)}")
        rules[name] = _rule(_Table(file, f"rules.{name}", content), category, subtype)
    if missing := [c for c in (*CATEGORIES, "ID/individual_code") if c not in rules]:
        raise PolicyError(
            f"{file}: [rules] {missing[0]}: is missing; each category needs a rule, so that nothing passes unseen"
        )
    return rules


def _rule(table: _Table, category: str, subtype: str) -> Rule:
    action = table.get("action", str, _REQUIRED, ACTIONS)
    if action == "shift" and category != "DATE":
        raise table.error("action", "'shift' is for DATE only")
    if action == "surrogate" and category not in INVENTED:
        raise table.error("action", f"there is no surrogate for {category}; there is one for {', '.join(INVENTED)}")
    if category == "ID" and action not in ("tag", "redact") and is_individual_code(subtype):
        raise table.error(
            "action", f"{action!r} is refused for an individual identification code; allowed are tag, redact"
        )
    to = table.get("to", str, None, LEVELS.get(category, ("nothing",)))
    if action == "generalise" and to is None:
        allowed = LEVELS.get(category)
        raise table.error(
            "to", f"generalise needs one of {', '.join(allowed)}" if allowed else f"{category} has no general form"
        )
    if action != "generalise" and to is not None:
        raise table.error("to", "goes with action = 'generalise' only")
    threshold = table.get("threshold", float, 0.0)
    if not 0.0 <= threshold <= 1.0:
        raise table.error("threshold", f"{threshold} is outside 0 to 1")
    rule = Rule(
        action=cast("Action", action),
        to=to,
        shifted=table.get("shifted", bool, False),
        scope=table.get("scope", str, "patient", ("patient", "key")),
        threshold=threshold,
        aligned_with=table.get("aligned_with", str),
        why=table.get("why", str, ""),
    )
    table.done()
    return rule


#: The columns of a record and what may be done with each. The text itself always goes through the rules.
_ANY_DATE = ("keep", "drop", "shift", "generalise")
REPORT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "report_id": ("check", "pseudonym"),
    "patient_id": ("drop", "pseudonym", "tag"),
    "patient_name": ("drop", "surrogate", "tag"),
    "patient_kana": ("drop", "surrogate", "tag"),
    "birth_date": _ANY_DATE,
    "accession_number": ("drop", "pseudonym", "tag"),
    "study_uid": ("drop", "uid"),
    "institution": ("keep", "drop", "surrogate", "tag", "generalise", "pseudonym"),
    "physicians": ("drop", "surrogate", "tag"),
    "sex": ("keep", "drop"),
    "age": ("keep", "drop", "generalise"),
    "exam_date": _ANY_DATE,
    "exam_time": ("keep", "drop"),
    "modality": ("keep", "drop", "check", "text"),
    "body_part": ("keep", "drop", "check", "text"),
    "protocol": ("keep", "drop", "check", "text"),
    "contrast_agent": ("keep", "drop", "check", "text"),
    "contrast_dose_ml": ("keep", "drop"),
    "ctdi_vol_mgy": ("keep", "drop"),
    "dlp_mgy_cm": ("keep", "drop"),
    "weight_kg": ("keep", "drop"),
}


def _columns(file: str, name: str, values: object, known: Mapping[str, tuple[str, ...]]) -> dict[str, ColumnRule]:
    tables = _Table(file, name, values).values
    rules: dict[str, ColumnRule] = {}
    for column, content in tables.items():
        table = _Table(file, f"{name}.{column}", content)
        if known and column not in known:
            raise table.error("column", f"is unknown; known are {', '.join(known)}; others stand under [extra.columns]")
        action = table.get("action", str, _REQUIRED, known.get(column, COLUMN_ACTIONS))
        levels = LEVELS["FACILITY"] if column == "institution" else LEVELS["AGE"] if column == "age" else LEVELS["DATE"]
        to = table.get("to", str, None, levels)
        if action == "generalise" and to is None:
            raise table.error("to", f"generalise needs one of {', '.join(levels)}")
        shifted = table.get("shifted", bool, False)
        rules[column] = ColumnRule(action, to, shifted, table.get("aligned_with", str, ""))
        table.done()
    if missing := [c for c in known if c not in rules]:
        raise PolicyError(f"{file}: [{name}.{missing[0]}]: is missing; each column of a record needs a rule")
    return rules
