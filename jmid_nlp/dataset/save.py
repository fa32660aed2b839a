"""Put a built dataset on disk: the data, its manifest and its card, all or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jmid_nlp.errors import InputError

_CATEGORY = {"classification": "text-classification", "staging": "text-classification"}


def save(dataset: Any, manifest: Mapping[str, Any], folder: Path, *, opt_out_date: str | None = None) -> None:
    """Write dataset, `manifest.json` and `README.md` into a new folder.

    Args:
        dataset: The `datasets.DatasetDict`.
        manifest: Its manifest.
        folder: Folder to make; it may exist only if it is empty or holds an earlier dataset of this library.
        opt_out_date: Date of the opt-out list for the card.

    Raises:
        InputError: The folder exists and holds something else.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "manifest.json").exists():
        raise InputError(
            f"{folder.name}: the folder is not empty and holds no dataset of this library; choose another one"
        )
    ready = folder.with_name(folder.name + ".partial")
    shutil.rmtree(ready, ignore_errors=True)
    dataset.save_to_disk(ready)
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (ready / "manifest.json").write_text(text, encoding="utf-8")
    (ready / "README.md").write_text(card(manifest, opt_out_date=opt_out_date), encoding="utf-8")
    if folder.exists():
        shutil.rmtree(folder)
    ready.replace(folder)


def card(manifest: Mapping[str, Any], *, title: str = "J-MID reports", opt_out_date: str | None = None) -> str:
    """The dataset card in Japanese and English, from the manifest alone."""
    from jinja2 import Environment, StrictUndefined

    source = files("jmid_nlp").joinpath("dataset").joinpath("card.md.j2").read_text(encoding="utf-8")
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False).from_string(source)
    category = _CATEGORY.get(manifest["task"], "token-classification")
    return template.render(
        m=manifest, title=f"{title} ({manifest['task']})", category=category, opt_out_date=opt_out_date
    )
