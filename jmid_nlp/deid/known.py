"""The record's own identifiers in the text: names, kana, numbers, birth date, physicians, institution, in every spelling.

All looking is done on a canonical copy that keeps every position: variant characters unified, hiragana as katakana, Latin
letters in lower case. Names allow one wrong character, numbers one slip of the keyboard or of character recognition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from jmid_nlp.deid.book import VARIANTS, book, romaji, romaji_key
from jmid_nlp.deid.evidence import KNOWN, Hit
from jmid_nlp.deid.kana import katakana
from jmid_nlp.deid.kanji import KANJI, RUN, split_name
from jmid_nlp.deid.squeezed import Squeezed, bare
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Report
from jmid_nlp.text.dates import find_dates
from jmid_nlp.text.shape import ascii_lower

_SMALL = str.maketrans("ァィゥェォャュョッヵヶヮ", "アイウエオヤユヨツカケワ")
_LATIN = re.compile(r"[a-zāēīōūâêîôû][a-z'’āēīōūâêîôû]+")
_CHUNK = re.compile(r"[0-9A-Za-z|][0-9A-Za-z|\-‐‑–—−ー―/._ \t\n]{1,60}[0-9A-Za-z|]|[0-9A-Za-z]{3,}")
_STRIP = re.compile(r"[^0-9A-Za-z|]")
_OCR = str.maketrans("oOIil|SsBZzD", "001111558220")
_TITLE = re.compile(r"\s?(?:様|さん|氏|殿|先生|医師|Dr|dr|くん|君|ちゃん|部長|教授|技師)")
_TITLE_CUT = re.compile(r"様|氏|殿|君|先生|医師|部長|教授|技師|看護師|医長|講師|助教|主任|さん|くん|ちゃん")
_KANJI_CHAR = re.compile(f"[{KANJI}]")


def _unified(char: str) -> str:
    return katakana(char.translate(VARIANTS)).translate(_SMALL)


#: Variants, hiragana and small kana in one table: each further one would cost another pass.
_UNIFIED = {code: _unified(chr(code)) for code in (*VARIANTS, *range(ord("ぁ"), ord("ヿ")), *_SMALL)}


def canonical(t: str) -> str:
    """The text with variants unified; every position keeps its meaning."""
    return ascii_lower(t).translate(_UNIFIED)


def find_known(t: str, known: Report) -> Iterator[Hit]:
    """The record's own identifiers in a folded text.

    Args:
        t: The folded text.
        known: The record. Fields that are None or too short to tell anything (one character) are passed over.
    """
    people = [(n, "patient") for n in (known.patient_name, known.patient_kana) if n]
    people += [(n, "clinician") for n in known.physicians]
    c = canonical(t) if people or known.birth_date or known.institution else ""
    squeezed = Squeezed(c)
    for name, subtype in people:
        yield from _person(t, c, squeezed, name, subtype)
    for value, subtype in (
        (known.patient_id, "patient"),
        (known.accession_number, "accession"),
        (known.study_uid, "dicom_uid"),
    ):
        if value:
            yield from _number(t, value, subtype)
    if known.birth_date:
        yield from _birth(t, c, known.birth_date)
    if known.institution:
        yield from _institution(c, known.institution)


@lru_cache(maxsize=4096)
def name_parts(name: str) -> tuple[tuple[str, str], ...]:
    """Each spelling of a name given in a record as (surname, given name); the given name is empty where unknown.

    Understands 姓 名, 姓名, カナ, romaji in both orders with or without comma, and DICOM person names with their groups.
    """
    out = []
    for group in fold(name).text.split("="):
        group = re.sub(r"\(.*?\)", " ", group).strip()
        parts = [p for p in re.split(r"[\s^,、・]+", group) if p]
        if not parts:
            continue
        if len(parts) == 1 and RUN.fullmatch(parts[0]):
            cut = split_name(parts[0].translate(VARIANTS))
            parts = [parts[0][:cut], parts[0][cut:]] if cut else [parts[0]]
        elif len(parts) == 1 and not parts[0].isascii():
            kana = katakana(parts[0])
            cut = next(
                (
                    i
                    for i in range(len(kana) - 2, 1, -1)
                    if kana[:i] in book().surname_kana and kana[i:] in book().given_kana
                ),
                0,
            )
            parts = [parts[0][:cut], parts[0][cut:]] if cut else parts
        out.append((canonical(parts[0]), canonical(" ".join(parts[1:]))))
    return tuple(out)


class _Forms(NamedTuple):
    """What is looked for of a name: whole names, the name that may hold a slip, its parts, romaji keys of both names."""

    whole: tuple[str, ...]
    near: tuple[str, ...]
    parts: tuple[str, ...]
    families: frozenset[str]
    givens: frozenset[str]


@lru_cache(maxsize=4096)
def _forms(name: str) -> _Forms:
    whole: list[str] = []
    near: list[str] = []
    parts: list[str] = []
    keys_a: set[str] = set()
    keys_b: set[str] = set()
    for family, given in name_parts(name):
        if family.isascii():
            keys_a.add(romaji_key(family))
            keys_b.update(romaji_key(g) for g in given.split() if len(g) > 1)
            continue
        keys_a.update(romaji_key(romaji(k)) for k in book().readings.get(family, "").split("|") if len(k) > 1)
        if re.fullmatch("[ァ-ヺー ]+", family + given):
            keys_a.add(romaji_key(romaji(family)))
            keys_b.update(romaji_key(romaji(g)) for g in given.split())
        first, last = bare(family), bare(given)
        if len(first + last) > 1:
            whole += [first + last, last + first] if last else [first]
        if len(first + last) > 2:
            near.append(first + last)
        parts += [p for w in (family, *given.split()) if len(p := bare(w)) > 1]
    kept = (frozenset(k for k in keys if len(k) > 1) for keys in (keys_a, keys_b))
    return _Forms(tuple(dict.fromkeys(whole)), tuple(near), tuple(dict.fromkeys(parts)), *kept)


def _person(t: str, c: str, squeezed: Squeezed, name: str, subtype: str) -> Iterator[Hit]:
    forms = _forms(name)
    exact = [span for form in forms.whole for span in squeezed.find(form, 3)]
    slips = [span for form in forms.near for span in squeezed.find_near(form, exact)]
    for start, end in (*exact, *slips):
        if (start, end) not in exact:
            end = _slip_end(t, c, start, end, forms.near)
        yield Hit(start, end, "PERSON", subtype, 1.0, "known.name", KNOWN)
    for form in forms.parts:
        for start, end in squeezed.find(form, 1):
            if _stands_alone(t, start, end):
                yield Hit(start, end, "PERSON", subtype, 0.98, "known.part", KNOWN)
    for family, given in name_parts(name):
        for p in (family, given):
            if len(p) == 1 and not p.isascii():
                yield from _single(t, c, p, subtype)
    if forms.families or forms.givens:
        yield from _latin(c, forms.families, forms.givens, subtype)


def _slip_end(t: str, c: str, start: int, end: int, near: tuple[str, ...]) -> int:
    """The end of a name with a slip, without the first character of a word behind it: 能登谷|先生, 能登谷|Dr, 能登谷　|物理士."""
    last, behind = t[end - 1], t[end : end + 1]
    if any(c[end - 1] == form[-1] for form in near):
        return end  # the slip is elsewhere
    runs_on = (last.isascii() and last.isalpha() and behind.isascii() and behind.isalpha()) or (
        _KANJI_CHAR.match(last) and _KANJI_CHAR.match(behind) and not _TITLE.match(t, end)
    )
    if runs_on or _TITLE_CUT.match(t, end - 1):
        return start + len(t[start : end - 1].rstrip())
    return end


def _stands_alone(t: str, start: int, end: int) -> bool:
    """A part of the patient's name counts unless an eponym's or a place's word follows, or it is inside a kana word."""
    first, last = t[start], t[end - 1]
    before, after = t[start - 1 : start], t[end : end + 1]
    if RUN.match(first):
        return not book().eponym_suffix.begins(t, end) or bool(_TITLE.match(t, end))
    kana = re.compile("[ぁ-ゖ]" if "ぁ" <= first <= "ゖ" else "[ァ-ヺー]")
    if kana.match(first) and len(t[start:end]) < 3 and (kana.match(before) or kana.match(after)):
        return False
    return not (kana.match(first) and kana.match(before) and first >= "ァ") and not (
        kana.match(last) and kana.match(after) and "ァ" <= last <= "ー"
    )


