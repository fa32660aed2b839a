"""The leaves of the grammar: `{rad.sur}`, `{date.prior.ym}`, `{id.patient}`, `{fac.hospital.short}`, `{k.eponym}`, `{field.id}`.

A leaf that writes an identifier marks it. A report settles on each of its persons, days and numbers once, in `Writer.memo`,
so that the patient of the head is the patient of the letter below.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from corpora.generate import values
from corpora.generate.names import Person
from corpora.generate.spell import FORMS, FULL, latin, ocr
from corpora.generate.values import Day, tables
from corpora.generate.word_leaves import WORDS, occupation
from corpora.generate.writer import Leaf, Writer
from jmid_nlp.lexicon import read_table, split_forms

ROLES = {
    "pt": "patient", "pt2": "patient", "rad": "radiologist", "rad2": "radiologist", "rad3": "radiologist", "ref": "referrer", "doc": "doctor",
    "doc2": "doctor", "doc3": "doctor", "tech": "staff", "nurse": "staff", "staff": "staff", "staff2": "staff", "staff3": "staff", "fam": "family",
    "fam2": "family", "oth": "other", "oth2": "other", "alias": "alias",
}  # fmt: skip
_ROLE_OF = {"radiologist": ("rad", "rad2", "rad3"), "referrer": ("ref",), "clinician": ("doc", "doc2"), "staff": ("tech", "nurse", "staff"), "patient": ("pt",), "family": ("fam",)}  # fmt: skip


@cache
def leaf(name: str) -> Leaf | None:
    """The function of a leaf by its name; None where there is none."""
    head, _, rest = name.partition(".")
    if head in ROLES:
        form = rest or ("header" if head.startswith("pt") else "any")
        return _person(head, form) if form in FORMS else None
    maker = _MAKERS.get(head)
    return maker(rest) if maker else None


def person(w: Writer, role: str) -> Person:
    """The person in a role of this report."""
    key = "P:" + role
    known = w.memo.get(key)
    if known is None:
        inst = w.memo["inst"]
        known = w.pick(inst.radiologists) if role in ("rad", "rad2") and w.r() < 0.5 else w.world.names.person(w.random)
        if role.startswith("fam") and w.r() < 0.65:
            patient = person(w, "pt")
            known = Person(
                patient.sur,
                known.giv,
                patient.sur_kana,
                known.giv_kana,
                patient.sur_latin,
                known.giv_latin,
                patient.foreign,
            )
        w.memo[key] = known
    return known


def _person(role: str, form: str) -> Leaf:
    spell, subtype = FORMS[form], ROLES[role]
    key = "P:" + role

    def write(w: Writer) -> None:
        text = spell(w, w.memo.get(key) or person(w, role)).strip()
        if w.memo["full"]:
            text = text.translate(FULL).strip()
        w.mark(text, "PERSON", subtype)

    return write


def _day(w: Writer, kind: str) -> Day:
    key = "D:" + kind
    known = w.memo.get(key)
    if known is not None:
        return known
    r = w.r
    if kind == "exam":
        known = Day(2009 + int(r() * 18), 1 + int(r() * 12), 1 + int(r() * 28))
    elif kind == "birth":
        known = Day(1913 + int((r() + r()) * 52), 1 + int(r() * 12), 1 + int(r() * 31))
    else:
        exam = _day(w, "exam")
        months = exam.year * 12 + exam.month - 1 - int(r() * r() * 70)
        if kind == "next":
            months = exam.year * 12 + exam.month + int(r() * 9)
        known = Day(months // 12, months % 12 + 1, 1 + int(r() * 30))
        if kind == "date":
            return known
    w.memo[key] = known
    return known


def _date(rest: str) -> Leaf:
    kind, _, group = rest.partition(".")
    subtype = "date" if kind == "next" else kind
    if subtype not in ("birth", "exam", "prior", "date"):
        raise KeyError(rest)
    fixed = tables()["date." + (group or "full")] if group != "any" else None
    mixed = [tables()["date." + g] for g in ("full", "full", "full", "partial", "partial", "ym", "ym", "year")]

    def write(w: Writer) -> None:
        day = _day(w, kind)
        r = w.r
        form = w.memo["date_form"] if group == "" and r() < 0.6 else (fixed or mixed[int(r() * 8)]).draw(r())
        text = values.date(day, form)
        if w.memo["full"]:
            text = text.translate(FULL)
        x = r()
        if x < 0.012:
            text = mistyped(w, text)
        w.mark(text, "DATE", subtype)

    return write


def mistyped(w: Writer, text: str) -> str:
    """A date or number with a slip: misread, doubled, a character lost."""
    if len(text) < 4:
        return text
    x = w.r()
    if x < 0.5:
        return ocr(w, text)
    at = 1 + int(w.r() * (len(text) - 2))
    return text[:at] + text[at - 1] + text[at:] if x < 0.75 else text[:at] + text[at + 1 :]


def _number(kind: str) -> Callable[[str], Leaf]:
    def make(subtype: str) -> Leaf:
        table = tables()[f"{kind}.{subtype}"]
        category = {"id": "ID", "phone": "PHONE", "address": "ADDRESS"}[kind]
        key = f"N:{subtype}"
        steady = subtype in ("patient", "accession", "examination", "order", "mynumber", "room")

        def write(w: Writer) -> None:
            known = w.memo.get(key)
            if known is None or not (steady and w.r() < 0.85):
                shape = w.memo["inst"].id_shape if subtype == "patient" and w.r() < 0.5 else table.draw(w.r())
                known = w.memo[key] = values.number(shape, w.r, _day(w, "exam"))
            text = known
            if w.memo["full"]:
                text = text.translate(FULL)
            x = w.r()
            if x < 0.01 or (w.memo["damage"] == "ocr" and x < 0.5):
                text = ocr(w, text)
            elif x < 0.03 and "-" in text:
                text = text.replace("-", "ー−‐–—"[int(w.r() * 5)])
            w.mark(text, category, subtype)

        return write

    return make


def _facility(rest: str) -> Leaf:
    subtype, _, length = rest.partition(".")

    def write(w: Writer) -> None:
        x = w.r()
        size = length or ("full" if x < 0.75 else "short")
        if subtype == "hospital" and not length and x > 0.97:
            size = "latin"
        w.mark(w.world.places.facility(w.r, subtype, size), "FACILITY", subtype)

    return write


def _own(_: str) -> Leaf:
    return lambda w: w.mark(w.memo["inst"].name, "FACILITY", "hospital")


def _address(rest: str) -> Leaf:
    if rest == "postcode":
        return _number("address")("postcode")

    def write(w: Writer) -> None:
        places = w.world.places
        text = (
            places.address(w.r) if rest == "full" else places.station(w.r) if rest == "station" else places.partial(w.r)
        )
        if w.memo["full"]:
            text = text.translate(FULL)
        w.mark(text, "ADDRESS", "full" if rest == "full" else "partial")

    return write


def _mail(_: str) -> Leaf:
    def write(w: Writer) -> None:
        p = person(w, ("rad", "ref", "doc", "staff", "pt")[int(w.r() * 5)])
        text = values.mail(w.r, *latin(w, p))
        w.mark(text.translate(FULL) if w.memo["full"] and w.r() < 0.5 else text, "EMAIL", "email")

    return write


def _url(rest: str) -> Leaf:
    make = values.handle if rest == "sns" else values.url
    return lambda w: w.mark(make(w.r), "URL", rest or "url")


@cache
def _labels() -> dict[str, list[tuple[str, str]]]:
    """Labels of fields by the kind of what follows, as (label, subtype)."""
    out: dict[str, list[tuple[str, str]]] = {}
    columns = ("form", "kind", "subtype", "mode")
    for row in [*read_table("phi/labels.tsv", columns), *read_table("phi/roles.tsv", columns)]:
        for form in split_forms(row["form"]):
            if len(form) > 1:
                out.setdefault(row["kind"], []).append((form, row["subtype"]))
                out.setdefault(f"{row['kind']}.{row['subtype']}", []).append((form, row["subtype"]))
    return out


def _label(rest: str) -> Leaf:
    forms = [form for form, _ in _labels()[rest]]
    return lambda w: w.put(forms[int(w.r() * len(forms))])


def _field(rest: str) -> Leaf:
    """Label, separator and value of any field of a kind."""
    labels = _labelled(rest)

    def write(w: Writer) -> None:
        form, options = labels[int(w.r() * len(labels))]
        before, after = w.memo["sep"] if w.r() < 0.9 else SEPARATORS[int(w.r() * len(SEPARATORS))]
        w.put(f"{before}{form}{after}")
        options[int(w.r() * len(options))](w)

    return write


SEPARATORS = (("", "："), ("", "："), ("", ":"), ("", ": "), ("", " : "), ("", "　"), ("", " "), ("", "="), ("", "＝"), ("【", "】"), ("[", "]"), ("■", "："), ("・", "："), ("", "："), ("<", ">"), ("（", "）"), ("", "\t"), ("●", " "), ("◆", ":"), ("", "→"), ("", "…"), ("* ", ": "), ("", " … "), ("- ", ": "), ("", "／"), ("", " > "), ("", "; "), ("", "は"))  # fmt: skip


# how a machine writes a field: before the label, between label and value, behind the value, between fields; L is the label
FRAMES = (
    ("<", ">", "</L>", ""), ("<", ">", "</L>", "\n"), ("", "=", "", "&"), ("", "=", "", ";"), ("", "=", "", "\n"), ("", ": ", "", "\n"),
    ('"', '": "', '"', ", "), ('"', '":"', '"', ","), ("'", "': '", "'", ", "), ("", "\t", "", "\n"), ("", "|", "", "|"), ("[", "] ", "", "\n"),
    ("", " > ", "", "\n"), ("--", "=", "", " "), ("-", " ", "", " "), ("@", " ", "", "\n"), ("#", " ", "", "\n"), ("", "::", "", "\n"),
    ("{", "}", "", " "), ("(", ") ", "", "\n"), ("<td>", "</td><td>", "</td>", "\n"), ("<dt>", "</dt><dd>", "</dd>", ""), ("", " -> ", "", "\n"),
    ("", "（", "）", "、"), ("", "「", "」", ""), ("", "『", "』", "　"), ("【", "】", "", "　"), ("◇", "　", "", "\n"), ("＜", "＞", "", "\n"),
    ("", " := ", "", "\n"), ("${", "}=", "", "\n"), ("", "\\t", "", "\\n"), ("", ",", "", "\n"), ("", "^", "", "~"), ("", "_", "", "__"),
    ("│", "│", "│", "\n"), ("", "　　　", "", "\n"), ("※", "…", "", "\n"), ("(", "=", ")", " "), ("/", "/", "", "/"), ("", "\n", "", "\n\n"),
)  # fmt: skip
_KINDS = ("person", "person", "person", "person.patient", "person.radiologist", "id", "id", "id.patient", "date", "date.exam", "date.birth", "phone", "facility", "address", "email", "url", "occupation")  # fmt: skip


def _auto(_: str) -> Leaf:
    """A few fields in a way of writing that is put together for this report."""
    by_kind = [_labelled(kind) for kind in _KINDS]
    clinical = [("finding", ["measure", "japanese"]), ("所見", ["japanese", "eponym"]), ("dx", ["disease", "tnm"]), ("modality", ["sequence"]), ("contrast", ["contrast"]), ("note", ["common_word"]), ("level", ["vertebral_level"]), ("site", ["segment"]), ("score", ["score"]), ("age", ["age_under_90"])]  # fmt: skip
    plain = [(label, [WORDS["k"](kind) for kind in kinds]) for label, kinds in clinical]

    def write(w: Writer) -> None:
        before, between, behind, joint = FRAMES[int(w.r() * len(FRAMES))]
        bare = w.r() < 0.12  # values alone
        upper = w.r() < 0.2
        for i in range(3 + int(w.r() * 6)):
            if i:
                w.put(joint)
            fields = plain if w.r() < 0.3 else by_kind[int(w.r() * len(by_kind))]
            label, values_ = fields[int(w.r() * len(fields))]
            label = label.upper() if upper else label
            if not bare:
                w.put(before + label + between)
            values_[int(w.r() * len(values_))](w)
            w.put(behind.replace("L", label) if not bare else "")

    return write


def _labelled(kind: str) -> list[tuple[str, list[Leaf]]]:
    labels = [(form, _value_of(kind.partition(".")[0], subtype)) for form, subtype in _labels()[kind]]
    return [(form, value) for form, value in labels if value]


def _value_of(kind: str, subtype: str) -> list[Leaf]:
    if kind == "person":
        roles = _ROLE_OF.get(subtype)
        return (
            [_person("pt", "init")]
            if subtype == "initials"
            else [_person(role, "header" if role == "pt" else "any") for role in roles or ()]
        )
    if kind in ("id", "phone"):
        return [_number(kind)(subtype)] if f"{kind}.{subtype}" in tables() else []
    if kind == "date":
        return [_date(subtype)] * 4 + [_date(subtype + ".any")]
    if kind == "facility":
        return [
            _facility(s)
            for s in (
                "hospital",
                "hospital",
                "hospital",
                "hospital",
                "care_home",
                "school",
                "workplace",
                "workplace",
                "office",
            )
        ]
    if kind == "address":
        return [_address(subtype)] if subtype in ("full", "partial", "postcode") else []
    return {"email": [_mail("")], "url": [_url(subtype)], "occupation": [occupation("")]}.get(kind, [])


def _sep(_: str) -> Leaf:
    return lambda w: w.put(w.memo["sep"][1])


_MAKERS: dict[str, Callable[[str], Leaf]] = {
    "date": _date, "id": _number("id"), "tel": lambda _: _number("phone")("phone"), "fax": lambda _: _number("phone")("fax"),
    "ext": lambda _: _number("phone")("extension"), "fac": _facility, "own": _own, "adr": _address, "mail": _mail, "url": _url,
    "sns": lambda _: _url("sns"), "job": occupation, "label": _label, "field": _field, "sep": _sep, "auto": _auto, **WORDS,
}  # fmt: skip
