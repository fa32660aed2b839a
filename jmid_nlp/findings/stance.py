"""What the sentence around a mention makes of it beyond its cue: a question, an alternative, advice under a condition, a rule.

These are conventions of the findings layer; the entities of the PRISM scheme do not take part.
"""

from __future__ import annotations

import re
from functools import cache

from jmid_nlp.findings.mentions import Mention
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.schema import Certainty
from jmid_nlp.text.lazy import lazy

_OR = re.compile(r"[ ]?(?:または|又は|もしくは|若しくは|あるいは|或いは|ないしは?|乃至|、?それとも|or|vs\.?)[ ]?")
_BESIDES = re.compile(r"の(?:ほか|他)に?(?:も|は)?、?")
_QUESTION = re.compile(r"(?:(?:に)?よるもの|の(?:所見|影響|変化))?(?:では(?:ない)?|な(?:の|ん))?でしょうか")
_TOPIC = re.compile(r"[^。\n]{1,40}は[^。\n]{0,24}\Z")
_WONDERS = re.compile(
    r"(?:(?:後)?の?(?:影響|所見|疑い|可能性|変化|合併|反応|残存|再燃|再発|一部|診断)|による(?:もの|変化)|など|等)"
    r"(?:でしょう|など)?か(?:[。.?、\n]|\Z|\s)"
)
# 増大時は転移として細胞診を: what would be thought of, and what to do then.
_IF = re.compile(
    r"(?:(?:れば|たら|ようなら|なら)|(?:場合|際)に?は?|(?:増大|増悪|出現|持続|悪化|再燃|発熱|有症状|症状出現|再発|疑)時に?は?)[、,]?"
    r"[^。、\n]{0,14}\Z"
)
_THEN = re.compile(
    r"(?:として|を念頭に|の(?:検索|精査|除外)|を考え(?:て)?|を疑[いっ](?:て)?|を考慮(?:し(?:て)?)?|に対(?:し|する)(?:て)?)[^。\n]{0,20}"
)
_SHOULD = re.compile(
    r"[がをも](?:懸念|疑わ|疑う|疑われ|危惧|考慮)[^。、\n]{0,14}(?:あれば|場合|出れば|続けば|時に?は|際[はに])"
)
_GROWS = lazy(
    r"(?:径|サイズ)?[がはのに]?(?:明らかな|さらに|急速に)?(?:増大|増悪|悪化|増加|拡大|持続|再燃|進行)(?:が|し|する|した|傾向)?"
    r"(?:あれば|みられれば|認めれば|見られれば|あるよう|よう)?(?:場合|なら|であれば|すれば|たら|際[はに]|時[はに、])"
    r"|[がはのに](?:増大|増悪|悪化|増加|拡大|持続|再燃|進行)(?:が|傾向が)?(?:あれば|みられれば|認めれば|見られれば|すれば)"
)
_CLINICAL = re.compile(r"を疑[いっ](?:て)?[、]?[^。、\n]{0,8}(?:検査|撮影|撮像|紹介|依頼|受診|精査|施行)")
_CLINICALLY = re.compile(r"臨床(?:的|上)に?は?[^。、\n]{0,12}\Z")
_WANTED = re.compile(r"の(?:精査|評価|検索|監視|スクリーニング)(?:に|の?ため|目的|を|が)")
_EXAMINED = re.compile(r"(?:疑い)?の?精査")
_GENERIC = re.compile(r"の(?:骨|皮膚|肺|肝|中枢神経)?(?:病変|変性|像|変化|病巣|一型|亜型|非典型例|初期像|一部分?)\Z")
_RULE = re.compile(
    r"では[^。\n]{1,40}(?:こと(?:が|も|は)(?:多|あ|知|稀|まれ|しばしば)|やすい|やすく|高率|多い(?:とされ|ため))"
)
_REASONED = re.compile(
    r"(?:(?:は|については|に関しては|の有無は)[^。は、\n]{1,20}(?:な(?:く|い|し)|ため|ので|により|で)[、]?)(?:十分な)?"
    r"(?:評価|判定|判断|同定)(?:は|が)?(?:でき(?:ない|ません|ず|なかった)|困難|不能|難しい|不十分|できかね)"
)
_CONSIDERED = re.compile(
    r"(?:など)?も[^。、\n]{0,10}(?:検討|考慮|考え|疑[いっわ]|想定|鑑別に(?:挙げ|入れ|考え))[^。、\n]{0,8}(?:が|ものの|けれども?)、"
    r"[^。\n]{0,40}?(?:否定的|考えにくい|疑う(?:所見|根拠)|合致しない|合わ(?:ない|ず)|可能性は低|可能性は乏し|支持(?:する|しない)|乏し|至ら|らしくない)"
)
# 胸水:右少量、左なし
_SIDE_BY_SIDE = re.compile(
    r"[:：]\s?(?:右|左)側?(?:に|は)?(?:少量|中等量|多量|大量|微量|軽度|中等度|高度|あり|\(\+\)|増加|減少|不変)[^。\n、]{0,8}、(?:右|左)側?(?:は)?(?:なし|\(-\)|な[くい]|消失|認め)"
)
_RISK = re.compile(r"の(?:恐れ|おそれ|虞|危険)")
_EVENT = re.compile(
    r"(?:骨折|破裂|穿孔|脱臼|嵌頓|捻転|断裂|脱落|逸脱|塞栓|塞栓症|閉塞|転位|圧潰|圧壊|出血|再出血|ヘルニア)\Z"
)
# 総胆管は12mmに拡張、肝内胆管…: a noun as the predicate of its topic.
_PREDICATE = re.compile(
    r"[はも](?:最大|径|短径|長径|厚さ?|約|やや|軽度|中等度|高度|著明|著|全体|全体的|びまん性|不整|限局性|対称性|両側|右|左|全周性|均一|一部)*"
    r"(?:[\d.x×]{1,8}\s?(?:mm|cm)?(?:大|程度|前後|径)?)?(?:に|と)?(?:軽度|やや|高度|著明に|軽度に)?\Z"
)
_PREDICATE_NOUNS = re.compile(
    r"(?:拡張|肥厚|腫大|萎縮|狭窄|狭小化|菲薄化|偏位|開大|硬化|膨隆|変形|虚脱|低下|上昇|不整|肥大|突出|圧排|腫脹|挙上|鈍化|延長|蛇行|拡大)\Z"
)
# The line of a request without a heading: complaint, disease, question.
_COMPLAINT = re.compile(
    r"痛|発熱|咳|喀痰|血痰|嘔吐|嘔気|下痢|下血|血便|貧血|めまい|しびれ|麻痺|意識障害|外傷|転倒|転落|交通事故|黄疸|血尿|呼吸困難|息切れ"
    r"|倦怠感|体重減少|頭痛|けいれん|痙攣|難聴|失神|動悸|しこり|腫瘤触知|腫瘤自覚|健診|検診|ドック|精査|依頼|目的|紹介|上昇|高値|異常陰影指摘"
)
_STATES = re.compile(r"認め|みられ|見られ|あり|なし|ません|ない|mm|cm|[:：]|である|です")
_LINE = 60
_LINKS = frozenset("をがはも")
_PLAIN = re.compile(
    r"[をがはも](?:認め|伴|みられ(?!れば)|見られ(?!れば)|あり|示し|示す|呈|散見|指摘|あります|ありません|なく|なし)"
)
_ENDS = frozenset(("", "。", "\n", "、", "(", ")"))
# What a pattern that is tried behind a stated or denied mention can begin with.
_BEGINS = frozenset("径サがはのに明さ急増悪拡持再進をもとで後影所疑可変合反残一診な等:：")
_BEFORE, _AFTER = 64, 96  # characters around a mention that are looked at, so that no text takes quadratic time


