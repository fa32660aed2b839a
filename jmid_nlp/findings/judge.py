"""Certainty of each mention for the findings layer, with the cue words it rests on."""

from __future__ import annotations

from jmid_nlp.findings.assertion import assess, finding_certainty
from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.mentions import Mention
from jmid_nlp.schema import Certainty


def judge(parsed: Parsed, mentions: list[Mention]) -> tuple[list[Certainty], list[str]]:
    """The certainty of each mention and, in words, the cue span and the cue it was read from."""
    certainty: list[Certainty] = []
    why: list[str] = []
    for found in assess(parsed, [(m.start, m.end) for m in mentions]):
        certainty.append(finding_certainty(found))  # type: ignore[arg-type]
        if found.cues:
            start, end, cue = found.cues[-1]
            a, b = parsed.span(start, end)
            why.append(f"{a}:{b} cue {cue}")
        else:
            why.append("stated")
    return certainty, why
