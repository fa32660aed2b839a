"""Lesions of one patient followed over reports: by kind, place, side and size as the texts word them, without images."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from jmid_nlp.align.anatomy import relate
from jmid_nlp.align.concepts import closeness
from jmid_nlp.align.lesions import Lesion, build_lesions
from jmid_nlp.align.mentions import Mention, read_mentions
from jmid_nlp.align.nodes import measured_nodes
from jmid_nlp.schema import Finding

# What may be one lesion in two reports, the surer first; the numbers weigh against the logarithm of the sizes' ratio.
_PLACES = {"same": 0.0, "contains": 0.3, "near": 0.6, "unknown": 0.8}
_KINDS = {"same": 0.0, "broader": 0.1, "seen_as": 0.2, "close": 0.2, "generic": 0.3, "unknown": 0.6}
_MOST = 1.6  # no pair above this: with place and kind the same, a size five times the other
_SIDES = {"left", "right"}


@dataclass(slots=True)
class Course:
    """One lesion over time: the mention with its size in each report that measures it, ascending by date.

    `sizes` holds its longest dimension in mm by date, `stated` those that a later report gave as earlier sizes, by the
    date that it names.
    """

    mentions: list[Mention] = field(default_factory=list, repr=False)
    sizes: dict[datetime.date, float] = field(default_factory=dict)
    stated: dict[datetime.date, float] = field(default_factory=dict)

    @property
    def finding(self) -> Finding:
        """The latest finding of it."""
        return self.mentions[-1].finding


def follow(reports: Iterable[tuple[datetime.date, str, Sequence[Finding]]]) -> list[Course]:
    """The measured lesions of a patient over time, in the order in which they first appear.

    Args:
        reports: Date, text and findings of each report, in any order.
    """
    courses: list[Course] = []
    for date, text, findings in sorted(reports, key=lambda r: (r[0], r[1])):
        lesions = [m for x in build_lesions(read_mentions(text, measured_nodes(text, findings))) if (m := _measured(x))]
        pairs = sorted(
            (cost, i, j)
            for i, mention in enumerate(lesions)
            for j, course in enumerate(courses)
            if (cost := _cost(mention, course, date)) <= _MOST
        )
        lesion_of: dict[int, int] = {}
        for _, i, j in pairs:  # the best pair first; a lesion and a course have one partner
            if i not in lesion_of and j not in lesion_of.values():
                lesion_of[i] = j
        for i, mention in enumerate(lesions):
            if i not in lesion_of:
                courses.append(Course())
            _add(courses[lesion_of.get(i, -1)], date, mention)
    for course in courses:
        course.stated = {d: v for d, v in course.stated.items() if d not in course.sizes}
    return courses


def _measured(lesion: Lesion) -> Mention | None:
    """The mention that gives a lesion's size."""
    return next((m for m in lesion.mentions if m.sizes), None)


def _size(mention: Mention) -> float:
    return max(v for size in mention.sizes for v in size)


def _cost(mention: Mention, course: Course, date: datetime.date) -> float:
    """How far a mention is from being the lesion of a course."""
    if mention.finding.change == "new" or date in course.sizes:
        return math.inf
    last = course.mentions[-1]
    place = relate(mention.place.nodes, last.place.nodes)
    kind = closeness(mention.concepts, last.concepts).relation
    other_side = mention.side != last.side and {mention.side, last.side} <= _SIDES
    if place not in _PLACES or kind not in _KINDS or other_side:
        return math.inf
    size, before = _size(mention), _size(last)
    prior = [v for told in mention.finding.prior_sizes_mm for v in told]
    ratio = 0.0 if before in prior else abs(math.log(max(prior, default=size) / before))
    return _PLACES[place] + _KINDS[kind] + ratio


def _add(course: Course, date: datetime.date, mention: Mention) -> None:
    course.mentions.append(mention)
    course.sizes[date] = _size(mention)
    finding = mention.finding
    told = finding.compared_to.date if finding.compared_to else None
    if told and len(told) == len("2024-01-01") and finding.prior_sizes_mm:
        try:
            course.stated[datetime.date.fromisoformat(told)] = max(v for size in finding.prior_sizes_mm for v in size)
        except ValueError:  # a mistyped date in the text
            return
