"""Lung-cancer TNM from a report: what it states wins, else it is inferred from size, invasion, nodes and metastases."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jmid_nlp.errors import InputError
from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.staging_clauses import DENIED, SUSPECTED, WEAK
from jmid_nlp.findings.staging_m import m_reasons
from jmid_nlp.findings.staging_n import affected_nodes, n_reasons
from jmid_nlp.findings.staging_primary import Primary, find_primary, past
from jmid_nlp.findings.staging_scene import Scene, read_scene
from jmid_nlp.findings.staging_stated import stated
from jmid_nlp.findings.staging_t import RANK, Reason, editions, satellites, t_reasons
from jmid_nlp.offsets import Span
from jmid_nlp.schema import Staging
from jmid_nlp.text.lines import unwrap
from jmid_nlp.text.sentences import sentences

_SUSPICIOUS_MM = 10.0  # from this size on a spiculated or lobulated nodule is staged as a lung tumour
_LARGE_MM = 20.0  # and from this one on any nodule that is called nothing else

# Without a word of either kind no text is staging material; most reports of other regions end here.
_LUNG = re.compile(r"肺|気\s?管|[上中下]\s?葉|舌\s?区|[Ll]ung|LK")
_TUMOUR = re.compile(
    r"癌|がん|ガン|腫|結\s?節|影|悪\s?性|病\s?変|カルチノイド|GG[NOA]|[TtNnMm][0-4]|[Mm]ass|[Nn]odul|[Cc]ancer|LK"
)


def stage(text_or_parsed: str | Parsed, *, edition: int = 8) -> Staging | None:
    """T, N and M of the lung cancer a report describes, each with the spans it rests on.

    A stated category wins; where the text supports a subdivision of it (T1 and 28 mm), the subdivision is given. What is not
    stated is inferred: T from the solid part's size, invasion, main bronchus, atelectasis and further nodules; N from the
    affected stations against the tumour's side; M from the other lung, dissemination and distant deposits. Hedges count as
    the modules of each component say.

    Args:
        text_or_parsed: The report's text, or its parsed form where that is at hand.
        edition: 8 or 9 of the UICC/IASLC classification.

    Returns:
        The stage, spans in the original text; None where the report is not about a lung tumour.

    Raises:
        InputError: The edition is not known.
    """
    if str(edition) not in editions()["edition"]:
        raise InputError(f"edition {edition!r} is not known; give one of {sorted(map(int, editions()['edition']))}")
    parsed = text_or_parsed if isinstance(text_or_parsed, Parsed) else _light(text_or_parsed)
    if not _LUNG.search(parsed.text) or not _TUMOUR.search(parsed.text):
        return None
    scene = read_scene(parsed)
    said = stated(scene)
    primary = find_primary(scene)
    if not _about_lung_cancer(scene, primary, bool(said)):
        return None
    nodes = affected_nodes(scene, primary)
    further = list(satellites(scene, primary))
    reasons = {
        "T": (t_reasons(scene, primary, further), RANK, "T0"),
        "N": (n_reasons(nodes, edition), ("N0", "N1", "N2", "N2a", "N2b", "N3"), "N0"),
        "M": (m_reasons(scene, further, nodes, edition), ("M0", "M1a", "M1b", "M1c", "M1c1", "M1c2"), "M0"),
    }
    values, evidence, why = {}, {}, {}
    for part, (found, ranks, none) in reasons.items():
        values[part], spans, why[part] = _decide(said.get(part), found, ranks, none)
        if part not in said and not found:
            spans = _denials(scene, part)
            why[part] = "inferred: denied" if spans else why[part]
        rests = {scene.source(*span) for span in spans}
        if part in said:
            rests.add(parsed.span(*said[part][1]))
        evidence[part] = tuple(sorted(rests))
    return Staging(
        values["T"], values["N"], values["M"], edition, {k: v for k, (v, _) in sorted(said.items())}, evidence, why
    )


def _light(source: str) -> Parsed:
    """A text parsed as far as staging needs it."""
    folded = unwrap(source)
    return Parsed(source, folded.text, folded.map, sentences(folded.text), [], [])


def _decide(
    said: tuple[str, Span] | None, found: Sequence[Reason], ranks: Sequence[str], none: str
) -> tuple[str, list[Span], str]:
    """The category of a component, the spans in the scene's text it was inferred from, and why."""
    best = max((ranks.index(r.category) for r in found), default=-1)
    highest = [r for r in found if ranks.index(r.category) == best]
    spans = [s for r in highest for s in r.spans]
    words = "; ".join(dict.fromkeys(r.why for r in highest))
    if said is None:
        return (ranks[best] if highest else none), spans, f"inferred: {words or 'nothing in the text speaks for more'}"
    value, _ = said
    if highest and ranks[best].startswith(value) and len(ranks[best]) > len(value):
        return ranks[best], spans, f"stated {value}; {words}"
    return value, [], "stated"


def _denials(scene: Scene, part: str) -> list[Span]:
    """The words that deny what would have raised a component."""
    kinds = _DENIED.get(part, ())
    return [
        span
        for _, clause in scene.with_kinds(*kinds)
        if clause.verdict == DENIED
        for kind in kinds
        for span in clause.spans(kind)
    ]


_DENIED = {"N": ("node",), "M": ("metastasis", "organ!", "satellite", "dissemination", "malignant_effusion")}


def _about_lung_cancer(scene: Scene, primary: Primary | None, said: bool) -> bool:
    """Whether a report is material for staging: a lung cancer is named or suspected, or a mass or a stated TNM is in a lung."""
    lung = other = False
    cancer = 0
    for clause in scene.clauses:
        lung = lung or bool(clause.of("lung"))
        other = other or "other" in clause.kinds
        for key, hit in clause.kinds.get("cancer", ()):
            if key != "vague" and not past(scene, clause, hit.end):
                cancer = max(cancer, clause.verdict)
    if said and (lung or cancer >= WEAK):
        return True
    if cancer >= WEAK:
        return primary is not None or any("node" in c.kinds and c.verdict >= WEAK for c in scene.clauses)
    if primary is None:
        return False
    return primary.cancer >= WEAK or (not other and (primary.kind == "mass" or _looks_malignant(scene, primary)))


def _looks_malignant(scene: Scene, primary: Primary) -> bool:
    """Whether a lesion that nobody calls a cancer has the size or shape of one, or metastases."""
    largest = max((s.mm for s in primary.sizes if s.part in ("", "solid", "whole")), default=0.0)
    clauses = [scene.clauses[k] for k in primary.about]
    if largest >= _LARGE_MM and primary.kind == "nodule":
        return True
    if any("morphology" in c.kinds and c.verdict >= SUSPECTED for c in clauses):
        return largest >= _SUSPICIOUS_MM
    return any(c.verdict >= SUSPECTED and ("satellite" in c.kinds or "metastasis" in c.kinds) for c in scene.clauses)
