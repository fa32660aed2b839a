"""Runs of kanji: which part of a run can be a person's name. All decisions about a run alone are made here and cached.

A radiology report repeats the same few hundred runs (右肺下葉, 認, 結節), so that nearly all look-ups are answered by the cache.
"""

from __future__ import annotations

from functools import cache, lru_cache

from jmid_nlp.deid.book import VARIANTS, book
from jmid_nlp.deid.likeness import likeness
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.text.affixes import Affixes
from jmid_nlp.text.lazy import lazy

KANJI = r"㐀-䶿一-鿿々〆豈-﫿\U00020000-\U0003ffff"
RUN = lazy(f"[{KANJI}](?:[{KANJI}]|[ノヶケツ](?=[{KANJI}]))*")
# how well a string fits a name
FULL, SURNAME, RARE, AMBIGUOUS, PARTLY, UNKNOWN, NO = 6, 5, 4, 3, 2, 1, 0
_LONGEST = 8


_GIVEN_ENDS = frozenset(
    (
        "野",
        "子",
        "大",
        "斗",
        "期",
        "度",
        "波",
        "帆",
        "弥",
        "也",
        "神",
        "葉",
        "明",
        "輪",
        "束",
        "竜",
        "章",
        "像",
        "影",
        "性",
        "点",
        "帯",
        "層",
        "管",
        "線",
        "熱",
        "裂",
        "核",
        "洞",
        "弁",
        "牛",
        "米",
        "杉",
    )
)


@cache
def after_words() -> Affixes:
    """What may follow a name inside a run of kanji."""
    words = {fold(f).text for r in read_table("phi/after.tsv") for f in split_forms(r["form"])}
    words |= {t for t in book().titles if RUN.fullmatch(t)} | book().role_words
    return Affixes(w for w in words if RUN.match(w))


@cache
def before_words() -> Affixes:
    """What may stand before a name inside a run of kanji."""
    b = book()
    words = (
        b.depts
        | b.role_words
        | {t for t in b.titles if RUN.fullmatch(t)}
        | {"日", "月", "年", "科", "部", "室", "課", "係", "班", "病棟", "階", "印"}
    )
    return Affixes(w for w in words if RUN.fullmatch(w))


@cache
def _long_terms() -> Affixes:
    return Affixes(w for w in book().terms if len(w) > 1)


_ORGANS = frozenset(
    "葉極縁区枝管膜筋骨腔節核弁室房孔洞窩溝回帯束叢頭尾脚角底壁腺腱軸径相期性型状影像線層質液血肺肝腎脳胃腸"
)


@lru_cache(maxsize=65536)
def grade(name: str) -> int:
    """How well a string of kanji fits a person's name: FULL, SURNAME, AMBIGUOUS, PARTLY, UNKNOWN or NO."""
    b = book()
    plain = name.translate(VARIANTS)
    if len(plain) == 2 and plain[0] in "日月年時分秒週回個枚番号件名度歳才" and plain[1] in "前後間内外中目大程以":
        return NO
    kind = b.surnames.get(plain)
    if kind == "rare" and plain[-1] in _ORGANS:
        return AMBIGUOUS
    if kind in ("common", "rare") and (plain not in b.terms or kind == "common"):
        return SURNAME
    if plain in b.generic or plain in b.depts or plain in b.role_words or plain in b.terms or plain in b.titles:
        return AMBIGUOUS if kind else NO
    split = split_name(plain)
    if split:
        ends = next((s for s in (plain[-2:], plain[-1]) if s in b.eponym_suffix), "")
        return (
            NO
            if ends
            and plain[: -len(ends)] in b.surnames
            and plain not in b.given
            and len(plain) - len(ends) >= 2
            and ends not in _GIVEN_ENDS
            else FULL
        )
    if plain in b.rare_surnames or name in b.rare_surnames:
        return AMBIGUOUS if plain[-1] in _ORGANS else RARE
    if (
        kind
        or plain in b.place_stems
        or plain in b.place_names
        or (len(plain) == 2 and plain in b.given and plain not in b.words)
    ):
        return AMBIGUOUS
    if plain in b.words or len(plain) > 6:
        return NO
    for cut in range(min(4, len(plain) - 1), 0, -1):
        if (
            plain[:cut] in b.surnames
            and len(plain) - cut <= 3
            and plain[cut:] not in b.words
            and (cut > 1 or len(plain) <= 3)
        ):
            return PARTLY
    return UNKNOWN if _unheard(plain) or likeness(plain) > 0.75 else NO


