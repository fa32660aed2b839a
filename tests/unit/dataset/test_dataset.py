import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmid_nlp.dataset.build import BuildOptions, build, build_stream, join
from jmid_nlp.dataset.check import check_dataset
from jmid_nlp.dataset.minhash import Signer, pieces, similarity, with_twin
from jmid_nlp.dataset.optout import OptOut
from jmid_nlp.dataset.save import with_card
from jmid_nlp.dataset.split import SPLITS, Groups, check_fixed, check_ratios
from jmid_nlp.errors import InputError, LeakError, NotDeidentifiedError
from jmid_nlp.schema import Alignment, AnnotationRecord, DeidReport, Entity, Extraction, Finding, Link, Report

SITES = [
    "右上葉",
    "右中葉",
    "右下葉",
    "左上葉",
    "左下葉",
    "肝右葉",
    "肝左葉",
    "膵頭部",
    "膵尾部",
    "脾臓",
    "右腎",
    "左腎",
    "子宮体部",
    "前立腺",
    "甲状腺右葉",
    "右乳房",
    "左乳房",
    "橋背側",
    "右視床",
    "左被殻",
]
SHAPES = ["結節", "腫瘤", "嚢胞", "石灰化", "浸潤影", "血腫", "膿瘍", "梗塞", "浮腫", "血栓"]


