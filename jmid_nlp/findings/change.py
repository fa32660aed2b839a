"""Change against the prior examination, number and history of a mention, from the words of its own clause."""

from __future__ import annotations

import re
from bisect import bisect_left

from jmid_nlp.findings.document import Parsed
from jmid_nlp.findings.mentions import Mention
from jmid_nlp.findings.terms import Term, concept
from jmid_nlp.schema import Change
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.scan import matches_from

_NOT_THEN = re.compile(
    r"(?:前回|前々回|以前|前CT|前検査|前医)(?:の?(?:検査|CT|MRI|PET|画像|US))?(?:時)?(?:で|"
    r"に)?(?:は|には|では)(?:、)?(?:明らかで|指摘|認め|みられ|見られ|存在し|なかった|なし|"
    r"確認でき|はっきりし)"
    r"[^。]{0,4}?(?:ず|ない|なかった|なく|ません|なし|できず|されず|て?いない)|前回(?:は|"
    r"では)?なし|前回(?:CT|MRI|検査)?(?:では|で|には|に)?(?:は)?(?:認められ|みられ|見られ|"
    r"指摘され)?なかった"
)
_SEEN_THEN = re.compile(
    r"(?:は|も)(?:、)?今回の?(?:検査|撮影|CT|MRI)?(?:で)?(?:は)?(?=[^。、]{0,12}(?:ない|ず|ません))|(?:前回|前医|既知)(?:で?(?:指摘|認識)(?:された|の|があった)|の)(?=[^。]{1,30}(?:指摘|同定|確認|描出)(?:でき|され)?(?:ず|ない|ません|なく))|"
    r"(?:前回|以前|前CT|前検査|前医で?)[^。、]{0,12}(?:認め|みられ|見られ|指摘され|存在|"
    r"あっ)(?:られ|て)?(?:てい|い)?た(?!が[^、]{0,4}残)"
)
_DENIED_CHANGE = re.compile(
    r"(?:は|も|を|傾向は?|して|など)?(?:明らかでは?|特に|明らかに)?(?:なく|なし|ない|なかった|"
    r"認めず|認めない|認めません|みられず|みられない|みられません|ありません|認められず|"
    r"認められません|おらず|いない|いません|指摘でき(?:ず|ない|ません))"
)
_NEW_BEFORE = re.compile(
    r"(?:新たな|新たに(?:出現した|生じた|認める)?|新規の?|新出の?|新しい|新生の?|初出の?|今回出現した)[^。、]{0,10}$"
)
# 前回みられなかった結節, 今回初めて指摘される結節
_UNSEEN_BEFORE = re.compile(
    r"(?:(?:前回|前々回|以前|前CT|前検査|前医)[^。、]{0,12}(?:なかった|ない|ていなかった)|(?:今回)?(?:初めて|はじめて)(?:指摘|認め|みられ|見られ)[^。、]{0,5})"
    r"[^。、はがを]{0,14}\Z"
)
_IN_IT = re.compile(r"(?<!傾向)に")  # 縮小した左腎に結石
_STABLE = re.compile(
    r"(?:前回|以前|著)?(?:と|に比し|に比べ|から|より)?(?:同様(?!の[^、。]{0,6}(?:病変|結節|腫瘤|嚢胞|影|集積|構造))|同等|同大|同程度|同じ|変わら(?:ず|"
    r"ない)|変わりありません|不変|著変な[くし]|変化な[くし]|変わりな[くし]|横ばい)|stable|"
    r"unchanged|no change|no interval change",
    re.IGNORECASE,
)
_HISTORY_BEFORE = re.compile(
    r"(?:(?:術|治療|照射|TACE|RFA|TAE|RT|切除|手術|化療|化学療法|梗塞|炎症|外傷|骨折|出血|肺炎|結核|感染|挫傷|膵炎|肺臓炎)後(?:の|\s?\()?|陳旧性|"
    r"陳旧化した|陳旧性(?:の|(?:と|で)(?:思われる|考えられる|考える|みられる|見られる))|old|remote|古い|骨?癒合した|既往の|の既往(?:として)?|治癒した|慢性期の?)\s?(?:多発性?|"
    r"微小|小|の)?$",
    re.IGNORECASE,
)
_HISTORY_AFTER = lazy(
    r"\s?(?:\(|、(?=[A-Z術]|[^、。]{0,8}(?:固定|置換|接合)術?後))?(?:の)?(?:に対(?:して|する|し)|で|にて)?\s?(?:[一-鿿ァ-ヴーA-Za-z\-/+＋・]{0,14}?)?(?:術|"
    r"治療|切除|摘出|核出|クリッピング|コイリング|縫縮|結紮|焼灼|照射|化学療法|塞栓|RT|CRT|EVAR|TEVAR|TUR-?BT|TUR|整復|内固定|骨接合|置換|回収|溶解|血栓回収|ドレナージ|RFA|TACE|TAE|ESD|"
    r"EMR|ope|OPE|手術|全摘|修復|移植|固定|郭清|温存|療法|寛解)後"
    r"|は(?:RFA|TACE|TAE|MWA|ESD|EMR|照射|放射線治療|治療|切除|摘出|塞栓|手術|術)後(?=で|です|の状態|[。、\s)]|\Z)"
    r"|後(?=[。、\s)]|\Z|の?(?:変化|状態|空洞|低吸収域|瘢痕|萎縮|欠損|軟化|変性|拘縮|変形))|、\s?(?:陳旧性|陳旧化)(?=[。、\s)])"
    r"|は\s?old\b"
    r"|[、,]?\s?(?:s/p|status post)\b|\s?(?:の)?(?:の既往|既往|治癒後|の治癒|後遺|の後遺|術後|痕跡)"
    r"|(?:は|の|が|を)?[^。、\n・りて]{0,8}(?:陳旧性|陳旧化)"
)
_HISTORY_IN = re.compile(
    r"陳旧|術後|後変化|治療後|後遺|照射後|炎症後|後瘢痕|後性変化|切除後|出血後|梗塞後|骨折後|old ", re.IGNORECASE
)
_MULTIPLE = lazy(
    r"多発(?!性?(?:嚢胞腎|嚢胞性腎|骨髄腫|硬化症|筋炎|血管炎|関節炎|神経炎|内分泌))|散在|散見|点在|複数(?!回|の(?:画像|検査|断面|スライス|時相|方向|シーケンス))|多数|無数|数個|いくつか|数か所|数ヶ所|数カ所|数箇所|累々|2つ|"
    r"3つ|二つ|三つ|各所|(?<![\d.A-Za-z+/#])(?:[2-9]|[1-9]\d)\s?(?:個|か所|ヶ所|カ所|箇所|ケ所|病変|"
    r"結節)|[二三四五六七八九]個|(?<![\d.])[1一]\s?(?:個|か所|ヶ所|カ所|箇所|ケ所)ずつ|"
    r"multiple|scattered|numerous|several|bilateral multiple|"
    r"大小の|大小不同",
    re.IGNORECASE,
)
_MULTIPLE_STARTS = re.compile("[多散点複数無い累各大1-9一二三四五六七八九msnbMSNB]")
_ATTRIBUTIVE = re.compile(
    r"(?:した|している|していた|しつつある|する|傾向の|傾向を示す|傾向にある|の)?[^、。がはを]{0,6}"
)
_CONNECTED = lazy(r"おり|いて|いる(?=[、が])|て|で|と|し(?=[、一-鿿ァ-ヶ])|に")
_ADVERBIAL = re.compile(r"(?:変化|著変|変わり)(?:な[くし]|ありません|を認めず)(?:、|。)?\Z|不変で\Z")
_LIKE_IT = re.compile(r"同様の[^、。]{0,6}(?:病変|結節|腫瘤|嚢胞|影|集積|構造)")
_SUPPOSED = re.compile(
    r"(?:する|した|た|の)?(?:時|場合|可能性|リスク|恐れ|おそれ|際|よう(?:なら|であれば))|に(?:ご)?注意|期(?!的)|性(?!に)|[癌度例型]"
)
_JOINED = re.compile(r"(増加|増大|増悪|減少|縮小|改善|消失)(?!して|は|を|傾向)")
_JOINED_CLASS: dict[str, Change] = {
    "増加": "increased", "増大": "increased", "増悪": "increased", "減少": "decreased", "縮小": "decreased",
    "改善": "decreased", "消失": "resolved",
}  # fmt: skip
# What comes after a treatment and is there now: 術後血腫, 術後再発.
_SEQUEL = re.compile(
    r"(?:再発|転移|出血|血腫|膿瘍|貯留|貯留液|液体|胸水|腹水|感染|縫合不全|イレウス|腸閉塞|血栓|気胸|漏|腫瘤|結節|残存|狭窄|浮腫)\Z"
)
_STABLE_HINT = re.compile(r"[同変横sSſ]")
_COUNTED_HINT = re.compile(r"[増多大広厚目減少小薄]")
PAST_WORDS = ("後", "既往", "古い", "癒合", "remote", "陳旧", "慢性期", "治癒", "痕", "old", "Old", "OLD")
_MORE = (None, "増え", "多くなっ", "大きくなっ", "広がっ", "厚くなっ", "目立つようになっ")
_COUNTED = re.compile(
    r"(増え|多くなっ|大きくなっ|広がっ|厚くなっ|目立つようになっ|減っ|少なくなっ|小さくなっ|薄くなっ)(?:て|た|(?<=増え)、)"
    r"|(?:前回|以前|前CT|前検査|\d年前|\d[か月ヶ]{1,2}前)(?:と比(?:べ|し|較し)て?|より|に比(?:べ|し)て?)(?:は|も)?(?:、)?(?:やや|明らかに|軽度)?目立(?:つ|って|ち|った)"
)
_IS_NEW = re.compile(r"(?:は|が|も|、|\()?(?:今回)?(?:新規|新病変|初出|新出)(?!の)")
_LOWERED = re.compile(r"(?:と|へ|に)低下")
_GREW = re.compile(
    r"の拡大(?:を認|あり|がみら|が見ら|傾向)|(?:と|に|傾向に?|より)?(?:やや|軽度|著明に)?(?:拡大|増強)(?:し|傾向|あり|。|$|、|\))"
)
_GONE = re.compile(r"(?:し|傾向で|して)、?(?:ほぼ|完全に)?消失(?!傾向)")
_BRACKETS = re.compile(r"\([^()]*\)")
_TOPIC = re.compile(r"、[^、。]{1,20}[はが][^、。はが]{0,8}\Z")
_TOPIC_REACH = 32
_BEFORE_NOUN = re.compile(r"(?:性|の|する|した|な)?[^、。]{0,6}")
_PLURAL_NOUNS = frozenset(("micronodule",))


