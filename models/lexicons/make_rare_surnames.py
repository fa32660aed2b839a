"""Build jmid_nlp/lexicons/phi/rare_surnames.tsv: surnames that SudachiDict knows and surnames.tsv lacks.

Usage: python models/lexicons/make_rare_surnames.py   (with sudachipy and sudachidict-core installed, both Apache-2.0)
Candidates are all first and last characters of known surnames put together; those that the dictionary reads as one surname stay.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sudachipy import Dictionary, SplitMode

PHI = Path(__file__).parents[2] / "jmid_nlp/lexicons/phi"


def column(name: str) -> list[str]:
    lines = (PHI / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[0] for line in lines if line and not line.startswith("#")][1:]


def main() -> None:
    tokenizer = Dictionary(dict="core").tokenizer(mode=SplitMode.C)
    known, words = set(column("surnames.tsv")), set(column("words.tsv"))

    def is_surname(form: str) -> bool:
        tokens = tokenizer.tokenize(form)
        return len(tokens) == 1 and tokens[0].part_of_speech()[3] == "姓"

    two = [s for s in known if len(s) == 2]
    first, last = Counter(s[0] for s in two), Counter(s[1] for s in two)
    third = {s[2] for s in known if len(s) == 3}
    forms = {a + b for a in first if first[a] > 1 for b in last if last[b] > 1} | {s + c for s in two for c in third}
    found = sorted(f for f in forms - known - words if is_surname(f))
    head = "# source: SudachiDict core; made by models/lexicons/make_rare_surnames.py\n# licence: Apache-2.0\nform\n"
    (PHI / "rare_surnames.tsv").write_text(head + "\n".join(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
