"""What a bug report needs: versions of everything a result depends on."""

from __future__ import annotations

import json
import platform
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

from jmid_nlp.lexicon import lexicon_version
from jmid_nlp.version import __version__

_PACKAGES = (
    "spacy", "fugashi", "datasets", "transformers", "pyarrow", "pydicom", "daachorse", "onnxruntime", "torch", "pyspark",
    "highdicom", "matplotlib",
)  # fmt: skip
_NOT_INSTALLED = "not installed"


def describe() -> dict[str, str]:
    """Names and versions, in the order they are printed: library, dictionaries, models, policies, packages."""
    lines = {
        "jmid-nlp": __version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
    }
    lines["dictionary"] = f"unidic-lite {_version('unidic-lite')}"
    lines["lexicons and weights"] = lexicon_version()
    lines |= {f"model {name}": told for name, told in _models()}
    lines["policies"] = ", ".join(_policies())
    return lines | {name: _version(name) for name in _PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return _NOT_INSTALLED


def _models() -> list[tuple[str, str]]:
    """The bundled models: name, and version where they have one, size and hash over their files."""
    found = []
    for model in sorted(Path(str(files("jmid_nlp").joinpath("weights"))).iterdir()):
        parts = sorted(p for p in model.rglob("*") if p.is_file()) if model.is_dir() else [model]
        digest, size = sha256(), 0
        for part in parts:
            content = part.read_bytes()
            digest.update(part.name.encode() + b"\0" + content)
            size += len(content)
        meta = model / "meta.json"
        told = f"{json.loads(meta.read_text(encoding='utf-8'))['version']}, " if meta.is_file() else ""
        found.append((model.stem, f"{told}{size / 1e6:.1f} MB, sha256 {digest.hexdigest()[:12]}"))
    return found


def _policies() -> list[str]:
    from jmid_nlp.deid.policy import BUILT_IN, load_policy

    rules = [load_policy(name) for name in BUILT_IN]
    return [f"{p.name}/{p.version} ({p.digest})" for p in rules]
