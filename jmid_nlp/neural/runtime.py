"""What computes a model: ONNX Runtime on the CPU, or torch on CPU (fp32) and GPU (bf16)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from jmid_nlp.errors import FileFormatError, InputError, MissingExtraError

Floats = NDArray[np.float32]
Ids = Sequence[int]

#: Files of a model that ONNX Runtime can run, the first one there is; int8 is the smaller and faster one.
ONNX_FILES = ("model.int8.onnx", "onnx/model_quantized.onnx", "model.onnx", "onnx/model.onnx")
TORCH_FILES = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")


class Runtime(Protocol):
    """A model that is ready to run; it takes up to `batch` windows at once whose lengths are one in steps of `step`."""

    batch: int
    step: int

    def __call__(self, windows: Sequence[Ids]) -> list[Floats]:
        """The outputs of some windows: of each an array of shape (its pieces, the model's labels), before the softmax."""


class OnnxRuntime:
    """A model in ONNX, run on the CPU one window at a time.

    On a CPU larger batches are no faster, and int8 takes its scale from all values of a batch: alone, a window's answer
    depends on nothing else, not even on padding.

    Args:
        file: The `.onnx` file.
        threads: Threads of one computation.
    """

    batch = 1
    step = 1

    def __init__(self, file: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library's errors have no base of their own
            raise FileFormatError(
                f"{file.name} of the model {file.parent.name} is no ONNX model that can be run"
            ) from error
        self._inputs = [i.name for i in self._session.get_inputs()]

    def __call__(self, windows: Sequence[Ids]) -> list[Floats]:
        """The outputs of some windows, computed one by one."""
        return [self._one(ids) for ids in windows]

    def _one(self, ids: Ids) -> Floats:
        row = np.asarray([ids], np.int64)
        known = {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
        try:
            feed = {name: known[name] for name in self._inputs}
        except KeyError as error:
            raise FileFormatError(f"the ONNX model asks for an input that is not known here: {error}") from None
        outputs = self._session.run(None, feed)
        return np.asarray(outputs[0][0], np.float32)


class TorchRuntime:
    """A model in torch: fp32 on the CPU, bf16 on a GPU.

    Every pass has the same number of rows and one of few lengths, filled up with padding that is masked, so that a
    window is computed in the same way whatever stands beside it.

    Args:
        model: A token classification model of Transformers, on its device and in `eval` mode.
        batch: Windows of one pass.
        limit: Pieces of a window at most.
    """

    def __init__(self, model: Any, batch: int, limit: int) -> None:
        import torch

        self.batch = batch
        self.step = 64 if batch > 1 else 1
        self._torch: Any = torch
        self._model = model
        self._limit = limit
        self._padding = model.config.pad_token_id or 0

    def __call__(self, windows: Sequence[Ids]) -> list[Floats]:
        """The outputs of some windows, computed together; padding is masked."""
        longest = -(-max(len(ids) for ids in windows) // self.step) * self.step
        rows = np.full((self.batch, min(longest, self._limit)), self._padding, np.int64)
        mask = np.zeros_like(rows)
        mask[:, 0] = 1  # a row without any piece would come out as no number
        for i, ids in enumerate(windows):
            rows[i, : len(ids)] = ids
            mask[i, : len(ids)] = 1
        tensor, device = self._torch.from_numpy, self._model.device
        with self._torch.inference_mode():
            logits = self._model(input_ids=tensor(rows).to(device), attention_mask=tensor(mask).to(device)).logits
        values = logits.float().cpu().numpy()
        return [values[i, : len(ids)] for i, ids in enumerate(windows)]


def open_runtime(directory: Path, *, device: str, threads: int, batch: int, limit: int) -> Runtime:
    """The runtime that fits a model's directory: ONNX on the CPU where there is a file for it, otherwise torch.

    Args:
        directory: The model's directory.
        device: "cpu", or "cuda" for torch on a GPU.
        threads: Threads of one computation.
        batch: Windows of one pass on a GPU; on a CPU it is one, where more are no faster.
        limit: Pieces of a window at most.

    Raises:
        InputError: The directory holds no weights, or there is no such device.
        FileFormatError: The weights cannot be read.
        MissingExtraError: What runs them is not installed; the message gives the pip command.
    """
    onnx = next((directory / name for name in ONNX_FILES if (directory / name).is_file()), None)
    weights = any((directory / name).is_file() for name in TORCH_FILES)
    if device == "cpu" and onnx and find_spec("onnxruntime"):
        return OnnxRuntime(onnx, threads)
    if weights and find_spec("torch"):
        return TorchRuntime(_torch_model(directory, device, threads), 1 if device == "cpu" else batch, limit)
    if not onnx and not weights:
        raise InputError(f"the model {directory.name} holds neither {ONNX_FILES[0]} nor {TORCH_FILES[0]}")
    if device != "cpu" and not weights:
        raise InputError(f"device {device!r} needs {TORCH_FILES[0]}, and the model {directory.name} has only ONNX")
    extra, package = ("onnx", "ONNX Runtime") if onnx and device == "cpu" else ("torch", "torch")
    raise MissingExtraError(f'the model {directory.name} needs {package}: pip install "jmid-nlp[{extra}]"')


def _torch_model(directory: Path, device: str, threads: int) -> Any:
    import torch
    from transformers import AutoModelForTokenClassification

    if device == "cpu":
        torch.set_num_threads(threads)
    elif not torch.cuda.is_available():
        raise InputError(f"torch sees no GPU for device {device!r}; use device='cpu'")
    kind = torch.float32 if device == "cpu" else torch.bfloat16
    try:
        model = AutoModelForTokenClassification.from_pretrained(str(directory), dtype=kind, local_files_only=True)
    except Exception as error:  # the libraries' errors have no base of their own
        raise FileFormatError(f"the model {directory.name} cannot be read as a token classifier") from error
    return model.to(device).eval()
