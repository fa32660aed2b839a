"""Sections of a report: request, history, technique, comparison, findings, impression, recommendation, addendum.

A heading is known by its words (`lexicons/section.tsv`, compiled from the spellings Japanese systems export) and its
shape: brackets, a mark or number at the start of a line, a colon, or a line of its own. Organ headings inside the findings
(【胸部】, 肝：) have the shape but not the words, so they do not change the section.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.offsets import Span, fold
from jmid_nlp.text.lazy import lazy


@dataclass(frozen=True, slots=True)
class Section:
    """One section: `[start, end)` holds heading and body; a section without a heading has an empty heading span.

    `name` is one of indication, history, technique, comparison, findings, impression, recommendation, addendum, other;
    None for text before the first heading.
    """

    name: str | None
    start: int
    end: int
    heading_start: int
    heading_end: int


_OPEN, _CLOSE = "【\\[〔《〈<≪「『", "】\\]〕》〉>≫」』"
_MARK = r"[■□●○◆◇▼▽▲△★☆◎※#*・\-–—=~>§†▶►➤✓]{1,6}"
_NUMBER = r"(?:\d{1,2}[.)、]?|(?:[ivxIVX]{1,4}|[A-Ha-h])[.)、])"  # a circled number is folded to a bare one
# What may stand between a heading's mark and its words: modality, contrast, body part, "today's".
_SCOPE = (
    r"(?:(?:今回|本日|当日|単純|造影|ダイナミック|低線量|高分解能|頭部|頭頸部|頸部|胸部|腹部|骨盤部?|全身|乳腺|脊椎|頸椎|胸椎|腰椎"
    r"|冠動脈|心臓|四肢|関節|肩|膝|股|上|下|ct|cta|mri?|mra|mrcp|pet|pet[-/]ct|us|xp|xr|x線|単純写真|写真|エコー|超音波|画像|放射線科?)"
    r"[~・/+\- ]?){0,6}の?"
)
_LEFT = lazy(
    rf"(?:(?P<line>^)|(?P<inside>(?<=[。\s])|(?=[{_OPEN}])))[ \t]{{0,8}}(?P<head>)(?P<mark>(?:{_MARK}|{_NUMBER}){{0,2}})"
    rf"[ \t]{{0,2}}(?P<open>[{_OPEN}(]?)[ \t]{{0,2}}{_SCOPE}\Z",
    re.IGNORECASE | re.MULTILINE,
)
_RIGHT = lazy(
    rf"(?:[ \t]?(?:[・/,、&+と]|及び|および)[ \t]?[^\s:。{_OPEN}{_CLOSE}()]{{1,14}})?(?:[ \t]?\([^()\n]{{0,24}}\))?"
    rf"(?:[ \t]{{0,2}}(?P<close>[{_CLOSE})]))?(?:[ \t]{{0,2}}{_MARK})?"
    rf"(?:[ \t]{{0,4}}(?P<colon>[:;=])(?![ \t]?\d[\d.]*[ \t]?(?:mm|cm|[x×*])))?(?P<end>)[ \t]*(?P<alone>$)?",
    re.MULTILINE,
)
# what may follow a heading's words; looked at before any pattern is tried
_NEXT = frozenset(" \t\n:;=)(・/,、&+と及お" + _CLOSE.replace("\\", "") + "■□●○◆◇▼▽▲△★☆◎※#*-–—~>§†")
_BREAKS = re.compile("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BYLINE = re.compile(r"[ \t]*[^\s。、][^\n。、]{0,30}$", re.MULTILINE)
_WINDOW = 32
_PREFACE = frozenset(("indication", "history", "technique", "comparison", "other"))
_EMPTY = " \t\u3000:：】])）"
_LINE = re.compile(r"[^\n]*(?=\n|\Z)")
_TITLE = re.compile(
    r"(?:CT|MRI|MRA|MR|US|PET|エコー|超音波|X線|ＣＴ|ＭＲＩ|X-?P|写真|マンモグラフィー?|シンチグラフィー?)"
    r"[ \t]*検査?[ \t]*[】\])]?[ \t]*[:：]?\s*\Z",
    re.IGNORECASE,
)
_TECHNICAL = re.compile(
    r"造影|単純|撮影|撮像|kV|mA|mL|ml|mg|スライス|[mｍ][mｍ]厚|強調|シーケンス|コイル|再構成|MIP|MPR|相|条件|分後|秒後|線量|装置|体位|方向|CT|MRI|US",
    re.IGNORECASE,
)
# A line of findings: it states, denies or measures, or is a label with what is said of it.
_TELLS = lazy(
    r"認め|みられ|見られ|ありま|あり(?=[。、\s)）]|\Z)|ません|なし(?=[。、\s)）]|\Z)|ない(?=[。、])|不変|著変|[(（][-−+＋±ー][)）]|mm大|ｍｍ大|cm大"
    r"|^[ \t\u3000]*[・●■◆○◇□※\-*＊#＃①-⑳]"
)
_DRAWN = re.compile(r"^[ \t\u3000]*[-=_*~─━―－＝＿＊〜]{6,80}[ \t\u3000]*\r?\n", re.MULTILINE)


@cache
def _lexicon() -> tuple[Automaton, list[str], frozenset[str], frozenset[str]]:
    """The automaton, the section name of each form, the forms that need no more than a blank behind, and the bylines."""
    names: dict[str, str] = {}
    strong: set[str] = set()
    bylines: set[str] = set()
    for row in read_table("section.tsv", ("name", "form", "strong", "byline")):
        bylines.update(split_forms(row["byline"]))
        for form in split_forms(row["form"]):
            for spelling in _spellings(form):
                names.setdefault(spelling, row["name"])
        strong.update(s for form in split_forms(row["strong"]) for s in _spellings(form))
    automaton = Automaton(names)
    return automaton, [names[form] for form in automaton.forms], frozenset(strong), frozenset(bylines)


def _spellings(form: str) -> list[str]:
    """The form, and letter-spaced forms of a short Japanese one (所 見)."""
    return [form] if len(form) > 5 or form.isascii() else [form, " ".join(form), "  ".join(form)]


def headings(text: str) -> list[tuple[str, int, int]]:
    """`(name, start, end)` of each section heading of the text, brackets and colon included, ascending."""
    folded = fold(text)
    low = folded.text.lower()
    if len(low) != len(folded.text):
        low = folded.text
    low = _BREAKS.sub("\n", low)
    automaton, names, strong, bylines = _lexicon()
    found: list[tuple[str, int, int]] = []
    for start, end, form in automaton.find(low):
        if end < len(low) and low[end] not in _NEXT:
            continue
        span = _shape(low, start, end, automaton.forms[form] in strong)
        if span and (not found or span[0] >= found[-1][2]):
            byline = automaton.forms[form] in bylines and _BYLINE.match(low, span[1])
            found.append(("other" if byline else names[form], *span))
    return [(name, *folded.source(start, end)) for name, start, end in found]


def _shape(text: str, start: int, end: int, strong: bool) -> Span | None:
    """The heading's span if what stands around the words makes them one."""
    # nothing before a heading's words crosses a line end
    left = _LEFT.search(text, text.rfind("\n", max(0, start - _WINDOW), start) + 1 or max(0, start - _WINDOW), start)
    right = _RIGHT.match(text, end)
    if left is None or right is None:
        return None
    opened, closed = left["open"], right["close"] or ""
    at_line = left["line"] is not None
    colon, alone = right["colon"] is not None, right["alone"] is not None
    blank = end < len(text) and text[end] in " \t"
    if opened and opened != "(":
        ok = bool(closed) and closed != ")"
    elif opened:
        ok = at_line and closed == ")"
    elif closed and closed != ")":
        ok = False
    elif at_line:
        ok = colon or alone or closed == ")" or (blank and (strong or bool(left["mark"])))
    else:
        ok = strong and colon and not closed
    if not ok:
        return None
    bare = not (opened or closed or colon or alone)
    return left.start("head"), end if bare else right.start("end")


