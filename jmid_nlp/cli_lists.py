"""Options of the verbs that look for identifiers: the mode, and a site's own lists, detectors, offsets and UIDs from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jmid_nlp.cli_options import DetectMode

if TYPE_CHECKING:
    from jmid_nlp.deid.detect import Detector
    from jmid_nlp.deid.lists import OwnDetector

AllowFile = Annotated[Path | None, typer.Option("--allow", help="Text file: a string a line that is no identifier.")]
DenyFile = Annotated[
    Path | None, typer.Option("--deny", help="Text file: a string that is one, a tab and its category a line.")
]
DetectorFiles = Annotated[
    list[Path] | None,
    typer.Option("--detectors", help="Python file that registers detectors of your own; may be repeated."),
]
DateShifts = Annotated[
    Path | None, typer.Option(help="CSV patient_id,days: offsets with which the images were shifted before.")
]
UidFile = Annotated[Path | None, typer.Option("--uids", help="CSV source_uid,new_uid of another de-identifier.")]


def own_detector(
    allow: Path | None, deny: Path | None, detectors: list[Path] | None, mode: DetectMode
) -> OwnDetector | Detector | None:
    """The detector that the mode and the files describe; None where all is as the package has it.

    Raises:
        InputError: A file cannot be read or used.
    """
    from jmid_nlp.deid.detect import DetectOptions, Detector
    from jmid_nlp.deid.lists import OwnDetector

    base = Detector(DetectOptions(mode="fast")) if mode is DetectMode.fast else None
    return OwnDetector.read(allow=allow, deny=deny, plugins=detectors or (), base=base) or base


def own_files(date_shifts: Path | None, uids: Path | None) -> dict[str, Any]:
    """What another de-identifier did before, as `chain.deid_job` takes it."""
    from jmid_nlp.deid.dateshift import read_shifts
    from jmid_nlp.deid.uids import UidTable

    return {
        "date_shift_days": read_shifts(date_shifts) if date_shifts else None,
        "uids": UidTable.read(uids) if uids else None,
    }
