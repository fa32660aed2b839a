"""The recipe of the character BERT: texts, labels, and a training that stops and goes on."""

import importlib
import random

import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("transformers", reason="training needs transformers")

from jmid_nlp.offsets import fold  # noqa: E402
from models.identifier_tagger.augment import Marked  # noqa: E402

data, network, loop, pretrain, finetune = (
    importlib.import_module(f"models.jmid-bert-char-small.{name}")
    for name in ("data", "network", "loop", "pretrain", "finetune")
)
TEXT = "患者氏名: 霧島 朔也\n右肺に結節。\t依頼医 Dr.Sato、龗病院"
VOCABULARY = data.characters(iter([TEXT]))


def examples(**more):
    texts = [Marked(f"{TEXT}{i}", [(6, 11, "PERSON")]) for i in range(20)]
    return data.Examples(texts, [], VOCABULARY, made_share=0.0, **more)


def tiny():
    torch.manual_seed(0)
    form = network.config(len(VOCABULARY), width=32, layers=1)
    form.num_labels = len(data.LABELS)
    return finetune.BertForTokenClassification(form)


def test_training_and_the_tokenizer_encode_alike():
    tokenizer = data.tokenizer(VOCABULARY)
    for text in (TEXT, fold("ﾀﾅｶ　様㍻3年\r\nＣＴ").text, "見たことのない字𠮷"):
        wanted = tokenizer.encode(text).ids
        made = examples().encode(Marked(text, []), random.Random(0)).ids
        assert [data.CLS, *made, data.SEP] == wanted


def test_tokens_lie_on_their_characters():
    encoded = data.tokenizer(VOCABULARY).encode(TEXT)
    assert encoded.offsets[1:-1] == [(i, i + 1) for i in range(len(TEXT))]
    assert [encoded.tokens[1 + TEXT.index(c)] for c in "患\n 龗"] == ["患", "⏎", "␣", "龗"]


def test_labels_stand_where_the_identifiers_do():
    spans = [(6, 8, "PERSON"), (8, 11, ""), (TEXT.index("龗"), len(TEXT), "FACILITY")]
    example = examples().encode(Marked(TEXT, spans), random.Random(0))
    _, mask, gold = data.padded([example, data.Example([5], [0])])
    named = [data.LABELS[k] if k >= 0 else None for k in gold[0].tolist()]
    assert named[1 + 6 : 1 + 12] == ["B-PERSON", "I-PERSON", None, None, None, "O"]
    assert named[-4:] == ["B-FACILITY", "I-FACILITY", "I-FACILITY", None]
    assert named[0] is None
    assert mask.sum(1).tolist() == [len(TEXT) + 2, 3]
    assert gold[1].tolist()[:3] == [data.SKIP, 0, data.SKIP]


def test_long_texts_are_cut_with_their_labels():
    text = Marked("あ" * 600 + "霧島" + "い" * 600, [(600, 602, "PERSON")])
    for seed in range(20):
        example = examples().encode(text, random.Random(seed))
        assert len(example.ids) == len(example.labels) == data.LONGEST - 2
        marked = [data.LABELS[k] for k in example.labels if k]
        assert marked in ([], ["B-PERSON"], ["I-PERSON"], ["B-PERSON", "I-PERSON"])


def test_a_batch_depends_on_seed_and_number_alone():
    first, again = examples(hidden=0.1), examples(hidden=0.1)
    for number in (0, data.POOL + 3):
        assert first.batch(number, 4, seed=1) == again.batch(number, 4, seed=1)
    assert first.batch(0, 4, seed=1) != first.batch(0, 4, seed=2)


def test_hidden_characters_are_some_and_never_special():
    ids, _, _ = data.padded([data.Example([5 + i % 90 for i in range(500)], [0] * 500)] * 8)
    torch.manual_seed(0)
    hidden, chosen = data.masked(ids, len(VOCABULARY))
    assert 0.1 < chosen.float().mean() < 0.2
    assert not chosen[ids < len(data.SPECIAL)].any()
    assert torch.equal(hidden[~chosen], ids[~chosen])
    assert (hidden[chosen] == data.MASK).float().mean() > 0.7


def test_reports_held_out_are_not_learned_from(monkeypatch):
    monkeypatch.setattr(data, "plain", list)
    rows = [row for part in data.PARTS for row in data.rows(part)]
    out = [row for row in rows if data.held_back(row["id"])]
    assert 0.1 < len(out) / len(rows) < 0.2
    learned = {marked.text for marked in data.written()}
    assert not learned & {data.marked(row).text for row in out}
    assert len(learned) > len(rows) / 2


def test_the_lowest_heads_begin_with_their_neighbours():
    torch.manual_seed(0)
    model = pretrain.BertForMaskedLM(network.config(len(VOCABULARY)))
    model.set_attn_implementation("eager")
    network.look_at_neighbours(model.bert, gain=3.0)
    ids, mask, _ = data.padded([examples().encode(Marked(TEXT * 3, []), random.Random(0))])
    with torch.no_grad():
        seen = model.bert(ids, attention_mask=mask, output_attentions=True).attentions[0][0]
    places = torch.arange(20, 50)
    for head, distance in enumerate(network.DISTANCES[0]):
        assert (seen[head, 20:50].argmax(-1) == places + distance).float().mean() > 0.9


def test_a_training_that_was_stopped_ends_in_the_same_weights(tmp_path):
    def run(name, **more):
        model = tiny()
        texts = examples(hidden=0.1)
        done = loop.train(
            model, lambda number: finetune.label_loss(model, texts, 2, 0, number),
            steps=10, rate=1e-3, seed=0, checkpoint=tmp_path / name, every=3, **more,
        )  # fmt: skip
        return done, model.state_dict()

    done, whole = run("whole")
    assert done
    assert run("stopped", stop=5)[0] is False
    done, resumed = run("stopped")
    assert done
    assert all(torch.equal(value, resumed[name]) for name, value in whole.items())
    assert not torch.equal(whole["classifier.weight"], tiny().state_dict()["classifier.weight"])
