"""Terminologies that a user has a copy of: the ICD-10 master of standard disease names (MEDIS) and RadLex.

Nothing of them is shipped. A loader reads the user's own file into a `Terminology`; `jmid_nlp.extract(...,
terminologies=...)` then gives findings its codes and knows its synonyms.
"""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

from jmid_nlp.errors import FileFormatError

_ICD = re.compile(r"[A-Z]\d{2}(?:\.?[0-9X]{1,2})?[*+†]?")
_NUMBER = re.compile(r"\d{8}")
_RID = re.compile(r"RID\d+")
_JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-鿿]")
_KANA = re.compile(r"[ァ-ヶーｦ-ﾟぁ-ん・\s\-A-Za-z0-9()（）]+")
_SAMPLE = 300  # rows that are looked at to find the columns of a file without a heading
_SHARE = 0.6  # of these rows must look like what a column holds
_MANY = re.compile(r"[|;；]")
# Headings, folded, without blanks, hyphens and underscores.
_HEADINGS = {
    "number": ("病名管理番号", "管理番号", "対応用語コード", "病名番号"),
    "name": ("病名表記", "病名", "標準病名", "傷病名", "傷病名基本名称", "name", "diseasename", "索引用語", "用語"),
    "synonyms": ("同義語", "別名", "synonyms", "synonym"),
}
_OWL_NAMES = frozenset(
    (
        "label", "Preferred_name", "Preferred_Name", "preferredLabel", "prefLabel", "Name", "Synonym", "Synonyms",
        "altLabel",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One concept of a terminology: its code and its names, the preferred one first."""

    code: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Terminology:
    """A terminology as read from a user's file.

    Attributes:
        system: Its name, such as `ICD-10`; it goes into `Finding.codes`.
        entries: Its concepts.
        fingerprint: A short hash of the entries, for the provenance of results.
    """

    system: str
    entries: tuple[Entry, ...] = field(repr=False)
    fingerprint: str = ""

    def __len__(self) -> int:
        return len(self.entries)

    def __hash__(self) -> int:  # the entries are long; their fingerprint stands for them
        return hash((self.system, self.fingerprint))


def read_icd10(
    path: str | Path,
    *,
    index: str | Path | None = None,
    columns: Mapping[str, int] | None = None,
    encoding: str | None = None,
) -> Terminology:
    """The ICD-10 master of standard disease names (ICD10対応標準病名マスター), CSV or tab-separated.

    The columns are known by a heading where there is one (病名表記, ICD10…, 病名管理番号, 同義語), else by what they hold.

    Args:
        path: The table of names with their ICD-10 codes.
        index: The table of index terms (索引テーブル): a term and the 病名管理番号 it stands for.
        columns: Zero-based columns `name`, `icd10` and `number` of a table where they are not recognised.
        encoding: Of both files; UTF-8 or Shift_JIS by content where it is None.

    Returns:
        One entry a name and code; index terms are its synonyms.

    Raises:
        FileFormatError: A file cannot be read, a column is not there, or an index names no row of the table.
    """
    file = Path(path)
    heading, rows = _heading(_rows(file, encoding))
    where = {**_columns(file, heading, rows), **(columns or {})}
    for name in ("name", "icd10"):
        if name not in where:
            shown = "no column of ICD-10 codes" if name == "icd10" else "no column of disease names"
            raise FileFormatError(f"{file.name}: {shown} found; say where they are with columns={{'{name}': NUMBER}}")
    terms = _index(Path(index), encoding) if index is not None else {}
    entries: list[Entry] = []
    used = 0
    for row in rows:
        names = [_cell(row, where["name"]), *_MANY.split(_cell(row, where.get("synonyms", -1)))]
        own = terms.get(_cell(row, where.get("number", -1)), ())
        used += bool(own)
        written = tuple(dict.fromkeys(n for n in (*names, *own) if n))
        for code in _MANY.split(_cell(row, where["icd10"])):
            if written and _ICD.fullmatch(code):
                entries.append(Entry(_dotted(code), written))
    if not entries:
        raise FileFormatError(f"{file.name}: no row holds both a disease name and an ICD-10 code")
    if terms and not used:
        raise FileFormatError(f"{Path(str(index)).name}: none of its numbers stands in {file.name}")
    return _terminology("ICD-10", entries)


def read_radlex(path: str | Path, *, encoding: str | None = None) -> Terminology:
    """RadLex in its OWL form (RDF/XML) or as the CSV table that BioPortal exports.

    Args:
        path: A file that ends in `.owl`, `.rdf`, `.xml` or `.csv`.
        encoding: Of a CSV file; UTF-8 or Shift_JIS by content where it is None.

    Returns:
        One entry a class that is not obsolete, with its label and synonyms.

    Raises:
        FileFormatError: The file cannot be read or holds no class with a RID and a name.
    """
    file = Path(path)
    entries = _owl(file) if file.suffix.lower() in (".owl", ".rdf", ".xml") else _radlex_table(file, encoding)
    if not entries:
        raise FileFormatError(f"{file.name}: no class with an id like RID1234 and a name")
    return _terminology("RadLex", entries)


def _terminology(system: str, entries: Iterable[Entry]) -> Terminology:
    kept = tuple(entries)
    digest = hashlib.sha256()
    for entry in kept:
        digest.update("\0".join((entry.code, *entry.names)).encode("utf-8", "replace") + b"\n")
    return Terminology(system, kept, digest.hexdigest()[:12])


# -- tables ----------------------------------------------------------------------------------------------------------------


def _rows(file: Path, encoding: str | None) -> list[list[str]]:
    text = _decoded(file, encoding)
    first = text[:4096].split("\n", 1)[0]
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if any(c.strip() for c in row)]
    except csv.Error as error:
        raise FileFormatError(f"{file.name}: not a table of comma- or tab-separated cells ({error})") from None
    if not rows:
        raise FileFormatError(f"{file.name}: the file is empty")
    return rows


def _decoded(file: Path, encoding: str | None) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise FileFormatError(f"{file.name}: cannot be read ({type(error).__name__})") from None
    for name in (encoding,) if encoding else ("utf-8-sig", "cp932"):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise FileFormatError(f"{file.name}: there is no encoding {name!r}") from None
    tried = f"not in {encoding}" if encoding else "neither in UTF-8 nor in Shift_JIS"
    raise FileFormatError(f"{file.name}: {tried}; name its encoding with encoding=")


def _heading(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """The heading, empty where there is none, and the rows below it."""
    folded = [_folded(c) for c in rows[0]]
    known = {h for forms in _HEADINGS.values() for h in forms}
    if any(c in known or c.startswith("icd10") for c in folded):
        return folded, rows[1:]
    return [], rows


def _folded(cell: str) -> str:
    return re.sub(r"[\s\-_‐－]", "", unicodedata.normalize("NFKC", cell)).lower()


def _columns(file: Path, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, int]:
    if heading:
        found = {
            name: at
            for name, forms in _HEADINGS.items()
            for at, cell in reversed(list(enumerate(heading)))
            if cell in forms
        }
        codes = [at for at, cell in enumerate(heading) if cell.startswith("icd10")]
        return found | ({"icd10": codes[0]} if codes else {})
    sample = rows[:_SAMPLE]
    width = max((len(r) for r in sample), default=0)
    found = {}
    for at in range(width):
        cells = [_cell(r, at) for r in sample]
        if "icd10" not in found and _most(cells, lambda c: _ICD.fullmatch(c) is not None):
            found["icd10"] = at
        elif "number" not in found and _most(cells, lambda c: _NUMBER.fullmatch(c) is not None):
            found["number"] = at
        elif "name" not in found and _most(cells, _is_name) and not all(_KANA.fullmatch(c) for c in cells if c):
            found["name"] = at
    return found


def _is_name(cell: str) -> bool:
    return _JAPANESE.search(cell) is not None


def _most(cells: Sequence[str], test: Any) -> bool:
    return bool(cells) and sum(map(test, cells)) >= _SHARE * len(cells)


def _cell(row: Sequence[str], at: int) -> str:
    return row[at].strip() if 0 <= at < len(row) else ""


def _dotted(code: str) -> str:
    plain = code.rstrip("*+†").replace(".", "")
    return plain if len(plain) <= 3 else f"{plain[:3]}.{plain[3:]}"


def _index(file: Path, encoding: str | None) -> dict[str, list[str]]:
    """Index terms by the number of the name they stand for."""
    heading, rows = _heading(_rows(file, encoding))
    where = _columns(file, heading, rows)
    if "name" not in where or "number" not in where:
        raise FileFormatError(
            f"{file.name}: an index needs a column of terms and one of 病名管理番号 with eight digits"
        )
    out: dict[str, list[str]] = {}
    for row in rows:
        out.setdefault(_cell(row, where["number"]), []).append(_cell(row, where["name"]))
    return out


def _radlex_table(file: Path, encoding: str | None) -> list[Entry]:
    rows = _rows(file, encoding)
    heading = [_folded(c) for c in rows[0]]
    ids = [at for at, c in enumerate(heading) if c in ("classid", "rid", "id", "code")]
    labels = [at for at, c in enumerate(heading) if c in ("preferredlabel", "preferredname", "label", "name")]
    if not ids or not labels:
        raise FileFormatError(
            f"{file.name}: the heading must hold the columns 'Class ID' (or RID) and 'Preferred Label'"
        )
    more = [at for at, c in enumerate(heading) if c in ("synonyms", "synonym")]
    obsolete = [at for at, c in enumerate(heading) if c in ("obsolete", "deprecated")]
    entries = []
    for row in rows[1:]:
        rid = _RID.search(_cell(row, ids[0]))
        gone = any(_cell(row, at).lower() in ("true", "1", "yes") for at in obsolete)
        names = [_cell(row, at) for at in labels] + [n.strip() for at in more for n in _MANY.split(_cell(row, at))]
        if rid and not gone and any(names):
            entries.append(Entry(rid.group(), tuple(dict.fromkeys(n for n in names if n))))
    return entries


# -- OWL -------------------------------------------------------------------------------------------------------------------


def _owl(file: Path) -> list[Entry]:
    try:
        with file.open("rb") as stream:
            return list(_classes(stream))
    except OSError as error:
        raise FileFormatError(f"{file.name}: cannot be read ({type(error).__name__})") from None
    except ElementTree.ParseError as error:
        line = error.position[0]
        raise FileFormatError(
            f"{file.name}: broken XML in line {line}; is it the RDF/XML form of the ontology?"
        ) from None


def _classes(stream: IO[bytes]) -> Iterable[Entry]:
    depth = 0
    for event, element in ElementTree.iterparse(stream, events=("start", "end")):
        if _local(element.tag) != "Class":
            continue
        depth += 1 if event == "start" else -1
        if event == "end" and depth == 0:  # classes inside others are parts of their definitions
            entry = _class(element)
            if entry is not None:
                yield entry
            element.clear()


def _class(element: ElementTree.Element) -> Entry | None:
    rid = next((m for k, v in element.attrib.items() if _local(k) in ("about", "ID") and (m := _RID.search(v))), None)
    if rid is None:
        return None
    names: list[str] = []
    for child in element:
        tag, words = _local(child.tag), (child.text or "").strip()
        if tag == "deprecated" and words.lower() == "true":
            return None
        if tag in _OWL_NAMES and words:
            names.append(words)
    return Entry(rid.group(), tuple(dict.fromkeys(names))) if names else None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