class Changes:
    """Change words of a report, looked up by stretches of text."""

    def __init__(self, parsed: Parsed, mentions: list[Mention]) -> None:
        self.text = parsed.text
        ends = {m.end - 2 for m in mentions if m.why == "growth of a place"}
        self.terms: list[Term] = [
            t
            for t in parsed.terms
            if (t.kind == "change" and t.start not in ends) or (t.kind == "cue" and t.form.startswith("出現"))
        ]
        self._starts = [t.start for t in self.terms]
        self.places = [t.start for t in parsed.terms if t.kind == "anatomy"]

    def within(self, start: int, end: int) -> list[tuple[Term, str]]:
        """Change words in `[start, end)` with their class, denied ones read as no change."""
        found = []
        for term in self.terms[bisect_left(self._starts, start) : bisect_left(self._starts, end)]:
            cls = "new" if term.kind == "cue" else concept(term.concept).cls
            if cls in ("increased", "decreased", "new", "resolved") and _DENIED_CHANGE.match(self.text, term.end):
                cls = "stable" if cls in ("increased", "decreased") else "denied"
            found.append((term, cls))
        return found


def change_of(changes: Changes, before: int, mention: Mention, after: int) -> tuple[Change | None, str]:
    """The change that the clause of a mention states of it, with the words it rests on.

    Args:
        changes: The change words of the report.
        before: Where the mention's own stretch begins (the end of the mention before it, or of the clause).
        mention: The mention.
        after: Where its stretch ends (the start of the next mention, or of the sentence).
    """
    text = changes.text
    ahead = text[mention.end : after]
    if "前" in ahead and _NOT_THEN.search(ahead):
        return "new", "not seen before"
    stable = _STABLE.search(ahead) if _STABLE_HINT.search(ahead) else None
    for term, cls in changes.within(mention.end, after):
        if cls in ("residual", "denied") or _SUPPOSED.match(text, term.end) or _LIKE_IT.match(text, term.start):
            continue
        if _other_topic(changes, mention.end, term.start):
            continue
        if "、" in _BRACKETS.sub("", text[mention.end : term.start]) and _leads_on(text, term, cls, after):
            continue
        if stable and stable.start() + mention.end < term.start and cls != "stable":
            return "stable", stable.group()
        if cls == "decreased" and _GONE.match(text, term.end):
            return "resolved", term.form
        return cls, term.form  # type: ignore[return-value]
    if stable:
        return "stable", stable.group()
    joined = _JOINED.match(ahead)
    if joined:
        return _JOINED_CLASS[joined.group(1)], joined.group()
    if _IS_NEW.match(ahead):
        return "new", "新規"
    if mention.kind == "signal" and _LOWERED.search(ahead):
        return "decreased", "低下"
    counted = _COUNTED.search(ahead) if _COUNTED_HINT.search(ahead) else None
    if counted:
        return ("increased" if counted.group(1) in _MORE else "decreased"), counted.group()
    if ("拡大" in ahead or "増強" in ahead) and _GREW.search(ahead):
        return "increased", "拡大"
    found = "新" in text[max(before, mention.start - 24) : mention.start] and _NEW_BEFORE.search(
        text, max(before, mention.start - 24), mention.start
    )
    if found:
        return "new", found.group()
    said = text[max(before, mention.start - 40) : mention.start]
    found = _UNSEEN_BEFORE.search(said) if "前" in said or "めて" in said else None
    if found:
        return "new", found.group()
    for term, cls in reversed(changes.within(before, mention.start)):
        if cls in ("increased", "decreased", "stable") and _ADVERBIAL.search(text, before, mention.start):
            return cls, term.form  # type: ignore[return-value]
        if (
            cls in ("increased", "decreased", "new", "stable")
            and not term.form.endswith(("で", "て", "し", "く"))
            and not term.form.startswith("同")
            and not _CONNECTED.match(text, term.end)
            and ")" not in text[term.end : mention.start]
            and _ATTRIBUTIVE.fullmatch(text, term.end, mention.start)
            and _IN_IT.search(text, term.end, mention.start) is None
        ):
            return cls, term.form  # type: ignore[return-value]
    return None, ""


