"""The page itself: rows of reports in, one self-contained HTML file out, which no part of a report's text can change."""

from __future__ import annotations

import base64
import hashlib
import heapq
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jmid_nlp.batch.sinks import JsonlSink
from jmid_nlp.schema import CATEGORIES

Row = dict[str, Any]
#: The page's script is these files one behind the other: small enough to read, and nothing to build.
SCRIPTS = (
    "words", "offsets", "planner", "decisions", "storage", "marks", "filter", "list", "report", "dialogs", "session", "show",
    "act", "main",
)  # fmt: skip
_FOLDER = files("jmid_nlp").joinpath("review_page")


@dataclass(frozen=True, slots=True)
class Run:
    """What the page says about the run that it belongs to.

    Attributes:
        source: Name of the file or folder of the reports.
        policy: Name of the policy whose thresholds count.
        mode: "accurate", "balanced" or "fast".
        sample: Number of reports drawn at random; None where the riskiest are shown.
        seed: Seed of the draw.
    """

    source: str
    policy: str
    mode: str
    sample: int | None = None
    seed: int = 0


class PageSink(JsonlSink):
    """Writes the page from the rows of `ReviewPageJob`.

    Args:
        run: What the page says about its run.
        top: At most this many reports, the riskiest.
        total: Reports of the input, where only some of them were looked at; else the rows are counted.
    """

    def __init__(self, run: Run, *, top: int, total: int | None = None) -> None:
        self.run, self.top, self.total = run, top, total

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """Write the page of the riskiest reports of all parts."""
        count = 0

        def rows() -> Iterator[tuple[tuple[float, int], Row]]:
            nonlocal count
            for part in parts:
                with part.open(encoding="utf-8") as stream:
                    for line in stream:
                        row = json.loads(line)
                        yield (_risk(row), -count), row
                        count += 1

        best = [row for _, row in heapq.nlargest(self.top, rows(), key=lambda pair: pair[0])]
        # a lone surrogate is written as an escape of JSON: nothing is lost, and no offset moves
        with target.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as out:
            out.write(page(self.run, best, total=count if self.total is None else self.total))


def _risk(row: Row) -> float:
    """How much a report deserves a look: the chance that one of its places is wrong, were their risks independent ones."""
    return round(1 - math.prod(1 - float(mark["risk"]) for mark in row["marks"]), 4)


def page(run: Run, rows: Sequence[Row], *, total: int) -> str:
    """The page as text.

    Args:
        run: What the page says about its run.
        rows: Reports in the order of the list, each with `id`, `text` and `marks` as `job.ReviewPageJob` makes them.
        total: Reports of the whole input.
    """
    from jinja2 import Environment, StrictUndefined

    script = "\n".join(_read(f"{name}.js") for name in SCRIPTS)
    style = files("jmid_nlp").joinpath("display.css").read_text(encoding="utf-8") + _read("page.css")
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(_read("page.html.j2")).render(
        source=run.source,
        policy=f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
        data=_embedded(_data(run, rows, total)),
    )


def _data(run: Run, rows: Sequence[Row], total: int) -> Mapping[str, Any]:
    reports = [
        {"id": row["id"], "text": row["text"], "risk": _risk(row), "marks": [_mark(m) for m in row["marks"]]}
        for row in rows
    ]
    about = {"source": run.source, "policy": run.policy, "mode": run.mode, "sample": run.sample, "seed": run.seed}
    return {
        "run": about | {"total": total, "fingerprint": _fingerprint(reports)},
        "categories": CATEGORIES,
        "words": json.loads(_read("words.json")),
        "reports": reports,
    }


def _mark(mark: Mapping[str, Any]) -> list[Any]:
    """A mark as `marks.js` reads it: a list is a third as long as a mapping."""
    return [mark[k] for k in ("start", "end", "category", "score", "detector", "left", "reasons")]


def _fingerprint(reports: Iterable[Mapping[str, Any]]) -> str:
    """Names the reports of the page and what was found in them; the browser keeps progress under it."""
    told = json.dumps(sorted((r["id"], r["text"], r["marks"]) for r in reports))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _embedded(data: Mapping[str, Any]) -> str:
    """JSON that can stand inside a `<script>`: no character of it begins a tag, a comment or an entity."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _read(name: str) -> str:
    return _FOLDER.joinpath(name).read_text(encoding="utf-8")
