"""The sample extract: its gold fits its text, its records fit its reports, and it is what its sources build."""

import json
import re
import unicodedata
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pydicom
import pytest

import jmid_nlp
from corpora.make_sample import COLUMNS, HERE, build
from corpora.markup import CATEGORIES, MarkupError, finding, plain
from corpora.phantom import STUDIES, nodule_mask

SHARED = Path(__file__).resolve().parents[3] / "shared"
FIELDS = ("certainty", "laterality", "sizes_mm", "prior_sizes_mm", "change", "multiple", "historical", "image_refs")


def read(name):
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


REPORTS = {row["id"]: row for row in read("reports.jsonl")}
IDENTIFIERS, FINDINGS, ALIGN = (read(f"gold_{kind}.jsonl") for kind in ("identifiers", "findings", "align"))


def folded(text):
    """NFKC, katakana for hiragana, no blanks: names written in two ways become one."""
    text = "".join(unicodedata.normalize("NFKC", text).split())
    return "".join(chr(ord(c) + 96) if "ぁ" <= c <= "ゖ" else c for c in text).replace("・", "").replace("^", "")


def test_it_travels_with_the_package():
    assert jmid_nlp.sample().resolve() == HERE.resolve()


def test_reports_have_the_columns_of_the_contract_and_unique_ids():
    lines = (HERE / "reports.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == len(REPORTS) >= 64
    assert all(tuple(row) == COLUMNS for row in REPORTS.values())
    for column in ("study_uid", "accession_number", "text"):
        assert len({row[column] for row in REPORTS.values()}) == len(REPORTS)
    assert len({row["institution"] for row in REPORTS.values()}) >= 6
    assert all(len(row["text"]) >= 80 for row in REPORTS.values())
    assert all(re.fullmatch(r"2\.25\.[1-9]\d{1,38}", row["study_uid"]) for row in REPORTS.values())
    assert len({row["modality"] for row in REPORTS.values()}) >= 6


def test_parquet_holds_the_same_rows():
    import pyarrow.parquet as pq

    assert pq.read_table(HERE / "reports.parquet").to_pylist() == list(REPORTS.values())


def test_one_patient_has_one_name_birth_date_and_sex():
    seen = {}
    for row in REPORTS.values():
        person = tuple(row[key] for key in ("patient_name", "patient_kana", "birth_date", "sex"))
        assert seen.setdefault(row["patient_id"], person) == person
    visits = Counter(row["patient_id"] for row in REPORTS.values())
    assert len(visits) >= 45
    assert sum(n > 1 for n in visits.values()) >= 10


@pytest.mark.parametrize("row", REPORTS.values(), ids=REPORTS)
def test_ages_fit_birth_and_examination(row):
    born, seen = date.fromisoformat(row["birth_date"]), date.fromisoformat(row["exam_date"])
    assert row["age"] == (seen - born).days // 365.2425 or (born.month, born.day) == (seen.month, seen.day)
    text = unicodedata.normalize("NFKC", row["text"])
    for told in re.findall(r"(?<![\d/.])(\d{1,3}) ?(?:歳|才|サイ|[FM]\b|y\.o)", text):
        assert int(told) == row["age"]


@pytest.mark.parametrize("gold", IDENTIFIERS, ids=[row["id"] for row in IDENTIFIERS])
def test_identifier_spans_lie_in_the_text_and_apart(gold):
    text = REPORTS[gold["id"]]["text"]
    assert gold["text"] == text
    covered = [0] * len(text)
    for span in gold["spans"]:
        words = text[span["start"] : span["end"]]
        assert words
        assert words == words.strip()
        assert span["category"] in CATEGORIES
        for k in range(span["start"], span["end"]):
            covered[k] += 1
    assert max(covered) <= 1
    for span in gold["keep"]:
        assert not any(covered[span["start"] : span["end"]]), text[span["start"] : span["end"]]
    assert all(0 <= start < end <= len(text) for start, end in gold["ignore"])


def test_every_category_occurs_often():
    count = Counter(span["category"] for row in IDENTIFIERS for span in row["spans"])
    assert set(count) == set(CATEGORIES)
    assert min(count.values()) >= 5, count


ERAS = {
    "明": 1867,
    "M": 1867,
    "大": 1911,
    "T": 1911,
    "昭": 1925,
    "S": 1925,
    "平": 1988,
    "H": 1988,
    "令": 2018,
    "R": 2018,
}
MONTHS = {
    name: n
    for n, name in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)
}


