"""Which place belongs to which mention: said beside it, carried through the sentence, or inherited from a described lesion."""

from __future__ import annotations

import re
from bisect import bisect_left

from jmid_nlp.findings.headings import title_side
from jmid_nlp.findings.inherit import ANAPHORA, Context, Heritage, Place
from jmid_nlp.findings.mentions import Mention
from jmid_nlp.findings.sidewise import side_of_whole
from jmid_nlp.findings.sites import Group, join_sides, side_of
from jmid_nlp.findings.terms import ancestors, concept, is_a
from jmid_nlp.schema import Laterality
from jmid_nlp.text.lazy import lazy

__all__ = ["Context", "Place", "place_all"]

_SIDE_PREFIX = re.compile(
    r"(?:両側性?|左右|両|右側|左側|右|左|正中|[RrLl]t\.?|left|right|bilateral)"
    r"(?:(?:後外側|外側|後方|前方|傍正中|椎間孔内?|上方|下方)(?:部|寄り)?(?:への|へ|に突出する))?(?:傍正中型?|"
    r"正中|外側型?|後方|前方|優位|後外側型?|型|性)?(?:の|に|\s)?"
    r"(?:(?:軽度|中等度|高度|著明な|少量|中等量|多量|大量|ごく少量|微量|慢性|急性|陳旧性|"
    r"多発|大量|軽度の|少量の|多量の|大きな|小さな)(?:の|な)?){0,2}\Z"
)
_AFTER_LINK = re.compile(r"^\s?(?:(?:あり|を認め(?:る|ます))?(?=\()|が|は|を|も|:|、)?\s?\(?(?:最大|主に|特に)?\s?$")
_IN_ENGLISH = re.compile(r"\s?(?:in|at|of|within|involving|along)\s(?:the\s)?", re.IGNORECASE)
_AFTER_END = re.compile(r"^\s?(?:とも|いずれも|に|で|へ|から|にかけて|まで|\)|。|$|、|優位|主体|とその)")
_SAME_PLACE = re.compile(r"同(?:部位?|領域|レベル|側)(?:に|の|では|で|から|より)[^。、]{0,8}\Z")
_NAMES_ONLY = lazy(r"[ \t]{1,2}(?:[一-鿿]{1,4}[ \t]{1,2})?")
_SIZED_NODE = re.compile(
    r"に(?:は|も)?(?:最大|短径|長径|径|約){0,3}[\d.×x]{1,12}\s?(?:mm|cm)(?:大|程度|前後|まで)?の|に(?:小さな|小|多数の|数個の)"
)
_LAYERS = frozenset(("皮質", "壁", "骨皮質", "被膜", "隔壁", "内腔", "辺縁"))
_SPREAD = frozenset(("浸潤", "進展", "浸潤所見", "直接浸潤", "腫瘍栓"))
_IS_LEVEL = re.compile(r"(?:Th|[TCL])\d")
_AT = re.compile(r"(?:内|部)?に(?:は|て)?[^、。はがをにで()\n]{0,18}")
_FAR = 200  # characters
_LISTED = 8  # mentions of a sentence that are looked back at
_UNASSESSED = re.compile(r"の有無[^。、\n]{0,16}(?:評価|判定|判断)(?:でき|困難|不能|不可|不十分)")
_TRUNK = re.compile(r"[胸腹心羊髄]|effusion|ascites", re.IGNORECASE)
_EACH_SIZE = re.compile(r"に(?:は)?(?:最大|径|長径|短径|約){0,2}[\d.×x]{1,12}\s?(?:mm|cm)(?:大)?(?:、|と|および|,)\s?")
_SIDE_HINT = re.compile(r"[右左両正RLrlB]|bilat")
_REASON = re.compile(r"後\s?\(\Z")
_PART = re.compile(
    r"(?:その)?(?:壁|洞壁|内腔|骨?皮質|被膜|隔壁|充実部|粘膜|周囲脂肪織|周囲|脂肪織|実質|"
    r"筋層|漿膜|髄内|骨髄|終板|骨幹部|近位部?|遠位部?|末梢"
    r"|前壁|後壁|側壁|上壁|下壁|体部|底部|頂部|起始部|先端部?|基部|根部|背側|腹側|頭側|"
    r"尾側|外側|内側|漿膜下|粘膜下|筋層内|辺縁域|荷重部)"
    r"(?:内|面|部|側)?"
)
_SIDE_BEHIND = re.compile(
    r"(?:を|が|は)(?:右|左|両側)(?:側|優位)?(?:に|で)(?:のみ)?(?:認め|みられ|見られ|あり|ある|疑)"
    r"|(?:を?(?:あり|認め(?:る|ます)|みられ(?:る|ます)))?\s?\((?:[^()]{0,6})(?:右|左|両側)(?:側|のみ|優位|>|＞)?[^()]{0,6}\)"
)


