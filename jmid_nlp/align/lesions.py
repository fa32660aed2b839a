"""Findings of a report as lesions: which mention introduces a lesion, which repeats, explains or only accompanies it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from jmid_nlp.align.anatomy import Place, level_of, lineage, organ_of, parse_place, relate
from jmid_nlp.align.concepts import closeness, concepts, find_concepts, kind_of
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Finding

_STOP = re.compile(r"[。\n\r!?！？]|(?<!\d)[.．](?!\d)")
_COUNT = re.compile(r"(\d{1,2})\s?(?:個|か所|ヶ所|カ所|ケ所|箇所|病変|結節|つ(?!の椎)|lesions)")
_SIDES = {"left", "right"}
_LIST = re.compile(r"[、，,・/～~]|および|及び|ならびに|並びに|と|から|や|、")
# Words that say nothing of what is enlarged or changed: the site's own word does.
_BARE = frozenset({"swelling", "lesion", "mass"})


@dataclass(frozen=True, slots=True)
class Mention:
    """One finding with what the matcher reads from its words and their surroundings. Offsets are the report's."""

    finding: Finding
    concepts: tuple[str, ...]
    kind: str
    place: Place
    own_place: bool
    spots: int
    side: str | None
    sizes: tuple[tuple[float, ...], ...]
    sentence: tuple[int, int]
    before: str
    after: str
    known: bool
    count: int | None
    rounding: float

    @property
    def start(self) -> int:
        """First character of the finding."""
        return self.finding.start

    @property
    def end(self) -> int:
        """One past the last character."""
        return self.finding.end

    @property
    def impression(self) -> bool:
        """Whether the mention stands in the conclusion."""
        return self.finding.section == "impression"

    @property
    def excluded(self) -> bool:
        """Denied, past or general: such a mention never takes an annotation."""
        f = self.finding
        return f.certainty in ("negative", "general") or f.historical or f.change == "resolved"


@dataclass(slots=True)
class Lesion:
    """Mentions of one lesion, the introducing one first. `reported` is False for attached signs and known disease."""

    mentions: list[Mention]
    reported: bool = True
    members: list[Mention] = field(default_factory=list)

    @property
    def first(self) -> Mention:
        """The introducing mention."""
        return self.mentions[0]

    @property
    def capacity(self) -> int | None:
        """How many lesions in the images the words may stand for; None without a limit."""
        all_mentions = self.mentions + self.members
        if self.members or any(m.finding.multiple for m in self.mentions):
            told = [m.count for m in all_mentions if m.count and m.count > 1]
            return max(told) if told else None
        told = [2 for m in self.mentions if m.side == "bilateral"]
        told += [max(len(m.sizes), m.spots) for m in self.mentions]
        return max(told, default=1)


@cache
def phrase(kind: str) -> re.Pattern[str]:
    """The phrases of one kind as one pattern."""
    rows = read_table("align/phrases.tsv", ("kind", "forms"))
    forms = [re.escape(f) for r in rows if r["kind"] == kind for f in split_forms(r["forms"])]
    return re.compile("|".join(sorted(forms, key=len, reverse=True)))


def read_mentions(text: str, findings: Sequence[Finding]) -> list[Mention]:
    """Findings in the order of the text, each with its names, place, side and surroundings.

    Args:
        text: The report, as the findings' offsets count it.
        findings: In any order.
    """
    ordered = sorted(findings, key=lambda f: (f.start, f.end, repr(f)))
    sentences = list(_sentences(text))
    out: list[Mention] = []
    organs: tuple[str, ...] = ()
    for f in ordered:
        sentence = next(s for s in sentences if s[0] <= f.start < s[1])
        before = out[-1].end if out else 0
        mention = _read(text, f, sentence, before, organs or _organ_before(text[: f.start]))
        out.append(mention)
        new = tuple(o for n in mention.place.nodes if (o := organ_of(n)))
        organs = tuple(dict.fromkeys((*new, *organs)))[:6]
    return out


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for stop in _STOP.finditer(text):
        yield at, stop.end()
        at = stop.end()
    yield at, len(text) + 1


