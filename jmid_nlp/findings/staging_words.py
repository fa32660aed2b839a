"""The words of staging: tables under `lexicons/staging/` as one automaton, each form with the roles it can play."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from jmid_nlp.findings.terms import expand
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.offsets import fold

Roles = tuple[tuple[str, str], ...]
ENDING = frozenset(("deny", "general", "weak", "suspect", "suspecting", "present", "presenting"))
# A noun that is also a verb: '腫大し、' ends a clause as a predicate does.
_VERBAL = frozenset(("state", "invasion", "atelectasis", "metastasis", "dissemination"))
# What makes an item of a list a finding of its own.
_COMPLETE = frozenset(
    ("lesion", "state", "atelectasis", "effusion", "satellite", "metastasis", "invasion", "organ!", "dissemination")
)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Word:
    """A form and what it can mean: roles `(kind, key)`, the first one leading.

    It `ends` a clause, or is `verbal` before し; it makes an item of a list `complete` or may stand at an item's end.
    """

    form: str
    roles: Roles
    kind: str
    ends: bool
    verbal: bool
    complete: bool
    ends_item: bool


@cache
def lexicon() -> tuple[Automaton, tuple[Word, ...]]:
    """The automaton over all forms, and the words in its numbering."""
    roles: dict[str, list[tuple[str, str]]] = {}

    def add(form: str, kind: str, key: str) -> None:
        for one in expand(form):
            known = roles.setdefault(_SPACE.sub("", fold(one).text), [])
            if (kind, key) not in known:
                known.append((kind, key))

    for kind, form in _verdicts():
        add(form, kind, kind)
    for row in read_table("staging/terms.tsv", ("kind", "key", "forms")):
        for form in split_forms(row["forms"]):
            add(form, row["kind"], row["key"])
    for table, kind, key in _TABLES:
        for row in read_table(f"staging/{table}.tsv", (key, "alone", "forms")):
            for form in split_forms(row["forms"]):
                add(form, kind + ("!" if row["alone"] else ""), row[key])
    return Automaton(roles), tuple(_word(form, tuple(r)) for form, r in roles.items())


def _word(form: str, roles: Roles) -> Word:
    kinds = {kind for kind, _ in roles}
    complete = bool(kinds & _COMPLETE) or ("node" in kinds and any(one in form for one in ("腫大", "腫脹", "転移")))
    return Word(
        form, roles, roles[0][0], roles[0][0] in ENDING, bool(kinds & _VERBAL), complete, complete or "node" in kinds
    )


_TABLES = (("invasion", "target", "target"), ("nodes", "station", "group"), ("distant", "organ", "organ"))


def _verdicts() -> Iterator[tuple[str, str]]:
    """Kind and form of each predicate; negations are stems with every suffix, also with は or も between."""
    rows = read_table("staging/verdict.tsv", ("kind", "key", "forms"))
    suffixes = [f for row in rows if row["kind"] == "suffix" for f in split_forms(row["forms"])]
    for row in rows:
        for form in split_forms(row["forms"]):
            if row["kind"] == "stem":
                yield from (("deny", form + topic + suffix) for suffix in suffixes for topic in ("", "は", "も"))
            elif row["kind"] != "suffix":
                yield row["kind"], form
