"""Japanese radiology reports: de-identify, extract structured findings, align with image annotations.

The public names below are loaded on first use, so that `import jmid_nlp` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jmid_nlp.version import __version__ as __version__

if TYPE_CHECKING:
    from jmid_nlp.api import (
        align,
        build_dataset,
        deidentify,
        detect,
        displacy_options,
        extract,
        findings,
        read_annotations,
        read_reports,
        sample,
        show,
    )
    from jmid_nlp.evaluation import evaluate
    from jmid_nlp.pipeline import blank, load

__all__ = [
    "align",
    "blank",
    "build_dataset",
    "deidentify",
    "detect",
    "displacy_options",
    "evaluate",
    "extract",
    "findings",
    "load",
    "read_annotations",
    "read_reports",
    "sample",
    "show",
]

_HOMES = {"evaluate": "jmid_nlp.evaluation", "blank": "jmid_nlp.pipeline", "load": "jmid_nlp.pipeline"}


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(_HOMES.get(name, "jmid_nlp.api")), name)
    raise AttributeError(f"module 'jmid_nlp' has no attribute {name!r}; public names: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
