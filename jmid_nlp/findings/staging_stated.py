"""TNM as a report states it: 'cT2aN1M0', 'T4と考える', 'T因子はT3', 'M1c相当'.

The same signs mean other things elsewhere: T2 is a sequence or a vertebra, M1 a vessel. A sign counts where its letters and
the words around it allow; a category that is denied, of an earlier examination or before an operation does not.
"""

from __future__ import annotations

import re

from jmid_nlp.findings.staging_scene import Scene
from jmid_nlp.offsets import Span
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.scan import matches_from

_T = r"(?:is|[0-4X](?:mi|[abc])?)"
_N = r"[0-3X][abc]?"
_M = r"(?:0|X|1[abc]?[12]?)"
_GAP = r"[\s,、・/]{0,2}(?:[cp]-?)?"
_MARK = r"\s?[:=]?\s?"
_STATED = lazy(
    rf"(?<![A-Za-z0-9])(?P<prefix>[cp]-?|y[cp])?"
    rf"(?:(?P<T>T{_MARK}{_T})(?:{_GAP}(?P<N>N{_MARK}{_N}))?(?:{_GAP}(?P<M>M{_MARK}{_M}))?"
    rf"|(?P<N2>N{_MARK}{_N})(?:{_GAP}(?P<M2>M{_MARK}{_M}))?|(?P<M3>M{_MARK}{_M})"
    rf"|T因子[はがも:]?\s?(?P<T4>{_T})|N因子[はがも:]?\s?(?P<N4>{_N})|M因子[はがも:]?\s?(?P<M4>{_M}))(?![A-Za-z0-9]|\.\d)",
    re.IGNORECASE,
)
_STARTS = re.compile("[CPYTNMcpytnm]")
_ANY = re.compile(r"[TNMtnm](?:因子[はがも:]?)?\s?[:=]?\s?[0-4XxIi]")
_NOT_BEHIND = re.compile(
    r"\s?(?:強調|WI|延長|短縮|高信号|低信号|等信号|shine|値|mapp|FLAIR|脂肪|-?FS|\*|[~〜～\-–/・,][TL]?\d|椎|レベル|level|"
    r"高位|領域|閉塞|狭窄|起始|近位|遠位|部|優位|染色|画像|(?:とは|では|には|とまでは|は)(?:考え(?:ませ|な|に)|言え|いえ|断定でき|"
    r"なりませ|ならな|否定|ありませ|な[いく]|至りませ|至らな))",
    re.IGNORECASE,
)
_BEHIND = 24  # characters
_NOT_BEFORE = re.compile(
    r"(?:MCA|ACA|中大脳動脈|内頸動脈|前回|以前|当初|術前|治療前|診断時|術後|切除後|既往|右|左|造影|脂肪抑制|Th|胸椎|"
    r"とした場合|とすると|すれば)(?:は|の|は?、)?[(\[]?\s?\Z"
)


def stated(scene: Scene) -> dict[str, tuple[str, Span]]:
    """The stated components: T, N, M to the category as normalised and its span in the parsed text.

    Where a component is stated twice the last statement counts: an impression follows the findings. X states nothing.
    """
    found: dict[str, tuple[str, Span]] = {}
    text = scene.parsed.text
    if not _ANY.search(text):
        return found
    for match in matches_from(_STARTS, _STATED, text):
        behind = text[match.end() : match.end() + _BEHIND].replace(" ", "")  # also 言 えません
        if _NOT_BEHIND.match(behind) or _NOT_BEFORE.search(text[max(0, match.start() - 8) : match.start()]):
            continue
        if match["prefix"] and match["prefix"].lower().startswith("y"):
            continue
        for group, value in match.groupdict().items():
            if value and group != "prefix" and not value.upper().endswith("X"):
                found[group[0]] = (_normal(group[0], value), match.span(group))
    return found


def _normal(part: str, value: str) -> str:
    """'t 2A' as 'T2a'."""
    return part + re.sub(r"[^0-9a-z]", "", value.lower().removeprefix(part.lower()))