def text_of(n):
    site, shape = SITES[n % 20], SHAPES[n // 20 % 10]
    return f"{site}に{n}mm大の{shape}を認め、辺縁は{'不整' if n % 3 else '平滑'}です。" + "".join(
        f"{SITES[(n * k) % 20]}{SHAPES[(n + k) % 10]}" for k in range(1, 9)
    )


def study(n, patient):
    report = DeidReport(
        f"r{n:03d}", text_of(n), {"patient_id": patient, "study_uid": f"2.25.{n}"}, provenance={"policy": "kamei"}
    )
    finding = Finding(0, 2, "結節", "nodule", "positive", sizes_mm=((float(n),),))
    extraction = Extraction(
        report.report_id, (Entity(0, 2, "d", "positive"),), (finding,), None, {"own": {"nodule": "positive"}}
    )
    alignment = Alignment(report.report_id, (Link(0, 2, f"a{n}", 0.9, ("size",)),))
    return report, extraction, alignment, AnnotationRecord(f"a{n}", label="nodule", bbox=(1.0, 2.0, 3.0, 4.0))


@pytest.fixture(scope="module")
def studies():
    return [list(column) for column in zip(*(study(n, f"p{n % 40}") for n in range(120)), strict=True)]


@pytest.mark.parametrize("task", ["entities", "classification", "grounding", "deid", "staging"])
def test_each_task_builds_saves_and_loads(studies, task, tmp_path):
    from datasets import load_from_disk

    options = BuildOptions(task=task, label_set="own", label_names=("nodule",), ratios=(0.6, 0.2, 0.2))
    dataset, built = build(*studies, options=options)
    with_card(dataset, built.manifest).save_to_disk(tmp_path / "out")
    loaded = load_from_disk(str(tmp_path / "out"))
    assert set(loaded) == set(SPLITS)
    rows = sum(len(part) for part in loaded.values())
    assert rows == (0 if task == "staging" else 120)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["task"] == task
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "patients 患者" in card
    if task == "classification":
        assert loaded["train"].features["nodule"].int2str(loaded["train"][0]["nodule"]) == "positive"


def test_patients_never_stand_in_two_splits_and_stay_when_data_grow(studies):
    reports, extractions, alignments, marks = studies
    small, _ = build(reports[:60], extractions[:60], alignments[:60], marks[:60])
    large, _ = build(reports, extractions, alignments, marks)
    home = {row["patient_id"]: name for name, part in large.items() for row in part}
    assert len(home) == len({r["patient_id"] for part in large.values() for r in part})
    for name, part in small.items():
        assert all(home[row["patient_id"]] == name for row in part)


def test_the_order_of_the_input_does_not_matter(studies):
    forward, manifest = build(*studies)
    backward, other = build(*(column[::-1] for column in studies))
    assert manifest == other
    assert [dict(r) for r in forward["train"]] == [dict(r) for r in backward["train"]]


def test_opted_out_patients_are_gone_before_anything_else(studies):
    dataset, built = build(*studies, opted_out=OptOut(["Ｐ3"]))
    assert built.manifest["flow"]["opted_out"] == 3
    assert all(row["patient_id"] != "p3" for part in dataset.values() for row in part)


def test_raw_reports_are_refused(studies):
    with pytest.raises(NotDeidentifiedError):
        build([Report("a", "text")], [])


def home_of(dataset):
    return {row["patient_id"]: name for name, part in dataset.items() for row in part}


def test_patients_of_one_study_and_linked_patients_share_a_split(studies):
    reports, extractions, alignments, marks = studies
    shared = [
        replace(r, row=r.row | {"study_uid": "2.25.1"}) if r.report_id in ("r007", "r021") else r for r in reports
    ]
    linked = tuple((f"p{n}", f"p{n + 1}") for n in range(22, 38))
    options = BuildOptions(ratios=(0.4, 0.3, 0.3), linked=linked)
    home = home_of(build(shared, extractions, alignments, marks, options=options)[0])
    alone = home_of(build(*studies, options=BuildOptions(ratios=(0.4, 0.3, 0.3)))[0])
    assert home["p7"] == home["p21"]
    assert alone["p7"] != alone["p21"], "the test needs two patients who would be apart"
    assert len({home[f"p{n}"] for n in range(22, 39)}) == 1
    assert len({alone[f"p{n}"] for n in range(22, 39)}) == 3


def test_fixed_patients_take_their_group_along(studies):
    fixed = {f"p{n}": "test" for n in range(20)}
    options = BuildOptions(ratios=(0.4, 0.3, 0.3), fixed=fixed, linked=(("p3", "p30"),))
    home = home_of(build(*studies, options=options)[0])
    assert {home[p] for p in fixed} == {"test"}
    assert home["p30"] == "test"
    assert set(home.values()) == set(SPLITS)
    groups = Groups.of([("x", "s"), ("y", "s")])
    with pytest.raises(InputError, match="linked patients"):
        check_fixed({"x": "train", "y": "test"}, groups)
    with pytest.raises(InputError, match="one of train"):
        check_fixed({"x": "dev"}, groups)


@pytest.mark.parametrize("ratios", [(0.5, 0.5, 0.5), (1.0, 0.0), (-0.2, 0.6, 0.6)])
def test_bad_ratios_are_refused(ratios):
    with pytest.raises(InputError, match="sum to 1"):
        check_ratios(ratios)


def test_near_duplicates_of_other_patients_do_not_cross_splits(studies):
    reports, extractions, alignments, marks = (list(column) for column in studies)
    copies = [study(n, f"q{n}") for n in range(60, 120)]
    for n in range(len(copies)):
        text = reports[n + 60].text.replace("辺縁", "邊縁")
        copies[n] = (
            DeidReport(f"c{n}", text, {"patient_id": f"q{n}"}),
            Extraction(f"c{n}"),
            Alignment(f"c{n}"),
            marks[0],
        )
    columns = [a + [c[k] for c in copies] for k, a in enumerate((reports, extractions, alignments))]
    _, built = build(*columns, marks, options=BuildOptions(task="entities", similarity=0.7))
    assert built.manifest["flow"]["near_duplicates_left_out"] > 0


LONG = "右下葉に分葉状の腫瘤を認め胸膜陥入を伴います。縦隔リンパ節は腫大していません。肝に嚢胞を認めます。胸水はありません。骨に異常はありません。"


@pytest.mark.parametrize(
    ("train", "test", "kind"),
    [
        ({"patient_id": "00-12"}, {"patient_id": "００１２"}, "same patient"),
        ({"study_uid": "2.25.5"}, {"study_uid": "2.25.5"}, "same study"),
        ({"text": LONG}, {"text": LONG + " "}, "same text"),
        ({"text": LONG}, {"text": LONG.replace("嚢胞", "腫瘤")}, "near-duplicate text"),
    ],
)
def test_the_checker_catches_what_crosses_splits(train, test, kind):
    leaks = check_dataset({"train": [{"id": "a"} | train], "test": [{"id": "b"} | test]}, similarity=0.8)
    assert [leak.kind for leak in leaks] == [kind]


def test_the_checker_catches_opted_out_patients_and_labels_in_paths():
    rows = {"train": [{"id": "a", "patient_id": "p1", "image_path": "images/positive/1.png"}]}
    assert {leak.kind for leak in check_dataset(rows, opted_out=lambda p: p == "p1")} == {
        "opted-out patient",
        "label in a path",
    }


def test_a_leak_fails_the_build_and_leaves_nothing(studies, monkeypatch, tmp_path):
    from jmid_nlp.dataset.ledger import Ledger

    def scattered(self, **options):
        import numpy as np

        return np.arange(len(self)) % 3, np.zeros(len(self), dtype=np.int64)

    monkeypatch.setattr(Ledger, "place", scattered)
    with pytest.raises(LeakError, match="same patient"):
        build_stream(join(*studies), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.text(alphabet="あいう", min_size=60, max_size=70), max_size=12), st.integers(0, 9))
