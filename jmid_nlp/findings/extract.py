"""All that is read from one report in one call: entities, findings, stage and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jmid_nlp.findings.assemble import read_findings
from jmid_nlp.findings.document import parse
from jmid_nlp.findings.entities import entities
from jmid_nlp.findings.labels import label_sets
from jmid_nlp.findings.staging import stage
from jmid_nlp.schema import Extraction

if TYPE_CHECKING:
    from jmid_nlp.terminology import Terminology


@dataclass(frozen=True, slots=True)
class Extractor:
    """`extract` with its settings, ready to travel to another process.

    Attributes:
        edition: Edition of the lung-cancer TNM classification, 8 or 9.
        label_set_names: The label sets to fill.
        terminologies: Terminologies of the user's own; findings get their codes, and their synonyms are known.
    """

    edition: int = 8
    label_set_names: tuple[str, ...] = ("chexpert14", "ct_rate18")
    terminologies: tuple[Terminology, ...] = ()

    def __call__(self, text: str, report_id: str = "") -> Extraction:
        """Reads one report; see `extract`."""
        if self.terminologies:
            from jmid_nlp.findings.overlay import coded, reader_with

            parsed = parse(text, reader_with(self.terminologies))
            found, advice = read_findings(parsed)
            found = coded(found, text, self.terminologies)
        else:
            parsed = parse(text)
            found, advice = read_findings(parsed)
        return Extraction(
            report_id,
            entities(parsed),
            found,
            stage(parsed, edition=self.edition),
            label_sets(found, self.label_set_names),
            advice,
        )


def extract(text: str, *, report_id: str = "", edition: int = 8) -> Extraction:
    """Reads one report.

    Args:
        text: The report as it is; all spans of the result are `[start, end)` in it.
        report_id: Goes into the result.
        edition: Edition of the lung-cancer TNM classification, 8 or 9.

    Returns:
        Entities in the PRISM scheme, findings, the stage where the report is about a lung tumour, and the label sets.

    Raises:
        InputError: The edition is not known.
    """
    return Extractor(edition)(text, report_id)
