"""Fits the matcher's parameters and the calibration of its scores; prints what was before and what is after.

    JMID_LIDC_SQLITE=... python -m corpora.align.fit            # search the parameters
    JMID_LIDC_SQLITE=... python -m corpora.align.fit sizes      # what readers' sizes and images differ by, and how sizes lie
    JMID_LIDC_SQLITE=... python -m corpora.align.fit strata     # precision of what is accepted, by cues, on the test half
    JMID_LIDC_SQLITE=... python -m corpora.align.fit calibrate  # write lexicons/align/calibration.tsv

Data: the `dev` studies of this folder, and where the file is there the calibration half of LIDC (see `lidc.py`) with the
cues of each row of its table. The search takes one parameter after the other, in the order of `AlignOptions`, through a
few multiples of its value, and keeps a change only where it is better by `GAIN` in the mean over all folds and worse in none
by more; folds are studies (own corpus) or patients (LIDC) by their number, and every second scan is enough for the search. Nothing is random: two runs give one result.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import lidc
from sensitivity import score as own_score
from studies import studies as own_studies

from jmid_nlp.align.calibration import design
from jmid_nlp.align.match import propose
from jmid_nlp.align.options import DEFAULTS, AlignOptions
from jmid_nlp.lexicon import read_text

FACTORS = (0.6, 1.6)
FOLDS = 3
GAIN = 0.0005
OWN_WEIGHT = 4.0  # our studies stand for the whole body and all wordings, the marks for lung nodules only
PRIOR = np.array([0.0, 1.0, 0.0])  # a posterior is right as it stands until the data say otherwise
TABLE = Path(__file__).parents[2] / "jmid_nlp/lexicons/align/calibration.tsv"
# What LIDC cannot tell (all its marks are nodules) is searched on our own studies only. What only tells how a pair is spoken of, or groups marks that LIDC does not give twice.
FIXED = {
    "accept_probability",
    "review_probability",
    "reader_size_share",
    "reader_size_floor_mm",
    "reader_images",
    "slice_images",
}


def folds() -> list[list[tuple[float, list[Any], Any]]]:
    """The data by fold, each part with its weight and its measure."""
    own = lidc.read(own_studies("dev"))
    out: list[list[tuple[float, list[Any], Any]]] = [[(OWN_WEIGHT, own[k::FOLDS], own_score)] for k in range(FOLDS)]
    path = lidc.database()
    if path is not None:
        for cues, _ in lidc.ROWS:
            data = lidc.studies(path, cues, "calibration", (1,))[::2]
            for k in range(FOLDS):
                part = [d for d in data if int(d[0]["patient"].rsplit("-", 1)[1]) // 2 % FOLDS == k]
                out[k].append((1.0, part, lambda rows, options: lidc.judge(rows, options).f1))
    return out


def measure(parts: Sequence[tuple[float, list[Any], Any]], options: AlignOptions) -> float:
    """The weighted mean of the measures of a fold."""
    return sum(w * f(data, options) for w, data, f in parts) / sum(w for w, _, _ in parts)


def variants(options: AlignOptions) -> Iterator[tuple[str, list[AlignOptions]]]:
    """Each parameter by name, with the options that differ in it only."""
    for f in fields(options):
        value = getattr(options, f.name)
        if f.name in FIXED or (f.name == "concept" and lidc.database() is not None):
            continue
        if isinstance(value, Mapping):
            for key, number in value.items():
                made = [replace(options, **{f.name: {**value, key: round(number * x, 3)}}) for x in FACTORS if number]
                yield f"{f.name}.{key}", made
        else:
            numbers = dict.fromkeys(type(value)(round(value * x, 3)) for x in FACTORS)
            yield f.name, [replace(options, **{f.name: n}) for n in numbers if n != value]


def search(data: list[list[tuple[float, list[Any], Any]]], options: AlignOptions) -> AlignOptions:
    """Coordinate search until a round changes nothing, at most four rounds."""
    best = [measure(parts, options) for parts in data]
    print(f"before: {np.mean(best):.4f} by fold " + " ".join(f"{b:.4f}" for b in best))
    for _ in range(4):
        changed = False
        for name in [n for n, _ in variants(options)]:
            for other in dict(variants(options))[name]:
                made = _no_worse(data, other, best)
                if made and np.mean(made) > np.mean(best) + GAIN:
                    options, best, changed = other, made, True
                    print(f"  {name}: {np.mean(best):.4f}  {_value(options, name)}", flush=True)
        if not changed:
            break
    print(f"after:  {np.mean(best):.4f} by fold " + " ".join(f"{b:.4f}" for b in best))
    return options


def _no_worse(data: Sequence[Any], options: AlignOptions, best: Sequence[float]) -> list[float]:
    """The measures by fold, or nothing as soon as one fold is worse."""
    made: list[float] = []
    for parts, before in zip(data, best, strict=True):
        made.append(measure(parts, options))
        if made[-1] < before - GAIN:
            return []
    return made


def _value(options: AlignOptions, name: str) -> float:
    field, _, key = name.partition(".")
    value = getattr(options, field)
    return float(value[key] if key else value)


def cross_validate(data: list[list[tuple[float, list[Any], Any]]]) -> None:
    """What the search gives on folds it has not seen."""
    for k, parts in enumerate(data):
        found = search([p for i, p in enumerate(data) if i != k], DEFAULTS)
        print(f"fold {k} unseen: before {measure(parts, DEFAULTS):.4f} after {measure(parts, found):.4f}", flush=True)


def observations() -> list[tuple[str, float, float, bool, int]]:
    """Every proposed pair of the calibration data: cues, posterior, evidence, whether right, fold."""
    out: list[tuple[str, float, float, bool, int]] = []
    for row, report, marks, findings in lidc.read(own_studies("dev")):
        gold = row["gold"]["pairs"] + row["gold"]["optional_pairs"]
        for p in propose(report, findings, marks):
            m = p.mention
            right = any(g["annotation_id"] in p.ids and m.start < g["end"] and g["start"] < m.end for g in gold)
            out += int(OWN_WEIGHT) * [(p.cues, p.posterior, p.evidence.total, right, sum(map(ord, row["id"])) % FOLDS)]
    path = lidc.database()
    if path is None:
        sys.exit(f"the calibration needs {lidc.VARIABLE}")
    for cues, _ in lidc.ROWS:
        for row, report, marks, findings in lidc.studies(path, cues, "calibration", (1, 2)):
            gold = row["gold"]["pairs"]
            for p in propose(report, findings, marks):
                if p.evidence.of("side") < 0:
                    continue  # these readers marked images and never mistook a side; reports do
                right = any(i in gold and lidc.meet(p.mention, gold[i]) for i in p.ids)
                fold = int(row["patient"].rsplit("-", 1)[1]) // 2 % FOLDS
                out.append((p.cues, p.posterior, p.evidence.total, right, fold))
    return out


def strata() -> None:
    """Print, for each set of cues on the test half, how many pairs are accepted and how many of them are right."""
    path = lidc.database()
    if path is None:
        sys.exit(f"the strata need {lidc.VARIABLE}")
    seen: dict[str, list[bool]] = {}
    for cues, _ in lidc.ROWS:
        for row, report, marks, findings in lidc.studies(path, cues, "test", (1, 2)):
            gold = row["gold"]["pairs"]
            for p in propose(report, findings, marks):
                if p.probability >= DEFAULTS.accept_probability and p.evidence.of("side") >= 0:
                    seen.setdefault(p.cues, []).append(any(i in gold and lidc.meet(p.mention, gold[i]) for i in p.ids))
    for name, right in sorted(seen.items()):
        print(f"{name:32s} accepted {len(right):5d} right {np.mean(right):.3f}")


def logistic(x: Any, y: Any, prior: Any, stiffness: float = 1.0) -> Any:
    """Weights of a logistic regression by Newton's method, drawn to `prior` by a quadratic penalty."""
    w = prior.copy()
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (y - p) - stiffness * (w - prior)
        hessian = (x * (p * (1 - p))[:, None]).T @ x + stiffness * np.eye(len(w))
        step = np.linalg.solve(hessian, gradient)
        w = w + step
        if np.abs(step).max() < 1e-8:
            break
    return w


