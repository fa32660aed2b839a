"""Whether a string that stands before a kind of facility is a name: it begins with a place or a surname, or no words make it up.

All decisions are about a string alone and are cached: the same few hundred runs return in every report.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.kanji import KANJI, PARTLY, RARE, UNKNOWN, grade
from jmid_nlp.deid.leftpart import GENERIC_LEFT, name_like
from jmid_nlp.deid.slots import medical_runs
from jmid_nlp.lexicon import read_table
from jmid_nlp.text.lazy import lazy

_KATAKANA = re.compile(r"[ァ-ヺー・]{3,}")
_HIRAGANA = re.compile(r"[ぁ-ゖー]{3,8}")
_HEADWORD = lazy(r"(?:[一-鿿]{2,5}|[ぁ-ゖァ-ヺ][一-鿿ぁ-ゖァ-ヺ]{1,3})(?:先|元)(?:[はがの:]|を)?")
_LONGEST_HEAD = 6
_JOINS = frozenset(
    "各同両全新旧大小前後左右上下中内外第本支元現某他当用性系的型式部科室課係班員者士師医長院会所社局人方者氏様"
)


@cache
def prefectures() -> frozenset[str]:
    """Prefectures with and without their suffix, and regions that stand in names like prefectures."""
    rows = [r["form"] for r in read_table("phi/places.tsv", ("form", "kind")) if r["kind"] == "prefecture"]
    return frozenset([*rows, *(r[:-1] for r in rows if r != "北海道"), *stop_words("facility_region")])


@lru_cache(maxsize=65536)
def is_common(word: str) -> bool:
    """A word, term, department or role: never the name of a place or person by itself."""
    b = book()
    return (
        word in GENERIC_LEFT
        or word in b.plain_words
        or word in b.depts
        or word in b.role_words
        or word in medical_runs()
        or word in stop_words("facility_word")
    )


@lru_cache(maxsize=65536)
def is_place(word: str) -> bool:
    """A name of a place: a municipality with or without its suffix, a town, a prefecture or region."""
    plain = word.translate(VARIANTS)
    if plain in prefectures():
        return True
    b = book()
    stem = plain[:-1] if plain[-1:] in "市町村区郡島" and len(plain) > 2 else plain
    if stem in b.place_stems and stem not in b.terms and stem not in medical_runs() and plain not in GENERIC_LEFT:
        return stem not in stop_words("facility_word")
    return not is_common(plain) and (stem in b.place_names or plain in b.place_names)


@lru_cache(maxsize=65536)
def is_name(word: str) -> bool:
    """A place or a surname of two characters or more."""
    plain = word.translate(VARIANTS)
    if is_place(plain):
        return True
    return not is_common(plain) and (name_like(plain) or (len(plain) > 2 and plain in book().rare_surnames))


@lru_cache(maxsize=65536)
def head(word: str) -> int:
    """The length of the name that a string begins with, 0 where it begins with none: 伊勢|中央, ひまわり|眼科, 津|中央."""
    for size in range(min(_LONGEST_HEAD, len(word)), 1, -1):
        if is_name(word[:size]):
            return size
    if (m := _KATAKANA.match(word)) and not is_kana_word(m[0]):
        return m.end()
    if (m := _HIRAGANA.match(word)) and not is_grammar(m[0]):
        return m.end()
    first = next((f for f in stop_words("company_head") if word.startswith(f) and len(word) > len(f)), "")
    if first:
        return len(first)
    return 1 if word[:1] in stop_words("city_of_one") and len(word) > 1 and not is_common(word[:2]) else 0


@cache
def _kana_words() -> frozenset[str]:
    listed = (
        {w for w in medical_runs() if re.fullmatch("[ァ-ヺー・]+", w)}
        | stop_words("value_kana")
        | stop_words("facility_kana")
    )
    return frozenset(w for w in listed if len(w) > 2)


@lru_cache(maxsize=16384)
def is_kana_word(word: str) -> bool:
    """A katakana word of medicine or of daily life, or one that begins with one."""
    words = _kana_words()
    return any(p in words or any(p[:n] in words for n in range(4, len(p))) for p in word.split("・"))


_GRAMMAR = lazy(
    r"(?:および|または|なお|また|さらに|その|この|あの|どの|ため|ので|から|まで|より|など|ところ|こと|もの|とき|ころ|"
    r"ほど|ぐらい|くらい|"
    r"のみ|ばかり|について|による|における|にて|では|には|とは|です|ます|ました|した|して|する|しか|ない|なし|あり|"
    r"ある|いる|おり|れる|"
    r"られ|せる|たい|みぎ|ひだり|うえ|した|まえ|うしろ|はい|いいえ|えーと|えっと|あと|ほか|いま|すぐ|やや|ほぼ|"
    r"みられ|あった|なった|だった|"
    r"ひとつ|ふたつ|いつも|ちょっと|たぶん|きょう|あした|きのう|おそらく|もともと|とりあえず|お世話|ございます|"
    r"よろしく|そちら|こちら|あちら|どちら|そこ|ここ|あたり|ちかく|まわり|うまれ|そだち|ならび|もしくは|あるいは|"
    r"しかも|ただし|ぜんそく|ちなみ|いずれ|さきほど|このたび|ひとまず|あらため|いったん|すみやか|ただち|かならず|"
    r"どうぞ|もちろん|たしか|やはり|すでに|いつか|ときどき|みなさん|おとも|ともだち|となり|こども|おなじ|いろいろ|"
    r"だいたい|ふつう|おくさん|だんな|むすめ|むすこ|おかあ|おとう|ばあ|じい)"
)


@lru_cache(maxsize=16384)
def is_grammar(word: str) -> bool:
    """Hiragana that is grammar or a word of daily life rather than a name."""
    return bool(_GRAMMAR.match(word) or _GRAMMAR_END.search(word)) or word in stop_words("value_hiragana")


_GRAMMAR_END = re.compile(
    r"(?:です|ます|した|して|する|ない|なし|から|まで|より|には|では|とは|ため|ので|れば|たら|って|ている|という|"
    r"ような|くん|ちゃん|さん)\Z"
)


@lru_cache(maxsize=65536)
def made_of_words(word: str) -> bool:
    """Whether words, terms and joining characters make up a string as a whole: 呼吸器内科, 建設現場, 整備工場."""
    reach = [True] + [False] * len(word)
    for end in range(1, len(word) + 1):
        reach[end] = any(
            reach[start] and (is_common(word[start:end]) if end - start > 1 else word[start:end] in _JOINS)
            for start in range(max(0, end - 6), end)
        )
    return reach[-1]


@lru_cache(maxsize=65536)
def cut_left(left: str) -> str:
    """The part of a left side that is a name: 転送先の福島 gives 福島, 整備工場海山 gives 海山; "" where none is."""
    if not left:
        return ""
    if m := _HEADWORD.match(left):
        left = left[m.end() :] or left
    for at in range(len(left) - 1 if len(left) > 2 else 1):
        rest = left[at:]
        if (
            rest[0] not in "のはがをにでとも"
            and head(rest)
            and (at == 0 or made_of_words(left[:at].rstrip("のはがを")))
        ):
            return rest
    return ""


@lru_cache(maxsize=65536)
def unheard(word: str) -> bool:
    """A string of kanji that no list knows and no words make up: it may be a name that is rare."""
    plain = word.translate(VARIANTS)
    return (
        re.fullmatch(f"[{KANJI}ヶケノ]{{2,8}}", plain) is not None
        and not is_common(plain)
        and not made_of_words(plain)
        and grade(plain) in (UNKNOWN, PARTLY, RARE)
    )
