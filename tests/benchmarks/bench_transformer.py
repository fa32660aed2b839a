"""Speed of a token classification model with its tokenizer, as a ratio to fugashi with features in the same run.

    python -m tests.benchmarks.bench_transformer MODEL [REPORTS.jsonl] [--rounds 5]

MODEL is a directory. Without it, a character model of 4 layers and 256 units with random weights is made, which needs torch:
what it finds means nothing, what it costs is what a trained one costs.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import jmid_nlp
from jmid_nlp.neural import TokenClassifier
from tests.benchmarks.bench_chain import SHARED, measure, reference, texts


def random_model(directory: Path, reports: list[str]) -> None:
    from transformers import BertConfig, BertForTokenClassification

    from jmid_nlp.neural.base import character_tokenizer
    from jmid_nlp.neural.export import export_onnx

    characters = sorted({c for text in reports for c in text})
    filler = [chr(0x4E00 + i) for i in range(3000) if chr(0x4E00 + i) not in characters]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *filler]
    labels = ["O", *(f"{tag}-L{i}" for i in range(10) for tag in "BI")]
    sizes = {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024}
    config = BertConfig(vocab_size=len(vocabulary), id2label=dict(enumerate(labels)), **sizes)
    BertForTokenClassification(config).save_pretrained(directory)
    character_tokenizer(vocabulary).save(str(directory / "tokenizer.json"))
    export_onnx(directory, full=True)
    export_onnx(directory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path)
    default = SHARED if SHARED.exists() else jmid_nlp.sample() / "reports.jsonl"
    parser.add_argument("reports", nargs="?", type=Path, default=default)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    reports = texts(arguments.reports)
    with TemporaryDirectory() as folder:
        if arguments.model is None:
            random_model(Path(folder), reports)
        classifier = TokenClassifier(arguments.model or folder)
        encoder = classifier._encoder
        steps = {
            "fugashi with features": reference(),
            "tokenizer with spans": encoder.encode,
            "model, text to spans": lambda text: classifier([text]),
        }
        if arguments.model is None:
            (Path(folder) / "model.int8.onnx").unlink()
            full = TokenClassifier(folder)
            steps["the same in fp32"] = lambda text: full([text])
        result = measure(steps, reports, arguments.rounds)
    base = result["fugashi with features"]
    print(f"{len(reports)} reports, {sum(map(len, reports)) / len(reports):.0f} characters each")
    print(f"{'step':24}{'us/report':>12}{'reports/s':>12}{'ratio':>9}")
    for name, seconds in result.items():
        print(f"{name:24}{seconds * 1e6:12.0f}{1 / seconds:12.0f}{base / seconds:9.3f}")


if __name__ == "__main__":
    main()