def as_date(words):
    """Year (None where not written), month and day of a date as the sample's reports write them."""
    text = "".join(unicodedata.normalize("NFKC", words).split("\n"))
    digits = "一二三四五六七八九"
    text = re.sub(f"(?<![{digits}])十", "一十", text)
    text = re.sub(f"十(?=[{digits}])", "", text).replace("十", "〇")
    text = text.translate(str.maketrans("〇一二三四五六七八九", "0123456789"))
    if month := re.search("|".join(MONTHS), text.title()):
        numbers = [int(n) for n in re.findall(r"\d+", text)]
        return max(numbers), MONTHS[month[0]], min(numbers)
    if re.fullmatch(r"\d{8}", text):
        return int(text[:4]), int(text[4:6]), int(text[6:])
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    era = ERAS.get(text[0], 2000 if len(numbers) == 3 and numbers[0] < 100 else 0)
    return (None, *numbers) if len(numbers) == 2 else (era + numbers[0], *numbers[1:])


@pytest.mark.parametrize("gold", IDENTIFIERS, ids=[row["id"] for row in IDENTIFIERS])
def test_identifiers_in_the_text_are_those_of_the_record(gold):
    row = REPORTS[gold["id"]]
    names = (folded(row["patient_name"]), folded(row["patient_kana"]))
    for span in gold["spans"]:
        words = gold["text"][span["start"] : span["end"]]
        kind = f"{span['category']}/{span['subtype']}"
        if kind == "PERSON/patient" and not re.search("[A-Za-z]", words):
            assert any(folded(words) in name or name in folded(words) for name in names), words
        elif kind in ("DATE/birth", "DATE/exam"):
            year, month, day = as_date(words)
            known = date.fromisoformat(row["birth_date" if kind == "DATE/birth" else "exam_date"])
            assert (year or known.year, month, day) == (known.year, known.month, known.day), words
        elif kind == "ID/accession":
            assert words == row["accession_number"]
        elif kind == "DATE/prior":
            earlier = [r["exam_date"] for r in REPORTS.values() if r["patient_id"] == row["patient_id"]]
            dated = as_date(words) if len(re.findall(r"\d+|[一二三四五六七八九十]+", words)) > 1 else None
            assert dated is None or max(earlier) == row["exam_date"] or row["exam_date"] in earlier


def test_findings_gold_is_well_formed():
    assert len(FINDINGS) >= 30
    for row in FINDINGS:
        text = REPORTS[row["id"]]["text"]
        assert row["text"] == text
        assert row["findings"]
        for found in row["findings"]:
            assert text[found["start"] : found["end"]] == found["text"]
            assert set(found) == {"start", "end", "text", "location", *FIELDS}
            for site in found["location"]:
                assert 0 <= site["start"] < site["end"] <= len(text)
            assert not re.match("左|両側|陳旧性|軽度", found["text"]), found["text"]
            if found["change"] == "resolved" or found["multiple"]:
                assert (found["certainty"] == "negative") == (found["change"] == "resolved")
            if found["prior_sizes_mm"]:
                assert found["sizes_mm"]


@pytest.mark.parametrize("row", FINDINGS, ids=[row["id"] for row in FINDINGS])
def test_findings_gold_carries_every_image_reference(row):
    text = unicodedata.normalize("NFKC", row["text"])
    told = {(int(s), int(i)) for s, i in re.findall(r"(?:Se ?|Im )(\d+)(?: Im ?|-)(\d+)", text)}
    gold = {(ref["series"], ref["image"]) for found in row["findings"] for ref in found["image_refs"]}
    assert gold == told


def test_alignment_gold_is_complete():
    marks = sum(len(row["annotations"]) for row in ALIGN)
    assert marks >= 30
    pairs = [pair for row in ALIGN for pair in row["gold"]["pairs"]]
    assert len({pair["annotation_id"] for pair in pairs}) == len(pairs) >= 30
    for row in ALIGN:
        gold, report = row["gold"], REPORTS[row["id"]]
        assert row["report"]["text"] == report["text"]
        paired = {pair["annotation_id"] for pair in gold["pairs"]}
        alone = set(gold["unmatched_annotations"])
        assert not paired & alone
        assert {a["annotation_id"] for a in row["annotations"]} == paired | alone
        for a in row["annotations"]:
            assert (a["image_number"] is None) != (a["image_range"] is None)
            if a["study_uid"] != report["study_uid"]:
                assert a["annotation_id"] in alone
    assert any(row["gold"]["unmatched_findings"] for row in ALIGN)
    assert any(a["study_uid"] != row["report"]["study_uid"] for row in ALIGN for a in row["annotations"])


def test_opt_out_names_patients_of_the_sample():
    lines = (HERE / "opt_out.txt").read_text("utf-8").splitlines()
    ids = [line for line in lines if not line.startswith("#")]
    assert lines[0].startswith("#")
    assert 2 <= len(ids) <= 3
    assert set(ids) <= {row["patient_id"] for row in REPORTS.values()}


def built_files(folder):
    kinds = {".jsonl", ".csv", ".json", ".parquet", ".dcm"}
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.suffix in kinds}


