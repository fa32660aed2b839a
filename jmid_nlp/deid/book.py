"""The lists that detection of persons rests on, read once: surnames, given names, words, titles, departments, readings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property

from jmid_nlp.deid.kana import katakana
from jmid_nlp.lexicon import read_table, read_text, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.text.affixes import Affixes

# Variant characters of names, each to the commonest one: looked up so, never written so.
VARIANTS = str.maketrans(
    "髙﨑邉邊齋齊𠮷嶋嶌濵濱德廣惠眞榮國條檜澤櫻峯冨栁桒圓瀨曾藏與實龍瀧壽彌應當龜鐵鷗淵渕舘館萬寶靜曻莊將薗會顯關增槇緖祿穗豐圡﨔靑黑絲緣繩總聲舊"
    "藝藥號螢衞覺譽讓賴轉鄕釋鍊鑛雙靈飮餘驛髮鷄鹽麥點齒齡亞佛價兒冲凉凛劍勞勳區單嚴圍團壤壯壹孃學寫寬寳寢專對峽嵓巖廳廢彈從恆悅惡懷戀戰戲戶拂擇擔"
    "據收敍敎敕數斷晉晚晝曉曆樂樓樞樣橫檢歐歷歸毆氣沒涉淸淺渴溪滿潛澁濕灣爐爭爲狀獨珎產畫疊盜硏碎禪禮稱稻穩竝粹絕經綠纖缺聰聽肅脫臟臺莖萠蘆處蟲蠶"
    "裝觀證豫貳賣踐辨辭遲醉醫銳錄鑄鎭閱陷隨險隱雜顏騷驗體鬪黃嵜桺槗𣘺冝煕凞奧吳徵愼郞⻑⻘⾕",
    "高崎辺辺斎斉吉島島浜浜徳広恵真栄国条桧沢桜峰富柳桑円瀬曽蔵与実竜滝寿弥応当亀鉄鴎渕渕館館万宝静昇荘将園会顕関増槙緒禄穂豊土欅青黒糸縁縄総声旧"
    "芸薬号蛍衛覚誉譲頼転郷釈錬鉱双霊飲余駅髪鶏塩麦点歯齢亜仏価児沖涼凜剣労勲区単厳囲団壌壮壱嬢学写寛宝寝専対峡巌巌庁廃弾従恒悦悪懐恋戦戯戸払択担"
    "拠収叙教勅数断晋晩昼暁暦楽楼枢様横検欧歴帰殴気没渉清浅渇渓満潜渋湿湾炉争為状独珍産画畳盗研砕禅礼称稲穏並粋絶経緑繊欠聡聴粛脱臓台茎萌芦処虫蚕"
    "装観証予弐売践弁辞遅酔医鋭録鋳鎮閲陥随険隠雑顔騒験体闘黄崎柳橋橋宜熙熙奥呉徴慎郎長青谷",
)


def _first_column(name: str, variants: Mapping[int, int] | None = None) -> list[str]:
    lines = read_text(name).translate(variants or {}).splitlines()
    return [line.split("\t", 1)[0] for line in lines if line and not line.startswith("#")][1:]


def _forms(name: str) -> list[str]:
    return [fold(f).text for row in read_table(name) for f in split_forms(row["form"])]


@cache
def stop_words(kind: str) -> frozenset[str]:
    """Words that keep a rule from firing (`phi/stop.tsv`), by the name of the rule."""
    rows = read_table("phi/stop.tsv", ("kind", "forms"))
    return frozenset(f for row in rows if row["kind"] == kind for f in split_forms(row["forms"]))


class Book:
    """All name lists. Use `book()`: reading takes a few tens of milliseconds."""

    def __init__(self) -> None:
        self.surnames: dict[str, str] = {}
        self.surname_kana: set[str] = set()
        self.readings: dict[str, str] = {}
        for name in ("phi/surnames.tsv", "phi/own_surnames.tsv"):
            for line in read_text(name).translate(VARIANTS).splitlines():
                cells = line.split("\t")
                if line.startswith("#") or len(cells) < 3 or cells[0] == "form":
                    continue
                for form in cells[0].split("|"):
                    self.surnames[form] = cells[2]
                    self.readings.setdefault(form, cells[1])
                self.surname_kana.update(k for k in cells[1].split("|") if len(k) > 1)
        self.rare_surnames = set(_first_column("phi/rare_surnames.tsv", VARIANTS)) - self.surnames.keys()
        stems = (row["form"][:-1] for row in read_table("phi/places.tsv", ("form",)) if 2 < len(row["form"]) < 5)
        self.place_stems = frozenset(s.translate(VARIANTS) for s in stems)
        self.place_names = frozenset(_first_column("phi/place_names.tsv", VARIANTS))
        self.given = set(_first_column("phi/given.tsv", VARIANTS))
        self.given_kana = set(_first_column("phi/given_kana.tsv"))
        self.foreign_kana = frozenset(f for f in _forms("phi/foreign_kana.tsv") if len(f) > 2)
        words, common = _first_column("phi/words.tsv"), {s for s, k in self.surnames.items() if k == "common"}
        self.words = set(words) - common
        self.word_surnames = frozenset(common.intersection(words))
        self.depts = frozenset(_forms("phi/depts.tsv"))
        self.generic = frozenset(_forms("phi/generic.tsv"))
        self.titles: dict[str, tuple[str, str]] = {}
        for row in read_table("phi/titles.tsv", ("form", "strength", "subtype")):
            for form in split_forms(row["form"]):
                self.titles.setdefault(fold(form).text, (row["strength"], row["subtype"]))
        self.labels: dict[str, tuple[str, str, str]] = {}
        columns = ("form", "kind", "subtype", "mode")
        for row in [*read_table("phi/labels.tsv", columns), *read_table("phi/roles.tsv", columns)]:
            for form in split_forms(row["form"]):
                self.labels.setdefault(fold(form).text.lower(), (row["kind"], row["subtype"], row["mode"]))
        for dept in self.depts:
            if len(dept) > 1:
                self.labels.setdefault(dept.lower(), ("dept", "clinician", "hard"))
        protect = read_table("phi/protect.tsv", ("kind", "forms"))
        of = {
            kind: [f for r in protect if r["kind"] == kind for f in split_forms(r["forms"])]
            for kind in ("suffix", "term", "latin")
        }
        self.eponym_suffix = Affixes(fold(f).text for f in of["suffix"])
        self.terms = frozenset(fold(f).text for f in of["term"])
        self.latin_terms = frozenset(f.lower() for f in of["latin"])
        self.role_words = frozenset(
            f for f, (kind, _, mode) in self.labels.items() if kind == "person" and mode != "sep" and not f.isascii()
        )
        self.plain_words = frozenset(self.words | self.terms | self.generic)
        self.no_names = frozenset(self.plain_words | self.depts | self.role_words | set(self.titles) | set(self.labels))
        self.not_given = frozenset(
            self.terms | self.generic | self.depts | self.role_words | set(self.titles) | set(self.labels)
        )
        self.before_name = self.depts | self.role_words

    @cached_property
    def surname_romaji(self) -> frozenset[str]:
        """Keys of the surnames in Latin letters; made when a text first holds a word that could be one."""
        return frozenset(romaji_key(romaji(k)) for k in self.surname_kana)

    @cached_property
    def given_romaji(self) -> frozenset[str]:
        """Keys of the given names in Latin letters."""
        return frozenset(romaji_key(romaji(k)) for k in self.given_kana)


@cache
def book() -> Book:
    """The lists, read on first use."""
    return Book()


_DIGRAPHS: dict[str, str] = {}
for _row, _cons in (
    ("キ", "ky"),
    ("シ", "sh"),
    ("チ", "ch"),
    ("ニ", "ny"),
    ("ヒ", "hy"),
    ("ミ", "my"),
    ("リ", "ry"),
    ("ギ", "gy"),
    ("ジ", "j"),
    ("ビ", "by"),
    ("ピ", "py"),
    ("ヂ", "j"),
):
    for _small, _vowel in zip("ャュョ", "auo", strict=True):
        _DIGRAPHS[_row + _small] = _cons + _vowel
_MONO = dict(
    zip(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヰヱヲンガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポヴァィゥェォー",
        [
            "a", "i", "u", "e", "o", "ka", "ki", "ku", "ke", "ko", "sa", "shi", "su", "se", "so", "ta", "chi",
            "tsu", "te", "to", "na", "ni", "nu", "ne", "no", "ha", "hi", "fu", "he", "ho", "ma", "mi", "mu",
            "me", "mo", "ya", "yu", "yo", "ra", "ri", "ru", "re", "ro", "wa", "i", "e", "o", "n", "ga", "gi",
            "gu", "ge", "go", "za", "ji", "zu", "ze", "zo", "da", "ji", "zu", "de", "do", "ba", "bi", "bu",
            "be", "bo", "pa", "pi", "pu", "pe", "po", "vu", "a", "i", "u", "e", "o", "-",
        ],
        strict=True,
    )
)  # fmt: skip


def romaji(kana: str) -> str:
    """Katakana or hiragana in Hepburn romaji without marks of length."""
    s, out, i, double = katakana(kana), "", 0, False
    while i < len(s):
        if s[i] == "ッ":
            double, i = True, i + 1
            continue
        step = 2 if s[i : i + 2] in _DIGRAPHS else 1
        part = _DIGRAPHS.get(s[i : i + 2], "") or _MONO.get(s[i], s[i].lower())
        i += step
        if double and part:
            out += "t" if part.startswith("ch") else part[0]
            double = False
        out += "" if part == "-" else part
    return out


def romaji_key(latin: str) -> str:
    """One key for all spellings of a name in Latin letters: Hepburn, Kunrei, ō as o, oh, ou, oo; m before b, m, p as n."""
    s = "".join({"ō": "o", "ū": "u", "ô": "o", "û": "u"}.get(c, c) for c in latin.lower() if c.isalpha())
    for a, b in (
        ("tch", "cch"),
        ("sh", "sy"),
        ("ch", "ty"),
        ("ts", "t"),
        ("j", "zy"),
        ("f", "h"),
        ("l", "r"),
        ("dz", "z"),
        ("du", "zu"),
        ("di", "zyi"),
    ):
        s = s.replace(a, b)
    s = s.replace("syi", "si").replace("tyi", "ti").replace("zyi", "zi")
    out = ""
    for i, c in enumerate(s):
        nxt = s[i + 1 : i + 2]
        if c == "h" and out.endswith("o") and nxt not in tuple("aiueoy"):
            continue
        if c == "m" and nxt in ("b", "m", "p"):
            c = "n"
        if c in "ou" and out.endswith("o"):
            continue
        if c == "u" and out.endswith("u"):
            continue
        out += c
    return out
