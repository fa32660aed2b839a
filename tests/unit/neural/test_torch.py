"""What needs torch: fp32 on the CPU, export to ONNX, training that can be interrupted."""

import json

import numpy as np
import pytest

from jmid_nlp.errors import FileFormatError, InputError
from jmid_nlp.neural import TokenClassifier
from jmid_nlp.neural.encoder import load_encoder
from tests.unit.neural import models

torch = pytest.importorskip("torch", reason='needs torch: pip install "jmid-nlp[torch]"')

TEXTS = ["右肺に結節を認めます。", "橋本先生", "", "右肺下葉に結節を認め、胸水は認めません。" * 8, "ｶﾞ㌢か\u3099"]


@pytest.fixture
def bert(tmp_path):
    """A tiny BERT with random weights and a slow Japanese tokenizer."""
    from transformers import BertConfig, BertForTokenClassification

    models.japanese_tokenizer(tmp_path, "character")
    torch.manual_seed(0)
    numbers = dict(enumerate(models.LABELS))
    config = BertConfig(
        vocab_size=len(models.VOCABULARY),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        initializer_range=0.5,
        id2label=numbers,
        label2id={label: i for i, label in numbers.items()},
    )
    BertForTokenClassification(config).eval().save_pretrained(tmp_path)
    return tmp_path


def test_torch_and_onnx_agree(bert):
    from jmid_nlp.neural.export import export_onnx

    in_torch = TokenClassifier(bert)
    expected = in_torch(TEXTS)
    values = [v for _, v in in_torch.probabilities(TEXTS)]
    assert export_onnx(bert, full=True).name == "model.onnx"
    full = TokenClassifier(bert)
    assert type(full._runtime).__name__ == "OnnxRuntime"
    assert [[(f.start, f.end, f.label) for f in found] for found in full(TEXTS)] == [
        [(f.start, f.end, f.label) for f in found] for found in expected
    ]
    for a, (_, b) in zip(values, full.probabilities(TEXTS), strict=True):
        assert np.allclose(a, b, atol=1e-4)
    assert export_onnx(bert).name == "model.int8.onnx"
    for a, (_, b) in zip(values, TokenClassifier(bert).probabilities(TEXTS), strict=True):
        assert np.abs(a - b).mean() < 0.05 if len(a) else not len(b)


def test_neighbours_in_a_batch_change_nothing(bert):
    from jmid_nlp.neural.classifier import Labeller
    from jmid_nlp.neural.labels import Scheme
    from jmid_nlp.neural.runtime import TorchRuntime, _torch_model

    model = _torch_model(bert, "cpu", 1)
    scheme = Scheme(dict(enumerate(models.LABELS)))
    batched = Labeller(load_encoder(bert), TorchRuntime(model, 4, 64), scheme, 64, 16)
    alone = [next(iter(batched.probabilities([text])))[1] for text in TEXTS]
    for a, (_, b) in zip(alone, batched.probabilities(TEXTS), strict=True):
        assert np.array_equal(a, b)
    single = Labeller(load_encoder(bert), TorchRuntime(model, 1, 64), scheme, 64, 16)
    for a, (_, b) in zip(alone, single.probabilities(TEXTS), strict=True):
        assert np.allclose(a, b, atol=1e-5)


def test_a_device_that_is_not_there_is_told(bert):
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(InputError, match="no GPU"):
        TokenClassifier(bert, device="cuda")


def test_weights_that_cannot_be_read_are_told(bert):
    (bert / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(FileFormatError, match="cannot be read"):
        TokenClassifier(bert)


def rows(n):
    names = ["橋本", "山田", "佐藤", "鈴木", "高橋"]
    for i in range(n):
        name, day = names[i % 5], f"{i % 12 + 1}月{i % 28 + 1}日"
        text = f"{day}、右肺に{i}mmの結節を認めます。担当は{name}先生。"
        start = text.index(name + "先生")
        yield text, [(0, len(day), "DATE"), (start, start + 2, "PERSON")]


def data(directory, n=60):
    file = directory / "rows.jsonl"
    with file.open("w", encoding="utf-8") as stream:
        for i, (text, spans) in enumerate(rows(n)):
            told = [{"start": s, "end": e, "category": label} for s, e, label in spans]
            stream.write(json.dumps({"id": str(i), "text": text, "spans": told}) + "\n")
    return file


def run(file, output, **changes):
    from jmid_nlp.training.data import read_labelled, split
    from jmid_nlp.training.options import TrainOptions
    from jmid_nlp.training.transformers_engine import train

    examples, dev = split(read_labelled(file, "identifiers").examples, 0.2)
    return train(examples, dev, TrainOptions(output, **({"layer": "identifiers", "max_steps": 60} | changes)))


@pytest.fixture
def quick(monkeypatch):
    from jmid_nlp.neural import base, train

    monkeypatch.setattr(train, "_EVERY", 10)
    monkeypatch.setattr(train, "_WARM", 5)
    monkeypatch.setattr(train, "_PIECES", 400)
    small = {"hidden_size": 32, "embedding_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    small |= {"intermediate_size": 64, "max_position_embeddings": 64}
    monkeypatch.setattr(base, "_SMALL", base._SMALL | small)
    return train


def test_a_model_is_trained_from_nothing_and_on(quick, tmp_path):
    report = run(data(tmp_path), tmp_path / "model", max_steps=150)
    assert report.scores["f1"] > 0.9
    assert set(report.by_label) == {"DATE", "PERSON"}
    assert (report.moved, report.lost) == (0, 0)
    text, spans = next(iter(rows(1)))
    found = TokenClassifier(tmp_path / "model")([text])[0]
    assert [(f.start, f.end, f.label) for f in found] == spans
    files = {p.name for p in (tmp_path / "model").iterdir()}
    assert files == {"config.json", "model.safetensors", "model.int8.onnx", "tokenizer.json"}
    more = run(data(tmp_path), tmp_path / "more", base=tmp_path / "model", max_steps=20)
    assert more.scores["f1"] > 0.9
    with pytest.raises(InputError, match="exists already"):
        run(data(tmp_path), tmp_path / "model")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model", "more", "rows.jsonl"]


def test_an_interrupted_training_goes_on_to_the_same_weights(quick, tmp_path, monkeypatch):
    file = data(tmp_path)
    run(file, tmp_path / "whole", max_steps=40)
    saved = quick._Checkpoint.save

    def stop(self, state, *rest):
        saved(self, state, *rest)
        if state.step == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(quick._Checkpoint, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        run(file, tmp_path / "parts", max_steps=40)
    assert not (tmp_path / "parts").exists()
    monkeypatch.setattr(quick._Checkpoint, "save", saved)
    run(file, tmp_path / "parts", max_steps=40)
    for name in ("model.safetensors", "model.int8.onnx", "tokenizer.json"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()


def test_training_needs_a_label(quick, tmp_path):
    from jmid_nlp.neural.train import Sample, fit

    with pytest.raises(InputError, match="labelled span to learn from"):
        fit([Sample("右肺", ())], tmp_path / "model", lambda find: 0.0, mark="")
    with pytest.raises(FileFormatError, match="cannot be read"):
        fit([Sample("右肺", ((0, 1, "A"),))], tmp_path / "model", lambda find: 0.0, mark="", base=tmp_path / "none")
