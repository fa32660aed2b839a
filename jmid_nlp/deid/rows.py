"""Names that the shape of several lines proves: who speaks in a chat, and the column of names in a list of work or beds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from jmid_nlp.deid.book import book, stop_words
from jmid_nlp.deid.evidence import LISTED, Hit
from jmid_nlp.deid.kana import katakana
from jmid_nlp.deid.kanji import KANJI, RUN
from jmid_nlp.deid.latin import is_given, is_surname
from jmid_nlp.deid.worth import medical_runs, roles, value
from jmid_nlp.text.lazy import lazy

_SPEAKER = lazy(
    rf"^[ \t]{{0,4}}(?:\[?\d{{1,2}}:\d{{2}}\]?[ \t]{{0,2}})?(?P<a>[{KANJI}]{{1,4}})"
    rf"(?:[ \t]{{0,2}}(?:→|->|⇒|>)[ \t]{{0,2}}(?P<b>[{KANJI}]{{1,4}}))?[ \t]?(?::|>|「)",
    re.MULTILINE,
)
_SAYS = lazy(rf"^[ \t]{{0,4}}(?:\[?\d{{1,2}}:\d{{2}}\]?[ \t]{{0,2}})?([{KANJI}]{{1,4}})[ \t]?(?:>|「)", re.MULTILINE)
_CHAT = lazy(
    rf"^[ \t]{{0,4}}\[?\d{{1,2}}:\d{{2}}(?::\d\d)?\]?[ \t]{{1,3}}"
    rf"([{KANJI}]{{1,4}}|[ぁ-ゖ]{{2,6}}|[ァ-ヺー]{{2,8}}|[A-Z][a-z]{{1,12}})"
    r"(?=[ \t]?[:>「]|[ \t]{1,3}[^\s:])",
    re.MULTILINE,
)
_SPEAKS = lazy(
    rf"^[ \t]{{0,4}}([{KANJI}]{{1,4}}|[ぁ-ゖー]{{2,6}}|[ァ-ヺー]{{2,8}}|[A-Z][a-z]{{1,12}})[ \t]?[:>「]", re.MULTILINE
)
_FIELD = re.compile(r"[^ \t]+")
_NAME_CELL = lazy(rf"[{KANJI}]{{1,4}}")
_LINE = re.compile(r"[^\n]+")


def find_rows(t: str) -> Iterator[Hit]:
    """Names by the shape of several lines."""
    if "\n" not in t:
        return
    if ":" in t or ">" in t or "「" in t:
        yield from dict.fromkeys([*_speakers(t), *_timed(t)])
        yield from _dialogue(t)
        for m in _SAYS.finditer(t):
            if value(m[1]) >= 1.5 and m[1] not in roles() and m[1] not in book().labels:
                yield Hit(m.start(1), m.end(1), "PERSON", "staff", 0.7, "names.speaker", LISTED)
    yield from _columns(t)


def _dialogue(t: str) -> Iterator[Hit]:
    """Who speaks where three lines or more begin with somebody and a mark, in any script, and somebody speaks twice."""
    said: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for m in _SPEAKS.finditer(t):
        said[m[1]].append(m.span(1))
    people = {w for w in said if _writes(w, 0.0)}
    kanji = all(RUN.match(w) for w in said)  # names in kanji are judged above
    if kanji or len(people) < 2 or len(people) < len(said) or max(map(len, said.values())) < 2:
        return
    for word in sorted(people):
        for start, end in said[word]:
            yield Hit(start, end, "PERSON", "staff", 0.7, "names.speaker", LISTED)


def _timed(t: str) -> Iterator[Hit]:
    """Who writes beside a clock time in two lines or more: 10:12 角 …, 10:14 みなみ＞, [9:05] Sera: …."""
    said: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for m in _CHAT.finditer(t):
        said[m[1]].append(m.span(1))
    if sum(map(len, said.values())) < 2:
        return
    for word in sorted(said):
        if (len(said[word]) > 1 and _writes(word, 0.0)) or _writes(word, 1.0):
            for start, end in said[word]:
                yield Hit(start, end, "PERSON", "staff", 0.75, "names.speaker", LISTED)


def _writes(word: str, least: float) -> bool:
    """True where a word can be who writes: worth as much at least, and no word of the report."""
    if (
        word[-1] in "側室係部科課者院"
        or word in book().no_names
        or word in roles()
        or word in medical_runs()
        or word.lower() in medical_runs()
    ):
        return False
    if word.isascii():
        return least == 0.0 or is_surname(word) or is_given(word)
    kana = katakana(word)
    if not RUN.match(word):
        known = kana in book().given_kana or kana in book().surname_kana
        return (
            (known or least == 0.0)
            and word not in stop_words("value_hiragana")
            and kana not in stop_words("value_kana")
        )
    return value(word) > (least or -2.0)


def _speakers(t: str) -> Iterator[Hit]:
    """Who speaks, where two lines or more begin with somebody and a mark: 樽見：, 原→肝付：."""
    said: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for m in _SPEAKER.finditer(t):
        for group in ("a", "b"):
            if m[group]:
                said[m[group]].append(m.span(group))
    people = {w for w in said if value(w) > 0.3 and w not in roles() and w not in book().labels}
    for word in sorted(said):  # who speaks again and again beside a clock time
        timed = sum(t[max(0, s - 2) : s].strip(" ]").isdigit() or t[s - 1] in " ]" for s, _ in said[word] if s)
        if timed > 1 and word not in book().no_names and word not in people:
            for start, end in said[word]:
                yield Hit(start, end, "PERSON", "staff", 0.7, "names.speaker", LISTED)
    places = sum(len(said[w]) for w in people)
    sure = [w for w in people if len(said[w]) > 1 or value(w) >= 3]
    if len(people) < 2 or places < 3 or not sure or len(people) < len(said) - 1:
        return
    for word in sorted(people):
        for start, end in said[word]:
            yield Hit(start, end, "PERSON", "staff", 0.75, "names.speaker", LISTED)


def _columns(t: str) -> Iterator[Hit]:
    """A column in which every cell can be a name and one must be: 膝MRI 膝附 右膝 …, 5西 511 千歳川 91歳."""
    block: list[list[tuple[int, str]]] = []
    for line in [*_LINE.finditer(t), None]:
        if line is not None and line[0].count(" ") + line[0].count("\t") > 1:
            cells = [(line.start() + m.start(), m[0]) for m in _FIELD.finditer(line[0])][:6]
            if len(cells) >= 3:
                block.append(cells)
                continue
        if len(block) > 1:
            yield from _column_names(block)
        block = []


def _column_names(block: list[list[tuple[int, str]]]) -> Iterator[Hit]:
    for column in range(min(map(len, block))):
        cells = [(*row[column], _cell_value(row[column][1])) for row in block]
        part: list[tuple[int, str, float]] = []
        for cell in [*cells, (0, "", -9.0)]:
            if cell[2] > -2.1:
                part.append(cell)
                continue
            if len(part) > 1 and _is_names(part, column):
                for start, word, _ in part:
                    yield Hit(start, start + len(word), "PERSON", "patient", 0.7, "names.column", LISTED)
            part = []


def _cell_value(word: str) -> float:
    return value(word) if _NAME_CELL.fullmatch(word) and word not in book().labels else -9.0


def _is_names(part: list[tuple[int, str, float]], column: int) -> bool:
    """True where different cells of a column are names: most of them likely, one of them sure."""
    worth = [w for _, _, w in part]
    likely = sum(w >= 0.5 for w in worth)
    least = 1.5 if column == 0 else 0.9
    return (
        len({c for _, c, _ in part}) == len(part)
        and likely * 3 >= len(part) * 2
        and max(worth) >= 1.5
        and sum(worth) / len(worth) >= least
    )
