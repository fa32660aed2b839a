"""From de-identified reports, findings and links to a labelled `datasets.DatasetDict` that may be handed on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from jmid_nlp.dataset.shards import read_shard, shards_of
from jmid_nlp.dataset.stream import BuildOptions, Built, OptedOut, build_stream
from jmid_nlp.dataset.tasks import Study
from jmid_nlp.schema import Alignment, AnnotationRecord, DeidReport, Entity, Extraction

__all__ = ["BuildOptions", "Built", "build", "build_stream", "join"]


def build(
    reports: Iterable[DeidReport],
    extractions: Iterable[Extraction],
    alignments: Iterable[Alignment] = (),
    annotations: Iterable[AnnotationRecord] = (),
    *,
    options: BuildOptions | None = None,
    opted_out: OptedOut | None = None,
    readings: Mapping[str, Iterable[Extraction]] | None = None,
) -> tuple[Any, Built]:
    """Build a dataset that fits into memory; `build_stream` builds one of any size into a folder.

    Args:
        reports: De-identified reports; raw ones are refused.
        extractions: What was read from each report's de-identified text, by report id.
        alignments: Links per report, by study id = report id.
        annotations: The marks the links point to.
        options: See `BuildOptions`.
        opted_out: True for a patient key (as it stands in the reports) to leave out before anything else.
        readings: Spans that people marked in the texts, by reader, for the figures of agreement.

    Returns:
        A `datasets.DatasetDict`; its manifest with counts, split policy and versions, and what failed.

    Raises:
        NotDeidentifiedError: A report is not a `DeidReport`.
        LeakError: The finished dataset leaks between splits; nothing should be written then.
    """
    options = replace(options or BuildOptions(), layout="parquet")
    studies = join(reports, extractions, alignments, annotations, readings)
    with tempfile.TemporaryDirectory(prefix="jmid-nlp-") as place:
        folder = Path(place) / "dataset"
        built = build_stream(studies, folder, options=options, opted_out=opted_out)
        dataset = _loaded(folder, options)
    manifest = {k: v for k, v in built.manifest.items() if k not in ("files", "layout", "shards")}
    return dataset, replace(built, manifest=manifest)


def join(
    reports: Iterable[DeidReport],
    extractions: Iterable[Extraction],
    alignments: Iterable[Alignment] = (),
    annotations: Iterable[AnnotationRecord] = (),
    readings: Mapping[str, Iterable[Extraction]] | None = None,
) -> Iterator[Study]:
    """Each report with what belongs to it; everything but the reports is held in memory."""
    found = {e.report_id: e for e in extractions}
    links = {a.study_id: a.pairs for a in alignments}
    marks = {a.annotation_id: a for a in annotations}
    read: dict[str, dict[str, tuple[Entity, ...]]] = {}
    for reader, own in (readings or {}).items():
        for e in own:
            read.setdefault(e.report_id, {})[reader] = e.entities
    for r in reports:
        key = getattr(r, "report_id", "")
        yield Study(r, found.get(key, Extraction(key)), links.get(key, ()), marks, read.get(key, {}))


def _loaded(folder: Path, options: BuildOptions) -> Any:
    """The shards of a folder as a `datasets.DatasetDict` in memory."""
    import pyarrow as pa
    from datasets import Dataset, DatasetDict, DatasetInfo

    info = DatasetInfo(features=options.made_task().features())
    return DatasetDict(
        {
            split: Dataset(pa.concat_tables([read_shard(p) for p in paths]), info=info)
            for split, paths in shards_of(folder).items()
        }
    )