def calibrate() -> None:
    """Fit one logistic curve a set of cues, print its error on unseen folds, and write the table."""
    seen = observations()
    groups = sorted({o[0] for o in seen})
    x = np.array([design(o[1], o[2]) for o in seen])
    y = np.array([o[3] for o in seen], float)
    fold = np.array([o[4] for o in seen])
    which = np.array([groups.index(o[0]) for o in seen])
    unseen = np.zeros(len(seen))
    for k in range(FOLDS):
        for g, w in _fit(x, y, which, fold != k, groups).items():
            at = (fold == k) & (which == g)
            unseen[at] = 1 / (1 + np.exp(-x[at] @ w))
    print(f"expected calibration error on unseen folds {_ece(unseen, y):.4f}, {len(seen)} pairs")
    curves = _fit(x, y, which, fold >= 0, groups)
    lines = []
    for g, cues in enumerate(groups):
        n = int((which == g).sum())
        print(
            f"{cues:32s} n {n:5d} right {y[which == g].mean():.3f} unseen {_ece(unseen[which == g], y[which == g]):.3f}"
        )
        lines.append("\t".join([cues or "none", *(f"{v:.3f}" for v in curves[g]), str(n)]))
    for name, one in (("any", False), ("alone+any", True)):
        at = np.array([o[0].startswith("alone+") == one for o in seen])
        lines.append("\t".join([name, *(f"{v:.3f}" for v in logistic(x[at], y[at], PRIOR)), str(int(at.sum()))]))
    head = [line for line in read_text("align/calibration.tsv").split("\n") if line.startswith("#")]
    TABLE.write_text("\n".join([*head, "cues\tconstant\tposterior\tevidence\tpairs", *lines]) + "\n", encoding="utf-8")


