"""Mentions of findings: the head noun phrases of a report, known words first, then compounds by their endings."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cache

from jmid_nlp.findings.compounds import ORGANS, cut_of, shape
from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.terms import Term
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.text.lazy import lazy


@dataclass(slots=True)
class Mention:
    """A mention in the folded text. `head` is where its last noun starts; `kind` the class of that noun.

    `kind` is lesion, sign, disease, fluid, signal or state (after a procedure). `own` tells that the noun names its own
    site, `systemic` that it belongs to no site.
    """

    start: int
    end: int
    kind: str
    concept: str | None
    head: int
    own: bool = False
    systemic: bool = False
    parts: list[str] = field(default_factory=list)
    why: str = ""
    sentence: int = -1


@dataclass(frozen=True, slots=True)
class Span:
    """A place word that the lexicon lacks, known by its ending."""

    start: int
    end: int


_RUN = lazy(r"[一-鿿々ァ-ヴー]{1,24}")
_PARTICLES = frozenset("のにをはがもとやで、。・:()\n ")  # most gaps are one of these, and none begins a word
_GLUE = lazy(r"[一-鿿々ァ-ヴー]")
_PROCEDURES = (
    r"切除|摘出|全摘|亜全摘|部分切除|切断|郭清|置換|固定|吻合|焼灼|塞栓|留置|移植|縫合|再建|照射|結紮|造設|除圧|形成|開窓|"
    r"バイパス|ストリッピング|砕石|破砕|除去|縫縮|開放|カットダウン|クリッピング|コイリング|ドレナージ|穿刺|生検|抜去|挿入|修復|"
    r"温存|開頭|椎弓切除|胆摘|EMR|ESD|TACE|TAE|RFA|MWA|EVAR|TEVAR|PCI|CABG|PTA|IVR|"
    r"UAE|BAE|PTGBD|硬化療法|放射線治療|凝固|減量|截骨|整復|骨接合|骨折観血的整復|インプラント|ステント留置|"
    r"フィルター留置"
)
_STATE = lazy(
    rf"(?:(?:[一-鿿ァ-ヴーA-Za-z\-]{{0,8}}?)(?:{_PROCEDURES})"
    r"術?[ \t]?後(?!方|壁|部|面|腹|頭|縦|区|角|上|下|屈|出血)(?:状態|[一-鿿]{0,1}年|の状態)?)"
)
# What every such state holds, and few texts do: the last letter of a procedure before 後.
_STATE_HINT = re.compile(f"[{''.join(dict.fromkeys(word[-1] for word in _PROCEDURES.split('|')))}]術?[ \\t]?後")
_SIDE_LEFT = re.compile(r"(?:右|左|両側?|対側|同側|患側|健側|反対側)\Z")
_KIND_OF_CHANGE = lazy(r"[一-鿿ァ-ヴー]{1,7}\Z")
_ORGAN_PART = re.compile(r"(?:(?:右|左|両側?|対側|同側|患側|健側|反対側)|[肺肝腎膵脾胃脳骨][・、/])\Z")
_NEVER_ALONE = frozenset(("徴候", "疾患", "障害", "異常", "不整", "不全", "欠如", "感染", "症候群", "血症", "性変化"))
_LATIN_HINT = re.compile(r"[a-z]{4}")
_LATIN_HEAD = re.compile(
    r"(?<![A-Za-z\d])[A-Za-z][a-z]{2,18}(?:[ \-][a-z]{2,18}){0,3}"
    r"(?=(?:は|が|を|の)?(?:なし|なく|あり|ある|認め|疑|みられ|見られ|指摘))"
)
# 脳溝は不明瞭化, 関節裂隙の消失: what is lost is a space that is normally seen.
_LOST = re.compile(r"不明瞭化|消失")
_EFFACED = re.compile(r"(?:溝|裂隙|皮髄境界|脂肪層|間隙|前弯|後弯|陰影|ひだ|ハウストラ|輪郭|境界)(?:の|は|が|も)\Z")
_NEAR = 8  # characters
_NODE = re.compile(
    r"(?:(?:[\d.]{1,5}\s?[x×]\s?)?(?P<size>\d{1,2}(?:\.\d)?)\s?(?P<unit>mm|cm)(?:大|程度|前後|まで)?の|(?:多数|累々|集簇|数珠状|一塊)(?:の|した|となった))"
    r"[^。、\n]{0,8}?(?P<node>リンパ節)(?=(?:を|が)(?:複数|多数|数個|散在性に)?(?:認め|みられ|見られ|あり|散見|散在|集簇)|(?:あり|散見|散在|多発)?(?:[。、\n]|\Z))"
)
_WHOLE = frozenset(("炎", "癌", "症"))  # diseases keep the organ they are named after
_LARGE_NODE = 10  # mm, short axis
_FOREIGN = re.compile(r"(?<![A-Za-z])[A-Z][A-Za-z'é\-]{2,20}\Z")  # Budd-Chiari|症候群
_STATE_TAIL = re.compile(r"状態$|.年$|の状態$")


@cache
def _suffixes() -> list[tuple[str, str, tuple[str, ...]]]:
    rows = read_table("finding_suffix.tsv", ("suffix", "class", "exceptions"))
    items = [(r["suffix"], r["class"], tuple(split_forms(r["exceptions"]))) for r in rows]
    return sorted(items, key=lambda item: -len(item[0]))


@cache
def _site_suffixes() -> list[tuple[str, tuple[str, ...]]]:
    rows = read_table("site_suffix.tsv", ("suffix", "exceptions"))
    return sorted(((r["suffix"], tuple(split_forms(r["exceptions"]))) for r in rows), key=lambda item: -len(item[0]))


@cache
def _by_last() -> dict[str, list[tuple[str, str, tuple[str, ...]]]]:
    table: dict[str, list[tuple[str, str, tuple[str, ...]]]] = {}
    for item in _suffixes():
        table.setdefault(item[0][-1], []).append(item)
    return table


@cache
def _site_by_last() -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    table: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for item in _site_suffixes():
        table.setdefault(item[0][-1], []).append(item)
    return table


def find_mentions(parsed: Parsed) -> tuple[list[Mention], list[Span]]:
    """All candidate mentions of a report, ascending, and the places found by their endings.

    Args:
        parsed: The report.

    Returns:
        Mentions in the indices of the folded text, signs of every strength (the caller drops those that only describe),
        and places that no lexicon row names.
    """
    text, terms = parsed.text, parsed.terms
    places: list[Span] = []
    seeds: list[Mention] = []
    at = 0
    for index, term in enumerate(terms):
        if term.start > at:
            _gap(text, at, term.start, terms, index, seeds, places)
        at = term.end
        if term.kind == "observation":
            organ = terms[index - 1] if index and terms[index - 1].kind == "anatomy" else None
            seeds.append(_known(text, term, organ, places))
        elif term.kind == "change" and (grown := _grown(text, terms, index)) is not None:
            seeds.append(grown)
    if at < len(text):
        _gap(text, at, len(text), terms, len(terms), seeds, places)
    seeds += _states(text, terms)
    seeds += _nodes(text)
    seeds += _latin(text, terms)
    seeds.sort(key=lambda m: (m.start, -m.end))
    return _join(text, seeds, terms, places), places


def _grown(text: str, terms: list[Term], index: int) -> Mention | None:
    """`脳室拡大なし`: a word of change that says what an organ is."""
    term = terms[index]
    if term.form.endswith("病変"):
        return Mention(term.end - 2, term.end, "lesion", "lesion", term.end - 2, False, False, ["病変"], "a new lesion")
    if term.form.startswith("変化") and term.start and text[term.start - 1] == "性":
        start = _KIND_OF_CHANGE.search(text, max(0, term.start - 8), term.start)
        begin = start.start() if start else term.start
        return Mention(begin, term.start + 2, "sign", None, begin, False, False, ["変化"], "growth of a place")
    if index and (word := _LOST.match(term.form)) and _EFFACED.search(text, max(0, term.start - _NEAR), term.start):
        return Mention(
            term.start,
            term.start + word.end(),
            "sign",
            None,
            term.start,
            False,
            False,
            [word.group()],
            "growth of a place",
        )
    if not term.form.startswith("拡大") or not index or terms[index - 1].kind not in ("anatomy", "position"):
        return None
    if text[terms[index - 1].end : term.start] not in ("", "の", "は", "が", "も", ":"):
        return None
    return Mention(
        term.start, term.start + 2, "sign", "dilatation", term.start, False, False, ["拡大"], "growth of a place"
    )


def _known(text: str, term: Term, organ: Term | None, places: list[Span]) -> Mention:
    """The mention of a known word; `腱板断裂` gives the head 断裂 and the place 腱板."""
    first, last, form = term.start, term.end, term.form
    cut, lead, kind, own, systemic, tail, splits = shape(form, term.concept)
    if splits and _ORGAN_PART.search(text, max(0, first - 3), first):
        cut = 1  # 左腎嚢胞: the side makes the one-character organ a place
        own = own and ORGANS.search(form, 1) is not None
    if cut:
        places.append(Span(first + lead, first + cut - (form[cut - 1] == "の")))
    skipped = max(cut, lead)
    start = first + skipped
    if not skipped and organ is not None and organ.end == start:
        place = cut_of(organ.form + form)[0]
        if place > len(organ.form):
            places.append(Span(organ.start, organ.start + place))  # 脾静脈|血栓, read as 脾 and 静脈血栓
            start = organ.start + place
        elif (
            len(organ.form) == 1
            and form[0] != "壁"
            and not _SIDE_LEFT.search(text, max(0, organ.start - 3), organ.start)
        ):
            start = organ.start  # 骨|肥厚 stays whole
    return Mention(
        start, last - tail, kind, term.concept, start, own, systemic, [form[skipped:] if skipped else form], "lexicon"
    )


@cache
def _no_findings() -> frozenset[str]:
    return frozenset(f for r in read_table("non_finding.tsv", ("form",)) for f in split_forms(r["form"]))


@cache
def _self_sited() -> frozenset[str]:
    return frozenset(f for r in read_table("self_sited.tsv", ("ja",)) for f in split_forms(r["ja"]))


def _gap(
    text: str, start: int, end: int, terms: list[Term], index: int, seeds: list[Mention], places: list[Span]
) -> None:
    """Characters that no term covers: compounds known by their endings only."""
    if end - start == 1 and text[start] in _PARTICLES:
        return
    for match in _RUN.finditer(text, start, end):
        a, b = match.span()
        run = match.group()
        before = terms[index - 1] if index and terms[index - 1].end == a else None
        left = before.form if before is not None and before.kind != "cue" else ""
        hit = _ending(run, left)
        if (
            hit is not None
            and (run in _NEVER_ALONE or run == hit[0])
            and (foreign := _FOREIGN.search(text, max(0, a - 24), a))
        ):
            seeds.append(Mention(foreign.start(), b, hit[1], None, b - len(run), False, False, [run], "ending"))
            continue
        if hit is not None:
            suffix, cls = hit
            joins = before is not None and before.kind in ("anatomy", "observation", "modifier", "position")
            bare = len(run) == len(suffix) and not joins
            if not bare or (len(suffix) > 1 and suffix not in _NEVER_ALONE):
                head = b - len(suffix)
                whole = a
                if before is not None and cls == "disease" and suffix in _WHOLE and before.kind == "anatomy":
                    whole = before.start  # 精巣|微石症
                if before is not None and len(run) == len(suffix) == 1 and before.kind in ("anatomy", "observation"):
                    whole = before.start
                seeds.append(
                    Mention(whole, b, cls, None, head, bool(ORGANS.search(text[whole:b])), False, [run], "ending")
                )
                continue
        if _place(run):
            places.append(Span(a, b))


def _ending(run: str, left: str) -> tuple[str, str] | None:
    for suffix, cls, exceptions in _by_last().get(run[-1], ()):
        if run.endswith(suffix) and not any((left + run).endswith(e) for e in exceptions):
            return suffix, cls
    return None


def _place(run: str) -> bool:
    if len(run) < 2:
        return False
    return any(
        run.endswith(suffix) and not any(run.endswith(e) for e in exceptions)
        for suffix, exceptions in _site_by_last().get(run[-1], ())
    )


def _latin(text: str, terms: list[Term]) -> list[Mention]:
    """English nouns that no lexicon knows, as the head of a Japanese statement: `dehiscenceなし`, `double contour signあり`."""
    found = list(_LATIN_HEAD.finditer(text)) if _LATIN_HINT.search(text) else []
    starts = [t.start for t in terms] if found else []
    out = []
    for match in found:
        near = terms[max(0, bisect_left(starts, match.start()) - 1) : bisect_left(starts, match.end())]
        if any(t.end > match.start() for t in near):
            continue
        words = match.group().strip()
        start = match.start() + match.group().index(words)
        out.append(Mention(start, start + len(words), "sign", None, start, False, False, [words], "english head"))
    return out


def _nodes(text: str) -> list[Mention]:
    """Lymph nodes that are stated and abnormal: 10 mm or more across, many, or crowded; a small node is normal anatomy."""
    if "リンパ節" not in text:
        return []
    out = []
    for match in _NODE.finditer(text):
        size, unit = match["size"], match["unit"]
        if size is None or float(size) * (10 if unit == "cm" else 1) >= _LARGE_NODE:
            start = match.start("node")
            out.append(
                Mention(start, match.end(), "lesion", "lymphadenopathy", start, False, False, ["リンパ節"], "node")
            )
    return out


def _states(text: str, terms: list[Term]) -> list[Mention]:
    """`切除後`, `コイル塞栓後`: states after a procedure; the caller keeps those with a site of their own."""
    if "後" not in text or _STATE_HINT.search(text) is None:
        return []
    found = []
    borders = [t for t in terms if t.kind in ("anatomy", "side", "position", "observation", "modifier", "timex")]
    starts = [t.start for t in borders]
    for match in _STATE.finditer(text):
        start, end = match.span()
        tail = _STATE_TAIL.search(match.group())
        if tail:
            end = start + tail.start()
        near = borders[bisect_left(starts, start - 40) : bisect_left(starts, end)]
        inner = [t.end for t in near if start <= t.end < end - 2 and t.start < end - 3]
        start = max([start, *inner])
        found.append(Mention(start, end, "state", None, start, False, False, [text[start:end]], "after a procedure"))
    return found


def _join(text: str, seeds: list[Mention], terms: list[Term], places: list[Span]) -> list[Mention]:
    """Adjacent seeds become one mention unless both are diseases; what stands inside another is dropped."""
    out: list[Mention] = []
    for seed in seeds:
        if out and seed.start < out[-1].end:
            if seed.end > out[-1].end or (seed.kind == "state" and seed.start <= out[-1].start):
                if seed.kind == "state" and out[-1].kind != "state":
                    continue
                if seed.why == "ending" and seed.end > out[-1].end:
                    last = out.pop()
                    seed.start = min(seed.start, last.start)
                    out.append(seed)
            continue
        if out and text[out[-1].end : seed.end] in ("の貯留", "の形成", "の所見") and out[-1].kind != "state":
            out[-1].end = seed.end
            continue
        if out and seed.start == out[-1].end and seed.kind != "state" and out[-1].kind != "state":
            last = out[-1]
            if not (last.kind == "disease" and seed.kind == "disease"):
                last.parts.append(text[seed.start : seed.end])
                last.end, last.head = seed.end, seed.start
                if seed.kind != "disease" or last.kind != "disease":
                    last.kind = seed.kind if seed.kind != "signal" else "sign" if last.kind != "signal" else "signal"
                last.concept = seed.concept or last.concept
                last.own = last.own or seed.own
                last.systemic = seed.systemic
                continue
        out.append(seed)
    kept = [m for m in out if m.kind != "symptom" and text[m.start : m.end] not in _no_findings()]
    for mention in kept:
        if not mention.systemic and text[mention.start : mention.end] in _self_sited():
            mention.systemic = True
    return kept
