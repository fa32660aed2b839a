"""Names that their place in a line proves: at the head of a report, before a reading, in a signature at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.evidence import GRAMMAR, LISTED, WEAK, Hit
from jmid_nlp.deid.kana import katakana
from jmid_nlp.deid.kanji import (
    AMBIGUOUS,
    FULL,
    KANJI,
    NO,
    PARTLY,
    RARE,
    RUN,
    SURNAME,
    UNKNOWN,
    grade,
    split_name,
)
from jmid_nlp.deid.latin import is_surname
from jmid_nlp.deid.likeness import BODY
from jmid_nlp.deid.namescan import kana_known, name_at
from jmid_nlp.deid.worth import is_term, medical_runs, value
from jmid_nlp.text.lazy import lazy

# a number, age, sex, kana or birth date behind a name at the beginning of a line
HEADER_RIGHT = re.compile(
    r"[ \t]{0,3}[、,/|(（\[【・:;]?[ \t]{0,3}(?:\d{1,3}[ \t]?(?:歳|才|y|Y|代|か月|ヶ月|カ月|"
    r"[MF](?![A-Za-z])|男|女)|[男女](?:性|児)?(?![ァ-ヺ])|[MF](?![A-Za-z])|(?:生年月日|ID|患者|DOB|TEL|〒)|"
    r"[ァ-ヺ]{2,}[ \t]+[ァ-ヺ]{2,}|[ぁ-ゖ]{2,}[ \t]+[ぁ-ゖ]{2,}|"
    r"(?:明治|大正|昭和|平成|令和|[MTSHR]\d{1,2}[./年])|(?:19|20)\d\d[年/.\-]|[A-Z]{0,3}[\-]?\d{4,})"
)

_KANA_PAREN = re.compile(
    r"[(\[「/][ \t]?([ァ-ヺーぁ-ゖ]{2,9}(?:[ \t・][ァ-ヺーぁ-ゖ]{1,9}){0,3}|[A-Z][A-Za-z'’\-]+(?:,? "
    r"[A-Z][A-Za-z'’\-]*){1,4})[ \t]?[)\]」/、,]"
)

TWO_WORDS = lazy(
    f"(?<![{KANJI}A-Za-z0-9])([{KANJI}]{{1,5}})(?:[ \t]{{1,2}}|&nbsp;)([{KANJI}]{{1,4}}(?![{KANJI}])|"
    f"(?:[ぁ-ゖ]{{1,3}}[{KANJI}]{{1,2}}|[ァ-ヺ]{{1,3}}[{KANJI}])(?:(?![{KANJI}])|(?=様|殿|氏|君|先生))|[ぁ-ゖ]{{2,5}}|[ァ-ヺー]{{2,5}}(?![ァ-ヺー]))"
)

_LINE = re.compile(r"[^\n]+")

_SIGN_TRASH = re.compile(
    r"[ \t]*(?:以上|拝|記|印|\(?印\)?|\d{1,4}[年/.\-]\d{1,2}[月/.\-]?(?:\d{1,2}日?)?|(?:明治|大正|昭和|平成|"
    r"令和|[MTSHR])\d{1,2}[年./\-]\d{1,2}[月./\-]\d{1,2}日?|\d{1,2}:\d{2}(?::\d{2})?|\d{1,2}[/月]\d{1,2}日?|"
    r"[()\[\]【】「」.。:;,、/\-ー―_*＊※=~<>|]|MD|M\.D\.|PhD|Ph\.D\.|先生|医師|[ \t])*"
)


def find_lines(t: str) -> Iterator[Hit]:
    """Names that their place in a line proves: before age, sex, birth date or kana; alone in a signature line."""
    lines = list(_LINE.finditer(t))
    for i, line in enumerate(lines):
        yield from _header(t, line)
        last = i >= len(lines) - 2 or (i + 2 < len(lines) and not lines[i + 1][0].strip())
        yield from _signature(t, line, last=last, only=len(lines) == 1)
    yield from _before_kana(t)
    if _KANA_GAP.search(t):
        yield from _kana_pairs(t)
    if lines:
        yield from _trailing(t, lines[-1])


_KANA_GAP = re.compile(r"[ \t](?<=[ぁ-ヺー].)[ \t]?[ぁ-ヺ]")
_KANA_PAIR = re.compile(
    r"(?<![ァ-ヺー・])([ァ-ヺー]{2,6})[ \t]{1,2}([ァ-ヺー]{2,6})(?![ァ-ヺー・])|"
    r"(?<![ぁ-ゖ0-9])([ぁ-ゖー]{2,6})[ \t]{1,2}([ぁ-ゖー]{2,6})(?![ぁ-ゖ])"
)


def _kana_pairs(t: str) -> Iterator[Hit]:
    """Surname and given name in kana with a space between, both known."""
    for m in _KANA_PAIR.finditer(t):
        family, given = katakana(m[1] or m[3]), katakana(m[2] or m[4])
        if family in book().surname_kana and given in book().given_kana:
            yield Hit(m.start(), m.end(), "PERSON", "bare", 0.8, "names.kana", LISTED)


def _header(t: str, line: re.Match[str]) -> Iterator[Hit]:
    """`原 正、68歳`, `一尺八寸 亘 S26/2/8` at the beginning of a line or sentence."""
    first, stop = line.start() + len(line[0]) - len(line[0].lstrip(" \t-・●■◆○□*#")), line.end()
    starts = [
        first,
        *(m.end() for m in _HEAD_MARK.finditer(t, line.start(), min(stop, line.start() + 120)) if m.end() > first),
    ]
    for at in starts:
        if at >= stop:
            return
        if "ァ" <= t[at] <= "ヺ":
            m = _FOREIGN.match(t, at)
            if m and HEADER_RIGHT.match(t, m.end()) and not _form_words(m[0]):
                yield Hit(at, m.end(), "PERSON", "patient", 0.85, "names.header", GRAMMAR)
            continue
        run = RUN.match(t, at)
        if run is None or len(run[0]) > 8:
            continue
        m = TWO_WORDS.match(t, at) if t[run.end() : run.end() + 1] in (" ", "\t") else None
        if m is None and not _may_head(run[0]):
            continue
        ends = [m.end()] if m else []
        if grade(run[0]) >= AMBIGUOUS:
            ends.append(name_at(t, at, hard=True)[0])
        for end in [*ends, run.end()]:
            name = "".join(t[at:end].split())
            if end <= at or not HEADER_RIGHT.match(t, end):
                continue
            g = grade(name) if RUN.fullmatch(name) else FULL
            if g >= RARE or (g >= UNKNOWN and end > run.end() and len(name) <= 7) or _short_full(name):
                yield Hit(at, end, "PERSON", "patient", 0.8, "names.header", GRAMMAR)
                break


_HEAD_MARK = re.compile(r"[。/|】)] ?")


@lru_cache(maxsize=65536)
def _may_head(run: str) -> bool:
    return grade(run) != NO or _short_full(run)


def _form_words(text: str) -> bool:
    """True where words in kana are words of a form or of medicine."""
    words = re.findall("[ァ-ヺー]+", text)
    return any(w in stop_words("value_kana") or w in medical_runs() for w in words)


_FOREIGN = re.compile(r"[ァ-ヺー]{1,12}(?:[・ ][ァ-ヺー]{1,12}){1,5}(?:[ \t]?\([A-Z][A-Za-z'’\- ,]{3,40}\))?")


def _short_full(name: str) -> bool:
    """A full name of two characters, such as 原正: too weak without an age behind it."""
    plain = name.translate(VARIANTS)
    return bool(split_name(plain)) or (
        len(plain) == 2 and plain[0] in book().surnames and plain[1] in book().given and plain not in book().plain_words
    )


def _chinese(name: str) -> bool:
    """A name such as 李浩然: a surname of one character and a given name, no word as a whole."""
    plain = name.translate(VARIANTS)
    b = book()
    return 2 <= len(plain) <= 3 and b.surnames.get(plain[0]) == "single" and plain not in b.no_names


def _before_kana(t: str) -> Iterator[Hit]:
    """A name with its reading in brackets: 骨脇 亘(ほねわき わたる), and the reading itself."""
    for m in _KANA_PAREN.finditer(t):
        stop = m.start() - (t[m.start() - 1 : m.start()] in (" ", "\t"))
        low = max(t.rfind("\n", 0, stop) + 1, stop - 12)
        before = re.search(f"(?:[{KANJI}]{{1,5}}[ \t]{{1,2}})?[{KANJI}]{{1,6}}\\Z", t[low:stop])
        reading = m[1]
        parts = reading.replace("・", " ").split()
        known = any(kana_known(p) if not p.isascii() else is_surname(p.strip(",")) for p in parts)
        if before is None:
            continue
        known = known or (reading.isascii() and len(parts) > 1 and _chinese("".join(before[0].split())))
        two = before[0].split()
        known = known or (len(two) == 2 and two[1].translate(VARIANTS) in book().given and len(reading) > 2)
        if not known:
            continue
        name = "".join(before[0].split())
        if len(name) < 2 or len(name) > 8 or name in book().no_names or is_term(name):
            continue
        if len(parts) > 1 or len(two) == 2 or grade(name) >= RARE:
            start = low + before.start()
            yield Hit(start, stop, "PERSON", "patient", 0.9, "names.reading", GRAMMAR)
            yield Hit(m.start(1), m.end(1), "PERSON", "patient", 0.9, "names.reading", GRAMMAR)


def _signature(t: str, line: re.Match[str], *, last: bool, only: bool) -> Iterator[Hit]:
    """A line that holds only a name, or a department and a name, with or without a date."""
    if only or len(line[0].strip()) > 40:
        return
    trash = _SIGN_TRASH.match(t, line.start(), line.end())
    at = trash.end() if trash else line.start()
    at = _past_department(t, at)
    if at >= line.end():
        return
    end, g = name_at(t, at, hard=last)
    if end > at and _no_signature(t, at, end, line):
        return
    if (
        end == at
        or g < (UNKNOWN if last else AMBIGUOUS)
        or (not RUN.match(t, at) and g < SURNAME and not t[at].isascii())
    ):
        return
    if (t[at].isascii() and not last) or ("ぁ" <= t[at] <= "ゖ" and not (g == FULL and re.search(r"[ \t]", t[at:end]))):
        return
    rest = _SIGN_TRASH.match(t, end, line.end())
    if rest is None:
        return
    if rest.end() != line.end():
        second, g2 = name_at(t, rest.end(), hard=last)
        more = _SIGN_TRASH.match(t, second, line.end())
        if (
            g < AMBIGUOUS
            or g2 < AMBIGUOUS
            or second == rest.end()
            or more is None
            or more.end() != line.end()
            or not RUN.match(t, rest.end())
        ):
            return
        yield Hit(rest.end(), second, "PERSON", "signature", 0.75, "names.signature", GRAMMAR)
    score = 0.8 if g >= RARE else 0.6
    if g in (UNKNOWN, PARTLY) and (end - at < 2 or end - at > 5):
        return
    if t[at].isascii() and (t[end : end + 1] == "|" or (at and t[at - 1] == "|")):
        return
    if t[at].isascii() and g < FULL and not re.match(r"[A-Z]", t[at:]):
        return
    yield Hit(at, end, "PERSON", "signature", score, "names.signature", GRAMMAR if g >= AMBIGUOUS else WEAK)


def _no_signature(t: str, at: int, end: int, line: re.Match[str]) -> bool:
    """True for a heading in kana, a spaced label, and an abbreviation that is not the report's last line."""
    joined = "".join(t[at:end].split())
    if joined[-1] in "様殿御" or (RUN.match(joined) and is_term(joined)):
        return True
    if "ァ" <= t[at] <= "ヺ" and not all(kana_known(w) for w in re.split("[ ・]", t[at:end])):
        return True
    if joined in book().no_names or joined in medical_runs():
        signed = len(joined) == 1 and joined in book().surnames and joined not in BODY
        return not signed or t[line.end() :].strip() != "" or not t[: line.start()].rstrip().endswith(("。", ".", ")"))
    if t[at].isascii() and any(w.strip(".").lower() in stop_words("romaji_like") for w in t[at:end].split()):
        return True
    return joined.isupper() and len(joined) < 5 and t[line.end() :].strip() != ""


