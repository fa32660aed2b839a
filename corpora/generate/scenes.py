"""What is said of which part of the body, from `data/scenes.tsv` and the lexicons of anatomy and observations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jmid_nlp.lexicon import read_table, split_forms

DATA = Path(__file__).parent / "data"
# heads that a place of two or more characters before them is split from; DESIGN.md, section 4
_GENERAL = ("リンパ節腫大", "リンパ節転移", "転移", "浸潤", "拡張", "腫大", "腫瘤", "結節", "結石", "血栓", "狭窄", "肥厚", "嚢胞", "石灰化", "閉塞", "損傷", "断裂", "骨折", "萎縮", "膿瘍", "壊死", "播種")  # fmt: skip
_NO_HEAD = (
    *[
        "多発",
        "散在",
        "新規",
        "新た",
        "両側",
        "左",
        "右",
        "陳旧性",
        "少量",
        "大量",
        "軽度",
        "分葉状",
        "線状高",
        "線状低",
        "T1",
        "T2",
        "Ｔ",
        "DWI",
        "FLAIR",
        "STIR",
        "ADC",
        "拡散強調",
        "慢性期",
        "消失",
    ],
)
_PARTS = {"lung": "chest", "mediastinum": "heart", "liver": "uabd", "biliary": "uabd", "kidney": "uro", "neck": "hn"}
_WHOLE = (
    "椎間板",
    "大動脈",
    "硬膜",
    "気管支",
    "壁",
    "乳管",
    "くも膜",
    "リンパ節",
    "頭蓋内",
    "胸膜",
    "皮膚",
    "筋層",
    "骨髄",
    "軟部",
)


@dataclass(frozen=True, slots=True)
class Term:
    """A form of a finding, the place it names itself (empty: none), its concept, and whether it belongs to no site."""

    form: str
    place: str = ""
    concept: str | None = None
    systemic: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """One part of the body, its name in the other corpora, places as (form, takes a side) and the terms by their kind."""

    name: str
    part: str
    places: dict[str, list[tuple[str, bool]]]
    terms: dict[str, list[Term]]


@cache
def scenes() -> list[Scene]:
    """All scenes, in the order of the file."""
    anatomy = {row["id"]: row for row in read_table("anatomy.tsv", ("id", "side", "ja"))}
    sites = tuple(dict.fromkeys(f for row in anatomy.values() for f in split_forms(row["ja"]) if len(f) > 1))
    observed = {row["id"]: row for row in read_table("observation.tsv", ("id", "ja", "flags"))}
    concept = {f: row for row in observed.values() for f in split_forms(row["ja"])}
    found: dict[str, Scene] = {}
    for line in (DATA / "scenes.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or line == "scene\tkind\tforms":
            continue
        name, kind, forms = line.split("\t")
        scene = found.setdefault(name, Scene(name, _PARTS.get(name, name), {}, {}))
        for cell in forms.split("|"):
            if kind in ("sites", "nodes", "organs"):
                scene.places.setdefault(kind, []).extend(_places(cell, anatomy, kind))
            else:
                scene.terms.setdefault(kind, []).extend(_terms(cell, kind, observed, concept, sites))
    return list(found.values())


def _places(cell: str, anatomy: dict[str, dict[str, str]], kind: str) -> list[tuple[str, bool]]:
    if not cell.startswith("@"):
        plain = cell.lstrip("~")
        return [(plain, plain == cell and kind != "organs" and plain[0] not in "右左両")] * 2
    row = anatomy[cell[1:]]
    forms = [f for f in split_forms(row["ja"]) if "{" not in f]
    return [(f, row["side"] == "paired" and f[0] not in "右左両") for f in forms]


def _terms(
    cell: str,
    kind: str,
    observed: dict[str, dict[str, str]],
    concept: dict[str, dict[str, str]],
    sites: tuple[str, ...],
) -> list[Term]:
    if not cell.startswith("*"):
        return [_term(cell, concept, sites)] * 3  # written by hand: the common ones
    # words of number, age, amount and sequence are no part of a head
    forms = [f for f in split_forms(observed[cell[1:]]["ja"]) if "{" not in f and not f.startswith(_NO_HEAD)]
    if kind in ("lesions", "signs"):
        forms = [f for f in forms if not f.startswith(sites)]
    return [_term(f, concept, sites) for f in forms]


@cache
def _site_set(sites: tuple[str, ...]) -> frozenset[str]:
    return frozenset(sites)


def _term(form: str, concept: dict[str, dict[str, str]], sites: tuple[str, ...]) -> Term:
    row = concept.get(form)
    place = ""
    for tail in _GENERAL:
        before = form.removesuffix(tail)
        if before != form and before in _site_set(sites) and not before.startswith(_WHOLE):
            place = before
            break
    return Term(form, place, row and row["id"], bool(row and "systemic" in row["flags"]))
