"""Every identifier of the corpora respelled, axis by axis, and how many of them detection then misses.

An axis is a way of writing that changes nothing for a reader: width, kana, spaces, line breaks, radicals, variants, case,
script of digits, dashes, invisible characters. All identifiers of a report are respelled at once, the rest of its text stays.

    python -m corpora.respell > tests/known_failures/adversarial.json
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpora.markup import CATEGORIES, read_sheet

HERE = Path(__file__).parent
MOST = 90  # reports an axis: every n-th of a larger corpus, so that the test stays quick
KANJI = "一-鿿々〆㐀-䶿"
_HALF = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0xFF66, 0xFF9E)}
_MARKS = {"\u3099": "ﾞ", "\u309a": "ﾟ"}
_DASHES = "‐‑–—−ー―－"
_VARIANTS = {
    "高": "髙", "崎": "﨑", "辺": "邊", "斎": "齋", "島": "嶋", "浜": "濱", "徳": "德", "広": "廣", "恵": "惠", "国": "國",
    "沢": "澤", "桜": "櫻", "瀬": "瀨", "吉": "𠮷", "館": "舘", "滝": "瀧", "竜": "龍", "富": "冨", "真": "眞", "栄": "榮",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A text, its identifiers as (start, end, category, subtype), and the record it belongs to (None: text alone)."""

    id: str
    text: str
    spans: tuple[tuple[int, int, str, str], ...]
    record: dict[str, Any] | None = None


