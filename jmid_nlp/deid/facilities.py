"""Hospitals, clinics, schools, employers, police and fire stations, care homes: a proper left part and a suffix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.cues import EXPLICIT, Label
from jmid_nlp.deid.evidence import GRAMMAR, LABELLED, LISTED, Hit
from jmid_nlp.deid.kanji import KANJI
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.offsets import fold

_LEFT = re.compile(rf"(?:[{KANJI}ヶケノ々ァ-ヺー・&A-Za-z]|[ぁ-ゖ]{{1,8}}|\d{{1,2}}(?=[{KANJI}]))+\Z")
_PARTICLES = re.compile(
    r".*(?:にて|から|より|まで|での|との|への|には|では|とは|として|および|及び|または|または|した|する|して|された|される|いる|ある|あり|なり|れば|です|ます|であり|ため|ので|ところ|とも|について|によ[りる]|ご|ような|という|くの|いう|くて|しい|ない|[ぁ-ゖ]を|(?<![ぁ-ゖ])[はがをにへも]|、)"
)
_BRANCH = re.compile(
    rf"(?:[ \t]?[{KANJI}ァ-ヺー]{{1,8}}(?:分院|分室|支店|支社|支部|工場|事業所|営業所|出張所|研究所|"
    rf"センター|製作所|造船所|本店|本社|院|病院|キャンパス|医療センター))"
)
_COMPANY_RIGHT = re.compile(rf"[ \t]?(?P<n>[{KANJI}ァ-ヺーぁ-ゖA-Za-z0-9・&]{{2,20}})")
_STRIP = tuple(sorted(stop_words("facility_lead"), key=lambda w: (-len(w), w)))
_PARTICLE = frozenset("のでにとはがをへもや・")
_GENERIC_LEFT = stop_words("facility_left")


@cache
def _table() -> tuple[Automaton, tuple[str, ...], frozenset[str]]:
    forms: dict[str, str] = {}
    generic: set[str] = set()
    for row in read_table("phi/facility.tsv", ("strength", "forms")):
        words = [fold(f).text for f in split_forms(row["forms"])]
        if row["strength"] == "generic":
            generic.update(words)
        for w in words if row["strength"] != "generic" else []:
            forms.setdefault(w, row["strength"])
    return Automaton(forms), tuple(forms.values()), frozenset(generic)


_ENGLISH = re.compile(
    r"(?<![A-Za-z])(?:[A-Z][A-Za-z'’\-]+ ){1,4}(?:of )?(?:(?:General|Memorial|Central|Medical|University|"
    r"City|Municipal|Prefectural|Children's|Red Cross|Cancer) ?){0,3}"
    r"(?:Hospital|Clinic|University|Medical Center|Medical Centre|Institute|High School|School|College|"
    r"Nursing Home|Inc\.?|Co\.,? ?Ltd\.?|Corporation|Corp\.?)(?![a-z])|(?<![A-Za-z])University of [A-Z][a-z]+"
)
_GENERIC_ENGLISH = re.compile(
    r"(?:The |Our |This |Other |Outside |Local |Previous |Referring |General |University |Medical |Regional "
    r")+(?:Hospital|Clinic|University|Medical Center|School)\Z",
    re.IGNORECASE,
)


_REFERRER = re.compile(
    rf"[{KANJI}ヶケノぁ-ゖァ-ヺーA-Za-z・&]{{2,24}}(?:病院|医院|クリニック|診療所|センター|整形外科|内科|"
    rf"外科|CL|健診プラザ)(?=$|[ \t\n、。,)」/])"
)


_POLICE = re.compile(rf"(?<![{KANJI}])([{KANJI}]{{2,4}})署(?=交通|刑事|生活|地域|警|より|の|から|管内|員|救急)")
_SYSTEM_NAME = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{3,20}_(?:HP|HOSP|HOSPITAL|CLINIC|CL|MC|UNIV|BYOIN|CENTER)[A-Z0-9_]{0,12}(?![A-Za-z])"
)


def find_facilities(t: str, labels: list[Label]) -> Iterator[Hit]:
    """Names of facilities in a folded text."""
    automaton, kinds, generic = _table()
    floor = 0
    for start, end, number in automaton.find(t):
        kind = kinds[number]
        hit = None
        if kind == "company":
            hit = _company(t, start, end)
        elif kind == "name":
            hit = _named(t, start, end)
        else:
            hit = _suffixed(t, start, end, kind, generic, floor)
        if hit:
            floor = hit.end
            yield hit
    if "署" in t:
        for m in _POLICE.finditer(t):
            if m[1] not in ("警察", "消防", "税務", "同", "所轄"):
                yield Hit(m.start(), m.end(), "FACILITY", "institution", 0.75, "facilities.station", LISTED)
    if "_" in t:
        for m in _SYSTEM_NAME.finditer(t):
            yield Hit(m.start(), m.end(), "FACILITY", "hospital", 0.85, "facilities.system", GRAMMAR)
    if _ENGLISH_WORD.search(t):
        for m in _ENGLISH.finditer(t):
            if not _GENERIC_ENGLISH.match(m[0]):
                yield Hit(m.start(), m.end(), "FACILITY", "hospital", 0.8, "facilities.english", GRAMMAR)
    for start, end in _prefixed(t):
        yield Hit(start, end, "FACILITY", "care_home", 0.8, "facilities.prefix", GRAMMAR)
    if _EMPLOYED_WORD.search(t):
        for start, end in _employers(t):
            yield Hit(start, end, "FACILITY", "workplace", 0.7, "facilities.employer", LISTED)
    for m in _SHORT.finditer(t) if _SHORT_WORD.search(t) else ():
        left = _left_part(t, m.start(), floor=0)
        if left and left not in _GENERIC_LEFT and left not in book().depts and _name_like(left):
            yield Hit(m.start() - len(left), m.end(), "FACILITY", "hospital", 0.7, "facilities.short", LISTED)
    for label in labels:
        if label.kind == "person" and label.subtype == "referrer" and label.strength == EXPLICIT:
            found = _REFERRER.match(t, label.value)
            if found and found[0] not in generic and found[0] not in book().no_names and len(found[0]) > 3:
                yield Hit(found.start(), found.end(), "FACILITY", "hospital", 0.85, "facilities.label", GRAMMAR)
        if label.kind == "facility" and label.strength == EXPLICIT:
            yield from _labelled(t, label, generic)


_ENGLISH_WORD = re.compile(r"Hospital|Clinic|University|Center|Centre|Institute|School|College|Home|Inc|Ltd|Corp")
_EMPLOYED_WORD = re.compile(r"勤務|就職|入社|在籍|就労|退職|社員|従業員|工員|職員|働")
_PREFIX_WORD = re.compile(
    r"(?:グループホーム|特別養護老人ホーム|養護老人ホーム|有料老人ホーム|老人ホーム|介護老人保健施設|"
    r"老人保健施設|老健|特養|ケアハウス|デイサービスセンター|デイサービス|デイケア|サ高住|"
    r"住宅型有料老人ホーム|訪問看護ステーション|児童養護施設|障害者支援施設|保育園|こども園|幼稚園|介護医療院)[ \t]?[「『\"]?"
)
_PREFIX_NAME = re.compile(
    rf"(?:[{KANJI}ァ-ヺー]{{1,6}})?(?:の)?(?:[ぁ-ゖ]{{2,9}}?|[ァ-ヺー]{{2,12}}|[{KANJI}]{{2,6}}?)(?:の[里郷家杜森丘])?(?:[苑荘園館邸])?(?=[」』\"]|の|から|より|に(?![かがこしじちなのほぎ])|で|へ|を|が|は|、|。|,|入|利用|通|在|職|施|看|[\s)）]|$)"
)
_SHORT_WORD = re.compile(
    r"整形|協立|市立|日赤|厚生|労災|済生会|市民|共済|中央|総合|記念|脳外|国保|赤十字|生協|医師会|病院前"
)
_SHORT = re.compile(
    r"(?:整形|協立|市立|日赤|厚生|労災|済生会|市民|共済|中央|総合|記念|脳外|国保|赤十字|生協|医師会)(?=で(?!あ)|に(?:て|紹介|通|入|転|搬)|より|から|の(?:CT|MRI|画像|紹介|前|主治)|へ(?!の)|受診|撮影|紹介)"
)


def _prefixed(t: str) -> Iterator[tuple[int, int]]:
    """Facilities whose kind comes first: グループホームすみれ, 特別養護老人ホーム やすらぎ苑."""
    for m in _PREFIX_WORD.finditer(t):
        name = _PREFIX_NAME.match(t, m.end())
        if (
            name
            and name[0] not in _NO_HOME
            and not name[0].startswith(
                (
                    "入",
                    "利用",
                    "通",
                    "から",
                    "より",
                    "にて",
                    "など",
                    "での",
                    "への",
                    "職員",
                    "施設",
                    "等",
                    "内",
                    "看護",
                    "に",
                    "で",
                    "の職",
                    "を",
                    "は",
                    "が",
                )
            )
        ):
            yield m.start(), name.end()


_EMPLOYED = re.compile(
    rf"(?:\A|[\s、。,:(「]|[はがのをでに])((?:[{KANJI}ァ-ヺーA-Za-z・]|[ぁ-ゖ]{{2,6}}(?=[{KANJI}])){{3,16}})(?=に(?:\d{{1,2}}年間?)?(?:勤務|就職|入社|在籍|就労)|勤務(?![歴先時中帯])|を(?:定年)?退職|(?:の)?(?:社員|従業員|工員|職員)|で(?:\d{{1,2}}年間?)?(?:勤務|働|就労|作業|調理|溶接|塗装))"
)
_NO_EMPLOYER = re.compile(
    r"(?:業|職|関係|関連|会社|工場|現場|事務|仕事|自営|農家|施設|病院|作業|夜間|交代|勤務|立ち|派遣|パート|海外|単身|在宅|時短|常勤|非常勤|当院|学校|職場|造船所|製鉄所|鉄工所|炭鉱|鉱山|役所|役場|公立|技術|系|店員|店|側|部|科|室|中|後|前|時|日|年)\Z"
)


_TRADE = re.compile(
    "(?:工業|産業|興業|鉱業|紡織|紡績|化学|化成|食品|製薬|電機|重工|建設|運輸|交通|商事|製鋼|硝子|水産)\\Z"
)


def _employers(t: str) -> Iterator[tuple[int, int]]:
    """Employers by what is said of them: 三河紡織に勤務, トキワ食品を退職."""
    for m in _EMPLOYED.finditer(t):
        name = m[1]
        plain = name.translate(VARIANTS)
        b = book()
        known = any(plain[:n] in b.place_stems or b.surnames.get(plain[:n]) in ("common", "rare") for n in (2, 3))
        trade = _TRADE.search(name) is not None
        if (
            (trade or not _NO_EMPLOYER.search(name))
            and (trade or known or re.match("[ァ-ヺ]{3}|[A-Z]{2}", name))
            and len(name) > 3
            and name not in b.generic
        ):
            yield m.start(1), m.end(1)


_NO_HOME = stop_words("facility_after_kind")


def _name_like(left: str) -> bool:
    plain = left.translate(VARIANTS)
    kind = book().surnames.get(plain)
    return (kind in ("common", "rare") and plain not in book().terms) or plain in _place_stems()


@cache
def _place_stems() -> frozenset[str]:
    return frozenset(r["form"][:-1] for r in read_table("phi/places.tsv") if len(r["form"]) > 2)


def _ascii_edge(t: str, start: int, end: int) -> bool:
    return not (t[start].isascii() and start and t[start - 1].isascii() and t[start - 1].isalnum()) and not (
        t[end - 1].isascii() and end < len(t) and t[end].isascii() and t[end].isalpha()
    )


def _named(t: str, start: int, end: int) -> Hit | None:
    if not _ascii_edge(t, start, end):
        return None
    before, after = t[start - 1 : start], t[end : end + 3]
    form = t[start:end]
    if (
        re.match(f"[{KANJI}]", before)
        and len(form) <= 3
        and not t[:start].endswith(("前医", "近医", "他院", "紹介元", "現在", "以前"))
    ):
        return None
    if len(form) <= 3 and re.match(
        r"先生|さん|様|医師|氏|病(?!院)|分類|法|動脈|方|型|式|症|基準|区|市|県|川|[ 　]?[一-鿿]{1,2}[ 　](?:先生|様)",
        after,
    ):
        return None
    if len(form) == 2 and form in _ONLY_WITH and not re.match(r"で|に|より|から|の|へ|病院|放|[ 　]", after):
        return None
    stop = end
    if m := re.match(
        r"(?:大学)?(?:医学部)?(?:附属|付属)?(?:[一-鿿ァ-ヺー]{0,8}(?:病院|医療センター|センター|キャンパス|分院))",
        t[end : end + 24],
    ):
        stop = end + m.end()
    return Hit(start, stop, "FACILITY", "hospital", 0.85, "facilities.name", GRAMMAR)


_ONLY_WITH = stop_words("facility_short")


def _company(t: str, start: int, end: int) -> Hit | None:
    """株式会社… before or behind the name, with a branch."""
    left = _left_part(t, start, 0)
    low = start - len(left) if left and left not in _GENERIC_LEFT else start
    stop = end
    if low == start or t[start:end].startswith(("医療法人", "社会医療法人", "社会福祉法人", "学校法人")):
        m = _COMPANY_RIGHT.match(t, end)
        if m is None:
            return Hit(low, stop, "FACILITY", "workplace", 0.85, "facilities.company", GRAMMAR) if low < start else None
        name = re.split(r"(?:に(?=勤|所|入|て)|で|の(?=社|従)|勤務|社員|従業員|を|から|より|、|在籍)", m["n"])[0]
        stop = m.start("n") + len(name)
        if t[start:end].startswith(("医療法人", "社会医療法人", "社会福祉法人")) and (
            more := re.match(
                rf"[ \t]?[{KANJI}ァ-ヺーぁ-ゖ]{{1,12}}?(?:病院|クリニック|医院|診療所|苑|荘|園|ホーム|センター)",
                t[stop:],
            )
        ):
            stop += more.end()
    if b := _BRANCH.match(t, stop):
        stop = b.end()
    return Hit(low, stop, "FACILITY", "workplace", 0.9, "facilities.company", GRAMMAR)


def _left_part(t: str, start: int, floor: int) -> str:
    """What stands directly before a suffix and may belong to the name."""
    low = max(floor, start - 20)
    m = _LEFT.search(t[low:start])
    if m is None:
        return ""
    left = m[0]
    p = _PARTICLES.match(left)
    if p and p.end() <= len(left):
        left = left[p.end() :]
    changed = True
    while changed:
        changed = False
        for word in _STRIP:
            if left.startswith(word) and (len(left) > len(word) or word in ("元", "現")):
                left, changed = left[len(word) :], True
        while left[:1] in _PARTICLE and left and not ("ぁ" <= left[1:2] <= "ゖ"):
            left, changed = left[1:], True
    return left


def _proper(left: str) -> bool:
    """True where the left part looks like a name: a surname, a place, kana or Latin letters."""
    plain = left.translate(VARIANTS)
    b = book()
    if (
        re.search(r"[ァ-ヺ]{3}|[ぁ-ゖ]{3}|[A-Za-z]{3}", left)
        and left not in _GENERIC_LEFT
        and (left[-1] not in "のなたるいくにをはがも" or re.fullmatch("[ぁ-ゖ]{3,6}", left))
    ):
        return True
    if plain in b.surnames and b.surnames[plain] != "single" and plain not in b.terms:
        return True
    if (
        plain.endswith(
            (
                "市立",
                "県立",
                "町立",
                "村立",
                "都立",
                "府立",
                "道立",
                "区立",
                "国立",
                "私立",
                "記念",
                "会",
                "堂",
                "台",
                "ヶ丘",
                "が丘",
                "丘",
                "赤十字",
                "厚生",
                "労災",
                "共済",
                "済生会",
            )
        )
        and len(plain) > 2
    ):
        return True
    return (
        any(
            plain[:n] in b.surnames and b.surnames[plain[:n]] in ("common", "rare") and plain[:n] not in b.terms
            for n in (2, 3)
        )
        and len(plain) <= 6
    )


def _suffixed(t: str, start: int, end: int, kind: str, generic: frozenset[str], floor: int) -> Hit | None:
    if not _ascii_edge(t, start, end) and not (t[start - 1 : start] > "z"):
        return None
    left = _left_part(t, start, floor)
    suffix = t[start:end]
    if not left or left in _GENERIC_LEFT or left + suffix in generic or left in book().depts:
        return None
    if left in book().words and kind != "strong":
        return None
    if kind != "strong" and (not _proper(left) or not _RIGHT_WEAK.match(t, end)):
        return None
    if kind == "strong" and len(suffix) <= 2 and suffix not in _SURE and not _proper(left):
        return None
    stop = end
    if (b := _BRANCH.match(t, stop)) and b[0].strip() not in generic:
        stop = b.end()
    return Hit(
        start - len(left),
        stop,
        "FACILITY",
        _subtype(suffix),
        0.9 if kind == "strong" else 0.7,
        "facilities.suffix",
        GRAMMAR if kind == "strong" else LISTED,
    )


_SURE = frozenset(["病院", "医院", "CL", "Cl", "高校", "薬局", "医大", "大学", "学園"])
_RIGHT_WEAK = re.compile(
    r"$|[\s、。,.()（」』】\]/|;:>\"'<&・]|より|から|に|で|へ|の|を|は|が|と|入|通|勤|在|紹介|受診|外来"
)


def _subtype(suffix: str) -> str:
    if re.search(r"学|校|園|塾", suffix):
        return "school"
    if re.search(r"警察|消防|交番", suffix):
        return "institution"
    if re.search(r"病院|医院|クリニック|診療|CL|科|センター|医大|健診", suffix):
        return "hospital"
    if re.search(r"ホーム|苑|荘|ケア|老人", suffix):
        return "care_home"
    return "workplace"


_VALUE = re.compile(r"[^\n|,;<>\"'。、()]{2,40}?(?=[ \t]{2,}|[\n|,;<>\"'。、()]|\Z)")
_NO_VALUE = re.compile(
    r"なし|無|不明|未|当院|他院|同上|近医|あり|有|在宅|自宅|今回|前回|CT|MRI|\d{4}|右|左|両|胸|腹|頭"
)


def _labelled(t: str, label: Label, generic: frozenset[str]) -> Iterator[Hit]:
    m = _VALUE.match(t, label.value)
    if m is None or _NO_VALUE.match(m[0]) or m[0].strip() in generic or m[0].strip() in book().no_names:
        return
    value = m[0].rstrip()
    if (
        label.end - label.start <= 2
        and not t[label.start].isascii()
        and t[label.start : label.end] not in ("前医", "所属", "会社", "学校", "施設")
    ):
        return
    if t[label.start : label.end] in ("前医", "他院", "施設入所", "かかりつけ") and not re.search(
        r"院|所|センター|クリニック|CL|ホーム|苑|荘|園|科", value
    ):
        return
    value = re.split(r"(?:より|から|にて|に(?=勤|入|通)|で(?=[^あ]))", value)[0].rstrip()
    if len(value) >= 2:
        yield Hit(m.start(), m.start() + len(value), "FACILITY", label.subtype, 0.85, "facilities.label", LABELLED)
