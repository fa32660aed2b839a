"""Noun phrases: known words, rule-written expressions and unknown words that touch each other, typed by their last part.

Japanese nouns are head-final: what stands last says what the whole is (右肺門部|腫瘤 is a lesion, 右肺|下葉|背側 a place).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.patterns import Piece, pieces
from jmid_nlp.findings.terms import concepts, forms_of
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.text.lazy import lazy

# One letter a part: D finding, A anatomy, P relative position, S side, M modifier, F function, G segment/level/station,
# N size, V value, B count, T TNM, E examination, R treatment, X time, K care, C change, Q cue, U unknown noun, J device.
_KIND = {
    "observation": "D", "anatomy": "A", "position": "P", "side": "S", "modifier": "M", "function": "F", "test": "E",
    "treatment": "R", "timex": "X", "care": "K", "change": "C", "cue": "Q", "device": "J",
}  # fmt: skip
_TAG = {
    "size": "N", "tnm": "T", "segment": "G", "vertebra": "G", "ordinal": "G", "station": "G", "time": "X",
    "count": "B", "image": "I", "value": "V",
}  # fmt: skip
_WORD = lazy(r"[一-龥々ァ-ヶー]{1,24}|[A-Za-z][A-Za-z\-]{0,24}")
_INFLECTED = re.compile(r"[ぁ-ん]")
_VERBAL = re.compile(r"(?:し|す|さ|せ|っ|く|き|い|り|る|れ|ら|ろ|え|け|め|み|む|び|ぶ|ち|つ|わ|う|ん)")
_APPEARED = "出現し"  # a change to PRISM, a cue to the certainty
_TAILS = frozenset(("等", "様", "群", "時", "後", "前", "中", "例"))  # no part of the finding before them
_PARTICLES = frozenset("のにをはがもとやで、。・,()\n ")
_AFTER_PLACE = frozenset("にのはをがでへかまや、・~〜")
_SHORT = 3  # a known word shorter than this gives way to a rule-written expression that it overlaps
_QUALITIES = frozenset(
    (
        "径",
        "サイズ",
        "因子",
        "成分径",
        "濃度",
        "範囲",
        "影響",
        "可能性",
        "精査",
        "検索",
        "数",
        "性状",
        "比",
        "値",
        "率",
        "プロトコール",
        "プロトコル",
        "患者",
        "検診",
        "外来",
        "分類",
        "形態",
        "長径",
    )
)
_DROP_HEAD = frozenset((*"同本当各両既他全", "上記", "下記", "前述", "当該", "該当", "同様", "上述", "残存", "各々"))
_LONE = {"P": "A", "G": "A"}
BREAKING = frozenset("NVBTEXKCQIR")
_ALONE = frozenset({"extent", "known"})  # modifiers that never belong to the noun behind them


class Part(NamedTuple):
    """A part of a noun phrase: `[start, end)` of the folded text, its letter, and its concept or tag."""

    start: int
    end: int
    letter: str
    id: str
    cls: str = ""


class Chunk(NamedTuple):
    """Parts that touch each other, read as one word. `letter` is the letter of the part that decides."""

    start: int
    end: int
    letter: str
    parts: tuple[Part, ...]

    @property
    def shape(self) -> str:
        """The letters of its parts in order."""
        return "".join(p.letter for p in self.parts)


@cache
def _endings() -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    table: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for row in read_table("finding_suffix.tsv", ("suffix", "exceptions")):
        table.setdefault(row["suffix"][-1], []).append((row["suffix"], tuple(split_forms(row["exceptions"]))))
    return table


@cache
def _place_endings() -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    table: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for row in read_table("site_suffix.tsv", ("suffix", "exceptions")):
        table.setdefault(row["suffix"][-1], []).append((row["suffix"], tuple(split_forms(row["exceptions"]))))
    return table


@lru_cache(maxsize=8192)
def _names_finding(word: str) -> bool:
    """Whether an unknown word is a finding by its ending."""
    return _ends(word, _endings())


@lru_cache(maxsize=8192)
def _names_place(word: str) -> bool:
    """Whether an unknown word is a place by its ending."""
    return _ends(word, _place_endings())


def _ends(word: str, table: dict[str, list[tuple[str, tuple[str, ...]]]]) -> bool:
    return any(
        word.endswith(suffix) and not word.endswith(exceptions or ("\0",))
        for suffix, exceptions in table.get(word[-1], ())
    )


@cache
def _places_of() -> dict[str, int]:
    """Known findings that are written with their place, `リンパ節の腫大`, and where the place ends."""
    written = {kind: set() for kind in ("anatomy", "position", "observation")}  # type: dict[str, set[str]]
    for item in concepts().values():
        if item.kind in written:
            written[item.kind].update(forms_of(item.row))
    places = written["anatomy"] | written["position"]
    return {
        form: at
        for form in sorted(written["observation"])
        if (at := form.find("の")) > 0 and form[:at] in places and form[at + 1 :] in written["observation"]
    }


@cache
def _letters() -> dict[str, tuple[str, str]]:
    """Letter and class of every concept."""
    return {c.id: (_KIND[c.kind], c.cls) for c in concepts().values() if c.kind in _KIND}


def parts(parsed: Parsed) -> list[Part]:
    """All parts of a report in order: known words, rule-written expressions, and unknown nouns in the gaps."""
    text, letters, places = parsed.text, _letters(), _places_of()
    known = pieces(text)
    known.append(Piece(len(text) + 1, len(text) + 1, ""))  # behind all terms, so that there always is a next one
    out: list[Part] = []
    at = i = 0
    following, closes, _ = known[0]
    for start, end, kind, concept_id, form in parsed.terms:
        while closes <= start:
            at = _written(text, known[i], at, out)
            i += 1
            following, closes, _ = known[i]
        if following < end:
            if following <= start or end - start < _SHORT:
                continue
            if start >= at and end < closes:
                end = following  # 肝S4|/8: the expression written by rule goes on
        if start < at:
            continue
        if start > at and not (start - at == 1 and text[at] in _PARTICLES):
            _unknown(text, at, start, out)
        at = end
        letter, cls = letters[concept_id]
        if kind == "observation" and form in places:
            out.append(Part(start, start + places[form], "A", "", "part"))
            start += places[form] + 1
        elif letter == "Q" and form[-1] == "後" and concept_id == "history":
            letter = "X"  # 術後, 治療後: a time to PRISM, a cue to the certainty
        elif letter == "Q" and form == _APPEARED:
            letter, end = "C", end - 1
        # as Part(...), without the detour over a function of its own: this is done for every word
        out.append(tuple.__new__(Part, (start, end, letter, concept_id, cls)))
    for piece in known[i:-1]:
        at = _written(text, piece, at, out)
    if at < len(text):
        _unknown(text, at, len(text), out)
    return out


def _written(text: str, piece: Piece, at: int, out: list[Part]) -> int:
    """Adds a rule-written expression and what stands before it; gives the place behind it."""
    if piece.start < at:
        return at
    if piece.start > at:
        _unknown(text, at, piece.start, out)
    out.append(Part(piece.start, piece.end, _TAG[piece.tag], piece.tag))
    return piece.end


def _unknown(text: str, start: int, end: int, out: list[Part]) -> None:
    for match in _WORD.finditer(text, start, end):
        a, b = match.span()
        word = match.group()
        if _names_finding(word):
            letter = "D"
        elif b < len(text) and not word.isascii() and len(word) <= 2 and _VERBAL.match(text, b):
            continue  # the stem of a verb: 沿|う, 比|べ
        elif word != "部" and _in_sentence(text, a, b) and _names_place(word):
            letter = "A"
        else:
            letter = "U"
        out.append(Part(a, b, letter, ""))


def _in_sentence(text: str, start: int, end: int) -> bool:
    """Whether a word touches another or a particle; names in headers (服部, 三枝) do neither."""
    follows = end < len(text) and text[end] in _AFTER_PLACE
    return follows or (start > 0 and "一" <= text[start - 1] <= "龥")


def chunks(parsed: Parsed) -> list[Chunk]:
    """The noun phrases of a report, ascending. Sizes, times and the like are chunks of their own; cues only part."""
    text = parsed.text
    out: list[Chunk] = []
    run: list[Part] = []
    for part in parts(parsed):
        start, end, letter, _, cls = part
        if run and (start != run[-1].end or letter == "Q"):
            _close(text, run, out)
            run = []
        # 小さな, 濃い, 強く: an inflected word is no part of a compound
        if letter in BREAKING or (letter == "M" and (text[end - 1] in "なのいくたるきに" or cls in _ALONE)):
            if run:
                _close(text, run, out)
                run = []
            if letter != "Q":
                out.append(Chunk(start, end, letter, (part,)))
        else:
            run.append(part)
    _close(text, run, out)
    return out


def _close(text: str, run: list[Part], out: list[Chunk]) -> None:
    """Types a run of touching parts and adds it, cut in two where its parts do not belong together."""
    while run and run[0].letter == "U" and text[run[0].start : run[0].end] in _DROP_HEAD:
        run = run[1:]
    if not run:
        return
    if len(run) == 1:
        start, end, letter, _, _ = run[0]
        out.append(tuple.__new__(Chunk, (start, end, _LONE.get(letter, letter), (run[0],))))
        return
    letters = "".join(p.letter for p in run)
    last = letters.rfind("D")
    if last >= 0:
        tail = letters[last + 1 :]
        if tail and tail[0] == "A" and run[last + 1].cls == "node":
            _add(run[: last + 2], "D", out)
            _close(text, run[last + 2 :], out)
        elif tail and tail[0] in "AG":
            _add(run[: last + 1], "D", out)
            _close(text, run[last + 1 :], out)
        elif tail and tail[0] == "P":
            inside = text[run[last + 1].start : run[last + 1].end] in ("内", "近傍", "内部", "部", "傍")
            if inside:
                _add(run, "A", out)
            else:
                _add(run[: last + 1], "D", out)
                _close(text, run[last + 1 :], out)
        elif tail and tail[0] in "MU" and len(tail) >= 1 and tail.strip("U"):
            _add(run[: last + 1], "D", out)
            _close(text, run[last + 1 :], out)
        else:
            _tailed(text, run, last, out)
        return
    last_word = text[run[-1].start : run[-1].end]
    if run[-1].letter == "U" and len(run) > 1 and last_word == "変化":  # 炎症性|変化
        _add(run, "D", out)
        return
    place = max(map(letters.rfind, "AGPS"))
    if place >= 0 and run[-1].letter == "U" and last_word in _QUALITIES:
        _add(run, "U", out)
        return
    if place >= 0:
        if any(c in "MF" for c in letters[place + 1 :]):
            _add(run[: place + 1], "A", out)
            _close(text, run[place + 1 :], out)
            return
        only = set(letters) <= {"S"}
        _add(run, "S" if only else "A", out)
        return
    for letter in "FJM":
        if letter in letters:
            _add(run[: letters.rindex(letter) + 1] if letter == "M" else run, letter, out)
            return
    _add(run, "U", out)


def _tailed(text: str, run: list[Part], last: int, out: list[Chunk]) -> None:
    """A finding with an unknown noun behind it: 結核等 is the finding, 腫瘍径 a quality of it, 肺癌部分 one word."""
    tail = text[run[last].end : run[-1].end]
    if tail in _TAILS or tail.startswith("等"):
        _add(run[: last + 1], "D", out)
    else:
        _add(run, "U" if tail in _QUALITIES else "D", out)


def _add(run: list[Part], letter: str, out: list[Chunk]) -> None:
    if run:
        out.append(Chunk(run[0].start, run[-1].end, letter, tuple(run)))
