"""Leaves that write findings with their attributes, and the state that the leaves of one sentence share.

What a leaf does stands in the head of `data/findings.gram`. The conventions of the gold are those of DESIGN.md, section 4.
"""

from __future__ import annotations

import re
from typing import Any

from corpora.generate.scenes import Scene, Term, scenes
from corpora.generate.spell import FULL
from corpora.generate.writer import Leaf, Writer

_CERTAINTY = {
    "p": ("positive", "positive"), "s": ("suspicious", "suspicious"), "sp": ("suspicious", "positive"),
    "ps": ("positive", "suspicious"), "n": ("negative", "negative"), "g": ("general", "general"),
}  # fmt: skip
_CHANGE = {"inc": "increased", "dec": "decreased", "stb": "stable", "new": "new", "res": "resolved"}
_MANY = ("粒状", "多数", "tree-in-bud")
_PAST = re.compile("術後|治療後|陳旧|後遺|炎症後|梗塞後|照射後|後変化")
_SIDES = (("右", "right"), ("左", "left"), ("両側", "bilateral"), ("", None))
_KINDS = {"H": "lesions", "G": "signs", "F": "fluids", "D": "diseases", "U": "subs", "N": "denied"}


class State:
    """What the findings of a sentence carry."""

    __slots__ = (
        "certainty",
        "change",
        "historical",
        "images",
        "last",
        "multiple",
        "prior",
        "prism",
        "seen",
        "side",
        "sites",
        "sizes",
        "used",
        "value",
    )

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything, as at the begin of a sentence."""
        self.certainty = self.prism = "positive"
        self.change: str | None = None
        self.historical = self.multiple = False
        self.sites: list[dict[str, Any]] = []
        self.side: str | None = None
        self.sizes: list[list[float]] = []
        self.prior: list[list[float]] = []
        self.images: list[dict[str, Any]] = []
        self.last: dict[str, Any] | None = None
        self.seen = False
        self.used: set[str] = set()
        self.value = 0.0


def state(w: Writer) -> State:
    """The state of a report's findings."""
    known = w.memo.get("F")
    if known is None:
        known = w.memo["F"] = State()
    return known


def scene(w: Writer) -> Scene:
    """The part of the body that is spoken of; some reports speak of several."""
    known = w.memo.get("scenes")
    if known is None:
        every = scenes()
        count = 1 if w.r() < 0.72 else 2 + int(w.r() * 2)
        known = w.memo["scenes"] = [every[int(w.r() * len(every))] for _ in range(count)]
    return known[0] if len(known) == 1 else w.pick(known)


def leaf(name: str) -> Leaf | None:
    """The function of a leaf of findings; None where there is none of that name."""
    if name.startswith("="):
        return _setting(name[1:])
    if name in _KINDS:
        return _finding(name)
    return _LEAVES.get(name)


def _setting(name: str) -> Leaf:
    if name == ".":
        return lambda w: state(w).clear()
    if name in _CERTAINTY:
        certainty, prism = _CERTAINTY[name]

        def certain(w: Writer) -> None:
            now = state(w)
            now.certainty, now.prism = certainty, prism
            if now.seen:  # what follows interprets or describes; the change was said of what stands before
                now.change = None

        return certain
    if name in _CHANGE:
        change = _CHANGE[name]

        def changed(w: Writer) -> None:
            state(w).change = change

        return changed
    if name in ("his", "mul"):

        def flag(w: Writer) -> None:
            setattr(state(w), "historical" if name == "his" else "multiple", True)

        return flag
    raise KeyError(name)


def _place(kind: str, *, more: bool) -> Leaf:
    def write(w: Writer) -> None:
        now = state(w)
        if not more:
            w.memo["scene"] = scene(w)
        pool = w.memo["scene"].places[kind]
        form, takes_side = pool[int(w.r() * len(pool))]
        if takes_side:
            x = w.r()
            side = _SIDES[0 if x < 0.42 else 1 if x < 0.84 else 2 if x < 0.93 else 3]
            form = side[0] + form
        start = w.n
        w.protect(_wide(w, form), "anatomy")
        w.entities.append((start, w.n, "a", ""))
        side_of = _side(form)
        if more and now.sites:
            now.sites.append({"start": start, "end": w.n, "site": ""})
            now.side = now.side if side_of in (None, now.side) else "bilateral" if now.side else side_of
        else:
            now.sites = [{"start": start, "end": w.n, "site": ""}]
            now.side = side_of
            if now.last is not None and not now.last["locations"]:
                now.last["locations"], now.last["laterality"] = [dict(now.sites[0])], side_of

    return write


def _side(form: str) -> str | None:
    if form.startswith("両") or ("右" in form and "左" in form):
        return "bilateral"
    return "right" if "右" in form else "left" if "左" in form else None


def _wide(w: Writer, text: str) -> str:
    return text.translate(FULL) if w.memo["full"] else text


def _finding(name: str) -> Leaf:
    kind = _KINDS[name]

    def write(w: Writer) -> None:
        now = state(w)
        here = w.memo.get("scene")
        if here is None or not (now.sites or now.seen):
            here = w.memo["scene"] = scene(w)
        pool = here.terms[kind]
        for _ in range(6):
            term = pool[int(w.r() * len(pool))]
            # one place is enough: the term's own or the one before it
            if term.form not in now.used and not (term.place and now.sites):
                break
        now.used.add(term.form)
        start = w.n
        w.put(_wide(w, term.form))
        head(w, start, term, kind)

    return write


