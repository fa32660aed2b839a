"""How a person's name is written: forms, gaps, and the damage that names take."""

from __future__ import annotations

from corpora.generate.names import OLD_FORMS, Person, half_kana, hiragana
from corpora.generate.writer import Writer
from jmid_nlp.lexicon import read_table

GAPS = ("", "", "", " ", " ", "　", "　")
_OCR = {
    "ー": "一", "一": "ー", "二": "ニ", "ニ": "二", "口": "ロ", "ロ": "口", "カ": "力", "力": "カ", "工": "エ", "エ": "工", "夕": "タ", "タ": "夕",
    "卜": "ト", "ト": "卜", "八": "ハ", "ハ": "八", "田": "由", "大": "太", "太": "大", "木": "本", "本": "木", "川": "JII", "子": "孑", "未": "末",
    "井": "丼", "村": "材", "中": "申", "山": "凵", "野": "墅", "谷": "各", "藤": "籐", "石": "右", "林": "材", "0": "O", "1": "l", "8": "B", "5": "S",
    "6": "b", "2": "Z", "O": "0", "I": "1", "S": "5", "a": "o", "n": "ri", "m": "rn",
}  # fmt: skip
FULL = str.maketrans({c: chr(c + 0xFEE0) for c in range(0x21, 0x7F)} | {0x20: "\u3000"})
RADICALS = str.maketrans(
    {row["ideograph"]: row["radical"] for row in read_table("unicode/radicals.tsv", ("radical", "ideograph"))}
)
_KUNREI = (("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("ji", "zi"), ("fu", "hu"), ("sho", "syo"), ("shu", "syu"))


def ocr(w: Writer, text: str) -> str:
    """Text with one or two characters misread."""
    out = list(text)
    for _ in range(1 + int(w.r() * 2)):
        at = int(w.r() * len(out))
        out[at] = _OCR.get(out[at], out[at])
    return "".join(out)


def respell(w: Writer, text: str) -> str:
    """Japanese characters of a name as somebody else may write them: old forms, spread, broken, misread, radicals."""
    x = w.r()
    habit = w.memo["damage"]
    if x < 0.03:
        return text.translate(OLD_FORMS)
    if x < 0.036 or (habit == "spread" and x < 0.6):
        return (" " if w.r() < 0.6 else "　").join(text.replace(" ", "").replace("　", ""))
    if x < 0.042 or (habit == "break" and x < 0.5):
        at = int(w.r() * len(text))
        return text if at == 0 else text[:at] + "\n" + text[at:]
    if x < 0.045 or (habit == "ocr" and x < 0.7):
        return ocr(w, text)
    if habit == "radical":
        return text.translate(RADICALS)
    return text


def latin(w: Writer, p: Person) -> tuple[str, str]:
    """Surname and given name in Latin letters, Hepburn with or without long vowels, or Kunrei."""
    style = w.memo.get("latin")
    if style is None:
        style = w.memo["latin"] = int(w.r() * 6)
    sur, giv = p.sur_latin, p.giv_latin
    if style < 3:
        sur, giv = (s.replace("ou", "o").replace("oo", "o").replace("uu", "u") for s in (sur, giv))
    elif style == 3:
        sur, giv = (s.replace("ou", "oh").replace("oo", "oh") for s in (sur, giv))
    elif style == 4:
        for a, b in _KUNREI:
            sur, giv = sur.replace(a, b), giv.replace(a, b)
            sur, giv = sur.replace(a.capitalize(), b.capitalize()), giv.replace(a.capitalize(), b.capitalize())
    return sur, giv


def _full(w: Writer, p: Person) -> str:
    if p.foreign:
        x = w.r()
        if x < 0.25:
            return f"{p.sur}{w.memo['gap']}{p.giv}"
        if x < 0.75:
            return f"{p.giv}・{p.sur}"
        return f"{p.giv} {p.sur}" if x < 0.85 else f"{p.sur_latin} {p.giv_latin}"
    return respell(w, f"{p.sur}{w.memo['gap']}{p.giv}")


def _sur(w: Writer, p: Person) -> str:
    return respell(w, p.sur)


def _giv(w: Writer, p: Person) -> str:
    return respell(w, p.giv)


def _kana(w: Writer, p: Person) -> str:
    if p.foreign:
        return f"{p.sur}{w.memo['gap'] or '　'}{p.giv}"
    return respell(w, f"{p.sur_kana}{w.memo['gap']}{p.giv_kana}")


def _half(w: Writer, p: Person) -> str:
    return half_kana(f"{p.sur_kana}{' ' if w.memo['gap'] or w.r() < 0.7 else ''}{p.giv_kana}")


def _hira(w: Writer, p: Person) -> str:
    return respell(w, hiragana(f"{p.sur_kana}{w.memo['gap']}{p.giv_kana}"))


def _rom(w: Writer, p: Person) -> str:
    sur, giv = latin(w, p)
    x = w.r()
    if x < 0.3:
        return f"{sur.upper()} {giv.upper()}" if x < 0.12 else f"{sur.upper()} {giv}"
    if x < 0.5:
        return f"{giv} {sur}"
    if x < 0.65:
        return f"{sur} {giv}"
    if x < 0.75:
        return f"{sur}, {giv}"
    if x < 0.85:
        return f"{giv[:1]}. {sur}"
    if x < 0.9:
        return f"{sur} {giv[:1]}."
    if x < 0.93:
        return f"{sur.upper()}, {giv.upper()}"
    return f"{sur.lower()} {giv.lower()}" if x < 0.97 else f"{sur}.{giv[:1]}"


def _romsur(w: Writer, p: Person) -> str:
    sur, giv = latin(w, p)
    x = w.r()
    return (
        sur
        if x < 0.55
        else sur.upper()
        if x < 0.7
        else f"{giv[:1]}. {sur}"
        if x < 0.85
        else f"{sur} {giv[:1]}"
        if x < 0.9
        else f"{giv} {sur}"
    )


def _pn(w: Writer, p: Person) -> str:
    sur, giv = latin(w, p)
    x = w.r()
    head = f"{sur.upper()}^{giv.upper()}" if x < 0.6 else f"{sur}^{giv}"
    if x < 0.25:
        return head
    if x < 0.35:
        return f"{sur.upper()}_{giv.upper()}"
    if x < 0.6:
        return f"{head}={p.sur}^{p.giv}"
    if x < 0.65:
        return f"{p.sur}^{p.giv}"
    if x < 0.7:
        return f"{half_kana(p.sur_kana)}^{half_kana(p.giv_kana)}"
    kana = hiragana if x < 0.85 else str
    return f"{head}={p.sur}^{p.giv}={kana(p.sur_kana)}^{kana(p.giv_kana)}"


def _init(w: Writer, p: Person) -> str:
    a, b = p.sur_latin[:1] or "K", p.giv_latin[:1] or "T"
    return (f"{a}.{b}.", f"{b}.{a}.", f"{a}.{b}", f"{a}・{b}", f"{b}. {a}.", f"{a}{b}")[int(w.r() * 6)]


def _kanasur(w: Writer, p: Person) -> str:
    x = w.r()
    return half_kana(p.sur_kana) if x < 0.2 else hiragana(p.sur_kana) if x < 0.5 and len(p.sur_kana) > 2 else p.sur_kana


def _halfsur(w: Writer, p: Person) -> str:
    return half_kana(p.sur_kana)


def _header(w: Writer, p: Person) -> str:
    x = w.r()
    if x < 0.72:
        return _full(w, p)
    if x < 0.8:
        return _kana(w, p)
    if x < 0.86:
        return _half(w, p)
    if x < 0.89:
        return _hira(w, p)
    if x < 0.96:
        return _rom(w, p)
    return _sur(w, p) if x < 0.985 else _pn(w, p)


def _staff(w: Writer, p: Person) -> str:
    x = w.r()
    if x < 0.56:
        return _sur(w, p)
    if x < 0.88:
        return _full(w, p)
    if x < 0.94:
        return _romsur(w, p)
    return _kanasur(w, p) if x < 0.985 else _init(w, p)


FORMS = {
    "full": _full, "sur": _sur, "giv": _giv, "kana": _kana, "half": _half, "hira": _hira, "rom": _rom, "romsur": _romsur, "pn": _pn,
    "init": _init, "kanasur": _kanasur, "halfsur": _halfsur, "header": _header, "any": _staff,
}  # fmt: skip