def _other_topic(changes: Changes, start: int, end: int) -> bool:
    """Whether a place of its own is the topic between a mention and a word of change: `…を認め、右脳溝は不明瞭化`."""
    if not _TOPIC.search(changes.text, max(start, end - _TOPIC_REACH), end):
        return False
    comma = changes.text.rfind("、", start, end)
    first = bisect_left(changes.places, comma)
    return comma >= 0 and first < len(changes.places) and changes.places[first] < end


def _leads_on(text: str, term: Term, cls: str, after: int) -> bool:
    """Whether a change word after a comma speaks of the next mention: `…、新たに結節が`, `…、増大した結節`."""
    if text[after : after + 1] in ("", "。", "\n"):
        return False
    if cls == "new" and term.form.startswith(("新た", "新し", "新規")):
        return "。" not in text[term.end : after]
    return _ATTRIBUTIVE.fullmatch(text, term.end, after) is not None and not _CONNECTED.match(text, term.end)


def seen_before(text: str, start: int, end: int) -> bool:
    """Whether a stretch says that something was there at the prior examination (前回認めた)."""
    return _SEEN_THEN.search(text, start, end) is not None


def historical(text: str, mention: Mention, after: int) -> str:
    """The words that make a mention past or a residue of the past, empty where there are none."""
    own = text[mention.start : mention.end]
    ahead = _HISTORY_BEFORE.search(text, max(0, mention.start - 12), mention.start)
    found = (
        _HISTORY_IN.search(own)
        or (ahead if ahead is None or not _SEQUEL.search(own) or "陳旧" in ahead.group() else None)
        or _HISTORY_AFTER.match(text, mention.end, max(after, mention.end))
    )
    return found.group() if found else ""


class Plurals:
    """Words of number of a report, found once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._found = [(m.start(), m.end()) for m in matches_from(_MULTIPLE_STARTS, _MULTIPLE, text)]
        self._starts = [start for start, _ in self._found]

    def of(self, before: int, mention: Mention, after: int, *, first: bool, last: bool) -> str:
        """The words that say there are several of a mention, empty where there are none.

        Args:
            before: Where the mention's stretch begins.
            mention: The mention.
            after: Where its stretch ends.
            first: No mention stands before it in its sentence.
            last: No mention stands after it in its sentence; else words right before the next one belong to that.
        """
        if mention.concept in _PLURAL_NOUNS:
            return "plural noun"
        if not self._found:
            return ""
        if not first:
            before = max(before, self.text.rfind("、", before, mention.start) + 1)
        stop = self.text.find("。", mention.end, after)
        stop = stop if stop >= 0 else after
        for start, end in self._found[bisect_left(self._starts, before) : bisect_left(self._starts, stop)]:
            if before <= start and end <= stop and (end <= mention.end or last or not self._next_ones(end, after)):
                return self.text[start:end]
        return ""

    def _next_ones(self, end: int, after: int) -> bool:
        return _BEFORE_NOUN.fullmatch(self.text, end, after) is not None
