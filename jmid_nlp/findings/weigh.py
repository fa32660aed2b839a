"""Which candidate mentions are findings: descriptions, treatment words and words of change are left out."""

from __future__ import annotations

import re
from bisect import bisect_right

from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.headings import SectionNames
from jmid_nlp.findings.mentions import Mention
from jmid_nlp.findings.sites import Group
from jmid_nlp.text.lazy import lazy

_HEAD = re.compile(
    r"(?:の?(?:所見|領域|部分))?(?:(?:を|が|は|も|の)?(?:[^。、をがはの]{0,6})(?:認め|みとめ|"
    r"みられ|見られ|あり|ある|なし|なく|ない|ありません|散見|散在|指摘|疑|出現|消失|残存|"
    r"残り|確認|検出|存在|描出|可能性|否定|増大|増加|増強|低下|減弱|減少|不変|変化|軽減|"
    r"目立))"
)
_DESCRIBES = re.compile(
    r"(?:域|像)?(?:する(?!所見)|される(?!所見)|した(?=[^、。])|を(?:示|呈|伴(?:う|っ)|有|持)|の(?!所見|有無|出現|消失|増加|増強|増大|"
    r"範囲|程度|残存|可能性|減弱|領域|部分|明らか)|を主体|と(?:な|し)|で(?!の|は(?:あり|"
    r"な))|に(?:描出|造影|見え)|、(?:拡散|T[12]|DWI|ADC|FLAIR|造影|STIR))"
)
_WEAK_TAIL = re.compile(
    r"(?:は|が|も)?(?!変化|著変|増大|縮小)(?:[^。、]{0,5})(?:(?<!変化に)乏し"
    r"|弱|不均一|均一|良好|様々|不明瞭|保たれ|欠|に富|生理的)"
)
_MARKED = re.compile(r"\s?[:：]?\s?\((?:[+＋±]{1,2}|-|−|あり|なし|陽性|陰性)\)")
_PLAIN_END = re.compile(r"\s?(?:\d{1,3}(?:[.×x]\d{1,3}){0,3}\s?[mc]m(?:大|程度)?)?(?:$|[。、,)\n(→:+])")
_WITH = re.compile(r"(?:域|像)?を(?:伴う(?:[。、]|$)|伴い|伴って|伴います|伴ってい)")
_SPREADS = frozenset(("進展", "波及", "突出", "膨隆"))
_LEADS_TO = lazy(r"する(?=[\d一-鿿ァ-ヴA-Za-z])|した(?=[\d一-鿿ァ-ヴA-Za-z])")
_CONTENT = re.compile(r"(?:内容|成分)は\Z")
_PROBE = re.compile(r"(?:にて|で|下で|による)[^。、]{0,4}(?:虚脱|圧縮|つぶれ|消失)")
_TOPIC_OF = re.compile(r"(?:域|像)?(?:[ \t]?\d{1,3}(?:[.×x]\d{1,3}){0,3}[ \t]?mm大?)?(?:は|が|から)")
_FLOW = re.compile(r"動脈|静脈|血管|洞|[MAP][1-3]|[MAPI]CA|VA|BA|枝|幹|胆管|膵管|尿管")
_TREATS = frozenset(("塞栓", "固定", "剥離", "開放"))
_DONE = re.compile(r"(?:術)?(?:し(?:、|て|た(?!病変|腫瘤))|を?(?:施行|追加|行[いっわ]))")
_GROWTH = frozenset(("拡大", "膨隆", "進展", "肥大"))
_TOPIC = re.compile(r"(?:の|は|が|も|:|に)?[^。、]{0,8}$")
_TECHNIQUE = re.compile(
    r"(?:\s?protocol|条件|強調|抑制|用|造影|ウィンドウ|評価用|カテゴリー?|分類|スコア|プロトコー?ル|"
    r"センター|外来|検診|ドック|科|学会|ガイドライン|マーカー|治療薬|検査|専門|既往歴$|"
    r"部位|症例|患者|保持者)"
)


