"""What follows the name of a facility and belongs to it: a branch, a plant, a campus, a part of a school."""

from __future__ import annotations

from jmid_nlp.deid.kanji import KANJI
from jmid_nlp.text.lazy import lazy

BRANCH = lazy(
    rf"(?:[ \t]?(?:中等部|高等部|初等部|小学部|中学部|第?[0-9一二三四]{{1,2}}工場)|"
    rf"[ \t]?[{KANJI}ァ-ヺー]{{1,8}}(?:分遣所|グループ|店(?!員)|鉱(?![{KANJI}])|坑(?![{KANJI}])|保安部|製造所|発電所|"
    rf"車両所|基地|分校|"
    rf"校舎|分院|分室|支店|支社|支部|工場|"
    rf"事業所|営業所|出張所|研究所|"
    rf"センター|製作所|造船所|本店|本社|院|病院|キャンパス|医療センター))"
)
