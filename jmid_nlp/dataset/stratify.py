"""Splits whose labels are alike: one of 64 salts fixed beforehand is chosen, so that the splits stay a keyed hash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from jmid_nlp.dataset.ledger import Ledger, group_key
from jmid_nlp.dataset.split import SPLITS, bucket, split_at
from jmid_nlp.dataset.spool import Record

_SALTS = 64
_BLOCK = 1000
Label = tuple[str, str]


def balanced_salt(
    ledger: Ledger, salt: str, ratios: Sequence[float], labels_of: Callable[[Record], Sequence[Label]]
) -> str:
    """The salt among `salt/0` … `salt/63` with the most even splits.

    A splitting is judged by the share of studies with each label: the sum, over labels and splits, of the squared distance
    between how many studies of the split have the label and how many its ratio asks for, relative to the latter. Patients
    of one group are looked at one by one here, since groups of several are few.

    Args:
        ledger: All studies.
        salt: The stem of the salts.
        ratios: Shares of the splits.
        labels_of: The labels of a study.
    """
    counts: list[Counter[tuple[int, Label | None]]] = [Counter() for _ in range(_SALTS)]
    names = [f"{salt}/{n}" for n in range(_SALTS)]
    for start in range(0, len(ledger), _BLOCK):
        for record in ledger.spool.read(range(start, min(start + _BLOCK, len(ledger)))):
            key, labels = group_key(record.patient), [None, *sorted(set(labels_of(record)))]
            for counter, name in zip(counts, names, strict=True):
                split = split_at(bucket(key, salt=name), ratios)
                counter.update((split, label) for label in labels)
    worth = [_unevenness(counter, ratios) for counter in counts]
    return names[worth.index(min(worth))]


def _unevenness(counts: Counter[tuple[int, Label | None]], ratios: Sequence[float]) -> float:
    totals: Counter[Label | None] = Counter()
    for (_, label), count in counts.items():
        totals[label] += count
    worth = 0.0
    for label in sorted(totals, key=lambda name: name or ("", "")):
        for split in range(len(SPLITS)):
            expected = totals[label] * ratios[split]
            if expected:
                worth += (counts[split, label] - expected) ** 2 / expected
    return worth
