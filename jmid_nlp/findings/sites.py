"""Places of a report: anatomy words grown to the phrase as written, grouped where the text lists them, with their side."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.levels import named_levels
from jmid_nlp.findings.mentions import Mention, Span
from jmid_nlp.findings.terms import concepts, forms_of, is_a
from jmid_nlp.schema import Laterality
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.scan import matches_from


@dataclass(slots=True)
class Site:
    """One place as written: `[start, end)` in the folded text, its anatomy concept and its side."""

    start: int
    end: int
    concept: str | None
    side: Laterality | None


@dataclass(slots=True)
class Group:
    """Places listed together, or a bare side (`右は…`), that a finding may refer to."""

    start: int
    end: int
    sites: list[Site] = field(default_factory=list)
    side: Laterality | None = None
    bare: bool = False
    label: bool = False


def named_between(groups: Sequence[Group], starts: Sequence[int], start: int, end: int) -> bool:
    """Whether a place that is no bare side begins in `[start, end)`; `starts` are those of the groups, ascending."""
    return any(not g.bare for g in groups[bisect_left(starts, start) : bisect_left(starts, end)])


_SIDE = re.compile(
    r"両側性?|左右両?|両|右側?|左側?|正中|midline|bilateral(?:ly)?|both|right(?:-sided)?|left(?:-sided)?|[RrLl]t\.?(?![a-z])",
    re.IGNORECASE,
)
_LEFT_SIDE = re.compile(
    r"(?:両側|左右|両|右側|左側|右|左|対側|同側|患側|健側|正中|bilateral|both|right|left|[RrLl]t\.?)(?:の|\s)?(?:残存|残)?\Z",
    re.IGNORECASE,
)
_LEFT_WORD = lazy(r"(?:第?\d{1,2}(?:[-~〜～,、・/]\d{1,2}){0,6}|[一-鿿々]{1,6}|[ァ-ヴー]{2,10}|[A-Za-z]{1,6})\Z")
_RIGHT_WORD = lazy(
    r"(?:(?<=\d)[/\-~〜～+・,、]\d{1,2}(?![\d.]|\s?[x×*]|\s?mm|\s?cm|%|/|[年月日個回分度])"
    r"|[ \t]?(?:Th|[TCLS])?\d{1,2}(?:[/\-~〜～]\d{1,2})?(?:[a-c](?![a-z]))?(?!\d|\.|\s?[x×*]|\s?mm|\s?cm|%)"
    r"|(?<=[IVX\dAB])[/\-~〜～+・、,][ \t]?(?:I{1,3}|IV|V)[AB]?(?![A-Za-z\d])"
    r"|[一-鿿々]{1,8}(?:(?<=沿)い|(?<=[寄周])り)?|[ァ-ヴー]{2,8}|[ \t]?[MAPC][1-5](?!\d))"
)
# The last letters of a side, and what ends neither a side nor a word, nor begins a word.
_SIDE_ENDS = frozenset("側右左両中lhtLHT.の存残")
_NEITHER_BEHIND = frozenset("をにはがもへでとの。():")
_NEITHER = frozenset(("", *"をにはがもへでと。、,():"))
_LEVEL = lazy(
    r"(?<![A-Za-z\d])(?:Th(?:oracic)?\s?\d{1,2}|C[1-7]|L[1-5]|S(?:\d{1,2}\+\d|\d{1,2})|"
    r"T(?:[5-9]|1[0-2]|[1-4](?=椎|[/-]\d|レベル)))"
    r"(?:[a-c](?![a-z]))?(?:\s?[/\-~〜～ー,、・+]\s?(?:Th|[TCLS])?\d{1,2}(?![\d.]|mm|cm|\s?(?:mm|cm))(?:[a-c](?![a-z]))?){0,5}"
    r"(?:椎体|椎間板?|椎間孔|レベル|椎弓|棘突起|高位|領域|区域|亜区域)?"
)
_NODE = re.compile(
    r"(?<![A-Za-z\d])(?:(?<!^)(?<![\n・])#\d{1,3}(?:[RLisp]\b|[a-z]{0,2})|#\d{1,3}[RLisp]\b|No\.\s?\d{1,2}[a-z]{0,2})"
    r"(?!\d)(?!\s?[^\s、,・/#()RLNo.0-9にのはでが:周領リ])",
    re.MULTILINE,
)
_SIDED = lazy(
    r"(?:右|左|両側?)(?!側|方|右|室肥大|心不全|心負荷|傍正中)[一-鿿ァ-ヴーA-Za-z\d]{1,8}(?<![型性状差位体凸凹影])(?=(?:に|"
    r"の|は|で|も|:|、|が|内|部|および|及び|と|や|・|~))"
)
_LOBE = re.compile(r"(?<![A-Za-z])([RL])(?:UL|ML|LL|V|A|PA|MCA|ICA|CCA|ACA|PCA|VA)(?![A-Za-z])")
_VESSEL = re.compile(
    r"(?<![A-Za-z])(?:MCA|ACA|PCA|ICA|VA|BA|SMA|SMV|IMA|IVC|SVC|LAD|LCX|RCA|LMT|CFA|SFA|"
    r"EIA|CIA|IIA|PICA|PA|CBD|MPD|GB|PV|SpV|CHA|GDA|M[12]|A[12]|P[12])(?![A-Za-z\d])"
)
_LEVEL_STARTS = re.compile("[TCLS]")
_VESSEL_STARTS = re.compile("[MAPIVBSLRCEG]")
_CODE = re.compile("[A-Za-z#]")  # in every level, node station and lobe written by its code
_LIST = re.compile(
    r"[ \t]?(?:、|,|・|/|と|や|及び|および|ならびに|並びに|から|より|~|〜|～|-|または|もしくは|"
    r"あるいは|かつ|、?そして|\+|and|or|&|,?[ \t]?and)[ \t]?(?:および|及び)?[ \t]?",
    re.IGNORECASE,
)
_OF = re.compile(r"[ \t]?の[ \t]?")
_BARE = re.compile(
    r"(?:両側|左右とも|左右|右側|左側|右|左)(?=(?:とも|には|では|にも|でも|に|は|で|が|も|のみ|:|の(?=[^\s])))"
)
# A place told only by its relation to the organ spoken of.
_RELATIVE = lazy(
    r"(?<![一-鿿])(?:(?:右|左|両側?)|体[上中下]?部|[上中下]部){0,2}(?:前壁|後壁|内側壁|外側壁|側壁|前根|後根|上壁|下壁|体部|底部|頂部|起始部|近位部?|遠位部?|先端部?|"
    r"基部|根部|背側|腹側|頭側|尾側|外側|内側|漿膜下|粘膜下|筋層内|辺縁域|荷重部|前節|中節|後節|前角|後角|洞壁|壁|"
    r"内腔|骨皮質|皮質|被膜|隔壁)(?=に(?!て)|の(?![薄厚平不滑硬軟])[^\s]|で|は|:)"
)
_NOT_HERE = lazy(
    r"(?:から|より)(?:約)?\s?\d|による|によって|(?:側)?へ(?:と)?(?:連続|向か)|と連続"
    r"|[ \t]?(?:の|単純|造影|ダイナミック)?[ \t]?(?:MRI|MRA|CT(?!A?上)|"
    r"XP|X-P|US|エコー|X線|MRCP|PET|MMG|MG(?![A-Za-z])|マンモ|撮影|立位|臥位|座位|[2-6二三四]方向|[2-6]R)|(?:の)?(?:痛|疼痛|圧痛|違和感|しびれ)|を?(?:除き|除いて|除く)|以外|との(?:交通|連続性?|鑑別|関係|"
    r"癒着|比較|間)"
)
_RATIO = re.compile(r"[A-Z]{1,3}/[A-Z]{1,3}\s?(?:比|ratio)")
_ON = b"\x01"
_STOP_KINDS = frozenset(("modifier", "cue", "change", "treatment", "test", "timex", "care", "observation"))
_MOSTLY = re.compile(r"(?:優位|主体|優勢)$")
_EXAM_END = re.compile(
    r"(?:様構造|様部分|様成分|XP|X-P|CT|MRI|MRA|CTA|US|MMG|PET|[2-6]R|X線|エコー|(?:門脈|動脈|静脈|平衡|肝細胞|実質|皮髄|遅延|早期|後期)(?:優位)?相)\Z"
)
_NO_SIDE = re.compile(r"左右差|右心負荷|左右対称")
_NO_SITE = re.compile(
    r"^(?:(?:ステント|グラフト|ドレーン|カテーテル|チューブ|ポート)(?:内腔?|先端部?|周囲|部|端)?|内部|辺縁|周囲|周辺|右|左|両側|同部|近傍|中心部?|末梢|全体|その他|一部|背景|部|野|病変|腫瘤|病巣|領域)$"
)
_SEGMENTED = ("lung", "liver")  # organs whose segments are written S with a number alone
_SIDES: dict[str, Laterality] = {
    "両": "bilateral",
    "左右": "bilateral",
    "b": "bilateral",
    "右": "right",
    "r": "right",
    "左": "left",
    "l": "left",
    "正": "midline",
    "m": "midline",
}


@cache
def _anatomy_ids() -> dict[str, str]:
    """Each written place and its concept."""
    out: dict[str, str] = {}
    for item in concepts().values():
        if item.kind == "anatomy":
            for form in forms_of(item.row):
                out.setdefault(form, item.id)
    return out


@lru_cache(maxsize=4096)
def side_of(written: str) -> Laterality | None:
    """The side that a phrase states, None where it states none; right and left together are bilateral."""
    written = _NO_SIDE.sub("", written)
    found: set[str] = set()
    for match in _SIDE.finditer(written):
        word = match.group()
        key = "左右" if word.startswith("左右") else word[0].lower()
        found.add(_SIDES[key])
    return join_sides(found)


def join_sides(sides: set[str]) -> Laterality | None:
    """One side for several places."""
    sides = {s for s in sides if s}
    if not sides:
        return None
    if "bilateral" in sides or {"left", "right"} <= sides:
        return "bilateral"
    for side in ("left", "right"):
        if side in sides:
            return side
    return "midline"


def find_groups(parsed: Parsed, mentions: list[Mention], places: list[Span]) -> list[Group]:
    """All places of a report, grown to the phrase as written and grouped, ascending; bare sides among them."""
    text = parsed.text
    busy = bytearray(len(text) + 1)
    for start, end in [(m.start, m.end) for m in mentions] + _ratios(text):
        busy[start:end] = _ON * (end - start)
    stops = _stops(parsed)
    sites = _merge(text, [_grow(text, core, stops, busy) for core in _cores(parsed, places, busy)])
    sites = [s for s in sites if text[s.end - 1] not in "比率" and text[s.end : s.end + 1] != "様"]
    sites = [s for s in sites if not _EXAM_END.search(text, s.start, s.end)]
    sites = [s for s in sites if not _NO_SITE.match(text[s.start : s.end])]
    sites = [s for s in sites if not (text[s.end : s.end + 1] == "の" and _MOSTLY.search(text[s.start : s.end]))]
    sites = [s for s in sites if not _NOT_HERE.match(text, s.end)]
    for site in sites:
        busy[site.start : site.end] = _ON * (site.end - site.start)
    bare = [
        Group(m.start(), m.end(), [], side_of(m.group()), bare=True)
        for m in _BARE.finditer(text)
        if not busy[m.start()]
    ]
    return sorted(_list(text, sites) + bare, key=lambda g: g.start)


def _ratios(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in _RATIO.finditer(text)] if "/" in text and ("比" in text or "ratio" in text) else []


def _cores(parsed: Parsed, places: list[Span], busy: bytearray) -> list[Site]:
    text = parsed.text
    found = [Site(t.start, t.end, t.concept, None) for t in parsed.terms if t.kind == "anatomy"]
    ids = _anatomy_ids() if places else {}
    found += [Site(p.start, p.end, ids.get(text[p.start : p.end]), None) for p in places]
    for starts, pattern in ((_LEVEL_STARTS, _LEVEL), (_VESSEL_STARTS, _VESSEL)):
        found += [Site(m.start(), m.end(), None, None) for m in matches_from(starts, pattern, text)]
    for pattern in (_NODE, _RELATIVE) if "#" in text or "No" in text else (_RELATIVE,):
        found += [Site(m.start(), m.end(), None, None) for m in pattern.finditer(text)]
    found.sort(key=lambda s: (s.start, -s.end))
    out: list[Site] = []
    known = bytearray(busy)
    for site in found:
        if known.find(1, site.start, site.end) < 0:
            known[site.start : site.end] = _ON * (site.end - site.start)
            out.append(site)
        elif (rest := known.rfind(1, site.start, site.end) + 1) < site.end:
            item = _LEVEL.search(text, rest, site.end)  # the S6 of 肝S2、S6, where 肝S2 is a word
            if item is not None:
                known[item.start() : item.end()] = _ON * (item.end() - item.start())
                out.append(Site(item.start(), item.end(), None, None))
    out.sort(key=lambda s: s.start)
    sided = [
        Site(m.start(), m.end(), None, None) for m in _SIDED.finditer(text) if known.find(1, m.start(), m.end()) < 0
    ]
    return sorted(out + sided, key=lambda s: s.start) if sided else out


def _grow(text: str, site: Site, stops: bytearray, busy: bytearray) -> Site:
    """The phrase as written: the side and adjectives before, position words after, up to a particle."""
    start, end = site.start, site.end
    floor = busy.rfind(1, 0, start) + 1
    roof = busy.find(1, end)
    roof = len(text) if roof < 0 else roof
    for _ in range(3):
        last = text[start - 1] if start > floor else ""
        if last in _NEITHER:
            break
        ends = last in _SIDE_ENDS or last.isspace()
        side = _LEFT_SIDE.search(text, max(floor, start - 10), start) if ends else None
        if side:
            start = side.start()
            break
        word = _LEFT_WORD.search(text, max(floor, start - 8), start)
        if word is None or stops.find(1, word.start(), start) >= 0:
            break
        start = word.start()
    while end < roof and text[end] not in _NEITHER_BEHIND:
        word = _RIGHT_WORD.match(text, end, roof)
        if word is None:
            break
        stop = stops.find(1, end, word.end())
        stop = word.end() if stop < 0 else stop
        if stop == end:
            break
        end = stop
    return Site(start, end, site.concept, None)


def _stops(parsed: Parsed) -> bytearray:
    """Marks characters of words that never belong to a place: descriptions, cues, changes, treatments, tests."""
    marks = bytearray(len(parsed.text) + 1)
    for t in parsed.terms:
        if t.kind in _STOP_KINDS:
            marks[t.start : t.end] = _ON * (t.end - t.start)
    return marks


def _merge(text: str, sites: list[Site]) -> list[Site]:
    """Overlapping, touching or の-joined phrases are one place."""
    out: list[Site] = []
    for site in sites:
        if out:
            last = out[-1]
            gap = text[last.end : site.start] if site.start > last.end else ""
            if site.start <= last.end or _OF.fullmatch(gap) or gap == " ":
                last.end = max(last.end, site.end)
                last.concept = _narrower(last.concept, site.concept)
                continue
        out.append(site)
    organ: str | None = None
    for site in out:
        written = text[site.start : site.end]
        if site.concept is not None:
            organ = next((o for o in _SEGMENTED if is_a(site.concept, o)), organ)
        coded = _CODE.search(written) is not None
        lobe = _LOBE.search(written) if coded else None
        site.side = side_of(written) or (_SIDES[lobe.group(1).lower()] if lobe else None)
        level = (_LEVEL.search(written) or _NODE.search(written)) if coded else None
        bare = site.concept is None and written.startswith("S") and "椎" not in written
        named = named_levels(written[level.start() :], organ if bare else site.concept) if level else ()
        if len(named) == 1:
            site.concept = named[0]
        elif named and bare:
            site.concept = organ
    return out


def _narrower(first: str | None, second: str | None) -> str | None:
    """The concept of a phrase of two: the second where it lies in the first (肝のS4), else the first (乳房CD区域)."""
    if first is None or second is None:
        return second or first
    return second if is_a(second, first) else first


def _list(text: str, sites: list[Site]) -> list[Group]:
    groups: list[Group] = []
    for site in sites:
        last = groups[-1] if groups else None
        if last is not None and _LIST.fullmatch(text[last.end : site.start]):
            last.sites.append(site)
            last.end = site.end
        else:
            groups.append(Group(site.start, site.end, [site]))
    for group in groups:
        group.side = join_sides({s.side for s in group.sites if s.side})
    return groups
