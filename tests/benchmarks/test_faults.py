"""What `make test-faults` does for half an hour, for some seconds."""

from pathlib import Path

from benchmarks.faults.crowd import crowd
from benchmarks.faults.kills import kills


def test_three_kills_under_load_lose_nothing(tmp_path: Path) -> None:
    assert kills(tmp_path / "data", 3, seed=1).splitlines()[-1].startswith("| 3 | ")


def test_those_who_ask_and_observe_at_once_are_answered(tmp_path: Path) -> None:
    assert "observations at the end." in crowd(tmp_path / "data", 6)
