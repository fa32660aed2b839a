"""Build name_chars.tsv and medical_runs.tsv of jmid_nlp/lexicons/phi.

name_chars.tsv says how much each character, at its place in a string, speaks for a surname; medical_runs.tsv lists the words
in Latin letters and the runs of katakana and kanji in the terms of radiology.

Usage: python models/lexicons/make_name_chars.py
Reads the surnames, the common nouns and the terms of radiology that the package carries. The weights are log odds (base e,
times ten) of surnames against nouns of two to four characters, at the first, an inner and the last place. The sum over a
string, with the prior of the place in the text, says whether a string that no list knows can be a surname.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2] / "jmid_nlp/lexicons"
OUT = ROOT / "phi/name_chars.tsv"
RUNS = ROOT / "phi/medical_runs.tsv"
LATIN = re.compile("[A-Za-z]{3,}")
KANA = re.compile("[ァ-ヺー]{2,}")
RUN = re.compile("[㐀-鿿々ヶノ]+")
PLACES = ("first", "inner", "last")


def column(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[0] for line in lines if line and not line.startswith("#")][1:]


def medical() -> set[str]:
    """Runs of kanji in the terms of the package's other lexicons."""
    files = sorted(p for p in ROOT.glob("*.tsv"))
    return {run for p in files for run in RUN.findall(p.read_text(encoding="utf-8"))}


def count(strings: set[str]) -> dict[str, Counter[str]]:
    out: dict[str, Counter[str]] = {p: Counter() for p in PLACES}
    for s in sorted(strings):
        out["first"][s[0]] += 1
        out["last"][s[-1]] += 1
        out["inner"].update(s[1:-1])
    return out


def main() -> None:
    surnames = {s for cell in column(ROOT / "phi/surnames.tsv") for s in cell.split("|")}
    surnames = {s for s in surnames | set(column(ROOT / "phi/rare_surnames.tsv")) if 2 <= len(s) <= 4}
    nouns = {w for w in set(column(ROOT / "phi/words.tsv")) | medical() if 2 <= len(w) <= 4} - surnames
    names, words = count(surnames), count(nouns)
    chars = sorted({c for table in (names, words) for place in PLACES for c in table[place]})
    total = {p: (sum(names[p].values()), sum(words[p].values())) for p in PLACES}
    rows = []
    for c in chars:
        cells = []
        for p in PLACES:
            a = (names[p][c] + 0.3) / (total[p][0] + 0.3 * len(chars))
            b = (words[p][c] + 0.3) / (total[p][1] + 0.3 * len(chars))
            cells.append(str(max(-50, min(50, round(10 * math.log(a / b))))))
        rows.append("\t".join([c, *cells]))
    head = (
        "# source: log odds made by models/lexicons/make_name_chars.py from surnames.tsv, rare_surnames.tsv and words.tsv\n"
        "# licence: BSD-3-Clause, MIT and Apache-2.0 (the licences of those lists)\n"
    )
    kana = {w for p in sorted(ROOT.glob("*.tsv")) for w in KANA.findall(p.read_text(encoding="utf-8"))}
    latin = {
        w.lower()
        for p in sorted(ROOT.glob("*.tsv"))
        for line in p.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
        for w in LATIN.findall(line)
    }
    runs = sorted(latin) + sorted(kana) + sorted(r for r in medical() - surnames if 2 <= len(r) <= 8)
    RUNS.write_text(
        "# source: runs of kanji in the project's lexicons of radiology; made by models/lexicons/make_name_chars.py\n"
        "# licence: MIT\n" + "\n".join(["form", *runs]) + "\n",
        encoding="utf-8",
    )
    OUT.write_text(head + "\n".join(["\t".join(["form", *PLACES]), *rows]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
