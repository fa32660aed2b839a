"""Leaves that draw words: what must survive (`{k.eponym}`), plain words (`{w.sex}`), ages, times of day, occupations."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from corpora.generate import values
from corpora.generate.spell import FULL
from corpora.generate.values import Table
from corpora.generate.writer import Leaf, Writer
from jmid_nlp.lexicon import read_table, read_text, split_forms

DATA = Path(__file__).parent / "data"


def _words(name: str) -> dict[str, list[str]]:
    """The table of a file with the columns key and forms; a key may stand in several lines."""
    out: dict[str, list[str]] = {}
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            key, _, forms = line.partition("\t")
            out.setdefault(key, []).extend(split_forms(forms))
    return out


@cache
def keep_words() -> dict[str, list[str]]:
    """What must survive, by its kind."""
    words = _words("keep.tsv")
    protect = read_table("phi/protect.tsv", ("kind", "forms"))
    terms = [f for row in protect if row["kind"] == "term" for f in split_forms(row["forms"])]
    # eponyms, criteria and anatomy that hold a name or a place; single words stay out, they may stand in other words
    words["eponym"] += [t for t in terms if t.endswith(("病", "症候群", "分類", "基準", "母斑", "型", "ガイドライン"))]
    words["measure"] = words["measurement"]
    words["plain"] = [t for t in terms if len(t) > 1]
    words["latin"] = [f for row in protect if row["kind"] == "latin" for f in split_forms(row["forms"])]
    words["english"] = [
        f for name in ("anatomy.tsv", "observation.tsv") for row in read_table(name) for f in split_forms(row["en"])
    ]
    words["japanese"] = [
        f
        for name in ("anatomy.tsv", "observation.tsv")
        for row in read_table(name)
        for f in split_forms(row["ja"])
        if "{" not in f
    ]
    lines = read_text("phi/words.tsv").splitlines()
    words["word"] = [line for line in lines if line[:1] != "#" and len(line) in (2, 3)][1:]
    return words


_WHY = {
    "plain": "common_word",
    "measure": "measurement",
    "latin": "eponym",
    "english": "common_word",
    "japanese": "anatomy",
    "word": "common_word",
}


def _keep(rest: str) -> Leaf:
    forms = keep_words()[rest]
    why = _WHY.get(rest, rest)
    shaped = any("#" in f for f in forms)

    def write(w: Writer) -> None:
        text = forms[int(w.r() * len(forms))]
        if shaped and "#" in text:
            text = _fill(w, text)
        w.protect(text.translate(FULL) if w.memo["full"] else text, why)

    return write


def _fill(w: Writer, text: str) -> str:
    """Each # a digit, the first of a run not 0."""
    out = []
    before = ""
    for c in text:
        if c == "#":
            c = str(int(w.r() * 10)) if before.isdigit() else "123456789"[int(w.r() * 9)]
        out.append(c)
        before = c
    return "".join(out)


def _plain(rest: str) -> Leaf:
    forms = _plain_words()[rest]
    shaped = any("#" in f for f in forms)

    def write(w: Writer) -> None:
        text = forms[int(w.r() * len(forms))]
        w.put(_fill(w, text) if shaped and "#" in text else text)

    return write


@cache
def _plain_words() -> dict[str, list[str]]:
    words = _words("words.tsv")
    for row in read_table("phi/depts.tsv"):
        words["dept"] += [f for f in split_forms(row["form"]) if not "ア" <= f[0] <= "ヴ"]
    return words


def occupation(_: str) -> Leaf:
    forms = [f for row in read_table("phi/occupation.tsv") for f in split_forms(row["form"])]
    before, after = _plain_words()["rank"], _plain_words()["singular"]

    def write(w: Writer) -> None:
        x = w.r()
        text = w.pick(forms) if x < 0.7 else w.pick(after)
        if x < 0.25 or x > 0.78:
            text = _fill(w, w.pick(before)) + text
        w.mark(text, "OCCUPATION", "job")

    return write


def _age(rest: str) -> Leaf:
    def write(w: Writer) -> None:
        r = w.r
        old = rest == "90" or (rest == "any" and r() < 0.12)
        n = 90 + int(r() * r() * 18) if old else 1 + int(r() * 89)
        form = _AGES.draw(r())
        text = form.format(
            n=n, K="百" + (values.kanji(n - 100) if n > 100 else "") if n > 99 else values.kanji(n), d=n // 10 * 10
        )
        if w.memo["full"]:
            text = text.translate(FULL)
        if old:
            w.mark(text, "AGE", "age90")
        else:
            w.protect(text, "age_under_90")

    return write


_AGES = Table(
    [
        (20, "{n}歳"), (4, "{n}才"), (4, "{K}歳"), (4, "{K}才"), (2, "{n} 歳"), (2, "{d}歳代"), (2, "{d}代"), (2, "{n}y"), (2, "{n}ｻｲ"),
        (2, "{n}サイ"), (1, "{n}y/o"), (1, "{n} years old"), (1, "{n} y/o"), (1, "{n}台"), (1, "{n}yo"), (1, "{n} y.o."),
        (1, "{n}-year-old"), (1, "{n}Y"), (1, "{n}さい"), (1, "満{n}歳"),
    ]
)  # fmt: skip


def _clock(_: str) -> Leaf:
    def write(w: Writer) -> None:
        h, m = int(w.r() * 24), int(w.r() * 60)
        x = int(w.r() * 9)
        forms = (
            f"{h}:{m:02d}",
            f"{h:02d}:{m:02d}",
            f"{h}時{m}分",
            f"{h}時",
            f"{h % 12}時半",
            f"午後{h % 12}時{m}分",
            f"{h}：{m:02d}",
            f"{h:02d}:{m:02d}:{int(w.r() * 60):02d}",
            f"{h:02d}{m:02d}",
        )
        w.protect(forms[x if x < 8 or w.memo["full"] else 1], "clock_time")

    return write


WORDS: dict[str, Callable[[str], Leaf]] = {"k": _keep, "w": _plain, "age": _age, "clock": _clock}