def _single(t: str, c: str, part: str, subtype: str) -> Iterator[Hit]:
    """A part of one character: only where a title follows or it stands between spaces or marks."""
    at = c.find(part)
    while at >= 0:
        before, after = t[at - 1 : at], t[at + 1 : at + 2]
        if _TITLE.match(t, at + 1) and not (_KANJI_CHAR.match(before) and before not in tuple("者医科の")):
            yield Hit(at, at + 1, "PERSON", subtype, 0.95, "known.part", KNOWN)
        elif (
            not _KANJI_CHAR.match(before or " ")
            and (not after or after in "、。,\n)」】 　/")
            and (not before or before in "\n :：、,（(「【 　=>")
        ):
            yield Hit(at, at + 1, "PERSON", subtype, 0.9, "known.part", KNOWN)
        at = c.find(part, at + 1)


def _latin(c: str, families: frozenset[str], givens: frozenset[str], subtype: str) -> Iterator[Hit]:
    words = [(m.start(), m.end(), romaji_key(m[0])) for m in _LATIN.finditer(c)]
    for start, end, key in words:
        if (
            key in families
            or key in givens
            or (len(key) >= 5 and any(_near(key, k) for k in families | givens if len(k) >= 5))
        ):
            start, end = _with_initial(c, start, end)
            yield Hit(start, end, "PERSON", subtype, 0.97, "known.romaji", KNOWN)
        else:
            for a in families:
                for b in givens:
                    if key in (a + b, b + a):
                        yield Hit(start, end, "PERSON", subtype, 0.97, "known.romaji", KNOWN)
    yield from _joined(c, words, families, givens, subtype)


