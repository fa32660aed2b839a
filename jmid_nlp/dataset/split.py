"""Patient-safe splits: a patient, and whoever is linked with it, lies in one split, today and when the data have grown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from jmid_nlp.errors import InputError

BUCKETS = 10_000
SPLITS = ("train", "validation", "test")


class Groups:
    """Connected components over patients (union-find): patients that share a study or a stated link are one group."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, key: str) -> str:
        """The group's representative: its smallest member, whatever the order in which links came."""
        parent = self._parent.setdefault(key, key)
        root = key
        while parent != root:
            root, parent = parent, self._parent[parent]
        while self._parent[key] != root:
            self._parent[key], key = root, self._parent[key]
        return root

    def link(self, one: str, other: str) -> None:
        """Put two patients into one group."""
        a, b = self.find(one), self.find(other)
        if a != b:
            low, high = sorted((a, b))
            self._parent[high] = low

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._parent))

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str | None]], links: Iterable[tuple[str, str]] = ()) -> Groups:
        """Groups from `(patient, study)` rows and stated links such as mother and child."""
        groups = cls()
        first: dict[str, str] = {}
        for patient, study in rows:
            groups.find(patient)
            if study:
                groups.link(first.setdefault(study, patient), patient)
        for one, other in links:
            groups.link(one, other)
        return groups


def bucket(group: str, *, salt: str) -> int:
    """The group's place, 0 to 9,999: it depends on nothing but the group and the salt."""
    digest = hashlib.blake2b(group.encode(), key=salt.encode()[:64], digest_size=8).digest()
    return int.from_bytes(digest) % BUCKETS


def split_at(place: int, ratios: Sequence[float]) -> int:
    """Number of the split in `SPLITS` that a bucket belongs to."""
    bound = 0.0
    for number, share in enumerate(ratios):
        bound += share * BUCKETS
        if place < round(bound):
            return number
    return len(SPLITS) - 1


def check_ratios(ratios: Sequence[float]) -> None:
    """Refuse ratios that are not three shares of one whole.

    Raises:
        InputError: Not three numbers of at least 0 that sum to 1.
    """
    if len(ratios) != len(SPLITS) or min(ratios) < 0 or abs(sum(ratios) - 1) > 1e-9:
        raise InputError(
            "ratios must be three shares for train, validation and test that sum to 1, such as 0.8 0.1 0.1"
        )


def check_fixed(fixed: Mapping[str, str], groups: Groups) -> dict[str, str]:
    """The split of each group, by its representative, that has a patient with a given split.

    Args:
        fixed: Patients whose split is given, such as a published test list; their whole group follows.
        groups: Who belongs together.

    Raises:
        InputError: Two patients of one group are fixed to different splits, or a split has an unknown name.
    """
    forced: dict[str, str] = {}
    for patient, split in sorted(fixed.items()):
        if split not in SPLITS:
            raise InputError(f"a fixed split is called {split!r}; it must be one of {', '.join(SPLITS)}")
        if forced.setdefault(groups.find(patient), split) != split:
            raise InputError("two linked patients are fixed to different splits; give their group one split")
    return forced
