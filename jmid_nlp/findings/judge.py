"""Certainty of each mention for the findings layer, with the cue words it rests on."""

from __future__ import annotations

import re
from functools import cache

from jmid_nlp.findings.assertion import assess, finding_certainty
from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.mentions import Mention
from jmid_nlp.findings.stance import alternatives, examined, hardly_denied, predicate, requested, stance
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.schema import Certainty
from jmid_nlp.text.lazy import lazy

_QUANTITY = re.compile(
    r"(?:が|は|を|も)?(?:散在|散見|多発|少量|中等量|多量|軽度|高度|著明|残存|不変|増大|"
    r"縮小|増加|減少|あり|\(?(?:径|最大径|短径|長径|約)?\d)[^。、]{0,16}[、,]"
)
_PREDICATE = re.compile(
    r"が[^。、はがを]{1,12}で、|は[^。、]{2,24}(?:で|し|て|り)、(?!.{0,4}(?:は|も)?(?:認め|みられ))"
)
_WITHIN = re.compile(r"(?:の)?(?:内部?|周囲|辺縁|近傍|中)(?:に|の)?(?=[^。、]{1,12})")
_NOT_GROWN = re.compile(
    r"(?:は|を|も|が|所見)?(?:なし|な[くい]|ありません|認め(?:ず|ない|ません)|みられ(?:ず|"
    r"ない|ません)|見られ(?:ず|ない|ません)|指摘でき)"
)
_STATED_FIRST = re.compile(
    r"(?:が|を|も)?(?:あり|認め(?:られ)?|みられ)[、,]?(?:要|念のため|一度)?(?:精査|フォロー|経過観察|確認|ご確認|検討)"
)
_HOLDS = re.compile(r"(?:内部?)?に(?:は)?[^、。]{1,16}(?:は|が|を|も)(?:な|認め|みられ|見られ|指摘)")
_ITEM_GAP = re.compile(r"、(?:[^、。]{1,10}[のに])?")
_SEGMENT = 40  # characters before an item that can be its own statement
_CLAUSE_START = re.compile(r"[、。\n]")
_HOST = lazy(r"[右左両\d:]|[一-鿿](?:に|には|の)(?!.*[にの])")
# What comes on top of a disease: before it the disease is stated.
_ACUTE = re.compile(r"(?:急性増悪|嵌頓|絞扼|切迫破裂|破裂|穿孔|タンポナーデ|転化|悪性化|癌化)$")
# 後角に断裂、後根に断裂なし; 右椎弓に骨折、脱臼(-)
_PLACED_TWICE = re.compile(r"、[^、。をはが]{1,12}(?:に(?!よる)|の)$")
_MINUS = re.compile(r"\s?\((?:-|−|なし|陰性)\)")
_PLACE_BEFORE = re.compile(r"に(?:[^、。をはがに]{0,10})?\Z")
_ARROW = re.compile(r"[^。、\n]{0,24}?\s?(?:→|⇒|->|=>)")
_FUTURE = re.compile(r"(?:今後|将来|将来的に)[^。]{0,12}$")


@cache
def _complications() -> re.Pattern[str]:
    words = [f for row in read_table("complication.tsv", ("ja",)) for f in split_forms(row["ja"])]
    return re.compile("(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")$")


def _correct(text: str, mention: Mention, following: Mention | None, value: Certainty) -> tuple[Certainty, str]:
    """What the list of mentions tells beyond the cues: an item with its own quantity, a state, a container is stated."""
    if mention.why == "growth of a place" and _NOT_GROWN.match(text, mention.end):
        return "negative", "no growth"
    if value == "general" and _STATED_FIRST.match(text, mention.end):
        return "positive", "stated before the advice"
    if value == "suspicious" and _FUTURE.search(text, max(0, mention.start - 16), mention.start):
        return "general", "a matter of the future"
    if value == "negative" and _HOLDS.match(text, mention.end):
        return "positive", "holds what is denied"
    if value not in ("negative", "suspicious") or following is None or following.sentence != mention.sentence:
        return value, ""
    gap = text[mention.end : following.start]
    if "。" in gap or "\n" in gap:
        return value, ""
    if mention.kind == "state" and "、" in gap:
        return "positive", "a state is stated"
    stated = hardly_denied(text, mention) or predicate(text, mention)
    if stated and gap.startswith("、") and not hardly_denied(text, following):
        return "positive", "stated before what is denied or suspected"
    twice = _PLACED_TWICE.match(gap) or (gap == "、" and _MINUS.match(text, following.end))
    if value == "negative" and twice and _placed(text, mention):
        return "positive", "each has a place of its own"
    if _ARROW.match(gap):
        return "positive", "stated before what it means"
    if _PREDICATE.match(gap):
        return "positive", "has a predicate of its own"
    if _QUANTITY.match(gap) or (value == "negative" and _WITHIN.match(gap)):
        return "positive", "stated with its own quantity or as a container"
    if value == "suspicious" and gap.startswith("、") and mention.kind != "disease" and not following.systemic:
        return "positive", "a sign before the suspected item"
    complication = _complications().search(text[following.start : following.end]) is not None
    own = _complications().search(text[mention.start : mention.end]) is not None
    if value == "negative" and _ITEM_GAP.fullmatch(gap) and complication and not own and _hosted(text, mention):
        return "positive", "only the complication is denied"
    acute = _ACUTE.search(text, following.start, following.end) is not None
    if value == "suspicious" and gap == "、" and acute and not own and mention.kind in ("disease", "lesion", "fluid"):
        return "positive", "only the complication is suspected"
    return value, ""


def _placed(text: str, mention: Mention) -> bool:
    """Whether a place with に stands before a mention in its segment."""
    before = _CLAUSE_START.split(text[max(0, mention.start - _SEGMENT) : mention.start])[-1]
    return _PLACE_BEFORE.search(before) is not None


def _hosted(text: str, mention: Mention) -> bool:
    """Whether side, size or a place with its particle stand before an item: 腹壁に[ヘルニア]、嵌頓なし; not 腎結石、水腎症なし."""
    before = text[max(0, mention.start - _SEGMENT) : mention.start]
    return _HOST.search(_CLAUSE_START.split(before)[-1]) is not None


def judge(parsed: Parsed, mentions: list[Mention]) -> tuple[list[Certainty], list[str]]:
    """The certainty of each mention and, in words, the cue span and the cue it was read from."""
    certainty: list[Certainty] = []
    why: list[str] = []
    text = parsed.text
    for found in assess(parsed, [(m.start, m.end) for m in mentions]):
        certainty.append(finding_certainty(found))  # type: ignore[arg-type]
        if found.cues:
            start, end, cue = found.cues[-1]
            a, b = parsed.span(start, end)
            why.append(f"{a}:{b} cue {cue}")
        else:
            why.append("stated")
    for k, mention in enumerate(mentions):
        following = mentions[k + 1] if k + 1 < len(mentions) else None
        value, rule = _correct(text, mention, following, certainty[k])
        if value == certainty[k] and mention.sentence >= 0:
            sentence = parsed.sentences[mention.sentence]
            value, rule = stance(text, mention, value, sentence)
            asked = value == "suspicious" or (value == "positive" and examined(text, mention))
            if asked and requested(text, sentence, mention.sentence):
                value, rule = "general", "asked in the request"
        if value != certainty[k]:
            certainty[k] = value
            why[k] = rule
    alternatives(text, mentions, certainty, why)
    return certainty, why
