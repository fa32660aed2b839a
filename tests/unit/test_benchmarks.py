from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.benchmarks import peers


def test_a_system_in_its_own_process_finds_and_tells_its_time_and_memory(tmp_path):
    with peers.System("detect fast", tmp_path / "terms") as system:
        answer = system.ask([{"id": "a", "text": "担当：山田太郎医師、胸水なし。"}], found=True)
    assert [3, 7, "PERSON"] in answer["found"][0]
    assert answer["cpu"] > 0
    assert answer["peak"] > 20


def test_a_peer_whose_environment_is_absent_is_left_out_with_the_reason(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(peers, "VENV", tmp_path / "absent")
    with ExitStack() as stack:
        assert not list(peers.started(["GiNZA"], tmp_path / "terms", stack))
    assert "GiNZA left out" in capsys.readouterr().out


def test_a_process_that_ends_says_why(tmp_path):
    with pytest.raises(OSError, match="KeyError"):
        peers.System("no such system", tmp_path / "terms")


def test_the_table_has_medians_and_ratios_of_the_same_rounds():
    figures = {
        "fugashi": peers.Figures(0.1, {"plain": [0.001, 0.004, 0.002]}, 80),
        "slow": peers.Figures(1.0, {"plain": [0.002, 0.008, 0.02]}, 300),
    }
    lines = list(peers.table(figures, {}))
    assert lines[2] == "| fugashi | 500 | 1 | 0.1 | 80 |  |"
    assert lines[3] == "| slow | 125 | 0.5 | 1.0 | 300 |  |"


def test_every_pin_of_the_peers_is_exact():
    lines = [s for s in (Path(peers.HERE) / "peers.txt").read_text(encoding="utf-8").splitlines() if s[:1] != "#"]
    assert all(line.count("==") == 1 for line in lines)
    wanted = {name.lower().replace("_", "-") for names in peers.PACKAGES.values() for name in names}
    assert wanted <= {line.split("==")[0].lower().replace("_", "-") for line in lines}