def test_the_sources_build_exactly_the_committed_files(tmp_path):
    pytest.importorskip("highdicom")
    build(tmp_path)
    made, committed = built_files(tmp_path), built_files(HERE)
    tools = [json.loads(files[Path("manifest.json")])["tools"] for files in (made, committed)]
    if tools[0] != tools[1]:  # Their versions are written into binary files.
        made, committed = ({p: b for p, b in f.items() if p.suffix in {".jsonl", ".csv"}} for f in (made, committed))
    assert made.keys() == committed.keys()
    assert [str(p) for p in made if made[p] != committed[p]] == []
    assert sum(map(len, committed.values())) < 3_000_000


DICOM = HERE / "annotations" / "dicom"
MARKS = {(row["report_id"], row["lesion"]): row for row in read("gold_dicom.jsonl")}
NODULES = [(study, nodule) for study in STUDIES for nodule in study.nodules]


def ct(report):
    return [pydicom.dcmread(path) for path in sorted((DICOM / report / "CT").glob("*.dcm"))]


@pytest.mark.parametrize("study", STUDIES, ids=lambda s: s.report)
def test_ct_series_belongs_to_its_report(study):
    images, row = ct(study.report), REPORTS[study.report]
    assert [image.InstanceNumber for image in images] == list(range(1, 25))
    assert {image.SeriesNumber for image in images} == {study.series}
    assert {image.StudyInstanceUID for image in images} == {row["study_uid"]}
    assert images[0].PatientID == row["patient_id"]
    assert str(images[0].PatientName.ideographic).replace("^", " ") == row["patient_name"]
    assert images[0].AccessionNumber == row["accession_number"]
    heights = [float(image.ImagePositionPatient[2]) for image in images]
    assert np.allclose(np.diff(heights), -5)


@pytest.mark.parametrize(("study", "nodule"), NODULES, ids=lambda x: getattr(x, "roi", getattr(x, "report", "")))
def test_nodules_have_the_size_and_place_that_the_report_states(study, nodule):
    gold = next(row for row in FINDINGS if row["id"] == study.report)
    image_ref = {"series": study.series, "image": nodule.image}
    found = next(f for f in gold["findings"] if image_ref in f["image_refs"])
    told = sorted(found["sizes_mm"][0])
    assert told in (sorted(map(float, nodule.axes)), [float(max(nodule.axes))])
    assert found["laterality"] == nodule.side
    assert (nodule.centre[0] > 0) == (nodule.side == "left")  # x grows to the patient's left
    area = nodule_mask(nodule, nodule.image).sum() * 2.5**2
    assert area == pytest.approx(np.pi / 4 * nodule.axes[0] * nodule.axes[1], rel=0.2)
    inside = ct(study.report)[nodule.image - 1].pixel_array[nodule_mask(nodule, nodule.image)].astype(int) - 1024
    assert set(inside) == {nodule.hounsfield}


@pytest.mark.parametrize(("study", "nodule"), NODULES, ids=lambda x: getattr(x, "roi", getattr(x, "report", "")))
def test_boxes_of_the_table_frame_the_nodules(study, nodule):
    aligned = next(row for row in ALIGN if row["id"] == study.report)
    own = [a for a in aligned["annotations"] if a["study_uid"] == REPORTS[study.report]["study_uid"]]
    boxes = [a["bbox"] for a in own if a["image_number"] == nodule.image]
    rows, columns = np.nonzero(nodule_mask(nodule, nodule.image))
    assert boxes
    for x, y, width, height in boxes:
        drawn = (x, y, x + width, y + height)
        assert drawn == pytest.approx((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1), abs=1.5)


@pytest.mark.parametrize("study", [s for s in STUDIES if "RTSTRUCT" in s.kinds], ids=lambda s: s.report)
def test_rtstruct_reads_back(study):
    rt, images = pydicom.dcmread(DICOM / study.report / "rtstruct.dcm"), ct(study.report)
    numbers = {image.SOPInstanceUID: image.InstanceNumber for image in images}
    names = {roi.ROINumber: roi.ROIName for roi in rt.StructureSetROISequence}
    drawn = {names[c.ReferencedROINumber]: c.ContourSequence for c in rt.ROIContourSequence}
    for nodule in study.nodules:
        widest = {}
        for contour in drawn[nodule.roi]:
            points = np.array(contour.ContourData, float).reshape(-1, 3)
            number = numbers[contour.ContourImageSequence[0].ReferencedSOPInstanceUID]
            assert points[0, 2] == float(images[number - 1].ImagePositionPatient[2])
            widest[number] = np.ptp(points, axis=0)
        assert max(widest, key=lambda n: widest[n][0]) == nodule.image
        assert sorted(widest[nodule.image][:2]) == pytest.approx(sorted(nodule.axes), abs=0.5)


