"""Mentions of a report as lesions: which one introduces a lesion, which repeats, explains or only accompanies it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from jmid_nlp.align.anatomy import relate
from jmid_nlp.align.concepts import closeness
from jmid_nlp.align.mentions import Mention, phrase

_SIDES = {"left", "right"}
# Words that only say how something looks.
_APPEARANCE = frozenset(
    ("density", "signal", "low_density", "enhancement", "early_enh", "uptake", "swelling", "wall_thickening",
     "filling_defect", "opacity")
)  # fmt: skip
# 網状影内に結節: the first word only says where the second one is.
_LANDMARK = re.compile(r"(?:の?内部?|の?中)に|近傍に|に隣接し|に接し|の[尾頭背腹内外上下]側に")
_TO_IT = ("に", "の", "は", "内")
# A sentence of its own with place and size that says that something is there introduces it.
_NEW = re.compile(r"(?:[(（][^()（）]{0,20}[)）])?(?:を(?:認|みと|見|指摘)|が(?:認|みと|見|み|存在|指摘|あ)|あり|存在)")
# The mark before an item of a list.
_ITEM = re.compile(r"\s*[・･●○■□◆◇▪•‣*‐–-]")
# What is a feature of the lesion it comes with, unless it has a place of its own.
_ATTACHED = frozenset(
    ("calcification", "cavity", "necrosis", "enhancement", "early_enh", "low_density", "density", "signal", "fat", "air",
     "cyst", "wall_thickening", "uptake")
)  # fmt: skip


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
    def plural(self) -> bool:
        """Whether the words name more than one lesion, by more than naming both sides."""
        several = any(m.finding.multiple or len(m.sizes) > 1 or m.spots > 1 for m in self.mentions)
        return bool(self.members) or several

    @property
    def capacity(self) -> int | None:
        """How many lesions in the images the words may stand for; None without a limit."""
        all_mentions = self.mentions + self.members
        if self.members or any(m.finding.multiple for m in self.mentions):
            told = [m.count for m in all_mentions if m.count and m.count > 1]
            return max(told) if told else None
        told = [2 for m in self.mentions if m.side == "bilateral"]
        # 縦隔、両側肺門: the places and one more for the second side
        told += [max(len(m.sizes), m.spots + (m.side == "bilateral" and m.spots > 1)) for m in self.mentions]
        return max(told, default=1)


def build_lesions(mentions: Sequence[Mention]) -> list[Lesion]:
    """Group the mentions that may take annotations into lesions. Known disease and denied mentions are left out."""
    live = [m for m in mentions if not m.excluded and not m.known]
    body = [m for m in live if not m.impression]
    lesions: list[Lesion] = []
    for m in _nouns(body):
        _place_mention(m, lesions)
    for m in (m for m in live if m.impression):
        _place_impression(m, lesions, body)
    return lesions


def _nouns(body: Sequence[Mention]) -> list[Mention]:
    """The mentions without those that only describe the next noun of their clause, which takes over their cues.

    転移を疑う結節 is one lesion, and so is 14mmの濃染する腫瘤: what was read beside the first word belongs to the second.
    """
    out: list[Mention] = []
    held: Mention | None = None
    for m, after in zip(body, [*body[1:], None][: len(body)], strict=True):
        if held is not None:
            m = _inherit(m, held)
        if after is not None and after.sentence == m.sentence and _LANDMARK.match(m.after):
            continue
        held = m if after is not None and _describes(m, after) else None
        if held is None:
            out.append(m)
    return out


def _describes(m: Mention, after: Mention) -> bool:
    if after.sentence != m.sentence or not 0 < after.start - m.end <= 12:
        return False
    between = m.after[: after.start - m.end]
    if "、" in between:
        return False
    if m.kind == "interp":
        if between in ("の", "からの", "による", "に伴う") and {"metastasis", "dissemination"} & set(after.concepts):
            return True
        return after.kind != "interp" and bool(phrase("opinion").search(between))
    return len(between) <= 6 and bool(phrase("describes").fullmatch(between))


def _inherit(m: Mention, from_: Mention) -> Mention:
    """A noun with the cues of the word that describes it, where it has none of its own."""
    return replace(
        m,
        sizes=m.sizes or from_.sizes,
        place=m.place if m.place.nodes else from_.place,
        own_place=m.own_place or from_.own_place,
        side=m.side or from_.side,
        finding=m.finding if m.finding.image_refs else replace(m.finding, image_refs=from_.finding.image_refs),
    )


def _looks(m: Mention, lesions: Sequence[Lesion]) -> bool:
    """Whether a mention only says how the lesion named right before looks: 壁肥厚と造影効果を認める."""
    if not lesions or m.own_place or m.sizes or not {"enhancement", "early_enh"} & set(m.concepts):
        return False
    last = lesions[-1].mentions[-1]
    return last.after.startswith("と") and 0 < m.start - last.end <= 4


def _place_mention(m: Mention, lesions: list[Lesion]) -> None:
    found = lesions[-1] if _looks(m, lesions) else _referent(m, lesions)
    if found is None:
        attached = _attached(m, lesions)
        near = lesions[-1] if attached and lesions and lesions[-1].first.sentence == m.sentence else None
        if near and "uptake" in m.concepts and closeness(m.concepts, near.first.concepts).relation == "close":
            near.mentions.append(m)  # another word for what was just named
        else:
            lesions.append(Lesion([m], reported=not attached))
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
    for lesion in near:
        if _counted_out(m, lesion):
            return lesion
    if not near or phrase("other").search(m.before[-8:]) or re.search(r"にも[^、。]*$", m.before):
        return None
    near.sort(key=lambda x: (-max(_kinship(m, o) for o in x.mentions), -x.first.start))
    for lesion in near:
        if any(_same_again(m, o) for o in lesion.mentions + lesion.members):
            return lesion
    return None


def _counted_out(m: Mention, lesion: Lesion) -> bool:
    """2個の結節あり。大きい方は9mmの結節、もう一つは…: sized mentions right after a plural one are its members."""
    group = lesion.first
    last = (lesion.members or lesion.mentions)[-1]
    same = closeness(m.concepts, group.concepts).relation in ("same", "broader")
    near = 0 <= m.start - last.sentence[1] <= 40 or m.sentence == last.sentence
    return group.finding.multiple and not group.sizes and bool(m.sizes) and not m.own_place and same and near


def _fits(m: Mention, lesion: Lesion) -> bool:
    """Whether a mention contradicts no mention of a lesion, or agrees with a member of a group."""
    return all(agrees(m, o) for o in lesion.mentions) or any(agrees(m, o) for o in lesion.members)


def _same_again(m: Mention, o: Mention) -> bool:
    same_line = m.sentence == o.sentence
    following = m.start - o.sentence[1] <= 60
    definite = bool(phrase("definite").search(m.before[-6:]) or re.search(r"(?:同|本)$", m.before))
    opinion = m.finding.certainty == "suspicious" and o.finding.certainty == "positive" and not m.sizes
    if m.kind == "interp" or (opinion and not m.own_place):
        # An opinion on what was just described; a diagnosis with a place of its own is a new lesion.
        if m.own_place and m.kind == "interp":
            spot = relate(m.place.nodes, o.place.nodes)
            return m.finding.multiple == o.finding.multiple and _same_spot(m, o) and (same_line or spot == "same")
        return same_line or following
    topic = m.after.startswith(("は", "の"))
    named_again = closeness(m.concepts, o.concepts).relation in ("same", "broader")
    if named_again and not m.sizes and m.before.endswith("は") and phrase("opinion").match(m.after):
        return _same_spot(m, o)  # L2は新鮮骨折と考える: what was named at L2 before
    if topic and named_again and not m.own_place:
        # 総腸骨動脈瘤は after 瘤: a word that names a place which the first one does not is of another lesion
        return bool(o.place.nodes) or not m.place.nodes
    if m.kind == "generic" and not definite and m.own_place and m.sizes and not same_line:
        # 前立腺は腫大。右尖部に14mmの病変: a place and a size of its own make it another one
        return relate(m.place.nodes, o.place.nodes) == "same" and sizes_meet(m.sizes, o.sizes)
    if m.kind == "generic" or definite:
        return not m.sizes or not o.sizes or sizes_meet(m.sizes, o.sizes) or o.finding.multiple
    if same_line and set(o.concepts) <= _APPEARANCE and not m.sizes and (not m.own_place or _same_spot(m, o)):
        # 高吸収域を認め、視床出血の所見: the second word names what the first one saw.
        return closeness(m.concepts, o.concepts).relation in ("seen_as", "close", "broader")
    if o.finding.multiple and same_line:
        return m.kind == o.kind and named_again
    if m.sizes and o.sizes and m.own_place and not same_line and _NEW.match(m.after):
        return False
    if (
        m.own_place
        and m.sizes
        and o.sizes
        and not same_line
        and (_ITEM.match(_line_start(m)) or not _measured_alike(m, o))
    ):
        return False  # an item of a list, or another number, is another lesion: a report measures each lesion once
    if m.own_place or m.sizes:
        return _same_spot(m, o) and (sizes_meet(m.sizes, o.sizes) or (not m.sizes and m.after.startswith("は")))
    return m.after.startswith(("は", "の")) or (
        same_line and closeness(m.concepts, o.concepts).relation in ("same", "broader")
    )


def _line_start(m: Mention) -> str:
    """The words from the start of a mention's sentence; empty where the sentence starts further away."""
    return m.before if m.start - m.sentence[0] <= 24 else ""


