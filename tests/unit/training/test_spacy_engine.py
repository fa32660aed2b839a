"""Training with the spaCy engine: it learns, repeats itself to the byte, resumes, and keeps no word of its texts."""

import hashlib
import json

import pytest
import spacy

from jmid_nlp.errors import InputError
from jmid_nlp.training import spacy_engine
from jmid_nlp.training.data import LabelledSpan, LabelledText
from jmid_nlp.training.options import TrainOptions

SITES = ("右肺", "肝右葉", "脾臓", "膵頭部", "左腎", "胆嚢")
SIGNS = ("結節", "腫瘤", "嚢胞", "血腫", "膿瘍", "石灰化")
ENDS = (("を認めます。", "positive"), ("を認めません。", "negative"))


def texts():
    out = []
    for n in range(36):
        site, sign, (end, attr) = SITES[n % 6], SIGNS[(n // 6 + n) % 6], ENDS[(n // 3) % 2]
        text = f"{site}に{sign}{end}"
        at = len(site) + 1
        spans = (LabelledSpan(0, len(site), "a"), LabelledSpan(at, at + len(sign), "d", attr))
        out.append(LabelledText(str(n), text, spans))
    return out


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setattr(spacy_engine, "_EVERY", 10)
    monkeypatch.setattr(spacy_engine, "_WORDS", 100)
    monkeypatch.setattr(spacy_engine, "_WARM", 5)


def digests(folder):
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def run(path, **options):
    return spacy_engine.train(texts(), texts(), TrainOptions(path, **{"max_steps": 40, "seed": 3} | options))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("_EVERY", 10), ("_WORDS", 100), ("_WARM", 5)):
            patch.setattr(spacy_engine, name, value)
        return path, run(path)


def test_it_learns_and_loads_as_any_spacy_model(model):
    path, report = model
    assert report.scores["f1"] > 0.95
    assert report.scores["attr"] > 0.9
    doc = spacy.load(path)("膵頭部に膿瘍を認めません。")
    assert [(s.text, s.label_, s.id_) for s in doc.spans["entities"]] == [
        ("膵頭部", "a", ""),
        ("膿瘍", "d", "negative"),
    ]
    assert len(doc.spans["entities"].attrs["scores"]) == 2
    assert not path.with_name("m.partial").exists()


def test_no_word_of_the_training_texts_is_kept(model):
    path, _ = model
    written = b"".join(p.read_bytes() for p in path.rglob("*") if p.is_file())
    assert not [w for w in (*SITES, *SIGNS, "認め") if w.encode() in written or json.dumps(w)[1:-1].encode() in written]


def test_interrupted_it_goes_on_to_the_same_bytes(model, tmp_path, monkeypatch):
    path, report = model
    update = spacy.language.Language.update

    def stop_at_25(nlp, *args, calls=[], **kwargs):  # noqa: B006  counts over calls
        calls.append(1)
        if len(calls) == 25:
            raise KeyboardInterrupt
        return update(nlp, *args, **kwargs)

    monkeypatch.setattr(spacy.language.Language, "update", stop_at_25)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "m")
    assert not (tmp_path / "m").exists()
    monkeypatch.setattr(spacy.language.Language, "update", update)
    again = run(tmp_path / "m")
    assert digests(tmp_path / "m") == digests(path)
    assert again == report
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def test_a_checkpoint_of_another_training_is_not_used(model, tmp_path, monkeypatch):
    path, _ = model
    monkeypatch.setattr(spacy_engine, "_write", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        run(tmp_path / "m", seed=4, max_steps=10)
    monkeypatch.undo()
    _ = [monkeypatch.setattr(spacy_engine, k, v) for k, v in (("_EVERY", 10), ("_WORDS", 100), ("_WARM", 5))]
    assert (tmp_path / "m.partial" / "state.npz").exists()
    run(tmp_path / "m")
    assert digests(tmp_path / "m") == digests(path)


def test_patience_ends_it(tmp_path):
    report = run(tmp_path / "m", max_steps=500, patience=20)
    assert report.steps < 500
    assert report.steps - report.best_step >= 20


def test_a_base_is_gone_on_with(model, tmp_path):
    path, _ = model
    cold = run(tmp_path / "cold", max_steps=1)
    warm = run(tmp_path / "warm", max_steps=1, base=path)
    assert cold.scores["f1"] < 0.5 < warm.scores["f1"]
    with pytest.raises(InputError, match="cannot be loaded"):
        run(tmp_path / "x", base=tmp_path / "none")
    spacy.blank("ja", config={"nlp": {"tokenizer": {"@tokenizers": "jmid.MecabTokenizer.v1"}}}).to_disk(tmp_path / "o")
    with pytest.raises(InputError, match="another one"):
        run(tmp_path / "x", base=tmp_path / "o")


def test_spans_that_cut_tokens_or_overlap_are_counted(tmp_path):
    odd = [
        LabelledText("cut", "右肺に結節を認めます。", (LabelledSpan(3, 4, "d"),)),
        LabelledText("nested", "右肺に結節を認めます。", (LabelledSpan(0, 5, "d"), LabelledSpan(3, 5, "d"))),
    ]
    report = spacy_engine.train(odd, texts(), TrainOptions(tmp_path / "m", max_steps=1))
    assert (report.moved, report.lost) == (1, 1)


def test_nothing_to_learn_and_an_output_that_exists(tmp_path):
    with pytest.raises(InputError, match="no text has a labelled span"):
        spacy_engine.train([LabelledText("a", "肺")], texts(), TrainOptions(tmp_path / "m"))
    with pytest.raises(InputError, match="exists already"):
        run(tmp_path)
