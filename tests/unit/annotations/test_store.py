"""Marks on disk by study: nothing is lost, nothing is held, and a table is read line by line."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from jmid_nlp.annotations import read_annotations
from jmid_nlp.annotations.read import stream_annotations
from jmid_nlp.annotations.store import MarkStore
from jmid_nlp.errors import FileFormatError


def rows(count):
    for n in range(count):
        yield {"annotation_id": f"a{n}", "study_uid": f"2.25.{n // 3}", "label": "結節", "size_mm": [n % 30 + 1.5, 3.0],
               "image_range": [n, n + 2], "bbox": [1, 2, 3, 4], "created": "2024-01-02", "laterality": "右"}  # fmt: skip


@pytest.fixture
def mixed(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    made = list(rows(30))
    (folder / "a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in made[:12]) + "{broken\n", encoding="utf-8")
    (folder / "b.json").write_text(json.dumps(made[12:20]), encoding="utf-8")
    (folder / "c.csv").write_text(
        "annotation_id,study_uid,label\n" + "".join(f"c{n},2.25.{n},mass\n" for n in range(5)) + "a3,2.25.9,mass\n"
    )
    (folder / "d.txt").write_bytes(b"\xff\xfe\x00damaged")
    return folder


def test_the_store_gives_what_the_reader_gives(mixed, tmp_path):
    whole = read_annotations(mixed)
    store, problems = MarkStore(tmp_path), []
    assert store.fill(mixed, problems) == len(whole)
    assert [str(p) for p in problems] == [str(p) for p in whole.problems]
    assert len(problems) == 3
    for study in {m.study_uid for m in whole}:
        assert store.of(study) == [m for m in whole if m.study_uid == study]
    assert store.of(None) == store.of("2.25.999") == []
    store.close()


def test_a_single_file_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "x.csv").write_text("day,colour\n1,red\n")
    with pytest.raises(FileFormatError, match="no lesion table"):
        MarkStore(tmp_path).fill(tmp_path / "x.csv", [])


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_memory_does_not_grow_with_the_file(kind, tmp_path):
    peaks = []
    for size in (500, 5000):
        path = tmp_path / f"{size}.{kind}"
        if kind == "jsonl":
            path.write_text("".join(json.dumps(r) + "\n" for r in rows(size)), encoding="utf-8")
        else:
            path.write_text("annotation_id,study_uid,label\n" + "".join(f"a{n},2.25.{n},mass\n" for n in range(size)))
        next(iter(stream_annotations(path, [])))
        tracemalloc.start()
        assert sum(1 for _ in stream_annotations(path, [])) == size
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] + 100_000
