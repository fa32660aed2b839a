"""Facilities by other signs than a suffix: company marks, what is said of an employer, the kind in front, English names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.branches import BRANCH
from jmid_nlp.deid.evidence import GRAMMAR, Hit
from jmid_nlp.deid.kanji import KANJI
from jmid_nlp.deid.leftpart import GENERIC_LEFT, left_part
from jmid_nlp.deid.proper import head, is_common
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import RareForms, words

_COMPANY_RIGHT = lazy(rf"[ \t]?(?P<n>[{KANJI}ァ-ヺーぁ-ゖA-Za-z0-9・&]{{2,20}})")

ENGLISH = lazy(
    r"(?<![A-Za-z])(?:St\.? )?(?:[A-Z][A-Za-z'’\-]+ ){1,4}(?:of )?(?:(?:General|Memorial|Central|Medical|University|"
    r"City|Municipal|Prefectural|Children's|Red Cross|Cancer|Univ\.?) ?){0,3}"
    r"(?:Hospital|Hosp\.?|Clinic|University|Medical Center|Medical Centre|Institute|High School|School|College|"
    r"Nursing Home|Inc\.?|Co\.,? ?Ltd\.?|Corporation|Corp\.?|Shipping|Lines|Airlines|Motors|Foods|Holdings|Industries|"
    r"Steel|"
    r"Marine|Trading|Logistics|Construction|Engineering|Radiology(?= ?[,\n.)]|$)|Imaging(?= ?[,\n.)]|$)|"
    r"Imaging (?:Center|Centre|Clinic))(?![a-z])|(?<![A-Za-z])University of [A-Z][a-z]+|"
    r"(?<![A-Za-z])(?:[A-Z][A-Z'\-]+[ ]){1,4}(?:HOSPITAL|HOSP|CLINIC|UNIVERSITY|MEDICAL CENTER|MEDICAL CENTRE|MED CTR|"
    r"NURSING HOME)(?![A-Za-z])|"
    r"(?<![A-Za-z])[A-Z][a-z]{2,12}[\- ](?:en|sou|byoin|iin|no-sato|no sato)(?![a-z\-])"
)

GENERIC_ENGLISH = re.compile(
    r"(?:The |Our |This |Other |Outside |Local |Previous |Referring |General |University |Medical |Regional "
    r")+(?:Hospital|Clinic|University|Medical Center|School)\Z",
    re.IGNORECASE,
)

# the same in katakana, as half-width systems print them: ミドリ クリニック, ツルミチュウオウビョウイン
KATAKANA = re.compile(
    r"(?<![ァ-ヺー])(?!(?:トウ|タ|ゼン|キン|ドウ|ホン)(?:ビョウイン|イイン|イン))[ァ-ヺー]{2,14}[ ]?(?:ビョウイン|"
    r"クリニツク|クリニック|イイン(?![ァ-ヺ]{2})|シンリョウジョ|ケンシンセンター|ホケンジョ|ヤッキョク|"
    r"ダイガク(?:ビョウイン)?)"
    r"(?=ヨリ|カラ|ニテ|デ|ヘ|[^ァ-ヺー]|$)"
)

POLICE = lazy(rf"(?<![{KANJI}])([{KANJI}]{{2,4}})署(?=交通|刑事|生活|地域|警|より|の|から|管内|員|救急)")

SYSTEM_NAME = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{3,20}_(?:HP|HOSP|HOSPITAL|CLINIC|CL|MC|UNIV|BYOIN|CENTER)[A-Z0-9_]{0,12}(?![A-Za-z])"
)

# as mails write them: from harbor view clinic
LOWER_ENGLISH = re.compile(
    r"(?:from|for|at|to|in|by|via) (?P<n>(?!(?:the|our|a|an|this|that|other|another|outside|local|referring|general|"
    r"their|his|her) )"
    r"(?:[a-z][a-z'\-]{2,14} ){1,3}(?:clinic|hospital|hosp|medical center|medical centre|nursing home|imaging center))(?![a-z])"
)
ENGLISH_WORD = words(
    *(
        "HOSP",
        "CLINIC",
        "UNIV",
        "MEDICAL C",
        "MED CTR",
        "NURSING",
        "Hosp",
        "Shipping",
        "Lines",
        "Airlines",
        "Motors",
        "Foods",
        "Holdings",
    ),
    *(
        "Industries",
        "Steel",
        "Marine",
        "Trading",
        "Logistics",
        "Construction",
        "Engineering",
        "Hospital",
        "Clinic",
        "University",
        "Center",
    ),
    *(
        "Centre",
        "Institute",
        "School",
        "College",
        "Home",
        "Inc",
        "Ltd",
        "Corp",
        "clinic",
        "hosp",
        "medical c",
        "nursing",
        "imaging c",
    ),
    *("Imaging", "Radiology", "-en", "-sou", "-byoin", "-iin", "no-sato", "no sato", " en", " sou", " byoin", " iin"),
)

EMPLOYED_WORD = words("勤務", "就職", "入社", "在籍", "就労", "退職", "社員", "従業員", "工員", "職員", "働")

_MARK = re.compile(r"[ \t]?[「『\"]?")
_ORDINAL = re.compile(r"第[一二三四五1-5]\Z")


@cache
def _prefixes() -> Automaton:
    return RareForms(f for r in read_table("phi/facility_prefix.tsv", ("form",)) for f in split_forms(r["form"]))


_PREFIX_NAME = lazy(
    rf"(?:[{KANJI}ァ-ヺー]{{1,6}})?(?:の)?(?:[ぁ-ゖ]{{2,9}}?|[ァ-ヺー]{{2,12}}|"
    rf"[{KANJI}]{{2,6}}?|[{KANJI}](?=[)」』]))(?:の[里郷家杜森丘灯風光街海空花木泉園])?(?:[{KANJI}]{{2,3}}(?=の|で|"
    rf"に))?(?:[苑荘園館邸])?(?=[」』\"]|の|から|より|に(?![かがこしじちなのほぎ])|"
    rf"で|へ|を|が|は|、|。|,|入|利用|通|在|職|施|看|[\s)）│|]|$|[一-鿿]{1, 4}(?:さん|看護師|Ns|氏|様|相談員))"
)


def prefixed(t: str) -> Iterator[tuple[int, int]]:
    """Facilities whose kind comes first: グループホームすみれ, 特別養護老人ホーム やすらぎ苑."""
    for start, end, _ in _prefixes().find(t):
        if t[start].isascii() and start and t[start - 1].isascii() and t[start - 1].isalpha():
            continue
        mark = _MARK.match(t, end)
        name = _PREFIX_NAME.match(t, mark.end() if mark else end)
        if (
            name
            and not is_common(name[0].strip())
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
            ordinal = _ORDINAL.search(t, max(0, start - 2), start)
            yield ordinal.start() if ordinal else start, name.end()


_EMPLOYED = lazy(
    rf"(?:\A|[\s、。,:(「]|[はがのをでに])((?:[{KANJI}ァ-ヺーA-Za-z・]|"
    rf"[ぁ-ゖ]{{2,6}}(?=[{KANJI}])){{3,16}})(?=に(?:\d{{1,2}}年間?)?(?:勤務|就職|入社|在籍|就労)|勤務(?![歴先時中帯])|"
    rf"を(?:定年)?退職|(?:の)?(?:社員|従業員|工員|職員)|で(?:\d{{1,2}}年間?)?(?:勤務|働|就労|作業|調理|溶接|塗装))"
)

_NO_EMPLOYER = re.compile(
    r"(?:業|職|関係|関連|会社|工場|現場|事務|仕事|自営|農家|施設|病院|作業|夜間|交代|勤務|立ち|派遣|パート|海外|単身|"
    r"在宅|時短|常勤|非常勤|当院|学校|職場|造船所|製鉄所|鉄工所|炭鉱|鉱山|役所|役場|公立|技術|系|店員|店|側|部|科|室|"
    r"中|後|前|時|日|年)\Z"
)

_TRADE = re.compile(
    "(?:工業|産業|興業|鉱業|紡織|紡績|化学|化成|食品|製薬|電機|重工|建設|運輸|交通|商事|製鋼|硝子|水産)\\Z"
)


def employers(t: str) -> Iterator[tuple[int, int]]:
    """Employers by what is said of them: 三河紡織に勤務, トキワ食品を退職."""
    for m in _EMPLOYED.finditer(t):
        name = m[1]
        plain = name.translate(VARIANTS)
        b = book()
        known = any(plain[:n] in b.place_stems or b.surnames.get(plain[:n]) in ("common", "rare") for n in (2, 3)) or (
            0 < head(plain) < len(plain)
        )
        trade = _TRADE.search(name) is not None
        if (
            (trade or not _NO_EMPLOYER.search(name))
            and (trade or known or re.match("[ァ-ヺ]{3}|[A-Z]{2}", name))
            and len(name) > 3
            and name not in b.generic
        ):
            yield m.start(1), m.end(1)


_NO_HOME = stop_words("facility_after_kind")


def company(t: str, start: int, end: int) -> Hit | None:
    """株式会社… before or behind the name, with a branch."""
    left = left_part(t, start, 0)
    low = start - len(left) if left and left not in GENERIC_LEFT else start
    stop = end
    if low == start or t[start:end].startswith(("医療法人", "社会医療法人", "社会福祉法人", "学校法人")):
        m = _COMPANY_RIGHT.match(t, end)
        if m is None:
            return Hit(low, stop, "FACILITY", "workplace", 0.85, "facilities.company", GRAMMAR) if low < start else None
        name = re.split(
            r"(?:に(?=勤|所|入|て|\d)|で|の(?=社|従)|勤務|社員|従業員|を|から|より|、|在籍|様|さん|氏|立会|担当)",
            m["n"],
        )[0]
        stop = m.start("n") + len(name)
        if t[start:end].startswith(("医療法人", "社会医療法人", "社会福祉法人")) and (
            more := re.match(
                rf"[ \t]?[{KANJI}ァ-ヺーぁ-ゖ]{{1,12}}?(?:病院|クリニック|医院|診療所|苑|荘|園|ホーム|センター)",
                t[stop:],
            )
        ):
            stop += more.end()
    if b := BRANCH.match(t, stop):
        stop = b.end()
    return Hit(low, stop, "FACILITY", "workplace", 0.9, "facilities.company", GRAMMAR)
