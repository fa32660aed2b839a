"""What is known of each study while a dataset is built: a few numbers in columns, from which splits are decided."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jmid_nlp.dataset.minhash import HASHES, Signer, pieces, similarity, with_twin
from jmid_nlp.dataset.optout import fold_id
from jmid_nlp.dataset.split import BUCKETS, SPLITS, Groups, bucket, check_fixed, split_at
from jmid_nlp.dataset.spool import Record, Spool

LEFT_OUT = len(SPLITS)
_CACHED_TEXTS = 2000
_PARTS = 64


def group_key(patient: str) -> str:
    """A patient's key as it is compared, so that full-width and hyphenated spellings are one patient."""
    return fold_id(patient) or patient


def number_of(value: str) -> int:
    """64 bits that stand for a string."""
    return int.from_bytes(hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).digest())


class Ledger:
    """Admits studies into a spool and decides, once all are in, where each goes.

    Args:
        folder: An empty folder for what does not stay in memory.
        salt: Names the splitting.
    """

    def __init__(self, folder: Path, *, salt: str) -> None:
        self.salt = salt
        self.spool = Spool(folder, _PARTS)
        self._signatures = folder / "signatures"
        self._file = self._signatures.open("wb")
        self._signer = Signer()
        self._ids, self._patients, self._studies, self._texts = array("Q"), array("Q"), array("Q"), array("Q")
        self._buckets = array("H")

    def __len__(self) -> int:
        return len(self.spool)

    def admit(self, record: Record) -> int:
        """Take a study in and return its number."""
        signature = self._signer(record.text)
        self._file.write(bytes(HASHES * 2) if signature is None else signature.tobytes())
        key = group_key(record.patient)
        place = bucket(key, salt=self.salt)
        self._ids.append(number_of(record.report_id))
        self._patients.append(number_of(key))
        self._studies.append(number_of(record.study) if record.study else 0)
        # 0 for a text that is too short to be a duplicate; equal signatures of equal texts only need one number
        self._texts.append(0 if signature is None else number_of(record.text))
        self._buckets.append(place)
        return self.spool.add(place * _PARTS // BUCKETS, record)

    def doubles(self) -> list[int]:
        """Numbers of studies whose id came more than once: all but one, the same one in whatever order they came."""
        import numpy as np

        ids = np.frombuffer(self._ids, dtype=np.uint64)
        order = np.argsort(ids, kind="stable")
        same = np.flatnonzero(ids[order][1:] == ids[order][:-1])
        runs: dict[int, set[int]] = {}
        for place in same.tolist():
            runs.setdefault(int(ids[order[place]]), set()).update(order[place : place + 2].tolist())
        out: list[int] = []
        for members in runs.values():
            numbers = sorted(members)
            ranked = sorted(zip(self.spool.lines(numbers), numbers, strict=True))
            out += [n for _, n in ranked[1:]]
        return sorted(out)

    def place(
        self,
        *,
        ratios: Sequence[float],
        linked: Iterable[tuple[str, str]],
        fixed: Mapping[str, str],
        split_salt: str | None = None,
    ) -> tuple[Any, Any]:
        """Split and bucket of each study.

        Args:
            ratios: Shares of train, validation and test.
            linked: Pairs of patients that belong together.
            fixed: Patients whose split is given; their groups follow.
            split_salt: The salt of the splits where it is not that of the shards.

        Returns:
            Two arrays: number of the split in `SPLITS`, and bucket (0 to 9,999).

        Raises:
            InputError: Two patients of one group are fixed to different splits, or a split has an unknown name.
        """
        import numpy as np

        patients = np.frombuffer(self._patients, dtype=np.uint64)
        buckets = np.frombuffer(self._buckets, dtype=np.uint16).astype(np.int64)
        groups = self._groups(linked)
        members: dict[int, str] = {number_of(p): groups.find(p) for p in groups}
        moved = np.flatnonzero(np.isin(patients, np.array(sorted(members), dtype=np.uint64)))
        for n in moved.tolist():
            buckets[n] = bucket(members[int(patients[n])], salt=self.salt)
        places = buckets if split_salt is None else self._places(split_salt, members)
        bounds = np.array([split_at(place, ratios) for place in range(BUCKETS)], dtype=np.int8)
        splits = bounds[places]
        forced = check_fixed({group_key(p): s for p, s in sorted(fixed.items())}, groups)
        known = {number_of(p): SPLITS.index(s) for p, s in forced.items()}
        known |= {n: SPLITS.index(forced[root]) for n, root in members.items() if root in forced}
        for n in np.flatnonzero(np.isin(patients, np.array(sorted(known), dtype=np.uint64))).tolist():
            splits[n] = known[int(patients[n])]
        return splits, buckets

    def _places(self, salt: str, members: Mapping[int, str]) -> Any:
        import numpy as np

        patients = np.frombuffer(self._patients, dtype=np.uint64)
        places = np.zeros(len(patients), dtype=np.int64)
        for start in range(0, len(patients), 1000):
            numbers = range(start, min(start + 1000, len(patients)))
            for n, record in zip(numbers, self.spool.read(numbers), strict=True):
                key = members.get(int(patients[n])) or group_key(record.patient)
                places[n] = bucket(key, salt=salt)
        return places

    def _groups(self, linked: Iterable[tuple[str, str]]) -> Groups:
        """Groups of more than one patient; only those of shared studies are read back from the spool."""
        import numpy as np

        studies = np.frombuffer(self._studies, dtype=np.uint64)
        patients = np.frombuffer(self._patients, dtype=np.uint64)
        pairs = np.unique(np.stack([studies, patients], axis=1), axis=0) if len(studies) else np.zeros((0, 2), "u8")
        named = pairs[pairs[:, 0] > 0, 0]
        shared = np.unique(named[1:][named[1:] == named[:-1]])
        numbers = np.flatnonzero(np.isin(studies, shared)).tolist()
        rows = [(group_key(r.patient), r.study) for r in self.spool.read(numbers)]
        return Groups.of(rows, [(group_key(a), group_key(b)) for a, b in linked])

    def duplicates(self, splits: Any, threshold: float) -> Any:
        """Which studies are left out because a near-duplicate text lies in a later split: test stays, train gives way.

        Args:
            splits: Number of each study's split; `LEFT_OUT` for those that are out already.
            threshold: Similarity in (0, 1].

        Returns:
            A boolean array.
        """
        import numpy as np

        self._file.flush()
        texts = np.frombuffer(self._texts, dtype=np.uint64)
        live = np.flatnonzero((texts > 0) & (splits < LEFT_OUT))
        signed, out = texts[live], np.zeros(len(texts), dtype=bool)
        if not len(live):
            return out
        distinct, first, which = np.unique(signed, return_index=True, return_inverse=True)
        latest = np.zeros(len(distinct), dtype=np.int64)
        np.maximum.at(latest, which, splits[live])
        signatures = np.memmap(self._signatures, dtype=np.uint16, mode="r").reshape(-1, HASHES)
        alike = _Alike(self.spool, threshold)
        shown = live[first]  # one study for each distinct text
        upper = np.sort(shown[latest == 2])
        gone = with_twin(signatures, np.sort(shown[latest == 1]), upper, threshold=threshold, alike=alike)
        kept = [n for n in shown[latest == 1].tolist() if n not in gone]
        upper = np.sort(np.concatenate([upper, np.array(kept, dtype=np.int64)]))
        gone |= with_twin(signatures, np.sort(shown[latest == 0]), upper, threshold=threshold, alike=alike)
        text_gone = np.isin(shown, np.array(sorted(gone), dtype=np.int64))
        out[live] = (splits[live] < latest[which]) | text_gone[which]
        return out

    def close(self) -> None:
        """Let go of the files."""
        self._file.close()


class _Alike:
    """Whether two studies' texts are near-duplicates, by the texts themselves; a few are kept at hand."""

    def __init__(self, spool: Spool, threshold: float) -> None:
        self._spool, self._threshold = spool, threshold
        self._kept: dict[int, frozenset[str]] = {}

    def __call__(self, one: int, other: int) -> bool:
        return similarity(self._pieces(one), self._pieces(other)) >= self._threshold

    def _pieces(self, number: int) -> frozenset[str]:
        found = self._kept.get(number)
        if found is None:
            if len(self._kept) >= _CACHED_TEXTS:
                self._kept.clear()
            found = self._kept[number] = pieces(self._spool.read([number])[0].text)
        return found
