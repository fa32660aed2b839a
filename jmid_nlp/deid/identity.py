"""Names of persons as written: cut into surname, given name and initials, and joined across scripts where the record or the
text proves that two spellings are one person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from jmid_nlp.deid import pools
from jmid_nlp.deid.book import VARIANTS, book, romaji, romaji_key
from jmid_nlp.deid.kana import to_katakana
from jmid_nlp.offsets import fold

Role = Literal["surname", "given", "token", "initial", "lit"]

_SEPARATOR = re.compile(r"[\s_＿,，、.．・･＝=^＾/／\-‐‑–—]+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ0-9'’.,\s_^=/\-‐‑–—]+")
_KANA = re.compile(r"[ぁ-ゖァ-ヺー]+")
_KATAKANA = re.compile(r"[ァ-ヺー]+")
_JAPANESE = re.compile(r"[一-鿿々〆ヶヵ]+")
_PERSON_NAME = re.compile(r"[=＝^＾]")
_SPACE = re.compile(r"\s+")
_FOLDED = re.compile("[ぁ-ゖァ-ヺー一-鿿々 A-Za-z0-9]*")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a name as it is written: its role, the written characters and the key that names the identity."""

    role: Role
    text: str
    key: str = ""


@lru_cache(maxsize=16384)
def one(char: str) -> str:
    """A character folded, where folding gives one character; else as it is."""
    folded = fold(char).text
    return folded if len(folded) == 1 else char


@lru_cache(maxsize=16384)
def plain(text: str) -> str:
    """A text folded and without spaces."""
    if _FOLDED.fullmatch(text):  # nothing in it that folding would change
        return text.replace(" ", "")
    return _SPACE.sub("", fold(text).text)


@lru_cache(maxsize=16384)
def name_key(text: str) -> str:
    """One key for the spellings of a part of a name within a script: width, spaces, variant characters, kana, case."""
    core = plain(text)
    if _LATIN.fullmatch(core):
        return "r:" + romaji_key(core)
    return to_katakana(core).translate(VARIANTS)


@dataclass(slots=True)
class Links:
    """Which keys belong to one identity: `joined` maps a key to the one that stands for it, `roles` says what a key is."""

    joined: dict[str, str] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    sexes: dict[str, str] = field(default_factory=dict)
    patient: tuple[str, str] | None = None

    def join(self, keys: Iterable[str], role: Role, sex: str = "") -> None:
        """Makes the keys one identity, named by the first key that is known already, else by the first of all."""
        found = [k for k in keys if k and k != "r:"]
        if not found:
            return
        first = next((self.joined[k] for k in found if k in self.joined), found[0])
        for key in found:
            self.joined.setdefault(key, first)
            self.roles.setdefault(key, role)
        if sex:
            self.sexes.setdefault(first, sex)

    def identity(self, key: str) -> str:
        """The key that stands for the identity of `key`."""
        return self.joined.get(key, key)


def record_links(name: str | None, kana: str | None, others: Iterable[str], sex: str) -> Links:
    """What a record proves: the patient's name, its reading and its romaji are one person; the physicians' names are names.

    Args:
        name: The patient's name, in any script or as a DICOM person name with groups.
        kana: Its reading.
        others: Names of physicians.
        sex: `m`, `f` or empty.
    """
    links = Links()
    found = ["", ""]
    for at, keys in enumerate(_patient_keys(name, kana)):
        links.join(keys, "given" if at else "surname", sex if at else "")
        found[at] = links.identity(keys[0]) if keys else ""
    if any(found):
        links.patient = (found[0], found[1])
    for other in others:
        for surname, given in _physician_keys(other):
            links.join((surname,), "surname")
            links.join((given,), "given")
    return links