def head(w: Writer, start: int, term: Term | None, kind: str = "lesions") -> None:
    """Make a finding of what was written from `start` on, with what the sentence has settled on."""
    now = state(w)
    sites = now.sites
    side = now.side
    if term is not None and term.place:
        cut = start + len(term.place)
        sites = [{"start": start, "end": cut, "site": ""}]
        side = None
        w.entities.append((start, cut, "a", ""))
        start = cut
    elif kind == "fluids":
        sites = []
    elif term is not None and term.systemic:
        sites, side = [], None
    if term is not None and term.form.startswith("正中"):
        side = "midline"
    w.entities.append((start, w.n, "d", now.prism))
    lesion = kind == "lesions"
    form = term.form if term is not None else ""
    found = {
        "start": start, "end": w.n, "text": "", "concept": term and term.concept, "certainty": now.certainty,
        "locations": [dict(s) for s in sites], "laterality": side,
        "sizes_mm": now.sizes if lesion else [], "prior_sizes_mm": now.prior if lesion else [],
        "change": now.change, "multiple": (now.multiple or form.startswith(_MANY)) and now.certainty != "negative",
        "historical": now.historical or bool(_PAST.search(form)),
        "image_refs": now.images if lesion else [], "section": None,
    }  # fmt: skip
    now.seen = True
    if lesion:
        now.sizes, now.prior, now.images = [], [], []
        now.last = found
    w.findings.append(found)


def _size(prior: bool, dims: int = 0) -> Leaf:
    def write(w: Writer) -> None:
        now = state(w)
        r = w.r
        x = r()
        n = dims or (1 if x < 0.6 else 2 if x < 0.92 else 3)
        if now.value:
            factor = 1.15 + r() * 0.9
            grows = (now.change == "increased") is not prior
            first = now.value * factor if grows else now.value / factor
        else:
            first = 3 + r() * r() * 60
        now.value = first
        numbers = [first] + [first * (0.5 + r() * 0.5) for _ in range(n - 1)]
        text, size = _format(w, numbers)
        start = w.n
        w.protect(_wide(w, text), "measurement")
        w.entities.append((start, w.n, "f", ""))
        target = now.last
        if target is None:
            (now.prior if prior else now.sizes).append(size)
        else:
            target["prior_sizes_mm" if prior else "sizes_mm"].append(size)

    return write


def _format(w: Writer, numbers: list[float]) -> tuple[str, list[float]]:
    """A size as written and in millimetres."""
    style = w.memo.get("size_style")
    if style is None:
        style = w.memo["size_style"] = (w.pick(_UNITS), w.pick(_CROSS))
    unit, cross = style
    lead = _LEADS[int(w.r() * len(_LEADS))] if len(numbers) == 1 else ""
    tail = _TAILS[int(w.r() * len(_TAILS))]
    if "cm" in unit or "㎝" in unit:
        tenths = [max(1, round(n)) for n in numbers]
        return lead + cross.join(f"{t / 10:.1f}" for t in tenths) + unit + tail, [float(t) for t in tenths]
    whole = [max(1, round(n)) for n in numbers]
    return lead + cross.join(map(str, whole)) + unit + tail, [float(n) for n in whole]


_UNITS = ("mm", "mm", "mm", " mm", "cm", " cm", "㎜", "ミリ", "㎝")
_CROSS = ("×", "×", "x", " x ", " × ", "*", "X", "ｘ")
_LEADS = ("", "", "", "", "", "径", "長径", "約", "直径", "φ")
_TAILS = ("", "", "", "大", "大", "程度", "ほど")


def _range(w: Writer) -> None:
    low = 2 + int(w.r() * 8)
    high = low + 1 + int(w.r() * 8)
    start = w.n
    joint = w.pick(("〜", "～", "-", "－", "ー", "〜"))
    w.protect(_wide(w, f"{low}{joint}{high}mm"), "measurement")
    w.entities.append((start, w.n, "f", ""))
    now = state(w)
    for size in ([float(low)], [float(high)]):
        (now.sizes if now.last is None else now.last["sizes_mm"]).append(size)


def _image(w: Writer) -> None:
    series, image = 2 + int(w.r() * 8), 1 + int(w.r() * 180)
    forms = (
        f"Se{series} Im{image}",
        f"Se{series}/Im{image}",
        f"{series}/{image}",
        f"SE:{series} IM:{image}",
        f"S{series} I{image}",
        f"series {series} image {image}",
    )
    x = w.r()
    if x < 0.3:
        ref = {"series": None, "image": image}
        text = (f"IM{image}", f"Im {image}", f"image {image}", f"スライス{image}")[int(w.r() * 4)]
    else:
        ref = {"series": series, "image": image}
        text = forms[int(w.r() * len(forms))]
    w.protect(_wide(w, text), "image_ref")
    now = state(w)
    (now.images if now.last is None else now.last["image_refs"]).append(ref)


def _only_side(w: Writer) -> None:
    form, side = w.pick(_SIDES[:3])
    w.put(form)
    state(w).side = side


def _label_site(w: Writer) -> None:
    here = scene(w)
    w.memo["scene"] = here
    _organ(w)
    now = state(w)
    start = w.entities[-1][0]
    now.sites, now.side = [{"start": start, "end": w.n, "site": ""}], _side(w.parts[-1])


def _organ(w: Writer) -> None:
    here = scene(w)
    w.memo["scene"] = here
    start = w.n
    w.protect(w.pick(here.places["organs"])[0], "anatomy")
    w.entities.append((start, w.n, "a", ""))


_LEAVES: dict[str, Leaf] = {
    "S": _place("sites", more=False), "S+": _place("sites", more=True), "A": _place("nodes", more=False),
    "A+": _place("nodes", more=True), "Z": _size(False), "Z1": _size(False, 1), "P": _size(True), "P1": _size(True, 1),
    "ZZ": _range, "R": _image, "O": _organ, "L": _label_site, "side": _only_side,
}  # fmt: skip
