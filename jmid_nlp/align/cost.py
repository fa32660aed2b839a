"""Evidence that a mark and a mention are of one lesion: one term a cue, each with its words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from jmid_nlp.align.anatomy import organ_of, relate
from jmid_nlp.align.concepts import GENERIC, Closeness, closeness
from jmid_nlp.align.lesions import Lesion
from jmid_nlp.align.marks import Group, Mark
from jmid_nlp.align.mentions import Mention
from jmid_nlp.align.noise import size_evidence, slice_evidence
from jmid_nlp.align.options import DEFAULTS, AlignOptions
from jmid_nlp.offsets import fold

_LARGEST = re.compile(r"最大|大きい|大きな|まで|largest|up to")
# 5~10mm大: the group's members lie between.
_RANGE = re.compile(r"\d\s?(?:mm|cm)?\s?(?:[~～〜\-–]|から)\s?\d")
NODES = frozenset({"lymph_node", "node_meta"})


@dataclass(frozen=True, slots=True)
class Term:
    """One cue: its name, its evidence in nats, the reason in words, and whether both sides agree on it."""

    cue: str
    value: float
    words: str
    fits: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """All cues of one mark and one mention."""

    mention: Mention
    terms: tuple[Term, ...]
    vague: bool = False
    relation: str = "unknown"
    nodes: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    unnamed: bool = False

    @property
    def total(self) -> float:
        """The sum of the cues."""
        return sum(t.value for t in self.terms)

    def of(self, cue: str) -> float:
        """Evidence of one cue; 0 where it is missing."""
        return sum(t.value for t in self.terms if t.cue == cue)

    def fits(self, cue: str) -> bool:
        """Whether both sides agree on a cue."""
        return any(t.fits for t in self.terms if t.cue == cue)


def weigh(mention: Mention, mark: Mark, options: AlignOptions, exam_date: str | None = None) -> Evidence:
    """The evidence of every cue that both sides give.

    Args:
        mention: A finding of the report.
        mark: An annotation of the same study.
        options: What each cue is worth.
        exam_date: ISO date of the examination; a mark made before it belongs to another one.
    """
    name = closeness(mention.concepts, mark.concepts)
    if name.relation == "unknown" and _alike(mention, mark):
        name = Closeness("close", "the same words")
    terms = [Term("concept", options.concept[name.relation], name.words)]
    place = relate(mention.place.nodes, mark.place.nodes)
    if place != "unknown":
        terms.append(Term("place", options.place[place], _PLACE_WORDS[place], place == "same"))
    for term in (_side(mention, mark, options), _size(mention, mark, options), _slice(mention, mark, options)):
        if term is not None:
            terms.append(term)
    created, exam = (mark.record.created or "")[:10], (exam_date or "")[:10]
    if len(created) == len(exam) == 10 and created.replace("/", "-") < exam.replace("/", "-"):
        terms.append(Term("date", options.before_exam, "annotated before the examination"))
    vague = set(mark.concepts) <= GENERIC and name.relation != "close"
    nodes = (mention.place.nodes, mark.place.nodes)
    return Evidence(
        mention,
        tuple(terms),
        vague,
        name.relation,
        nodes,
        not mark.concepts or (mark.side is not None and mention.side is None),
    )


def _alike(mention: Mention, mark: Mark) -> bool:
    """Whether names that the lexicon lacks are spelled alike: a part of two characters or more, or the concept's id."""
    label = fold(mark.record.label or "").text.lower()
    words = fold(mention.finding.text).text.lower()
    short, long = sorted((label, words), key=len)
    if len(short) >= 2 and short in long:
        return True
    told = set((mention.finding.concept or "").split("_")) - {""}
    return bool(told) and told <= set(re.findall(r"[a-z]+", label))


_PLACE_WORDS = {
    "same": "same site", "contains": "one site lies in the other", "near": "neighbouring sites", "region": "same region",
    "sibling": "another part of the organ", "border": "organs that touch", "other": "another organ",
}  # fmt: skip


def _side(mention: Mention, mark: Mark, options: AlignOptions) -> Term | None:
    a, b = mention.side, mark.side
    if a is None or b is None:
        return None
    if a == b:
        return Term("side", options.side_same, f"same side ({a})")
    if "bilateral" in (a, b):
        return Term("side", options.side_partly, "one of both sides")
    if "midline" in (a, b):
        return Term("side", 0.0, "midline and a side")
    return Term("side", options.side_conflict, f"sides differ (text {a}, annotation {b})")


def _size(mention: Mention, mark: Mark, options: AlignOptions) -> Term | None:
    if not mention.sizes or not mark.sizes:
        return None
    node = bool(NODES & {*mention.concepts, *mark.concepts})
    lung = "lung" in {organ_of(n) for n in mark.place.nodes or mention.place.nodes} and not node
    best = max(_fit(s, mark.sizes, mention, node, "lung" if lung else "any", options) for s in mention.sizes)
    value, told, measured = best
    fits = _gap(told, measured, mention, options) <= 0.857
    across = node and len(mark.sizes) == 1 and "短径" in mention.before + mention.after
    if across and value < 0 and told < measured <= options.node_shape * told:
        # Across in the text and, it seems, along in the images: the axes of one node may differ as much.
        return Term("size", 0.0, f"short axis {told:g} mm in the text, one axis of {measured:g} mm measured")
    if not fits and (of_group := _size_in_group(mention, mark, options)) is not None:
        return of_group
    several = mention.finding.multiple or mention.spots > len(mention.sizes)
    value = min(value, 0.0) if several and not fits else value
    words = f"size {told:g} mm in the text, {measured:g} mm measured"
    return Term("size", value, words if value > 0 else words + ": too different", fits)


