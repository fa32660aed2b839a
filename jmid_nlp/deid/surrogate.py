"""Surrogates: invented values of the same kind, chosen by a keyed hash of the identity they stand for.

Nothing is drawn at random and nothing is stored: the same key, patient and identity give the same surrogate in every process
and on every day. Within one report a surrogate is never equal to a source value, never stands elsewhere in the text, and two
identities never share one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import TypeVar

from jmid_nlp.deid import pools
from jmid_nlp.deid.codes import CHECKED, letters, looks_official, number_check
from jmid_nlp.deid.identity import Links, Part, guess_sex, name_key, one, read_name
from jmid_nlp.deid.kana import to_half_width, to_hiragana
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.pools import Entry
from jmid_nlp.lexicon import read_table
from jmid_nlp.offsets import fold

ATTEMPTS = 64
_LONG = 20_000  # characters from which on an index costs less than reading a text once for each name
T = TypeVar("T")


class _Index:
    """A long text that is asked for many words: most are not in it, which the beginning of a word tells."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._beginnings = {text[at : at + size] for size in (1, 2, 3) for at in range(len(text))}

    def __contains__(self, word: str) -> bool:
        return word[:3] in self._beginnings and (len(word) <= 3 or word in self._text)


class PoolExhaustedError(Exception):
    """No candidate passed the checks; the record is withheld."""


