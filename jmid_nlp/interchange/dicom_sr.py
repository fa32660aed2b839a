"""Lesions of a de-identified report as a DICOM structured report (TID 1500), written with highdicom.

Each positive or suspicious finding is a measurement group, one a size where it has several: finding, site, laterality, sizes in
mm, certainty, change, and the images that it is on. Patient and study come from the report, never from the images.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmid_nlp.annotations.dicom import RTSTRUCT_CLASS, SEG_CLASSES, SR_CLASSES, integer, is_dicom, open_dicom, text
from jmid_nlp.errors import InputError, MissingExtraError
from jmid_nlp.interchange.codes import (
    OWN,
    Coded,
    axes,
    checked,
    code_of,
    finding_codes,
    site_codes,
    stable_uuid,
)
from jmid_nlp.schema import AnnotationRecord, DeidReport, Finding, ImageRef
from jmid_nlp.version import __version__
from jmid_nlp.wording import iso_date

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_TAGS = ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber"]
_NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
_NO_IMAGES = (SR_CLASSES, *SEG_CLASSES, RTSTRUCT_CLASS)
_MEANING = 64  # longest meaning of a code
_HEAD = 132  # bytes that tell a DICOM file


def document(
    report: DeidReport,
    findings: Sequence[Finding],
    images: Any,
    *,
    marks: Sequence[tuple[Finding, AnnotationRecord]] = (),
) -> Any:
    """A Comprehensive SR with the lesions of a report.

    Args:
        report: The de-identified report; it must still hold the study's UID.
        findings: The findings that were read from its text; denied and general ones are left out.
        images: The study's de-identified images: files, a folder, or pydicom datasets. Only UIDs and numbers are read.
        marks: Findings with the annotation that tells their image, such as `Alignments.marks` gives; they win over the series
            and image that the text names.

    Returns:
        A `pydicom` dataset; its `save_as(path)` writes it. The same input gives the same UIDs and bytes.

    Raises:
        NotDeidentifiedError: The report is no `DeidReport`.
        InputError: There is no lesion, no study UID, no image of the study, or an image that a finding refers to is missing.
        MissingExtraError: highdicom is not installed.
    """
    findings = tuple(findings)
    checked(report, findings)
    try:
        import highdicom as hd
    except ImportError:
        raise MissingExtraError('highdicom is not installed; pip install "jmid-nlp[dicom]"') from None
    lesions = [f for f in findings if f.certainty in ("positive", "suspicious")]
    if not lesions:
        raise InputError("no positive or suspicious finding to write; a structured report needs at least one")
    found = _Images(report, images)
    groups, used = [], []
    for finding in lesions:
        shown = found.of(finding, [a for f, a in marks if f == finding])
        used += shown
        groups += [_group(hd, report, finding, size, n, shown) for n, size in enumerate(finding.sizes_mm or ((),))]
    return _document(hd, report, groups, list({d.SOPInstanceUID: d for d in used}.values()) or found.headers[:1])


class _Images:
    """The headers of a study's images, looked up by series and image number or by UID."""

    def __init__(self, report: DeidReport, images: Any) -> None:
        study = report.row.get("study_uid")
        if not study:
            raise InputError("the report holds no study UID; choose a policy that keeps or maps it, such as kamei")
        self.headers = [d for d in map(_header, _datasets(images)) if d is not None]
        if not self.headers:
            raise InputError(f"no image among those given; DICOM files with {', '.join(_NEEDED)} are wanted")
        if any(d.StudyInstanceUID != str(study) for d in self.headers):
            raise InputError(
                "the images belong to another study than the report: their StudyInstanceUID is not the report's study_uid; "
                "give the images as they were de-identified with the same key"
            )
        self._by_uid = {d.SOPInstanceUID: d for d in self.headers}

    def of(self, finding: Finding, marks: Iterable[AnnotationRecord]) -> list[Dataset]:
        """The images that a finding is on."""
        known = [d for mark in marks for d in self._marked(mark)]
        return known or [
            d for ref in finding.image_refs if ref.image is not None for d in [self._written(finding, ref)]
        ]

    def _marked(self, mark: AnnotationRecord) -> list[Dataset]:
        if mark.sop_uid is not None:
            if mark.sop_uid not in self._by_uid:
                raise InputError(f"annotation {mark.annotation_id!r} is on an image that is not among those given")
            return [self._by_uid[mark.sop_uid]]
        first, last = mark.image_range or (mark.image_number, mark.image_number)
        if mark.series_number is None or first is None or last is None:
            return []
        return [d for n in range(first, last + 1) for d in self._numbered(mark.series_number, n)]

    def _written(self, finding: Finding, ref: ImageRef) -> Dataset:
        """The one image that the text names."""
        found = self._numbered(ref.series, ref.image)
        if len(found) == 1:
            return found[0]
        series = f"series {ref.series}, " if ref.series is not None else ""
        what = f"{len(found)} images of that number are" if found else "it is not"
        raise InputError(
            f"the finding at [{finding.start}, {finding.end}) refers to {series}image {ref.image}, and {what} among the "
            f"{len(self.headers)} images given: give that series' files (SeriesNumber, InstanceNumber, SOPInstanceUID are read), "
            "or say the image by its UID with marks=[(finding, annotation)], the annotation's sop_uid being the image's"
        )

    def _numbered(self, series: int | None, image: int | None) -> list[Dataset]:
        fits = [d for d in self.headers if integer(d, "InstanceNumber") == image]
        return [d for d in fits if series is None or integer(d, "SeriesNumber") == series]


