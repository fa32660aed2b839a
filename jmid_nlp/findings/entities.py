"""Entities in the PRISM scheme as MedTxt-RR draws them: noun phrases joined by the rules of its annotators.

A list is one span (リンパ節腫大や胸水), a place inside a place too (左肺上葉S1+2の胸膜直下). A place before a finding stays
apart where a particle stands between them (大動脈壁|の|石灰化); without one it belongs to the finding (左腎嚢胞).
"""

from __future__ import annotations

import re

from jmid_nlp.findings.assertion import Assertion, assess, prism_attr
from jmid_nlp.findings.chunks import Chunk, chunks
from jmid_nlp.findings.document import Parsed
from jmid_nlp.schema import Entity, EntityType

_AND = re.compile(
    r"(?:[、,・/~〜～\-−ー]|や|および|及び|と|または|又は|もしくは|若しくは|あるいは|或いは|ならびに|並びに|ないし|かつ"
    r"|から|まで|,? ?or ?|,? ?and ?)[ ]?"
)
_OF = re.compile(r"の|による")
_IN = re.compile(r"の|を含む")
# A place with a relation is one span: 葉間胸膜と広く接し, 気管支区域に沿った, 肺門部を主体として.
_RELATION = re.compile(
    r"に沿う|に沿った|に沿って|と広く接し|に広く接し|と連続|につながる|とは離れて|から離れて|を主体として|を主体|を中心(?:として)?"
    r"|に接する|に接し|に隣接|と近接|にかけて"
)
_SUSPECTING = re.compile(r"を(?:強く|積極的に)?(?:疑う|疑わせる)(?:ような|様な)?")
_SUSPECTED_SIGN = re.compile(r"(?:を(?:強く|積極的に)?(?:疑う|疑わせる)(?:ような|様な)?|の)所見(?=[をはも])")
_ABBREVIATION = re.compile(r"[ ]?\([A-Za-z][A-Za-z \-]{1,28}\)")
_QUALITY = re.compile(r"(?:不整|辺縁鈍|平滑|不明瞭|(?<![悪良陽変])性|[^性]様|状)\Z")
_BARE_HEDGE = re.compile(r"の?疑い|[ ]?[?？]")
_ADJECTIVE = re.compile(r"な(?![しくいりらど])")
# First or last letters of the patterns above: what has none of them need not be tried.
_RELATION_STARTS = frozenset("にとをか")
_SIGN_STARTS = frozenset("をの")
_ABBREVIATION_STARTS = frozenset(" (")
_QUALITY_ENDS = frozenset("整鈍滑瞭性様状")
_EMPTY = frozenset({"異常", "異常所見", "問題", "疾患", "本疾患", "同疾患", "原疾患"})
_OBJECT = re.compile(r"[をとが]")
_SIMPLE: dict[str, EntityType] = {
    "N": "f", "B": "f", "V": "f", "M": "f", "C": "c", "R": "r", "K": "cc", "A": "a", "S": "a", "X": "timex3", "D": "d",
    "F": "d", "T": "d",
}  # fmt: skip
_PAIRS = frozenset(("AA", "SA", "AS", "DD", "AD", "DA", "MD", "AM"))
_PARTS = 40  # parts of a list that are kept; only its first and last decide anything
_FAR = 6  # characters: a longer gap is no connective
_TEST_CLASSES = frozenset({"test", "window"})
_NO_ENTITY = frozenset({"known", "normal", "level"})


Marked = tuple[Chunk, Assertion | None]


def entities(parsed: Parsed) -> tuple[Entity, ...]:
    """All entities of a report, ascending, with offsets into the original text.

    Args:
        parsed: The report.

    Returns:
        Entities of types d (with attr positive, suspicious, negative or general), a, f, c, timex3, t-test, cc and r.
    """
    joined = _join(parsed.text, chunks(parsed))
    marks = [(c.start, c.end) for c in joined if c.letter in "DF"]
    levels = dict(zip(marks, assess(parsed, marks), strict=True))
    marked = _suspected(parsed.text, [(c, levels.get((c.start, c.end))) for c in joined])
    out: list[Entity] = []
    text, source_span = parsed.text, parsed.map.to_source
    for chunk, assertion in marked:
        kind = _type(chunk)
        if kind is not None and text[chunk.start : chunk.end] not in _EMPTY:
            start, end = source_span(chunk.start, chunk.end)
            out.append(Entity(start, end, kind, _attr(chunk, assertion), _why(chunk, assertion)))
    return tuple(out)


def _why(chunk: Chunk, assertion: Assertion | None) -> str:
    if assertion is None:
        return "lexicon" if chunk.parts[0].id else "form"
    if not assertion.cues:
        return chunk.shape
    return f"{chunk.shape}; {assertion.level}: {', '.join(c for _, _, c in assertion.cues)}"


def _attr(chunk: Chunk, assertion: Assertion | None) -> str | None:
    if assertion is None:
        return "positive" if chunk.letter == "J" else None
    if chunk.letter == "F":  # aeration is there while it is preserved
        last = assertion.cues[-1][2] if assertion.cues else ""
        return "positive" if last == "preserved" else "negative" if last.startswith("change") else prism_attr(assertion)
    return prism_attr(assertion)


