"""SR TID 1500 and SEG of the phantom's nodules, written by highdicom."""

from __future__ import annotations

from typing import Any

import highdicom as hd
import numpy as np
from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset

from corpora.phantom import Nodule, Study, Uid, nodule_images, nodule_mask, outline

NODULE = CodedConcept("27925004", "SCT", "Nodule")
SIDES = {"left": CodedConcept("7771000", "SCT", "Left"), "right": CodedConcept("24028007", "SCT", "Right")}
LONG_AXIS = CodedConcept("103339001", "SCT", "Long Axis")
SHORT_AXIS = CodedConcept("103340004", "SCT", "Short Axis")
MILLIMETRE = CodedConcept("mm", "UCUM", "millimeter")
TITLE = CodedConcept("126000", "DCM", "Imaging Measurement Report")


def structured_report(study: Study, images: list[Any], uid: Uid) -> Dataset:
    """A Comprehensive SR with one measurement group per nodule."""
    observer = hd.sr.ObserverContext(
        observer_type=CodedConcept("121006", "DCM", "Person"),
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(name="HAITANI^HIROSHI"),
    )
    report = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_person_context=observer),
        procedure_reported=CodedConcept("169069000", "SCT", "CT of chest"),
        imaging_measurements=[_group(study, nodule, images, uid) for nodule in study.nodules],
        title=TITLE,
        referenced_images=[images[nodule.image - 1] for nodule in study.nodules],
    )
    sr = hd.sr.ComprehensiveSR(
        evidence=images,
        content=report[0],
        series_instance_uid=uid("series", study.report, "SR"),
        series_number=800 + study.series,
        sop_instance_uid=uid("sr", study.report),
        instance_number=1,
        manufacturer="jmid_nlp phantom",
        is_complete=True,
    )
    return _dated(sr, images[0])


def _group(study: Study, nodule: Nodule, images: list[Any], uid: Uid) -> Any:
    image = images[nodule.image - 1]
    points = np.array(outline(nodule, nodule.image)).reshape(-1, 3)[:, :2]
    origin, spacing = np.array(image.ImagePositionPatient[:2], float), np.array(image.PixelSpacing, float)
    region = hd.sr.ImageRegion(
        graphic_type=hd.sr.GraphicTypeValues.POLYLINE,
        # SR image coordinates have their origin at the corner of the first pixel, patient positions at its centre.
        graphic_data=np.round(np.vstack([points, points[:1]]) - origin, 2) / spacing + 0.5,
        source_image=hd.sr.SourceImageForRegion(image.SOPClassUID, image.SOPInstanceUID),
    )
    identifier = hd.sr.TrackingIdentifier(
        uid=uid("tracking", study.report, nodule.lesion), identifier=f"{study.report} {nodule.roi}"
    )
    site = hd.sr.FindingSite(CodedConcept(*nodule.site), laterality=SIDES[nodule.side])
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=identifier,
        referenced_region=region,
        finding_type=NODULE,
        finding_sites=[site],
        measurements=[_length(LONG_AXIS, nodule.axes[0]), _length(SHORT_AXIS, nodule.axes[1])],
    )


def _length(name: CodedConcept, millimetres: float) -> Any:
    return hd.sr.Measurement(name=name, value=float(millimetres), unit=MILLIMETRE)


def segmentation(study: Study, images: list[Any], uid: Uid) -> Dataset:
    """A binary SEG with one segment per nodule, on the images that hold any of it."""
    masks = np.zeros((len(images), images[0].Rows, images[0].Columns, len(study.nodules)), dtype=np.uint8)
    for k, nodule in enumerate(study.nodules):
        for image in nodule_images(nodule):
            masks[image - 1, :, :, k] = nodule_mask(nodule, image)
    seg = hd.seg.Segmentation(
        source_images=images,
        pixel_array=masks,
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_segment(study, k, nodule, uid) for k, nodule in enumerate(study.nodules, 1)],
        series_instance_uid=uid("series", study.report, "SEG"),
        series_number=700 + study.series,
        sop_instance_uid=uid("seg", study.report),
        instance_number=1,
        manufacturer="jmid_nlp phantom",
        manufacturer_model_name="phantom",
        software_versions="1",
        device_serial_number="0",
        content_label="NODULES",
    )
    # highdicom gives the dimension organization a fresh UID each time.
    organization = uid("dimensions", study.report)
    seg.DimensionOrganizationSequence[0].DimensionOrganizationUID = organization
    for item in seg.DimensionIndexSequence:
        item.DimensionOrganizationUID = organization
    return _dated(seg, images[0])


def _segment(study: Study, number: int, nodule: Nodule, uid: Uid) -> Any:
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=nodule.roi,
        segmented_property_category=CodedConcept("49755003", "SCT", "Morphologically Abnormal Structure"),
        segmented_property_type=NODULE,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        anatomic_regions=[CodedConcept(*nodule.site)],
        tracking_uid=uid("tracking", study.report, nodule.lesion),
        tracking_id=f"{study.report} {nodule.roi}",
    )


def _dated(ds: Dataset, image: Any) -> Dataset:
    """Put the study's date and time where highdicom wrote the clock's, here and in the content tree."""
    for name in ("ContentDate", "InstanceCreationDate", "SeriesDate"):
        if name in ds:
            setattr(ds, name, image.StudyDate)
    for name in ("ContentTime", "InstanceCreationTime", "SeriesTime"):
        if name in ds:
            setattr(ds, name, image.StudyTime)
    for equipment in ds.get("ContributingEquipmentSequence", []):
        equipment.ContributionDateTime = image.StudyDate + image.StudyTime
    ds.InstitutionName = image.InstitutionName
    return ds
