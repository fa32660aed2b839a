"""Persons before a title or an honorific: 森先生, 林さん, 原Dr., ミナミサワトシコさん, Tanaka先生."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.evidence import TITLED, Hit
from jmid_nlp.deid.kanatitles import (
    LIKELIER,
    LIKELY,
    RUN_ONLY,
    SAMA_OK,
    hiragana_before,
    kana_surname,
    katakana_before,
    latin_before,
)
from jmid_nlp.deid.kanji import (
    AMBIGUOUS,
    FULL,
    KANJI,
    NO,
    PARTLY,
    RARE,
    RUN,
    UNKNOWN,
    grade,
    tail_name,
)
from jmid_nlp.deid.likeness import BODY, likeness
from jmid_nlp.deid.namescan import mixed_given, plausible
from jmid_nlp.deid.worth import is_term, medical_runs
from jmid_nlp.lexicon import Automaton
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import RareForms


@cache
def _titles() -> tuple[Automaton, tuple[tuple[str, tuple[str, str]], ...]]:
    return RareForms(book().titles), tuple(book().titles.items())


_NOT_SAMA = lazy(
    r"(?:の(?:陰影|影|構造|変化|病変|結節|腫瘤|所見|信号|濃度|増強|低|高|線状|索状|石灰|肥厚|硬化|吸収|濃染|血流|像|形態|形状|外観|陥凹|隆起|拡張|部分)|"
    r"陰影|影|構造|変化|病変|結節|腫瘤|所見|信号|濃度|組織|細胞|肥厚|に|な|像|化|式|態|相|子|々|体|斑|骨|部|帯|膜|突起|狭窄|硬化|石灰|低|高|で(?!す|ある)|を(?:呈|示)|と(?:なって|表現)|外観|形態|パターン)"
)

# what only a person is: につき, には郵送
_TO_SAMA = re.compile(
    r"に(?:つき|は|も|て|ご|お|郵|送|説明|連絡|電話|確認|対し|関し|報告|結果|同席)|の(?:所見|検査|結果|画像|部)|で(?:す|ござ)|と(?:は|の)"
)


def _sure_before(t: str, at: int) -> bool:
    """True where a known name that is no plain word ends at a position, with nothing before it that belongs to a word."""
    m = RUN_ONLY.search(t[max(0, at - 8) : at])
    if m is None:
        return False
    size, g, clean = tail_name(m[0])
    name = m[0][-size:] if size else ""
    if not clean or name in BODY or name in medical_runs():
        return False
    plain = name.translate(VARIANTS)
    if m[0].translate(VARIANTS) in book().given and m[0][-1] in "子美恵江代枝":
        return True
    if len(name) == 1:
        return plain in book().surnames and plain not in book().plain_words
    return g >= AMBIGUOUS and plain not in book().plain_words


_NOT_SHI = re.compile(r"名|度|病|族|神")


def find_titled(t: str) -> Iterator[Hit]:
    """Names before titles and honorifics: 森先生, 林さん, 原Dr., ミナミサワトシコさん, Tanaka先生."""
    for m in _BOTH.finditer(t) if "両" in t or "各" in t else ():
        hit = _before(t, m.start(), "strong", "clinician", "先生")
        if hit:
            yield hit
            yield from _list_before(t, hit)
    automaton, titles = _titles()
    for start, end, number in automaton.find(t):
        form, (strength, subtype) = titles[number]
        if start == 0 or (form.isascii() and not _latin_title(t, start, end)):
            continue
        if form in ("様", "様方") and (
            t[start - 1] in "同一多異模仕各両左今別"
            or (_NOT_SAMA.match(t, end) and not (_TO_SAMA.match(t, end) and _sure_before(t, start)))
            or t[max(0, start - 2) : end] in book().terms
        ):
            continue
        if form == "殿" and t[start - 1] in "沈宮御神社本拝仏湯":
            continue
        if (form == "氏" and _NOT_SHI.match(t, end)) or (form == "殿" and t[end : end + 1] in tuple("部筋裂")):
            continue
        if "ァ" <= form[0] <= "ヺ" and "ァ" <= t[start - 1] <= "ー" and not kana_surname(t, start):
            continue
        gap = 1 if t[start - 1] in " \t】」)" and strength != "weak" else 0
        hit = _before(t, start - gap, strength, subtype, form)
        if hit:
            yield hit._replace(end=end) if form in _BABY else hit
            yield from _list_before(t, hit)


_LIST_BACK = lazy(f"(?:\\A|[\\s、。,(（「:/])([{KANJI}]{{1,5}})[、,・/と][ \t]?\\Z")


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
        start, score = katakana_before(t, end, strength, form)
    elif "ぁ" <= char <= "ゖ":
        start, score = hiragana_before(t, end, strength, form)
    elif char.isascii() and char.isalpha():
        start, score = latin_before(t, end, strength, form)
    else:
        return None
    if start == end:
        return None
    return Hit(start, end, "PERSON", subtype, score, "names.title", TITLED)


# a given name of kana with the last character in kanji: さち子, カネ代
_MIXED_BACK = lazy(r"(?:^|[^ぁ-ゖァ-ヺー]|(?<=[々一-鿿])[のはがと])((?:[ぁ-ゖ]{1,3}|[ァ-ヺ]{1,3})[子美代江枝恵乃雄])\Z")
_RUN_BACK = lazy(f"(?:[{KANJI}][ \t]){{2,6}}[{KANJI}]\\Z|[{KANJI}ヶ]+(?:[ \t]{{1,2}}[{KANJI}ヶ]{{1,4}})?\\Z")


def _kanji_before(t: str, end: int, strength: str, form: str) -> tuple[int, float]:
    low = max(0, end - 24)
    if strength != "weak" and (mixed := _MIXED_BACK.search(t, max(0, end - 6), end)):
        at = mixed.start(1) if mixed_given(mixed[1]) else mixed.start(1) + 1
        if mixed_given(t[at:end]):
            return at, 0.85
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
    if strength == "honor" and text[-1] in stop_words("placeholder") and len(text) == 1:
        return end, 0.0
    if form == "さま" and len(text) == 1 and t.startswith(_MEASURED, end + 2):
        return end, 0.0
    if (
        form in ("様", "殿", "さん")
        and text[-1] in "室係課部科会社店院局"
        and len(text) > 1
        and (g < RARE or not clean)
    ):
        return end, 0.0
    if len(text) == 1 and form in _PERSONAL and g in (NO, UNKNOWN) and text not in book().no_names and text not in BODY:
        return start if size else end - 1, 0.75
    if g < RARE and strength != "weak" and is_term(text):
        return end, 0.0
    if form == "様" and g < AMBIGUOUS and (text in book().plain_words or text in book().words):
        return end, 0.0
    if g == NO and _given_before(t, end, text, strength, form):
        return end - len(text), 0.8
    if text[-size:] == "科" and strength != "honor" and form not in ("先生", "医師"):
        return end, 0.0
    if g == NO and strength != "weak" and form != "様" and plausible(text) and text[-1] not in "科院部室局課員者":
        return end - len(text), 0.7
    if g == NO or (text in book().generic and form not in ("先生", "医師", "Dr", "Dr.", "医師")):
        m = _OCR_BACK.search(t[max(0, end - 8) : end])
        return (max(0, end - 8) + m.start(), 0.7) if m and strength == "strong" else (end, 0.0)
    if strength == "weak" and g in (PARTLY, UNKNOWN):
        good = clean and size > 1 and likeness(t[start:end].translate(VARIANTS)) > LIKELIER
        return (start, 0.7) if good and _FREE.search(t[max(0, start - 1) : start]) else (end, 0.0)
    if strength == "weak":
        return (
            (start, 0.85)
            if (g >= RARE and (clean or g == FULL))
            or (g == AMBIGUOUS and (size == len(text) or (clean and size > 1)) and len(form) > 1)
            else (end, 0.0)
        )
    if form == "君" and g == AMBIGUOUS and clean and len(text) == size == 1 and text not in BODY:
        return start, 0.75
    if strength == "honor" and form in ("妻", "児", "翁", "嬢", "の子", "君", "夫人", "女史"):
        return (start, 0.8) if g >= RARE and clean else (end, 0.0)
    if g >= RARE:
        rest = len(text) - size
        return start - (rest if not clean and rest == 1 and len(text) <= 4 else 0), 0.95
    if g == AMBIGUOUS:
        if form == "様" and not (SAMA_OK.match(t, end + 1) or (clean and _may_be_sama(t, end, text[-size:]))):
            return end, 0.0
        return (start, 0.9) if clean else (end, 0.0)
    before = t[start - 1 : start]
    if clean and strength in ("strong", "honor") and likeness(t[start:end].translate(VARIANTS)) > LIKELY:
        return start, 0.8
    if form == "様" and (size < 2 or not SAMA_OK.match(t, end + 1)):
        return end, 0.0
    return (
        (start, 0.75)
        if clean and size <= 5 and (before not in ("の", "お", "ご") or strength == "strong")
        else (end, 0.0)
    )


# 高さまで, 長さは: how high, how long
_MEASURED = ("で", "が", "は", "の", "に", "を")


def _given_before(t: str, end: int, text: str, strength: str, form: str) -> bool:
    """A given name that is also a plain word, before a title: 百合先生, 伸子様."""
    plain = text.translate(VARIANTS)
    b = book()
    if strength == "weak" or len(plain) < 2 or plain not in b.given or plain in b.generic or plain in b.depts:
        return False
    if plain in b.terms or plain in b.labels or plain in b.titles or plain in medical_runs():
        return False
    if form in ("児", "の子", "妻", "ベビー", "嬢", "翁"):
        return False
    if form in ("様", "氏", "殿", "君"):
        return plain[-1] in "子美恵江代枝郎男雄夫介助平吉" and (form != "様" or bool(SAMA_OK.match(t, end + 1)))
    return True


_FREE = re.compile(r"\A\Z|[\s、。,(「/:→・のはにをとがもへ]\Z")


def _may_be_sama(t: str, end: int, name: str) -> bool:
    """True for a surname before 様 that is no part of the body and no plain word and not compared with, such as 柳様."""
    if t.startswith("の", end + 1) and not t.startswith(_OWN, end + 2):
        return False
    return (
        name not in BODY and name not in book().words and name not in book().terms and name + "様" not in book().terms
    )


_OWN = (
    "児",
    "奥",
    "ご",
    "お",
    "御",
    "母",
    "父",
    "夫",
    "妻",
    "娘",
    "息子",
    "長",
    "次",
    "家",
    "結果",
    "診",
    "体",
    "頭",
    "胸",
    "腹",
)
_OCR_BACK = lazy(f"[{KANJI}][{KANJI}A-Z|]{{0,4}}[A-Z|][{KANJI}A-Z|]{{0,3}}\\Z")


# what stands only behind persons
_PERSONAL = ("さん", "氏", "くん", "ちゃん", "先生", "医師", "Dr", "せんせい")
