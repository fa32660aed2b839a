"""A token classification model of Transformers as ONNX: int8 weights, checked against the model itself."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from jmid_nlp.errors import FileFormatError, MissingExtraError
from jmid_nlp.neural.runtime import ONNX_FILES, OnnxRuntime

_OPSET = 17
_LENGTHS = (1, 7, 40)  # pieces of the texts that model and export are compared on
_NEAR = 1e-3


def export_onnx(directory: str | Path, *, full: bool = False) -> Path:
    """Writes `model.int8.onnx`, or with `full` the fp32 `model.onnx`, beside a model's weights.

    Weights are rounded to 7 bits a column: with 8, processors without VNNI would overflow and answer otherwise. The fp32
    graph is compared with the model on texts of several lengths before anything is written.

    Args:
        directory: A directory as `save_pretrained` writes it, with torch weights.
        full: Whether to keep full precision, at four times the size.

    Returns:
        The file written.

    Raises:
        MissingExtraError: torch, onnx or onnxruntime is not installed.
        FileFormatError: The model cannot be read, or its graph does not answer as the model does.
    """
    try:
        import onnx  # noqa: F401  of the quantizer
        import torch  # noqa: F401
        from onnxruntime.quantization import QuantType, quantize_dynamic
        from transformers import AutoModelForTokenClassification
    except ImportError as error:
        raise MissingExtraError('exporting to ONNX needs torch: pip install "jmid-nlp[torch]"') from error
    folder = Path(directory)
    try:  # plain attention: its graph is smaller and faster than that of the fused one
        model = AutoModelForTokenClassification.from_pretrained(
            str(folder), attn_implementation="eager", local_files_only=True
        ).eval()
    except Exception as error:  # the libraries' errors have no base of their own
        raise FileFormatError(f"the model {folder.name} cannot be read as a token classifier") from error
    target = folder / (ONNX_FILES[2] if full else ONNX_FILES[0])
    with TemporaryDirectory(dir=folder) as aside:
        plain = Path(aside) / "plain.onnx"
        _trace(model, plain)
        _compare(model, plain)
        done = plain
        if not full:
            done = Path(aside) / "int8.onnx"
            quantize_dynamic(plain, done, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        done.replace(target)
    return target


def _trace(model: Any, file: Path) -> None:
    import torch

    ids = torch.full((2, 16), 1)
    axes = {0: "batch", 1: "pieces"}
    with warnings.catch_warnings(), torch.no_grad():
        # The tracing exporter: the newer one needs another package and makes a graph that is a sixth slower.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _logits_only(model),
            (ids, torch.ones_like(ids)),
            str(file),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": axes},
            opset_version=_OPSET,
            dynamo=False,
        )


def _compare(model: Any, file: Path) -> None:
    import torch

    runtime = OnnxRuntime(file, threads=1)
    draw = np.random.default_rng(0)
    for length in _LENGTHS:
        ids: Sequence[int] = draw.integers(0, model.config.vocab_size, length).tolist()
        with torch.no_grad():
            wanted = model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, length)).logits[0].numpy()
        if not np.allclose(runtime([ids])[0], wanted, atol=_NEAR, rtol=_NEAR):
            raise FileFormatError(
                "the ONNX graph of this model answers otherwise than the model; run it in torch instead"
            )


def _logits_only(model: Any) -> Any:
    import torch

    class Logits(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    return Logits().eval()
