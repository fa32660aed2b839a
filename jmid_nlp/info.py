"""What a bug report needs: versions of everything a result depends on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

from jmid_nlp.lexicon import lexicon_version
from jmid_nlp.version import __version__

_PACKAGES = ("spacy", "fugashi", "unidic-lite", "datasets", "transformers", "pyarrow", "pydicom", "daachorse", "onnxruntime", "torch")


def describe() -> dict[str, str]:
    """Names and versions, in the order they are printed."""
    lines = {"jmid-nlp": __version__, "python": platform.python_version(), "lexicons": lexicon_version()}
    for name in _PACKAGES:
        try:
            lines[name] = version(name)
        except PackageNotFoundError:
            lines[name] = "not installed"
    folder = files("jmid_nlp").joinpath("lexicons").joinpath("policies")
    lines["policies"] = ", ".join(
        sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml"))
    )
    return lines
