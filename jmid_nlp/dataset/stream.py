"""Build a dataset from a stream of studies: memory holds a few numbers a study, everything else lies in files.

One pass admits the studies and stores their rows by bucket; then splits and near-duplicates are decided from the numbers;
then each shard is read, sorted by report id and written. The result does not depend on the order of the input.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jmid_nlp.dataset.agreement import Agreement
from jmid_nlp.dataset.check import check_dataset
from jmid_nlp.dataset.ledger import LEFT_OUT, Ledger, group_key
from jmid_nlp.dataset.shards import (
    ShardRows,
    content_version,
    describe_for_loading,
    encoder,
    shard_path,
    shards_of,
    to_table,
    write_shard,
)
from jmid_nlp.dataset.split import BUCKETS, SPLITS, check_ratios
from jmid_nlp.dataset.spool import Record
from jmid_nlp.dataset.stratify import balanced_salt
from jmid_nlp.dataset.tally import Tally, columns_of, values_of
from jmid_nlp.dataset.tasks import Row, Study, Task, task_named
from jmid_nlp.errors import InputError, LeakError, NotDeidentifiedError
from jmid_nlp.progress import progress
from jmid_nlp.schema import DeidReport

OptedOut = Callable[[str | None], bool]
_CHECKED = ("id", "patient_id", "study_uid", "text")


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How a dataset is built.

    Args:
        task: `entities`, `classification`, `grounding`, `staging` or `deid`.
        ratios: Shares of train, validation and test.
        salt: Names the splitting; the same salt gives the same splits, also when the data have grown.
        label_set: The label set of a classification task.
        label_names: Its labels, in the order of the columns.
        fixed: Patients whose split is given.
        linked: Pairs of patients that belong together, such as mother and child.
        similarity: From which similarity two texts in different splits count as duplicates.
        stratify: Choose among 64 salts made from `salt` the one whose splits are most alike in their labels. The manifest
            names it; give that one as `salt` later, so that nobody moves when data are added.
        layout: `parquet`, or `datasets` for what `datasets.load_from_disk` reads.
        shards: Number of shards by bucket, of which one opt-out rewrites one; None for one up to 2,000 studies and then as
            many as hold about 500 studies each, 256 at most.
        opt_out_date: Date of the opt-out list, for the card.
    """

    task: str = "grounding"
    ratios: tuple[float, float, float] = (0.8, 0.1, 0.1)
    salt: str = "jmid"
    label_set: str = "ct_rate18"
    label_names: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    linked: tuple[tuple[str, str], ...] = ()
    similarity: float = 0.9
    stratify: bool = False
    layout: str = "parquet"
    shards: int | None = None
    opt_out_date: str | None = None

    def made_task(self) -> Task:
        """The task with its label set.

        Raises:
            InputError: There is no such task.
        """
        return task_named(self.task, label_set=self.label_set, label_names=self.label_names)


@dataclass(frozen=True, slots=True)
class Built:
    """What a build gave: its manifest, and the studies that could not be built (id, field, reason; no text)."""

    manifest: dict[str, Any]
    failed: tuple[dict[str, Any], ...] = ()


def build_stream(
    studies: Iterable[Study],
    folder: Path,
    *,
    options: BuildOptions | None = None,
    opted_out: OptedOut | None = None,
    flow: Mapping[str, int] | None = None,
    finish: Callable[[Path], object] | None = None,
) -> Built:
    """Build a dataset into a folder from studies that are seen once.

    Args:
        studies: The studies, in any order.
        folder: Folder to make; it may exist only if it is empty or holds an earlier dataset of this library.
        options: See `BuildOptions`.
        opted_out: True for a patient key (as it stands in the reports) to leave out before anything else.
        flow: Counts of what was left out before, added to those of the manifest; looked at when all studies are in.
        finish: Told the folder before it takes its place, such as to add an export.

    Returns:
        The manifest, which is also in the folder, and what failed.

    Raises:
        NotDeidentifiedError: A report is not a `DeidReport`.
        InputError: Options or folder cannot be used.
        LeakError: The finished dataset would leak between splits; nothing is written then.
    """
    from jmid_nlp.dataset.save import staged, write_manifest

    options = options or BuildOptions()
    check_ratios(options.ratios)
    if options.shards is not None and not 1 <= options.shards <= BUCKETS:
        raise InputError(f"shards must be from 1 to {BUCKETS}")
    with staged(folder) as ready, tempfile.TemporaryDirectory(prefix=".spool-", dir=folder.parent) as spool:
        build = _Build(options, Ledger(Path(spool), salt=options.salt))
        build.admit(studies, opted_out)
        manifest = build.write(ready)
        parts = {name: ShardRows(paths, _CHECKED) for name, paths in shards_of(ready).items()}
        if leaks := check_dataset(parts, opted_out=opted_out, similarity=options.similarity):
            raise LeakError(f"the dataset would leak in {len(leaks)} places; the first: {leaks[0]}")
        for name, count in (flow or {}).items():
            manifest["flow"][name] += count
        write_manifest(manifest, ready)
        if finish is not None:
            finish(ready)
    return Built(manifest, tuple(sorted(build.failed, key=lambda f: (f["id"], f["reason"]))))


