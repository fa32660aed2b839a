"""Known compounds: where the place ends and the head begins, and what the word says by itself.

`総胆管結石` is 結石 of the 総胆管; `椎間板ヘルニア` stays whole. Which heads split and which compounds do not stands in
`lexicons/compound.tsv`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from jmid_nlp.findings.terms import concept, concepts, forms_of, plain_spelling
from jmid_nlp.lexicon import read_table, split_forms

ORGANS = re.compile(
    r"[肺肝膵腎脳胆胃腸脾胸腹骨心乳卵]|子宮|虫垂|甲状腺|膀胱|前立腺|副腎|大動脈|動脈|静脈|"
    r"脊|椎|食道|気管|直腸|頸|耳|眼|咽|喉|頭蓋|硬膜|くも膜|下垂体|髄膜|縦隔|皮下"
)
# What stands before the head and is no part of it: course, sequence name, amount.
_LEAD = re.compile(
    r"陳旧性|(?:超|亜)?急性期|慢性期|活動性(?=炎)|新規|少量|小(?=嚢胞|結石|梗塞)|(?:T[12]\*?(?:WI)?|"
    r"FLAIR|DWI|STIR|SWI|拡散強調像)(?=[高低])"
)
# Words of change at the end of a known compound (胸水増加) speak of it and are not part of it.
_CHANGED = re.compile(r"(?<=..)(?<!急性)(?:増加|増大|減少|縮小|消失|増悪|改善)\Z")


class Shape(NamedTuple):
    """What a known word says by itself.

    `cut` and `lead` tell where its head begins behind a place and behind a course, `kind` is the class of its noun, `own`
    tells that it names an organ, `systemic` that it has no site, `tail` how many characters of change end it, `splits` that
    a side before it makes its first character a place.
    """

    cut: int
    lead: int
    kind: str
    own: bool
    systemic: bool
    tail: int
    splits: bool


@lru_cache(maxsize=20000)
def shape(form: str, concept_id: str) -> Shape:
    """The shape of a known word."""
    form = plain_spelling(form)
    item = concept(concept_id)
    cut, lead = cut_of(form)
    inside = item.cls == "fluid" and form.startswith("壁内")  # 壁内ガス names no organ
    tail = _CHANGED.search(form) if item.cls in ("fluid", "lesion", "disease") else None
    own = item.cls == "disease" and ORGANS.search(form[cut:]) is not None
    systemic = "systemic" in (item.row.get("flags", "") or "") and form not in _local()
    splits = not cut and form[1:] in _compounds()[0]
    kind = "sign" if inside else item.cls or "sign"
    return Shape(cut, lead, kind, own, systemic, len(form) - tail.start() if tail else 0, splits)


@lru_cache(maxsize=20000)
def cut_of(form: str) -> tuple[int, int]:
    """Where the head of a compound begins: after a place of two characters or more, or after a course or sequence."""
    lead = _LEAD.match(form)
    at = lead.end() if lead and lead.end() < len(form) else 0
    heads, whole, places = _compounds()
    if form[at:] in whole:
        return 0, at
    of = form.rfind("の")
    if of > at + 1 and form[at:of] in places and len(form) - of > 2:
        return of + 1, at
    for length in range(len(form) - 1, at + 1, -1):
        place = form[at:length]
        known = place in places or (place[-1] == "内" and len(place) > 2 and place[:-1] in places)
        if known and (form[length:] in heads or _named_after_organ(form[length:])):
            return length, at
    return 0, at


def _named_after_organ(rest: str) -> bool:
    """`上葉肺癌` is 肺癌 of the 上葉."""
    return len(rest) > 1 and rest in _known_forms() and bool(ORGANS.match(rest)) and rest[-1] in "癌瘍"


@cache
def _local() -> frozenset[str]:
    """Forms of systemic diseases that name no organ and have a place as written: 解離, 脂肪沈着."""
    rows = read_table("compound.tsv", ("form", "role"))
    return frozenset(f for r in rows if r["role"] == "local" for f in split_forms(r["form"]))


@cache
def _known_forms() -> frozenset[str]:
    return frozenset(f for c in concepts().values() if c.kind == "observation" for f in forms_of(dict(c.row)))


@cache
def _compounds() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """General heads, compounds that stay whole, and the places that may be cut off."""
    rows = read_table("compound.tsv", ("form", "role"))
    heads = frozenset(f for r in rows if r["role"] == "head" for f in split_forms(r["form"]))
    whole = frozenset(f for r in rows if r["role"] == "whole" for f in split_forms(r["form"]))
    places = frozenset(
        f for c in concepts().values() if c.kind == "anatomy" for f in forms_of(dict(c.row)) if len(f) > 1
    )
    return heads, whole, places
