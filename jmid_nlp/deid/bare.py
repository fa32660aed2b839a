"""Names without label or title: alone in a run of kanji, at the head of a report, in a signature at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import VARIANTS, book, katakana, stop_words
from jmid_nlp.deid.evidence import GRAMMAR, LISTED, WEAK, Hit
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
    bare_names,
    grade,
    split_name,
    tail_name,
)
from jmid_nlp.deid.latin import is_surname
from jmid_nlp.deid.persons import kana_known, name_at
from jmid_nlp.lexicon import read_table, split_forms

# what follows a name in running text; okurigana of verbs and adjectives is none of it
_RIGHT = re.compile(
    r"$|[\s、。,.)」』】\]/|;:>\"'<&・\-→~(（「【+=^]|先生|Dr|[A-Z]|\d|から|より|まで|へ|に(?!く)|と(?!な|し)|が|は|を|の|も|で(?!き)|や(?!す)|です|さん|くん|ちゃん|さま|様|氏|殿|か[、。]|ら[、。に]|拝|@|※|★|〒"
)
_LEFT_OK = re.compile(
    r"(?:^|[\s、。,.(（「『【\[/|;:>#\"'<&・\-→~)）」』】\]+=@※はがをにとへでのもやばりるたてすくいかしれらけよ]|[A-Za-z0-9])\Z"
)
# a number, age, sex, kana or birth date behind a name at the beginning of a line
_HEADER_RIGHT = re.compile(
    r"[ \t]{0,3}[、,/|(（\[【・:;]?[ \t]{0,3}(?:\d{1,3}[ \t]?(?:歳|才|y|Y|代|か月|ヶ月|カ月|"
    r"[MF](?![A-Za-z])|男|女)|[男女](?:性|児)?(?![ァ-ヺ])|[MF](?![A-Za-z])|(?:生年月日|ID|患者|DOB|TEL|〒)|"
    r"[ァ-ヺ]{2,}[ \t]+[ァ-ヺ]{2,}|[ぁ-ゖ]{2,}[ \t]+[ぁ-ゖ]{2,}|"
    r"(?:明治|大正|昭和|平成|令和|[MTSHR]\d{1,2}[./年])|(?:19|20)\d\d[年/.\-]|[A-Z]{0,3}[\-]?\d{4,})"
)
_KANA_PAREN = re.compile(
    r"[ \t]?[(\[「/][ \t]?([ァ-ヺーぁ-ゖ]{2,9}(?:[ \t・][ァ-ヺーぁ-ゖ]{1,9}){0,3}|[A-Z][A-Za-z'’\-]+(?:,? "
    r"[A-Z][A-Za-z'’\-]*){1,4})[ \t]?[)\]」/、,]"
)
_TWO_WORDS = re.compile(
    f"(?<![{KANJI}A-Za-z0-9])([{KANJI}]{{1,5}})[ \t]{{1,2}}([{KANJI}]{{1,4}}|[ぁ-ゖ]{{2,5}}|[ァ-ヺー]{{2,5}})(?![{KANJI}])"
)
_LINE = re.compile(r"[^\n]+")
_SIGN_TRASH = re.compile(
    r"[ \t]*(?:以上|拝|記|印|\(?印\)?|\d{1,4}[年/.\-]\d{1,2}[月/.\-]?(?:\d{1,2}日?)?|(?:明治|大正|昭和|平成|"
    r"令和|[MTSHR])\d{1,2}[年./\-]\d{1,2}[月./\-]\d{1,2}日?|\d{1,2}:\d{2}(?::\d{2})?|\d{1,2}[/月]\d{1,2}日?|"
    r"[()\[\]【】「」.。:;,、/\-ー―_*＊※=~<>|]|MD|M\.D\.|PhD|Ph\.D\.|先生|医師|[ \t])*"
)


def find_bare(t: str) -> Iterator[Hit]:
    """Surnames and full names that stand alone in their run of kanji, judged by what stands beside them."""
    text = t
    for run in RUN.finditer(text):
        for start, end, g, left in bare_names(run[0]):
            at, stop = run.start() + start, run.start() + end
            whole = end == len(run[0])
            if whole and not _RIGHT.match(text, stop):
                continue
            if not left and start == 0 and at and not _LEFT_OK.search(text[at - 1 : at]):
                continue
            if _SAID_SO.match(text, stop) or (at > 1 and text[at - 1] == "(" and text[at - 2] in "炎病症群腫型術法"):
                continue
            if g >= SURNAME and _eponym(text, stop):
                continue
            if g >= SURNAME:
                yield from _with_given(text, at, stop, g)
            elif left and g in (AMBIGUOUS, RARE) and _behind_department(text, run[0], start, end, stop):
                yield Hit(at, stop, "PERSON", "staff", 0.6, "names.department", LISTED)
    yield from _pairs(text)
    yield from find_tasks(text)


_COMPOUND = stop_words("compound")
_SAID_SO = re.compile(r"の(?:よう|ごと|如)|製(?!薬)|社製|の(?:透視|装置|機器|撮影装置|CT装置|MRI装置)|様の|状")
_LOOSE = stop_words("loose_department")


def _behind_department(t: str, run: str, start: int, end: int, stop: int) -> bool:
    return run[start:end] not in _COMPOUND and _RIGHT.match(t, stop) is not None and _firm(run[:start])


def _firm(before: str) -> bool:
    """True for a department or role that is no part of the body and no plain noun."""
    return before not in _LOOSE and before in book().before_name


def _eponym(t: str, at: int) -> bool:
    return t.startswith(book().eponym_suffix, at) or bool(_EPONYM_MORE.match(t, at))


_EPONYM_MORE = re.compile(
    r"[氏の](?:病|法|分類|手術|基準|徴候|術式|式)|[-・‐\-][^\s、。]{1,8}(?:病|症候群|分類|法|型|現象|三角|"
    r"手術)|[- ]?(?:stage|grade|type|Stage|Grade|Type|score|分類|法|式)"
)


def _with_given(t: str, at: int, stop: int, g: int) -> Iterator[Hit]:
    end, more = name_at(t, at, hard=False)
    if end > stop and more == FULL:
        stop, g = end, FULL
    score = 0.85 if g == FULL else 0.7
    yield Hit(at, stop, "PERSON", "bare", score, "names.bare", GRAMMAR if g == FULL else LISTED)


def _pairs(t: str) -> Iterator[Hit]:
    """Surname and given name with a space between: 山田 太郎, 伊集院 節, 佐藤 みどり."""
    for m in _TWO_WORDS.finditer(t):
        start, family, given = m.start(), m[1], m[2].translate(VARIANTS)
        if not (given in book().given or kana_known(given)) or given in book().not_given:
            continue
        g = grade(family)
        if g < AMBIGUOUS:
            size, tail, clean = tail_name(family)
            cut = next((n for n in range(min(5, len(family) - 1), 1, -1) if family[:n] in _tasks()), 0)
            if cut and grade(family[cut:]) >= AMBIGUOUS:
                size, tail, clean = len(family) - cut, grade(family[cut:]), True
            if clean and size < len(family) and tail >= AMBIGUOUS:
                start, family, g = start + len(family) - size, family[-size:], tail
        closed = _PAIR_END.match(t, m.end()) is not None
        headed = _HEADER_RIGHT.match(t, m.end()) is not None
        plain_given = given in book().words
        if len(family) == 1:
            good = headed or (g >= AMBIGUOUS and not plain_given and len(given) > 1)
        elif g >= RARE:
            good = not plain_given or headed or closed
        else:
            good = g > NO and (headed or (closed and not plain_given))
        if good:
            yield Hit(start, m.end(), "PERSON", "bare", 0.85 if g >= RARE else 0.7, "names.bare", GRAMMAR)


_PAIR_END = re.compile(r"[ \t]*(?:$|[\n、。,)」』】\]|/;(（<\"'・])")


@cache
def _tasks() -> frozenset[str]:
    return frozenset(f for r in read_table("phi/tasks.tsv", ("form",)) for f in split_forms(r["form"]))


_LIST_LEFT = re.compile(r"(?:\A|[\s、。/:|(（;・→ー])\Z")
_LIST_RIGHT = re.compile(
    r"[ \t]*(?:$|[\n、。/)|;→・]|[ \t][A-Z0-9])|へ|より|と(?:連絡|確認|協議|相談)|に(?:連絡|報告|確認)"
)


def find_tasks(t: str) -> Iterator[Hit]:
    """Names directly behind a task word in a list: 撮影須磨／一次蘆田／確定飛騨, CRC益城."""
    for run in RUN.finditer(t):
        word = run[0]
        if not 3 <= len(word) <= 9 or word in book().no_names:
            continue
        size = next((n for n in range(min(5, len(word) - 1), 1, -1) if word[:n] in _tasks() or _firm(word[:n])), 0)
        name = word[size:]
        least = UNKNOWN if size and _firm(word[:size]) and 2 <= len(name) <= 3 else AMBIGUOUS
        if not size or name in _COMPOUND or len(name) > 4 or grade(name) < least:
            continue
        before, after = t[max(0, run.start() - 1) : run.start()], run.end()
        if not _LIST_LEFT.search(before) or not _LIST_RIGHT.match(t, after) or name in book().terms:
            continue
        yield Hit(run.start() + size, run.end(), "PERSON", "staff", 0.7, "names.task", LISTED)


def find_lines(t: str) -> Iterator[Hit]:
    """Names that their place in a line proves: before age, sex, birth date or kana; alone in a signature line."""
    lines = list(_LINE.finditer(t))
    for i, line in enumerate(lines):
        yield from _header(t, line)
        last = i >= len(lines) - 2 or (i + 2 < len(lines) and not lines[i + 1][0].strip())
        yield from _signature(t, line, last=last, only=len(lines) == 1)
    yield from _before_kana(t)
    yield from _kana_pairs(t)
    if lines:
        yield from _trailing(t, lines[-1])


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
    starts = {line.start() + len(line[0]) - len(line[0].lstrip(" \t-・●■◆○□*#"))}
    starts |= {line.start() + m.end() for m in re.finditer(r"[。/|】)] ?", line[0][:120])}
    for at in sorted(s for s in starts if s < line.end()):
        if "ァ" <= t[at] <= "ヺ":
            m = _FOREIGN.match(t, at)
            if m and _HEADER_RIGHT.match(t, m.end()):
                yield Hit(at, m.end(), "PERSON", "patient", 0.85, "names.header", GRAMMAR)
            continue
        run = RUN.match(t, at)
        if run is None or len(run[0]) > 8:
            continue
        m = _TWO_WORDS.match(t, at)
        if m is None and grade(run[0]) == NO and not _short_full(run[0]):
            continue
        ends = [m.end()] if m else []
        if grade(run[0]) >= AMBIGUOUS:
            ends.append(name_at(t, at, hard=True)[0])
        for end in [*ends, run.end()]:
            name = "".join(t[at:end].split())
            if end <= at or not _HEADER_RIGHT.match(t, end):
                continue
            g = grade(name) if RUN.fullmatch(name) else FULL
            if g >= RARE or (g >= UNKNOWN and end > run.end() and len(name) <= 7) or _short_full(name):
                yield Hit(at, end, "PERSON", "patient", 0.8, "names.header", GRAMMAR)
                break


_FOREIGN = re.compile(r"[ァ-ヺー]{1,12}(?:[・ ][ァ-ヺー]{1,12}){1,5}(?:[ \t]?\([A-Z][A-Za-z'’\- ,]{3,40}\))?")


def _short_full(name: str) -> bool:
    """A full name of two characters, such as 原正: too weak without an age behind it."""
    plain = name.translate(VARIANTS)
    return bool(split_name(plain)) or (
        len(plain) == 2 and plain[0] in book().surnames and plain[1] in book().given and plain not in book().plain_words
    )


def _before_kana(t: str) -> Iterator[Hit]:
    """A name with its reading in brackets: 骨脇 亘(ほねわき わたる), and the reading itself."""
    for m in _KANA_PAREN.finditer(t):
        low = max(t.rfind("\n", 0, m.start()) + 1, m.start() - 12)
        before = re.search(f"(?:[{KANJI}]{{1,5}}[ \t]{{1,2}})?[{KANJI}]{{1,6}}\\Z", t[low : m.start()])
        reading = m[1]
        parts = reading.replace("・", " ").split()
        known = any(kana_known(p) if not p.isascii() else is_surname(p.strip(",")) for p in parts)
        if before is None or not known:
            continue
        name = "".join(before[0].split())
        if len(name) < 2 or len(name) > 8 or name in book().no_names:
            continue
        if len(parts) > 1 or grade(name) >= RARE:
            start = low + before.start()
            yield Hit(start, m.start(), "PERSON", "patient", 0.9, "names.reading", GRAMMAR)
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


_LAST = re.compile(
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
        or (g in (UNKNOWN, PARTLY) and alone and 2 <= len(name) <= 4 and m[0][0] in "。.\n )")
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
