"""Descriptions that single a person out by themselves (特異な記述等): rare public events, offices and professions held by few,
records of age, multiple births. The list is data; what is rare in one hospital's town must be added by that hospital.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Identifier

SINGULAR = "singular"


@cache
def _automaton(overlay: Path | None = None) -> Automaton:
    rows = read_table("surrogate/singular.tsv", ("kind", "forms"), overlay=overlay)
    return Automaton(fold(f).text for row in rows for f in split_forms(row["forms"]))


def find_singular(text: str, *, overlay: Path | None = None) -> list[Identifier]:
    """Singular descriptions in a text, as identifiers of category OCCUPATION and subtype `singular`.

    Args:
        text: The text.
        overlay: A table with forms of the user's own.

    Returns:
        Identifiers with offsets in `text`, ascending.
    """
    folded = fold(text)
    found = []
    for start, end, _ in _automaton(overlay).find(folded.text):
        at, to = folded.source(start, end)
        found.append(Identifier(at, to, "OCCUPATION", SINGULAR, 1.0, "policy.singular"))
    return found
