"""All words the findings layer knows, found in one pass: lexicon files to one automaton, one best reading of a text.

The lexicons are tables (see `LEXICONS`); each row is a concept, each cell of forms may hold several separated by `|`, and
`{a,b}{c,d}` in a form stands for ac, ad, bc, bd, so that polite, plain and nominal variants are one line. Guard words
(`guard.tsv`) are words that hide a form inside them (見 in 所見); they take part in the reading and are then dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from jmid_nlp.errors import LexiconError
from jmid_nlp.findings.marks import Form as MarkForm
from jmid_nlp.findings.marks import Marks, choose
from jmid_nlp.findings.marks import forms as mark_forms
from jmid_nlp.lexicon import Automaton, braces, read_table, split_forms
from jmid_nlp.offsets import fold

# Table -> the kind of its terms. The order decides where a form stands in two tables: the first wins.
LEXICONS: dict[str, str] = {
    "observation.tsv": "observation",
    "anatomy.tsv": "anatomy",
    "position.tsv": "position",
    "side.tsv": "side",
    "modifier.tsv": "modifier",
    "change.tsv": "change",
    "cues.tsv": "cue",
    "examination.tsv": "test",
    "treatment.tsv": "treatment",
    "timex.tsv": "timex",
    "care.tsv": "care",
    "device.tsv": "device",
    "function.tsv": "function",
    "guard.tsv": "guard",
}
FORM_COLUMNS = ("ja", "en", "abbr")
expand = braces
_LEADING = ("side", "modifier", "sense")  # a form with several senses may be one of the others
_MAX_EXACT = 4  # Latin forms up to this length keep their case: PE is no "pe", AS no "as"


class Term(NamedTuple):
    """A known word in a folded text: `[start, end)` of that text, what it is and how it is written there."""

    start: int
    end: int
    kind: str
    concept: str
    form: str

    def __repr__(self) -> str:  # never the text itself
        return f"Term({self.start}, {self.end}, {self.kind}, {self.concept})"


@dataclass(frozen=True, slots=True)
class Concept:
    """One row of a lexicon: its kind, its class or parent, its labels and whatever other columns the table has."""

    id: str
    kind: str
    row: Mapping[str, str] = field(repr=False)

    @property
    def parent(self) -> str | None:
        """The concept above it in its tree, None at the top."""
        return self.row.get("parent") or None

    @property
    def cls(self) -> str:
        """The class within its kind, such as `disease` or `density`."""
        return self.row.get("class", "")

    @property
    def ja(self) -> str:
        """The Japanese label."""
        return self.row.get("label_ja") or _label(self.row.get("ja", ""))

    @property
    def en(self) -> str:
        """The English label."""
        return self.row.get("label_en") or _label(self.row.get("en", ""))


def _label(cell: str) -> str:
    return next(iter(expand(split_forms(cell)[0])), "") if cell else ""


def forms_of(row: Mapping[str, str]) -> Iterator[str]:
    """Every written form of a row, folded as the texts are."""
    for column in FORM_COLUMNS:
        for cell in split_forms(row.get(column, "")):
            for form in expand(cell):
                yield fold(form).text


@cache
def concepts() -> dict[str, Concept]:
    """All concepts of all lexicons by id.

    Raises:
        LexiconError: An id stands in two rows.
    """
    found: dict[str, Concept] = {}
    for name, kind in LEXICONS.items():
        for row in read_table(name, ("id", "ja")):
            if row["id"] in found:
                raise LexiconError(f"{name}: the id {row['id']!r} is used twice")
            found[row["id"]] = Concept(row["id"], kind, row)
    return found


def concept(concept_id: str) -> Concept:
    """The concept of an id."""
    return concepts()[concept_id]


@cache
def ancestors(concept_id: str) -> tuple[str, ...]:
    """The ids from the parent of a concept up to the top of its tree."""
    chain: list[str] = []
    parent = concepts()[concept_id].parent if concept_id in concepts() else None
    while parent and parent not in chain:
        chain.append(parent)
        parent = concepts()[parent].parent if parent in concepts() else None
    return tuple(chain)


def is_a(concept_id: str, ancestor: str) -> bool:
    """Whether a concept is another one or stands below it."""
    return concept_id == ancestor or ancestor in ancestors(concept_id)


@cache
def _senses() -> dict[str, list[tuple[str, str, tuple[str, ...]]]]:
    """Forms with several senses, lowered -> as written, concept and the words one of which must stand in the report."""
    out: dict[str, list[tuple[str, str, tuple[str, ...]]]] = {}
    for row in read_table("abbreviation.tsv", ("form", "concept", "context")):
        sense = (row["form"], row["concept"], tuple(split_forms(row["context"])))
        out.setdefault(row["form"].lower(), []).append(sense)
    return out


def _sense(written: str, text: str) -> str | None:
    """The concept of a form with several senses in this report, None where none fits."""
    for form, concept_id, context in _senses()[written.lower()]:
        if form == written and (not context or any(word in text for word in context)):
            return concept_id
    return None


@dataclass(frozen=True, slots=True)
class _Form:
    kind: str
    concept: str
    weight: int
    exact: str  # the form as written where case counts, else ""
    latin_start: bool
    latin_end: bool
    not_after: str = ""  # letters that may not stand before it: 炎症性|変化なし is no change


# Letters that reports write either way; the lexicons need hold only one of them.
_SPELLING = str.maketrans("彎頚靭囊", "弯頸靱嚢")
_OTHER_SPELLING = str.maketrans("弯頸靱嚢", "彎頚靭囊")


def plain_spelling(text: str) -> str:
    """A text with 弯, 頸, 靱 and 嚢 for their variants."""
    return text.translate(_SPELLING)


class Reader:
    """Finds the best reading of a text: the sequence of known words that covers most of it with the fewest words.

    Args:
        more: Further forms, folded, with the id of the concept that each belongs to.
    """

    def __init__(self, more: Mapping[str, str] | None = None) -> None:
        self._forms: list[_Form] = []
        written: dict[str, int] = {}
        for key in _senses():
            written[key] = len(self._forms)
            self._forms.append(_Form("sense", "", 10 * len(key) - 3, "", _latin(key[0]), _latin(key[-1])))
        for item in concepts().values():
            for text in forms_of(item.row):
                key = text.lower()
                if key not in written:
                    written[key] = len(self._forms)
                    self._forms.append(_entry(text, item))
        for key, number in list(written.items()):
            for twin in (plain_spelling(key), key.translate(_OTHER_SPELLING)):
                if twin not in written:
                    written[twin] = len(self._forms)
                    self._forms.append(self._forms[number])
        for text, concept_id in (more or {}).items():
            if text.lower() not in written:
                written[text.lower()] = len(self._forms)
                self._forms.append(_entry(text, concepts()[concept_id]))
        self._own = len(self._forms)  # forms from here on are marks only and take no part in the reading
        beside = mark_forms()
        self._automaton = Automaton([*written, *(f for f in beside if f not in written)], overlapping=True)
        self._marks: list[tuple[MarkForm, ...] | None] = [beside.get(f) for f in self._automaton.forms]
        self.stops = not any("。" in form for form in self._automaton.forms[: self._own])  # no word crosses one
        self._weights = [form.weight for form in self._forms]
        # most forms stand wherever they are written: only the others are looked at with what is around them
        self._bound = [bool(f.latin_start or f.latin_end or f.exact or f.not_after) for f in self._forms]

    def read(self, text: str) -> list[Term]:
        """The known words of a folded text, ascending, not overlapping."""
        return self.read_both(text)[0]

    def read_both(self, text: str) -> tuple[list[Term], Marks]:
        """The known words of a folded text and its marks, found in the same pass."""
        score, back, hits = self._best(text, self._automaton.find_by_end(_lowered(text)))
        return self._terms(text, text, score, back), choose(text, hits)

    def _terms(self, text: str, whole: str, score: list[int], back: list[tuple[int, int] | None]) -> list[Term]:
        """The words of the best path, followed back from its end; senses by the words of the whole text."""
        terms: list[Term] = []
        forms = self._forms
        at = len(score) - 1
        while at > 0:
            step = back[at]
            if step is None:
                at -= 1
                continue
            start, number = step
            form = forms[number]
            kind = form.kind
            if kind == "sense":
                meant = _sense(text[start:at], whole)
                if meant is not None:
                    terms.append(Term(start, at, concepts()[meant].kind, meant, text[start:at]))
            elif kind != "guard":
                # as Term(...), without the detour over a function of its own: this is done for every word
                terms.append(tuple.__new__(Term, (start, at, kind, form.concept, text[start:at])))
            at = start
        terms.reverse()
        return terms

    def read_across(self, text: str, places: Sequence[int], whole: str) -> list[Term] | None:
        """As `read`; None where no word could lie across one of these places, nor a side or description end there.

        The look at all forms that occur is far cheaper than the reading, and both need the same search.

        Args:
            text: A folded text.
            places: Positions between two of its characters.
            whole: What the text is taken from: senses go by all of its words.
        """
        found = self._automaton.find_by_end(_lowered(text))
        if not self._could_join(text, found, places):
            return None
        score, back, _ = self._best(text, found)
        return self._terms(text, whole, score, back)

    def _could_join(self, text: str, found: list[tuple[int, int, int]], places: Sequence[int]) -> bool:
        marks = bytearray(len(text) + 1)
        for place in places:
            marks[place] = 1
        for start, end, number in found:
            place = marks.find(1, start + 1, end + 1)
            if place >= 0 and number < self._own and (place < end or self._forms[number].kind in _LEADING):
                return True
        return False

    def _best(
        self, text: str, found: list[tuple[int, int, int]]
    ) -> tuple[list[int], list[tuple[int, int] | None], list[tuple[int, int, tuple[MarkForm, ...]]]]:
        size = len(text)
        score = [0] * (size + 1)
        back: list[tuple[int, int] | None] = [None] * (size + 1)
        weights, bound, marks, own = self._weights, self._bound, self._marks, self._own
        hits: list[tuple[int, int, tuple[MarkForm, ...]]] = []
        done = 0
        for start, end, number in found:
            mark = marks[number]
            if mark is not None:
                hits.append((start, -end, mark))
                if number >= own:
                    continue
            while done < end:
                done += 1
                score[done] = score[done - 1]
            if bound[number] and not _fits(text, start, end, self._forms[number]):
                continue
            total = score[start] + weights[number]
            if total > score[end]:
                score[end] = total
                back[end] = (start, number)
        for at in range(done + 1, size + 1):
            score[at] = score[at - 1]
        return score, back, hits


def _lowered(text: str) -> str:
    low = text.lower()
    if len(low) != len(text):  # a few capitals grow when lowered; only ASCII matters here
        low = "".join(c.lower() if c.isascii() else c for c in text)
    return low


def _entry(text: str, item: Concept) -> _Form:
    # Ten points a character less three a word: most of the text with the fewest words; a finding is kept whole
    # where the border is open (下葉|気管支拡張, not 下葉気管支|拡張).
    weight = 10 * len(text) - 3 + (len(text) if item.kind == "observation" else 0)
    exact = text if text.isascii() and len(text) <= _MAX_EXACT and not text.islower() else ""
    not_after = item.row.get("not_after", "") if text.startswith("変化") else ""
    return _Form(item.kind, item.id, weight, exact, _latin(text[0]), _latin(text[-1]), not_after)


def _latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _fits(text: str, start: int, end: int, form: _Form) -> bool:
    """Whether what stands around a form lets it be read there."""
    if (form.latin_start or form.latin_end or form.exact) and not _stands_alone(text, start, end, form):
        return False
    return not (form.not_after and start and text[start - 1] in form.not_after)


def _stands_alone(text: str, start: int, end: int, form: _Form) -> bool:
    """Whether a Latin form is a word of its own. Long words may touch others: reports lose their spaces."""
    if form.exact and text[start:end] != form.exact:
        return False
    if form.latin_start and start and _latin(text[start - 1]) and end - start <= _MAX_EXACT + 1:
        return False
    return not (form.latin_end and end < len(text) and _latin(text[end]) and end - start <= _MAX_EXACT + 1)


@cache
def reader() -> Reader:
    """The reader over the lexicons of the package, built once a process."""
    return Reader()
