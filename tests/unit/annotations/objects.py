"""DICOM objects for the tests, written by highdicom and pydicom; every name and number is invented."""

from __future__ import annotations

from pathlib import Path

import highdicom as hd
import numpy as np
from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage

STUDY, SERIES, FRAME = "2.25.1001", "2.25.1002", "2.25.1003"
SPACING, STEP = 0.7, 5.0


def ct_series(folder: Path, count: int = 6, size: int = 64) -> list[Dataset]:
    """A small CT series: images 1 to `count` of series 4, 5 mm apart, written as files without suffix."""
    return [_ct(folder, n, size) for n in range(1, count + 1)]


def _ct(folder: Path, n: int, size: int) -> Dataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"2.25.20{n:02d}"
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = STUDY, SERIES, FRAME
    ds.PatientID, ds.PatientName, ds.PatientBirthDate, ds.PatientSex = "P-7", "Doe^J", "", ""
    ds.StudyID, ds.StudyDate, ds.StudyTime, ds.AccessionNumber = "1", "20240506", "101500", ""
    ds.ReferringPhysicianName, ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "", "CT", 4, n
    ds.Manufacturer, ds.PositionReferenceIndicator, ds.Laterality = "none", "", ""
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0.0, 0.0, STEP * n], [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.SliceThickness = [SPACING, SPACING], STEP
    ds.Rows = ds.Columns = size
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope = 0, 1
    ds.PixelData = np.zeros((size, size), dtype=np.uint16).tobytes()
    ds.save_as(folder / f"ct{n}", enforce_file_format=True)
    return ds


def measurement_sr(images: list[Dataset], path: Path) -> Dataset:
    """A TID 1500 report with two planar groups: a nodule of the right lung on image 3 and a node on image 5."""
    reader = hd.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(name="Reader^One"),
    )
    context = hd.sr.ObservationContext(observer_person_context=reader)
    groups = [
        _group(images[2], "Lesion 1", "2.25.9001", codes.SCT.Nodule, codes.SCT.Lung, codes.SCT.Right, 1.25, 8.0),
        _group(images[4], "Lesion 2", "2.25.9002", codes.SCT.Mass, codes.SCT.Mediastinum, None, 2.1, 12.5),
    ]
    report = hd.sr.MeasurementReport(
        observation_context=context, procedure_reported=codes.LN.CTUnspecifiedBodyRegion, imaging_measurements=groups
    )
    document = hd.sr.ComprehensiveSR(
        evidence=images, content=report, series_number=90, series_instance_uid="2.25.3001",
        sop_instance_uid="2.25.3002", instance_number=1, manufacturer="none", is_complete=True, is_final=True,
    )  # fmt: skip
    document.ContentDate = "20240520"
    document.save_as(path, enforce_file_format=True)
    return document


def _group(
    image: Dataset,
    tracking: str,
    uid: str,
    finding: object,
    site: object,
    side: object,
    long_cm: float,
    short_mm: float,
) -> hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    region = hd.sr.ImageRegion(
        graphic_type=hd.sr.GraphicTypeValues.POLYLINE,
        graphic_data=np.array([[10.0, 12.0], [28.0, 12.0], [28.0, 24.0], [10.0, 24.0], [10.0, 12.0]]),
        source_image=hd.sr.SourceImageForRegion.from_source_image(image),
    )
    long_axis = hd.sr.Measurement(
        name=CodedConcept("103339001", "SCT", "Long Axis"), value=long_cm, unit=codes.UCUM.Centimeter
    )
    short_axis = hd.sr.Measurement(
        name=CodedConcept("103340004", "SCT", "Short Axis"), value=short_mm, unit=codes.UCUM.Millimeter
    )
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=uid, identifier=tracking),
        referenced_region=region,
        finding_type=finding,
        measurements=[long_axis, short_axis],
        finding_sites=[hd.sr.FindingSite(anatomic_location=site, laterality=side)],
    )


def segmentation(images: list[Dataset], path: Path, kind: str = "BINARY") -> tuple[Dataset, np.ndarray]:
    """Two overlapping segments: one on images 2 to 4, one on image 4; the mask is returned too."""
    size = images[0].Rows
    mask = np.zeros((len(images), size, size, 2), dtype=np.uint8)
    mask[1:4, 20:30, 16:36, 0] = 1
    mask[3, 24:40, 30:34, 1] = 1
    if kind == "LABELMAP":
        mask[3, 24:40, 30:34, 0] = 0
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=n, segment_label=label, segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
            segmented_property_type=finding, algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
            tracking_uid=f"2.25.80{n}", tracking_id=f"seg {n}", anatomic_regions=[site],
        )
        for n, label, finding, site in (
            (1, "肝S7 HCC", codes.SCT.Neoplasm, codes.SCT.Liver), (2, "嚢胞", codes.SCT.Cyst, codes.SCT.Kidney),
        )
    ]  # fmt: skip
    ds = hd.seg.Segmentation(
        source_images=images, pixel_array=mask.astype(float) if kind == "FRACTIONAL" else mask,
        segmentation_type=kind, segment_descriptions=descriptions, series_instance_uid="2.25.4001", series_number=91,
        sop_instance_uid="2.25.4002", instance_number=1, manufacturer="none", manufacturer_model_name="none",
        software_versions="1", device_serial_number="0", content_creator_name="Reader^Two",
    )  # fmt: skip
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.save_as(path, enforce_file_format=True)
    return ds, mask


def structure_set(images: list[Dataset], path: Path, *, encoding: str = "ISO_IR 192") -> Dataset:
    """Regions: a 20 by 12 mm box with a hole on images 2 to 4, an isocentre, a name without contours."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, RTStructureSetStorage
    meta.MediaStorageSOPInstanceUID = "2.25.5001"
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SpecificCharacterSet = ["", "ISO 2022 IR 87"] if encoding == "jis" else encoding
    ds.SOPClassUID, ds.SOPInstanceUID = RTStructureSetStorage, "2.25.5001"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.Modality = STUDY, "2.25.5002", "RTSTRUCT"
    ds.PatientID, ds.StructureSetDate, ds.StructureSetLabel = "P-7", "20240511", "set"
    names = {1: "右上葉結節", 2: "Isocenter 1", 3: "右上葉結節"}
    ds.StructureSetROISequence = [_item(ROINumber=n, ROIName=name) for n, name in names.items()]
    ds.RTROIObservationsSequence = [
        _item(ObservationNumber=1, ReferencedROINumber=1, RTROIInterpretedType="GTV", ROIInterpreter="")
    ]
    boxes = []
    for image in images[1:4]:
        z = float(image.ImagePositionPatient[2])
        boxes += [_contour(image, _rectangle(10, 10, 20, 12, z)), _contour(image, _rectangle(14, 13, 4, 3, z))]
    point = _contour(images[0], [1.0, 2.0, 3.0], "POINT")
    ds.ROIContourSequence = [
        _item(ReferencedROINumber=1, ContourSequence=boxes), _item(ReferencedROINumber=2, ContourSequence=[point]),
    ]  # fmt: skip
    ds.save_as(path, enforce_file_format=True)
    return ds


def _item(**values: object) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def _rectangle(x: float, y: float, w: float, h: float, z: float) -> list[float]:
    return [x, y, z, x + w, y, z, x + w, y + h, z, x, y + h, z]


def _contour(image: Dataset, data: list[float], kind: str = "CLOSED_PLANAR") -> Dataset:
    reference = _item(ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID)
    return _item(
        ContourGeometricType=kind,
        NumberOfContourPoints=len(data) // 3,
        ContourData=data,
        ContourImageSequence=[reference],
    )