@cache
def _stated() -> frozenset[str]:
    return frozenset(f for row in read_table("stated_sign.tsv", ("ja",)) for f in split_forms(row["ja"]))


def hardly_denied(text: str, mention: Mention) -> bool:
    """Whether a mention is one that reports state but do not deny: 肉柱形成, 萎縮, 動脈硬化."""
    return text[mention.start : mention.end] in _stated()


def predicate(text: str, mention: Mention) -> bool:
    """Whether a mention is the predicate of its topic: 総胆管は12mmに[拡張]、."""
    if not _PREDICATE_NOUNS.search(text, mention.start, mention.end):
        return False
    return _PREDICATE.search(text, max(0, mention.start - 24), mention.start) is not None


def stance(text: str, mention: Mention, value: Certainty, sentence: tuple[int, int]) -> tuple[Certainty, str]:
    """The certainty that the sentence around a mention gives it, and the rule; the value unchanged where there is none.

    Args:
        text: The folded text.
        mention: The mention.
        value: The certainty read from its cues.
        sentence: Its sentence, `[start, end)`.
    """
    if value in ("positive", "negative"):
        following = text[mention.end : mention.end + 1]
        if following in _ENDS or (following in _LINKS and _PLAIN.match(text, mention.end)):
            return value, ""  # what follows is no part of what is said of it, or says no more than the cue did
        if following not in _BEGINS:
            return value, ""
    else:
        following = text[mention.end : mention.end + 1]
    start, end = max(sentence[0], mention.start - _BEFORE), min(sentence[1], mention.end + _AFTER)
    tail = text[mention.end : end]
    if value == "general" and _QUESTION.match(tail) and _TOPIC.search(text[start : mention.start]):
        return "suspicious", "asked of a topic"
    if value == "negative" and _SIDE_BY_SIDE.match(tail):
        return "positive", "stated of one side"
    if value in ("positive", "suspicious"):
        if tail.startswith("では") and _RULE.match(tail):
            return "general", "a rule"
        if following == "の" and _RISK.match(tail) and _EVENT.search(text, mention.start, mention.end):
            return "general", "a risk"
        if _GROWS.match(tail):
            return "general", "a condition"
        if (following == "を" and _CLINICAL.match(tail)) or (
            value == "suspicious" and _CLINICALLY.search(text, start, mention.start)
        ):
            return "general", "suspected by others"
        if following in "がをも" and _SHOULD.match(tail):
            return "general", "a condition"
        if following in "とをのに" and _THEN.match(tail) and _IF.search(text[start : mention.start]):
            return "general", "advice under a condition"
    if value != "general" and following in "はにの" and _REASONED.match(tail):
        return "general", "not assessable"
    if tail.startswith(("も", "など")) and _CONSIDERED.match(tail):
        return "negative", "considered and rejected"
    if value != "positive":
        return value, ""
    if mention.kind == "disease" and following == "の" and _WANTED.match(tail):
        return "general", "looked for"
    if _WONDERS.match(tail):
        return "suspicious", "wondered"
    if _generic(mention, tail):
        return "suspicious", "its lesion is suspected"
    return value, ""


