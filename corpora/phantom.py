"""A small synthetic chest CT with two nodules, and what readers drew on it: DICOM CT, SR TID 1500, SEG and RTSTRUCT.

The body is an ellipse of soft tissue with two lungs and a spine; each nodule is an ellipsoid whose axes, slice and
side are those that the report of the study states. Rows are drawn on a grid of 128 x 128 pixels of 2.5 mm, slices are
5 mm apart and numbered from head to foot. Patient, study and accession are those of the sample's record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

SIZE, SPACING, SLICES, THICKNESS = 128, 2.5, 24, 5.0
ORIGIN = -SPACING * (SIZE - 1) / 2
TOP = 60.0
CT_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
RTSTRUCT_STORAGE = "1.2.840.10008.5.1.4.1.1.481.3"

Uid = Callable[..., str]
Row = dict[str, Any]


@dataclass(frozen=True)
class Nodule:
    """An ellipsoid: in-plane axes and height in mm, centre in mm from the middle (x to the patient's left, y to the
    back), the image it is centred on, and how report and readers name it."""

    lesion: str
    axes: tuple[float, float]
    height: float
    centre: tuple[float, float]
    image: int
    side: str
    site: tuple[str, str, str]
    hounsfield: int
    roi: str


@dataclass(frozen=True)
class Study:
    """Which report a phantom belongs to, its series number, its nodules, and the kinds of marks made on it."""

    report: str
    series: int
    nodules: tuple[Nodule, ...]
    kinds: tuple[str, ...]


UPPER = ("45653009", "SCT", "Upper lobe of lung")
LOWER = ("90572001", "SCT", "Lower lobe of lung")
STUDIES = (
    Study(
        "HM-02",
        4,
        (
            Nodule("1", (18, 14), 14, (-82, -42), 9, "right", UPPER, -150, "Nodule RUL S3"),
            Nodule("2", (10, 10), 10, (84, 44), 16, "left", LOWER, -620, "Nodule LLL S10"),
        ),
        ("SR", "SEG", "RTSTRUCT"),
    ),
    Study(
        "CG-05",
        2,
        (
            Nodule("1", (22, 20), 22, (-78, 28), 11, "right", LOWER, 30, "GTV RLL S8"),
            Nodule("2", (12, 12), 12, (80, -30), 16, "left", UPPER, -80, "Nodule LUL S1+2"),
        ),
        ("RTSTRUCT",),
    ),
)


def slice_z(image: int) -> float:
    """The z position of an image, in mm; image 1 is nearest the head."""
    return TOP - THICKNESS * (image - 1)


def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    line = ORIGIN + SPACING * np.arange(SIZE)
    x, y = np.meshgrid(line, line)
    return x, y


def nodule_mask(nodule: Nodule, image: int) -> NDArray[np.bool_]:
    """The pixels of one image whose centres lie in the nodule."""
    x, y = _grid()
    depth = (slice_z(image) - slice_z(nodule.image)) / (nodule.height / 2)
    a, b = nodule.axes[0] / 2, nodule.axes[1] / 2
    mask: NDArray[np.bool_] = ((x - nodule.centre[0]) / a) ** 2 + ((y - nodule.centre[1]) / b) ** 2 + depth**2 <= 1.0
    return mask


def nodule_images(nodule: Nodule) -> list[int]:
    return [i for i in range(1, SLICES + 1) if nodule_mask(nodule, i).any()]


def pixels(study: Study, image: int) -> NDArray[np.uint16]:
    """Stored values of one image; Hounsfield units are 1024 less."""
    x, y = _grid()
    hu = np.full((SIZE, SIZE), -1000.0)
    hu[(x / 150) ** 2 + (y / 110) ** 2 <= 1] = 40
    for side in (-1, 1):
        hu[((x - side * 75) / 52) ** 2 + ((y + 5) / 82) ** 2 <= 1] = -850
    hu[(x / 20) ** 2 + ((y - 70) / 22) ** 2 <= 1] = 300
    hu[(x / 9) ** 2 + ((y + 20) / 11) ** 2 <= 1] = -1000 if image < SLICES // 2 else 40
    for nodule in study.nodules:
        hu[nodule_mask(nodule, image)] = nodule.hounsfield
    return (hu + 1024).astype(np.uint16)


def _identity(ds: Dataset, row: Row) -> None:
    """Patient and study of the record, as the hospital's systems hold them."""
    ds.SpecificCharacterSet = "ISO_IR 192"
    kanji, kana = (row[key].replace(" ", "^") for key in ("patient_name", "patient_kana"))
    romaji = {"HM-02": "KURUSU^EMIKO", "CG-05": "OWADA^SUSUMU"}[row["id"]]
    ds.PatientName = f"{romaji}={kanji}={kana}"
    ds.PatientID = row["patient_id"]
    ds.PatientBirthDate = row["birth_date"].replace("-", "")
    ds.PatientSex = row["sex"]
    ds.PatientAge = f"{row['age']:03d}Y"
    ds.StudyInstanceUID = row["study_uid"]
    ds.StudyID = "1"
    ds.AccessionNumber = row["accession_number"]
    ds.ReferringPhysicianName = row["physicians"][-1].replace(" ", "^")
    ds.InstitutionName = row["institution"]
    ds.StudyDate = ds.ContentDate = row["exam_date"].replace("-", "")
    ds.StudyTime = ds.ContentTime = row["exam_time"].replace(":", "") + "00"
    ds.Manufacturer = "jmid_nlp phantom"