def place_all(context: Context) -> list[Place]:
    """A place for every mention, in their order."""
    return _Attacher(context).run()


class _Attacher:
    def __init__(self, context: Context) -> None:
        self.c = context
        self.text = context.parsed.text
        self.heritage = Heritage(context)
        self.places = self.heritage.places
        self.label_ids = frozenset(id(g) for g in self.heritage.labels.values())
        self.group_starts = [g.start for g in context.groups]
        self.heads = frozenset(m.start for m in context.mentions)
        self.title = title_side(context.parsed)

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
                    group = self._union(current, group)
                elif group.side is not None:
                    topic_side = None
                current, used = group, False
                g += 1
            ahead = groups[g] if g < len(groups) else None
            later = self.c.mentions[number + 1].start if number != numbers[-1] else end
            place = self._one(number, mention, current, used, previous, ahead, later, start)
            if place.sites and place.side is None and topic_side is not None and place.rule != "inherited":
                place.side = topic_side
            if place.side is None and (not mention.systemic or place.sites):
                label = self.heritage.label_place(mention) if place.sites else None
                place.side = (
                    self._side_after(mention, later)
                    or self._part_side(number, mention, place, previous, start)
                    or self._whole_side(number, place)
                    or (label.side if label is not None and self._within(place, label) else None)
                    or self._title_side(number, mention)
                )
            if "正中" in self.text[mention.start : mention.end]:
                place.side = "midline"
            self.places.append(place)
            used = True
            if place.rule == "after" and ahead is not None:
                current = ahead
            previous = number

    def _union(self, first: Group, second: Group) -> Group:
        """Two groups as one; behind a label the side of the second holds."""
        side = join_sides({first.side or "", second.side or ""})
        if second.side and ":" in self.text[first.end : second.start]:
            side = second.side
        return Group(first.start, second.end, first.sites + second.sites, side)

    def _both(self, first: Group, second: Group) -> bool:
        """Two places before one mention where the first only sets the scene (膀胱左側壁に…、左尿管の) stay apart; から joins."""
        gap = self.text[first.end : second.start]
        if gap in ("で", "では", "レベルで") and not second.side and _IS_LEVEL.match(self.text, first.start):
            return True  # C5/6で脊髄を圧迫
        if second.end in self.heads and not second.side and _AT.fullmatch(gap):
            return True  # 右側脳室三角部に5mmの|脈絡叢|嚢胞
        if (first.side and not second.side and _NAMES_ONLY.fullmatch(gap)) or _EACH_SIZE.fullmatch(gap):
            return True
        if not second.side and gap.startswith(("に", "の", "内に")):
            written = self.text[second.start : second.end]
            if written == "リンパ節" and _SIZED_NODE.fullmatch(gap):
                return True  # 傍大動脈に短径6mmのリンパ節を認めるが、腫大は
            if gap in ("に", "の", "内に") and written in _LAYERS:
                return True  # 左腋窩に皮質の肥厚したリンパ節腫大
        if gap.strip() == ":" and id(first) in self.label_ids:
            return True
        return (
            bool(re.fullmatch(r"\s?(?:側)?(?:から|より|に、|および|と|、|~|にも|,|/|\(|\))\s?(?:両側|右|左)?\s?", gap))
            and len(gap) <= 4
        )

    def _one(
        self, number: int, mention: Mention, current: Group | None, used: bool, previous: int,
        ahead: Group | None, later: int, start: int,
    ) -> Place:  # fmt: skip
        if self.c.certainty[number] == "general":
            return self._asked(number, mention, None if used else current)
        ahead_of = self.text[max(start, mention.start - 16) : mention.start]
        if ahead_of.endswith("(") and _REASON.search(self.text, max(start, mention.start - 4), mention.start):
            return Place()
        prefix = _SIDE_HINT.search(ahead_of) and _SIDE_PREFIX.search(
            self.text, max(start, mention.start - 16), mention.start
        )
        again = self.heritage.namesake(number, mention, start)
        if again is not None:
            return again
        if current is not None and not used and self._direct(mention, current):
            side = current.side
            if prefix and not current.bare and prefix.start() >= current.end:
                side = side_of(prefix.group()) or side
            sites = list(current.sites)
            label = self.heritage.label_place(mention)
            if current.bare and label is not None:
                sites = list(label.sites)
            if "同" in (lead := self.text[max(start, current.start - 8) : current.start]) and _SAME_PLACE.search(lead):
                whole = self.heritage.whole(number, mention)
                sites = (list(whole.sites) if whole is not None else []) + sites
            if side is None and not current.bare and _PART.fullmatch(self.text[current.start : current.end]):
                near = self.places[previous] if previous >= 0 and self.places[previous].sites else None
                whole = near or self.heritage.label_place(mention) or self.heritage.whole(number, mention)
                if whole is not None:
                    sites = list(whole.sites) + sites
                    side = whole.side
            if previous >= 0 and self._inside(current, self.places[previous], mention):
                whole = self.places[previous]
                sites, side = list(whole.sites) + sites, side or whole.side
            return Place(sites, side, "beside", True)
        if prefix:
            side = side_of(prefix.group())
            label = self.heritage.label_place(mention) if mention.kind != "fluid" else None
            return Place(list(label.sites) if label is not None else [], side, "side before", True)
        found = self._after(mention, ahead, later)
        if found is not None and (current is None or used):
            return found
        if "同" in (said := self.text[max(start, mention.start - 14) : mention.start]) and _SAME_PLACE.search(said):
            whole = self.heritage.whole(number, mention) or self._last_group(start)
            if whole is not None:
                return Place(list(whole.sites), whole.side, "same place")
        if previous >= 0 and mention.concept is not None and self._twin(mention, previous):
            return Place(list(self.places[previous].sites), self.places[previous].side, "same list")
        if current is not None and previous >= 0 and self.heritage.carries(number, mention):
            before = self.places[previous]
            if before.sites or before.side:
                return self._carried(mention, before)
            return self._carried(mention, Place(list(current.sites), current.side))
        if (
            previous >= 0
            and self.heritage.carries(number, mention)
            and (self.places[previous].sites or self.places[previous].side)
        ):
            return self._carried(mention, self.places[previous])
        if current is None and (previous < 0 or not self._told(previous, start)):
            return self.heritage.inherited(number, mention, start)
        return self.heritage.own_label(mention)

    def _title_side(self, number: int, mention: Mention) -> Laterality | None:
        """The side of an examination of one side; fluids of the trunk are not of it."""
        if self.title is None or self.c.certainty[number] == "general":
            return None
        trunk = mention.kind == "fluid" and _TRUNK.search(self.text, mention.start, mention.end)
        return None if trunk else self.title

    def _within(self, place: Place, label: Place) -> bool:
        """Whether a label's side can be that of a place: not where that is of the midline and no part of the label."""
        part, body = place.sites[0].concept, label.sites[0].concept if label.sites else None
        if part is None or body is None or is_a(part, body):
            return True
        return concept(part).row.get("side") != "midline"

    def _inside(self, group: Group, before: Place, mention: Mention) -> bool:
        """`膵尾部に結節、膵内副脾の可能性`: a word that names only the organ of the lesion it explains."""
        if group.end != mention.start or len(group.sites) != 1 or not before.sites or group.side is not None:
            return False
        organ, part = group.sites[0].concept, before.sites[-1].concept
        return organ is not None and part is not None and organ != part and is_a(part, organ)

    def _told(self, last: int, start: int) -> bool:
        """Whether any mention of a sentence, up to the last one, has a place or is denied."""
        for k in range(last, max(-1, last - _LISTED), -1):
            if self.c.mentions[k].start < start:
                return False
            place = self.places[k]
            if place.sites or place.side or not self.heritage.described(k):
                return True
        return True

    def _carried(self, mention: Mention, before: Place) -> Place:
        """The place of the mention before for the next one of its sentence; a fluid takes only the side."""
        side = self._kept_side(before)
        if before.rule == "side before" and before.sites and side == "bilateral":
            side = None  # L4/5：両側椎間関節症、前方すべり
        sites = [] if mention.kind == "fluid" and _TRUNK.search(self.text, mention.start, mention.end) else before.sites
        return Place(list(sites), side, "same sentence")

    def _asked(self, number: int, mention: Mention, current: Group | None) -> Place:
        """What is asked or feared is only where a place stands beside it; what cannot be assessed is where its line is."""
        unknown = self.c.cue(number).endswith(("not_assessable", "not assessable")) or (
            _UNASSESSED.match(self.text, mention.end) is not None
        )
        gap = self.text[current.end : mention.start] if current is not None else "-"
        beside = gap in ("の", "に", "へ", "は", "で", ":") or (
            not gap and current is not None and current.side is not None
        )
        if current is not None and (unknown or beside) and self._direct(mention, current):
            return Place(list(current.sites), current.side, "beside", True)
        label = self.heritage.label_place(mention) if unknown else None
        return label or Place()

    def _last_group(self, start: int) -> Place | None:
        """The place named last before a sentence, whatever was said there, in its line."""
        for k in range(bisect_left(self.group_starts, start) - 1, -1, -1):
            group = self.c.groups[k]
            if start - group.end > _FAR or "\n" in self.text[group.end : start]:
                return None
            if not group.bare:
                return Place(list(group.sites), group.side)
        return None

    def _kept_side(self, place: Place) -> Laterality | None:
        """The side that goes on with a place: 正中 of the mention itself (正中型の) does not."""
        if place.side == "midline" and "正中" not in "".join(self.text[s.start : s.end] for s in place.sites):
            return None
        return place.side

    def _side_after(self, mention: Mention, later: int) -> Laterality | None:
        """`狭小化あり(左側)`: a side in brackets behind the mention."""
        found = _SIDE_BEHIND.match(self.text, mention.end, later)
        return side_of(found.group()) if found else None

    def _part_side(self, number: int, mention: Mention, place: Place, previous: int, start: int) -> Laterality | None:
        """A part named without a side takes that of the whole it belongs to: `左上顎洞は…、洞壁の骨肥厚`, `その乳頭側に`."""
        if not place.sites or place.rule not in ("beside", "same sentence"):
            return None
        whole, opening = previous, self.text[start : mention.start].lstrip(" \u3000\t・-")
        if whole < 0 and ANAPHORA.match(opening):
            whole = next((k for k in range(number - 1, max(-1, number - 40), -1) if self.heritage.described(k)), -1)
        if whole < 0 and self.text[mention.start : mention.end] in _SPREAD:
            before = range(number - 1, max(-1, number - 12), -1)
            whole = next((k for k in before if self._lesion(k, mention.sentence)), -1)
        if whole < 0 or self.places[whole].side in (None, "midline") or not self.places[whole].sites:
            return None
        part, body = place.sites[0].concept, self.places[whole].sites[-1].concept
        written = self.text[place.sites[0].start : place.sites[0].end]
        related = part is not None and body is not None and is_a(part, body)
        if part is not None and self.c.certainty[number] == "negative" and concept(part).cls in ("duct", "organ"):
            return None  # 右腎に結石があるが、尿管拡張なし: of either side
        if not related and part is not None and previous >= 0 and self.c.certainty[number] != "negative":
            row = concept(part).row  # 右鼓室…、耳小骨に: a paired part beside one with a side
            near = self.places[whole].side in ("left", "right") and self._neighbours(part, body)
            related = near and row.get("side") == "paired" and row.get("class") in ("part", "bone", "joint", "muscle")
        if mention.sentence != self.c.mentions[whole].sentence and self.text[mention.start : mention.end] in _SPREAD:
            row = concept(part).row if part is not None else {}
            near = row.get("side") == "paired" and self._neighbours(str(part), body)
            return (
                self.places[whole].side
                if related or (near and row.get("class") in ("wall", "muscle", "vessel", "part"))
                else None
            )
        return self.places[whole].side if related or previous < 0 or _PART.fullmatch(written) else None

    def _whole_side(self, number: int, place: Place) -> Laterality | None:
        """The side of the paired organ spoken of, for a part of it without one."""
        if not place.sites or place.rule not in ("beside", "same sentence", "after"):
            return None
        negative = self.c.certainty[number] not in ("positive", "suspicious")
        return side_of_whole(self.c, self.places, number, place.sites, negative=negative)

    def _lesion(self, number: int, sentence: int) -> bool:
        """Whether a mention is a described lesion of the sentences right before: what invades or spreads."""
        near = sentence - self.c.mentions[number].sentence <= 4
        return near and self.heritage.described(number) and self.c.mentions[number].kind in ("lesion", "disease")

    def _neighbours(self, part: str, body: str | None) -> bool:
        """Whether two places have a close part of the body in common."""
        return body is not None and bool(set(ancestors(part)[:2]) & set((body, *ancestors(body))[:3]))

    def _direct(self, mention: Mention, group: Group) -> bool:
        gap = self.text[group.end : mention.start]
        if gap == "、" and not group.bare and self.text[group.start - 1 : group.start] == "は":
            return False  # 脊髄円錐はL2下縁、終糸脂肪腫なし
        if mention.kind == "fluid" or mention.systemic:
            return not re.search(r"[、。,(]" if group.bare or mention.kind != "fluid" else r"[、。,:]", gap)
        return True

    def _after(self, mention: Mention, ahead: Group | None, later: int) -> Place | None:
        if ahead is None or ahead.start >= later or mention.systemic:
            return None
        if ahead.bare:
            stated = _AFTER_LINK.match(self.text[mention.end : ahead.start])
            return Place([], ahead.side, "side after") if stated else None
        gap = self.text[mention.end : ahead.start]
        if _IN_ENGLISH.fullmatch(gap):
            return Place(list(ahead.sites), ahead.side, "after")
        gap = re.sub(r"\([^()]{0,30}\)|[\d.×x]{1,12}\s?(?:mm|cm)大?(?:の)?", "", gap)
        if (
            _AFTER_LINK.match(gap)
            and _AFTER_END.match(self.text[ahead.end : ahead.end + 6])
            and not (gap.strip() in ("、", "") and mention.kind == "fluid")
        ):
            if gap.strip() == "、" and self.text[ahead.end : ahead.end + 1] not in ("。", "", ")", "\n"):
                return None
            return Place(list(ahead.sites), ahead.side, "after")
        return None

    def _twin(self, mention: Mention, previous: int) -> bool:
        """`右水尿管、水腎症`: two words of one concept, or of one and a narrower one, in a list share their side."""
        other = self.c.mentions[previous]
        if self.text[other.end : mention.start] not in ("、", "・", "や", "と", "") or not (one := other.concept):
            return False
        two = str(mention.concept)
        return is_a(one, two) or is_a(two, one) or ancestors(one)[:1] == ancestors(two)[:1] != ()
