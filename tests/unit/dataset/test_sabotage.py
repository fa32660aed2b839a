"""The checker against 200 damaged datasets: each kind of leak, put in at a random place, must be seen."""

import random
import re
from pathlib import Path

import pytest

from jmid_nlp.dataset import check
from jmid_nlp.dataset.check import check_dataset
from jmid_nlp.dataset.optout import OptOut, keyed_hash
from jmid_nlp.deid.keys import Key

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


def stale_opt_out_list(rng, rows):
    """The build had an older list: a patient of the newer one, spelled in another way, is still inside."""
    a, _ = two_rows(rng, rows)
    spelled = rng.choice([a["patient_id"], a["patient_id"].lower(), a["patient_id"].replace("-", " ")])
    if rng.random() < 0.5:
        spelled = keyed_hash(spelled, KEY)
    return OptOut(["P-999999", spelled], key=KEY)


SABOTAGES = [
    move_patient,
    full_width_id,
    respelled_id,
    share_study,
    copy_report,
    copy_with_small_changes,
    label_in_path,
    stale_opt_out_list,
]
KEY = Key(bytes(range(32)))


@pytest.mark.parametrize("seed", range(200))
def test_each_sabotage_is_caught(seed):
    rng = random.Random(seed)
    rows = clean(rng)
    assert check_dataset(rows, opted_out=OptOut(["P-999999"])) == []
    sabotage = SABOTAGES[seed % len(SABOTAGES)]
    newer = sabotage(rng, rows)
    found = {leak.kind for leak in check_dataset(rows, opted_out=newer or OptOut(["P-999999"]))}
    assert found, sabotage.__name__
    assert ("opted-out patient" in found) == (newer is not None)


def test_the_checker_shares_no_code_with_the_builder():
    """What it imports of the package: errors and plain ids at most, nothing that splits, keys or hashes for the builder."""
    source = Path(check.__file__).read_text(encoding="utf-8")
    used = set(re.findall(r"^\s*(?:from|import) (jmid_nlp[\w.]*)", source, flags=re.MULTILINE))
    assert used <= {"jmid_nlp.errors"}, used
