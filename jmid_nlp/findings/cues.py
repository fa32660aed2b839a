"""What certainty is read from: cue words, changes, clause borders and noun phrases of a parsed report, ready to walk over.

Japanese decides at the end of the clause, so most cues stand after what they speak of; English ones and headings before it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.terms import concepts
from jmid_nlp.text.lazy import lazy

# A verb or adjective in a connecting form before a comma ends a clause whatever the verb is; so do the conjunctions.
_BEFORE_COMMA = lazy(
    r"(?:(?:ます|です|した|った|いた|んだ|れた|えた|めた|る|い|だ)(?:が|けれども|けれど|けど|ものの|ため|ので|から|一方|ところ|のに対し)"
    r"|(?<=[ぁ-ん一-龥])(?:て|し|く|ず|め|れ|え|み|い|ち|おり|なり|あり|たり)(?<!より)(?<!つまり)(?<!はじめ)(?<!含め)(?<!さらに)"
    r"|つつ|ながら|れば|たら)\Z"
)
_COMMA = re.compile(r"[、,]")
_CONNECTED = lazy(r"て(?:おり|いて)(?=[一-龥ァ-ヶ])|で(?:おり|いて)(?=[一-龥ァ-ヶ])|し(?=[一-龥ァ-ヶ])(?<=[一-龥化]し)")
_WINDOW = 8
_KINDS = ("cue", "change")
# An attributive form: the cue describes the noun that follows it.
_ATTRIBUTIVE = lazy(
    r"(?:られる|れる|ている|っている|ていた|られた|れた|える|した|する|しい|った|いる|いた|る|た|う|い|な)?"
    r"(?:とい(?:う|った)|よう(?:な|に)|様な|ほどの|程の|べき|ような)?(?=[一-龥々ァ-ヶA-Za-z#]|もの)"
)
_ADJECTIVE_ENDS = ("ない", "しい", "の", "べき")
_FORMAL_NOUN = re.compile(r"(?:為|事|時|際|場合|一方|他|点|訳|以外|以上)")
_PHRASE_END = re.compile(r"[はをがもへ、。,]|に(?!つ)|で(?!き)")
_HEAD = re.compile(r"所見|病変|異常|信号|濃度|陰影|部分|構造|領域|集積|もの|像|影|域|腫大|変化|症例")
_PARTICLES_ONLY = re.compile(r"[はがをもとにのでな、 ]{0,3}")


class Cue(NamedTuple):
    """One cue word in the folded text with what its row says. `attributive`: it describes the noun that follows."""

    start: int
    end: int
    id: str
    cls: str
    level: str
    direction: str
    scope: str
    attributive: bool
    leads_on: bool  # attributive to a noun that can itself be asserted or denied
    bare: bool  # no particle before it: (胸水)なし, (肺炎)疑い


@cache
def _rows() -> dict[str, tuple[str, str, str, str]]:
    """Cue and change ids with class, level, direction and scope."""
    out = {}
    for item in concepts().values():
        if item.kind == "cue":
            out[item.id] = (item.cls, item.row["level"], item.row["direction"], item.row["scope"])
        elif item.kind == "change":
            out[item.id] = ("change", "denied" if item.cls == "resolved" else "definite", "after", "clause")
    return out


@cache
def projections() -> dict[str, tuple[str, str]]:
    """Cue id -> attribute of the PRISM entity, certainty of the finding."""
    out = {c.id: (c.row["prism"], c.row["finding"]) for c in concepts().values() if c.kind == "cue"}
    out["change_resolved"] = ("negative", "negative")
    return out


@dataclass(frozen=True, slots=True)
class Clues:
    """The cues of a report in order, and where clauses end."""

    cues: list[Cue]
    starts: list[int]
    breaks: list[int]

    def from_(self, at: int) -> int:
        """Index of the first cue that starts at `at` or later."""
        return bisect_left(self.starts, at)

    def around(self, start: int, end: int) -> Cue | None:
        """The cue that holds `[start, end)` inside it: 異常なし."""
        i = bisect_left(self.starts, start + 1) - 1
        return self.cues[i] if i >= 0 and self.cues[i].end > end and self.cues[i].cls != "change" else None

    def break_between(self, start: int, end: int) -> bool:
        """Whether a clause ends in `[start, end)`."""
        i = bisect_left(self.breaks, start)
        return i < len(self.breaks) and self.breaks[i] < end


_last: tuple[Parsed | None, Clues] = (None, Clues([], [], []))


def clues(parsed: Parsed) -> Clues:
    """Cue words, changes and clause borders of a parsed report; those of the latest report are kept."""
    global _last
    kept, found = _last
    if kept is not parsed:
        found = _find(parsed)
        _last = (parsed, found)
    return found


def _find(parsed: Parsed) -> Clues:
    text, rows = parsed.text, _rows()
    found: list[Cue] = []
    for index, term in enumerate(parsed.terms):
        if term.kind not in _KINDS:
            continue
        row = rows[term.concept]
        attributive, leads_on = _describes(text, term.start, term.end, parsed, index)
        bare = term.start > 0 and text[term.start - 1] not in "はがをもにとので 、"
        found.append(Cue(term.start, term.end, term.concept, *row, attributive, leads_on, bare))
    return Clues(found, [c.start for c in found], _breaks(text))


def _breaks(text: str) -> list[int]:
    """Where clauses end: verbs and conjunctions before a comma, connecting forms before the next noun."""
    ends = [m.start() for m in _CONNECTED.finditer(text)]
    for comma in _COMMA.finditer(text):
        at = comma.start()
        if _BEFORE_COMMA.search(text[max(0, at - _WINDOW) : at]):
            ends.append(at)
    ends.sort()
    return ends


def _describes(text: str, start: int, end: int, parsed: Parsed, index: int) -> tuple[bool, bool]:
    found = _ATTRIBUTIVE.match(text, end)
    if found is None:
        return False, False
    last = text[found.end() - 1]
    if last not in "るたうなにすむくつぶ" and not text.endswith(_ADJECTIVE_ENDS, 0, found.end()):
        return False, False
    at = found.end()
    if _FORMAL_NOUN.match(text, at):
        return False, False
    stop = _PHRASE_END.search(text, at)
    limit = stop.start() if stop else len(text)
    if _HEAD.search(text, at, limit):
        return True, True
    for term in parsed.terms[index + 1 : index + 9]:
        if term.start >= limit:
            break
        if term.kind == "observation":
            return True, True
    return True, False


def adjacent(text: str, start: int, end: int) -> bool:
    """Whether only particles stand in `[start, end)`."""
    return end - start <= 3 and _PARTICLES_ONLY.fullmatch(text, start, end) is not None