def cases() -> list[Case]:
    """The sample extract and the development sheets of the corpus of identifiers."""
    records = {r["id"]: r for r in _lines(HERE / "sample" / "reports.jsonl")}
    out = []
    for row in _lines(HERE / "sample" / "gold_identifiers.jsonl"):
        spans = tuple((s["start"], s["end"], s["category"], s.get("subtype", "")) for s in row["spans"])
        out.append(Case(row["id"], row["text"], spans, records.get(row["id"])))
    for path in sorted((HERE / "deid").glob("dev_*.txt")):
        for entry in read_sheet(path):
            marks = [(m.start, m.end, *m.label.partition("/")[::2]) for m in entry.marks]
            out.append(Case(entry.id, entry.text, tuple(m for m in marks if m[2] in CATEGORIES)))
    return out


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def full_width(value: str, category: str) -> str:
    """ASCII as full-width characters: 090-1234 becomes ０９０－１２３４."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in value)


def half_width_kana(value: str, category: str) -> str:
    """Katakana in half width."""
    return (
        "".join(_MARKS.get(c, _HALF.get(c, c)) for c in unicodedata.normalize("NFD", value)) if _kana(value) else value
    )


def hiragana(value: str, category: str) -> str:
    """A name in katakana written in hiragana."""
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in value) if category == "PERSON" else value


def decomposed(value: str, category: str) -> str:
    """Letters and their marks apart, as some file systems and exports leave them."""
    return unicodedata.normalize("NFD", value)


def spaced(value: str, category: str) -> str:
    """Blanks between the characters of a name, as forms and character recognition leave them."""
    core = re.sub(r"\s", "", value)
    if category != "PERSON" or not re.fullmatch(f"[{KANJI}]{{2,6}}", core):
        return value
    return " ".join(core)


def broken(value: str, category: str) -> str:
    """A line break inside a name."""
    core = re.sub(r"\s", "", value)
    if category != "PERSON" or not re.fullmatch(f"[{KANJI}]{{3,6}}", core):
        return value
    return core[: len(core) // 2] + "\n" + core[len(core) // 2 :]


def radicals(value: str, category: str) -> str:
    """Ideographs as the radicals that look the same, as copies from PDF files have them."""
    return value.translate(_radicals())


def variants(value: str, category: str) -> str:
    """Variant characters of names: 髙, 﨑, 邊."""
    return "".join(_VARIANTS.get(c, c) for c in value) if category == "PERSON" else value


def upper(value: str, category: str) -> str:
    """Letters in upper case."""
    return _ascii_case(value, str.upper)


def lower(value: str, category: str) -> str:
    """Letters in lower case."""
    return _ascii_case(value, str.lower)


def kanji_digits(value: str, category: str) -> str:
    """Digits of dates, ages and addresses as kanji numerals: 二〇二四年三月五日."""
    if category not in ("DATE", "AGE", "ADDRESS") or not re.search("[年月日歳才]|丁目|番地", value):
        return value
    return re.sub("[0-9０-９]+", lambda m: _numeral(m[0]), value)


def dashes(value: str, category: str) -> str:
    """Hyphens as the dashes, minus signs and long vowels that are typed in their place."""
    if category in ("EMAIL", "URL"):
        return value
    count = iter(range(len(value)))
    return re.sub("-", lambda m: _DASHES[(next(count) + len(value)) % len(_DASHES)], value)


def invisible(value: str, category: str) -> str:
    """A zero-width space behind the first character."""
    return value[:1] + "\u200b" + value[1:] if len(value) > 1 else value


AXES: dict[str, Callable[[str, str], str]] = {
    f.__name__: f
    for f in (
        full_width, half_width_kana, hiragana, decomposed, spaced, broken, radicals, variants, upper, lower, kanji_digits,
        dashes, invisible,
    )
}  # fmt: skip


def _kana(value: str) -> bool:
    return re.search("[ァ-ヺ]", value) is not None


def _ascii_case(value: str, change: Callable[[str], str]) -> str:
    return "".join(change(c) if c.isascii() else c for c in value)


def _numeral(digits: str) -> str:
    """Up to 99 with 十, else digit by digit."""
    number = int(digits)
    if len(digits) > 2 or (len(digits) == 2 and digits[0] in "0０"):
        return "".join("〇一二三四五六七八九"[int(d)] for d in digits)
    tens, ones = divmod(number, 10)
    written = ("" if tens < 2 else "一二三四五六七八九"[tens - 1]) + ("十" if tens else "")
    return written + ("一二三四五六七八九"[ones - 1] if ones else "") or "〇"


def _radicals() -> dict[int, str]:
    from jmid_nlp.lexicon import read_pairs

    pairs = read_pairs("unicode/radicals.tsv")
    return {ord(b): a for a, b in reversed(pairs) if len(b) == 1}


def respell(case: Case, axis: str) -> Case | None:
    """The case with all its identifiers respelled; spans that the axis leaves as they are drop out. None where all do."""
    change = AXES[axis]
    out, spans, at, length = [], [], 0, 0
    for start, end, category, subtype in sorted(case.spans):
        if start < at:
            continue
        old = case.text[start:end]
        new = change(old, category)
        out += [case.text[at:start], new]
        length += start - at
        if new != old:
            spans.append((length, length + len(new), category, subtype))
        length += len(new)
        at = end
    if not spans:
        return None
    return Case(case.id, "".join([*out, case.text[at:]]), tuple(spans), case.record)


def missed(case: Case, detector: Callable[..., Any], *, known: Any = None) -> list[tuple[int, int, str, str]]:
    """Spans of which a letter or digit is not covered by a detection."""
    covered = {i for f in detector(case.text, known=known) for i in range(f.start, f.end)}
    return [s for s in case.spans if any(case.text[i].isalnum() and i not in covered for i in range(s[0], s[1]))]


def caught(case: Case, detector: Callable[..., Any]) -> Case:
    """The case with those of its identifiers that detection finds as written."""
    lost = missed(case, detector)
    return replace(case, spans=tuple(s for s in case.spans if s not in lost))


def count(detector: Callable[..., Any]) -> dict[str, dict[str, int]]:
    """Respelled identifiers, and those of them that are missed, per axis and category: what the test holds fixed.

    An identifier that is missed as written counts there only; an axis counts what the respelling itself hides.

    Args:
        detector: `detector(text, known=None)`.
    """
    sample = cases()
    table: dict[str, dict[str, int]] = {"as_written": _tally(sample, detector)}
    seen = [caught(c, detector) for c in sample]
    for axis in AXES:
        respelled = [r for c in seen if (r := respell(c, axis))]
        table[axis] = _tally(respelled[:: len(respelled) // MOST + 1], detector)
    return table


def _tally(sample: list[Case], detector: Callable[..., Any]) -> dict[str, int]:
    tally = {"tried": sum(len(c.spans) for c in sample), "missed": 0}
    for case in sample:
        for *_, category, _subtype in missed(case, detector):
            tally["missed"] += 1
            tally[category] = tally.get(category, 0) + 1
    return dict(sorted(tally.items(), key=lambda kv: (kv[0] not in ("tried", "missed"), kv[0])))


def main() -> None:
    """Print the counts as JSON; with an axis as argument, the missed strings of that axis."""
    from jmid_nlp.deid.detect import DetectOptions, Detector

    detect = Detector(DetectOptions(mode="fast"))  # the rules alone: counts that are the same on every machine
    if len(sys.argv) > 1:
        for case in cases():
            if new := respell(caught(case, detect), sys.argv[1]):
                for start, end, category, _ in missed(new, detect):
                    around = (new.text[max(0, start - 12) : start], new.text[start:end], new.text[end : end + 8])
                    print(case.id, category, "|".join(map(repr, around)))
        return
    lines = (f"{json.dumps(axis)}: {json.dumps(tally)}" for axis, tally in count(detect).items())
    print("{\n  " + ",\n  ".join(lines) + "\n}")


if __name__ == "__main__":
    main()
