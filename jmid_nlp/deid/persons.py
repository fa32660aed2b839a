"""Persons announced by a label on the left or a title on the right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import VARIANTS, book, katakana, stop_words
from jmid_nlp.deid.cues import EXPLICIT, NONE, SPACE, Label
from jmid_nlp.deid.evidence import LABELLED, TITLED, Hit
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
    head_name,
    tail_name,
)
from jmid_nlp.deid.latin import is_surname, latin_name
from jmid_nlp.lexicon import Automaton

_KATA = re.compile(r"[ァ-ヺー]+(?:[・=][ァ-ヺー]+)*")
_KATA_MORE = re.compile(r"[ \t]{1,2}(?=[ァ-ヺ])")
_HIRA = re.compile(r"[ぁ-ゖー]+")
_GAP = re.compile(r"[ \t]{1,2}(?=\S)")
_SPACED = re.compile(f"(?:[{KANJI}][ \t]{{1,2}}){{2,6}}[{KANJI}](?![{KANJI}])")
_OCR = re.compile(f"[{KANJI}]{{1,4}}[A-Z|]{{1,3}}[{KANJI}]{{0,2}}?(?=$|[\\s、。,)」/]|先生|様|さん|医師|Dr|氏|殿|技師)")
_PAREN_KANA = re.compile(r"[ \t]?\(([ァ-ヺーぁ-ゖ]{2,9}(?:[ \t・][ァ-ヺーぁ-ゖ]{1,9})?)\)")
_LIST = re.compile(r"[ \t]{0,2}(?:[、,・/／;&＆+]|と|および|及び|ならびに|→|-|~|⇒)[ \t]{0,2}")
_EDGE = re.compile(
    r"$|[\s、。,.)」』】\]/|;:>\"'<&・\-→~(（「【\[]|(?:から|より|まで|へ|に|と|が|は|を|の|も|で|や|です|さん|くん|ちゃん|さま|Dr|Pt|MD|M\.D|拝|RT|\d)"
)
_DEPT_GAP = re.compile(r"[ \t]{0,3}[/・:\-)]?[ \t]{0,3}")
_LINE_END = re.compile(r"[ \t]*(?:\n|$|先生|Dr|殿|様)")
_CLOSED = re.compile(
    r"$|[、。,)」\n]|先生|Dr|へ|より|から|に(?:連絡|報告|確認|相談|電話|伝)|と[、確相協]|[ \t]+(?:先生|Dr)"
)
_STOP_KANA = stop_words("value_kana")


@cache
def _skip_words() -> tuple[frozenset[str], int]:
    """Departments and roles that may stand between a label and the name, and the length of the longest."""
    words = book().before_name
    return words, max(map(len, words))


def name_at(t: str, at: int, *, hard: bool) -> tuple[int, int]:
    """The name that begins at `at`, as (end, grade); the end equals `at` where there is none."""
    if at >= len(t):
        return at, NO
    char = t[at]
    if RUN.match(char):
        return _kanji_at(t, at, hard)
    if "ァ" <= char <= "ヺ":
        return _katakana_at(t, at, hard)
    if "ぁ" <= char <= "ゖ":
        return _hiragana_at(t, at, hard)
    if char.isascii() and char.isalpha():
        end = latin_name(t, at, hard=hard)
        return end, SURNAME if end > at else NO
    return at, NO


def _kanji_at(t: str, at: int, hard: bool) -> tuple[int, int]:
    if hard and (m := _SPACED.match(t, at)):
        joined = "".join(m[0].split())
        if grade(joined) >= AMBIGUOUS or (2 < len(joined) < 6 and joined not in book().words):
            return m.end(), FULL
    run = RUN.match(t, at)
    assert run is not None
    size, g = head_name(run[0], hard)
    end = at + size
    if size == 0 and hard and plausible(run[0]) and (_CELL_END.match(t, run.end()) or _given_next(t, run.end())):
        size, g, end = len(run[0]), UNKNOWN, run.end()
    if size == 0:
        return _ocr_name(t, at) if hard else (at, NO)
    if end == run.end():
        if (m := _MIXED_GIVEN.match(t, end)) and g >= AMBIGUOUS and (hard or m["gap"]) and _EDGE.match(t, m.end()):
            return m.end(), FULL
        if (m := _OCR.match(t, at)) and m.end() > end and re.search("[A-Z|]", m[0][end - at :]) and _titled(t, m.end()):
            return m.end(), UNKNOWN
        if g <= SURNAME:
            end, g = _with_given(t, end, g, hard)
        if not hard and g < FULL and not _EDGE.match(t, end):
            return at, NO
    return end, g


_MIXED_GIVEN = re.compile(
    f"(?P<gap>[ \\t]{{0,2}})(?:[ぁ-ゖァ-ヺ]{{1,3}}[{KANJI}]|[{KANJI}][ぁ-ゖ]{{1,3}}(?=[ \\t、。,(（)\\n様]|$))(?![{KANJI}])"
)
_CELL_END = re.compile(r"$|[ \t]{0,3}(?:[\n、。,)」』】\]/|;\"'<(（]|先生|様|殿|Dr|\d|[A-Z])")


def plausible(run: str) -> bool:
    """True for two to four kanji that are no plain word, title or department: enough after a label, never without."""
    plain, b = run.translate(VARIANTS), book()
    if not 2 <= len(plain) <= 4 or plain in b.no_names:
        return False
    return not any(plain[:i] in b.plain_words and plain[i:] in b.plain_words for i in range(1, len(plain)))


def _given_next(t: str, at: int) -> bool:
    gap = _GAP.match(t, at)
    run = RUN.match(t, gap.end()) if gap else None
    return bool(run) and run is not None and run[0].translate(VARIANTS) in book().given and run[0] not in book().labels


def _ocr_name(t: str, at: int) -> tuple[int, int]:
    m = _OCR.match(t, at)
    if m and re.search("[A-Z|]", m[0]) and _EDGE.match(t, m.end()):
        return m.end(), UNKNOWN
    return at, NO


def _with_given(t: str, end: int, g: int, hard: bool) -> tuple[int, int]:
    """A given name after the surname, with or without a space, in kanji or kana."""
    gap = _GAP.match(t, end)
    start = gap.end() if gap else end
    if gap and (run := RUN.match(t, start)):
        word = run[0]
        size = next(
            (
                n
                for n in range(min(len(word), 4), 0, -1)
                if word[:n].translate(VARIANTS) in book().given and (n == len(word) or grade_rest(word[n:]))
            ),
            0,
        )
        if (
            size
            and (g >= AMBIGUOUS or hard)
            and word not in book().depts
            and word not in book().role_words
            and word not in book().titles
        ):
            return start + size, FULL
        if (
            hard
            and len(word) <= 3
            and g >= UNKNOWN
            and grade(word) >= PARTLY
            and _EDGE.match(t, run.end())
            and not book().labels.get(word)
        ):
            return run.end(), PARTLY
    for shape in (_HIRA, _KATA):
        m = shape.match(t, start)
        if m is None or g < AMBIGUOUS:
            continue
        if gap and hard and shape is _KATA and _CELL_END.match(t, m.end()):
            return m.end(), FULL
        for n in range(min(len(m[0]), 6), 1, -1):
            if katakana(m[0][:n]) in book().given_kana and _EDGE.match(t, start + n) and (gap or n > 2 or hard):
                return start + n, FULL
    return end, g


def grade_rest(rest: str) -> bool:
    """True where the rest of a run begins with a word that may follow a name."""
    from jmid_nlp.deid.kanji import after_words

    return rest.startswith(after_words())


def _katakana_at(t: str, at: int, hard: bool) -> tuple[int, int]:
    m = _KATA.match(t, at)
    assert m is not None
    end, words = m.end(), [m[0]]
    while gap := _KATA_MORE.match(t, end):
        more = _KATA.match(t, gap.end())
        if more is None or len(words) >= 5:
            break
        words.append(more[0])
        end = more.end()
    if words[0] in _STOP_KANA:
        return at, NO
    if hard and (run := RUN.match(t, end)) and head_name(run[0], False)[1] >= RARE:
        return end + head_name(run[0], False)[0], FULL
    known = any(kana_known(w) for w in words)
    if known or (hard and len("".join(words)) >= 2):
        return end, FULL if known else UNKNOWN
    return at, NO


def kana_known(word: str) -> bool:
    """True for a surname, a given name or both together in kana."""
    b, w = book(), katakana(word)
    if w in b.surname_kana or (len(w) > 2 and w in b.given_kana):
        return True
    return any(w[:i] in b.surname_kana and w[i:] in b.given_kana for i in range(2, len(w) - 1))


_VERB_KANA = re.compile(
    "し(?:ま|た|て|な)|する|され|させ|でき|です|では|には|とし|から|より|まで|なし|あり|のみ|など|です"
)
_HIRA_CLOSED = re.compile(r"$|[ \t]*[、。,)」\n]|同行|同席|立会")


def _hiragana_at(t: str, at: int, hard: bool) -> tuple[int, int]:
    m = _HIRA.match(t, at)
    assert m is not None
    word = m[0]
    for n in range(min(len(word), 12), 1, -1):
        if not kana_known(word[:n]) or (n < len(word) and not _EDGE.match(t, at + n)):
            continue
        end = at + n
        if n == len(word) and (gap := _GAP.match(t, end)) and (more := _HIRA.match(t, gap.end())):
            k = next(
                (
                    k
                    for k in range(min(len(more[0]), 6), 1, -1)
                    if katakana(more[0][:k]) in book().given_kana and _EDGE.match(t, gap.end() + k)
                ),
                0,
            )
            if k:
                return gap.end() + k, FULL
        if not hard and _VERB_KANA.match(word):
            return at, NO
        closed = n > 2 and n == len(word) and bool(_HIRA_CLOSED.match(t, end)) and not _VERB_KANA.match(word)
        if hard or closed or (n > 2 and (_full_kana(word[:n]) or _titled(t, end))):
            return end, SURNAME
    return at, NO


def _titled(t: str, at: int) -> bool:
    titles = book().titles
    return any(t[at : at + n] in titles for n in range(8, 0, -1))


_TOKEN_AT = re.compile(r"[A-Z][a-z]{2,14}(?![A-Za-z])")


def find_labelled(t: str, labels: list[Label]) -> Iterator[Hit]:
    """Names after labels, with everything a list continues: 読影 林・谷, 執刀医 北、助手 南."""
    starts = frozenset(label.start for label in labels)
    for label in labels:
        if label.value in starts and label.mode != "cell" and label.kind != "dept":
            continue
        word = t[label.start : label.end]
        if label.mode == "sep" and label.strength == SPACE and label.subtype == "patient" and "ame" not in word:
            continue
        if (
            word.isascii()
            and len(word) < 4
            and label.strength < EXPLICIT
            and (label.kind == "person" or word.isupper())
            and (label.strength != NONE or t[label.value : label.value + 1].isascii())
            and not ((m := _TOKEN_AT.match(t, label.value)) and is_surname(m[0]))
        ):
            continue
        if label.kind in ("person", "title", "dept"):
            yield from _after_label(t, label, starts)


def _after_label(t: str, label: Label, starts: frozenset[int]) -> Iterator[Hit]:
    if label.kind == "dept" and label.strength not in (SPACE, EXPLICIT):
        return
    at, hard = (
        label.value,
        (label.strength == EXPLICIT and label.kind != "dept") or label.paren or label.subtype == "initials",
    )
    wide = label.mode == "wide" or label.kind == "title"
    hard = (
        hard
        or (wide and label.strength >= SPACE)
        or (label.strength == SPACE and label.kind == "person" and _form_like(t, label))
    )
    if label.strength == NONE and label.mode == "sep":
        return
    first, limit = True, 6
    while limit and (first or at not in starts):
        limit -= 1
        at = _skip_department(t, at, hard)
        end, g = name_at(t, at, hard=hard or (label.kind == "title" and not t[at : at + 1].isascii()))
        if (
            end == at
            and label.subtype == "family"
            and (m := _KATA.match(t, at))
            and m[0] in book().given_kana
            and _EDGE.match(t, m.end())
        ):
            end, g = m.end(), RARE
        if end == at or not _allowed(t, at, end, g, label, first):
            return
        yield Hit(at, end, "PERSON", label.subtype, 0.95 if g >= AMBIGUOUS and hard else 0.85, "names.label", LABELLED)
        if kana := _PAREN_KANA.match(t, end):
            yield Hit(kana.start(1), kana.end(1), "PERSON", label.subtype, 0.95, "names.kana", LABELLED)
            end = kana.end()
        m = _LIST.match(t, _after_title(t, end))
        if m is None:
            return
        at, first = m.end(), False
        if any(label2 in t[at : at + 6] for label2 in ("：", ":")):
            return


def _form_like(t: str, label: Label) -> bool:
    """True where a label followed by a space stands as in a form: alone before, and what follows is no sentence."""
    if t[label.start].isascii():
        return False
    before = t[label.start - 1 : label.start]
    return (not before or before in " \t\n、。/|;(（「【[<・　") and label.end - label.start > 1


def _word_at(t: str, at: int) -> str | None:
    """The longest department or role that begins at `at`."""
    words, longest = _skip_words()
    return next((t[at : at + n] for n in range(longest, 0, -1) if t[at : at + n] in words), None)


def _skip_department(t: str, at: int, hard: bool) -> int:
    """Past a department or role in front of the name, if a name can still follow."""
    for _ in range(2):
        word = _word_at(t, at)
        if word is None:
            return at
        run = RUN.match(t, at)
        if run and grade(run[0]) >= RARE and len(run[0]) > len(word):
            return at
        gap = _DEPT_GAP.match(t, at + len(word))
        assert gap is not None
        nxt = gap.end()
        if nxt >= len(t) or name_at(t, nxt, hard=hard)[0] == nxt:
            return at
        at = nxt
    return at


def _after_title(t: str, at: int) -> int:
    m = _TITLE_HERE.match(t, at)
    return m.end() if m else at


def _allowed(t: str, at: int, end: int, g: int, label: Label, first: bool) -> bool:
    if label.kind == "dept" and 2 <= end - at <= 4 and plausible(t[at:end]) and _LINE_END.match(t, end):
        return True
    if label.kind == "dept":
        return g >= RARE or (g == AMBIGUOUS and bool(_CLOSED.match(t, end)))
    if label.subtype == "initials":
        return True
    if label.strength == NONE and t[label.start : end] in book().words:
        return False
    if label.strength == SPACE and g < AMBIGUOUS:
        return end - at >= 2 and bool(_CELL_END.match(t, end))
    if label.strength == EXPLICIT or label.paren or (label.strength == SPACE and label.mode == "wide"):
        return first or g >= AMBIGUOUS or end - at <= 3
    if label.kind == "title":
        return True
    own = label.subtype == "family" and end - at > 1 and t[at:end].translate(VARIANTS) in book().given
    if (
        g == AMBIGUOUS
        and label.strength == NONE
        and not own
        and not t[label.start].isascii()
        and t[label.end - 1] not in "医師者影頼手直任読"
    ):
        return False
    if g == AMBIGUOUS:
        return (
            bool(_EDGE.match(t, end))
            and label.strength != 1
            and (label.subtype != "family" or label.strength == SPACE or (end - at > 1 and t[at:end] in book().given))
        )
    return g >= RARE


@cache
def _title_automaton() -> Automaton:
    return Automaton(book().titles)


_TITLE_HERE = re.compile(
    r"[ \t]?(?:先生方?|医師|Dr\.?|MD|様|さん|氏|殿|技師長?|看護師|部長|医長|教授|准教授|講師|助教|くん|君|\([A-Za-z]{2,3}\))"
)
_NOT_SAMA = re.compile(
    r"(?:の(?:陰影|影|構造|変化|病変|結節|腫瘤|所見|信号|濃度|増強|低|高|線状|索状|石灰|肥厚|硬化|吸収|濃染|血流|像|形態|形状|外観|陥凹|隆起|拡張|部分)|"
    r"陰影|影|構造|変化|病変|結節|腫瘤|所見|信号|濃度|組織|細胞|肥厚|に|な|像|化|式|態|相|子|々|体|斑|骨|部|帯|膜|突起|狭窄|硬化|石灰|低|高|で(?!す|ある)|を(?:呈|示)|と(?:なって|表現)|外観|形態|パターン)"
)
_NOT_SHI = re.compile(r"名|度|病|族|神")


def find_titled(t: str) -> Iterator[Hit]:
    """Names before titles and honorifics: 森先生, 林さん, 原Dr., ミナミサワトシコさん, Tanaka先生."""
    titles = list(book().titles.items())
    for m in _BOTH.finditer(t) if "両" in t or "各" in t else ():
        hit = _before(t, m.start(), "strong", "clinician", "先生")
        if hit:
            yield hit
            yield from _list_before(t, hit)
    for start, end, number in _title_automaton().find(t):
        form, (strength, subtype) = titles[number]
        if start == 0 or (form.isascii() and not _latin_title(t, start, end)):
            continue
        if form in ("様", "様方") and (
            t[start - 1] in "同一多異模仕各両左今別"
            or _NOT_SAMA.match(t, end)
            or t[max(0, start - 2) : end] in book().terms
        ):
            continue
        if (form == "氏" and _NOT_SHI.match(t, end)) or (form == "殿" and t[end : end + 1] in tuple("部筋裂")):
            continue
        gap = 1 if t[start - 1] in " \t】」)" and strength != "weak" else 0
        hit = _before(t, start - gap, strength, subtype, form)
        if hit:
            yield hit._replace(end=end) if form in _BABY else hit
            yield from _list_before(t, hit)


_LIST_BACK = re.compile(f"(?:\\A|[\\s、。,(（「:/])([{KANJI}]{{1,5}})[、,・/と][ \t]?\\Z")


def _list_before(t: str, hit: Hit) -> Iterator[Hit]:
    """The names that one title serves: 関、岸の両先生 and 森・林先生."""
    at = hit.start
    for _ in range(4):
        low = max(0, at - 10)
        m = _LIST_BACK.search(t[low:at])
        if m is None or grade(m[1]) < AMBIGUOUS:
            return
        yield hit._replace(start=low + m.start(1), end=low + m.end(1), score=0.8, detector="names.list")
        at = low + m.start(1)


_BABY = frozenset(("ベビー", "ベイビー", "baby", "Baby", "BABY"))


_BOTH = re.compile(r"の?[両各](?:先生|氏|医師|Dr)")


def _latin_title(t: str, start: int, end: int) -> bool:
    if end < len(t) and t[end].isascii() and t[end].isalpha():
        return False
    return not (t[start - 1].isascii() and t[start - 1].isalpha())


def _before(t: str, end: int, strength: str, subtype: str, form: str) -> Hit | None:
    if end <= 0:
        return None
    char = t[end - 1]
    if RUN.match(char):
        start, score = _kanji_before(t, end, strength, form)
    elif "ァ" <= char <= "ヺ" or char == "ー":
        start, score = _katakana_before(t, end, strength, form)
    elif "ぁ" <= char <= "ゖ":
        start, score = _hiragana_before(t, end, strength, form)
    elif char.isascii() and char.isalpha():
        start, score = _latin_before(t, end, strength, form)
    else:
        return None
    if start == end:
        return None
    return Hit(start, end, "PERSON", subtype, score, "names.title", TITLED)


_RUN_BACK = re.compile(f"(?:[{KANJI}][ \t]){{2,6}}[{KANJI}]\\Z|[{KANJI}ヶ]+(?:[ \t]{{1,2}}[{KANJI}ヶ]{{1,4}})?\\Z")


def _kanji_before(t: str, end: int, strength: str, form: str) -> tuple[int, float]:
    low = max(0, end - 24)
    m = _RUN_BACK.search(t[low:end])
    if m is None:
        return end, 0.0
    text, start = m[0], low + m.start()
    if " " in text or "\t" in text:
        joined = "".join(text.split())
        parts = text.split()
        if all(len(p) == 1 for p in parts) and grade(joined) >= AMBIGUOUS:
            return start, 0.95
        if len(parts) == 2:
            size, g, _ = tail_name(parts[0])
            firm = parts[1].translate(VARIANTS) in book().given or strength != "weak"
            if g >= AMBIGUOUS and firm and len(parts[1]) <= 3 and not book().labels.get(parts[1]):
                return start + len(parts[0]) - size, 0.95
            if g >= RARE and len(parts[1]) <= 3 and grade(parts[1]) in (PARTLY, UNKNOWN):
                return start + len(parts[0]) - size, 0.9
            text = parts[1]
    size, g, clean = tail_name(text)
    return _accept_before(t, end, text, size, g, clean, strength, form)


def _accept_before(
    t: str, end: int, text: str, size: int, g: int, clean: bool, strength: str, form: str
) -> tuple[int, float]:
    start = end - size
    if g == NO and strength != "weak" and form != "様" and plausible(text) and text[-1] not in "科院部室局課員者":
        return end - len(text), 0.7
    if g == NO or (text in book().generic and form not in ("先生", "医師", "Dr", "Dr.", "医師")):
        m = _OCR_BACK.search(t[max(0, end - 8) : end])
        return (max(0, end - 8) + m.start(), 0.7) if m and strength == "strong" else (end, 0.0)
    if strength == "weak":
        return (
            (start, 0.85)
            if (g >= RARE and (clean or g == FULL))
            or (g == AMBIGUOUS and (size == len(text) or (clean and size > 1)) and len(form) > 1)
            else (end, 0.0)
        )
    if strength == "honor" and form in ("妻", "児", "翁", "嬢", "の子", "君", "夫人", "女史"):
        return (start, 0.8) if g >= RARE and clean else (end, 0.0)
    if g >= RARE:
        rest = len(text) - size
        return start - (rest if not clean and rest == 1 and len(text) <= 4 else 0), 0.95
    if g == AMBIGUOUS:
        if form == "様" and not _SAMA_OK.match(t, end + 1):
            return end, 0.0
        return (start, 0.9) if clean else (end, 0.0)
    before = t[start - 1 : start]
    if form == "様" and (size < 2 or not _SAMA_OK.match(t, end + 1)):
        return end, 0.0
    return (
        (start, 0.75)
        if clean and size <= 5 and (before not in ("の", "お", "ご") or strength == "strong")
        else (end, 0.0)
    )


_SAMA_OK = re.compile(r"$|[\s、。,)」』】(（]|は|が|に(?!配|分)|を|へ|ご|の(?:検|画|CT|MRI|件|ご|前|今|主|家|診|ご)")
_OCR_BACK = re.compile(f"[{KANJI}][{KANJI}A-Z|]{{0,4}}[A-Z|][{KANJI}A-Z|]{{0,3}}\\Z")
_KATA_BACK = re.compile(r"[ァ-ヺー]+(?:[・= \t][ァ-ヺー]+){0,5}\Z")
_HIRA_BACK = re.compile(r"[ぁ-ゖー]{2,7}(?:[ \t][ぁ-ゖー]{2,6})?\Z")
_LATIN_BACK = re.compile(r"[A-Za-z][A-Za-z'’.\-]*(?:,? [A-Z][A-Za-z'’.\-]*){0,3}\Z")
_GENERIC_KANA = stop_words("person_kana")


def _katakana_before(t: str, end: int, strength: str, form: str) -> tuple[int, float]:
    low = max(0, end - 40)
    m = _KATA_BACK.search(t[low:end])
    if m is None or m[0] in _GENERIC_KANA or len(m[0]) < 2:
        return end, 0.0
    word = m[0]
    start = low + m.start()
    run = _RUN_ONLY.search(t[max(0, start - 8) : start]) if not re.search(r"[・= \t]", word) else None
    if run and katakana(word) in book().given_kana:
        size, g, _ = tail_name(run[0])
        if g >= AMBIGUOUS and size > 1:
            return start - size, 0.9
    known = any(kana_known(w) for w in re.split(r"[・= \t]", m[0]))
    if not known and (strength == "weak" or form in ("様", "児", "君", "嬢")):
        return end, 0.0
    return low + m.start(), 0.95 if known else 0.8


def _hiragana_before(t: str, end: int, strength: str, form: str) -> tuple[int, float]:
    """A name in hiragana: with a space between its parts, or filling its whole run; okurigana and particles are none."""
    low = max(0, end - 20)
    m = _HIRA_BACK.search(t[low:end])
    if m is None:
        return end, 0.0
    start, words = low + m.start(), m[0].split()
    if len(words) == 2 and kana_known(words[1]):
        n = next((n for n in range(len(words[0]), 1, -1) if kana_known(words[0][-n:])), 0)
        if n:
            return start + len(words[0]) - n, 0.95
    word, at = words[-1], end - len(words[-1])
    if word in _NOT_HIRA or strength == "weak":
        return end, 0.0
    before = t[at - 1 : at]
    if RUN.match(before) and katakana(word) in book().given_kana:
        run = _RUN_ONLY.search(t[max(0, at - 8) : at])
        size, g, _ = tail_name(run[0]) if run else (0, NO, False)
        if g >= AMBIGUOUS:
            return at - size, 0.9
    n = next((n for n in range(len(word), 2, -1) if _full_kana(word[-n:])), 0)
    if n >= 5 or (n and n == len(word) and not RUN.match(before)):
        return end - n, 0.9
    if not RUN.match(before) and kana_known(word) and len(word) > 2:
        return at, 0.85
    if len(word) > 3 and form != "様" and word[0] in "はがをにとでのもへや" and kana_known(word[1:]):
        return at + 1, 0.8
    return end, 0.0


_RUN_ONLY = re.compile(f"[{KANJI}ヶ]+\\Z")


def _full_kana(word: str) -> bool:
    b, w = book(), katakana(word)
    return any(w[:i] in b.surname_kana and w[i:] in b.given_kana for i in range(2, len(w) - 1))


_NOT_HIRA = stop_words("person_hiragana")


def _latin_before(t: str, end: int, strength: str, form: str) -> tuple[int, float]:
    low = max(0, end - 40)
    m = _LATIN_BACK.search(t[low:end])
    if m is None or (not m[0][0].isupper() and (form.isascii() or not is_surname(m[0]))):
        return end, 0.0
    words = re.findall(r"[A-Za-z'’\-]+", m[0])
    if (
        form in ("先生", "医師", "さん", "氏", "様")
        and re.fullmatch("[A-Z]{1,2}", m[0])
        and not t[low : low + m.start()].endswith(tuple("-0123456789"))
    ):
        return low + m.start(), 0.8
    if not words or all(w.lower() in book().latin_terms or (w.isupper() and len(w) <= 3) for w in words):
        return end, 0.0
    known = any(is_surname(w) for w in words)
    if (strength == "weak" or form.isascii()) and not known:
        return end, 0.0
    return low + m.start(), 0.9 if known else 0.75
