"""Rooms and beds, and numbers of documents that carry a kanji: ward lists, 東5-12床, R5-死-211, 令和5年(ワ)第1203号."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.deid.evidence import GRAMMAR, LABELLED, LISTED, Hit
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import shapes, words

_UNIT = (
    r"(?:NICU|GCU|PICU|MFICU|EICU|ICU|HCU|CCU|SCU|KCU|RCU|OPE室|手術室|透析室|個室|特室|救急|救命|観察室|回復室|"
    r"陰圧室|隔離室)"
)
_WARD = (
    r"(?:[東西南北新旧本中別]{1,2}(?:館|棟)?[ ]?\d{0,2}(?:階|F)?|\d{1,2}[ ]?(?:階|F)?[東西南北A-Z](?:棟|病棟)?|"
    r"[A-Z]\d{0,2}(?:棟|病棟)?)"
)
# a line of a ward list: mark, ward, bed, and then a name, an age or a blank
_LIST = lazy(
    rf"^[ \t]*[・\-●○◎◇◆■□*→▶①-⑳]?[ \t]?(?:{_UNIT}|"
    rf"{_WARD})[ \-ー:]{{1,2}}(?P<b>[A-Z]?\d{{1,4}}(?:[\-ー]\d{{1,2}})?[A-Z]?)"
    rf"(?=[ \t:,、)]|$)(?![ \t]?(?:mm|cm|[x×/]|年|月|日|歳|個|度|%|椎))",
    re.MULTILINE,
)
# a bed by its place in a line or sentence: ICU-08, 11F-1101, 5E-12, B棟503, 2号棟118, 南5-502-3, 特1, 503の杢さん, 312に入室
_UNIT_NUMBER = re.compile(rf"(?<![A-Za-z0-9]){_UNIT}[\-ー]\d{{2,3}}[A-Z]?(?![0-9A-Za-z]|[ ]?(?:mm|cm))")
_FLOOR = re.compile(
    r"(?<![A-Za-z0-9.\-/])(?P<v>\d{1,2}F-\d{2,4}(?:-\d{1,2})?|\d{1,2}[EWSN]-\d{1,4}(?:-\d{1,2})?(?![0-9A-Za-z]|[ ]?mm)|"
    r"[A-Z0-9]{0,2}[東西南北新旧本中別]?(?:号棟|棟)[ ]?\d{3,4}(?:-\d{1,2})?|"
    r"[東西南北新旧本][ ]?\d{1,2}-\d{2,4}-\d{1,2})(?![0-9]|[ ]?mm)"
)
_SPECIAL = re.compile(
    r"(?:(?<=[東西南北]\d )|(?<=病棟 )|(?<=病棟)|(?<=救急)|(?<=^)|(?<=\n))(?P<v>(?:特|個|観|隔|陰|重|"
    r"回)\d{1,2})(?=[ 番床、。)\n]|号)"
)
_GUEST = lazy(
    r"(?<![0-9A-Za-z.\-/第#])(?P<v>\d{3,4}(?:-\d{1,2})?)(?=の[一-鿿ァ-ヺぁ-ゖ]{1,5}(?:さん|様|氏|くん|ちゃん)|"
    r"(?:号室?)?(?:に|へ)(?:入室|転室|帰室|入床|"
    r"戻室|移室|案内)|号(?:室)?(?:の|に|へ|で))|(?:さん|様|氏)[ ]?[(](?P<w>\d{3,4}(?:-\d{1,2})?|\d{1,2}[東西南北]\d{1,3})(?=[)])|"
    r"(?:帰室|入室|転室|転床|病室|部屋)[ ]{0,2}(?P<x>\d{3,4}(?:-\d{1,2}|-?[A-Z])?)(?![0-9:.]|[ ]?(?:年|月|日|時|分|mm|cm|頃))"
)
_WORDS = lazy(r"[ぁ-んァ-ヺ一-鿿]|[A-Z][a-z]")
_UNIT_BED = re.compile(
    r"(?<![A-Za-z])(?:NICU|GCU|PICU|MFICU|EICU|ICU|HCU|CCU|SCU)[ \-]?(?P<b>\d{1,2}(?:番|号)?(?=番?床|番?ベッド|"
    r"ベッド|ベット|へ|に(?:入|転|帰)|より|から|の|在|入))"
)
_SIDE = lazy(
    r"(?<![A-Za-z0-9一-鿿.])(?P<v>(?:[東西南北新旧本中]\d{0,2}|"
    r"\d{1,2}[東西南北])(?:病棟)?[ ]?[\-ー]?\d{1,4}(?:[\-ー]\d{1,2})?)"
    r"(?=床|番床|ベッド|号|病室)|"
    r"(?<![A-Za-z0-9.])(?P<w>(?:\d{1,2}[東西南北]|[東西南北]\d{1,2})[\-ー]\d{1,4})(?![0-9.\-/]|[ ]?mm)|"
    r"(?:病棟|病室|部屋|居室|入院先|ベッド|床|個室|"
    r"特室)[ ]?[:は]?[ ]?(?P<x>[A-Z東西南北新]?\d{1,4}(?:[\-ー]\d{1,2})?[A-Z]?)(?![0-9.東西南北階]|[ ]?(?:mm|cm|年|月|"
    r"日|人|名|時|回|か所|床|[/:]))"
)
_TO_FLOOR = re.compile(
    r"(?<![0-9A-Za-z.])(\d{1,2}階(?:[東西南北]?(?:病棟)?)?)(?=(?:に|へ)(?:入院|転棟|転床|帰室|帰棟|搬送|入室|移))"
)
_WARD_WORDS = words(
    "部屋",
    "病棟",
    "病室",
    "号室",
    "個室",
    "特室",
    "帰室",
    "入室",
    "転室",
    "転床",
    "号棟",
    "番床",
    "ベッド",
    "救急観",
)
_WARD_SHAPES = shapes(
    *(
        f"{w}{s}0"
        for w in ("AAA", "東", "西", "南", "北", "棟", "館", "特", "観", "床", "救急", "救命")
        for s in ("", " ", "-")
    ),
    *(f"0{w}" for w in "東西南北の床"),
    *(
        "0A-0",
        "0A 0",
        "0 A-0",
        "さん(0",
        "様(0",
        "氏(0",
        "さん (0",
        "階に",
        "階へ",
        "階病",
        "階東",
        "階西",
        "階南",
        "階北",
    ),
)
# what each of the patterns above needs
_DASHES, _SIDES = "-ー", "東西南北"
_UNIT_SHAPES = shapes(
    *(f"{u}{dash}00" for u in ("AAA", "室", "救急", "救命") for dash in _DASHES),
)
_FLOOR_SHAPES = shapes(
    "0A-0", "棟000", "棟 000",
    *(f"{side}{blank}{number}-00" for side in "東西南北新旧本" for blank in ("", " ") for number in ("0", "00")),
)  # fmt: skip
_SPECIAL_SHAPES = shapes(*(f"{kind}0" for kind in "特個観隔陰重回"))
_GUEST_SHAPES = shapes(
    "0の", "0号", *(f"0{to}{what}" for to in "にへ" for what in "入転帰戻移案"),
    *(f"{title}{blank}(0" for title in ("さん", "様", "氏") for blank in ("", " ")),
    *(f"{place}{blank}0" for place in "室床屋" for blank in ("", " ", "  ")),
)  # fmt: skip
_SIDE_SHAPES = shapes(
    "0床", "0番床", "0ベッド", "0号", "0病室",
    *(f"{place}{dash}0" for s in _SIDES for place in (f"0{s}", f"{s}0", f"{s}00") for dash in _DASHES),
)  # fmt: skip
_SIDE_WORDS = words("病棟", "病室", "部屋", "居室", "入院先", "ベッド", "床", "個室", "特室")
_TO_FLOOR_SHAPES = shapes(*(f"0階{to}" for to in "にへ病東西南北"))
# certificates, inquiries and cases of courts: an era or year, a kanji that names the kind, a number
_KIND = r"[死検診剖鑑証照捜刑発総医病生外入退紹診療交救消監民家登届受控司保福教安災労事]{1,3}(?:発|検|診|断|収|第)?"
_DOCUMENT = lazy(
    rf"(?<![A-Za-z0-9])(?:(?:[RHSrhs]|令和?|平成?)?[ ]?\d{{1,4}}[\-ー]{_KIND}[\-ー第]{{1,2}}\d{{1,6}}(?:号)?"
    rf"|\d{{4}}[ ]?{_KIND}[\-ー第]{{1,2}}\d{{1,6}}号?"
    rf"|{_KIND}(?:発|収|第|\-){{1,2}}第?\d{{1,6}}(?:号|(?=[)、。 ]))"
    rf"|(?:令和|平成|昭和)(?:元|\d{{1,2}})年[ ]?[(（][一-鿿ァ-ヺ]{{1,2}}[)）][ ]?第?\d{{1,6}}号?)"
)
_DOCUMENT_ISH = lazy(r"[\-ー](?<=[0-9].)[一-鿿]|第(?:(?<=[)）].)|(?<=[)）] .))")
# a second number of the same kind beside the first: 隣枠 20-4487, 同姓 55-1203
_OTHER = re.compile(
    r"(?:隣枠|隣の枠|同姓|同名|同姓同名|別人|別患者|取違え|取り違え|旧|新|前|正|誤|親|本|控|元|登録|照合|家族|"
    r"もう一人|他方|混入)[)]?[ ]?(?:は|:|ID)?[ ]?"
    r"(?P<v>[A-Z]{0,2}-?\d{1,4}-\d{2,7}(?:-\d{1,4})?|[A-Z]{1,2}-?\d{3,7}|\d{4,10})(?![0-9A-Za-z/.\-]|[ ]?(?:mm|年|月|"
    r"日|HU))"
)
_OTHER_WORDS = words(
    "枠",
    "同姓",
    "同名",
    "別人",
    "別患者",
    "違え",
    "照合",
    "混入",
    "もう一人",
    "他方",
    "旧)",
    "新)",
    "誤)",
    "正)",
)
_TAGGED = re.compile(r"<t[dh]>[ ]?([A-Z]{0,3}-?\d{1,6}(?:-[0-9A-Z]{1,8}){1,3})[ ]?</t[dh]>")
_PLATE = lazy(
    r"(?<![一-鿿])(?P<p>[一-鿿]{1,4}|[ぁ-ゖ]{2,4})[ ]?(?:[1-9]\d{1,2}|"
    r"\d{1,2}[A-Z])[ ]?(?P<k>[ぁ-ゖ])[ ]?[・.]{0,3}\d(?:\d{0,3}|\d?-\d{1,2})(?![0-9])|"
    r"(?:車両|ナンバー|車番|車)[^\n。]{0,4}?[(（: ](?P<q>[一-鿿]{2,4}[ ][ぁ-ゖ][ ]\d{1,2}-\d{2})"
)
_PLATE_ISH = re.compile(r"[\d ](?:(?<=\d\d)[ ]?[ぁ-ゖ][ ]?[・.0-9]|(?<=[ ])[ぁ-ゖ][ ]\d)")


def _line_end(t: str, at: int) -> int:
    end = t.find("\n", at)
    return len(t) if end < 0 else end


def find_wards(t: str) -> Iterator[Hit]:
    """Rooms, beds, documents and plates of a folded text that holds digits."""
    if _WARD_WORDS(t) or _WARD_SHAPES(t):
        for m in _LIST.finditer(t):
            if not _WORDS.search(t, m.end(), _line_end(t, m.end())):
                continue
            yield Hit(m.start("b"), m.end("b"), "ID", "room", 0.75, "ids.ward_list", GRAMMAR)
        for m in _UNIT_BED.finditer(t) if "CU" in t else ():
            yield Hit(m.start("b"), m.end("b"), "ID", "room", 0.75, "ids.ward_list", GRAMMAR)
        for m in _UNIT_NUMBER.finditer(t) if _UNIT_SHAPES(t) else ():
            yield Hit(m.start(), m.end(), "ID", "room", 0.75, "ids.ward_list", GRAMMAR)
        for look, pattern in ((_FLOOR_SHAPES, _FLOOR), (_SPECIAL_SHAPES, _SPECIAL), (_GUEST_SHAPES, _GUEST)):
            for m in pattern.finditer(t) if look(t) else ():
                yield Hit(*m.span(m.lastgroup or 0), "ID", "room", 0.7, "ids.ward_list", LISTED)
        for m in _SIDE.finditer(t) if _SIDE_SHAPES(t) or _SIDE_WORDS(t) else ():
            name = "v" if m["v"] else "w" if m["w"] else "x"
            yield Hit(m.start(name), m.end(name), "ID", "room", 0.75, "ids.ward_list", LISTED)
        for m in _TO_FLOOR.finditer(t) if _TO_FLOOR_SHAPES(t) else ():
            yield Hit(m.start(1), m.end(1), "ID", "room", 0.7, "ids.ward_list", LISTED)
    if "号" in t or _DOCUMENT_ISH.search(t):
        for m in _DOCUMENT.finditer(t):
            yield Hit(m.start(), m.end(), "ID", "case", 0.85, "ids.document", LABELLED + 12)
    if _OTHER_WORDS(t):
        for m in _OTHER.finditer(t):
            yield Hit(m.start("v"), m.end("v"), "ID", "patient", 0.75, "ids.other", GRAMMAR)
    if "<t" in t:
        for m in _TAGGED.finditer(t):
            yield Hit(m.start(1), m.end(1), "ID", "number", 0.75, "ids.cell", LISTED)
    if _PLATE_ISH.search(t):
        for m in _PLATE.finditer(t):
            if m["q"]:
                yield Hit(m.start("q"), m.end("q"), "ID", "plate", 0.85, "ids.plate", GRAMMAR)
            elif m["k"] not in "おしへんのにとはがを" or sum(c.isdigit() for c in m[0]) >= 5 or m[0].count(" ") > 2:
                yield Hit(m.start(), m.end(), "ID", "plate", 0.85, "ids.plate", LABELLED)
