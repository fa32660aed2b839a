"""Tiny models made by the tests: real tokenizers, and an ONNX graph that needs no torch."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece

LABELS = ("O", "B-PERSON", "I-PERSON", "B-DATE", "I-DATE")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CHARACTERS = [chr(c) for c in [*range(0x21, 0x7F), *range(0x3041, 0x3097), *range(0x30A1, 0x30FD)]]
WORDS = ["結節", "認め", "右肺", "##節", "##肺", "##ます", "##ギ", "##センチ", "ガ", "下葉", "胸水", "20", "##26"]
VOCABULARY = [*SPECIAL, *CHARACTERS, *(f"##{c}" for c in CHARACTERS), *WORDS, *"結節右肺下葉認胸水橋本先生。、・「」ー"]
VOCABULARY = list(dict.fromkeys(VOCABULARY))


def japanese_tokenizer(directory: Path, subword: str, *, lower: bool = False, word: str = "mecab"):
    from transformers import BertJapaneseTokenizer

    directory.mkdir(parents=True, exist_ok=True)
    (directory / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    tokenizer = BertJapaneseTokenizer(
        str(directory / "vocab.txt"),
        word_tokenizer_type=word,
        subword_tokenizer_type=subword,
        do_lower_case=lower,
        mecab_kwargs={"mecab_dic": "unidic_lite"} if word == "mecab" else None,
    )
    tokenizer.save_pretrained(directory)
    return tokenizer


def fast_tokenizer(directory: Path, *, characters: bool = False):
    """NFKC, then words at white space in pieces, or every character alone."""
    tokenizer = Tokenizer(WordPiece({w: i for i, w in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.NFKC()
    split = [pre_tokenizers.Split(Regex(r"[ \t\r\n]+"), "removed")]
    split += [pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")] if characters else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(split)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", SPECIAL.index("[CLS]")), ("[SEP]", SPECIAL.index("[SEP]"))]
    )
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(directory / "tokenizer.json"))
    return tokenizer


def onnx_model(directory: Path, *, labels=LABELS, positions: int = 64, seed: int = 0, reach: int = 1) -> np.ndarray:
    """Writes config.json and model.onnx: each piece's outputs are the mean of the rows of a table within `reach` pieces.

    Returns the table, of shape (vocabulary, labels).
    """
    table = np.random.default_rng(seed).normal(size=(len(VOCABULARY), len(labels))).astype(np.float32) * 3
    width = 2 * reach + 1
    kernel = np.zeros((len(labels), len(labels), width), np.float32)
    for i in range(len(labels)):
        kernel[i, i] = 1 / width
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["across"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["across", "kernel"], ["mixed"], pads=[reach, reach]),
        helper.make_node("Transpose", ["mixed"], ["logits"], perm=[0, 2, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "pieces"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "pieces", len(labels)])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(kernel, "kernel")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    directory.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(directory / "model.onnx"))
    config = {"model_type": "bert", "max_position_embeddings": positions, "id2label": dict(enumerate(labels))}
    (directory / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return table
