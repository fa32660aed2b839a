"""Where a model lies, and the files of it that running it needs, as bytes and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from jmid_nlp.errors import InputError
from jmid_nlp.neural.runtime import ONNX_FILES

_TEXTS = (".json", ".txt", ".model")
_WEIGHTS = (".safetensors", ".bin")
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def find_model(model: str | Path, *, download: bool = False) -> Path:
    """The directory of a model.

    Args:
        model: A directory, or the id of a model on the Hugging Face hub.
        download: Whether an id may be fetched.

    Raises:
        InputError: There is no such directory, or the id was not fetched before and may not be.
    """
    directory = Path(model)
    if directory.is_dir():
        return directory
    if not _HUB_ID.fullmatch(str(model)):
        raise InputError(f"there is no directory {directory.name!r} with a model")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(str(model), local_files_only=not download))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        way = "it could not be fetched" if download else "nothing is fetched unless download=True is given"
        raise InputError(
            f"there is no directory {str(model)!r}, and no model of this id was fetched before; {way}"
        ) from error


def needed(directory: Path) -> list[str]:
    """The files that running a model needs, by their paths in its directory: ONNX where there is some, else the weights."""
    names = [p.name for p in sorted(directory.iterdir()) if p.is_file() and p.suffix in _TEXTS]
    onnx = next((name for name in ONNX_FILES if (directory / name).is_file()), None)
    if onnx:
        return [*names, onnx]
    weights = [p.name for p in sorted(directory.iterdir()) if p.suffix in _WEIGHTS]
    safe = [name for name in weights if name.endswith(".safetensors")]
    return names + (safe or [name for name in weights if name.startswith("pytorch_model")])


def pack(directory: Path) -> dict[str, bytes]:
    """What the needed files hold, by their paths."""
    return {name: (directory / name).read_bytes() for name in needed(directory)}


def unpack(files: Mapping[str, bytes], directory: Path) -> None:
    """Writes what `pack` gave into a directory, which is made if it does not exist."""
    for name, data in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