def _read(text: str, f: Finding, sentence: tuple[int, int], last: int, organs: tuple[str, ...]) -> Mention:
    words = text[f.start : f.end]
    names = find_concepts(words) or find_concepts(f.text)
    sites = [text[s.start : s.end] for s in f.locations]
    around = (*_organs_named([*sites, words], names), *organs)
    parsed = [parse_place(s, around) for s in sites]
    if len(f.sizes_mm) > 1:
        parsed.append(parse_place(text[max(last, sentence[0]) : f.start], around))
    nodes = _join(text, f, parsed, parse_place(words, numbers=False).nodes)
    if set(names) <= _BARE and any("リンパ節" in s or "node" in s.lower() for s in sites):
        names = ("lymph_node", *names)
    if not any(organ_of(n) for n in nodes):
        nodes = _deepest([*nodes, *(s for c in names if (s := concepts()[c].site))])
    side: str | None = f.laterality
    if side is None:
        side = _one_side(parsed)
    elif len(f.sizes_mm) > 1 and _one_side(parsed) == "bilateral":
        side = "bilateral"
    line = text[sentence[0] : sentence[1]]
    sizes = f.sizes_mm or (f.prior_sizes_mm if f.change == "stable" else ())
    before = fold(text[max(sentence[0], f.start - 24) : f.start]).text.lower()
    after = fold(text[f.end : min(sentence[1], f.end + 24)]).text.lower()
    counted = _COUNT.search(after) or _COUNT.search(before)
    return Mention(
        finding=f,
        concepts=names,
        kind=kind_of(names),
        place=Place(nodes, side),
        spots=_spots(parsed),
        own_place=any(max(sentence[0], last) <= s.start < f.end for s in f.locations),
        side=side,
        sizes=tuple(tuple(sorted(s, reverse=True)) for s in sizes),
        sentence=sentence,
        before=before,
        after=after,
        known=_is_known(f, fold(line).text.lower(), sentence),
        count=int(counted[1]) if counted else None,
        rounding=_rounding(fold(line).text.lower()),
    )


def _one_side(places: Sequence[Place]) -> str | None:
    told = sorted({p.side for p in places if p.side})
    return told[0] if len(told) == 1 else "bilateral" if told else None


def _join(text: str, f: Finding, places: Sequence[Place], in_words: Sequence[str]) -> tuple[str, ...]:
    """Nodes of all places of a finding: 肝のS8 is one place, 大脳半球および小脳 are two."""
    runs: list[list[str]] = [list(in_words)]
    end: int | None = None
    for n, place in enumerate(places):
        start = f.locations[n].start if n < len(f.locations) else None
        if start is None or (end is not None and _LIST.search(text[end:start]) and start - end <= 8):
            runs.append([])
        runs[-1] += place.nodes
        end = f.locations[n].end if n < len(f.locations) else None
    return tuple(sorted({n for run in runs for n in _deepest(run)}))


def _spots(places: Sequence[Place]) -> int:
    """How many places that exclude each other the text names for one noun: S3、S6に結節 is two."""
    apart: list[Place] = []
    for p in places:
        if p.nodes and all(relate(p.nodes, q.nodes) in ("sibling", "other", "border") for q in apart):
            apart.append(p)
    return max(1, len(apart))


