"""Numbers, dates and ages that were dictated and stand in kana: ヨンニーキューノハチハチイチ, しょうわにじゅうねんさんがつみっか.

All looking is done on a copy with hiragana as katakana; positions keep their meaning. A number needs a word beside it that
speaks of one (番号, 番, 電話), or so many digits that it is no word; a date needs an era or a month with a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.deid.evidence import GRAMMAR, SHAPED, Hit
from jmid_nlp.deid.kana import katakana
from jmid_nlp.schema import Category
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import words

_DIGIT = (
    r"(?:ゼロ|レイ|マル|イチ|イッ|ニイ|ニー?|サン|ヨン|シチ|シ|ゴオ|ゴー?|ロク|ロッ|ナナ|ハチ|ハッ|キュウ|キュー|ク"
    r"|[〇零一二三四五六七八九0-9])"
)
_GAP = r"(?:[、, ・]|ノ|ー|ノ、)?"
_NUMBER = lazy(rf"{_DIGIT}(?:{_GAP}{_DIGIT}){{2,15}}")
_ISH = re.compile(
    r"(?:(?:ゼロ|レイ|マル|イチ|ニー|サン|ヨン|ゴー|ゴゴ|ロク|ナナ|ハチ|キュ[ーウ]){2}|"
    r"(?:ぜろ|れい|まる|いち|にー|さん|よん|ごー|ろく|なな|はち|きゅ[ーう]){2})"
)
_LEFT = re.compile(
    r"(?:番号|番|ID|アイディー|カルテ|診察券|電話|電話番号|携帯|自宅|内線|PHS|ピッチ|FAX|ファックス|連絡先|TEL|末尾|"
    r"下四桁|下4桁|"
    r"ルーム|部屋|病室|バンゴウ|デンワ|ナイセン)(?:ハ|ガ|モ|ノ|ニ|ヘ|ワ|、|,|:| |ノホウハ){0,2}\Z"
)
_PHONE_LEFT = re.compile(r"(?:電話|携帯|自宅|内線|PHS|ピッチ|FAX|ファックス|連絡先|TEL|デンワ|ナイセン)[^。\n]{0,5}\Z")
_RIGHT = re.compile(r"番(?!目)|バン(?!メ)|号|ノ(?:カタ|方|カンジャ|患者)")
_NODE_LEFT = re.compile(r"(?:リンパ節|節|ステーション|領域|レベル)(?:ノ|ハ|ガ|、)?\Z")
_SPOKEN = re.compile(r"[ァ-ヺー]")

_UNITS = r"(?:イチ|イッ|ニ|サン|ヨン|ヨ|シ|ゴ|ロク|ロッ|シチ|ナナ|ハチ|ハッ|ク|キュウ|キュー)"
_COUNT = rf"(?:{_UNITS}?(?:ジュウ|ジュー|ジュッ|ジッ)?{_UNITS}?|ガン)"
_DAYS = "ツイタチ|フツカ|ミッカ|ヨッカ|イツカ|ムイカ|ナノカ|ヨウカ|ヨーカ|ココノカ|トオカ|トーカ|トウカ|ハツカ"
_DAY = rf"(?:{_COUNT}(?:ニチ|ヨッカ|カ)|{_DAYS})"
_DATE = lazy(
    rf"(?:ショウワ|ショーワ|ヘイセイ|ヘーセー|レイワ|レーワ|タイショウ|タイショー|メイジ|昭和|平成|令和|大正|明治)"
    rf"{_COUNT}ネン(?:{_COUNT}ガツ(?:{_DAY})?)?"
    rf"|(?:セン|ニセン)(?:キュウヒャク|キューヒャク|ハッピャク)?{_COUNT}ネン(?:{_COUNT}ガツ(?:{_DAY})?)?"
    rf"|(?:イチ|ニ|サン|シ|ゴ|ロク|シチ|ハチ|ク|ジュウ(?:イチ|ニ)?)ガツ{_DAY}"
)
_WORDS = words(
    "ゼロ",
    "マル",
    "イチ",
    "ニー",
    "サン",
    "ヨン",
    "ゴー",
    "ナナ",
    "キュ",
    "ぜろ",
    "まる",
    "いち",
    "にー",
    "さん",
    "よん",
    "なな",
    "きゅ",
)
_AGE = re.compile(
    rf"(?:キュウジュウ|キュージュウ|キュージュー|ヒャク(?:ニ?ジュウ)?){_UNITS}?サイ(?![ァ-カキ-シス-ダチ-ナニ-ネバ-ヺ])"
)
_AGE_ISH = re.compile("(?:じゅ|ひゃ)[^ ]{1,5}さい|(?:ジュ|ヒャ)[^ ]{1,5}サイ")


def find_spoken(t: str) -> Iterator[Hit]:
    """Dictated numbers, dates and ages of a folded text."""
    number = _WORDS(t) and _ISH.search(t)
    date = "ネン" in t or "ガツ" in t or "ねん" in t or "がつ" in t
    age = ("さい" in t or "サイ" in t) and _AGE_ISH.search(t)
    if not (number or date or age):
        return
    k = katakana(t)
    if date:
        for m in _DATE.finditer(k):
            if _SPOKEN.search(m[0]):
                yield Hit(m.start(), m.end(), "DATE", "date", 0.85, "spoken.date", SHAPED)
    if age:
        for m in _AGE.finditer(k):
            yield Hit(m.start(), m.end(), "AGE", "age90", 0.85, "spoken.age", SHAPED)
    if number:
        yield from _numbers(k)


def _numbers(k: str) -> Iterator[Hit]:
    for m in _NUMBER.finditer(k):
        start = m.start()
        digits = _digits(m[0])
        if not _SPOKEN.search(m[0]) or sum(c.isdigit() for c in m[0]) == len(m[0]):
            continue
        before = k[max(0, start - 12) : start]
        if _NODE_LEFT.search(before):
            continue
        cued = _LEFT.search(before) is not None or _RIGHT.match(k, m.end()) is not None
        phone = (m[0].startswith(("ゼロ", "マル", "レイ", "〇", "零", "0")) and digits >= 9) or bool(
            _PHONE_LEFT.search(before)
        )
        if digits < (3 if cued else 6) or (not cued and not phone and _inside_word(k, start, m.end())):
            continue
        category: Category = "PHONE" if phone else "ID"
        yield Hit(start, m.end(), category, "number", 0.8, "spoken.number", GRAMMAR)


def _digits(number: str) -> int:
    return len(re.findall(_DIGIT, number))


def _inside_word(k: str, start: int, end: int) -> bool:
    """True where kana go on at either side, particles and endings aside."""
    before = k[start - 1 : start]
    return bool(_SPOKEN.match(before or " ")) and before not in tuple("ハガモノ")
