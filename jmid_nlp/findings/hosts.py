"""Whose a description, a count or advice is that stands before no noun: what its clause or the sentences before speak of."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from jmid_nlp.findings.heads import LOOK, Heads
from jmid_nlp.findings.inherit import ANAPHORA
from jmid_nlp.findings.inherit import _is_sub_sign as is_sub_sign
from jmid_nlp.text.lazy import lazy

_WITH_IT = re.compile(r"(?:など|像)?[をも]?伴")
_EVERYONE = re.compile(r"いずれも|ともに|すべて|全て|両者(?:とも|は)|それぞれ|どちらも|共に|これらは|これらに|全病変")
_AND = ("と", "および", "及び", "や")
_BESIDE = (*_AND, "、", "・")
_ONE_OF_TWO = re.compile(r"[前後]者")
_ELSE = re.compile(
    r"(?:その)?他(?:に|の|は)|それ以外|上記以外|背景|(?:明らかな)?新(?:たな|規の?|しい|出の?)(?!.*(?:内部|同部|辺縁))"
)
# What a mention is taken for: 嚢胞と考えます, 肺癌を疑う.
_TAKEN_FOR = re.compile(
    r"(?:の(?:所見|疑い|可能性)|と(?:考え|思われ|判断|して)|[をも](?:最も|第一に)?(?:考え|疑)|疑い|に(?:合致|相当|矛盾|一致)|が(?:最も|第一に)?(?:示唆|疑|考え))"
)
_NAMED = re.compile(r"(?:同|上記の?|この|その|当該|本|前述の?|これら?の?)\Z")
_TOPIC = re.compile(
    r"(?:の(?:内部|辺縁|大きさ|サイズ|周囲|壁|CT値|SUVmax))?(?:自体)?(?:は|に(?:は|も)?|も|で(?:は|、)|が)"
)
_PARTS = re.compile(
    r"(?:その|同|嚢胞|腫瘤|結節|病変)?(?:内部?|内腔|辺縁部?|中心部?|壁|嚢胞壁|腫瘤壁|隔壁|被膜|皮膜|充実部分?|充実成分|壁在結節|中央部?|表面|実質"
    r"|周囲|一部|背側部?|腹側部?|皮質|髄質|末梢側?|中枢側?|全体|辺縁部位?|乳頭部|底部|茎部?|頸部)"
)
_AGAINST = re.compile(r"(?:実質|部)?(?:と(?!も)|に(?:比|対)|より|並み|程度)")  # 膵実質と等吸収: compared with, not in
_WHERE = lazy(r"([一-龥々ァ-ヴー]{2,12})に(?:は|も)?[^、。にはが]{0,8}\Z")
_RESIDUE = re.compile(r"(?:域|巣|病変|結節|腫瘤|部位|領域|影|斑)\Z")
_SURROUND = re.compile(r"(?:周囲|周辺|近傍|隣接)[^。、]{0,12}\Z")
_LESIONS = frozenset(("lesion", "fluid"))
_REACH = 24  # mentions back
_SENTENCES = 4  # sentences back


class Hosts(Heads):
    """Finds the mentions that a stretch of text speaks of; see `Heads` for the arguments."""

    def signal_before(self, start: int) -> int | None:
        """The signal or uptake that is the last finding before a place in its sentence."""
        k = bisect_left(self.starts, start) - 1
        if k < 0 or self.mentions[k].start < self.sentence(start)[0] or self.mentions[k].kind != "signal":
            return None
        return k if self._stated(k) else None

    def behind(self, start: int, *, anywhere: bool = False) -> list[int]:
        """The mentions before a place in the text that it speaks of: those of its sentence, else of the sentences before it.

        Args:
            start: Where the description, count or advice begins.
            anywhere: Whether a place named in between changes nothing (advice: 泌尿器科, 胸部CT).
        """
        low = self.sentence(start)[0]
        before = bisect_left(self.starts, start)
        own = [k for k in range(max(0, before - _REACH), before) if self.mentions[k].start >= low]
        own = [k for k in own if self.mentions[k].end <= start]
        stated = [k for k in own if self._stated(k)]
        while stated and self._sibling(stated[-1], start):
            stated.pop()  # 壁に石灰化と|造影効果を認め: of neither the other
        if stated:
            if not self._real(stated) and (earlier := self._before(low, start, anywhere=anywhere)):
                return earlier  # 辺縁にスピキュラ、分葉状: of the lesion before
            return self._of_sentence(stated, start)
        if own and not all(self.mentions[k].kind in ("sign", "signal") for k in own):
            return []  # the sentence speaks of something denied
        return self._before(low, start, anywhere=anywhere)

    def _sibling(self, number: int, start: int) -> bool:
        """Whether a sign of a lesion is named beside what begins at a place, in one list."""
        return self.text[self.mentions[number].end : start] in _BESIDE and self._sign_only(number)

    def _stated(self, number: int) -> bool:
        return self.c.certainty[number] in ("positive", "suspicious")

    def _of_sentence(self, stated: list[int], start: int) -> list[int]:
        pair = self._one_of_two(self.mentions[stated[0]].start, start, self._described(stated))
        if pair is not None:
            return [pair]
        if _EVERYONE.search(self.text, max(self.mentions[stated[-1]].end, start - LOOK), start):
            return self._described(stated)
        chosen = self._lesion(stated)
        end = self.mentions[stated[-1]].end
        if self._elsewhere(end, start) or self.text.find("うち", end, start) >= 0:
            return []
        return self._listed(chosen) or self._with_namesake(chosen)

    def _listed(self, number: int) -> list[int]:
        """`硬化性病変と溶骨性病変が混在し`: what is said behind a pair is said of both."""
        for k in (number - 1, number):
            if k < 0 or k + 1 >= len(self.mentions) or not (self._stated(k) and self._stated(k + 1)):
                continue
            if self.text[self.mentions[k].end : self.mentions[k + 1].start] in _AND:
                return [k, k + 1]
        return []

    def _one_of_two(self, start: int, end: int, numbers: list[int]) -> int | None:
        """The one that 前者 or 後者 means, whichever stands last in `[start, end)`."""
        found = list(_ONE_OF_TWO.finditer(self.text, max(start, end - LOOK), end)) if len(numbers) > 1 else []
        if not found:
            return None
        return numbers[-2] if found[-1].group() == "前者" else numbers[-1]

    def one_of_two(self, low: int, at: int) -> int | None:
        """The lesion that 前者 or 後者 in `[low, at)` means, None where neither word stands there."""
        if not _ONE_OF_TWO.search(self.text, max(low, at - LOOK), at):
            return None
        found = self.behind(at, anywhere=True)
        return found[0] if len(found) == 1 else None

    def _described(self, numbers: list[int]) -> list[int]:
        lesions = [k for k in numbers if self.mentions[k].kind in _LESIONS]
        return lesions or numbers

    def _lesion(self, stated: list[int]) -> int:
        """The one that is described: the nearest lesion, or a sign or disease with a place of its own."""
        last = stated[-1]
        for k in reversed(stated):
            kind = self.mentions[k].kind
            real = (kind in _LESIONS and not self._sign_only(k)) or (
                kind in ("disease", "state") and self.places[k].direct
            )
            if real and not self._taken_for(k, stated):
                return k
        own = [k for k in stated if self.places[k].direct and self.mentions[k].kind in ("sign", "signal")]
        return last if self.mentions[last].kind in _LESIONS or not own else own[-1]

    def _taken_for(self, number: int, stated: list[int]) -> bool:
        """Whether a mention is what an earlier lesion of the sentence is taken for."""
        if self.c.certainty[number] != "suspicious" and not self.opinion(number):
            return False
        return any(self.mentions[k].kind in _LESIONS for k in stated if k < number)

    def opinion(self, number: int) -> bool:
        """Whether a mention without a place of its own is what something is taken for: `嚢胞と考えます`."""
        return not self.places[number].direct and _TAKEN_FOR.match(self.text, self.mentions[number].end) is not None

    def _with_namesake(self, number: int) -> list[int]:
        """`同結節は…`, `結節は…`: the mention and the one it takes up again."""
        earlier = self.namesake(number)
        return [number] if earlier is None else [earlier, number]

    def namesake(self, number: int) -> int | None:
        """The mention that this one takes up again: 同結節, この腫瘤, or the same noun as a topic without a place."""
        mention = self.mentions[number]
        named = _NAMED.search(self.text, max(0, mention.start - 4), mention.start) is not None
        low = self.sentence(mention.start)[0]
        if not named:
            opens = mention.start - low < LOOK and not self.text[low : mention.start].strip(" 　・-")
            if not opens or not _TOPIC.match(self.text, mention.end):
                return None
        words = self.words(number)
        for k in range(number - 1, max(-1, number - _REACH), -1):
            other = self.mentions[k]
            if not self._stated(k) or other.start >= low:
                continue
            if self.words(k).endswith(words) or words.endswith(self.words(k)):
                return k
        if not named:
            return None
        found = self._before(low, mention.start)
        return found[0] if len(found) == 1 else None

    def _before(self, low: int, start: int, *, anywhere: bool = False) -> list[int]:
        """The lesions that the sentences before speak of last."""
        opening = self.text[low : min(start, low + LOOK)].lstrip(" 　\t・-")
        if not anywhere and (_ELSE.match(opening) or self._elsewhere(low, start)):
            return []
        choice = self._choice(low, two=_ONE_OF_TWO.search(opening) is not None)
        if not choice:
            return []
        if _EVERYONE.match(opening):
            return self._described(choice)
        pair = self._one_of_two(low, start, self._described(choice))
        if pair is not None:
            return [pair]
        chosen = self._lesion(choice)
        return self._listed(chosen) or self._with_namesake(chosen)

    def _choice(self, low: int, *, two: bool) -> list[int]:
        """The stated mentions of the last sentence before a place that describes something, or of two sentences."""
        number, last = bisect_right(self._sentence_starts, low) - 1, bisect_left(self.starts, low) - 1
        section = self._section(low)
        choice: list[int] = []
        for k in range(last, max(-1, last - _REACH), -1):
            mention = self.mentions[k]
            if number - mention.sentence > _SENTENCES or self._section(mention.start) != section:
                break
            if choice and mention.sentence != self.mentions[choice[-1]].sentence:
                real = self._real(choice, whole=True)
                if real and (not two or len(self._described(choice)) > 1):
                    break
                choice = choice if real else []  # only interpretations or signs: of what was described before
            if self._stated(k):
                choice.append(k)
        return choice[::-1]

    def _real(self, choice: list[int], *, whole: bool = False) -> bool:
        """Whether one of them is a thing of its own, not what another is taken for; with `whole`, nor a part of it (空洞)."""
        for k in choice:
            kind, place = self.mentions[k].kind, self.places[k]
            if self.opinion(k) or (whole and kind == "lesion" and self._sign_only(k)):
                continue
            if kind in _LESIONS or (kind in ("disease", "state", "sign") and place.direct and place.sites):
                return True
            if kind == "signal" and place.direct and place.sites:
                return True
        return False

    def _section(self, at: int) -> str | None:
        k = bisect_right(self._section_starts, at) - 1
        return self.c.parsed.sections[k].name if k >= 0 else None

    def _elsewhere(self, start: int, end: int) -> bool:
        """Whether a place that is no part of a lesion is named in between."""
        if ANAPHORA.match(self.text[start : min(end, start + LOOK)].lstrip(" 　\t・-、")):
            return False
        start = max(start, end - 2 * LOOK)
        first, last = bisect_left(self._group_starts, start), bisect_left(self._group_starts, end)
        return any(
            not _PARTS.fullmatch(self.text, g.start, min(g.end, end)) and not _AGAINST.match(self.text, g.end)
            for g in self._groups[first:last]
        )

    def lesions_before(self, start: int) -> list[int]:
        """As `behind`, but never a mere sign of a lesion where a lesion or disease is described in the sentences before."""
        found = self.behind(start, anywhere=True)
        if any(not self._sign_only(k) for k in found):
            return found
        low = self.sentence(start)[0]
        sentence, section = bisect_right(self._sentence_starts, low) - 1, self._section(low)
        last = max(found, default=bisect_left(self.starts, low) - 1)
        for k in range(last, max(-1, last - _REACH), -1):
            mention = self.mentions[k]
            if sentence - mention.sentence > _SENTENCES or self._section(mention.start) != section:
                break
            if self._stated(k) and not self._sign_only(k) and not self.opinion(k):
                return [k]
        return found

    def beside(self, number: int) -> list[int]:
        """The lesions with places of their own in the sentence of a lesion: what is said of none of them is of all."""
        mention = self.mentions[number]
        if mention.kind not in _LESIONS:
            return []
        return [
            k
            for k in range(max(0, number - _REACH), min(len(self.mentions), number + _REACH))
            if self.mentions[k].sentence == mention.sentence and self.mentions[k].kind in _LESIONS
            and self._stated(k) and self.places[k].direct and self.places[k].sites and not self._sign_only(k)
        ]  # fmt: skip

    def _sign_only(self, number: int) -> bool:
        mention, place = self.mentions[number], self.places[number]
        if mention.kind not in ("sign", "signal"):
            return mention.kind == "lesion" and is_sub_sign(self.words(number))
        bound = mention.kind == "sign" and is_sub_sign(self.words(number))
        if bound or not (place.direct and place.sites) or _WITH_IT.match(self.text, mention.end):
            return True
        low = bisect_left(self.starts, self.sentence(mention.start)[0])
        return any(
            self._stated(k) and self.mentions[k].kind in _LESIONS for k in range(max(low, number - _REACH), number)
        )

    def taken_later(self, start: int) -> list[int]:
        """What a thing without a noun of its own (高信号を示す領域) is taken for in the sentences right behind."""
        limit = self.sentence(start)[1]
        k = bisect_left(self.starts, limit)
        near = k < len(self.mentions) and self.starts[k] - limit < LOOK
        if not near or "\n" in self.text[limit - 1 : self.starts[k]] or not self._stated(k):
            return []
        return [k] if self.opinion(k) else []

    def of_signal(self, number: int) -> list[int]:
        """The lesions that a signal, density or uptake word speaks of which is a finding itself: 結節に集積, 内部に早期濃染."""
        mention = self.mentions[number]
        if _RESIDUE.search(self.text, mention.start, mention.end):
            return []
        low = self.sentence(mention.start)[0]
        if _SURROUND.search(self.text, max(low, mention.start - 20), mention.start):
            return []
        found = [k for k in self.behind(mention.start) if self.mentions[k].kind != "signal" or not self._sign_only(k)]
        return [k for k in found if self.mentions[k].start >= low or not self._unknown_place(low, mention.start)]

    def _unknown_place(self, low: int, start: int) -> bool:
        """Whether a noun that is no part of a lesion says where: `ワルダイエル輪に異常集積なし`."""
        found = _WHERE.search(self.text, max(low, start - 24), start)
        if found is None:
            return False
        noun = found.group(1)
        return not (
            _PARTS.fullmatch(noun) or ANAPHORA.match(noun) or self.inside(found.end(1) - 1, found.end(1)) is not None
        )
