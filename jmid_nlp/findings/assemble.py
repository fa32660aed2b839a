"""Findings of a report: mentions with certainty, place, size, change, number, history and image references."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import replace

from jmid_nlp.findings.attach import Context, Place, place_all
from jmid_nlp.findings.change import PAST_WORDS, Changes, Plurals, change_of, historical, seen_before
from jmid_nlp.findings.compared import Comparisons
from jmid_nlp.findings.describe import Descriptions
from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.headings import SectionNames
from jmid_nlp.findings.hosts import Hosts
from jmid_nlp.findings.imagerefs import RefMention, image_refs
from jmid_nlp.findings.judge import judge
from jmid_nlp.findings.mentions import Mention, find_mentions
from jmid_nlp.findings.recommend import Advice
from jmid_nlp.findings.sites import find_groups
from jmid_nlp.findings.sizes import Sizer
from jmid_nlp.findings.weigh import keep
from jmid_nlp.offsets import Span
from jmid_nlp.schema import Change, Comparison, Finding, ImageRef, Recommendation, SiteMention
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.measures import Measure, measures


def assemble(parsed: Parsed) -> tuple[Finding, ...]:
    """All findings of a report, ascending, one row a mention.

    Args:
        parsed: The report as `parse` gives it.

    Returns:
        Findings with spans in the original text; `why` names for each attribute the span and the rule it came from, such
        as `12:18 size before head`.
    """
    return read_findings(parsed)[0]


def read_findings(parsed: Parsed) -> tuple[tuple[Finding, ...], tuple[Recommendation, ...]]:
    """As `assemble`, with the advice of the report that is about none of its findings."""
    assembler = _Assembler(_punctuated(parsed))
    return assembler.run(), tuple(assembler.advice.loose)


def _punctuated(parsed: Parsed) -> Parsed:
    """The same report with `，．` (folded to ASCII) as 、。, character for character, so that one comma is looked for."""
    text = parsed.text
    if "," in text:
        text = _COMMA.sub("、", text)
    if "." in text:
        text = _STOP.sub("。", text)
    ends = [m.end(1) for m in _UNSTOPPED.finditer(text)] if " " in text else []
    if ends:
        chars = list(text)
        for k in ends:
            chars[k] = "。"
        text = "".join(chars)
    if text is parsed.text:
        return parsed
    return replace(parsed, text=text, sentences=_split(parsed.sentences, ends))


def _split(sentences: list[Span], ends: list[int]) -> list[Span]:
    """Sentences cut behind further full stops."""
    out: list[Span] = []
    for start, end in sentences:
        for stop in (k for k in ends if start < k < end - 1):
            out.append((start, stop + 1))
            start = stop + 1
        out.append((start, end))
    return out


_DEPTHS = ("深", "厚", "高", "幅", "充", "全")


_COMMA = re.compile(r"(?<!\d),|,(?!\s?\d)")
# A space for a full stop: 胸水なし 腹水なし.
_UNSTOPPED = lazy(
    r"(ます|ません|です|でした|ました|なし|あり|ある|める|れる|ない|疑い|いる|された|した) (?=[一-鿿ァ-ヶぁ-ん])"
)
_EVERYONE = re.compile(r"いずれも|ともに|すべて|全て|両者とも|それぞれ")
_STOP = lazy(r"(?<=[ぁ-んァ-ヶ一-鿿)])\.(?=\s|[ぁ-んァ-ヶ一-鿿]|\Z)")


class _Assembler:
    """One report on its way to findings; each step fills one attribute of all mentions."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed = parsed
        self.text = parsed.text
        found, places = find_mentions(parsed)
        groups = find_groups(parsed, found, places)
        self.mentions = keep(parsed, found, groups)
        self.changes = Changes(parsed, self.mentions)
        self._number_sentences()
        self.certainty, self.cues = judge(parsed, self.mentions)
        self.sizer = Sizer(parsed, self.mentions, groups, self.certainty)
        names = SectionNames(parsed)
        self.sections = [names.of(m.start) for m in self.mentions]
        self.plurals = Plurals(self.text)
        self.old = any(word in self.text for word in PAST_WORDS)
        self.starts = [m.start for m in self.mentions]
        context = Context(parsed, self.mentions, groups, self.certainty, self.sections, self.cues)
        self.places = place_all(context)
        self.hosts = Hosts(context, self.places)
        self.why: list[dict[str, str]] = [{} for _ in self.mentions]
        self.sizes: list[list[Measure]] = [[] for _ in self.mentions]
        self.told: dict[tuple[int, int], int] = {}  # sentence -> the mention whose size it tells
        self.refs: list[list[RefMention]] = [[] for _ in self.mentions]

    def _number_sentences(self) -> None:
        starts = [s for s, _ in self.parsed.sentences]
        for mention in self.mentions:
            mention.sentence = bisect_right(starts, mention.start) - 1

    def run(self) -> tuple[Finding, ...]:
        """The findings."""
        for measure in measures(self.text):
            owner = self.sizer.owner(measure) if measure.role == "size" else None
            if owner is not None:
                self.sizes[owner[0]].append(measure)
                self.sizer.given.add(owner[0])
                self.told[self.sizer.sentence_of(measure.start)] = owner[0]
                self.why[owner[0]]["sizes_mm"] = self._at(measure.start, measure.end, owner[1])
        for ref in image_refs(self.text):
            self._give_ref(ref)
        self.stretches = [self._bounds(k) for k in range(len(self.mentions))]
        changes = [self._change(k) for k in range(len(self.mentions))]
        self._topic_changes(changes)
        self._loose_changes(changes)
        self.described = Descriptions(self.hosts)
        self.advice = Advice(self.hosts)
        self.comparisons = Comparisons(self.parsed)
        return tuple(self._finding(k, changes[k]) for k in range(len(self.mentions)))

    def _bounds(self, number: int) -> tuple[int, int]:
        """The stretch of text that speaks of a mention: from the mention before to the mention after, in its sentence."""
        mention = self.mentions[number]
        start, end = self.parsed.sentences[mention.sentence] if mention.sentence >= 0 else (0, len(self.text))
        if number and self.mentions[number - 1].end > start:
            start = self.mentions[number - 1].end
        if number + 1 < len(self.mentions) and self.mentions[number + 1].start < end:
            end = self.mentions[number + 1].start
        return start, end

    def _give_ref(self, ref: RefMention) -> None:
        start, end = self.sizer.sentence_of(ref.start)
        after = bisect_left(self.starts, ref.start)
        if after and self.mentions[after - 1].start >= start:
            owner: int | None = after - 1
        elif after < len(self.mentions) and self.mentions[after].start < end:
            owner = after
        else:
            owner = after - 1 if after else None
        if owner is not None:
            self.refs[owner].append(ref)
            self.why[owner]["image_refs"] = self._at(ref.start, ref.end, "reference")

    def _change(self, number: int) -> Change | None:
        mention = self.mentions[number]
        before, after = self.stretches[number]
        value, words = change_of(self.changes, before, mention, after)
        if value is None:
            value, words = self._by_numbers(number)
        if value == "resolved" or (
            self.certainty[number] == "negative" and seen_before(self.text, before, after) and value is None
        ):
            self.certainty[number] = "negative"
            value = "resolved"
        elif self.certainty[number] == "negative":
            value = None
        if value:
            self.why[number]["change"] = self._at(mention.start, mention.end, f"change {words}".strip())
        return value

    def _by_numbers(self, number: int) -> tuple[Change | None, str]:
        """`11mm→14mm`: the numbers say what no word says."""
        if not self.sizes[number]:
            return None, ""
        now = [max(s) for m in self.sizes[number] for s in m.sizes]
        then = [max(s) for m in self.sizes[number] for s in m.prior]
        if not now or not then:
            return None, ""
        if max(now) == max(then):
            return "stable", "equal sizes"
        return ("increased", "larger size") if max(now) > max(then) else ("decreased", "smaller size")

    def _topic_changes(self, changes: list[Change | None]) -> None:
        """`壁肥厚は術後瘢痕として不変`: the topic changed, not what it is taken for."""
        for k in range(len(self.mentions) - 1, 0, -1):
            first, second = self.mentions[k - 1], self.mentions[k]
            listed = self.text[first.end : second.start] in ("、", "と", "や", "・", "および", "及び")
            told = changes[k] in ("increased", "decreased", "stable") and self.text.startswith("は", second.end)
            if listed and told and changes[k - 1] is None and self.certainty[k - 1] != "negative":
                changes[k - 1] = changes[k]
                self.why[k - 1]["change"] = self.why[k]["change"]
        for k in range(1, len(self.mentions)):
            first, second = self.mentions[k - 1], self.mentions[k]
            listed = self.text[first.end : second.start] in ("と", "や", "および", "及び")
            more = listed and changes[k] is None and changes[k - 1] == "new" and self.certainty[k] != "negative"
            if more and self._ahead_of(k - 1):  # 新たに出現した浸潤影と胸水
                changes[k], self.why[k]["change"] = "new", self.why[k - 1]["change"]
        for k in range(1, len(self.mentions)):
            if changes[k] is not None and _EVERYONE.search(self.text, *self._tail(k)):
                self._share_change(changes, k)
            topic, mention = self.mentions[k - 1], self.mentions[k]
            if changes[k] is None or changes[k - 1] is not None or topic.sentence != mention.sentence:
                continue
            if self.text[topic.end : mention.start] in ("は", "は、") and self.text.startswith(
                ("として", "の所見", "と考え", "と思", "で、", "であり"), mention.end
            ):
                changes[k - 1], changes[k] = changes[k], None
                self.why[k - 1]["change"] = self.why[k].pop("change")

    def _ahead_of(self, number: int) -> bool:
        """Whether a word for new stands before a mention: it is said of a whole list."""
        start = self.stretches[number][0]
        return "新" in self.text[max(start, self.mentions[number].start - 16) : self.mentions[number].start]

    def _tail(self, number: int) -> tuple[int, int]:
        return self.mentions[number].end, self.stretches[number][1]

    def _share_change(self, changes: list[Change | None], number: int) -> None:
        """`S6嚢胞、S8血管腫(いずれも著変なし)`: all of the sentence."""
        for k in range(number - 1, -1, -1):
            if self.mentions[k].sentence != self.mentions[number].sentence:
                break
            if changes[k] is None and self.certainty[k] != "negative":
                changes[k] = changes[number]
                self.why[k]["change"] = self.why[number]["change"]

    def _loose_changes(self, changes: list[Change | None]) -> None:
        """A sentence that only speaks of change (前回と著変なし。) speaks of the mention before it."""
        for start, end in self.parsed.sentences:
            k = bisect_left(self.starts, start)
            if k == 0 or (k < len(self.starts) and self.starts[k] < end):
                continue
            if "\n" in self.text[self.mentions[k - 1].end : start] and not re.match(
                r"\s*(?:前回|いずれも|増大|縮小)", self.text[start:end]
            ):
                continue
            probe = Mention(start, start, "lesion", None, start)
            value, words = change_of(self.changes, start, probe, end)
            if value is None or not re.match(
                r"\s*(?:[^。]{0,24}(?:前回|以前|年前|月前|週前|比(?:べ|し|較)|サイズ|大きさ|著変|変化|不変|増大|縮小))",
                self.text[start:end],
            ):
                continue
            if self.sizer.names_place(start, end):
                continue
            if re.search(r"その他|他に|他の|以外|背景|新たな|新規", self.text[start:end]):
                continue
            owner = self.told.get((start, end))
            if owner is not None:
                by_numbers = self.why[owner].get("change", "").endswith(("size", "sizes"))
                if (changes[owner] is None or by_numbers) and self.certainty[owner] != "negative":
                    changes[owner] = value
                    self.why[owner]["change"] = self._at(start, end, f"next sentence {words}")
                continue
            everyone = re.search(r"いずれも|ともに|すべて", self.text[start:end]) is not None
            last = self.mentions[k - 1].sentence
            for j in range(k - 1, -1, -1):
                if self.mentions[j].sentence != last:
                    break
                if self.certainty[j] != "negative" and changes[j] is None and value != "resolved":
                    changes[j] = value
                    self.why[j]["change"] = self._at(start, end, f"next sentence {words}")
                    if not everyone:
                        break

    def _finding(self, number: int, change: Change | None) -> Finding:
        mention, place = self.mentions[number], self.places[number]
        before, after = self.stretches[number]
        why = self.why[number]
        certainty = self.certainty[number]
        start, end = self.parsed.span(mention.start, mention.end)
        why["text"] = self._at(mention.start, mention.end, mention.why)
        why["certainty"] = self.cues[number]
        if place.sites or place.side:
            self._explain_place(why, place)
        feared = certainty == "general" and self.cues[number].endswith(("beware", "a risk", "a condition"))
        past = historical(self.text, mention, after) if self.old and not feared else ""
        if past or mention.kind == "state":
            why["historical"] = self._at(mention.start, mention.end, past or "after a procedure")
        current: tuple[tuple[float, ...], ...] = ()
        prior: tuple[tuple[float, ...], ...] = ()
        apart = False
        if sizes := self.sizes[number]:  # most have none
            current = tuple(s for m in sizes for s in m.sizes) if certainty != "negative" else ()
            prior = tuple(s for m in sizes for s in m.prior)
            apart = sum(1 for m in sizes if m.sizes and not m.axis.startswith(_DEPTHS)) > 1
        first = number == 0 or self.mentions[number - 1].sentence != mention.sentence
        last = number + 1 == len(self.mentions) or self.mentions[number + 1].sentence != mention.sentence
        several = self.plurals.of(before, mention, after, first=first, last=last) if certainty != "negative" else ""
        many = certainty != "negative" and bool(several or apart)
        if many:
            why["multiple"] = self._at(mention.start, mention.end, several or "several sizes")
        return Finding(
            start, end, self.parsed.source[start:end], mention.concept, certainty, self._sites(place), place.side,
            current, prior, change, many, bool(past) or mention.kind == "state", self._images(number),
            self.sections[number], why, tuple(self.described.attributes[number]), self.described.numbers[number],
            tuple(self.advice.own[number]), self._compared(number, change, prior),
        )  # fmt: skip

    def _compared(self, number: int, change: Change | None, prior: tuple[tuple[float, ...], ...]) -> Comparison | None:
        """What the change of a mention is measured against."""
        why = self.why[number]
        why.update(self.described.why[number])
        if self.advice.why[number]:
            why["recommendation"] = self.advice.why[number]
        if change is None and not prior:
            return None
        mention = self.mentions[number]
        told = {self.sizer.sentence_of(m.start) for m in self.sizes[number]}
        numbers = [mention.sentence, *sorted({self.comparisons.sentence(s) for s, _ in told} - {mention.sentence})]
        if why.get("change", "").partition(" ")[2].startswith("next sentence"):
            numbers.append(mention.sentence + 1)
        found = self.comparisons.of(mention.start, mention.end, numbers)
        if found is None:
            return None
        why["compared_to"] = f"{found[0].start}:{found[0].end} {found[1]}"
        return found[0]

    def _sites(self, place: Place) -> tuple[SiteMention, ...]:
        if not place.sites:
            return ()
        return tuple(SiteMention(*self.parsed.span(s.start, s.end), s.concept) for s in place.sites)

    def _images(self, number: int) -> tuple[ImageRef, ...]:
        if not self.refs[number]:
            return ()
        return tuple(ref for group in self.refs[number] for ref in group.refs)

    def _explain_place(self, why: dict[str, str], place: Place) -> None:
        if place.sites:
            why["locations"] = self._at(place.sites[0].start, place.sites[-1].end, place.rule)
        if place.side:
            why["laterality"] = why.get("locations", place.rule)

    def _at(self, start: int, end: int, rule: str) -> str:
        a, b = self.parsed.span(start, end)
        return f"{a}:{b} {rule}"
