"""A trained model as ONNX with weights of eight bits, for a CPU without torch.

    python -m models.jmid-bert-char-small.export --model identifiers --output jmid_bert_char_small

Needs torch, onnx and onnxruntime; tells in how many characters of generated reports both agree.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertForTokenClassification

from corpora.generate.stream import reports

SMALL = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt")


class _Logits(nn.Module):
    """The model as a function of two arrays, for the exporter."""

    def __init__(self, model: BertForTokenClassification) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


def export(source: Path, target: Path) -> BertForTokenClassification:
    """Writes `model.int8.onnx` and what a tokenizer needs; returns the model of full precision."""
    model = BertForTokenClassification.from_pretrained(source, attn_implementation="eager").eval()
    target.mkdir(parents=True, exist_ok=True)
    axes = {0: "batch", 1: "length"}
    ids = torch.randint(5, 100, (2, 16))
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "model.onnx"
        torch.onnx.export(
            _Logits(model).eval(), (ids, torch.ones_like(ids)), str(full), input_names=["input_ids", "attention_mask"],
            output_names=["logits"], dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": axes},
            opset_version=17, dynamo=False,
        )  # fmt: skip
        quantize_dynamic(full, target / "model.int8.onnx", weight_type=QuantType.QInt8, per_channel=True)
    for name in SMALL:
        shutil.copy(source / name, target / name)
    return model


def agreement(model: BertForTokenClassification, target: Path, texts: Sequence[str]) -> tuple[float, float]:
    """The share of characters with the same label in both precisions: of all, and of those with a label in either."""
    tokenizer = Tokenizer.from_file(str(target / "tokenizer.json"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(target / "model.int8.onnx"), options)
    same = total = same_marked = marked = 0
    for text in texts:
        ids = np.array([tokenizer.encode(text).ids[:512]])
        mask = np.ones_like(ids)
        small = session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0].argmax(-1)
        with torch.no_grad():
            full = (
                model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).logits.argmax(-1).numpy()
            )
        either = (small != 0) | (full != 0)
        same, total = same + int((small == full).sum()), total + full.size
        same_marked, marked = same_marked + int((small == full)[either].sum()), marked + int(either.sum())
    return same / max(1, total), same_marked / max(1, marked)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="directory of finetune")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    model = export(options.model, options.output)
    every, labelled = agreement(model, options.output, [row["text"] for row in reports(300, seed=7)])
    size = sum(p.stat().st_size for p in options.output.iterdir()) / 1e6
    sys.stderr.write(
        f"{size:.1f} MB; same label as full precision in {every:.2%} of characters, {labelled:.2%} of labelled\n"
    )


if __name__ == "__main__":
    main()
