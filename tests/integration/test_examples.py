"""The notebooks in examples/ as they are stored: with their outputs, small, and without anything of the machine they ran on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
# paths, addresses of objects and warnings differ from run to run, and say nothing to a reader
OF_THE_MACHINE = re.compile(r"/(?:tmp|home|root|work|usr|Users|var)/|ipykernel_\d|0x[0-9a-f]{8,}|Warning\b|WARNING")
MOST_BYTES = 200_000


def cells(path: Path) -> list[dict]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def said(cell: dict) -> str:
    """What the outputs of a cell say; pictures aside."""
    texts = []
    for output in cell["outputs"]:
        data = {k: v for k, v in output.get("data", {}).items() if k.startswith("text/")}
        texts += ["".join(v) for v in (output.get("text", ""), *data.values())]
    return "\n".join(texts)


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 8


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_stored_notebook_reads_well(path):
    assert path.stat().st_size < MOST_BYTES
    assert not any(output["output_type"] == "error" for cell in cells(path) for output in cell["outputs"])
    assert sum(bool(cell["outputs"]) for cell in cells(path)) >= len(cells(path)) / 2, "run it and store its outputs"
    found = [m[0] for cell in cells(path) if (m := OF_THE_MACHINE.search(said(cell)))]
    assert not found, f"store it again without {found}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_each_notebook_is_on_the_list(path):
    assert f"{path.stem}.ipynb" in (FOLDER / "README.md").read_text(encoding="utf-8")