class Surrogates:
    """The surrogates of one report.

    Args:
        key: The run's key.
        scope: What links reports: the patient for persons and numbers.
        haystack: The source text and the record's own values, folded and in lower case; no surrogate may stand in it.
        links: What the record says of names.
        sex: The patient's sex (`m`, `f` or empty), where a given name does not tell its own.
        varied: True to draw a new surrogate for each mention.
    """

    def __init__(
        self, key: Key, scope: str, haystack: str, links: Links, *, sex: str = "", varied: bool = False
    ) -> None:
        self.key, self.scope, self.links, self.sex, self.varied = key, scope, links, sex, varied
        self._haystack: str | _Index = haystack if len(haystack) < _LONG else _Index(haystack)
        self._chosen: dict[tuple[str, str], object] = {}
        self._owners: dict[str, tuple[str, str]] = {}
        self._mention = 0

    def next_mention(self) -> None:
        """Tells that a new mention begins; under `varied` it gets surrogates of its own."""
        self._mention += self.varied

    def _choose(
        self,
        kind: str,
        identity: str,
        make: Callable[[str], T],
        spellings: Callable[[T], Sequence[str]],
        scope: str = "",
    ) -> T:
        """The first keyed candidate that collides with nothing, the same one each time it is asked for."""
        who = (kind, f"{identity}\n{self._mention}" if self.varied else identity)
        if who in self._chosen:
            return self._chosen[who]  # type: ignore[return-value]
        for attempt in range(ATTEMPTS):
            value = make("\n".join([scope or self.scope, *who, str(attempt)]))
            names = [s.lower() for s in spellings(value)]
            if any(n in self._haystack or self._owners.get(n, who) != who for n in names):
                continue
            self._chosen[who] = value
            for n in names:
                self._owners[n] = who
            return value
        raise PoolExhaustedError

    def _entry(self, kind: str, pool: Sequence[Entry], identity: str, scope: str = "") -> Entry:
        """`_choose` for an entry of a pool, written out because every name of every report comes through here."""
        who = (kind, f"{identity}\n{self._mention}" if self.varied else identity)
        chosen = self._chosen.get(who)
        if chosen is not None:
            return chosen  # type: ignore[return-value]
        haystack, owners = self._haystack, self._owners
        for attempt in range(ATTEMPTS):
            entry = pool[self.key.number(len(pool), kind, scope or self.scope, who[1], str(attempt))]
            form, kana, latin = entry.form, entry.kana, entry.latin
            if form in haystack or kana in haystack or latin in haystack or owners.get(form, who) != who:
                continue
            self._chosen[who] = entry
            owners[form] = who
            return entry
        raise PoolExhaustedError

    def name(self, text: str) -> str:
        """A person's name in the source's script, order, width, case and separators."""
        return "".join([self._part(p) for p in read_name(text, self.links)])

    def _part(self, part: Part) -> str:
        if part.role == "lit":
            return part.text
        identity = self.links.identity(part.key)
        if part.role == "initial":
            return self._initial(part)
        if part.role == "given":
            sex = self.links.sexes.get(identity) or guess_sex(part.text) or self.sex
            return _in_script(self._entry("given", pools.given_names(sex), identity), part.text)
        if part.role == "token" and not part.key.startswith("r:"):
            return _in_script(self._entry("foreign", pools.foreign(), identity), part.text)
        return _in_script(self._entry("surname", pools.surnames(), identity), part.text)

    def _initial(self, part: Part) -> str:
        """Other letters for initials."""
        alphabet = "ABCDEFGHIJKLMNOPRSTUWY"
        out = []
        for n, char in enumerate(part.text):
            source = one(char).upper()
            if not ("A" <= source <= "Z"):
                out.append(char)
                continue
            seed = f"{self.scope}\n{source}\n{n}\n{self._mention}"
            rest = [c for c in alphabet if c != source]
            out.append(_like(rest[self.key.number(len(rest), "initial", seed)], char))
        return "".join(out)

    def number(self, text: str, kind: str, scope: str = "") -> str | None:
        """A number of the same shape: digits for digits, letters for letters, all else kept; None where other signs carry it.

        Two spellings of one number (12-345, １２３４５) get one surrogate. A number with twelve digits never has a valid check
        digit of a 個人番号, a number with eight never one of an insurer.
        """
        plain = "".join([one(c) for c in text])
        core = re.sub(r"[^0-9A-Za-z]", "", plain).upper()
        if not core or re.search(r"[^\W\d_A-Za-z]", re.sub("[第号番の棟階室ー]", "", plain)):
            return None
        value = self._choose(
            kind,
            core,
            lambda seed: self._shaped(core, kind, seed),
            lambda v: (v,) if len(v) > 3 else ("\n" + v,),
            scope,
        )
        signs = iter(value)
        return "".join(
            [_like(next(signs), s) if p.isascii() and p.isalnum() else s for p, s in zip(plain, text, strict=True)]
        )

    def _shaped(self, core: str, kind: str, seed: str) -> str:
        stream = self.key.derive("number", kind, seed)
        while len(stream) < len(core):
            stream += self.key.derive("number", kind, seed, str(len(stream)))
        for turn in range(10):
            drawn = [b + turn * (n == 0) for n, b in enumerate(stream[: len(core)])]
            out = letters(drawn, core)
            if len(core) >= CHECKED:
                out = out[:-2] + letters(number_check(out[:-2]), core[-2:])
            if out != core and not looks_official(out):
                return out
        raise PoolExhaustedError

    def phone(self, text: str) -> str | None:
        """A number of the same shape that cannot ring: exchanges that begin with 0 are not assigned in Japan.

        Land lines become 03-00…, 030-0…, 0300-…; mobile numbers 090-0…; an extension begins with 0. None where other signs
        than digits carry the number.
        """
        plain = "".join([one(c) for c in text])
        digits = "".join([c for c in plain if c.isdigit() and c.isascii()])
        if not digits or re.search(r"[^\W\d_]", plain.replace("ー", "-")):
            return None
        country = "81" if re.match(r"\s*[+(]?\s*\+?81", plain) and digits.startswith("81") else ""
        national = digits[len(country) :]
        lead = "0300"
        if re.match(r"0?[5789]0", national) and len(national.lstrip("0")) == 10:
            lead = "0500" if national.lstrip("0").startswith("5") else "0900"
        if len(national) < 9:
            lead = "0"
        elif not national.startswith("0"):
            lead = lead[1:]
        value = self._choose("phone", national, lambda seed: self._digits(lead, len(national), seed), lambda v: (v,))
        stream = iter(country + value)
        return "".join(
            [_like(next(stream), s) if p.isascii() and p.isdigit() else s for p, s in zip(plain, text, strict=True)]
        )

    def _digits(self, lead: str, length: int, seed: str) -> str:
        value = str(self.key.number(10**length, "digits", seed)).rjust(length, "0")
        return (lead + value[len(lead) :])[:length] if length > len(lead) else lead[:length]

    def email(self, text: str) -> str:
        """An address at example.jp, a domain that is reserved and belongs to nobody."""
        return self._choose(
            "email",
            text.strip().lower(),
            lambda seed: f"u{self.key.derive('email', seed).hex()[:8]}@example.jp",
            lambda v: (v,),
        )

    def url(self, text: str) -> str:
        """An address at example.jp."""
        return self._choose(
            "url",
            text.strip(),
            lambda seed: f"https://example.jp/{self.key.derive('url', seed).hex()[:8]}",
            lambda v: (v,),
        )

    def facility(self, text: str, scope: str = "") -> str:
        """An invented facility of the same kind: a clinic stays a clinic. The stem names the identity, in any of its kinds."""
        front, stem, kind = split_facility(text)
        identity = name_key(stem) if stem else "kind:" + kind
        entry = self._entry("facility", pools.places(), identity, scope)
        like = stem if stem and re.fullmatch(r"[A-Za-z0-9_ァ-ヺー・\s.&\uff66-\uff9fＡ-Ｚａ-ｚ]+", stem) else "漢"
        return front + _in_script(entry, like) + kind


