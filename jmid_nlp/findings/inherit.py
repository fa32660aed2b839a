"""What a mention without a place of its own takes over: from its line's label, a described lesion or the same noun before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.headings import BULLET, line_headers, line_labels
from jmid_nlp.findings.mentions import Mention
from jmid_nlp.findings.sites import Group, Site, join_sides, named_between
from jmid_nlp.findings.terms import ancestors
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.schema import Certainty, Laterality
from jmid_nlp.text.lazy import lazy


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
    cues: Sequence[str] = ()  # for each mention what its certainty was read from

    def cue(self, number: int) -> str:
        """What the certainty of a mention was read from, empty where that is not known."""
        return self.cues[number] if number < len(self.cues) else ""


ANAPHORA = lazy(
    r"(?:内部|辺縁|周囲|近傍|これ|それ|同(?:部|結節|腫瘤|病変|部位|領域|嚢胞|影)|上記|病変|"
    r"腫瘤内|結節内|その(?!他)|一部|背側部|周辺|本病変|両者|前者|後者)"
)
_TAKEN_FOR = re.compile(
    r"(?:の(?:所見|疑い|可能性)|と(?:考え|思われ|判断)|[をも](?:考え|疑)|疑い|として|に(?:合致|相当|矛盾)|が(?:示唆|疑)|か[。?])"
)
_ELSE = re.compile(
    r"(?:その)?他(?:に|部位|の部位|には|は)|それ以外|上記以外|(?:明らかな)?新(?:たな|規の?|しい|出の?)(?!.*(?:内部|同部|辺縁))"
)
_THIS = frozenset(("同", "この", "その", "上記", "上記の", "上述の", "当該", "本", "前述の", "これらの"))
_TAKEN_UP = re.compile(r"(?:自体|全体)?(?:は|が|から|と|の(?=[^有可疑出存所]))")
_OPENING = 8
_ARROW = re.compile(r"\s*(?:→|⇒|➡|[-=]?>)\s*")
_CHEST = re.compile(r"胸|pleura|肋横|肋骨横", re.IGNORECASE)
_ALONE = re.compile(r"\s?(?:[。\n]|\Z)")
_REACH = 40  # mentions back that a reference may reach
_OWN_PLACE = re.compile(
    r"関節液|羊水|胎|臍帯|[心眼鼻胸腹頭頸脊椎骨]|動脈|静脈|皮下|リンパ|気管|裂孔|鼠径|endoleak|sign|瘤"
)
_EXCEPT = re.compile(r"を?(?:除き|除いて|除けば)|以外")
_NO_INHERITANCE = frozenset(("impression", "indication", "history", "technique"))
_ORGAN_CHARS = re.compile(
    r"脊柱管|椎間孔|胆嚢|胆管|膵|肝|腎|肺|脾|胃|腸|虫垂|子宮|卵巣|膀胱|前立腺|甲状腺|副腎|乳|脳|副鼻腔|耳"
)
_REFERENCE = re.compile(r"^(?:内|の|は|中|周囲|部)")
_STATED = re.compile(
    r"^(?:の(?:所見|存在))?(?:が|を|は|も)?(?:少量|軽度|わずかに|明らかに)?(?:あり|ある|"
    r"認め|みられ|見られ|なし|なく|ない(?!し)|認めず|指摘|ありません|散見|散在)"
)


@cache
def _sub_signs() -> re.Pattern[str]:
    words = [f for row in read_table("sub_sign.tsv", ("ja",)) for f in split_forms(row["ja"])]
    return re.compile("(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")$")


@cache
def _bound_signs() -> frozenset[str]:
    rows = read_table("sub_sign.tsv", ("ja", "bound"))
    return frozenset(f for row in rows if row["bound"] for f in split_forms(row["ja"]))


def _is_sub_sign(words: str) -> bool:
    """Whether words are a sign of some lesion; a compound that names an organ of its own (脊柱管狭窄) is not."""
    found = _sub_signs().search(words)
    return found is not None and (found.group() == words or not _ORGAN_CHARS.search(words))


@cache
def _organs() -> dict[str, str]:
    """How names of diseases spell an organ, and the anatomy concept it is."""
    rows = read_table("organ_name.tsv", ("ja", "concept"))
    return {form: row["concept"] for row in rows for form in split_forms(row["ja"])}


@lru_cache(maxsize=4096)
def _organs_named(words: str) -> frozenset[str]:
    """The organs that the name of a disease holds."""
    return frozenset(organ for form, organ in _organs().items() if form in words)


@cache
def _organ_of(concept_id: str) -> str | None:
    """The organ that a place is part of, None for places of no single organ."""
    roots = set(_organs().values())
    return next((c for c in (concept_id, *ancestors(concept_id)) if c in roots), None)


class Heritage:
    """The places given so far and what later mentions may take over from them."""

    def __init__(self, context: Context) -> None:
        self.c = context
        self.text = context.parsed.text
        self.places: list[Place] = []
        self.wrapped = context.parsed.source.count("\n") > self.text.count("\n") + 1
        self.labels = line_labels(context.parsed, context.groups)
        self.headers = line_headers(context.parsed, context.groups)
        self._group_starts = [g.start for g in context.groups]

    def described(self, number: int) -> bool:
        """Whether a mention is stated or suspected, so that others may refer to it."""
        return self.c.certainty[number] in ("positive", "suspicious")

    def _label(self, sentence: int) -> Group | None:
        return self.labels.get(sentence) or self.headers.get(sentence)

    def label_place(self, mention: Mention) -> Place | None:
        """The place that labels the line of a mention, or the heading above it."""
        label = self._label(mention.sentence)
        return Place(list(label.sites), label.side) if label is not None else None

    def whole(self, number: int, mention: Mention) -> Place | None:
        """The place of the last described mention of the line: what a bare 壁 or 皮質 is part of."""
        line = self.text.rfind("\n", 0, mention.start)
        for k in range(number - 1, max(-1, number - _REACH), -1):
            if self.c.mentions[k].start < line:
                return None
            if self.c.certainty[k] in ("positive", "suspicious") and self.places[k].sites:
                return self.places[k]
        return None

    def carries(self, number: int, mention: Mention) -> bool:
        """Whether a mention takes the place of the one before it in its sentence."""
        if mention.systemic or (mention.kind == "fluid" and self.c.certainty[number] != "suspicious"):
            return False
        named = mention.kind == "disease" or mention.concept == "lymph_node_metastasis"
        if named and self.c.sections[number] == "impression":
            return False
        if self.c.cue(number).endswith("english_no"):
            return False  # 左下葉に無気肺。No nodule
        if number and _EXCEPT.search(self.text, self.c.mentions[number - 1].end, mention.start):
            return False
        if number and self._elsewhere(mention, self.places[number - 1]):
            return False
        if mention.own:
            if self.c.certainty[number] == "negative":
                return False
            stated = _STATED.match(self.text[mention.end : mention.end + 12]) is not None
            return not stated or (number > 0 and self._same_organ(mention, self.places[number - 1]))
        return True

    def inherited(self, number: int, mention: Mention, start: int) -> Place:
        """The place of a mention whose sentence names none."""
        label = self._label(mention.sentence)
        label_place = Place(list(label.sites), label.side, "label") if label is not None else Place()
        if mention.systemic or self.c.certainty[number] == "general":
            return Place()
        if mention.kind == "fluid":
            return self.own_label(mention)
        if self.c.cue(number).endswith("english_no"):
            return self.own_label(mention)
        if label is None and _ELSE.match(self.text[start : mention.start].lstrip(" \u3000\t・-")):
            return Place()  # 新たな集積なし: of the whole examination
        parent = self._parent(number, mention, start)
        if parent is not None and self.c.sections[number] not in _NO_INHERITANCE:
            near = self.places[parent]
            same = self._label(self.c.mentions[parent].sentence)
            if label is None or same is label:
                return self._together(mention, parent) or Place(list(near.sites), near.side, "inherited")
        if label is not None and not (
            mention.own and self.c.certainty[number] == "negative" and mention.kind == "disease"
        ):
            return label_place
        reference = self._reference(number, mention)
        return reference or Place()

    def own_label(self, mention: Mention) -> Place:
        """The label of a line for what is named after the same organ (`腎臓：右に結石、水腎症なし`); its side for effusions."""
        label = self.label_place(mention) if mention.own or mention.kind == "fluid" else None
        if label is None or self._same_organ(mention, label):
            return label or Place()
        written = "".join(self.text[s.start : s.end] for s in label.sites)
        return (
            Place([], label.side, "side of the label")
            if mention.kind == "fluid" and _CHEST.search(written)
            else Place()
        )

    def _same_organ(self, mention: Mention, place: Place) -> bool:
        named = _organs_named(self.text[mention.start : mention.end])
        return any(s.concept and _organ_of(s.concept) in named for s in place.sites)

    def _elsewhere(self, mention: Mention, place: Place) -> bool:
        """Whether a disease is named after another organ than the one a place is part of: 腎嚢胞、胆石."""
        named = _organs_named(self.text[mention.start : mention.end])
        if not named:
            return False
        there = {organ for s in place.sites if s.concept and (organ := _organ_of(s.concept))}
        return bool(there) and not named & there

    def namesake(self, number: int, mention: Mention, start: int) -> Place | None:
        """`腫瘤は…に広がる`, `この動脈瘤は`: the noun that opens a sentence as its topic keeps the place where it was described."""
        opening = self.text[start : mention.start].strip(" 　\t・-") if mention.start - start < _OPENING else "-"
        if opening and opening not in _THIS:
            return None
        if mention.kind not in ("lesion", "disease") or mention.systemic or not _TAKEN_UP.match(self.text, mention.end):
            return None
        if not opening and _STATED.match(self.text[mention.end : mention.end + 12]):
            return None
        words = self.text[mention.start : mention.end]
        for k in range(number - 1, max(-1, number - _REACH), -1):
            other = self.c.mentions[k]
            if self.c.sections[k] != self.c.sections[number]:
                return None
            if not self.described(k) or not self.places[k].sites or self.c.certainty[number] == "general":
                continue
            if self.text[other.start : other.end].endswith(words):
                near = self.places[k]
                return Place(list(near.sites), near.side, "same noun")
        return None

    def _reference(self, number: int, mention: Mention) -> Place | None:
        """液貯留内の…: a noun that was introduced before keeps its place."""
        if mention.kind not in ("lesion", "sign") or not _REFERENCE.match(self.text[mention.end : mention.end + 2]):
            return None
        words = self.text[mention.start : mention.end]
        for earlier in range(number - 1, max(-1, number - 5 * _REACH), -1):
            other = self.c.mentions[earlier]
            if self.text[other.start : other.end] == words and self.places[earlier].sites:
                if self.c.certainty[earlier] == "negative" or mention.own:
                    return None
                return Place(list(self.places[earlier].sites), self.places[earlier].side, "same noun")
        return None

    def _parent(self, number: int, mention: Mention, start: int) -> int | None:
        certainty = self.c.certainty[number]
        opening = self.text[start : mention.start]
        arrow = _ARROW.match(self.text, start) is not None and self._leads_on(start)
        anaphora = arrow or ANAPHORA.match(opening.lstrip(" 　\t・-")) is not None
        sub = mention.kind in ("sign", "lesion", "signal") and _is_sub_sign(self.text[mention.start : mention.end])
        interpretation = certainty in ("positive", "suspicious") and (
            mention.kind == "disease"
            or arrow
            or certainty == "suspicious"
            or _TAKEN_FOR.match(self.text, mention.end) is not None
        )
        if interpretation and mention.own and _STATED.match(self.text[mention.end : mention.end + 12]):
            interpretation = False
        words = self.text[mention.start : mention.end]
        loose = (
            mention.kind in ("sign", "lesion")
            and certainty in ("positive", "suspicious")
            and not _ORGAN_CHARS.search(words)
            and not _OWN_PLACE.search(words)
        )
        if not (anaphora or sub or interpretation or loose):
            return None
        bullet = BULLET.match(self.text, start) is not None
        bound = sub and words in _bound_signs()
        if bullet and not anaphora and not bound:
            return None
        line = self.text.rfind("\n", 0, start)
        if self.wrapped and not bullet and line > 0 and self.text[line - 1] == "。":
            line = self.text.rfind("\n\n", 0, start)  # broken at a width: the end of a line says nothing
        if (bound and bullet) or arrow:
            line = self.text.rfind("\n", 0, max(0, line))  # a bullet of its own: that of the line above
        candidates = [
            k
            for k in range(max(0, number - _REACH), number)
            if self.c.certainty[k] in ("positive", "suspicious")
            and (self.places[k].sites or self.places[k].side)
            and (
                self.c.mentions[k].kind in ("lesion", "sign", "signal", "disease")
                or (sub and self.c.mentions[k].kind == "state")
            )
            and self.c.sections[k] == self.c.sections[number]
            and (interpretation or self.c.mentions[k].start > line)
            and not (mention.own and self._elsewhere(mention, self.places[k]))
        ]
        if not candidates:
            return None
        last = candidates[-1]
        kin = self._kin(number, candidates) if interpretation and mention.own else None
        if kin is not None:
            return kin
        if interpretation and mention.own and not anaphora and not sub and _ALONE.match(self.text, mention.end):
            return None  # 冠動脈に石灰化。胆石。
        lesions = [k for k in candidates if self.c.mentions[k].kind in ("lesion", "signal")]
        if lesions and self.c.mentions[last].kind not in ("lesion", "signal"):
            near = self.c.mentions[lesions[-1]].sentence
            if (sub and not anaphora) or (interpretation and near == self.c.mentions[last].sentence):
                return lesions[-1]
        reach = 3 if sub or anaphora else 2 if interpretation else 1
        if interpretation and last == number - 1 and not self._place_between(self.c.mentions[last].end, start):
            reach = 5  # all that was said in between was said of it
        if self.c.mentions[number].sentence - self.c.mentions[last].sentence > reach:
            return None
        return last

    def _leads_on(self, start: int) -> bool:
        """Whether an arrow goes on with what stands before it; at the very start of a line it sums up the report."""
        return start > 0 and self.text[start - 1] != "\n"

    def _place_between(self, start: int, end: int) -> bool:
        return named_between(self.c.groups, self._group_starts, start, end)

    def _together(self, mention: Mention, parent: int) -> Place | None:
        """`S8に腫瘤、S3に結節。転移を疑う`: what is taken for one thing is at the places of all lesions just described."""
        last = self.c.mentions[parent]
        if mention.kind != "disease" or last.kind != "lesion" or mention.sentence != last.sentence + 1:
            return None
        also = "にも" in self.text[self.c.parsed.sentences[last.sentence][0] : last.start]
        several = [self.places[parent]]
        for k in range(parent - 1, max(-1, parent - 8), -1):
            other, place = self.c.mentions[k], self.places[k]
            if other.sentence < last.sentence - also:
                break
            if other.kind == "lesion" and self.described(k) and place.direct and place.sites != several[-1].sites:
                several.append(place)
        if len(several) < 2:
            return None
        sides: set[str] = {p.side or "" for p in several}
        return Place([s for p in reversed(several) for s in p.sites], join_sides(sides), "inherited")

    def _kin(self, number: int, candidates: list[int]) -> int | None:
        """The nearest described mention in the organ that a disease is named after (胆嚢炎: that of 胆嚢)."""
        mention = self.c.mentions[number]
        words = self.text[mention.start : mention.end]
        organs = _ORGAN_CHARS.findall(words)
        named = _organs_named(words)
        lesions = [k for k in candidates if self.c.mentions[k].kind == "lesion"]
        for k in (*reversed(lesions), *reversed(candidates)):
            if mention.sentence - self.c.mentions[k].sentence > 3:
                continue
            site = "".join(self.text[s.start : s.end] for s in self.places[k].sites)
            within = (s.concept and _organ_of(s.concept) in named for s in self.places[k].sites)
            if any(o in site for o in organs) or any(within):
                return k
        return None
