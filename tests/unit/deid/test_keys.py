import base64
import os
import pickle
import stat

import pytest

from jmid_nlp.deid.keys import Key, load_key, write_new_key
from jmid_nlp.errors import KeyMaterialError

MATERIAL = bytes(range(40, 72))


def test_key_shows_its_fingerprint_only():
    key = Key(MATERIAL)
    shown = repr(key) + str(key) + f"{key!r}"
    assert key.fingerprint in shown
    assert MATERIAL.hex() not in shown
    assert repr(MATERIAL) not in shown


def test_fingerprint_is_short_and_depends_on_the_key():
    assert len(Key(MATERIAL).fingerprint) == 12
    assert Key(MATERIAL).fingerprint != Key(MATERIAL[::-1]).fingerprint


def test_parts_do_not_run_together():
    key = Key(MATERIAL)
    assert key.derive("p", "ab", "c") != key.derive("p", "a", "bc") != key.derive("pa", "b", "c")
    assert key.derive("p", "ab", "c") == key.derive("p", "ab", "c")


@pytest.mark.parametrize(
    "text",
    [
        MATERIAL.hex(),
        MATERIAL.hex().upper() + "\n",
        base64.b64encode(MATERIAL).decode(),
        base64.urlsafe_b64encode(MATERIAL).decode(),
    ],
)
def test_hexadecimal_and_base64_are_read_as_bytes(tmp_path, monkeypatch, text):
    (tmp_path / "key").write_text(text)
    assert load_key(key_file=tmp_path / "key") == Key(MATERIAL)
    monkeypatch.setenv("JMID_KEY", text.strip())
    assert load_key() == Key(MATERIAL)


@pytest.mark.parametrize(
    "material", [b"", b"short", MATERIAL[:31], b"a" * 64, b"00" * 32, MATERIAL[:31].hex().encode()]
)
def test_missing_short_or_trivial_keys_are_refused(tmp_path, material):
    (tmp_path / "key").write_bytes(material)
    with pytest.raises(KeyMaterialError):
        load_key(key_file=tmp_path / "key")


@pytest.mark.parametrize(
    "given",
    [
        MATERIAL.hex(),
        MATERIAL.hex()[:20],
        base64.b64encode(MATERIAL).decode(),
        "ab/cd/" + base64.b64encode(MATERIAL).decode()[:12],
        "correct horse battery staple, twice over again",
        "a\0b",
    ],
)
def test_a_key_in_the_place_of_its_file_is_not_repeated(given):
    with pytest.raises(KeyMaterialError) as error:
        load_key(key_file=given)
    assert given not in str(error.value)
    assert all(len(part) < 6 or part not in str(error.value) for part in given.split("/"))


def test_a_missing_key_file_is_named(tmp_path):
    with pytest.raises(KeyMaterialError, match=r"'site.key'"):
        load_key(key_file=tmp_path / "site.key")


def test_no_key_names_both_ways_and_no_value(monkeypatch, tmp_path):
    monkeypatch.delenv("JMID_KEY", raising=False)
    with pytest.raises(KeyMaterialError, match="JMID_KEY"):
        load_key()
    with pytest.raises(KeyMaterialError, match="nowhere"):
        load_key(key_file=tmp_path / "nowhere")


def test_new_key_is_private_and_never_overwritten(tmp_path):
    path = tmp_path / "key"
    made = write_new_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(key_file=path) == made
    with pytest.raises(KeyMaterialError, match="exists"):
        write_new_key(path)


def test_ephemeral_keys_differ_and_are_marked():
    one, two = Key.generate_ephemeral(), Key.generate_ephemeral()
    assert one.ephemeral
    assert one.fingerprint != two.fingerprint


def test_key_survives_pickling():
    assert pickle.loads(pickle.dumps(Key(MATERIAL))) == Key(MATERIAL)


def test_environment_is_left_alone(monkeypatch):
    monkeypatch.setenv("OTHER", MATERIAL.hex())
    assert load_key(env="OTHER") == Key(MATERIAL)
    assert os.environ["OTHER"] == MATERIAL.hex()
