"""Put a built dataset on disk: the data, its manifest and its card, all or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jmid_nlp.dataset.shards import content_version, describe_for_loading, shard_path, write_shard
from jmid_nlp.errors import InputError

_CATEGORY = {"classification": "text-classification", "staging": "text-classification"}


@contextmanager
def staged(folder: Path, *, mark: str = "manifest.json", what: str = "dataset") -> Iterator[Path]:
    """A folder beside the wanted one that takes its place when the block ends, and vanishes where the block fails.

    Args:
        folder: The wanted folder.
        mark: The file by which an earlier one, which may be replaced, is known.
        what: What such a folder holds, for messages.

    Raises:
        InputError: The folder exists and holds something else.
    """
    if not folder.parent.is_dir():
        raise InputError(f"{folder.parent}: no such folder; make it first")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())) and not (folder / mark).exists():
        raise InputError(
            f"{folder.name}: the folder is not empty and holds no {what} of this library; choose another one"
        )
    ready = folder.with_name(folder.name + ".partial")
    shutil.rmtree(ready, ignore_errors=True)
    ready.mkdir()
    try:
        yield ready
    except BaseException:
        shutil.rmtree(ready, ignore_errors=True)
        raise
    if folder.exists():
        shutil.rmtree(folder)
    ready.replace(folder)


def write_manifest(manifest: Mapping[str, Any], folder: Path) -> None:
    """Write `manifest.json` and the card `README.md` into a dataset folder."""
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    (folder / "README.md").write_text(card(manifest), encoding="utf-8")


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
    with staged(folder) as ready:
        files = {}
        for split, part in dataset.items():
            path = shard_path(ready, split, 0, 1, "datasets")
            files[path.relative_to(ready).as_posix()] = write_shard(
                part.with_format(None).flatten_indices().data.table, path
            )
            features = part.features
        version = content_version(files)
        describe_for_loading(ready, features, version)
        stored = {**manifest, "files": files, "version": version, "layout": "datasets", "shards": 1}
        if opt_out_date:
            stored["opt_out_date"] = opt_out_date
        write_manifest(stored, ready)


def card(manifest: Mapping[str, Any], *, title: str = "J-MID reports") -> str:
    """The dataset card in Japanese and English, from the manifest alone."""
    from jinja2 import Environment, StrictUndefined

    source = files("jmid_nlp").joinpath("dataset").joinpath("card.md.j2").read_text(encoding="utf-8")
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False).from_string(source)
    category = _CATEGORY.get(manifest["task"], "token-classification")
    return template.render(m=manifest, title=f"{title} ({manifest['task']})", category=category)


def with_card(dataset: Any, manifest: Mapping[str, Any], failed: Sequence[Mapping[str, Any]] = ()) -> Any:
    """The same `DatasetDict`, whose `save_to_disk` writes card and manifest, too, and whose `failed` lists what is not in it."""
    return _labelled_type()(dict(dataset), manifest, failed)


@cache
def _labelled_type() -> type:
    from datasets import DatasetDict

    class LabelledDataset(DatasetDict):  # type: ignore[misc]
        """A `DatasetDict` with the manifest it was built with."""

        def __init__(
            self, splits: Mapping[str, Any], manifest: Mapping[str, Any], failed: Sequence[Mapping[str, Any]]
        ) -> None:
            super().__init__(splits)
            self.manifest = dict(manifest)
            self.failed = tuple(failed)

        def save_to_disk(self, dataset_dict_path: str | Path, *, opt_out_date: str | None = None) -> None:
            """Write data, card and manifest into a folder, all or nothing; see `jmid_nlp.dataset.save.save`."""
            save(DatasetDict(self), self.manifest, Path(dataset_dict_path), opt_out_date=opt_out_date)

        def _repr_html_(self) -> str:
            from jmid_nlp.display import dataset_html

            return dataset_html(self.manifest)

    return LabelledDataset