def sections(text: str) -> list[Section]:
    """The sections of a report in order; together they cover the text.

    Args:
        text: The report as given.

    Returns:
        At least one section for a text that is not empty.
    """
    if not text:
        return []
    found = headings(text)
    if not found:
        return [Section(None, 0, len(text), 0, 0)]
    out = []
    first = found[0][1]
    if fold(text[:first]).text.strip():
        out.append(Section(None, 0, first, 0, 0))
    else:
        first = 0
    starts = [first] + [h[1] for h in found[1:]]
    open_body = not any(name == "findings" for name, _, _ in found)
    for (name, head, tail), start, end in zip(found, starts, [*starts[1:], len(text)], strict=True):
        stop = _body(text, (name, head, tail), end) if open_body and name in _PREFACE else end
        out.append(Section(name, start, stop, head, tail))
        if stop < end:
            out.append(Section(None, stop, end, stop, stop))
    return out


def _body(text: str, heading: tuple[str, int, int], end: int) -> int:
    """Where a report without a heading for its findings begins to speak of them.

    At a drawn line behind the request, else at the first line behind the content of the heading that is blank, states
    something or, behind a technique, is not technical. A title (胸部CT検査) has no content.
    """
    name, head, start = heading
    drawn = _DRAWN.search(text, start, end)
    if drawn and text[drawn.end() : end].strip():
        return drawn.end()
    at = text.find("\n", start, end)
    title = not text[start : at if at >= 0 else end].strip(_EMPTY) and _TITLE.search(text, head, start) is not None
    if title or at < 0:
        return at + 1 if title and text[at + 1 : end].strip() else end
    if not text[start:at].strip(_EMPTY):
        content = _LINE.match(text, at + 1, end)  # a heading on a line of its own: the next one is its content
        at = content.end() if content else end
    while 0 <= at < end:
        line = _LINE.match(text, at + 1, end)
        if line is None:
            break
        told = not line.group().strip() or _TELLS.search(line.group())
        if told or (name == "technique" and not _TECHNICAL.search(line.group())):
            return at + 1 if text[at + 1 : end].strip() else end
        at = line.end()
    return end