def _size_in_group(mention: Mention, mark: Mark, options: AlignOptions) -> Term | None:
    """What the sizes of a group say of a mark that has none of them; None where it is no group, or too large for it."""
    around = mention.before + mention.after
    if not (mention.finding.multiple or (mention.spots > len(mention.sizes) and _LARGEST.search(mention.after))):
        return None
    ends = [max(s) for s in mention.sizes]
    if len(ends) > 1 and _RANGE.search(around) and min(ends) <= mark.sizes[0] <= max(ends):
        return Term("size", options.size_within, "between the smallest and the largest of the group", True)
    if len(ends) > 1 and mention.spots == len(ends) and not _LARGEST.search(around):
        return None  # a place and a size for each: these are all
    # The size of a group is that of its largest member: smaller members say nothing.
    small = mark.sizes[0] <= max(ends) * (1 + options.size_share / 2)
    return Term("size", 0.0, "smaller than the largest of the group") if small else None


def _fit(
    told: tuple[float, ...],
    measured: tuple[float, ...],
    mention: Mention,
    node: bool,
    organ: str,
    options: AlignOptions,
) -> tuple[float, float, float]:
    """Evidence of one size in the text against the mark's, on the axis both speak of, with the two numbers."""
    if len(told) >= 2 and len(measured) >= 2:
        pairs = [(told[0], measured[0]), (told[1], measured[1])]
        return min((_grade(t, m, mention, organ, options), t, m) for t, m in pairs)
    axis = measured[0]
    if len(told) == 1 and node and len(measured) >= 2 and "長径" not in mention.before + mention.after:
        axis = measured[-1]
    return _grade(told[0], axis, mention, organ, options), told[0], axis


def _grade(told: float, measured: float, mention: Mention, organ: str, options: AlignOptions) -> float:
    return size_evidence(told, measured, max(0.5, _rounded(told, mention)), organ, options)


def _rounded(told: float, mention: Mention) -> float:
    """Half the interval of a rough number, in mm; 0 where the line has no rough numbers."""
    return mention.rounding if told % 10 == 0 or mention.rounding <= 1 else 0.0


def _gap(told: float, measured: float, mention: Mention, options: AlignOptions) -> float:
    """How far two numbers are apart, as a share of the tolerance."""
    gap = max(0.0, abs(told - measured) - _rounded(told, mention))
    return gap / max(options.size_floor_mm, options.size_share * told)


def _slice(mention: Mention, mark: Mark, options: AlignOptions) -> Term | None:
    refs = [r for r in mention.finding.image_refs if r.image is not None]
    if not refs or mark.images is None:
        return None
    series = mark.record.series_number
    usable = [r for r in refs if r.series is None or series is None or r.series == series]
    if not usable:
        return None
    low, high = mark.images
    gap, off = min((max(0, low - i, i - high), abs(i - (low + high) / 2)) for r in usable if (i := r.image) is not None)
    value = slice_evidence(off, high - low + 1, options)
    words = f"{gap} images from the one the text refers to" if gap > 1 else "the image the text refers to"
    return Term("slice", value, words, gap <= 1)


def feasible(evidence: Evidence, options: AlignOptions = DEFAULTS) -> bool:
    """Whether no hard rule speaks against a pair.

    Two names that exclude each other never pair, nor do sizes far beyond what readers of one lesion differ by, unless the
    text names the image. A wrong side is forgiven where label, size and slice or segment agree.
    """
    if evidence.of("size") <= options.size_never and not evidence.fits("slice"):
        return False
    if evidence.relation == "conflict":
        return False
    sized = any(t.cue == "size" for t in evidence.terms)
    if evidence.vague and not evidence.fits("size") and not evidence.fits("slice"):
        # A label that says nothing needs a size or an image to go by; one that says 'lesion', at least the same site.
        return evidence.fits("place") and not evidence.unnamed and not sized and evidence.of("side") >= 0
    if evidence.of("side") < 0:
        firm = evidence.fits("slice") or (evidence.fits("size") and evidence.of("place") >= 0)
        return firm and evidence.of("concept") > 0 and (not sized or evidence.fits("size"))
    return True


def best_evidence(lesion: Lesion, group: Group, options: AlignOptions, exam_date: str | None) -> Evidence | None:
    """The strongest feasible evidence between any mention of a lesion and any mark of a group."""
    found: list[Evidence] = []
    # A list names all that its heading means: the heading itself takes nothing.
    listed = bool(lesion.members) and not lesion.first.finding.multiple
    for mention in lesion.members if listed else (*lesion.mentions, *lesion.members):
        for mark in group.marks:
            evidence = weigh(_with_cues(mention, lesion), mark, options, exam_date)
            if feasible(evidence, options):
                found.append(evidence)
    return max(found, key=lambda e: (e.total, -e.mention.start), default=None)


def _with_cues(mention: Mention, lesion: Lesion) -> Mention:
    """A mention with what other mentions of its lesion tell and it does not; a member takes only its group's place."""
    if mention in lesion.members:
        group = lesion.first
        return mention if mention.place.nodes else replace(mention, place=group.place, side=mention.side or group.side)
    finding, sizes, side, place = mention.finding, mention.sizes, mention.side, mention.place
    for other in lesion.mentions:
        sizes = sizes or other.sizes
        side = side or other.side
        place = place if place.nodes else other.place
        if not finding.image_refs and other.finding.image_refs:
            finding = replace(finding, image_refs=other.finding.image_refs)
    return replace(mention, finding=finding, sizes=sizes, side=side, place=place)
