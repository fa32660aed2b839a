"""How likely a pair is right, from its share of all assignments and its evidence, by the cues it rests on.

The curves of `lexicons/align/calibration.tsv` were fitted by the command named in that file: one logistic curve for each set
of cues that both sides give. A set that was seen seldom is drawn to the curve of all pairs.
"""

from __future__ import annotations

import math
from functools import cache

from jmid_nlp.align.cost import Evidence
from jmid_nlp.align.tree import level_of, organ_of
from jmid_nlp.lexicon import read_table

_SURE = 1e-5  # nearer to 0 or 1 than this, no curve tells posteriors apart


def cues_of(evidence: Evidence, *, alone: bool = False) -> str:
    """The cues that both sides give, such as `part+side+size`; `none` where only the names speak.

    Args:
        evidence: Of the pair. `segment` is a numbered segment, vertebra or station on both sides, `part` a part of an organ,
            `organ` an organ, `otherside` sides that differ.
        alone: Whether nothing else in the study could be the other half of the pair.
    """
    found = {t.cue for t in evidence.terms} & {"side", "size", "slice"}
    if any(t.cue == "place" for t in evidence.terms):
        fine = all(any("@" in n for n in nodes) for nodes in evidence.nodes)
        part = all(any(level_of(n) == "part" for n in nodes) for nodes in evidence.nodes)
        organ = all(any(organ_of(n) for n in nodes) for nodes in evidence.nodes)
        found |= {"segment"} if fine else {"part"} if part else {"organ"} if organ else set()
    if evidence.of("side") < 0:
        found = found - {"side"} | {"otherside"}
    told = "+".join(sorted(found)) or "none"
    return f"alone+{told}" if alone else told


def design(posterior: float, evidence: float) -> tuple[float, float, float]:
    """What the curves look at: a constant, the log odds of the posterior and the evidence in nats."""
    p = min(1 - _SURE, max(_SURE, posterior))
    return 1.0, math.log(p / (1 - p)), min(evidence, 20.0) / 10


@cache
def _curves() -> dict[str, tuple[float, float, float]]:
    rows = read_table("align/calibration.tsv", ("cues", "constant", "posterior", "evidence", "pairs"))
    return {r["cues"]: (float(r["constant"]), float(r["posterior"]), float(r["evidence"])) for r in rows}


def probability(cues: str, posterior: float, evidence: float) -> float:
    """The probability that a pair is right.

    Args:
        cues: As `cues_of` names them.
        posterior: The pair's share of all assignments, 0 to 1.
        evidence: The sum of the pair's own evidence, in nats.
    """
    curve = _curves().get(cues) or _curves()["alone+any" if cues.startswith("alone+") else "any"]
    return 1.0 / (1.0 + math.exp(-sum(a * b for a, b in zip(curve, design(posterior, evidence), strict=True))))
