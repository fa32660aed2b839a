"""Names by relation and by what somebody is called: 次女のなつめ, 兄すばると, 通称テツ, 「ひふみん」って呼んで, 以上いずみでした.

Relations and words of naming are data (`relation.tsv`). A relation with の announces a given name, also one of kana or of a
single character; a word of naming announces whatever stands up to the next mark, known or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.evidence import GRAMMAR, LISTED, Hit
from jmid_nlp.deid.kana import katakana
from jmid_nlp.deid.kanji import KANJI, RARE, RUN, grade
from jmid_nlp.deid.likeness import BODY
from jmid_nlp.deid.namescan import mixed_given
from jmid_nlp.deid.sides import right_weight
from jmid_nlp.deid.worth import is_term, kana_value, medical_runs, roles
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import RareForms

_KINDS = ("relation", "naming", "calling", "fond", "closing", "origin")


@cache
def _forms(kind: str) -> frozenset[str]:
    rows = read_table("phi/relation.tsv", ("kind", "forms"))
    return frozenset(fold(f).text for r in rows if r["kind"] == kind for f in split_forms(r["forms"]))


@cache
def _automaton() -> tuple[Automaton, tuple[str, ...]]:
    kind_of = {form: kind for kind in reversed(_KINDS) for form in _forms(kind)}
    automaton = RareForms(sorted(kind_of))
    return automaton, tuple(kind_of[f] for f in automaton.forms)


_AFTER = (
    r"(?=$|[\s、。,)(」』】;/|:=「]|(?:が|は|に|を|も|と|へ|で|の(?!み|方)|より|から|だけ|のみ|さん|様|ちゃん|くん|君|氏"
    r"|ら[、。がはに]|です|でし|本人|宅|同席|同伴|同行|電話|連絡|説明|来院|来室|付添|付き添|在住|既往))"
)
_RELATED = lazy(
    r"(?P<of>の|は|・|:|、|「|\(|さんの|様の|さん|様|[ ]?)"
    r"(?:(?P<x>(?:[ぁ-ゖ]{1,3}|[ァ-ヺ]{1,3})[子美代江枝恵乃雄男吉])|"
    rf"(?P<k>[{KANJI}]{{1,4}}?(?:[ \t][{KANJI}]{{1,3}})?)|(?P<h>[ぁ-ゖー]{{2,6}}?)"
    r"|(?P<t>[ァ-ヺー]{2,10}(?:[・ ][ァ-ヺー]{1,10}){0,4})"
    rf"|(?P<a>[A-Z][a-z]{{1,14}}(?:[ ][A-Z][A-Za-z.'’\-]{{0,14}}){{0,3}})){_AFTER}"
)
_NAMED = lazy(
    r"(?:は|:|を|が|=| |、|・)?[ 「『\"]?(?P<n>[^\s、。,()「」『』/|;:@=\"→<>\[\]]{1,10}?)"
    r"(?=$|[\s、。,()」』/|;@\"→<>\[\]]|こと(?![がもはなに])|(?:と|で|を|の|は|が|に|として)(?![ぁ-ゖ])|さん|ちゃん|くん|様|という"
    r"|との|にて|では|です)"
)
_CALLED = lazy(
    r"(?:[「『\"](?P<q>[^\s「」『』\"]{2,10})[」』\"]|(?P<h>[ぁ-ゖー]{2,6}?)|(?P<t>[ァ-ヺー]{2,10})"
    rf"|(?P<k>[{KANJI}]{{1,4}}(?:ちゃん|くん|さん|じいさん|ばあさん)?)|(?P<a>[A-Z][a-z]{{2,12}}))"
    r"(?:と|って|とも|とか)(?:[一-鿿]{1,3}[がはも])?\Z"
)
_HIRA_TAIL = re.compile(r"[ぁ-ゖー]+\Z")
_BEFORE = "はがをにのもらてと"
_FOND = lazy(rf"(?:(?<![ぁ-ゖ])[ぁ-ゖ]{{1,4}}っ?|(?<![{KANJI}])[{KANJI}])\Z")
_FOND_RIGHT = re.compile("と(?:母|父|兄|姉|呼|い)|こと|は|が|の|も|って")
_CLOSING = re.compile(r"(?P<n>[ぁ-ゖー]{2,6}?|[ァ-ヺー]{2,8})(?=でした|です)")
_ORIGIN = re.compile(r"(?<=[へ生様])[ァ-ヺー]{3,8}\Z")
_ORIGIN_RIGHT = re.compile("[一二三四五六七八九十0-9、。]|です|でした")


def find_called(t: str) -> Iterator[Hit]:
    """Names by relation and by naming."""
    automaton, kinds = _automaton()
    for start, end, number in automaton.find(t):
        kind = kinds[number]
        if kind == "relation":
            hit = _relative(t, start, end)
        elif kind == "naming":
            m = _NAMED.match(t, end)
            hit = _alias(m.start("n"), m.end("n"), GRAMMAR) if m and _nickname(m["n"]) else None
        elif kind == "calling":
            hit = _spoken_of(t, start)
        elif kind == "fond":
            hit = _fond(t, start, end)
        elif kind == "closing":
            m = _CLOSING.match(t, end)
            hit = _alias(m.start("n"), m.end("n"), LISTED) if m and _kana_name(m["n"]) else None
        else:
            back = _ORIGIN.search(t, max(0, start - 9), start) if "ァ" <= t[start - 1 : start] <= "ー" else None
            hit = (
                _alias(back.start(), start, LISTED)
                if back and _ORIGIN_RIGHT.match(t, end) and _not_term(back[0])
                else None
            )
        if hit is not None:
            yield hit


def _alias(start: int, end: int, rank: int) -> Hit:
    return Hit(start, end, "PERSON", "alias", 0.8 if rank == GRAMMAR else 0.75, "names.called", rank)


def _spoken_of(t: str, at: int) -> Hit | None:
    """What somebody is called, before a verb of calling."""
    m = _CALLED.search(t, max(0, at - 20), at)
    if m is None:
        return None
    group = next(g for g in "qhtka" if m[g])
    word, start = m[group], m.start(group)
    if group == "q" and _nickname(word) and len(word) < 9 and word not in book().no_names:
        return _alias(start, start + len(word), LISTED)
    if group == "h":
        run = _HIRA_TAIL.search(t, max(0, at - 20), start + len(word))
        low = run.start() if run else start
        stop = start + len(word)
        start = next(
            (
                i
                for i in range(max(low, stop - 6), stop - 1)
                if _kana_name(t[i:stop]) and (i == low or t[i - 1] in _BEFORE)
            ),
            start,
        )
        word = t[start:stop]
    return _alias(start, start + len(word), LISTED) if len(word) > 1 and _known(word) else None


def _fond(t: str, start: int, end: int) -> Hit | None:
    """たっくん, 義ちゃん: a word of affection with what stands before it."""
    m = _FOND.search(t, max(0, start - 5), start)
    if m is None or not _FOND_RIGHT.match(t, end) or t[m.start() : end] in stop_words("pet_name"):
        return None
    return _alias(m.start(), end, LISTED)


def _relative(t: str, low: int, high: int) -> Hit | None:
    """A name behind a relation at `[low, high)`: strict on kanji that are also words, lenient on kana."""
    if low and RUN.match(t, low - 1):
        return None
    m = _RELATED.match(t, high)
    kind = next((g for g in "xkhta" if m[g]), None) if m else None
    if m is None or kind is None:
        return None
    word, start, end, of = m[kind], m.start(kind), m.end(kind), m["of"]
    firm = of in ("の", "さんの", "様の")
    if any(t[start : end + n] in _forms("relation") for n in (1, 2)) or word in ("奥", "皆", "嫁", "婿"):
        return None
    if kind == "x":
        good = mixed_given(word)
    elif kind == "k":
        good = _kanji_given(t, word, end, firm) and (firm or len(word) > 1 or (high - low > 1 and _acts(t, end)))
    elif kind == "h":
        if word in ("さん", "ちゃん", "くん", "さま"):
            return None
        good = firm or of in (":", "(", "「", "・") or of in ("", " ")
        good = good and _kana_name(word) and word not in stop_words("value_hiragana")
    elif kind == "t":
        good = kana_value(word) >= (0 if firm or of in (":", "(", "「", "・", " ") else 1.5) and _not_term(word)
        good = good and (kana_value(word) > 0 or right_weight(t, end) >= 0.5 or t.startswith(_HONOR, end))
    else:
        good = not any(
            w.lower() in medical_runs() or w.lower() in book().latin_terms for w in re.split("[ .]+", word) if w
        )
        good = good and not word.isupper() and word.lower() not in stop_words("latin")
    return Hit(start, end, "PERSON", "family", 0.8, "names.relation", GRAMMAR) if good else None


_HONOR = ("さん", "様", "ちゃん", "くん", "君", "氏", "(", "が", "は")


def _kanji_given(t: str, word: str, end: int, firm: bool) -> bool:
    plain = word.translate(VARIANTS)
    b = book()
    if (
        plain in medical_runs()
        or plain in b.terms
        or plain in b.labels
        or plain in b.depts
        or plain in roles()
        or plain in b.titles
    ):
        return False
    joined = "".join(plain.split())
    if len(joined) != len(plain):
        return False
    if grade(joined) >= RARE:
        return True
    if firm and len(joined) > 1 and t.startswith(_HONOR[:6], end) and not is_term(joined) and joined not in b.no_names:
        return True
    if joined not in b.given and joined not in b.surnames:
        return False
    firm = firm or bool(_ENDED.match(t, end))
    agent = right_weight(t, end)
    told = t.startswith(_HONOR, end) or _acts(t, end)
    if len(joined) == 1:
        return joined not in BODY and (told or (firm and agent >= 0.7))
    if joined in b.words and joined[-1] in "子美恵枝江" and len(joined) == 2:
        return firm or told or t.startswith((")", "」", "、"), end)
    if joined in b.words and t[end : end + 1] in (")", "」"):
        return True
    if joined in b.words:
        return (told and not t.startswith(("は", "が"), end)) or _acts(t, end)
    return firm or told


def _acts(t: str, end: int) -> bool:
    return bool(_AGENT.match(t, end)) or right_weight(t, end) >= 2


_ENDED = re.compile("[、。)」\\n]|\\Z|で[、。]|だ[。が]")
_AGENT = re.compile(
    r"\([^()]{0,8}(?:歳|才|代|\d)|[がはも][^、。\n]{0,14}?(?:同席|同行|同伴|付き?添|代わ|答|説明|話|来|連絡|言|聞|希望|申|拒|承諾|同意|耳が|元気|見え|寝|立ち?会|運転|通報|発見)"
    r"|(?:と|に|へ|より|から)(?:同席|来院|連絡|説明|電話|相談|確認|報告|聴取|同居|お伝)"
)


def _not_term(word: str) -> bool:
    return word not in medical_runs() and word not in roles() and word not in stop_words("value_kana")


@lru_cache(maxsize=16384)
def _kana_name(word: str) -> bool:
    kana, b = katakana(word), book()
    if word in stop_words("value_hiragana") or word in stop_words("person_hiragana") or not _not_term(kana):
        return False
    return kana in b.given_kana or kana in b.surname_kana or kana in b.foreign_kana


def _known(word: str) -> bool:
    """True for a known name, with or without something affectionate behind it."""
    base = re.sub("(?:ちゃん|くん|さん|じいさん|ばあさん)$", "", word)
    if base != word:
        return base != "" and word not in stop_words("pet_name") and base not in book().no_names
    if RUN.match(word):
        plain = word.translate(VARIANTS)
        known = plain in book().given and plain not in book().terms and plain not in medical_runs()
        return grade(plain) >= RARE or (known and len(plain) > 1)
    if word.isascii():
        return word.lower() not in medical_runs() and word.lower() not in book().latin_terms
    return _kana_name(word)


@lru_cache(maxsize=16384)
def _nickname(word: str) -> bool:
    """False for what a word of naming may announce without it being a name: a disease, a sign, a particle."""
    if (
        word in book().no_names
        or word in medical_runs()
        or word.lower() in medical_runs()
        or katakana(word) in medical_runs()
    ):
        return False
    if (
        len(word) < 2
        or word in ("さん", "さま", "くん", "ちゃん")
        or word[0] in "はがを々ー"
        or word.isdigit()
        or word in stop_words("value_hiragana")
    ):
        return False
    return not word.endswith(
        (
            "病",
            "症",
            "炎",
            "癌",
            "腫",
            "群",
            "徴候",
            "像",
            "影",
            "法",
            "型",
            "サイン",
            "sign",
            "線",
            "名",
            "不明",
            "なし",
            "あり",
            "部",
            "管",
            "骨",
        )
    )