def _write(ds: Dataset, path: Path) -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = pydicom.uid.PYDICOM_IMPLEMENTATION_UID
    ds.file_meta = meta
    ds.save_as(path, enforce_file_format=True)


def ct_image(study: Study, row: Row, image: int, uid: Uid) -> Dataset:
    """One CT image of the phantom."""
    ds = Dataset()
    _identity(ds, row)
    ds.SOPClassUID = CT_STORAGE
    ds.SOPInstanceUID = uid("ct", study.report, str(image))
    ds.SeriesInstanceUID = uid("series", study.report, "CT")
    ds.FrameOfReferenceUID = uid("frame", study.report)
    ds.PositionReferenceIndicator = ""
    ds.Modality = "CT"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SeriesNumber, ds.InstanceNumber, ds.AcquisitionNumber = study.series, image, 1
    ds.SeriesDescription = "Chest phantom 5.0 mm"
    ds.BodyPartExamined, ds.PatientPosition, ds.KVP = "CHEST", "HFS", "120"
    ds.ImagePositionPatient = [ORIGIN, ORIGIN, slice_z(image)]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.SliceLocation, ds.SliceThickness = slice_z(image), THICKNESS
    ds.PixelSpacing = [SPACING, SPACING]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows = ds.Columns = SIZE
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = -1024, 1, "HU"
    ds.WindowCenter, ds.WindowWidth = -500, 1500
    ds.PixelData = pixels(study, image).tobytes()
    return ds


def outline(nodule: Nodule, image: int, points: int = 24) -> list[float]:
    """The nodule's contour on one image as x, y, z triplets in mm."""
    depth = (slice_z(image) - slice_z(nodule.image)) / (nodule.height / 2)
    shrink = float(np.sqrt(max(0.0, 1 - depth**2)))
    data: list[float] = []
    for angle in np.linspace(0, 2 * np.pi, points, endpoint=False):
        x = nodule.centre[0] + shrink * nodule.axes[0] / 2 * np.cos(angle)
        y = nodule.centre[1] + shrink * nodule.axes[1] / 2 * np.sin(angle)
        data += [round(float(x), 2), round(float(y), 2), slice_z(image)]
    return data


def rtstruct(study: Study, row: Row, images: list[Dataset], uid: Uid) -> Dataset:
    """The nodules as regions of interest of an RT structure set."""
    ds = Dataset()
    _identity(ds, row)
    ds.SOPClassUID, ds.Modality = RTSTRUCT_STORAGE, "RTSTRUCT"
    ds.SOPInstanceUID = uid("rtstruct", study.report)
    ds.SeriesInstanceUID = uid("series", study.report, "RTSTRUCT")
    ds.SeriesNumber, ds.InstanceNumber = 900 + study.series, 1
    ds.FrameOfReferenceUID = images[0].FrameOfReferenceUID
    ds.StructureSetLabel = "PLAN1"
    ds.StructureSetDate, ds.StructureSetTime = ds.StudyDate, ds.StudyTime
    ds.OperatorsName = ""
    ds.ApprovalStatus = "UNAPPROVED"
    ds.ReferencedFrameOfReferenceSequence = Sequence([_referenced_frame(images)])
    ds.StructureSetROISequence = Sequence()
    ds.ROIContourSequence = Sequence()
    ds.RTROIObservationsSequence = Sequence()
    body = Nodule("-", (300, 220), 10_000, (0, 0), 1, "", UPPER, 0, "BODY")
    for number, nodule in enumerate((body, *study.nodules), 1):
        _add_roi(ds, number, nodule, images)
    return ds


