"""How diverse the generated reports are, and how much of other texts they cover.

    python -m corpora.generate.diversity --count 20000 [--against NAME=FILE.jsonl ...]

Prints a Markdown table: lengths, distinct texts, skeletons (identifiers by their category, digits as 0), n-grams of characters and
of words, all against the hand-written development sheets at the same number of characters; then the share of other texts' word
types, word bigrams and contexts of identifiers that the generated texts hold, with the sheets' own share beside it. Files are
JSON lines with `text`; nothing of them is printed but shares.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from corpora.generate.stream import reports
from corpora.loader import rows as corpus_rows

Row = dict[str, Any]
_DIGITS = str.maketrans("123456789１２３４５６７８９", "0" * 9 + "０" * 9)


@cache
def _tagger() -> Any:
    import fugashi

    return fugashi.Tagger("-Owakati")


def words(text: str) -> list[str]:
    """The words of a text, digits as 0."""
    tagger = _tagger()
    return [w for line in text.translate(_DIGITS).split("\n") if line for w in tagger.parse(line).split()]


def skeleton(row: Row) -> str:
    """A text with its identifiers replaced by their categories and digits by 0: two reports of one shape are equal."""
    text, out, at = row["text"], [], 0
    for span in row["spans"]:
        out.append(text[at : span["start"]])
        out.append(span["category"])
        at = span["end"]
    out.append(text[at:])
    return "".join(out).translate(_DIGITS)


def contexts(rows: Iterable[Row], width: int = 3) -> Iterator[tuple[str, str, str]]:
    """What stands around each identifier: its category and `width` characters on either side, digits as 0."""
    for row in rows:
        text = row["text"].translate(_DIGITS)
        for span in row["spans"]:
            yield (
                span["category"],
                text[max(0, span["start"] - width) : span["start"]],
                text[span["end"] : span["end"] + width],
            )


def cut(rows: Iterable[Row], characters: int) -> list[Row]:
    """The first rows that hold a number of characters together."""
    out, total = [], 0
    for row in rows:
        if total >= characters:
            break
        out.append(row)
        total += len(row["text"])
    return out


def figures(rows: list[Row]) -> dict[str, str]:
    """What tells one set of texts from another."""
    lengths = sorted(len(r["text"]) for r in rows)
    out = {"reports": f"{len(rows):,}", "characters": f"{sum(lengths):,}"}
    out["length: 5, 25, 50, 75, 95 %"] = ", ".join(
        str(lengths[int(len(lengths) * q)]) for q in (0.05, 0.25, 0.5, 0.75, 0.95)
    )
    out["distinct texts"] = _share(len({r["text"] for r in rows}), len(rows))
    out["distinct skeletons"] = _share(len({skeleton(r) for r in rows}), len(rows))
    for n in (3, 5, 8):
        grams = [t[i : i + n] for t in (r["text"] for r in rows) for i in range(len(t) - n + 1)]
        out[f"distinct character {n}-grams"] = _share(len(set(grams)), len(grams))
    tokens = [words(r["text"]) for r in rows]
    flat = [w for t in tokens for w in t]
    pairs = [p for t in tokens for p in pairwise(t)]
    out["distinct words"] = _share(len(set(flat)), len(flat))
    out["distinct word bigrams"] = _share(len(set(pairs)), len(pairs))
    spans = [(s["category"], r["text"][s["start"] : s["end"]]) for r in rows for s in r["spans"]]
    out["distinct identifiers"] = _share(len(set(spans)), len(spans))
    around = list(contexts(rows))
    out["distinct contexts of identifiers (3 characters)"] = _share(len(set(around)), len(around))
    return out


def coverage(target: list[Row], source: list[Row]) -> dict[str, float]:
    """Share of the types, and of the running words, of `target` that `source` holds."""
    have_words: set[str] = set()
    have_pairs: set[tuple[str, str]] = set()
    for row in source:
        tokens = words(row["text"])
        have_words.update(tokens)
        have_pairs.update(pairwise(tokens))
    tokens = [words(r["text"]) for r in target]
    flat = [w for t in tokens for w in t]
    pairs = [p for t in tokens for p in pairwise(t)]
    out = {
        "word types": _part(set(flat), have_words),
        "running words": sum(w in have_words for w in flat) / max(1, len(flat)),
        "word bigrams": _part(set(pairs), have_pairs),
        "running word bigrams": sum(p in have_pairs for p in pairs) / max(1, len(pairs)),
    }
    if any(r["spans"] for r in target):
        for width in (1, 2):
            here = list(contexts(target, width))
            have = set(contexts(source, width))
            out[f"contexts of identifiers ({width})"] = sum(c in have for c in here) / len(here)
    return out


def _part(types: set[Any], have: set[Any]) -> float:
    return len(types & have) / max(1, len(types))


def _share(distinct: int, total: int) -> str:
    return f"{distinct:,} of {total:,} ({distinct / max(1, total):.0%})"


def _read(path: Path) -> list[Row]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [{"spans": [], **json.loads(line)} for line in lines if line]


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m corpora.generate.diversity", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--against", action="append", default=[], metavar="NAME=FILE")
    args = parser.parse_args(argv)
    generated = list(reports(args.count, args.seed))
    sheets = [r for r in corpus_rows("identifiers", "findings") if r["split"] != "test"]
    same = cut(generated, sum(len(r["text"]) for r in sheets))
    tables = [figures(generated), figures(same), figures(sheets)]
    out = ["| | generated | generated, size of the sheets | hand-written sheets |", "|---|---|---|---|"]
    out += [f"| {key} | {' | '.join(t[key] for t in tables)} |" for key in tables[0]]
    targets = {"hand-written sheets": sheets}
    targets |= {name: _read(Path(file)) for name, _, file in (a.partition("=") for a in args.against)}
    out += [
        "",
        "| covered | of | generated | generated, size of the sheets | hand-written sheets |",
        "|---|---|---:|---:|---:|",
    ]
    for name, target in targets.items():
        shares = [coverage(target, source) for source in (generated, same, sheets)]
        for key in shares[0]:
            own = "" if target is sheets else f"{shares[2][key]:.0%}"
            out.append(f"| {key} | {name} | {shares[0][key]:.0%} | {shares[1][key]:.0%} | {own} |")
    sys.stdout.write("\n".join(out) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
