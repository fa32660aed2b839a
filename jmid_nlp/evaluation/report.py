"""The report of an evaluation: JSON, Markdown, one self-contained page, and the list of errors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmid_nlp.evaluation.kinds import KINDS
from jmid_nlp.evaluation.result import Evaluation, Figure

if TYPE_CHECKING:
    from jinja2 import Template

Row = dict[str, Any]
# Samples of flawless reports are flawless; the rule of three says what they leave open.
_CAUTION = "Where no error was seen, the interval is one point; the share of errors may still be up to 3/n."
_SHOWN = 200  # errors on the page; the file has all of them
_AROUND = 15  # characters shown on either side of an error


def write(result: Evaluation, folder: Path, texts: Mapping[str, str]) -> None:
    """Write all files of the report into a new folder; see `Evaluation.save`."""
    from jmid_nlp.batch.files import dump_json, write_lines
    from jmid_nlp.dataset.save import staged

    errors = [_shown(error, texts.get(error["id"])) for error in result.errors]
    view = _view(result, errors)
    with staged(folder, mark="figures.json", what="evaluation") as ready:
        plain = json.dumps(result.to_json(), ensure_ascii=False, indent=1) + "\n"
        (ready / "figures.json").write_text(plain, encoding="utf-8")
        (ready / "report.md").write_text(_template("report.md.j2").render(view), encoding="utf-8")
        (ready / "index.html").write_text(_template("report.html.j2").render(view), encoding="utf-8")
        write_lines(ready / "errors.jsonl", map(dump_json, errors))
        if result.failed:
            write_lines(ready / "failed.jsonl", map(dump_json, result.failed))


def fragment(result: Evaluation) -> str:
    """The figures as a notebook shows them."""
    return _template("figures.html.j2").render(_view(result, []))


def headline(result: Evaluation) -> list[Figure]:
    """The figures that sum an evaluation up."""
    return _chosen((f for f in result if f.scope == "overall"), KINDS[result.kind].headline)


def _chosen(figures: Iterable[Figure], names: tuple[str, ...]) -> list[Figure]:
    by_name = {f.name: f for f in figures}
    return [by_name[name] for name in names if name in by_name and by_name[name].value is not None]


def _shown(error: Row, text: str | None) -> Row:
    """An error, with its words where the texts were given."""
    if text is None or "start" not in error:
        return error
    start, end = error["start"], error["end"]
    return {**error, "text": text[start:end], "around": text[max(0, start - _AROUND) : end + _AROUND]}


def _view(result: Evaluation, errors: list[Row]) -> Row:
    """All that the templates show."""
    from jmid_nlp.display import style
    from jmid_nlp.version import __version__

    kind, parts = KINDS[result.kind], result.figures
    overall = [f for f in result if f.scope == "overall" and f.value is not None]
    return {
        "kind": result.kind, "reports": result.reports, "version": __version__, "style": style(), "caution": _CAUTION,
        "bootstrap": result.bootstrap, "seed": result.seed, "failed": result.failed, "unscored": result.unscored,
        "headline": headline(result), "overall": overall,
        "tables": [
            _table(f"By {kind.about}", kind.about, "type", parts["types"], kind.types, result),
            _table(f"By {_words(result.by or '')}", result.by or "", "group", parts["groups"], kind.headline, result),
        ],
        "confusion": [_confusion(name, table) for name, table in result.confusion.items()],
        "error_kinds": result.errors_by_kind(), "errors": errors[:_SHOWN], "more_errors": max(0, len(errors) - _SHOWN),
        "with_text": any("text" in e for e in errors),
    }  # fmt: skip


def _table(title: str, about: str, scope: str, items: Iterable[str], names: tuple[str, ...], result: Evaluation) -> Row:
    """A table with a row for each type or group; its first figure is drawn, too."""
    of: dict[str, dict[str, Figure]] = {item: {} for item in items}
    for figure in result:
        if figure.scope == scope:
            of[figure.item][figure.name] = figure
    columns = [n for n in names if any(n in found and found[n].value is not None for found in of.values())]
    rows = [(item, [found.get(n) for n in columns]) for item, found in of.items()]
    return {"title": title, "about": about, "columns": columns, "rows": rows if columns else []}


def _confusion(name: str, table: Mapping[str, Mapping[str, int]]) -> Row:
    """A confusion matrix with all its labels, rows gold, and the share of each cell in its row."""
    labels = sorted({*table, *(made for row in table.values() for made in row)})
    rows = []
    for gold in (label for label in labels if label in table):
        total = sum(table[gold].values())
        counts = [table[gold].get(made, 0) for made in labels]
        rows.append(
            (gold, [(n, n / total if total else 0.0, made == gold) for n, made in zip(counts, labels, strict=True)])
        )
    return {"name": name, "labels": labels, "rows": rows}


def _words(name: str) -> str:
    return name.replace("_", " ").replace(" f1", " F1").replace("f1", "F1") if name else ""


def _interval(figure: Figure | None, places: int = 3) -> str:
    """`0.948 (0.930–0.962)`."""
    if figure is None or figure.value is None:
        return "–"
    known = figure.low is not None and figure.high is not None
    return f"{figure.value:.{places}f}" + (f" ({figure.low:.{places}f}–{figure.high:.{places}f})" if known else "")


def _cell(value: Any) -> str:
    """A value of an error as a reader sees it."""
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    folder = files("jmid_nlp").joinpath("evaluation")
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=name.endswith(".html.j2"),
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(lambda wanted: folder.joinpath(wanted).read_text(encoding="utf-8")),
    )
    environment.filters |= {"words": _words, "interval": _interval, "cell": _cell}
    return environment.get_template(name)
