"""The places of a report that the review page shows: every detection, and what might have been overlooked, with the reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from jmid_nlp.deid.policy import Policy
from jmid_nlp.deid.review import LIMIT, review
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Identifier, Report

Detector = Callable[..., "tuple[Identifier, ...]"]
LEARNED = "learned"
#: Risks of disagreement between rules and the learned tagger, on the scale of `deid.review`; not probabilities.
_LEFT_BY_RUN, _STICKS_OUT, _ALONE, _OTHER_KIND = 0.7, 0.3, 0.12, 0.1
#: Probability from which the tagger's doubts are shown. On `corpora/deid` test (counted, not read) 38 % of what it adds at
#: 0.2 was an identifier that was left, and 60 % of those that were left stood at a place shown; at 0.5, 54 % and 49 %.
_FAINT = 0.2


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a report, `[start, end)` of its text.

    Attributes:
        category: What it was taken for; empty for a word that nothing took for an identifier.
        score: Score of the detection; 0 for such a word.
        detector: Who detected it; empty for such a word.
        left: True where the run leaves it in the text unless a decision says otherwise.
        reasons: Why a person should look at it; none for a detection without doubt. Those of `deid.review`, and
            `rules_alone`, `model_alone` (one of the two sees an identifier), `extent_differs`, `category_differs`,
            `faint` (the tagger saw an identifier, but was not sure enough).
        risk: How much it deserves a look, in [0, 1]; not a probability.
    """

    start: int
    end: int
    category: str = ""
    score: float = 0.0
    detector: str = ""
    left: bool = False
    reasons: tuple[str, ...] = ()
    risk: float = 0.0


def places(
    report: Report, *, detector: Detector, other: Detector, policy: Policy | None = None, limit: float = LIMIT
) -> list[Place]:
    """What the page shows of a report, ascending and without overlap.

    Args:
        report: The report before de-identification.
        detector: What the run detects with.
        other: The same with the other mode (rules alone, or rules and tagger): where both disagree, a person should look.
        policy: The policy of the run, for its thresholds.
        limit: Detections with a lower score are doubtful.
    """
    found = detector(report.text, known=report)
    second = other(report.text, known=report)
    items = review(report, policy=policy, limit=limit, detector=lambda *_, **__: found)
    noted = {(i.start, i.end): i for i in items if i.category}
    out = []
    for f in found:
        place = Place(f.start, f.end, f.category, f.score, f.detector)
        if item := noted.get((f.start, f.end)):
            left = item.reason == "below_threshold"
            place = replace(place, left=left, reasons=(item.reason,), risk=item.risk)
        out.append(_compared(place, [o for o in second if _touch(o, f)]))
    suspects = [_word(i.start, i.end, i.reason, i.risk) for i in items if not i.category]
    suspects += [_suspect(o, _alone(o), _LEFT_BY_RUN) for o in second]
    suspects += [_suspect(o, "faint", o.score) for o in _faint(report.text)]
    out += _joined(s for s in suspects if not any(_touch(s, f) for f in found))
    return sorted(out, key=lambda p: p.start)


def _touch(one: Place | Identifier, other: Place | Identifier) -> bool:
    return one.start < other.end and other.start < one.end


def _alone(found: Identifier | Place) -> str:
    return "model_alone" if found.detector == LEARNED else "rules_alone"


def _word(start: int, end: int, reason: str, risk: float) -> Place:
    kind, beside, _ = reason.partition("_beside_cue")
    return Place(start, end, left=True, reasons=(kind, "beside_cue") if beside else (kind,), risk=risk)


def _suspect(found: Identifier, reason: str, risk: float) -> Place:
    return Place(found.start, found.end, found.category, found.score, found.detector, True, (reason,), risk)


def _compared(place: Place, second: Sequence[Identifier]) -> Place:
    """A detection with the ways in which the other mode disagrees about it."""
    if not second:
        return _with(place, (_alone(place),), _ALONE)
    if any(o.start < place.start or o.end > place.end for o in second):
        return _with(place, ("extent_differs",), _STICKS_OUT)
    if all(o.category != place.category for o in second):
        return _with(place, ("category_differs",), _OTHER_KIND)
    return place


def _with(place: Place, reasons: Iterable[str], risk: float) -> Place:
    return replace(place, reasons=tuple(dict.fromkeys((*place.reasons, *reasons))), risk=max(place.risk, risk))


def _faint(text: str) -> Iterator[Identifier]:
    """What the tagger took for an identifier, with too low a score to count."""
    from jmid_nlp.deid.learned import LEAST, plausible, spans, tagger

    view, model = fold(text), tagger()
    for start, values in model.probabilities(view.text, model.stretches(view.text)):
        for hit in spans(view.text, values, start, least=_FAINT):
            if hit.score < LEAST[hit.category] and plausible(view.text, hit):
                begin, end = view.source(hit.start, hit.end)
                yield Identifier(begin, end, hit.category, hit.subtype, hit.score, hit.detector)


def _joined(suspects: Iterable[Place]) -> list[Place]:
    """Suspects without overlap: those that overlap become one that spans them all, of the riskiest one's category."""
    kept: list[Place] = []
    for place in sorted(suspects, key=lambda p: (p.start, p.end)):
        if not kept or not _touch(kept[-1], place):
            kept.append(place)
            continue
        last = kept.pop()
        first, second = sorted((last, place), key=lambda p: (not p.category, -p.risk))
        whole = replace(first, start=last.start, end=max(last.end, place.end))
        kept.append(_with(whole, second.reasons, second.risk))
    return kept
