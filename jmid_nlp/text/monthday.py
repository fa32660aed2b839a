"""Whether a pair of numbers with a slash is a month and a day: what stands beside it decides."""

from __future__ import annotations

import re

from jmid_nlp.text.lazy import lazy

_CUE_LEFT = (
    r"(?:日|前回|今回|次回|比較|日付|日時|入院|退院|手術|術|ope|OP|date|Date|DATE|on|from|since|予約|予定|報告|撮影|"
    r"検査|施行|実施|"
    r"来院|受診|初診|再診|発症|受傷|転倒|依頼|読影|紹介|記載|作成|確認|送付|受付|生|から|より|は|[〜~～)）]|\A|\n)"
    r"[\s:：=>(（「『\[【]{0,3}"
)
_LEFT = re.compile(rf"{_CUE_LEFT}\Z")
_SMALL = frozenset({(1, 2), (1, 3), (2, 3), (1, 4), (3, 4), (1, 5), (2, 5), (4, 5), (1, 6), (2, 6), (3, 6), (1, 10)})
_STRONG_RIGHT = re.compile(
    r"\s{0,2}(?:に(?!縮|減|増|拡|低|分|及|達|わ|相当|満|なっ|狭|短|軽|限)|で(?:終了|開始|終わ|始|退|中止)|付|撮|施行|実施|手術|"
    r"入院|退院|来院|受診|[(（][月火水木金土日]|\d{1,2}:\d\d|\d{1,2}時|午前|午後|死亡|出生|生|より|から(?!\d)|の(?:CT|"
    r"MRI|MR|PET|検査|前回|手術|US|XP|造影|画像|胸|腹|頭)|頃|CT|MRI|夜|朝|予定|予約|再診|転倒|発症)"
)
_KEEP_LEFT = re.compile(
    r"(?:[A-Za-z]|[A-Za-z][ ](?=\Z)|[NnTt][0-3x][a-c]?[ ]?[(]|"
    r"転移|陽性|陰性|[LTCS]\s?\d{1,2}[/,、]\s?|[Ss]eries|[Ii]mages?|[Ii]m|Se|スライス|"
    r"画像|番号|No\.?|#|grade|Grade|score|Score|スコア|[(（]転移|レベル|椎間|椎|肋骨?|椎体|椎弓|TR|TE|比|約|全体の|上|"
    r"下|左|右|径|大きさ)[ ]?[:：=]?[ ]?\Z|/\Z"
)
_RANGE_LEFT = re.compile(r"[0-9]/[0-3]?[0-9]日?\s?[~〜～\-]\s?\Z")
_EXAM_LEFT = re.compile(r"(?:CT|MRI|MR|PET|XP|US|on|of|since|from|until|OP|DOB|[Dd]ate|b\.)[\s:(]{0,2}\Z")
_NAME_LEFT = lazy(r"[一-鿿ぁ-んァ-ン][ ]+\Z")
_DATE_RIGHT = re.compile(r"[ ]?(?:と比|より|の(?!大)|に|から|時|[)）]$)")
_PLAIN_RIGHT = lazy(
    r"[ \t、。\n)）\]】」』\"'<;,|→⇒:/~〜～]|$|\d\d?:\d\d|(?:CT|MRI|MR|PET|XP|US|AM|PM|ope|OP|am|pm)|"
    r"(?!個|枚|例|点|分[^と]|以[内上下外]|程|周|大|回|倍|椎|領|区|部|量|陽|陰|が?転移|が?陽|が?陰|に?一致|本|節|"
    r"のみ)[ぁ-ゖ一-鿿ァ-ヺ]"
)
_COUNTED = re.compile(
    r"節|転移|陽性|陰性|個中|検体|スコア|score|grade|コア|LN|郭清|照射[ :(]?\Z|筋力|MMT|シリーズ|ページ|ステップ|"
    r"フレーム|phase|slice|[A-Za-z0-9] ?\Z|\d\s?[、,~〜～]\s?\Z"
)
_LEFT_STRONG = re.compile(
    r"(?:日|日付|日時|前回|次回|今回|計画CT|開始|終了|date|Date|DATE|入院|退院|手術|on|予約|from)[\s:：=>(（]{0,3}\Z"
)


def date_left(t: str, at: int) -> bool:
    """Whether what stands before a position speaks of a date."""
    return _LEFT.search(t[max(0, at - 12) : at]) is not None or at == 0


def small_pair(month: int, day: int) -> bool:
    """Whether a pair may as well be a fraction, neighbouring levels or a score."""
    return (month, day) in _SMALL or (day == month + 1 and month < 9) or day in (5, 10) or day == month < 8


def is_month_day(t: str, m: re.Match[str]) -> bool:
    """3/14 is a date unless it is a fraction, a level or a count; a small pair needs a word beside it that says date."""
    before = t[max(0, m.start() - 12) : m.start()]
    exam = _EXAM_LEFT.search(before) is not None
    if (not exam and _KEEP_LEFT.search(before)) or t.startswith(("陽性", "陰性", " 陽性", " 陰性"), m.end()):
        return False
    month, day = int(m["m"]), int(m["d"])
    padded = m["m"][0] == "0" or m["d"][0] == "0"
    small = not padded and small_pair(month, day)
    if _STRONG_RIGHT.match(t, m.end()):
        return not small or date_left(t, m.start()) or t[m.end()] in "(（撮施"
    if _RANGE_LEFT.search(before):
        return True
    if small:
        if _NAME_LEFT.search(before) and t[m.end() : m.end() + 1] in ("", "\n"):
            return True
        return _LEFT_STRONG.search(before) is not None or (exam and _DATE_RIGHT.match(t, m.end()) is not None)
    return (exam or not _COUNTED.search(before)) and _PLAIN_RIGHT.match(t, m.end()) is not None