def _organs_named(texts: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Organs that a finding's own words or its concept tell, without doubtful forms (左葉, 体部)."""
    found = [
        o for t in texts for n in parse_place(t, numbers=False).nodes if level_of(n) == "organ" and (o := organ_of(n))
    ]
    found += [o for c in names if (s := concepts()[c].site) and (o := organ_of(s))]
    return tuple(dict.fromkeys(found))


def _organ_before(text: str) -> tuple[str, ...]:
    """The organ with numbered segments that the text last named: what a bare S2 belongs to."""
    low = fold(text[-400:]).text
    lung, liver = max(low.rfind("肺"), low.rfind("胸部CT")), low.rfind("肝")
    return () if lung == liver else ("lung",) if lung > liver else ("liver",)


def _deepest(nodes: Sequence[str]) -> tuple[str, ...]:
    unique = sorted(set(nodes))
    above = {up for n in unique for up in lineage(n)[1:]}
    return tuple(n for n in unique if n not in above)


def _is_known(f: Finding, line: str, sentence: tuple[int, int]) -> bool:
    """The disease that the examination is for: in the request, or in an opening line that names treatment or purpose."""
    if f.section in ("indication", "history"):
        return True
    return sentence[0] == 0 and not f.sizes_mm and bool(phrase("known").search(line)) and "認め" not in line


def _rounding(line: str) -> float:
    """Millimetres by which sizes of a line may be rounded: whole centimetres and 約 are rough."""
    if re.search(r"(?<![\d.])\d{1,2}\s?cm", line):
        return 2.5
    return 1.0 if "約" in line or "程度" in line or "前後" in line else 0.0


def build_lesions(mentions: Sequence[Mention]) -> list[Lesion]:
    """Group the mentions that may take annotations into lesions. Known disease and denied mentions are left out."""
    live = [m for m in mentions if not m.excluded and not m.known]
    body = [m for m in live if not m.impression]
    lesions: list[Lesion] = []
    for i, m in enumerate(body):
        if _explains_next(m, body[i + 1] if i + 1 < len(body) else None):
            continue
        _place_mention(m, lesions)
    for m in (m for m in live if m.impression):
        _place_impression(m, lesions, body)
    return lesions


def _explains_next(m: Mention, after: Mention | None) -> bool:
    """転移を疑う結節: the opinion belongs to the noun that follows in the same clause."""
    if m.kind != "interp" or after is None or after.sentence != m.sentence or after.kind == "interp":
        return False
    between = m.after[: after.start - m.end] if after.start - m.end <= 12 else ""
    return bool(between) and "、" not in between and bool(phrase("opinion").search(between))


def _place_mention(m: Mention, lesions: list[Lesion]) -> None:
    found = _referent(m, lesions)
    if found is None:
        lesions.append(Lesion([m], reported=not _attached(m, lesions)))
    elif _is_member(m, found):
        found.members.append(m)
    else:
        found.mentions.append(m)


def _place_impression(m: Mention, lesions: list[Lesion], body: Sequence[Mention]) -> None:
    fits = [x for x in lesions if _fits(m, x)]
    if not fits:
        # A conclusion that only names what the body excluded or explained introduces nothing.
        if not any(agrees(m, o) for o in body):
            lesions.append(Lesion([m], reported=m.kind in ("obs", "interp")))
        return
    best = min(fits, key=lambda x: (-max(_kinship(m, o) for o in x.mentions + x.members), x.first.start))
    best.mentions.append(m)


def _referent(m: Mention, lesions: Sequence[Lesion]) -> Lesion | None:
    """The earlier lesion that a mention of the body speaks of again, or None for a new one."""
    near = [x for x in lesions if _fits(m, x)]
    if not near or phrase("other").search(m.before[-8:]) or re.search(r"にも[^、。]*$", m.before):
        return None
    near.sort(key=lambda x: (-max(_kinship(m, o) for o in x.mentions), -x.first.start))
    for lesion in near:
        if any(_same_again(m, o) for o in lesion.mentions + lesion.members):
            return lesion
    return None


def _fits(m: Mention, lesion: Lesion) -> bool:
    """Whether a mention contradicts no mention of a lesion, or agrees with a member of a group."""
    return all(agrees(m, o) for o in lesion.mentions) or any(agrees(m, o) for o in lesion.members)


def _same_again(m: Mention, o: Mention) -> bool:
    same_line = m.sentence == o.sentence
    following = m.start - o.sentence[1] <= 60
    definite = bool(phrase("definite").search(m.before[-6:]) or re.search(r"(?:同|本)$", m.before))
    if m.kind == "interp":
        # An opinion on what was just described; a diagnosis with a place of its own is a new lesion.
        return (same_line or following) and (not m.own_place or _same_spot(m, o))
    if m.kind == "generic" or definite:
        return not m.sizes or not o.sizes or sizes_meet(m.sizes, o.sizes) or o.finding.multiple
    if o.finding.multiple and same_line:
        return m.kind == o.kind
    if m.own_place or m.sizes:
        return _same_spot(m, o) and (sizes_meet(m.sizes, o.sizes) or (not m.sizes and m.after.startswith("は")))
    return m.after.startswith(("は", "の")) or (
        same_line and closeness(m.concepts, o.concepts).relation in ("same", "broader")
    )


def _is_member(m: Mention, lesion: Lesion) -> bool:
    group = lesion.first
    return group.finding.multiple and m.kind != "interp" and bool(m.sizes or m.own_place)


def _attached(m: Mention, lesions: Sequence[Lesion]) -> bool:
    """Signs and what lies inside or around a lesion of the same sentence are no lesions of their own."""
    near = [x for x in lesions if x.mentions[-1].sentence == m.sentence]
    if m.kind == "sign" or m.kind == "generic":
        return True
    return bool(near) and not m.own_place and bool(phrase("inside").search(m.before[-10:]))


def _same_spot(m: Mention, o: Mention) -> bool:
    place = relate(m.place.nodes, o.place.nodes) in ("same", "contains")
    return place and (m.side == o.side or m.side is None or o.side is None)


def agrees(m: Mention, o: Mention) -> bool:
    """Whether nothing tells two mentions apart: names, place, side and size all fit or are not told."""
    relation = closeness(m.concepts, o.concepts).relation
    differential = relation == "rival" and m.finding.certainty == o.finding.certainty == "suspicious"
    if relation in ("unlike", "rival", "conflict") and not differential:
        return False
    if relate(m.place.nodes, o.place.nodes) in ("sibling", "border", "other"):
        return False
    if m.side in _SIDES and o.side in _SIDES and m.side != o.side:
        return False
    refs, other = ({(r.series, r.image) for r in x.finding.image_refs} for x in (m, o))
    if refs and other and not refs & other and not o.finding.multiple:
        return False
    return not m.sizes or not o.sizes or sizes_meet(m.sizes, o.sizes) or o.finding.multiple


def _kinship(m: Mention, o: Mention) -> float:
    """How much two agreeing mentions share; decides which lesion a re-mention belongs to."""
    name = {"same": 3.0, "broader": 2.0, "seen_as": 2.0, "close": 1.5}.get(
        closeness(m.concepts, o.concepts).relation, 0
    )
    place = {"same": 3.0, "contains": 2.0, "near": 0.5}.get(relate(m.place.nodes, o.place.nodes), 0)
    side = 1.0 if m.side and m.side == o.side else 0.0
    return name + place + side + (1.0 if m.sizes and sizes_meet(m.sizes, o.sizes) else 0.0)


def sizes_meet(a: Sequence[tuple[float, ...]], b: Sequence[tuple[float, ...]]) -> bool:
    """Whether any size of one side is any size of the other, within rounding."""
    return any(abs(max(x) - max(y)) <= max(1.0, 0.1 * max(x)) for x in a for y in b)