def keep(parsed: Parsed, found: list[Mention], groups: list[Group]) -> list[Mention]:
    """The candidates that are findings by the conventions of this library.

    Signal, density and enhancement words count only as the head of a statement; a state after a procedure needs a site of
    its own; growth words need the place that grew; words of techniques, departments and scores are no findings.
    """
    starts = [g.start for g in groups]
    kept: list[Mention] = []
    sections = SectionNames(parsed)
    for number, mention in enumerate(found):
        previous = found[number - 1] if number else None
        if _is_abbreviation(parsed.text, mention, previous) or _TECHNIQUE.match(parsed.text, mention.end):
            continue
        if sections.of(mention.start) == "technique" and mention.kind != "disease":
            continue
        before = _group_before(parsed, groups, starts, mention, previous)
        touches = number + 1 < len(found) and found[number + 1].start == mention.end
        if mention.kind == "signal" and not _states(parsed.text, mention, before):
            continue
        if mention.kind == "state" and (touches or not _sited(parsed.text, mention, before)):
            continue
        if _is_verb(parsed.text, mention, before):
            continue
        kept.append(mention)
    return kept


def _is_verb(text: str, mention: Mention, before: Group | None) -> bool:
    """Words that are findings of some places or in some uses only: 拡大 of an organ, 描出不良 of a vessel."""
    words = text[mention.start : mention.end]
    if words in _GROWTH and not _sited(text, mention, before):
        return True
    if words in _SPREADS and _LEADS_TO.match(text, mention.end):
        return True
    if words in _TREATS and _DONE.match(text, mention.end):
        return True
    if words == "圧迫" and _PROBE.match(text, mention.end):
        return True
    if words.startswith("描出不良"):
        return before is None or not _FLOW.search(text, before.start, before.end)
    return text[mention.start - 1 : mention.start] == "は" and bool(
        _CONTENT.search(text, max(0, mention.start - 5), mention.start)
    )


def _is_abbreviation(text: str, mention: Mention, previous: Mention | None) -> bool:
    """`すりガラス影(GGO)`: the same word once more."""
    return (
        previous is not None
        and previous.end == mention.start - 1
        and text[previous.end] == "("
        and text[mention.end : mention.end + 1] == ")"
        and text[mention.start : mention.end].isascii()
    )


def _group_before(
    parsed: Parsed, groups: list[Group], starts: list[int], mention: Mention, previous: Mention | None
) -> Group | None:
    """The place right before a mention, with no other mention and no sentence border between."""
    k = bisect_right(starts, mention.start) - 1
    if k < 0:
        return None
    group = groups[k]
    if group.end > mention.start or (previous is not None and previous.start >= group.end):
        return None
    return (
        None
        if "。" in parsed.text[group.end : mention.start] or "\n" in parsed.text[group.end : mention.start]
        else group
    )


def _states(text: str, mention: Mention, before: Group | None) -> bool:
    if before is not None and not before.bare and _WITH.match(text, mention.end):
        return True
    if _MARKED.match(text, mention.end) or (
        text[mention.start - 1 : mention.start] == "に" and _WITH.match(text, mention.end)
    ):
        return True
    if _DESCRIBES.match(text, mention.end) or _WEAK_TAIL.match(text, mention.end):
        return False
    if _PLAIN_END.match(text, mention.end):
        return (
            before is not None
            and not before.bare
            and re.match(r"(?:に|には|にも|の|では)?[^。、]{0,24}$", text[before.end : mention.start]) is not None
        )
    return _HEAD.match(text, mention.end) is not None or _TOPIC_OF.match(text, mention.end) is not None


def _sited(text: str, mention: Mention, before: Group | None) -> bool:
    return before is not None and not before.bare and _TOPIC.fullmatch(text[before.end : mention.start]) is not None