@lru_cache(maxsize=16384)
def _in_script(entry: Entry, like: str) -> str:
    """An entry in the script, width and case of `like`."""
    core = "".join([c for c in like if not c.isspace()])
    plain = fold(core).text
    if re.fullmatch(r"[A-Za-zÀ-ɏ0-9'’.&_\-\s]+", plain):
        latin = entry.latin
        alphas = [c for c in plain if c.isalpha()]
        cased = (
            latin.upper()
            if len(alphas) > 1 and plain.isupper()
            else latin
            if plain[:1].islower()
            else latin.capitalize()
        )
        wide = any("Ａ" <= c <= "ｚ" for c in core)
        return "".join([chr(ord(c) + 0xFEE0) if wide and c.isalpha() else c for c in cased])
    if any("\uff66" <= c <= "\uff9f" for c in core):
        return to_half_width(entry.kana)
    if re.fullmatch(r"[ァ-ヺー・]+", plain):
        return entry.kana
    if re.fullmatch(r"[ぁ-ゖー]+", plain):
        return to_hiragana(entry.kana)
    return entry.form


def _like(char: str, source: str) -> str:
    """A letter or digit in the width and case of the source's character; kanji digits stay kanji digits."""
    if "a" <= source <= "z" or "ａ" <= source <= "ｚ":
        char = char.lower()
    return chr(ord(char) + 0xFEE0) if "０" <= source <= "ｚ" else char


@cache
def _kinds() -> tuple[tuple[str, str, str], ...]:
    rows = read_table("surrogate/facility_kinds.tsv", ("kind", "general", "place"))
    return tuple(sorted(((r["kind"], r["general"], r["place"]) for r in rows), key=lambda r: -len(r[0])))


@lru_cache(maxsize=16384)
def split_facility(text: str) -> tuple[str, str, str]:
    """Front, stem and kind of a facility's name: ("", "みなと", "中央病院"). Front and kind name nobody."""
    front = kind = ""
    for form, _, place in _kinds():
        if not kind and place != "start" and text.endswith(form):
            kind = form
        if not front and place != "end" and text.startswith(form) and len(text) > len(form):
            front = form
    stem = text[len(front) : len(text) - len(kind)] if kind else text[len(front) :]
    return front, stem.strip(), kind if not stem.endswith(" ") else " " * (len(stem) - len(stem.rstrip())) + kind


def facility_kind(text: str) -> str:
    """The general word for a facility's kind, `機関` where its name does not say."""
    return next(
        (
            g
            for form, g, place in _kinds()
            if (place != "start" and text.endswith(form)) or (place != "end" and text.startswith(form))
        ),
        "機関",
    )
