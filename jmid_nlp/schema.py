"""The plain records that cross from one stage to the next: frozen, slotted, standard library only.

Every `start` and `end` is a half-open span `[start, end)` in Python string indices of the text the record belongs to.
Lengths are millimetres and dates ISO 8601 unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import import_module
from typing import Any, Literal

Category = Literal["PERSON", "DATE", "AGE", "ID", "PHONE", "EMAIL", "URL", "ADDRESS", "FACILITY", "OCCUPATION"]
EntityType = Literal["d", "a", "f", "c", "timex3", "t-test", "t-key", "t-val", "cc", "r", "m-key", "m-val", "p"]
Certainty = Literal["positive", "suspicious", "negative", "general"]
Laterality = Literal["left", "right", "bilateral", "midline"]
Change = Literal["new", "increased", "decreased", "stable", "resolved"]

CATEGORIES: tuple[Category, ...] = (
    "PERSON", "DATE", "AGE", "ID", "PHONE", "EMAIL", "URL", "ADDRESS", "FACILITY", "OCCUPATION",
)  # fmt: skip


class _Shows:
    """Records that a notebook shows as HTML, text and all, when they are the value of a cell; their `repr` never does."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        html: str = import_module("jmid_nlp.display").html_of(self)  # looks upwards, and only when a notebook asks
        return html


@dataclass(frozen=True, slots=True)
class Report(_Shows):
    """One report as a hospital holds it: the text and what its record says of the patient and the examination.

    Only `report_id` and `text` are needed. The other fields are J-MID's record categories; those that identify
    (name, kana, ids, birth date, physicians, institution) sharpen detection and are themselves treated by the policy.
    `extra` carries the columns that the library does not know, untouched.
    """

    report_id: str
    text: str = field(repr=False)
    patient_id: str | None = field(default=None, repr=False)
    patient_name: str | None = field(default=None, repr=False)
    patient_kana: str | None = field(default=None, repr=False)
    birth_date: str | None = field(default=None, repr=False)
    accession_number: str | None = field(default=None, repr=False)
    study_uid: str | None = field(default=None, repr=False)
    institution: str | None = field(default=None, repr=False)
    physicians: tuple[str, ...] = field(default=(), repr=False)
    sex: str | None = None
    age: int | None = None
    exam_date: str | None = field(default=None, repr=False)
    exam_time: str | None = field(default=None, repr=False)
    modality: str | None = None
    body_part: str | None = None
    protocol: str | None = None
    contrast_agent: str | None = None
    contrast_dose_ml: float | None = None
    ctdi_vol_mgy: float | None = None
    dlp_mgy_cm: float | None = None
    weight_kg: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A personal identifier found in a text. It holds offsets, never the string itself."""

    start: int
    end: int
    category: Category
    subtype: str
    score: float
    detector: str


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement: `[start, end)` of the source text became `[new_start, new_end)` of the new text."""

    start: int
    end: int
    new_start: int
    new_end: int
    category: Category
    subtype: str
    action: str
    detector: str
    score: float


@dataclass(frozen=True, slots=True)
class DeidReport(_Shows):
    """A report after de-identification: the only kind of report that may be written for others.

    `edits` carry offsets before and after; `provenance` names the library, policy and lexicon versions and the key's
    fingerprint. The key and the replaced strings are nowhere in it.
    """

    report_id: str
    text: str = field(repr=False)
    row: Mapping[str, Any] = field(repr=False)
    edits: tuple[Edit, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)

    @property
    def patient_id(self) -> str | None:
        """The patient's pseudonym, or None where the policy leaves no link between reports."""
        value = self.row.get("patient_id")
        return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Entity:
    """A mention in the PRISM scheme as MedTxt-RR uses it."""

    start: int
    end: int
    type: EntityType
    attr: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class SiteMention:
    """Where a finding is: the words in the text and the anatomy concept they name (None where unknown)."""

    start: int
    end: int
    site: str | None = None


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A reference to an image in the text; `series` is None where only the image is given."""

    series: int | None
    image: int | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing the text says of how a finding looks, with the spans it rests on.

    Attributes:
        kind: `density`, `texture`, `signal`, `echo`, `enhancement`, `uptake`, `margin`, `shape`, or `value` for a number.
        value: The id of the word in `lexicons/attributes.tsv`, such as `ground_glass` or, for a number, `suv_max`.
        present: False where the text denies it (造影効果は認めない).
        sequence: The MR sequence of a signal, such as `T2WI`.
        phase: The phase it was seen in, such as `arterial`, or `early` and `late` for the two numbers of one measurement.
        part: The part of the finding it is said of, such as `rim`; None for the whole.
        numbers: One number, or the two ends of a range.
        unit: The unit of the numbers, `HU` for CT values; None where they have none (SUV).
        prior: Whether the number is that of an earlier examination.
        spans: The words in the text.
    """

    kind: str
    value: str
    present: bool = True
    sequence: str | None = None
    phase: str | None = None
    part: str | None = None
    numbers: tuple[float, ...] = ()
    unit: str | None = None
    prior: bool = False
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of a finding, as written at `[start, end)`.

    `low` and `high` are equal for an exact number; `high` is None for `10個以上`, `low` is None for `5個以下`.
    """

    low: int | None
    high: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What the report advises to do.

    Attributes:
        action: `follow_up`, `workup`, `biopsy`, `imaging`, `endoscopy`, `referral`, `clinical_correlation`, `comparison` or
            `surgery`.
        modality: The examination it names, such as `mri`; None where it names none.
        interval_days: The shortest and longest time until then, in days (a month is 30, a year 365); None for an open end,
            empty where the text says no time.
        interval_text: The time as written, such as `3ヶ月後`.
        needed: False where the text says that it is not needed (経過観察は不要).
        conditional: Whether it depends on something (増大するようであれば).
        spans: The words in the text: the action, what asks for it, the time.
    """

    action: str
    modality: str | None = None
    interval_days: tuple[int | None, ...] = ()
    interval_text: str | None = None
    needed: bool = True
    conditional: bool = False
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The examination that a change is measured against, as written at `[start, end)`.

    `date` is ISO 8601, shortened where a part is not written, or None where the words name no date (3か月前のCT).
    """

    date: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a terminology that the user supplied: its name, such as `ICD-10`, and the code."""

    system: str
    code: str


