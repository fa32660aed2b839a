"""All corpora in one layout: `python -m corpora.loader`, `corpora.loader.load(...)`.

    from corpora.loader import load
    sets = load("identifiers", "findings", "generated", generated=20_000)   # a datasets.DatasetDict: train, dev, test

Columns are those of `corpora/generate/layout.py`. `layers` says what is marked in a row: what is not named there is not
known, and an empty list of it means nothing. `ignore` holds spans that count neither way for a layer. `record` is the JSON of
the columns that belong to the report (`patient_name`, …), `study` that of a study's annotations and gold pairs.

Splits: `test` sheets are blind, for measuring only; `train` are sheets made to train on; the rest is `dev`. The sample is
`sample`, since it travels with the library and everybody has seen it. Generated reports are split by institution.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpora import deid_rows, findings_markup
from corpora.align.studies import studies
from corpora.generate.layout import fill, schema
from corpora.generate.stream import reports
from corpora.markup import read_sheet

HERE = Path(__file__).parent
LICENCE = "MIT"
DATASHEETS = {
    "identifiers": "deid/README.md",
    "findings": "findings/README.md",
    "align": "align/README.md",
    "sample": "sample/README.md",
    "generated": "generate/README.md",
}
Row = dict[str, Any]


def load(*corpora: str, splits: tuple[str, ...] = (), generated: int = 10_000, seed: int = 0) -> Any:
    """Corpora as one `datasets.DatasetDict` with a dataset a split.

    Args:
        corpora: names of `DATASHEETS`; none means all of them.
        splits: only these; none means all there are.
        generated: how many reports of the generator.
        seed: of the generator.

    Raises:
        KeyError: no corpus has that name.
    """
    import datasets

    by_split: dict[str, list[Row]] = {}
    for row in rows(*corpora, generated=generated, seed=seed):
        if not splits or row["split"] in splits:
            by_split.setdefault(row["split"], []).append(row)
    features = datasets.Features.from_arrow_schema(schema())
    info = datasets.DatasetInfo(description=__doc__ or "", license=LICENCE, features=features)
    return datasets.DatasetDict(
        {
            split: datasets.Dataset(pa.Table.from_pylist(found, schema=schema()), info=info.copy())
            for split, found in sorted(by_split.items())
        }
    )


def stream(*corpora: str, splits: tuple[str, ...] = (), generated: int = 10_000, seed: int = 0) -> Any:
    """As `load`, all splits as one `datasets.IterableDataset` that holds no more than a row at a time."""
    import datasets

    def found() -> Iterator[Row]:
        every = rows(*corpora, generated=generated, seed=seed)
        return (row for row in every if not splits or row["split"] in splits)

    return datasets.IterableDataset.from_generator(found, features=datasets.Features.from_arrow_schema(schema()))


def rows(*corpora: str, generated: int = 10_000, seed: int = 0) -> Iterator[Row]:
    """The rows of corpora one after the other, with every column; see `load`."""
    for name in corpora or DATASHEETS:
        if name == "generated":
            yield from (fill(row) for row in reports(generated, seed))
        else:
            yield from (fill(row | {"corpus": name}) for row in _READERS[name]())


def held_out(dataset: Any, column: str = "institution_id") -> Iterator[tuple[str, Any, Any]]:
    """Leave one out: for each value of a column its name, the rows of all others, and its own rows.

    Args:
        dataset: a `datasets.Dataset` of `load`.
        column: `institution_id`, `author_style`, `body_part` or `layout`.
    """
    values = dataset[column]
    for value in sorted({v for v in values if v is not None}):
        mine = [i for i, v in enumerate(values) if v == value]
        others = [i for i, v in enumerate(values) if v != value]
        yield value, dataset.select(others), dataset.select(mine)


def held_back(id: str) -> bool:  # noqa: A002
    """Whether a report of the sheets `train` and `dev` is kept out of every training, to choose thresholds on: 15 of 100."""
    return int(hashlib.sha256(id.encode()).hexdigest(), 16) % 100 < 15


def _split(sheet: str) -> str:
    return next((s for s in ("test", "train") if s in sheet.split("_")), "dev")


def _part(sheet: str) -> str:
    """The part of a sheet, `a` where its name has none: one author wrote all sheets of a part."""
    last = sheet.split("_")[-1]
    return last[0] if last[0] in "abcdefghi" and last[1:].isdigit() | (len(last) == 1) else "a"


def _identifiers() -> Iterator[Row]:
    for path in sorted((HERE / "deid").glob("*.txt")):
        for row in map(deid_rows.row, read_sheet(path)):
            known = {k: row.pop(k) for k in list(row) if k in deid_rows.RECORD}
            row["ignore"] = [{"start": s, "end": e, "layer": "identifiers"} for s, e in row["ignore"]]
            yield row | {
                "layers": ["identifiers"], "split": _split(path.stem), "institution_id": f"identifiers-{_part(path.stem)}",
                "author_style": f"identifiers-{_part(path.stem)}", "record": json.dumps(known, ensure_ascii=False),
            }  # fmt: skip


def _findings() -> Iterator[Row]:
    for path in sorted((HERE / "findings").glob("*.txt")):
        if path.stem == "attributes":  # marks of another kind; see corpora/attributes_sheet.py
            continue
        for row in findings_markup.read_corpus(path.stem):
            row["ignore"] = [{"start": s, "end": e, "layer": "findings"} for s, e in row["ignore"]]
            style = f"findings-{_part(path.stem)}"
            region = next((_REGIONS[p] for p in row["id"].split("-") if p in _REGIONS), None)
            yield row | {
                "layers": ["findings"], "split": _split(path.stem), "institution_id": style, "author_style": style,
                "body_part": region,
            }  # fmt: skip


_REGIONS = {
    p: p
    for p in [
        "brain",
        "hn",
        "chest",
        "heart",
        "breast",
        "uabd",
        "bowel",
        "uro",
        "gyn",
        "pelvis",
        "spine",
        "joint",
        "bone",
        "trauma",
        "paed",
        "postop",
        "rt",
        "pet",
    ]
}
_REGIONS |= {"abd": "uabd", "pelv": "pelvis", "msk": "joint"}


def _align() -> Iterator[Row]:
    for study in studies():
        report = study["report"]
        yield {
            "id": study["id"], "text": report["text"], "modality": report["modality"], "layers": ["align"],
            "split": _split(study["part"]), "institution_id": "align-a", "author_style": "align-a",
            "study": json.dumps({"annotations": study["annotations"], "gold": study["gold"], "report": report}, ensure_ascii=False),
        }  # fmt: skip


def _sample() -> Iterator[Row]:
    gold = {name: _by_id(f"gold_{name}.jsonl") for name in ("identifiers", "findings", "align")}
    for record in _by_id("reports.jsonl").values():
        name = record["id"]
        phi, found, study = (gold[k].get(name, {}) for k in ("identifiers", "findings", "align"))
        row: Row = {
            "id": name,
            "text": record["text"],
            "modality": record["modality"],
            "body_part": record["body_part"],
        }
        row["spans"] = [{k: s.get(k) for k in ("start", "end", "category", "subtype")} for s in phi.get("spans", [])]
        row["keep"] = [{"why": k.get("why", ""), **k} for k in phi.get("keep", [])]
        row["findings"] = [_sample_finding(f, record["text"]) for f in found.get("findings", [])]
        row["ignore"] = [
            {"start": s, "end": e, "layer": layer}
            for layer, part in (("identifiers", phi), ("findings", found))
            for s, e in part.get("ignore", [])
        ]
        row["layers"] = [layer for layer, part in (("identifiers", phi), ("findings", found), ("align", study)) if part]
        row["record"] = json.dumps({k: v for k, v in record.items() if k not in ("id", "text")}, ensure_ascii=False)
        row["study"] = json.dumps(study, ensure_ascii=False) if study else None
        yield row | {"split": "sample", "institution_id": f"sample-{name.split('-')[0]}", "author_style": "sample"}


def _sample_finding(found: Row, text: str) -> Row:
    places = found.get("location") or found.get("locations") or []
    named = [{"start": p["start"], "end": p["end"], "site": text[p["start"] : p["end"]]} for p in places]
    return {k: v for k, v in found.items() if k != "location"} | {"locations": named}


def _by_id(name: str) -> dict[str, Row]:
    lines = (HERE / "sample" / name).read_text(encoding="utf-8").splitlines()
    return {row["id"]: row for row in map(json.loads, lines)}


_READERS: dict[str, Callable[[], Iterator[Row]]] = {
    "identifiers": _identifiers, "findings": _findings, "align": _align, "sample": _sample,
}  # fmt: skip


def main() -> int:
    """Print how many rows and marks each corpus has, by split."""
    import collections

    counts: dict[tuple[str, str], collections.Counter[str]] = {}
    for row in rows(generated=2000):
        counter = counts.setdefault((row["corpus"], row["split"]), collections.Counter())
        counter["rows"] += 1
        for layer, column in (
            ("identifiers", "spans"),
            ("identifiers", "keep"),
            ("findings", "findings"),
            ("entities", "entities"),
        ):
            if layer in row["layers"]:
                counter[column] += len(row[column])
    columns = ("rows", "spans", "keep", "findings", "entities")
    sys.stdout.write("\t".join(("corpus", "split", *columns)) + "\n")
    for (corpus, split), counter in counts.items():
        sys.stdout.write("\t".join((corpus, split, *(str(counter[c]) for c in columns))) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
