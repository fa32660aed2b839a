"""Findings as the matcher reads them: names, place, side, sizes, and the words around that tell a mention's role."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from jmid_nlp.align.anatomy import Place, joints, levels_between, lineage, organ_of, organs_in, parse_place, relate
from jmid_nlp.align.concepts import concepts, find_concepts, kind_of
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Finding

_STOP = re.compile(r"[。\n\r!?！？]|(?<!\d)[.．](?!\d)")
_COUNT = re.compile(r"(\d{1,2})\s?(?:個|か所|ヶ所|カ所|ケ所|箇所|病変|結節|つ(?!の椎)|lesions)")
_RANGE = re.compile(r"から|より|～|~|〜|-|ー|－")
_LIST = re.compile(r"[、，,・/～~]|および|及び|ならびに|並びに|と|から|や|、")
_TOPIC = re.compile(r"\s*([^、。，,はが]{2,16})は")
_REQUEST = ("indication", "history")
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
        # What is measured now and was measured before is there, whatever else the sentence says.
        general = f.certainty == "general" and not (f.sizes_mm and f.prior_sizes_mm)
        return f.certainty == "negative" or general or f.historical or f.change == "resolved"


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
    stated = [f for f in findings if f.certainty in ("positive", "suspicious") and not f.historical]
    described = any(f.section not in _REQUEST for f in stated)
    spans = list(sentences(text))
    out: list[Mention] = []
    organs: tuple[str, ...] = ()
    for f in ordered:
        sentence = next(s for s in spans if s[0] <= f.start < s[1])
        before = out[-1].end if out else 0
        mention = _read(text, f, sentence, before, organs or _organ_before(text[: f.start]))
        if mention.kind == "generic" and out and mention.before.endswith(("同様の", "同様な", "類似の")):
            mention = replace(mention, concepts=out[-1].concepts, kind=out[-1].kind)
        if mention.known and not described and (f.sizes_mm or f.image_refs):
            mention = replace(mention, known=False)  # a plan or a letter that is all request: what it measures is there
        out.append(mention)
        new = tuple(o for n in mention.place.nodes if (o := organ_of(n)))
        organs = tuple(dict.fromkeys((*new, *organs)))[:6]
    return out


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of sentences and lines; the last one reaches one past the text."""
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
    if len(f.sizes_mm) > 1 or not any(p.nodes for p in parsed):
        parsed.append(parse_place(text[max(last, sentence[0]) : f.start], around))
    in_words = [n for n in parse_place(words, numbers=False).nodes if not n.startswith("a.")]
    nodes = _of_joint(text[max(0, f.start - 200) : f.start], _join(text, f, parsed, in_words))
    spots = _spots(nodes)
    nodes = _with_topic(text[sentence[0] : f.start], nodes, around)
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
        spots=spots,
        own_place=any(
            max(sentence[0], last) <= s.start < f.end and p.nodes for s, p in zip(f.locations, parsed, strict=False)
        ),
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
        if n and start is not None and end is not None and _RANGE.fullmatch(text[end:start]):
            runs[-1] += levels_between(places[n - 1].nodes, place.nodes)
        runs[-1] += place.nodes
        end = f.locations[n].end if n < len(f.locations) else None
    return tuple(sorted({n for run in runs for n in _deepest(run)}))


def _of_joint(before: str, nodes: tuple[str, ...]) -> tuple[str, ...]:
    """Nodes with the joint that the text before names in place of 'a joint'."""
    if "joint" not in nodes:
        return nodes
    named = dict.fromkeys(o for n in parse_place(before).nodes if (o := organ_of(n)) in joints())
    return _deepest([*(n for n in nodes if n != "joint"), *(named if len(named) == 1 else ["joint"])])


def _with_topic(before: str, nodes: tuple[str, ...], around: tuple[str, ...]) -> tuple[str, ...]:
    """Nodes with the topic of the sentence where both touch: ACLは大腿骨付着部で…断裂 is of the ligament too."""
    topic = _TOPIC.match(before)
    if topic is None or not nodes:
        return nodes
    told = parse_place(topic[1], around).nodes
    return tuple(sorted({*nodes, *told})) if relate(told, nodes) in ("near", "border") else nodes


def _spots(nodes: Sequence[str]) -> int:
    """How many places that exclude each other the text names for one noun: S3、S6に結節 is two."""
    apart: list[str] = []
    for node in nodes:
        if all(relate((node,), (other,)) in ("sibling", "other", "border") for other in apart):
            apart.append(node)
    return max(1, len(apart))


def _organs_named(texts: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Organs that a finding's own words or its concept tell, without doubtful forms (左葉, 体部)."""
    found = [o for t in texts for o in organs_in(t)]
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
    if f.section in _REQUEST:
        return True
    if sentence[0] or f.sizes_mm:
        return False
    named = fold(f.text).text.lower()
    # An opening line that is a diagnosis and nothing else says what the patient is examined for.
    return (bool(phrase("known").search(line)) and "認め" not in line) or line.strip(" 。.") == named


def _rounding(line: str) -> float:
    """Millimetres by which sizes of a line may be rounded: whole centimetres and 約 are rough."""
    if re.search(r"(?<![\d.])\d{1,2}\s?cm", line):
        return 2.5
    return 1.0 if "約" in line or "程度" in line or "前後" in line else 0.0
