"""Dates, numbers, mail addresses and the like, as strings."""

from __future__ import annotations

from bisect import bisect
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent / "data"
_ERAS = ((2019, "令和", "R", "㋿", 2018), (1989, "平成", "H", "㍻", 1988), (1926, "昭和", "S", "㍼", 1925), (1912, "大正", "T", "㍽", 1911), (0, "明治", "M", "㍾", 1867))  # fmt: skip
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOONS = ("睦月", "如月", "弥生", "卯月", "皐月", "水無月", "文月", "葉月", "長月", "神無月", "霜月", "師走")
_KANJI = "〇一二三四五六七八九"
_UPPER = "ABCDEFGHJKLMNPRSTUVWXYZ"


class Day(NamedTuple):
    """A day of the calendar; nothing says that it exists."""

    year: int
    month: int
    day: int


class Table:
    """Forms with weights."""

    __slots__ = ("cumulative", "forms")

    def __init__(self, rows: list[tuple[int, str]]) -> None:
        self.forms = [form for _, form in rows]
        self.cumulative = list(accumulate(weight for weight, _ in rows))

    def at(self, x: float) -> int:
        """The number of the form that `x` in [0, 1) draws."""
        return bisect(self.cumulative, x * self.cumulative[-1])

    def draw(self, x: float) -> str:
        """The form that `x` draws."""
        return self.forms[bisect(self.cumulative, x * self.cumulative[-1])]


@cache
def tables() -> dict[str, Table]:
    """The tables of `dates.tsv` and `numbers.tsv` by their group or by `kind.subtype`."""
    rows: dict[str, list[tuple[int, str]]] = {}
    for line in _lines("dates.tsv"):
        group, weight, form = line.split("\t")
        rows.setdefault(f"date.{group}", []).append((int(weight), form))
    for line in _lines("numbers.tsv"):
        kind, subtype, weight, shape = line.split("\t")
        rows.setdefault(f"{kind}.{subtype}", []).append((int(weight), shape))
    return {name: Table(table) for name, table in rows.items()}


def _lines(name: str) -> list[str]:
    text = (DATA / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("# ") and not line.startswith("#\t")][1:]


def kanji(n: int) -> str:
    """A number below 100 in kanji."""
    tens, ones = divmod(n, 10)
    return ("" if tens < 1 else "十" if tens == 1 else _KANJI[tens] + "十") + (_KANJI[ones] if ones or not tens else "")


def date(day: Day, form: str) -> str:
    """A day in a form of `dates.tsv`."""
    year, month, d = day
    name, letter, sign, before = next(era[1:] for era in _ERAS if year >= era[0])
    e = year - before
    if "K" in form:
        spoken = f"{kanji(month)}月"
        return form.format(
            E=name, e=e, y=f"{year % 100:02d}", P=name[0], K="元" if e == 1 else kanji(e), Kd=f"{spoken}{kanji(d)}日", Km=spoken,
            Km1=kanji(month), Kd1=kanji(d), moon=_MOONS[month - 1], L=letter,
            KY="".join(_KANJI[int(c)] for c in str(year)),
        )  # fmt: skip
    return form.format(
        Y=year, y=f"{year % 100:02d}", m=month, d=d, mm=f"{month:02d}", dd=f"{d:02d}", E=name, L=letter, U=sign,
        e="元" if e == 1 and "{e}年" in form else e, ee=f"{e:02d}", b=_MONTHS[month - 1], B=_MONTHS[month - 1].upper(), moon=_MOONS[month - 1],
        P=name[0],
    )  # fmt: skip


def number(shape: str, r, day: Day) -> str:
    """A number in a shape of `numbers.tsv`."""
    if shape in _SPECIAL:
        return _SPECIAL[shape](r)
    out = []
    code = False
    for c in shape:
        if code:
            out.append(_part(c, day))
            code = False
        elif c == "#":
            out.append("0123456789"[int(r() * 10)])
        elif c == "@":
            out.append(_UPPER[int(r() * 23)])
        elif c == "%":
            out.append("abcdefghijkmnprstuvwxyz"[int(r() * 23)])
        elif c == "&":
            code = True
        else:
            out.append(c)
    return "".join(out)