def _unheard(run: str) -> bool:
    """True for a string that is not made of common words."""
    b = book()
    if _long_terms().begins(run) or _long_terms().ends(run):
        return False
    if any(run[:i] in b.words and (run[i:] in b.words or len(run) - i <= 1) for i in range(2, len(run))):
        return False
    return not (len(run) > 2 and run[1:] in b.words)


@lru_cache(maxsize=65536)
def split_name(name: str) -> int:
    """Length of the surname in a full name of a known surname and a known given name; 0 if it is none."""
    b = book()
    n = len(name)
    if n < 2 or n > _LONGEST:
        return 0
    best = 0
    for cut in range(min(5, n - 1), 0, -1):
        kind, rest = b.surnames.get(name[:cut]), name[cut:]
        if kind is None and name[:cut] in b.rare_surnames and (len(rest) > 1 or cut > 2) and rest not in b.words:
            kind = "listed"
        if kind is None or rest not in b.given or rest in b.terms:
            continue
        if (cut == 1 or kind == "word") and (len(rest) == 1 or rest in b.words):
            continue
        if kind in ("common", "rare"):
            return cut
        best = best or cut
    return best


# titles that no name may cut in two
_WHOLE = ("先生", "医師", "技師", "教授", "部長", "師長", "医長", "講師", "助教", "主任", "院長")


@lru_cache(maxsize=65536)
def head_name(run: str, hard: bool) -> tuple[int, int]:
    """The name that a run begins with, as (length, grade); (0, NO) where there is none.

    Args:
        run: A whole run of kanji.
        hard: True where a label with a separator announces a name, so that unknown strings are taken too.
    """
    found = [(0, NO)]
    for cut in range(min(len(run), _LONGEST), 0, -1):
        rest = run[cut:]
        if (rest and not after_words().begins(rest)) or run.startswith(_WHOLE, cut - 1):
            continue
        g = grade(run[:cut])
        if g > UNKNOWN or (g == UNKNOWN and hard):
            found.append((cut, g))
    best = max(found, key=lambda f: (min(f[1], SURNAME), f[0]))
    if best[1] == NO and hard:
        return _longest_known(run)
    return best


def _longest_known(run: str) -> tuple[int, int]:
    """The longest full name or surname at the start of a run whose end is unknown."""
    plain = run.translate(VARIANTS)
    for cut in range(min(len(run), _LONGEST), 2, -1):
        if split_name(plain[:cut]):
            return cut, FULL
    for cut in range(min(len(run), 5), 1, -1):
        if book().surnames.get(plain[:cut]) in ("common", "rare") and plain[:cut] not in book().terms:
            return cut, SURNAME
    return 0, NO


@lru_cache(maxsize=65536)
def tail_name(run: str) -> tuple[int, int, bool]:
    """The name that a run ends with, as (length, grade, whether what stands before it is known to stand before names)."""
    found = [(0, NO, False)]
    for cut in range(min(len(run), _LONGEST), 0, -1):
        rest, g = run[: len(run) - cut], grade(run[-cut:])
        clean = not rest or before_words().ends(rest)
        if g >= AMBIGUOUS or (g > NO and clean):
            found.append((cut, g, clean))
    return max(found, key=lambda f: (f[2], min(f[1], SURNAME) if f[2] else f[1], f[0]))


@lru_cache(maxsize=65536)
def bare_names(run: str) -> tuple[tuple[int, int, int, str], ...]:
    """Names in a run without help from outside, as (start, end, grade, what stands before it: "" or "word")."""
    n = len(run)
    if n > 24 or run.translate(VARIANTS) in book().terms or run in book().labels:
        return ()
    g = grade(run)
    if g in (FULL, SURNAME):
        return ((0, n, g, ""),)
    if g == AMBIGUOUS:
        return ((0, n, g, ""),)
    cut, g = head_name(run, False)
    if cut and g >= SURNAME:
        return ((0, cut, g, ""),)
    out = []
    for size in range(min(5, n - 1), 0, -1):
        before = run[:size]
        if (before in before_words() and (size > 1 or before in book().depts)) or (
            size > 1 and before.endswith(("外科", "内科", "科"))
        ):
            cut, g = head_name(run[size:], False)
            if cut and (g >= SURNAME or (g >= AMBIGUOUS and size + cut == n)):
                out.append((size, size + cut, g, "word"))
                break
    else:
        out = _after_known(run)
    return tuple(out)


def _after_known(run: str) -> list[tuple[int, int, int, str]]:
    """A surname at the end of a run, behind any words that stand before names."""
    cut, g, clean = tail_name(run)
    if clean and cut < len(run) and g >= SURNAME:
        return [(len(run) - cut, len(run), g, "word")]
    return []
