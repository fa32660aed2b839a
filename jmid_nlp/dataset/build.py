"""From de-identified reports, findings and links to a labelled `datasets.DatasetDict` that may be handed on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jmid_nlp.dataset.check import check_dataset
from jmid_nlp.dataset.duplicates import near_duplicates
from jmid_nlp.dataset.split import SPLITS, Groups, assign, check_ratios
from jmid_nlp.dataset.tasks import Row, Study, Task, task_named
from jmid_nlp.errors import LeakError, NotDeidentifiedError
from jmid_nlp.schema import Alignment, AnnotationRecord, DeidReport, Extraction

# Of two near-duplicates in different splits the one in the earlier of these is left out.
_LEAVE_OUT_FIRST = {"train": 0, "validation": 1, "test": 2}


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
    """

    task: str = "grounding"
    ratios: tuple[float, float, float] = (0.8, 0.1, 0.1)
    salt: str = "jmid"
    label_set: str = "ct_rate18"
    label_names: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    linked: tuple[tuple[str, str], ...] = ()
    similarity: float = 0.9


def build(
    reports: Iterable[DeidReport],
    extractions: Iterable[Extraction],
    alignments: Iterable[Alignment] = (),
    annotations: Iterable[AnnotationRecord] = (),
    *,
    options: BuildOptions | None = None,
    opted_out: Callable[[str | None], bool] | None = None,
) -> tuple[Any, dict[str, Any]]:
    """Build the dataset and its manifest.

    Args:
        reports: De-identified reports; raw ones are refused.
        extractions: What was read from each report's de-identified text, by report id.
        alignments: Links per report, by study id = report id.
        annotations: The marks the links point to.
        options: See `BuildOptions`.
        opted_out: True for a patient key (as it stands in the reports) to leave out before anything else.

    Returns:
        A `datasets.DatasetDict` and a manifest with counts, split policy and versions.

    Raises:
        NotDeidentifiedError: A report is not a `DeidReport`.
        LeakError: The finished dataset leaks between splits; nothing should be written then.
    """
    options = options or BuildOptions()
    check_ratios(options.ratios)
    task = task_named(options.task, label_set=options.label_set, label_names=options.label_names)
    kept, flow = _admit(reports, opted_out)
    studies = _studies(kept, extractions, alignments, annotations)
    split = _split(studies, options)
    split, dropped = _without_duplicates(studies, split, options.similarity)
    flow["near_duplicates_left_out"] = dropped
    rows: dict[str, list[Row]] = {name: [] for name in SPLITS}
    for study in studies:
        if (name := split.get(study.report.report_id)) is not None:
            rows[name] += task.rows(study)
    if leaks := check_dataset(rows, opted_out=opted_out, similarity=options.similarity):
        raise LeakError(f"the dataset would leak in {len(leaks)} places; the first: {leaks[0]}")
    return _as_dataset(rows, task), _manifest(rows, studies, split, flow, options)


def _admit(
    reports: Iterable[DeidReport], opted_out: Callable[[str | None], bool] | None
) -> tuple[list[DeidReport], dict[str, int]]:
    kept, left_out, total = [], 0, 0
    for report in reports:
        if not isinstance(report, DeidReport):
            raise NotDeidentifiedError("datasets are built from de-identified reports only; call deidentify() first")
        total += 1
        if opted_out is not None and opted_out(report.patient_id):
            left_out += 1
        else:
            kept.append(report)
    return sorted(kept, key=lambda r: r.report_id), {"reports_in": total, "opted_out": left_out}


def _studies(
    reports: Sequence[DeidReport],
    extractions: Iterable[Extraction],
    alignments: Iterable[Alignment],
    annotations: Iterable[AnnotationRecord],
) -> list[Study]:
    found = {e.report_id: e for e in extractions}
    links = {a.study_id: a.pairs for a in alignments}
    marks = {a.annotation_id: a for a in annotations}
    return [
        Study(r, found.get(r.report_id, Extraction(r.report_id)), links.get(r.report_id, ()), marks) for r in reports
    ]


def _patient(study: Study) -> str:
    """The patient's key; a report that names no patient is a patient of its own."""
    return study.report.patient_id or f"report:{study.report.report_id}"


def _split(studies: Sequence[Study], options: BuildOptions) -> dict[str, str]:
    groups = Groups.of(((_patient(s), s.report.row.get("study_uid")) for s in studies), options.linked)
    patients = sorted({_patient(s) for s in studies})
    split = assign(patients, groups, salt=options.salt, ratios=options.ratios, fixed=options.fixed)
    return {s.report.report_id: split[_patient(s)] for s in studies}


def _without_duplicates(
    studies: Sequence[Study], split: Mapping[str, str], similarity: float
) -> tuple[dict[str, str], int]:
    """Splits without reports whose near-duplicate lies in another split; the copy in the later split stays."""
    kept = dict(split)
    ids = [s.report.report_id for s in studies]
    for i, j in near_duplicates([s.report.text for s in studies], threshold=similarity):
        if ids[i] in kept and ids[j] in kept and kept[ids[i]] != kept[ids[j]]:
            del kept[min(ids[i], ids[j], key=lambda r: _LEAVE_OUT_FIRST[kept[r]])]
    return kept, len(split) - len(kept)


def _as_dataset(rows: Mapping[str, list[Row]], task: Task) -> Any:
    from datasets import Dataset, DatasetDict

    features = task.features()
    columns = {name: {c: [row[c] for row in part] for c in features} for name, part in rows.items()}
    return DatasetDict({name: Dataset.from_dict(values, features=features) for name, values in columns.items()})


def _manifest(
    rows: Mapping[str, list[Row]],
    studies: Sequence[Study],
    split: Mapping[str, str],
    flow: Mapping[str, int],
    options: BuildOptions,
) -> dict[str, Any]:
    from jmid_nlp.lexicon import lexicon_version
    from jmid_nlp.version import __version__

    by_split = {
        name: {
            "patients": len({_patient(s) for s in studies if split.get(s.report.report_id) == name}),
            "reports": sum(split.get(s.report.report_id) == name for s in studies),
            "rows": len(rows[name]),
        }
        for name in SPLITS
    }
    provenance = dict(studies[0].report.provenance) if studies else {}
    return {
        "task": options.task,
        "splits": by_split,
        "flow": dict(flow),
        "split_policy": {"salt": options.salt, "ratios": list(options.ratios), "similarity": options.similarity},
        "labels": _balance(rows, options),
        "versions": {"jmid_nlp": __version__, "lexicons": lexicon_version()},
        "deidentification": provenance,
    }


def _balance(rows: Mapping[str, list[Row]], options: BuildOptions) -> dict[str, dict[str, int]]:
    """How often each value of each label (or each concept, stage, entity type) occurs, over all splits."""
    counts: dict[str, dict[str, int]] = {}
    columns = {"classification": options.label_names, "grounding": ("label", "certainty"), "staging": ("T", "N", "M")}
    for part in rows.values():
        for row in part:
            for column in columns.get(options.task, ()):
                value = counts.setdefault(column, {})
                value[str(row[column])] = value.get(str(row[column]), 0) + 1
            for kind, key in (("entities", "type"), ("spans", "category")):
                for span in row.get(kind, ()):
                    value = counts.setdefault(key, {})
                    value[span[key]] = value.get(span[key], 0) + 1
    return {column: dict(sorted(values.items())) for column, values in sorted(counts.items())}