def _part(code: str, day: Day) -> str:
    if code == "Y":
        return str(day.year)
    return f"{day.year % 100 if code == 'y' else day.month if code == 'm' else day.day:02d}"


def _my_number(r) -> str:
    digits = [int(r() * 10) for _ in range(11)]
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(d * w for d, w in zip(digits, weights, strict=True)) % 11
    s = "".join(map(str, digits)) + str(0 if rest <= 1 else 11 - rest)
    gap = " " if r() < 0.6 else "-"
    return s if r() < 0.5 else gap.join((s[:4], s[4:8], s[8:]))


def _plate(r) -> str:
    place = (
        "品川",
        "横浜",
        "多摩",
        "足立",
        "大宮",
        "湘南",
        "名古屋",
        "なにわ",
        "神戸",
        "福岡",
        "札幌",
        "仙台",
        "富士山",
        "長野",
        "岡山",
        "熊本",
    )[int(r() * 16)]
    kana = "あいうえかきくけこさすせそたちつてとなにぬねのはひふほまみむめもやゆよらりるれろ"[int(r() * 40)]
    gap = " " if r() < 0.7 else ""
    return f"{place}{gap}{300 + int(r() * 280)}{gap}{kana}{gap}{int(r() * 90) + 10}-{int(r() * 90) + 10}"


def _ip(r) -> str:
    head = ("10", "192.168", "172.16")[int(r() * 3)]
    return ".".join([head] + [str(int(r() * 254) + 1) for _ in range(4 - head.count(".") - 1)])


def _uid(r) -> str:
    root = (
        "1.2.392.200036.9116",
        "1.2.840.113619.2",
        "1.3.12.2.1107.5",
        "1.2.392.200046.100",
        "2.25",
        "1.2.276.0.7230010",
    )
    tail = [str(int(r() * 10 ** (1 + int(r() * 9)))) for _ in range(3 + int(r() * 4))]
    return ".".join([root[int(r() * 6)], *tail])


def _login(r) -> str:
    return _part_word(r) + ("_", ".", "-", "")[int(r() * 4)] + str(int(r() * 1000))


def _part_word(r) -> str:
    onset, vowel = "kstnhmyrgzbd", "aiueo"
    return "".join(onset[int(r() * 12)] + vowel[int(r() * 5)] for _ in range(2 + int(r() * 2)))


_SPOKEN = ("ゼロ", "イチ", "ニー", "サン", "ヨン", "ゴー", "ロク", "ナナ", "ハチ", "キュー")
_READ = ("ゼロ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう")


def spoken(r, digits: str) -> str:
    """A number as it is said or written in kanji: ゼロキューゼロの…, 〇九〇―…."""
    x = r()
    joint = (
        ("の", "の", "、", "ー", " ", "のー")[int(r() * 6)] if x < 0.6 else ("―", "-", "－", "・", "の")[int(r() * 5)]
    )
    words = _SPOKEN if x < 0.45 else _READ if x < 0.6 else _KANJI
    return "".join(words[int(c)] if c.isdigit() else joint for c in digits)


def _spoken_phone(r) -> str:
    shape = ("0##-###-####", "0###-##-####", "090-####-####", "080-####-####", "050-####-####")[int(r() * 5)]
    return spoken(r, number(shape, r, Day(2000, 1, 1)))


def _spoken_short(r) -> str:
    return spoken(r, number("####" if r() < 0.6 else "###", r, Day(2000, 1, 1)))


def _spoken_id(r) -> str:
    return spoken(r, number(("######", "####-####", "#######", "###-###")[int(r() * 4)], r, Day(2000, 1, 1)))


