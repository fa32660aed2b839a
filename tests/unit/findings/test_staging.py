"""Staging: invented reports with the stage a reader would give, corruption, spans, editions and the development half."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from jmid_nlp.errors import InputError
from jmid_nlp.findings.document import parse
from jmid_nlp.findings.staging import stage
from jmid_nlp.lexicon import read_table

ROOT = Path(__file__).parents[3]
DEVELOPMENT = ROOT.parent / "shared" / "medtxt_rr" / "tnm.jsonl"
BLOCKS = re.split(r"^== ", (ROOT / "tests" / "cases" / "staging.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)[
    1:
]
CASES = [
    ([part.strip() for part in head.split("|")], text) for head, _, text in (block.partition("\n") for block in BLOCKS)
]


def _parts(text: str, edition: int) -> tuple[str | None, ...] | None:
    found = stage(text, edition=edition)
    return None if found is None else (found.T, found.N, found.M)


def _edition(head: list[str]) -> int:
    return int(head[2]) if len(head) > 2 else 8


def _agrees(head: list[str], text: str) -> bool:
    got = _parts(text, _edition(head))
    if head[1] == "none":
        return got is None
    return got is not None and all(want in ("-", value) for want, value in zip(head[1].split(), got, strict=True))


@pytest.mark.parametrize(("head", "text"), CASES, ids=[head[0] for head, _ in CASES])
def test_invented_reports(head: list[str], text: str) -> None:
    assert _agrees(head, text), _parts(text, _edition(head))


WIDE = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)})
RADICALS = str.maketrans({"大": "⼤", "長": "⻑", "骨": "⾻", "肺": "肺", "門": "⾨", "石": "⽯"})
HALF = str.maketrans({"リ": "ﾘ", "ン": "ﾝ", "パ": "ﾊﾟ", "ス": "ｽ", "ラ": "ﾗ", "ガ": "ｶﾞ"})
CORRUPTIONS = {
    "full width": lambda t: t.translate(WIDE),
    "radicals": lambda t: t.translate(RADICALS),
    "commas and points": lambda t: t.replace("、", "，").replace("。", "．"),
    "line breaks": lambda t: re.sub(r"([^\n]{34})(?=[^\n。、]{6})", r"\1\n", t),
    "blanks beside numbers": lambda t: re.sub(r"(\d+(?:\.\d+)?)(mm|cm)", r" \1 \2 ", t),
    "half-width kana": lambda t: t.translate(HALF),
    "blanks inside words": lambda t: re.sub(r"(?<=[一-鿿])(?=[ぁ-ん])", " ", t),
    "no full stops": lambda t: t.replace("。\n", "\n").replace("。", "\n"),
    "one line": lambda t: t.replace("。\n", "。"),
    "bullets": lambda t: "\n".join("・" + line if line.endswith("。") else line for line in t.split("\n")),
    "zero-width characters": lambda t: t.replace("リンパ", "リン\u200bパ").replace("mm", "m\u2060m"),
    "windows line ends": lambda t: t.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_orthography_costs_little(name: str) -> None:
    right = sum(_agrees(head, CORRUPTIONS[name](text)) for head, text in CASES)
    assert right >= len(CASES) * 0.99


def test_evidence_leads_to_the_words_in_the_original() -> None:
    text = "右上葉に ２８ ｍｍ大の結節を認め、肺癌を疑います。\n＃４Ｒリンパ節が腫大しています。ｃM０です。"
    found = stage(text)
    assert found is not None
    assert (found.T, found.N, found.M) == ("T1c", "N2", "M0")
    words = {part: [text[a:b] for a, b in spans] for part, spans in found.evidence.items()}
    assert words["T"] == ["２８ ｍｍ"]
    assert "＃４Ｒ" in words["N"]
    assert words["M"] == ["M０"]
    assert found.stated == {"M": "M0"}
    assert found.why["M"] == "stated"


@pytest.mark.parametrize("text", ["", " ", "。", "\n\n", "T4", "cT2aN1M0", "リンパ節", "右" * 300, "12345mm"])
def test_fragments_do_not_fail(text: str) -> None:
    stage(text)


def test_unknown_edition() -> None:
    with pytest.raises(InputError, match="edition 6"):
        stage("右上葉肺癌", edition=6)


@pytest.mark.skipif(not DEVELOPMENT.exists(), reason="the development half of MedTxt-RR is not beside the checkout")
def test_development_floor() -> None:
    rows = [json.loads(line) for line in DEVELOPMENT.read_text(encoding="utf-8").splitlines() if line.strip()]
    right = {"T": 0, "N": 0, "M": 0}
    for row in rows:
        found = stage(row["text"])
        for part, letters in (("T", "ABCDE"), ("N", "ABCD"), ("M", "AB")):
            value = getattr(found, part) if found else None
            digit = 1 if value == "Tis" else int(value[1]) if value else 0
            right[part] += letters[min(digit, len(letters) - 1)] == row[part]
    assert all(count / len(rows) >= 0.9 for count in right.values()), right


def test_spans_stay_inside_damaged_texts() -> None:
    chance = random.Random(3)
    for _, text in CASES:
        letters = list(text)
        for _ in range(12):
            letters.insert(chance.randrange(len(letters)), chance.choice(" \n\u3000\u200b①㎜ﾘ゙#4R。、（"))
        damaged = "".join(letters)[chance.randrange(20) :]
        found = stage(damaged)
        for spans in found.evidence.values() if found else ():
            assert all(0 <= start < end <= len(damaged) for start, end in spans)


def test_tables_name_only_what_the_rules_know() -> None:
    targets = read_table("staging/invasion.tsv", ("target", "t", "alone", "forms"))
    assert {row["t"] for row in targets} <= {"T2a", "T3", "T4"}
    assert len({(row["target"], row["t"]) for row in targets}) == len({row["target"] for row in targets})
    groups = {row["group"] for row in read_table("staging/nodes.tsv", ("group", "station", "alone", "forms"))}
    assert groups == {"hilar", "mediastinal", "subcarinal", "supraclavicular", "distant"}
    for name in ("invasion", "nodes", "distant", "terms", "verdict"):
        for row in read_table(f"staging/{name}.tsv", ("forms",)):
            forms = row["forms"].split("|")
            assert all(forms), (name, row)
            assert len(set(forms)) == len(forms), (name, sorted(f for f in forms if forms.count(f) > 1))


def test_parsed_and_plain_text_agree() -> None:
    for _, text in CASES[:40]:
        assert stage(parse(text)) == stage(text)