def _generic(mention: Mention, tail: str) -> bool:
    """`組織球症の骨病変を考慮`: what is suspected is the disease."""
    if mention.kind != "disease" or not tail.startswith("の"):
        return False
    hedge = re.match(
        r"の[^。、はがを\n]{1,8}?(?:(?:を|も)(?:疑|考慮|考え)|の(?:疑い|可能性)|疑い|として矛盾|が(?:疑|示唆|鑑別)|も(?:鑑別|否定でき))",
        tail,
    )
    if hedge is None:
        return False
    noun = re.split(r"を|も|の(?:疑|可)|疑|と|が", tail[1 : hedge.end()])[0]
    return _GENERIC.match("の" + noun) is not None


def alternatives(text: str, mentions: list[Mention], certainty: list[Certainty], why: list[str]) -> None:
    """`肺癌または肺結核`: two diseases that are told as alternatives and nothing else are suspected; in place."""
    for k in range(len(mentions) - 1):
        first, second = mentions[k], mentions[k + 1]
        if certainty[k + 1] == "suspicious" and why[k].endswith("cue exception") and _BESIDES.match(text, first.end):
            certainty[k], why[k] = "suspicious", "an alternative"
        if text[first.end : second.start] in ("か", "か、") and text.startswith("か", second.end):
            for i in (k, k + 1):
                certainty[i], why[i] = "suspicious", "one or the other"
            continue
        if second.start - first.end > 8 or not _OR.fullmatch(text, first.end, second.start):
            continue
        pair = (k, k + 1)
        if all(why[i] == "stated" and certainty[i] == "positive" for i in pair) and all(
            mentions[i].kind in ("disease", "lesion") for i in pair
        ):
            if not re.match(r"\s?(?:[。\n)]|\Z|、|\()", text[second.end : second.end + 2] or "。"):
                continue
            for i in pair:
                certainty[i], why[i] = "suspicious", "an alternative"


def examined(text: str, mention: Mention) -> bool:
    """Whether a mention is what the examination is for: 腫瘤精査."""
    return _EXAMINED.match(text, mention.end) is not None


def requested(text: str, sentence: tuple[int, int], number: int) -> bool:
    """Whether a sentence is the line of the request above a report without headings: `右季肋部痛、急性胆嚢炎の疑い`."""
    start, end = sentence
    if number > 1 or end - start > _LINE or text[end : end + 1] != "\n":
        return False
    line = text[start:end]
    if "。" in line:
        return False
    return _COMPLAINT.search(line) is not None and _STATES.search(line) is None