_SPECIAL = {
    "mynumber": _my_number,
    "plate": _plate,
    "ip": _ip,
    "uid": _uid,
    "login": _login,
    "spoken": _spoken_phone,
    "spoken3": _spoken_short,
    "spokenid": _spoken_id,
}
_DOMAINS = (
    "example.jp",
    "example.co.jp",
    "example.com",
    "example.org",
    "example.ne.jp",
    "example.ac.jp",
    "example.net",
)


def domain(r) -> str:
    """The name of a host nobody has."""
    base = _DOMAINS[int(r() * len(_DOMAINS))]
    x = r()
    if x < 0.3:
        tail = (
            "pd",
            "rad",
            "med",
            "gh",
            "cro",
            "mt",
            "img",
            "imaging",
            "hp",
            "c",
            "office",
            "ai",
            "pacs",
            "ris",
            "share",
            "kyodo",
        )
        return f"{_part_word(r)}-{tail[int(r() * len(tail))]}.{base}"
    if x < 0.55:
        return f"{_part_word(r)}{('-hp', '-hosp', '-clinic', '-med', '', 'hospital')[int(r() * 6)]}.{base}"
    return base if x < 0.8 else f"mail.{_part_word(r)}.{base}"


_DESKS = (
    "ct",
    "mri",
    "room",
    "desk",
    "trial",
    "claims",
    "support",
    "night",
    "office",
    "ai",
    "qc",
    "physics",
    "genet",
    "kouken",
    "report",
    "pacs",
    "archive",
    "data",
    "contact",
    "soumu",
    "iji",
    "kensa",
    "tour",
    "mgr",
    "crew",
    "hr",
    "shared",
    "reader",
)


def mail(r, latin: str, given: str) -> str:
    """A mail address, from a name in most cases."""
    sur, giv = latin.lower().replace(" ", ""), given.lower().replace(" ", "")
    shapes = (
        f"{giv[:1]}.{sur}",
        f"{sur}.{giv}",
        f"{sur}-{giv[:1]}",
        f"{giv}_{sur}",
        f"{sur}{int(r() * 99)}",
        f"{_part_word(r)}{int(r() * 999)}",
        "renkei",
        "radiology",
        "info",
        "houshasen",
        f"{sur}",
    )
    return f"{shapes[int(r() * len(shapes))]}@{domain(r)}"


_HOSTS = (
    "pacs",
    "view",
    "viewer",
    "share",
    "photo",
    "video",
    "note",
    "telerad",
    "translate",
    "ris",
    "images",
    "my",
    "blog",
    "files",
    "cloud",
    "yoyaku",
    "portal",
    "pacs-share",
    "ct-room",
)


def url(r) -> str:
    """A link."""
    scheme = ("https://", "http://", "https://www.", "www.")[int(r() * 4)]
    tail = (
        "",
        "/",
        f"/viewer?study={int(r() * 99999)}",
        f"/report/{int(r() * 9999):04d}.pdf",
        f"/~{_part_word(r)}/",
        f"/renkei/{int(r() * 999)}",
        f"/share/{_part_word(r)}{int(r() * 99)}",
        "/index.html",
        f"/img?id={int(r() * 10**6)}&s=2",
    )
    host = domain(r)
    x = r()
    if x < 0.35:
        host = f"{_HOSTS[int(r() * len(_HOSTS))]}{int(r() * 9) if r() < 0.2 else ''}.{host}"
    elif x < 0.42:
        host = _ip(r)
        scheme = "http://"
    return scheme + host + tail[int(r() * len(tail))]


def handle(r) -> str:
    """A name in a social network."""
    word = _part_word(r)
    shapes = (
        f"@{word}_{_part_word(r)}",
        f"@{word}{int(r() * 1000)}",
        f"{word}_{int(r() * 100):02d}",
        f"@{word}.{_part_word(r)}",
        f"{word}-{_part_word(r)}",
        f"@_{word}_",
    )
    return shapes[int(r() * len(shapes))]
