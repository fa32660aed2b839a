"""Which place belongs to which mention: said beside it, carried through the sentence, or inherited from a described lesion."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.mentions import Mention
from jmid_nlp.findings.sites import Group, Site, join_sides, side_of
from jmid_nlp.findings.terms import is_a
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.schema import Certainty, Laterality


@dataclass(slots=True)
class Place:
    """Where a mention is: its sites, its side and the rule that found them."""

    sites: list[Site] = field(default_factory=list)
    side: Laterality | None = None
    rule: str = ""
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What the attachment needs to know of a report."""

    parsed: Parsed
    mentions: list[Mention]
    groups: list[Group]
    certainty: list[Certainty]
    sections: list[str | None]


_SIDE_PREFIX = re.compile(
    r"(?:両側性?|左右|両|右側|左側|右|左|正中|[RrLl]t\.?|left|right|bilateral)(?:傍正中型?|正中|外側型?|後方|前方|優位|後外側型?)?(?:の|に|\s)?"
    r"(?:(?:軽度|中等度|高度|著明な|少量|中等量|多量|大量|ごく少量|微量|慢性|急性|陳旧性|多発|大量|軽度の|少量の|多量の|大きな|小さな)(?:の|な)?){0,2}\Z"
)
_BULLET = re.compile(
    r"[ \t]{0,6}(?:[・●○■□◆◇▼▽▲△★☆※◎#＃*>→⇒+＋]|[-–—](?=[^\d])|\(?\d{1,2}[).．、](?!\d)|[①-⑳]|[a-hA-H][).])"
)
_LABEL_END = re.compile(r"\s?[:】\])]")
_HEAD_LINE = re.compile(
    r"[ \t]*[【\[〈<《■●◆▼・#]{1,2}[ \t]*(?P<name>[^\n【】\[\]:。]{1,24}?)[ \t]*(?:[】\]〉>》:]{1,2}|$)|^(?P<plain>[^\n:。、]{1,16}):",
    re.MULTILINE,
)
_LINKED = re.compile(r"^(?:[^。、]{0,40}(?:、(?=[^。、]{0,40}$))?)?$")
_AFTER_LINK = re.compile(r"^\s?(?:(?:あり|を認め(?:る|ます))?(?=\()|が|は|を|も|:|、)?\s?\(?(?:最大|主に|特に)?\s?$")
_AFTER_END = re.compile(r"^\s?(?:に|で|へ|から|にかけて|まで|\)|。|$|、|優位|主体|とその)")
_STATED = re.compile(
    r"^(?:の(?:所見|存在))?(?:が|を|は|も)?(?:少量|軽度|わずかに|明らかに)?(?:あり|ある|認め|みられ|見られ|なし|なく|ない|認めず|指摘|ありません|散見|散在)"
)
_ANAPHORA = re.compile(
    r"(?:内部|辺縁|周囲|近傍|これ|それ|同(?:部|結節|腫瘤|病変|部位|領域|嚢胞|影)|上記|病変|腫瘤内|結節内|その|一部|背側部|周辺|本病変|両者|前者|後者)"
)
_SAME_PLACE = re.compile(r"同(?:部位?|領域|レベル|側)(?:に|の|では|で)[^。、]{0,8}\Z")
_NO_INHERITANCE = frozenset(("impression", "indication", "history", "technique"))
_REASON = re.compile(r"後\s?\(\Z")
_PART = re.compile(
    r"(?:その)?(?:壁|洞壁|内腔|骨?皮質|被膜|隔壁|充実部|粘膜|周囲脂肪織|周囲|脂肪織|実質|筋層|漿膜|髄内|骨髄|終板|骨幹部|近位部?|遠位部?|末梢"
    r"|前壁|後壁|側壁|上壁|下壁|体部|底部|頂部|起始部|先端部?|基部|根部|背側|腹側|頭側|尾側|外側|内側|漿膜下|粘膜下|筋層内|辺縁域|荷重部)"
    r"(?:内|面|部|側)?"
)
_SIDE_BEHIND = re.compile(
    r"(?:を?(?:あり|認め(?:る|ます)|みられ(?:る|ます)))?\s?\((?:[^()]{0,6})(?:右|左|両側)(?:側|のみ|優位|>|＞)?[^()]{0,6}\)"
)
_ORGAN_CHARS = re.compile(r"胆嚢|胆管|膵|肝|腎|肺|脾|胃|腸|虫垂|子宮|卵巣|膀胱|前立腺|甲状腺|副腎|乳|脳|副鼻腔|耳")
_TITLE = re.compile(
    r"((?:右|左|両)側?)[一-鿿]{0,5}(?:関節|部)?(?:の)?(?:単純|造影)?\s?"
    r"(?:MRI|MRA|MR|CT|XP|X-?P|X線|レントゲン|単純撮影|単純写真|エコー|超音波|US|[2-6]R|[2-6二三四]方向)"
)
_REFERENCE = re.compile(r"^(?:内|の|は|中|周囲|部)")
_PART_OF = re.compile(r"(?:内部?|周囲|辺縁|近傍|背側|腹側|直下|周辺|の)[^。、]{0,6}$")


