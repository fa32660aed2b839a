"""Occupations and roles that single a person out (市議会議員, 力士), and nationality as the reports' systems treat it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.cues import EXPLICIT, Label
from jmid_nlp.deid.evidence import LABELLED, LISTED, Hit
from jmid_nlp.lexicon import Automaton, read_table, split_forms

_NATION = re.compile(r"(?:[ァ-ヺー・]{2,14}|[一-鿿]{2,4})国籍|国籍\s?[:：]\s?(?P<v>[ァ-ヺー・一-鿿]{2,14})")
_VETO = re.compile(r"病|症候群|様|型|骨折|肘|膝|肩|指|結節|の手術|による|試験|時代")


_VALUE = re.compile(r"[^\n、。,()（<>|;\"]{2,40}")
_SINGULAR_WORD = re.compile(r"唯一|最高齢|最年少|最年長|初の|代目")
_SINGULAR = re.compile(
    r"[一-鿿ァ-ヺーぁ-ゖ]{0,6}?(?:[一-鿿]{2,3}[県府都道]|県内|市内|町内|村内|国内|都内|日本|世界|全国|本邦|史上|[一-鿿]町|[一-鿿]村|[一-鿿]市)(?:で)?(?:初|唯一|最高齢|最年少|最年長)の[一-鿿ァ-ヺー]{2,14}"
    r"|[一二三四五六七八九十]{1,3}代目(?:社長|当主|店主|宮司|住職|家元|襲名|会長|校長|[一-鿿]{1,4})"
)
_SINGULAR_LABELLED = re.compile(
    r"唯一|最高齢|最年少|最年長|[県市町村国都内]初|五輪|オリンピック|日本代表|世界|団長|代目|元プロ|プロ[ァ-ヺ]|選手|家元|名誉|元市|元町|元県|元村|知事|議員|宗家|棟梁|名人|チャンピオン|優勝"
)


_VALUE = re.compile(r"[^\n、。,()（<>|;\"]{2,40}")


@cache
def _jobs() -> Automaton:
    return Automaton(f for r in read_table("phi/occupation.tsv", ("form",)) for f in split_forms(r["form"]))


def find_occupations(t: str, labels: list[Label]) -> Iterator[Hit]:
    """Singular occupations of a folded text."""
    for start, end, _ in _jobs().find(t):
        if not _VETO.match(t, end):
            low = start
            if m := re.search(r"(?:元|前|現)?[一-鿿]{1,4}(?:都|道|府|県|市|区|町|村)\Z", t[max(0, start - 8) : start]):
                low = start - len(m[0])
            yield Hit(low, end, "OCCUPATION", "occupation", 0.75, "occupation.list", LISTED)
    if "国籍" in t:
        for m in _NATION.finditer(t):
            if m[0] not in ("無国籍", "二重国籍", "外国籍", "日本国籍"):
                name = "v" if m["v"] else 0
                yield Hit(m.start(name), m.end(name), "OCCUPATION", "nation", 0.8, "occupation.nation", LABELLED)
    for m in _SINGULAR.finditer(t) if _SINGULAR_WORD.search(t) else ():
        yield Hit(m.start(), m.end(), "OCCUPATION", "occupation", 0.75, "occupation.singular", LISTED)
    for label in labels:
        if label.kind == "occupation" and label.strength == EXPLICIT:
            m = _VALUE.match(t, label.value)
            if m and (_jobs().find(m[0]) or _SINGULAR_LABELLED.search(m[0])):
                yield Hit(m.start(), m.end(), "OCCUPATION", "occupation", 0.9, "occupation.label", LABELLED)
