"""What an annotation's label and a finding's words name, and how far apart two names are.

The lexicon `align/concepts.tsv` holds Japanese and English names of what is seen and of diagnoses. A diagnosis lists what
it looks like (`seen_as`): so 'HCC s/o' fits 結節, and 転移 fits 低吸収域.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.offsets import fold

GENERIC = frozenset({"lesion", "gtv"})


@dataclass(frozen=True, slots=True)
class Concept:
    """One row of the lexicon."""

    id: str
    kind: str
    parents: tuple[str, ...]
    seen_as: tuple[str, ...]
    site: str


@dataclass(frozen=True, slots=True)
class Closeness:
    """How two names relate: the kind of relation (a key of `AlignOptions.concept`) and the words for a reader."""

    relation: str
    words: str


@cache
def concepts() -> dict[str, Concept]:
    """All concepts by id."""
    table = read_table("align/concepts.tsv", ("id", "kind", "is", "seen_as", "site", "forms"))
    return {
        r["id"]: Concept(r["id"], r["kind"], tuple(split_forms(r["is"])), tuple(split_forms(r["seen_as"])), r["site"])
        for r in table
    }


@cache
def _close() -> dict[frozenset[str], str]:
    return {frozenset((r["a"], r["b"])): r["relation"] for r in read_table("align/close.tsv", ("a", "b", "relation"))}


@cache
def _finder() -> tuple[Automaton, tuple[str, ...]]:
    owner: dict[str, str] = {}
    for row in read_table("align/concepts.tsv"):
        for form in split_forms(row["forms"]):
            owner.setdefault(fold(form).text.lower(), row["id"])
    _add_observations(owner, Automaton(owner))
    return Automaton(owner), tuple(owner.values())


def _add_observations(owner: dict[str, str], known_forms: Automaton) -> None:
    """Further spellings of what is seen, from the observations lexicon: those of a row, or of the one above it.

    Rows of diseases stay out: an appearance is what annotations and reports have in common.
    """
    rows = {r["id"]: r for r in read_table("observation.tsv", ("id", "parent", "class", "ja", "en", "abbr"))}
    forms = {
        i: [fold(f).text.lower() for c in ("ja", "en", "abbr") for f in split_forms(r[c])] for i, r in rows.items()
    }
    found = {i: next((owner[f] for f in own if f in owner), None) for i, own in forms.items()}
    for i, row in rows.items():
        known = found[i] or found.get(row["parent"])
        if row["class"] in ("lesion", "fluid", "sign") and known is not None and known not in GENERIC:
            for form in forms[i]:
                # A spelling made of known words (低吸収結節) is read as these.
                if len(form) > (3 if form.isascii() else 1) and not known_forms.find(form):
                    owner.setdefault(form, known)


@lru_cache(maxsize=16384)
def find_concepts(text: str) -> tuple[str, ...]:
    """Ids of the concepts that a label or a finding's words name, in order of appearance, general ones last.

    An English form counts only as a whole word ('met' is not in 'method'); a plural s is allowed.
    """
    folded = fold(text).text.lower()
    automaton, owners = _finder()
    found: list[str] = []
    for start, end, number in automaton.find(folded):
        if whole_word(folded, start, end) and owners[number] not in found:
            found.append(owners[number])
    specific = [c for c in found if c not in GENERIC]
    return tuple(specific or found)


def whole_word(text: str, start: int, end: int) -> bool:
    """Whether `[start, end)` does not cut a Latin word; a plural s after it is part of the word."""

    def latin(i: int) -> bool:
        return 0 <= i < len(text) and text[i].isascii() and text[i].isalpha()

    if latin(start) and latin(start - 1):
        return False
    if not latin(end - 1):
        return True
    after = end + 1 if text[end : end + 1] == "s" else end
    return not latin(after)


@cache
def ancestors(concept: str) -> frozenset[str]:
    """The broader concepts of a concept, itself not included."""
    out: set[str] = set()
    todo = list(concepts()[concept].parents)
    while todo:
        parent = todo.pop()
        if parent not in out:
            out.add(parent)
            todo += concepts()[parent].parents
    return frozenset(out)


@cache
def appearances(concept: str) -> frozenset[str]:
    """What a concept looks like in the images: `seen_as` of itself and of its broader concepts."""
    out: set[str] = set(concepts()[concept].seen_as)
    for parent in ancestors(concept):
        out.update(concepts()[parent].seen_as)
    return frozenset(out - GENERIC)


ORDER = ("same", "broader", "seen_as", "close", "generic", "unlike", "rival", "conflict")


@lru_cache(maxsize=65536)
def closeness(a: tuple[str, ...], b: tuple[str, ...]) -> Closeness:
    """The nearest relation between any name of one side and any name of the other.

    Returns:
        `same`, `broader` (one includes the other), `seen_as` (a diagnosis and its appearance), `close` (two words for
        much the same), `generic` (one side only says 'lesion'), `unlike`, `rival` (two diagnoses of one appearance),
        `conflict`, or `unknown` where a side names nothing that the lexicon holds.
    """
    if not a or not b:
        return Closeness("unknown", "label not in the lexicon")
    best = min((_pair(x, y) for x in a for y in b), key=ORDER.index)
    words = {
        "same": f"same concept ({a[0] if a[0] in b else b[0]})",
        "broader": "one concept includes the other",
        "seen_as": "a diagnosis and what it looks like",
        "close": "two words for much the same",
        "generic": "one side only says 'lesion'",
        "unlike": "concepts differ",
        "rival": "two diagnoses of one appearance",
        "conflict": "concepts exclude each other",
    }
    return Closeness(best, words[best])


@lru_cache(maxsize=65536)
def _pair(x: str, y: str) -> str:
    if x in GENERIC or y in GENERIC:
        return "generic"
    if x == y:
        return "same"
    if told := _close().get(frozenset((x, y))):
        return told
    up_x, up_y = ancestors(x), ancestors(y)
    if y in up_x or x in up_y:
        return "broader"
    look_x, look_y = appearances(x), appearances(y)
    if concepts()[x].kind == concepts()[y].kind == "interp":
        if x in look_y or y in look_x:
            return "seen_as"
        return "rival" if look_x & look_y or (up_x & up_y) - GENERIC else "conflict"
    if look_x & ({y} | up_y - GENERIC) or look_y & ({x} | up_x - GENERIC):
        return "seen_as"
    if (up_x & up_y) - GENERIC:
        return "unlike"
    return "conflict"


def kind_of(ids: tuple[str, ...]) -> str:
    """`obs`, `interp`, `sign` or `generic` for the names of a mention; `obs` where the lexicon knows none."""
    kinds = [concepts()[i].kind for i in ids]
    for kind in ("interp", "obs", "sign", "generic"):
        if kind in kinds:
            return kind
    return "obs"