@lru_cache(maxsize=4096)
def _patient_keys(name: str | None, kana: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keys of the patient's surname and given name in every script that the record has or implies."""
    groups = _align([_two(g) for g in [*_groups(name), *_groups(kana)]])
    columns = []
    for at in (0, 1):
        keys = [name_key(g[at]) for g in groups if g[at]]
        keys += ["r:" + romaji_key(romaji(k)) for k in keys if _KATAKANA.fullmatch(k)]
        columns.append(tuple(_kanji_first(keys)))
    return columns[0], columns[1]


@lru_cache(maxsize=4096)
def _physician_keys(name: str) -> tuple[tuple[str, str], ...]:
    return tuple((name_key(s), name_key(g) if g else "") for s, g in (_two(group) for group in _groups(name)))


def _kanji_first(keys: list[str]) -> list[str]:
    return sorted(keys, key=lambda k: (k.startswith("r:"), bool(_KANA.fullmatch(k))))


def _groups(name: str | None) -> list[str]:
    return [g for g in re.split("[=＝]", name or "") if g.strip(" ^＾")]


def _two(name: str) -> tuple[str, str]:
    """Surname and given name of a name in a record."""
    parts = [p for p in re.split(r"[\s^＾,，・]+", name.strip()) if p]
    if len(parts) > 1:
        return parts[0], "".join(parts[1:])
    surname = split_surname(parts[0]) if parts else ""
    return surname, (parts[0][len(surname) :] if parts else "")


def _align(groups: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Cuts a reading that is written in one word where the surname's reading in another group, or a known one, says."""
    known = [to_katakana(plain(s)) for s, g in groups if g and _KANA.fullmatch(plain(s))]
    out = []
    for surname, given in groups:
        if given or not _KANA.fullmatch(plain(surname)):
            out.append((surname, given))
            continue
        kana = to_katakana(plain(surname))
        readings = known or [r for s, _ in groups for r in pools.surname_readings().get(plain(s), ())]
        cut = next((len(r) for r in readings if r and kana.startswith(r)), len(kana))
        out.append((kana[:cut], kana[cut:]))
    return out


@lru_cache(maxsize=16384)
def split_surname(name: str) -> str:
    """The surname in a name written in one word, by the lists of real names; the whole where nothing follows it."""
    core = plain(name)
    if len(core) != len(name) or len(core) < 2:
        return name
    lists = book()
    if _KANA.fullmatch(core):
        kana = to_katakana(core)
        cuts = [
            k for k in range(len(kana) - 1, 1, -1) if kana[:k] in lists.surname_kana and kana[k:] in lists.given_kana
        ]
        return name[: cuts[0]] if cuts else name
    core = core.translate(VARIANTS)
    scores = [(_split_score(core[:k], core[k:]), k) for k in range(1, len(core) + 1)]
    best, cut = max(scores)
    if best < 2:
        cut = len(core) if len(core) < 4 else 2
    return name[:cut]


def _split_score(surname: str, given: str) -> int:
    lists = book()
    score = {"common": 3, "rare": 2, "": 0}.get(lists.surnames.get(surname, ""), 1)
    if not given:
        return score + 1 if score else 0
    return score + (2 if given in lists.given or to_katakana(given) in lists.given_kana else -1)


def read_name(text: str, links: Links) -> list[Part]:
    """A written name as parts whose texts joined give `text` again.

    Args:
        text: The name as written, without honorific.
        links: What is known of the names of this report; a DICOM name with groups adds to it.
    """
    kind = _kind(text)
    if kind == "pn":
        return _read_person_name(text, links)
    return _read_latin(text, links) if kind == "latin" else _read_japanese(text, links)


@lru_cache(maxsize=16384)
def _kind(text: str) -> str:
    if _PERSON_NAME.search(text):
        return "pn"
    return "latin" if _LATIN.fullmatch(plain(text)) else "japanese"


@lru_cache(maxsize=16384)
def _chunks(text: str) -> list[tuple[bool, str]]:
    """`(is a name, characters)`, separators between."""
    out, at = [], 0
    for found in _SEPARATOR.finditer(text):
        if found.start() > at:
            out.append((True, text[at : found.start()]))
        out.append((False, found.group()))
        at = found.end()
    if at < len(text):
        out.append((True, text[at:]))
    return out


def _read_person_name(text: str, links: Links) -> list[Part]:
    """A DICOM person name: groups parted by =, components by ^; the groups are spellings of one person."""
    parts: list[Part] = []
    columns: dict[int, list[str]] = {}
    column = 0
    for piece in re.split(r"([=＝^＾]\s*|\s+(?=[=＝^＾]))", text):
        if not piece:
            continue
        if piece.strip() == "" or piece[0] in "=＝^＾":
            if piece.strip():
                column = 0 if piece[0] in "=＝" else column + 1
            parts.append(Part("lit", piece))
            continue
        role: Role = "surname" if column == 0 else "given" if column == 1 else "token"
        columns.setdefault(column, []).append(name_key(piece))
        parts.append(Part(role, piece, name_key(piece)))
    for at, keys in columns.items():
        links.join(_kanji_first(keys), "surname" if at == 0 else "given")
    return parts


def _read_latin(text: str, links: Links) -> list[Part]:
    chunks = _chunks(text)
    words = [t for is_name, t in chunks if is_name and len(plain(t)) > 1]
    comma = next((i for i, (is_name, t) in enumerate(chunks) if not is_name and ("," in t or "，" in t)), None)
    out: list[Part] = []
    for i, (is_name, piece) in enumerate(chunks):
        if not is_name:
            out.append(Part("lit", piece))
            continue
        key = name_key(piece)
        role: Role = "token"
        if len(plain(piece)) == 1:
            role = "initial"
        elif key in links.roles:
            role = links.roles[key]
        elif comma is not None:
            role = "surname" if i < comma else "given"
        elif len(words) == 1 or key[2:] in book().surname_romaji:
            role = "surname"
        elif key[2:] in book().given_romaji:
            role = "given"
        out.append(Part(role, piece, key))
    return out


def _read_japanese(text: str, links: Links) -> list[Part]:
    chunks = _chunks(text)
    if len(chunks) == 1:
        return _one_word(text, links)
    words = [t for is_name, t in chunks if is_name]
    if len(words) > 2 and (
        all(len(plain(w)) == 1 for w in words) or (_JAPANESE.fullmatch(plain(text)) and "・" not in text)
    ):
        return _spread(text, links)  # 山 本 花 子, 佐々木 / 原 豊
    whole = name_key("".join(words))
    if len(words) > 1 and (whole in links.roles or (len(whole) == 2 and whole in book().surnames)):
        return [Part(links.roles.get(whole, "surname"), text, whole)]  # 山 本
    foreign = len(words) > 2 or "・" in text or "･" in text
    out: list[Part] = []
    order = 0
    for is_name, piece in chunks:
        if not is_name:
            out.append(Part("lit", piece))
            continue
        key = name_key(piece)
        if _LATIN.fullmatch(plain(piece)):
            out.append(Part("initial" if len(plain(piece)) == 1 else "token", piece, key))
        elif foreign and key not in links.roles:
            out.append(Part("token", piece, key))
        elif len(words) == 1:
            out += _one_word(piece, links)
        else:
            out.append(Part(links.roles.get(key, "surname" if order == 0 else "given"), piece, key))
        order += 1
    return out


def _spread(text: str, links: Links) -> list[Part]:
    """A name with a space after each character: the space behind the surname stays, the others go with their parts."""
    parts = _one_word("".join([t for is_name, t in _chunks(text) if is_name]), links)
    out: list[Part] = []
    at = 0
    for n, part in enumerate(parts):
        start, count = at, 0
        while count < len(part.text):
            count += _SEPARATOR.fullmatch(text[at]) is None
            at += 1
        out.append(Part(part.role, text[start:at], part.key))
        gap = at
        while at < len(text) and _SEPARATOR.fullmatch(text[at]):
            at += 1
        if at > gap:
            out.append(Part("lit", text[gap:at]))
        if n + 1 == len(parts) and at < len(text):
            out.append(Part("lit", text[at:]))
    return out


def _one_word(piece: str, links: Links) -> list[Part]:
    key = name_key(piece)
    if key in links.roles:
        return [Part(links.roles[key], piece, key)]
    for cut in range(len(piece) - 1, 0, -1):
        front, rest = name_key(piece[:cut]), name_key(piece[cut:])
        if links.roles.get(front) == "surname" and (cut > 1 or links.roles.get(rest) == "given"):
            return [Part("surname", piece[:cut], front), Part("given", piece[cut:], rest)]
    surname = split_surname(piece)
    core = plain(piece)
    alone = len(surname) == 1 and len(core) < 4 and core in book().given and core not in book().surnames  # 翔太
    if len(surname) < len(piece) and not alone:
        given = piece[len(surname) :]
        return [Part("surname", surname, name_key(surname)), Part("given", given, name_key(given))]
    return [Part(_role(core), piece, key)]


def _role(core: str) -> Role:
    """What a single word is: a surname unless only given names know it; a foreign name where no Japanese name is so read."""
    lists, kana = book(), to_katakana(core)
    if _KANA.fullmatch(core):
        if kana in lists.surname_kana:
            return "surname"
        return "given" if kana in lists.given_kana else "token" if _KATAKANA.fullmatch(core) else "surname"
    core = core.translate(VARIANTS)
    return "given" if core not in lists.surnames and core in lists.given else "surname"


class People:
    """Numbers the persons of one report in the order in which they appear; a surname or given name alone is the person who
    was named with it first.
    """

    def __init__(self, links: Links) -> None:
        self._links = links
        self._numbers: dict[tuple[str, str], int] = {}
        self._count = 0

    def number(self, name: str) -> int:
        """The number of the person who is named so."""
        parts = [p for p in read_name(name, self._links) if p.key and p.role != "initial"]
        surname = next((self._links.identity(p.key) for p in parts if p.role in ("surname", "token")), "")
        given = next((self._links.identity(p.key) for p in parts if p.role == "given"), "")
        who = (surname, given) if parts else ("", "lit:" + name)
        patient = self._links.patient
        if patient and who in ((patient[0], ""), ("", patient[1])):
            who = patient
        number = self._numbers.get(who)
        if number is None:
            self._count += 1
            number = self._numbers[who] = self._count
            for part in ((surname, ""), ("", given)):
                if any(part):
                    self._numbers.setdefault(part, number)
        return number


def guess_sex(given: str) -> str:
    """`m`, `f` or empty: the sex a given name is given to, by the list of real names."""
    core = plain(given)
    sexes = pools.given_sexes()
    return sexes.get(core) or sexes.get(to_katakana(core), "")
