"""Models over texts: spans against a reference, long texts, neighbours, and what is told when a model cannot be used."""

import json
import random
import socket

import numpy as np
import pytest

from jmid_nlp.errors import FileFormatError, InputError, MissingExtraError
from jmid_nlp.neural import TokenClassifier, runtime
from jmid_nlp.neural.classifier import Labeller
from jmid_nlp.neural.encoder import load_encoder
from jmid_nlp.neural.labels import Scheme
from tests.unit.neural import models
from tests.unit.neural.reference import reference
from tests.unit.neural.test_alignment import strings


@pytest.fixture
def model(tmp_path):
    models.fast_tokenizer(tmp_path, characters=True)
    models.onnx_model(tmp_path)
    return tmp_path


def decode(text, pieces, outputs):
    """Spans of BIO outputs, told by piece."""
    spans, open_span = [], None
    for (_, (start, end)), output in zip(pieces, outputs, strict=True):
        tag, _, label = output.partition("-")
        if open_span and tag == "I" and open_span[2] == label:
            open_span[1] = max(open_span[1], end)
            continue
        if open_span:
            spans.append(open_span)
        open_span = [start, end, label] if label else None
    spans += [open_span] if open_span else []
    out = []
    for start, end, label in spans:
        taken = [i for i in range(max(start, out[-1][1] if out else 0), end) if not text[i].isspace()]
        if taken:
            out.append((taken[0], taken[-1] + 1, label))
    return out


@pytest.mark.parametrize("subword", ["wordpiece", "character", "fast"])
def test_ten_thousand_random_texts_give_the_spans_of_a_character_level_reference(tmp_path, subword):
    number = {piece: i for i, piece in enumerate(models.VOCABULARY)}
    if subword == "fast":
        tokenizer = models.fast_tokenizer(tmp_path, characters=True)
    else:
        tokenizer = models.japanese_tokenizer(tmp_path, subword)
    table = models.onnx_model(tmp_path, reach=0)
    best = [models.LABELS[i] for i in table.argmax(axis=1)]
    texts = list(strings(10_000, seed=5))
    if subword == "fast":
        texts = [text.replace("[UNK]", "").replace("[SEP]", "") for text in texts]
    for text, found in zip(texts, TokenClassifier(tmp_path).pipe(texts), strict=True):
        if subword == "fast":
            pieces = reference(
                text,
                "whole",
                lambda part: tokenizer.encode(part, add_special_tokens=False).tokens,
                split=lambda normalised: [c for c in normalised if c not in " \t\r\n"],
            )
        else:
            pieces = reference(text, subword, tokenizer.tokenize)
        expected = decode(text, pieces, [best[number[piece]] for piece, _ in pieces])
        assert [(f.start, f.end, f.label) for f in found] == expected, ascii(text)


class Whole:
    """A model that sees `reach` pieces to either side, computed over a text of any length."""

    batch, step = 1, 1

    def __init__(self, table, reach):
        self.table, self.reach = table, reach

    def __call__(self, groups):
        return [self._one(np.array(ids)) for ids in groups]

    def _one(self, ids):
        rows = np.pad(self.table[ids], ((self.reach, self.reach), (0, 0)))
        return sum(rows[k : k + len(ids)] for k in range(2 * self.reach + 1)) / (2 * self.reach + 1)


def test_windows_of_a_long_text_answer_as_a_model_without_limit(tmp_path):
    models.fast_tokenizer(tmp_path, characters=True)
    table = models.onnx_model(tmp_path, positions=64, reach=8)
    text = "".join(random.Random(0).choices("右肺結節ABC、。アイウ\n", k=5000))
    scheme = Scheme(dict(enumerate(models.LABELS)))
    whole = Labeller(load_encoder(tmp_path), Whole(table, 8), scheme, 10_000, 0)
    assert len(whole([text])[0]) > 1000
    # a piece sees all that the model reaches as soon as half of an overlap is as long
    assert TokenClassifier(tmp_path, stride=18)([text]) == whole([text])
    assert TokenClassifier(tmp_path, stride=0)([text]) != whole([text])


