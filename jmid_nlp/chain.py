"""The whole chain in one call: opt-outs out, de-identify, extract, read annotations, align; ready to build a dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jmid_nlp.api as api
from jmid_nlp.dataset.optout import OptOut
from jmid_nlp.tables import Alignments, Annotations, DeidReports, Extractions, Reports


@dataclass(frozen=True, slots=True)
class Chain:
    """What each stage gave.

    Args:
        reports: The reports as read, without opted-out patients.
        safe: The same reports de-identified.
        extractions: What was read from the de-identified texts.
        annotations: The marks, their ids mapped like the reports'.
        alignments: The links.
        opted_out: Number of reports left out on opt-out.
        unbuilt: Reports that could not be built, as `build` found them.
    """

    reports: Reports
    safe: DeidReports
    extractions: Extractions
    annotations: Annotations
    alignments: Alignments
    opted_out: int
    unbuilt: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def failed(self) -> list[Mapping[str, Any]]:
        """Rows and files that could not be treated, and reports of which `build` could make nothing."""
        return [*self.safe.failed, *self.annotations.failed, *self.unbuilt]

    def build(self, *, task: str, label_set: str = "ct_rate18", salt: str = "jmid") -> Any:
        """The labelled dataset of a task; see `api.build_dataset`."""
        dataset = api.build_dataset(
            self.safe, self.extractions, self.alignments, self.annotations, task=task, label_set=label_set, salt=salt
        )
        self.unbuilt.extend(row for row in dataset.failed if row not in self.unbuilt)
        dataset.manifest["flow"]["opted_out"] += self.opted_out
        dataset.manifest["flow"]["reports_in"] += self.opted_out
        return dataset

    def list_failed(self, path: Path) -> None:
        """Write what failed as JSONL; without failures no file is left."""
        path.unlink(missing_ok=True)
        if self.failed:
            lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in self.failed]
            path.write_text("".join(lines), encoding="utf-8")


def run_chain(
    source: Path,
    annotations: Path | None = None,
    *,
    policy: Any = "kamei",
    key: Any = None,
    opt_out: Path | None = None,
    encoding: str = "auto",
) -> Chain:
    """Run all stages over an extract that fits into memory.

    Args:
        source: Reports with their identifiers.
        annotations: Annotation file or folder.
        policy: See `api.deidentify`.
        key: See `api.deidentify`.
        opt_out: Text file with ids of patients to leave out, or keyed hashes of them; see `dataset.optout`.
        encoding: Encoding of text input.
    """
    read = api.read_reports(source, encoding=encoding)
    left_out = OptOut.read(opt_out, key=key) if opt_out else OptOut()
    reports = Reports([r for r in read if not left_out(r.patient_id)], failed=read.failed)
    treat = api.deidentifier(policy, key=key)
    safe = api.deidentify_with(reports, treat)
    extractions = api.extract(safe)
    patients = {r.study_uid: r.patient_id for r in reports if r.study_uid and r.patient_id}
    marks = api.read_annotations(annotations, deidentifier=treat, patients=patients) if annotations else Annotations()
    alignments = api.align(extractions, marks, safe)
    return Chain(reports, safe, extractions, marks, alignments, len(read) - len(reports))


def deid_job(
    source: Path,
    *,
    policy: str | Path = "kamei",
    key: Any = None,
    opt_out: Path | None = None,
    decisions: Path | None = None,
    propagate: bool = False,
    own: Any = None,
    date_shift_days: Mapping[str, int] | None = None,
    uids: Any = None,
    workers: int = 1,
    encoding: str = "auto",
) -> Any:
    """The job that de-identifies the rows of a file, with what a reviewer decided and what other reports prove.

    Args:
        source: The input file or folder; read here where `propagate` asks for a first pass over it.
        policy: As in `api.deidentify`.
        key: As in `api.deidentify`.
        opt_out: File of patient ids to leave out, or of keyed hashes of them.
        decisions: File of a reviewer's decisions, see `deid.decisions`.
        propagate: True to look for what one report of a patient proves in the patient's other reports.
        own: The detector, such as a `deid.lists.OwnDetector` with a site's lists; the package's own where None.
        date_shift_days: As in `api.deidentify`.
        uids: As in `api.deidentifier`.
        workers: Number of processes of the first pass.
        encoding: Encoding of text input.

    Returns:
        A `batch.job.DeidJob` for `batch.run.run_job`.
    """
    from jmid_nlp.batch.collect import collect
    from jmid_nlp.batch.job import DeidJob
    from jmid_nlp.deid.decisions import Decided, Decisions
    from jmid_nlp.deid.propagation import Propagated

    detector = own
    more: dict[str, Any] = {"key": key, "date_shift_days": date_shift_days, "uids": uids}
    api.deidentifier(policy, **more)  # a wrong policy or key is told before the first pass
    listed = OptOut.read(opt_out, key=key) if opt_out else None
    if propagate:
        book = collect(source, opt_out=listed, detector=detector, workers=workers, encoding=encoding)
        detector = Propagated(book, detector)
    if decisions is not None:
        detector = Decided(Decisions.read(decisions), detector)
    return DeidJob(api.deidentifier(policy, detector=detector, **more), listed)
