"""What is finished of a run that is not: rows, failures, audit and side rows of each chunk, in a folder beside the output."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from jmid_nlp.batch.files import Row, dump_json, write_lines
from jmid_nlp.batch.job import Job, Outcome
from jmid_nlp.batch.rows import unusable
from jmid_nlp.batch.sinks import Sink, replace_file
from jmid_nlp.errors import InputError

Records = Callable[[], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class Side:
    """A further output of a job: its file, and what puts its rows in order (None: the order of the input).

    `order` gets a function that reads the rows anew each time it is called, so that sorting needs no memory.
    """

    path: Path
    order: Callable[[Records], Iterable[Row]] | None = None


class PartStore:
    """The folder `OUTPUT.partial/`: for each chunk its rows, its failures and its audit records, and a manifest."""

    def __init__(self, folder: Path, sink: Sink) -> None:
        self.folder = folder
        self.sink = sink
        self.last = -1

    @classmethod
    def open(cls, output: Path, sink: Sink, fingerprint: str) -> PartStore:
        """The folder of a run; what another input, job or chunk size left there is thrown away."""
        folder = output.with_name(output.name + ".partial")
        manifest = folder / "manifest.json"
        wanted = json.dumps({"fingerprint": fingerprint, "format": sink.suffix})
        if folder.exists() and (not manifest.exists() or manifest.read_text(encoding="utf-8") != wanted):
            shutil.rmtree(folder)
        folder.mkdir(exist_ok=True)
        if not manifest.exists():
            ready = folder / "manifest.tmp"
            ready.write_text(wanted, encoding="utf-8")
            replace_file(ready, manifest)
        return cls(folder, sink)

    def part(self, number: int, kind: str) -> Path:
        """The file of one kind of a chunk."""
        return self.folder / f"{number:08d}.{kind}"

    def has(self, number: int) -> bool:
        """Whether a chunk is done."""
        return self.part(number, "done.json").exists()

    def done(self) -> int:
        """Number of chunks that are done."""
        return sum(1 for _ in self.folder.glob("*.done.json"))

    def write(self, number: int, outcome: Outcome) -> None:
        """Store one chunk; it counts as done when its last file is in place.

        Each file comes into place in one step, so that two processes may store the same chunk at the same time.
        """
        self._put(number, "rows" + self.sink.suffix, lambda ready: self.sink.write_part(ready, outcome.rows))
        kinds = {"failed": outcome.failed, "audit": outcome.audit}
        for kind, rows in (kinds | {f"side-{name}": side for name, side in outcome.sides.items()}).items():
            self._put(number, f"{kind}.jsonl", partial(write_lines, lines=map(dump_json, rows)))
        counts: dict[str, Any] = {"written": len(outcome.rows), "failed": len(outcome.failed)}
        counts |= {"left_out": outcome.left_out, "sides": {k: len(rows) for k, rows in outcome.sides.items()}}
        self._put(number, "done.json", lambda ready: ready.write_text(json.dumps(counts), encoding="utf-8"))

    def _put(self, number: int, kind: str, write: Callable[[Path], object]) -> None:
        ready = self.folder / f"{number:08d}.{uuid4().hex}.tmp"
        write(ready)
        replace_file(ready, self.part(number, kind))

    def drop_if_empty(self) -> None:
        """Leave no folder behind where there is nothing to go on with."""
        if self.folder.is_dir() and not self.done():
            shutil.rmtree(self.folder)

    def refuse_if_unusable(self, source: Path) -> None:
        """An input of which not one row has what every row needs is no input: nothing is written.

        Raises:
            InputError: Says what the first row lacks.
        """
        rows = 0
        for n in range(self.last + 1):
            counts = json.loads(self.part(n, "done.json").read_text(encoding="utf-8"))
            if counts["written"] or counts["left_out"]:
                return
            rows += counts["failed"]
        first = unusable(records(self.parts("failed.jsonl")))
        if first is not None:
            shutil.rmtree(self.folder)
            raise InputError(
                f"{source.name}: none of its {rows} rows can be used; field {first['field']!r} {first['reason']}"
            )

    def write_sides(self, sides: Mapping[str, Side]) -> dict[str, int]:
        """Write the further outputs; they appear before the main output, which says that the run is complete."""
        numbers = range(self.last + 1)
        written = {}
        for name, side in sides.items():
            parts = [p for n in numbers if (p := self.part(n, f"side-{name}.jsonl")).exists()]
            rows = partial(records, parts)
            ready = self.folder / "joined"
            write_lines(ready, map(dump_json, side.order(rows) if side.order else rows()))
            replace_file(ready, side.path)
            counts = (json.loads(self.part(n, "done.json").read_text(encoding="utf-8")) for n in numbers)
            written[name] = sum(c.get("sides", {}).get(name, 0) for c in counts)
        return written

    def totals(self) -> dict[str, int]:
        """Rows written, failed and left out on purpose, of all chunks."""
        counts = [json.loads(self.part(n, "done.json").read_text(encoding="utf-8")) for n in range(self.last + 1)]
        return {key: sum(c[key] for c in counts) for key in ("written", "failed", "left_out")}

    def parts(self, kind: str, numbers: Iterable[int] | None = None) -> list[Path]:
        """The files of one kind of all chunks, or of some, in order."""
        return [self.part(n, kind) for n in (range(self.last + 1) if numbers is None else numbers)]

    def join_failed(self, failed: Path) -> None:
        """Write the list of all failed rows; where none failed, no file is left."""
        files = [file for file in self.parts("failed.jsonl") if file.stat().st_size]
        if not files:
            failed.unlink(missing_ok=True)
            return
        ready = self.folder / "joined"
        with ready.open("wb") as out:
            for file in files:
                out.write(file.read_bytes())
        replace_file(ready, failed)

    def finish(self, job: Job, output: Path, failed: Path, audit: Path | None) -> None:
        """Join all parts, put the files in place, remove the folder."""
        ready = self.folder / "joined"
        if audit is not None:
            write_lines(ready, map(dump_json, job.seal(records(self.parts("audit.jsonl")))))
            replace_file(ready, audit)
        self.join_failed(failed)
        self.sink.join(self.parts("rows" + self.sink.suffix), ready)
        replace_file(ready, output)
        shutil.rmtree(self.folder)


def records(parts: Sequence[Path]) -> Iterator[Row]:
    """The rows of JSONL parts, in order."""
    for part in parts:
        with part.open(encoding="utf-8") as stream:
            for line in stream:
                yield json.loads(line)