def _fit(x: Any, y: Any, which: Any, chosen: Any, groups: Sequence[str]) -> dict[int, Any]:
    """One curve a set of cues, drawn to the curve of all pairs that are alone, or of all that are not."""
    out = {}
    for one in (False, True):
        mine = [g for g, name in enumerate(groups) if name.startswith("alone+") == one]
        at = chosen & np.isin(which, mine)
        whole = logistic(x[at], y[at], PRIOR)
        out |= {g: logistic(x[chosen & (which == g)], y[chosen & (which == g)], whole, 3.0) for g in mine}
    return out


def sizes() -> None:
    """Print the maximum likelihood of what two readers of one lesion differ by, and the populations of sizes.

    The limits of the evidence, the bar and the like are searched from there, since they are about decisions.
    """
    from scipy.optimize import minimize
    from scipy.stats import t as student

    path = lidc.database()
    if path is None:
        sys.exit(f"the sizes need {lidc.VARIABLE}")
    seen = [lidc.drawn(s, n) for n in (1, 2, 3) for s in lidc.load(path) if lidc.half_of(s) == "calibration"]
    pairs = [p for one, _ in seen for p in one]
    lone = np.log([m.size for _, rest in seen for m in rest])
    told, found = (np.array([m.size for m in side]) for side in zip(*pairs, strict=True))

    def off_by(p: Any) -> float:
        scale = np.hypot(np.exp(p[0]), np.exp(p[1]) / told)
        return -float(student.logpdf(np.log(found / told) / scale, np.exp(p[2])).sum() - np.log(scale).sum())

    best = np.exp(minimize(off_by, np.log([0.1, 0.4, 4.0]), method="Nelder-Mead").x)
    print("size_spread {:.3f} size_blur_mm {:.2f} size_tail {:.1f}".format(*best))
    gap = np.array([abs((b.images[0] + b.images[1]) / 2 - a.centre) for a, b in pairs])
    span = np.array([b.images[1] - b.images[0] + 1 for _, b in pairs])

    def apart(p: Any) -> float:
        scale = np.hypot(np.exp(p[0]), np.exp(p[1]) * span)
        return -float(student.logpdf(gap / scale, np.exp(p[2])).sum() - np.log(scale).sum())

    best = np.exp(minimize(apart, np.log([0.4, 0.1, 4.0]), method="Nelder-Mead").x)
    print("slice_spread {:.3f} slice_share {:.3f} slice_tail {:.1f}".format(*best))
    both = np.log(told)
    odds = logistic(
        np.stack([np.ones(len(both) + len(lone)), np.concatenate([both, lone])], 1),
        np.concatenate([np.ones(len(both)), np.zeros(len(lone))]),
        np.zeros(2),
    )
    print(f"lung: alone median {np.exp(np.median(lone)):.1f} spread {lone.std():.2f} slope {odds[1]:.2f}")
    own = [max(a["size_mm"]) for row in own_studies("dev") for a in row["annotations"] if a["size_mm"]]
    print(f"any: median {np.median(own):.1f} spread {np.log(own).std():.2f}")


def _ece(p: Any, y: Any) -> float:
    bins = np.minimum(9, (p * 10).astype(int))
    return float(sum(abs(p[bins == b].sum() - y[bins == b].sum()) for b in range(10)) / max(1, len(y)))


def main() -> None:
    """Search, or calibrate."""
    if sys.argv[1:] == ["strata"]:
        strata()
        return
    if sys.argv[1:] == ["sizes"]:
        sizes()
        return
    if sys.argv[1:] == ["calibrate"]:
        calibrate()
        return
    data = folds()
    if sys.argv[1:] == ["validate"]:
        cross_validate(data)
        return
    found = search(data, DEFAULTS)
    for f in fields(found):
        if getattr(found, f.name) != getattr(DEFAULTS, f.name):
            print(f"{f.name} = {getattr(found, f.name)!r}")


if __name__ == "__main__":
    main()
