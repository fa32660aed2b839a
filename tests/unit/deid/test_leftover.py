"""The second pass over a de-identified corpus: what is rare, of one place, or stood beside a cue elsewhere."""

import json
import tracemalloc

import pytest

from jmid_nlp.deid.leftover import Corpus, leftover_row, leftovers, words_left
from jmid_nlp.schema import Report

PLAIN = "右肺下葉S6に12mm大の結節を認めます。胸水は認めません。"


def rows(texts, institution="施設"):
    return [{"id": str(n), "text": t, "institution": institution} for n, t in enumerate(texts)]


def run(corpus, **options):
    found = leftovers(lambda: iter(corpus), corpus=Corpus(bits=16), **options)
    texts = {r["id"]: r["text"] for r in corpus}
    return [(texts[i.row_id][i.start : i.end], i) for i in found]


def test_a_plain_corpus_leaves_nothing():
    assert run(rows([PLAIN] * 20)) == []


def test_rare_words_are_listed_and_frequent_ones_are_not():
    texts = [PLAIN] * 10 + ["撮影はツジモトが行った。"] * 2 + ["タマリバで提示。"] * 3
    found = run(rows(texts))
    assert [(w, i.row_id, i.reasons, i.documents) for w, i in found] == [
        ("ツジモト", "10", ("rare",), 2),
        ("ツジモト", "11", ("rare",), 2),
    ]


def test_a_word_counts_once_a_report():
    found = run(rows(["ツジモト、ツジモト、ツジモト。", PLAIN]))
    assert {i.documents for _, i in found} == {1}


def test_words_of_one_institution_only():
    corpus = rows(["タマリバで提示。"] * 6, "あ") + rows([PLAIN] * 3, "い")
    for n, row in enumerate(corpus):
        row["id"] = str(n)
    assert {(w, i.reasons) for w, i in run(corpus)} == {("タマリバ", ("one_institution",))}
    corpus[-1]["text"] = "タマリバで提示。"
    assert run(corpus) == []
    for row in corpus:
        row["institution"] = None
    assert run(corpus) == []


def test_words_that_stood_beside_a_cue_elsewhere():
    texts = ["工藤に伝えた。"] * 4 + ["工藤先生に報告。"] + [PLAIN] * 3
    found = run(rows(texts))
    assert [w for w, _ in found] == ["工藤"] * 5
    assert all("cue_elsewhere" in i.reasons for _, i in found)
    assert run(rows(texts[:4])) == []


def test_what_was_an_identifier_in_the_source_is_found_however_frequent():
    corpus = rows(["ツジモトに確認した。"] * 5)
    assert run(corpus) == []
    source = [Report("0", "読影医：ツジモト ケンジ")]
    found = run(corpus, source=source)
    assert [(w, i.reasons) for w, i in found] == [("ツジモト", ("cue_elsewhere",))] * 5


@pytest.mark.parametrize("text", ["〔氏名1〕先生に報告。〔施設〕より紹介。", "電話 0900-123-4567。2024年3月5日。"])
def test_our_own_tags_dates_and_dead_numbers_are_no_leftovers(text):
    assert words_left(text) == []


def test_surrogates_are_no_leftovers():
    import hashlib

    from jmid_nlp.api import deidentifier
    from jmid_nlp.deid.keys import Key

    treat = deidentifier("kamei", key=Key(hashlib.sha256(b"a key for tests").digest()))
    names = ["月見里 綾乃", "工藤 正人", "大和田 進", "蜂須賀 文"]
    texts = [treat(Report(str(n), f"患者氏名：{name} 様\n{PLAIN}")).text for n, name in enumerate(names)]
    assert run(rows(texts)) == []


def test_rows_hold_no_text_unless_asked_for():
    corpus = rows(["撮影はツジモトが行った。"])
    ((_, item),) = run(corpus)
    assert "ツジモト" not in json.dumps(leftover_row(item, corpus[0]["text"]), ensure_ascii=False)
    assert leftover_row(item, corpus[0]["text"], with_text=True)["text"] == "ツジモト"


def test_memory_does_not_grow_with_the_corpus():
    """Ten times the rows, each with words of its own, and the tables take what they took."""

    def grown(count):
        corpus = Corpus(bits=14)
        for n in range(50):  # caches of the tokenizer and the lexicons are filled first
            corpus.add({"text": f"台帳 {n:05d}-{n * 7919 % 100000:05d}。", "institution": "x"})
        tracemalloc.start()
        for n in range(count):
            corpus.add({"text": f"台帳 {n:05d}-{n * 7919 % 100000:05d}。", "institution": "x"})
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return size

    assert grown(600) < grown(60) + 200_000
