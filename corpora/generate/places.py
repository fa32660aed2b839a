"""Names of facilities and addresses, most of them invented."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from corpora.generate.names import Names, split_of
from corpora.generate.values import Table, kanji
from jmid_nlp.deid.book import romaji
from jmid_nlp.lexicon import read_table, read_text, split_forms

DATA = Path(__file__).parent / "data"
_MUNICIPAL = ("city", "town", "village")


@cache
def _facility_tables() -> dict[str, Table]:
    rows: dict[str, list[tuple[int, str]]] = {}
    for line in _body("facilities.tsv"):
        subtype, length, weight, form = line.split("\t")
        rows.setdefault(f"{subtype}.{length}", []).append((int(weight), form))
    return {key: Table(forms) for key, forms in rows.items()}


class Places:
    """The places of one split, with the surnames of that split for the facilities that bear one.

    Args:
        split: `train`, `dev` or `test`.
        names: the names of the split.
    """

    def __init__(self, split: str, names: Names) -> None:
        invented = [(row["form"], row["kana"]) for row in read_table("surrogate/places.tsv", ("form", "kana"))]
        self.invented = [p for p in invented if split_of(p[0]) == split]
        rows = [line.split("\t") for line in read_text("phi/places.tsv").splitlines() if line[:1] not in ("", "#")][1:]
        self.municipal = [form for form, kind in rows if kind in _MUNICIPAL and split_of(form) == split]
        self.prefectures = [form for form, kind in rows if kind == "prefecture"]
        self.wards = [form for form, kind in rows if kind == "ward" and split_of(form) == split]
        self.counties = [form for form, kind in rows if kind == "county"]
        self.towns = _words("towns.txt")
        self.words = {letter: _words(f"words_{letter}.txt") for letter in "wxn"}
        self.names = names
        rows_ = read_table("phi/facility.tsv", ("strength", "forms"))
        self.known = [f for row in rows_ if row["strength"] == "name" for f in split_forms(row["forms"])]
        self.branches = [f for row in rows_ if row["strength"] == "shortest" for f in split_forms(row["forms"])]

    def facility(self, r, subtype: str, length: str = "full") -> str:
        """A facility's name; `length` is `full`, `short` or `latin`, full where the kind has no other."""
        tables = _facility_tables()
        table = tables.get(f"{subtype}.{length}") or tables[f"{subtype}.full"]
        form = table.draw(r())
        place, kana = self.invented[int(r() * len(self.invented))]
        if "{P}" in form or "{S}" in form:
            return form.format(P=romaji(kana).capitalize(), S=romaji(self.names.surname(r)[1]).capitalize())
        if r() < 0.3:  # also the plain stems of municipalities and surnames
            place = self.names.surname(r)[0] if r() < 0.4 else self.municipality(r)[:-1]
        if "{N" in form:  # the short names that everybody knows: 日赤, 東大
            known = self.known if "{N}" in form else self.branches
            form = form.replace("{N}", known[int(r() * len(known))]).replace("{N0}", known[int(r() * len(known))])
        if "{A}" in form:
            return form.replace("{A}", "ABCDEFGHKMNSTUXY"[int(r() * 16)])
        if "{s}" in form:
            form = form.replace("{s}", self.names.surname(r)[0])
        for letter in "wxn":
            if "{" + letter in form:
                pool = self.words[letter]
                form = form.replace("{" + letter + "}", pool[int(r() * len(pool))])
        if "{q}" in form or "{c}" in form:
            town = self.municipality(r)
            form = form.replace("{q}", town[:-1]).replace("{c}", town)
        return form.replace("{p}", place)

    def municipality(self, r) -> str:
        """A city, town or village."""
        return self.municipal[int(r() * len(self.municipal))]

    def partial(self, r) -> str:
        """What stands for where somebody lives: a prefecture, a municipality, a quarter."""
        x = r()
        if x < 0.35:
            return self.municipality(r)
        if x < 0.5:
            return self._prefecture(r) + self.municipality(r)
        if x < 0.6:
            return self._prefecture(r)
        if x < 0.68:
            return self.municipality(r) + self._town(r)
        if x < 0.76 and self.wards:
            return self.wards[int(r() * len(self.wards))]
        if x < 0.84:
            return self._prefecture(r) + self.counties[int(r() * len(self.counties))] + self.municipality(r)
        if x < 0.89:
            return self.municipality(r)[:-1]
        if x < 0.91:
            return self._prefecture(r)[:-1]
        if x < 0.94:  # an inn, a dormitory
            kinds = ("ホテル", "ペンション", "民宿", "旅館", "ビジネスホテル", "コンドミニアム")
            return kinds[int(r() * 6)] + self.invented[int(r() * len(self.invented))][0]
        if x < 0.97:
            return self.municipality(r) + self._town(r) + f"{1 + int(r() * 9)}丁目"
        return self._town(r)

    def station(self, r) -> str:
        """A railway station, a square, a mountain: a place of an accident."""
        stem = self.invented[int(r() * len(self.invented))][0] if r() < 0.5 else self.municipality(r)[:-1]
        ends = (
            "駅",
            "駅前",
            "港",
            "スキー場",
            "海岸",
            "ダム",
            "IC",
            "交差点",
            "公園",
            "海水浴場",
            "峠",
            "岳",
            "PA",
            "橋",
            "ゴルフ場",
            "漁港",
            "商店街",
            "競技場",
        )
        return stem + ends[int(r() * len(ends))]

    def address(self, r) -> str:
        """A whole address with numbers."""
        x = r()
        head = self._prefecture(r) if x < 0.6 else ""
        if x < 0.12:
            head += self.counties[int(r() * len(self.counties))]
        body = self.municipality(r)
        if r() < 0.2 and self.wards:
            body += self.wards[int(r() * len(self.wards))]
        return head + body + self._town(r) + self._numbers(r) + (self._building(r) if r() < 0.3 else "")

    def _prefecture(self, r) -> str:
        return self.prefectures[int(r() * len(self.prefectures))]

    def _town(self, r) -> str:
        if r() < 0.6:
            return self.towns[int(r() * len(self.towns))]
        return self.invented[int(r() * len(self.invented))][0]

    def _numbers(self, r) -> str:
        a, b, c = 1 + int(r() * 9), 1 + int(r() * 40), 1 + int(r() * 30)
        x = r()
        if x < 0.3:
            return f"{a}-{b}-{c}"
        if x < 0.5:
            return f"{a}丁目{b}-{c}"
        if x < 0.6:
            return f"{a}丁目{b}番{c}号"
        if x < 0.7:
            return f"{b * 37 + c}番地{a}"
        if x < 0.8:
            return f"{b * 37 + c}-{a}"
        if x < 0.85:
            return f"{kanji(a)}丁目{b}番地の{c}"
        if x < 0.9:
            return f"{a}の{b}の{c}"
        return f"{b * 13 + c}番地" if x < 0.96 else f"{a}−{b}−{c}"

    def _building(self, r) -> str:
        kinds = (
            "コーポ",
            "メゾン",
            "ハイツ",
            "グランドハイツ",
            "サンハイツ",
            "パレス",
            "ヴィラ",
            "県営住宅",
            "市営住宅",
            "レジデンス",
            "アパート",
            "荘",
        )
        kind = kinds[int(r() * len(kinds))]
        stem = self.invented[int(r() * len(self.invented))][0]
        name = f"{stem}{kind}" if kind in ("荘", "アパート", "県営住宅", "市営住宅") or r() < 0.3 else f"{kind}{stem}"
        return f"{' ' if r() < 0.5 else ''}{name}{1 + int(r() * 12)}{int(r() * 20):02d}"


def _words(name: str) -> list[str]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def _body(name: str) -> list[str]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")][1:]
