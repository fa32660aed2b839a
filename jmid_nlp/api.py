"""The public functions, in the order of the chain: read, detect, de-identify, extract, align, build."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmid_nlp.errors import InputError, JmidError, NotDeidentifiedError, PolicyError, RowError
from jmid_nlp.schema import Alignment, AnnotationRecord, DeidReport, Extraction, Identifier, Report
from jmid_nlp.sources import key_path, numbered, text_of
from jmid_nlp.tables import Alignments, Annotations, DeidReports, Extractions, FindingsTable, Reports

if TYPE_CHECKING:
    from jmid_nlp.dataset.optout import OptOut
    from jmid_nlp.deid.detect import Mode
    from jmid_nlp.terminology import Terminology


def sample() -> Path:
    """Folder of the bundled sample extract: invented reports of fictitious hospitals, with annotations and an opt-out list."""
    from importlib.resources import files

    return Path(str(files("jmid_nlp").joinpath("sample")))


def read_reports(source: Any, *, encoding: str = "auto") -> Reports:
    """Read reports.

    Args:
        source: A `.jsonl`, `.csv`, `.tsv` or `.parquet` file, a folder of such files, a pandas or Arrow table, a
            `datasets.Dataset`, or any iterable of dicts. Each row needs `text` and `id` (or `report_id`).
        encoding: Encoding of text files; `auto` takes UTF-8, else CP932.

    Returns:
        The reports; rows that cannot be used are listed in its `failed`, with id, row, field and reason.

    Raises:
        InputError: The source as a whole cannot be read, or no row has the columns that each row needs.
    """
    from jmid_nlp.batch.job import failure
    from jmid_nlp.batch.rows import parse_report, unusable

    reports, failed, seen = [], [], set()
    for number, row in numbered(source, encoding):
        try:
            if isinstance(row, RowError):
                raise row
            report = parse_report(row, number=number)
            if report.report_id in seen:
                raise RowError(
                    row=number, field="id", reason="stands twice; ids must be unique", row_id=report.report_id
                )
        except RowError as error:
            failed.append(failure(error))
        else:
            seen.add(report.report_id)
            reports.append(report)
    if not reports and (first := unusable(failed)) is not None:
        raise InputError(f"none of the {len(failed)} rows can be used; field {first['field']!r} {first['reason']}")
    return Reports(reports, failed=failed)


def _records(source: Any) -> Any:
    """Reports as they are; a path, a table or a list of dicts is read first."""
    if isinstance(source, str | Path) or hasattr(source, "columns") or hasattr(source, "to_pylist"):
        return read_reports(source)
    if isinstance(source, Report | DeidReport):
        return [source]
    if isinstance(source, Mapping):
        return read_reports([source])
    if isinstance(source, list | tuple) and source and isinstance(source[0], Mapping):
        return read_reports(source)
    if not isinstance(source, Iterable):
        raise InputError(f"reports are wanted, not {type(source).__name__}; read_reports makes them")
    return source


def detect(report: str | Report | DeidReport, *, mode: Mode = "accurate") -> tuple[Identifier, ...]:
    """Personal identifiers in a text or report, as offsets; a report's own identifiers sharpen the search.

    Args:
        report: A text or a report.
        mode: "accurate" for rules and both trained models, "balanced" for rules and the small one, "fast" for rules.
    """
    from jmid_nlp.deid.detect import DetectOptions
    from jmid_nlp.deid.detect import detect as run

    options = None if mode == "accurate" else DetectOptions(mode=mode)
    return run(text_of(report), known=report if isinstance(report, Report) else None, options=options)


def deidentify(
    reports: Iterable[Report] | str | Path,
    *,
    policy: str | Path | Any = "kamei",
    key: Any = None,
    opt_out: OptOut | str | Path | Iterable[str] = (),
    date_shift_days: Mapping[str, int] | None = None,
) -> DeidReports:
    """Remove or replace the personal identifiers of reports, in their text and in their record.

    Args:
        reports: Reports, or a path, table or list of dicts that `read_reports` takes.
        policy: `kamei`, `tokumei`, `jisedai-kamei`, `hipaa`, the path of an own policy in TOML, or a `Policy`.
        key: A `Key`, the path of a key file, or None to take the environment variable JMID_KEY where the policy needs one.
        opt_out: Patients whose reports are left out first: a file with one id a line, ids, or keyed hashes of them
            (`dataset.optout.keyed_hash`).
        date_shift_days: Shift of dates per patient id, in days, to agree with images shifted elsewhere.

    Returns:
        The treated reports; a report that could not be treated is withheld and listed in `failed`.

    Raises:
        PolicyError: The policy cannot be used.
        KeyMaterialError: The policy needs a key and there is none, or it is too short.
    """
    from jmid_nlp.dataset.optout import OptOut

    source = _records(reports)
    left_out = OptOut.of(opt_out, key=key_path(key) if isinstance(key, str) else key)
    source = Reports(source, failed=getattr(source, "failed", ()))
    if not all(isinstance(r, Report) for r in source):
        raise InputError("reports are wanted, not texts or other values; read_reports makes them from rows with an id")
    kept = Reports([r for r in source if not left_out(r.patient_id)], failed=getattr(source, "failed", ()))
    return deidentify_with(kept, deidentifier(policy, key=key, date_shift_days=date_shift_days))


def deidentify_with(reports: Reports, treat: Any) -> DeidReports:
    """`deidentify` with a callable that `deidentifier` made."""
    safe, failed = [], list(reports.failed)
    for number, report in enumerate(reports):
        try:
            safe.append(treat(report))
        except PolicyError:
            raise  # a column that the policy does not know stops the run: no report would be safe
        # fail closed: the report is withheld and the others go on; a foreign error's message may hold text
        except Exception as error:
            reason = str(error) if isinstance(error, JmidError) else f"could not be treated ({type(error).__name__})"
            failed.append({"id": report.report_id, "row": number, "field": "row", "reason": reason})
    return DeidReports(safe, failed=failed)


def deidentifier(
    policy: str | Path | Any,
    *,
    key: Any = None,
    date_shift_days: Mapping[str, int] | None = None,
    detector: Any = None,
    uids: Callable[[str], str | None] | None = None,
) -> Any:
    """The callable behind `deidentify`: treats one `Report`, gives a `DeidReport`; picklable for workers.

    Args:
        policy: As in `deidentify`.
        key: As in `deidentify`.
        date_shift_days: As in `deidentify`.
        detector: `detector(text, known=Report | None)` in the place of the package's own, such as `deid.decisions.Decided`.
        uids: New UIDs that another de-identifier gave, such as `deid.uids.UidTable.read(path)`; asked before the key.
    """
    from jmid_nlp.deid.deidentify import Deidentifier
    from jmid_nlp.deid.keys import Key, load_key
    from jmid_nlp.deid.policy import load_policy

    rules = load_policy(policy) if isinstance(policy, str | Path) else policy
    if not hasattr(rules, "key"):
        raise PolicyError(f"a policy's name, path or Policy is wanted, not {type(policy).__name__}")
    if rules.key == "ephemeral":
        secret = None
    elif isinstance(key, Key):
        secret = key
    else:
        secret = load_key(key_file=key_path(key) if key is not None else None)
    return Deidentifier(rules, secret, date_shift_days=date_shift_days, detector=detector, uids=uids)


def extract(
    reports: Iterable[Report | DeidReport | str], *, edition: int = 8, terminologies: Iterable[Terminology] = ()
) -> Extractions:
    """Entities, findings, lung-cancer TNM and label sets of reports.

    Args:
        reports: Reports, de-identified or not, a table of them, one text, or plain texts (which get their position as id).
        edition: Edition of the TNM classification, 8 or 9.
        terminologies: What `terminology.read_icd10` and `read_radlex` read from the user's own files: findings get their
            codes, and their synonyms of our words are known.
    """
    from jmid_nlp.findings.extract import Extractor

    run = Extractor(edition, terminologies=tuple(terminologies))
    source = [reports] if isinstance(reports, str) else _records(reports)
    held = list(source)
    found = (run(r, str(n)) if isinstance(r, str) else run(text_of(r), r.report_id) for n, r in enumerate(held))
    return Extractions(found, reports=held)


def findings(source: Any) -> FindingsTable:
    """The findings of one text, report or spaCy Doc, as a table that shows itself in a notebook."""
    from jmid_nlp.findings.extract import extract as run

    text = text_of(source)
    return FindingsTable(run(text).findings, source=source if isinstance(source, Report | DeidReport) else text)


def read_annotations(
    path: str | Path, *, deidentifier: Any = None, patients: Mapping[str, str] | None = None
) -> Annotations:
    """Read image annotations from a file or a folder of mixed files, told apart by their content.

    Args:
        path: DICOM SR, SEG or RTSTRUCT, COCO, JSON, JSONL or CSV, or a folder of these.
        deidentifier: Where reports were de-identified with a key: the same callable (`api.deidentifier`), so that UIDs
            and patient ids of the marks are mapped the way the reports' were.
        patients: Patient id by study UID in the source, so that the dates of marks can be shifted with their patient's.

    Raises:
        FileFormatError: A single file cannot be read; in a folder such files are listed in `failed` instead.
    """
    from jmid_nlp.annotations import read_annotations as read

    found = read(Path(path))
    records = list(found)
    failed = [{"file": str(p)} for p in getattr(found, "problems", ())]
    if deidentifier is not None:
        from jmid_nlp.deid.marks import treat_annotation

        records = [treat_annotation(r, deidentifier, patients=patients) for r in records]
    return Annotations(records, failed=failed)


def align(
    extractions: Iterable[Extraction],
    annotations: Iterable[AnnotationRecord],
    reports: Iterable[Report | DeidReport],
) -> Alignments:
    """Match the findings of each report with the annotations of the same study.

    Args:
        extractions: What was read from the reports.
        annotations: The marks; those of studies without a report stay unmatched.
        reports: The same reports, for their study UIDs and texts.

    Returns:
        One alignment a report that belongs to a study; links carry a score and the reasons in words.
    """
    from jmid_nlp.align.match import align as run

    annotations, extractions, reports = list(annotations), list(extractions), list(reports)
    marks: dict[str | None, list[AnnotationRecord]] = {}
    for mark in annotations:
        marks.setdefault(mark.study_uid, []).append(mark)
    found = {e.report_id: e for e in extractions}
    aligned: list[Alignment] = []
    for report in reports:
        plain = as_report(report)
        if plain.report_id in found and plain.study_uid in marks:
            own = marks[plain.study_uid]
            aligned.append(run(plain.report_id, plain, found[plain.report_id].findings, own))
    return Alignments(aligned, reports=reports, extractions=extractions, annotations=annotations)


def as_report(report: Report | DeidReport) -> Report:
    """The fields of a report that later stages look at, whichever kind it is."""
    if isinstance(report, Report):
        return report
    return Report(
        report_id=report.report_id,
        text=report.text,
        study_uid=_string(report.row.get("study_uid")),
        patient_id=report.patient_id,
        modality=_string(report.row.get("modality")),
        exam_date=_string(report.row.get("exam_date")),
    )


def _string(value: Any) -> str | None:
    return None if value is None else str(value)


def build_dataset(
    reports: Sequence[DeidReport],
    extractions: Iterable[Extraction],
    alignments: Iterable[Alignment] = (),
    annotations: Iterable[AnnotationRecord] = (),
    *,
    task: str = "grounding",
    label_set: str | Path = "ct_rate18",
    ratios: tuple[float, float, float] = (0.8, 0.1, 0.1),
    salt: str = "jmid",
    opt_out: OptOut | str | Path | Iterable[str] = (),
    fixed: Mapping[str, str] | None = None,
    linked: Iterable[tuple[str, str]] = (),
    stratify: bool = False,
    readings: Mapping[str, Iterable[Extraction]] | None = None,
) -> Any:
    """Build a labelled `datasets.DatasetDict` with patient-safe splits.

    Args:
        reports: De-identified reports; raw ones are refused.
        extractions: What was read from their text.
        alignments: Links, for the task `grounding`.
        annotations: The marks the links point to.
        task: `entities`, `classification`, `grounding`, `staging` or `deid`.
        label_set: Label set of a classification: a shipped one by name, or the path of an own one in TOML.
        ratios: Shares of train, validation and test.
        salt: Names the splitting; the same salt keeps each patient in its split when data are added.
        opt_out: Patient keys, as they stand in the de-identified reports, to leave out first, or a file of them.
        fixed: Split by patient key where it is given, such as a published test list.
        linked: Pairs of patient keys that belong into one split, such as mother and child.
        stratify: Choose among 64 salts made from `salt` the one whose splits are most alike; the manifest names it.
        readings: Spans that people marked in the texts, by reader, for the figures of agreement in the card.

    Returns:
        A `datasets.DatasetDict`; its `save_to_disk` writes the card and the manifest beside the data, its `failed` lists
        reports that could not be built.

    Raises:
        NotDeidentifiedError: Raw reports were given.
        LeakError: The dataset would leak between splits.
    """
    from jmid_nlp.dataset.build import build
    from jmid_nlp.dataset.optout import OptOut
    from jmid_nlp.dataset.save import with_card

    if any(isinstance(r, Report) for r in reports):
        raise NotDeidentifiedError("datasets are built from de-identified reports only; call deidentify() first")
    options, relabel = dataset_options(task, label_set)
    options = replace(
        options, ratios=ratios, salt=salt, fixed=dict(fixed or {}), linked=tuple(linked), stratify=stratify
    )
    dataset, built = build(
        reports,
        [relabel(e) for e in extractions],
        alignments,
        annotations,
        options=options,
        opted_out=OptOut.of(opt_out),
        readings=readings,
    )
    return with_card(dataset, built.manifest, built.failed)


def dataset_options(task: str, label_set: str | Path) -> tuple[Any, Callable[[Extraction], Extraction]]:
    """Options of a build for a task, and what an extraction has to go through to have the labels of the label set."""
    from jmid_nlp.dataset.stream import BuildOptions

    if task != "classification":
        return BuildOptions(task=task), lambda extraction: extraction
    from jmid_nlp.findings.labels import load_label_set

    labels = load_label_set(label_set)
    names = tuple(label.name for label in labels.labels)
    options = BuildOptions(task=task, label_set=labels.name, label_names=names)
    return options, lambda e: replace(e, labels={labels.name: labels.values(e.findings)})


def show(source: Any, *, identifiers: bool = True) -> Any:
    """Show a report with its findings, and its identifiers where it still has them, or a table of this library.

    In a notebook it is shown as HTML. Elsewhere it is printed, with colours where the terminal has them.

    Args:
        source: A `Report`, `DeidReport`, text or spaCy Doc, a table, or a dataset that `build_dataset` made.
        identifiers: False to leave identifiers unmarked.

    Returns:
        An object that shows itself as HTML in a notebook; its `html` is the same as a string.
    """
    from jmid_nlp.display import Shown, content_html, html_of
    from jmid_nlp.terminal import in_notebook, print_content
    from jmid_nlp.view import SHOWN_REPORTS, content_of

    content = content_of(source, identifiers=identifiers)
    content = replace(content, views=list(islice(content.views, SHOWN_REPORTS)))  # they are looked at twice
    if not in_notebook():
        print_content(content)
    return Shown(html_of(source) if hasattr(source, "manifest") else content_html(content))


def displacy_options() -> dict[str, Any]:
    """Options for spaCy's viewer: `displacy.render(doc, style="span", options=displacy_options())`.

    They hold colours for the labels of `doc.spans["entities"]`, `["identifiers"]` and `["findings"]`, and show the entities;
    for another group: `displacy_options() | {"spans_key": "identifiers"}`.
    """
    from jmid_nlp.lexicon import read_table

    colours = {row["label"]: row["colour"] for row in read_table("colours.tsv", ("label", "colour"))}
    return {"spans_key": "entities", "colors": colours}
