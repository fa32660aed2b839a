"""Facts of the examination that a report's text tells: modality, contrast, phases, dose, comparison, limitations.

For dose and appropriateness studies where the record lacks them. Only what is written is given; nothing is inferred.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jmid_nlp.findings.document import Parsed
from jmid_nlp.lexicon import Automaton, read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.text.dates import find_dates

_MODALITY = {
    "ct": "CT", "mri": "MR", "plain_film": "CR", "ultrasound": "US", "pet": "PT", "scintigraphy": "NM",
    "angiography": "XA",
}  # fmt: skip
_NUMBER = r"(\d{1,5}(?:\.\d{1,3})?)"
_DOSE_ML = re.compile(rf"{_NUMBER}\s?(?:mL|ml|ML|cc|ミリリットル)(?!/)")
_CTDI = re.compile(rf"CTDI\s?-?\s?(?:vol|w)?\.?[^\d\n。]{{0,14}}{_NUMBER}\s?(?:mGy)?", re.IGNORECASE)
_DLP = re.compile(rf"(?:total\s)?DLP[^\d\n。]{{0,16}}{_NUMBER}\s?(?:mGy\s?[・*.x×]?\s?cm)?", re.IGNORECASE)
_CONTRAST = re.compile(
    r"造影(?!剤?(?:なし|せず|未使用|を使用せず|不可|禁忌))|contrast[- ]enhanced|with contrast|CE-?(?:CT|MRI)"
)
_PLAIN = re.compile(
    r"単純(?!写真|X|性)|非造影|造影(?:剤)?(?:なし|せず|未使用)|without contrast|plain CT|unenhanced", re.IGNORECASE
)
_COMPARE = re.compile(
    r"前回|比較|対比|以前|compar|prior|previous|\d{1,2}\s?(?:年|か月|ヶ月|ヵ月|週|日)前", re.IGNORECASE
)
_NONE_TO_COMPARE = re.compile(
    r"比較(?:可能な|対象(?:と|に)?)?(?:画像|検査|CT|MRI)?(?:は|が)?(?:なし|ありません|ない)"
    r"|初回(?:検査|撮影|CT|MRI)?(?:です|のため)|no prior",
    re.IGNORECASE,
)
_WINDOW = 24


@cache
def _lexicon() -> tuple[Automaton, list[tuple[str, str]]]:
    forms: dict[str, tuple[str, str]] = {}
    for row in read_table("exam_fact.tsv", ("id", "class", "ja")):
        for form in split_forms(row["ja"]):
            forms.setdefault(fold(form).text.lower(), (row["id"], row["class"]))
    return Automaton(forms), list(forms.values())


def exam_facts(parsed: Parsed) -> dict[str, Any]:
    """What a report's text says of the examination itself.

    Args:
        parsed: The report.

    Returns:
        `modality` (DICOM codes in the order of the text), `contrast` (True, False or None), `contrast_agent` (the generic
        name or the class), `contrast_dose_ml`, `phases`, `ctdi_vol_mgy`, `dlp_mgy_cm`, `indication` (span of its section's
        body or None), `comparison_dates` (ISO 8601, shortened where a part is not written), `no_comparison`, `limitations`
        (kinds with their spans). Spans are in the original text.
    """
    text = parsed.text
    found = _words(text)
    agents = [(start, end, word) for start, end, word, cls in found if cls == "agent"]
    return {
        "modality": list(dict.fromkeys(_MODALITY[t.concept] for t in parsed.terms if t.concept in _MODALITY)),
        "contrast": _contrast(text, bool(agents)),
        "contrast_agent": agents[0][2] if agents else None,
        "contrast_dose_ml": _dose(text, agents),
        "phases": list(dict.fromkeys(word for _, _, word, cls in found if cls == "phase")),
        "ctdi_vol_mgy": _value(_CTDI, text),
        "dlp_mgy_cm": _value(_DLP, text),
        "indication": _indication(parsed),
        "comparison_dates": _comparisons(text),
        "no_comparison": _NONE_TO_COMPARE.search(text) is not None,
        "limitations": [
            {"kind": word, "start": parsed.span(start, end)[0], "end": parsed.span(start, end)[1]}
            for start, end, word, cls in found
            if cls == "limitation"
        ],
    }


def _words(text: str) -> list[tuple[int, int, str, str]]:
    automaton, kinds = _lexicon()
    low = "".join(c.lower() if c.isascii() else c for c in text)
    return [(start, end, *kinds[number]) for start, end, number in automaton.find(low)]


def _contrast(text: str, agent: bool) -> bool | None:
    if agent or _CONTRAST.search(text):
        return True
    return False if _PLAIN.search(text) else None


def _dose(text: str, agents: list[tuple[int, int, str]]) -> float | None:
    """The volume beside the agent's name or beside the word for contrast."""
    for start, end, _ in agents:
        match = _DOSE_ML.search(text, end, end + _WINDOW) or _DOSE_ML.search(text, max(0, start - _WINDOW), start)
        if match:
            return float(match.group(1))
    at = text.find("造影剤")
    match = _DOSE_ML.search(text, at, at + _WINDOW) if at >= 0 else None
    return float(match.group(1)) if match else None


def _value(pattern: re.Pattern[str], text: str) -> float | None:
    match = pattern.search(text)
    return float(match.group(1)) if match else None


def _indication(parsed: Parsed) -> dict[str, int] | None:
    for section in parsed.sections:
        if section.name == "indication" and section.end > section.heading_end:
            start, end = parsed.span(section.heading_end, section.end)
            return {"start": start, "end": end}
    return None


def _comparisons(text: str) -> list[str]:
    """Dates that stand beside words of comparison."""
    found = []
    for date in find_dates(text, folded=True):
        around = text[max(0, date.start - _WINDOW) : date.end + 16].split("\n")
        if _COMPARE.search(" ".join(around)) and date.year is not None:
            found.append(date.iso)
    return list(dict.fromkeys(found))
