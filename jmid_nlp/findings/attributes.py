"""What the text says of how things look: density, texture, signal by sequence, echo, enhancement, uptake, margin, shape.

The words are those of `lexicons/attributes.tsv`, found in the pass of the term reader. Here they become drafts: a signal takes
the sequences named before it, enhancement and uptake the qualities beside them, both the phase and the part. Whose they are is
decided in `hosts.py`. Numbers with a label of their own (SUVmax, CT値, ADC値) are read in `values.py`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from jmid_nlp.findings.marks import Mark
from jmid_nlp.findings.values import Reading, before_unit, readings
from jmid_nlp.offsets import Span
from jmid_nlp.text.lazy import lazy

_PLAIN = frozenset(("density", "echo", "margin", "shape"))
_BESIDE = frozenset(("phase", "part", "quality"))  # words that say nothing by themselves
_HEADS = frozenset(("enhancement", "uptake"))
_QUALIFIED = _HEADS | {"quality", "texture"}
# What follows a word that the text denies: 造影効果は認めない, washout(-), 造影されず.
_DENIED = lazy(
    r"(?:域|像|部|様|性|状|構造|成分|領域)?(?:の?所見|変化|傾向|変形)?(?:など|等)?(?:(?:[はがをもの]|とは|には|では|にも)\s?)?"
    r"(?:明らか|明瞭|有意|はっきり|目立|ほとんど|殆ど|積極的|全く|いずれも)?(?:な|に|には|では|とは|と|は|った|って|つ)?"
    r"(?:(?:認め|みとめ)(?:られ)?|[み見]られ|指摘(?:でき|され)|同定(?:でき|され)|確認(?:でき|され)|示さ|示して|呈さ|伴わ|伴って"
    r"|有さ|受け|うけ|され|[み見]え|観察され|検出され|得られ|あり|捉えられ|含[まみ]|乏しく?)?(?:て?(?:い|おら|お))?"
    r"(?:乏し[いく]|ず|ない(?!し)|ません|なかった|なく|なし(?!て)|無し|無く|陰性|\(-\)|\(−\)|欠如|欠(?:く|い|き)|せず|しない|しません)"
)
# What the text cannot tell: 造影効果は判断できません.
_UNKNOWN = re.compile(
    r"(?:の?(?:有無|程度|評価|判断|判定))?(?:[はがをも]|については?)?(?:[^。、はがを]{0,6}(?:のため|なく))?"
    r"(?:不明(?!瞭)|(?:判断|評価|判定)(?:が|は)?(?:困難|不能|難し|でき(?:ず|ない|なく|ません)|不十分)|(?:です|でしょう|ありません|あります)か)"
)
_LIST = re.compile(r"(?:像|域|所見|構造)?(?:[、,・/と]|や|および|及び|または|又は|も|、かつ)\s?")
_NOUN = re.compile(r"(?:[、・/]|や|と|および|及び|または)[^。、はがをにで\n]{1,8}(?=[はをがも]|なし)")
_DESCRIBED = re.compile(r"(?:る|を(?:示す|呈する|伴う|有する)|[がの]ある)[^。、はがをに\n]{1,10}(?=[はがをも]|なし)")
_QUALITY_GAP = re.compile(r"(?:な|に|の|く|で|性|状)?(?:やや|軽度|比較的|ごく)?")
_QUALITY_AFTER = re.compile(r"(?:像|域)?(?:は|が|も|に|の)?(?:やや|比較的|ごく|全体に)?")
_PHASE_GAP = 14
_PART_GAP = re.compile(
    r"(?:に(?:は|も)?|は|の|が|も|で(?:は)?|、)?(?:やや|一部|淡い|軽度の?|明らかな|著明な|[、]?(?:T[12]|造影|[A-Z]{2,5}).{0,10})?"
)
_SIGNAL_LATER = re.compile(r"(?:域)?(?:\(|を|が|は)|(?:[ ]\w+)?[ ](?:on|in)[ ](?:the[ ])?")
_NO = re.compile(r"(?:\b|\A)(?:no|without|lacks?|absence of|not)[ ](?:[a-z]+[ ]){0,2}\Z", re.IGNORECASE)
_BARE = re.compile(r"(?:[Tt][12]|PD)\Z")
_BARE_FOLLOWS = re.compile(
    r"(?:[・/、,~とや][ ]?(?:T[12]|FLAIR|DWI|STIR))?(?:ともに|とも)?(?:上|で(?:は|も)?|にて|は|が|では)?[ ]?"
    r"(?:やや|淡い|著明な?|軽度の?|著しい|ごく|不均一な?|均一な?|強い|中等度|[線点帯斑]状の?)?[ ]?"
    r"(?:[低高等無]|延長|短縮|中間|信号)"
)
_SHORT = re.compile(
    r"(?:では?|にて|上|は)?[ ]?([低高等])(?=[、,・/ ]?(?:T[12]|DWI|FLAIR|ADC|STIR|SWI|拡散)|[、,。\n)]|の(?:結節|腫瘤|病変|嚢胞))"
)
_SHORT_VALUE = {"低": "low_signal", "高": "high_signal", "等": "iso_signal"}
_RELAXED = re.compile(r"(?:の|が|は)?(?:軽度|著明に?)?(延長|短縮)")
_LOWERED = re.compile(
    r"(?:値|像|マップ)?(?:で)?(?:[のはが]|上)?(?:軽度|やや|著明|著明な|著明に|明らかな|有意な)?の?(?:低下|低値|低(?=[、,。)])|上昇|高値|亢進)"
)
_OTHER_END = re.compile(r"([低等高無])(?:[~〜～\-–ー]|から)\Z")
_OTHER = {"低": "low", "等": "iso", "高": "high", "無": "no"}
_AGAINST = re.compile(r"に?(?:比し|比べ|比較し|対し)|より")
_EARLY = frozenset(("arterial",))
_TIMED = _EARLY | {"delayed", "equilibrium"}


@dataclass(slots=True)
class Draft:
    """An attribute in the folded text before it is known whose it is; see `schema.Attribute` for the fields."""

    start: int
    end: int
    kind: str
    value: str
    present: bool = True
    sequence: str | None = None
    phase: str | None = None
    part: str | None = None
    numbers: tuple[float, ...] = ()
    unit: str | None = None
    prior: bool = False
    spans: list[Span] = field(default_factory=list)
    tail: int = 0  # where what belongs to it ends, a denial included
    lead: int = 0  # where what belongs to it begins, phase and part included
    missing: bool = False  # whether it describes something unnamed that is denied: 造影される充実部はない


def drafts(text: str, marks: Sequence[Mark], sentences: Sequence[Span]) -> list[Draft]:
    """All attributes of a report, ascending.

    Args:
        text: The folded text.
        marks: Its marks of `attributes.tsv`, ascending.
        sentences: Its sentences.
    """
    if not marks:
        return []
    starts = [s for s, _ in sentences]
    runs: dict[int, list[Mark]] = {}
    for mark in marks:
        runs.setdefault(bisect_right(starts, mark.start) - 1, []).append(mark)
    out: list[Draft] = []
    for number, run in runs.items():
        if any(m.kind not in _BESIDE for m in run):
            out += _Sentence(text, run, sentences[number] if number >= 0 else (0, len(text))).read()
    return out


class _Sentence:
    """The marks of one sentence on their way to drafts."""

    def __init__(self, text: str, marks: list[Mark], span: Span) -> None:
        self.text, self.marks = text, marks
        self.start, self.end = span
        self.sequences: list[Mark] = []
        self.used = False  # whether a signal has taken the sequences
        self.phase: Mark | None = None
        self.part: Mark | None = None
        self.qualities: list[Mark] = []
        self.done = self.start  # marks before it belong to something read already
        self.out: list[Draft] = []

    def read(self) -> list[Draft]:
        """The drafts, ascending, denied ones marked."""
        for number, mark in enumerate(self.marks):
            if mark.start >= self.done:
                self._one(number, mark)
        self._deny()
        return self.out

    def _one(self, number: int, mark: Mark) -> None:
        kind = mark.kind
        if kind == "sequence":
            self._sequence(number, mark)
        elif kind == "phase":
            self.phase = mark
        elif kind == "part":
            self.part = mark
        elif kind == "quality":
            self.qualities.append(mark)
        elif kind == "texture":
            if self._head_near(number, mark):
                self.qualities.append(mark)
            else:
                self._add(mark)
        elif kind in _HEADS:
            self._head(number, mark)
        elif kind == "signal":
            self._signal(number, mark)
        elif kind == "measure":
            self._measure(mark)
        elif kind in _PLAIN and not self._of_signal(number, mark):
            self._add(mark)

    def _of_signal(self, number: int, mark: Mark) -> bool:
        """`嚢胞状|高信号`: the shape of a signal."""
        later = self.marks[number + 1] if number + 1 < len(self.marks) else None
        return mark.kind == "density" and later is not None and later.kind == "signal" and later.start == mark.end

    def _add(self, mark: Mark, value: str = "", *, sequence: Mark | None = None, extra: Sequence[Mark] = ()) -> Draft:
        marks = sorted({*extra, mark, *([sequence] if sequence is not None else [])})
        part = self._part_of(marks[0].start)
        phase = self._phase_of(marks[0].start) if mark.kind in ("density", "enhancement") else None
        spans = [(m.start, m.end) for m in marks]
        beside = [m for m, said in ((self.part, part), (self.phase, phase)) if m is not None and said is not None]
        draft = Draft(
            marks[0].start, marks[-1].end, mark.kind, value or mark.id, part=part, phase=phase,
            sequence=sequence.id if sequence is not None else None,
            spans=sorted({*spans, *((m.start, m.end) for m in beside)}), tail=marks[-1].end,
        )  # fmt: skip
        draft.lead = min(s for s, _ in draft.spans)
        self.out.append(draft)
        left = _OTHER_END.search(self.text, max(self.start, mark.start - 2), mark.start)
        if left and mark.kind in ("signal", "echo", "density") and "_" in draft.value and not value:
            other = f"{_OTHER[left.group(1)]}_{draft.value.partition('_')[2]}"
            self.out.append(replace(draft, value=other, spans=[*spans, left.span(1)]))  # 等~低信号
        return draft

    def _part_of(self, start: int) -> str | None:
        part = self.part
        if part is None or part.end > start or not _PART_GAP.fullmatch(self.text, part.end, start):
            return None
        return part.id

    def _phase_of(self, start: int) -> str | None:
        phase = self.phase
        if phase is None or phase.id == "contrast" or start - phase.end > _PHASE_GAP:
            return None
        return None if "、" in self.text[phase.end : start].rstrip("、") else phase.id

    # -- signal ----------------------------------------------------------------------------------------------------------

    def _sequence(self, number: int, mark: Mark) -> None:
        written = self.text[mark.start : mark.end]
        later = self.marks[number + 1] if number + 1 < len(self.marks) else None
        joined = later is not None and later.kind == "sequence" and _LIST.fullmatch(self.text, mark.end, later.start)
        if _BARE.match(written) and not joined and not _BARE_FOLLOWS.match(self.text, mark.end):
            return  # a stage, a vertebra
        if self.used or (self.sequences and _AGAINST.search(self.text, self.sequences[-1].end, mark.start)):
            self.sequences, self.used = [], False
        self.sequences.append(mark)
        short = _SHORT.match(self.text, mark.end)
        if short:
            self._short(short.start(1), short.end(1), _SHORT_VALUE[short.group(1)])
        elif mark.id == "ADC" and (found := _LOWERED.match(self.text, mark.end)):
            word = found.group()
            value = "low_signal" if "低" in word else "high_signal"
            self._short(found.start(), found.end(), value)
        elif mark.id in ("T1WI", "T2WI") and (found := _RELAXED.match(self.text, mark.end)):
            bright = (mark.id == "T2WI") == (found.group(1) == "延長")
            self._short(found.start(1), found.end(1), "high_signal" if bright else "low_signal")

    def _short(self, start: int, end: int, value: str) -> None:
        """`T1低T2高`, `ADC低下`: a value without the word 信号."""
        self._signals(Mark(start, end, "signal", value, ""))
        self.done = end

    def _signals(self, mark: Mark) -> None:
        for sequence in self.sequences:
            self._add(mark, sequence=sequence)
        if not self.sequences:
            self._add(mark)
        self.used = True

    def _signal(self, number: int, mark: Mark) -> None:
        if mark.group:  # 拡散制限 names its sequence itself
            self._add(mark).sequence = mark.group
            return
        later = self.marks[number + 1] if number + 1 < len(self.marks) else None
        if (
            not self.sequences
            and later is not None
            and later.kind == "sequence"
            and _SIGNAL_LATER.fullmatch(self.text, mark.end, later.start)
        ):
            self._add(mark, sequence=later)  # 高信号(FLAIR)
            self.done = later.end
            return
        self._signals(mark)

    # -- enhancement and uptake ----------------------------------------------------------------------------------------------

    def _head_near(self, number: int, mark: Mark) -> bool:
        """Whether the next word is one of enhancement that this word qualifies: `不均一に|造影され`."""
        later = self.marks[number + 1] if number + 1 < len(self.marks) else None
        if later is None or later.kind not in _QUALIFIED:
            return False
        near = _QUALITY_GAP.fullmatch(self.text, mark.end, later.start) is not None
        if later.kind in ("quality", "texture"):
            return near and self._head_near(number + 1, later)
        return near

    def _head(self, number: int, mark: Mark) -> None:
        qualities: list[Mark] = []
        at = mark.start
        for quality in reversed(self.qualities):
            if not _QUALITY_GAP.fullmatch(self.text, quality.end, at):
                break
            qualities.append(quality)
            at = quality.start
        self.qualities = []
        at = mark.end
        for later in self.marks[number + 1 :]:
            if later.kind not in ("quality", "texture") or not _QUALITY_AFTER.fullmatch(self.text, at, later.start):
                break
            if self._head_near(self.marks.index(later, number), later):
                break
            qualities.append(later)
            at = self.done = later.end
        values = [] if mark.id in ("enhancing", "uptake") else [mark.id]
        values += [self._meaning(mark, q) for q in qualities]
        phase = self._phase_of(min([mark.start, *(q.start for q in qualities)])) if mark.kind == "enhancement" else None
        if mark.id == "enhancing" and phase in _TIMED:
            values.append("early_enhancement" if phase in _EARLY else "delayed_enhancement")
        for value in dict.fromkeys(values or [mark.id]):
            self._add(mark, value, extra=qualities)

    @staticmethod
    def _meaning(head: Mark, quality: Mark) -> str:
        if head.kind == "uptake":
            return {"strong_enhancement": "high_uptake", "weak_enhancement": "low_uptake"}.get(
                quality.group, quality.id
            )
        return quality.group or quality.id

    # -- numbers ---------------------------------------------------------------------------------------------------------

    def _measure(self, mark: Mark) -> None:
        if mark.id == "hounsfield":
            found = before_unit(self.text, self.start, mark)
        else:
            found = readings(self.text, mark, self.end, self.start)
        for number, item in enumerate(found):
            self._number(mark, item, number)
        if found:
            self.done = max(self.done, found[-1].end)

    def _number(self, mark: Mark, item: Reading, number: int) -> None:
        phase = item.phase
        said = self.phase
        if phase is None and number == 0 and said is not None and 0 <= mark.start - said.end <= _PHASE_GAP:
            phase = said.id if "、" not in self.text[said.end : mark.start] else None
        if mark.id.startswith("suv"):
            phase = {"arterial": "early", "delayed": "late"}.get(phase or "", phase)
        value = "ct_value" if mark.id == "hounsfield" else mark.id
        start = min(mark.start, item.start)
        spans = [(item.start, item.end)] if number else sorted([(mark.start, mark.end), (item.start, item.end)])
        self.out.append(
            Draft(start, max(mark.end, item.end), "value", value, phase=phase, numbers=item.numbers, unit=item.unit,
                  prior=item.prior, spans=spans, tail=max(mark.end, item.end), lead=start)
        )  # fmt: skip

    # -- denial ----------------------------------------------------------------------------------------------------------

    def _deny(self) -> None:
        """Marks what the text denies; every item of a denied list is."""
        self.out.sort(key=lambda d: (d.start, d.end))
        for k in range(len(self.out) - 1, -1, -1):
            draft = self.out[k]
            if draft.kind == "value":
                continue
            if _UNKNOWN.match(self.text, draft.end, self.end):
                del self.out[k]
                continue
            if _latin(self.text[draft.start]) and _NO.search(self.text, max(self.start, draft.start - 30), draft.start):
                draft.present = False
                continue
            found = _DENIED.match(self.text, draft.end, self.end)
            if not found and (more := _NOUN.match(self.text, draft.end, self.end)):
                found = _DENIED.match(self.text, more.end(), self.end)
            if found and "乏" in found.group() and draft.kind == "enhancement":
                continue
            if not found and (noun := _DESCRIBED.match(self.text, draft.end, self.end)):
                draft.missing = _DENIED.match(self.text, noun.end(), self.end) is not None
            if found:
                draft.present, draft.tail = False, found.end()
            elif k + 1 < len(self.out) and not self.out[k + 1].present:
                later = self.out[k + 1]
                shared = later.spans[-1] == draft.spans[-1]  # one value on two sequences
                if shared or self._listed(draft, later):
                    draft.present, draft.tail = False, later.tail

    def _listed(self, draft: Draft, later: Draft) -> bool:
        """Whether two are items of one list; what is told by a verb (造影されない) is no item behind a comma."""
        gap = _LIST.fullmatch(self.text, draft.end, later.start)
        if gap is None:
            return False
        verb = self.text[later.spans[-1][1] - 1] in "れるけま"
        return "、" not in gap.group() or (draft.kind == later.kind and not verb)


def _latin(char: str) -> bool:
    return char.isascii() and char.isalpha()
