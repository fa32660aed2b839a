"""What a report says of its findings beyond what, where and whether: attributes and numbers, each given to its mention."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jmid_nlp.findings.attributes import Draft, drafts
from jmid_nlp.findings.counts import Number, counts
from jmid_nlp.findings.hosts import Hosts
from jmid_nlp.schema import Attribute, Count

_MOST = 64  # attributes of one finding
_AND_THERE = re.compile(r"(?:[、,]|と|および|及び)[^。、,]{1,12}(?:(?:に|で)(?:は|も)?|は)")
_OUTLINE = frozenset(("margin", "shape"))
_SELF = frozenset(("signal",))
_SIGNS = _SELF | {"sign"}


class Descriptions:
    """Attributes and number of each mention, with the rule that gave them to it."""

    def __init__(self, hosts: Hosts) -> None:
        self.hosts = hosts
        self.parsed = hosts.c.parsed
        size = len(hosts.mentions)
        self.attributes: list[list[Attribute]] = [[] for _ in range(size)]
        self.numbers: list[Count | None] = [None] * size
        self.why: list[dict[str, str]] = [{} for _ in range(size)]
        marks = self.parsed.marks
        if not size:
            return
        if marks.looks:
            self._attributes(drafts(self.parsed.text, marks.looks, self.parsed.sentences))
        if marks.counts:
            self._numbers()

    def _attributes(self, found: list[Draft]) -> None:
        for draft in found:
            self._undeny(draft)
        spans = [(d.lead, d.tail) for d in found]
        for number, draft in enumerate(found):
            if draft.part == "surroundings" and self.hosts.inside(draft.start, draft.end) is None:
                continue
            limit = self.hosts.sentence(draft.start)[1]
            following = [s for s in spans[number + 1 : number + 9] if s[0] < limit]
            for owner, rule in self.owners(draft, following):
                self._give(owner, draft, rule)

    def _undeny(self, draft: Draft) -> None:
        """`溶骨性、骨硬化性変化は認めません`: what is denied is the finding that the words describe, not that it looks so."""
        own = self.hosts.inside(draft.start, draft.end)
        described = own is not None and (
            self.hosts.mentions[own].kind not in _SIGNS or draft.end < self.hosts.mentions[own].end
        )
        if not draft.present and (described or self.hosts.finding_between(draft.end, draft.tail)):
            draft.present, draft.tail = True, draft.end

    def owners(self, draft: Draft, following: Sequence[tuple[int, int]]) -> list[tuple[int, str]]:
        """The mentions that an attribute belongs to, with the rule."""
        hosts = self.hosts
        own = hosts.inside(draft.start, draft.end)
        if own is not None:
            draft.part = None if draft.part == "surroundings" else draft.part
            return self._of_own_word(own, draft)
        head = hosts.ahead(draft.tail, following)
        if head is not None and draft.kind in _OUTLINE and hosts.mentions[head].kind == "sign":
            head = hosts.carried(hosts.mentions[head].end) or head  # 分葉状のスピキュラを伴う腫瘤
        if head is not None:
            denied = hosts.c.certainty[head] == "negative"  # 造影される充実部はない
            return [(head, "before head"), *([] if denied else self._of_signal(head))]
        if draft.missing:
            return []
        found = [(k, "said of it") for k in hosts.behind(draft.start)]
        if not found and draft.kind == "signal" and (later := hosts.signal_after(draft.tail)) is not None:
            return [(later, "same list")]  # T1低信号、STIR|高信号を認め
        if not found:
            return [(k, "taken for it") for k in hosts.taken_later(draft.start)]
        signal = hosts.signal_before(draft.start) if draft.kind == "value" else None
        return found if signal is None or (signal, "said of it") in found else [*found, (signal, "said of it")]

    def _of_own_word(self, own: int, draft: Draft) -> list[tuple[int, str]]:
        """An attribute that is written in a finding's own words: 早期濃染 as a finding speaks of a lesion, too."""
        mention = self.hosts.mentions[own]
        if mention.kind in _SELF:
            denied = self.hosts.c.certainty[own] == "negative"
            draft.present = draft.present and not denied
            found = self._of_signal(own)
            return found if denied else [(own, "own words"), *found]
        whole = draft.start <= mention.head and draft.end >= mention.end
        if whole and (mention.kind == "sign" or self.hosts.is_look(own)):
            draft.present = draft.present and self.hosts.c.certainty[own] != "negative"
            head = self.hosts.ahead(mention.end)
            if head is None or self.hosts.mentions[head].kind == "sign":
                head = self.hosts.carried(mention.end)
            if head is not None and head != own:
                return [(head, "before head")]
            return [(k, "said of it") for k in self.hosts.behind(mention.start) if k != own]
        return [(own, "own words")]

    def _of_signal(self, number: int) -> list[tuple[int, str]]:
        if self.hosts.mentions[number].kind not in _SELF:
            return []
        return [(k, "of the lesion") for k in self.hosts.of_signal(number)]

    def _give(self, owner: int, draft: Draft, rule: str) -> None:
        spans = tuple(self.parsed.span(*s) for s in draft.spans)
        item = Attribute(
            draft.kind, draft.value, draft.present, draft.sequence, draft.phase, draft.part, draft.numbers, draft.unit,
            draft.prior, spans,
        )  # fmt: skip
        if len(self.attributes[owner]) >= _MOST or any(_same(item, other) for other in self.attributes[owner]):
            return
        self.attributes[owner].append(item)
        words = f"{spans[0][0]}:{spans[-1][1]} {draft.kind} {draft.value} {rule}"
        why = self.why[owner]
        why["attributes"] = f"{why['attributes']}; {words}" if "attributes" in why else words

    def _numbers(self) -> None:
        found = counts(self.parsed.text, self.parsed.marks.counts)
        heads = [self._counted(item) for item in found]
        for k in range(len(found) - 2, -1, -1):
            if heads[k + 1][1] == "before head" and _joined(self.parsed.text, found[k], found[k + 1]):
                heads[k] = heads[k + 1]  # 右に1個、左に2個の結節
        last: Number | None = None
        for item, (head, rule) in zip(found, heads, strict=True):
            if head is None or self.hosts.c.certainty[head] == "negative":
                continue
            start, end = self.parsed.span(item.start, item.end)
            before = self.numbers[head]
            if before is None:
                self.numbers[head] = Count(item.low, item.high, start, end)
                self.why[head]["number"] = f"{start}:{end} {rule}"
            elif _joined(self.parsed.text, last, item) and before.low is not None and item.low is not None:
                low, high = before.low + item.low, _sum(before.high, item.high)
                self.numbers[head] = Count(low, high, before.start, end)
                self.why[head]["number"] = f"{before.start}:{end} sum {rule}"
            last = item

    def _counted(self, item: Number) -> tuple[int | None, str]:
        """The mention that a count is the number of, with the rule."""
        own = self.hosts.inside(item.start, item.end)
        head = own if own is not None else self.hosts.ahead(item.end)
        if head is not None:
            return head, "before head"
        behind = self.hosts.behind(item.start)
        if len(behind) != 1 or (item.touches and self.hosts.mentions[behind[0]].end != item.start):
            return None, ""
        return behind[0], "said of it"


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second


def _joined(text: str, first: Number | None, second: Number) -> bool:
    """`右に2個、左に4個`."""
    return first is not None and _AND_THERE.fullmatch(text, first.end, second.start) is not None


def _same(a: Attribute, b: Attribute) -> bool:
    """Whether two attributes say the same: 辺縁平滑 twice."""
    return (a.kind, a.value, a.present, a.sequence, a.phase, a.part, a.numbers, a.prior) == (
        b.kind, b.value, b.present, b.sequence, b.phase, b.part, b.numbers, b.prior,
    )  # fmt: skip