def _type(chunk: Chunk) -> EntityType | None:
    _, _, letter, parts = chunk
    kind = _SIMPLE.get(letter)
    if kind is None:
        if letter == "E":
            return "t-test" if parts[0].cls in _TEST_CLASSES else None
        if letter == "J":
            return "d" if parts[0].cls == "artifact" else None
        return None
    if len(parts) == 1 and (parts[0].cls in _NO_ENTITY or parts[0].id == "other"):
        return None
    return kind


def _join(text: str, found: list[Chunk]) -> list[Chunk]:
    """Chunks joined to the spans the annotators draw."""
    out: list[Chunk] = []
    for chunk in found:
        distance = chunk.start - out[-1].end if out else _FAR
        if distance < 0:
            continue  # inside a bracket that the chunk before has taken in
        merged = _pair(text, out[-1], chunk) if 0 < distance < _FAR else None
        if distance == 0 and chunk.letter == "M" and out[-1].parts[-1].cls == "degree":
            merged = _one(out[-1], chunk, "M")  # やや|大きな
        if merged is not None:
            out.pop()
            chunk = merged
        out.append(_stretched(text, chunk) if chunk.letter in "AD" else chunk)
    return out


def _pair(text: str, left: Chunk, right: Chunk) -> Chunk | None:
    """The two as one span, or None."""
    pair = left.letter + right.letter
    if pair not in _PAIRS or left.end != left.parts[-1].end:
        return None
    gap = text[left.end : right.start]
    if gap.isspace():  # 右下葉 S6 末梢
        apart = pair != "AA" or right.parts[0].letter not in "GP" or "\n" in gap
        return None if apart else _one(left, right, "A")
    if pair in ("AA", "SA", "AS"):
        of = _IN.fullmatch(gap) is not None
        if of or (_AND.fullmatch(gap) and left.parts[-1].id != "other"):
            return _one(left, right, "A")
    elif pair == "DD":
        stated = gap == "、" and _BARE_HEDGE.match(text, right.end) and left.parts[-1].cls != right.parts[-1].cls
        if not stated and (_AND.fullmatch(gap) or _OF.fullmatch(gap)):
            return _one(left, right, "D")
    elif pair == "AD":
        if _AND.fullmatch(gap) and right.parts[0].letter in "ASG" and left.parts[-1].letter != "P":
            return _one(left, right, "D")
    elif pair == "DA":
        if gap == "した" and right.parts[-1].cls == "node":
            return _one(left, right, "D")
    elif pair == "MD":
        first = right.parts[0]
        described = first.letter == "M" or "性" in text[first.start : first.end]
        if gap in "、,・" and text[left.end - 1] in "性状" and described:
            return _one(left, right, "D")
    elif pair == "AM" and gap == "の" and right.parts[0].cls == "extent":
        return _one(left, right, "A")
    return None


def _one(left: Chunk, right: Chunk, letter: str) -> Chunk:
    parts = left.parts if len(left.parts) <= _PARTS else left.parts[:1]
    return Chunk(left.start, right.end, letter, parts + right.parts)


def _stretched(text: str, chunk: Chunk) -> Chunk:
    """A place with the relation behind it, a finding with its abbreviation in brackets, a lymph node that is the object."""
    if chunk.letter == "A":
        found = _RELATION.match(text, chunk.end) if text[chunk.end : chunk.end + 1] in _RELATION_STARTS else None
        if found:
            return Chunk(chunk.start, found.end(), "A", chunk.parts)
        if len(chunk.parts) == 1 and chunk.parts[0].id == "lymph_node" and _OBJECT.match(text, chunk.end):
            return Chunk(chunk.start, chunk.end, "D", chunk.parts)
    elif chunk.letter == "D":
        start, end = chunk.start, chunk.end
        quality = text[end - 1] in _QUALITY_ENDS and _QUALITY.search(text, max(start, end - _FAR), end)
        following = text[end : end + 1]
        if quality or (following == "な" and _ADJECTIVE.match(text, end)):
            return Chunk(start, end, "M", chunk.parts)
        found = _ABBREVIATION.match(text, end) if following in _ABBREVIATION_STARTS else None
        if found:
            return Chunk(start, found.end(), "D", chunk.parts)
    return chunk


def _suspected(text: str, marked: list[Marked]) -> list[Marked]:
    """`転移を疑う病変` is one span; with a head of its own (転移を疑う腫瘤) only where the whole is denied."""
    out: list[Marked] = []
    for chunk, level in marked:
        if out and chunk.letter == "D":
            before, its = out[-1]
            gap = text[before.end : chunk.start]
            if before.letter == "D" and gap[:1] == "を" and _SUSPECTING.fullmatch(gap):
                generic = len(chunk.parts) == 1 and chunk.parts[0].id == "lesion"
                denied = level is not None and level.level in ("denied", "unlikely")
                if generic or denied:
                    out[-1] = (_one(before, chunk, "D"), level if denied else its)
                    continue
        if chunk.letter == "D":
            found = _SUSPECTED_SIGN.match(text, chunk.end) if text[chunk.end : chunk.end + 1] in _SIGN_STARTS else None
            if found:
                chunk = Chunk(chunk.start, found.end(), "D", chunk.parts)
        out.append((chunk, level))
    return out