@cache
def _sub_signs() -> re.Pattern[str]:
    words = [f for row in read_table("sub_sign.tsv", ("ja",)) for f in split_forms(row["ja"])]
    return re.compile("(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")$")


def place_all(context: Context) -> list[Place]:
    """A place for every mention, in their order."""
    return _Attacher(context).run()


class _Attacher:
    def __init__(self, context: Context) -> None:
        self.c = context
        self.text = context.parsed.text
        self.places: list[Place] = []
        self.heads = frozenset(m.start for m in context.mentions)
        self.title = _title_side(context.parsed)
        self.labels = _labels(context.parsed, context.groups)
        self.headers = _headers(context.parsed, context.groups)

    def run(self) -> list[Place]:
        sentences = self.c.parsed.sentences
        groups, mentions = self.c.groups, self.c.mentions
        g = m = 0
        for number, (start, end) in enumerate(sentences):
            own_groups, own_mentions = [], []
            while g < len(groups) and groups[g].start < end:
                if groups[g].start >= start:
                    own_groups.append(groups[g])
                g += 1
            while m < len(mentions) and mentions[m].start < end:
                mentions[m].sentence = number
                own_mentions.append(m)
                m += 1
            self._sentence(start, end, own_groups, own_mentions)
        while m < len(mentions):
            self.places.append(Place())
            m += 1
        return self.places

    def _sentence(self, start: int, end: int, groups: list[Group], numbers: list[int]) -> None:
        current: Group | None = None
        topic_side: Laterality | None = None
        used = True
        previous = -1
        g = 0
        for number in numbers:
            mention = self.c.mentions[number]
            while g < len(groups) and groups[g].end <= mention.start:
                group = groups[g]
                if group.bare:
                    topic_side = group.side
                elif current is not None and not current.bare and not used and self._both(current, group):
                    group = Group(
                        current.start,
                        group.end,
                        current.sites + group.sites,
                        group.side
                        if group.side and ":" in self.text[current.end : group.start]
                        else join_sides({current.side or "", group.side or ""}),
                    )
                elif group.side is not None:
                    topic_side = None
                current, used = group, False
                g += 1
            ahead = groups[g] if g < len(groups) else None
            later = self.c.mentions[numbers[numbers.index(number) + 1]].start if number != numbers[-1] else end
            place = self._one(number, mention, current, used, previous, ahead, later, start)
            if place.sites and place.side is None and topic_side is not None and place.rule != "inherited":
                place.side = topic_side
            if place.side is None and not mention.systemic:
                place.side = (
                    self._side_after(mention, later)
                    or self._part_side(number, mention, place, previous, start)
                    or self.title
                )
            if "正中" in self.text[mention.start : mention.end]:
                place.side = "midline"
            self.places.append(place)
            used = True
            if place.rule == "after" and ahead is not None:
                current = ahead
            previous = number

    def _both(self, first: Group, second: Group) -> bool:
        """Two places before one mention where the first only sets the scene (膀胱左側壁に…、左尿管の) stay apart; から joins."""
        gap = self.text[first.end : second.start]
        if gap in ("に", "には", "にて") and second.end in self.heads:
            return True
        if gap.strip() == ":" and first in self.labels.values():
            return True
        return (
            bool(re.fullmatch(r"\s?(?:側)?(?:から|より|に、|および|と|、|~|にも|,|/|\(|\))\s?(?:両側|右|左)?\s?", gap))
            and len(gap) <= 4
        )

    def _one(
        self, number: int, mention: Mention, current: Group | None, used: bool, previous: int,
        ahead: Group | None, later: int, start: int,
    ) -> Place:  # fmt: skip
        if _REASON.search(self.text, max(start, mention.start - 4), mention.start):
            return Place()
        prefix = _SIDE_PREFIX.search(self.text, max(start, mention.start - 16), mention.start)
        if current is not None and not used and self._direct(mention, current):
            side = current.side
            if prefix and not current.bare and prefix.start() >= current.end:
                side = side_of(prefix.group()) or side
            sites = list(current.sites)
            label = self._label_place(mention)
            if current.bare and label is not None:
                sites = list(label.sites)
            if "同" in (lead := self.text[max(start, current.start - 8) : current.start]) and _SAME_PLACE.search(lead):
                whole = self._whole(number, mention)
                sites = (list(whole.sites) if whole is not None else []) + sites
            if side is None and not current.bare and _PART.fullmatch(self.text[current.start : current.end]):
                whole = self._label_place(mention) or self._whole(number, mention)
                if whole is not None:
                    sites = list(whole.sites) + sites
                    side = whole.side
            return Place(sites, side, "beside", True)
        if prefix:
            side = side_of(prefix.group())
            sites = [] if mention.kind == "fluid" or mention.own or current is None else []
            return Place(sites, side, "side before", True)
        found = self._after(mention, ahead, later)
        if found is not None and (current is None or used):
            return found
        if "同" in (said := self.text[max(start, mention.start - 14) : mention.start]) and _SAME_PLACE.search(said):
            whole = self._whole(number, mention)
            if whole is not None:
                return Place(list(whole.sites), whole.side, "same place")
        if previous >= 0 and mention.concept is not None and self._twin(mention, previous):
            return Place(list(self.places[previous].sites), self.places[previous].side, "same list")
        if current is not None and previous >= 0 and self._carries(number, mention):
            before = self.places[previous]
            if before.sites or before.side:
                return Place(list(before.sites), before.side, "same sentence")
            return Place(list(current.sites), current.side, "same sentence")
        if (
            previous >= 0
            and self._carries(number, mention)
            and (self.places[previous].sites or self.places[previous].side)
        ):
            before = self.places[previous]
            return Place(list(before.sites), before.side, "same sentence")
        if current is None and previous < 0:
            return self._inherited(number, mention, start)
        return Place()

    def _side_after(self, mention: Mention, later: int) -> Laterality | None:
        """`狭小化あり(左側)`: a side in brackets behind the mention."""
        found = _SIDE_BEHIND.match(self.text, mention.end, later)
        return side_of(found.group()) if found else None

    def _part_side(self, number: int, mention: Mention, place: Place, previous: int, start: int) -> Laterality | None:
        """A part named without a side takes that of the whole it belongs to: `左上顎洞は…、洞壁の骨肥厚`, `その乳頭側に`."""
        if not place.sites or place.rule not in ("beside", "same sentence"):
            return None
        whole, opening = previous, self.text[start : mention.start].lstrip(" \u3000\t・-")
        if whole < 0 and _ANAPHORA.match(opening):
            whole = next(
                (k for k in range(number - 1, -1, -1) if self.c.certainty[k] in ("positive", "suspicious")), -1
            )
        if whole < 0 or self.places[whole].side is None or not self.places[whole].sites:
            return None
        part, body = place.sites[0].concept, self.places[whole].sites[-1].concept
        if part is None or previous < 0 or (body is not None and is_a(part, body)):
            return self.places[whole].side
        return None

    def _kin(self, number: int, candidates: list[int]) -> int | None:
        """The nearest described mention in the organ that a disease is named after (胆嚢炎: that of 胆嚢)."""
        mention = self.c.mentions[number]
        organs = _ORGAN_CHARS.findall(self.text[mention.start : mention.end])
        for k in reversed(candidates):
            if mention.sentence - self.c.mentions[k].sentence > 2:
                return None
            site = "".join(self.text[s.start : s.end] for s in self.places[k].sites)
            if any(o in site for o in organs):
                return k
        return None

    def _label_place(self, mention: Mention) -> Place | None:
        label = self.labels.get(mention.sentence) or self.headers.get(mention.sentence)
        return Place(list(label.sites), label.side) if label is not None else None

    def _whole(self, number: int, mention: Mention) -> Place | None:
        """The place of the last described mention of the line: what a bare 壁 or 皮質 is part of."""
        line = self.text.rfind("\n", 0, mention.start)
        for k in range(number - 1, -1, -1):
            if self.c.mentions[k].start < line:
                return None
            if self.c.certainty[k] in ("positive", "suspicious") and self.places[k].sites:
                return self.places[k]
        return None

    def _direct(self, mention: Mention, group: Group) -> bool:
        gap = self.text[group.end : mention.start]
        if mention.kind == "fluid" or mention.systemic:
            return not re.search(r"[、。,]", gap)
        return True

    def _after(self, mention: Mention, ahead: Group | None, later: int) -> Place | None:
        if ahead is None or ahead.start >= later or mention.systemic:
            return None
        if ahead.bare:
            stated = _AFTER_LINK.match(self.text[mention.end : ahead.start])
            return Place([], ahead.side, "side after") if stated else None
        gap = self.text[mention.end : ahead.start]
        gap = re.sub(r"\([^()]{0,30}\)|[\d.×x]{1,12}\s?(?:mm|cm)大?(?:の)?", "", gap)
        if (
            _AFTER_LINK.match(gap)
            and _AFTER_END.match(self.text[ahead.end : ahead.end + 6])
            and not (gap.strip() in ("、", "") and mention.kind == "fluid")
        ):
            if gap.strip() == "、" and self.text[ahead.end : ahead.end + 1] in ("に", "で"):
                return None
            return Place(list(ahead.sites), ahead.side, "after")
        return None

    def _twin(self, mention: Mention, previous: int) -> bool:
        """`右水尿管、水腎症`: two words of one concept in a list share their side."""
        other = self.c.mentions[previous]
        return other.concept == mention.concept and self.text[other.end : mention.start] in ("、", "・", "や", "と", "")

    def _carries(self, number: int, mention: Mention) -> bool:
        """Whether a mention takes the place of the one before it in its sentence."""
        if mention.systemic or (mention.kind == "fluid" and self.c.certainty[number] != "suspicious"):
            return False
        if mention.kind == "disease" and self.c.sections[number] == "impression":
            return False
        if mention.own:
            if self.c.certainty[number] == "negative":
                return False
            return not _STATED.match(self.text[mention.end : mention.end + 12])
        return True

    def _inherited(self, number: int, mention: Mention, start: int) -> Place:
        if mention.kind == "fluid" or mention.systemic:
            return Place()
        label = self.labels.get(mention.sentence) or self.headers.get(mention.sentence)
        parent = self._parent(number, mention, start)
        if parent is not None and self.c.sections[number] not in _NO_INHERITANCE:
            near = self.places[parent]
            same = self.labels.get(self.c.mentions[parent].sentence) or self.headers.get(
                self.c.mentions[parent].sentence
            )
            if label is None or same is label:
                return Place(list(near.sites), near.side, "inherited")
        if label is not None and not (
            mention.own and self.c.certainty[number] == "negative" and mention.kind == "disease"
        ):
            return Place(list(label.sites), label.side, "label")
        reference = self._reference(number, mention)
        return reference or Place()

    def _reference(self, number: int, mention: Mention) -> Place | None:
        """液貯留内の…: a noun that was introduced before keeps its place."""
        if mention.kind not in ("lesion", "sign") or not _REFERENCE.match(self.text[mention.end : mention.end + 2]):
            return None
        words = self.text[mention.start : mention.end]
        for earlier in range(number - 1, -1, -1):
            other = self.c.mentions[earlier]
            if self.text[other.start : other.end] == words and self.places[earlier].sites:
                if self.c.certainty[earlier] == "negative" or mention.own:
                    return None
                return Place(list(self.places[earlier].sites), self.places[earlier].side, "same noun")
        return None

    def _parent(self, number: int, mention: Mention, start: int) -> int | None:
        certainty = self.c.certainty[number]
        opening = self.text[start : mention.start]
        anaphora = _ANAPHORA.match(opening.lstrip(" 　\t・-")) is not None
        sub = (
            mention.kind in ("sign", "lesion", "signal")
            and _sub_signs().search(self.text[mention.start : mention.end]) is not None
        )
        interpretation = mention.kind == "disease" and certainty in ("positive", "suspicious")
        if interpretation and mention.own and _STATED.match(self.text[mention.end : mention.end + 12]):
            interpretation = False
        if not (anaphora or sub or interpretation):
            return None
        bullet = _BULLET.match(self.text, start) is not None
        if bullet and not anaphora:
            return None
        line = self.text.rfind("\n", 0, start)
        candidates = [
            k
            for k in range(number)
            if self.c.certainty[k] in ("positive", "suspicious")
            and (self.places[k].sites or self.places[k].side)
            and self.c.mentions[k].kind in ("lesion", "sign", "signal", "disease")
            and self.c.sections[k] == self.c.sections[number]
            and (interpretation or self.c.mentions[k].start > line)
        ]
        if not candidates:
            return None
        last = candidates[-1]
        kin = self._kin(number, candidates) if interpretation and mention.own else None
        if kin is not None:
            return kin
        lesions = [k for k in candidates if self.c.mentions[k].kind == "lesion"]
        if lesions and self.c.mentions[last].kind != "lesion":
            near = self.c.mentions[lesions[-1]].sentence
            if (sub and not anaphora) or (interpretation and near == self.c.mentions[last].sentence):
                return lesions[-1]
        if self.c.mentions[number].sentence - self.c.mentions[last].sentence > (3 if sub or anaphora else 2):
            return None
        return last