@pytest.mark.parametrize("study", [s for s in STUDIES if "SR" in s.kinds], ids=lambda s: s.report)
def test_sr_reads_back(study):
    hd = pytest.importorskip("highdicom")
    sr = hd.sr.srread(DICOM / study.report / "sr.dcm")
    numbers = {image.SOPInstanceUID: image.InstanceNumber for image in ct(study.report)}
    groups = {g.tracking_uid: g for g in sr.content.get_planar_roi_measurement_groups()}
    assert len(groups) == len(study.nodules)
    for nodule in study.nodules:
        group = groups[MARKS[study.report, nodule.lesion]["tracking_uid"]]
        assert [m.value for m in group.get_measurements()] == list(nodule.axes)
        assert group.finding_type.meaning == "Nodule"
        site = group.finding_sites[0]
        assert (site.value.meaning, site.laterality.meaning.lower()) == (nodule.site[2], nodule.side)
        source = next(item for item in group.roi.ContentSequence if "ReferencedSOPSequence" in item)
        assert numbers[source.referenced_sop_instance_uid] == nodule.image
        x, y = (np.ptp(group.roi.value, axis=0) * 2.5).tolist()
        assert sorted((x, y)) == pytest.approx(sorted(nodule.axes), abs=0.5)


@pytest.mark.parametrize("study", [s for s in STUDIES if "SEG" in s.kinds], ids=lambda s: s.report)
def test_seg_reads_back(study):
    hd = pytest.importorskip("highdicom")
    seg = hd.seg.segread(DICOM / study.report / "seg.dcm")
    uids = [image.SOPInstanceUID for image in ct(study.report)]
    masks = seg.get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True)
    for k, nodule in enumerate(study.nodules):
        assert seg.get_segment_description(k + 1).tracking_uid == MARKS[study.report, nodule.lesion]["tracking_uid"]
        for image in range(1, 25):
            assert (masks[image - 1, :, :, k].astype(bool) == nodule_mask(nodule, image)).all()


def grams(text, n=15):
    text = folded(text)
    return {text[i : i + n] for i in range(len(text) - n + 1)}


def test_no_sentence_of_the_development_data_is_in_it():
    files = sorted(SHARED.glob("*/*.jsonl"))
    if not files:
        pytest.skip("the development data are not beside the checkout")
    theirs = set()
    for path in files:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            theirs |= grams(row.get("text") or row.get("report", {}).get("text", ""))
    ours = {gram: row["id"] for row in REPORTS.values() for gram in grams(row["text"])}
    # A long English term such as non-mass enhancement is no sentence.
    assert {gram: ours[gram] for gram in sorted(theirs & ours.keys()) if not gram.isascii()} == {}


@pytest.mark.parametrize("broken", ["[結節", "結節](+)", "[結節] だけ", "[](+)", "[結節](+;)"])
def test_broken_markup_is_refused(broken):
    with pytest.raises(MarkupError):
        plain(broken)


def test_markup_nests_and_gives_offsets_of_the_plain_text():
    text, marks = plain("\\[所見\\][右肺[S6](keep/segment)](@1)に[結節](+ @1 R 12x8 <10 up im=5/88)。")
    assert text == "[所見]右肺S6に結節。"
    assert [(text[m.start : m.end], m.label.split()[0]) for m in marks] == [
        ("右肺S6", "@1"),
        ("S6", "keep/segment"),
        ("結節", "+"),
    ]
    found = finding(marks[-1].label)
    assert (found.sizes, found.prior_sizes, found.change, found.image_refs) == (
        [[12.0, 8.0]],
        [[10.0]],
        "increased",
        [(5, 88)],
    )
    with pytest.raises(MarkupError):
        finding("+ nowhere")


def test_datasheet_states_the_counts():
    sheet = (HERE / "README.md").read_text("utf-8")
    visits = Counter(row["patient_id"] for row in REPORTS.values())
    lengths = [len(row["text"]) for row in REPORTS.values()]
    modalities = Counter(row["modality"] for row in REPORTS.values())
    marks = sum(a["study_uid"] == row["report"]["study_uid"] for row in ALIGN for a in row["annotations"])
    for line in (
        f"| {len(REPORTS)}, of {len(visits)} patients, {sum(n > 1 for n in visits.values())} of them",
        f"| {len({row['institution'] for row in REPORTS.values()})}, each with",
        f"| {min(lengths)} to {max(lengths)} characters |",
        ", ".join(f"{name} {n}" for name, n in modalities.most_common()),
        f"| identifiers marked | {sum(len(row['spans']) for row in IDENTIFIERS)} |",
        f"| findings marked | {sum(len(row['findings']) for row in FINDINGS)} |",
        f"| {marks}, of which {sum(len(row['gold']['pairs']) for row in ALIGN)} have",
    ):
        assert line in sheet, line
