"""A second pass over a de-identified corpus: words that are left and that only a whole corpus can show to be suspicious.

What a report alone does not tell: a word that stands in one or two reports of a hundred thousand, a word that one institution
alone writes, a word that stood beside a name's label or honorific elsewhere. Three tables of fixed size (a count-min sketch of
document frequencies, the institution of each cell, a Bloom filter of words seen beside a cue) keep memory flat; words are held
as hashes only. Collisions can hide a rare word (a count is never too low) or list one too many beside a cue, never change text.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jmid_nlp.deid.codes import is_invented_number, is_pseudonym
from jmid_nlp.deid.generalise import tag_pattern
from jmid_nlp.deid.propagation import PROVEN
from jmid_nlp.deid.review import shown
from jmid_nlp.deid.risk import invented_name, invented_spans, is_dead_phone
from jmid_nlp.deid.unknown import Word, unknown_words
from jmid_nlp.offsets import Span, fold
from jmid_nlp.schema import Identifier, Report
from jmid_nlp.text.dates import find_dates

Detector = Callable[..., "tuple[Identifier, ...]"]
RARE = 2
_MANY = 255
_NO_SITE, _SEVERAL = 0, 0xFFFF
_RISK = {"cue_elsewhere": 0.4, "one_institution": 0.1, "rare": 0.2}
_SITE_NEEDS = 5  # documents below which "at one institution only" says nothing that "rare" does not


@dataclass(frozen=True, slots=True)
class Leftover:
    """A suspicious word; `[start, end)` of the row's text.

    Attributes:
        kind: The kind of word, as in `unknown.Word`.
        reasons: Of `rare`, `one_institution`, `cue_elsewhere`.
        documents: In how many reports the word stands, 255 for that many and more.
        risk: Order of the list, highest first.
    """

    row_id: str
    start: int
    end: int
    kind: str
    reasons: tuple[str, ...]
    documents: int
    risk: float


class Corpus:
    """What is counted over a corpus, in tables of fixed size.

    Args:
        bits: The tables have two to this power cells each; 22 serve a vocabulary of about a million words in 34 MB.
        depth: Cells a word; more make collisions rarer.
    """

    def __init__(self, *, bits: int = 22, depth: int = 4) -> None:
        self._mask, self._depth = (1 << bits) - 1, depth
        self._counts = [bytearray(1 << bits) for _ in range(depth)]
        self._sites = [array("H", bytes(2 << bits)) for _ in range(2)]
        self._cued = bytearray(1 << max(0, bits - 3))
        self._numbers: dict[str, int] = {}
        self.documents = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Counts the words of one de-identified row."""
        text = str(row.get("text") or "")
        site = self._site(row.get("institution"))
        self.documents += 1
        seen: dict[str, bool] = {}
        for word in words_left(text):
            key = fold(text[word.start : word.end]).text.lower()
            seen[key] = seen.get(key, False) or word.cue
        for key, cue in seen.items():
            cells = self._cells(key)
            for table, cell in zip(self._counts, cells, strict=True):
                table[cell] = min(_MANY, table[cell] + 1)
            for sites, cell in zip(self._sites, cells, strict=False):
                if sites[cell] != site:
                    sites[cell] = site if sites[cell] == _NO_SITE else _SEVERAL
            if cue:
                self._mark(cells)

    def add_source(self, report: Report, detector: Detector | None = None) -> None:
        """Marks what detection is sure of in a report before de-identification, so that it is known where it is left."""
        if detector is None:
            from jmid_nlp.deid.detect import detect

            detector = detect
        for f in detector(report.text, known=report):
            if f.category in ("PERSON", "FACILITY", "ID") and f.score >= PROVEN:
                whole = fold(report.text[f.start : f.end]).text.lower()
                for part in {whole, *whole.split()}:
                    if len(part) > 1:
                        self._mark(self._cells(part))

    def look(self, row: Mapping[str, Any], row_id: str) -> Iterator[Leftover]:
        """The suspicious words of one row, after all rows were added."""
        text = str(row.get("text") or "")
        for word in words_left(text):
            cells = self._cells(fold(text[word.start : word.end]).text.lower())
            documents = min(table[cell] for table, cell in zip(self._counts, cells, strict=True))
            reasons = tuple(self._reasons(cells, documents, word))
            if reasons:
                risk = round(min(1.0, word.risk + sum(_RISK[r] for r in reasons)), 2)
                yield Leftover(row_id, word.start, word.end, word.kind, reasons, documents, risk)

    def _reasons(self, cells: list[int], documents: int, word: Word) -> Iterator[str]:
        if documents <= RARE:
            yield "rare"
        site = min((s[c] for s, c in zip(self._sites, cells, strict=False)), key=lambda s: s in (_NO_SITE, _SEVERAL))
        if documents >= _SITE_NEEDS and site not in (_NO_SITE, _SEVERAL) and len(self._numbers) > 1:
            yield "one_institution"
        if word.cue or all(self._cued[c >> 3] & (1 << (c & 7)) for c in cells):
            yield "cue_elsewhere"

    def _site(self, value: Any) -> int:
        """A small number for an institution; all beyond the first 60,000 count as several."""
        if value in (None, ""):
            return _SEVERAL
        if len(self._numbers) < 60_000:
            return self._numbers.setdefault(_digest(str(value)).hex(), len(self._numbers) + 1)
        return self._numbers.get(_digest(str(value)).hex(), _SEVERAL)

    def _cells(self, key: str) -> list[int]:
        digest = _digest(key)
        return [int.from_bytes(digest[4 * i : 4 * i + 4], "big") & self._mask for i in range(self._depth)]

    def _mark(self, cells: list[int]) -> None:
        for c in cells:
            self._cued[c >> 3] |= 1 << (c & 7)


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=32).digest()


