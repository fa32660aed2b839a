"""Numbers by exclusion: what no unit, parameter, laboratory name, level, count or date explains identifies somebody.

Four digits and more that stand alone, two groups with a dash, letters with digits: behind a Latin abbreviation they are values
(BNP 1120, TR 5200, WBC 14200), behind kanji, kana, a sign or a line break they are numbers of a register, a room or a telephone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.deid.evidence import WEAK, Hit
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import shapes

_FIRST = r"\d(?<![0-9A-Za-z.,/\-:#×~+=^*].)"  # the first digit of a number: what begins with a class is found fast
_UNIT = (
    r"(?![0-9A-Za-z%×~〜^]|[.,:/\-][0-9]|[ ]?(?:mm|cm|ms|HU|mg|mL|ml|Gy|%|kcal|cc|kg|件|例|名|人|回|個|枚|本|歳|才|年|月|日|"
    r"時|分|秒|円|度|倍|点|か所|ヶ所|種|"
    r"週|番目|行|列|頁|kV|mA|MBq|μ|ng|pg|U|Hz|kPa|mSv|mGy|bpm|mmHg|g(?![a-z])|L(?![a-z])|m(?![a-z])|°|センチ|ミリ|"
    r"病日|椎|レベル|領域|区|枝|段|AU|ps|w/v|前後|台|"
    r"程度|以上|以下|未満|弱|強|歩|床(?!番)|→[0-9]|代|巻|号線|mT|ppm|カウント|フレーム|スライス))"
)
_LONG = lazy(_FIRST + r"\d{4,5}" + _UNIT)
_FOUR = lazy(_FIRST + r"(?!(?:(?<=1)9|(?<=2)0)\d\d)\d{3}" + _UNIT)
_PAIR = lazy(_FIRST + r"(?:\d{1,5}-\d{1,6}|-\d{3,6})" + _UNIT)
_CODE = re.compile(
    r"(?<![0-9A-Za-z.,/\-:#×~+=^*_])(?:[A-Z]{1,4}-\d{1,6}(?:-\d{1,6})?[a-z]?|[A-Z]{2,3}\d{5,8}[A-Z]{0,2}|PHS\d{3,5}|"
    r"[A-Z]\d{4,6}|\d{3,6}[A-Z]{1,2}(?<!\dY)|[a-z]{2,3}\d{4,8})(?![0-9A-Za-z.%/\-]|[ ]?(?:mm|cm|HU))"
)
_FOUR_DIGITS, _DASHED = shapes("0000"), shapes("0-0")
_CODE_ISH = shapes("A-000", "AA00000", "AAA0000", "PHS", "A0000", "000A", "aa0000", "A-0-0", "A-00-0")
_KANA_CODE_ISH = re.compile(r"-(?<=[ぁ-んァ-ヺ].)\d")
_KANA_CODE = lazy(r"(?<![ぁ-んァ-ヺー一-鿿])[ぁ-んァ-ヺ]-\d{1,5}(?:-\d{1,6})?(?![0-9A-Za-z.\-]|[ ]?(?:HU|mm|cm|度|%))")
_VALUE_LEFT = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9\-/*²]*|スコア|値|係数|指数|血糖|血圧|体重|身長|線量|リード|型番|型式|モデル|品番|コード|"
    r"約|計|合計|総|径|長|厚|容積|体積|距離|時間|速度|第|#|b=0、|密度|圧|濃度|比|率|数|量|尿|高度|標高|喫煙指数|"
    r"ブリンクマン指数|歩行|月間|年間|拍|[=＝]右|左)[ ]?[ :=は]{0,2}[(（]?\Z"
)
_PARAMETER = re.compile(
    r"(?:フェリチン|プロラクチン|コルチゾール|テストステロン|アミラーゼ|リパーゼ|ミオグロビン|クレアチニン|"
    r"ビリルビン|トロポニン|ダイマー|カルシウム|バリウム|ヘパリン|インスリン|ステロイド)[ :はが]{0,2}\Z"
)
_NAMED_LEFT = re.compile(
    r"(?:ID|Id|No\.?|NO\.?|no\.?|PHS|TEL|Tel|FAX|Fax|Ext\.?|ext\.?|Dr\.?|Ns|MSW|[A-Z][a-z]+[,.]? [A-Z]\.?)[ :]{0,2}\Z"
)
_CLOCK = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d\Z")
_TERM = lazy(
    r"(?:[LTCS]h?-\d|[A-Z]{1,4}-(?:[1-9]|1[0-9]|2[0-9])\Z|(?:(?:123|125|131|111|201|177|223|018|089|090)[A-Z]|"
    r"I-1[23]\d|Tc-99|F-18|Ga-6\d|Tl-201|Lu-177|Ra-223|Y-90|"
    r"Ir-192|Co-60|Cs-137|In-111)|(?:CA|CD|IL|PD|MIB|SCC|CYFRA|KL|SP|T|DUPAN|SPAN|HLA|HTLV|SARS|COVID|ADAM|HER|CK|"
    r"IGF|TTF|MUC|GATA|SOX|WHO|ISO|JIS|AO|LI|PI|BI|TI|CAD|FR|NSAID|SCC|ST|QT|"
    r"F|Fr|N|PH|OK|GE|MR|CT|US|PET|SPECT|FDG|EOB|MIP|MPR|VR|TSE|FSE|GRE|EPI|DWI|STIR|FLAIR)-?\d)"
)


def find_loose(t: str) -> Iterator[Hit]:
    """Numbers of a folded text with digits that are left when everything else is excluded."""
    patterns = (_LONG, _FOUR, _PAIR) if _FOUR_DIGITS(t) else (_PAIR,) if _DASHED(t) else ()
    for pattern in patterns:
        for m in pattern.finditer(t):
            if not _explained(t, m.start(), m[0]):
                yield Hit(m.start(), m.end(), "ID", "number", 0.6, "ids.loose", WEAK)
    for m in _CODE.finditer(t) if _CODE_ISH(t) else ():
        if (
            not _TERM.match(m[0])
            and sum(c.isdigit() for c in m[0]) > 2
            and not _VALUE_LEFT.search(t, max(0, m.start() - 12), m.start())
        ):
            yield Hit(m.start(), m.end(), "ID", "number", 0.6, "ids.loose", WEAK)
    if _KANA_CODE_ISH.search(t):
        for m in _KANA_CODE.finditer(t):
            yield Hit(m.start(), m.end(), "ID", "number", 0.65, "ids.loose", WEAK)


def _explained(t: str, start: int, number: str) -> bool:
    low = max(0, start - 14)
    if t[start - 1 : start] in ("→", "〜", "~") or (len(number) < 6 and _PARAMETER.search(t, low, start)):
        return True
    if _VALUE_LEFT.search(t, low, start) and not _NAMED_LEFT.search(t, low, start):
        return True
    line = t[start - 1 : start] in ("", "\n")
    return bool(_CLOCK.match(number)) and (line or t[max(0, start - 2) : start].isspace()) and len(number) == 4
