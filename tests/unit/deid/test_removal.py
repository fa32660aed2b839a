import stat

import pytest

pytest.importorskip("cryptography", reason="the removal extra is not installed")

from jmid_nlp.deid.deidentify import Deidentifier
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import load_policy
from jmid_nlp.deid.removal import read_removal, removal_rows, write_removal
from jmid_nlp.errors import FileFormatError, InputError, KeyMaterialError, MissingExtraError
from jmid_nlp.schema import Identifier, Report

RUN, VAULT, OTHER = (Key(bytes(range(n, n + 32))) for n in (10, 50, 90))
REPORT = Report("r-1", "読影 戸叶義郎。", patient_id="00418273", physicians=("戸叶 義郎",), sex="F")


def detector(text, known=None):
    at = text.find("戸叶義郎")
    return (Identifier(at, at + 4, "PERSON", "", 1.0, "gold"),) if at >= 0 else ()


def rows():
    out = Deidentifier(load_policy("kamei"), RUN, detector=detector)(REPORT)
    return out, removal_rows(REPORT, out)


def test_rows_restore_the_original():
    out, removed = rows()
    text = out.text
    for row in sorted((r for r in removed if "original" in r), key=lambda r: -r["start"]):
        text = text[: row["start"]] + row["original"] + text[row["end"] :]
    assert text == REPORT.text
    assert removed[0]["columns"] == {"patient_id": "00418273", "physicians": ["戸叶 義郎"]}


def test_the_file_is_private_encrypted_and_read_back(tmp_path):
    path = tmp_path / "removed"
    removed = rows()[1]
    assert write_removal(path, removed, VAULT) == 2
    assert list(read_removal(path, VAULT)) == removed
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    data = path.read_bytes()
    for secret in ("戸叶", "00418273"):
        assert secret.encode() not in data
    assert not list(tmp_path.glob("*.part"))


def test_the_wrong_key_is_named_as_such(tmp_path):
    write_removal(tmp_path / "removed", rows()[1], VAULT)
    with pytest.raises(KeyMaterialError, match="another key"):
        list(read_removal(tmp_path / "removed", OTHER))


@pytest.mark.parametrize("kind", ["flip", "cut", "swap", "head"])
def test_damage_is_seen(tmp_path, kind):
    path = tmp_path / "removed"
    write_removal(path, rows()[1], VAULT)
    lines = path.read_text().splitlines()
    if kind == "flip":
        lines[1] = lines[1][:8] + ("A" if lines[1][8] != "A" else "B") + lines[1][9:]
    elif kind == "cut":
        del lines[2]
    elif kind == "swap":
        lines[1], lines[2] = lines[2], lines[1]
    else:
        lines[0] = "{}"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(FileFormatError):
        list(read_removal(path, VAULT))


def test_nothing_is_overwritten_and_no_ephemeral_key_taken(tmp_path):
    (tmp_path / "removed").write_text("x")
    with pytest.raises(InputError, match="exists"):
        write_removal(tmp_path / "removed", [], VAULT)
    with pytest.raises(KeyMaterialError):
        write_removal(tmp_path / "other", [], Key.generate_ephemeral())


def test_a_failure_leaves_no_file(tmp_path):
    def failing():
        yield {"a": 1}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_removal(tmp_path / "removed", failing(), VAULT)
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_does_not_belong_is_refused():
    out, _ = rows()
    with pytest.raises(InputError, match="pair"):
        removal_rows(Report("r-1", "x"), out)


def test_without_the_package_the_command_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'jmid-nlp\[removal\]'"):
        write_removal(tmp_path / "removed", [], VAULT)
