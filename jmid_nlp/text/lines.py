"""Hard line breaks and blanks inside words and sentences: which ones mean nothing, and the text without them.

Hospital systems break lines at a fixed column and PDF exports put blanks between letters (気 管 支). A break is taken out
only where several signs agree; bullets, headings and short complete lines stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import NamedTuple

from jmid_nlp.offsets import IDENTITY, Block, Folded, OffsetMap, Span, fold
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.words import cut_through

# CR LF is one break; a pattern that begins with a set of characters is searched for fastest.
BREAK = re.compile(r"[\n\r\x0b\x0c\x85\u2028\u2029](?:(?<=\r)\n)?")
_BLANK = " \t\u3000"
_CJK = r"\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\u3005\u3007"
_SPACED = lazy(rf"(?<![{_CJK}])[{_CJK}](?:(?: [{_CJK}])+(?![{_CJK}])|(?: [{_CJK}]){{2,}})")
_BETWEEN = lazy(rf" (?<=[{_CJK}] )(?=[{_CJK}])")
# A line that begins like this is an item or a heading of its own.
BULLET = lazy(
    r"[ \t\u3000]{0,12}(?:[・･●○◯◆◇■□▪▫◉◎▶►▷▸➤➢→⇒※★☆▼▽▲△✓✔§†*‣•∙]|[\-–—−](?!\d)|[#＃]"
    r"|[(（\[［]?(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,4}|[一二三四五六七八九十])[)）\]］](?!\d)|\d{1,2}[.．](?!\d)|[①-⑳㉑-㉟❶-❿⓪Ⅰ-Ⅻ⑴-⒇]"
    r"|[【\[［〔《〈＜<≪「『]|(?:[A-Za-z\u3041-\u9fff\uff66-\uff9f・/][ \t\u3000]?){1,12}[:：]|[A-Z][A-Za-z #./]{1,24}:)"
)
_HEADER = re.compile(r"[^:：。、\n]{1,12}[:：]|[\-–—―=＝*＊_＿─━┄┅═#＃]{3}")
_LABEL_ENDS = frozenset(":：】]］〕》〉＞>≫")
_LABEL = 25  # characters of a line that is a label and nothing else
_RULE = re.compile(r"[\-–—―‐=＝*＊_＿~～〜・.…─━┄┅═#＃+＋\s]{3,}")  # a line drawn with signs
# What ends a statement although no 。 stands there.
_POLITE_ENDING = (
    r"な[しい]|無し|ません|[^ま]ず|あり|有り|です|ます|ました|でした|でしょう|疑い|疑|否定的|不変|同様|以上|ください|下さい|願います|術後|切除後|のみ"
    r"|後|中|[+＋\-−±]|[)）」』]"
)
_PLAIN_ENDING = r"である|だった|[っいしれ]た|れる|する|ある|える|いる|なる|せる|める|びる|じる|たい|よい|良い|疑う"
ENDING = lazy(rf"(?:{_POLITE_ENDING}|{_PLAIN_ENDING})\Z")
# in a text of polite sentences a plain verb stands before a noun, not at an end
_ENDING_IN_POLITE = re.compile(rf"(?:{_POLITE_ENDING})\Z")
_VERB_END = re.compile(r"(?:ません|ます|ました|です|でした|なし|あり)\Z")
# What cannot end a statement: particles, unfinished verb forms, list commas.
_OPEN_END = lazy(
    r"(?:[、，,・/／(（「『]|[をにはがへもで]|[^このそも]の|から|より|まで|での|として|とともに|および|及び|また|または|又は"
    r"|並びに|ならびに|かつ|について|伴い|認め|おり"
    r"|[あいえきけしじせちてりれめ]ま|ませ|まし|でし|られ|され|[一-鿿]っ|[一-鿿し]く|[^\d][\-‐])\Z"
)
# What cannot begin a statement or a word.
_NO_START = re.compile(
    r"[、。，．,.)）」』】］〕》〉＞ーっゃゅょッャュョァィゥェォぁぃぅぇぉ々％%ゝゞヽヾ・：:；;]|ま(?:す(?!ま)|せん|した)|せん(?:[。、]|\Z)|ん[。、]"
)
# Particles and endings; the exceptions are words that begin alike (のう胞, がん, はっきり, とくに, もやもや病, やや).
_PARTICLE_START = lazy(
    r"(?:を|は(?![っいくらた])|が(?!ん)|に(?!ゅ)|の(?![うど])|で(?!きれ)|と(?![くこもり])|も(?![やしと])|や(?!や)|へ(?!る)"
    r"|わ(?:れ|ず)|います|いません|え(?:ます|られ|る)|[れるろ]|て(?:い|お)|でい"
    r"|から|まで|より|ん(?:[。、 ]|\Z)|ませ|ます|まし|せん|した|して|され|られ|れる|れた|ない|なく|ある|あり。|する|った|って"
    r"|た[。め]|[いるすり](?:[。、 ]|\Z)|し[、。])"
)
_UNIT_START = re.compile(r"(?:mm|cm|ml|cc|hu|gy|%|歳|年|月|日|回|個|ヶ|か所|箇所|大|×|x\s?\d)", re.IGNORECASE)
_NUMBER_GOES_ON = re.compile(r"[-‐]\d{3}")
_NUMBER_AT_END = lazy(r"[ぁ-んァ-ヶ一-鿿x×\d.．][\d０-９]\Z")
_SIZE_START = re.compile(r"[\d０-９.．]{1,5}[ \t]?(?:mm|cm|ｍｍ|ｃｍ|㎜|㎝)")
_DATE_START = re.compile(r"\d{1,2}[ \t]?[月日]")
_CLOSES = re.compile(r"[^(（)）]{1,40}[)）]")
_MIN_WIDTH = 28  # columns; narrower texts are lists of short statements
_NARROW = 16  # columns of a narrow field; then most lines must be full
_TAIL = 8  # characters at the end of a line that tell whether it ends a statement
_SLACK = 4  # columns a full line may lack: a wide letter, and 禁則 that carries one more over


# Characters that all take two columns; what is left of a line without them is short.
_SURELY_WIDE = lazy("[\u3000-\u303e\u3041-\u3096\u3099-\u30ff\u4e00-\u9fff\uff01-\uff60]+")


@lru_cache(maxsize=4096)
def _wide(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WFA" else 1


def width(line: str) -> int:
    """Columns a line takes in a fixed-width font."""
    if line.isascii():
        return len(line)
    rest = _SURELY_WIDE.sub("", line)
    return 2 * (len(line) - len(rest)) + (len(rest) if rest.isascii() else sum(map(_wide, rest)))


class Layout(NamedTuple):
    """What holds of a text's lines as a whole."""

    column: int  # where they were broken, 0 where nothing speaks for one
    widest: int
    polite: bool  # the sentences end in ます
    one_dot: bool  # a single line begins with ・, so it may go on a list within a sentence


