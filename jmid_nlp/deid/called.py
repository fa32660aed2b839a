"""Names by relation and by what somebody is called: 次女のなつめ, 兄すばると, 通称テツ, 「ひふみん」って呼んで, 以上いずみでした.

Relations and words of naming are data (`relation.tsv`). A relation with の announces a given name, also one of kana or of a
single character; a word of naming announces whatever stands up to the next mark, known or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from jmid_nlp.deid.book import VARIANTS, book, katakana, stop_words
from jmid_nlp.deid.evidence import GRAMMAR, LISTED, Hit
from jmid_nlp.deid.kanji import KANJI, RARE, RUN, grade
from jmid_nlp.deid.likeness import BODY
from jmid_nlp.deid.slots import kana_value, medical_runs, right_weight, roles
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.offsets import fold


@cache
def _forms(kind: str) -> frozenset[str]:
    rows = read_table("phi/relation.tsv", ("kind", "forms"))
    return frozenset(fold(f).text for r in rows if r["kind"] == kind for f in split_forms(r["forms"]))


def _words(kind: str) -> str:
    return "|".join(re.escape(f) for f in sorted(_forms(kind), key=lambda f: (-len(f), f)))


_AFTER = r"(?=$|[\s、。,)(」』】;/|:=「]|(?:が|は|に|を|も|と|へ|で|の(?!み|方)|より|から|だけ|のみ|さん|様|ちゃん|くん|君|氏|ら[、。がはに]|です|でし|本人|宅|同席|同伴|同行))"
_NAME = (
    rf"(?P<k>[{KANJI}]{{1,4}}(?:[ \t][{KANJI}]{{1,3}})?)|(?P<h>[ぁ-ゖー]{{2,6}}?)|(?P<t>[ァ-ヺー]{{2,10}}(?:[・ ][ァ-ヺー]{{1,10}}){{0,4}})|"
    r"(?P<a>[A-Z][a-z]{1,14}(?:[ ][A-Z][A-Za-z.'’\-]{0,14}){0,3})"
)


@cache
def _related() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<who>{_words('relation')})(?P<of>の|は|・|:|、|「|\(|さんの|様の|さん|様|[ ]?)(?:{_NAME}){_AFTER}"
    )


@cache
def _guard() -> re.Pattern[str]:
    return re.compile(_words("relation"))


_NICK = rf"(?P<n>[^\s、。,()「」『』/|;:@=\"→<>\[\]]{{1,10}}?)"
_NICK_END = r"(?=$|[\s、。,()」』/|;@\"→<>\[\]]|こと(?![がもはなに])|(?:と|で|を|の|は|が|に|として)(?![ぁ-ゖ])|さん|ちゃん|くん|様|という|との|にて|では|です)"


@cache
def _named() -> re.Pattern[str]:
    return re.compile(rf"(?:{_words('naming')})(?:は|:|を|が|も|=| |、|・)?[ 「『\"]?{_NICK}{_NICK_END}")


@cache
def _naming_guard() -> re.Pattern[str]:
    return re.compile(_words("naming"))


_CALLED = re.compile(
    rf"(?:(?P<q>[「『\"])(?P<n1>[^\s「」『』\"]{{2,10}})[」』\"]|(?:(?<=^)|(?<=[^ぁ-ゖ]|[のはがをに、。「]))(?P<n2>[ぁ-ゖー]{{2,6}}?|"
    rf"[ァ-ヺー]{{2,10}}|[{KANJI}]{{1,4}}(?:ちゃん|くん|さん|じいさん|ばあさん)?|[A-Z][a-z]{{2,12}}))"
    r"(?:と|って|とも|とか)(?P<by>[ぁ-ゖ一-鿿]{0,6}?)(?:呼[ばぶんび称]|よば|よぶ|よん(?!ち)|名乗|申し?ま)"
)
_PET = re.compile(
    rf"(?<![ぁ-ゖ])(?P<n>[ぁ-ゖ]{{1,5}}(?:ちゃん|たん|っち|っくん|くん)|[{KANJI}]ちゃん)(?=と(?:母|父|兄|姉|呼|い)|こと|は|が|の|も|って)"
)
_SIGN_OFF = re.compile(r"(?:以上)(?P<n>[ぁ-ゖー]{2,6}|[ァ-ヺー]{2,8})(?=でした|です)")
_FROM = re.compile(r"(?<=[へ先生様])(?P<n>[ァ-ヺー]{3,8})(?=から[一二三四五六七八九十0-9 、。]|です|でした)")


def find_called(t: str) -> Iterator[Hit]:
    """Names by relation and by naming."""
    if _guard().search(t):
        for m in _related().finditer(t):
            hit = _relative(t, m)
            if hit:
                yield hit
    if _naming_guard().search(t):
        for m in _named().finditer(t):
            if _nickname(m["n"]):
                yield Hit(m.start("n"), m.end("n"), "PERSON", "alias", 0.8, "names.called", GRAMMAR)
    if "呼" in t or "よ" in t or "名乗" in t or "申" in t:
        for m in _CALLED.finditer(t):
            group = "n1" if m["n1"] else "n2"
            word = m[group]
            if _known(word) or (m["n1"] and _nickname(word) and len(word) < 9 and word not in book().no_names):
                yield Hit(m.start(group), m.end(group), "PERSON", "alias", 0.75, "names.called", LISTED)
    if "ちゃん" in t or "くん" in t or "たん" in t or "っち" in t:
        for m in _PET.finditer(t):
            if m["n"] not in stop_words("pet_name"):
                yield Hit(m.start("n"), m.end("n"), "PERSON", "alias", 0.75, "names.called", LISTED)
    for pattern in (_SIGN_OFF, _FROM):
        for m in pattern.finditer(t):
            if _kana_name(m["n"], weak=pattern is _FROM):
                yield Hit(m.start("n"), m.end("n"), "PERSON", "signature", 0.75, "names.called", LISTED)


def _relative(t: str, m: re.Match[str]) -> Hit | None:
    """A name behind a relation: strict on kanji that are also words, lenient on kana."""
    kind = m.lastgroup
    if kind in (None, "of"):
        return None
    assert kind is not None
    word, start, end = m[kind], m.start(kind), m.end(kind)
    of, before = m["of"], t[m.start() - 1 : m.start()]
    if RUN.match(before) or any(t[m.start() : m.end("who") + n] in _forms("relation") for n in (1, 2, 3)):
        return None
    firm = of in ("の", "さんの", "様の")
    if kind == "k":
        good = _kanji_given(t, word, end, firm) and (firm or len(word) > 1 or (len(m["who"]) > 1 and _acts(t, end)))
    elif kind == "h":
        if word in ("さん", "ちゃん", "くん", "さま"):
            return None
        good = firm or of in (":", "(", "「", "・") or (of in ("", " ") and len(word) > 2)
        good = good and _kana_name(word, weak=False) and word not in stop_words("value_hiragana")
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
    if joined not in b.given and joined not in b.surnames:
        return False
    agent = right_weight(t, end)
    told = t.startswith(_HONOR, end) or _acts(t, end)
    if len(joined) == 1:
        return joined not in BODY and (told or (firm and agent >= 0.7))
    if joined in b.words:
        return (told and not t.startswith(("は", "が"), end)) or _acts(t, end)
    return firm or told


def _acts(t: str, end: int) -> bool:
    return bool(_AGENT.match(t, end)) or right_weight(t, end) >= 2


_AGENT = re.compile(
    r"\([^()]{0,8}(?:歳|才|代|\d)|[がはも][^、。\n]{0,14}?(?:同席|同行|同伴|付き?添|代わ|答|説明|話|来|連絡|言|聞|希望|申|拒|承諾|同意|耳が|元気|見え|寝|立ち?会|運転|通報|発見)"
    r"|(?:と|に|へ|より|から)(?:同席|来院|連絡|説明|電話|相談|確認|報告|聴取|同居|お伝)"
)


def _not_term(word: str) -> bool:
    return word not in medical_runs() and word not in roles() and word not in stop_words("value_kana")


@lru_cache(maxsize=16384)
def _kana_name(word: str, weak: bool) -> bool:
    kana, b = katakana(word), book()
    if word in stop_words("value_hiragana") or word in stop_words("person_hiragana") or not _not_term(kana):
        return False
    return weak or kana in b.given_kana or kana in b.surname_kana or kana in b.foreign_kana


def _known(word: str) -> bool:
    """True for a known name, with or without something affectionate behind it."""
    base = re.sub("(?:ちゃん|くん|さん|じいさん|ばあさん)$", "", word)
    if base != word:
        return base != "" and word not in stop_words("pet_name") and base not in book().no_names
    if RUN.match(word):
        plain = word.translate(VARIANTS)
        return grade(plain) >= RARE or (plain in book().given and plain not in book().plain_words and len(plain) > 1)
    if word.isascii():
        return word.lower() not in medical_runs() and word.lower() not in book().latin_terms
    return _kana_name(word, weak=False)


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
        or word[0] in "はがをにとでのもへや々ー"
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