@dataclass(frozen=True, slots=True)
class Finding(_Shows):
    """One mention of an abnormality with everything the text says of it. Sizes are millimetres, one tuple a size.

    `number` is how many there are where the text states a number; `multiple` whether it says that there are several.
    `recommendation` holds what the report advises about this finding, `compared_to` what its change is measured against,
    `codes` those of the terminologies that were given to the reader.
    """

    start: int
    end: int
    text: str
    concept: str | None
    certainty: Certainty
    locations: tuple[SiteMention, ...] = ()
    laterality: Laterality | None = None
    sizes_mm: tuple[tuple[float, ...], ...] = ()
    prior_sizes_mm: tuple[tuple[float, ...], ...] = ()
    change: Change | None = None
    multiple: bool = False
    historical: bool = False
    image_refs: tuple[ImageRef, ...] = ()
    section: str | None = None
    why: Mapping[str, str] = field(default_factory=dict)
    attributes: tuple[Attribute, ...] = ()
    number: Count | None = None
    recommendation: tuple[Recommendation, ...] = ()
    compared_to: Comparison | None = None
    codes: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Staging:
    """Lung-cancer TNM: what the report states wins, else it is inferred; `evidence` lists spans per component."""

    T: str | None
    N: str | None
    M: str | None
    edition: int = 8
    stated: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extraction(_Shows):
    """All that was read from one report. `recommendation` holds the advice that is about none of its findings."""

    report_id: str
    entities: tuple[Entity, ...] = ()
    findings: tuple[Finding, ...] = ()
    tnm: Staging | None = None
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    recommendation: tuple[Recommendation, ...] = ()


@dataclass(frozen=True, slots=True)
class AnnotationRecord:
    """One mark made by a reader on images, whatever file it came from.

    `size_mm` holds the in-plane dimensions, longest first. `image_range` is first and last image number, both inside.
    `bbox` is x, y, width, height in pixels with the origin at the top left corner of the first pixel.
    """

    annotation_id: str
    study_uid: str | None = None
    series_number: int | None = None
    image_number: int | None = None
    image_range: tuple[int, int] | None = None
    label: str | None = None
    anatomy: str | None = None
    laterality: str | None = None
    size_mm: tuple[float, ...] = ()
    bbox: tuple[float, ...] = ()
    volume_mm3: float | None = None
    created: str | None = None
    reader: str | None = None
    patient_id: str | None = None
    series_uid: str | None = None
    sop_uid: str | None = None
    tracking_uid: str | None = None
    kind: str = "row"
    source: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A finding and an annotation of the same lesion, with a score in [0, 1] and the reasons in words."""

    start: int
    end: int
    annotation_id: str
    score: float
    why: tuple[str, ...]
    decision: Literal["accept", "review"] = "accept"


@dataclass(frozen=True, slots=True)
class Alignment(_Shows):
    """The links of one study and what stayed without a partner."""

    study_id: str
    pairs: tuple[Link, ...] = ()
    unmatched_annotations: tuple[str, ...] = ()
    unmatched_findings: tuple[tuple[int, int], ...] = ()
    abstained: Mapping[str, str] = field(default_factory=dict)


def to_plain(value: Any) -> Any:
    """A record as dicts, lists and scalars, ready for JSON or Arrow; works on any value of this module, nested or not."""
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(v) for v in value]
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    return value
