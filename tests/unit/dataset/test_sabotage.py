"""The checker against 200 damaged datasets: each kind of leak, put in at a random place, must be seen."""

import random

import pytest

from jmid_nlp.dataset.check import check_dataset

ORGANS = [
    "右上葉",
    "左下葉",
    "肝S8",
    "膵尾部",
    "右腎",
    "子宮体部",
    "甲状腺左葉",
    "橋",
    "左被殻",
    "脾門部",
    "前立腺",
    "右乳房",
]
SIGNS = ["結節", "腫瘤", "嚢胞", "浸潤影", "血腫", "石灰化", "造影欠損", "拡張", "狭窄", "低吸収域", "高信号", "浮腫"]
WORDS = [
    "辺縁は平滑です",
    "内部は不均一です",
    "増大しています",
    "変化ありません",
    "精査を勧めます",
    "良性と考えます",
    "悪性を疑います",
]


def clean(rng):
    """Three splits of rows with patients of their own and texts of their own."""
    rows = {"train": [], "validation": [], "test": []}
    for n in range(40):
        text = "。".join(
            f"{rng.choice(ORGANS)}に{rng.randint(3, 99)}mmの{rng.choice(SIGNS)}を認め、{rng.choice(WORDS)}"
            for _ in range(6)
        )
        split = ("train", "train", "validation", "test")[n % 4]
        row = {
            "id": f"r{n}",
            "patient_id": f"P-{n // 4 * 4 + n % 4:06d}",
            "study_uid": f"2.25.{rng.getrandbits(60)}",
            "text": text,
        }
        rows[split].append(row | {"image_path": f"images/{n}.png"})
    return rows


def two_rows(rng, rows):
    one, other = rng.sample(sorted(rows), 2)
    return rng.choice(rows[one]), rng.choice(rows[other])


def move_patient(rng, rows):
    a, b = two_rows(rng, rows)
    b["patient_id"] = a["patient_id"]


def full_width_id(rng, rows):
    a, b = two_rows(rng, rows)
    b["patient_id"] = a["patient_id"].translate({c: c + 0xFEE0 for c in range(0x21, 0x7F)})


def respelled_id(rng, rows):
    a, b = two_rows(rng, rows)
    b["patient_id"] = " " + a["patient_id"].lower().replace("-", "")


def share_study(rng, rows):
    a, b = two_rows(rng, rows)
    b["study_uid"] = a["study_uid"]


def copy_report(rng, rows):
    a, b = two_rows(rng, rows)
    b["text"] = a["text"]


def copy_with_small_changes(rng, rows):
    a, b = two_rows(rng, rows)
    at = rng.randrange(20, len(a["text"]) - 20)
    b["text"] = a["text"][:at] + rng.choice("右左上下") + a["text"][at + 1 :]


def label_in_path(rng, rows):
    a, _ = two_rows(rng, rows)
    a["image_path"] = f"images/{rng.choice(['positive', 'negative', 'test'])}/{a['id']}.png"


SABOTAGES = [
    move_patient,
    full_width_id,
    respelled_id,
    share_study,
    copy_report,
    copy_with_small_changes,
    label_in_path,
]


@pytest.mark.parametrize("seed", range(200))
def test_each_sabotage_is_caught(seed):
    rng = random.Random(seed)
    rows = clean(rng)
    assert check_dataset(rows) == []
    SABOTAGES[seed % len(SABOTAGES)](rng, rows)
    assert check_dataset(rows), SABOTAGES[seed % len(SABOTAGES)].__name__


def test_a_stale_opt_out_list_is_caught():
    rows = clean(random.Random(0))
    gone = rows["train"][3]["patient_id"]
    assert [leak.kind for leak in check_dataset(rows, opted_out=lambda p: p == gone)] == ["opted-out patient"]
