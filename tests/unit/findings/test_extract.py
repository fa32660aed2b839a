"""One call for all layers, and the same thing ready to travel."""

from __future__ import annotations

import gc
import pickle
import time

from jmid_nlp.findings.extract import Extractor, extract

TEXT = "右肺下葉S6に15mm大の結節を認め、前回より増大しています。原発性肺癌を疑います。胸水は認めません。"


def test_all_layers():
    found = extract(TEXT, report_id="r1")
    assert found.report_id == "r1"
    assert [(TEXT[e.start : e.end], e.attr) for e in found.entities if e.type == "d"] == [
        ("結節", "positive"),
        ("原発性肺癌", "suspicious"),
        ("胸水", "negative"),
    ]
    assert [f.certainty for f in found.findings] == ["positive", "suspicious", "negative"]
    assert found.tnm is not None
    assert found.labels["ct_rate18"]["Lung nodule"] == "positive"
    assert found.labels["ct_rate18"]["Pleural effusion"] == "negative"


def test_empty_text():
    found = extract("")
    assert (found.entities, found.findings, found.tnm) == ((), (), None)


def test_extractor_travels_and_gives_the_same():
    extractor = pickle.loads(pickle.dumps(Extractor(edition=9)))
    assert extractor.edition == 9
    assert extractor(TEXT, "r1") == Extractor(edition=9)(TEXT, "r1")


def test_edition_reaches_the_stage():
    found = extract(TEXT, edition=9)
    assert found.tnm is not None
    assert found.tnm.edition == 9


def test_time_grows_with_the_length_only():
    # eight times the text; twenty times the time leaves room for a busy machine, a quadratic step would take sixty
    text = "【所見】\n肺野に5mm大の結節を認めます。肺癌を疑います。リンパ節腫大は認めません。\n両側に少量の胸水あり。\n"
    extract(text)

    def seconds(times: int) -> float:
        start = time.process_time()
        extract(text * times)
        return time.process_time() - start

    gc.collect()
    gc.freeze()  # else the long text pays for collections over all that other tests left behind
    try:
        assert min(seconds(640) for _ in range(2)) < 20 * min(seconds(80) for _ in range(3))
    finally:
        gc.unfreeze()
