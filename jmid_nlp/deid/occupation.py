"""Occupations and roles that single a person out (市議会議員, 力士), and nationality as the reports' systems treat it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.cues import EXPLICIT, Label
from jmid_nlp.deid.evidence import LABELLED, LISTED, Hit
from jmid_nlp.lexicon import Automaton, read_table, split_forms

_NATION = re.compile(r"(?:[ァ-ヺー・]{2,14}|[一-鿿]{2,4})国籍|国籍\s?[:：]\s?(?P<v>[ァ-ヺー・一-鿿]{2,14})")
_VETO = re.compile(r"病|症候群|様|型|骨折|肘|膝|肩|指|結節|の手術|による|試験|時代")


@cache
def _jobs() -> Automaton:
    return Automaton(f for r in read_table("phi/occupation.tsv", ("form",)) for f in split_forms(r["form"]))


def find_occupations(t: str, labels: list[Label]) -> Iterator[Hit]:
    """Singular occupations of a folded text."""
    for start, end, _ in _jobs().find(t):
        if not _VETO.match(t, end):
            low = start
            if m := re.search(r"(?:元|前|現)?[一-鿿]{1,4}(?:都|道|府|県|市|区|町|村)\Z", t[max(0, start - 8) : start]):
                low = start - len(m[0])
            yield Hit(low, end, "OCCUPATION", "occupation", 0.75, "occupation.list", LISTED)
    if "国籍" in t:
        for m in _NATION.finditer(t):
            if m[0] not in ("無国籍", "二重国籍", "外国籍", "日本国籍"):
                name = "v" if m["v"] else 0
                yield Hit(m.start(name), m.end(name), "OCCUPATION", "nation", 0.8, "occupation.nation", LABELLED)
    for label in labels:
        if label.kind == "occupation" and label.strength == EXPLICIT:
            for start, end, _ in _jobs().find(t[label.value : label.value + 20]):
                yield Hit(
                    label.value + start,
                    label.value + end,
                    "OCCUPATION",
                    "occupation",
                    0.9,
                    "occupation.label",
                    LABELLED,
                )
