"""Numbers that identify: after a label, by shape, by check digit; rooms and beds, plates, DICOM UIDs, serials."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.deid.book import stop_words
from jmid_nlp.deid.cues import EXPLICIT, NONE, PARTICLE, SPACE, Label
from jmid_nlp.deid.evidence import GRAMMAR, LABELLED, LISTED, SHAPED, Hit
from jmid_nlp.deid.idforms import find_id_forms
from jmid_nlp.deid.loose import find_loose
from jmid_nlp.deid.wards import find_wards
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import shapes, words

_KN = r"〇零一二三四五六七八九"
_VALUE = lazy(
    rf"(?:第|No\.?|\.|#|No:|番号|:|は|が|の)?[ \t]{{0,2}}(?P<v>(?:[ぁ-んァ-ン一-鿿]{{1,4}}[ \-・"
    rf"]?(?=[A-Z]?[0-9]))?[A-Za-z0-9{_KN}][A-Za-z0-9{_KN}]*(?:[\-‐‑–—−ー―_/.・"
    rf"#\n]{{1,2}}[A-Za-z0-9{_KN}]+|(?<=[{_KN}])の[{_KN}]+){{0,12}}(?: "
    rf"(?=[0-9])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![A-Za-z0-9年月日歳才.%/]|\s?(?:mm|cm|歳|才|年|月))){{0,3}})"
)
_UID = re.compile(r"(?<![0-9.])(?!1\.2\.840\.10008\.)(?:[012]\.\d{1,6}(?:\.\d{1,40}){4,30}|2\.25\.\d{10,40})(?![0-9])")
_LETTERED = re.compile(
    r"(?<![A-Za-z0-9.\-_+])(?:[A-Z]{1,5}[\-_]?\d{4,13}[0-9OIl](?:[\-_/][A-Za-z0-9]{1,10}){0,3}|"
    r"[A-Z]{1,4}\d{0,4}-[A-Z]{0,2}\d{2,10}(?:-[0-9OIl]{1,6}){0,3}|[A-Z]{1,3}\d{2}-\d{3,6}|\d{2,8}-\d{2,8}-\d{1,8}|"
    r"\d{2,6}-[A-Z]{1,3}-?\d{2,8}|[A-Z]{2,4}-[A-Z]{2,4}-\d{2,8}(?:-\d{1,6})?|"
    r"[a-z]{1,4}\d{0,4}-\d{3,10}(?:-[0-9OIl]{1,6}){0,3}|[a-z]{1,3}-\d{2}-\d{3,8})(?![A-Za-z0-9]|\.\d)"
)
_BARE = re.compile(
    r"(?<![0-9A-Za-z.,\-#×x~+])(?<!\d[/:=])(?:\d{7,20}|\d{3}(?!000)\d{3})(?![0-9A-Za-z]|[.,]\d|\s?(?:mm|cm|HU|ms|%|"
    r"mg|mL|円|件|個))"
)
_DASHED = re.compile(
    r"(?<![0-9A-Za-z.,\-/:])\d{4,8}-\d{1,4}(?![0-9A-Za-z\-/年月]|\.\d|\s?(?:mm|cm|HU|ms|%|mg|mL|msec))"
)
_FOUR4 = re.compile(r"(?<![0-9A-Za-z\-])\d{4}[ \-]\d{4}[ \-]\d{4}(?:[ \-]\d{4})?(?![0-9A-Za-z\-])")
_KANJI_BARE = re.compile(rf"(?<![{_KN}十百千])[{_KN}]{{6,14}}(?![{_KN}十百千年月日])")
_ROOM = lazy(
    r"(?:[A-Za-z0-9]{0,3}[東西南北新旧本中別]?館?)?[ ]?(?:\d{1,2}[階F][東西南北]?(?:病棟)?[ "
    r"]?)?(?:(?:[A-Z]\d{0,2}|[東西南北新旧本中]\d{0,2}|\d{1,2}[東西南北A-Z]?)[ ]?(?:棟|病棟|階|"
    r"F)[東西南北]?(?:病棟)?[ \-]?)?\d{2,4}[A-Z]?(?:[\-ー]\d{1,2})?(?=号室?|病室|室)(?:号室?|病室|室)?(?:[ "
    r"\-]?[A-Z0-9]{1,2}(?:床|ベッド|番ベッド|番床))?"
)
_BED = re.compile(
    r"(?:[東西南北新旧本中]?\d{1,2}[東西南北A-Z]?|[A-Z]\d?)[ ]?病棟[ ]?(?:\d{1,4}[\-ー]?\d{0,2}|"
    r"[A-Z]\d{0,2})(?:号室|号|室|床|番ベッド|ベッド)?|(?:\d{3,4}|[A-Z]棟\d{3,4})[\-ー]\d{1,2}(?=床|ベッド)|"
    r"(?:ベッド|Bed|bed|病床)[ ]?(?:No\.?)?[ ]?(?P<b>[A-Z]?\d{1,3}[A-Z]?(?:-\d{1,2})?)(?![0-9.]|[ ]?(?:mm|cm))|"
    r"(?<![A-Za-z0-9])(?P<r>[A-Z]?\d{1,2}-\d{1,2})(?=床|番床|ベッド)"
)
_PLATE = lazy(r"[一-鿿ぁ-ゖ]{1,4}[ ]?[1-9]\d{1,2}[ ]?[ぁ-ゖA-Z][ ]?(?:\d{1,2}-\d{2}|[・.]{0,3}\d{1,4})(?![0-9])")
_DATE_VALUE = re.compile(r"(?:19|20)\d\d([-/.])\d{1,2}\1\d{1,2}(?![0-9])")
_SIGN_VALUE = lazy(r"[一-鿿]{1,4}[ァ-ヶ](?=[ \t、/]+番号)")
_NUMBER_SIGN = re.compile(
    r"[Nn#](?<![A-Za-z].)(?:(?<=N)(?:o\.?|O\.?|r\.?)|(?<=n)o\.|(?<=#))[ ]?:?[ ]?"
    r"(?P<v>[A-Z]{0,3}-?[0-9][0-9A-Z\-]{3,14})(?![0-9A-Za-z.])"
)
_NTH = re.compile(r"第[ ]?[A-Z0-9][A-Z0-9\-OIl ]{2,16}[0-9A-Z][ ]?号")
_STAFF_NUMBER = re.compile(r"(?:[A-Z]{0,3}-?\d{4,12}|\d{1,4}-\d{3,8}(?:-\d{1,6})?)(?![0-9A-Za-z/.\-]|年)")
#: A unit or counter behind a number, which then is a value and no id.
UNIT_RIGHT = re.compile(
    r"\s?(?:mm|cm|ms|msec|HU|mg|mL|ml|Gy|%|mGy|Hz|cc|kV|mA|年|月|歳|才|個|枚|例|度|時|分|秒|日間?(?!本)|回|週|MBq|U/|"
    r"ng|μ|kcal|kg)"
)
_GENERIC_VALUE = re.compile(r"(?:[IVX]{1,4}|[A-Za-z]{1,12}|\d(?:\.\d+)?)\Z")
_WARD = re.compile(
    r"(?:[東西南北新旧本中]?\d{1,2}[階F]?[東西南北A-Z]{0,2}病棟|[A-Z]\d{1,2}[東西南北]?病棟)[ ]?(?:\d{1,4}(?:号室?|室)?)?"
)
_SHORT_LABELS = stop_words("short_label")


def mynumber_valid(digits: str) -> bool:
    """True where the twelfth digit is the check digit of a 個人番号 (総務省令第85号 art. 5)."""
    if len(digits) != 12 or not digits.isdigit():
        return False
    body = [int(c) for c in reversed(digits[:11])]
    rest = sum(p * (n + 1 if n <= 6 else n - 5) for n, p in enumerate(body, 1)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def insurer_valid(digits: str) -> bool:
    """True where the last digit is the check digit of a 保険者番号 (weights 2, 1 from the right, sums of digits)."""
    if len(digits) not in (6, 8) or not digits.isdigit():
        return False
    total = sum(sum(divmod(int(c) * (2 if i % 2 == 0 else 1), 10)) for i, c in enumerate(reversed(digits[:-1])))
    return int(digits[-1]) == (10 - total % 10) % 10


def find_ids(t: str, labels: list[Label], *, digits: bool) -> Iterator[Hit]:
    """Identifying numbers of a folded text."""
    for label in labels:
        if (
            label.kind == "id"
            and label.strength >= SPACE
            and (m := _SIGN_VALUE.match(t, label.value))
            and t[label.start : label.end] == "記号"
        ):
            yield Hit(m.start(), m.end(), "ID", "insurance", 0.85, "ids.label", LABELLED)
        elif label.kind == "id":
            yield from _labelled(t, label)
        elif (
            label.kind == "person"
            and label.strength != PARTICLE
            and (m := _STAFF_NUMBER.match(t, label.value))
            and not UNIT_RIGHT.match(t, m.end())
        ):
            yield Hit(m.start(), m.end(), "ID", "number", 0.8, "ids.label", GRAMMAR)
    if digits:
        if "o" in t or "#" in t or "O" in t:
            for m in _NUMBER_SIGN.finditer(t):
                if sum(c.isdigit() for c in m["v"]) >= 4:
                    yield Hit(m.start("v"), m.end("v"), "ID", "number", 0.75, "ids.number_sign", LISTED)
        if "第" in t and "号" in t:
            for m in _NTH.finditer(t):
                yield Hit(m.start(), m.end(), "ID", "license", 0.8, "ids.nth", GRAMMAR)
        yield from _shapes(t)
        yield from _rooms(t)
        yield from find_wards(t)
        yield from find_id_forms(t)
        yield from find_loose(t)
    if "〇" in t or "零" in t or "六" in t or "二" in t:
        for m in _KANJI_BARE.finditer(t):
            yield Hit(m.start(), m.end(), "ID", "patient", 0.75, "ids.kanji", LISTED)


def _labelled(t: str, label: Label) -> Iterator[Hit]:
    m = _VALUE.match(t, label.value)
    if m is None:
        return
    value, start = m["v"], m.start("v")
    if re.fullmatch(r"\d{1,2}/\d{1,2}", value) and label.strength < EXPLICIT:
        return
    if re.fullmatch(r"\d{1,2}/\d{1,2} \d{1,2}", value) and t.startswith((":", "時"), m.end("v")):
        return
    if _DATE_VALUE.match(value) and label.mode != "cell":
        return
    if "\n" in value:
        value = value.split("\n")[0] if not value.split("\n")[0].endswith(("-", "/")) else value
    value = value.rstrip("-/._・#\n ー")
    count = sum(c.isdigit() or c in _KN for c in value)
    form = t[label.start : label.end].lower()
    short = form in _SHORT_LABELS
    need = 1 if (label.strength == EXPLICIT and not short) or form == "枝番" else 2 if label.strength >= SPACE else 3
    if label.subtype == "room":
        need = 1 if label.strength >= PARTICLE else 2
    if short and label.strength <= SPACE:
        need = 3 if form not in ("記号", "番号") else 2
    if short and label.strength == NONE and form not in ("id", "記号", "番号", "lot", "ロット", "カルテ", "旅券"):
        need = 5
    if label.mode == "cell" and label.subtype != "room" and count < 3 and value.isdigit():
        return
    if form in ("番号", "no", "no.") and t.endswith(_NO_NUMBER, max(0, label.start - 6), label.start):
        return
    if form == "pid" and t.startswith("|", label.end) and value.isdigit() and len(value) < 3:
        return
    if form == "rt" or count < need or (UNIT_RIGHT.match(t, start + len(value)) and label.strength < EXPLICIT):
        return
    yield Hit(
        start, start + len(value), "ID", label.subtype, 0.95 if label.strength >= SPACE else 0.85, "ids.label", LABELLED
    )


_HIRAGANA = "".join(map(chr, range(0x3041, 0x3097)))
_NO_NUMBER = ("スライス", "画像", "シリーズ", "リンパ節", "病変", "ステーション", "節", "フレーム", "相")
_NUMBERISH = shapes(
    "00000",
    "0-0",
    "0-A",
    "A-0",
    "0000 0000",
    "A-AA",
    "00A0",
    "00 A",
    "00A ",
    *(f"{d}{k}" for d in ("00", "00 ") for k in _HIRAGANA),
)
_LETTERED_SHAPES = shapes("A0000", "A_0000", "-00", "-A00", "-AA00", "-AAA00")
_FOUR4_SHAPES = shapes(*(f"0000{a}0000{b}0000" for a in " -" for b in " -"))
_SIX_DIGITS, _DASHED_SHAPES = shapes("000000"), shapes("0000-0")
_PLATE_ISH = re.compile(r"\d(?<=\d.)[ ]?[ぁ-ゖA-Z][ ]?[・.0-9]")
_PAST_WARD = ("", *"に、。 ・室在へ入\n()")  # what follows the 号 of a ward
_ROOMISH = re.compile(r"\d[A-Z]?(?:[\-ー]\d{1,2})?(?:号|病室|室)")
_SIDE_WARD = re.compile(
    r"[東西南北新旧本中]病棟[ ]?\d{3,4}(?:-\d{1,2})?|(?<![0-9A-Za-z.])\d{1,2}階?[東西南北][ "
    r"]?\d{3,4}(?:-\d{1,2})?(?![0-9.]|mm)|(?:NICU|GCU|ICU|HCU|CCU|SCU)[ ]?(?P<b>\d{1,2}(?=番|床|ベッド))"
)
_BEDISH = re.compile(
    r"\d階?[東西南北][ ]?\d{3}|ICU|病棟|[0-9]番?床|[0-9][ ]?ベッド|ベッド[ ]?[A-Z0-9N]|[Bb]ed[ ]?[A-Z0-9N]|病床"
)

_BED_WORDS = words("ICU", "病棟", "床", "ベッド", "Bed", "bed")
_BED_SHAPES = shapes(
    *(f"0{floor}{side}{blank}000" for floor in ("", "階") for side in "東西南北" for blank in ("", " "))
)


def _shapes(t: str) -> Iterator[Hit]:
    if t.count(".") > 4:
        for m in _UID.finditer(t):
            yield Hit(m.start(), m.end(), "ID", "dicom_uid", 0.99, "ids.uid", SHAPED)
    if not _NUMBERISH(t):
        return
    for m in _LETTERED.finditer(t) if _LETTERED_SHAPES(t) else ():
        if sum(c.isdigit() for c in m[0]) >= 4 and not UNIT_RIGHT.match(t, m.end()) and not _technical(t, m):
            yield Hit(m.start(), m.end(), "ID", "number", 0.7, "ids.shape", LISTED)
    for m in _FOUR4.finditer(t) if _FOUR4_SHAPES(t) else ():
        if not UNIT_RIGHT.match(t, m.end()) and " " in m[0] + "-":
            plain = re.sub(r"\D", "", m[0])
            kind = "mynumber" if mynumber_valid(plain) else "number"
            if kind == "mynumber" or "-" not in m[0]:
                yield Hit(m.start(), m.end(), "ID", kind, 0.85, "ids.mynumber", GRAMMAR)
    for m in _BARE.finditer(t) if _SIX_DIGITS(t) else ():
        if _CLOCK_LEFT.search(t, max(0, m.start() - 10), m.start()):
            continue
        kind = (
            "mynumber" if mynumber_valid(m[0]) else "insurance" if insurer_valid(m[0]) and len(m[0]) == 8 else "number"
        )
        yield Hit(m.start(), m.end(), "ID", kind, 0.8, "ids.digits", LISTED)
    for m in _DASHED.finditer(t) if _DASHED_SHAPES(t) else ():
        if _MODEL_LEFT.search(t, max(0, m.start() - 8), m.start()):
            continue
        yield Hit(m.start(), m.end(), "ID", "number", 0.6, "ids.dashed", LISTED)
    for m in _PLATE.finditer(t) if _PLATE_ISH.search(t) else ():
        if sum(c.isdigit() for c in m[0]) >= 5:
            yield Hit(m.start(), m.end(), "ID", "plate", 0.85, "ids.plate", GRAMMAR)


_CLOCK_LEFT = re.compile(r"(?:[Tt]ime|TIME|時刻)[ ]?[:=]?[ ]?\Z")
_MODEL_LEFT = re.compile(r"(?:型番|型式|モデル|[Mm]odel|リード|品番|カタログ)[ :=]{0,2}\Z")


def _technical(t: str, m: re.Match[str]) -> bool:
    """Sizes, ranges and product numbers that look like lettered numbers."""
    if re.fullmatch(r"\d{1,4}-\d{1,4}-\d{1,4}|(?:IMG|IM|SE|SER|SCOUT)\d+", m[0]):
        return True
    before = t[max(0, m.start() - 12) : m.start()]
    return bool(
        re.search(
            r"(?:IMG|IM|SE|SER|リード|モデル|[Mm]odel|Aquilion|SOMATOM|MAGNETOM|Discovery|Ingenia|Achieva|Optima|Revolution|"
            r"Vantage|Ingenuity|型番|型式)\s?\Z",
            before,
        )
    )


def _rooms(t: str) -> Iterator[Hit]:
    if ("室" in t or "号" in t) and _ROOMISH.search(t):
        for m in _ROOM.finditer(t):
            before = t[max(0, m.start() - 1) : m.start()]
            if before.isascii() and before.isalnum():
                continue
            if (
                t[m.end() - 1] != "室"
                and not m[0].endswith(("床", "ベッド", "号"))
                and t[m.end() : m.end() + 1] not in ("号", "室")
            ):
                continue
            if (
                t[m.end() - 1] == "号"
                and not re.search(r"棟|階|病棟|F", m[0])
                and t[m.end() : m.end() + 1] not in _PAST_WARD
            ):
                continue
            yield Hit(m.start(), m.end(), "ID", "room", 0.85, "ids.room", GRAMMAR)
    if (_BED_WORDS(t) or _BED_SHAPES(t)) and _BEDISH.search(t):
        for m in _SIDE_WARD.finditer(t):
            yield Hit(m.start(), m.end(), "ID", "room", 0.8, "ids.room", GRAMMAR)
        for m in _BED.finditer(t):
            name = "b" if m["b"] else "r" if m["r"] else 0
            yield Hit(m.start(name), m.end(name), "ID", "room", 0.8, "ids.room", GRAMMAR)
        for m in _WARD.finditer(t):
            yield Hit(m.start(), m.end(), "ID", "room", 0.6, "ids.ward", LISTED)
