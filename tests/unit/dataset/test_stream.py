"""Building in a stream: the same bytes whatever the order, faults beside the good rows, memory without texts, shards."""

import gc
import json
import random
import subprocess
import sys
import textwrap
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from jmid_nlp.dataset.build import BuildOptions, build, build_stream
from jmid_nlp.dataset.check import check_dataset
from jmid_nlp.dataset.export import export
from jmid_nlp.dataset.forget import forget
from jmid_nlp.dataset.ledger import Ledger
from jmid_nlp.dataset.optout import OptOut
from jmid_nlp.dataset.shards import ShardRows, read_shard, shards_of
from jmid_nlp.dataset.spool import Record
from jmid_nlp.dataset.tasks import Study
from jmid_nlp.errors import InputError, NotDeidentifiedError
from jmid_nlp.schema import AnnotationRecord, DeidReport, Entity, Extraction, Finding, Link, Report

SITES = ["右肺上葉", "右肺下葉", "左肺上葉", "肝S4", "肝S8", "膵頭部", "脾臓", "右腎", "左腎", "前立腺", "左被殻"]
SIGNS = ["結節", "腫瘤", "嚢胞", "浸潤影", "血腫", "石灰化", "狭窄", "低吸収域", "高信号域"]
RATIOS = (0.6, 0.2, 0.2)


def study(n):
    rng = random.Random(n)
    text = "".join(f"{rng.choice(SITES)}に{rng.randint(3, 99)}mm大の{rng.choice(SIGNS)}を認めます。" for _ in range(8))
    end = text.index("。")
    marks = {m.annotation_id: m for m in (
        AnnotationRecord(f"a{n}", label=SIGNS[n % 3], bbox=(1.0, 2.0, 3.0, 4.0), size_mm=(10.0, 6.0), reader="A"),
        AnnotationRecord(f"b{n}", label=SIGNS[n % 2], size_mm=(12.0,), reader="B"),
    )}  # fmt: skip
    report = DeidReport(f"r{n:04d}", text, {"patient_id": f"P-{n // 2:04d}", "study_uid": f"2.25.{n + 1}"},
                        provenance={"policy": "kamei/1"})  # fmt: skip
    found = Extraction(report.report_id, (Entity(0, 2, "a"), Entity(2, 5, "d", "positive")),
                       (Finding(0, end, text[:end], "nodule", "positive"),))  # fmt: skip
    return Study(report, found, tuple(Link(0, end, m, 0.9, ()) for m in marks), marks)


def tree(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def options(**more):
    return BuildOptions(**{"ratios": RATIOS, "shards": 16} | more)


@pytest.mark.parametrize("layout", ["parquet", "datasets"])
def test_the_order_of_the_input_changes_no_byte(layout, tmp_path):
    studies = [study(n) for n in range(90)]
    twins = [
        replace(study(n), report=replace(study(n).report, report_id=f"x{n:04d}", row={"patient_id": f"Q{n}"}))
        for n in range(9)
    ]
    studies += [
        *twins,
        studies[3],
        replace(studies[4], extraction=Extraction("r0004")),
    ]  # copies of texts; repeated ids
    built = {}
    for seed in range(3):
        random.Random(seed).shuffle(studies)
        built[seed] = build_stream(studies, tmp_path / str(seed), options=options(layout=layout, stratify=seed > 0))
    assert tree(tmp_path / "1") == tree(tmp_path / "2")
    assert built[0].failed == built[1].failed == built[2].failed
    assert [f["id"] for f in built[0].failed] == ["r0003", "r0004"]
    assert built[0].manifest["flow"]["near_duplicates_left_out"] > 0


def test_the_seed_of_string_hashes_changes_no_byte(tmp_path):
    code = f"""
        import sys; sys.path[:0] = [{str(Path(__file__).parent)!r}]
        from test_stream import *
        folder = Path(sys.argv[1])
        for layout in ("parquet", "datasets"):
            build_stream(map(study, range(40)), folder / layout, options=options(layout=layout, task="entities", stratify=True))
        export(folder / "parquet", "docbin")
        build_stream(map(study, range(40)), folder / "coco", options=options())
        export(folder / "coco", "coco")
    """
    for seed in ("1", "77"):
        (tmp_path / seed).mkdir()
        subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(tmp_path / seed)], check=True, capture_output=True,
                       env={"PYTHONHASHSEED": seed, "PATH": "", "HF_HUB_OFFLINE": "1"}, cwd=Path(__file__).parents[3])  # fmt: skip
    assert tree(tmp_path / "1") == tree(tmp_path / "77")
    assert any(name.endswith(".spacy") for name in tree(tmp_path / "1"))