def test_an_answer_does_not_depend_on_the_neighbours(model):
    texts = ["右肺に結節を認めます。", "", "橋本先生" * 90, "胸水", "ｶﾞ㌢\0\ud800", " \n"]
    classify = TokenClassifier(model)
    alone = [classify([text])[0] for text in texts]
    assert classify(texts) == alone
    assert classify(texts[::-1] * 50) == alone[::-1] * 50
    assert [len(p) for p, _ in classify.probabilities(texts)] == [len(v) for _, v in classify.probabilities(texts)]
    assert all(abs(v.sum(axis=1) - 1).max(initial=0) < 1e-5 for _, v in classify.probabilities(texts))


def test_labels_and_int8_before_fp32(model):
    assert TokenClassifier(model).labels == ["DATE", "PERSON"]
    (model / "model.int8.onnx").write_bytes(b"no model")
    with pytest.raises(FileFormatError, match=r"model\.int8\.onnx"):
        TokenClassifier(model)


def test_a_model_of_the_hub_is_never_fetched_unasked(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was asked"))
    with pytest.raises(InputError, match="download=True"):
        TokenClassifier("someone/some-model")
    with pytest.raises(InputError, match="no directory 'missing'"):
        TokenClassifier(tmp_path / "missing")


def config(directory, **changes):
    file = directory / "config.json"
    told = {k: v for k, v in (json.loads(file.read_text()) | changes).items() if v is not None}
    file.write_text(json.dumps(told))


def test_what_is_missing_is_told(model, monkeypatch):
    config(model, id2label=None)
    with pytest.raises(FileFormatError, match="id2label"):
        TokenClassifier(model)
    config(model, id2label={"0": "A", "1": "B"})
    with pytest.raises(InputError, match='"O"'):
        TokenClassifier(model)
    config(model, id2label=dict(enumerate(models.LABELS)), max_position_embeddings=2)
    with pytest.raises(InputError, match="max_position_embeddings"):
        TokenClassifier(model)
    config(model, max_position_embeddings=64)
    monkeypatch.setattr(runtime, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r'pip install "jmid-nlp\[onnx\]"'):
        TokenClassifier(model)
    with pytest.raises(InputError, match="has only ONNX"):
        TokenClassifier(model, device="cuda")
    (model / "model.onnx").rename(model / "other")
    with pytest.raises(InputError, match=r"neither model\.int8\.onnx nor model\.safetensors"):
        TokenClassifier(model)
    (model / "model.safetensors").touch()
    with pytest.raises(MissingExtraError, match=r'pip install "jmid-nlp\[torch\]"'):
        TokenClassifier(model)
    (model / "tokenizer.json").write_text("{")
    with pytest.raises((FileFormatError, MissingExtraError)):
        TokenClassifier(model)
    (model / "config.json").unlink()
    with pytest.raises(InputError, match=r"no config\.json"):
        TokenClassifier(model)


@pytest.mark.parametrize("options", [{"threads": 0}, {"batch_size": 0}, {"stride": -1}])
def test_options_are_checked(model, options):
    with pytest.raises(InputError, match="at least"):
        TokenClassifier(model, **options)


def test_texts_must_be_strings_and_are_not_told(model):
    with pytest.raises(InputError) as told:
        TokenClassifier(model)(["結節", b"secret"])
    assert "secret" not in str(told.value)


def test_neither_torch_nor_transformers_is_needed_for_a_fast_tokenizer(model):
    import subprocess
    import sys

    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'spacy'): sys.modules[name] = None\n"
        "from jmid_nlp.neural import TokenClassifier\n"
        f"print(len(TokenClassifier({str(model)!r})(['右肺'])))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "1", done.stderr