class _Build:
    """One build: what has come in, what failed, what is counted."""

    def __init__(self, options: BuildOptions, ledger: Ledger) -> None:
        self.options, self.ledger, self.task = options, ledger, options.made_task()
        self.features = self.task.features()
        self.columns = columns_of(options.task, options.label_names)
        self.shards = 1
        self.failed: list[dict[str, Any]] = []
        self.flow = Counter({"reports_in": 0, "opted_out": 0, "without_rows": 0})
        self.agreement = Agreement()
        self.provenance: Counter[tuple[str, str]] = Counter()

    def admit(self, studies: Iterable[Study], opted_out: OptedOut | None) -> None:
        """Take all studies in; one that cannot be used is listed and the others go on."""
        encode = encoder(self.features)
        with progress(total=None, title="read") as bar:
            for study in studies:
                bar.update(1)
                report = study.report
                if not isinstance(report, DeidReport):
                    raise NotDeidentifiedError(
                        "datasets are built from de-identified reports only; call deidentify() first"
                    )
                self.flow["reports_in"] += 1
                if opted_out is not None and opted_out(report.patient_id):
                    self.flow["opted_out"] += 1
                    continue
                try:
                    record = _record(study, self.task)
                    for row in record.full_rows():
                        encode(row)
                    self.ledger.admit(record)
                except UnicodeEncodeError:
                    self._fail(report.report_id, "text", "holds characters that are no Unicode text")
                # a foreign error's message may hold text: its kind is told, its message is not
                except Exception as error:
                    self._fail(report.report_id, "row", f"cannot be built ({type(error).__name__})")
                else:
                    self.agreement.add(study)
                    self.provenance.update((k, str(v)) for k, v in report.provenance.items())

    def _fail(self, report_id: str, where: str, reason: str) -> None:
        self.failed.append({"id": report_id, "field": where, "reason": reason})

    def write(self, folder: Path) -> dict[str, Any]:
        """Decide where each study goes, write the shards and return the manifest."""
        import numpy as np

        options, ledger = self.options, self.ledger
        doubles = ledger.doubles()
        for n in doubles:
            self._fail(ledger.spool.read([n])[0].report_id, "id", "stands twice; ids must be unique")
        salt = options.salt
        if options.stratify:
            salt = balanced_salt(ledger, options.salt, options.ratios, self._labels_of)
        splits, buckets = ledger.place(
            ratios=options.ratios,
            linked=options.linked,
            fixed=options.fixed,
            split_salt=None if salt == options.salt else salt,
        )
        splits[doubles] = LEFT_OUT
        dropped = ledger.duplicates(splits, options.similarity)
        splits[dropped] = LEFT_OUT
        ledger.close()
        self.shards = options.shards or _shards_for(len(ledger))
        shards = buckets * self.shards // BUCKETS
        order = np.lexsort((splits, shards))
        files, tally = self._write_shards(folder, order, splits, shards)
        if options.layout == "datasets":
            describe_for_loading(folder, self.features, content_version(files))
        self.flow["near_duplicates_left_out"] = int(dropped.sum())
        return self._manifest(tally, files, salt)

    def _labels_of(self, record: Record) -> list[tuple[str, str]]:
        return [pair for row in record.rows for pair in values_of(row, self.columns)]

    def _write_shards(self, folder: Path, order: Any, splits: Any, shards: Any) -> tuple[dict[str, str], Tally]:
        import numpy as np

        files: dict[str, str] = {}
        tally = Tally(self.columns)
        with progress(total=len(order), title="write") as bar:
            numbers, starts = np.unique(shards[order], return_index=True)
            parts = np.split(order, starts[1:]) if len(order) else []  # splitting nothing gives one empty part
            for shard, own in zip(numbers.tolist(), parts, strict=True):
                for place, split in enumerate(SPLITS):
                    members = own[splits[own] == place].tolist()
                    if members:
                        self._write_shard(folder, split, shard, members, files, tally)
                bar.update(len(own))
        for split in SPLITS:  # a split without rows needs a shard, too, or the folder cannot be loaded
            if not any(name.startswith(split + "/") for name in files):
                self._store(folder, split, 0, to_table([], self.features), files)
        return files, tally

    def _write_shard(
        self, folder: Path, split: str, shard: int, members: list[int], files: dict[str, str], tally: Tally
    ) -> None:
        records = sorted(self.ledger.spool.read(members), key=lambda r: r.report_id)
        rows = [row for r in records for row in r.full_rows()]
        try:
            table = to_table(rows, self.features)
        except Exception:  # a number out of range or of the wrong kind: the row at fault is found and listed
            records = [r for r in records if self._fits(r)]
            rows = [row for r in records for row in r.full_rows()]
            table = to_table(rows, self.features)
        patients = len({group_key(r.patient) for r in records if r.rows})
        tally.add(split, rows, patients=patients, reports=sum(bool(r.rows) for r in records))
        self.flow["without_rows"] += sum(not r.rows for r in records)
        if rows:
            self._store(folder, split, shard, table, files)

    def _fits(self, record: Record) -> bool:
        try:
            to_table(record.full_rows(), self.features)
        except Exception as error:
            self._fail(record.report_id, "row", f"cannot be stored ({type(error).__name__})")
            return False
        return True

    def _store(self, folder: Path, split: str, shard: int, table: Any, files: dict[str, str]) -> None:
        path = shard_path(folder, split, shard, self.shards, self.options.layout)
        files[path.relative_to(folder).as_posix()] = write_shard(table, path)

    def _manifest(self, tally: Tally, files: Mapping[str, str], salt: str) -> dict[str, Any]:
        from jmid_nlp.lexicon import lexicon_version
        from jmid_nlp.version import __version__

        options = self.options
        policy = {"salt": salt, "ratios": list(options.ratios), "similarity": options.similarity}
        policy |= {"fixed_patients": len(options.fixed), "linked_pairs": len(options.linked)}
        provenance: dict[str, list[str]] = {}
        for key, value in sorted(self.provenance):
            provenance.setdefault(key, []).append(value)
        dated = {"opt_out_date": options.opt_out_date} if options.opt_out_date else {}
        return dated | {
            "task": options.task,
            "layout": options.layout,
            "shards": self.shards,
            "label_names": list(options.label_names),
            "splits": tally.splits,
            "flow": {**self.flow, "failed": len(self.failed)},
            "split_policy": policy,
            "labels": tally.labels(),
            "agreement": self.agreement.summary(),
            "versions": {"jmid_nlp": __version__, "lexicons": lexicon_version()},
            "deidentification": {key: ", ".join(values) for key, values in provenance.items()},
            "files": dict(sorted(files.items())),
            "version": content_version(files),
        }


def _shards_for(studies: int) -> int:
    return 1 if studies <= 2000 else min(256, 1 << (studies // 500).bit_length())


def _record(study: Study, task: Task) -> Record:
    """The study as it is spooled.

    Raises:
        UnicodeEncodeError: The text cannot be written.
    """
    report = study.report
    report.text.encode()
    rows: list[Row] = task.rows(study)
    study_uid = report.row.get("study_uid")
    patient = report.patient_id or f"report:{report.report_id}"  # who names no patient is a patient of its own
    bare = [{k: v for k, v in row.items() if k != "text"} for row in rows]
    return Record(report.report_id, patient, None if study_uid is None else str(study_uid), report.text, bare)
