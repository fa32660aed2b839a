"""The learned tagger: its place beside the rules, its shapes, and what both reach on reports that nobody tuned to."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpora.deid_rows import rows
from jmid_nlp import evaluate
from jmid_nlp.batch.rows import parse_report
from jmid_nlp.deid.charfeatures import LISTS, columns, encode, ngrams, pieces, positions
from jmid_nlp.deid.detect import DetectOptions, Detector
from jmid_nlp.deid.evidence import GRAMMAR, KNOWN, WEAK, Hit
from jmid_nlp.deid.learned import LEAST, plausible, tagger, weigh
from jmid_nlp.errors import InputError
from jmid_nlp.schema import CATEGORIES, to_plain

SHARED = Path(__file__).parents[4] / "shared" / "medtxt_rr"
FAST, ACCURATE = (Detector(DetectOptions(mode=mode)) for mode in ("fast", "accurate"))
PROSE = "右肺下葉S6に12mm大の結節を認め、前回より増大しています。胸水は認めません。"


@cache
def figures(part: str, mode: str) -> dict[str, Any]:
    gold = list(rows(part))
    detector = FAST if mode == "fast" else ACCURATE
    found = [{"id": r["id"], "spans": to_plain(detector(r["text"], parse_report(r, number=0)))} for r in gold]
    return evaluate(gold, found, bootstrap=0).figures


def test_unseen_reports_reach_the_floor() -> None:
    reached = figures("test", "accurate")
    assert reached["recall"] >= 0.94
    assert reached["precision"] >= 0.95
    assert reached["kept"] >= 0.985


def test_the_tagger_finds_what_the_rules_do_not() -> None:
    assert figures("test", "accurate")["recall"] > figures("test", "fast")["recall"] + 0.02


def test_texts_without_identifiers_are_left_alone() -> None:
    assert figures("negatives_test", "accurate")["kept"] >= 0.975


def test_real_reports_are_left_alone() -> None:
    if not SHARED.exists():
        pytest.skip("the development data is not beside this checkout")
    texts = [json.loads(line)["text"] for name in ("ner", "tnm") for line in (SHARED / f"{name}.jsonl").open()]
    assert sum(len(list(ACCURATE(text))) for text in texts) == 0


def test_the_same_text_gives_the_same_finds_alone_and_among_others() -> None:
    text = "読影は星先生。\n" + PROSE
    first = ACCURATE(text)
    for other in (PROSE * 40, "患者 山本花子", ""):
        ACCURATE(other)
    assert ACCURATE(text) == first


def test_prose_of_findings_does_not_pass_the_gate() -> None:
    assert tagger().stretches(PROSE) == []
    assert tagger().stretches("氏名：山本 花子 様\n" + PROSE) == [(0, 11)]


def test_an_empty_and_an_odd_text_pass() -> None:
    for text in ("", "\n", "。", "\ud800氏名：山本", "\0" * 10, "😀" * 50):
        weigh(text, [])


def test_long_texts_are_read_in_windows() -> None:
    line = "担当は楡坂で、連絡は済んでいる。"
    text = line * 400
    whole = dict(tagger().probabilities(text))
    assert sorted(whole) == [0, 4096]
    parts = np.concatenate([whole[at] for at in sorted(whole)])
    assert parts.shape == (len(text), 1 + 2 * len(CATEGORIES))
    cut = np.concatenate([p for _, p in tagger().probabilities(text, [(4000, 4200)])])
    # a window sees more of its neighbours than the network reaches, so the cut changes nothing but the tokens at its rim
    assert np.abs(cut - parts[4000:4200])[60:150].max() < 1e-3


@pytest.mark.parametrize(
    ("text", "start", "end", "category", "fits"),
    [
        ("1/525/2525", 6, 7, "DATE", False),
        ("2023/4/5撮影", 0, 8, "DATE", True),
        ("第12病日", 1, 3, "DATE", False),
        ("61歳男性", 0, 3, "AGE", False),
        ("93歳男性", 0, 3, "AGE", True),
        ("連絡だそうです", 3, 5, "PERSON", False),
        ("娘のさくらから", 2, 5, "PERSON", True),
        ("Follow-up", 3, 6, "PERSON", False),
        ("市の地域包括", 1, 6, "FACILITY", False),
        ("14:32 acquisition", 6, 17, "PERSON", False),
        ("Advisa MRI留置後", 0, 6, "PERSON", False),
        ("症例M.K.、女性", 2, 5, "PERSON", True),
        ("氏名不詳A、意識なし", 4, 5, "PERSON", False),
        ("読影 K", 3, 4, "PERSON", True),
        ("木村・竹本分類O-2", 0, 2, "PERSON", False),
    ],
)
def test_a_span_has_the_shape_of_its_category(text: str, start: int, end: int, category: Any, fits: bool) -> None:
    assert plausible(text, Hit(start, end, category, "", 1.0, "learned", WEAK)) is fits


def test_only_doubtful_finds_of_the_rules_are_taken_back() -> None:
    facility = Hit(0, 4, "FACILITY", "hospital", 0.8, "facilities.form", GRAMMAR)
    assert weigh(PROSE, [facility]) == []
    assert weigh(PROSE, [facility._replace(rank=KNOWN)]) == [facility._replace(rank=KNOWN)]
    person = facility._replace(category="PERSON")
    assert weigh(PROSE, [person]) == [person]


def test_codes_fit_their_tables() -> None:
    text = "氏名：ヤマモト hanako 12\n右肺S6に結節。"
    codes = encode(text, tagger().parts_of_speech, positions(text))
    assert codes.shape == (8 + len(LISTS), len(text))
    sizes = columns(len(tagger().parts_of_speech))
    assert all(row.min() >= 0 and row.max() < size for row, size in zip(codes, sizes, strict=True))
    assert ngrams(text).shape == (2, len(text))
    assert "".join(text[s:e] for s, e in pieces(text)) == text


def test_every_category_has_its_bar() -> None:
    assert set(LEAST) == set(CATEGORIES)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(InputError, match="mode"):
        DetectOptions(mode="best")  # type: ignore[arg-type]
