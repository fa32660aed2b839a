"""The spaCy side: tokenizer, components, entry points, and what survives being written and read."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from jmid_nlp.components import fill
from jmid_nlp.errors import InputError
from jmid_nlp.pipeline import PIPELINES, blank, load

REPORT = (
    "患者氏名：山本 花子　ID: 0012345\n【検査目的】肺癌術後\n【所見】\n右肺S1+2に 12mm大のすりガラス影を認め、前回（2023/4/5）より増大しています。"
    "胸水は認めません。\r\n・肝嚢胞\n【診断】肺癌の疑い"
)


@pytest.fixture(scope="module")
def nlp() -> Language:
    return load()


@pytest.fixture(scope="module")
def doc(nlp: Language) -> Doc:
    return nlp(REPORT)


def marked(text: str = REPORT) -> Doc:
    """A Doc with sentences, sections and, in the form the components write them, marks of our own."""
    doc = load("text")(text)
    at = text.find("すりガラス影")
    finding = {"start": at, "end": at + 6, "text": "すりガラス影", "sizes_mm": [[12.0]], "change": "increased"}
    fill(doc, "findings", [(at, at + 6, "finding", "ground_glass", "positive")], [finding])
    fill(doc, "identifiers", [(5, 10, "PERSON", "patient", "invented")], [{"start": 5, "end": 10}])
    return doc


def test_tokens_carry_tag_lemma_reading_and_part_of_speech() -> None:
    doc = blank()("右肺に結節を認めます。")
    assert [t.text for t in doc] == ["右肺", "に", "結節", "を", "認め", "ます", "。"]
    assert [t.pos_ for t in doc] == ["NOUN", "ADP", "NOUN", "ADP", "VERB", "AUX", "PUNCT"]
    assert doc[4].lemma_ == "認める"
    assert doc[4].tag_ == "動詞-一般"
    assert doc[2].morph.get("Reading") == ["ケッセツ"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("右肺 S1+2 に", ["右肺", "S1+2", "に"]),
        ("part-solid GGN、Th12", ["part-solid GGN", "、", "Th12"]),
        ("胸膜陥入像\u3000あり", ["胸膜陥入像", "\u3000", "あり"]),
        ("\ufeff右肺\r\n", ["\ufeff", "右肺", "\r\n"]),
        ("", []),
        ("  ", ["  "]),
    ],
)
def test_words_and_whitespace(text: str, words: list[str]) -> None:
    doc = blank()(text)
    assert [t.text for t in doc] == words
    assert doc.text == text


def test_every_pipeline_loads_and_runs() -> None:
    for name, components in PIPELINES.items():
        nlp = load(name)
        assert tuple(nlp.pipe_names) == components
        assert nlp(REPORT).text == REPORT
        assert nlp("").text == ""


def test_unknown_pipeline_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="fast"):
        load("slow")


def test_components_fill_spans_and_sentences(doc: Doc) -> None:
    assert [s.label_ for s in doc.spans["sections"]] == ["other", "indication", "findings", "impression"]
    assert "胸水は認めません。" in [s.text.strip() for s in doc.sents]
    assert {"ID", "DATE", "PERSON"} <= {s.label_ for s in doc.spans["identifiers"]}
    findings = {s.text: s.id_ for s in doc.spans["findings"]}
    assert findings["胸水"] == "negative"
    assert findings["すりガラス影"] == "positive"
    assert any(s.label_ == "d" for s in doc.spans["entities"])


def test_records_keep_exact_offsets(doc: Doc) -> None:
    records = doc.user_data["jmid"]
    for record in records["findings"]:
        assert REPORT[record["start"] : record["end"]] == record["text"]
    assert [REPORT[r["start"] : r["end"]] for r in records["identifiers"] if r["category"] == "ID"] == ["0012345"]


def test_a_span_inside_a_token_grows_and_its_record_stays() -> None:
    doc = blank()("胸膜陥入像")
    fill(doc, "entities", [(0, 2, "a", "", "")], [{"start": 0, "end": 2}])
    assert doc.spans["entities"][0].text == "胸膜陥入像"
    assert doc.user_data["jmid"]["entities"] == [{"start": 0, "end": 2}]


def view(doc: Doc) -> dict[str, list[tuple[int, int, str, str, str]]]:
    return {
        group: [(s.start_char, s.end_char, s.label_, s.kb_id_, s.id_) for s in spans]
        for group, spans in doc.spans.items()
    }


def test_a_doc_survives_docbin() -> None:
    doc = marked()
    data = DocBin(attrs=["TAG", "POS", "LEMMA", "MORPH", "SENT_START"], store_user_data=True, docs=[doc]).to_bytes()
    (back,) = DocBin().from_bytes(data).get_docs(blank().vocab)
    assert back.text == REPORT
    assert view(back) == view(doc)
    assert view(back)["findings"][0][2:] == ("finding", "ground_glass", "positive")
    assert json.dumps(back.user_data["jmid"]) == json.dumps(doc.user_data["jmid"]), "msgpack reads lists back as tuples"
    assert [t.lemma_ for t in back] == [t.lemma_ for t in doc]
    assert [t.morph.get("Reading") for t in back] == [t.morph.get("Reading") for t in doc]
    assert [s.text for s in back.sents] == [s.text for s in doc.sents]


def test_a_doc_survives_pickling() -> None:
    doc = marked()
    back = pickle.loads(pickle.dumps(doc))
    assert view(back) == view(doc)
    assert back.user_data["jmid"] == doc.user_data["jmid"]


def test_a_pipeline_survives_pickling_disk_and_bytes(tmp_path: Path) -> None:
    nlp = load("text")
    expected = view(nlp(REPORT))
    nlp.to_disk(tmp_path / "model")
    assert view(spacy.load(tmp_path / "model")(REPORT)) == expected
    assert view(load("text").from_bytes(nlp.to_bytes())(REPORT)) == expected
    assert view(pickle.loads(pickle.dumps(nlp))(REPORT)) == expected


def test_several_processes_give_the_same() -> None:
    nlp = load("text")
    for back in nlp.pipe([REPORT, REPORT], n_process=2, batch_size=1):
        assert view(back) == view(nlp(REPORT))


def test_training_config_resolves(tmp_path: Path) -> None:
    """A config as `spacy train` reads it, trained for a few steps with the tokenizer in it."""
    from spacy.cli.train import train
    from spacy.tokens import Span

    nlp = blank()
    docs = []
    for text in ["右肺に結節を認めます。", "胸水なし。", "肝に嚢胞を認めます。"]:
        example = nlp(text)
        example.ents = [Span(example, 0, 1, label="a")]
        docs.append(example)
    DocBin(docs=docs).to_disk(tmp_path / "train.spacy")
    config = textwrap.dedent(
        """
        [paths]
        train = null
        dev = null
        [nlp]
        lang = "ja"
        pipeline = ["ner"]
        [nlp.tokenizer]
        @tokenizers = "jmid.MecabTokenizer.v1"
        [components]
        [components.ner]
        factory = "ner"
        [corpora]
        [corpora.train]
        @readers = "spacy.Corpus.v1"
        path = ${paths.train}
        [corpora.dev]
        @readers = "spacy.Corpus.v1"
        path = ${paths.dev}
        [training]
        max_steps = 3
        eval_frequency = 3
        [training.optimizer]
        @optimizers = "Adam.v1"
        """
    )
    (tmp_path / "config.cfg").write_text(config, encoding="utf-8")
    data = str(tmp_path / "train.spacy")
    filled = spacy.util.load_config(tmp_path / "config.cfg")
    from spacy.lang.ja import Japanese

    merged = Japanese.default_config.merge(filled)
    merged = spacy.language.DEFAULT_CONFIG.merge(merged)
    merged.to_disk(tmp_path / "full.cfg")
    train(tmp_path / "full.cfg", tmp_path / "out", overrides={"paths.train": data, "paths.dev": data})
    trained = spacy.load(tmp_path / "out" / "model-last")
    assert [t.text for t in trained("右肺S1+2に")] == ["右肺", "S1+2", "に"]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120)


def test_names_are_found_by_entry_points_alone() -> None:
    done = run("""
        import spacy
        nlp = spacy.blank("ja", config={"nlp": {"tokenizer": {"@tokenizers": "jmid.MecabTokenizer.v1"}}})
        nlp.add_pipe("jmid_sentences"); nlp.add_pipe("jmid_sections")
        assert [s.text for s in nlp("胸水なし。腹水なし。").sents] == ["胸水なし。", "腹水なし。"]
    """)
    assert done.returncode == 0, done.stderr


def test_other_pipelines_live_without_our_dependencies() -> None:
    """spaCy loads our entry points for every pipeline: with all we need missing, another one still comes up."""
    done = run("""
        import sys
        for name in ("fugashi", "unidic_lite", "daachorse", "datasets", "transformers", "pyarrow",
                     "jmid_nlp.text", "jmid_nlp.lexicon", "jmid_nlp.offsets", "jmid_nlp.schema", "jmid_nlp.deid", "jmid_nlp.findings"):
            sys.modules.setdefault(name, None)
        import spacy
        assert [t.text for t in spacy.blank("en")("No acute disease.")] == ["No", "acute", "disease", "."]
        assert "jmid_nlp.components" in sys.modules, "the entry points were not loaded, so this shows nothing"
    """)
    assert done.returncode == 0, done.stderr


def test_loading_is_quick() -> None:
    before = time.process_time()
    load()(REPORT)
    assert time.process_time() - before < 2


def test_import_of_components_is_light() -> None:
    done = run("""
        import sys, spacy
        import jmid_nlp.components
        heavy = {"fugashi", "daachorse", "torch", "transformers", "datasets", "pandas", "pyarrow"} & set(sys.modules)
        assert not heavy, heavy
    """)
    assert done.returncode == 0, done.stderr


def test_meta_names_what_is_assigned() -> None:
    nlp = load()
    analysis = nlp.analyze_pipes()
    assert not any(analysis["problems"].values())
    assert "doc.sents" in analysis["summary"]["jmid_sentences"]["assigns"]
