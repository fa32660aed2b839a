"""TNM as a report states it: 'cT2aN1M0', 'T4と考える', 'T因子はT3', 'M1c相当'.

The same signs mean other things elsewhere: T2 is a sequence or a vertebra, M1 a vessel, N1 nothing at all. A sign counts
where letters, words behind it and its neighbours allow; a category of an earlier examination does not.
"""

from __future__ import annotations

import re

from jmid_nlp.findings.staging_scene import Scene
from jmid_nlp.offsets import Span

_STATED = re.compile(
    r"(?<![A-Za-z0-9])(?P<prefix>[cp]|y[cp])?(?:(?P<T>[Tt](?:is|[0-4X](?:mi|[abc])?))"
    r"[,、]?(?:[cp])?(?P<N>N[0-3X][abc]?)?[,、]?(?:[cp])?(?P<M>M[01X][abc]?[12]?)?"
    r"|(?P<N2>N[0-3X][ab]?)[,、]?(?:[cp])?(?P<M2>M[01X][abc]?[12]?)?|(?P<M3>M(?:0|X|1[abc]?[12]?)))(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_ANY = re.compile(r"[TNMtnm][0-4XxIi]")
_NOT_BEHIND = re.compile(
    r"(?:強調|WI|延長|短縮|高信号|低信号|等信号|shine|値|mapp|FLAIR|脂肪|-?FS|\*|[~〜～\-–][TL]?\d|椎|レベル|level|"
    r"高位|領域|閉塞|狭窄|起始|近位|遠位|部|優位|skip|染色)",
    re.IGNORECASE,
)
_NOT_BEFORE = re.compile(
    r"(?:MCA|ACA|中大脳動脈|内頸動脈|前回|以前|当初|術前|治療前|診断時|右|左|造影|脂肪抑制|Th|胸椎)(?:は|の)?$"
)


def stated(scene: Scene) -> dict[str, tuple[str, Span]]:
    """The stated components: T, N, M to the category as normalised and its span in the scene's text.

    Where a component is stated twice the last statement counts: an impression follows the findings. X states nothing.
    """
    found: dict[str, tuple[str, Span]] = {}
    text = scene.text
    if not _ANY.search(text):
        return found
    for match in _STATED.finditer(text):
        if _NOT_BEHIND.match(text, match.end()) or _NOT_BEFORE.search(text, max(0, match.start() - 8), match.start()):
            continue
        if match["prefix"] and match["prefix"].lower().startswith("y"):
            continue
        for group in ("T", "N", "N2", "M", "M2", "M3"):
            value = match[group]
            if value and not value.upper().endswith("X"):
                found[group[0]] = (value[0].upper() + value[1:].lower(), match.span(group))
    return found