def _reference(image: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    return item


def _referenced_frame(images: list[Dataset]) -> Dataset:
    series, of_study, frame = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = images[0].SeriesInstanceUID
    series.ContourImageSequence = Sequence([_reference(image) for image in images])
    of_study.ReferencedSOPClassUID = "1.2.840.10008.3.1.2.3.1"
    of_study.ReferencedSOPInstanceUID = images[0].StudyInstanceUID
    of_study.RTReferencedSeriesSequence = Sequence([series])
    frame.FrameOfReferenceUID = images[0].FrameOfReferenceUID
    frame.RTReferencedStudySequence = Sequence([of_study])
    return frame


def _add_roi(ds: Dataset, number: int, nodule: Nodule, images: list[Dataset]) -> None:
    roi, contours, observation = Dataset(), Dataset(), Dataset()
    roi.ROINumber, roi.ROIName, roi.ROIGenerationAlgorithm = number, nodule.roi, "MANUAL"
    roi.ReferencedFrameOfReferenceUID = ds.FrameOfReferenceUID
    contours.ReferencedROINumber = number
    contours.ROIDisplayColor = [255, 64 * number % 256, 0]
    contours.ContourSequence = Sequence()
    for image in nodule_images(nodule):
        contour = Dataset()
        contour.ContourImageSequence = Sequence([_reference(images[image - 1])])
        contour.ContourGeometricType = "CLOSED_PLANAR"
        contour.ContourData = outline(nodule, image)
        contour.NumberOfContourPoints = len(contour.ContourData) // 3
        contours.ContourSequence.append(contour)
    observation.ObservationNumber = observation.ReferencedROINumber = number
    observation.RTROIInterpretedType = "EXTERNAL" if nodule.lesion == "-" else "GTV"
    observation.ROIInterpreter = ""
    ds.StructureSetROISequence.append(roi)
    ds.ROIContourSequence.append(contours)
    ds.RTROIObservationsSequence.append(observation)


def write_studies(out: Path, rows: dict[str, Row], uid: Uid) -> list[Row]:
    """Write all studies under `out`, one folder a report, and return what each mark stands for."""
    from corpora.phantom_marks import segmentation, structured_report

    gold: list[Row] = []
    for study in STUDIES:
        row, folder = rows[study.report], out / study.report
        (folder / "CT").mkdir(parents=True, exist_ok=True)
        images = [ct_image(study, row, i, uid) for i in range(1, SLICES + 1)]
        for image in images:
            _write(image, folder / "CT" / f"{image.InstanceNumber:03d}.dcm")
        sources = [pydicom.dcmread(folder / "CT" / f"{i:03d}.dcm") for i in range(1, SLICES + 1)]
        if "RTSTRUCT" in study.kinds:
            _write(rtstruct(study, row, images, uid), folder / "rtstruct.dcm")
        if "SEG" in study.kinds:
            _write(segmentation(study, sources, uid), folder / "seg.dcm")
        if "SR" in study.kinds:
            _write(structured_report(study, sources, uid), folder / "sr.dcm")
        gold += [marks(study, nodule, uid) for nodule in study.nodules]
    return gold


def marks(study: Study, nodule: Nodule, uid: Uid) -> Row:
    """What a reader of the files must find of one nodule."""
    covered = nodule_images(nodule)
    return {
        "report_id": study.report,
        "lesion": nodule.lesion,
        "kinds": list(study.kinds),
        "study_uid": uid("study", study.report),
        "series_uid": uid("series", study.report, "CT"),
        "series_number": study.series,
        "image_number": nodule.image,
        "image_range": [covered[0], covered[-1]],
        "laterality": nodule.side,
        "size_mm": list(nodule.axes),
        "roi": nodule.roi,
        "tracking_id": f"{study.report} {nodule.roi}",
        "tracking_uid": uid("tracking", study.report, nodule.lesion),
    }