def _joined(
    c: str, words: list[tuple[int, int, str]], families: frozenset[str], givens: frozenset[str], subtype: str
) -> Iterator[Hit]:
    """A surname and a given name side by side as one span: YAMADA^TARO, Yamada, Taro."""
    for (s1, e1, k1), (s2, e2, k2) in zip(words, words[1:], strict=False):
        pair = (k1 in families and k2 in givens) or (k2 in families and k1 in givens)
        if pair and re.fullmatch(r"[\s,^._\-]{0,3}", c[e1:s2]):
            yield Hit(s1, e2, "PERSON", subtype, 0.99, "known.romaji", KNOWN)


def _with_initial(c: str, start: int, end: int) -> tuple[int, int]:
    if m := re.search(r"(?<![a-z])[a-z]\.[ ]?\Z", c[max(0, start - 4) : start]):
        start -= len(m[0])
    if m := re.match(r",? [a-z](?:\.|(?![a-z0-9]))", c[end : end + 4]):
        end += len(m[0])
    return start, end


def _near(a: str, b: str) -> bool:
    """True where one insertion, deletion, exchange or swap of neighbours leads from one string to the other."""
    if a == b:
        return True
    if abs(len(a) - len(b)) > 1:
        return False
    i = 0
    while i < min(len(a), len(b)) and a[i] == b[i]:
        i += 1
    if len(a) == len(b):
        return a[i + 1 :] == b[i + 1 :] or (a[i : i + 2] == b[i : i + 2][::-1] and a[i + 2 :] == b[i + 2 :])
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[i + 1 :] == shorter[i:]


def _plain(value: str) -> str:
    return _STRIP.sub("", value).translate(_OCR).lower()


def _number(t: str, value: str, subtype: str) -> Iterator[Hit]:
    """A number with other separators, spaces, leading zeros dropped or added, or one slip."""
    want = _plain(fold(value).text)
    core = want.lstrip("0") or want
    if len(core) < 2:
        return
    for m in _CHUNK.finditer(t):
        found = _plain(m[0])
        if found == want or (found.lstrip("0") == core and len(core) >= 3) or (len(want) >= 5 and _near(found, want)):
            yield Hit(m.start(), m.end(), "ID", subtype, 1.0, "known.number", KNOWN)
        elif len(want) >= 4:
            yield from _inside(m, want, subtype)


