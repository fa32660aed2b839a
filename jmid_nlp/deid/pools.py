"""The pools that surrogates are drawn from: invented names, places and foreign names, each a file under `lexicons/surrogate/`.

No form is in the lists of real names, places or words, so that a surrogate is nobody's name and can be told from a real one
by whoever holds this library. That helps review and costs the hiding effect of look-alike surrogates; `attack` measures it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jmid_nlp.deid.book import VARIANTS, romaji, romaji_key
from jmid_nlp.lexicon import read_table, read_text


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An invented name in its scripts; `latin` is lower case. One object an entry, compared by identity."""

    form: str
    kana: str
    latin: str
    sex: str = ""


@cache
def surnames() -> tuple[Entry, ...]:
    """Invented surnames."""
    return _japanese("surrogate/surnames.tsv")


@cache
def given_names(sex: str) -> tuple[Entry, ...]:
    """Invented given names for `m` or `f`; all of them for any other value."""
    every = _japanese("surrogate/given.tsv")
    return tuple(e for e in every if e.sex == sex) if sex in ("m", "f") else every


@cache
def places() -> tuple[Entry, ...]:
    """Invented place names, the stems of invented facilities."""
    return _japanese("surrogate/places.tsv")


@cache
def foreign() -> tuple[Entry, ...]:
    """Invented names for persons whose names are written in katakana or Latin letters without a Japanese form."""
    return tuple(
        Entry(r["form"], r["form"], r["latin"].lower()) for r in read_table("surrogate/foreign.tsv", ("form", "latin"))
    )


def _japanese(name: str) -> tuple[Entry, ...]:
    return tuple(
        Entry(r["form"], r["kana"], romaji(r["kana"]), r.get("sex", "")) for r in read_table(name, ("form", "kana"))
    )


@cache
def is_invented(kind: str) -> frozenset[str]:
    """Every spelling of a pool as a key (form, katakana, romaji key), to tell our own surrogates from real names."""
    pools = {"surname": surnames(), "given": given_names(""), "place": places(), "foreign": foreign()}
    return frozenset(s for e in pools[kind] for s in (e.form, e.form.translate(VARIANTS), e.kana, romaji_key(e.latin)))


@cache
def surname_readings() -> Mapping[str, tuple[str, ...]]:
    """Readings in katakana of each real surname."""
    return {row["form"]: tuple(row["kana"].split("|")) for row in read_table("phi/surnames.tsv", ("form", "kana"))}


@cache
def given_sexes() -> Mapping[str, str]:
    """The sex (`m`, `f`) that real given names and their readings are given to; names of either sex are left out."""
    table: dict[str, str] = {}
    for line in read_text("phi/given.tsv").splitlines():
        form, _, rest = line.partition("\t")
        kana, _, sex = rest.partition("\t")
        if not sex or form.startswith("#"):
            continue
        table[form] = sex
        for reading in kana.split("|"):
            table[reading] = sex if table.get(reading, sex) == sex else ""
    return table
