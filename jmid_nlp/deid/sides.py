"""What stands beside a possible name, as a weight for each side: words of telling, titles, marks, the line's end."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from jmid_nlp.deid.book import book, stop_words
from jmid_nlp.deid.worth import NEVER, before, left_words, roles, slot_forms
from jmid_nlp.text.lazy import lazy


@cache
def _right_words() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(f) for f, _ in slot_forms("right")))


@cache
def _right_starts() -> frozenset[str]:
    return frozenset(f[0] for f, _ in slot_forms("right"))


@cache
def _left_lengths() -> dict[str, tuple[int, ...]]:
    """The lengths of the words before names, longest first, by their last character."""
    lengths: dict[str, set[int]] = {}
    for word in left_words():
        lengths.setdefault(word[-1], set()).add(len(word))
    return {char: tuple(sorted(sizes, reverse=True)) for char, sizes in lengths.items()}


TITLE = re.compile(r"[ \t]?(?:先生|医師|Dr|Ns|NS|RN|RT|MD|さん|様|氏|殿|君|くん|ちゃん)")
_TITLE_STARTS = frozenset(" \t先医DNRMさ様氏殿君くち")
_OPENINGS = frozenset(" \t(")
_CLAUSE = re.compile(r"(より|から|には|にも|とも|へも|へ|に|と|が|は|も|で|の)([^\s、。,()「」\n]{0,18})")
# where the words of telling and doing may begin behind each particle, and what they weigh there
_REACH = {
    "が": (16, 2.4),
    "は": (8, 1.8),
    "も": (8, 1.8),
    "より": (10, 2.2),
    "から": (10, 2.2),
    "と": (8, 2.0),
    "で": (4, 1.2),
}
_REACH |= {"に": (10, 2.1), "へ": (10, 2.1), "には": (10, 2.0), "にも": (10, 2.0), "とも": (8, 2.0), "へも": (8, 2.0)}
_NOT_DONE = ("され", "でき", "困難", "不能", "し得")


@cache
def _deeds() -> dict[str, re.Pattern[str]]:
    """What people do, by the particle behind their name."""
    told = "|".join(re.escape(f) for f, _ in slot_forms("told"))
    did = "|".join(re.escape(f) for f, _ in slot_forms("did"))
    being = "|".join(re.escape(f) for f, _ in slot_forms("being"))
    both = re.compile(rf"{told}|{did}|{being}|\d{{1,2}}:\d\d")
    of = {"が": both, "も": both, "は": re.compile(f"{being}|{did}"), "で": re.compile(did)}
    return (
        of
        | dict.fromkeys(("に", "へ", "には", "にも", "へも", "より", "から"), re.compile(f"{told}|折り?返"))
        | {
            "と": re.compile(rf"{told}|{being}"),
            "とも": re.compile(told),
        }
    )


def deed(t: str, end: int) -> float:
    """The weight of a particle with what only people do behind it."""
    m = _CLAUSE.match(t, end)
    if m is None or m[1] not in _REACH:
        return 0.0
    reach, weight = _REACH[m[1]]
    found = _deeds()[m[1]].search(m[2])
    if found is None or found.start() > reach:
        return 0.0
    if m[1] in "がはもで" and m[2].startswith(_NOT_DONE, found.end()):
        return 0.0
    return weight


SELF = 1.2  # です and the like: somebody gives a name
_RIGHT_SHAPES = (
    (r"[ \t]{0,3}[(、,/]?[ \t]{0,2}\d{1,3}[ \t]?(?:歳|才|y(?![a-z])|[MF男女](?![A-Za-z]))", 3.0),
    (r"[ \t]{0,2}\((?:PHS|内線|内|直通|携帯|TEL|電話|ext\.?|#)?[ \t]?\d{2,5}[\d\-]*\)?", 2.2),
    (r"[ \t]?\([^()\n]{0,7}(?:医|師|士|長|教授|年目|代理|代筆)\)", 2.0),
    (r"[ \t]{0,2}(?:PHS|内線|TEL|携帯|両名|(?!20)[2-9]\d{3}(?![\d年]))", 1.5),
    (
        r"(?:です|でした|だった|だが|なので|である|らしい|とのこと)(?:が|ので|けど|よ|ね)?(?:[、。)」\n ]|\Z)",
        SELF,
    ),
    (r"[ \t]?[:>][ \t]?(?:了解|承知|はい|OK|お願い|すみません|ありがと|お疲れ|よろしく|送り)", 2.5),
    (r"[ \t・、,/|]{1,2}(?:男|女|♂|♀|[MF](?![A-Za-z]))", 3.0),
    (
        r"[ \t]?\((?:\d年目|経験\d+年.{0,6}|新人|代|Ns|Dr|RT|PT|OT|ST|"
        r"医|技|看|薬|放|外|内|整|脳|循|呼|消|泌|婦|小|麻|救|放診|放治)\)",
        2.5,
    ),
    (r"[ \t]*(?:\Z|\n[ \t]*\Z)", 1.5),
    (r"[ \t]?[/／][ \t]?\d{2}(?![\d/.])", 1.5),
    (r"\"[ \t]*[,\]}\n]", 1.3),
    (r"[ \t]*\n|\"|<|\||;", 1.0),
    (r"より(?:[。\n)]|\Z)", 1.7),
    (r"(?:より|まで)[。、\n)]", 1.0),
    (r"[、。,)」』】\]]", 0.7),
    (r"[ \t]|[・/→]|:|\((?![右左両])", 0.6),
    (r"から|より|まで|へ|に(?!く)|と(?!な|し)|が|は|を|の|も|で(?!き)|だ|じゃ|って|ね|「|>", 0.2),
)
_KANA_SHAPES = tuple(s for s in _RIGHT_SHAPES if s[0].startswith(("(?:です", "(?:よ", "から")))


class _Shapes:
    """Shapes as one pattern: the weight of the first that stands at a place."""

    def __init__(self, shapes: tuple[tuple[str, float], ...]) -> None:
        self._pattern = re.compile("|".join(f"({shape})" for shape, _ in shapes))
        self._weights = (NEVER, *(weight for _, weight in shapes))

    def weight(self, t: str, at: int) -> float:
        """The weight at a place, `NEVER` where none of the shapes stands there."""
        m = self._pattern.match(t, at)
        return self._weights[0 if m is None else m.lastindex or 0]


_BEHIND_KANA, _BEHIND = _Shapes(_KANA_SHAPES), _Shapes(_RIGHT_SHAPES)
_NEXT_ROLE = lazy(r"[ \t]{0,2}[/、・ ,|][ \t]{0,2}([一-鿿]{2,5})")


def told(t: str, end: int) -> float:
    """The weight of a word of telling or a title that follows a name inside its run of kanji."""
    char = t[end : end + 1]
    if char in _right_starts() and _right_words().match(t, end):
        return 2.5
    m = TITLE.match(t, end) if char in _TITLE_STARTS else None
    return 0.0 if m is None else 1.0 if m[0][-1] == "様" else 2.0


def right_weight(t: str, end: int) -> float:
    """The weight of what stands behind a possible name."""
    char = t[end : end + 1]
    if char in _right_starts() and (m := _right_words().match(t, end)):
        return 0.2 if t.startswith(("され", "でき", "し得", "困難"), m.end()) else 2.5
    if char in _OPENINGS and (m := _IN_BRACKETS.match(t, end)) and _is_office(m[1]):
        return 2.5
    if char in _TITLE_STARTS and (m := TITLE.match(t, end)):
        return 1.5 if m[0][-1] == "様" else 2.0  # what 様 means there is judged in titles.py
    best = (_BEHIND_KANA if "ぁ" <= char <= "ゖ" else _BEHIND).weight(t, end)
    if 0 < best < 2 and (weight := deed(t, end)):
        return weight
    if 0.5 < best < 1.5 and (m := _NEXT_ROLE.match(t, end)) and _opens_role(m[1]):
        return best + 1.5
    return best


@lru_cache(maxsize=16384)
def _opens_role(run: str) -> bool:
    return any(run[:n] in roles() and run[:n] not in stop_words("loose_department") for n in range(2, len(run) + 1))


_IN_BRACKETS = re.compile(r"[ \t]?\(([^()\n\d]{1,10})\)")


@lru_cache(maxsize=16384)
def _is_office(word: str) -> bool:
    """True for what a bracket behind a name may say of the person: 一次, 妻, 救急当直, 以上呼内."""
    label = book().labels.get(word)
    return before(word.removeprefix("以上")) >= 2 or (label is not None and label[0] == "person")


_LEFT_MARKS = {
    "、": 0.5,
    ",": 0.7,
    "。": 0.4,
    "/": 0.5,
    "・": 0.6,
    "→": 1.5,
    ">": 0.7,
    "<": 0.7,
    "|": 0.7,
    ";": 0.7,
    '"': 1.2,
}
_LEFT_MARKS |= {"(": 0.7, "「": 0.7, "[": 0.7, "【": 0.7, ":": 0.8, ")": 0.3, "】": 0.5, "」": 0.3, "-": 0.3, "@": 2.5}
_LEFT_MARKS |= dict.fromkeys("●■◆○□◇※①②③④⑤⑥⑦⑧⑨⑩*#", 0.8)
_BACKWARDS = re.compile(r"[^\s、。,:/|<>()「」\[\]\"]{1,12}")
_APART = re.compile(r"[ \t]{0,3}[:/]?[ \t]{1,3}|[ \t]?:[ \t]?")
_CLOCK_BACK = re.compile(r"(?<!\d)\d{1,2}:\d{2}(?::\d\d)?[\])]?[ \t]{1,3}\Z")
_NUMBER_BACK = re.compile(r"\d{3,}(?:-\d{1,4})?[ \t]{1,3}\Z|\d[/.月-]\d{1,2}日?[ \t]{1,3}\Z")
_KATA_ROLE = re.compile(r"[ァ-ヺー]{2,12}\Z")
_BULLET = re.compile(r"(?:\A|\n)[ \t]?\d{1,2}\Z")
_LATIN_ROLE = re.compile(r"(?<![A-Za-z])[A-Za-z]{2,6}\Z")
_EXTENSION_BACK = re.compile(r"(?:内線|PHS|ext\.?)[ \t:]?\d{3,5}の\Z")
_HIRA = re.compile("[ぁ-ゖ]")


@lru_cache(maxsize=65536)
def _role_word(word: str) -> float:
    size = next((n for n in range(len(word), 0, -1) if word[-n:] in roles()), 0)
    if size < 2 and size != len(word):
        return 0.0
    apart = size == len(word) or (size > 1 and "ぁ" <= word[-size - 1] <= "ゖ")
    return 2.5 if apart and word[-size:] not in stop_words("loose_department") else 2.0


def _word_before(t: str, at: int) -> str:
    """The word before a particle, a colon or blanks that end at a place, at most its last twelve characters."""
    end = at - 1
    if t[end] not in "のは":
        while end and t[end - 1] in " \t:/":
            end -= 1
        if not _APART.fullmatch(t, end, at):
            return ""
    m = _BACKWARDS.match(t[max(0, end - 12) : end][::-1])
    return m[0][::-1] if m else ""


def left_weight(t: str, at: int) -> float:
    """The weight of what stands before a possible name."""
    if at == 0 or t[at - 1] == "\n":
        return 0.5
    words = left_words()
    for n in _left_lengths().get(t[at - 1], ()):
        weight = words.get(t[at - n : at]) if n <= at else None
        if weight and not (t[at - n].isascii() and at > n and t[at - n - 1].isascii() and t[at - n - 1].isalpha()):
            return weight
    char = t[at - 1]
    if char in " \t:/のは":
        role = _word_before(t, at)
        weight = (_role_word(role) or words.get(role, 0.0)) if role else 0.0
        if weight:
            return weight - (1.0 if char == "の" else 0.5 if char == "は" else 0.0)
        if char == "の" and _EXTENSION_BACK.search(t, max(0, at - 12), at):
            return 2.0
        if char in " \t" and _CLOCK_BACK.search(t, max(0, at - 13), at):
            return 2.0
        if _NUMBER_BACK.search(t, max(0, at - 14), at):
            return 1.2
        return 0.8 if char == ":" else 0.2 if char in "のは" else 0.5
    if char.isdigit():
        return 0.8 if _BULLET.search(t, max(0, at - 4), at) else NEVER
    if char.isascii() and char.isalpha():
        m = _LATIN_ROLE.search(t, max(0, at - 8), at)
        return 2.0 if m and m[0] in roles() else NEVER
    if char != "・" and "ァ" <= char <= "ー":
        m = _KATA_ROLE.search(t, max(0, at - 14), at)
        return 2.5 if m and m[0] in roles() else NEVER
    return _LEFT_MARKS.get(char, 0.2 if _HIRA.match(char) else NEVER)