def _inside(m: re.Match[str], want: str, subtype: str) -> Iterator[Hit]:
    """The number inside a longer chunk, by its positions there."""
    at = [i for i, ch in enumerate(m[0]) if not _STRIP.match(ch)]
    plain = "".join(m[0][i] for i in at).translate(_OCR).lower()
    sizes = (len(want),) if len(want) < 6 else (len(want), len(want) - 1, len(want) + 1)
    last = -1
    for size in sizes:
        for k in range(len(plain) - size + 1):
            window = plain[k : k + size]
            if k < last or not (window == want if size == len(want) and len(want) < 6 else _near(window, want)):
                continue
            start, end = m.start() + at[k], m.start() + at[k + size - 1] + 1
            yield Hit(start, end, "ID", subtype, 0.99, "known.number", KNOWN)
            last = k + size


def _birth(t: str, c: str, value: str) -> Iterator[Hit]:
    """The birth date in any calendar and script, and its bare digits."""
    own = [d for d in find_dates(value) if d.year and d.month and d.day]
    if not own:
        return
    year, month, day = own[0].year, own[0].month, own[0].day
    assert year is not None
    for d in find_dates(t, folded=True):
        same = (d.year == year or (d.year or 0) % 100 == year % 100) + (d.month == month) + (d.day == day)
        if same == 3 or (same == 2 and d.year and d.day):
            yield Hit(d.start, d.end, "DATE", "birth", 1.0, "known.birth", KNOWN)
    for m in _birth_pattern(year, month or 0, day or 0).finditer(t):
        yield Hit(m.start(), m.end(), "DATE", "birth", 1.0, "known.birth", KNOWN)


@lru_cache(maxsize=4096)
def _birth_pattern(year: int, month: int, day: int) -> re.Pattern[str]:
    eras = [
        (start, names)
        for start, names in (
            (1867, "明治|明|M|m"),
            (1911, "大正|大|T|t"),
            (1925, "昭和|昭|S|s"),
            (1988, "平成|平|H|h"),
            (2018, "令和|令|R|r"),
        )
        if year > start
    ]
    years = [str(year), f"['’]?{year % 100:02d}"]
    for start, names in eras[-2:]:
        number = year - start
        years.append(f"(?:{names})[.\\s]?0?{number}" + ("|(?:" + names + ")元" if number == 1 else ""))
    y = "(?:" + "|".join(years) + ")"
    sep = r"[\s年月日/.\-‐–—−ー・,、]{1,3}"
    return re.compile(
        rf"(?<![0-9A-Za-z]){y}{sep}0?{month}{sep}0?{day}(?![0-9])日?"
        rf"|(?<![0-9]){year}\s?{month:02d}\s?{day:02d}(?![0-9])"
        rf"|(?<![0-9A-Za-z])(?:{'|'.join(f'(?:{n})0?{year - s}' for s, n in eras[-2:]) or year}){month:02d}{day:02d}(?![0-9])"
        rf"|(?<![0-9.])0?{month}/0?{day}/{year}(?![0-9])|(?<![0-9.])0?{day}/0?{month}/{year}(?![0-9])"
        rf"|(?<![0-9年]){month}月\s?{day}日(?=生)"
    )


def _institution(c: str, value: str) -> Iterator[Hit]:
    name = canonical(fold(value).text)
    plain = re.sub(r"\s+", "", name)
    if len(plain) < 2:
        return
    forms = {plain}
    stem = re.sub(
        r"(?:大学)?(?:医学部)?(?:附属|付属)?(?:総合|中央)?(?:病院|医療センター|クリニック|医院|センター|診療所)$",
        "",
        plain,
    )
    if len(stem) >= 3 and stem not in book().surnames:
        forms.add(stem)
    if "大学" in plain:
        forms.add(plain[: plain.index("大学") + 2])
        if plain.index("大学") >= 2:
            forms.add(plain[: plain.index("大学")] + "大")
    for form in sorted(forms, key=lambda f: (-len(f), f)):
        for m in re.finditer(r"\s{0,2}".join(map(re.escape, form)), c):
            yield Hit(m.start(), m.end(), "FACILITY", "institution", 0.98, "known.institution", KNOWN)