def _dotted(line: str) -> bool:
    return line.lstrip(_BLANK).startswith(("・", "･"))


def breaks_inside(text: str) -> list[Span]:
    """Spans of the line breaks, with the blanks around them, that stand inside a sentence or word.

    Args:
        text: Any string, folded or not. (Folding hides which number was a circled one, so the original shows more.)

    Returns:
        Spans ascending; removing one (or leaving one blank between Latin words) restores the line as it was written.
    """
    marks = list(BREAK.finditer(text))
    if not marks:
        return []
    starts = [0] + [m.end() for m in marks]
    ends = [m.start() for m in marks] + [len(text)]
    lines = [text[s:e] for s, e in zip(starts, ends, strict=True)]
    stripped = [line.strip(_BLANK) for line in lines]
    widths: list[int] = []
    layout: Layout | None = None  # most texts need none: what stands at the breaks decides
    out = []
    for i in range(len(marks)):
        joins = _joins_plainly(stripped[i], stripped[i + 1])
        if joins is None:
            if layout is None:
                widths = [width(line.rstrip(_BLANK)) for line in lines]
                layout = _layout(text, lines, widths)
            joins = _joins(stripped[i], stripped[i + 1], widths[i], layout)
        if joins:
            left = starts[i] + len(lines[i].rstrip(_BLANK))
            right = starts[i + 1] + len(lines[i + 1]) - len(lines[i + 1].lstrip(_BLANK))
            out.append((left, right))
    return out


def _layout(text: str, lines: list[str], widths: list[int]) -> Layout:
    polite = text.count("ます") + text.count("ません") > 1
    # a header or drawn line wider than the body says nothing: a longer name in it must not change how the body is read
    plain = max((w for line, w in zip(lines, widths, strict=True) if not _HEADER.match(line)), default=0)
    body = [w for w in widths if w <= plain] if plain else widths
    return Layout(_column(body), max(body), polite, sum(map(_dotted, lines)) == 1)


def _column(widths: list[int]) -> int:
    """The column at which most of the text's lines end, 0 where there is none: headers may be wider than the body."""
    counted = sorted(w for w in widths if w)
    best, most = 0, 0
    for column in sorted({w for w in counted if w >= _NARROW}):
        full = bisect_right(counted, column) - bisect_left(counted, column - _SLACK)
        if full >= most:
            best, most = column, full
    return best if most > 2 and most >= 0.4 * len(counted) else 0


def _joins_plainly(line: str, after: str) -> bool | None:
    """Whether a break between two lines, blanks at their rims taken off, is inside a sentence; None where that is open."""
    if not line or not after:
        return False
    if line[-1] in "。．｡!?！？" or (line[-1] in _LABEL_ENDS and len(line) <= _LABEL):
        return False
    if _drawn(line) or _drawn(after):
        return False
    if _NO_START.match(after) and after[0] not in "・：:":
        return True
    if line[-1].isdigit() and _NUMBER_AT_END.search(line) and _SIZE_START.match(after):
        return True  # 左下葉に1|8mmの結節
    return None


def _drawn(line: str) -> bool:
    """Whether a line is drawn with signs; no letter is one of them but ー."""
    return (line[0] == "ー" or not line[0].isalpha()) and _RULE.fullmatch(line) is not None