def _past_department(t: str, at: int) -> int:
    for _ in range(3):
        run = RUN.match(t, at)
        if run is None:
            return at
        word = run[0]
        size = next(
            (n for n in range(len(word), 1, -1) if word[:n] in book().depts or word[:n] in book().role_words), 0
        )
        if not size or grade(word) >= RARE:
            return at
        at = run.start() + size
        while at < len(t) and t[at] in " \t/・:":
            at += 1
    return at


_LAST = lazy(
    f"[。.)）」】\\s]\\s{{0,12}}[(（\\[【〔/]?\\s{{0,2}}([{KANJI}]{{1,5}}(?:[ \t]{{1,2}}[{KANJI}]{{1,4}})?)"
    "\\s{0,2}[)）\\]】〕]?[。]?\\s{0,4}\\Z"
)

_SIGNED = re.compile(r"[。.)）\s/] ?/ ?([A-Z]{2}|[A-Z]\.[A-Z]\.?)\s*\Z")


def _trailing(t: str, line: re.Match[str]) -> Iterator[Hit]:
    """A name behind the last sentence: …同意あり。鹿沼, (関)."""
    m = _LAST.search(t, max(0, len(t) - 40))
    if m is None:
        if signed := _SIGNED.search(t, max(0, len(t) - 12)):
            yield Hit(signed.start(1), signed.end(1), "PERSON", "initials", 0.6, "names.signature", WEAK)
        return
    name = "".join(m[1].split())
    g = grade(name)
    alone = (
        t[m.start(1) - 1 : m.start(1)] in "(（[【〔/" or m[0][0] in "。.\n" or m[0].count(" ") + m[0].count("\n") > 0
    )
    if (
        g >= RARE
        or (g == AMBIGUOUS and alone and name not in book().terms)
        or (g in (UNKNOWN, PARTLY) and alone and 2 <= len(name) <= 4 and value(name) > 0.8 and m[0][0] in "。.\n )")
        or (len(name) == 1 and alone and value(name) > 0 and m[0][0] in "。.\n )")
    ):
        yield Hit(
            m.start(1),
            m.end(1),
            "PERSON",
            "signature",
            0.75 if g >= RARE else 0.55,
            "names.signature",
            GRAMMAR if g >= RARE else WEAK,
        )
