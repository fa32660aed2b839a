"""Options of the verbs that take a site's own lists, detectors, offsets and UIDs from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
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


def own_detector(allow: Path | None, deny: Path | None, detectors: list[Path] | None) -> OwnDetector | None:
    """The detector that the files describe; None where none is given.

    Raises:
        InputError: A file cannot be read or used.
    """
    from jmid_nlp.deid.lists import OwnDetector

    return OwnDetector.read(allow=allow, deny=deny, plugins=detectors or ())
