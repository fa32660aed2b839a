"""Entities in the PRISM scheme as MedTxt-RR draws them: noun phrases joined by the rules of its annotators.

A list is one span (リンパ節腫大や胸水), a place inside a place too (左肺上葉S1+2の胸膜直下), a place before a finding with a particle
between them stays apart (大動脈壁|の|石灰化), without one it belongs to the finding (左腎嚢胞).
"""

from __future__ import annotations

import re

from jmid_nlp.findings.assertion import Assertion, assess, prism_attr
from jmid_nlp.findings.chunks import Chunk, chunks
from jmid_nlp.findings.document import Parsed
from jmid_nlp.offsets import Span
from jmid_nlp.schema import Entity, EntityType

_AND = re.compile(
    r"(?:[、,・/~〜～\-−ー]|や|および|及び|と|または|又は|もしくは|若しくは|あるいは|或いは|ならびに|並びに|ないし|かつ|から|,? ?or ?|,? ?and ?)[ ]?"
)
_OF = re.compile(r"の")
_IN = re.compile(r"の|を含む")
# A place with a relation is one span: 葉間胸膜と広く接し, 気管支区域に沿った, 肺門部を主体として.
_RELATION = re.compile(
    r"に沿う|に沿った|に沿って|と広く接し|に広く接し|と連続|に連続|につながる|とは離れて|から離れて|を主体として|を主体|を中心(?:として)?"
    r"|に接する|に接し|に隣接|と近接|にかけて"
)
_SUSPECTED_HEAD = re.compile(r"を(?:強く|積極的に)?(?:疑う|疑わせる|示唆する)(?:ような|様な)?")
_GENERIC = re.compile(r"(?:病変|所見|もの)")
_HEADING_TEST = re.compile(r"^[【\[(]")
_SIMPLE: dict[str, EntityType] = {"N": "f", "B": "f", "V": "f", "M": "f", "C": "c", "R": "r", "K": "cc", "E": "t-test"}


def entities(parsed: Parsed) -> tuple[Entity, ...]:
    """All entities of a report, ascending, with offsets into the original text.

    Args:
        parsed: The report.

    Returns:
        Entities of types d (with attr positive, suspicious, negative or general), a, f, c, timex3, t-test, cc and r.
    """
    joined = _join(parsed, chunks(parsed))
    marks = [(c.start, c.end) for c in joined if c.letter in "DF"]
    found = dict(zip(marks, assess(parsed, marks), strict=True))
    out: list[Entity] = []
    for chunk in joined:
        kind = _type(chunk)
        if kind is None:
            continue
        start, end = parsed.span(chunk.start, chunk.end)
        assertion = found.get((chunk.start, chunk.end))
        attr = prism_attr(assertion) if assertion is not None else None
        out.append(Entity(start, end, kind, attr, _why(chunk, assertion)))
    return tuple(out)


def _why(chunk: Chunk, assertion: Assertion | None) -> str:
    if assertion is None or not assertion.cues:
        return chunk.shape
    return f"{chunk.shape}; {assertion.level}: {', '.join(c for _, _, c in assertion.cues)}"


def _type(chunk: Chunk) -> EntityType | None:
    letter = chunk.letter
    if letter in "DFT":
        return "d"
    if letter in "AS":
        return "a"
    if letter == "X":
        return "timex3"
    if letter == "E":
        return "t-test" if chunk.parts[0].cls == "test" else None
    return _SIMPLE.get(letter)


def _join(parsed: Parsed, found: list[Chunk]) -> list[Chunk]:
    """Chunks joined to the spans the annotators draw."""
    text = parsed.text
    out: list[Chunk] = []
    for chunk in found:
        if out:
            merged = _pair(text, out[-1], chunk)
            if merged is not None:
                out[-1] = merged
                continue
        out.append(chunk)
    return [_stretched(text, c) for c in out]


def _pair(text: str, left: Chunk, right: Chunk) -> Chunk | None:
    """The two as one span, or None."""
    gap = text[left.end : right.start]
    if not gap or len(gap) > 5:
        return None
    pair = left.letter + right.letter
    if pair in ("AA", "SA", "AS"):
        if _AND.fullmatch(gap) or _IN.fullmatch(gap):
            return _one(left, right, "A")
    elif pair == "DD":
        if _AND.fullmatch(gap) or _OF.fullmatch(gap):
            return _one(left, right, "D")
    elif pair == "AD":
        if _AND.fullmatch(gap) and right.parts[0].letter in "ASG":
            return _one(left, right, "D")
    elif pair == "MD":
        if gap in "、,・" and text[left.end - 1] in "性状" and right.parts[0].letter == "M":
            return _one(left, right, "D")
    return None


def _one(left: Chunk, right: Chunk, letter: str) -> Chunk:
    return Chunk(left.start, right.end, letter, left.parts + right.parts)


def _stretched(text: str, chunk: Chunk) -> Chunk:
    if chunk.letter == "A":
        found = _RELATION.match(text, chunk.end)
        if found:
            return Chunk(chunk.start, found.end(), "A", chunk.parts)
    return chunk


def spans(parsed: Parsed) -> list[Span]:
    """Spans of the `d` entities in the folded text."""
    return [(c.start, c.end) for c in _join(parsed, chunks(parsed)) if c.letter == "D"]
