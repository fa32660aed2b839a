"""Persons with all their spellings, drawn from the project's name lists, from foreign names and from invented ones.

One part in ten of each list, chosen by a checksum of the form, is kept for institutions of the split `test`, another for
`dev`, so that a model is measured on names it never saw.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from random import Random

from jmid_nlp.deid.book import romaji as _romaji
from jmid_nlp.lexicon import read_text

DATA = Path(__file__).parent / "data"
romaji = lru_cache(20_000)(_romaji)
SPLITS = {0: "test", 1: "dev"}
_HIRAGANA = {c + 0x60: c for c in range(0x3041, 0x3097)}
_HALF = dict(
    zip(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォッャュョー・、。",
        "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｯｬｭｮｰ･､｡",
        strict=True,
    )
)
_HALF |= {chr(ord(c) + 1): h + "ﾞ" for c, h in _HALF.items() if c in "カキクケコサシスセソタチツテトハヒフヘホ"}
_HALF |= {chr(ord(c) + 2): h + "ﾟ" for c, h in _HALF.items() if c in "ハヒフヘホ"}
_HALF |= {"ヴ": "ｳﾞ", "　": " "}
HALF_KANA = str.maketrans(_HALF)
# variant characters that names are really registered with
OLD_FORMS = str.maketrans(
    "高崎辺斎島浜徳広恵国沢桜瀬吉館滝竜富真栄条曽円与実寿弥蔵静塩",
    "髙﨑邊齋嶋濵德廣惠國澤櫻瀨𠮷舘瀧龍冨眞榮條曾圓與實壽彌藏靜鹽",
)


def half_kana(text: str) -> str:
    """Katakana in half width, with the marks of voice as characters of their own."""
    return text.translate(HALF_KANA)


def hiragana(text: str) -> str:
    """Katakana as hiragana."""
    return text.translate(_HIRAGANA)


def split_of(form: str) -> str:
    """The split that a form belongs to."""
    return SPLITS.get(zlib.crc32(form.encode()) % 10, "train")


@dataclass(slots=True)
class Person:
    """A person: surname and given name as written, their readings in katakana, both in Latin letters."""

    sur: str
    giv: str
    sur_kana: str
    giv_kana: str
    sur_latin: str
    giv_latin: str
    foreign: bool = False


class Names:
    """The name lists of one split.

    Args:
        split: `train`, `dev` or `test`.
    """

    def __init__(self, split: str) -> None:
        listed = _listed()
        self.pools = [[e for e in pool if split_of(e[0]) == split] for pool in listed]
        self.chars = _chars(self.pools[1])
        self.given = {s: [e for e in pool if split_of(e[0]) == split] for s, pool in _given().items()}
        self.foreign = {k: [e for e in pool if split_of(e[0] + k) == split] or pool for k, pool in _foreign().items()}
        self.han = _han()
        lines = read_text("phi/places.tsv").splitlines()
        places = [line.split("\t") for line in lines if line[:1] not in ("", "#")][1:]
        self.stems = [
            f[:-1]
            for f, kind in places
            if kind in ("city", "town", "village") and 2 < len(f) < 5 and split_of(f) == split
        ]
        self.kana = [s[1] for s in self.pools[2]]

    def person(self, random: Random, sex: str = "") -> Person:
        """A new person; `sex` is `m`, `f` or empty."""
        r = random.random
        x = r()
        if x < 0.035:
            return self._foreign(r)
        if x < 0.05:
            sur, kana, latin, given = self.han[int(r() * len(self.han))]
            giv = given[int(r() * len(given))]
            return Person(sur, giv, kana, kana, latin, latin, False)
        sur, kana = self.surname(r)
        x = r()
        if x < 0.35:
            pool = self.given["head"]
        elif x < 0.88:
            pool = self.given["m" if (sex or ("m" if r() < 0.5 else "f")) == "m" else "f"]
        else:
            pool = self.given[""]
        giv, giv_kana = pool[int(r() * len(pool))]
        return Person(sur, giv, kana, giv_kana, romaji(kana).capitalize(), romaji(giv_kana).capitalize())

    def surname(self, r) -> tuple[str, str]:
        """A surname and its reading in katakana."""
        x = r()
        if x < 0.26:
            pool = self.pools[0]
            # the commoner the earlier in the list
            return pool[int(r() * r() * len(pool))]
        if x < 0.52:
            pool = self.pools[1]
        elif x < 0.68:
            pool = self.pools[2]
        elif x < 0.76:
            pool = self.pools[3]
        elif x < 0.86:
            pool = self.pools[4]
        elif x < 0.90:
            pool = self.pools[5]
        elif x < 0.94:  # places of which surnames are made
            stem = self.stems[int(r() * len(self.stems))]
            return stem, self.kana[zlib.crc32(stem.encode()) % len(self.kana)]
        else:
            first, inner, last = self.chars
            sur = first[int(r() * len(first))] + last[int(r() * len(last))]
            if r() < 0.15:
                sur = sur[0] + inner[int(r() * len(inner))] + sur[1]
            return sur, self.kana[int(r() * len(self.kana))]
        return pool[int(r() * len(pool))]

    def _foreign(self, r) -> Person:
        givs, surs = self.foreign["given"], self.foreign["sur"]
        giv, sur = givs[int(r() * len(givs))], surs[int(r() * len(surs))]
        if r() < 0.25:
            more = givs[int(r() * len(givs))]
            giv = (f"{giv[0]}・{more[0]}", f"{giv[1]} {more[1]}")
        return Person(sur[0], giv[0], sur[0], giv[0], sur[1], giv[1], True)


@cache
def _listed() -> tuple[list[tuple[str, str]], ...]:
    """Surnames with a reading: head, common, rare, single or plain words, rare without a known reading, invented."""
    rows = [line.split("\t") for line in _body(read_text("phi/surnames.tsv"))]
    rows += [line.split("\t") for line in _body(read_text("phi/own_surnames.tsv"))]
    known = {form: (kana.split("|")[0], kind) for forms, kana, kind, *_ in rows for form in forms.split("|")}
    head = [(f, known[f][0]) for f in _words("head_surnames.txt") if f in known]
    common = [(f, kana) for f, (kana, kind) in known.items() if kind == "common"]
    rare = [(f, kana) for f, (kana, kind) in known.items() if kind == "rare" and len(f) > 1]
    plain = [(f, known[f][0]) for f in _words("plain_surnames.txt") if f in known]
    plain += [(f, kana) for f, (kana, kind) in known.items() if kind in ("single", "word")]
    kana = [k for _, k in rare]
    bare = _body(read_text("phi/rare_surnames.tsv"))
    unread = [
        (form, reading.split("|")[0] or kana[zlib.crc32(form.encode()) % len(kana)])
        for form, _, reading in (line.partition("\t") for line in bare)
    ]
    invented = [tuple(line.split("\t")[:2]) for line in _body(read_text("surrogate/surnames.tsv"))]
    return head, common, rare, plain, unread, invented  # type: ignore[return-value]


@cache
def _given() -> dict[str, list[tuple[str, str]]]:
    pools: dict[str, list[tuple[str, str]]] = {"m": [], "f": [], "": []}
    for line in _body(read_text("phi/given.tsv")):
        form, kana, sex = line.split("\t")[:3]
        if len(form) <= 3 and kana:
            for key in sex or ("",):
                pools[key].append((form, kana.split("|")[0]))
    for line in _body(read_text("surrogate/given.tsv")):
        form, kana, sex = line.split("\t")[:3]
        pools[sex or ""].append((form, kana))
    head = set(_words("head_given.txt"))
    pools["head"] = sorted({e for pool in pools.values() for e in pool if e[0] in head})
    # names written in kana, as many older women and younger children have them
    for line in _body(read_text("phi/given_kana.tsv"))[::12]:
        pools["f"].append((hiragana(line) if len(line) < 4 else line, line))
    return pools


@cache
def _foreign() -> dict[str, list[tuple[str, str]]]:
    pools: dict[str, list[tuple[str, str]]] = {"given": [], "sur": []}
    for line in _body((DATA / "foreign_names.tsv").read_text(encoding="utf-8")):
        kind, kana, latin = line.split("\t")
        pools[kind].append((kana, latin))
    for line in _body(read_text("surrogate/foreign.tsv")):
        kana, latin = line.split("\t")[:2]
        pools["sur"].append((kana, latin))
        pools["given"].append((kana, latin))
    for kana in _body(read_text("phi/foreign_kana.tsv")):
        for form in kana.split("|"):
            pools["given"].append((form, romaji(form).capitalize()))
    return pools


@cache
def _han() -> list[tuple[str, str, str, list[str]]]:
    rows = [line.split("\t") for line in _body((DATA / "han_names.tsv").read_text(encoding="utf-8"))]
    return [(sur, kana, latin, given.split(" ")) for sur, kana, latin, given in rows]


def _chars(common: list[tuple[str, str]]) -> tuple[list[str], list[str], list[str]]:
    """First, inner and last characters of the common surnames, as often as they occur."""
    two = [f for f, _ in common if len(f) == 2]
    return [f[0] for f in two], list("ノヶ之野木々久田"), [f[1] for f in two]


def _words(name: str) -> list[str]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def _body(text: str) -> list[str]:
    """The lines of a table without comments and header."""
    return [line for line in text.splitlines() if line and not line.startswith("#")][1:]