def _joins(line: str, after: str, wide: int, layout: Layout) -> bool:
    if BULLET.match(after):
        return bool(_fullness(wide, layout) and layout.one_dot and _dotted(after) and not _found_at_end(ENDING, line))
    # circled numbers are bullets and folding hides them; all else is looked at folded
    line, after = fold(line).text.strip(), fold(after).text.strip()
    return bool(line and after) and _score(line, after, wide, layout) >= 2


def _found_at_end(pattern: re.Pattern[str], line: str) -> bool:
    """Whether a pattern that matches a few characters at the end of a line is found there."""
    return pattern.search(line, max(0, len(line) - _TAIL)) is not None


def _score(line: str, after: str, wide: int, layout: Layout) -> int:
    """Signs that a break is inside a sentence, against those that it ends one."""
    score = link = _link(line, after)
    if not (line[-1].isascii() and after[0].isascii()):  # codes and numbers of a table end in one column too
        score += _fullness(wide, layout)
    if wide >= _MIN_WIDTH and not line[-1].isascii() and ("。" in line or "." in line):
        score += 2  # who writes 。 inside a line writes it at its end
    if line.count("(") + line.count("（") > line.count(")") + line.count("）") and _CLOSES.match(after):
        score += 2
    ending = _ENDING_IN_POLITE if layout.polite else ENDING
    if _found_at_end(ending, line) and not _found_at_end(_OPEN_END, line):
        score -= 4 if _found_at_end(_VERB_END, line) else 2
    short = wide < 0.75 * (layout.column or layout.widest)
    return score - 1 if short and not link else score


def _fullness(wide: int, layout: Layout) -> int:
    """2 for a line that ends where most lines end, 2 or 1 for one of the widest of a text of sentences or of notes."""
    if layout.column and layout.column - _SLACK <= wide <= layout.column + 2:
        return 2
    widest = layout.widest >= _MIN_WIDTH and wide >= layout.widest - _SLACK
    return (2 if layout.polite else 1) if widest else 0


def _link(before: str, after: str) -> int:
    """Signs that what stands before and after a break or blank belongs together."""
    score = 0
    if _found_at_end(_OPEN_END, before):
        score += 2
    if _PARTICLE_START.match(after):
        score += 2
    last, first = before[-1], after[0]
    if last.isdigit() and _UNIT_START.match(after):
        score += 2
    if last.isdigit() and _NUMBER_GOES_ON.match(after):
        score += 2
    if last in "-‐" and first.isdigit() and before[-2:-1].isdigit():
        score += 2
    if last in "年月" and _DATE_START.match(after):
        score += 2
    if last.isascii() and last.islower() and first.isascii() and first.islower():
        score += 2
    if score < 2 and not last.isascii() and not first.isascii() and cut_through(before, after):
        score += 2
    return score


def unwrap(text: str) -> Folded:
    """The folded text without hard line breaks inside sentences and without blanks between the letters of a word.

    Args:
        text: Any string.

    Returns:
        The text to look at, and one map whose source is `text`.
    """
    folded = fold(text)
    edits = sorted(_edits(text, folded))
    if not edits:
        return folded
    out: list[str] = []
    blocks: list[Block] = []
    at, shift = 0, 0
    for start, end, new in edits:
        out += (folded.text[at:start], new)
        if end - start != len(new):
            blocks.append((start, end, start + shift, start + shift + len(new)))
            shift += len(new) - (end - start)
        at = end
    out.append(folded.text[at:])
    return Folded("".join(out), folded.map.then(OffsetMap(blocks) if blocks else IDENTITY))


def _edits(text: str, folded: Folded) -> list[tuple[int, int, str]]:
    edits = []
    for source_start, source_end in breaks_inside(text):
        start, end = folded.map.to_target(source_start, source_end)
        if folded.text[start:end].strip():  # a mark that combines with the break, as only damaged text has it
            continue
        before, after = folded.text[start - 1 : start], folded.text[end : end + 1]
        keep = before.isascii() and after.isascii() and before.isalnum() and after.isalnum()
        cut = before.isdigit() and (_UNIT_START.match(folded.text, end) or _SIZE_START.match(folded.text, end))
        keep = keep and not cut
        edits.append((start, end, " " if keep else ""))
    if " " in folded.text:
        edits += [(at, at + 1, "") for at in _blanks_inside(folded.text)]
    return edits


def _blanks_inside(text: str) -> list[int]:
    """Positions of single blanks between two Japanese letters that separate nothing: 気 管 支, リンパ節腫 大, 結節 を."""
    between = [m.start() for m in _BETWEEN.finditer(text)]
    if not between:
        return []
    spaced: set[int] = set()
    for found in _SPACED.finditer(text):
        spaced.update(range(found.start() + 1, found.end(), 2))
    for at in between:
        if at in spaced:
            continue
        before = "".join(text[i] for i in range(max(0, at - 12), at) if i not in spaced)
        after = text[at + 1 : at + 9]
        if _link(before, after) - 2 * _found_at_end(ENDING, before) >= 2:
            spaced.add(at)
    return sorted(spaced)