def words_left(text: str) -> list[Word]:
    """Unknown words of a de-identified text, without dates and without our own tags, invented names and invented numbers."""
    own: list[Span] = [m.span() for m in tag_pattern().finditer(text)]
    own += [(d.start, d.end) for d in find_dates(text)]
    words = unknown_words(text, [*own, *invented_spans(text)])
    return [w for w in words if not _is_ours(text[w.start : w.end], w.kind)]


def _is_ours(word: str, kind: str) -> bool:
    if kind == "number":
        return is_pseudonym(word) or is_invented_number(word) or is_dead_phone(word)
    return invented_name(word)


def leftovers(
    rows: Callable[[], Iterable[Mapping[str, Any]]],
    *,
    source: Iterable[Report] = (),
    detector: Detector | None = None,
    corpus: Corpus | None = None,
) -> Iterator[Leftover]:
    """Suspicious words that are left in a de-identified corpus, in the order of its rows.

    Args:
        rows: Reads the de-identified rows anew each time it is called; it is called twice.
        source: The same reports before de-identification, where they are at hand: what was surely an identifier there and
            stands in any output text is then found, however frequent it is.
        detector: What detects in `source`; the package's own where None.
        corpus: Tables of another size.
    """
    corpus = corpus or Corpus()
    for report in source:
        corpus.add_source(report, detector)
    for row in rows():
        corpus.add(row)
    for number, row in enumerate(rows()):
        yield from corpus.look(row, str(row.get("id") or row.get("report_id") or number))


def leftover_row(item: Leftover, text: str, *, with_text: bool = False) -> dict[str, Any]:
    """A suspicious word as a row of the list; the string and its surroundings only where asked for."""
    row: dict[str, Any] = {"id": item.row_id, "start": item.start, "end": item.end}
    row |= {"reason": "+".join(item.reasons), "kind": item.kind, "documents": item.documents, "risk": item.risk}
    return row | shown(text, item.start, item.end) if with_text else row