def test_the_shards_hold_what_the_build_in_memory_gives(tmp_path):
    from datasets import load_dataset, load_from_disk

    studies = [study(n) for n in range(60)]
    columns = ([s.report for s in studies], [s.extraction for s in studies])
    dataset, built = build(*columns, options=options(task="entities"))
    for layout in ("parquet", "datasets"):
        streamed = build_stream(studies, tmp_path / layout, options=options(task="entities", layout=layout))
        assert streamed.manifest["splits"] == built.manifest["splits"]
    parquet = load_dataset(str(tmp_path / "parquet"), cache_dir=str(tmp_path / "cache"))
    arrow = load_from_disk(str(tmp_path / "datasets"))
    for split in dataset:
        assert dataset[split].features == arrow[split].features == parquet[split].features
        assert dataset[split].to_list() == arrow[split].to_list() == parquet[split].to_list()


def test_faults_in_single_rows_are_listed_and_the_rest_is_built(tmp_path):
    good = [study(n) for n in range(20)]
    bad = [
        replace(study(20), extraction=Extraction("r0020", (Entity(0, 2, "no such type"),))),
        replace(study(21), report=replace(study(21).report, text="結節\udcff")),
        replace(study(22), extraction=Extraction("r0022", (Entity(0, 2**40, "d"),))),
    ]
    built = build_stream([*good[:9], *bad, *good[9:]], tmp_path / "out", options=options(task="entities"))
    assert [(f["id"], f["field"]) for f in built.failed] == [("r0020", "row"), ("r0021", "text"), ("r0022", "row")]
    assert sum(s["rows"] for s in built.manifest["splits"].values()) == 20
    assert built.manifest["flow"]["failed"] == 3
    with pytest.raises(NotDeidentifiedError):
        build_stream([replace(good[0], report=Report("a", "b"))], tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


def strings_of(root):
    """All strings and bytes that can be reached from an object, not going through modules and classes."""
    seen, todo, found = set(), [root], []
    while todo:
        item = todo.pop()
        if id(item) in seen or isinstance(item, type) or type(item).__name__ == "module":
            continue
        seen.add(id(item))
        if isinstance(item, str | bytes):
            found.append(item)
        todo += gc.get_referents(item)
    return found


def test_a_ledger_keeps_no_text(tmp_path):
    ledger = Ledger(tmp_path, salt="s")
    for n in range(50):
        s = study(n)
        ledger.admit(Record(s.report.report_id, s.report.patient_id, None, s.report.text, []))
    assert any("認めます".encode("unicode_escape") in s for s in strings_of(ledger) if isinstance(s, bytes)), (
        "held back"
    )
    ledger.spool.flush()
    splits, _ = ledger.place(ratios=RATIOS, linked=(), fixed={})
    ledger.duplicates(splits, 0.9)
    assert max(len(s) for s in strings_of(ledger.spool) + strings_of(ledger._buckets)) < 300
    assert [r.text for r in ledger.spool.read([7, 3])] == [study(7).report.text, study(3).report.text]
    ledger.close()


def test_memory_does_not_grow_with_the_texts(tmp_path, monkeypatch):
    monkeypatch.setattr("jmid_nlp.dataset.spool._BUFFER", 100_000)

    def peak(size):
        def long(n):
            rng = random.Random(n)
            text = "".join(chr(rng.randrange(0x4E00, 0x9000)) for _ in range(2000))
            return replace(study(n), report=replace(study(n).report, text=text))

        studies = map(long, range(size))
        tracemalloc.start()
        build_stream(studies, tmp_path / str(size), options=options(task="deid", shards=64, similarity=1.0))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(5)
    small, large = peak(40), peak(120)
    assert large - small < 80 * 2000, "less than half of the bytes of the texts that came in addition"


def test_one_opt_out_rewrites_one_shard_and_leaves_no_byte(tmp_path):
    folder = tmp_path / "out"
    build_stream(map(study, range(120)), folder, options=options())
    export(folder, "coco")
    before = tree(folder)
    done = forget(folder, OptOut(["p0007"]))
    after = tree(folder)
    assert (done.patients, done.rows, done.shards) == (1, 4, 1)
    changed = {name for name in before if before[name] != after.get(name)}
    assert len([name for name in changed if name.endswith(".parquet")]) == 1
    manifest = json.loads(after["manifest.json"])
    fresh = build_stream((study(n) for n in range(120) if n // 2 != 7), tmp_path / "fresh", options=options())
    assert {k: manifest[k] for k in ("splits", "labels")} == {k: fresh.manifest[k] for k in ("splits", "labels")}
    for split, paths in shards_of(folder).items():
        assert list(ShardRows(paths)) == list(ShardRows(shards_of(tmp_path / "fresh")[split]))
    assert "P-0007" not in str([list(ShardRows(p)) for p in shards_of(folder).values()])
    assert b"r0014/" not in b"".join(content for name, content in after.items() if name.startswith("coco/"))


@pytest.mark.parametrize("layout", ["datasets", "parquet"])
def test_the_independent_checker_reads_the_shards(layout, tmp_path):
    folder = tmp_path / "out"
    build_stream(map(study, range(60)), folder, options=options(layout=layout))
    parts = shards_of(folder)
    rows = {name: ShardRows(paths) for name, paths in parts.items()}
    assert check_dataset(rows) == []
    moved = parts["train"][0]
    leaking = rows | {"test": ShardRows([*parts["test"], moved])}
    kinds = {leak.kind for leak in check_dataset(leaking)}
    assert kinds == {"same patient", "same study", "same text"}
    gone = read_shard(moved).column("patient_id")[0].as_py()
    assert {leak.kind for leak in check_dataset(rows, opted_out=OptOut([gone]))} == {"opted-out patient"}
    with pytest.raises(TypeError, match="more than once"):
        check_dataset({"train": iter([])})


def test_exports_hold_spans_and_boxes(tmp_path):
    from jmid_nlp.annotations import read_annotations
    from jmid_nlp.text.docbin import read_docbin

    folder = tmp_path / "spans"
    build_stream(map(study, range(30)), folder, options=options(task="entities", shards=1))
    export(folder, "docbin")
    rows = {r["id"]: r for p in shards_of(folder).values() for r in ShardRows(p)}
    read = [d for split in sorted((folder / "docbin").iterdir()) for f in split.iterdir() for d in read_docbin(f)]
    assert {name: text for name, text, _ in read} == {name: r["text"] for name, r in rows.items()}
    assert all([(s.start, s.end, s.label) for s in spans] == [(0, 2, "a"), (2, 5, "d")] for _, _, spans in read)
    with pytest.raises(InputError, match="coco for grounding"):
        export(folder, "coco")
    folder = tmp_path / "boxes"
    build_stream(map(study, range(30)), folder, options=options())
    assert export(folder, "coco") == {"marks_without_box": 30}
    marks = [m for f in sorted((folder / "coco").iterdir()) for m in read_annotations(f)]
    assert {m.annotation_id for m in marks} == {f"a{n}" for n in range(30)}
    document = json.loads((folder / "coco" / "train.json").read_text(encoding="utf-8"))
    assert {a["report_id"] for a in document["annotations"]} <= {f"r{n:04d}" for n in range(30)}


def test_stratified_splits_are_more_even_and_repeat_with_the_salt_named(tmp_path):
    def gap(manifest, folder):
        share = {}
        for split, paths in shards_of(folder).items():
            labels = [r["label"] for r in ShardRows(paths)]
            share[split] = labels.count(SIGNS[0]) / len(labels)
        assert len(share) == 3
        return max(share.values()) - min(share.values())

    gaps = []
    for name, stratify in (("plain", False), ("even", True)):
        built = build_stream(map(study, range(100)), tmp_path / name, options=options(stratify=stratify))
        gaps.append(gap(built.manifest, tmp_path / name))
    assert gaps[1] < gaps[0]
    salt = built.manifest["split_policy"]["salt"]
    again = build_stream(map(study, range(100)), tmp_path / "again", options=options(salt=salt))
    assert again.manifest["splits"] == built.manifest["splits"]


def test_card_tells_agreement_and_the_date_of_the_opt_out_list(tmp_path):
    built = build_stream(map(study, range(30)), tmp_path / "out", options=options(opt_out_date="2026-04-01"))
    (row,) = built.manifest["agreement"]
    assert (row["readers"], row["lesions_of_both"], row["mark_f1"]) == (["A", "B"], 30, 1.0)
    assert (row["size_difference_mm"], row["sizes_compared"]) == (2.0, 30)
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "2026-04-01" in card
    assert f"{row['label_kappa']} (30)" in card


@pytest.mark.parametrize("shards", [0, 10_001])
def test_an_impossible_number_of_shards_is_refused(shards, tmp_path):
    with pytest.raises(InputError, match="shards"):
        build_stream([], tmp_path / "out", options=options(shards=shards))
