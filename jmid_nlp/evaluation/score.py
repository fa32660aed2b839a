"""`evaluate`: predictions against gold, with confidence intervals over reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jmid_nlp.errors import InputError, RowError
from jmid_nlp.evaluation.counts import Array, Counts, Key, Tally, matrix, resampled
from jmid_nlp.evaluation.kinds import KINDS
from jmid_nlp.evaluation.read import Row, Side, checked, guess_kind, read_side
from jmid_nlp.evaluation.result import Evaluation, Figure

_LEVEL = (2.5, 97.5)  # percentiles: 95 of 100 samples lie between
_OTHER_TEXT = "differs from the text of gold, so its offsets count in another text; predict on the text of gold"


def evaluate(
    gold: Any,
    predicted: Any,
    *,
    kind: str | None = None,
    by: str | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
    encoding: str = "auto",
) -> Evaluation:
    """Score predictions against gold, report by report.

    A report that is missing in `predicted` counts as one in which nothing was predicted. Ids that only one side has and rows
    that cannot be used are in the result's `failed`.

    Args:
        gold: Path, table or rows with the right answers: this library's rows, or brat, PRISM XML, CoNLL, Doccano,
            Label Studio or DocBin files. Rows may carry `ignore: [[start, end]]`, which counts neither way.
        predicted: The answers to judge, in any of the same forms, or what `jmid_nlp.extract` and `jmid_nlp.align` give.
        kind: `identifiers`, `entities`, `findings`, `tnm` or `alignment`; None takes what both sides hold.
        by: A column of gold, such as `institution`, `modality`, `body_part`: figures for each of its values, too.
        bootstrap: How many samples of reports, drawn with replacement, give the 95 % confidence intervals; 0 for none.
        seed: Of the samples; the same seed gives the same intervals.
        encoding: Encoding of text files with rows.

    Returns:
        The figures and errors.

    Raises:
        InputError: A side cannot be read, the kind cannot be told, no report can be scored, or no row has the column `by`.
    """
    if bootstrap < 0 or (kind is not None and kind not in KINDS):
        raise InputError(f"bootstrap must be 0 or more, and kind one of {', '.join(KINDS)}")
    sides = read_side("gold", gold, encoding), read_side("predicted", predicted, encoding)
    kind = kind or guess_kind(*sides)
    pairs = _paired(kind, *sides)
    failed = [*sides[0].failed, *sides[1].failed]
    if not pairs:
        raise InputError(f"no report can be scored; {_first(failed)}")
    score = KINDS[kind].scorer([g for g, _ in pairs])
    tallies = []
    for wanted, made in pairs:
        tally = Tally()
        score(wanted, made, tally)
        tallies.append(tally)
    keys, counts = matrix(tallies)
    return Evaluation(
        _all_figures(kind, keys, counts, [_groups(g, by) for g, _ in pairs], by, bootstrap, seed),
        kind=kind,
        reports=len(pairs),
        errors=[{"id": g["id"], **e} for (g, _), tally in zip(pairs, tallies, strict=True) for e in tally.errors],
        failed=failed,
        confusion=_confusion(Counts(keys, counts.sum(axis=0, keepdims=True))),
        unscored=_unscored(Counts(keys, counts.sum(axis=0, keepdims=True))),
        by=by,
        bootstrap=bootstrap,
        seed=seed,
    )


def _paired(kind: str, gold: Side, predicted: Side) -> list[tuple[Row, Row]]:
    """Checked rows of both sides; a prediction that is missing or cannot be used is one of nothing."""
    usable = _checked(kind, gold)
    if usable and not usable.keys() & predicted.rows.keys():
        raise InputError("the two sides have no id in common; give both the ids of the same reports")
    made = _checked(kind, predicted)
    pairs = []
    for number, (ident, row) in enumerate(usable.items()):
        answer = made.pop(ident, None)
        if answer is None and ident not in predicted.rows:
            predicted.fail(
                _row_error(number, "id", "is missing in the predictions; scored as nothing predicted", ident)
            )
        elif answer is not None and _other_text(row, answer):
            predicted.fail(_row_error(number, "text", f"{_OTHER_TEXT}; scored as nothing predicted", ident))
            answer = None
        empty = checked(kind, {"id": ident}, side="predicted", number=number, row_id=ident)
        pairs.append((row, answer or empty))
    for number, ident in enumerate(made):
        if ident not in gold.rows:
            predicted.fail(_row_error(number, "id", "is not in gold; not scored", ident))
    return pairs


def _row_error(row: int, field: str, reason: str, row_id: str) -> RowError:
    return RowError(row=row, field=field, reason=reason, row_id=row_id)


def _checked(kind: str, side: Side) -> dict[str, Row]:
    out = {}
    for number, (ident, row) in enumerate(side.rows.items()):
        try:
            out[ident] = checked(kind, row, side=side.name, number=number, row_id=ident) | {"id": ident}
        except RowError as error:
            side.fail(error)
    return out


def _other_text(gold: Row, made: Row) -> bool:
    return None not in (gold["text"], made["text"]) and gold["text"].rstrip() != made["text"].rstrip()


def _first(failed: list[Row]) -> str:
    if not failed:
        return "gold holds no rows"
    return "{side}, row {row}, field {field!r}: {reason}".format(**failed[0])


def _groups(row: Row, by: str | None) -> list[str]:
    """The groups that a report belongs to: several where the column holds a list."""
    if by is None:
        return []
    report = row.get("report")
    value = row.get(by, report.get(by) if isinstance(report, Mapping) else None)
    return [str(v) for v in value] if isinstance(value, list) else [] if value is None else [str(value)]


def _all_figures(
    kind: str, keys: list[Key], counts: Array, groups: list[list[str]], by: str | None, bootstrap: int, seed: int
) -> list[Figure]:
    figures = _figures(kind, keys, counts, bootstrap, seed)
    names = sorted({name for mine in groups for name in mine})
    if by is not None and not names:
        raise InputError(f"no row of gold has a column {by!r}; name one that it has")
    rest = [not mine for mine in groups]
    parts = [(name, [name in mine for mine in groups]) for name in names] + ([("", rest)] if any(rest) else [])
    for name, mask in parts if by else []:
        found = _figures(kind, keys, counts[np.array(mask)], bootstrap, seed)
        figures += [Figure("group", name or "(none)", *f.numbers()) for f in found if f.scope == "overall"]
    return figures


def _figures(kind: str, keys: list[Key], counts: Array, bootstrap: int, seed: int) -> list[Figure]:
    """The figures of some reports, with intervals where samples are wanted."""
    point = KINDS[kind].measures(Counts(keys, counts.sum(axis=0, keepdims=True)))
    spread = KINDS[kind].measures(Counts(keys, resampled(counts, bootstrap, seed))) if bootstrap else {}
    out = []
    for item, measures in point.items():
        for name, (values, about) in measures.items():
            low, high = _interval(spread[item][name][0]) if spread else (None, None)
            scope = "type" if item else "overall"
            out.append(Figure(scope, item, name, _number(values[0]), low, high, int(about[0])))
    return out


def _interval(values: Array) -> tuple[float | None, float | None]:
    known = values[~np.isnan(values)]
    if not len(known):
        return None, None
    low, high = np.percentile(known, _LEVEL)
    return _number(low), _number(high)


def _number(value: Any) -> float | None:
    """A plain number of six places, so that the order of summing shows in no output; None where there is none."""
    return None if np.isnan(value) else round(float(value), 6)


def _confusion(c: Counts) -> dict[str, dict[str, dict[str, int]]]:
    """Confusion matrices: table, gold, predicted, count."""
    return {
        table: {
            gold: {made: int(c("confusion", table, gold, made)[0]) for made in c.names("confusion", table, gold)}
            for gold in c.names("confusion", table)
        }
        for table in c.names("confusion")
    }


def _unscored(c: Counts) -> dict[str, int]:
    return {name: int(c("unscored", name)[0]) for name in c.names("unscored")}
