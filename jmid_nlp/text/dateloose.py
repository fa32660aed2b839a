"""Dates by exclusion: pairs, triples, years and days that nothing in their surroundings explains as something else.

What a fraction, a count of nodes, a score, a gestational age, an edition or a level looks like is listed here; a shape of a
date that is none of these is one. The patterns of the other modules, which need a word that speaks of a date, go first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.text.dateparts import Part
from jmid_nlp.text.monthday import small_pair
from jmid_nlp.text.shape import shapes

_WINDOW = 14
_UNIT = (
    r"(?![0-9A-Za-z/%]|\.\d|[ ]?(?:mm|cm|ms|HU|mL|ml|mg|Gy|個|枚|例|点|回|本|名|人|歳|才|倍|周|量|区|領域|番|相|枝|"
    r"型|度|椎|肋|スライス|"
    r"切片|標本|検体|コア|の?(?:範囲|高さ|レベル|程度|椎)))"
)
_PAIR = re.compile(
    r"(?P<m>[0-9](?<![0-9A-Za-z./\-+・,#].)(?:(?<=1)[0-2]|(?<=0)[1-9]|(?<=[1-9])))/"
    r"(?P<d>3[01]|[12]\d|0?[1-9])" + _UNIT
)
_PAIR_LEFT = re.compile(
    r"(?:^|[\s、。(「→:)」】・~〜]|[はにをとがもらりへ]|回|日|時|済|予約|予定|採血|外来|手術|入院|退院|撮影|検査)\Z"
)
_PAIR_RIGHT = re.compile(
    r"(?:に(?!減|増|縮|拡|低|達|及|分|相当|満|なっ|改善|軽|一致|浸|留)|から(?!\d/)|まで|より|は|、|。|付|時点|[)）]|"
    r"[ ]?[(（]?[月火水木金土日][)）]|締|分(?!の)|"
    r"の(?:夜|朝|昼|夕|午|外来|予約|診|採|血液|画像|写真|件|時点|方|分|前|後|第|当直|会|回|手術|入院|結果|報告|"
    r"レポート|依頼|検|内視|生検|穿刺)|[ ](?!陽|陰|転|本|個|例)|\n|\Z|→|[A-Z]{2}|撮|施|入|退|来|受|再|転|他|前|当)"
)
_COUNTED = re.compile(
    r"(?:節|転移|陽性|陰性|断端|標本|切片|検体|コア|生検|郭清|スコア|score|Score|grade|Grade|VAS|NRS|MMT|筋力|ILO|"
    r"JOA|BPP|GCS|Apgar|アプガー|Fazekas|分画|区画|濃度|比|周|遠位|近位|"
    r"中部|上|下|左|右|内|外|浸潤|椎体|腱|断裂|厚|高|径|痛み|疼痛|視力|聴力|[NTM][0-3x][a-c]?|[A-Z]{2,}|"
    r"No\.\d*[a-z]?|[A-Za-z])[ :は]?[(（]?\Z"
)
_EXAM_LEFT = re.compile(r"(?:CT|MRI|MR|PET|XP|US|XR|OP|ope)[ ]?\Z")
_TRIPLE = re.compile(
    r"(?<![0-9A-Za-z./\-・,#第])(?P<y>[1-9]|[1-9]\d)(?P<s>[./])(?P<m>1[0-2]|0?[1-9])(?P=s)(?P<d>3[01]|[12]\d|"
    r"0?[1-9])(?![0-9A-Za-z./\-・]|"
    r"[ ]?(?:mm|cm|相|番|週|歳|枚|例|枝|区|型|肋|%|倍))"
)
_VERSION = re.compile(r"(?:バージョン|[Vv]er(?:sion)?|[Rr]ev|版|Synapse|ソフト|Windows|iOS|ISO|第|#)[ .:]{0,2}\Z")
_HEISEI = re.compile(
    r"[HS](?<![A-Za-z0-9/+・,.\-].)(?:(?<=H)(?:[4-9]|[12]\d|3[01])|(?<=S)[2-6]\d)(?![0-9A-Za-z./]|-[0-9]|[ ]?(?:HU|mm|cm|画像|系列|"
    r"枚|遮断|受容|ブロ|切除|相当|前後|程度|値|線|関数|フィルタ|再構成|染色|波|番|椎|に?浸潤))"
)
_SERIES = re.compile(
    r"(?:[Ss]eries|[Ss]e|シリーズ|関数|カーネル|kernel|フィルタ|S\d+[、,・]?|肝|枚目の|、M\d|、A\d|、R\d|"
    r"、H\d)[ ]?\Z|[A-Z]\d[、,][ ]?\Z"
)
_YEAR = re.compile(
    r"[12](?<![A-Za-z0-9/+,.\-=].)(?:(?<=1)9[2-9]|(?<=2)0[0-3])\d(?=[、。)」/→~〜:\n]|[ ](?![A-Za-z0-9])|に|の|は|年(?!版|版|"
    r"度版)|頃|から|まで|"
    r"より|以[降前]|春|夏|秋|冬|\Z)(?![ ]?(?:mm|cm|HU|mL|g|年版|AU|件|例|名|人|円|回))"
)
_EDITION = re.compile(
    r"(?:分類|ガイドライン|版|基準|学会|規約|改訂|指針|取扱い|東京|福岡|京都|[A-Za-z\]]|b[ ]?=|値|約|計|総|体積|容量|"
    r"HU|スコア|TR|TE|TI)[ 、(:]{0,2}\Z"
)
_YEAR_OK = re.compile(r"(?:in|since|from|of|on|born|CT|MRI|MR|PET|US|XP)[ ]\Z")
_DAY = re.compile(
    r"[1-9](?<![0-9.月〜~\-週後前×xX*].)(?:(?<=3)[01]|(?<=[12])\d)?日(?=の(?!間|コース|投与|休)|に(?![0-9一二三]回|一度|わた)|"
    r"は(?!間)|、|。|から|より|[)）」]|午|朝|夜|頃|付|締|撮|施|受|入|退|です|でし|も|と(?!も)|→|[ 　]|\n|\Z)"
)
_COUNT_LEFT = re.compile(
    r"(?:週|後|前|生後|日齢|第|約|計|休止|月経は|在胎|各|毎|隔|歴|間隔|修正|妊娠|産後|術後|受傷|発症|入院|絶食|"
    r"抗菌薬|投与|内服|過去|この|ここ|最近|直近|[年月間で]|あと|残り|合計|通算|さらに|もう)[ ]?\Z"
)

_PAIR_SHAPES = shapes("0/0")
_TRIPLE_SHAPES = shapes("0.0.0", "0.00.0", "0/0/0", "0/00/0")


def loose_dates(t: str) -> Iterator[Part]:
    """Dates of a folded text that are left when everything else is excluded."""
    if "/" in t or "." in t or "・" in t:
        yield from _pairs(t)
    if "H" in t or "S" in t:
        for m in _HEISEI.finditer(t):
            if not _SERIES.search(t, max(0, m.start() - _WINDOW), m.start()):
                yield _part(m)
    if "19" in t or "20" in t:
        for m in _YEAR.finditer(t):
            low = max(0, m.start() - _WINDOW)
            if _YEAR_OK.search(t, low, m.start()) or not _EDITION.search(t, low, m.start()):
                yield _part(m)
    if "日" in t:
        for m in _DAY.finditer(t):
            if not _COUNT_LEFT.search(t, max(0, m.start() - _WINDOW), m.start()):
                yield _part(m)


def _pairs(t: str) -> Iterator[Part]:
    if _PAIR_SHAPES(t):
        for m in _PAIR.finditer(t):
            low = max(0, m.start() - _WINDOW)
            if not _EXAM_LEFT.search(t, low, m.start()) and (
                _COUNTED.search(t, low, m.start()) or not _PAIR_LEFT.search(t, low, m.start())
            ):
                continue
            month, day = int(m["m"]), int(m["d"])
            fraction = small_pair(month, day) and month < day and day < 6
            if _PAIR_RIGHT.match(t, m.end()) and not fraction:
                yield m.start(), m.end(), None, month, day, "none", "month-day"
    for m in _TRIPLE.finditer(t) if _TRIPLE_SHAPES(t) else ():
        if not _VERSION.search(t, max(0, m.start() - _WINDOW), m.start()):
            yield _part(m)


def _part(m: re.Match[str]) -> Part:
    return m.start(), m.end(), None, None, None, "none", "loose"