def _title_side(parsed: Parsed) -> Laterality | None:
    """The side of an examination of one side (`左膝MRI`), None for all others."""
    found = _TITLE.search(parsed.text, 0, min(len(parsed.text), 120))
    if found is None or "。" in parsed.text[: found.start()]:
        return None
    side = side_of(found.group(1))
    return side if side in ("left", "right") else None


def _labels(parsed: Parsed, groups: list[Group]) -> dict[int, Group]:
    """Sentence number -> the place that labels its line (`・左上葉：…`), for the sentences after the first."""
    text = parsed.text
    found: dict[int, Group] = {}
    label: Group | None = None
    starts: dict[int, list[Group]] = {}
    for group in groups:
        starts.setdefault(group.start, []).append(group)
    for number, (start, end) in enumerate(parsed.sentences):
        if (
            number == 0
            or "\n" in text[parsed.sentences[number - 1][1] - 1 : start + 1]
            or text[start - 1 : start] == "\n"
            or _BULLET.match(text, start)
        ):
            label = None
            bullet = _BULLET.match(text, start)
            first = bullet.end() if bullet else start
            nearby = (group for at in range(first, first + 3) for group in starts.get(at, ()))
            label = next((g for g in nearby if g.end < end and _LABEL_END.match(text, g.end)), None)
        if label is not None:
            found[number] = label
    return found


def _headers(parsed: Parsed, groups: list[Group]) -> dict[int, Group]:
    """Sentence number -> the place of the heading line above it (【肝臓】 on its own line)."""
    text = parsed.text
    found: dict[int, Group] = {}
    header: Group | None = None
    for number, (start, end) in enumerate(parsed.sentences):
        line = text[start:end].strip()
        match = _HEAD_LINE.match(line)
        if match and match.end() >= len(line):
            inside = [g for g in groups if start <= g.start and g.end <= end]
            header = inside[0] if len(inside) == 1 and inside[0].end - inside[0].start >= len(line) - 6 else None
        elif line[:1] in "【[■◆":
            header = None
        elif header is not None:
            found[number] = header
    return found
