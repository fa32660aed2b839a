"""What a report advises: action, examination, time until then, and the findings it is about.

An action (`lexicons/recommend.tsv`) is advice where the report asks for it (お勧めします, ご検討ください, 要精査), says that
it is not needed, ends the sentence with it (6か月後フォロー。) or has it in its section of recommendations. What was done or why
the examination was made (フォロー中, 精査目的) is none.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from jmid_nlp.findings.hosts import Hosts
from jmid_nlp.findings.intervals import Interval, intervals
from jmid_nlp.findings.marks import Mark
from jmid_nlp.offsets import Span
from jmid_nlp.schema import Recommendation

_SILENT = frozenset(("indication", "history", "technique", "comparison", "other"))
# An examination before the action that it serves: MRIでの精査, CTフォロー.
_SERVES = re.compile(
    r"(?:検査)?(?:でも?|での|による|にて|にての|の|を用いた|下での?(?:[^。、\n]{1,12}の)?|下の|などで|などでの|等での?|などによる|等による|も含め(?:た|て)?)?(?:ご|、)?(?:慎重な|定期的な|更なる|さらなる|追加の?|詳細な)?"
)
_BACK = re.compile(r"(?:の|て|(?:併せ|あわせ|合わせ|照らし合わせ|対比し)て)?")
_FOLLOWED = re.compile(r"(?:にて|で|して)(?:変化|推移|経過|消長)?[をの]?")  # フォローにて変化をご確認
_LISTED = re.compile(
    r"(?:検査)?(?:[、,・/]|や|と|および|及び|または|又は|もしくは|あるいは|か|など|等|も|を|での?|による|の|を含め(?:た|て)?|ご|が|[前後]者(?:には|は|も)|\d{1,2}(?:年|[かヶ]月|週)後の?|、?必要(?:に応じ|なら)て?、?)*+"
)
_ASKED_GAP = re.compile(r"(?:(?!認め|指摘|みられ|ました|であり|ですが|ものの|。|\n|不変|増大|縮小|所見|異常).){0,26}")
_CHECKED = re.compile(r"(?:を|お|も|の(?:ほど|程|上)?|いただ|頂|して?|くださ|下さ|が|の?(?=お願))*+")
_ENDS = re.compile(
    r"(?:の?継続)?(?:のみ|だけ)?(?:を|へ|が|、)?(?:で(?:は)?(?:可|十分|よい|良い|よろし|宜し)[^。\n]{0,10}|として(?:ください)?|とします|の方針|のこと)?"
    r"[ \t]*(?:\([^()\n]{0,14}\))?[ \t]*(?:[。\n)]|\Z)"
)
_DONE = re.compile(
    r"(?:術)?後(?!の?(?:CT|MRI|フォロー))|中(?:です|の|で|。|、|\n|に|\Z)|(?:を)?(?:目的|施行(?:され|し|済|の|後)|済み?|歴|依頼)"
    r"|(?:の)?(?:ため|結果|予定)|(?:されて|して)(?:い(?:る|ます|た)|おり)|(?:さ|し)れ(?:た|ました)|として(?!ください)|にて|で(?:指摘|発見|認め|確認|診断|証明)|上|画像"
)
# What stands before an action that ends its sentence: a particle, a comma, a time; not the noun of a compound.
_OPENS = re.compile(r"(?:[、,。 \t・:)→もでにごへくしてめ後内毎位安度]|[後内毎間]の|とおり)\Z")
_ALONE = frozenset(("follow_up", "workup", "biopsy", "referral", "imaging", "endoscopy"))
_ABOUT = re.compile(r"について|につき|に関し|に対し")
_NUMBERED = re.compile(r"(#\d{1,2})(?=に|は|の|も|と)")
_LINE = re.compile(r"\s*[^\n]*\n")
_MOST = 64  # words of advice in one sentence that are looked at, so that no text takes quadratic time
_LOOK = 60  # characters before an action that can hold its time
_SOUGHT = re.compile(
    r"(?:など|等)?(?:の|を)?(?:有無|検索|評価|除外|否定|鑑別|診断|確認|精査|スクリーニング|チェック|発見)"
)
_PAPERS = re.compile(
    r"(?:位置|先端|適応|病歴|既往|内服歴?|投与|服用|経歴|前回画像|資料)(?:など|等)?[のを]?(?:ご|御)?\Z"
)
_CHECKING = re.compile(r"(?:ご|御)?確認|評価")
_ON = frozenset(("positive", "suspicious"))


@dataclass(slots=True)
class _Action:
    """An action in a sentence with what has been found of it."""

    mark: Mark
    modality: str | None
    spans: list[Span] = field(default_factory=list)
    asked: bool = False
    needed: bool = True

    @property
    def start(self) -> int:
        return min(s for s, _ in self.spans)


class Advice:
    """The advice of a report, given to its findings.

    Attributes:
        own: The advice about each mention.
        loose: The advice about none.
        why: The rule for each mention that has advice.
    """

    def __init__(self, hosts: Hosts) -> None:
        self.hosts, self.parsed = hosts, hosts.c.parsed
        self.text = self.parsed.text
        self.own: list[list[Recommendation]] = [[] for _ in hosts.mentions]
        self.loose: list[Recommendation] = []
        self.why: list[str] = [""] * len(hosts.mentions)
        self._starts = [m.start for m in self.parsed.marks.advice]
        self._section_starts = [s.start for s in self.parsed.sections]
        self._body = self._last_body()
        done = -1
        for mark in self.parsed.marks.advice:
            if mark.kind == "action" and mark.start >= done:
                start, end = hosts.sentence(mark.start)
                self._sentence(start, end)
                done = end

    def _sentence(self, start: int, end: int) -> None:
        section = self._section(start)
        if section in _SILENT:
            return
        marks = self.parsed.marks.advice[bisect_left(self._starts, start) : bisect_left(self._starts, end)][:_MOST]
        actions = self._actions(marks)
        self._ask(actions, marks, end, section)
        asked = [a for a in actions if a.asked]
        if not asked:
            return
        times = intervals(self.text, start, end)
        conditions = [m for m in marks if m.kind == "condition"]
        targets, rule = self._targets(asked[0].start, start)
        for number, action in enumerate(asked):
            low = asked[number - 1].mark.end if number else start
            high = asked[number + 1].start if number + 1 < len(asked) else end
            if number + 1 < len(asked):
                high = max(action.mark.end, self.text.find("、", action.mark.end, high))
            time = _nearest(times, action, low, high)
            conditional = [c for c in conditions if c.start < high]
            one = self.hosts.one_of_two(start, action.start)
            topics = self._topics(low, action.start) or ([] if one is None else [one])
            self._give(action, time, conditional, topics or targets, rule)

    def _section(self, at: int) -> str | None:
        k = bisect_right(self._section_starts, at) - 1
        sections = self.parsed.sections
        if not 0 <= k < len(sections) or at >= sections[k].end:
            return None
        name = sections[k].name
        return None if name in _SILENT and at >= self._body else name

    def _last_body(self) -> int:
        """Where the first line of the last section ends: with no heading behind a request, the report itself follows it."""
        if not self.parsed.sections:
            return len(self.text)
        first = _LINE.match(self.text, self.parsed.sections[-1].heading_end)
        return first.end() if first else len(self.text)

    # -- what is advised ---------------------------------------------------------------------------------------------------

    def _actions(self, marks: Sequence[Mark]) -> list[_Action]:
        """The actions of a sentence; an examination that serves the next one becomes its modality."""
        out: list[_Action] = []
        for mark in marks:
            if mark.kind == "action" and not (out and self._joins(out[-1], mark)):
                out.append(_Action(mark, mark.group or None, [(mark.start, mark.end)]))
        return out

    def _joins(self, last: _Action, mark: Mark) -> bool:
        """Makes one of an action and the next where the one serves the other: MRIでの精査, フォローCT, 内視鏡での精査."""
        first, second = last.mark.id, mark.id
        between = self.text[last.mark.end : mark.start]
        serves = first in ("imaging", "endoscopy") and second in ("follow_up", "workup", "biopsy")
        checked = _CHECKING.fullmatch(self.text, mark.start, mark.end) is not None
        if serves and _SERVES.fullmatch(between):
            last.modality = last.modality if second != "biopsy" else mark.group
            last.mark = mark
        elif checked and (
            (first == "follow_up" and _FOLLOWED.fullmatch(between))
            or (first == "biopsy" and _SERVES.fullmatch(between))
        ):
            last.mark = last.mark._replace(end=mark.end)
        elif _BACK.fullmatch(between) and (checked or (first == "follow_up" and second == "imaging")):
            last.modality = mark.group or last.modality  # フォローCT, 腫瘍マーカーの確認
            last.mark = last.mark._replace(end=mark.end)
        else:
            return False
        last.spans.append((mark.start, mark.end))
        return True

    def _ask(self, actions: list[_Action], marks: Sequence[Mark], end: int, section: str | None) -> None:
        """Which of the actions are advice; every item of a list is where the last one is."""
        for number in range(len(actions) - 1, -1, -1):
            action = actions[number]
            at = action.mark.end
            if _DONE.match(self.text, at, end) or _PAPERS.search(self.text, max(0, action.start - 6), action.start):
                continue
            later = actions[number + 1] if number + 1 < len(actions) else None
            if later is not None and later.asked and self._listed(at, later.start):
                action.asked, action.needed = True, later.needed
                continue
            self._asked(action, marks, end)
            if not action.asked and (section == "recommendation" or self._ends(action, end, section)):
                action.asked = True

    def _listed(self, start: int, end: int) -> bool:
        """Whether only what joins two actions stands between them; a topic of the second may: `、肺結節については`."""
        return _LISTED.fullmatch(self.text, start, end) is not None or (
            self.text[start : start + 1] in ("、", ",") and bool(self._topics(start, end))
        )

    def _topics(self, start: int, end: int) -> list[int]:
        """The mentions in `[start, end)` that advice is said to be about."""
        starts = self.hosts.starts
        own = [k for k in range(bisect_left(starts, start), bisect_left(starts, end)) if self._about(k)]
        return sorted({*own, *(e for k in own if (e := self.hosts.namesake(k)) is not None)})

    def _about(self, number: int) -> bool:
        return _ABOUT.match(self.text, self.hosts.mentions[number].end) is not None

    def _asked(self, action: _Action, marks: Sequence[Mark], end: int) -> None:
        at = action.mark.end
        for mark in marks:
            if mark.kind == "must" and mark.end == action.start:
                action.asked = True
                action.spans.append((mark.start, mark.end))
                return
            if mark.start < at or mark.kind not in ("request", "needless", "must"):
                continue
            gap = _CHECKED if _CHECKING.fullmatch(self.text, action.mark.start, at) else _ASKED_GAP
            if not gap.fullmatch(self.text, at, mark.start) or self._mention_between(at, mark.start):
                return
            action.asked = True
            action.needed = mark.kind != "needless"
            action.spans.append((mark.start, mark.end))
            return

    def _ends(self, action: _Action, end: int, section: str | None) -> bool:
        """`6か月後フォロー。`: the action ends the sentence, which is not the title of the report nor a compound (術前精査)."""
        low = self.hosts.sentence(action.start)[0]
        title = section is None and not self.text[:low].strip()
        if title or not (action.start == low or _OPENS.search(self.text, max(low, action.start - 2), action.start)):
            return False
        if action.mark.id not in _ALONE or _CHECKING.fullmatch(self.text, action.mark.start, action.mark.end):
            return False
        asked = self.text.startswith(("を", "へ"), action.mark.end) or action.mark.id in ("follow_up", "workup")
        if not asked and not intervals(self.text, max(low, action.start - _LOOK), action.start):
            return False
        return _ENDS.match(self.text, action.mark.end, end) is not None

    def _mention_between(self, start: int, end: int) -> bool:
        k = bisect_left(self.hosts.starts, start)
        return k < len(self.hosts.starts) and self.hosts.starts[k] < end

    # -- what it is about --------------------------------------------------------------------------------------------------

    def _targets(self, at: int, low: int) -> tuple[list[int], str]:
        """The mentions that advice at a place is about, with the rule."""
        hosts = self.hosts
        stop = bisect_left(hosts.starts, at)
        own = [k for k in range(bisect_left(hosts.starts, low), stop) if hosts.c.certainty[k] in _ON]
        named = _NUMBERED.search(self.text, low, at)
        if named is not None and not own:
            item = self.text.find(named.group(1))
            first = bisect_left(hosts.starts, item)
            if item < low and first < stop and "#" not in self.text[item + 1 : hosts.starts[first]]:
                return [first], "number of the list"
        sought = [k for k in range(bisect_left(hosts.starts, low), stop) if self._sought(k)]
        if sought and not own:
            return sought, "what is looked for"
        if own:
            topics = [k for k in own if self._topic(k)]
            chosen = topics[-1:] if topics and topics[-1] == own[-1] else own
            earlier = [e for k in chosen if (e := hosts.namesake(k)) is not None]
            if low and not any(hosts.places[k].direct for k in own):
                earlier += (
                    hosts.lesions_before(low - 1) if self._goes_on(low) else []
                )  # こちらも肺癌を否定できず、経過観察を
            return sorted({*earlier, *chosen}), "same sentence"
        found = hosts.lesions_before(at)
        if not found:
            return [], ""
        found = sorted({*found, *(f for k in found for f in hosts.beside(k))})
        first = max(found)
        also = [k for k in range(first + 1, stop) if self._taken_up(k, first)]
        return sorted({*found, *also}), "sentence before"

    def _topic(self, number: int) -> bool:
        """Whether the advice is said to be about a mention: `結節については`, `左腎の腫瘤は`."""
        end = self.hosts.mentions[number].end
        itself = self.text.startswith("は", end) and self.hosts.places[number].direct
        return itself or _ABOUT.match(self.text, end) is not None

    def _goes_on(self, low: int) -> bool:
        """Whether a sentence is in the line of the one before it."""
        return "\n" not in self.text[max(0, low - 2) : low + 1]

    def _sought(self, number: int) -> bool:
        """Whether the advice is to look for a mention: `肺転移の有無につき胸部CT`, `除外のため`."""
        mention = self.hosts.mentions[number]
        return self.hosts.c.certainty[number] == "general" and _SOUGHT.match(self.text, mention.end) is not None

    def _taken_up(self, number: int, lesion: int) -> bool:
        """Whether a mention is what the lesion before it is taken for, and no lesion of another sentence."""
        hosts = self.hosts
        mention, place = hosts.mentions[number], hosts.places[number]
        if hosts.c.certainty[number] not in _ON or not (mention.kind == "disease" or hosts.opinion(number)):
            return False
        return not (place.direct and place.sites) or mention.sentence == hosts.mentions[lesion].sentence

    def _give(
        self, action: _Action, time: Interval | None, conditions: Sequence[Mark], targets: list[int], rule: str
    ) -> None:
        spans = sorted({*action.spans, *([(time.start, time.end)] if time else ())})
        written = None
        if time is not None:
            a, b = self.parsed.span(time.start, time.end)
            written = self.parsed.source[a:b]
        item = Recommendation(
            action.mark.id, action.modality, time.days if time else (), written, action.needed, bool(conditions),
            tuple(self.parsed.span(*s) for s in spans),
        )  # fmt: skip
        if not targets:
            self.loose.append(item)
        for k in targets:
            self.own[k].append(item)
            words = f"{item.spans[0][0]}:{item.spans[-1][1]} {item.action} {rule}"
            self.why[k] = f"{self.why[k]}; {words}" if self.why[k] else words


def _nearest(times: Sequence[Interval], action: _Action, low: int, high: int) -> Interval | None:
    """The time of an action: the last one before it, else the first behind it."""
    before = [t for t in times if low <= t.start and t.end <= action.mark.end]
    if before:
        return before[-1]
    return next((t for t in times if action.mark.end <= t.start and t.end <= high), None)
