"""The job behind the review page: each report's text with its places, and which reports a random sample holds."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jmid_nlp.batch.files import read_rows
from jmid_nlp.batch.job import Outcome, ReviewJob, Row, run_rows
from jmid_nlp.batch.rows import parse_report
from jmid_nlp.deid.review import LIMIT
from jmid_nlp.errors import RowError


@dataclass(frozen=True)
class ReviewPageJob(ReviewJob):
    """Rows of the review page; they hold the report's text.

    Args:
        other: What detects in the other mode; where it disagrees with `detector`, a person should look.
        chosen: Numbers of the rows that are looked at; None for all.
    """

    other: Any = None
    chosen: frozenset[int] | None = None

    @property
    def fingerprint(self) -> str:
        """Job, options and versions."""
        chosen = "" if self.chosen is None else hashlib.sha256(repr(sorted(self.chosen)).encode()).hexdigest()
        return f"page|{super().fingerprint}|{getattr(self.other, 'fingerprint', '')}|{chosen}"

    def __call__(self, chunk: Sequence[tuple[int, Row | RowError]]) -> Outcome:
        """The row of each report that was chosen: id, text and marks."""
        from jmid_nlp.review_page.places import places
        from jmid_nlp.schema import to_plain

        limit = LIMIT if self.limit is None else self.limit

        def treat(number: int, row: Row) -> tuple[Row | None, tuple[Row, ...]]:
            report = parse_report(row, number=number)
            found = places(report, detector=self.detector, other=self.other, policy=self.policy, limit=limit)
            return {"id": report.report_id, "text": report.text, "marks": to_plain(found)}, ()

        return run_rows([item for item in chunk if self.chosen is None or item[0] in self.chosen], treat)


def draw(source: Path, size: int, *, seed: int, encoding: str = "auto") -> tuple[frozenset[int], int]:
    """A random sample of the rows that can be read.

    A keyed hash of the row's number decides, so the draw is the same on every machine and version.

    Args:
        source: File or folder.
        size: How many rows are wanted; all where there are fewer.
        seed: Another seed gives another sample.
        encoding: Encoding of text input.

    Returns:
        The numbers of the rows, and how many rows there are.
    """
    numbers = [number for number, row in read_rows(source, encoding=encoding) if not isinstance(row, RowError)]
    key = seed.to_bytes(16, "big", signed=True)

    def rank(number: int) -> bytes:
        return hashlib.blake2b(str(number).encode(), key=key, digest_size=16).digest()

    return frozenset(heapq.nsmallest(size, numbers, key=rank)), len(numbers)
