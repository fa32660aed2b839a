"""Entities and exam facts written for other tools, and read back from what was written."""

import pytest

import jmid_nlp
from jmid_nlp.annotations.read_text import read_text_annotations
from jmid_nlp.export import FORMATS, export
from tests.integration.test_cli import call, lines, write

TEXTS = {
    "a": "右下葉S6に12mm大の結節を認め、肺癌を疑います。\n胸水は認めません。",
    "𠮷": "CTでは両肺にすりガラス影。\r\n前回と著変ありません。",
}
__all__ = ["call"]


def pairs():
    return list(zip(TEXTS.values(), jmid_nlp.extract(TEXTS.values()), strict=True))


@pytest.mark.parametrize("to", FORMATS)
def test_what_is_written_is_read_back(tmp_path, to):
    target = tmp_path / {"brat": "out", "prism": "out.xml", "conll": "out.conll", "docbin": "out.spacy"}[to]
    wanted = pairs()
    lost = export(wanted, target, to=to)
    read = {d.text: d for d in read_text_annotations(target)}
    for text, extraction in wanted:
        spans = {(s.start, s.end, s.label) for s in read[text].spans}
        missing = {(e.start, e.end, e.type) for e in extraction.entities} - spans
        assert len(missing) <= len(lost), (to, missing)
    assert sum(len(d.spans) for d in read.values()) > 6


def test_certainty_travels(tmp_path):
    export(pairs(), tmp_path / "out", to="brat")
    found = {
        text[s.start : s.end]: dict(s.attributes)
        for text, d in ((d.text, d) for d in read_text_annotations(tmp_path / "out"))
        for s in d.spans
    }
    assert found["結節"]["certainty"] == "positive"
    assert found["肺癌"]["certainty"] == "suspicious"
    assert found["胸水"]["certainty"] == "negative"


def test_verbs(call, tmp_path):
    write(tmp_path / "in.jsonl", [{"id": i, "text": t} for i, t in TEXTS.items()] + [{"id": "x"}])
    done = call("export", "in.jsonl", "-o", "out.xml", "--to", "prism")
    assert done.returncode == 1
    assert "row 2" in done.stderr
    assert 'certainty="negative"' in (tmp_path / "out.xml").read_text(encoding="utf-8")
    assert call("export", "in.jsonl", "-o", "o", "--to", "nothing").returncode == 2
    write(
        tmp_path / "dose.jsonl",
        [
            {
                "id": "d",
                "text": "造影CT（イオパミドール300 100mL）。CTDIvol 12.3mGy、DLP 560mGy・cm。前回2024/3/5と比較。胸水なし。",
            }
        ],
    )
    assert call("facts", "dose.jsonl", "-o", "facts.jsonl").returncode == 0
    (row,) = lines(tmp_path / "facts.jsonl")
    assert (row["contrast"], row["contrast_dose_ml"], row["ctdi_vol_mgy"], row["dlp_mgy_cm"]) == (
        True,
        100.0,
        12.3,
        560.0,
    )
    assert row["comparison_dates"] == ["2024-03-05"]
