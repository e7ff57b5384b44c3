"""The program as `main` runs it, and tables to give it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli.main import main
from app.spaces.nasbench201 import NasBench201

from .tables import cells, table_of


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that a refused command says."""
        assert (self.status, self.out) == (1, "")
        (line,) = self.err.splitlines()
        assert line.startswith("emprox: ")
        return line.removeprefix("emprox: ")


Emprox = Callable[..., Ran]


@pytest.fixture
def emprox(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Emprox:
    """Runs a command, on a data directory of the test's own unless it is told another."""
    monkeypatch.setenv("EMPROX_DATA_DIR", str(tmp_path / "data"))

    def run(*args: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["emprox", *map(str, args)])
        status: object = 0
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        assert isinstance(status, int)
        return Ran(status, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def notations() -> list[str]:
    """Sixty cells."""
    return cells(NasBench201(), 60)


@pytest.fixture
def table(tmp_path: Path, notations: list[str]) -> Path:
    """Sixty trained cells, in the columns `arch` and `acc`."""
    return table_of(tmp_path / "table.csv", notations)