def _datasets(images: Any) -> Iterator[Dataset]:
    if isinstance(images, str | Path):
        path = Path(images)
        images = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for image in images or ():
        if not isinstance(image, str | Path):
            yield image
        elif _is_dicom(Path(image)):
            yield open_dicom(Path(image), tags=_TAGS)


def _is_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return is_dicom(stream.read(_HEAD))
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read ({type(error).__name__})") from None


def _header(image: Any) -> Dataset | None:
    """What may be taken from an image: its UIDs and numbers; None where it is none."""
    from pydicom.dataset import Dataset

    out = Dataset()
    for tag in _TAGS:
        setattr(out, tag, text(image, tag))
    kind = str(out.SOPClassUID or "")
    return None if any(getattr(out, t) is None for t in _NEEDED) or kind.startswith(_NO_IMAGES) else out


def _group(
    hd: Any, report: DeidReport, finding: Finding, size: tuple[float, ...], number: int, images: list[Dataset]
) -> Any:
    """One measurement group: a lesion, or one size of a finding that has several."""
    from pydicom.sr.codedict import codes

    uid = _uid("lesion", report.report_id, finding.start, finding.end, number)
    measured = [
        hd.sr.Measurement(name=_code(hd, code_of("name", axis)), value=value, unit=codes.UCUM.Millimeter)
        for axis, value in axes(size)
    ]
    said = [(Coded(OWN, "certainty", "Certainty"), code_of("certainty", finding.certainty))]
    if finding.change:
        said.append((Coded(OWN, "change", "Change"), Coded(OWN, finding.change, finding.change.capitalize())))
    side = code_of("side", finding.laterality) if finding.laterality else None
    sites = [
        hd.sr.FindingSite(anatomic_location=_code(hd, c[0]), laterality=_code(hd, side) if side else None)
        for s in finding.locations
        if (c := site_codes(s, finding.laterality, report.text))
    ]
    if side and not sites:
        said.append((code_of("name", "side"), side))
    named = finding_codes(finding, report.text) or (Coded(OWN, "unlisted", finding.text),)
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=uid, identifier=finding.text),
        finding_type=_code(hd, named[0]),
        finding_sites=sites or None,
        measurements=measured or None,
        qualitative_evaluations=[hd.sr.QualitativeEvaluation(_code(hd, n), _code(hd, v)) for n, v in said],
        source_images=[
            hd.sr.SourceImageForMeasurementGroup(d.SOPClassUID, d.SOPInstanceUID)
            for d in {d.SOPInstanceUID: d for d in images}.values()
        ]
        or None,
    )


def _document(hd: Any, report: DeidReport, groups: list[Any], evidence: list[Dataset]) -> Any:
    """The finished document; what highdicom takes from the clock or from the images' patient is set from the report."""
    device = hd.sr.DeviceObserverIdentifyingAttributes(uid=_uid("device", __version__), name="jmid-nlp")
    observer = hd.sr.ObserverContext(
        observer_type=_code(hd, Coded("DCM", "121007", "Device")), observer_identifying_attributes=device
    )
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_device_context=observer),
        procedure_reported=_code(hd, code_of("name", "procedure")),
        imaging_measurements=groups,
    )
    date = _date(report)
    for image in evidence:
        _describe(image, report, date)
    parts = (report.report_id, report.text, report.row.get("study_uid"))
    made = hd.sr.ComprehensiveSR(
        evidence=evidence, content=content, series_instance_uid=_uid("series", *parts), series_number=9901,
        sop_instance_uid=_uid("document", *parts), instance_number=1, manufacturer="jmid-nlp", is_complete=True,
        content_date=date, content_time="000000", specific_character_set="ISO_IR 192",
    )  # fmt: skip
    for keyword in ("InstanceCreationDate", "InstanceCreationTime", "ContributingEquipmentSequence"):
        if keyword in made:
            delattr(made, keyword)
    return made


def _describe(image: Dataset, report: DeidReport, date: str) -> None:
    """Put the report's patient and study, as far as it still holds them, where highdicom looks for the images'."""
    for keyword in (
        "PatientName",
        "PatientBirthDate",
        "AccessionNumber",
        "StudyID",
        "StudyTime",
        "ReferringPhysicianName",
    ):
        setattr(image, keyword, "")
    image.PatientID = report.patient_id or ""
    sex = str(report.row.get("sex") or "")
    image.PatientSex = sex if sex in ("M", "F", "O") else ""
    image.StudyDate = date if iso_date(report.row.get("exam_date")) else ""


def _date(report: DeidReport) -> str:
    """The date of the examination, its first day where day or month is not kept; 19000101 where there is none."""
    date = iso_date(report.row.get("exam_date")) or "1900"
    return (date + "-01-01"[len(date) - 4 :]).replace("-", "")


def _uid(*parts: object) -> str:
    return f"2.25.{stable_uuid(*parts).int}"


def _code(hd: Any, code: Coded) -> Any:
    return hd.sr.CodedConcept(code.value, code.scheme, code.meaning[:_MEANING])
