import errno
import random

import pytest

from jmid_nlp.batch.ids import FirstRows


def test_as_a_dict_would(tmp_path):
    chance, known = random.Random(3), {}
    seen = FirstRows(tmp_path / "ids")
    for number in range(5000):
        key = chance.choice([chance.getrandbits(64) - (1 << 63), chance.randrange(500), -(1 << 63), (1 << 63) - 1])
        assert seen.setdefault(key, number) == known.setdefault(key, number)
    seen.close()
    assert len(known) < 5000
    assert not list(tmp_path.iterdir())


def test_what_an_earlier_run_left_counts_no_more(tmp_path):
    FirstRows(tmp_path / "ids").setdefault(7, 0)
    assert FirstRows(tmp_path / "ids").setdefault(7, 5) == 5


def test_a_full_disk_is_told_as_one(tmp_path):
    seen = FirstRows(tmp_path / "ids")
    seen._db.execute("pragma max_page_count = 3")
    with pytest.raises(OSError, match="No space left") as raised:
        all(seen.setdefault(number, number) == number for number in range(100_000))
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(tmp_path / "ids"))


def test_a_folder_that_is_gone(tmp_path):
    with pytest.raises(OSError):
        FirstRows(tmp_path / "absent" / "ids")
