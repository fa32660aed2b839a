"""The opt-out list with keyed hashes: who holds the list alone learns no id."""

from __future__ import annotations

import pytest

import jmid_nlp
from jmid_nlp.batch.job import DeidJob
from jmid_nlp.dataset.optout import PREFIX, OptOut, keyed_hash
from jmid_nlp.deid.keys import Key, write_new_key
from jmid_nlp.errors import InputError

KEY = Key(bytes(range(32)))
OTHER = Key(bytes(range(1, 33)))


def test_a_keyed_hash_meets_every_spelling_of_the_id_and_only_under_its_key():
    line = keyed_hash("００-12ab", KEY)
    assert line.startswith(PREFIX)
    assert line == keyed_hash("0012AB", KEY)
    listed = OptOut([line, "777"], key=KEY)
    assert listed("00 12-AB")
    assert listed("７７７")
    assert not listed("0012AC")
    assert not listed(None)
    assert len(listed) == 2
    assert not OptOut([line], key=OTHER)("0012AB")
    assert "0012" not in repr(listed)
    assert listed.fingerprint == OptOut(["777", line.upper()], key=KEY).fingerprint


def test_errors_name_the_row(tmp_path, monkeypatch):
    monkeypatch.delenv("JMID_KEY", raising=False)
    path = tmp_path / "out.txt"
    path.write_text(f"# 同意撤回\nP-1\n\n{keyed_hash('P-2', KEY)}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"out\.txt, row 4: a keyed hash needs the project's key") as caught:
        OptOut.read(path)
    assert keyed_hash("P-2", KEY)[-20:] not in str(caught.value)
    path.write_text(f"P-1\n{PREFIX}12ab\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 2: no keyed hash") as caught:
        OptOut.read(path, key=KEY)
    assert "12ab" not in str(caught.value)
    path.write_text("P-1\n\n---\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 3: holds neither"):
        OptOut.read(path)


def test_the_key_comes_from_a_file_or_the_environment(tmp_path, monkeypatch):
    key = write_new_key(tmp_path / "key.txt")
    path = tmp_path / "out.txt"
    path.write_text(keyed_hash("P-2", key), encoding="utf-8")
    assert OptOut.read(path, key=tmp_path / "key.txt")("p2")
    monkeypatch.setenv("JMID_KEY", key.material.hex())
    assert OptOut.read(path)("p2")


def test_deidentification_leaves_a_hashed_patient_out():
    rows = [
        {"id": "a", "text": "異常なし。", "patient_id": "P-1"},
        {"id": "b", "text": "異常なし。", "patient_id": "P-2"},
    ]
    safe = jmid_nlp.deidentify(rows, key=KEY, opt_out=[keyed_hash("p１", KEY)])
    assert [r.report_id for r in safe] == ["b"] or len(safe) == 1
    job = DeidJob(jmid_nlp.api.deidentifier("kamei", key=KEY), OptOut([keyed_hash("P-1", KEY)], key=KEY))
    assert job.opt_out("P-1")
