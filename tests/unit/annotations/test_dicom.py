"""DICOM files written by highdicom and pydicom, read back and checked against them; files shipped with pydicom."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from jmid_nlp.annotations import read_annotations
from jmid_nlp.annotations.dicom import series_index
from jmid_nlp.annotations.dicom_sr import walk_sr
from jmid_nlp.annotations.shape import diameters
from jmid_nlp.errors import FileFormatError

from . import objects

warnings.simplefilter("ignore")


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    return folder, objects.ct_series(folder)


def shipped(name):
    return get_testdata_file(name, download=False)


def test_measurement_groups_equal_what_highdicom_reads(series, tmp_path):
    import highdicom as hd

    folder, images = series
    objects.measurement_sr(images, tmp_path / "sr")
    index = series_index(sorted(folder.iterdir()))
    found = read_annotations(tmp_path / "sr", series_index=index)
    groups = hd.sr.srread(tmp_path / "sr").content.get_planar_roi_measurement_groups()
    assert len(found) == len(groups) == 2
    for record, group in zip(found, groups, strict=True):
        assert record.tracking_uid == group.tracking_uid
        assert record.label == group.finding_type.meaning
        site = group.finding_sites[0]
        assert (
            record.anatomy == site.topographical_location.meaning
            if hasattr(site, "topographical_location")
            else record.anatomy
        )
        assert record.sop_uid == group.roi.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    nodule, mass = found
    assert (nodule.label, nodule.anatomy, nodule.laterality, nodule.size_mm) == ("Nodule", "Lung", "right", (12.5, 8.0))
    assert (nodule.series_number, nodule.image_number, nodule.bbox) == (4, 3, (10.0, 12.0, 18.0, 12.0))
    assert (mass.label, mass.laterality, mass.size_mm, mass.image_number) == ("Mass", None, (21.0, 12.5), 5)
    assert nodule.created == "2024-05-20"
    assert nodule.reader == mass.reader != None  # noqa: E711
    assert "Reader" not in str(nodule.reader)


def test_without_the_images_the_instance_stays(series, tmp_path):
    objects.measurement_sr(series[1], tmp_path / "sr")
    nodule = read_annotations(tmp_path / "sr")[0]
    assert (nodule.series_number, nodule.image_number, nodule.sop_uid) == (None, None, "2.25.2003")


def test_sizes_without_a_unit_and_nan_are_named(series, tmp_path):
    document = objects.measurement_sr(series[1], tmp_path / "sr")
    numbers = [i.node for i in walk_sr(document) if i.value_type == "NUM"]
    numbers[0].MeasuredValueSequence[0].NumericValue = "nan"
    del numbers[1].MeasuredValueSequence[0].MeasurementUnitsCodeSequence
    document.save_as(tmp_path / "sr")
    found = read_annotations(tmp_path / "sr")
    assert found[0].size_mm == ()
    assert any("size without a usable unit" in str(p) and "content item 1." in str(p) for p in found.problems)


def test_measurements_outside_groups_are_kept():
    found = read_annotations(shipped("test-SR.dcm"))
    assert {(r.kind, r.size_mm) for r in found} == {("sr-item", (30.0,))}
    assert len({r.annotation_id for r in found}) == len(found) == 2


@pytest.mark.parametrize("name", ["reportsi.dcm", "reportsi_with_empty_number_tags.dcm"])
def test_a_narrative_report_is_refused_with_its_reason(name):
    with pytest.raises(FileFormatError, match=r"ContentSequence: structured report .* without measurement groups"):
        read_annotations(shipped(name))


def test_any_tree_can_be_walked():
    items = list(walk_sr(dcmread(shipped("test-SR.dcm"))))
    assert items[0].path == "1"
    assert len(items) > 25
    assert len({i.path for i in items}) == len(items)


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_segments_are_measured(series, tmp_path, kind):
    folder, images = series
    _, mask = objects.segmentation(images, tmp_path / "seg", kind)
    found = read_annotations(tmp_path / "seg", series_index=series_index(sorted(folder.iterdir())))
    assert [r.label for r in found] == ["肝S7 HCC", "嚢胞"]
    voxel = objects.SPACING**2 * objects.STEP
    for n, record in enumerate(found):
        assert record.volume_mm3 == pytest.approx(mask[..., n].sum() * voxel, rel=1e-3)
        planes = np.flatnonzero(mask[..., n].any(axis=(1, 2))) + 1
        images_told = record.image_range or (record.image_number, record.image_number)
        assert images_told == (planes.min(), planes.max())
    first = found[0]
    assert first.size_mm[0] == pytest.approx(np.hypot(20, 10) * objects.SPACING, abs=0.01)
    assert first.bbox == (16, 20, 20, 10)
    assert (first.anatomy, first.tracking_uid, first.series_number) == ("Liver", "2.25.801", 4)


@pytest.mark.parametrize("name", ["liver_1frame.dcm", "liver_expb_1frame.dcm"])
def test_shipped_segmentations(name):
    (a,) = read_annotations(shipped(name))
    ds = dcmread(shipped(name))
    measures = ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    spacing = [float(v) for v in measures.PixelSpacing]
    expected = ds.pixel_array.sum() * spacing[0] * spacing[1] * float(measures.SpacingBetweenSlices)
    assert a.label == "Liver"
    assert a.volume_mm3 == pytest.approx(expected, rel=1e-3)


def test_segments_without_readable_pixels_keep_their_labels(series, tmp_path):
    ds, _ = objects.segmentation(series[1], tmp_path / "seg")
    ds.PixelData = ds.PixelData[:10]
    ds.save_as(tmp_path / "seg")
    found = read_annotations(tmp_path / "seg")
    assert [r.label for r in found] == ["肝S7 HCC", "嚢胞"]
    assert found[0].volume_mm3 is None
    assert "seg, PixelData: segments not measured" in str(found.problems[0])


@pytest.mark.parametrize("encoding", ["ISO_IR 192", "jis"])
def test_regions_of_a_structure_set(series, tmp_path, encoding):
    folder, images = series
    objects.structure_set(images, tmp_path / "rt", encoding=encoding)
    found = read_annotations(tmp_path / "rt", series_index=series_index(sorted(folder.iterdir())))
    assert [(r.label, r.kind) for r in found] == [
        ("右上葉結節", "rt-gtv"),
        ("Isocenter 1", "rt-point"),
        ("右上葉結節", "rt-roi"),
    ]
    assert len({r.annotation_id for r in found}) == 3
    lesion = found[0]
    assert lesion.size_mm[0] == pytest.approx(np.hypot(20, 12), abs=0.01)
    assert lesion.volume_mm3 == pytest.approx((20 * 12 - 4 * 3) * 3 * objects.STEP)
    assert (lesion.series_number, lesion.image_range) == (4, (2, 4))
    assert [str(p) for p in found.problems] == [
        "rt, StructureSetROISequence[3]: region without contours; kept by its name"
    ]


def test_shipped_structure_set():
    found = read_annotations(shipped("rtstruct.dcm"))
    assert [(r.label, r.kind) for r in found] == [
        ("patient", "rt-external"),
        ("Isocenter 1", "rt-point"),
        ("Isocenter 2", "rt-point"),
    ]
    assert found[0].volume_mm3 is not None


def test_a_mixed_folder(series, tmp_path):
    images = objects.ct_series(tmp_path)
    objects.measurement_sr(images, tmp_path / "notes.csv")
    objects.segmentation(images, tmp_path / "table.json")
    objects.structure_set(images, tmp_path / "x.xml")
    (tmp_path / "marks.dcm").write_text('[{"annotation_id": "j", "label": "cyst", "size_mm": 4}]')
    found = read_annotations(tmp_path)
    assert sorted({r.kind for r in found}) == ["row", "rt-gtv", "rt-point", "rt-roi", "segment", "sr-group"]
    assert found.images == 6
    assert all(r.series_number == 4 for r in found if r.kind in ("sr-group", "segment", "rt-gtv"))
    assert found.records == read_annotations(tmp_path).records


def test_an_image_alone_holds_no_annotation():
    found = read_annotations(shipped("CT_small.dcm"))
    assert (len(found), found.images) == (0, 1)


def test_damaged_files_never_crash(series, tmp_path):
    """Truncated and altered bytes give records or a FileFormatError, nothing else."""
    objects.measurement_sr(series[1], tmp_path / "sr")
    whole = (tmp_path / "sr").read_bytes()
    random = np.random.default_rng(5)
    for n in range(120):
        data = bytearray(whole)
        if n % 3 == 0:
            data = data[: int(random.integers(130, len(data)))]
        else:
            for _ in range(1 + n % 7):
                data[int(random.integers(132, len(data)))] = int(random.integers(256))
        (tmp_path / "bad").write_bytes(bytes(data))
        try:
            read_annotations(tmp_path / "bad")
        except FileFormatError as error:
            assert str(error).startswith("bad, ")  # noqa: PT017


def test_diameters():
    angle = np.linspace(0, 2 * np.pi, 200)
    ellipse = np.stack([10 * np.cos(angle), 4 * np.sin(angle)], axis=1)
    assert diameters(ellipse) == pytest.approx((20, 8), abs=0.05)
    assert diameters(np.array([[0, 0], [3, 4]])) == (5.0,)
    assert diameters(np.array([[0.0, 0], [1, 0], [2, 0], [5, 0], [3, 0]])) == (5.0,)
    assert diameters(np.array([[1.0, 1.0]])) == ()