def test_signatures_miss_no_near_duplicate(texts, cut):
    sign = Signer()
    signatures = np.array([sign(t) for t in texts], dtype=np.uint16).reshape(-1, 96)

    def alike(i, j):
        return similarity(pieces(texts[i]), pieces(texts[j])) >= 0.7

    lower, upper = np.arange(min(cut, len(texts))), np.arange(min(cut, len(texts)), len(texts))
    exact = {i for i in lower.tolist() if any(alike(i, j) for j in upper.tolist())}
    assert with_twin(signatures, lower, upper, threshold=0.7, alike=alike) == exact


def test_opt_out_list_reads_both_encodings_and_shows_no_id(tmp_path):
    for encoding in ("utf-8", "cp932"):
        path = tmp_path / "out.txt"
        path.write_bytes("# 同意撤回\nＡ-12\n\n".encode(encoding))
        listed = OptOut.read(path)
        assert listed("a12")
        assert not listed(None)
        assert "12" not in repr(listed)
    with pytest.raises(InputError, match="cannot be read"):
        OptOut.read(tmp_path / "none.txt")


def test_forget_takes_a_patient_out_and_moves_nobody(studies, tmp_path):
    from datasets import load_from_disk

    from jmid_nlp.dataset.forget import forget

    dataset, built = build(*studies)
    manifest = built.manifest
    folder = tmp_path / "out"
    with_card(dataset, manifest).save_to_disk(folder)
    before = {r["id"]: name for name, part in load_from_disk(str(folder)).items() for r in part}
    done = forget(folder, OptOut(["p5"]))
    assert (done.patients, done.rows) == (1, 3)
    assert done.remaining
    after = load_from_disk(str(folder))
    assert {r["id"]: name for name, part in after.items() for r in part} == {
        i: s for i, s in before.items() if int(i[1:4]) % 40 != 5
    }
    stored = b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
    assert text_of(5).encode() not in stored
    assert text_of(6).encode() in stored
    with pytest.raises(InputError, match=r"manifest\.json"):
        forget(tmp_path, OptOut())


def test_nothing_to_build_from_gives_empty_splits():
    dataset, built = build([], [])
    assert {name: len(part) for name, part in dataset.items()} == dict.fromkeys(SPLITS, 0)
    assert built.manifest["flow"]["reports_in"] == 0