def _measured_alike(m: Mention, o: Mention) -> bool:
    """Whether two mentions give one number, within the rounding of each (1cm and 12mm)."""
    slack = 0.5 + max(m.rounding, o.rounding)
    return any(abs(max(x) - max(y)) <= slack for x in m.sizes for y in o.sizes)


def _is_member(m: Mention, lesion: Lesion) -> bool:
    group = lesion.first
    return group.finding.multiple and m.kind != "interp" and bool(m.sizes or m.own_place or m.finding.image_refs)


def _attached(m: Mention, lesions: Sequence[Lesion]) -> bool:
    """Signs and what lies inside or around a lesion of the same sentence are no lesions of their own."""
    near = [x for x in lesions if x.mentions[-1].sentence == m.sentence]
    if m.finding.text.endswith("後") or _is_opinion(m, lesions):
        return True
    if m.kind == "generic":
        return not m.own_place and not m.sizes
    if m.kind == "sign":
        return not m.sizes
    if near and _ATTACHED & set(m.concepts) and near[-1].mentions[-1].after[:8].startswith(_TO_IT):
        # 腫瘤にFDG集積を認める: said of the noun right before it.
        return 0 < m.start - near[-1].mentions[-1].end <= 8
    if not near or m.own_place:
        return False
    follows = m.after.startswith("を伴") and bool(_ATTACHED & set(m.concepts))
    return follows or bool(phrase("inside").search(m.before[-10:]))


def _is_opinion(m: Mention, lesions: Sequence[Lesion]) -> bool:
    """A diagnosis without a place or size of its own that explains what the sentences before describe."""
    if m.kind != "interp" or m.own_place or m.sizes or not lesions:
        return False
    told = m.finding.certainty == "suspicious" or bool(phrase("opinion").match(m.after))
    return told and m.start - lesions[-1].mentions[-1].sentence[1] <= 40


def _same_spot(m: Mention, o: Mention) -> bool:
    place = relate(m.place.nodes, o.place.nodes) in ("same", "contains")
    return place and (m.side == o.side or m.side is None or o.side is None)


def agrees(m: Mention, o: Mention) -> bool:
    """Whether nothing tells two mentions apart: names, place, side and size all fit or are not told."""
    relation = closeness(m.concepts, o.concepts).relation
    if relation == "unknown" and not _same_words(m, o):
        return False
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


def _same_words(m: Mention, o: Mention) -> bool:
    """Whether mentions whose names the lexicon lacks are called the same by the report or by the extraction."""
    concept = m.finding.concept
    return m.finding.text == o.finding.text or (concept is not None and concept == o.finding.concept)


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
